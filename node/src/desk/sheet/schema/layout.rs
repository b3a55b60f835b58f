//! Which header of a sheet is which column of an act.

use std::collections::BTreeMap;

use minglian_contracts::words::field;
use minglian_ledger::fen::Unit;

use super::{Column, ELEMENT, Schema};
use crate::desk::sheet::build::{HeaderError, REFERENCE_HEADERS, UNIT_HEADERS, normalized};
use crate::desk::sheet::letters;

/// Where the columns stand in a sheet: by their path, a list's numbers in place of `#`.
pub(super) struct Layout {
    pub(super) places: BTreeMap<String, (usize, Option<Unit>)>,
    pub(super) unit: Option<usize>,
    pub(super) reference: Option<usize>,
    pub(super) ignored: Vec<String>,
}

/// The headers of each column beside its path: its fields' Chinese names one after the other, and
/// the last one alone. What several columns would be called names none of them.
pub fn headers(columns: &[Column]) -> Vec<Vec<String>> {
    let whole: Vec<Vec<String>> = columns.iter().map(|column| names(column, true)).collect();
    let last: Vec<Vec<String>> = columns.iter().map(|column| names(column, false)).collect();
    let is_whole = |name: &&String| count(&whole, name) == 1;
    let is_last = |name: &&String| count(&whole, name) == 0 && count(&last, name) == 1;
    let named = whole.iter().zip(&last).map(|(of_whole, of_last)| {
        let of_last = of_last.iter().filter(is_last);
        of_whole.iter().filter(is_whole).chain(of_last).cloned().collect()
    });
    named.collect()
}

fn count(all: &[Vec<String>], name: &String) -> usize {
    all.iter().filter(|names| names.contains(name)).count()
}

/// The names of a column, from its first field on or of its last alone.
fn names(column: &Column, from_first: bool) -> Vec<String> {
    let parts: Vec<&str> = column.path.split('.').collect();
    let Some((last, before)) = parts.split_last() else { return Vec::new() };
    if !from_first && (before.is_empty() || column.path.contains(ELEMENT)) {
        return Vec::new();
    }
    let before = if from_first { before } else { &before[..0] };
    let before: String =
        before.iter().filter_map(|part| alternatives(part).into_iter().next()).collect();
    alternatives(last).into_iter().map(|name| format!("{before}{name}")).collect()
}

/// The Chinese names of a field, or its own.
fn alternatives(part: &str) -> Vec<String> {
    let label = field::label(part).unwrap_or(part);
    let names = label.split('/').map(|name| name.split('(').next().unwrap_or(name).to_owned());
    names.collect()
}

/// A header with `#` for its numbers, and these; Chinese ones without marks between their parts.
fn pattern(name: &str) -> (String, Vec<usize>) {
    let (mut pattern, mut numbers) = (String::new(), Vec::new());
    let mut digits = String::new();
    for letter in name.chars().chain([' ']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if !digits.is_empty() {
            pattern.push_str(ELEMENT);
            numbers.push(digits.parse().unwrap_or(usize::MAX));
            digits.clear();
        }
        if letter != ' ' && (name.is_ascii() || !matches!(letter, '.' | '·' | '-')) {
            pattern.push(letter);
        }
    }
    (pattern, numbers)
}

/// Finds the act's columns among a sheet's headers.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn find(
    header: &[String],
    schema: &Schema,
    map: &[(String, String)],
) -> Result<Layout, HeaderError> {
    let columns = schema.columns();
    let mut known: BTreeMap<String, &Column> = BTreeMap::new();
    let titles = headers(&columns);
    for (column, titles) in columns.iter().zip(&titles) {
        known.extend(titles.iter().map(|title| (title.clone(), column)));
    }
    // A path is never hidden by another column's name.
    known.extend(columns.iter().map(|column| (column.path.clone(), column)));
    for (title, path) in map {
        let has_title = header.iter().any(|known| normalized(known).0 == normalized(title).0);
        if !has_title || !known.contains_key(&pattern(path).0) {
            return Err(HeaderError::Map(format!("{title}={path}")));
        }
    }
    let mut layout =
        Layout { places: BTreeMap::new(), unit: None, reference: None, ignored: Vec::new() };
    for (place, title) in header.iter().enumerate() {
        let (name, unit) = normalized(title);
        let mapped = map.iter().find(|(known, _)| normalized(known).0 == name);
        let (pattern, numbers) = pattern(mapped.map_or(name.as_str(), |(_, path)| path));
        if UNIT_HEADERS.contains(&name.as_str()) {
            layout.unit = Some(place);
        } else if REFERENCE_HEADERS.contains(&name.as_str()) {
            layout.reference = Some(place);
        } else if let Some(column) = known.get(&pattern) {
            let path = numbered(&column.path, &numbers);
            if let Some((first, _)) = layout.places.insert(path.clone(), (place, unit)) {
                let (first, second) = (letters(first), letters(place));
                return Err(HeaderError::Twice { first, second, field: path });
            }
        } else if !name.is_empty() {
            layout.ignored.push(title.clone());
        }
    }
    let missing: Vec<String> = columns
        .iter()
        .zip(&titles)
        .filter(|(column, _)| column.is_needed && !layout.places.contains_key(&column.path))
        .map(|(column, titles)| format!("{} ({})", titles.join("/"), column.path))
        .collect();
    if missing.is_empty() { Ok(layout) } else { Err(HeaderError::Missing(missing)) }
}

/// The path with numbers in place of `#`, in order.
fn numbered(path: &str, numbers: &[usize]) -> String {
    let mut numbers = numbers.iter();
    let parts = path.split('.').map(|part| match part {
        ELEMENT => numbers.next().map_or_else(|| part.to_owned(), usize::to_string),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(".")
}
