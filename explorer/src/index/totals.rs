//! Sums kept as money moves, so that a page of totals costs the same on a large ledger.

use super::account::Attributes;
use super::posting::{Posting, Sum};

/// What is left in lines.
pub(super) const LEFT: &str = "left";

const TOTALS: Sum = Sum("INSERT INTO totals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
     ON CONFLICT (measure, fund, notice, level, category, flow) DO UPDATE \
     SET amount = totals.amount + excluded.amount, count = totals.count + excluded.count");

const ORGANIZATIONS: Sum =
    Sum("UPDATE organizations SET came_in = came_in + ?2, went_on = went_on + ?3, \
     paid = paid + ?4 WHERE code = ?1");

/// Adds to a sum.
pub(super) fn add(
    posting: &Posting<'_>,
    attributes: &Attributes,
    flow: &str,
    amount: i64,
    count: i64,
) {
    let Attributes { measure, fund, level, category, notice, .. } = attributes;
    let key = [measure, fund, notice, level, category].map(|part| part.as_str().into());
    posting.add(TOTALS, key.into_iter().chain([flow.into()]), &[amount, count]);
}

/// Adds to what an organisation got, gave on and paid.
pub(super) fn add_to_organization(
    posting: &Posting<'_>,
    code: &str,
    came_in: i64,
    went_on: i64,
    paid: i64,
) {
    posting.add(ORGANIZATIONS, [code.into()], &[came_in, went_on, paid]);
}
