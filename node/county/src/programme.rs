//! A programme's public figures: who gets what, from which month on.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::subsidy::standards::{StandardTable, StandardTableError, Standards};
use serde::{Deserialize, Serialize};

use crate::day::Birth;

/// Most bands of a programme.
pub const BANDS_MAX: usize = 32;

/// Most characters of a programme's name or a category.
const NAME_CHARACTERS_MAX: usize = 60;

/// The day of a month on which an age counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceDay {
    /// The first.
    First,
    /// The last.
    Last,
}

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The category of persons, where the programme has such; as in the roll's column 类别.
    #[serde(default)]
    pub category: String,
    /// Youngest age, in full years.
    pub age_from: u16,
    /// First age above the band; none for everybody older.
    pub age_below: Option<u16>,
    /// What a month pays, in fen.
    pub standard_fen: u32,
}

/// A programme, as the decision that set it up says. A later decision is another version with a
/// later `effective_from`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Its number on the ledger.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// Programmes of one group exclude one another.
    pub group: u16,
    /// The version of its standards on the ledger.
    pub standards_version: u32,
    /// The first month that is paid by this version.
    pub effective_from: Month,
    /// The day of a month on which ages count.
    pub reference_day: ReferenceDay,
    /// Whether the month of death is still paid.
    pub death_month_is_paid: bool,
    /// Days between posting (公示) and the county's decision.
    pub posting_days: u16,
    /// Fewest handles of a batch: a small one shows too much.
    pub handles_min: u32,
    /// Who gets what.
    #[serde(rename = "band")]
    pub bands: Vec<Band>,
}

/// Why figures are no programme.
#[derive(Debug, thiserror::Error)]
pub enum ProgrammeError {
    /// Not TOML, or not its fields.
    #[error("the programme does not read: {0}")]
    Format(#[from] toml::de::Error),
    /// No bands, or too many.
    #[error("a programme has 1 to {BANDS_MAX} bands, not {found}")]
    Bands {
        /// How many there are.
        found: usize,
    },
    /// A band without ages.
    #[error("band {position} has no ages")]
    Ages {
        /// Its position, from 1.
        position: usize,
    },
    /// Two bands hold one age of one category.
    #[error("bands {first} and {second} hold the same age")]
    Overlap {
        /// Position of the first, from 1.
        first: usize,
        /// Position of the second.
        second: usize,
    },
    /// A name or category that is too long or empty.
    #[error("a name has 1 to {NAME_CHARACTERS_MAX} characters, a category at most as many")]
    Name,
    /// The amounts are not a table.
    #[error(transparent)]
    Table(#[from] StandardTableError),
}

impl Programme {
    /// Reads and checks a file's text.
    ///
    /// # Errors
    /// [`ProgrammeError`].
    pub fn parse(text: &str) -> Result<Self, ProgrammeError> {
        let programme: Self = toml::from_str(text)?;
        programme.check()?;
        Ok(programme)
    }

    /// Checks what a file says.
    ///
    /// # Errors
    /// [`ProgrammeError`], all but the format.
    pub fn check(&self) -> Result<(), ProgrammeError> {
        if !(1..=BANDS_MAX).contains(&self.bands.len()) {
            return Err(ProgrammeError::Bands { found: self.bands.len() });
        }
        let is_long = |text: &str| text.chars().count() > NAME_CHARACTERS_MAX;
        let has_long = self.bands.iter().any(|band| is_long(&band.category));
        if self.name.is_empty() || is_long(&self.name) || has_long {
            return Err(ProgrammeError::Name);
        }
        for (first, one) in self.bands.iter().enumerate() {
            if one.age_below.is_some_and(|below| below <= one.age_from) {
                return Err(ProgrammeError::Ages { position: first + 1 });
            }
            for (second, other) in self.bands.iter().enumerate().skip(first + 1) {
                let ends = |band: &Band| band.age_below.unwrap_or(u16::MAX);
                let meets = one.age_from < ends(other) && other.age_from < ends(one);
                if one.category == other.category && meets {
                    let (first, second) = (first + 1, second + 1);
                    return Err(ProgrammeError::Overlap { first, second });
                }
            }
        }
        self.table().map(|_| ())
    }

    /// The table that every amount of a batch is proven to be in: nothing, and each standard.
    ///
    /// # Errors
    /// [`ProgrammeError::Table`] for more standards than a table holds.
    pub fn table(&self) -> Result<StandardTable, ProgrammeError> {
        let amounts: BTreeSet<u32> =
            std::iter::once(0).chain(self.bands.iter().map(|band| band.standard_fen)).collect();
        Ok(StandardTable::new(amounts.into_iter().collect())?)
    }

    /// The same as the ledger writes it.
    ///
    /// # Errors
    /// [`ProgrammeError::Table`].
    pub fn standards(&self) -> Result<Standards, ProgrammeError> {
        self.table().map(Standards::Table)
    }

    /// The day on which ages count for a month.
    pub fn reference_date(&self, month: Month) -> Date {
        match self.reference_day {
            ReferenceDay::First => month.first_day(),
            ReferenceDay::Last => month.last_day(),
        }
    }

    /// What a month pays to somebody; none if no band holds the age.
    pub fn standard(&self, category: &str, birth: Birth, month: Month) -> Option<u32> {
        let age = birth.age_on(self.reference_date(month))?;
        let holds = |band: &&Band| {
            band.category == category
                && band.age_from <= age
                && band.age_below.is_none_or(|below| age < below)
        };
        self.bands.iter().find(holds).map(|band| band.standard_fen)
    }

    /// Whether some band has this category.
    pub fn has_category(&self, category: &str) -> bool {
        self.bands.iter().any(|band| band.category == category)
    }
}
