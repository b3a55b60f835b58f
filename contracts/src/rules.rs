//! The figures of law and policy, and the holidays, as files that a clerk can review.
//!
//! `contracts/rules/*.toml` are part of the program: one entry is one figure with its unit, its
//! dates, its article and where it was read. A chain starts with the verified figures of the
//! national file. What is not verified, and what is regional, is in the files to be looked at and
//! is never assumed: a genesis names it (its `parameters`, which [`named`] makes), or governors
//! set it later. Where a figure is missing, the act that must be judged by it is refused
//! (`ParameterUnknown`), and what merely may be demanded is not.

use std::collections::BTreeMap;

use minglian_ledger::date::Date;
use minglian_ledger::genesis::GenesisParameter;
use minglian_ledger::text::Text;
use serde::Deserialize;

use crate::parameter::Key;
use crate::refusal::Refusal;
use crate::working_day::Notice;

/// A file of figures. Later ones take precedence: what they name replaces what the others say for
/// the same days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// 全国.
    National,
    /// 安徽省.
    Anhui,
    /// 滁州市.
    Chuzhou,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The parameter.
    pub key: Key,
    /// Its value in `unit`.
    pub value: i64,
    /// The unit.
    pub unit: Text<32>,
    /// First day on which it holds; always, if none is known.
    pub effective_from: Option<Date>,
    /// Last day on which it holds, if known.
    pub effective_to: Option<Date>,
    /// The article behind it, as pages show it.
    pub article: Text<256>,
    /// Where it was read.
    pub source: Text<192>,
    /// Whether a source at hand prints it for the file's territory.
    pub verified: bool,
}

/// Why a file of rules cannot be used. The files are part of the program and a test reads them all,
/// so no program that was tested meets this.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not TOML, or with other fields than a rule has.
    #[error("rules {file}: {source}")]
    Malformed {
        /// The file's name.
        file: &'static str,
        /// What the parser says.
        source: Box<toml::de::Error>,
    },
    /// A figure ends before it begins, or its article or source is empty.
    #[error("rules {file}: {key} ends before it begins, or names no article or source")]
    Incomplete {
        /// The file's name.
        file: &'static str,
        /// The parameter.
        key: Key,
    },
    /// Two figures of one parameter hold on the same day.
    #[error("rules {file}: two values of {key} hold on {date}")]
    Overlap {
        /// The file's name.
        file: &'static str,
        /// The parameter.
        key: Key,
        /// The first such day.
        date: Date,
    },
    /// Two figures of one parameter have different units.
    #[error("rules {file}: {key} has two units")]
    Unit {
        /// The file's name.
        file: &'static str,
        /// The parameter.
        key: Key,
    },
    /// A year's holidays that cannot be.
    #[error("holidays: {0}")]
    Holidays(Refusal),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holidays {
    year: Vec<Notice>,
}

impl File {
    /// All files, in the order of precedence.
    pub const ALL: &[Self] = &[Self::National, Self::Anhui, Self::Chuzhou];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Anhui => "anhui",
            Self::Chuzhou => "chuzhou",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::National => include_str!("../rules/national.toml"),
            Self::Anhui => include_str!("../rules/anhui.toml"),
            Self::Chuzhou => include_str!("../rules/chuzhou.toml"),
        }
    }

    /// Its figures, in the order of the file.
    ///
    /// # Errors
    /// [`RulesError`] naming the first that is wrong.
    pub fn rules(self) -> Result<Vec<Rule>, RulesError> {
        read(self.name(), self.text())
    }
}

impl Rule {
    /// The rule as a chain starts with it.
    pub fn parameter(&self) -> GenesisParameter {
        GenesisParameter {
            key: self.key.clone(),
            value: self.value,
            unit: self.unit.clone(),
            effective_from: self.first_day(),
            effective_to: self.effective_to,
            article: self.article.clone(),
            // Both are far shorter than the field.
            approved_by: Text::new(if self.verified { "创世" } else { "创世(未核实)" })
                .unwrap_or_default(),
        }
    }

    fn first_day(&self) -> Date {
        self.effective_from.unwrap_or(Date::MIN)
    }

    fn last_day(&self) -> Date {
        self.effective_to.unwrap_or(Date::MAX)
    }
}

/// Reads the text of a file of figures.
///
/// # Errors
/// [`RulesError`] naming the first that is wrong.
pub fn read(file: &'static str, text: &str) -> Result<Vec<Rule>, RulesError> {
    let malformed = |source| RulesError::Malformed { file, source: Box::new(source) };
    let Rules { rule: rules } = toml::from_str(text).map_err(malformed)?;
    let mut known: BTreeMap<&Key, Vec<&Rule>> = BTreeMap::new();
    for rule in &rules {
        let key = rule.key.clone();
        if rule.last_day() < rule.first_day()
            || rule.article.is_empty()
            || rule.source.is_empty()
            || key.is_empty()
        {
            return Err(RulesError::Incomplete { file, key });
        }
        let others = known.entry(&rule.key).or_default();
        for other in others.iter() {
            if other.unit != rule.unit {
                return Err(RulesError::Unit { file, key });
            }
            let date = rule.first_day().max(other.first_day());
            if date <= rule.last_day().min(other.last_day()) {
                return Err(RulesError::Overlap { file, key, date });
            }
        }
        others.push(rule);
    }
    Ok(rules)
}

/// The parameters with which every chain starts whose genesis does not name them: the verified
/// figures of the national file.
///
/// # Errors
/// As [`File::rules`].
pub fn national() -> Result<Vec<GenesisParameter>, RulesError> {
    let rules = File::National.rules()?;
    Ok(rules.iter().filter(|rule| rule.verified).map(Rule::parameter).collect())
}

/// What a genesis puts among its `parameters` to name all figures, verified or not, of all files
/// whose parameter begins with one of `prefixes`.
///
/// # Errors
/// As [`File::rules`].
pub fn named(prefixes: &[&str]) -> Result<Vec<GenesisParameter>, RulesError> {
    let mut parameters = Vec::new();
    for file in File::ALL {
        let is_named =
            |rule: &&Rule| prefixes.iter().any(|prefix| rule.key.as_str().starts_with(prefix));
        parameters.extend(file.rules()?.iter().filter(is_named).map(Rule::parameter));
    }
    Ok(parameters)
}

/// The State Council's notices of holidays with which every chain starts.
///
/// # Errors
/// [`RulesError::Malformed`], [`RulesError::Holidays`].
pub fn holidays() -> Result<Vec<Notice>, RulesError> {
    let text = include_str!("../rules/holidays.toml");
    let malformed = |source| RulesError::Malformed { file: "holidays", source: Box::new(source) };
    let Holidays { year: notices } = toml::from_str(text).map_err(malformed)?;
    for notice in &notices {
        notice.check().map_err(RulesError::Holidays)?;
    }
    Ok(notices)
}
