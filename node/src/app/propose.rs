//! Building and publishing this node's own proposals.

use minglian_contracts::execute::BLOCK_TRANSACTION_BYTES_MAX;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;
use tokio::time::Instant;

use crate::app::{App, AppError};
use crate::clock;
use crate::engine::context::{self, Context, Value};
use crate::engine::messages::{LocallyProposedValue, Round};
use crate::engine::parts::{Init, SignedBody};

impl App {
    /// The block to propose: the one stored for this round, if this node built one before it
    /// crashed, so that it never signs two.
    pub(super) fn propose(
        &mut self,
        height: Height,
        round: Round,
    ) -> Result<(LocallyProposedValue<Context>, SignedBody), AppError> {
        let body = match self.take_up_own(height, round)? {
            Some(body) => body,
            None => tokio::task::block_in_place(|| self.build(height, round))?,
        };
        let value = Value(body.init.block_id);
        Ok((LocallyProposedValue::new(context::Height(height), round, value), body))
    }

    /// The stream to publish again: under this node's own signature when it proposes the block of
    /// an earlier round, else as its proposer signed it.
    pub(super) fn restream(
        &self,
        height: Height,
        round: Round,
        valid_round: Round,
        address: &context::Address,
        id: &BlockId,
    ) -> Result<Option<SignedBody>, AppError> {
        let stored = self.parts.judge.find(id).cloned();
        let (Some(stored), Some(signer)) = (stored, &self.parts.signer) else { return Ok(None) };
        let (Some(round), true) = (round.as_u32(), address.0 == signer.address()) else {
            return Ok(Some(stored));
        };
        if valid_round.is_nil() {
            return Ok(Some(stored));
        }
        let valid_round = valid_round.as_u32();
        let proposer = signer.address();
        let init = Init { height, round, valid_round, proposer, ..stored.init };
        Ok(Some(signer.sign_body(init, stored.body)?))
    }

    /// The block that this node built for this round before it crashed, if it still follows.
    fn take_up_own(
        &mut self,
        height: Height,
        round: Round,
    ) -> Result<Option<SignedBody>, AppError> {
        let Some(body) = self.own_body(height, round) else { return Ok(None) };
        let signer = self.parts.signer.as_ref();
        let is_signed = signer.is_some_and(|it| it.has_proposed(height, body.init.round));
        Ok(self.parts.judge.take_up(&body, is_signed)?.then_some(body))
    }

    fn own_body(&self, height: Height, round: Round) -> Option<SignedBody> {
        let address = self.parts.signer.as_ref()?.address();
        let place = (height, round.as_u32()?, address);
        let mut bodies = self.parts.judge.bodies.iter();
        bodies
            .find(|body| (body.init.height, body.init.round, body.init.proposer) == place)
            .cloned()
    }

    fn build(&mut self, height: Height, round: Round) -> Result<SignedBody, AppError> {
        let (Some(signer), Some(round)) = (&self.parts.signer, round.as_u32()) else {
            return Err(AppError::Engine("it asked an observer for a proposal".to_owned()));
        };
        let begun = Instant::now();
        let bytes = usize::try_from(BLOCK_TRANSACTION_BYTES_MAX).unwrap_or(usize::MAX);
        let waiting = self.parts.admission.first(bytes);
        let transactions = waiting.iter().map(AsRef::as_ref);
        let proposer = signer.address();
        let (block, left_out) = self.parts.chain.propose(transactions, clock::now(), proposer)?;
        self.parts.admission.left_out(&left_out);
        self.parts.judge.count_execution(begun);
        let block_id = block.header.id();
        let body = block.encode();
        let body_bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let init = Init { height, round, valid_round: None, proposer, block_id, body_bytes };
        let body = signer.sign_body(init, body)?;
        self.parts.judge.bodies.put(body.clone())?;
        Ok(body)
    }
}
