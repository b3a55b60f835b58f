//! Identity cards whose closing X stands behind spaces or marks, or has another character in its
//! place.

use super::{GAP_MAX, PersonalNumber, digit, has_check_digit, is_identity_card, rows};
use crate::width;

/// An identity card that an X closes which the digits do not reach, by its check digit alone.
pub(super) fn find(text: &str) -> Option<PersonalNumber> {
    for row in rows(&closed(text)) {
        for start in 0..row.len() {
            let mut joined = String::new();
            for group in row.iter().skip(start) {
                joined.push_str(&group.digits);
                if is_closed(joined.as_bytes()) {
                    return Some(PersonalNumber::IdentityCard);
                }
                if joined.len() > 18 {
                    break;
                }
            }
        }
    }
    None
}

/// The text with each X that closes something put behind the digit before it.
fn closed(text: &str) -> String {
    let visible = text.chars().filter(|character| !digit::is_invisible(*character));
    let mut left = visible.map(width::fold_character).peekable();
    let mut closed: Vec<char> = Vec::new();
    // How many characters stand between the last digit and here; none before the first.
    let mut gap = usize::MAX;
    while let Some(character) = left.next() {
        let ends = !left.peek().is_some_and(|next| next.is_alphanumeric());
        if is_x(character) && gap <= GAP_MAX && ends {
            closed.truncate(closed.len().saturating_sub(gap));
            closed.push('X');
            gap = usize::MAX;
            continue;
        }
        closed.push(character);
        gap = match digit::of(character) {
            Some(_) => 0,
            None if character.is_alphanumeric() => usize::MAX,
            None => gap.saturating_add(1),
        };
    }
    closed.into_iter().collect()
}

/// An X, or what is written or printed in its place.
fn is_x(character: char) -> bool {
    matches!(character, 'X' | 'x' | '×' | '✕' | '✖' | '╳' | 'Ⅹ' | 'ⅹ' | 'Х' | 'х' | 'Χ' | 'χ' | '*')
}

fn is_closed(places: &[u8]) -> bool {
    places.len() == 18
        && places.ends_with(b"X")
        && is_identity_card(places)
        && has_check_digit(places)
}
