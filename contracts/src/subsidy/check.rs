//! Whole-table checks of batches, for tests, audits and `testnet check`.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::subsidy::domain::BatchId;

use super::batch::{BATCHES, Batch, Content, PAID, Standing};
use super::money;
use super::returned::RETURNED;
use crate::book::store::ACCOUNTS;
use crate::book::{self, AccountId};
use crate::payment;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// A batch that breaks an invariant.
#[derive(Debug, thiserror::Error)]
pub enum SubsidyViolation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The accounts of a batch hold another amount than its standing says.
    #[error("batch {batch} holds {held}, it should be {expected}")]
    Held {
        /// The batch.
        batch: BatchId,
        /// What its accounts hold.
        held: Fen,
        /// What they should hold.
        expected: Fen,
    },
    /// A batch stands under another name than its own, or a period is paid twice.
    #[error("batch {0} is not what its period's entry says")]
    Name(BatchId),
    /// The leaves that are marked as come back are not those that returns name.
    #[error("batch {batch}: {marked} leaves are marked as come back, returns name {named}")]
    Marks {
        /// The batch.
        batch: BatchId,
        /// Marks.
        marked: u64,
        /// Leaves of returns that are pending or applied.
        named: u64,
    },
    /// There are more accounts of batches in the book than batches have lots.
    #[error("{accounts} accounts of batches, {lots} lots")]
    Accounts {
        /// Accounts whose reference is a batch's.
        accounts: u64,
        /// Lots of all batches.
        lots: u64,
    },
}

/// What returns say of a batch.
#[derive(Default)]
struct CameBack {
    amount: Fen,
    leaves: u64,
}

/// Checks every batch; returns how many there are.
///
/// # Errors
/// The first [`SubsidyViolation`].
pub fn check_subsidies(reader: &dyn StateRead) -> Result<usize, SubsidyViolation> {
    let batches = all_batches(reader)?;
    let mut back: BTreeMap<BatchId, CameBack> = BTreeMap::new();
    for batch in batches.values() {
        let Content::Return(returned) = &batch.content else { continue };
        let entry = back.entry(returned.of).or_default();
        if matches!(batch.standing, Standing::Pending | Standing::Applied) {
            entry.leaves += returned.indexes.len() as u64;
        }
        if batch.standing == Standing::Applied {
            entry.amount = entry.amount.checked_add(returned.total).unwrap_or(Fen::MAX);
        }
    }
    let mut lots = 0;
    for (id, batch) in &batches {
        check_name(reader, id, batch)?;
        let Content::Payment { sealed, sources } = &batch.content else { continue };
        lots += sources.len() as u64;
        let CameBack { amount, leaves } = back.remove(id).unwrap_or_default();
        let expected = match batch.standing {
            Standing::Pending | Standing::Applied => sealed.header.total.checked_sub(amount),
            Standing::Rejected | Standing::Expired => Some(Fen::ZERO),
        };
        let held = held(reader, batch, sources.len())?;
        if expected != Some(held) {
            let expected = expected.unwrap_or_default();
            return Err(SubsidyViolation::Held { batch: *id, held, expected });
        }
        let marked = marks(reader, id)?;
        if marked != leaves {
            return Err(SubsidyViolation::Marks { batch: *id, marked, named: leaves });
        }
    }
    let counties = batches.values().map(|batch| batch.name.county).collect();
    let accounts = accounts(reader, &counties)?;
    if accounts != lots {
        return Err(SubsidyViolation::Accounts { accounts, lots });
    }
    Ok(batches.len())
}

fn all_batches(reader: &dyn StateRead) -> Result<BTreeMap<BatchId, Batch>, StateError> {
    let (mut all, mut after) = (BTreeMap::new(), None);
    loop {
        let page = BATCHES.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(all) };
        after = Some(*last);
        all.extend(page);
    }
}

/// Whatever of a name is pending or applied is the newest of its name: there is one at most.
fn check_name(reader: &dyn StateRead, id: &BatchId, batch: &Batch) -> Result<(), SubsidyViolation> {
    let name = &batch.name;
    let newest = PAID.get(reader, &(name.county, name.programme, name.period, name.kind))?;
    let is_newest = newest == Some(*id);
    let needs = matches!(batch.standing, Standing::Pending | Standing::Applied);
    if name.id() != *id || newest.is_none() || (needs && !is_newest) {
        return Err(SubsidyViolation::Name(*id));
    }
    Ok(())
}

fn held(reader: &dyn StateRead, batch: &Batch, lots: usize) -> Result<Fen, StateError> {
    let mut held = Fen::ZERO;
    for lot in 0..lots {
        let found = book::account(reader, &money::account(&batch.name, lot))?;
        let balance = found.map_or(Fen::ZERO, |found| found.balance());
        held = held.checked_add(balance).unwrap_or(Fen::MAX);
    }
    Ok(held)
}

fn marks(reader: &dyn StateRead, batch: &BatchId) -> Result<u64, StateError> {
    let chunks = RETURNED.scan(reader, batch, None, PAGE)?;
    Ok(chunks.iter().flat_map(|(_, bits)| bits).map(|byte| u64::from(byte.count_ones())).sum())
}

/// Accounts in the book of these counties whose reference is a batch's. Of organisations that pay
/// no batches, such a reference is a payment's like any other.
fn accounts(
    reader: &dyn StateRead,
    counties: &BTreeSet<OrganizationCode>,
) -> Result<u64, StateError> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = ACCOUNTS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(last.clone());
        let is_batch = |id: &AccountId| match id {
            AccountId::Payment { organization, reference } => {
                counties.contains(organization) && payment::is_batch(reference)
            }
            AccountId::Line { .. } | AccountId::Voided { .. } => false,
        };
        count += page.iter().filter(|(id, _)| is_batch(id)).count() as u64;
    }
}
