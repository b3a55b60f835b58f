//! The pages, one module each beside its template in `templates/`.

pub mod about;
pub mod account;
pub mod allocations;
pub mod bands;
pub mod charity;
pub mod complain;
pub mod counties;
pub mod data;
pub mod disclosure;
pub mod entries;
pub mod entry;
pub mod execution;
pub mod flows;
pub mod funds;
pub mod holdings;
pub mod home;
pub mod lottery;
pub mod months;
pub mod movements;
pub mod notice;
pub mod organization;
pub mod organizations;
pub mod oversight;
pub mod project;
pub mod projects;
pub mod reports;
pub mod rules;
pub mod search;
pub mod status;
pub mod structure;
pub mod sums;
pub mod trace;
pub mod verify;

use minglian_ledger::date;
use minglian_ledger::height::TimeMs;

use crate::database::Value;
use crate::index::count;
use crate::web::PageError;

/// Most rows of a list on one page.
pub const ROWS_MAX: usize = 50;

/// Longest text that is looked for, in characters.
pub const QUERY_CHARACTERS_MAX: usize = 64;

/// Longest value of a filter, in bytes: the longest name on the ledger, with room.
const FILTER_BYTES_MAX: usize = 512;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const BEIJING_OFFSET_MS: u64 = 8 * 60 * 60 * 1000;

/// A header's time as it reads in Beijing: `2026-03-01 12:00:00`.
pub fn beijing(time_ms: i64) -> String {
    let time_ms = count(time_ms);
    let day = date::beijing_date(TimeMs(time_ms)).map_or_else(|_| "—".into(), |d| d.to_string());
    let seconds = (time_ms.saturating_add(BEIJING_OFFSET_MS) % DAY_MS) / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{day} {hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// Percent-encodes one part of a path or query.
pub fn escape(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// An address with those filters that are set.
pub fn address(path: &str, filters: &[(&str, &str)]) -> String {
    let set: Vec<String> = filters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    if set.is_empty() { path.to_owned() } else { format!("{path}?{}", set.join("&")) }
}

/// Refuses filters that no name on the ledger could be.
pub(crate) fn check_filters(filters: &[&Option<String>]) -> Result<(), PageError> {
    let is_long = |filter: &&Option<String>| {
        filter.as_ref().is_some_and(|value| value.len() > FILTER_BYTES_MAX)
    };
    if filters.iter().any(is_long) {
        return Err(PageError::Malformed("筛选条件过长".to_owned()));
    }
    Ok(())
}

/// Conditions of a query with their values, which are never part of its text.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition on one value; `?` in it stands for the value.
    pub fn add(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.parts.push(condition.replace('?', &format!("?{}", self.values.len())));
    }

    /// Adds a condition that names no value of others.
    pub fn plain(&mut self, condition: String) {
        self.parts.push(condition);
    }

    /// `column` is `value`, if one is given.
    pub fn equal(&mut self, column: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.add(&format!("{column} = ?"), value.clone());
        }
    }

    /// The clause, empty without conditions.
    pub fn clause(&self) -> String {
        if self.parts.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.parts.join(" AND "))
        }
    }

    /// The values.
    pub fn values(&self) -> Vec<Value> {
        self.values.clone()
    }
}

/// Cuts a list that was read with one row too many; whether there was one.
pub(crate) fn cut<T>(rows: &mut Vec<T>, rows_max: usize) -> bool {
    let has_more = rows.len() > rows_max;
    rows.truncate(rows_max);
    has_more
}

/// How many rows to read: one more than is shown, to know whether others follow.
pub(crate) const LIMIT: &str = "LIMIT 51";
