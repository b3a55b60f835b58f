//! Headers, blocks, validators, and the tips as they come.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt as _, stream};
use minglian_client::wire::{
    self, BLOCKS_MAX, BlockSummary, BlockView, CertifiedBlock, Consistency, HeaderView, Tip,
    ValidatorView, ValidatorsView,
};
use minglian_ledger::block::Header;
use minglian_ledger::height::Height;
use minglian_ledger::log::proof;
use minglian_ledger::log::tree::Frontier;
use minglian_listener::Peer;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use super::extract::{Params, Segments, bytes_answer, json_answer, parse, wants_bytes};
use super::problem::{Kind, Refusal};
use super::{Node, Shared, reading};

/// A header with its certificate.
#[utoipa::path(
    get, path = "/v1/headers/{height}", tag = "chain",
    params(("height" = String, Path, description = "a height, or `latest`")),
    responses(
        (status = 200, description = "header, block id, certificate"),
        (status = 404, description = "above the last block"),
    )
)]
pub(super) async fn header(
    State(shared): Node,
    Segments(height): Segments<String>,
) -> Result<Response, Refusal> {
    let height = match height.as_str() {
        "latest" => shared.chain().head().header.height,
        text => Height(parse("height", text)?),
    };
    json_answer(&reading(shared, move |shared| header_view(shared, height)).await?)
}

fn header_view(shared: &Shared, height: Height) -> Result<HeaderView, Refusal> {
    let stored = shared.store().header(height)?.ok_or_else(|| absent(height))?;
    Ok(HeaderView {
        block_id: stored.header.id(),
        header: stored.header,
        first_leaf: stored.first_leaf,
        certificate: shared.store().certificate(height)?,
    })
}

fn absent(height: Height) -> Refusal {
    Refusal::absent(format!("height {height}"))
}

/// Two sizes of the log.
#[derive(Debug, Deserialize)]
pub(super) struct Sizes {
    from: u64,
    to: Option<u64>,
}

/// Proof that the log of `from` leaves is a prefix of that of `to`.
#[utoipa::path(
    get, path = "/v1/consistency", tag = "chain",
    params(
        ("from" = u64, Query, description = "leaves of the older log"),
        ("to" = Option<u64>, Query, description = "leaves of the newer log; all if not given"),
    ),
    responses((status = 200, description = "both roots and the RFC 6962 proof"))
)]
pub(super) async fn consistency(
    State(shared): Node,
    Params(Sizes { from, to }): Params<Sizes>,
) -> Result<Response, Refusal> {
    let view = reading(shared, move |shared| {
        let size = shared.chain().head().header.log_size;
        let to = to.unwrap_or(size);
        if from > to || to > size {
            return Err(Refusal::bad(format!("from {from} to {to} in a log of {size} leaves")));
        }
        let store = shared.store();
        let root = |size| Frontier::load(store, size).map(|frontier| frontier.root());
        Ok(Consistency {
            from,
            from_root: root(from).map_err(Refusal::internal)?,
            to,
            to_root: root(to).map_err(Refusal::internal)?,
            proof: proof::consistency_proof(store, from, to).map_err(Refusal::internal)?,
        })
    });
    json_answer(&view.await?)
}

/// Which blocks.
#[derive(Debug, Deserialize)]
pub(super) struct Range {
    from: Option<u64>,
    limit: Option<usize>,
}

/// Blocks in order: bytes with certificates for followers, or what each holds as JSON.
#[utoipa::path(
    get, path = "/v1/blocks", tag = "chain",
    params(
        ("from" = Option<u64>, Query, description = "first height; 0 if not given"),
        ("limit" = Option<u64>, Query, description = "at most 256; a page may end earlier"),
    ),
    responses(
        (status = 200, description = "JSON summaries; or application/octet-stream: each block \
            with its certificate in borsh, behind its length in 4 bytes, little endian"),
        (status = 503, description = "too many large answers at a time; try again in a moment"),
    )
)]
pub(super) async fn blocks(
    State(shared): Node,
    Params(range): Params<Range>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let limit = range.limit.unwrap_or(BLOCKS_MAX);
    if !(1..=BLOCKS_MAX).contains(&limit) {
        return Err(Refusal::bad(format!("limit is {limit}, not 1 to {BLOCKS_MAX}")));
    }
    let from = range.from.unwrap_or(0);
    if wants_bytes(&headers) {
        let feed = reading(shared, move |shared| feed(shared, from, limit));
        return Ok(bytes_answer(feed.await?));
    }
    let summaries = reading(shared, move |shared| {
        heights(shared, from, limit).map(|height| block_summary(shared, height)).collect()
    });
    let summaries: Vec<BlockSummary> = summaries.await?;
    json_answer(&summaries)
}

/// At most `limit` heights from `from` on that are committed.
fn heights(shared: &Shared, from: u64, limit: usize) -> impl Iterator<Item = Height> {
    let tip = shared.chain().head().header.height;
    (from..=tip.0).take(limit).map(Height)
}

fn feed(shared: &Shared, from: u64, limit: usize) -> Result<Vec<u8>, Refusal> {
    let bytes_max = shared.parts.limits.page_bytes_max;
    let mut list = Vec::new();
    for height in heights(shared, from, limit) {
        let block = certified_block(shared, height)?.encode()?;
        if !list.is_empty() && list.len() + block.len() > bytes_max {
            break;
        }
        wire::push_frame(&mut list, &block);
    }
    Ok(list)
}

fn certified_block(shared: &Shared, height: Height) -> Result<CertifiedBlock, Refusal> {
    let block = shared.store().block(height)?.ok_or_else(|| absent(height))?;
    Ok(CertifiedBlock { block, certificate: shared.store().certificate(height)? })
}

fn block_summary(shared: &Shared, height: Height) -> Result<BlockSummary, Refusal> {
    let stored = shared.store().header(height)?.ok_or_else(|| absent(height))?;
    let header = stored.header;
    Ok(BlockSummary {
        height,
        block_id: header.id(),
        time_ms: header.time_ms,
        proposer: header.proposer,
        // The last leaf of a block closes it.
        transactions: header.log_size.saturating_sub(stored.first_leaf.0).saturating_sub(1),
        log_size: header.log_size,
    })
}

/// A block.
#[utoipa::path(
    get, path = "/v1/blocks/{height}", tag = "chain",
    params(("height" = u64, Path, description = "its height")),
    responses(
        (status = 200, description = "header, certificate and transaction ids; or the block with \
            its certificate in borsh for application/octet-stream"),
        (status = 404, description = "above the last block"),
    )
)]
pub(super) async fn block(
    State(shared): Node,
    Segments(height): Segments<u64>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let height = Height(height);
    if wants_bytes(&headers) {
        let block = reading(shared, move |shared| certified_block(shared, height)).await?;
        return Ok(bytes_answer(block.encode()?));
    }
    let view = reading(shared, move |shared| {
        let block = shared.store().block(height)?.ok_or_else(|| absent(height))?;
        let transactions = block.transactions.iter().map(|transaction| transaction.id()).collect();
        Ok(BlockView { head: header_view(shared, height)?, transactions })
    });
    json_answer(&view.await?)
}

/// The end of the chain, now and after each commit, as server-sent events.
#[utoipa::path(
    get, path = "/v1/tips", tag = "chain",
    responses(
        (status = 200, description = "text/event-stream: height, block id, time, log size"),
        (status = 503, description = "as many streams are open as may be"),
    )
)]
pub(super) async fn tips(
    State(shared): Node,
    Extension(client): Extension<Peer>,
) -> Result<Response, Refusal> {
    let busy = || Refusal::new(Kind::Busy, "too many streams of tips");
    let permit = shared.streams.try_enter(client).ok_or_else(busy)?;
    let events = tip_stream(shared).map(move |tip| {
        // The place is kept as long as the stream.
        let _ = &permit;
        Ok::<_, Infallible>(Event::default().event("tip").json_data(tip).unwrap_or_default())
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// The present tip, then each new one until the node stops. A reader that lags gets the latest.
fn tip_stream(shared: Arc<Shared>) -> impl Stream<Item = Tip> {
    let commits = shared.parts.commits.subscribe();
    let first = tip(&shared.chain().head().header);
    let following = stream::unfold((shared, commits, first.height), |state| async move {
        let (shared, mut commits, last) = state;
        let mut stop = shared.stop.clone();
        loop {
            let received = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return None,
                received = commits.recv() => received,
            };
            let header = match received {
                Ok(committed) => committed.header.clone(),
                Err(RecvError::Lagged(_)) => shared.chain().head().header,
                Err(RecvError::Closed) => return None,
            };
            if header.height > last {
                return Some((tip(&header), (shared, commits, header.height)));
            }
        }
    });
    stream::once(async move { first }).chain(following)
}

fn tip(header: &Header) -> Tip {
    let Header { height, time_ms, log_size, .. } = *header;
    Tip { height, block_id: header.id(), time_ms, log_size }
}

/// Which height.
#[derive(Debug, Deserialize)]
pub(super) struct At {
    height: Option<u64>,
}

/// The validators that certify a height.
#[utoipa::path(
    get, path = "/v1/validators", tag = "chain",
    params(("height" = Option<u64>, Query, description = "the next block's if not given")),
    responses((status = 200, description = "the set, its name, and which header named it"))
)]
pub(super) async fn validators(
    State(shared): Node,
    Params(at): Params<At>,
) -> Result<Response, Refusal> {
    let next = shared.chain().head().header.height.next();
    let height = at.height.map_or(next, Height);
    if height == Height::GENESIS || height > next {
        let detail = format!("height {height} is certified by nobody; 1 to {next} are");
        return Err(Refusal::absent(detail));
    }
    let view = reading(shared, move |shared| {
        let (named_at, set) = shared.store().validators(height)?;
        let members = set.members().iter();
        let validators = members
            .map(|member| ValidatorView { address: member.address(), validator: member.clone() });
        Ok(ValidatorsView {
            height,
            named_at,
            hash: set.hash(),
            total_power: set.total_power(),
            validators: validators.collect(),
        })
    });
    json_answer(&view.await?)
}

/// The genesis of the chain.
#[utoipa::path(
    get, path = "/v1/genesis", tag = "chain",
    responses((status = 200, description = "the genesis file as JSON"))
)]
pub(super) async fn genesis(State(shared): Node) -> Result<Response, Refusal> {
    json_answer(shared.chain().genesis())
}
