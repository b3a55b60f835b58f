//! What must hold before anything is kept, and what is said where there is no room.

use std::sync::atomic::Ordering;

use minglian_contracts::naming::Thing;
use minglian_contracts::registry;
use minglian_ledger::deposit::Deposit;
use minglian_ledger::organization_code::OrganizationCode;

use super::index::NoRoom;
use super::openings::OPENING_BYTES_MAX;
use super::{KeepFault, Keeper, Origin};

/// After so many things for which there was no room it is said again.
const LEFT_LOGGED: u64 = 1_000;

impl Keeper {
    /// What is not for everybody, and every opening, is for the validators' nodes only.
    pub(super) fn check_place(&self, is_public: bool) -> Result<(), KeepFault> {
        let validators = self.chain.head().validators;
        let is_own = |peer_id: &str| peer_id == self.peer_id;
        if is_public || validators.members().iter().any(|it| is_own(it.peer_id.as_str())) {
            return Ok(());
        }
        Err(KeepFault::NotHere)
    }

    /// Whether a deposit is of this chain and signed by a key of its organisation.
    pub(super) fn check_deposit(&self, deposit: &Deposit, origin: Origin) -> Result<(), KeepFault> {
        let body = &deposit.body;
        if body.chain_id != *self.chain.chain_id() {
            return Err(KeepFault::WrongChain(body.chain_id.clone()));
        }
        let unsigned = || KeepFault::NotSigned(body.organization);
        let key = registry::KEYS.get(self.chain.store(), &deposit.key)?.ok_or_else(unsigned)?;
        // What another node brings may be older than the key: it was live when it was taken.
        let next = self.chain.head().header.height.next();
        let is_live = origin == Origin::Peer || key.is_live(next);
        if key.organization != body.organization || !is_live || deposit.verify().is_err() {
            return Err(unsigned());
        }
        Ok(())
    }

    /// Whether a record names the thing; refuses what is erased or another organisation's.
    pub(super) fn check_named(&self, thing: &Thing, deposit: &Deposit) -> Result<bool, KeepFault> {
        if self.is_erased(thing)? {
            return Err(KeepFault::Erased(*thing));
        }
        match self.owner(thing)? {
            Some(owner) if owner != deposit.body.organization => Err(KeepFault::Others(*thing)),
            owner => Ok(owner.is_some()),
        }
    }

    /// Says that there is no room. What another node has is not lost, but its operator must know.
    pub(super) fn no_room(&self, no_room: NoRoom, deposit: &Deposit, origin: Origin) -> KeepFault {
        if origin == Origin::Peer {
            self.count_left(1, &deposit.body.organization);
        }
        no_room.into()
    }

    /// Counts what others have and this node has no room for, and says so now and then.
    pub(crate) fn count_left(&self, count: u64, organization: &OrganizationCode) {
        let before = self.counts.left.fetch_add(count, Ordering::Relaxed);
        let is_due = before == 0 || before / LEFT_LOGGED != (before + count) / LEFT_LOGGED;
        if count > 0 && is_due {
            tracing::error!(
                %organization,
                left = before + count,
                "no room for what other nodes have of an organisation; raise its limits"
            );
        }
    }

    /// Whether the organisation that named an opening may have one more here, however long.
    pub(crate) fn has_room_for_opening(&self, owner: &OrganizationCode) -> bool {
        self.openings.fits(owner, OPENING_BYTES_MAX as u64)
    }
}
