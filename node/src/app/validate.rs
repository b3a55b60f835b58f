//! Bodies of others' proposals on their way to the judge, and verdicts on their way to the engine.

use std::sync::atomic::Ordering;

use minglian_ledger::height::Height;

use crate::app::judge::Moment;
use crate::app::{App, AppError};
use crate::clock;
use crate::engine::assembler::Accepted;
use crate::engine::context::{self, Context, Value};
use crate::engine::messages::{PeerId, ProposedValue, Round, StreamMessage, Validity};
use crate::engine::parts::{ProposalPart, SignedBody};

impl App {
    /// Takes one part of a streamed body; answers once the body is whole and judged.
    pub(super) fn receive(
        &mut self,
        publisher: PeerId,
        part: StreamMessage<ProposalPart>,
    ) -> Result<Option<ProposedValue<Context>>, AppError> {
        match self.assembler.accept(publisher, part) {
            Ok(Accepted::Complete(body)) => self.verdict(body),
            Ok(Accepted::Incomplete | Accepted::Parked) => Ok(None),
            Err(error) => {
                // A peer may send as many as it likes: they are counted, and told to who asks.
                tracing::debug!(%publisher, %error, "refused a part of a proposal");
                self.parts.metrics.refused_parts.fetch_add(1, Ordering::Relaxed);
                Ok(None)
            }
        }
    }

    /// Values for a round that begins: bodies that came before their height did, and bodies stored
    /// before a restart.
    pub(super) fn undecided(
        &mut self,
        height: Height,
        round: Round,
    ) -> Result<Vec<ProposedValue<Context>>, AppError> {
        let validators = (&self.validators()).into();
        let parked = self.assembler.advance(height, validators);
        let stored =
            self.parts.judge.bodies.iter().filter(|body| {
                body.init.height == height && Some(body.init.round) == round.as_u32()
            });
        let bodies: Vec<SignedBody> = parked.into_iter().chain(stored.cloned()).collect();
        let mut values = Vec::new();
        for body in bodies {
            values.extend(self.verdict(body)?);
        }
        Ok(values)
    }

    fn verdict(&mut self, body: SignedBody) -> Result<Option<ProposedValue<Context>>, AppError> {
        let init = body.init.clone();
        let (height, round) = self.current;
        let round = if height == init.height { round.as_u32().unwrap_or(0) } else { 0 };
        let is_valid = self.parts.judge.judge(body, Moment { round, now: clock::now() })?;
        Ok(is_valid.map(|is_valid| ProposedValue {
            height: context::Height(init.height),
            round: Round::new(init.round),
            valid_round: init.valid_round.map_or(Round::Nil, Round::new),
            proposer: context::Address(init.proposer),
            value: Value(init.block_id),
            validity: Validity::from_bool(is_valid),
        }))
    }
}
