//! Envelopes of batches: bringing them to a custodian. No route hands them out.

use std::sync::Arc;

use axum::body::BodyDataStream;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use minglian_ledger::subsidy::chunk_list;
use minglian_ledger::subsidy::custody::CustodyRequest;
use minglian_ledger::subsidy::domain::BatchId;

use super::batches::{handover, place};
use super::extract::{Segments, json_answer, parse};
use super::problem::Refusal;
use super::{Node, Shared, body, reading};
use crate::batches::custody::{Custody, REQUEST_BYTES_MAX};
use crate::batches::{self, BatchFault};

fn custody(shared: &Shared) -> Result<Arc<Custody>, BatchFault> {
    shared.parts.custody.clone().ok_or(BatchFault::NoCustodian)
}

/// Asks this custodian to keep the envelopes of a batch, or how far they are.
#[utoipa::path(
    post, path = "/v1/custody", tag = "batches",
    params((
        "minglian-handover" = String, Header,
        description = "the county's signed handover in hexadecimal"
    )),
    request_body(
        content_type = "application/octet-stream",
        description = "the header of the batch and the list of its envelopes' chunks, in borsh"
    ),
    responses(
        (status = 200, description = "the chunks that are missing; once none is, the receipt"),
        (status = 403, description = "not signed by a live key of the county"),
        (status = 404, description = "this node keeps no envelopes"),
        (status = 409, description = "the ledger can take no such batch"),
        (status = 422, description = "header and list do not fit, or no such enrolment list"),
        (status = 507, description = "no room, in all or of this county"),
    )
)]
pub(super) async fn begin(State(shared): Node, request: Request) -> Result<Response, Refusal> {
    let custody = custody(&shared)?;
    let handover = handover(request.headers())?;
    let _place = place(&shared).await?;
    let mut body = request.into_body().into_data_stream();
    let come = body::read(&shared, &mut body, REQUEST_BYTES_MAX).await;
    body::leave(&shared, body);
    let asked: CustodyRequest = batches::decode(&come?.bytes)?;
    json_answer(&reading(shared, move |_| Ok(custody.begin(asked, &handover)?)).await?)
}

/// Brings a chunk of envelopes; the answer to the last has the receipt.
#[utoipa::path(
    post, path = "/v1/custody/{batch}/{number}", tag = "batches",
    params(
        ("batch" = String, Path, description = "the batch's name, in hexadecimal"),
        ("number" = u32, Path, description = "the chunk, from 0"),
        (
            "minglian-handover" = String, Header,
            description = "the county's signed handover in hexadecimal"
        ),
    ),
    request_body(content_type = "application/octet-stream", description = "the envelopes"),
    responses(
        (status = 200, description = "the chunks that are missing; once none is, the receipt"),
        (status = 403, description = "not signed by a live key of the county"),
        (status = 404, description = "this node keeps no envelopes, or was not asked for these"),
        (status = 413, description = "larger than the chunk"),
        (status = 422, description = "other envelopes"),
    )
)]
pub(super) async fn put(
    State(shared): Node,
    Segments((batch, number)): Segments<(String, u32)>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let taken = take(&shared, (&batch, number), &head.headers, &mut body).await;
    body::leave(&shared, body);
    taken
}

async fn take(
    shared: &Arc<Shared>,
    (batch, number): (&str, u32),
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<Response, Refusal> {
    let id: BatchId = parse("batch", batch)?;
    let (custody, handover) = (custody(shared)?, handover(headers)?);
    let header = custody.admit(&id, &handover)?;
    let bytes = chunk_list::envelope_bytes_of(&header, number).map_err(BatchFault::from)?;
    let _place = place(shared).await?;
    let body = body::read(shared, body, bytes).await?;
    let kept = reading(shared.clone(), move |_| Ok(custody.put(&id, number, &body.bytes)?));
    json_answer(&kept.await?)
}
