//! Organisations, projects, proposals and parameters: what the state lists.

use axum::extract::State;
use axum::response::Response;
use borsh::{BorshDeserialize, BorshSerialize};
use minglian_client::wire::{
    KeyView, OrganizationDetail, OrganizationView, Page, ParameterView, ProposalView, RecordSummary,
};
use minglian_contracts::registry::{self, ORGANIZATIONS};
use minglian_contracts::schema::Table;
use minglian_contracts::{parameter, project, proposal};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::extract::{Paging, Params, Segments, checked_limit, decode_hex, json_answer, parse};
use super::problem::Refusal;
use super::{Node, Shared, reading, view};
use crate::derived::DerivedIndex;

/// The organisations, by code.
#[utoipa::path(
    get, path = "/v1/organizations", tag = "organizations",
    params(Paging),
    responses((status = 200, description = "a page of organisations"))
)]
pub(super) async fn organizations(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    list(shared, paging, &ORGANIZATIONS, |code, organization| {
        let organization = serde_json::to_value(organization)?;
        Ok(OrganizationView { code: *code, organization })
    })
    .await
}

/// Which records of an organisation.
#[derive(Debug, Deserialize)]
pub(super) struct Before {
    before: Option<u64>,
    limit: Option<usize>,
}

/// An organisation with its live keys and its records, newest first.
#[utoipa::path(
    get, path = "/v1/organizations/{code}", tag = "organizations",
    params(
        ("code" = String, Path, description = "统一社会信用代码"),
        ("before" = Option<u64>, Query, description = "`records_next` of the page before"),
        ("limit" = Option<u64>, Query, description = "records, at most 1000"),
    ),
    responses(
        (status = 200, description = "organisation, keys with roles, records"),
        (status = 404, description = "the organisation is not registered"),
    )
)]
pub(super) async fn organization(
    State(shared): Node,
    Segments(code): Segments<String>,
    Params(wanted): Params<Before>,
) -> Result<Response, Refusal> {
    let code: OrganizationCode = parse("organisation", &code)?;
    let limit = checked_limit(wanted.limit)?;
    let detail = reading(shared, move |shared| {
        let found = ORGANIZATIONS.get(shared.store(), &code)?;
        let found = found.ok_or_else(|| Refusal::absent(format!("organisation {code}")))?;
        let keys = registry::live_keys(shared.store(), &code)?
            .into_iter()
            .map(|(key, record)| Ok(KeyView { key, record: serde_json::to_value(record)? }))
            .collect::<Result<_, Refusal>>()?;
        let before = wanted.before.map(LogIndex);
        let indexes = DerivedIndex::new(shared.store()).records(&code, before, limit)?;
        let records = indexes.iter().map(|index| summary(shared, *index)).collect::<Result<_, _>>();
        Ok(OrganizationDetail {
            organization: OrganizationView { code, organization: serde_json::to_value(found)? },
            keys,
            records: records?,
            records_next: indexes.last().copied().filter(|_| indexes.len() == limit),
        })
    });
    json_answer(&detail.await?)
}

fn summary(shared: &Shared, index: LogIndex) -> Result<RecordSummary, Refusal> {
    let record = view::find_record(shared, index)?
        .ok_or_else(|| Refusal::internal(format!("the record at {index} is missing")))?;
    Ok(RecordSummary {
        index,
        height: record.height,
        id: record.transaction.id(),
        client_reference: record.transaction.body.client_reference,
        code: record.receipt.code,
    })
}

/// The projects, by reference.
#[utoipa::path(
    get, path = "/v1/projects", tag = "organizations",
    params(Paging),
    responses((status = 200, description = "a page of projects, amounts in fen (CNY)"))
)]
pub(super) async fn projects(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    list(shared, paging, &project::PROJECTS, |reference, project| {
        Ok(serde_json::json!({ "reference": reference, "project": project, "currency": "CNY" }))
    })
    .await
}

/// Acts that wait for other officers.
#[utoipa::path(
    get, path = "/v1/proposals", tag = "organizations",
    params(Paging),
    responses((status = 200, description = "a page of open proposals"))
)]
pub(super) async fn proposals(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    list(shared, paging, &proposal::PROPOSALS, |id, proposal| {
        Ok(ProposalView { id: *id, proposal: serde_json::to_value(proposal)? })
    })
    .await
}

/// Dated parameters with all their versions.
#[utoipa::path(
    get, path = "/v1/parameters", tag = "organizations",
    params(Paging),
    responses((status = 200, description = "a page of parameters"))
)]
pub(super) async fn parameters(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    list(shared, paging, &parameter::PARAMETERS, |key, versions| {
        let versions = versions.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        Ok(ParameterView { key: key.to_string(), versions })
    })
    .await
}

/// A page of a table of the state; `after` is the canonical encoding of the last key before it.
pub(super) async fn list<K, V, T>(
    shared: std::sync::Arc<Shared>,
    paging: Paging,
    table: &'static Table<K, V>,
    view: impl Fn(&K, &V) -> Result<T, Refusal> + Send + 'static,
) -> Result<Response, Refusal>
where
    K: BorshSerialize + BorshDeserialize + Send + 'static,
    V: BorshSerialize + BorshDeserialize + 'static,
    T: Serialize + Send + 'static,
{
    let limit = paging.limit()?;
    let after: Option<K> =
        paging.after.as_deref().map(|after| decode_hex("after", after)).transpose()?;
    let page = reading(shared, move |shared| {
        let entries = table.scan(shared.store(), &(), after.as_ref(), limit)?;
        let items = entries.iter().map(|(key, value)| view(key, value)).collect::<Result<_, _>>();
        let last = entries.last().filter(|_| entries.len() == limit);
        Ok(Page { items: items?, next: last.map(|(key, _)| view::hex(key).to_string()) })
    });
    json_answer(&page.await?)
}
