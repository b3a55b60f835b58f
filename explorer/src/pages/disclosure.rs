//! 信息公开: what must be published by when, what was, and how to be told of it.

pub mod calendar;
pub mod feed;
pub mod ics;
pub mod list;
pub mod overdue;
pub mod publication;
pub mod subscribe;

use minglian_contracts::disclosure::obligation::{Correction, Met, ObligationState};
use minglian_ledger::date::Date;
use minglian_ledger::text::Text;

use super::escape;
use crate::database::Value;
use crate::database::{Connection, Row, params_from_iter};
use crate::index::IndexError;

/// An obligation in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationRow {
    /// Its number in the index, which changes when the obligation does.
    pub id: i64,
    /// What never changes about it.
    pub name: String,
    /// The last day.
    pub due_on: String,
    /// Who owes.
    pub holder: String,
    /// The code of who owes.
    pub holder_code: String,
    /// What must be published, in Chinese.
    pub title_zh: String,
    /// The same in English.
    pub title_en: String,
    /// About what.
    pub subject: String,
    /// The article of the law.
    pub article: String,
    /// Whether the article was read and prints this deadline.
    pub verified: bool,
    /// Whether the last day may move.
    pub provisional: bool,
    /// The record of the act that obliges.
    pub record: i64,
    /// How it stands.
    pub state: ObligationState,
    /// By how many days it was, or is, late.
    pub days_late: i32,
    /// Where what was published stands; empty if nothing was.
    pub publication: String,
    /// What of it corrects it; empty if nothing does.
    pub correction: String,
}

impl ObligationRow {
    /// Whether the state is one that a reader looks for.
    pub fn is_alarming(&self) -> bool {
        matches!(self.state, ObligationState::Missing | ObligationState::Late)
    }
}

/// Where a publication stands.
pub(crate) fn link(organization: &str, number: &str) -> String {
    format!("/disclosures/{}/{}", escape(organization), escape(number))
}

const COLUMNS: &str = "SELECT o.id, o.due_on, coalesce(g.name, o.holder), o.holder, o.title_zh, \
    o.title_en, o.subject, o.article, o.verified, o.provisional, o.record, o.waived, o.met_on, \
    o.met_due_on, o.publication, o.corrected_on, o.corrected_by, o.rule, \
    o.period FROM obligations o \
    LEFT JOIN organizations g ON g.code = o.holder";

/// Obligations that `rest` selects from `obligations o`, as they stand on `today`.
///
/// # Errors
/// [`IndexError::Database`].
pub(crate) fn obligations(
    connection: &Connection,
    rest: &str,
    values: Vec<Value>,
    today: Date,
) -> Result<Vec<ObligationRow>, IndexError> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} {rest}"))?;
    let rows = statement.query_map(params_from_iter(values), |row| read(row, today))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>, today: Date) -> crate::database::Result<ObligationRow> {
    let day = |index| -> crate::database::Result<Option<Date>> {
        let text: Option<String> = row.get(index)?;
        Ok(text.and_then(|text| text.parse().ok()))
    };
    let holder_code: String = row.get(3)?;
    let (rule, period): (String, i64) = (row.get(17)?, row.get(18)?);
    let subject: String = row.get(6)?;
    let publication: Option<String> = row.get(14)?;
    let correction: Option<String> = row.get(16)?;
    let due_on = day(1)?.unwrap_or(Date::MAX);
    let met = day(12)?.map(|published_on| -> crate::database::Result<Met> {
        let since = day(15)?;
        let correction = since.map(|since| Correction { publication: Text::default(), since });
        let (publication, version) = (Text::default(), 0);
        let due_on = day(13)?.unwrap_or(due_on);
        Ok(Met { publication, published_on, due_on, version, correction })
    });
    let met = met.transpose()?;
    let state = ObligationState::on(due_on, met.as_ref(), row.get(11)?, today);
    let days_late = match (&met, state) {
        (Some(met), _) => met.due_on.days_until(met.published_on),
        (None, ObligationState::Missing) => due_on.days_until(today),
        _ => 0,
    };
    let linked = |number: Option<String>| {
        number.map_or_else(String::new, |number| link(&holder_code, &number))
    };
    Ok(ObligationRow {
        id: row.get(0)?,
        name: format!("{holder_code}:{rule}:{}:{period}", escape(&subject)),
        due_on: row.get(1)?,
        holder: row.get(2)?,
        title_zh: row.get(4)?,
        title_en: row.get(5)?,
        subject,
        article: row.get(7)?,
        verified: row.get(8)?,
        provisional: row.get(9)?,
        record: row.get(10)?,
        state,
        days_late: days_late.max(0),
        publication: linked(publication),
        correction: linked(correction),
        holder_code,
    })
}

/// A place between obligations by last day: `2026-05-31~17`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The last day.
    pub due_on: String,
    /// The number in the index.
    pub id: i64,
}

impl Place {
    /// Reads a place; one that is none begins at the beginning.
    pub fn parse(text: Option<&str>) -> Option<Self> {
        let (due_on, id) = text?.split_once('~')?;
        let due_on: Date = due_on.parse().ok()?;
        Some(Self { due_on: due_on.to_string(), id: id.parse().ok()? })
    }

    /// The place behind the last of `rows`, if others follow.
    pub fn behind(rows: &[ObligationRow], has_more: bool) -> Option<String> {
        let last = rows.last().filter(|_| has_more)?;
        Some(format!("{}~{}", last.due_on, last.id))
    }
}
