//! What a programme may pay: a table of standards, or amounts in a range. Public, and part of what
//! every proof is bound to.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Fewest standards of a table, zero among them.
pub const STANDARDS_MIN: usize = 2;
/// Most standards of a table: a proof grows with them.
pub const STANDARDS_MAX: usize = 8;

/// Lawful amounts in fen, strictly increasing, the first of them zero: who is suspended or dead is
/// paid nothing, and nobody sees it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>")]
pub struct StandardTable(Vec<u32>);

/// Why amounts are not a table of standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StandardTableError {
    /// Not two to eight standards.
    #[error("a table has {STANDARDS_MIN} to {STANDARDS_MAX} standards, not {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// Zero is missing.
    #[error("the first standard is zero, not {found} fen")]
    FirstNotZero {
        /// The first standard, in fen.
        found: u32,
    },
    /// A standard is not above the one before.
    #[error("standard {position} is not above the one before")]
    NotIncreasing {
        /// Position of the standard, from 0.
        position: usize,
    },
}

impl StandardTable {
    /// Checks number and order.
    pub fn new(standards: Vec<u32>) -> Result<Self, StandardTableError> {
        if !(STANDARDS_MIN..=STANDARDS_MAX).contains(&standards.len()) {
            return Err(StandardTableError::Length { found: standards.len() });
        }
        if let Some(found) = standards.first().copied().filter(|first| *first != 0) {
            return Err(StandardTableError::FirstNotZero { found });
        }
        let unordered = standards.windows(2).position(|pair| matches!(pair, [a, b] if a >= b));
        match unordered {
            Some(position) => Err(StandardTableError::NotIncreasing { position: position + 1 }),
            None => Ok(Self(standards)),
        }
    }

    /// The standards in fen, increasing.
    pub fn standards(&self) -> &[u32] {
        &self.0
    }
}

impl TryFrom<Vec<u32>> for StandardTable {
    type Error = StandardTableError;

    fn try_from(standards: Vec<u32>) -> Result<Self, StandardTableError> {
        Self::new(standards)
    }
}

impl BorshDeserialize for StandardTable {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        Self::new(Vec::deserialize_reader(reader)?)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Amounts from `min` to `max` in steps of `unit`, all in fen. A programme whose handles may be
/// suspended has a `min` of zero: there is no other way to pay nothing unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[serde(try_from = "RangeParts")]
pub struct RangeRule {
    min: u32,
    max: u32,
    unit: u32,
    bits: RangeBits,
}

/// How many units a range may span: below 2^8, 2^16 or 2^32.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RangeBits {
    /// 8 bits.
    Eight,
    /// 16 bits.
    Sixteen,
    /// 32 bits.
    ThirtyTwo,
}

/// Why numbers are not a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeRuleError {
    /// The unit is zero, or does not divide what lies between the bounds.
    #[error("{min} to {max} fen is not a whole number of units of {unit} fen")]
    Unit {
        /// Least amount, in fen.
        min: u32,
        /// Greatest amount, in fen.
        max: u32,
        /// Step, in fen.
        unit: u32,
    },
    /// The greatest amount is not above the least.
    #[error("the range from {min} to {max} fen is empty")]
    Empty {
        /// Least amount, in fen.
        min: u32,
        /// Greatest amount, in fen.
        max: u32,
    },
    /// More units than the bits hold.
    #[error("{units} units do not fit into {bits} bits")]
    Bits {
        /// Units between the bounds.
        units: u32,
        /// Bits of the range.
        bits: usize,
    },
}

impl RangeBits {
    /// The number of bits.
    pub fn count(self) -> usize {
        match self {
            Self::Eight => 8,
            Self::Sixteen => 16,
            Self::ThirtyTwo => 32,
        }
    }
}

impl RangeRule {
    /// Checks the bounds against each other, the unit and the bits.
    pub fn new(min: u32, max: u32, unit: u32, bits: RangeBits) -> Result<Self, RangeRuleError> {
        let span = max.checked_sub(min).filter(|span| *span > 0);
        let span = span.ok_or(RangeRuleError::Empty { min, max })?;
        let units = span
            .checked_div(unit)
            .filter(|units| units.checked_mul(unit) == Some(span))
            .ok_or(RangeRuleError::Unit { min, max, unit })?;
        if u64::from(units) >> bits.count() != 0 {
            return Err(RangeRuleError::Bits { units, bits: bits.count() });
        }
        Ok(Self { min, max, unit, bits })
    }

    /// Least amount, in fen.
    pub fn min(&self) -> u32 {
        self.min
    }

    /// Greatest amount, in fen.
    pub fn max(&self) -> u32 {
        self.max
    }

    /// Step, in fen.
    pub fn unit(&self) -> u32 {
        self.unit
    }

    /// Bits of the proofs.
    pub fn bits(&self) -> RangeBits {
        self.bits
    }

    /// Units between `min` and `max`.
    pub fn units(&self) -> u32 {
        // The constructor made sure that the unit divides the span.
        self.max.saturating_sub(self.min).checked_div(self.unit).unwrap_or_default()
    }
}

/// A range as it stands in JSON, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeParts {
    min: u32,
    max: u32,
    unit: u32,
    bits: RangeBits,
}

impl TryFrom<RangeParts> for RangeRule {
    type Error = RangeRuleError;

    fn try_from(parts: RangeParts) -> Result<Self, RangeRuleError> {
        let RangeParts { min, max, unit, bits } = parts;
        Self::new(min, max, unit, bits)
    }
}

impl BorshDeserialize for RangeRule {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let (min, max, unit, bits) = BorshDeserialize::deserialize_reader(reader)?;
        Self::new(min, max, unit, bits)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// What a programme may pay. The number of a variant is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standards {
    /// One of a table of amounts.
    Table(StandardTable),
    /// An amount in a range.
    Range(RangeRule),
}
