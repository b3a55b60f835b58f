//! The one table of words: what pages say, in Chinese, with its English.
//!
//! The Chinese is the key, in templates and in the index alike, so that a page reads as it is
//! written and words that the index stores need no second form. A test compares the table with
//! every word that a template says.

mod book;
mod chart;
mod data;
mod figures;
mod months;
pub mod passage;
mod pin;
mod question;
mod society;
mod voice;

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A word in both languages.
type Word = (&'static str, &'static str);

static TABLE: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    [
        book::WORDS,
        society::WORDS,
        data::WORDS,
        chart::WORDS,
        figures::WORDS,
        question::WORDS,
        pin::WORDS,
        months::WORDS,
        voice::WORDS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect()
});

/// The English of what pages say in Chinese, if the table has it.
pub fn english(chinese: &str) -> Option<&'static str> {
    TABLE.get(chinese).copied()
}

/// A code of a report or table as readers read it; what is no code stays as it is.
pub fn code(text: &str, is_english: bool) -> &str {
    figures::code(text, is_english)
}
