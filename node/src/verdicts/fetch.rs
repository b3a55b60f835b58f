//! Bringing what is missing of a batch from peers, one after the other.

use std::sync::Arc;
use std::time::Duration;

use minglian_ledger::subsidy::domain::BatchId;

use crate::attachments::exchange;
use crate::batches::{self, BatchFault, Batches};
use crate::gossip::exchange::{Exchange, ExchangeStream};
use crate::gossip::frame::FrameError;

/// How long a peer may take to take a stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a peer brought no more.
#[derive(Debug, thiserror::Error)]
enum FetchFault {
    #[error("the peer takes no stream")]
    Closed,
    #[error(transparent)]
    Exchange(#[from] FrameError),
    #[error(transparent)]
    Batch(#[from] BatchFault),
}

/// Asks these peers in turn for what is missing of a batch; whether anything came. What they bring
/// is kept only if the ledger's header says that it is the batch's.
pub async fn fetch(
    batches: Arc<Batches>,
    exchange: Exchange,
    peers: Vec<String>,
    batch: BatchId,
) -> bool {
    let mut came = false;
    for peer in peers {
        match fetch_from(&batches, &exchange, &peer, &batch, &mut came).await {
            Ok(true) => return came,
            Ok(false) => {}
            // The batch went, or this node cannot keep it: no other peer helps.
            Err(FetchFault::Batch(fault)) if !matches!(fault, BatchFault::Chunk(_)) => {
                tracing::warn!(%batch, %fault, "cannot keep the body of a batch");
                return came;
            }
            Err(fault) => tracing::debug!(%batch, peer, %fault, "cannot fetch of a batch"),
        }
    }
    came
}

/// Whether everything is here then.
async fn fetch_from(
    batches: &Arc<Batches>,
    exchange: &Exchange,
    peer: &str,
    batch: &BatchId,
    came: &mut bool,
) -> Result<bool, FetchFault> {
    let terms = blocking(batches, |batches| batches.terms(batch))?;
    if batches.missing(batch, &terms.sealed.header).list {
        let mut stream = open(exchange, peer).await?;
        let Some(list) = exchange::chunk_list(&mut stream, batch).await? else {
            return Ok(false);
        };
        blocking(batches, |batches| batches.put_list(batch, list))?;
        *came = true;
    }
    for (part, number) in batches.missing(batch, &terms.sealed.header).chunks {
        let bytes = batches::chunk_bytes(&terms, part, number).map_err(BatchFault::from)?;
        let mut stream = open(exchange, peer).await?;
        // A peer that has not this one may have another.
        if let Some(chunk) = exchange::chunk(&mut stream, batch, part, number, bytes).await? {
            blocking(batches, |batches| batches.put_chunk(batch, part, number, &chunk))?;
            *came = true;
        }
    }
    Ok(batches.missing(batch, &terms.sealed.header).is_empty())
}

fn blocking<T>(batches: &Batches, work: impl FnOnce(&Batches) -> T) -> T {
    tokio::task::block_in_place(|| work(batches))
}

async fn open(exchange: &Exchange, peer: &str) -> Result<ExchangeStream, FetchFault> {
    let opened = tokio::time::timeout(OPEN_TIMEOUT, exchange.open(peer)).await;
    opened.ok().flatten().ok_or(FetchFault::Closed)
}
