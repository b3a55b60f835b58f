//! Days and months as people write them, and ages.

use minglian_ledger::date::{Date, Month};
use minglian_ledger::width;

/// The numbers in a text whose other characters only separate them; none for anything else.
fn numbers(text: &str) -> Option<Vec<String>> {
    let folded = width::fold(text.trim());
    let mut numbers = vec![String::new()];
    for letter in folded.chars() {
        match letter {
            '0'..='9' => numbers.last_mut()?.push(letter),
            '-' | '/' | '.' | '年' | '月' => numbers.push(String::new()),
            '日' | '号' => {}
            letter if letter.is_whitespace() => {}
            _ => return None,
        }
    }
    if numbers.len() > 1 && numbers.last().is_some_and(String::is_empty) {
        numbers.pop();
    }
    Some(numbers)
}

/// A month: 2012-12, 2012/12, 2012年12月, 201212.
pub fn parse_month(text: &str) -> Option<Month> {
    let numbers = numbers(text)?;
    let parts: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let (year, month) = match parts.as_slice() {
        [both] if both.len() == 6 => both.split_at_checked(4)?,
        [year, month] if year.len() == 4 && month.len() <= 2 => (*year, *month),
        _ => return None,
    };
    Month::new(year.parse().ok()?, month.parse().ok()?).ok()
}

/// A day: 2012-12-31, 2012/12/31, 2012年12月31日, 20121231.
pub fn parse_day(text: &str) -> Option<Date> {
    let numbers = numbers(text)?;
    let parts: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let (year, month, day) = match parts.as_slice() {
        [all] if all.len() == 8 => {
            let (year, rest) = all.split_at_checked(4)?;
            let (month, day) = rest.split_at_checked(2)?;
            (year, month, day)
        }
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
            (*year, *month, *day)
        }
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A day of birth. The ledger's dates begin in 1949, people were born before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Birth {
    year: u16,
    month: u8,
    day: u8,
}

impl Birth {
    /// The day in characters 7 to 14 of a canonical identity number (GB 11643-1999).
    pub fn of(identity: &[u8; 20]) -> Self {
        let number = |from: usize, digits: usize| {
            // The kind is byte 0, so character n of the number is byte n.
            let digits = identity.iter().skip(from).take(digits);
            digits.fold(0_u16, |number, digit| number * 10 + u16::from(digit & 0x0F))
        };
        let byte = |value: u16| u8::try_from(value).unwrap_or(u8::MAX);
        Self { year: number(7, 4), month: byte(number(11, 2)), day: byte(number(13, 2)) }
    }

    /// Full years (周岁) on a day; the birthday itself completes a year. None before birth.
    pub fn age_on(self, day: Date) -> Option<u16> {
        let before_birthday = (day.month().month(), day.day()) < (self.month, self.day);
        day.year().checked_sub(self.year)?.checked_sub(u16::from(before_birthday))
    }
}
