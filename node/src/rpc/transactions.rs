//! What became of a transaction, by its name or by the sender's reference.

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::{TransactionStatus, TransactionView};
use minglian_contracts::envelope::{REFERENCES, Reference};
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::ClientReference;

use super::extract::{Params, Segments, json_answer, parse};
use super::problem::Refusal;
use super::submit::{self, Wait};
use super::{Node, Shared, reading, view};

/// What became of a transaction.
#[utoipa::path(
    get, path = "/v1/transactions/{id}", tag = "transactions",
    params(
        ("id" = String, Path, description = "the transaction's name, 64 hexadecimal digits"),
        ("wait" = Option<String>, Query, description = "`committed` waits for the commit"),
        ("timeout_ms" = Option<u64>, Query, description = "longest wait, at most 60000"),
    ),
    responses(
        (status = 200, description = "waiting or committed, with the receipt"),
        (status = 404, description = "neither in the ledger nor in this node's pool"),
    )
)]
pub(super) async fn transaction(
    State(shared): Node,
    Segments(id): Segments<String>,
    Params(wait): Params<Wait>,
) -> Result<Response, Refusal> {
    let id: TransactionId = parse("transaction", &id)?;
    let waited = match wait.deadline()? {
        Some(deadline) => submit::wait_for_one(&shared, id, deadline).await?,
        None => None,
    };
    let view = reading(shared, move |shared| find(shared, id, waited)).await?;
    json_answer(&view)
}

fn find(
    shared: &Shared,
    id: TransactionId,
    known: Option<LogIndex>,
) -> Result<TransactionView, Refusal> {
    let index = match known {
        Some(index) => Some(index),
        None => shared.store().transaction(&id)?,
    };
    let Some(index) = index else {
        if shared.parts.admission.is_waiting(&id) {
            let status = TransactionStatus::Waiting;
            return Ok(TransactionView { id, status, committed: None });
        }
        return Err(Refusal::absent(format!("transaction {id}")));
    };
    let committed = Some(view::committed(shared, index)?);
    Ok(TransactionView { id, status: TransactionStatus::Committed, committed })
}

/// What became of an applied act, by the organisation's own reference.
#[utoipa::path(
    get, path = "/v1/receipts/{organization}/{client_reference}", tag = "transactions",
    params(
        ("organization" = String, Path, description = "统一社会信用代码"),
        ("client_reference" = String, Path, description = "the organisation's own reference"),
    ),
    responses(
        (status = 200, description = "the transaction with its receipt"),
        (status = 404, description = "no applied act has this reference"),
    )
)]
pub(super) async fn receipt(
    State(shared): Node,
    Segments((organization, reference)): Segments<(String, String)>,
) -> Result<Response, Refusal> {
    let organization: OrganizationCode = parse("organization", &organization)?;
    let reference = ClientReference::new(reference).map_err(Refusal::bad)?;
    let view = reading(shared, move |shared| {
        let key = (organization, reference);
        let found = REFERENCES.get(shared.store(), &key)?;
        let Reference { transaction, index } =
            found.ok_or_else(|| Refusal::absent(format!("reference {} of {}", key.1, key.0)))?;
        find(shared, transaction, Some(index))
    });
    json_answer(&view.await?)
}
