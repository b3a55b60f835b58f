//! Acts that the node itself enters for its organisation: signed once, and sent again, the same
//! bytes, until the state shows them. What the state shows is asked of nobody but the state, so
//! nothing is kept on the disk; a reference makes an act the same one after a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use minglian_contracts::call::Call;
use minglian_contracts::registry;
use minglian_ledger::genesis::Role;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{ChainId, Transaction, TransactionBody};
use tokio::time::Instant;

use crate::admission::{Admission, AdmissionError, Admitted};
use crate::gossip::GossipHandle;
use crate::mempool::PoolError;

/// How many heights an act may wait for its block.
const LIFETIME_HEIGHTS: u64 = 1_000;

/// How long until an act that the state does not show is handed to the pool again.
const RETRY: Duration = Duration::from_secs(5);

/// How long until an act that the ledger refused is signed anew: what it was refused for may have
/// changed, and a refused act is a record that stays.
const REFUSED_RETRY: Duration = Duration::from_secs(600);

/// Signs and sends.
pub struct Outbox {
    key: SigningKey,
    chain_id: ChainId,
    admission: Arc<Admission>,
    gossip: GossipHandle,
    sent: BTreeMap<String, Sent>,
    /// References that this round still wants.
    wanted: BTreeSet<String>,
}

/// An act that the state does not show yet.
struct Sent {
    bytes: Bytes,
    expires_at: Height,
    next: Instant,
}

impl Outbox {
    /// An outbox for the acts of this key's officer.
    pub fn new(
        key: SigningKey,
        chain_id: ChainId,
        admission: Arc<Admission>,
        gossip: GossipHandle,
    ) -> Self {
        let (sent, wanted) = (BTreeMap::new(), BTreeSet::new());
        Self { key, chain_id, admission, gossip, sent, wanted }
    }

    /// The organisation that the key is a live maker's of, for the block at `height`.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn organization(
        &self,
        state: &dyn StateRead,
        height: Height,
    ) -> Result<Option<OrganizationCode>, StateError> {
        let record = registry::KEYS.get(state, &PublicKey::of(&self.key))?;
        let maker = record.filter(|it| it.role == Role::Maker && it.is_live(height));
        Ok(maker.map(|record| record.organization))
    }

    /// Sees to it that an act of `organization` is under way. It is made when it is signed, which
    /// is once while it lives.
    pub fn send<E>(
        &mut self,
        organization: OrganizationCode,
        reference: String,
        now: Instant,
        make: impl FnOnce() -> Result<Call, E>,
    ) -> Result<(), E> {
        self.wanted.insert(reference.clone());
        let height = self.admission.height();
        let known = self.sent.get(&reference);
        if known.is_some_and(|sent| now < sent.next) {
            return Ok(());
        }
        let alive = known.filter(|sent| height < sent.expires_at);
        let (bytes, expires_at) = match alive {
            Some(sent) => (sent.bytes.clone(), sent.expires_at),
            None => {
                let call = make()?;
                let client_reference = match Text::new(reference.clone()) {
                    Ok(client_reference) => client_reference,
                    Err(error) => {
                        tracing::error!(reference, %error, "an act of this node has no reference");
                        return Ok(());
                    }
                };
                let expires_at = Height(height.0.saturating_add(LIFETIME_HEIGHTS));
                let body = TransactionBody {
                    chain_id: self.chain_id.clone(),
                    organization,
                    client_reference,
                    expires_at,
                    call: call.encode(),
                };
                (Bytes::from(Transaction::sign(body, &self.key).encode()), expires_at)
            }
        };
        let sent = self.hand_over(&reference, bytes, expires_at, now);
        self.sent.insert(reference, sent);
        Ok(())
    }

    fn hand_over(&self, reference: &str, bytes: Bytes, expires_at: Height, now: Instant) -> Sent {
        let retry = |expires_at| Sent { bytes: bytes.clone(), expires_at, next: now + RETRY };
        match self.admission.admit(std::slice::from_ref(&bytes)).pop() {
            Some(Ok(Admitted { committed: Some(index), .. })) => {
                tracing::warn!(reference, %index, "an act of this node was refused");
                // It is signed anew, then.
                Sent { bytes, expires_at: Height::GENESIS, next: now + REFUSED_RETRY }
            }
            Some(Ok(_)) => {
                if let Err(error) = self.gossip.broadcast_transactions(vec![bytes.clone()]) {
                    tracing::warn!(%error, "cannot pass on an act of this node");
                }
                retry(expires_at)
            }
            Some(Err(AdmissionError::Pool(PoolError::Known))) | None => retry(expires_at),
            Some(Err(error)) => {
                let code = error.code();
                tracing::warn!(reference, code, "an act of this node is not admitted");
                retry(Height::GENESIS)
            }
        }
    }

    /// Ends a round: what it did not want any more is forgotten.
    pub fn end_round(&mut self) {
        let wanted = std::mem::take(&mut self.wanted);
        self.sent.retain(|reference, _| wanted.contains(reference));
    }
}
