//! The reviewed file of rules with which a chain starts.

use minglian_ledger::date::Date;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::text::{Text, TextError};
use serde::Deserialize;

use super::rule::{Condition, RuleName, Terms, Tier, Trigger};
use super::schedule::ScheduleError;

/// The file as it is shipped.
const SHIPPED: &str = include_str!("../../rules/disclosure.toml");

/// Why a file of rules does not read.
#[derive(Debug, thiserror::Error)]
pub enum RuleFileError {
    /// No TOML, or other fields than the file has.
    #[error("the rules of disclosure do not read: {0}")]
    Malformed(String),
    /// A deadline.
    #[error("rule {rule}: {source}")]
    Schedule {
        /// The rule.
        rule: RuleName,
        /// Its deadline.
        source: ScheduleError,
    },
    /// Who approves.
    #[error(transparent)]
    Text(#[from] TextError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: RuleName,
    trigger: Trigger,
    #[serde(default)]
    owed_by: Vec<OrganizationKind>,
    #[serde(default)]
    tiers: Vec<Tier>,
    #[serde(default)]
    condition: Condition,
    #[serde(default)]
    longer_than_months: u8,
    zh: Text<192>,
    en: Text<192>,
    due: String,
    from: Date,
    to: Option<Date>,
    article: Text<256>,
    verified: bool,
    source: Text<256>,
}

/// The rules of the shipped file, in its order.
///
/// # Errors
/// [`RuleFileError`]; a test shows that the shipped file has none.
pub fn shipped() -> Result<Vec<(RuleName, Terms)>, RuleFileError> {
    parse(SHIPPED)
}

/// The rules of a file, in its order.
///
/// # Errors
/// [`RuleFileError`] naming the first thing that is wrong.
pub fn parse(text: &str) -> Result<Vec<(RuleName, Terms)>, RuleFileError> {
    let file: File =
        toml::from_str(text).map_err(|error| RuleFileError::Malformed(error.to_string()))?;
    file.rule.into_iter().map(terms).collect()
}

fn terms(entry: Entry) -> Result<(RuleName, Terms), RuleFileError> {
    let Entry { name, due, .. } = entry;
    let schedule =
        due.parse().map_err(|source| RuleFileError::Schedule { rule: name.clone(), source })?;
    let terms = Terms {
        trigger: entry.trigger,
        owed_by: entry.owed_by,
        tiers: entry.tiers,
        condition: entry.condition,
        longer_than_months: entry.longer_than_months,
        title_zh: entry.zh,
        title_en: entry.en,
        schedule,
        effective_from: entry.from,
        effective_to: entry.to,
        article: entry.article,
        verified: entry.verified,
        source: entry.source,
        approved_by: Text::new("创世")?,
    };
    Ok((name, terms))
}
