//! Accounts: balances, positions, movements, and proofs.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use minglian_client::wire::{AccountView, MovementView, Page, Span};
use minglian_contracts::book::{self, Account, AccountId, Interval, Measure};
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead as _;
use minglian_ledger::text::Text;
use serde::Deserialize;

use super::extract::{Paging, Params, Segments, checked_limit, decode_hex, json_answer, parse};
use super::problem::Refusal;
use super::records::{self, Trusted};
use super::{Node, Shared, reading, view};
use crate::derived::{DerivedIndex, IndexedMovement};

/// Bytes of a line account's key up to and with its holder: the table's prefix, the variant, and
/// the 18 characters.
const HOLDER_PREFIX_BYTES: usize = 1 + 1 + 18;

/// Whose accounts.
#[derive(Debug, Deserialize)]
pub(super) struct Holder {
    holder: String,
}

/// The line accounts of a holder.
#[utoipa::path(
    get, path = "/v1/accounts", tag = "accounts",
    params(
        ("holder" = String, Query, description = "统一社会信用代码"),
        Paging,
    ),
    responses((status = 200, description = "a page of accounts, without movements"))
)]
pub(super) async fn accounts(
    State(shared): Node,
    Params(Holder { holder }): Params<Holder>,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    let holder: OrganizationCode = parse("holder", &holder)?;
    let limit = paging.limit()?;
    let after: Option<AccountId> =
        paging.after.as_deref().map(|after| decode_hex("after", after)).transpose()?;
    let page = reading(shared, move |shared| {
        let height = shared.chain().head().header.height;
        let prefix = holder_prefix(holder);
        let after = after.map(|id| book::account_key(&id));
        let entries = shared.store().scan_prefix(&prefix, after.as_deref(), limit)?;
        let is_full = entries.len() == limit;
        let items = entries
            .iter()
            .map(|(key, value)| {
                let id: AccountId = borsh::from_slice(&key[1..])?;
                account_view(&id, &borsh::from_slice(value)?, height)
            })
            .collect::<Result<Vec<_>, Refusal>>()?;
        let next = items.last().filter(|_| is_full).map(|last| last.id.to_string());
        Ok(Page { items, next })
    });
    json_answer(&page.await?)
}

/// The state key prefix of all line accounts of a holder.
fn holder_prefix(holder: OrganizationCode) -> Vec<u8> {
    let any = AccountId::Line {
        holder,
        measure: Measure::Quota,
        fund: Text::default(),
        year: 0,
        line: Text::default(),
    };
    let mut key = book::account_key(&any);
    key.truncate(HOLDER_PREFIX_BYTES);
    key
}

/// Which movements of an account.
#[derive(Debug, Deserialize)]
pub(super) struct Movements {
    inflows_from: Option<u64>,
    outflows_from: Option<u64>,
    limit: Option<usize>,
}

/// An account with movements in and out.
#[utoipa::path(
    get, path = "/v1/accounts/{id}", tag = "accounts",
    params(
        ("id" = String, Path, description = "borsh of the account's name, hexadecimal"),
        ("inflows_from" = Option<u64>, Query, description = "first position of movements in"),
        ("outflows_from" = Option<u64>, Query, description = "first position of movements out"),
        ("limit" = Option<u64>, Query, description = "at most 1000 of each"),
    ),
    responses(
        (status = 200, description = "balance, credited, frontier, holes, and movements"),
        (status = 404, description = "the account has never received money"),
    )
)]
pub(super) async fn account(
    State(shared): Node,
    Segments(id): Segments<String>,
    Params(wanted): Params<Movements>,
) -> Result<Response, Refusal> {
    let id: AccountId = decode_hex("account", &id)?;
    let limit = checked_limit(wanted.limit)?;
    let view = reading(shared, move |shared| {
        let height = shared.chain().head().header.height;
        let account = find_account(shared, &id)?;
        let mut view = account_view(&id, &account, height)?;
        let index = DerivedIndex::new(shared.store());
        let inflows = index.inflows(&id, wanted.inflows_from.unwrap_or(0), limit)?;
        let last = inflows.last().filter(|_| inflows.len() == limit);
        view.inflows_next = last.map(|last| last.movement.to_interval.end());
        view.inflows = movement_views(&inflows)?;
        let from = wanted.outflows_from.unwrap_or(0);
        let outflows = index.outflows(&id, from, limit)?;
        view.outflows_next = next_outflow(&outflows, from).filter(|_| outflows.len() == limit);
        view.outflows = movement_views(&outflows)?;
        Ok(view)
    });
    json_answer(&view.await?)
}

/// Proof of what an account is after the last block, or that it does not exist.
#[utoipa::path(
    get, path = "/v1/accounts/{id}/evidence", tag = "accounts",
    params(
        ("id" = String, Path, description = "borsh of the account's name, hexadecimal"),
        Trusted,
    ),
    responses(
        (status = 200, description = "evidence as JSON, or in borsh for application/octet-stream"),
    )
)]
pub(super) async fn account_evidence(
    State(shared): Node,
    Segments(id): Segments<String>,
    Params(trusted): Params<Trusted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: AccountId = decode_hex("account", &id)?;
    let evidence = reading(shared, move |shared| {
        records::state_evidence(shared, book::account_key(&id), trusted.since())
    });
    records::evidence_answer(&headers, evidence.await?)
}

/// The account of this name.
pub(super) fn find_account(shared: &Shared, id: &AccountId) -> Result<Account, Refusal> {
    let account = book::account(shared.store(), id)?;
    account.ok_or_else(|| Refusal::absent("the account has never received money"))
}

/// The position behind the last of these outflows, which were read from position `from` on. Each
/// stands at the lowest of its runs that begins behind the one before it.
pub(super) fn next_outflow(outflows: &[IndexedMovement], from: u64) -> Option<u64> {
    let begins = |next: u64, IndexedMovement { movement, .. }: &IndexedMovement| {
        let starts = movement.from_intervals.iter().map(|interval| interval.start());
        starts.filter(|start| *start >= next).min().map(|start| start.saturating_add(1))
    };
    outflows.iter().try_fold(from, begins)
}

fn account_view(id: &AccountId, account: &Account, height: Height) -> Result<AccountView, Refusal> {
    let span = |hole: &Interval| Span { start: hole.start(), end: hole.end() };
    Ok(AccountView {
        id: view::hex(id),
        account: serde_json::to_value(id)?,
        height,
        balance: account.balance().into(),
        credited: account.credited,
        frontier: account.frontier,
        holes: account.taken_ahead.iter().map(span).collect(),
        inflows: Vec::new(),
        inflows_next: None,
        outflows: Vec::new(),
        outflows_next: None,
    })
}

fn movement_views(movements: &[IndexedMovement]) -> Result<Vec<MovementView>, Refusal> {
    movements.iter().map(view::movement).collect()
}
