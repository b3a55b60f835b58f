//! Numbers of natural persons. An append-only log cannot forget, so text that holds an identity
//! card, bank card or mobile phone number is refused before it is signed, admitted or imported.
//!
//! A pattern, not a proof: it errs towards refusing, and no error repeats the digits. Names pass.

mod closing;
mod digit;
mod disguise;
mod unusual;

use std::fmt;

use crate::date;
use crate::organization_code::{CheckDigit, OrganizationCode};
use crate::width;

/// What a row of digits looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonalNumber {
    /// 居民身份证号: 18 places with a birth date at places 7 to 14, or 15 with one at 7 to 12.
    IdentityCard,
    /// 银行卡号: 16 to 19 digits with a right Luhn digit.
    BankCard,
    /// 手机号: 11 digits from 13 to 19, with or without 86.
    MobilePhone,
}

impl PersonalNumber {
    /// Its name in Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::IdentityCard => "身份证号",
            Self::BankCard => "银行卡号",
            Self::MobilePhone => "手机号",
        }
    }
}

impl fmt::Display for PersonalNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::IdentityCard => "an identity card number",
            Self::BankCard => "a bank card number",
            Self::MobilePhone => "a mobile phone number",
        })
    }
}

/// The first personal number in a text, if any. Digits of every script count, characters that
/// nobody sees do not, and numbers are seen through the spaces and marks that people group them by.
pub fn find(text: &str) -> Option<PersonalNumber> {
    rows(text).iter().find_map(|row| {
        row.iter().find_map(|group| classify(&group.digits)).or_else(|| find_grouped(row))
    })
}

/// What [`find`] finds, and numbers in groups that nobody uses, with an X apart, in numerals, or
/// run together. For whoever takes a text and can ask for another: the rules of the ledger know
/// [`find`] alone, so that what they come to stays the same.
pub fn suspect(text: &str) -> Option<PersonalNumber> {
    let plain = disguise::plain(text);
    find(text)
        .or_else(|| find(&plain))
        .or_else(|| rows(&plain).iter().find_map(|row| unusual::find(row)))
        .or_else(|| rows(&plain).iter().find_map(|row| disguise::find(row)))
        .or_else(|| closing::find(&plain))
}

/// Whether any field of an encoding holds an identity card number in plain digits, with its right
/// check digit (GB 11643): for references and other numbers, of which many look like somebody's.
pub fn has_identity_card(bytes: &[u8]) -> bool {
    bytes.windows(18).any(|window| is_identity_card(window) && has_check_digit(window))
}

/// Most characters between two groups of one number.
const GAP_MAX: usize = 3;

/// Digits that stand together; an X that closes them belongs to them.
#[derive(Default)]
struct Group {
    digits: String,
    /// Whether a comma or full stop stands before it, as in amounts.
    is_after_stop: bool,
    /// Whether one character alone stands between the group before and this one, and none that
    /// lists, sums or compares.
    is_near: bool,
}

/// The digits of a text, put together into rows where no letter stands between.
fn rows(text: &str) -> Vec<Vec<Group>> {
    let mut rows: Vec<Vec<Group>> = Vec::new();
    let mut group = Group::default();
    // How many characters stand between the last group and here; none before the first.
    let mut gap = usize::MAX;
    let mut before = ' ';
    let visible = text.chars().filter(|character| !digit::is_invisible(*character));
    for character in visible.map(width::fold_character).chain(['\n']) {
        let closes = matches!(character, 'X' | 'x') && !group.digits.is_empty();
        if let Some(digit) = if closes { Some('X') } else { digit::of(character) } {
            group.digits.push(digit);
            if !closes {
                continue;
            }
        }
        let stops = matches!(character, ',' | '.');
        if !group.digits.is_empty() {
            let mut group = std::mem::take(&mut group);
            group.is_near = gap == 1 && !unusual::is_of_lists(before);
            match rows.last_mut() {
                Some(row) if (1..=GAP_MAX).contains(&gap) => row.push(group),
                _ => rows.push(vec![group]),
            }
            gap = 0;
        }
        if !closes {
            // A colon stands in times and in fingerprints of files.
            let ends = character.is_alphanumeric() || character == ':';
            gap = if ends { usize::MAX } else { gap.saturating_add(1) };
            before = character;
            group.is_after_stop |= stops;
        }
        if gap > GAP_MAX {
            group.is_after_stop = false;
        }
    }
    rows
}

/// Joins neighbouring groups, and looks at what they make: an identity card by its check digit, a
/// bank card or telephone by the groups that people write.
fn find_grouped(row: &[Group]) -> Option<PersonalNumber> {
    (0..row.len()).find_map(|start| {
        let mut joined = row.get(start)?.digits.clone();
        row.iter().enumerate().skip(start + 1).find_map(|(end, group)| {
            // Longer than any number, it is never looked at again.
            if joined.len() > 20 {
                return None;
            }
            joined.push_str(&group.digits);
            classify_grouped(row.get(start..=end)?, &joined)
        })
    })
}

fn classify_grouped(groups: &[Group], joined: &str) -> Option<PersonalNumber> {
    let whole = joined.as_bytes();
    let lengths: Vec<_> = groups.iter().map(|group| group.digits.len()).collect();
    let are_amounts = groups.iter().skip(1).any(|group| group.is_after_stop);
    let is_card = whole.len() == 18 && is_identity_card(whole) && has_check_digit(whole);
    let is_usual = matches!(lengths.as_slice(), [6, 8, 4] | [6, 4, 4, 4]);
    let is_old = lengths == [6, 6, 3] && is_old_identity_card(whole);
    if is_card || is_old || is_usual && is_identity_card(whole) {
        return Some(PersonalNumber::IdentityCard);
    }
    let by_fours = match lengths.as_slice() {
        [fours @ .., last] => fours.len() >= 3 && fours.iter().all(|it| *it == 4) && *last <= 4,
        [] => false,
    };
    let is_bank_card = by_fours || !are_amounts && joined.starts_with("62");
    if is_bank_card && classify(joined) == Some(PersonalNumber::BankCard) {
        return Some(PersonalNumber::BankCard);
    }
    let is_of_day = groups.get(1).is_some_and(|it| it.digits.starts_with(['1', '2']))
        && matches!(lengths.as_slice(), [3, 4, 2, 2] | [3, 8]);
    let by_three = !are_amounts && !is_of_day && matches!(lengths.first(), Some(3 | 5 | 7));
    let by_one = lengths.iter().all(|it| *it == 1);
    let is_phone = (by_three || by_one || lengths == [3, 4, 4]) && is_mobile_phone(joined);
    is_phone.then_some(PersonalNumber::MobilePhone)
}

fn classify(run: &str) -> Option<PersonalNumber> {
    let places = run.as_bytes();
    if places.windows(18).any(is_identity_card) || is_old_identity_card(places) {
        return Some(PersonalNumber::IdentityCard);
    }
    if run.ends_with('X') {
        return None;
    }
    if is_mobile_phone(run) {
        return Some(PersonalNumber::MobilePhone);
    }
    // An organisation's code may be all digits and fit Luhn by chance; it is public.
    let public = OrganizationCode::parse(run).is_ok_and(|code| code.check() == CheckDigit::Valid);
    let card = (16..=19).contains(&run.len()) && !public && fits_luhn(run);
    card.then_some(PersonalNumber::BankCard)
}

/// Whether 18 places have a province and a day of birth where an identity card has them. Numbers
/// run together in a copy still show.
fn is_identity_card(places: &[u8]) -> bool {
    let Some(([province, ..], birth)) = places.get(..6).zip(places.get(6..14)) else {
        return false;
    };
    (b'1'..=b'8').contains(province) && is_birth_date(birth)
}

/// Whether the last of 18 places is the check digit of the others (GB 11643, ISO 7064 MOD 11-2).
fn has_check_digit(places: &[u8]) -> bool {
    let sum = places.iter().try_fold(0_u32, |sum, place| {
        let value = match place {
            b'0'..=b'9' => u32::from(place - b'0'),
            b'X' | b'x' => 10,
            _ => return None,
        };
        Some((sum * 2 + value) % 11)
    });
    sum == Some(1)
}

/// An identity card of before 1999: 15 digits, the year of birth in two.
fn is_old_identity_card(places: &[u8]) -> bool {
    let Some((province, birth)) = places.get(..2).zip(places.get(6..12)) else { return false };
    let is_province = str::from_utf8(province).is_ok_and(|code| PROVINCES.contains(&code));
    places.len() == 15 && is_province && is_birth_date(&[b"19", birth].concat())
}

/// GB/T 2260, the first two places.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71",
    "81", "82",
];

fn is_birth_date(places: &[u8]) -> bool {
    let number = |from: usize, to: usize| {
        places.get(from..to).and_then(|part| std::str::from_utf8(part).ok())?.parse::<u16>().ok()
    };
    let Some(((year, month), day)) = number(0, 4).zip(number(4, 6)).zip(number(6, 8)) else {
        return false;
    };
    (1850..=date::YEAR_MAX).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn is_mobile_phone(run: &str) -> bool {
    let number = match run.len() {
        13 => run.strip_prefix("86"),
        15 => run.strip_prefix("0086"),
        _ => Some(run),
    };
    number.is_some_and(|number| {
        number.len() == 11 && matches!(number.as_bytes(), [b'1', b'3'..=b'9', ..])
    })
}

fn fits_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            let doubled = if index % 2 == 1 { digit * 2 } else { digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}
