//! The HTTP server: every URL, the headers of every answer, and what bounds a request.

pub mod assets;
pub mod error;
pub mod frame;
pub mod guard;
pub mod relay;

use std::sync::Arc;

use axum::response::Html;
use axum::routing::get;
use axum::{Extension, Router};
use minglian_client::Client;
use minglian_ledger::genesis::Genesis;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use error::PageError;
pub use frame::Frame;

use crate::index::Reader;
use crate::pages;
use crate::status::Status;

/// Most pages that are made at a time. A page that timed out counts until its work ends, so slow
/// queries cannot pile up.
const PAGES_MAX: usize = 32;

/// Most of them that may read whole tables, so that searches leave room for everything else.
const SEARCHES_MAX: usize = 2;

/// Most questions of verifiers that are passed on to the node at a time.
const RELAYED_MAX: usize = 16;

/// What every page needs.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    reader: Reader,
    room: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    relayed: Semaphore,
    status: Status,
    client: Client,
    genesis: String,
    node: String,
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

/// An answer of a page that loads the verifier.
pub type ScriptedResult = Result<(Extension<Scripted>, Html<String>), PageError>;

impl App {
    /// The pages of the chain with this genesis. `client` is asked for evidence; `node` is where
    /// readers find it themselves.
    pub fn new(
        genesis: &Genesis,
        reader: Reader,
        status: Status,
        client: Client,
        node: &str,
    ) -> Self {
        let chain_id = genesis.chain_id().map(|id| id.to_string()).unwrap_or_default();
        Self(Arc::new(Parts {
            reader,
            room: Arc::new(Semaphore::new(PAGES_MAX)),
            searches: Arc::new(Semaphore::new(SEARCHES_MAX)),
            relayed: Semaphore::new(RELAYED_MAX),
            status,
            client,
            genesis: serde_json::to_string(genesis).unwrap_or_default(),
            node: node.trim_end_matches('/').to_owned(),
            network: genesis.name.to_string(),
            chain_id,
            genesis_hash: genesis.hash().to_string(),
            demonstration: genesis.demonstration,
        }))
    }

    /// The address of the node that the explorer follows.
    pub fn node(&self) -> &str {
        &self.0.node
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
        let searches = Arc::clone(&self.0.searches);
        let turn = searches.acquire_owned().await.map_err(|_| PageError::Broken)?;
        self.make(turn, work).await
    }

    async fn make<T: askama::Template>(
        self,
        permit: OwnedSemaphorePermit,
        work: impl FnOnce(&Connection, Frame) -> Result<T, PageError> + Send + 'static,
    ) -> PageResult {
        let page = move || {
            // Held until the work ends, also when nobody waits for it any more.
            let _permit = permit;
            self.0.reader.read(|connection| {
                let frame = Frame::read(&self, connection)?;
                Ok(Html(work(connection, frame)?.render()?))
            })
        };
        tokio::task::spawn_blocking(page).await.map_err(|_| PageError::Broken)?
    }
}

/// All URLs.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(pages::home::home))
        .route("/search", get(pages::search::search))
        .route("/allocations", get(pages::allocations::allocations))
        .route("/accounts/{number}", get(pages::account::account))
        .route("/organizations", get(pages::organizations::organizations))
        .route("/organizations/{code}", get(pages::organization::organization))
        .route("/projects", get(pages::projects::projects))
        .route("/projects/{reference}", get(pages::project::project))
        .route("/notices/{notice}", get(pages::notice::notice))
        .route("/entries", get(pages::entries::entries))
        .route("/entries/{index}", get(pages::entry::entry))
        .route("/movements", get(pages::movements::movements))
        .route("/trace/{account}/{direction}", get(pages::trace::trace))
        .route("/verify", get(pages::verify::verify))
        .route("/verify/genesis.json", get(relay::genesis))
        .route("/verify/checkpoint", get(relay::checkpoint))
        .route("/verify/consistency", get(relay::consistency))
        .route("/verify/head/evidence", get(relay::head_evidence))
        .route("/verify/records/{index}/evidence", get(relay::record_evidence))
        .route("/verify/records/{index}/bundle.json", get(relay::bundle))
        .route("/verify/accounts/{number}/evidence", get(relay::account_evidence))
        .route("/health", get(frame::health))
        .route("/style.css", get(assets::style))
        .route("/verify.html", get(assets::offline))
        .route("/assets/{name}", get(assets::script))
        .fallback(|| async { PageError::NotFound("这个网址".to_owned()) })
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}
