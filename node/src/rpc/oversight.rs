//! Complaints, audits and samples: what the state holds of them, and what follows from it on the
//! date of the last block.

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::{AuditView, ComplaintView, SampleView};
use minglian_contracts::oversight::audit::{ENGAGEMENTS, EngagementName};
use minglian_contracts::oversight::complaint::{COMPLAINTS, ComplaintName};
use minglian_contracts::oversight::finding::{FindingNumber, ledger};
use minglian_contracts::oversight::sample::{self, SAMPLES, SampleName};
use minglian_ledger::date::{self, Date};
use serde::Deserialize;
use serde_json::json;

use super::extract::{Paging, Params, Segments, checked_limit, decode_hex, json_answer};
use super::problem::Refusal;
use super::{Node, Shared, organizations, reading, view};

/// The Beijing date of the last block.
fn today(shared: &Shared) -> Result<Date, Refusal> {
    date::beijing_date(shared.chain().head().header.time_ms).map_err(Refusal::internal)
}

/// The complaints, by who entered them.
#[utoipa::path(
    get, path = "/v1/complaints", tag = "oversight",
    params(Paging),
    responses((status = 200, description = "a page of complaints"))
)]
pub(super) async fn complaints(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    organizations::list(shared, paging, &COMPLAINTS, |name, complaint| {
        Ok(json!({ "id": view::hex(name), "name": name, "complaint": complaint }))
    })
    .await
}

/// The audit engagements, by auditor.
#[utoipa::path(
    get, path = "/v1/audits", tag = "oversight",
    params(Paging),
    responses((status = 200, description = "a page of engagements"))
)]
pub(super) async fn audits(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    organizations::list(shared, paging, &ENGAGEMENTS, |name, audit| {
        Ok(json!({ "id": view::hex(name), "name": name, "audit": audit }))
    })
    .await
}

/// All plans for samples, by who planned them: also those that were dropped.
#[utoipa::path(
    get, path = "/v1/samples", tag = "oversight",
    params(Paging),
    responses((status = 200, description = "a page of plans with what became of them"))
)]
pub(super) async fn samples(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    organizations::list(shared, paging, &SAMPLES, |name, sample| {
        Ok(json!({ "id": view::hex(name), "name": name, "sample": sample }))
    })
    .await
}

/// A complaint, with what is due on the date of the last block.
#[utoipa::path(
    get, path = "/v1/complaints/{id}", tag = "oversight",
    params(("id" = String, Path, description = "borsh of the complaint's name, hexadecimal")),
    responses(
        (status = 200, description = "the complaint, and its status on the last block's date"),
        (status = 404, description = "no such complaint"),
    )
)]
pub(super) async fn complaint(
    State(shared): Node,
    Segments(id): Segments<String>,
) -> Result<Response, Refusal> {
    let name: ComplaintName = decode_hex("complaint", &id)?;
    let view = reading(shared, move |shared| {
        let found = COMPLAINTS.get(shared.store(), &name)?;
        let found = found.ok_or_else(|| Refusal::absent("no such complaint"))?;
        let as_of = today(shared)?;
        Ok(ComplaintView {
            name: serde_json::to_value(&name)?,
            complaint: serde_json::to_value(&found)?,
            status: serde_json::to_value(found.status(as_of))?,
            as_of,
        })
    });
    json_answer(&view.await?)
}

/// Which findings of an engagement.
#[derive(Debug, Deserialize)]
pub(super) struct Behind {
    after: Option<FindingNumber>,
    limit: Option<usize>,
}

/// An audit engagement with its findings (整改台账).
#[utoipa::path(
    get, path = "/v1/audits/{id}", tag = "oversight",
    params(
        ("id" = String, Path, description = "borsh of the engagement's name, hexadecimal"),
        ("after" = Option<u8>, Query, description = "`next` of the page before"),
        ("limit" = Option<u64>, Query, description = "findings, at most 1000"),
    ),
    responses(
        (status = 200, description = "the engagement and a page of findings, amounts in fen"),
        (status = 404, description = "no such engagement"),
    )
)]
pub(super) async fn audit(
    State(shared): Node,
    Segments(id): Segments<String>,
    Params(wanted): Params<Behind>,
) -> Result<Response, Refusal> {
    let name: EngagementName = decode_hex("engagement", &id)?;
    let limit = checked_limit(wanted.limit)?;
    let view = reading(shared, move |shared| {
        let found = ENGAGEMENTS.get(shared.store(), &name)?;
        let found = found.ok_or_else(|| Refusal::absent("no such engagement"))?;
        let as_of = today(shared)?;
        let rows = ledger::of_engagement(shared.store(), &name, wanted.after, limit, as_of)?;
        Ok(AuditView {
            name: serde_json::to_value(&name)?,
            audit: serde_json::to_value(&found)?,
            next: rows.last().map(|row| row.number).filter(|_| rows.len() == limit),
            findings: rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
            as_of,
        })
    });
    json_answer(&view.await?)
}

/// A plan for a sample, with the ranks once it is drawn.
#[utoipa::path(
    get, path = "/v1/samples/{id}", tag = "oversight",
    params(("id" = String, Path, description = "borsh of the plan's name, hexadecimal")),
    responses(
        (status = 200, description = "the plan, what became of it, and the drawn positions"),
        (status = 404, description = "no such plan"),
    )
)]
pub(super) async fn sample(
    State(shared): Node,
    Segments(id): Segments<String>,
) -> Result<Response, Refusal> {
    let name: SampleName = decode_hex("plan", &id)?;
    let view = reading(shared, move |shared| {
        let found = SAMPLES.get(shared.store(), &name)?;
        let found = found.ok_or_else(|| Refusal::absent("no such plan"))?;
        Ok(SampleView {
            name: serde_json::to_value(&name)?,
            sample: serde_json::to_value(&found)?,
            standing: serde_json::to_value(sample::standing(shared.store(), &found)?)?,
            ranks: found.ranks(),
        })
    });
    json_answer(&view.await?)
}
