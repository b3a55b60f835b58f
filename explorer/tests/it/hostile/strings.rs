//! The strings, and how they come into fields.

use std::collections::BTreeMap;

use minglian_ledger::text::Text;

use crate::chain::text;

/// The strings: `tests/hostile.json`.
pub fn strings() -> Vec<String> {
    serde_json::from_str(include_str!("../../hostile.json")).unwrap()
}

/// The organisation that has the string of this number as its name.
pub fn organization(number: usize) -> String {
    format!("hostile{number}")
}

/// The string as a text of the field; if the field refuses it, a harmless one.
pub fn put<const MAX: usize>(
    fields: &mut BTreeMap<&'static str, (usize, usize)>,
    field: &'static str,
    string: &str,
    number: usize,
) -> Text<MAX> {
    let (taken, refused) = fields.entry(field).or_default();
    match Text::new(string) {
        Ok(put) if !put.is_empty() => {
            *taken += 1;
            put
        }
        _ => {
            *refused += 1;
            text(&format!("无{number}"))
        }
    }
}
