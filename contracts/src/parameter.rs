//! Dated parameters: the figures that law or policy may change.
//!
//! Versions are only ever added. The value on a date is that of the newest version whose dates
//! cover it, so that an act is judged by the rule of the day it happened, and a receipt names the
//! version by which it was judged.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::GenesisParameter;
use minglian_ledger::height::Height;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Most versions of one parameter.
pub const VERSIONS_MAX: usize = 256;

/// A parameter's name, e.g. `lottery.fund_ratio.双色球`.
pub type Key = Text<128>;

/// All versions of each parameter, oldest first.
pub const PARAMETERS: Table<Key, Vec<Version>> = Table::new(schema::prefix::PARAMETERS);

/// One version of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Version {
    /// Counts from 1.
    pub version: u32,
    /// Its value in `unit`.
    pub value: i64,
    /// The unit, e.g. `basis_points`, `days`, `fen`. All versions have the same.
    pub unit: Text<32>,
    /// First day on which it holds.
    pub effective_from: Date,
    /// Last day on which it holds, if known.
    pub effective_to: Option<Date>,
    /// The law article or policy document from which it comes.
    pub article: Text<256>,
    /// Who approved its entry.
    pub approved_by: Text<192>,
    /// The block that entered it.
    pub entered_at: Height,
}

/// A parameter by which an act was judged.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Judged {
    /// Its name.
    pub key: Key,
    /// The version that held.
    pub version: u32,
    /// Its value.
    pub value: i64,
}

/// The version of `key` that holds on `date`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn find(reader: &dyn StateRead, key: &Key, date: Date) -> Result<Option<Version>, StateError> {
    let holds = |version: &Version| {
        version.effective_from <= date && version.effective_to.is_none_or(|last| date <= last)
    };
    Ok(PARAMETERS.get(reader, key)?.unwrap_or_default().into_iter().rev().find(holds))
}

/// The value of `key` on `date`, with its version reported in the receipt.
///
/// # Errors
/// [`Code::ParameterUnknown`] if none holds.
pub fn judge(
    state: &State<'_>,
    context: &mut Context<'_>,
    key: &str,
    date: Date,
) -> Result<i64, Fault> {
    let unknown = || Fault::from(Refusal::new(Code::ParameterUnknown, format!("{key} on {date}")));
    let key = Key::new(key).map_err(|_| unknown())?;
    let Version { version, value, .. } = find(state, &key, date)?.ok_or_else(unknown)?;
    // An act may ask for one parameter several times; the receipt names it once.
    context.emit_once(Judged { key, version, value });
    Ok(value)
}

/// The value of `key` on `date`, with its version reported in the receipt; none if none holds.
///
/// # Errors
/// [`Code::ParameterInvalid`] for a name that does not fit.
pub fn judge_if_set(
    state: &State<'_>,
    context: &mut Context<'_>,
    key: &str,
    date: Date,
) -> Result<Option<i64>, Fault> {
    let key = Key::new(key).map_err(|error| Refusal::new(Code::ParameterInvalid, error))?;
    let Some(Version { version, value, .. }) = find(state, &key, date)? else { return Ok(None) };
    context.emit_once(Judged { key, version, value });
    Ok(Some(value))
}

/// Adds a version; returns its number.
///
/// # Errors
/// [`Code::ParameterInvalid`] if the dates are in the wrong order or the unit changes,
/// [`Code::ParameterFull`].
pub(crate) fn enter(
    state: &mut State<'_>,
    parameter: &GenesisParameter,
    height: Height,
) -> Result<u32, Fault> {
    let GenesisParameter { key, value, unit, effective_from, effective_to, .. } = parameter;
    let mut versions = PARAMETERS.get(state, key)?.unwrap_or_default();
    if effective_to.is_some_and(|last| last < *effective_from) {
        let detail = format!("{key}: ends before it begins on {effective_from}");
        return Err(Refusal::new(Code::ParameterInvalid, detail).into());
    }
    if let Some(known) = versions.first().filter(|known| known.unit != *unit) {
        let detail = format!("{key}: the unit is {}, not {unit}", known.unit);
        return Err(Refusal::new(Code::ParameterInvalid, detail).into());
    }
    let full = || Refusal::new(Code::ParameterFull, key);
    if versions.len() >= VERSIONS_MAX {
        return Err(full().into());
    }
    let version = u32::try_from(versions.len() + 1).map_err(|_| full())?;
    versions.push(Version {
        version,
        value: *value,
        unit: unit.clone(),
        effective_from: *effective_from,
        effective_to: *effective_to,
        article: parameter.article.clone(),
        approved_by: parameter.approved_by.clone(),
        entered_at: height,
    });
    PARAMETERS.put(state, key, &versions);
    Ok(version)
}
