//! Blocks that were decided without this node, and serving others that miss some.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use minglian_ledger::block::Block;
use minglian_ledger::height::Height;
use tokio::time::Instant;

use crate::app::judge::Objection;
use crate::app::{App, AppError};
use crate::chain::ChainError;
use crate::engine::context::{self, Context, Value};
use crate::engine::convert;
use crate::engine::messages::{
    ProposedValue, RawDecidedValue, Round, SyncedValueOutcome, Validity,
};

/// Blocks served in one answer.
const BLOCKS_MAX: u64 = 16;

impl App {
    /// Blocks of a range that a peer asked for. A stranger's range may be nonsense.
    pub(super) fn decided(
        &self,
        first: Height,
        last: Height,
    ) -> Result<Vec<RawDecidedValue<Context>>, AppError> {
        let store = self.parts.chain.store();
        let last = last.0.min(self.tip().0).min(first.0.saturating_add(BLOCKS_MAX - 1));
        let mut values = Vec::new();
        for height in (first.0.max(1)..=last).map(Height) {
            let block = store.block(height).map_err(ChainError::from)?;
            let certificate = store.certificate(height).map_err(ChainError::from)?;
            let (Some(block), Some(certificate)) = (block, certificate) else { break };
            values.push(convert::decided_value(&certificate, block.encode()));
        }
        Ok(values)
    }

    /// Judges a block that a peer served; the engine has verified its certificate.
    pub(super) fn synced(
        &mut self,
        height: context::Height,
        round: Round,
        proposer: context::Address,
        bytes: &[u8],
    ) -> Result<SyncedValueOutcome<Context>, AppError> {
        let Ok(block) = Block::decode(bytes) else { return Ok(SyncedValueOutcome::PeerFault) };
        let block = Arc::new(block);
        if block.header.height != height.0 {
            return Ok(SyncedValueOutcome::PeerFault);
        }
        if height.0 != self.tip().next() {
            return Ok(SyncedValueOutcome::LocalTransientError);
        }
        let verdict = tokio::task::block_in_place(|| self.parts.judge.execute(&block));
        let is_valid = match verdict {
            Ok(()) => {
                self.hints.worked(Instant::now());
                true
            }
            Err(Objection::Ours(error)) => {
                tracing::error!(%error, %height, "cannot judge a synced block");
                return Ok(SyncedValueOutcome::LocalTransientError);
            }
            Err(objection) => {
                tracing::error!(%objection, %height, "a certified block is invalid here");
                false
            }
        };
        self.parts.metrics.synced_blocks.fetch_add(1, Ordering::Relaxed);
        Ok(SyncedValueOutcome::Verdict(ProposedValue {
            height,
            round,
            valid_round: Round::Nil,
            proposer,
            value: Value(block.header.id()),
            validity: Validity::from_bool(is_valid),
        }))
    }
}
