//! What the verifier in the reader's browser asks for: evidence, consistency, the checkpoint.
//! Proofs come from what this explorer has verified, as far as it goes, and else from the node; the
//! signed head comes from the node. The browser checks it all and believes neither.

use std::sync::{Arc, PoisonError, RwLockReadGuard, TryLockError};
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minglian_client::wire::Consistency;
use minglian_client::{ClientError, OCTET_STREAM};
use minglian_contracts::replica::kept::KeptReplica;
use minglian_contracts::schema;
use minglian_ledger::evidence::Evidence;
use minglian_ledger::height::{Height, LogIndex};
use serde::{Deserialize, Serialize};

use super::{App, PageError};
use crate::database::Connection;
use crate::follower::Verified;
use crate::index::{IndexError, account, proof};

/// The form of [`Bundle`].
const BUNDLE_FORMAT: &str = "minglian-bundle/1";

/// How often the verified ledger is tried while a block is applied to it, and how long between.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// Proves from what was verified here, when there is room; none if that does not go so far.
async fn own<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&App, &Connection) -> Result<Option<T>, PageError> + Send + 'static,
) -> Result<Option<T>, PageError> {
    let room = Arc::clone(&app.0.relayed);
    let permit = room.acquire_owned().await.map_err(|_| PageError::Broken)?;
    let app = app.clone();
    let work = move || {
        // Held until the work ends, also when nobody waits for it any more.
        let _permit = permit;
        app.0.reader.read(|connection| work(&app, connection))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| PageError::Broken)?
}

/// Asks the node, when there is room.
async fn ask<T>(
    app: &App,
    question: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, PageError> {
    if app.follows_no_node() {
        return Err(PageError::NoProof);
    }
    let _permit = app.0.relayed.acquire().await.map_err(|_| PageError::Broken)?;
    Ok(question.await?)
}

/// The verified ledger between two blocks; none if blocks follow one another without a pause.
fn between_blocks(verified: &Verified) -> Option<RwLockReadGuard<'_, KeptReplica>> {
    for _ in 0..TRIES {
        match verified.try_read() {
            Ok(replica) => return Some(replica),
            Err(TryLockError::Poisoned(error)) => return Some(PoisonError::into_inner(error)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
    None
}

/// Evidence from the genesis on, in its canonical bytes.
fn answer(evidence: &Evidence) -> Response {
    ([(header::CONTENT_TYPE, OCTET_STREAM)], evidence.encode()).into_response()
}

async fn of_leaf(app: &App, index: u64) -> Result<Evidence, PageError> {
    let found = own(app, move |_, connection| Ok(proof::of_leaf(connection, index)?)).await?;
    match found {
        Some(evidence) => Ok(evidence),
        None => {
            let client = app.0.client.clone();
            ask(app, client.record_evidence(LogIndex(index), Height::GENESIS)).await
        }
    }
}

/// `GET /verify/records/{index}/evidence`.
pub async fn record_evidence(
    State(app): State<App>,
    Path(index): Path<u64>,
) -> Result<Response, PageError> {
    Ok(answer(&of_leaf(&app, index).await?))
}

/// `GET /verify/head/evidence`: of the last leaf of the log, whatever it is.
pub async fn head_evidence(State(app): State<App>) -> Result<Response, PageError> {
    let found = own(&app, |_, connection| Ok(proof::of_last_leaf(connection)?)).await?;
    if let Some(evidence) = found {
        return Ok(answer(&evidence));
    }
    let client = app.0.client.clone();
    let question = async {
        let size = client.latest_header().await?.header.log_size;
        client.record_evidence(LogIndex(size.saturating_sub(1)), Height::GENESIS).await
    };
    Ok(answer(&ask(&app, question).await?))
}

/// `GET /verify/accounts/{number}/evidence`.
pub async fn account_evidence(
    State(app): State<App>,
    Path(number): Path<i64>,
) -> Result<Response, PageError> {
    let find = move |app: &App, connection: &Connection| {
        // Before the first row is read: then both are of one height.
        let verified = app.verified();
        let replica = verified.as_ref().and_then(between_blocks);
        let id = account::identity(connection, number)?;
        let id = id.ok_or_else(|| PageError::NotFound(format!("{number}号账户")))?;
        let found = match replica {
            Some(replica) => proof::of_account(connection, &replica, &id)?,
            None => None,
        };
        Ok(Some((id, found)))
    };
    let (id, found) = own(&app, find).await?.ok_or(PageError::Broken)?;
    if let Some(evidence) = found {
        return Ok(answer(&evidence));
    }
    let client = app.0.client.clone();
    let encoded = schema::encode(&id);
    let question = client.account_evidence(&encoded, Height::GENESIS);
    Ok(answer(&ask(&app, question).await?))
}

/// Two sizes of the log.
#[derive(Debug, Deserialize)]
pub struct Sizes {
    from: u64,
    to: u64,
}

/// `GET /verify/consistency`.
pub async fn consistency(
    State(app): State<App>,
    Query(Sizes { from, to }): Query<Sizes>,
) -> Result<Json<Consistency>, PageError> {
    let find =
        move |_: &App, connection: &Connection| Ok(proof::of_consistency(connection, from, to)?);
    if let Some(proof) = own(&app, find).await? {
        return Ok(Json(proof));
    }
    let client = app.0.client.clone();
    Ok(Json(ask(&app, client.consistency(from, to)).await?))
}

/// The latest checkpoint as text, if there is one.
async fn note(app: &App) -> Result<Option<String>, PageError> {
    if app.follows_no_node() {
        return Ok(None);
    }
    let client = app.0.client.clone();
    Ok(ask(app, client.checkpoint()).await?.map(|note| note.to_string()))
}

/// `GET /verify/checkpoint`; no content while the holder of the log's key has signed none.
pub async fn checkpoint(State(app): State<App>) -> Result<Response, PageError> {
    Ok(match note(&app).await? {
        Some(note) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// `GET /verify/genesis.json`: the genesis that this explorer trusts.
pub async fn genesis(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], app.0.genesis.clone())
}

/// One file for the offline verifier. The parts are text, so that each is read as its own file.
#[derive(Debug, Serialize)]
struct Bundle {
    format: &'static str,
    genesis: String,
    evidence: String,
    checkpoint: Option<String>,
}

/// `GET /verify/records/{index}/bundle.json`; without a signed head while no node gives one.
pub async fn bundle(State(app): State<App>, Path(index): Path<u64>) -> Result<Response, PageError> {
    let evidence = of_leaf(&app, index).await?;
    let bundle = Bundle {
        format: BUNDLE_FORMAT,
        genesis: app.0.genesis.clone(),
        evidence: serde_json::to_string(&evidence).map_err(IndexError::from)?,
        checkpoint: note(&app).await.ok().flatten(),
    };
    let mut response = Json(bundle).into_response();
    let name = format!("attachment; filename=\"record-{index}.json\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
