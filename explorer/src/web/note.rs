//! The log as C2SP tlog-tiles, from what this explorer has verified: hashes and leaves come from
//! its own index; the signed head comes from the node and is compared with it first.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use minglian_client::OCTET_STREAM;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::log::tiles::{Content, Tile};

use super::{App, PageError};
use crate::database::Connection;
use crate::index::log;

/// How long the node may take for a signed head that goes into a manifest.
const NOTE_TIMEOUT: Duration = Duration::from_secs(3);

/// The latest signed head whose root is the verified log's; none if the node has none.
///
/// # Errors
/// [`PageError::Unverified`] if it is of another log, [`PageError::Node`] if the node does not
/// answer.
pub async fn verified(app: &App) -> Result<Option<String>, PageError> {
    if app.follows_no_node() {
        return Ok(None);
    }
    let permit = app.0.relayed.acquire().await.map_err(|_| PageError::Broken)?;
    let asked = tokio::time::timeout(NOTE_TIMEOUT, app.0.client.checkpoint()).await;
    drop(permit);
    let Some(note) = asked.map_err(|_| PageError::Timeout)?? else { return Ok(None) };
    let key = app.0.log_key.as_ref().ok_or(PageError::Unverified)?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_| PageError::Unverified)?;
    let is_signed = note.is_signed_by_log(key).map_err(|_| PageError::Unverified)?;
    if !is_signed || checkpoint.origin() != key.name() {
        return Err(PageError::Unverified);
    }
    let holds = app.reading(move |connection| Ok(log::holds(connection, &checkpoint)?)).await?;
    if holds { Ok(Some(note.to_string())) } else { Err(PageError::Unverified) }
}

/// `GET /log/checkpoint`.
///
/// # Errors
/// [`PageError::NotFound`] while the holder of the log's key has signed none.
pub async fn checkpoint(State(app): State<App>) -> Result<Response, PageError> {
    let note = verified(&app).await?;
    let note = note.ok_or_else(|| PageError::NotFound("检查点".to_owned()))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, note).into_response())
}

/// `GET /log/tile/…`.
///
/// # Errors
/// [`PageError::NotFound`] beyond the verified log.
pub async fn tile(State(app): State<App>, Path(path): Path<String>) -> Result<Response, PageError> {
    let absent = || PageError::NotFound("这个分块".to_owned());
    let tile: Tile = path.parse().map_err(|_| absent())?;
    let read = move |connection: &Connection| match tile.content() {
        Content::Hashes { .. } => Ok(log::hashes(connection, &tile)?),
        Content::Entries => Ok(log::bundle(connection, &tile)?),
    };
    let bytes = app.reading(read).await?.ok_or_else(absent)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(OCTET_STREAM)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, bytes).into_response())
}
