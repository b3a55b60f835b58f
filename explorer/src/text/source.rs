//! What the text index reads from the index: what changed, and the texts of each thing.

use super::fold::{self, SEPARATOR};
use super::{Kind, TextError};
use crate::database::{Connection, OptionalExtension};

/// Characters of a text that are indexed; longer than any text that an act may hold.
const TEXT_CHARACTERS_MAX: usize = 4_096;

/// A row of `text_changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub number: u64,
    /// What changed.
    pub thing: Thing,
    /// Whether it may stand in the text index already.
    pub again: bool,
}

/// Something that can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its kind.
    pub kind: Kind,
    /// Its key in the index.
    pub key: String,
    /// The second part of its key; mostly empty.
    pub part: String,
}

/// What is indexed of a thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// Its texts, folded, with [`SEPARATOR`] between them.
    pub folded: String,
    /// Names that are found whole, folded: the thing itself goes by them.
    pub names: Vec<String>,
    /// The code of an organisation that the thing is of, folded; empty if there is none.
    pub party: String,
    /// Its year; 0 if it has none.
    pub year: u64,
    /// Its division's code; 0 if it has none.
    pub division: u64,
}

/// The index as the text index knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which filling of its tables it is.
    pub incarnation: String,
    /// The number of the last change.
    pub last: u64,
    /// Its height.
    pub height: u64,
}

fn positive(value: i64) -> u64 {
    crate::index::count(value)
}

/// What the index is.
///
/// # Errors
/// [`TextError::Index`] if it cannot be read.
pub fn origin(connection: &Connection) -> Result<Origin, TextError> {
    let query = "SELECT (SELECT value FROM meta WHERE key = 'incarnation'), \
                 (SELECT coalesce(max(number), 0) FROM text_changes), \
                 (SELECT coalesce(max(height), 0) FROM blocks)";
    let mut statement = connection.prepare_cached(query)?;
    Ok(statement.query_row([], |row| {
        Ok(Origin {
            incarnation: row.get(0)?,
            last: positive(row.get(1)?),
            height: positive(row.get(2)?),
        })
    })?)
}

/// The changes behind `after`, oldest first.
///
/// # Errors
/// [`TextError`] if the index cannot be read.
pub fn changes(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<Change>, TextError> {
    let query = "SELECT number, kind, key, part, again FROM text_changes \
                 WHERE number > ?1 ORDER BY number LIMIT ?2";
    let after = crate::index::stored("a number", after)?;
    let limit = crate::index::stored("a count", limit as u64)?;
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([after, limit])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let kind = Kind::of_name(&kind).ok_or(TextError::Kind(kind))?;
        changes.push(Change {
            number: positive(row.get(0)?),
            thing: Thing { kind, key: row.get(2)?, part: row.get(3)? },
            again: row.get(4)?,
        });
    }
    Ok(changes)
}

/// Columns: texts, names, the organisation's code, year, division. Texts and names are parted by
/// the separator.
const fn query(kind: Kind) -> &'static str {
    match kind {
        Kind::Organization => {
            "SELECT name || char(31) || code, name || char(31) || code, '', 0, division \
             FROM organizations WHERE code = ?1 AND ?2 = ''"
        }
        Kind::Project => {
            "SELECT p.title || char(31) || p.reference, p.title || char(31) || p.reference, \
             p.unit, p.year, coalesce(o.division, 0) FROM projects p \
             LEFT JOIN organizations o ON o.code = p.unit WHERE p.reference = ?1 AND ?2 = ''"
        }
        Kind::Notice => "SELECT ?1, ?1, '', 0, 0 WHERE ?2 = ''",
        Kind::Fund => {
            "SELECT f.name || char(31) || f.fund, f.name || char(31) || f.fund, f.host, \
             CAST(substr(f.opened_on, 1, 4) AS INTEGER), coalesce(o.division, 0) \
             FROM charity_funds f LEFT JOIN organizations o ON o.code = f.host \
             WHERE f.host = ?1 AND f.fund = ?2"
        }
        Kind::Campaign => {
            "SELECT c.title || char(31) || c.filing, c.title || char(31) || c.filing, c.host, \
             CAST(substr(c.begins_on, 1, 4) AS INTEGER), coalesce(o.division, 0) \
             FROM campaigns c LEFT JOIN organizations o ON o.code = c.host \
             WHERE c.filing = ?1 AND ?2 = ''"
        }
        Kind::Publication => {
            "SELECT p.title || char(31) || p.number || char(31) || p.topic, \
             p.title || char(31) || p.number, p.organization, \
             CAST(substr(p.published_on, 1, 4) AS INTEGER), coalesce(o.division, 0) \
             FROM publications p LEFT JOIN organizations o ON o.code = p.organization \
             WHERE p.organization = ?1 AND p.number = ?2"
        }
        Kind::Complaint => {
            "SELECT c.reference, c.reference, c.respondent, \
             CAST(substr(c.received_on, 1, 4) AS INTEGER), coalesce(o.division, 0) \
             FROM complaints c LEFT JOIN organizations o ON o.code = c.organization \
             WHERE c.organization = ?1 AND c.reference = ?2"
        }
        Kind::Audit => {
            "SELECT a.reference, a.reference, a.organization, a.last_year, \
             coalesce(o.division, 0) FROM audits a \
             LEFT JOIN organizations o ON o.code = a.organization \
             WHERE a.organization = ?1 AND a.reference = ?2"
        }
        Kind::Sample => {
            "SELECT s.reference, s.reference, s.organization, \
             CAST(substr(s.planned_on, 1, 4) AS INTEGER), coalesce(o.division, 0) \
             FROM samples s LEFT JOIN organizations o ON o.code = s.organization \
             WHERE s.organization = ?1 AND s.reference = ?2"
        }
        Kind::Account => {
            "SELECT a.name || char(31) || coalesce(l.documents, '') || char(31) || \
             coalesce(l.printed_in, '') || char(31) || coalesce(p.payee, ''), a.name, \
             a.organization, CASE WHEN a.year > 0 THEN a.year \
             ELSE CAST(coalesce(substr(p.occurred_on, 1, 4), '0') AS INTEGER) END, a.division \
             FROM accounts a LEFT JOIN lines l ON l.id = a.id \
             LEFT JOIN payments p ON p.id = a.id WHERE a.id = CAST(?1 AS INTEGER) AND ?2 = ''"
        }
        Kind::Entry => {
            "SELECT r.sentence_zh || char(31) || r.documents || char(31) || r.reference, \
             r.log_index || char(31) || r.transaction_id || char(31) || r.reference, \
             r.organization, CAST(strftime('%Y', r.time_ms / 1000 + 28800, 'unixepoch') \
             AS INTEGER), coalesce(o.division, 0) FROM records r \
             LEFT JOIN organizations o ON o.code = r.organization \
             WHERE r.log_index = CAST(?1 AS INTEGER) AND ?2 = ''"
        }
    }
}

/// What is indexed of a thing; none if the index does not hold it.
///
/// # Errors
/// [`TextError`] if the index cannot be read.
pub fn text(connection: &Connection, thing: &Thing) -> Result<Option<Text>, TextError> {
    let mut statement = connection.prepare_cached(query(thing.kind))?;
    let row = statement
        .query_row([&thing.key, &thing.part], |row| {
            let (texts, names): (String, String) = (row.get(0)?, row.get(1)?);
            let party: String = row.get(2)?;
            let (year, division): (i64, i64) = (row.get(3)?, row.get(4)?);
            Ok(Text {
                folded: join(&texts),
                names: names.split(SEPARATOR).map(fold::text).collect(),
                party: fold::text(&party),
                year: positive(year),
                division: positive(division),
            })
        })
        .optional()?;
    Ok(row)
}

/// Texts parted by the separator, each folded.
pub fn join(texts: &str) -> String {
    let mut joined = String::with_capacity(texts.len());
    for text in texts.split(SEPARATOR).filter(|text| !text.is_empty()) {
        if !joined.is_empty() {
            joined.push(SEPARATOR);
        }
        let kept = text.char_indices().nth(TEXT_CHARACTERS_MAX).map_or(text.len(), |(at, _)| at);
        joined.push_str(&fold::text(text.get(..kept).unwrap_or_default()));
    }
    joined
}
