//! The log for monitors and witnesses: C2SP tlog-tiles and tlog-policy.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use minglian_client::OCTET_STREAM;
use minglian_ledger::height::LogIndex;
use minglian_ledger::log::tiles::{self, Content, Tile};

use super::extract::Segments;
use super::problem::Refusal;
use super::{Node, Shared, reading};

const PLAIN_TEXT: &str = "text/plain; charset=utf-8";
const NOT_KEPT: &str = "no-store";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The latest signed head of the log.
#[utoipa::path(
    get, path = "/log/checkpoint", tag = "log",
    responses(
        (status = 200, description = "a C2SP signed note"),
        (status = 404, description = "the holder of the log key has not signed a head yet"),
    )
)]
pub(super) async fn checkpoint(State(shared): Node) -> Result<Response, Refusal> {
    let note = shared.parts.checkpoints.latest();
    let note = note.ok_or_else(|| Refusal::absent("the log has not signed a head yet"))?;
    Ok(answer(PLAIN_TEXT, NOT_KEPT, note.to_string().into_bytes()))
}

/// The policy by which more than two thirds of the validators cosign.
#[utoipa::path(
    get, path = "/log/tlog-policy", tag = "log",
    responses((status = 200, description = "a C2SP tlog-policy"))
)]
pub(super) async fn policy(State(shared): Node) -> Result<Response, Refusal> {
    let text = shared.parts.checkpoints.policy()?;
    Ok(answer(PLAIN_TEXT, NOT_KEPT, text.into_bytes()))
}

/// A tile of hashes, or a bundle of leaves.
#[utoipa::path(
    get, path = "/log/tile/{*path}", tag = "log",
    params(("path" = String, Path, description = "level or `entries`, and index, as C2SP says")),
    responses(
        (status = 200, description = "the tile; it never changes"),
        (status = 404, description = "no tile, or beyond the end of the log"),
    )
)]
pub(super) async fn tile(
    State(shared): Node,
    Segments(path): Segments<String>,
) -> Result<Response, Refusal> {
    let tile: Tile = format!("tile/{path}").parse().map_err(Refusal::absent)?;
    let bytes = reading(shared, move |shared| build(shared, &tile)).await?;
    Ok(answer(OCTET_STREAM, FOR_EVER, bytes))
}

fn build(shared: &Shared, tile: &Tile) -> Result<Vec<u8>, Refusal> {
    let size = shared.chain().head().header.log_size;
    let beyond = || Refusal::absent(format!("{tile} lies beyond the log of {size} leaves"));
    let least = tile.least_size().filter(|least| *least <= size).ok_or_else(beyond)?;
    if let Content::Hashes { .. } = tile.content() {
        return tiles::hash_tile(shared.store(), tile, least).map_err(Refusal::internal);
    }
    let entries = (tile.first_item()..least)
        .map(|index| {
            let missing = || Refusal::internal(format!("leaf {index} is missing"));
            shared.store().leaf(LogIndex(index))?.ok_or_else(missing)
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    tiles::entry_bundle(&entries).map_err(Refusal::internal)
}

fn answer(content: &'static str, caching: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content)),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
    ];
    (headers, body).into_response()
}
