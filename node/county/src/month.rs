//! A month's amounts: what each handle is due, hidden zeros among them, and what the clerk must
//! know of it: who is new, who stopped, whose standard changed, what is in arrears.

pub mod lists;

use std::collections::BTreeMap;

use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::BatchKind;

use crate::lifecycle;
use crate::programme::Programme;
use crate::roll::batches::Amounts;
use crate::roll::{PersonNumber, Roll, RollError};

/// Why a month has no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonthError {
    /// The programme.
    #[error(transparent)]
    Roll(#[from] RollError),
    /// Nobody has a handle.
    #[error("programme {programme} has no handles in {epoch}: enrol first")]
    NoList {
        /// The programme.
        programme: u16,
        /// The year of the enrolment.
        epoch: u16,
    },
    /// Too few handles.
    #[error("{found} handles are fewer than {min}: pool counties or programmes 人数过少须合并")]
    TooFew {
        /// Handles there are.
        found: usize,
        /// Handles there must be.
        min: u32,
    },
    /// A batch of this month is there.
    #[error("{month} has a batch already; --again makes another attempt before it is submitted")]
    Exists {
        /// The month.
        month: Month,
    },
    /// A supplementary batch comes after the main one.
    #[error("{month} has no main batch: what is due goes into that")]
    NoMain {
        /// The month.
        month: Month,
    },
    /// Nothing to pay.
    #[error("nothing is due for {month}")]
    Nothing {
        /// The month.
        month: Month,
    },
    /// Somebody is due a part of a standard, which no table has.
    #[error("{persons} persons were paid a part of what {month} is due; clear that by hand")]
    Partial {
        /// How many.
        persons: usize,
        /// The month.
        month: Month,
    },
    /// More than the ledger counts.
    #[error("the amounts are more than an amount can be")]
    TooMuch,
}

/// What a month pays.
#[derive(Clone)]
pub struct Plan {
    /// The programme as it pays that month.
    pub programme: Programme,
    /// The year of the enrolment list.
    pub epoch: u16,
    /// The month.
    pub month: Month,
    /// What the batch is for.
    pub kind: BatchKind,
    /// What each handle is paid.
    pub amounts: Amounts,
    /// All of it.
    pub total: Fen,
}

/// How many get a standard. For the clerk's own screen: small numbers show persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardCount {
    /// The standard, in fen.
    pub standard_fen: u32,
    /// Handles that are paid it.
    pub handles: usize,
    /// What they come to.
    pub sum: Fen,
}

/// What each person is due for a month.
pub fn due(roll: &Roll, programme: &Programme, month: Month) -> BTreeMap<PersonNumber, u32> {
    let mut due = BTreeMap::new();
    for it in roll.entitlements.iter().filter(|it| it.programme == programme.number) {
        if let Some(amount) = lifecycle::due(roll, it, programme, month) {
            due.insert(it.person, amount);
        }
    }
    due
}

/// The main batch of a month, or, where it has one, a supplementary batch of what is missing.
///
/// # Errors
/// [`MonthError`].
pub fn plan(
    roll: &Roll,
    programme: u16,
    month: Month,
    epoch: u16,
    is_supplementary: bool,
) -> Result<Plan, MonthError> {
    let programme = roll.programme(programme, month)?;
    let list = roll
        .list(programme.number, epoch)
        .filter(|list| !list.handles.is_empty())
        .ok_or(MonthError::NoList { programme: programme.number, epoch })?;
    let (found, min) = (list.handles.len(), programme.handles_min);
    if found < usize::try_from(min).unwrap_or(usize::MAX) {
        return Err(MonthError::TooFew { found, min });
    }
    let due = due(roll, programme, month);
    let (kind, paid) = if is_supplementary {
        if !roll.paid_months(programme.number).contains(&month) {
            return Err(MonthError::NoMain { month });
        }
        (next_supplementary(roll, programme.number, month), roll.paid(programme.number, month))
    } else {
        (BatchKind::Main, BTreeMap::new())
    };
    let mut amounts = Amounts(Vec::with_capacity(found));
    let mut partial = 0_usize;
    for handle in &list.handles {
        let due = handle.and_then(|person| due.get(&person)).copied().unwrap_or(0);
        let paid = handle.and_then(|person| paid.get(&person)).copied().unwrap_or(0);
        partial += usize::from(0 < paid && paid < due);
        amounts.0.push(if paid == 0 { due } else { 0 });
    }
    if partial > 0 {
        return Err(MonthError::Partial { persons: partial, month });
    }
    let total: u64 = amounts.0.iter().map(|amount| u64::from(*amount)).sum();
    let total = Fen::new(total).map_err(|_| MonthError::TooMuch)?;
    if total.is_zero() {
        return Err(MonthError::Nothing { month });
    }
    let programme = programme.clone();
    Ok(Plan { programme, epoch, month, kind, amounts, total })
}

fn next_supplementary(roll: &Roll, programme: u16, month: Month) -> BatchKind {
    let own = roll.batches.iter().filter(|record| {
        (record.name.programme, record.name.period) == (programme, month) && record.pays()
    });
    let numbers = own.filter_map(|record| match record.name.kind {
        BatchKind::Supplementary(number) => Some(number),
        _ => None,
    });
    BatchKind::Supplementary(numbers.max().unwrap_or(0).saturating_add(1))
}

impl Plan {
    /// How many get each standard, nothing included.
    pub fn counts(&self) -> Vec<StandardCount> {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for amount in &self.amounts.0 {
            *counts.entry(*amount).or_default() += 1;
        }
        let count = |(standard_fen, handles): (u32, usize)| {
            let each = Fen::new(u64::from(standard_fen)).unwrap_or(Fen::ZERO);
            let times = u64::try_from(handles).unwrap_or(u64::MAX);
            StandardCount {
                standard_fen,
                handles,
                sum: each.checked_mul(times).unwrap_or(Fen::MAX),
            }
        };
        counts.into_iter().map(count).collect()
    }
}
