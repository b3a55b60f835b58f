//! Whether this node may say what it found, and saying it.

use std::sync::Arc;

use bytes::Bytes;
use minglian_contracts::call::Call;
use minglian_contracts::enrolment::list;
use minglian_contracts::event::{self, Outcome};
use minglian_contracts::registry;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::{Batch, Content};
use minglian_contracts::subsidy::verdict::{Finding, GiveVerdict};
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::Leaf;
use minglian_ledger::state::StateError;
use minglian_ledger::subsidy::batch::BatchKind;
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::transaction::{ClientReference, Transaction, TransactionBody};

use crate::admission::Admission;
use crate::chain::Chain;
use crate::rpc::Broadcast;

/// How many heights an act waits before it is signed anew.
const LIFETIME_HEIGHTS: u64 = 200;

/// Signs acts of this node's own service.
pub struct Voice {
    chain: Arc<Chain>,
    admission: Arc<Admission>,
    broadcast: Broadcast,
    key: Option<SigningKey>,
}

/// An act that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its name.
    pub id: TransactionId,
    /// The last height at which it can be in a block.
    pub expires_at: Height,
}

/// Whose the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no key, or it is no live maker's.
    NoKey,
    /// Its organisation runs no validator.
    NotAValidator,
    /// It may give verdicts, for this organisation.
    Speaks(OrganizationCode),
}

/// What became of an act that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It may still be in a block.
    Waiting,
    /// It is in none, and can be in none any more.
    Gone,
    /// It was applied.
    Applied,
    /// It was refused, with this number.
    Refused(u32),
}

impl Voice {
    /// Signs with `key`, if there is one.
    pub fn new(
        chain: Arc<Chain>,
        admission: Arc<Admission>,
        broadcast: Broadcast,
        key: Option<SigningKey>,
    ) -> Self {
        Self { chain, admission, broadcast, key }
    }

    /// Whether this node may give verdicts now.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn standing(&self) -> Result<Standing, StateError> {
        let Some(key) = &self.key else { return Ok(Standing::NoKey) };
        let known = registry::KEYS.get(self.chain.store(), &PublicKey::of(key))?;
        let head = self.chain.head();
        let next = head.header.height.next();
        let live = known.filter(|key| key.is_live(next) && key.role == Role::Maker);
        let Some(organization) = live.map(|key| key.organization) else {
            return Ok(Standing::NoKey);
        };
        let runs = head.validators.members().iter().any(|it| it.organization == organization);
        Ok(if runs { Standing::Speaks(organization) } else { Standing::NotAValidator })
    }

    /// Sends a verdict; none if the pool does not take it now.
    pub fn give(
        &self,
        organization: OrganizationCode,
        batch: &BatchId,
        finding: Finding,
    ) -> Option<Sent> {
        let act = subsidy::Call::GiveVerdict(GiveVerdict { batch: *batch, finding });
        self.send(organization, "verdict", batch, act)
    }

    /// Ends a batch whose time is over.
    pub fn close(&self, organization: OrganizationCode, batch: &BatchId) -> Option<Sent> {
        self.send(organization, "close", batch, subsidy::Call::Close { batch: *batch })
    }

    fn send(
        &self,
        organization: OrganizationCode,
        verb: &str,
        batch: &BatchId,
        call: subsidy::Call,
    ) -> Option<Sent> {
        let key = self.key.as_ref()?;
        let height = self.chain.head().header.height;
        // A verdict that was given may be forgotten, when its organisation leaves the validators
        // and comes back: each has a reference of its own.
        let short: String = batch.to_string().chars().take(16).collect();
        let reference = format!("subsidy-{verb}/{short}/{height}");
        let expires_at = Height(height.0.saturating_add(LIFETIME_HEIGHTS));
        let body = TransactionBody {
            chain_id: self.chain.chain_id().clone(),
            organization,
            client_reference: ClientReference::new(reference).ok()?,
            expires_at,
            call: Call::Subsidy(call).encode(),
        };
        let transaction = Transaction::sign(body, key);
        let (id, bytes) = (transaction.id(), transaction.encode());
        match self.admission.admit(&[&bytes]).pop()? {
            Ok(_) => (self.broadcast)(vec![Bytes::from(bytes)]),
            Err(error) => {
                tracing::warn!(%batch, verb, %error, "cannot send an act about a batch");
                return None;
            }
        }
        Some(Sent { id, expires_at })
    }

    /// What became of an act that was sent.
    ///
    /// # Errors
    /// [`StateError`] if the log cannot be read.
    pub fn fate(&self, sent: &Sent) -> Result<Fate, StateError> {
        let store = self.chain.store();
        match store.transaction(&sent.id).map_err(StateError::backend)? {
            Some(index) => self.outcome(index),
            None if self.chain.head().header.height >= sent.expires_at => Ok(Fate::Gone),
            None => Ok(Fate::Waiting),
        }
    }

    fn outcome(&self, index: LogIndex) -> Result<Fate, StateError> {
        let bytes = self.chain.store().leaf(index).map_err(StateError::backend)?;
        let leaf = bytes.map(|bytes| Leaf::decode(&bytes)).transpose();
        let Some(Leaf::Record(record)) = leaf.map_err(StateError::backend)? else {
            return Ok(Fate::Gone);
        };
        Ok(match event::read(&record.receipt).map_err(StateError::backend)? {
            Outcome::Applied(_) => Fate::Applied,
            Outcome::Refused { code, .. } => Fate::Refused(code),
        })
    }
}

/// Whether a batch would need proofs for which a body has no place yet: of what all batches of the
/// period pay, and that indexes of who moved open to zero. Its leaves may hold, and it may still
/// pay what it must not: then nothing is said.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn is_beyond_proof(chain: &Chain, batch: &Batch) -> Result<bool, StateError> {
    let Content::Payment { sealed, .. } = &batch.content else { return Ok(false) };
    let name = &batch.name;
    if matches!(name.kind, BatchKind::Supplementary(_)) {
        return Ok(true);
    }
    let (store, epoch) = (chain.store(), sealed.header.epoch);
    let zeros = list::zeros(store, &name.county, name.programme, epoch, name.period)?;
    Ok(zeros.iter().any(|index| *index < sealed.header.leaves))
}
