//! English passages around what people wrote: names stay as they are, and are marked as Chinese.

use minglian_contracts::allocation::CORRECTED_LINE;
use minglian_contracts::book::{AccountId, Origin};
use minglian_contracts::words::Names;

use super::english;

/// A part of a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it says.
    pub text: String,
    /// Whether it stays Chinese.
    pub is_chinese: bool,
}

impl Part {
    /// English words.
    pub fn said(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_chinese: false }
    }

    /// What somebody wrote, whatever it says.
    pub fn written(text: impl Into<String>) -> Self {
        let text = text.into();
        let is_chinese = is_chinese(&text);
        Self { text, is_chinese }
    }
}

/// Whether a text has Chinese characters.
pub fn is_chinese(text: &str) -> bool {
    let is_one = |letter: char| {
        matches!(letter,
            '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}')
    };
    text.chars().any(is_one)
}

/// What an account is called. Whatever stands before it, the name of a line ends the passage in
/// quotation marks as the ledger has it: the verifier compares it.
pub fn account(account: &AccountId, names: &dyn Names) -> Vec<Part> {
    let holder = Part::written(names.organization(account.organization()));
    let quoted = |before: &str, name: &str| {
        let (open, close) = (format!(", {before}“"), "”".to_owned());
        vec![holder.clone(), Part::said(open), Part::written(name), Part::said(close)]
    };
    match account {
        AccountId::Line { line, .. } => {
            let gloss = line_gloss(line.as_str()).map(|gloss| format!("{gloss} "));
            quoted(&gloss.unwrap_or_default(), line.as_str())
        }
        AccountId::Payment { reference, .. } => quoted("payment ", reference.as_str()),
        AccountId::Voided { movement, .. } => {
            vec![holder, Part::said(format!(", voided movement {movement}"))]
        }
    }
}

/// What the name of a line says in English, where it is one of the ledger's own words.
pub fn line_gloss(name: &str) -> Option<&'static str> {
    let is_correction = name.starts_with(CORRECTED_LINE);
    english(if is_correction { CORRECTED_LINE.trim_end_matches('·') } else { name })
}

/// Where money came from when it entered the ledger.
pub fn origin(origin: &Origin) -> Vec<Part> {
    let mut parts = vec![Part::said("outside the ledger: ")];
    match origin {
        Origin::Document { numbers, level, implied, occurred_on } => {
            parts.extend(passage(level.as_str()));
            if !numbers.is_empty() {
                parts.push(Part::said(" "));
                parts.push(Part::written(numbers.as_str()));
            }
            parts.push(Part::said(format!(" {occurred_on}")));
            if *implied {
                parts.push(Part::said(" (implied by a notice that prints no receipt)"));
            }
        }
        Origin::Sales { game, period, .. } => {
            parts.push(Part::said("sales of "));
            parts.push(Part::written(game.as_str()));
            parts.push(Part::said(format!(" in {period}")));
        }
        Origin::Donation { reference, .. } => {
            parts.push(Part::said("gift "));
            parts.push(Part::written(reference.as_str()));
        }
        Origin::Other { description, occurred_on } => {
            parts.extend(passage(description.as_str()));
            parts.push(Part::said(format!(" {occurred_on}")));
        }
    }
    parts
}

/// A text of the ledger's programs, such as the detail of a refusal: words of the table are said in
/// English, everything else stays as it was written.
pub fn passage(text: &str) -> Vec<Part> {
    let is_separator = |letter: char| letter.is_whitespace() || "/,:;、".contains(letter);
    let mut parts: Vec<Part> = Vec::new();
    for piece in text.split_inclusive(is_separator) {
        let word = piece.trim_end_matches(is_separator);
        let (word, separator) = piece.split_at(word.len());
        let part = match in_english(word) {
            Some(english) => Part::said(english),
            None => Part::written(word),
        };
        let separator = if separator == "、" { ", " } else { separator };
        for part in [part, Part::said(separator)] {
            match parts.last_mut() {
                Some(last) if last.is_chinese == part.is_chinese => last.text.push_str(&part.text),
                _ if part.text.is_empty() => {}
                _ => parts.push(part),
            }
        }
    }
    parts
}

/// A word of the table, or a row of a notice.
fn in_english(word: &str) -> Option<String> {
    let row = word.strip_prefix('第').and_then(|rest| rest.strip_suffix('行'));
    match row.filter(|row| !row.is_empty() && row.bytes().all(|digit| digit.is_ascii_digit())) {
        Some(row) => Some(format!("row {row}")),
        None => english(word).map(str::to_owned),
    }
}
