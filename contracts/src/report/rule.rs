//! The rules by which reports judge: dated parameters, or, where a chain has none of that name,
//! what statute says.

use minglian_ledger::date::Date;
use minglian_ledger::state::{StateError, StateRead};
use serde::Serialize;

use crate::allocation::CARRY_OVER_YEARS;
use crate::parameter::{self, Key, Statutory};

/// 预算法 第五十二条: how long a province may hold central transfers.
pub const HELD_DAYS_PROVINCE: Statutory = Statutory {
    key: "allocation.held_days_max.province",
    value: 30,
    unit: "days",
    from: None,
    until: None,
    article: "预算法 第五十二条: 接到上级转移支付后三十日内正式下达",
};

/// 预算法 第五十二条: how long local special transfers may take.
pub const HELD_DAYS_LOCAL: Statutory = Statutory {
    key: "allocation.held_days_max.local",
    value: 60,
    unit: "days",
    from: None,
    until: None,
    article: "预算法 第五十二条: 地方专项转移支付在预算批准后六十日内正式下达",
};

/// 预算法 第四十二条: how many years after its first one money may be spent.
pub const CARRY_OVER: Statutory = Statutory {
    key: CARRY_OVER_YEARS,
    value: 1,
    unit: "years",
    from: None,
    until: None,
    article: "预算法 第四十二条: 连续两年未用完的结转资金作为结余资金管理",
};

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
    /// The parameter of that name on `date`, or else what statute says.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn find(
        reader: &dyn StateRead,
        statutory: &Statutory,
        date: Date,
    ) -> Result<Self, StateError> {
        // The names are far shorter than their field.
        let key = Key::new(statutory.key).unwrap_or_default();
        Ok(match parameter::find(reader, &key, date)? {
            Some(found) => Self {
                key: key.to_string(),
                value: found.value,
                unit: found.unit.to_string(),
                article: found.article.to_string(),
                version: Some(found.version),
            },
            None => Self {
                key: key.to_string(),
                value: statutory.value,
                unit: statutory.unit.to_owned(),
                article: statutory.article.to_owned(),
                version: None,
            },
        })
    }
}
