//! Whole-table checks of quota lines, for tests, audits and `testnet check`.

use std::collections::BTreeMap;

use minglian_ledger::fen::Fen;
use minglian_ledger::state::{StateError, StateRead};

use super::line::{LINES, Line, LineName};
use crate::book;

/// How many lines are read at a time.
const PAGE_LINES: usize = 1_000;

/// A quota line that breaks an invariant.
#[derive(Debug, thiserror::Error)]
pub enum LineViolation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// quota + returned ≠ paid + issued + carried + recovered + transferred out + available.
    #[error("line {name:?}: the sums leave {expected:?}, the account holds {balance}")]
    Sums {
        /// The line.
        name: Box<LineName>,
        /// What the sums leave; none if they leave less than nothing.
        expected: Option<Fen>,
        /// The account's balance.
        balance: Fen,
    },
    /// The lines below got more than the line gave.
    #[error("line {name:?}: it gave {given:?}, the lines below got {got}")]
    Children {
        /// The line.
        name: Box<LineName>,
        /// What it issued, carried and gave back.
        given: Option<Fen>,
        /// What the lines below got.
        got: Fen,
    },
    /// A line has another fund than its parent, or a purpose that is not within its parent's.
    #[error("line {name:?}: fund or purpose is not its parent's")]
    Purpose {
        /// The line.
        name: Box<LineName>,
    },
    /// A line names a parent that does not exist.
    #[error("line {name:?}: its parent does not exist")]
    NoParent {
        /// The line.
        name: Box<LineName>,
    },
}

/// Checks every line; returns how many there are.
///
/// # Errors
/// The first [`LineViolation`], in the order of names.
pub fn check_lines(reader: &dyn StateRead) -> Result<usize, LineViolation> {
    let lines = read_all(reader)?;
    let mut got: BTreeMap<&LineName, Fen> = BTreeMap::new();
    for (name, line) in &lines {
        let balance =
            book::account(reader, &name.account())?.map_or(Fen::ZERO, |account| account.balance());
        if line.available() != Some(balance) {
            let (name, expected) = (Box::new(name.clone()), line.available());
            return Err(LineViolation::Sums { name, expected, balance });
        }
        let Some(parent_name) = &line.parent else { continue };
        let Some(parent) = lines.get(parent_name) else {
            return Err(LineViolation::NoParent { name: Box::new(name.clone()) });
        };
        if parent_name.fund != name.fund || !line.purpose.is_within(&parent.purpose) {
            return Err(LineViolation::Purpose { name: Box::new(name.clone()) });
        }
        let sum = got.entry(parent_name).or_default();
        *sum = sum.checked_add(line.quota).unwrap_or(Fen::MAX);
    }
    for (name, got) in got {
        let given =
            lines.get(name).and_then(|line| Fen::sum([line.issued, line.carried, line.recovered]));
        if given.is_none_or(|given| got > given) {
            return Err(LineViolation::Children { name: Box::new(name.clone()), given, got });
        }
    }
    Ok(lines.len())
}

fn read_all(reader: &dyn StateRead) -> Result<BTreeMap<LineName, Line>, StateError> {
    let mut lines = BTreeMap::new();
    let mut after: Option<LineName> = None;
    loop {
        let page = LINES.scan(reader, &(), after.as_ref(), PAGE_LINES)?;
        let Some((last, _)) = page.last() else { return Ok(lines) };
        after = Some(last.clone());
        lines.extend(page);
    }
}
