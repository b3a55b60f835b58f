//! The state of a quota line, with what its project, its payments and its holder's publications
//! say of it.

use minglian_ledger::fen::Fen;
use minglian_ledger::state::{StateError, StateRead};

use super::{PROJECTS, Stage};
use crate::allocation::status::{self, Known, Status};
use crate::allocation::year::LAPSED;
use crate::allocation::{LINES, Line, LineName};
use crate::book::store::INFLOWS;
use crate::book::{AccountId, Source};
use crate::disclosure::duty::DUTIES;
use crate::disclosure::rule::{Trigger, rules_of};
use crate::payment::{RETURNED, STATUSES, Status as PaymentStatus};

/// Most inflows of a line that are searched for what came back from payments.
const INFLOWS_MAX: usize = 256;

/// The state of the line `name`; none if there is no such line.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn line_status(reader: &dyn StateRead, name: &LineName) -> Result<Option<Status>, StateError> {
    let Some(line) = LINES.get(reader, name)? else { return Ok(None) };
    let is_announced = is_announced(reader, name)?;
    Ok(Some(status_of(reader, name, &line, is_announced)?))
}

/// The state of a line that was read, whose use was announced or not ([`is_announced`]).
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn status_of(
    reader: &dyn StateRead,
    name: &LineName,
    line: &Line,
    is_announced: bool,
) -> Result<Status, StateError> {
    let project = match &line.purpose.project {
        Some(reference) => PROJECTS.get(reader, reference)?,
        None => None,
    };
    // A line of another holder may name the project; what was accepted is the unit's.
    let stage = project.filter(|project| project.unit == name.holder).map(|project| project.stage);
    let known = Known {
        lapsed: LAPSED.get(reader, name)?.unwrap_or_default(),
        corrected: corrected(reader, name)?,
        is_accepted: stage >= Some(Stage::Accepted),
        is_evaluated: stage >= Some(Stage::Evaluated),
        is_announced,
    };
    Ok(status::of_line(line, known))
}

/// Whether the holder has published what it must of the use of this fund's quota of this year: one
/// of the obligations that holding it brings about is met. So all its lines of one fund and year
/// are announced together, as notices announce them.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn is_announced(reader: &dyn StateRead, name: &LineName) -> Result<bool, StateError> {
    let subject = name.announced_as();
    for (rule, _) in rules_of(reader, Trigger::QuotaHeld)? {
        let duty = DUTIES.get(reader, &(name.holder, rule, subject.clone()))?;
        if duty.is_some_and(|duty| duty.met > 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What came back to a line from payments that were entered wrongly and reversed.
fn corrected(reader: &dyn StateRead, name: &LineName) -> Result<Fen, StateError> {
    // Where no payment gave anything back there is nothing to search.
    if RETURNED.get(reader, name)?.is_none() {
        return Ok(Fen::ZERO);
    }
    let mut sum = Fen::ZERO;
    for (_, inflow) in INFLOWS.scan(reader, &name.account(), None, INFLOWS_MAX)? {
        let Source::Account(AccountId::Payment { organization, reference }) = &inflow.from else {
            continue;
        };
        let status = STATUSES.get(reader, &(*organization, reference.clone()))?;
        if matches!(status, Some(PaymentStatus::Corrected(_))) {
            sum = sum.checked_add(inflow.amount).unwrap_or(sum);
        }
    }
    Ok(sum)
}
