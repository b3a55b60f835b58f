//! The rules by which reports judge: dated parameters, or, where a chain has none of that name,
//! what the national file of rules says.

use minglian_ledger::date::Date;
use minglian_ledger::division::Level;
use minglian_ledger::state::{StateError, StateRead};
use serde::Serialize;

use crate::allocation::monitor;
use crate::parameter::{self, Key};
use crate::rules;

/// 预算法 第四十二条: how many years after its first one money may be spent.
pub const CARRY_OVER: &str = crate::allocation::CARRY_OVER_YEARS;

/// A rule as it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The parameter's name.
    pub key: String,
    /// Its value.
    pub value: i64,
    /// In which unit.
    pub unit: String,
    /// The article behind it.
    pub article: String,
    /// The parameter's version on the ledger; none where the chain has no such parameter and
    /// statute was applied.
    pub version: Option<u32>,
}

impl Rule {
    /// The parameter of that name on `date`, or else what the national file says; where neither
    /// knows it, nothing is too much.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn find(reader: &dyn StateRead, name: &str, date: Date) -> Result<Self, StateError> {
        // The names are far shorter than their field.
        let key = Key::new(name).unwrap_or_default();
        if let Some(found) = parameter::find(reader, &key, date)? {
            return Ok(Self {
                key: key.to_string(),
                value: found.value,
                unit: found.unit.to_string(),
                article: found.article.to_string(),
                version: Some(found.version),
            });
        }
        let shipped = rules::national().unwrap_or_default();
        let known = shipped.into_iter().find(|rule| rule.key == key);
        let (value, unit, article) = known.map_or_else(
            || (i64::MAX, String::new(), String::new()),
            |rule| (rule.value, rule.unit.to_string(), rule.article.to_string()),
        );
        Ok(Self { key: key.to_string(), value, unit, article, version: None })
    }
}

/// For how many days quota may lie with its holder, by the holder's level (预算法 第五十二条): a
/// province passes central transfers on within one limit, everybody else within the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldDays {
    province: Rule,
    local: Rule,
}

impl HeldDays {
    /// The limits of a day.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn find(reader: &dyn StateRead, date: Date) -> Result<Self, StateError> {
        let of = |level| Rule::find(reader, &monitor::held_days_parameter(level), date);
        Ok(Self { province: of(Level::Province)?, local: of(Level::Prefecture)? })
    }

    /// The limit for a holder of that level, as receipts judge it.
    pub fn of(&self, level: Level) -> &Rule {
        let is_province = monitor::held_days_parameter(level) == self.province.key;
        if is_province { &self.province } else { &self.local }
    }

    /// Both, the province's first.
    pub fn into_rules(self) -> Vec<Rule> {
        vec![self.province, self.local]
    }
}
