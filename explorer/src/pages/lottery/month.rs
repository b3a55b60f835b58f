//! One month of the lottery: what each centre stated of each game, and what it remitted.

use askama::Template;
use minglian_contracts::lottery::duty::{Duty, due_on};
use minglian_ledger::date::Month;

use super::Sums;
use crate::database::Connection;
use crate::index::IndexError;
use crate::index::mirror::Mirror;
use crate::money::Money;
use crate::pages::{LIMIT, ROWS_MAX, cut};
use crate::web::{App, Frame, PageResult};

/// A game's month, as its centre stated it.
struct Statement {
    game: String,
    centre: String,
    centre_code: String,
    sums: Sums,
    record: i64,
}

/// What a centre remitted of the month.
struct Remittance {
    reference: String,
    centre: String,
    centre_code: String,
    remitted_on: String,
    kept: Money,
    record: i64,
}

#[derive(Template)]
#[template(path = "lottery_month.html")]
struct MonthPage {
    frame: Frame,
    name: String,
    year: String,
    whole: Sums,
    remitted: Money,
    left: Money,
    due: String,
    statements: Vec<Statement>,
    remittances: Vec<Remittance>,
    is_cut: bool,
}

pub(super) async fn page(app: App, month: Month) -> PageResult {
    app.page(move |connection, frame| {
        let name = month.to_string();
        let whole = whole(connection, &name)?;
        let query = "SELECT coalesce(sum(kept), 0) FROM lottery_remittances WHERE period = ?1";
        let remitted: i64 =
            connection.prepare_cached(query)?.query_row([&name], |row| row.get(0))?;
        let remitted = Money::fen(remitted);
        let mut statements = statements(connection, &name)?;
        let mut remittances = remittances(connection, &name)?;
        let cuts = [cut(&mut statements, ROWS_MAX), cut(&mut remittances, ROWS_MAX)];
        let due = due_on(&Mirror(connection), Duty::Remittance, month)?;
        Ok(MonthPage {
            frame,
            year: month.year().to_string(),
            name,
            whole,
            remitted,
            left: whole.central.minus(remitted),
            due: due.map(|day| day.to_string()).unwrap_or_default(),
            statements,
            remittances,
            is_cut: cuts.contains(&true),
        })
    })
    .await
}

fn whole(connection: &Connection, month: &str) -> Result<Sums, IndexError> {
    let query = "SELECT coalesce(sum(sales), 0), coalesce(sum(fund), 0), \
                 coalesce(sum(central), 0), coalesce(sum(local), 0), coalesce(sum(unclaimed), 0) \
                 FROM lottery_sales WHERE period = ?1";
    let mut statement = connection.prepare_cached(query)?;
    Ok(statement.query_row([month], |row| sums(row, 0))?)
}

fn sums(row: &crate::database::Row<'_>, first: usize) -> Result<Sums, crate::database::Error> {
    Ok(Sums {
        sales: Money::fen(row.get(first)?),
        fund: Money::fen(row.get(first + 1)?),
        central: Money::fen(row.get(first + 2)?),
        local: Money::fen(row.get(first + 3)?),
        unclaimed: Money::fen(row.get(first + 4)?),
    })
}

fn statements(connection: &Connection, month: &str) -> Result<Vec<Statement>, IndexError> {
    let query = format!(
        "SELECT s.game, coalesce(o.name, s.centre), s.centre, s.record, s.sales, s.fund, \
         s.central, s.local, s.unclaimed FROM lottery_sales s \
         LEFT JOIN organizations o ON o.code = s.centre \
         WHERE s.period = ?1 ORDER BY s.game, s.centre {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([month], |row| {
        Ok(Statement {
            game: row.get(0)?,
            centre: row.get(1)?,
            centre_code: row.get(2)?,
            record: row.get(3)?,
            sums: sums(row, 4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn remittances(connection: &Connection, month: &str) -> Result<Vec<Remittance>, IndexError> {
    let query = format!(
        "SELECT r.reference, coalesce(o.name, r.centre), r.centre, r.remitted_on, r.kept, \
         r.record FROM lottery_remittances r LEFT JOIN organizations o ON o.code = r.centre \
         WHERE r.period = ?1 ORDER BY r.centre, r.reference {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([month], |row| {
        Ok(Remittance {
            reference: row.get(0)?,
            centre: row.get(1)?,
            centre_code: row.get(2)?,
            remitted_on: row.get(3)?,
            kept: Money::fen(row.get(4)?),
            record: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
