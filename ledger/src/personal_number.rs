//! Numbers of natural persons. An append-only log cannot forget, so text that holds an identity
//! card, bank card or mobile phone number is refused before it is signed, admitted or imported.
//!
//! A pattern, not a proof: it errs towards refusing, and no error repeats the digits.

use std::fmt;

use crate::date;
use crate::organization_code::{CheckDigit, OrganizationCode};
use crate::width;

/// What a row of digits looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonalNumber {
    /// 居民身份证号: 18 places with a birth date at places 7 to 14.
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

/// The first personal number in a text, if any. Full-width digits count as digits; the usual
/// groupings (`138 0013 8000`, four by four, 6-8-4) are seen through spaces and hyphens.
pub fn find(text: &str) -> Option<PersonalNumber> {
    let folded = width::fold(text).to_ascii_uppercase();
    groups(&folded)
        .iter()
        .find_map(|row| row.iter().find_map(|group| classify(group)).or_else(|| find_grouped(row)))
}

/// Runs of digits (an X closing 17 digits belongs to them), put together into rows where one
/// space or hyphen separates them.
fn groups(text: &str) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut run = String::new();
    // How many separators stand between the last run and here; none before the first run.
    let mut gap = usize::MAX;
    for character in text.chars().chain(['\n']) {
        let closes = character == 'X' && run.len() >= 3;
        if character.is_ascii_digit() || closes {
            run.push(character);
            if !closes {
                continue;
            }
        }
        if !run.is_empty() {
            let run = std::mem::take(&mut run);
            match rows.last_mut() {
                Some(row) if gap == 1 => row.push(run),
                _ => rows.push(vec![run]),
            }
            gap = 0;
        }
        if !closes {
            let separates = matches!(character, ' ' | '-');
            gap = if separates { gap.saturating_add(1) } else { usize::MAX };
        }
    }
    rows
}

/// Joins neighbouring groups whose lengths are those people write such numbers in.
fn find_grouped(row: &[String]) -> Option<PersonalNumber> {
    (0..row.len()).find_map(|start| {
        (start + 1..row.len()).find_map(|end| {
            let groups = row.get(start..=end)?;
            let lengths: Vec<_> = groups.iter().map(String::len).collect();
            let usual = match lengths.as_slice() {
                [3, 4, 4] | [6, 8, 4] => true,
                [fours @ .., last] => {
                    fours.len() >= 3 && fours.iter().all(|four| *four == 4) && *last <= 4
                }
                [] => false,
            };
            if usual { classify(&groups.concat()) } else { None }
        })
    })
}

fn classify(run: &str) -> Option<PersonalNumber> {
    if has_identity_card(run.as_bytes()) {
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

/// Whether any 18 places in a row are an identity card number; numbers run together in a copy
/// still show.
fn has_identity_card(run: &[u8]) -> bool {
    run.windows(18).any(|window| {
        let Some((province, birth)) = window.first().zip(window.get(6..14)) else { return false };
        (b'1'..=b'8').contains(province) && is_birth_date(birth)
    })
}

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
