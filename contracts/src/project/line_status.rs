//! The state of a quota line, with what its project says of it.

use minglian_ledger::state::{StateError, StateRead};

use super::{PROJECTS, Stage};
use crate::allocation::status::{self, Known, Status};
use crate::allocation::year::LAPSED;
use crate::allocation::{LINES, LineName};

/// The state of the line `name`; none if there is no such line. Whether its use was announced is
/// not known here.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn line_status(reader: &dyn StateRead, name: &LineName) -> Result<Option<Status>, StateError> {
    let Some(line) = LINES.get(reader, name)? else { return Ok(None) };
    let project = match &line.purpose.project {
        Some(reference) => PROJECTS.get(reader, reference)?,
        None => None,
    };
    // A line of another holder may name the project; what was accepted is the unit's.
    let stage = project.filter(|project| project.unit == name.holder).map(|project| project.stage);
    let known = Known {
        lapsed: LAPSED.get(reader, name)?.unwrap_or_default(),
        is_accepted: stage >= Some(Stage::Accepted),
        is_evaluated: stage >= Some(Stage::Evaluated),
        is_announced: false,
    };
    Ok(Some(status::of_line(&line, known)))
}
