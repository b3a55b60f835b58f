//! Quota lines, and where each one's money went: the tree from 文号 to payment, read line by line.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::{Currency, DestinationView, LineDetail, LineView, Money};
use minglian_contracts::allocation::{LINES, Line, LineName};
use minglian_contracts::book::AccountId;
use minglian_contracts::project::line_status;
use minglian_contracts::report::planned::planned;
use minglian_ledger::fen::Fen;
use minglian_ledger::state::StateRead;
use serde::Deserialize;

use super::extract::{Paging, Params, Segments, checked_limit, decode_hex, json_answer};
use super::problem::Refusal;
use super::{Node, accounts, organizations, reading, view};
use crate::derived::{DerivedIndex, IndexedMovement};

/// Quota lines, by holder, fund, year and line.
#[utoipa::path(
    get, path = "/v1/allocations", tag = "accounts",
    params(Paging),
    responses((status = 200, description = "a page of quota lines, each with its parent"))
)]
pub(super) async fn allocations(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    let reader = Arc::clone(&shared);
    let show = move |name: &LineName, line: &Line| line_view(reader.store(), name, line);
    organizations::list(shared, paging, &LINES, show).await
}

/// Which movements of a line.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    from: Option<u64>,
    limit: Option<usize>,
}

/// A quota line with the accounts to which its money went.
#[utoipa::path(
    get, path = "/v1/allocations/{name}", tag = "accounts",
    params(
        ("name" = String, Path, description = "borsh of the line's name, hexadecimal"),
        ("from" = Option<u64>, Query, description = "`next` of the page before"),
        ("limit" = Option<u64>, Query, description = "movements, at most 1000"),
    ),
    responses(
        (status = 200, description = "the line, and sums of this page's movements by destination"),
        (status = 404, description = "no such line"),
    )
)]
pub(super) async fn allocation(
    State(shared): Node,
    Segments(name): Segments<String>,
    Params(wanted): Params<From>,
) -> Result<Response, Refusal> {
    let name: LineName = decode_hex("line", &name)?;
    let limit = checked_limit(wanted.limit)?;
    let detail = reading(shared, move |shared| {
        let line = LINES.get(shared.store(), &name)?;
        let line = line.ok_or_else(|| Refusal::absent("no such quota line"))?;
        let from = wanted.from.unwrap_or(0);
        let index = DerivedIndex::new(shared.store());
        let outflows = index.outflows(&name.account(), from, limit)?;
        Ok(LineDetail {
            line: line_view(shared.store(), &name, &line)?,
            destinations: destinations(&outflows)?,
            planned: planned(shared.store(), &name)?
                .iter()
                .map(serde_json::to_value)
                .collect::<Result<_, _>>()?,
            next: accounts::next_outflow(&outflows, from).filter(|_| outflows.len() == limit),
        })
    });
    json_answer(&detail.await?)
}

fn line_view(reader: &dyn StateRead, name: &LineName, line: &Line) -> Result<LineView, Refusal> {
    let is_announced = line_status::is_announced(reader, name)?;
    let status = line_status::status_of(reader, name, line, is_announced)?;
    let contradictory = || Refusal::internal(format!("the sums of {name:?} do not add up"));
    Ok(LineView {
        id: view::hex(name),
        name: serde_json::to_value(name)?,
        account: view::hex(&name.account()),
        parent: line.parent.as_ref().map(view::hex),
        line: serde_json::to_value(line)?,
        status: serde_json::to_value(status)?,
        available: line.available().ok_or_else(contradictory)?.into(),
        currency: Currency::Cny,
    })
}

/// Adds movements up by destination. A movement that took several runs of positions stands once for
/// each of them, and is counted once.
fn destinations(outflows: &[IndexedMovement]) -> Result<Vec<DestinationView>, Refusal> {
    let mut sums: BTreeMap<&AccountId, BTreeMap<u64, Fen>> = BTreeMap::new();
    for IndexedMovement { movement, .. } in outflows {
        let movements = sums.entry(&movement.to).or_default();
        movements.insert(movement.number.0, movement.amount());
    }
    sums.into_iter()
        .map(|(account, movements)| {
            let too_large = || Refusal::internal(format!("more than can be went to {account:?}"));
            let sum = Fen::sum(movements.values().copied()).ok_or_else(too_large)?;
            Ok(DestinationView {
                id: view::hex(account),
                account: serde_json::to_value(account)?,
                amount: Money::from(sum),
                movements: movements.len() as u64,
            })
        })
        .collect()
}
