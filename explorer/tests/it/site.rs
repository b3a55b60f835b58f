//! A site on a free port, fed by hand or by a node on another.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use minglian_client::Client;
use minglian_client::wire::{
    self, CertifiedBlock, HeaderView, Hex, OpeningView, PublishedOpenings,
};
use minglian_explorer::database::place::Place;
use minglian_explorer::follower::{Follower, kept};
use minglian_explorer::index::{Reader, Writer};
use minglian_explorer::source::Source;
use minglian_explorer::status::{Following, Status};
use minglian_explorer::text;
use minglian_explorer::text::keeper::Keeper;
use minglian_explorer::web::{self, App};
use minglian_ledger::height::{Height, LogIndex};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::chain::Chain;

/// What the index in a file is called.
const INDEX: &str = "index.sqlite";

/// An explorer's files and pages.
pub struct Site {
    directory: TempDir,
    place: Place,
    keeper: Mutex<Keeper>,
    pub status: Status,
    pub base: String,
    pub app: App,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

pub async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

/// Serves the pages as the program does, until the test ends.
pub async fn serve_pages(app: App) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (_stopping, stop) = watch::channel(false);
        web::serve(listener, app, stop).await.unwrap();
    });
    base
}

/// What follows the chain, with the ledger that is kept beside `index`.
pub fn follower(chain: &Chain, writer: Writer, index: &std::path::Path) -> Follower {
    Follower::open(chain.genesis.clone(), writer, &kept::directory(index)).unwrap()
}

impl Site {
    /// A site of the chain with `follower`'s blocks still to come.
    pub async fn new(chain: &Chain) -> (Self, Follower) {
        Self::beside(chain, "http://127.0.0.1:9").await
    }

    /// As [`Site::new`], with evidence from this node.
    pub async fn beside(chain: &Chain, node: &str) -> (Self, Follower) {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::File(directory.path().join(INDEX));
        let writer = Writer::open(&place, &chain.genesis.hash()).unwrap();
        Self::over(chain, node, (directory, place), writer).await
    }

    /// A site over the index that `writer` has open at `place`.
    pub async fn on(chain: &Chain, place: &Place, writer: Writer) -> (Self, Follower) {
        let files = (tempfile::tempdir().unwrap(), place.clone());
        Self::over(chain, "http://127.0.0.1:9", files, writer).await
    }

    async fn over(
        chain: &Chain,
        node: &str,
        (directory, place): (TempDir, Place),
        writer: Writer,
    ) -> (Self, Follower) {
        let follower = follower(chain, writer, &directory.path().join(INDEX));
        let status = Status::default();
        let client = Client::new(node).unwrap();
        let public = Some("http://node.example");
        let app = App::new(&chain.genesis, Reader::new(&place), status.clone(), client, public);
        let texts = text::directory(&directory.path().join(INDEX));
        let keeper = Keeper::new(&texts, Reader::new(&place));
        app.search_in(keeper.index());
        app.prove_from(&follower.verified());
        let base = serve_pages(app.clone()).await;
        (Self { directory, place, keeper: Mutex::new(keeper), status, base, app }, follower)
    }

    /// A site that has verified the whole chain.
    pub async fn of(chain: &Chain) -> Self {
        let (site, mut follower) = Self::new(chain).await;
        site.verify(chain, &mut follower);
        site
    }

    /// Lets the follower verify the whole chain.
    pub fn verify(&self, chain: &Chain, follower: &mut Follower) {
        let first = usize::try_from(follower.height().0).unwrap();
        for block in &chain.blocks[first..] {
            follower.apply(block).unwrap();
        }
        self.status.set(Following::Current { verified: follower.height() });
        self.read_texts();
    }

    /// The explorer of this index after a restart, with what its new follower verifies.
    pub async fn restarted(self, chain: &Chain, follower: &Follower) -> Self {
        let Self { directory, place, keeper, .. } = self;
        let reader = Reader::new(&place);
        let status = Status::default();
        let client = Client::new("http://127.0.0.1:9").unwrap();
        let public = Some("http://node.example");
        let app = App::new(&chain.genesis, reader, status.clone(), client, public);
        app.prove_from(&follower.verified());
        let base = serve_pages(app.clone()).await;
        Self { directory, place, keeper, status, base, app }
    }

    /// Lets searches find everything that is indexed.
    pub fn read_texts(&self) {
        self.keeper.lock().unwrap().catch_up().unwrap();
    }

    pub fn index(&self) -> PathBuf {
        self.directory.path().join(INDEX)
    }

    /// What follows the chain after a restart.
    pub fn follower(&self, chain: &Chain) -> Follower {
        let writer = Writer::open(&self.place, &chain.genesis.hash()).unwrap();
        follower(chain, writer, &self.index())
    }

    pub fn reader(&self) -> Reader {
        Reader::new(&self.place)
    }

    pub async fn get(&self, path: &str) -> Answer {
        let (status, headers, body) = self.bytes(path).await;
        Answer { status, headers, body: String::from_utf8(body).unwrap() }
    }

    pub async fn bytes(&self, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = client.get(format!("{}{path}", self.base)).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }
}

/// What a node on loopback serves: any blocks, lawful or not, and openings of commitments.
#[derive(Clone, Default)]
pub struct FakeNode(Arc<Mutex<Served>>);

#[derive(Default)]
struct Served {
    blocks: Vec<CertifiedBlock>,
    openings: Vec<OpeningView>,
    /// Connections are taken, and no question is answered.
    hangs: bool,
    /// How many questions for blocks were answered.
    answered: u64,
}

#[derive(Deserialize)]
struct Range {
    from: u64,
    limit: usize,
}

impl FakeNode {
    pub async fn serve(&self) -> Client {
        let router = Router::new()
            .route("/v1/blocks", get(blocks))
            .route("/v1/headers/latest", get(latest))
            .route("/v1/headers/{height}", get(header))
            .route("/v1/openings", get(openings))
            .layer(middleware::from_fn_with_state(self.clone(), hang))
            .with_state(self.clone());
        Client::new(&serve(router).await).unwrap()
    }

    /// A node with these blocks, as a source.
    pub async fn source(blocks: &[CertifiedBlock]) -> (Self, Source) {
        let node = Self::default();
        node.set(blocks);
        let client = node.serve().await;
        (node, Source::node(client))
    }

    pub fn set(&self, blocks: &[CertifiedBlock]) {
        self.0.lock().unwrap().blocks = blocks.to_vec();
    }

    pub fn open(&self, openings: &[OpeningView]) {
        self.0.lock().unwrap().openings = openings.to_vec();
    }

    pub fn hang(&self, hangs: bool) {
        self.0.lock().unwrap().hangs = hangs;
    }

    pub fn answered(&self) -> u64 {
        self.0.lock().unwrap().answered
    }
}

/// Waits while the node hangs, as one does that was stopped.
async fn hang(State(node): State<FakeNode>, request: Request, next: Next) -> Response {
    while node.0.lock().unwrap().hangs {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    next.run(request).await
}

fn head(block: CertifiedBlock) -> Json<HeaderView> {
    let CertifiedBlock { block, certificate } = block;
    let (header, first_leaf) = (block.header, LogIndex(0));
    Json(HeaderView { block_id: header.id(), header, first_leaf, certificate })
}

/// No blocks: a node that is not well.
async fn latest(State(node): State<FakeNode>) -> Result<Json<HeaderView>, StatusCode> {
    let served = node.0.lock().unwrap();
    served.blocks.last().cloned().map(head).ok_or(StatusCode::SERVICE_UNAVAILABLE)
}

async fn header(
    State(node): State<FakeNode>,
    Path(height): Path<usize>,
) -> Result<Json<HeaderView>, StatusCode> {
    let served = node.0.lock().unwrap();
    served.blocks.get(height - 1).cloned().map(head).ok_or(StatusCode::NOT_FOUND)
}

async fn blocks(State(node): State<FakeNode>, Query(range): Query<Range>) -> Bytes {
    let mut served = node.0.lock().unwrap();
    served.answered += 1;
    let first = usize::try_from(range.from).unwrap() - 1;
    let mut list = Vec::new();
    for block in served.blocks.iter().skip(first).take(range.limit) {
        wire::push_frame(&mut list, &block.encode().unwrap());
    }
    Bytes::from(list)
}

async fn openings(State(node): State<FakeNode>) -> Json<PublishedOpenings> {
    let served = node.0.lock().unwrap();
    Json(PublishedOpenings {
        run: Hex(vec![1]),
        height: Height(served.blocks.len() as u64),
        next: served.openings.len() as u64,
        is_complete: true,
        items: served.openings.clone(),
    })
}
