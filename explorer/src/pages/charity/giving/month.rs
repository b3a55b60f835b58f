//! One month: its sums, and who had them, down to gifts and payments.

use minglian_ledger::date::Month;

use super::{Amount, INCOME, SPENDING, Scope, amounts};
use crate::database::{Connection, params};
use crate::index::IndexError;
use crate::money::Money;
use crate::pages::charity::gifts::{GiftRow, PayoutRow, gifts, payouts};
use crate::pages::{LIMIT, ROWS_MAX, cut};

/// Where the lists begin.
pub(super) struct Paging {
    pub after: String,
    pub gifts_before: Option<i64>,
    pub payouts_before: Option<i64>,
}

/// A sum of the month.
pub struct Sum {
    pub(crate) name: &'static str,
    pub(crate) amount: Money,
}

/// A charity or a fund in the month.
pub struct Part {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) link: String,
    pub(crate) income: Money,
    pub(crate) spent: Money,
}

/// What a month came to.
pub struct OneMonth {
    pub(crate) name: String,
    pub(crate) income: Vec<Sum>,
    pub(crate) received: Money,
    pub(crate) spending: Vec<Sum>,
    pub(crate) spent: Money,
    /// Whether the parts are funds, and not charities.
    pub(crate) is_charity: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) next: String,
    /// Of a fund, what came and went.
    pub(crate) is_fund: bool,
    pub(crate) gifts: Vec<GiftRow>,
    pub(crate) more_gifts: String,
    pub(crate) payouts: Vec<PayoutRow>,
    pub(crate) more_payouts: String,
}

pub(super) fn read(
    connection: &Connection,
    scope: &Scope,
    month: Month,
    paging: &Paging,
) -> Result<OneMonth, IndexError> {
    let found = amounts(connection, scope, &[month])?;
    let sums = |kinds: &[(&'static str, &'static str, &'static str)]| -> Vec<Sum> {
        kinds.iter().map(|&(kind, name, _)| Sum { name, amount: of_kind(&found, kind) }).collect()
    };
    let whole = |sums: &[Sum]| sums.iter().fold(Money::default(), |all, it| all.plus(it.amount));
    let (income, spending) = (sums(&INCOME), sums(&SPENDING));
    let name = month.to_string();
    let is_fund = !scope.fund.is_empty();
    let mut parts = match is_fund {
        true => Vec::new(),
        false => parts(connection, scope, &name, &paging.after)?,
    };
    let has_more = cut(&mut parts, ROWS_MAX);
    let last = parts.last().map_or("", |part| part.key.as_str());
    let next = match has_more {
        true => scope.address(&[("month", &name), ("after", last)]),
        false => String::new(),
    };
    let ((gifts, more_gifts), (payouts, more_payouts)) = match is_fund {
        true => (
            gifts_of(connection, scope, month, paging.gifts_before)?,
            payouts_of(connection, scope, month, paging.payouts_before)?,
        ),
        false => Default::default(),
    };
    Ok(OneMonth {
        received: whole(&income),
        spent: whole(&spending),
        income,
        spending,
        name,
        is_charity: !scope.host.is_empty(),
        parts,
        next,
        is_fund,
        gifts,
        more_gifts,
        payouts,
        more_payouts,
    })
}

fn of_kind(found: &[Amount], wanted: &str) -> Money {
    let mine = found.iter().filter(|(_, kind, _)| kind == wanted);
    mine.fold(Money::default(), |sum, (.., amount)| sum.plus(*amount))
}

/// The charities of the month, or the funds of one, by code or reference.
fn parts(
    connection: &Connection,
    scope: &Scope,
    month: &str,
    after: &str,
) -> Result<Vec<Part>, IndexError> {
    let received: Vec<String> = INCOME.iter().map(|(kind, ..)| format!("'{kind}'")).collect();
    let received = format!("m.kind IN ({})", received.join(", "));
    let sums = format!("sum(iif({received}, m.amount, 0)), sum(iif({received}, 0, m.amount))");
    let query = match scope.host.is_empty() {
        true => format!(
            "SELECT m.host, coalesce(max(o.name), m.host), {sums} FROM charity_months m \
             LEFT JOIN organizations o ON o.code = m.host WHERE m.month = ?1 AND m.fund = '' \
             AND m.host <> '' AND m.host > ?2 AND ?3 = '' GROUP BY m.host ORDER BY m.host {LIMIT}"
        ),
        false => format!(
            "SELECT m.fund, coalesce(max(f.name), m.fund), {sums} FROM charity_months m \
             LEFT JOIN charity_funds f ON f.host = m.host AND f.fund = m.fund \
             WHERE m.month = ?1 AND m.fund <> '' AND m.fund > ?2 AND m.host = ?3 \
             GROUP BY m.fund ORDER BY m.fund {LIMIT}"
        ),
    };
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params![month, after, scope.host], |row| {
        let key: String = row.get(0)?;
        let (host, fund) = match scope.host.is_empty() {
            true => (key.clone(), String::new()),
            false => (scope.host.clone(), key.clone()),
        };
        let link = Scope { host, fund }.address(&[("month", month)]);
        let (income, spent) = (Money::fen(row.get(2)?), Money::fen(row.get(3)?));
        Ok(Part { key, name: row.get(1)?, link, income, spent })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A fund and the days of a month, as queries have them.
fn days(scope: &Scope, month: Month, before: Option<i64>) -> Vec<crate::database::Value> {
    vec![
        scope.host.clone().into(),
        scope.fund.clone().into(),
        month.first_day().to_string().into(),
        month.last_day().to_string().into(),
        before.unwrap_or(i64::MAX).into(),
    ]
}

/// Where a list goes on, if it does.
fn more(scope: &Scope, month: Month, name: &str, last: Option<i64>) -> String {
    let Some(last) = last.map(|last| last.to_string()) else { return String::new() };
    scope.address(&[("month", &month.to_string()), (name, &last)])
}

fn gifts_of(
    connection: &Connection,
    scope: &Scope,
    month: Month,
    before: Option<i64>,
) -> Result<(Vec<GiftRow>, String), IndexError> {
    let rest = format!(
        "WHERE g.host = ?1 AND g.fund = ?2 AND g.received_on BETWEEN ?3 AND ?4 AND g.id < ?5 \
         ORDER BY g.id DESC {LIMIT}"
    );
    let mut rows = gifts(connection, &rest, days(scope, month, before))?;
    let has_more = cut(&mut rows, ROWS_MAX);
    let last = rows.last().map(|row| row.id).filter(|_| has_more);
    Ok((rows, more(scope, month, "gifts_before", last)))
}

fn payouts_of(
    connection: &Connection,
    scope: &Scope,
    month: Month,
    before: Option<i64>,
) -> Result<(Vec<PayoutRow>, String), IndexError> {
    let rest = format!(
        "WHERE p.host = ?1 AND p.fund = ?2 AND p.paid_on BETWEEN ?3 AND ?4 AND p.id < ?5 \
         ORDER BY p.id DESC {LIMIT}"
    );
    let mut rows = payouts(connection, &rest, days(scope, month, before))?;
    let has_more = cut(&mut rows, ROWS_MAX);
    let last = rows.last().map(|row| row.id).filter(|_| has_more);
    Ok((rows, more(scope, month, "payouts_before", last)))
}
