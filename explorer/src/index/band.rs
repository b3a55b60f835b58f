//! Where quota is and how it came there, added up as it moves: by year, fund, level, division and
//! category; by project; by the day it came; by the month in which it was paid.
//!
//! Pages read these sums, so that none of them costs more on a large ledger. They are written in
//! the block's transaction like the totals, from the same movements and balances.

use minglian_contracts::book::{Kind, Movement};
use minglian_ledger::date::Date;

use super::IndexError;
use super::account::AccountNumber;
use super::act::CORRECTED_FLOW;
use super::posting::{Posting, Sum};
use crate::database::{Connection, OptionalExtension};

/// A movement as it is entered.
#[derive(Debug)]
pub(super) struct Moved<'a> {
    /// The movement.
    pub movement: &'a Movement,
    /// What it counts as, in totals.
    pub flow: &'static str,
    /// Whether money goes back to the line from which it came.
    pub goes_back: bool,
    /// Whether it was taken back before as entered too high.
    pub leaves_corrections: bool,
    /// How much.
    pub amount: i64,
    /// The day of the act.
    pub day: Date,
}

/// What a quota line's money is added up by.
#[derive(Debug, Clone)]
struct Place {
    year: i64,
    fund: String,
    level: String,
    division: i64,
    category: String,
    project: String,
    issued_on: String,
}

fn place(connection: &Connection, line: AccountNumber) -> Result<Option<Place>, IndexError> {
    let query = "SELECT year, fund, level, division, category, coalesce(project, ''), issued_on \
                 FROM accounts WHERE id = ?1 AND kind = 'line' AND measure = 'quota'";
    let mut statement = connection.prepare_cached(query)?;
    let read = |row: &crate::database::Row<'_>| {
        Ok(Place {
            year: row.get(0)?,
            fund: row.get(1)?,
            level: row.get(2)?,
            division: row.get(3)?,
            category: row.get(4)?,
            project: row.get(5)?,
            issued_on: row.get(6)?,
        })
    };
    Ok(statement.query_row([line], read).optional()?)
}

const BANDS: Sum = Sum("INSERT INTO bands VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
     ON CONFLICT (year, fund, level, division, category, flow) \
     DO UPDATE SET amount = bands.amount + excluded.amount");

const PROJECTS: Sum = Sum("INSERT INTO project_bands VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5 + ?6) \
     ON CONFLICT (year, division, category, project) DO UPDATE \
     SET spent = project_bands.spent + excluded.spent, \
     unspent = project_bands.unspent + excluded.unspent, \
     amount = project_bands.amount + excluded.amount");

const HELD: Sum =
    Sum("INSERT INTO held VALUES (?1, ?2, ?3, ?4) ON CONFLICT (division, year, issued_on) \
     DO UPDATE SET amount = held.amount + excluded.amount");

const MONTHS: Sum =
    Sum("INSERT INTO months VALUES (?1, ?2, ?3, ?4) ON CONFLICT (year, division, month) \
     DO UPDATE SET spent = months.spent + excluded.spent");

fn add(posting: &Posting<'_>, place: &Place, flow: &str, amount: i64) {
    let Place { year, fund, level, division, category, .. } = place;
    let key = [
        (*year).into(),
        fund.as_str().into(),
        level.as_str().into(),
        (*division).into(),
        category.as_str().into(),
        flow.into(),
    ];
    posting.add(BANDS, key, &[amount]);
}

fn add_to_project(posting: &Posting<'_>, place: &Place, spent: i64, left: i64) {
    let Place { year, division, category, project, .. } = place;
    let (category, project) = (category.as_str().into(), project.as_str().into());
    let key = [(*year).into(), (*division).into(), category, project];
    posting.add(PROJECTS, key, &[spent, left]);
}

/// Adds what a line has more than before.
pub(super) fn left(
    posting: &Posting<'_>,
    line: AccountNumber,
    more: i64,
) -> Result<(), IndexError> {
    let Some(place) = place(posting, line)? else { return Ok(()) };
    add(posting, &place, "left", more);
    add_to_project(posting, &place, 0, more);
    let issued_on = place.issued_on.as_str().into();
    posting.add(HELD, [place.year.into(), place.division.into(), issued_on], &[more]);
    Ok(())
}

fn spent(posting: &Posting<'_>, place: &Place, amount: i64, day: Date) {
    add(posting, place, "spent", amount);
    add_to_project(posting, place, amount, 0);
    let month: String = day.to_string().chars().take(7).collect();
    let key = [place.year.into(), place.division.into(), month.as_str().into()];
    posting.add(MONTHS, key, &[amount]);
}

/// Adds a movement of quota. What is left is added by [`left`], from balances.
pub(super) fn moved(
    posting: &Posting<'_>,
    (from, to): (Option<AccountNumber>, AccountNumber),
    moved: &Moved<'_>,
) -> Result<(), IndexError> {
    let Moved { movement, flow, goes_back, leaves_corrections, amount, day } = moved;
    let source = match from {
        Some(from) => place(posting, from)?,
        None => None,
    };
    let (amount, target) = (*amount, place(posting, to)?);
    // What leaves the line of corrections comes as if from outside: it did not count there.
    if let (true, Some(place)) = (*leaves_corrections, &source) {
        add(posting, place, "in", amount);
    }
    match (&source, &target) {
        (Some(source), None) if *flow == "spent" => spent(posting, source, amount, *day),
        (Some(source), None) => add(posting, source, "moved_out", amount),
        (None, Some(target)) if *flow == "returned" => spent(posting, target, -amount, *day),
        (None, Some(target)) => add(posting, target, "in", amount),
        (Some(source), Some(_)) if flow.starts_with(CORRECTED_FLOW) => {
            add(posting, source, "in", -amount);
        }
        (Some(source), Some(target)) => {
            let (gave, got, sign) = match movement.kind {
                Kind::CarryOver => ("carried_out", "carried_in", 1),
                _ if *flow == "carry_taken_back" => ("carried_in", "carried_out", -1),
                Kind::PurposeChange { .. } => ("moved_out", "moved_in", 1),
                _ if source.division == target.division && source.year == target.year => {
                    return Ok(());
                }
                _ if source.division == target.division => ("moved_out", "moved_in", 1),
                // Neither has had or given what goes back.
                _ if *goes_back => ("in", "out", -1),
                _ => ("out", "in", 1),
            };
            add(posting, source, gave, sign * amount);
            add(posting, target, got, sign * amount);
        }
        (None, None) => {}
    }
    Ok(())
}
