//! Money: whole fen, never a float, never negative.

use std::fmt;
use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::width;

/// An amount of renminbi in fen (1/100 元), at most [`Fen::MAX`].
///
/// **Invariant:** the number is at most 2^53 − 1, so that JavaScript never rounds it. JSON carries
/// it as a string of decimal digits, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize)]
pub struct Fen(u64);

/// The unit a notice prints its amounts in.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub enum Unit {
    /// 分.
    #[serde(rename = "分")]
    Fen,
    /// 元: 100 fen.
    #[serde(rename = "元")]
    Yuan,
    /// 万元: 1,000,000 fen.
    #[serde(rename = "万元")]
    TenThousandYuan,
    /// 亿元: 10,000,000,000 fen.
    #[serde(rename = "亿元")]
    HundredMillionYuan,
}

/// Longest amount text accepted, in characters.
pub const AMOUNT_CHARACTERS_MAX: usize = 40;

/// Why a number or a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FenError {
    /// More fen than [`Fen::MAX`].
    #[error("{fen} fen is more than the {} one amount may hold", Fen::MAX.0)]
    AboveMaximum {
        /// The number of fen.
        fen: u64,
    },
    /// Printed digits above [`Fen::MAX`].
    #[error("amount {text:?} {} is larger than one amount may be", unit.as_str())]
    TooLarge {
        /// The text as given, cut to 80 characters.
        text: String,
        /// The unit it was read in.
        unit: Unit,
    },
    /// Nothing is written.
    #[error("no amount is written")]
    Empty,
    /// Longer than [`AMOUNT_CHARACTERS_MAX`].
    #[error("an amount has at most {AMOUNT_CHARACTERS_MAX} characters, this has more: {text:?}")]
    TooLong {
        /// The text as given, cut to 80 characters.
        text: String,
    },
    /// A minus sign: a return or correction is its own kind of entry, never a negative amount.
    #[error("amount {text:?} is negative")]
    Negative {
        /// The text as given.
        text: String,
    },
    /// Not plain decimal digits: an exponent, a sign, a misplaced separator, other characters.
    #[error("amount {text:?} is not a plain decimal number")]
    NotDecimal {
        /// The text as given.
        text: String,
    },
    /// The exact value has a part smaller than one fen.
    #[error("amount {text:?} {} is not a whole number of fen", unit.as_str())]
    NotWholeFen {
        /// The text as given.
        text: String,
        /// The unit it was read in.
        unit: Unit,
    },
    /// A unit other than 分, 元, 万元, 亿元.
    #[error("unit {text:?} is none of 分, 元, 万元, 亿元")]
    UnknownUnit {
        /// The text as given, cut to 80 characters.
        text: String,
    },
}

impl Unit {
    /// All units, smallest first.
    pub const ALL: [Self; 4] =
        [Self::Fen, Self::Yuan, Self::TenThousandYuan, Self::HundredMillionYuan];

    /// The unit's name as notices print it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fen => "分",
            Self::Yuan => "元",
            Self::TenThousandYuan => "万元",
            Self::HundredMillionYuan => "亿元",
        }
    }

    /// Reads a unit's printed name.
    pub fn parse(text: &str) -> Result<Self, FenError> {
        let folded = width::fold(text);
        let name = folded.trim();
        Self::ALL
            .into_iter()
            .find(|unit| unit.as_str() == name)
            .ok_or_else(|| FenError::UnknownUnit { text: width::excerpt(text) })
    }

    /// How many decimals of this unit make one fen.
    pub const fn decimals(self) -> usize {
        match self {
            Self::Fen => 0,
            Self::Yuan => 2,
            Self::TenThousandYuan => 6,
            Self::HundredMillionYuan => 10,
        }
    }
}

impl Fen {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The largest amount: 2^53 − 1 fen, about 90 万亿元.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// An amount of `fen` fen.
    ///
    /// # Errors
    /// [`FenError::AboveMaximum`] above [`Fen::MAX`].
    pub const fn new(fen: u64) -> Result<Self, FenError> {
        if fen > Self::MAX.0 { Err(FenError::AboveMaximum { fen }) } else { Ok(Self(fen)) }
    }

    /// The number of fen.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether this is no money.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or none above [`Fen::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|fen| Self::new(fen).ok())
    }

    /// The difference, or none if `other` is more.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `count` times this amount (a rate times persons), or none above [`Fen::MAX`].
    pub fn checked_mul(self, count: u64) -> Option<Self> {
        self.0.checked_mul(count).and_then(|fen| Self::new(fen).ok())
    }

    /// The sum of all, or none above [`Fen::MAX`].
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Reads an amount in 元, such as `298,590.00`; see [`Fen::parse_published`].
    pub fn from_yuan_text(text: &str) -> Result<Self, FenError> {
        Self::parse_published(text, Unit::Yuan)
    }

    /// Reads a printed amount exactly. Full-width digits and punctuation are folded; thousands
    /// separators must stand every three digits of the whole part. Decimals below one fen are
    /// accepted only when they are zeros.
    ///
    /// # Errors
    /// Every [`FenError`] but [`FenError::AboveMaximum`] and [`FenError::UnknownUnit`].
    pub fn parse_published(text: &str, unit: Unit) -> Result<Self, FenError> {
        if text.chars().count() > AMOUNT_CHARACTERS_MAX {
            return Err(FenError::TooLong { text: width::excerpt(text) });
        }
        let folded = width::fold(text);
        let number = folded.trim();
        if number.is_empty() {
            return Err(FenError::Empty);
        }
        if number.starts_with(['-', '\u{2212}', '\u{2013}']) {
            return Err(FenError::Negative { text: text.to_owned() });
        }
        let (whole, fraction) =
            split_decimal(number).ok_or_else(|| FenError::NotDecimal { text: text.to_owned() })?;
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > unit.decimals() {
            return Err(FenError::NotWholeFen { text: text.to_owned(), unit });
        }
        let padding = unit.decimals() - fraction.len();
        let digits =
            whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', padding));
        digits
            .filter(|byte| *byte != b',')
            .try_fold(0_u64, |fen, digit| {
                fen.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')))
            })
            .and_then(|fen| Self::new(fen).ok())
            .ok_or_else(|| FenError::TooLarge { text: text.to_owned(), unit })
    }

    /// The amount in `unit`, exact, without needless zeros: 972749000 fen in 万元 is `972.749`.
    pub fn display_in(self, unit: Unit) -> String {
        let decimals = unit.decimals();
        let digits = format!("{:0width$}", self.0, width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        }
    }
}

/// The whole part (separators still in it) and the decimals of a plain decimal number.
fn split_decimal(number: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    let mut groups = whole.split(',');
    let first = groups.next().filter(|first| is_digits(first))?;
    let grouped = whole.len() > first.len();
    let regular = groups.all(|group| group.len() == 3 && is_digits(group));
    (regular && (!grouped || first.len() <= 3)).then_some((whole, fraction))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Fen {
    /// 元 with two decimals, no separators: `298590.00`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl BorshDeserialize for Fen {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        Self::new(u64::deserialize_reader(reader)?)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl Serialize for Fen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Fen {
    /// Accepts only the form that is written: digits, no sign, no leading zero.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        if !is_digits(&text) || (text.len() > 1 && text.starts_with('0')) {
            let error = FenError::NotDecimal { text: width::excerpt(&text) };
            return Err(serde::de::Error::custom(error));
        }
        Self::parse_published(&text, Unit::Fen).map_err(serde::de::Error::custom)
    }
}
