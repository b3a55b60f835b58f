//! 账户: one line or one payment, with every movement in and out.

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use super::allocations::stage::stage;
use super::allocations::{Node, children};
use super::{LIMIT, ROWS_MAX, cut};
use crate::database::{Connection, OptionalExtension};
use crate::index::read::{self, MovementRow};
use crate::index::{IndexError, account as accounts};
use crate::money::Money;
use crate::web::{App, Frame, PageError, ScriptedResult};
use minglian_contracts::allocation::status::Stage;
use minglian_contracts::words;

/// Where the lists begin.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    in_after: Option<i64>,
    out_after: Option<i64>,
}

/// What stands above the lists.
struct Account {
    id: i64,
    kind: String,
    nature: &'static str,
    holder: String,
    holder_code: String,
    fund: String,
    year: i64,
    name: String,
    level: String,
    category: String,
    notice: String,
    project: String,
    credited: i64,
    balance: Money,
}

/// What the state says of a quota line.
struct Line {
    parent: Option<i64>,
    parent_name: String,
    parent_year: i64,
    basis: String,
    implied: bool,
    first_year: i64,
    issued_on: String,
    received_on: Option<String>,
    sums: Vec<(&'static str, Money)>,
    /// How far its money is.
    stage: Option<Stage>,
}

/// What is known of a payment.
struct Payment {
    record: i64,
    line: i64,
    line_name: String,
    line_year: i64,
    payee: String,
    payee_code: String,
    expenditure: String,
    amount: Money,
    occurred_on: String,
    status: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    line: Option<Line>,
    payment: Option<Payment>,
    below: Vec<Node>,
    inflows: Vec<MovementRow>,
    outflows: Vec<MovementRow>,
    next_inflows: Option<i64>,
    next_outflows: Option<u64>,
    encoded: String,
}

/// `GET /accounts/{number}`.
pub async fn account(
    State(app): State<App>,
    Path(number): Path<i64>,
    Query(paging): Query<Paging>,
) -> ScriptedResult {
    app.scripted_page(move |connection, frame| {
        let unknown = || PageError::NotFound(format!("{number}号账户"));
        let account = find(connection, number)?.ok_or_else(unknown)?;
        let identity = accounts::identity(connection, number)?.ok_or_else(unknown)?;
        let rest =
            format!("WHERE m.to_account = ?1 AND m.to_start > ?2 ORDER BY m.to_start {LIMIT}");
        let after = paging.in_after.unwrap_or(-1);
        let mut inflows = read::movements(connection, &rest, vec![number.into(), after.into()])?;
        let next_inflows = match cut(&mut inflows, ROWS_MAX) {
            true => inflows.last().map(|row| start_of(connection, row)).transpose()?,
            false => None,
        };
        let rest = format!("WHERE m.from_account = ?1 AND m.number > ?2 ORDER BY m.number {LIMIT}");
        let after = paging.out_after.unwrap_or(-1);
        let mut outflows = read::movements(connection, &rest, vec![number.into(), after.into()])?;
        let next_outflows = match cut(&mut outflows, ROWS_MAX) {
            true => outflows.last().map(|row| row.number),
            false => None,
        };
        let encoded =
            data_encoding::HEXLOWER.encode(&minglian_contracts::schema::encode(&identity));
        Ok(AccountPage {
            frame,
            line: line(connection, number)?,
            payment: payment(connection, number)?,
            below: children(connection, number, 0)?,
            account,
            inflows,
            outflows,
            next_inflows,
            next_outflows,
            encoded,
        })
    })
    .await
}

fn start_of(connection: &Connection, row: &MovementRow) -> Result<i64, IndexError> {
    let number = crate::index::stored("a movement", row.number)?;
    let query = "SELECT to_start FROM movements WHERE number = ?1";
    Ok(connection.prepare_cached(query)?.query_row([number], |row| row.get(0))?)
}

fn find(connection: &Connection, number: i64) -> Result<Option<Account>, IndexError> {
    let query = "SELECT a.id, a.kind, a.measure, coalesce(o.name, a.organization), \
                 a.organization, a.fund, a.year, a.name, a.level, a.category, a.notice, \
                 coalesce(a.project, ''), a.credited, a.balance \
                 FROM accounts a LEFT JOIN organizations o ON o.code = a.organization \
                 WHERE a.id = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row([number], |row| {
        let measure: String = row.get(2)?;
        Ok(Account {
            id: row.get(0)?,
            kind: row.get(1)?,
            nature: words::book::measure(&measure),
            holder: row.get(3)?,
            holder_code: row.get(4)?,
            fund: row.get(5)?,
            year: row.get(6)?,
            name: row.get(7)?,
            level: row.get(8)?,
            category: row.get(9)?,
            notice: row.get(10)?,
            project: row.get(11)?,
            credited: row.get(12)?,
            balance: Money::fen(row.get(13)?),
        })
    });
    Ok(found.optional()?)
}

fn line(connection: &Connection, number: i64) -> Result<Option<Line>, IndexError> {
    let query = "SELECT parent, documents, printed_in, implied, first_year, issued_on, \
                 received_on, quota, returned, paid, issued, carried, recovered, transferred_out, \
                 (SELECT name FROM accounts a WHERE a.id = parent), \
                 (SELECT year FROM accounts a WHERE a.id = parent) FROM lines WHERE id = ?1";
    let names = ["收到指标", "退回", "已支付", "下达或分配", "结转", "收回", "调出"];
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row([number], |row| {
        let (documents, printed_in): (String, String) = (row.get(1)?, row.get(2)?);
        let mut sums = Vec::with_capacity(names.len());
        for (position, name) in names.into_iter().enumerate() {
            sums.push((name, Money::fen(row.get(7 + position)?)));
        }
        Ok(Line {
            parent: row.get(0)?,
            parent_name: row.get::<Option<String>>(14)?.unwrap_or_default(),
            parent_year: row.get::<Option<i64>>(15)?.unwrap_or_default(),
            basis: [documents, printed_in].join(" ").trim().to_owned(),
            implied: row.get(3)?,
            first_year: row.get(4)?,
            issued_on: row.get(5)?,
            received_on: row.get(6)?,
            sums,
            stage: None,
        })
    });
    let Some(mut line) = found.optional()? else { return Ok(None) };
    line.stage = stage(connection, number)?;
    Ok(Some(line))
}

fn payment(connection: &Connection, number: i64) -> Result<Option<Payment>, IndexError> {
    let query = "SELECT log_index, line, payee, coalesce(payee_code, ''), expenditure, amount, \
                 occurred_on, status, (SELECT name FROM accounts a WHERE a.id = line), \
                 (SELECT year FROM accounts a WHERE a.id = line) FROM payments WHERE id = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row([number], |row| {
        Ok(Payment {
            record: row.get(0)?,
            line: row.get(1)?,
            line_name: row.get::<Option<String>>(8)?.unwrap_or_default(),
            line_year: row.get::<Option<i64>>(9)?.unwrap_or_default(),
            payee: row.get(2)?,
            payee_code: row.get(3)?,
            expenditure: row.get(4)?,
            amount: Money::fen(row.get(5)?),
            occurred_on: row.get(6)?,
            status: row.get(7)?,
        })
    });
    Ok(found.optional()?)
}
