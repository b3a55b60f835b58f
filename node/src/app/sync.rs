//! Blocks that were decided without this node, and serving others that miss some.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use minglian_ledger::block::Block;
use minglian_ledger::height::Height;
use tokio::time::Instant;

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
        match tokio::task::block_in_place(|| self.parts.judge.execute(&block)) {
            Ok(()) => self.hints.worked(Instant::now()),
            Err(objection) if objection.is_ours() => {
                tracing::error!(%objection, %height, "cannot judge a synced block");
                return Ok(SyncedValueOutcome::LocalTransientError);
            }
            // Other transactions under a certified header: this peer's lie, the next one may tell
            // the truth. Called invalid, the height would wait for this node's restart.
            Err(objection) => {
                tracing::error!(%objection, %height, "a certified block does not follow here");
                return Ok(SyncedValueOutcome::PeerFault);
            }
        }
        self.parts.metrics.synced_blocks.fetch_add(1, Ordering::Relaxed);
        Ok(SyncedValueOutcome::Verdict(ProposedValue {
            height,
            round,
            valid_round: Round::Nil,
            proposer,
            value: Value(block.header.id()),
            validity: Validity::Valid,
        }))
    }
}
