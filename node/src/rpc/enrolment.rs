//! Keys that nobody holds, and requests to them.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use minglian_client::wire::{EvaluationView, KeyProgress, Page, ThresholdKeyView};
use minglian_contracts::enrolment::ceremony::{self, CEREMONIES, Ceremony, Progress};
use minglian_contracts::enrolment::evaluation::REQUESTS;
use minglian_contracts::enrolment::key::THRESHOLD_KEYS;
use minglian_ledger::height::LogIndex;
use minglian_ledger::subsidy::threshold::KeyPurpose;

use super::extract::{Paging, Params, Segments, decode_hex, json_answer};
use super::problem::Refusal;
use super::records::{self, Trusted};
use super::{Node, Shared, reading, view};

/// The newest attempt at each key.
#[utoipa::path(
    get, path = "/v1/threshold-keys", tag = "enrolment",
    params(Paging),
    responses((status = 200, description = "a page of keys: who makes them, how far they are"))
)]
pub(super) async fn threshold_keys(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    let limit = paging.limit()?;
    let after: Option<KeyPurpose> =
        paging.after.as_deref().map(|after| decode_hex("after", after)).transpose()?;
    let page = reading(shared, move |shared| {
        let found = CEREMONIES.scan(shared.store(), &(), after.as_ref(), limit)?;
        let last = found.last().filter(|_| found.len() == limit);
        let next = last.map(|(purpose, _)| view::hex(purpose).to_string());
        let views = found.iter().map(|(purpose, ceremony)| key_view(shared, *purpose, ceremony));
        Ok(Page { items: views.collect::<Result<Vec<_>, Refusal>>()?, next })
    });
    json_answer(&page.await?)
}

fn key_view(
    shared: &Shared,
    purpose: KeyPurpose,
    ceremony: &Ceremony,
) -> Result<ThresholdKeyView, Refusal> {
    let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let record = THRESHOLD_KEYS.get(shared.store(), &purpose)?;
    let mut key = record.as_ref().map(|record| record.key.id());
    let progress = match &ceremony.progress {
        Progress::Dealing => {
            let dealt = ceremony::dealings(shared.store(), &purpose)?;
            KeyProgress::Dealing(count(dealt.len()))
        }
        Progress::Acknowledging(made, acknowledged) => {
            key = Some(made.id());
            KeyProgress::Acknowledging(count(acknowledged.len()))
        }
        Progress::Failed { member, accused } => {
            KeyProgress::Failed { member: *member, accused: *accused }
        }
        Progress::Established if record.as_ref().is_some_and(|it| it.retired.is_some()) => {
            KeyProgress::Retired
        }
        Progress::Established => KeyProgress::Established,
    };
    let Ceremony { attempt, threshold, open_until, .. } = *ceremony;
    let members = ceremony.members.clone();
    Ok(ThresholdKeyView { purpose, attempt, members, threshold, open_until, progress, key })
}

/// Proof of what a key's record is after the last block, or that there is none.
#[utoipa::path(
    get, path = "/v1/threshold-keys/{purpose}/evidence", tag = "enrolment",
    params(
        ("purpose" = String, Path, description = "borsh of the purpose, hexadecimal"),
        Trusted,
    ),
    responses(
        (status = 200, description = "evidence as JSON, or in borsh for application/octet-stream"),
    )
)]
pub(super) async fn key_evidence(
    State(shared): Node,
    Segments(purpose): Segments<String>,
    Params(trusted): Params<Trusted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let purpose: KeyPurpose = decode_hex("purpose", &purpose)?;
    let key = THRESHOLD_KEYS.key(&purpose);
    let evidence =
        reading(shared, move |shared| records::state_evidence(shared, key, trusted.since()));
    records::evidence_answer(&headers, evidence.await?)
}

/// A request for evaluations, with who answered it.
#[utoipa::path(
    get, path = "/v1/evaluations/{request}", tag = "enrolment",
    params(("request" = u64, Path, description = "position of the request's record in the log")),
    responses(
        (status = 200, description = "who asked, how many points, who answered"),
        (status = 404, description = "no request stands there"),
    )
)]
pub(super) async fn evaluation(
    State(shared): Node,
    Segments(request): Segments<u64>,
) -> Result<Response, Refusal> {
    let request = LogIndex(request);
    let view = reading(shared, move |shared| {
        let absent = || Refusal::absent(format!("no request for evaluations stands at {request}"));
        let asked = REQUESTS.get(shared.store(), &request)?.ok_or_else(absent)?;
        let record = view::find_record(shared, request)?.ok_or_else(absent)?;
        let purpose = asked.purpose();
        let key = THRESHOLD_KEYS.get(shared.store(), &purpose)?.ok_or_else(absent)?;
        Ok(EvaluationView {
            request,
            height: record.height,
            county: asked.county,
            purpose,
            points: asked.points.len(),
            needed: key.threshold(),
            answered: asked.answered,
        })
    });
    json_answer(&view.await?)
}
