//! Openings of commitments: handing one over, and showing one that is public.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minglian_client::wire::{Hex, OpeningRequest, OpeningView, PublishedOpenings};
use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Content, Deposit, OPENING_TEXT_BYTES_MAX, SALT_BYTES};
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::LogIndex;
use serde::Deserialize;

use super::extract::{Params, Segments, json_answer, parse};
use super::problem::{Kind, Refusal};
use super::{Node, readers, reading, view};
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

/// The opening of a commitment, checked against it, if it is public or an officer asks who may read
/// it.
#[utoipa::path(
    get, path = "/v1/openings/{commitment}", tag = "openings",
    params(
        ("commitment" = String, Path, description = "the commitment in a record"),
        (
            "minglian-reading" = Option<String>, Header,
            description = "an officer's signed question in hexadecimal, for what is not public"
        ),
    ),
    responses(
        (status = 200, description = "salt and text; nobody may keep it"),
        (
            status = 403,
            description = "it is not public, or its act has not taken effect, and no officer asks"
        ),
        (status = 404, description = "it is not here"),
        (status = 410, description = "erased by an order on the ledger"),
    )
)]
pub(super) async fn opening(
    State(shared): Node,
    Segments(commitment): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let commitment: Commitment = parse("commitment", &commitment)?;
    let mut response = reading(shared, move |shared| {
        let keeper = &shared.parts.keeper;
        if keeper.is_erased(&Thing::Opening(commitment))? {
            return Err(Refusal::new(Kind::Erased, commitment));
        }
        let opening = keeper.opening(&commitment)?;
        let opening = opening.ok_or_else(|| Refusal::absent(commitment))?;
        let path = format!("/v1/openings/{commitment}");
        let is_public = keeper.is_public(&commitment, &opening)?;
        readers::admit(shared, &headers, &path, &opening.deposit.body, is_public)?;
        json_answer(&view_of(commitment, opening))
    })
    .await?;
    forbid_keeping(&mut response);
    Ok(response)
}

/// Behind which number of which run of the node a page begins.
#[derive(Debug, Deserialize)]
pub(super) struct Behind {
    run: Option<String>,
    after: Option<u64>,
}

/// Public openings that acts in force name, in the order in which this run of the node came to
/// know them.
#[utoipa::path(
    get, path = "/v1/openings", tag = "openings",
    params(
        ("run" = Option<String>, Query, description = "the `run` of the page before"),
        ("after" = Option<u64>, Query, description = "its `next`; of no use in another run"),
    ),
    responses((status = 200, description = "openings with their deposits; nobody may keep them"))
)]
pub(super) async fn published(
    State(shared): Node,
    Params(behind): Params<Behind>,
) -> Result<Response, Refusal> {
    let mut response = reading(shared, move |shared| {
        let keeper = &shared.parts.keeper;
        let run = Hex(keeper.run().to_be_bytes().to_vec());
        let is_same = behind.run.is_some_and(|asked| asked == run.to_string());
        let after = behind.after.filter(|_| is_same).unwrap_or(0);
        let (openings, next, is_complete) = keeper.published(after)?;
        let views = openings.into_iter().filter_map(|opening| {
            let Content::Opening { commitment } = opening.deposit.body.content else { return None };
            Some(view_of(commitment, opening))
        });
        // Read last, so that nothing above is of a later height.
        let (items, height) = (views.collect(), shared.chain().head().header.height);
        json_answer(&PublishedOpenings { run, height, next, is_complete, items })
    })
    .await?;
    forbid_keeping(&mut response);
    Ok(response)
}

/// The public openings of what a record names, once an act that names them took effect.
#[utoipa::path(
    get, path = "/v1/records/{index}/openings", tag = "openings",
    params(("index" = u64, Path, description = "position in the log")),
    responses(
        (status = 200, description = "those that are here and public; nobody may keep them"),
        (status = 404, description = "no record stands there"),
    )
)]
pub(super) async fn openings_of(
    State(shared): Node,
    Segments(index): Segments<u64>,
) -> Result<Response, Refusal> {
    let mut response = reading(shared, move |shared| {
        let record = view::find_record(shared, LogIndex(index))?;
        let record = record.ok_or_else(|| Refusal::absent(index))?;
        let call = Call::decode(&record.transaction.body.call)?;
        let mut views = Vec::new();
        for thing in contents::of(&call).things {
            let Thing::Opening(commitment) = thing else { continue };
            let keeper = &shared.parts.keeper;
            let Some(opening) = keeper.opening(&commitment)? else { continue };
            if keeper.is_public(&commitment, &opening)? {
                views.push(view_of(commitment, opening));
            }
        }
        json_answer(&views)
    })
    .await?;
    forbid_keeping(&mut response);
    Ok(response)
}

fn view_of(commitment: Commitment, opening: Opening) -> OpeningView {
    OpeningView {
        commitment,
        organization: opening.deposit.body.organization,
        salt: Hex(opening.salt.to_vec()),
        text: opening.text,
        deposit: Hex(opening.deposit.encode()),
    }
}

/// What may be erased is kept by nobody on the way.
fn forbid_keeping(response: &mut Response) {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
