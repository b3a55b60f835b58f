//! A year that a charity's notice declares, line by line: figures beside the book, 按公告补录.

use askama::Template;
use axum::extract::{Path, Query, State};
use minglian_contracts::charity::declared::{DECLARED, DECLARED_YEARS, LineReference, Side};
use minglian_contracts::words::Names;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use crate::index::mirror::Mirror;
use crate::index::read;
use crate::money::Money;
use crate::pages::{ROWS_MAX, address, check_filters, cut};
use crate::web::{App, Frame, PageError, PageResult};
use minglian_contracts::words::allocation::basis;

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    after: Option<String>,
}

struct LineRow {
    reference: String,
    is_income: bool,
    subject: String,
    amount: Money,
    helped: String,
    basis: String,
}

#[derive(Template)]
#[template(path = "declared.html")]
struct Declared {
    frame: Frame,
    name: String,
    code: String,
    year: u16,
    income: Money,
    expenditure: Money,
    helped: String,
    rows: Vec<LineRow>,
    next: String,
}

/// Most lines of a year whose helped are added.
const ADDED_MAX: usize = 2_000;

/// How many a year helped: only what is counted in the same thing is added. Empty if there are too
/// many lines to add, or none says.
fn helped(state: &Mirror<'_>, host: OrganizationCode, year: u16) -> Result<String, PageError> {
    let lines = DECLARED.scan(state, &(host, year), None, ADDED_MAX + 1)?;
    if lines.len() > ADDED_MAX {
        return Ok(String::new());
    }
    let mut sums: Vec<(String, u64)> = Vec::new();
    for helped in lines.into_iter().filter_map(|(_, line)| line.helped) {
        let count = u64::from(helped.count);
        match sums.iter_mut().find(|(counted_in, _)| *counted_in == helped.counted_in.as_str()) {
            Some((_, sum)) => *sum = sum.saturating_add(count),
            None => sums.push((helped.counted_in.to_string(), count)),
        }
    }
    let said = sums.into_iter().map(|(counted_in, sum)| format!("{sum} {counted_in}"));
    Ok(said.collect::<Vec<_>>().join(" · "))
}

/// `GET /charities/{code}/declared/{year}`.
pub async fn declared(
    State(app): State<App>,
    Path((code, year)): Path<(String, u16)>,
    Query(paging): Query<Paging>,
) -> PageResult {
    check_filters(&[&paging.after])?;
    let unknown = || PageError::NotFound(format!("“{code}”{year}年的补录"));
    let host: OrganizationCode = code.parse().map_err(|_| unknown())?;
    let missing = unknown();
    app.page(move |connection, frame| {
        let state = Mirror(connection);
        let sums = DECLARED_YEARS.get(&state, &(host, year))?.ok_or(missing)?;
        let malformed = |_| PageError::Malformed("起始行无法识别".to_owned());
        let after = paging.after.map(LineReference::new).transpose().map_err(malformed)?;
        let after = after.map(|reference| (host, year, reference));
        let mut found = DECLARED.scan(&state, &(host, year), after.as_ref(), ROWS_MAX + 1)?;
        let has_more = cut(&mut found, ROWS_MAX);
        let last = found.last().map(|((.., reference), _)| reference.to_string());
        let last = last.unwrap_or_default();
        let here = format!("/charities/{host}/declared/{year}");
        let next = if has_more { address(&here, &[("after", &last)]) } else { String::new() };
        let rows = found.into_iter().map(|((.., reference), line)| LineRow {
            reference: reference.to_string(),
            is_income: line.side == Side::Income,
            subject: line.subject.to_string(),
            amount: Money::of(line.amount),
            helped: line
                .helped
                .map(|helped| format!("{} {}", helped.count, helped.counted_in))
                .unwrap_or_default(),
            basis: basis(&line.basis),
        });
        Ok(Declared {
            frame,
            name: read::names(connection).organization(&host),
            code: host.to_string(),
            year,
            income: Money::of(sums.income),
            expenditure: Money::of(sums.expenditure),
            helped: helped(&state, host, year)?,
            rows: rows.collect(),
            next,
        })
    })
    .await
}
