//! Organisations and projects: what the state lists.

use axum::extract::State;
use axum::response::Response;
use borsh::{BorshDeserialize, BorshSerialize};
use minglian_client::wire::{KeyView, OrganizationDetail, OrganizationView, Page, RecordSummary};
use minglian_contracts::project;
use minglian_contracts::registry::{self, ORGANIZATIONS};
use minglian_contracts::schema::Table;
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

/// Entries read at a time: some may be large.
const SCAN_COUNT: usize = 64;

/// A page of a table of the state; `after` is the canonical encoding of the last key before it. It
/// ends early when it has too many bytes.
pub(super) async fn list<K, V, T>(
    shared: std::sync::Arc<Shared>,
    paging: Paging,
    table: &'static Table<K, V>,
    show: impl Fn(&K, &V) -> Result<T, Refusal> + Send + 'static,
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
        let bytes_max = shared.parts.limits.page_bytes_max;
        let (mut items, mut last, mut bytes) = (Vec::new(), after, 0_usize);
        loop {
            let count = SCAN_COUNT.min(limit - items.len());
            let entries = table.scan(shared.store(), &(), last.as_ref(), count)?;
            let is_last = entries.len() < count;
            for (key, value) in entries {
                let item = show(&key, &value)?;
                bytes = bytes.saturating_add(serde_json::to_vec(&item)?.len());
                items.push(item);
                last = Some(key);
                if items.len() >= limit || bytes >= bytes_max {
                    let next = last.as_ref().map(|key| view::hex(key).to_string());
                    return Ok(Page { items, next });
                }
            }
            if is_last {
                return Ok(Page { items, next: None });
            }
        }
    });
    json_answer(&page.await?)
}
