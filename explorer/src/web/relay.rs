//! What the verifier in the reader's browser asks for: evidence, consistency, the checkpoint. It
//! comes from the node and is passed on as it is; the browser checks it and believes neither.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minglian_client::wire::Consistency;
use minglian_client::{ClientError, OCTET_STREAM};
use minglian_contracts::schema;
use minglian_ledger::evidence::Evidence;
use minglian_ledger::height::{Height, LogIndex};
use serde::{Deserialize, Serialize};

use super::{App, PageError};
use crate::index::{IndexError, account};

/// The form of [`Bundle`].
const BUNDLE_FORMAT: &str = "minglian-bundle/1";

/// Asks the node, when there is room.
async fn ask<T>(
    app: &App,
    question: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, PageError> {
    let _permit = app.0.relayed.acquire().await.map_err(|_| PageError::Broken)?;
    Ok(question.await?)
}

/// Evidence from the genesis on, in its canonical bytes.
fn answer(evidence: &Evidence) -> Response {
    ([(header::CONTENT_TYPE, OCTET_STREAM)], evidence.encode()).into_response()
}

/// `GET /verify/records/{index}/evidence`.
pub async fn record_evidence(
    State(app): State<App>,
    Path(index): Path<u64>,
) -> Result<Response, PageError> {
    let client = app.0.client.clone();
    let question = client.record_evidence(LogIndex(index), Height::GENESIS);
    Ok(answer(&ask(&app, question).await?))
}

/// `GET /verify/head/evidence`: of the last leaf of the log, whatever it is.
pub async fn head_evidence(State(app): State<App>) -> Result<Response, PageError> {
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
    let reader = app.0.reader.clone();
    let find = move || reader.read::<_, IndexError>(|known| account::identity(known, number));
    let id = tokio::task::spawn_blocking(find).await.map_err(|_| PageError::Broken)??;
    let id = id.ok_or_else(|| PageError::NotFound(format!("{number}号账户")))?;
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
    let client = app.0.client.clone();
    Ok(Json(ask(&app, client.consistency(from, to)).await?))
}

/// The latest checkpoint as text, if there is one.
async fn note(app: &App) -> Result<Option<String>, PageError> {
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

/// `GET /verify/records/{index}/bundle.json`.
pub async fn bundle(State(app): State<App>, Path(index): Path<u64>) -> Result<Response, PageError> {
    let client = app.0.client.clone();
    let question = client.record_evidence(LogIndex(index), Height::GENESIS);
    let evidence = ask(&app, question).await?;
    let bundle = Bundle {
        format: BUNDLE_FORMAT,
        genesis: app.0.genesis.clone(),
        evidence: serde_json::to_string(&evidence).map_err(IndexError::from)?,
        checkpoint: note(&app).await?,
    };
    let mut response = Json(bundle).into_response();
    let name = format!("attachment; filename=\"record-{index}.json\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
