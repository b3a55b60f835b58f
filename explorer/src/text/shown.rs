//! Results as pages and programs show them, read from the index.

use serde::Serialize;

use super::found::Hit;
use super::{Kind, TextError};
use crate::database::{Connection, OptionalExtension};
use crate::pages::{beijing, escape};

/// A result that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its kind, by the name in addresses.
    pub kind: &'static str,
    /// What it is called.
    pub name: String,
    /// The same in English, where the ledger has both.
    pub name_en: String,
    /// What tells it from others of the name.
    pub detail: String,
    /// The page that shows it.
    pub href: String,
}

/// Columns: name, name in English, detail.
const fn query(kind: Kind) -> &'static str {
    match kind {
        Kind::Organization => {
            "SELECT name, name, division_name || ' ' || code FROM organizations \
             WHERE code = ?1 AND ?2 = ''"
        }
        Kind::Project => {
            "SELECT title, title, category || ' ' || reference || ' ' || year FROM projects \
             WHERE reference = ?1 AND ?2 = ''"
        }
        Kind::Notice => "SELECT ?1, ?1, '' WHERE ?2 = ''",
        Kind::Fund => {
            "SELECT f.name, f.name, coalesce(o.name, f.host) || ' ' || f.fund \
             FROM charity_funds f LEFT JOIN organizations o ON o.code = f.host \
             WHERE f.host = ?1 AND f.fund = ?2"
        }
        Kind::Campaign => {
            "SELECT c.title, c.title, coalesce(o.name, c.host) || ' ' || c.filing \
             FROM campaigns c LEFT JOIN organizations o ON o.code = c.host \
             WHERE c.filing = ?1 AND ?2 = ''"
        }
        Kind::Publication => {
            "SELECT p.title, p.title, p.number || ' ' || coalesce(o.name, p.organization) \
             || ' ' || p.published_on FROM publications p \
             LEFT JOIN organizations o ON o.code = p.organization \
             WHERE p.organization = ?1 AND p.number = ?2"
        }
        Kind::Complaint => {
            "SELECT c.reference, c.reference, c.stage || ' ' || \
             coalesce(o.name, c.respondent) || ' ' || c.received_on FROM complaints c \
             LEFT JOIN organizations o ON o.code = c.respondent \
             WHERE c.organization = ?1 AND c.reference = ?2"
        }
        Kind::Audit => {
            "SELECT a.reference, a.reference, coalesce(o.name, a.organization) || ' ' || \
             a.first_year || '-' || a.last_year FROM audits a \
             LEFT JOIN organizations o ON o.code = a.organization \
             WHERE a.organization = ?1 AND a.reference = ?2"
        }
        Kind::Sample => {
            "SELECT s.reference, s.reference, s.purpose || ' ' || \
             coalesce(o.name, s.organization) || ' ' || s.planned_on FROM samples s \
             LEFT JOIN organizations o ON o.code = s.organization \
             WHERE s.organization = ?1 AND s.reference = ?2"
        }
        Kind::Account => {
            "SELECT a.name, a.name, trim(a.fund || ' ' || coalesce(o.name, a.organization) || ' ' \
             || coalesce(l.documents, p.payee || ' ' || p.occurred_on, '')) FROM accounts a \
             LEFT JOIN lines l ON l.id = a.id LEFT JOIN payments p ON p.id = a.id \
             LEFT JOIN organizations o ON o.code = a.organization \
             WHERE a.id = CAST(?1 AS INTEGER) AND ?2 = ''"
        }
        Kind::Entry => {
            "SELECT r.sentence_zh, r.sentence_en, '#' || r.log_index || ' ' || r.time_ms || ' ' \
             || r.stage || CASE r.code WHEN 0 THEN '' ELSE ' ' || r.code END \
             FROM records r WHERE r.log_index = CAST(?1 AS INTEGER) AND ?2 = ''"
        }
    }
}

fn href(hit: &Hit) -> String {
    let (key, part) = (escape(&hit.thing.key), escape(&hit.thing.part));
    match hit.thing.kind {
        Kind::Organization => format!("/organizations/{key}"),
        Kind::Project => format!("/projects/{key}"),
        Kind::Notice => format!("/notices/{key}"),
        Kind::Fund => format!("/charities/{key}/funds/{part}"),
        Kind::Campaign => format!("/campaigns/{key}"),
        Kind::Publication => format!("/disclosures/{key}/{part}"),
        Kind::Complaint => format!("/complaints/{key}/{part}"),
        Kind::Audit => format!("/audits/{key}/{part}"),
        Kind::Sample => format!("/samples/{key}/{part}"),
        Kind::Account => format!("/accounts/{key}"),
        Kind::Entry => format!("/entries/{key}"),
    }
}

/// How a result is shown; none if the index that is read does not hold it.
///
/// # Errors
/// [`TextError::Index`] if it cannot be read.
pub fn shown(connection: &Connection, hit: &Hit) -> Result<Option<Shown>, TextError> {
    let thing = &hit.thing;
    let mut statement = connection.prepare_cached(query(thing.kind))?;
    let row: Option<(String, String, String)> = statement
        .query_row([&thing.key, &thing.part], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(row.map(|(name, name_en, detail)| Shown {
        kind: thing.kind.name(),
        name,
        name_en,
        detail: match thing.kind {
            Kind::Entry => entry_detail(&detail),
            _ => detail,
        },
        href: href(hit),
    }))
}

/// `#3 2026-03-01 12:00:00 已生效` of a number, a time in milliseconds and a stage.
fn entry_detail(detail: &str) -> String {
    let mut parts = detail.splitn(3, ' ');
    let mut part = || parts.next().unwrap_or_default();
    let (number, time, stage) = (part(), part(), part());
    format!("{number} {} {stage}", beijing(time.parse().unwrap_or_default()))
}
