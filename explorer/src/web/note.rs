//! The log as C2SP tlog-tiles, from what this explorer has verified: hashes come from its own
//! index; leaves and the signed head come from the node and are compared with it first.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use minglian_client::OCTET_STREAM;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::log::leaf_hash;
use minglian_ledger::log::tiles::{Content, Tile, parse_entry_bundle, parse_hash_tile};

use super::{App, PageError};
use crate::index::log;

/// How long the node may take for a signed head that goes into a manifest.
const NOTE_TIMEOUT: Duration = Duration::from_secs(3);

/// The latest signed head whose root is the verified log's; none if the node has none.
///
/// # Errors
/// [`PageError::Unverified`] if it is of another log, [`PageError::Node`] if the node does not
/// answer.
pub async fn verified(app: &App) -> Result<Option<String>, PageError> {
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
    let hashes = app.reading(move |connection| Ok(log::hashes(connection, &tile)?)).await?;
    let hashes = hashes.ok_or_else(absent)?;
    let bytes = match tile.content() {
        Content::Hashes { .. } => hashes,
        Content::Entries => entries(&app, &tile, &hashes).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(OCTET_STREAM)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, bytes).into_response())
}

/// The leaves of a bundle, each of which has the hash that this explorer computed.
async fn entries(app: &App, tile: &Tile, hashes: &[u8]) -> Result<Vec<u8>, PageError> {
    let permit = app.0.relayed.acquire().await.map_err(|_| PageError::Broken)?;
    let bytes = app.0.client.tile(tile).await?;
    drop(permit);
    let unverified = |_| PageError::Unverified;
    let known = parse_hash_tile(hashes, tile.width()).map_err(unverified)?;
    let leaves = parse_entry_bundle(&bytes, tile.width()).map_err(unverified)?;
    if !leaves.iter().map(|leaf| leaf_hash(leaf)).eq(known) {
        return Err(PageError::Unverified);
    }
    Ok(bytes)
}
