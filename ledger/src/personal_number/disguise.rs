//! Numbers written so that they are no row of digits: in Chinese numerals one by one, with colons
//! between their parts, behind a 0, or several run together.

use super::{Group, OrganizationCode, PersonalNumber, digit, fits_luhn, is_mobile_phone, unusual};
use crate::organization_code::CheckDigit;
use crate::width;

/// Fewest numerals in a row that are taken for digits: the digits of a telephone. No year, ordinal
/// or amount is written with so many.
const NUMERALS_MIN: usize = 11;

/// The text with digits for rows of Chinese numerals, and with hyphens for colons that stand in no
/// time of day.
pub(super) fn plain(text: &str) -> String {
    let visible = text.chars().filter(|character| !digit::is_invisible(*character));
    let folded: Vec<char> = visible.map(width::fold_character).collect();
    let runs =
        folded.chunk_by(|before, after| numeral(*before).is_some() == numeral(*after).is_some());
    let digits: Vec<char> = runs
        .flat_map(|run| {
            let is_number = run.len() >= NUMERALS_MIN;
            run.iter().map(move |it| numeral(*it).filter(|_| is_number).unwrap_or(*it))
        })
        .collect();
    let dashed = digits.iter().enumerate();
    dashed.map(|(place, it)| if is_between(&digits, place) { '-' } else { *it }).collect()
}

/// Whether a colon at `place` stands between two parts of a number, and not in a time of day.
fn is_between(text: &[char], place: usize) -> bool {
    let (before, after) = text.split_at(place);
    let Some((':', after)) = after.split_first() else { return false };
    let is_digit = |it: &&char| it.is_ascii_digit();
    let before = before.iter().rev().take_while(is_digit).count();
    let after = after.iter().take_while(is_digit).count();
    before.min(after) > 0 && before.max(after) > 2
}

/// A number that neither length nor groups give away.
pub(super) fn find(row: &[Group]) -> Option<PersonalNumber> {
    if row.iter().any(|group| holds_telephones(&group.digits)) {
        return Some(PersonalNumber::MobilePhone);
    }
    is_bank_card(row).then_some(PersonalNumber::BankCard)
}

/// Telephones run together, or one behind the 0 that was dialled before it.
fn holds_telephones(run: &str) -> bool {
    let places = run.strip_prefix('0').filter(|rest| rest.len() == 11).unwrap_or(run).as_bytes();
    let mut numbers = places.chunks(11);
    let is_one = |number: &[u8]| str::from_utf8(number).is_ok_and(is_mobile_phone);
    places.len().is_multiple_of(11) && !places.is_empty() && numbers.all(is_one)
}

/// A card by eights or by single digits; days in a row are by eights too.
fn is_bank_card(row: &[Group]) -> bool {
    let lengths: Vec<_> = row.iter().map(|group| group.digits.len()).collect();
    let joined: String = row.iter().map(|group| group.digits.as_str()).collect();
    let by_one = (16..=19).contains(&row.len()) && lengths.iter().all(|it| *it == 1);
    let holds_day = row.iter().any(|group| unusual::is_day(&group.digits));
    let is_of_lists = row.iter().skip(1).any(|group| !group.is_near);
    let is_public =
        OrganizationCode::parse(&joined).is_ok_and(|it| it.check() == CheckDigit::Valid);
    // All the same digit is a mark, not a number.
    let is_mark = joined.bytes().all(|place| joined.as_bytes().first() == Some(&place));
    (by_one || matches!(lengths.as_slice(), [8, 8] | [8, 8, 1..=3]))
        && !(holds_day || is_of_lists || is_public || is_mark)
        && fits_luhn(&joined)
}

/// The digit that a Chinese numeral stands for: as read out, as on vouchers (大写), or of Suzhou.
fn numeral(character: char) -> Option<char> {
    let digit = match character {
        '〇' | '零' | '○' => '0',
        '一' | '壹' | '幺' | '〡' => '1',
        '二' | '贰' | '〢' => '2',
        '三' | '叁' | '〣' => '3',
        '四' | '肆' | '〤' => '4',
        '五' | '伍' | '〥' => '5',
        '六' | '陆' | '〦' => '6',
        '七' | '柒' | '〧' => '7',
        '八' | '捌' | '〨' => '8',
        '九' | '玖' | '〩' => '9',
        _ => return None,
    };
    Some(digit)
}
