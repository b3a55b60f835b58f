//! Programmes of private subsidies and their enrolment lists: what a county's tool asks before it
//! makes or submits a batch.

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::{EnrolmentListView, Hex, ProgrammeView};
use minglian_contracts::enrolment::key::THRESHOLD_KEYS;
use minglian_contracts::enrolment::list;
use minglian_contracts::subsidy::programme::{PROGRAMMES, STANDARDS};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::threshold::KeyPurpose;
use serde::Deserialize;

use super::extract::{Params, Segments, json_answer, parse};
use super::problem::Refusal;
use super::{Node, Shared, reading};

/// Most versions of standards in one answer, the newest.
const VERSIONS_MAX: u32 = 100;

/// A programme with what it pays.
#[utoipa::path(
    get, path = "/v1/programmes/{number}", tag = "batches",
    params(("number" = u16, Path, description = "the programme's number")),
    responses(
        (status = 200, description = "the programme, with its newest versions of standards"),
        (status = 404, description = "no such programme"),
    )
)]
pub(super) async fn programme(
    State(shared): Node,
    Segments(number): Segments<u16>,
) -> Result<Response, Refusal> {
    let found = reading(shared, move |shared| {
        let store = shared.store();
        let programme = PROGRAMMES.get(store, &number)?;
        let absent = || Refusal::absent(format!("programme {number}"));
        let programme = programme.ok_or_else(absent)?;
        let newest = programme.versions;
        let mut versions = Vec::new();
        for version in newest.saturating_sub(VERSIONS_MAX).saturating_add(1)..=newest {
            if let Some(found) = STANDARDS.get(store, &(number, version))? {
                versions.push(serde_json::json!({
                    "version": version,
                    "terms": found.terms,
                    "superseded_from": found.superseded_from,
                }));
            }
        }
        Ok(ProgrammeView {
            programme: number,
            owner: programme.owner,
            kind: serde_json::to_value(programme.kind)?,
            group: programme.group,
            length: serde_json::to_value(programme.length)?,
            versions,
        })
    });
    json_answer(&found.await?)
}

/// Of which length.
#[derive(Debug, Deserialize)]
pub(super) struct Length {
    length: Option<u32>,
}

/// An enrolment list, as it is or as it was at a length.
#[utoipa::path(
    get, path = "/v1/programmes/{number}/lists/{county}/{epoch}", tag = "batches",
    params(
        ("number" = u16, Path, description = "the programme's number"),
        ("county" = String, Path, description = "统一社会信用代码 of the bureau that pays"),
        ("epoch" = u16, Path, description = "year of the enrolment"),
        ("length" = Option<u32>, Query, description = "handles that the list had once"),
    ),
    responses(
        (status = 200, description = "length and root; the auditors' key of the year"),
        (status = 404, description = "no such list, or never of this length"),
    )
)]
pub(super) async fn enrolment_list(
    State(shared): Node,
    Segments((number, county, epoch)): Segments<(u16, String, u16)>,
    Params(wanted): Params<Length>,
) -> Result<Response, Refusal> {
    let county: OrganizationCode = parse("county", &county)?;
    let found = reading(shared, move |shared| {
        let store = shared.store();
        let absent = || Refusal::absent("this enrolment list, or the list of this length");
        let list = list::list(store, &county, number, epoch)?.ok_or_else(absent)?;
        let length = wanted.length.unwrap_or(list.length);
        let root = list::root_at(store, &county, number, epoch, length)?.ok_or_else(absent)?;
        Ok(EnrolmentListView {
            group: list.group,
            length,
            root: Hex(root.root.to_vec()),
            record: root.record,
            height: shared.chain().head().header.height,
            escrow_key: escrow_key(shared, epoch)?,
        })
    });
    json_answer(&found.await?)
}

/// The key to which envelopes of the year are sealed; none before its ceremony ended.
fn escrow_key(shared: &Shared, epoch: u16) -> Result<Option<Hex>, Refusal> {
    let known = THRESHOLD_KEYS.get(shared.store(), &KeyPurpose::Escrow { epoch })?;
    let Some(known) = known.filter(|known| known.retired.is_none()) else { return Ok(None) };
    let point = known.key.point().map_err(Refusal::internal)?;
    Ok(Some(Hex(PointBytes::of(&point).0.to_vec())))
}
