//! What the ledger holds of a row. That a reference was used is not enough: a payment may have been
//! reversed since, and a proposal may have ended without taking effect.

use minglian_client::wire::ProposalEnd;
use minglian_contracts::allocation;
use minglian_contracts::book::AccountId;
use minglian_contracts::call::Call;
use minglian_contracts::payment::{self, Reference};
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::super::correct::{self, CorrectError, Entered, Standing};
use super::super::plan::{Act, Stage};
use super::{Run, RunError, Waiting};

/// Most reversals of one payment that are looked for.
const UNDO_ATTEMPTS: usize = 16;

/// An act that was applied under a reference.
pub(super) struct Applied {
    /// Its transaction.
    pub(super) id: TransactionId,
    /// The act.
    pub(super) call: Call,
    /// Whether it had to wait for other officers, rather than take effect at once.
    pub(super) was_proposed: bool,
}

/// What became of an act that was applied.
enum Fate {
    /// It waits for its next officer.
    Waits(Waiting),
    /// It took effect, or ended without.
    Settled(Standing),
}

impl Run<'_> {
    /// What remains to be done for an act, given what stands under its reference.
    pub(super) async fn remaining(
        &mut self,
        act: &Act,
    ) -> Result<Result<Vec<Act>, CorrectError>, RunError> {
        let mut history: Vec<Entered> = Vec::new();
        loop {
            let Some(applied) = self.version(act, history.len() + 1).await? else {
                self.settle_last(act, &mut history).await?;
                return match correct::remaining(act, &history) {
                    Ok(acts) => self.with_fresh_undo(acts).await,
                    Err(error) => Ok(Err(error)),
                };
            };
            match self.fate(&applied).await? {
                Fate::Waits(waiting) => {
                    return self.sign_on(act, history, waiting, applied.call).await;
                }
                Fate::Settled(standing) => {
                    history.push(Entered { call: applied.call, standing });
                }
            }
        }
    }

    /// The act that was applied under a reference.
    pub(super) async fn applied(
        &self,
        organization: OrganizationCode,
        reference: &Text<128>,
    ) -> Result<Option<Applied>, RunError> {
        let known = match self.client.receipt(&organization, reference.as_str()).await {
            Ok(known) => known,
            Err(error) if error.is_vacant() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(committed) = known.committed else { return Ok(None) };
        let record = self.client.record(committed.index).await?;
        let transaction = record.transaction();
        if transaction.id() != record.id {
            return Err(RunError::Record(committed.index));
        }
        let call = Call::decode(&transaction.body.call).map_err(RunError::Call)?;
        let events = &committed.receipt.events;
        let was_proposed = events.iter().any(|event| event.pointer("/approval/proposed").is_some());
        Ok(Some(Applied { id: record.id, call, was_proposed }))
    }

    /// The act, if it waits now. What it brought about is read after this answer and not before:
    /// another run or its officers may finish it at any time.
    pub(super) async fn waiting(&self, id: TransactionId) -> Result<Option<Waiting>, RunError> {
        match self.client.proposal(&id).await {
            Ok(view) => {
                let signatures = view.proposal.get("signatures").and_then(|list| list.as_array());
                Ok(Some(Waiting { id, signed: signatures.map_or(0, Vec::len) }))
            }
            Err(error) if error.is_vacant() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What was applied as a version of a row, from 1.
    async fn version(&self, act: &Act, version: usize) -> Result<Option<Applied>, RunError> {
        let reference = correct::version_reference(&act.reference, version)?;
        match self.applied(act.organization, &reference).await? {
            Some(found) => Ok(Some(found)),
            // A correction that takes back is finance's act.
            None => self.applied(act.finance, &reference).await,
        }
    }

    /// Goes on with the version after `history`, which waits. The other officers sign it, so it has
    /// to be what the row says, and no later version may stand or wait: with both, the row would be
    /// entered twice.
    async fn sign_on(
        &mut self,
        act: &Act,
        mut history: Vec<Entered>,
        waiting: Waiting,
        call: Call,
    ) -> Result<Result<Vec<Act>, CorrectError>, RunError> {
        let version = history.len() + 1;
        let reference = correct::version_reference(&act.reference, version)?;
        let other = CorrectError::OtherWaits { id: waiting.id };
        if self.is_overtaken(act, version).await? {
            return Ok(Err(other));
        }
        self.settle_last(act, &mut history).await?;
        let acts = match correct::remaining(act, &history) {
            Ok(acts) => acts,
            Err(error) => return Ok(Err(error)),
        };
        let is_due = |due: &Act| due.reference == reference && due.call == call;
        let Some(due) = acts.into_iter().find(is_due) else { return Ok(Err(other)) };
        self.pending.insert(reference, waiting);
        Ok(Ok(vec![due]))
    }

    /// Whether a later version than `version` stands or waits.
    async fn is_overtaken(&self, act: &Act, version: usize) -> Result<bool, RunError> {
        let mut later = version + 1;
        while let Some(applied) = self.version(act, later).await? {
            if !matches!(self.fate(&applied).await?, Fate::Settled(Standing::NeverMade)) {
                return Ok(true);
            }
            later += 1;
        }
        Ok(false)
    }

    /// What became of an act that was applied. The node knows how a proposal ended; what a line or
    /// an account holds does not say it, as other acts may have made it.
    async fn fate(&self, applied: &Applied) -> Result<Fate, RunError> {
        let Applied { id, call, was_proposed } = applied;
        if *was_proposed {
            if let Some(waiting) = self.waiting(*id).await? {
                return Ok(Fate::Waits(waiting));
            }
            let ended = match self.client.proposal_end(id).await {
                Err(error) if error.is_vacant() => return Err(RunError::NoEnd(*id)),
                ended => ended?,
            };
            if ended.end != ProposalEnd::Completed {
                return Ok(Fate::Settled(Standing::NeverMade));
            }
        }
        let standing = match call {
            Call::Payment(payment::Call::Instruct { line, order, .. }) => {
                match self.paid(line.holder, &order.reference).await? {
                    Some(paid) if !paid.is_zero() => Standing::Stands,
                    // Who undid it is asked of the last one only.
                    _ => Standing::UndoneByHand,
                }
            }
            _ => Standing::Stands,
        };
        Ok(Fate::Settled(standing))
    }

    /// How much of a payment is still with its payee; none if it was never made.
    pub(super) async fn paid(
        &self,
        organization: OrganizationCode,
        reference: &Reference,
    ) -> Result<Option<Fen>, RunError> {
        let account = AccountId::Payment { organization, reference: reference.clone() };
        match self.client.account(&borsh::to_vec(&account).map_err(RunError::Call)?).await {
            Ok(account) => Ok(Some(account.balance.fen)),
            Err(error) if error.is_vacant() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What is left of a quota line; none if there is no such line.
    pub(super) async fn available(
        &self,
        line: &allocation::LineName,
    ) -> Result<Option<Fen>, RunError> {
        match self.client.allocation(&borsh::to_vec(line).map_err(RunError::Call)?).await {
            Ok(detail) => Ok(Some(detail.line.available.fen)),
            Err(error) if error.is_vacant() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks whether an import reversed the last payment of a row, which then is to be made again.
    async fn settle_last(&self, act: &Act, history: &mut [Entered]) -> Result<(), RunError> {
        let versions = history.len();
        let made = |(_, entered): &(usize, &mut Entered)| entered.standing != Standing::NeverMade;
        let Some((place, last)) = history.iter_mut().enumerate().rev().find(made) else {
            return Ok(());
        };
        if last.standing != Standing::UndoneByHand {
            return Ok(());
        }
        for version in place + 2..=versions + 1 {
            let reference = correct::version_reference(&act.reference, version)?;
            for attempt in 1..=UNDO_ATTEMPTS {
                let undo = correct::undo_reference(&reference, attempt)?;
                let Some(applied) = self.applied(act.organization, &undo).await? else { break };
                // One that was rejected reversed nothing: then somebody else did.
                if matches!(self.fate(&applied).await?, Fate::Settled(Standing::Stands)) {
                    last.standing = Standing::Undone;
                }
            }
        }
        Ok(())
    }

    /// Gives a reversal a reference that was not used: an earlier one may have been rejected. One
    /// that waits for its officers is signed on.
    async fn with_fresh_undo(
        &mut self,
        mut acts: Vec<Act>,
    ) -> Result<Result<Vec<Act>, CorrectError>, RunError> {
        let Some(undo) = acts.iter_mut().find(|act| act.stage == Stage::UndoPayment) else {
            return Ok(Ok(acts));
        };
        let first = undo.reference.clone();
        for attempt in 1..=UNDO_ATTEMPTS {
            let reference: Text<128> = correct::version_reference(&first, attempt)?;
            let there = self.applied(undo.organization, &reference).await?;
            undo.reference = reference;
            let Some(applied) = there else { break };
            let Fate::Waits(waiting) = self.fate(&applied).await? else { continue };
            if applied.call != undo.call {
                return Ok(Err(CorrectError::OtherWaits { id: applied.id }));
            }
            self.pending.insert(undo.reference.clone(), waiting);
            break;
        }
        Ok(Ok(acts))
    }
}
