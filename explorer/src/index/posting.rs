//! A block while its records are entered: the database, what was read of accounts, and what the
//! block adds to sums. Many records of a block add to the same few sums, so each of these is
//! written once, behind the records.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use minglian_contracts::book::AccountId;

use super::IndexError;
use super::account::{self, AccountNumber, Attributes};
use crate::database::{Connection, Value, params_from_iter};

/// A table of sums, by the statement that adds to a row of it. Its first values are the row's key,
/// the others amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sum(pub &'static str);

/// A value of a row's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Integer(i64),
    Text(String),
}

impl From<i64> for Key {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Key {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Integer(value) => Self::Integer(value),
            Key::Text(value) => Self::Text(value),
        }
    }
}

/// What is still to be added to each row of the sums, figure by figure.
type Additions = BTreeMap<(Sum, Vec<Key>), Vec<i64>>;

/// A block whose records are being entered. It queries like its connection.
#[derive(Debug)]
pub(super) struct Posting<'a> {
    connection: &'a Connection,
    numbers: RefCell<BTreeMap<AccountId, AccountNumber>>,
    attributes: RefCell<BTreeMap<AccountNumber, Attributes>>,
    sums: RefCell<Additions>,
}

impl Deref for Posting<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl<'a> Posting<'a> {
    /// Nothing is known or added yet.
    pub fn new(connection: &'a Connection) -> Self {
        let (numbers, attributes, sums) = <_>::default();
        Self { connection, numbers, attributes, sums }
    }

    /// The number of an account, a new one if the ledger shows it for the first time.
    pub fn number(&self, id: &AccountId) -> Result<AccountNumber, IndexError> {
        if let Some(number) = self.numbers.borrow().get(id) {
            return Ok(*number);
        }
        let number = account::number(self, id)?;
        self.numbers.borrow_mut().insert(id.clone(), number);
        Ok(number)
    }

    /// What the movements of an account are added up by.
    pub fn attributes(&self, number: AccountNumber) -> Result<Attributes, IndexError> {
        if let Some(attributes) = self.attributes.borrow().get(&number) {
            return Ok(attributes.clone());
        }
        let attributes = account::attributes(self, number)?;
        self.attributes.borrow_mut().insert(number, attributes.clone());
        Ok(attributes)
    }

    /// Sets what the movements of an account are added up by.
    pub fn set_attributes(
        &self,
        number: AccountNumber,
        attributes: Attributes,
    ) -> Result<(), IndexError> {
        account::set_attributes(self, number, &attributes)?;
        self.attributes.borrow_mut().insert(number, attributes);
        Ok(())
    }

    /// Adds to a row of sums; also if it is nothing, which makes the row.
    pub fn add(&self, sum: Sum, key: impl IntoIterator<Item = Key>, amounts: &[i64]) {
        let mut sums = self.sums.borrow_mut();
        let place = sums.entry((sum, key.into_iter().collect()));
        let added = place.or_insert_with(|| vec![0; amounts.len()]);
        for (added, amount) in added.iter_mut().zip(amounts) {
            *added = added.saturating_add(*amount);
        }
    }

    /// Writes what was added.
    pub fn finish(self) -> Result<(), IndexError> {
        for ((sum, key), amounts) in self.sums.into_inner() {
            let amounts = amounts.into_iter().map(Value::Integer);
            let values = params_from_iter(key.into_iter().map(Value::from).chain(amounts));
            self.connection.prepare_cached(sum.0)?.execute(values)?;
        }
        Ok(())
    }
}
