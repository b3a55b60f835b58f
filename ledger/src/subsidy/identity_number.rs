//! 公民身份号码 in one form (GB 11643-1999), so that one person has one tag: 18 characters, the last
//! of them a check character. Numbers of 15 digits (GB 11643-1989) become the 18 they are today.
//!
//! No error repeats the number, and there is no way to print one.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::width;

/// Bytes of the canonical form: a kind, 18 characters, a zero that is left for longer numbers.
pub const IDENTITY_BYTES: usize = 20;

/// The kind of the one document there is: an identity card, or a residence permit of that form.
const KIND_RESIDENT: u8 = 1;

/// Longest text that is looked at, in bytes: 18 full-width characters with spaces between them.
const TEXT_BYTES_MAX: usize = 160;

/// Weights of the check character (ISO 7064, MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";

/// Sequence numbers that the 15 digits kept for people born before 1900.
const CENTENARIANS: [&[u8]; 4] = [b"996", b"997", b"998", b"999"];

/// An identity number in its canonical form. It is wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct IdentityNumber([u8; IDENTITY_BYTES]);

/// Why a text is not an identity number. The text itself is in none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not 15 or 18 characters.
    #[error("an identity number has 15 or 18 characters, not {found}")]
    Length {
        /// How many there are, spaces left out.
        found: usize,
    },
    /// A character that no identity number has there.
    #[error("character {position} of the identity number is not a digit")]
    Character {
        /// Its position, from 1.
        position: usize,
    },
    /// The first digit belongs to no region.
    #[error("the identity number belongs to no region")]
    Region,
    /// Digits 7 to 14 are no day of the calendar.
    #[error("the identity number holds no day of birth")]
    BirthDate,
    /// The check character does not fit the others: a digit was mistyped.
    #[error("the check character of the identity number is wrong")]
    CheckCharacter,
}

impl IdentityNumber {
    /// Reads a number as people write it: full-width characters, spaces, a small x.
    ///
    /// # Errors
    /// Every [`IdentityError`].
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(IdentityError::Length { found: text.chars().count() });
        }
        let mut characters = Zeroizing::new(Vec::with_capacity(TEXT_BYTES_MAX));
        for character in text.chars().map(width::fold_character).filter(|it| !it.is_whitespace()) {
            // What is not ASCII is no digit, whatever it is.
            characters.push(u8::try_from(character).unwrap_or(b'?').to_ascii_uppercase());
        }
        let found = characters.len();
        let digits: usize = match found {
            15 => 15,
            18 => 17,
            _ => return Err(IdentityError::Length { found }),
        };
        let wrong = characters.iter().take(digits).position(|it| !it.is_ascii_digit());
        if let Some(position) = wrong {
            return Err(IdentityError::Character { position: position + 1 });
        }
        let number = if digits == 15 { lengthen(&characters) } else { characters };
        Self::of_18(&number)
    }

    fn of_18(number: &[u8]) -> Result<Self, IdentityError> {
        let [body @ .., check] = number else { return Err(IdentityError::Length { found: 0 }) };
        if body.first() == Some(&b'0') {
            return Err(IdentityError::Region);
        }
        if !body.get(6..14).is_some_and(is_day) {
            return Err(IdentityError::BirthDate);
        }
        if !check.is_ascii_digit() && *check != b'X' {
            return Err(IdentityError::Character { position: 18 });
        }
        if check_character(body) != Some(*check) {
            return Err(IdentityError::CheckCharacter);
        }
        let mut identity = Self([0; IDENTITY_BYTES]);
        let form = [KIND_RESIDENT].into_iter().chain(number.iter().copied());
        identity.0.iter_mut().zip(form).for_each(|(byte, from)| *byte = from);
        Ok(identity)
    }

    /// The number that `bytes` are the canonical form of; none if they are not.
    pub fn from_bytes(bytes: [u8; IDENTITY_BYTES]) -> Option<Self> {
        let bytes = Zeroizing::new(bytes);
        let [_, number @ .., _] = bytes.as_slice() else { return None };
        let read = Self::parse(std::str::from_utf8(number).ok()?).ok()?;
        (read.0 == *bytes).then_some(read)
    }

    /// The canonical form.
    pub fn as_bytes(&self) -> &[u8; IDENTITY_BYTES] {
        &self.0
    }

    /// Whether both are one number, in constant time.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The 18 characters of a number of 15 digits: the century is written out, the check added.
fn lengthen(digits: &[u8]) -> Zeroizing<Vec<u8>> {
    let (region, rest) = digits.split_at(6.min(digits.len()));
    let sequence = rest.get(6..).unwrap_or_default();
    let century: &[u8] = if CENTENARIANS.contains(&sequence) { b"18" } else { b"19" };
    // With room for all of it from the beginning: a vector that grows leaves a copy behind.
    let mut number = Zeroizing::new(Vec::with_capacity(IDENTITY_BYTES));
    [region, century, rest].into_iter().for_each(|part| number.extend(part));
    let check = check_character(&number);
    number.extend(check);
    number
}

fn check_character(body: &[u8]) -> Option<u8> {
    let sum: u32 =
        body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit & 0x0F) * weight).sum();
    CHECK_CHARACTERS.get(usize::try_from(sum % 11).ok()?).copied()
}

/// Whether eight digits are a day from 1800 to 2199.
fn is_day(digits: &[u8]) -> bool {
    let number = |part: &[u8]| {
        part.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit & 0x0F))
    };
    let [y1, y2, y3, y4, m1, m2, d1, d2] = digits else { return false };
    let year = number(&[*y1, *y2, *y3, *y4]);
    let (month, day) = (number(&[*m1, *m2]), number(&[*d1, *d2]));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1800..2200).contains(&year) && (1..=last).contains(&day)
}
