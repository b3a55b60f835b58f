//! Sums kept as money moves, so that a page of totals costs the same on a large ledger.

use super::IndexError;
use super::account::Attributes;
use crate::database::{Connection, params};

/// What is left in lines.
pub(super) const LEFT: &str = "left";

/// Adds to a sum.
pub(super) fn add(
    connection: &Connection,
    attributes: &Attributes,
    flow: &str,
    amount: i64,
    count: i64,
) -> Result<(), IndexError> {
    let Attributes { measure, fund, level, category, notice, .. } = attributes;
    let mut statement = connection.prepare_cached(
        "INSERT INTO totals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         ON CONFLICT (measure, fund, notice, level, category, flow) \
         DO UPDATE SET amount = totals.amount + excluded.amount, \
         count = totals.count + excluded.count",
    )?;
    statement.execute(params![measure, fund, notice, level, category, flow, amount, count])?;
    Ok(())
}

/// Adds to what an organisation got, gave on and paid.
pub(super) fn add_to_organization(
    connection: &Connection,
    code: &str,
    came_in: i64,
    went_on: i64,
    paid: i64,
) -> Result<(), IndexError> {
    let mut statement = connection.prepare_cached(
        "UPDATE organizations SET came_in = came_in + ?2, went_on = went_on + ?3, \
         paid = paid + ?4 WHERE code = ?1",
    )?;
    statement.execute(params![code, came_in, went_on, paid])?;
    Ok(())
}
