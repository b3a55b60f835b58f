//! Money that goes from one fund to another: without it, what a fund got and paid would not explain
//! what is left in it.

use minglian_contracts::book::Movement;

use super::account::{AccountNumber, Attributes};
use super::act::CORRECTED_FLOW;
use super::posting::Posting;
use super::{IndexError, movement, stored, totals};
use crate::database::params;

/// What came to a fund from another one.
pub const FROM_FUNDS: &str = "from_funds";

/// What a fund gave to another one.
pub const TO_FUNDS: &str = "to_funds";

/// Notes a movement between funds. The accounts at its ends are entered already.
pub(super) fn enter(
    posting: &Posting<'_>,
    movement: &Movement,
    (from, to): (Option<AccountNumber>, AccountNumber),
    flow: &str,
    amount: i64,
) -> Result<(), IndexError> {
    // What was never there has gone to no other fund.
    if flow.starts_with(CORRECTED_FLOW) {
        return Ok(());
    }
    let target = posting.attributes(to)?;
    let number = stored("a movement", movement.number.0)?;
    let (Some(from), Some(id)) = (from, movement.from.account()) else {
        return match flow {
            "received" | "implied" => Ok(()),
            _ => add(posting, &target, FROM_FUNDS, number, amount),
        };
    };
    if movement::holds_corrections(posting, id, from)? {
        return add(posting, &target, FROM_FUNDS, number, amount);
    }
    let source = posting.attributes(from)?;
    if (&source.fund, &source.measure) == (&target.fund, &target.measure) {
        return Ok(());
    }
    add(posting, &source, TO_FUNDS, number, amount)?;
    add(posting, &target, FROM_FUNDS, number, amount)
}

fn add(
    posting: &Posting<'_>,
    fund: &Attributes,
    flow: &str,
    number: i64,
    amount: i64,
) -> Result<(), IndexError> {
    let query = "INSERT OR IGNORE INTO crossings VALUES (?1, ?2, ?3, ?4)";
    let values = params![fund.fund, fund.measure, flow, number];
    posting.prepare_cached(query)?.execute(values)?;
    totals::add(posting, fund, flow, amount, 1);
    Ok(())
}
