//! The HTTP server: every URL, the headers of every answer, and what bounds a request.

pub mod asked;
pub mod assets;
pub mod banner;
pub mod client;
pub mod document;
pub mod download;
pub mod error;
pub mod frame;
pub mod guard;
pub mod machine;
pub mod note;
pub mod packed;
pub mod pin;
pub mod places;
pub mod relay;
pub mod routes;
pub mod seen;
pub mod serve;

use std::sync::{Arc, OnceLock, Weak};

use axum::Extension;
use axum::response::Html;
use minglian_client::{Client, checkpoint};
use minglian_ledger::checkpoint::key::VerifierKey;
use minglian_ledger::genesis::Genesis;
use tokio::sync::Semaphore;

pub use asked::{Asked, Effort};
pub use client::Proxies;
pub use document::Document;
pub use error::PageError;
pub use frame::Frame;
pub use places::Audience;
pub use routes::router;
pub use serve::{LIMITS, serve};

use crate::data::Ledger;
use crate::data::manifest::ServiceKey;
use crate::data::manifest::kept::Manifests;
use crate::database::Connection;
use crate::follower::{Shared, Verified};
use crate::index::Reader;
use crate::status::Status;
use crate::text::keeper::TextIndex;
use crate::window::Window;
use places::Places;

/// Most pages that are made at a time. A page that timed out counts until its work ends, so slow
/// queries cannot pile up.
const PAGES_MAX: usize = 32;

/// Most of them that are of an earlier height, which reads more.
const PINNED_MAX: usize = 4;

/// Most questions of verifiers that are answered or passed on to the node at a time.
const RELAYED_MAX: usize = 16;

/// What every page needs.
#[derive(Debug, Clone)]
pub struct App(pub(crate) Arc<Parts>);

#[derive(Debug)]
pub(crate) struct Parts {
    reader: Reader,
    text: OnceLock<TextIndex>,
    room: Arc<Semaphore>,
    searches: Places,
    pinned: Arc<Semaphore>,
    relayed: Arc<Semaphore>,
    verified: OnceLock<Weak<Shared>>,
    nodeless: OnceLock<()>,
    exports: Places,
    scans: Places,
    manifests: OnceLock<Manifests>,
    service_key: OnceLock<ServiceKey>,
    pub(crate) seen: seen::Memory,
    window: OnceLock<Arc<Window>>,
    public_url: OnceLock<String>,
    proxies: OnceLock<Proxies>,
    log_key: Option<VerifierKey>,
    pub(crate) status: Status,
    client: Client,
    genesis: String,
    node: Option<String>,
    network: String,
    chain_id: String,
    genesis_hash: String,
    demonstration: bool,
}

/// An answer of a page.
pub type PageResult = Result<Html<String>, PageError>;

/// Marks an answer whose page loads the verifier, which the guard then allows.
#[derive(Debug, Clone, Copy)]
pub struct Scripted;

/// Marks an answer that says itself what is wrong, so that no error page replaces it.
#[derive(Debug, Clone, Copy)]
pub struct OwnPage;

/// An answer of a page that loads the verifier.
pub type ScriptedResult = Result<(Extension<Scripted>, Html<String>), PageError>;

impl App {
    /// The pages of the chain with this genesis. `client` is asked for evidence; `node` is where
    /// readers find it themselves, if there is one.
    pub fn new(
        genesis: &Genesis,
        reader: Reader,
        status: Status,
        client: Client,
        node: Option<&str>,
    ) -> Self {
        let chain_id = genesis.chain_id().map(|id| id.to_string()).unwrap_or_default();
        Self(Arc::new(Parts {
            reader,
            text: OnceLock::new(),
            room: Arc::new(Semaphore::new(PAGES_MAX)),
            searches: Places::searches(),
            pinned: Arc::new(Semaphore::new(PINNED_MAX)),
            relayed: Arc::new(Semaphore::new(RELAYED_MAX)),
            verified: OnceLock::new(),
            nodeless: OnceLock::new(),
            exports: Places::exports(),
            scans: Places::scans(),
            manifests: OnceLock::new(),
            service_key: OnceLock::new(),
            seen: seen::Memory::default(),
            window: OnceLock::new(),
            public_url: OnceLock::new(),
            proxies: OnceLock::new(),
            log_key: checkpoint::log_key(genesis).ok(),
            status,
            client,
            genesis: serde_json::to_string(genesis).unwrap_or_default(),
            node: node.map(|node| node.trim_end_matches('/').to_owned()),
            network: genesis.name.to_string(),
            chain_id,
            genesis_hash: genesis.hash().to_string(),
            demonstration: genesis.demonstration,
        }))
    }

    /// Signs the manifests of what is downloaded from now on; the first key stays.
    pub fn sign_with(&self, key: ServiceKey) {
        // A second key would be ignored silently, and nothing sets two.
        let _ = self.0.service_key.set(key);
    }

    /// Proves accounts from this ledger from now on, while it is followed; the first one stays.
    pub fn prove_from(&self, verified: &Verified) {
        let _ = self.0.verified.set(Arc::downgrade(verified)); // as with keys, nothing sets two
    }

    /// The verified ledger, if it is shared.
    fn verified(&self) -> Option<Verified> {
        self.0.verified.get().and_then(Weak::upgrade)
    }

    /// Asks no node from now on: there is none.
    pub fn follow_no_node(&self) {
        let _ = self.0.nodeless.set(()); // twice is as once
    }

    fn follows_no_node(&self) -> bool {
        self.0.nodeless.get().is_some()
    }

    /// Keeps manifests here from now on; the first ones stay. Without them, in memory only.
    pub fn keep_manifests(&self, manifests: Manifests) {
        let _ = self.0.manifests.set(manifests); // as with keys, nothing sets two
    }

    /// The manifests of what was downloaded.
    fn manifests(&self) -> &Manifests {
        self.0.manifests.get_or_init(Manifests::default)
    }

    /// Answers searches from this text index from now on; the first one stays.
    pub fn search_in(&self, text: TextIndex) {
        let _ = self.0.text.set(text); // as with keys, nothing sets two
    }

    /// The text index; an empty one if none was set.
    pub fn text(&self) -> TextIndex {
        self.0.text.get().cloned().unwrap_or_default()
    }

    /// Relays complaints by anybody through a window from now on; the first one stays.
    pub fn open_window(&self, window: Arc<Window>) {
        // A second window would be ignored silently, and nothing opens two.
        let _ = self.0.window.set(window);
    }

    /// Says in printed pages that readers reach this site under `url`; the first one stays.
    pub fn reached_at(&self, url: &str) {
        // A second address would be ignored silently, and nothing sets two.
        let _ = self.0.public_url.set(url.trim_end_matches('/').to_owned());
    }

    /// Takes the word of these proxies for whose request it is; the first ones stay.
    pub fn behind(&self, proxies: Proxies) {
        let _ = self.0.proxies.set(proxies); // as with keys, nothing sets two
    }

    /// The window for complaints, if this explorer has one.
    pub fn window(&self) -> Option<&Arc<Window>> {
        self.0.window.get()
    }

    /// By what manifests are verified; none if they are not signed.
    pub fn service_key(&self) -> Option<String> {
        Some(self.0.service_key.get()?.verifier().ok()?.to_string())
    }

    /// The ledger, without its head.
    pub fn ledger(&self) -> Ledger {
        Ledger {
            network: self.0.network.clone(),
            demonstration: self.0.demonstration,
            chain_id: self.0.chain_id.clone(),
            genesis_hash: self.0.genesis_hash.clone(),
            ..Ledger::default()
        }
    }

    /// Makes a page from one read transaction, on a thread that may block.
    ///
    /// # Errors
    /// What `work` reports.
    pub async fn page<T: askama::Template>(
        self,
        work: impl FnOnce(&Connection, Frame) -> Result<T, PageError> + Send + 'static,
    ) -> PageResult {
        let room = Arc::clone(&self.0.room);
        let permit = room.acquire_owned().await.map_err(|_| PageError::Broken)?;
        self.make(permit, work).await
    }

    /// As [`App::page`], for one that loads the verifier.
    ///
    /// # Errors
    /// What `work` reports.
    pub async fn scripted_page<T: askama::Template>(
        self,
        work: impl FnOnce(&Connection, Frame) -> Result<T, PageError> + Send + 'static,
    ) -> ScriptedResult {
        Ok((Extension(Scripted), self.page(work).await?))
    }

    /// As [`App::page`], for one that may read whole tables: it waits for its turn and
    /// takes no place of the others.
    ///
    /// # Errors
    /// What `work` reports.
    pub async fn search_page<T: askama::Template>(
        self,
        work: impl FnOnce(&Connection, Frame) -> Result<T, PageError> + Send + 'static,
    ) -> PageResult {
        let turn = self.0.searches.turn().await?;
        self.make(turn, work).await
    }

    /// As [`App::page`], if there is a place right now.
    ///
    /// # Errors
    /// [`PageError::Busy`] if there is none; what `work` reports.
    pub async fn page_now<T: askama::Template>(
        self,
        work: impl FnOnce(&Connection, Frame) -> Result<T, PageError> + Send + 'static,
    ) -> PageResult {
        let room = Arc::clone(&self.0.room);
        let permit = room.try_acquire_owned().map_err(|_| PageError::Busy)?;
        self.make(permit, work).await
    }

    async fn make<T: askama::Template>(
        self,
        held: impl Send + 'static,
        work: impl FnOnce(&Connection, Frame) -> Result<T, PageError> + Send + 'static,
    ) -> PageResult {
        self.answer(held, |connection, frame| {
            let (language, at) = (frame.language, frame.pinned_at());
            let mut html = work(connection, frame)?.render()?;
            if let Some(height) = at {
                html = pin::with_links(&html, height);
            }
            Ok(Html(frame::in_language(html, language)))
        })
        .await
    }

    /// Makes something else than a page, such as a feed, from one read transaction.
    ///
    /// # Errors
    /// What `work` reports.
    pub async fn document(
        self,
        work: impl FnOnce(&Connection, Frame) -> Result<Document, PageError> + Send + 'static,
    ) -> Result<Document, PageError> {
        let turn = self.0.searches.turn().await?;
        self.answer(turn, work).await
    }

    /// As [`App::document`], for a file of many parts: it takes a place of the downloads, and its
    /// work ends when it hears that nobody waits any more.
    ///
    /// # Errors
    /// [`PageError::Busy`] if there is no place; what `work` reports.
    pub async fn download<W>(self, work: W) -> Result<Document, PageError>
    where
        W: FnOnce(&Connection, Frame, &Audience) -> Result<Document, PageError> + Send + 'static,
    {
        let place = self.0.exports.now()?;
        let (audience, _waits) = Audience::new();
        self.answer(place, move |connection, frame| work(connection, frame, &audience)).await
    }

    async fn answer<T: Send + 'static>(
        self,
        held: impl Send + 'static,
        work: impl FnOnce(&Connection, Frame) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        let asked = Asked::now();
        let turn = match asked.at {
            Some(_) => {
                let pinned = Arc::clone(&self.0.pinned);
                Some(pinned.acquire_owned().await.map_err(|_| PageError::Broken)?)
            }
            None => None,
        };
        let work = move || {
            // Held until the work ends, also when nobody waits for it any more.
            let _held = (held, turn);
            self.read_as(&asked.clone(), |connection, kept| {
                let frame = Frame::read(&self, connection, asked)?;
                let is_whole = kept.is_none_or(|kept| kept.holds(frame.height));
                work(connection, frame.pinned(is_whole))
            })
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| PageError::Broken)?
    }
}
