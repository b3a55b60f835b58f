//! 发文字号 (文号): 发文机关代字〔年份〕顺序号号, the name of an official document (GB/T 9704).
//!
//! Copies on the web lose or swap the brackets, so reading one normalises it and says whether
//! anything was changed.

use std::fmt;
use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{date, width};

/// Longest text read as one document number, and longest canonical form, in characters.
pub const DOCUMENT_NUMBER_CHARACTERS_MAX: usize = 64;
/// Longest 发文机关代字 in characters.
pub const ISSUER_CHARACTERS_MAX: usize = 32;
/// Largest 顺序号.
pub const SERIAL_MAX: u32 = 999_999;
/// Most document numbers one line of a notice may carry.
pub const DOCUMENT_NUMBERS_MAX: usize = 16;

/// One document number. Its text is canonical: hexagonal brackets U+3014 and U+3015, no leading
/// zero, no 第.
///
/// **Invariant:** the issuer is 1 to 32 Chinese characters, the year in the range of dates, the
/// serial 1 to [`SERIAL_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct DocumentNumber {
    issuer: String,
    year: u16,
    serial: u32,
}

/// The document numbers printed on one line, in the printed order, each once. The printed set
/// stands for one source of money and is never split; it may be empty.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, Serialize,
)]
#[serde(transparent)]
pub struct DocumentNumberSet(Vec<DocumentNumber>);

/// A value read from a published text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalized<T> {
    /// The canonical value.
    pub canonical: T,
    /// Whether the text was written differently from the canonical form.
    pub changed: bool,
}

/// Why a text is not a document number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentNumberError {
    /// Longer than [`DOCUMENT_NUMBER_CHARACTERS_MAX`].
    #[error("a document number has at most 64 characters, this has more: {text:?}")]
    TooLong {
        /// The text as given, cut to 80 characters.
        text: String,
    },
    /// Not 机关代字〔年份〕n号, even after mending brackets.
    #[error("{text:?} is not a document number such as 财综〔2021〕18号")]
    NotADocumentNumber {
        /// The text as given.
        text: String,
    },
    /// The 发文机关代字 is missing, too long, or not Chinese characters.
    #[error("{issuer:?} is not the short name of an issuing body")]
    Issuer {
        /// The part before the year.
        issuer: String,
    },
    /// The year is outside the range of dates.
    #[error("year {year} of a document number is outside 1949 to 2200")]
    Year {
        /// The year.
        year: u16,
    },
    /// The serial number is 0 or above [`SERIAL_MAX`].
    #[error("serial number {serial} of a document number is outside 1 to {SERIAL_MAX}")]
    Serial {
        /// The serial number.
        serial: u32,
    },
    /// One document is printed twice on a line.
    #[error("document number {number} is printed twice")]
    Repeated {
        /// The canonical text.
        number: String,
    },
    /// More than [`DOCUMENT_NUMBERS_MAX`] on a line.
    #[error("{count} document numbers on one line, at most {DOCUMENT_NUMBERS_MAX} are read")]
    TooMany {
        /// How many there are.
        count: usize,
    },
}

impl DocumentNumber {
    /// The document number with these parts.
    ///
    /// # Errors
    /// [`DocumentNumberError::Issuer`], [`DocumentNumberError::Year`] or
    /// [`DocumentNumberError::Serial`].
    pub fn new(issuer: &str, year: u16, serial: u32) -> Result<Self, DocumentNumberError> {
        let characters = issuer.chars().count();
        let named = (1..=ISSUER_CHARACTERS_MAX).contains(&characters);
        if !named || !issuer.chars().all(is_issuer_character) {
            return Err(DocumentNumberError::Issuer { issuer: width::excerpt(issuer) });
        }
        if !(date::YEAR_MIN..=date::YEAR_MAX).contains(&year) {
            return Err(DocumentNumberError::Year { year });
        }
        if !(1..=SERIAL_MAX).contains(&serial) {
            return Err(DocumentNumberError::Serial { serial });
        }
        Ok(Self { issuer: issuer.to_owned(), year, serial })
    }

    /// Reads a published text: folds full-width forms, drops spaces and 第, puts any kind of
    /// bracket right, restores one lost bracket (`〔202274号`: a year has four digits), drops
    /// leading zeros. With both brackets lost, or without 号, the text is refused: it may be cut.
    pub fn normalize(text: &str) -> Result<Normalized<Self>, DocumentNumberError> {
        if text.chars().count() > DOCUMENT_NUMBER_CHARACTERS_MAX {
            return Err(DocumentNumberError::TooLong { text: width::excerpt(text) });
        }
        let mended: String =
            text.chars().map(mend_character).filter(|character| *character != ' ').collect();
        let (issuer, year, serial) = split(&mended)
            .ok_or_else(|| DocumentNumberError::NotADocumentNumber { text: text.to_owned() })?;
        let canonical = Self::new(issuer, year, serial)?;
        let changed = canonical.to_string() != text;
        Ok(Normalized { canonical, changed })
    }

    /// 发文机关代字, such as 财综.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The year in the brackets.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// 顺序号.
    pub fn serial(&self) -> u32 {
        self.serial
    }
}

impl DocumentNumberSet {
    /// The set of these documents, in this order.
    ///
    /// # Errors
    /// [`DocumentNumberError::Repeated`] or [`DocumentNumberError::TooMany`].
    pub fn new(numbers: Vec<DocumentNumber>) -> Result<Self, DocumentNumberError> {
        if numbers.len() > DOCUMENT_NUMBERS_MAX {
            return Err(DocumentNumberError::TooMany { count: numbers.len() });
        }
        let repeated = numbers
            .iter()
            .enumerate()
            .find(|(index, number)| numbers.iter().take(*index).any(|earlier| earlier == *number));
        match repeated {
            Some((_, number)) => Err(DocumentNumberError::Repeated { number: number.to_string() }),
            None => Ok(Self(numbers)),
        }
    }

    /// Reads a cell with any number of document numbers, separated by a semicolon of either
    /// width, `、`, `->` or `→`. An empty cell is the empty set, a separator at the end is ignored.
    ///
    /// # Errors
    /// Every [`DocumentNumberError`].
    pub fn normalize(text: &str) -> Result<Normalized<Self>, DocumentNumberError> {
        let separated = width::fold(text).replace("->", ";").replace(['→', '、'], ";");
        let cell = separated.trim().trim_end_matches(';');
        if cell.is_empty() {
            return Ok(Normalized { canonical: Self::default(), changed: !text.is_empty() });
        }
        let count = cell.split(';').count();
        if count > DOCUMENT_NUMBERS_MAX {
            return Err(DocumentNumberError::TooMany { count });
        }
        let numbers: Result<Vec<_>, _> = cell
            .split(';')
            .map(|number| DocumentNumber::normalize(number).map(|read| read.canonical))
            .collect();
        let canonical = Self::new(numbers?)?;
        // Which separator was printed is not a change: the numbers themselves are compared.
        let printed = text.replace("->", ";").replace(['\u{FF1B}', '→', '、'], ";");
        let changed = canonical.to_string() != printed;
        Ok(Normalized { canonical, changed })
    }

    /// The documents in the printed order.
    pub fn as_slice(&self) -> &[DocumentNumber] {
        &self.0
    }

    /// Whether none is printed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a character may stand in a 发文机关代字. 号 and 第 may not: they would be the end of
/// another number.
fn is_issuer_character(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '〇')
        && !matches!(character, '号' | '第' | '號')
}

/// Folds width, brackets and spaces of one character.
fn mend_character(character: char) -> char {
    match width::fold_character(character) {
        '[' | '(' | '<' | '{' | '【' | '〈' | '《' | '『' | '「' | '﹝' | '〖' => '〔',
        ']' | ')' | '>' | '}' | '】' | '〉' | '》' | '』' | '」' | '﹞' | '〗' => '〕',
        '號' => '号',
        mended if mended.is_whitespace() => ' ',
        mended => mended,
    }
}

/// Issuer, year and serial of a mended text with at least one bracket.
fn split(text: &str) -> Option<(&str, u16, u32)> {
    let (issuer, rest) = match text.split_once('〔') {
        Some(parts) => parts,
        None => text.split_at(text.find(|character: char| character.is_ascii_digit())?),
    };
    let (year, rest) = rest.split_at_checked(4)?;
    let opened = text.contains('〔');
    let after = match rest.strip_prefix('〕') {
        Some(after) => after,
        None if opened => rest,
        None => return None,
    };
    let serial = after.strip_prefix('第').unwrap_or(after).strip_suffix('号')?;
    Some((issuer, digits(year)?, digits(serial)?))
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    // `parse` alone would take a plus sign.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}〔{}〕{}号", self.issuer, self.year, self.serial)
    }
}

impl fmt::Display for DocumentNumberSet {
    /// The canonical numbers, separated by `;`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(";")?;
            }
            write!(formatter, "{number}")?;
        }
        Ok(())
    }
}

fn invalid_data(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl BorshDeserialize for DocumentNumber {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let issuer =
            crate::text::Text::<{ ISSUER_CHARACTERS_MAX * 4 }>::deserialize_reader(reader)?;
        let year = u16::deserialize_reader(reader)?;
        let serial = u32::deserialize_reader(reader)?;
        Self::new(issuer.as_str(), year, serial).map_err(invalid_data)
    }
}

impl BorshDeserialize for DocumentNumberSet {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let count = u32::deserialize_reader(reader)? as usize;
        if count > DOCUMENT_NUMBERS_MAX {
            return Err(invalid_data(DocumentNumberError::TooMany { count }));
        }
        let numbers: io::Result<Vec<_>> =
            (0..count).map(|_| DocumentNumber::deserialize_reader(reader)).collect();
        Self::new(numbers?).map_err(invalid_data)
    }
}

impl Serialize for DocumentNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DocumentNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        Self::normalize(&text).map(|read| read.canonical).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for DocumentNumberSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers: Vec<DocumentNumber> = Deserialize::deserialize(deserializer)?;
        Self::new(numbers).map_err(serde::de::Error::custom)
    }
}
