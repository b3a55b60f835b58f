//! One spelling for what is written and what is looked for.
//!
//! Compatibility forms and full width (NFKC), capitals, kinds of brackets, quotation marks, dashes
//! and separators do not count, and neither do spaces beside Chinese characters. Document numbers
//! are printed with every kind of bracket, with one lost, with 第, with leading zeros or without
//! 号: brackets beside a digit are left out, which makes 〔2022〕74号, [2022]第074号 and 〔202274号
//! one text. Rules look at neighbours only, so a part of a text folds to a part of its fold.

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

/// Stands between the texts of one thing; no folded text holds it.
pub const SEPARATOR: char = '\u{1f}';

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();

/// Digits of a year in a document number.
const YEAR_DIGITS: usize = 4;

/// A text of the ledger as it is indexed. A document number at its end gets the 号 that it lacks.
pub fn text(text: &str) -> String {
    let (mut folded, is_open) = number(&spaced(text));
    if is_open {
        folded.push('号');
    }
    folded.into_iter().collect()
}

/// What a reader typed, folded as texts are: words, each of which must be found. What stands
/// between quotation marks is one.
pub fn words(question: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_quoted = false;
    for character in question.chars() {
        let ends = if is_quotation(character) {
            is_quoted = !is_quoted;
            true
        } else {
            !is_quoted && character.is_whitespace()
        };
        if ends {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(character);
        }
    }
    words.push(word);
    let folded = words.iter().map(|word| asked(word)).filter(|word| !word.is_empty());
    let mut unique: Vec<String> = Vec::new();
    for word in folded {
        if !unique.contains(&word) {
            unique.push(word);
        }
    }
    if unique.len() > 1 {
        // 第 stands by itself where a document number is typed with spaces; see `number`.
        unique.retain(|word| word != "第");
    }
    unique
}

/// A word that is looked for. Brackets at its ends, and 第 beside its first digit or its last
/// bracket, say nothing: what stands before and behind them is not known. It gets no 号, for it may
/// go on.
fn asked(word: &str) -> String {
    let characters = spaced(word);
    let is_bracket = |character: &char| matches!(character, '(' | ')');
    let start = characters.iter().position(|it| !is_bracket(it)).unwrap_or(characters.len());
    let end = characters.iter().rposition(|it| !is_bracket(it)).map_or(start, |at| at + 1);
    let kept = match characters.get(start..end).unwrap_or_default() {
        ['第', rest @ ..] if rest.first().is_some_and(char::is_ascii_digit) => rest,
        kept => kept,
    };
    let kept = match kept {
        [rest @ .., ')', '第'] => rest,
        kept => kept,
    };
    number(kept).0.into_iter().collect()
}

fn is_quotation(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„' | '‟' | '〝' | '〞' | '＂')
}

/// Every character by itself; spaces only between two that are not Chinese.
fn spaced(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = Vec::with_capacity(text.len());
    let mut is_apart = false;
    let normalized = NFKC.normalize(text);
    for character in normalized.chars().flat_map(char::to_lowercase).filter_map(one) {
        if character == ' ' {
            is_apart = true;
            continue;
        }
        let joins = |character: char| character.is_ascii() && !matches!(character, '(' | ')');
        let before = characters.last().copied();
        if is_apart && joins(character) && before.is_some_and(joins) {
            characters.push(' ');
        }
        is_apart = false;
        characters.push(character);
    }
    characters
}

/// One character; none if it does not count.
fn one(character: char) -> Option<char> {
    let folded = match character {
        '[' | '{' | '<' | '〔' | '【' | '〈' | '《' | '﹝' | '〖' | '〘' | '〚' => '(',
        ']' | '}' | '>' | '〕' | '】' | '〉' | '》' | '﹞' | '〗' | '〙' | '〛' => ')',
        '"' | '\'' | '“' | '”' | '„' | '‟' | '‘' | '’' | '〝' | '〞' => return None,
        '「' | '」' | '『' | '』' | '﹁' | '﹂' | '﹃' | '﹄' => return None,
        '號' => '号',
        '、' | '﹑' => ',',
        '。' | '｡' => '.',
        '·' | '•' | '・' | '‧' | '∙' | '⋅' => '·',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' => '-',
        other if other.is_whitespace() => ' ',
        // Invisible marks and control characters, the separator among them.
        other if other.is_control() => return None,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => return None,
        '\u{2060}'..='\u{206f}' | '\u{feff}' => return None,
        other => other,
    };
    Some(folded)
}

/// Leaves out brackets beside digits; behind one that closed a year also 第 and leading zeros.
/// Says whether the text ends within the serial number of such a year.
fn number(characters: &[char]) -> (Vec<char>, bool) {
    let is_digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let mut folded = Vec::with_capacity(characters.len());
    let mut is_serial = false;
    let mut at = 0;
    while let Some(character) = characters.get(at).copied() {
        at += 1;
        let follows_digit = at >= 2 && is_digit(at - 2);
        match character {
            ')' if follows_digit => {
                let before = characters.get(..at - 1).unwrap_or_default();
                let digits = before.iter().rev().take_while(|it| it.is_ascii_digit()).count();
                if characters.get(at) == Some(&'第') && is_digit(at + 1) {
                    at += 1;
                }
                is_serial = digits == YEAR_DIGITS && is_digit(at);
                while is_serial && characters.get(at) == Some(&'0') && is_digit(at + 1) {
                    at += 1;
                }
            }
            '(' if follows_digit || is_digit(at) => {}
            ')' if is_digit(at) => {}
            other => {
                is_serial = is_serial && other.is_ascii_digit();
                folded.push(other);
            }
        }
    }
    (folded, is_serial)
}
