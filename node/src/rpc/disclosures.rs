//! What organisations must make public, and what they did.

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::{ObligationView, Page, PublicationView};
use minglian_contracts::disclosure::obligation::IndexNumber;
use minglian_contracts::disclosure::publication::{PUBLICATIONS, Publication};
use minglian_contracts::disclosure::query::{self, Cursor, Obligation, Range};
use minglian_ledger::date::{self, Date};
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use super::extract::{Paging, Params, Segments, checked_limit, decode_hex, json_answer, parse};
use super::problem::Refusal;
use super::{Node, organizations, reading, view};

/// How many months ahead of the day in question obligations are listed, if no last day is given.
const MONTHS_AHEAD: i32 = 12;

/// Which obligations.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    from: Option<Date>,
    to: Option<Date>,
    as_of: Option<Date>,
    unmet_only: Option<bool>,
    after: Option<String>,
    limit: Option<usize>,
}

/// What an organisation must make public, by last day, each with its article and how it stands.
#[utoipa::path(
    get, path = "/v1/organizations/{code}/obligations", tag = "disclosures",
    params(
        ("code" = String, Path, description = "统一社会信用代码"),
        ("from" = Option<String>, Query, description = "first of the last days, YYYY-MM-DD"),
        ("to" = Option<String>, Query, description = "last of them; a year ahead if not given"),
        ("as_of" = Option<String>, Query, description = "the day in question; the last block's"),
        ("unmet_only" = Option<bool>, Query, description = "only those without a publication"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u64>, Query, description = "at most 1000; a page ends at 500"),
    ),
    responses((status = 200, description = "a page of obligations; none if it owes nothing"))
)]
pub(super) async fn obligations(
    State(shared): Node,
    Segments(code): Segments<String>,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Refusal> {
    let holder: OrganizationCode = parse("organisation", &code)?;
    let limit = checked_limit(wanted.limit)?.min(query::PAGE_MAX);
    let after: Option<Cursor> =
        wanted.after.as_deref().map(|after| decode_hex("after", after)).transpose()?;
    let today = date::beijing_date(shared.chain().head().header.time_ms);
    let as_of = match wanted.as_of {
        Some(day) => day,
        None => today.map_err(Refusal::internal)?,
    };
    let range = Range {
        from: wanted.from.unwrap_or(Date::MIN),
        to: wanted.to.or_else(|| as_of.add_months(MONTHS_AHEAD)).unwrap_or(Date::MAX),
        as_of,
        unmet_only: wanted.unmet_only.unwrap_or(false),
    };
    let page = reading(shared, move |shared| {
        let found = query::obligations(shared.store(), holder, range, after.as_ref(), limit)?;
        let last = found.last().filter(|_| found.len() == limit);
        let next = last.map(|last| view::hex(&(last.due_on, last.name.clone())).to_string());
        let items = found.iter().map(obligation_view).collect::<Result<Vec<_>, Refusal>>()?;
        Ok(Page { items, next })
    });
    json_answer(&page.await?)
}

fn obligation_view(obligation: &Obligation) -> Result<ObligationView, Refusal> {
    Ok(ObligationView {
        state_zh: obligation.state.chinese().to_owned(),
        state_en: obligation.state.english().to_owned(),
        obligation: serde_json::to_value(obligation)?,
    })
}

/// What was made public, by organisation and index number.
#[utoipa::path(
    get, path = "/v1/disclosures", tag = "disclosures",
    params(Paging),
    responses((status = 200, description = "a page of publications and corrections"))
)]
pub(super) async fn disclosures(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    organizations::list(shared, paging, &PUBLICATIONS, publication_view).await
}

/// A publication, with what it corrects and what corrects it.
#[utoipa::path(
    get, path = "/v1/disclosures/{name}", tag = "disclosures",
    params(
        ("name" = String, Path, description = "borsh of organisation and 索引号, hexadecimal"),
    ),
    responses(
        (status = 200, description = "the publication"),
        (status = 404, description = "no such publication"),
    )
)]
pub(super) async fn disclosure(
    State(shared): Node,
    Segments(name): Segments<String>,
) -> Result<Response, Refusal> {
    let name: (OrganizationCode, IndexNumber) = decode_hex("publication", &name)?;
    let found = reading(shared, move |shared| {
        let publication = PUBLICATIONS.get(shared.store(), &name)?;
        let publication = publication.ok_or_else(|| Refusal::absent("no such publication"))?;
        publication_view(&name, &publication)
    });
    json_answer(&found.await?)
}

fn publication_view(
    name: &(OrganizationCode, IndexNumber),
    publication: &Publication,
) -> Result<PublicationView, Refusal> {
    Ok(PublicationView {
        id: view::hex(name),
        organization: name.0,
        publication: serde_json::to_value(publication)?,
    })
}
