//! Rows that several pages show.

use minglian_contracts::book::{AccountId, Movement, Source};

use super::account::{self, AccountNumber};
use super::{IndexError, state};
use crate::database::Value;
use crate::database::{Connection, OptionalExtension, Row, ToSql, params_from_iter};
use crate::money::Money;
use crate::words::passage::{self, Part};
use minglian_contracts::words::{self, book as book_words};

/// The head of the indexed ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The last indexed height.
    pub height: i64,
    /// Its header's time.
    pub time_ms: i64,
    /// Leaves in the log.
    pub log_size: i64,
    /// The log's root.
    pub log_root: String,
}

/// The head of the indexed ledger.
///
/// # Errors
/// [`IndexError::Database`].
pub fn head(connection: &Connection) -> Result<Head, IndexError> {
    let query = "SELECT height, time_ms, log_size, log_root FROM blocks \
                 ORDER BY height DESC LIMIT 1";
    let read = |row: &Row<'_>| {
        Ok(Head {
            height: row.get(0)?,
            time_ms: row.get(1)?,
            log_size: row.get(2)?,
            log_root: row.get(3)?,
        })
    };
    Ok(connection.prepare_cached(query)?.query_row([], read).optional()?.unwrap_or_default())
}

/// A record in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Its position in the log.
    pub index: i64,
    /// The header's time, in Beijing.
    pub time: String,
    /// What kind of act.
    pub kind: String,
    /// How far the act is.
    pub stage: String,
    /// 0, or the number of the refusal.
    pub code: i64,
    /// What it says.
    pub sentence: String,
    /// What it says in English.
    pub sentence_en: String,
    /// The name of the organisation that signed.
    pub organization: String,
    /// Its code.
    pub organization_code: String,
}

/// Records whose rows `rest` selects from `records r`; `rest` may join and limit.
///
/// # Errors
/// [`IndexError::Database`].
pub fn records(
    connection: &Connection,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<RecordRow>, IndexError> {
    let query = format!(
        "SELECT r.log_index, r.time_ms, r.kind, r.stage, r.code, r.sentence_zh, \
         coalesce(o.name, r.organization), r.organization, \
         (SELECT d.stage FROM records d WHERE d.proposal = r.proposal \
          AND d.log_index > r.log_index AND d.stage IN ('已生效', '已否决', '已撤回') \
          ORDER BY d.log_index LIMIT 1), \
         r.sentence_en \
         FROM records r LEFT JOIN organizations o ON o.code = r.organization {rest}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(values, |row| {
        Ok(RecordRow {
            index: row.get(0)?,
            time: crate::pages::beijing(row.get(1)?),
            kind: row.get(2)?,
            stage: stage(row.get(3)?, row.get(8)?),
            code: row.get(4)?,
            sentence: row.get(5)?,
            sentence_en: row.get(9)?,
            organization: row.get(6)?,
            organization_code: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How far an act was with this record, and what became of it later: a step that others have
/// followed waits for nobody.
fn stage(stage: String, later: Option<String>) -> String {
    match (stage.as_str(), later) {
        ("待审批", Some(later)) => format!("提出(后{later})"),
        ("审批中", Some(later)) => format!("审批(后{later})"),
        _ => stage,
    }
}

/// One end of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its account; none outside the ledger.
    pub account: Option<AccountNumber>,
    /// What it is called.
    pub name: String,
    /// The same in English; names in it stay as they were written.
    pub english: Vec<Part>,
}

/// What an account is called, with its number.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn place(connection: &Connection, id: &AccountId) -> Result<Place, IndexError> {
    Ok(Place {
        account: account::find(connection, id)?,
        name: words::account(id, &Registered(connection)),
        english: passage::account(id, &Registered(connection)),
    })
}

/// Where a movement came from.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn source(connection: &Connection, source: &Source) -> Result<Place, IndexError> {
    match source {
        Source::Account(id) => place(connection, id),
        Source::Outside(origin) => Ok(Place {
            account: None,
            name: format!("账外:{}", book_words::origin(origin)),
            english: passage::origin(origin),
        }),
    }
}

struct Registered<'a>(&'a Connection);

impl words::Names for Registered<'_> {
    fn organization(&self, code: &minglian_ledger::organization_code::OrganizationCode) -> String {
        state::name(self.0, code.as_str()).ok().flatten().unwrap_or_else(|| code.to_string())
    }
}

/// What codes are called, by the index.
pub fn names(connection: &Connection) -> impl words::Names + '_ {
    Registered(connection)
}

/// A movement in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRow {
    /// Its number.
    pub number: u64,
    /// The record that made it.
    pub record: i64,
    /// What it is.
    pub kind: &'static str,
    /// How its fen were chosen.
    pub attribution: &'static str,
    /// From where.
    pub from: Place,
    /// To where.
    pub to: Place,
    /// How much.
    pub amount: Money,
    /// Which positions it got.
    pub interval: String,
    /// When the money came about.
    pub origin_dates: String,
    /// Whether it enters by implication only.
    pub implied: bool,
    /// What it counts as, in totals.
    pub flow: String,
}

/// Movements that `rest` selects from `movements m`.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn movements(
    connection: &Connection,
    rest: &str,
    values: Vec<Value>,
) -> Result<Vec<MovementRow>, IndexError> {
    let query = format!("SELECT m.log_index, m.body, m.flow FROM movements m {rest}");
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?, row.get::<String>(2)?))
    })?;
    let mut list = Vec::new();
    for row in rows {
        let (record, body, flow) = row?;
        let movement: Movement = account::decode("a movement", &body)?;
        let dates = movement.origin_dates;
        list.push(MovementRow {
            number: movement.number.0,
            record,
            kind: book_words::kind(&movement.kind),
            attribution: book_words::attribution(movement.basis),
            from: source(connection, &movement.from)?,
            to: place(connection, &movement.to)?,
            amount: Money::of(movement.amount()),
            interval: interval(movement.to_interval),
            origin_dates: if dates.oldest == dates.newest {
                dates.oldest.to_string()
            } else {
                format!("{} – {}", dates.oldest, dates.newest)
            },
            implied: flow == "implied",
            flow,
        });
    }
    Ok(list)
}

/// Positions as pages write them.
pub fn interval(interval: minglian_contracts::book::Interval) -> String {
    format!("[{}, {})", interval.start(), interval.end())
}
