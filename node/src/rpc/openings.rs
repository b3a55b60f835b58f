//! Openings of commitments: handing one over, and showing one that is public.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minglian_client::wire::{Hex, OpeningRequest, OpeningView};
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Deposit, OPENING_TEXT_BYTES_MAX, SALT_BYTES};
use minglian_ledger::hash::Commitment;

use super::extract::{Segments, json_answer, parse};
use super::problem::{Kind, Refusal};
use super::{Node, reading};
use crate::attachments::Origin;
use crate::attachments::openings::Opening;

/// Most bytes of the request: JSON may write a character of the text as six.
const REQUEST_BYTES_MAX: usize = 6 * OPENING_TEXT_BYTES_MAX + 4 * 1024;

/// Hands the opening of a commitment over. It stays on the validators' nodes until an order erases
/// it.
#[utoipa::path(
    post, path = "/v1/openings", tag = "openings",
    request_body(
        content_type = "application/json",
        description = "{\"deposit\": hex, \"salt\": hex, \"text\": …}",
    ),
    responses(
        (status = 201, description = "it is kept"),
        (status = 403, description = "not signed by a live key of the organisation"),
        (status = 409, description = "no record of the organisation names the commitment"),
        (status = 410, description = "erased by an order on the ledger"),
        (status = 413, description = "too long"),
        (status = 422, description = "it opens another commitment, or holds a personal number"),
        (status = 507, description = "the organisation has as many openings here as it may"),
    )
)]
pub(super) async fn deposit(State(shared): Node, request: Request) -> Result<Response, Refusal> {
    let body = axum::body::to_bytes(request.into_body(), REQUEST_BYTES_MAX);
    let patience = shared.parts.limits.body_patience;
    let slow = |_| Refusal::new(Kind::Slow, "the body comes too slowly");
    let body = tokio::time::timeout(patience, body).await.map_err(slow)?;
    let too_large = |_| Refusal::new(Kind::TooLarge, format!("limit {REQUEST_BYTES_MAX} bytes"));
    let body = body.map_err(too_large)?;
    // What the reader says of a text may repeat it: only that it does not read is told.
    let wrong = |what: &str| Refusal::bad(format!("{what} does not read"));
    let request: OpeningRequest = serde_json::from_slice(&body).map_err(|_| wrong("the JSON"))?;
    let deposit = Deposit::decode(&request.deposit.0).map_err(|_| wrong("deposit"))?;
    let salt: [u8; SALT_BYTES] = request.salt.0.try_into().map_err(|_| wrong("salt"))?;
    let opening = Opening { deposit, salt, text: request.text };
    reading(shared, move |shared| {
        Ok(shared.parts.keeper.keep_opening(&opening, Origin::Client)?)
    })
    .await?;
    Ok(StatusCode::CREATED.into_response())
}

/// The opening of a commitment, checked against it, if it is public.
#[utoipa::path(
    get, path = "/v1/openings/{commitment}", tag = "openings",
    params(("commitment" = String, Path, description = "the commitment in a record")),
    responses(
        (status = 200, description = "salt and text; nobody may keep it"),
        (status = 403, description = "it is not public"),
        (status = 404, description = "it is not here"),
        (status = 410, description = "erased by an order on the ledger"),
    )
)]
pub(super) async fn opening(
    State(shared): Node,
    Segments(commitment): Segments<String>,
) -> Result<Response, Refusal> {
    let commitment: Commitment = parse("commitment", &commitment)?;
    let mut response = reading(shared, move |shared| {
        let keeper = &shared.parts.keeper;
        if keeper.is_erased(&Thing::Opening(commitment))? {
            return Err(Refusal::new(Kind::Erased, commitment));
        }
        let opening = keeper.opening(&commitment)?;
        let opening = opening.ok_or_else(|| Refusal::absent(commitment))?;
        let body = &opening.deposit.body;
        if body.class != Class::Public {
            return Err(Refusal::new(Kind::NotPublic, commitment));
        }
        json_answer(&OpeningView {
            commitment,
            organization: body.organization,
            salt: Hex(opening.salt.to_vec()),
            text: opening.text,
        })
    })
    .await?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
