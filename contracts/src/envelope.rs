//! What a block must satisfy before any of its transactions is executed: a transaction that fails
//! here makes the whole block invalid, and admission turns it away by the same check.
//!
//! Signatures are not checked here: the node checks them in batches.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number::{self, PersonalNumber};
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::transaction::{
    ChainId, ClientReference, TRANSACTION_BYTES_MAX, Transaction, TransactionBody,
};

use crate::actor::Actor;
use crate::call::Call;
use crate::contents;
use crate::context::BlockContext;
use crate::naming::{self, Thing};
use crate::registry;
use crate::schema::{self, State, Table};

/// Most heights between a transaction's expiry and the block that holds it. Refused acts are
/// remembered until they expire, so this bounds what is remembered.
pub const LIFETIME_HEIGHTS_MAX: u64 = 100_000;

/// Most work of one act, in the units of [`Call::weight`]. A block holds twice as much, so that an
/// approval, which carries the work of the act that waits, fits an empty block too: what fits no
/// block would stand first in every proposal until it expires.
pub const ACT_WEIGHT_MAX: u64 = 50_000;

/// Most bytes of refused transactions of one organisation on one day.
pub const REFUSED_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Applied acts by the organisation's own reference, for ever.
pub const REFERENCES: Table<(OrganizationCode, ClientReference), Reference> =
    Table::new(schema::prefix::REFERENCES);

/// Refused acts until they expire, by expiry: a refused act is not repeated either.
pub const REFUSED: Table<(Height, TransactionId), ()> = Table::new(schema::prefix::REFUSED);

/// Most refused acts that one block forgets; the next blocks forget the rest.
pub const FORGOTTEN_MAX: usize = 2_000;

/// The first expiry whose refused acts are not all forgotten, while there is one; one entry.
pub const FORGETTING: Table<(), Height> = Table::new(schema::prefix::FORGETTING);

/// Bytes of refused acts of an organisation on the day of its last refusal.
pub const REFUSED_BYTES: Table<OrganizationCode, RefusedBytes> =
    Table::new(schema::prefix::REFUSED_BYTES);

/// Where the act behind a reference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Reference {
    /// Its transaction.
    pub transaction: TransactionId,
    /// Its record in the log.
    pub index: LogIndex,
}

/// Bytes of refused acts on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RefusedBytes {
    /// The header's Beijing date.
    pub date: Date,
    /// Bytes of their transactions.
    pub bytes: u64,
}

/// Why no block may hold a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// Signed for another chain.
    #[error("the transaction is for chain {0}")]
    WrongChain(ChainId),
    /// Larger than [`TRANSACTION_BYTES_MAX`].
    #[error("transaction of {0} bytes is larger than {TRANSACTION_BYTES_MAX}")]
    TooLarge(usize),
    /// Its last height has passed.
    #[error("the transaction expired at height {expires_at}, this is height {height}")]
    Expired {
        /// The last height whose block might have held it.
        expires_at: Height,
        /// The block's height.
        height: Height,
    },
    /// Its expiry lies further ahead than [`LIFETIME_HEIGHTS_MAX`].
    #[error("the transaction expires at height {0}, more than {LIFETIME_HEIGHTS_MAX} ahead")]
    ExpiresTooLate(Height),
    /// No reference: idempotency rests on it.
    #[error("the transaction has no client reference")]
    NoReference,
    /// The call does not decode.
    #[error("the call is not canonically encoded: {0}")]
    MalformedCall(String),
    /// A text of the act holds what looks like a number of a natural person. The log could never
    /// forget it, so no block may hold it, whoever proposes.
    #[error("a text of the act holds {0}; leave it out")]
    PersonalNumber(PersonalNumber),
    /// More work than [`ACT_WEIGHT_MAX`].
    #[error("the act weighs {0}, {ACT_WEIGHT_MAX} is the most; enter it in several")]
    TooHeavy(u64),
    /// The key is not registered for the organisation, not yet live, or revoked.
    #[error("the key is not live for organisation {0}")]
    KeyNotLive(OrganizationCode),
    /// The same transaction is in the log already.
    #[error("the transaction is in the log already{}", at(.0))]
    Repeated(Option<LogIndex>),
}

fn at(index: &Option<LogIndex>) -> String {
    index.map_or_else(String::new, |index| format!(", at position {index}"))
}

/// A transaction that a block may hold, with what the check has found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its name.
    pub id: TransactionId,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its work, with that of naming what it names.
    pub weight: u64,
    /// What it asks for.
    pub call: Call,
    /// What the call names that is kept off the log.
    pub things: Vec<Thing>,
    /// Who signed it.
    pub actor: Actor,
    /// Whether the organisation has used the reference for another act: it will be refused.
    pub reference_taken: Option<Reference>,
}

/// Checks chain, size, expiry, encoding of the call, its texts, key, and that the transaction is
/// not a repetition. For admission, `context` is that of the next block.
///
/// # Errors
/// [`StateError`] if the state cannot be read; the inner error is the verdict.
pub fn check_envelope(
    reader: &dyn StateRead,
    context: &BlockContext,
    transaction: &Transaction,
) -> Result<Result<Checked, EnvelopeFault>, StateError> {
    let body = &transaction.body;
    let bytes = match check_body(context, transaction) {
        Ok(bytes) => bytes,
        Err(fault) => return Ok(Err(fault)),
    };
    let call = match Call::decode(&body.call) {
        Ok(call) => call,
        Err(error) => return Ok(Err(EnvelopeFault::MalformedCall(error.to_string()))),
    };
    let contents = contents::of(&call);
    if let Some(number) = personal_number_in(body, &contents.texts) {
        return Ok(Err(EnvelopeFault::PersonalNumber(number)));
    }
    let things = contents.things;
    let weight = call.weight().saturating_add(naming::weight(&things));
    if weight > ACT_WEIGHT_MAX {
        return Ok(Err(EnvelopeFault::TooHeavy(weight)));
    }
    let organization = body.organization;
    let actor = registry::find_actor(reader, &organization, &transaction.key, context.height)?;
    let Some(actor) = actor else { return Ok(Err(EnvelopeFault::KeyNotLive(organization))) };
    let id = transaction.id();
    let key = (organization, body.client_reference.clone());
    let reference = REFERENCES.get(reader, &key)?;
    if let Some(known) = reference.filter(|known| known.transaction == id) {
        return Ok(Err(EnvelopeFault::Repeated(Some(known.index))));
    }
    if REFUSED.contains(reader, &(body.expires_at, id))? {
        return Ok(Err(EnvelopeFault::Repeated(None)));
    }
    Ok(Ok(Checked { id, bytes, weight, call, things, actor, reference_taken: reference }))
}

/// The first number of a person: of any kind in the texts, an identity card in any other field too.
fn personal_number_in(body: &TransactionBody, texts: &[&str]) -> Option<PersonalNumber> {
    let fields = [body.call.as_slice(), body.client_reference.as_str().as_bytes()];
    let has_card = fields.into_iter().any(personal_number::has_identity_card);
    let card = has_card.then_some(PersonalNumber::IdentityCard);
    texts.iter().find_map(|text| personal_number::find(text)).or(card)
}

/// What can be checked without the state; returns the size in bytes.
fn check_body(context: &BlockContext, transaction: &Transaction) -> Result<u64, EnvelopeFault> {
    let body = &transaction.body;
    if body.chain_id != context.chain_id {
        return Err(EnvelopeFault::WrongChain(body.chain_id.clone()));
    }
    let bytes = borsh::object_length(transaction).unwrap_or(usize::MAX);
    if bytes > TRANSACTION_BYTES_MAX {
        return Err(EnvelopeFault::TooLarge(bytes));
    }
    let (expires_at, height) = (body.expires_at, context.height);
    if expires_at < height {
        return Err(EnvelopeFault::Expired { expires_at, height });
    }
    if expires_at.0 > height.0.saturating_add(LIFETIME_HEIGHTS_MAX) {
        return Err(EnvelopeFault::ExpiresTooLate(expires_at));
    }
    if body.client_reference.is_empty() {
        return Err(EnvelopeFault::NoReference);
    }
    u64::try_from(bytes).map_err(|_| EnvelopeFault::TooLarge(bytes))
}

/// Enters an applied act under its organisation's reference.
pub(crate) fn take_reference(
    state: &mut State<'_>,
    transaction: &Transaction,
    reference: Reference,
) {
    let body = &transaction.body;
    REFERENCES.put(state, &(body.organization, body.client_reference.clone()), &reference);
}

/// Counts a refused act; `false` if that exceeds the organisation's bytes of the day, in which case
/// nothing is counted and no block may hold the act.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(crate) fn count_refused(
    state: &mut State<'_>,
    context: &BlockContext,
    transaction: &Transaction,
    checked: &Checked,
) -> Result<bool, StateError> {
    let organization = transaction.body.organization;
    let before = REFUSED_BYTES.get(state, &organization)?;
    let today = before.filter(|known| known.date == context.date).map_or(0, |known| known.bytes);
    let bytes = today.saturating_add(checked.bytes);
    if bytes > REFUSED_BYTES_MAX {
        return Ok(false);
    }
    REFUSED_BYTES.put(state, &organization, &RefusedBytes { date: context.date, bytes });
    REFUSED.put(state, &(transaction.body.expires_at, checked.id), &());
    Ok(true)
}

/// Forgets refused acts that expired before the block at `height`, [`FORGOTTEN_MAX`] at most. An
/// expired act is in no block, so nothing depends on when it is forgotten.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(crate) fn forget_expired(state: &mut State<'_>, height: Height) -> Result<(), StateError> {
    let Some(last) = height.previous() else { return Ok(()) };
    let behind = FORGETTING.get(state, &())?;
    let mut expired = behind.unwrap_or(last);
    let mut remaining = FORGOTTEN_MAX;
    while expired <= last {
        let forgotten = REFUSED.scan(state, &expired, None, remaining)?;
        for (key, ()) in &forgotten {
            REFUSED.delete(state, key);
        }
        // An expiry without any costs a look too.
        remaining = remaining.saturating_sub(forgotten.len().max(1));
        if remaining == 0 {
            FORGETTING.put(state, &(), &expired);
            return Ok(());
        }
        expired = expired.next();
    }
    if behind.is_some() {
        FORGETTING.delete(state, &());
    }
    Ok(())
}
