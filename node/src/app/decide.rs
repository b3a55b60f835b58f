//! Writing what was decided.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use minglian_ledger::height::Height;
use tokio::time::Instant;

use crate::app::{App, AppError, Held};
use crate::chain::ChainError;
use crate::engine::context::{self, Context};
use crate::engine::convert::{self, Equivocation};
use crate::engine::messages::{CommitCertificate, Next, Reply};

impl App {
    /// Commits a decided block; `false` if its body is not here, in which case nothing is written
    /// and the block is fetched from the others.
    pub(super) fn decide(
        &mut self,
        decided: &CommitCertificate<Context>,
    ) -> Result<bool, AppError> {
        let certificate =
            convert::certificate(decided).map_err(|error| AppError::Engine(error.to_string()))?;
        if !self.parts.chain.is_candidate(&certificate.block_id) {
            let Some(body) = self.parts.judge.find(&certificate.block_id).cloned() else {
                tracing::error!(height = %certificate.height, "decided a block that is not here");
                return Ok(false);
            };
            self.parts.judge.restore(&body)?;
        }
        if let Some(signer) = &self.parts.signer {
            // The certificate holds this node's own vote, and is served from now on.
            tokio::task::block_in_place(|| signer.settle())?;
        }
        let begun = Instant::now();
        let committed = tokio::task::block_in_place(|| self.parts.chain.commit(&certificate));
        let committed = match committed {
            Err(ChainError::UnknownBlock(_)) => return Ok(false),
            other => other?,
        };
        let metrics = &self.parts.metrics;
        let elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        metrics.commit_us.fetch_add(elapsed_us, Ordering::Relaxed);
        metrics.height.store(certificate.height.0, Ordering::Relaxed);
        metrics.log_size.store(committed.header.log_size, Ordering::Relaxed);
        metrics.round.store(u64::from(certificate.round), Ordering::Relaxed);
        metrics.committed.fetch_add(committed.transactions.len() as u64, Ordering::Relaxed);
        // What the block erases is shown to nobody from now on: its bytes go on another thread.
        tokio::task::block_in_place(|| self.parts.keeper.on_committed(&committed));
        self.parts.judge.forget(certificate.height)?;
        self.parts.admission.committed(&committed);
        metrics.waiting.store(self.parts.admission.size().0 as u64, Ordering::Relaxed);
        let pause = self.last_block_at.elapsed();
        self.last_block_at = Instant::now();
        if committed.transactions.is_empty() {
            self.hints.was_empty(self.last_block_at, pause);
        } else {
            self.hints.worked(self.last_block_at);
        }
        tracing::info!(
            height = %certificate.height,
            transactions = committed.transactions.len(),
            round = certificate.round,
            elapsed_us,
            "committed"
        );
        // Nobody may be listening.
        let _ = self.parts.commits.send(Arc::new(committed));
        Ok(true)
    }

    /// Holds the engine until there is work, after bringing the peers in step with the ledger.
    pub(super) async fn finalized(&mut self, height: Height, reply: Reply<Next<Context>>) {
        if self.tip() < height {
            // The block's body was not here: begin the height again, value sync brings it.
            let again = Next::Restart(context::Height(height), self.height_params());
            let _ = reply.send(again);
            return;
        }
        self.update_peers().await;
        self.held = Some(Held { height, reply });
    }

    pub(super) fn report(&self, equivocations: &[Equivocation]) {
        for equivocation in equivocations {
            self.parts.metrics.equivocations.fetch_add(1, Ordering::Relaxed);
            tracing::error!(?equivocation, "a validator signed two different messages");
        }
    }
}
