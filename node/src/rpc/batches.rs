//! Batches of private subsidies: how far they are here, their leaves and proofs, and bringing
//! these.

use std::sync::Arc;

use axum::body::BodyDataStream;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use borsh::BorshDeserialize as _;
use data_encoding::HEXLOWER;
use minglian_client::HANDOVER_HEADER;
use minglian_client::wire::{BatchView, FindingView, MissingChunks};
use minglian_contracts::subsidy::batch::{BATCHES, Batch, Content};
use minglian_ledger::subsidy::chunk_list::{self, Part};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::handover::{HANDOVER_BYTES, Handover};

use super::extract::{Paging, Params, Segments, bytes_answer, json_answer, parse};
use super::organizations::list;
use super::problem::{Kind, Refusal};
use super::{Node, Shared, body, limits, reading};
use crate::batches::{self, BatchFault, LIST_BYTES_MAX};

/// The ledger's batches, and how far each is here.
#[utoipa::path(
    get, path = "/v1/batches", tag = "batches",
    params(Paging),
    responses((status = 200, description = "a page of batches, by their names"))
)]
pub(super) async fn batches(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    let reader = shared.clone();
    list(shared, paging, &BATCHES, move |id, batch| view(&reader, id, batch)).await
}

/// A batch: what became of it, who found what, and how far it is here.
#[utoipa::path(
    get, path = "/v1/batches/{batch}", tag = "batches",
    params(("batch" = String, Path, description = "the batch's name, in hexadecimal")),
    responses(
        (status = 200, description = "the batch; what this node has and found of it"),
        (status = 404, description = "the ledger has no such batch"),
    )
)]
pub(super) async fn batch(
    State(shared): Node,
    Segments(batch): Segments<String>,
) -> Result<Response, Refusal> {
    let id: BatchId = parse("batch", &batch)?;
    let found = reading(shared, move |shared| {
        let batch = BATCHES.get(shared.store(), &id)?;
        view(shared, &id, &batch.ok_or(BatchFault::Unknown(id))?)
    });
    json_answer(&found.await?)
}

fn view(shared: &Shared, id: &BatchId, batch: &Batch) -> Result<BatchView, Refusal> {
    let progress = shared.parts.batches.progress(id);
    let (leaves, chunks) = match &batch.content {
        Content::Payment { sealed, .. } => {
            let header = &sealed.header;
            (header.leaves, chunk_list::chunks(header).saturating_mul(2))
        }
        Content::Return(returned) => (u32::try_from(returned.indexes.len()).unwrap_or(u32::MAX), 0),
    };
    let mut findings = Vec::with_capacity(batch.findings.len());
    for (organization, finding) in &batch.findings {
        let (organization, finding) = (*organization, serde_json::to_value(finding)?);
        findings.push(FindingView { organization, finding });
    }
    let standing = serde_json::to_value(batch.standing)?;
    Ok(BatchView {
        batch: *id,
        name: serde_json::to_value(&batch.name)?,
        standing: standing.as_str().unwrap_or_default().to_owned(),
        leaves,
        total: batch.total().into(),
        record: batch.record,
        due: batch.due,
        findings,
        has_list: progress.has_list,
        chunks,
        chunks_had: u32::try_from(progress.had).unwrap_or(u32::MAX),
        leaves_verified: progress.verified,
        found: progress.finding.map(serde_json::to_value).transpose()?,
        verdict: progress.verdict,
    })
}

/// What of a batch's body is not here.
#[utoipa::path(
    get, path = "/v1/batches/{batch}/missing", tag = "batches",
    params(("batch" = String, Path, description = "the batch's name, in hexadecimal")),
    responses(
        (status = 200, description = "whether the list is missing, and numbers of chunks"),
        (status = 404, description = "the ledger has no such batch"),
        (status = 410, description = "it was rejected or ran out"),
    )
)]
pub(super) async fn missing(
    State(shared): Node,
    Segments(batch): Segments<String>,
) -> Result<Response, Refusal> {
    let id: BatchId = parse("batch", &batch)?;
    let found = reading(shared, move |shared| {
        let batches = &shared.parts.batches;
        let terms = batches.terms(&id)?;
        let missing = batches.missing(&id, &terms.sealed.header);
        let of = |wanted: Part| {
            let chunks = missing.chunks.iter().filter(|(part, _)| *part == wanted);
            chunks.map(|(_, number)| *number).collect()
        };
        Ok(MissingChunks { list: missing.list, leaves: of(Part::Leaves), proofs: of(Part::Proofs) })
    });
    json_answer(&found.await?)
}

/// The list of the chunks of a batch: borsh, as docs/format.md has it, section 13.
#[utoipa::path(
    get, path = "/v1/batches/{batch}/list", tag = "batches",
    params(("batch" = String, Path, description = "the batch's name, in hexadecimal")),
    responses(
        (status = 200, description = "the list", content_type = "application/octet-stream"),
        (status = 404, description = "it is not here"),
    )
)]
pub(super) async fn chunk_list(
    State(shared): Node,
    Segments(batch): Segments<String>,
) -> Result<Response, Refusal> {
    let id: BatchId = parse("batch", &batch)?;
    let list = shared.parts.batches.list(&id);
    let list = list.ok_or_else(|| Refusal::absent(format!("the chunks of batch {id}")))?;
    Ok(bytes_answer(list.encode()))
}

/// Brings the list of the chunks of a batch.
#[utoipa::path(
    post, path = "/v1/bodies/{batch}/list", tag = "batches",
    params(
        ("batch" = String, Path, description = "the batch's name, in hexadecimal"),
        (
            "minglian-handover" = String, Header,
            description = "the county's signed handover in hexadecimal"
        ),
    ),
    request_body(content_type = "application/octet-stream", description = "the list"),
    responses(
        (status = 201, description = "it is here"),
        (status = 403, description = "not signed by a live key of the county"),
        (status = 404, description = "the ledger has no such batch"),
        (status = 410, description = "it was rejected or ran out"),
        (status = 422, description = "it is not the header's"),
    )
)]
pub(super) async fn put_chunk_list(
    State(shared): Node,
    Segments(batch): Segments<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let taken = take_list(&shared, &batch, &head.headers, &mut body).await;
    body::leave(&shared, body);
    taken
}

async fn take_list(
    shared: &Arc<Shared>,
    batch: &str,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<Response, Refusal> {
    let (id, handover) = (parse::<BatchId>("batch", batch)?, handover(headers)?);
    let admit = move |shared: &Shared| Ok(shared.parts.batches.admit(&id, &handover)?);
    reading(shared.clone(), admit).await?;
    let _place = place(shared).await?;
    let body = body::read(shared, body, LIST_BYTES_MAX).await?;
    let list = batches::decode(&body.bytes)?;
    let keep = move |shared: &Shared| Ok(shared.parts.batches.put_list(&id, list)?);
    reading(shared.clone(), keep).await?;
    Ok(StatusCode::CREATED.into_response())
}

/// A chunk of leaves or proofs.
#[utoipa::path(
    get, path = "/v1/batches/{batch}/{part}/{number}", tag = "batches",
    params(
        ("batch" = String, Path, description = "the batch's name, in hexadecimal"),
        ("part" = String, Path, description = "`leaves` or `proofs`"),
        ("number" = u32, Path, description = "the chunk, from 0"),
    ),
    responses(
        (status = 200, description = "the chunk", content_type = "application/octet-stream"),
        (status = 404, description = "it is not here"),
    )
)]
pub(super) async fn chunk(
    State(shared): Node,
    Segments((batch, part, number)): Segments<(String, String, u32)>,
) -> Result<Response, Refusal> {
    let (id, part) = (parse("batch", &batch)?, part_of(&part)?);
    let found = reading(shared, move |shared| Ok(shared.parts.batches.chunk(&id, part, number)?));
    let absent = || Refusal::absent(format!("this chunk of batch {id}"));
    Ok(bytes_answer(found.await?.ok_or_else(absent)?))
}

/// Brings a chunk of leaves or proofs.
#[utoipa::path(
    post, path = "/v1/bodies/{batch}/{part}/{number}", tag = "batches",
    params(
        ("batch" = String, Path, description = "the batch's name, in hexadecimal"),
        ("part" = String, Path, description = "`leaves` or `proofs`"),
        ("number" = u32, Path, description = "the chunk, from 0"),
        (
            "minglian-handover" = String, Header,
            description = "the county's signed handover in hexadecimal"
        ),
    ),
    request_body(content_type = "application/octet-stream", description = "the chunk"),
    responses(
        (status = 201, description = "it is here"),
        (status = 403, description = "not signed by a live key of the county"),
        (status = 404, description = "the ledger has no such batch"),
        (status = 409, description = "the list of chunks comes first"),
        (status = 410, description = "it was rejected or ran out"),
        (status = 413, description = "larger than the chunk"),
        (status = 422, description = "it is another chunk"),
        (status = 507, description = "no room"),
    )
)]
pub(super) async fn put_chunk(
    State(shared): Node,
    Segments((batch, part, number)): Segments<(String, String, u32)>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let which = (batch.as_str(), part.as_str(), number);
    let taken = take_chunk(&shared, which, &head.headers, &mut body).await;
    body::leave(&shared, body);
    taken
}

async fn take_chunk(
    shared: &Arc<Shared>,
    (batch, part, number): (&str, &str, u32),
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<Response, Refusal> {
    let (id, part) = (parse::<BatchId>("batch", batch)?, part_of(part)?);
    let handover = handover(headers)?;
    let bytes = reading(shared.clone(), move |shared| {
        let terms = shared.parts.batches.admit(&id, &handover)?;
        Ok(batches::chunk_bytes(&terms, part, number).map_err(BatchFault::from)?)
    });
    let bytes = bytes.await?;
    let _place = place(shared).await?;
    let body = body::read(shared, body, bytes).await?;
    let keep = move |shared: &Shared| {
        Ok(shared.parts.batches.put_chunk(&id, part, number, &body.bytes)?)
    };
    reading(shared.clone(), keep).await?;
    Ok(StatusCode::CREATED.into_response())
}

/// A place among those who bring something.
pub(super) async fn place(shared: &Shared) -> Result<tokio::sync::OwnedSemaphorePermit, Refusal> {
    let busy = || Refusal::new(Kind::Busy, "too much is brought at a time");
    limits::turn(&shared.uploads, limits::BULK_PATIENCE).await.ok_or_else(busy)
}

/// The county's signature under what it brings.
pub(super) fn handover(headers: &HeaderMap) -> Result<Handover, Refusal> {
    let wrong = |reason: &str| Refusal::bad(format!("{HANDOVER_HEADER}: {reason}"));
    let value = headers.get(HANDOVER_HEADER).ok_or_else(|| wrong("it is missing"))?;
    if value.len() != HANDOVER_BYTES * 2 {
        return Err(wrong("it has another length"));
    }
    let bytes = HEXLOWER.decode(value.as_bytes()).map_err(|_| wrong("no hexadecimal digits"))?;
    Handover::try_from_slice(&bytes).map_err(|_| wrong("it does not read"))
}

fn part_of(text: &str) -> Result<Part, Refusal> {
    match text {
        "leaves" => Ok(Part::Leaves),
        "proofs" => Ok(Part::Proofs),
        _ => Err(Refusal::absent("a batch has leaves and proofs")),
    }
}
