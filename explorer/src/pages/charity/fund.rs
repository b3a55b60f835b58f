//! 社区慈善基金 and the other funds under a charity: who decides, what is left, what came and went.

use askama::Template;
use axum::extract::{Path, Query, State};
use minglian_contracts::book::{self, Measure};
use minglian_contracts::charity::donation::{DONATIONS, UNSPENT};
use minglian_contracts::charity::fund::{FUNDS, Fund, FundName, FundReference};
use minglian_contracts::words::Names;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use super::gifts::{GiftRow, PayoutRow, gifts, payouts};
use super::giving::{self, Giving, Scope};
use crate::database::{Connection, OptionalExtension, params};
use crate::index::mirror::Mirror;
use crate::index::read::{self, RecordRow};
use crate::index::{IndexError, account};
use crate::money::Money;
use crate::pages::{LIMIT, ROWS_MAX, address, cut, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// How many gifts with an account of their own are shown.
const RESTRICTED_MAX: usize = 50;

/// Where the lists begin.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    gifts_before: Option<i64>,
    payouts_before: Option<i64>,
}

/// Money or goods that are bound to a use.
struct Restricted {
    account: i64,
    reference: String,
    restriction: String,
    is_goods: bool,
    balance: Money,
}

/// What a fund holds.
struct Held {
    pool: Money,
    restricted: Money,
    goods: Money,
    all: Money,
}

impl Held {
    fn new(pool: Money, restricted: Money, goods: Money) -> Self {
        Self { pool, restricted, goods, all: pool.plus(restricted).plus(goods) }
    }
}

#[derive(Template)]
#[template(path = "fund.html")]
struct FundPage {
    frame: Frame,
    host: String,
    host_code: String,
    reference: String,
    kind: &'static str,
    fund: Fund,
    held: Held,
    giving: Option<Giving>,
    restricted: Vec<Restricted>,
    has_more_restricted: bool,
    gifts: Vec<GiftRow>,
    more_gifts: String,
    payouts: Vec<PayoutRow>,
    more_payouts: String,
    records: Vec<RecordRow>,
}

/// `GET /charities/{code}/funds/{fund}`.
pub async fn fund(
    State(app): State<App>,
    Path((code, reference)): Path<(String, String)>,
    Query(paging): Query<Paging>,
) -> PageResult {
    let unknown = || PageError::NotFound(format!("基金“{reference}”"));
    let host: OrganizationCode = code.parse().map_err(|_| unknown())?;
    let fund = FundReference::new(reference.as_str()).map_err(|_| unknown())?;
    let missing = unknown();
    app.page(move |connection, frame| {
        let name = FundName { host, fund };
        let fund = FUNDS.get(&Mirror(connection), &name)?.ok_or(missing)?;
        let here = format!("/charities/{host}/funds/{}", escape(&reference));
        let (gifts, more_gifts) = gifts_of(connection, &name, &here, paging.gifts_before)?;
        let (payouts, more_payouts) = payouts_of(connection, &name, &here, paging.payouts_before)?;
        let (restricted, has_more_restricted) = restricted(connection, &name)?;
        let rest = "JOIN record_subjects c ON c.log_index = r.log_index \
                    WHERE c.subject = ?1 ORDER BY c.log_index DESC LIMIT 20";
        let subject = format!("fund:{host}/{reference}");
        let scope = Scope { host: host.to_string(), fund: reference.clone() };
        Ok(FundPage {
            host: read::names(connection).organization(&host),
            host_code: host.to_string(),
            kind: fund.kind.code(),
            held: held(connection, &name)?,
            giving: giving::giving(connection, &frame, &scope, None)?,
            records: read::records(connection, rest, &[&subject])?,
            frame,
            reference,
            fund,
            restricted,
            has_more_restricted,
            gifts,
            more_gifts,
            payouts,
            more_payouts,
        })
    })
    .await
}

fn held(connection: &Connection, name: &FundName) -> Result<Held, IndexError> {
    let query = "SELECT pool, restricted, goods FROM charity_funds WHERE host = ?1 AND fund = ?2";
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row(params![name.host.as_str(), name.fund.as_str()], |row| {
        Ok(Held::new(Money::fen(row.get(0)?), Money::fen(row.get(1)?), Money::fen(row.get(2)?)))
    });
    let nothing = || Held::new(Money::default(), Money::default(), Money::default());
    Ok(found.optional()?.unwrap_or_else(nothing))
}

/// Gifts that are bound to a use and not spent yet; whether there are more.
fn restricted(
    connection: &Connection,
    name: &FundName,
) -> Result<(Vec<Restricted>, bool), IndexError> {
    let state = Mirror(connection);
    let mut found = UNSPENT.scan(&state, name, None, RESTRICTED_MAX + 1)?;
    let has_more = cut(&mut found, RESTRICTED_MAX);
    let mut rows = Vec::with_capacity(found.len());
    for ((_, measure, restriction, reference), ()) in found {
        let Some(gift) = DONATIONS.get(&state, &(name.host, reference.clone()))? else { continue };
        let id = gift.account(name.host, &reference);
        let balance = book::account(&state, &id)?.map(|account| account.balance());
        rows.push(Restricted {
            account: account::find(connection, &id)?.unwrap_or(0),
            reference: reference.to_string(),
            restriction: restriction.to_string(),
            is_goods: measure == Measure::Goods,
            balance: balance.map(Money::of).unwrap_or_default(),
        });
    }
    Ok((rows, has_more))
}

fn gifts_of(
    connection: &Connection,
    name: &FundName,
    here: &str,
    before: Option<i64>,
) -> Result<(Vec<GiftRow>, String), IndexError> {
    let rest =
        format!("WHERE g.host = ?1 AND g.fund = ?2 AND g.id < ?3 ORDER BY g.id DESC {LIMIT}");
    let values = vec![
        name.host.to_string().into(),
        name.fund.to_string().into(),
        before.unwrap_or(i64::MAX).into(),
    ];
    let mut rows = gifts(connection, &rest, values)?;
    let has_more = cut(&mut rows, ROWS_MAX);
    let last = rows.last().map_or(0, |row| row.id).to_string();
    let next = if has_more { address(here, &[("gifts_before", &last)]) } else { String::new() };
    Ok((rows, next))
}

fn payouts_of(
    connection: &Connection,
    name: &FundName,
    here: &str,
    before: Option<i64>,
) -> Result<(Vec<PayoutRow>, String), IndexError> {
    let rest =
        format!("WHERE p.host = ?1 AND p.fund = ?2 AND p.id < ?3 ORDER BY p.id DESC {LIMIT}");
    let values = vec![
        name.host.to_string().into(),
        name.fund.to_string().into(),
        before.unwrap_or(i64::MAX).into(),
    ];
    let mut rows = payouts(connection, &rest, values)?;
    let has_more = cut(&mut rows, ROWS_MAX);
    let last = rows.last().map_or(0, |row| row.id).to_string();
    let next = if has_more { address(here, &[("payouts_before", &last)]) } else { String::new() };
    Ok((rows, next))
}
