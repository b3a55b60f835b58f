//! Gifts and payments in lists.

use crate::database::Value;
use crate::database::{Connection, params_from_iter};
use crate::index::IndexError;
use crate::money::Money;

/// Who gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DonorShown {
    /// 单位, 自然人 or 匿名.
    pub kind: String,
    /// The name: an organisation's, or that of a natural person who agreed to be named.
    pub name: String,
    /// The organisation's page; empty for others.
    pub link: String,
}

impl DonorShown {
    /// What stands in place of a name.
    pub fn unnamed(&self) -> &'static str {
        if self.kind == "匿名" { "匿名" } else { "未公开" }
    }
}

/// A gift in a list. A natural person is a salted commitment, and named only with consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftRow {
    /// Its number in the index.
    pub id: i64,
    /// What the charity calls it.
    pub reference: String,
    /// The day it came in.
    pub received_on: String,
    /// Who gave.
    pub donor: DonorShown,
    /// Whether it is goods, at their recorded value.
    pub is_goods: bool,
    /// How much.
    pub amount: Money,
    /// What of it went back, or was entered wrongly.
    pub undone: Money,
    /// The use to which it is bound; empty if to none.
    pub restriction: String,
    /// Its record.
    pub record: i64,
    /// Where it came in, and its first position there; none before that is known.
    pub place: Option<(i64, i64)>,
}

impl GiftRow {
    /// Where its way is followed; empty if it is not known where it came in.
    pub fn trace(&self) -> String {
        let Some((account, start)) = self.place else { return String::new() };
        let end = start.saturating_add(self.amount.as_fen());
        format!("/trace/{account}/down?start={start}&end={end}")
    }
}

/// Gifts that `rest` selects from `gifts g`.
///
/// # Errors
/// [`IndexError::Database`].
pub fn gifts(
    connection: &Connection,
    rest: &str,
    values: Vec<Value>,
) -> Result<Vec<GiftRow>, IndexError> {
    let query = format!(
        "SELECT g.id, g.reference, g.received_on, g.goods, g.amount, g.kept, \
         coalesce(g.restriction, ''), g.record, g.account, g.inflow, g.donor_kind, \
         coalesce(g.donor, ''), coalesce(n.name, q.name, '') FROM gifts g \
         LEFT JOIN donor_names n ON n.commitment = g.donor \
         LEFT JOIN organizations q ON q.code = g.donor {rest}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        let (amount, kept) = (Money::fen(row.get(4)?), Money::fen(row.get(5)?));
        let (account, inflow): (Option<i64>, Option<i64>) = (row.get(8)?, row.get(9)?);
        let (kind, code, name): (_, String, String) = (row.get(10)?, row.get(11)?, row.get(12)?);
        let donor = donor(kind, &code, name);
        Ok(GiftRow {
            donor,
            id: row.get(0)?,
            reference: row.get(1)?,
            received_on: row.get(2)?,
            is_goods: row.get(3)?,
            amount,
            undone: amount.minus(kept),
            restriction: row.get(6)?,
            record: row.get(7)?,
            place: account.zip(inflow),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn donor(kind: String, code: &str, name: String) -> DonorShown {
    // An organisation that nobody registered has no page, and its code is its name.
    let (name, link) = match (kind.as_str(), name.is_empty()) {
        ("单位", true) => (code.to_owned(), String::new()),
        ("单位", false) => (name, format!("/organizations/{code}")),
        _ => (name, String::new()),
    };
    DonorShown { kind, name, link }
}

/// A payment in a list. A natural person who got it is never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutRow {
    /// Its number in the index.
    pub id: i64,
    /// The voucher.
    pub reference: String,
    /// Its account.
    pub account: i64,
    /// What it counts as.
    pub expense: &'static str,
    /// The resolution; empty for what went back to a donor.
    pub resolution: String,
    /// The day.
    pub paid_on: String,
    /// How much of it is out.
    pub kept: Money,
    /// Its record.
    pub record: i64,
    /// The record that shows its use.
    pub evidence: Option<i64>,
    /// How many were helped, where its use is shown.
    pub helped: i64,
}

/// Payments that `rest` selects from `payouts p`.
///
/// # Errors
/// [`IndexError::Database`].
pub fn payouts(
    connection: &Connection,
    rest: &str,
    values: Vec<Value>,
) -> Result<Vec<PayoutRow>, IndexError> {
    let query = format!(
        "SELECT p.id, p.reference, p.account, p.expense, coalesce(p.resolution, ''), p.paid_on, \
         p.kept, p.record, p.evidence, coalesce(p.helped, 0) FROM payouts p {rest}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        let expense: String = row.get(3)?;
        Ok(PayoutRow {
            id: row.get(0)?,
            reference: row.get(1)?,
            account: row.get(2)?,
            expense: expense_words(&expense),
            resolution: row.get(4)?,
            paid_on: row.get(5)?,
            kept: Money::fen(row.get(6)?),
            record: row.get(7)?,
            evidence: row.get(8)?,
            helped: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a payment counts as, by its name in the index.
fn expense_words(expense: &str) -> &'static str {
    match expense {
        "program" => "慈善活动支出",
        "management" => "管理费用",
        "fundraising" => "募捐成本",
        "refund" => "退还捐赠人",
        _ => "其他支出",
    }
}
