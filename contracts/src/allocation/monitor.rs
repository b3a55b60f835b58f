//! What is watched and never refused: how long money lay at a level, how much of it was issued
//! early, for what it is, and how old it is.
//!
//! All are pure functions of lines, for receipts and reports alike. The limits are dated
//! parameters with their article; where none holds, the figure stands alone.

use minglian_ledger::date::Date;
use minglian_ledger::division::Level;
use minglian_ledger::fen::Fen;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::line::{Line, LineName};
use super::{CATEGORY_SHARE_MIN, Category, Event, HELD_DAYS_MAX};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter::{self, Key, Version};
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;

/// Basis points in a whole.
const BASIS_POINTS: u128 = 10_000;

/// A line with what its payments gave back, as reports read them.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a LineName,
    /// The line.
    pub line: &'a Line,
    /// What failed, returned and reversed payments gave back to it
    /// ([`crate::payment::RETURNED`]).
    pub bounced: Fen,
}

/// A part of a whole, in fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The part.
    pub part_fen: u128,
    /// The whole.
    pub whole_fen: u128,
}

/// A share beside the least that a rule wants of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Monitored {
    /// The share.
    pub share: Share,
    /// The rule of the day, with its article; none if none holds.
    pub least: Option<Version>,
    /// Whether the share reaches it; none without a rule or without money.
    pub is_met: Option<bool>,
}

impl Share {
    /// In basis points, rounded down; none of nothing.
    pub fn basis_points(self) -> Option<u16> {
        let points = self.part_fen.checked_mul(BASIS_POINTS)?.checked_div(self.whole_fen)?;
        u16::try_from(points).ok()
    }

    /// Whether it is at least `basis_points`, compared exactly.
    fn reaches(self, basis_points: i64) -> Option<bool> {
        let least = u128::try_from(basis_points).ok()?.checked_mul(self.whole_fen)?;
        (self.whole_fen > 0).then_some(self.part_fen.checked_mul(BASIS_POINTS)? >= least)
    }
}

/// Days that money of a line had lain at its level on `until`: from the day it was issued.
pub fn days_held(line: &Line, until: Date) -> u32 {
    u32::try_from(line.issued_on.days_until(until)).unwrap_or(0)
}

/// The parameter that says how many days money may lie with a holder of that level.
pub fn held_days_parameter(level: Level) -> String {
    let of = if level <= Level::Province { "province" } else { "local" };
    format!("{HELD_DAYS_MAX}{of}")
}

/// How many years after the budget for which it was first issued the line's money stands: 0 in its
/// first year, 1 when it was carried once.
pub fn age_years(name: &LineName, line: &Line) -> u16 {
    name.year.saturating_sub(line.first_year)
}

/// How much of what a holder got from elsewhere for a year was issued to it before the year began
/// (提前下达). Money carried over and money moved within the holder is not counted.
pub fn early_issue<'a>(entries: impl IntoIterator<Item = Entry<'a>>) -> Share {
    let mut share = Share::default();
    for Entry { name, line, .. } in entries {
        let parent = line.parent.as_ref();
        if parent.is_some_and(|parent| parent.holder == name.holder || parent.year < name.year) {
            continue;
        }
        let quota = fen(line.quota);
        share.whole_fen += quota;
        if line.issued_on.year() < name.year {
            share.part_fen += quota;
        }
    }
    share
}

/// How much of the money is for `category`: of each line what neither went on to another line nor
/// was taken back, so that no fen is counted at two levels.
pub fn category_share<'a>(
    entries: impl IntoIterator<Item = Entry<'a>>,
    category: Category,
) -> Share {
    let mut share = Share::default();
    for entry in entries {
        let kept = kept(&entry);
        share.whole_fen += kept;
        if entry.line.purpose.category == Some(category) {
            share.part_fen += kept;
        }
    }
    share
}

/// What stayed at a line: it was paid there, or is still there.
fn kept(entry: &Entry<'_>) -> u128 {
    let Entry { line, bounced, .. } = entry;
    let out = [line.issued, line.carried, line.recovered, line.transferred_out, *bounced];
    let out: u128 = out.into_iter().map(fen).sum();
    (fen(line.quota) + fen(line.returned)).saturating_sub(out)
}

fn fen(amount: Fen) -> u128 {
    u128::from(amount.get())
}

/// Lays a share beside the rule that `parameter` holds on `date`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn against(
    reader: &dyn StateRead,
    parameter: &str,
    date: Date,
    share: Share,
) -> Result<Monitored, StateError> {
    let least = match Key::new(parameter) {
        Ok(key) => parameter::find(reader, &key, date)?,
        Err(_) => None,
    };
    let is_met = least.as_ref().and_then(|least| share.reaches(least.value));
    Ok(Monitored { share, least, is_met })
}

/// The parameter that says which part of the money is for `category` at least.
pub fn category_parameter(category: Category) -> String {
    format!("{CATEGORY_SHARE_MIN}{}", category.code())
}

/// Reports how long money lay at the level of `from`, when it is issued to a lower one.
pub(super) fn report_held(
    from: &LineName,
    to: &LineName,
    source: &Line,
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let giver = registry::organization(state, &from.holder)?.division;
    let getter = registry::organization(state, &to.holder)?.division;
    if giver == getter {
        return Ok(());
    }
    let key = held_days_parameter(giver.level());
    let most = parameter::judge_if_set(state, context, &key, occurred_on)?;
    let invalid = |most| Refusal::new(Code::ParameterInvalid, format!("{key}: {most}"));
    let days_max = most.map(|most| u32::try_from(most).map_err(|_| invalid(most))).transpose()?;
    let days = days_held(source, occurred_on);
    context.emit(Event::Held { line: from.clone(), days, days_max });
    Ok(())
}
