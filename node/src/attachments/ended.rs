//! Public openings of acts that came to nothing. When the last act that names one is rejected or
//! withdrawn, or is found to be out of time at a start or when another act names the same
//! commitment, the opening goes as if an order had erased it, but for this: who names the
//! commitment again may hand it over again. So no act makes public what was handed over with
//! another that never took effect. Openings of other classes are never public and stay: the text of
//! a complaint does not go because a checker rejects the complaint.

use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::naming::Thing;
use minglian_contracts::proposal::PROPOSALS;
use minglian_ledger::date::beijing_date;
use minglian_ledger::deposit::Class;
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_ledger::record::Leaf;

use super::openings::Opening;
use super::{KeepFault, Keeper};
use crate::chain::Committed;
use crate::derived::naming::Effect;
use crate::derived::{DerivedError, DerivedIndex};

impl Keeper {
    /// Whether acts named an opening and none of them took effect or still may.
    ///
    /// # Errors
    /// [`KeepFault`] if state or index cannot be read.
    pub(super) fn has_ended(&self, commitment: &Commitment) -> Result<bool, KeepFault> {
        self.had_ended(commitment, LogIndex(u64::MAX))
    }

    /// The last record of the organisation that answers for an opening which names it.
    ///
    /// # Errors
    /// [`KeepFault`] if state or index cannot be read.
    pub(super) fn last_naming(
        &self,
        commitment: &Commitment,
    ) -> Result<Option<LogIndex>, KeepFault> {
        let Some(owner) = self.owner(&Thing::Opening(*commitment))? else { return Ok(None) };
        Ok(DerivedIndex::new(self.chain.store()).last_naming(commitment, &owner)?)
    }

    /// The opening of a commitment for a node whose last record that names it is `named_at`: none
    /// while this node has not seen that record, and what went before it.
    ///
    /// # Errors
    /// [`KeepFault`] if state or file cannot be read.
    pub(super) fn opening_for(
        &self,
        commitment: &Commitment,
        named_at: LogIndex,
    ) -> Result<Option<Opening>, KeepFault> {
        if self.chain.head().header.log_size <= named_at.0 {
            return Ok(None);
        }
        self.opening(commitment)
    }

    /// Lets go of the openings whose last act this block ended, and of those that a record names
    /// again after all acts before had ended: who hands such a one over does so after this.
    pub(super) fn let_go_of_ended(&self, committed: &Committed) -> Result<(), KeepFault> {
        for proposal in &committed.failed {
            for commitment in self.named_by(proposal)? {
                if self.openings.contains(&commitment) && self.has_ended(&commitment)? {
                    self.let_go(&commitment)?;
                }
            }
        }
        let Some((_, first)) = committed.transactions.first() else { return Ok(()) };
        for commitment in &committed.commitments {
            if self.openings.contains(commitment) && self.had_ended(commitment, *first)? {
                self.let_go(commitment)?;
            }
        }
        Ok(())
    }

    /// Forgets an opening if it is one that was to become public; its file goes shortly after.
    ///
    /// # Errors
    /// [`KeepFault::File`] if its file cannot be read.
    pub(super) fn let_go(&self, commitment: &Commitment) -> Result<(), KeepFault> {
        if self.openings.class(commitment)? != Some(Class::Public) {
            return Ok(());
        }
        if self.openings.forget(commitment) {
            tracing::info!(%commitment, "an opening goes: no act that names it took effect");
        }
        self.doom(Thing::Opening(*commitment));
        Ok(())
    }

    fn had_ended(&self, commitment: &Commitment, end: LogIndex) -> Result<bool, KeepFault> {
        let Some(owner) = self.owner(&Thing::Opening(*commitment))? else { return Ok(false) };
        let index = DerivedIndex::new(self.chain.store());
        match index.effect(commitment, &owner, end)? {
            Effect::Unnamed | Effect::InForce => Ok(false),
            Effect::Ended => Ok(true),
            Effect::Waiting(proposals) => {
                for proposal in proposals {
                    if self.is_in_time(&proposal)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// Whether an act that waits can still be approved.
    fn is_in_time(&self, proposal: &TransactionId) -> Result<bool, KeepFault> {
        let Some(waiting) = PROPOSALS.get(self.chain.store(), proposal)? else { return Ok(false) };
        let today = beijing_date(self.chain.head().header.time_ms);
        // A time that is no day is no reason to lose anything.
        Ok(today.map_or(true, |today| today <= waiting.open_until))
    }

    /// The commitments that a proposed act names.
    fn named_by(&self, proposal: &TransactionId) -> Result<Vec<Commitment>, KeepFault> {
        let store = self.chain.store();
        let Some(index) = store.transaction(proposal).map_err(DerivedError::from)? else {
            return Ok(Vec::new());
        };
        let unreadable = || DerivedError::Leaf(index);
        let bytes = store.leaf(index).map_err(DerivedError::from)?.ok_or_else(unreadable)?;
        let Leaf::Record(record) = Leaf::decode(&bytes).map_err(|_| unreadable())? else {
            return Err(unreadable().into());
        };
        let call = Call::decode(&record.transaction.body.call).map_err(|_| unreadable())?;
        let commitment = |thing| match thing {
            Thing::Opening(commitment) => Some(commitment),
            Thing::Attachment(_) => None,
        };
        Ok(contents::of(&call).things.into_iter().filter_map(commitment).collect())
    }
}
