//! Numbers in groups that nobody uses, one character between each: somebody may group a number so
//! that it is not seen. Lists, amounts, days and codes are told from them by what stands between
//! the groups and by what the groups say.

use super::{
    Group, OrganizationCode, PersonalNumber, has_check_digit, is_identity_card, is_mobile_phone,
};
use crate::organization_code::CheckDigit;

/// Years of birth for which an identity card is taken without its check digit. Numbers of projects
/// and notices have the same form, and later years.
const BORN_MAX: u32 = 2010;

/// Whether a character stands between the numbers of a list, the parts of an amount, or two things
/// that are summed or compared.
pub(super) fn is_of_lists(character: char) -> bool {
    matches!(
        character,
        ',' | '.' | '、' | '。' | ';' | '%' | '+' | '=' | '<' | '>' | '~' | '&' | '≈' | '≤' | '≥'
    )
}

/// A number that the groups between two wider gaps make together, and nothing else with it.
pub(super) fn find(row: &[Group]) -> Option<PersonalNumber> {
    let mut starts = (0..row.len()).filter(|at| *at == 0 || !row[*at].is_near);
    starts.find_map(|start| {
        let rest = row.get(start + 1..).unwrap_or_default();
        let length = 1 + rest.iter().take_while(|group| group.is_near).count();
        classify(row.get(start..start + length)?)
    })
}

fn classify(groups: &[Group]) -> Option<PersonalNumber> {
    if groups.len() < 2 {
        return None;
    }
    let parts: Vec<&str> = groups.iter().map(|group| group.digits.as_str()).collect();
    let joined = parts.concat();
    if is_mobile_phone(&joined) && !is_amount(&parts) && !holds_days(&parts) {
        return Some(PersonalNumber::MobilePhone);
    }
    let places = joined.as_bytes();
    let public = OrganizationCode::parse(&joined).is_ok_and(|it| it.check() == CheckDigit::Valid);
    let is_born = joined.get(6..10).is_some_and(|year| is_among(year, 1900, BORN_MAX));
    let is_card = places.len() == 18
        && is_identity_card(places)
        && (has_check_digit(places) || is_born && !public);
    is_card.then_some(PersonalNumber::IdentityCard)
}

/// Whether all groups but the first are of three digits, as thousands are parted.
fn is_amount(parts: &[&str]) -> bool {
    let [first, rest @ ..] = parts else { return false };
    first.len() <= 3 && rest.iter().all(|part| part.len() == 3)
}

/// Whether a group behind the first is a year or a whole day, or the first a year with another or a
/// month behind it.
fn holds_days(parts: &[&str]) -> bool {
    let [first, second, ..] = parts else { return false };
    let is_later = |part: &&str| is_year(part) || is_day(part);
    parts.iter().skip(1).any(is_later)
        || is_year(first) && second.len() <= 2 && is_among(second, 1, 12)
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && is_among(part, 1900, 2099)
}

/// Eight digits with year, month and day.
pub(super) fn is_day(part: &str) -> bool {
    let places = part.get(..4).zip(part.get(4..6)).zip(part.get(6..));
    part.len() == 8
        && places.is_some_and(|((year, month), day)| {
            is_year(year) && is_among(month, 1, 12) && is_among(day, 1, 31)
        })
}

fn is_among(digits: &str, from: u32, to: u32) -> bool {
    digits.parse().is_ok_and(|number| (from..=to).contains(&number))
}
