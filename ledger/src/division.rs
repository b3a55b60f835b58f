//! 行政区划代码 (GB/T 2260): six digits, two each for province, prefecture and county.

pub mod names;

use std::fmt;
use std::io;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::width;

/// First two digits in use: provinces, autonomous regions, municipalities, Hong Kong and Macao.
const PROVINCES: [u32; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82,
];

/// A division's code, or 100000 for the whole country as civil-affairs statistics write it.
///
/// **Invariant:** six digits whose first two name a province (or 100000), and no county without a
/// prefecture. Whether the code is assigned today is not checked: divisions merge and split.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Division(u32);

/// How high a division stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 全国.
    Nation,
    /// 省, 自治区, 直辖市.
    Province,
    /// 地级市 and equals.
    Prefecture,
    /// 县, 区, 县级市.
    County,
}

/// Why something is not a division's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DivisionError {
    /// Not six digits.
    #[error("a division's code has six digits, this is not one: {text:?}")]
    NotSixDigits {
        /// The text as given, cut to 80 characters.
        text: String,
    },
    /// Six digits that no division can have.
    #[error("{code} is not a division: no such province, or a county without a prefecture")]
    Impossible {
        /// The number.
        code: u32,
    },
}

impl Division {
    /// The whole country.
    pub const NATION: Self = Self(100_000);

    /// The division with that code.
    ///
    /// # Errors
    /// [`DivisionError::Impossible`].
    pub fn new(code: u32) -> Result<Self, DivisionError> {
        let province = PROVINCES.contains(&(code / 10_000));
        let gap = code % 10_000 < 100 && !code.is_multiple_of(100);
        if code == Self::NATION.0 || (province && !gap) {
            Ok(Self(code))
        } else {
            Err(DivisionError::Impossible { code })
        }
    }

    /// The code as a number.
    pub fn code(self) -> u32 {
        self.0
    }

    /// The six digits, ASCII.
    pub fn digits(self) -> [u8; 6] {
        let mut digits = [b'0'; 6];
        let mut rest = self.0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        digits
    }

    /// How high it stands.
    pub fn level(self) -> Level {
        if self == Self::NATION {
            Level::Nation
        } else if self.0.is_multiple_of(10_000) {
            Level::Province
        } else if self.0.is_multiple_of(100) {
            Level::Prefecture
        } else {
            Level::County
        }
    }

    /// The division above, or none for the nation. The county of a municipality is below its
    /// `xx01` prefecture, as in the standard's numbering.
    pub fn parent(self) -> Option<Self> {
        match self.level() {
            Level::Nation => None,
            Level::Province => Some(Self::NATION),
            Level::Prefecture => Some(Self(self.0 / 10_000 * 10_000)),
            Level::County => Some(Self(self.0 / 100 * 100)),
        }
    }

    /// Whether `other` is this division or lies in it.
    pub fn contains(self, other: Self) -> bool {
        std::iter::successors(Some(other), |division| division.parent()).any(|above| above == self)
    }

    /// Its own name, such as 来安县, if the bundled table holds it.
    pub fn name(self) -> Option<&'static str> {
        names::name_of(self)
    }
}

/// The division a notice's text names, if the bundled table holds it; see
/// [`names::find_by_name`].
pub fn find_by_name(text: &str) -> Option<Division> {
    names::find_by_name(text)
}

/// The division that `text` names within `parent`; see [`names::find_within`].
pub fn find_within(parent: Division, text: &str) -> Option<Division> {
    names::find_within(parent, text)
}

impl fmt::Display for Division {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:06}", self.0)
    }
}

impl fmt::Debug for Division {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Division({:06})", self.0)
    }
}

impl FromStr for Division {
    type Err = DivisionError;

    fn from_str(text: &str) -> Result<Self, DivisionError> {
        let error = || DivisionError::NotSixDigits { text: width::excerpt(text) };
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error());
        }
        Self::new(text.parse().map_err(|_| error())?)
    }
}

impl BorshDeserialize for Division {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        Self::new(u32::deserialize_reader(reader)?)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl Serialize for Division {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Division {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
