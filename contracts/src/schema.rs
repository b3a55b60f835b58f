//! Every key of the authenticated state, typed.
//!
//! A key is one prefix byte, which names the table, then the borsh encoding of the key's parts; a
//! value is borsh. Prefix bytes are part of the format: they are never given to another table.
//! Text in a key carries its length, so the encoding of the first parts is a prefix that no other
//! first parts share, and [`Table::scan`] needs no separators.

use std::marker::PhantomData;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use minglian_ledger::state::StateRead;
use minglian_ledger::state::overlay::Overlay;

/// The state as a contract reads and writes it.
pub type State<'a> = Overlay<'a, dyn StateRead + 'a>;

/// Prefix bytes of the tables, in one list so that none is used twice. Each module declares its own
/// tables with the bytes named here.
pub mod prefix {
    /// `registry`: organisations by code.
    pub const ORGANIZATIONS: u8 = 0x01;
    /// `registry`: officers' keys.
    pub const KEYS: u8 = 0x02;
    /// `registry`: the keys of an organisation.
    pub const ORGANIZATION_KEYS: u8 = 0x03;
    /// `envelope`: `(organisation, client reference)` of applied acts.
    pub const REFERENCES: u8 = 0x04;
    /// `envelope`: refused acts that have not expired, by expiry height.
    pub const REFUSED: u8 = 0x05;
    /// `envelope`: bytes of refused acts by organisation, for one day.
    pub const REFUSED_BYTES: u8 = 0x06;
    /// `envelope`: from which expiry on refused acts remain to be forgotten.
    pub const FORGETTING: u8 = 0x07;
    /// `proposal`: open proposals.
    pub const PROPOSALS: u8 = 0x10;
    /// `proposal`: number of open proposals by organisation.
    pub const OPEN_PROPOSALS: u8 = 0x11;
    /// `parameter`: all versions of each parameter.
    pub const PARAMETERS: u8 = 0x18;
    /// `validator_set`: the validators that certify the next block.
    pub const VALIDATORS: u8 = 0x19;
    /// `validator_set`: changes that have not taken effect.
    pub const SCHEDULED_CHANGES: u8 = 0x1a;
    /// `working_day`: the notice of holidays of each year.
    pub const HOLIDAYS: u8 = 0x1b;
    /// `book`: 0x20 to 0x2f.
    pub const BOOK_FIRST: u8 = 0x20;
    /// `lottery`: 0x30 to 0x37.
    pub const LOTTERY_FIRST: u8 = 0x30;
    /// `allocation`: quota lines by account.
    pub const LINES: u8 = 0x38;
    /// `allocation`: plans.
    pub const PLANS: u8 = 0x39;
    /// `allocation`: received lines by holder and project.
    pub const PROJECT_LINES: u8 = 0x3a;
    /// `allocation`: what of a line lapsed.
    pub const LAPSED: u8 = 0x3b;
    /// `allocation`: budget subjects of lines.
    pub const LINE_SUBJECTS: u8 = 0x3c;
    /// `project`: 0x40 to 0x47.
    pub const PROJECT_FIRST: u8 = 0x40;
    /// `payment`: 0x48 to 0x4f.
    pub const PAYMENT_FIRST: u8 = 0x48;
    /// `charity`: 0x50 to 0x5f.
    pub const CHARITY_FIRST: u8 = 0x50;
    /// `charity`: what donors were told.
    pub const CHARITY_FEEDBACK: u8 = 0x60;
    /// `oversight`: 0x70 to 0x7f.
    pub const OVERSIGHT_FIRST: u8 = 0x70;
    /// `disclosure`: 0x68 to 0x6f.
    pub const DISCLOSURE_FIRST: u8 = 0x68;
    /// `naming`: who named what is kept off the log, and what is erased: 0x80 to 0x87.
    pub const OPENING_FIRST: u8 = 0x80;
    /// `charity`: sources of a mutual-aid society's money, and what was paid ahead: 0x88 to 0x8f.
    pub const MUTUAL_AID_FIRST: u8 = 0x88;
    /// `homes`: 0x90 to 0x97.
    pub const HOMES_FIRST: u8 = 0x90;
    /// `enrolment`: threshold keys, evaluations and enrolment lists: 0x98 to 0xa7.
    pub const ENROLMENT_FIRST: u8 = 0x98;
    /// `subsidy`: programmes and batches: 0xa8 to 0xaf.
    pub const SUBSIDY_FIRST: u8 = 0xa8;
}

/// A state value that does not decode: the state is damaged, or was written by other rules.
#[derive(Debug, thiserror::Error)]
#[error("a state entry of table {prefix:#04x} does not decode: {source}")]
pub struct DamagedEntry {
    /// The table's prefix byte.
    pub prefix: u8,
    /// What borsh says.
    source: std::io::Error,
}

/// One table: keys of type `K`, values of type `V`.
#[derive(Debug)]
pub struct Table<K, V> {
    prefix: u8,
    types: PhantomData<fn(K) -> V>,
}

impl<K, V> Table<K, V>
where
    K: BorshSerialize + BorshDeserialize,
    V: BorshSerialize + BorshDeserialize,
{
    /// The table behind `prefix`, one of [`prefix`].
    pub const fn new(prefix: u8) -> Self {
        Self { prefix, types: PhantomData }
    }

    /// The state key of `key`, for proofs.
    pub fn key(&self, key: &K) -> Vec<u8> {
        self.prefix_of(key)
    }

    /// The state key prefix of all keys that begin with `parts`; `&()` for the whole table.
    pub fn prefix_of(&self, parts: &impl BorshSerialize) -> Vec<u8> {
        let mut bytes = vec![self.prefix];
        append(&mut bytes, parts);
        bytes
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read or the value does not decode.
    pub fn get(&self, reader: &dyn StateRead, key: &K) -> Result<Option<V>, StateError> {
        reader.get(&self.key(key))?.map(|bytes| self.decode(&bytes)).transpose()
    }

    /// Whether `key` has a value.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn contains(&self, reader: &dyn StateRead, key: &K) -> Result<bool, StateError> {
        Ok(reader.get(&self.key(key))?.is_some())
    }

    /// Sets the value of `key`.
    pub fn put(&self, state: &mut State<'_>, key: &K, value: &V) {
        state.put(&self.key(key), encode(value));
    }

    /// Removes `key`.
    pub fn delete(&self, state: &mut State<'_>, key: &K) {
        state.delete(&self.key(key));
    }

    /// The first `limit` entries whose key begins with `parts` and stands behind `after`, in the
    /// order of their encoding.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read or an entry does not decode.
    pub fn scan(
        &self,
        reader: &dyn StateRead,
        parts: &impl BorshSerialize,
        after: Option<&K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StateError> {
        let after = after.map(|key| self.key(key));
        let entries = reader.scan_prefix(&self.prefix_of(parts), after.as_deref(), limit)?;
        entries
            .into_iter()
            .map(|(key, value)| Ok((self.decode(&key[1..])?, self.decode(&value)?)))
            .collect()
    }

    /// Like [`Table::scan`], within keys that begin with `prefix` (of [`Table::prefix_of`]) and
    /// from a place between keys: behind `after`, which need not be a key. Each entry comes with
    /// its key in the state, behind which a later scan goes on.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read or an entry does not decode.
    pub fn scan_from(
        &self,
        reader: &dyn StateRead,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, K, V)>, StateError> {
        let entries = reader.scan_prefix(prefix, after, limit)?;
        entries
            .into_iter()
            .map(|(key, value)| {
                let (name, value) = (self.decode(&key[1..])?, self.decode(&value)?);
                Ok((key, name, value))
            })
            .collect()
    }

    fn decode<T: BorshDeserialize>(&self, bytes: &[u8]) -> Result<T, StateError> {
        borsh::from_slice(bytes)
            .map_err(|source| StateError::backend(DamagedEntry { prefix: self.prefix, source }))
    }
}

/// A day as a part of a key. The encoding of a date does not sort by its day, this one does: from
/// the earliest on, or, where what is asked for is the newest entry up to a day, from the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct OrderedDay([u8; 4]);

impl OrderedDay {
    /// Sorts the earliest day first.
    pub fn earliest_first(date: Date) -> Self {
        Self((date.days().cast_unsigned() ^ (1 << 31)).to_be_bytes())
    }

    /// Sorts the latest day first.
    pub fn latest_first(date: Date) -> Self {
        Self((!(date.days().cast_unsigned() ^ (1 << 31))).to_be_bytes())
    }
}

impl<V> Table<(OrganizationCode, OrderedDay), V>
where
    V: BorshSerialize + BorshDeserialize,
{
    /// The newest entry of `organization` of `date` or before; days sort the latest first.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read or the entry does not decode.
    pub fn newest(
        &self,
        reader: &dyn StateRead,
        organization: OrganizationCode,
        date: Date,
    ) -> Result<Option<V>, StateError> {
        let key = |day| (organization, OrderedDay::latest_first(day));
        let after = date.add_days(1).map(key);
        let found = self.scan(reader, &organization, after.as_ref(), 1)?;
        Ok(found.into_iter().next().map(|(_, value)| value))
    }
}

/// The canonical encoding of a value in memory.
pub fn encode(value: &impl BorshSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(&mut bytes, value);
    bytes
}

/// Appends the canonical encoding of a value.
pub(crate) fn append(bytes: &mut Vec<u8>, value: &impl BorshSerialize) {
    if let Err(error) = value.serialize(bytes) {
        // Writing to a Vec does not fail; borsh reports only collections over 4 GiB.
        unreachable!("a value in memory encodes: {error}");
    }
}
