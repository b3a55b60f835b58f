//! Attachments: bringing one, handing a public one out, and what is missing.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use futures::StreamExt as _;
use minglian_client::wire::{AttachmentStatus, AttachmentView, MissingAttachment, Page, Uploaded};
use minglian_client::{DEPOSIT_HEADER, READING_HEADER};
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Deposit};
use minglian_ledger::hash::AttachmentHash;
use minglian_listener::Peer;
use serde::Deserialize;
use tokio::time::Instant;

use super::extract::{Params, Segments, checked_limit, json_answer, parse};
use super::limits::Share;
use super::problem::{Kind, Refusal};
use super::{Node, Shared, limits, readers, reading};
use crate::attachments::manifest::{Description, Manifest};
use crate::attachments::{Origin, Receiving};

/// A body earns a millisecond with this many bytes: slower than half a megabit a second it ends.
const BODY_BYTES_PER_MS: u64 = 64;

/// Most bytes of a refused body that are still read, and for how long.
const DRAIN_BYTES_MAX: usize = 8 * 1024 * 1024;
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// Brings an attachment.
#[utoipa::path(
    post, path = "/v1/attachments", tag = "attachments",
    params((
        "minglian-deposit" = String, Header,
        description = "the signed deposit in hexadecimal: hash, type, size, class, organisation"
    )),
    request_body(content_type = "application/octet-stream", description = "the attachment's bytes"),
    responses(
        (status = 201, description = "it is kept; `waiting` until a record names it"),
        (status = 200, description = "it was here"),
        (status = 403, description = "not signed by a live key of the organisation"),
        (status = 409, description = "a record of another organisation names it"),
        (status = 410, description = "erased by an order on the ledger"),
        (status = 413, description = "larger than the limit, or than the deposit says"),
        (status = 415, description = "a type that is not taken, or bytes of another"),
        (status = 422, description = "the bytes have another hash"),
        (status = 507, description = "no room, in all or of this organisation"),
    )
)]
pub(super) async fn upload(State(shared): Node, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let answer = take(&shared, &head.headers, &mut body).await;
    // A client that still sends when the connection closes never sees the answer, a refusal or that
    // the file was here; what was taken leaves nothing to read.
    if let Ok(_place) = shared.drains.try_acquire() {
        let _ = tokio::time::timeout(DRAIN_PATIENCE, drain(&mut body)).await;
    }
    answer
}

/// Reads on, and throws away, what still comes of a refused body.
async fn drain(body: &mut BodyDataStream) {
    let mut left = DRAIN_BYTES_MAX;
    while let Some(Ok(part)) = body.next().await {
        left = left.saturating_sub(part.len());
        if left == 0 {
            return;
        }
    }
}

async fn take(
    shared: &Shared,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<Response, Refusal> {
    let deposit = deposit_of(headers)?;
    let about = Description::of(&deposit).ok_or_else(|| Refusal::bad("no deposit of a file"))?;
    let length = headers.get(header::CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length != about.bytes) {
        let detail = format!("{length:?} bytes come, the deposit says {}", about.bytes);
        return Err(Refusal::new(Kind::TooLarge, detail));
    }
    let keeper = &shared.parts.keeper;
    let known = || {
        let is_named = keeper.entry(&about.hash).is_some_and(|it| it.is_named);
        json_answer(&Uploaded { hash: about.hash, status: status(is_named) })
    };
    // Looked at twice: a place is for who may bring it, and much may change while it is waited for.
    if !keeper.admit(&deposit, Origin::Client)? {
        return known();
    }
    let organization = deposit.body.organization.to_string();
    let Some(_own) = shared.uploads_by.enter(&organization) else {
        let detail = format!("{organization} brings as many attachments at a time as it may");
        return Err(Refusal::new(Kind::Busy, detail));
    };
    let Some(_place) = limits::turn(&shared.uploads, limits::BULK_PATIENCE).await else {
        return Err(Refusal::new(Kind::Busy, "too many attachments at a time"));
    };
    let Some(receiving) = keeper.receive(deposit, Origin::Client).await? else { return known() };
    let is_named = take_body(shared, receiving, body).await?;
    let answer = json_answer(&Uploaded { hash: about.hash, status: status(is_named) })?;
    Ok((StatusCode::CREATED, answer).into_response())
}

fn status(is_named: bool) -> AttachmentStatus {
    if is_named { AttachmentStatus::Kept } else { AttachmentStatus::Waiting }
}

fn deposit_of(headers: &HeaderMap) -> Result<Deposit, Refusal> {
    let wrong = |reason: String| Refusal::bad(format!("{DEPOSIT_HEADER}: {reason}"));
    let value = headers.get(DEPOSIT_HEADER).ok_or_else(|| wrong("is missing".to_owned()))?;
    let bytes = HEXLOWER.decode(value.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    Deposit::decode(&bytes).map_err(|error| wrong(error.to_string()))
}

/// Reads the body piece by piece; whatever ends it early leaves nothing.
async fn take_body(
    shared: &Shared,
    mut receiving: Receiving,
    body: &mut BodyDataStream,
) -> Result<bool, Refusal> {
    let start = Instant::now() + shared.parts.limits.body_patience;
    let mut come: u64 = 0;
    loop {
        let earned = Duration::from_millis(come / BODY_BYTES_PER_MS);
        let slow = |_| Refusal::new(Kind::Slow, format!("{come} bytes came"));
        let next = tokio::time::timeout_at(start + earned, body.next()).await.map_err(slow)?;
        let Some(part) = next.transpose().map_err(Refusal::bad)? else { break };
        receiving.push(&part).await?;
        come = come.saturating_add(part.len() as u64);
    }
    Ok(receiving.finish().await?)
}

/// Where a list begins, how long it is, and whether it is of what is missing.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    after: Option<String>,
    limit: Option<usize>,
    missing: Option<String>,
}

/// Public attachments that are here; with `missing`, those that records name and that are not here.
#[utoipa::path(
    get, path = "/v1/attachments", tag = "attachments",
    params(
        ("after" = Option<String>, Query, description = "the `next` of the page before"),
        ("limit" = Option<usize>, Query, description = "at most 1000"),
        ("missing" = Option<String>, Query, description = "list what is missing instead"),
    ),
    responses((status = 200, description = "a page, in the order of the hashes"))
)]
pub(super) async fn attachments(
    State(shared): Node,
    Params(listing): Params<Listing>,
) -> Result<Response, Refusal> {
    let limit = checked_limit(listing.limit)?;
    let after = listing.after.map(|after| parse("after", &after)).transpose()?;
    reading(shared, move |shared| {
        if listing.missing.is_some() { missing(shared, after) } else { held(shared, after, limit) }
    })
    .await
}

fn held(shared: &Shared, after: Option<AttachmentHash>, limit: usize) -> Result<Response, Refusal> {
    let page = shared.parts.keeper.public(after.as_ref(), limit);
    let next = (page.len() == limit).then(|| page.last().map(|(hash, _)| hash.to_string()));
    let items = page.into_iter().map(|(hash, entry)| AttachmentView {
        hash,
        media_type: entry.media_type,
        bytes: entry.bytes,
        organization: entry.organization,
    });
    json_answer(&Page { items: items.collect(), next: next.flatten() })
}

fn missing(shared: &Shared, after: Option<AttachmentHash>) -> Result<Response, Refusal> {
    let (page, next) = shared.parts.keeper.missing(after)?;
    let items = page.into_iter().map(|(hash, named)| MissingAttachment {
        hash,
        organization: named.organization,
        index: named.index,
    });
    json_answer(&Page { items: items.collect(), next: next.map(|hash| hash.to_string()) })
}

/// A public attachment, as a file to save. Every byte is checked before it is sent; where the copy
/// turns out to be damaged, the answer breaks off.
#[utoipa::path(
    get, path = "/v1/attachments/{hash}", tag = "attachments",
    params(
        ("hash" = String, Path, description = "the attachment's hash"),
        (
            "minglian-reading" = Option<String>, Header,
            description = "an officer's signed question in hexadecimal, for what is not public"
        ),
    ),
    responses(
        (status = 200, description = "the bytes; they never change"),
        (status = 403, description = "it is not public, and no officer asks who may read it"),
        (status = 404, description = "it is not here"),
        (status = 410, description = "erased by an order on the ledger"),
        (status = 503, description = "the copy here is damaged, or too many are handed out"),
    )
)]
pub(super) async fn attachment(
    State(shared): Node,
    Extension(client): Extension<Peer>,
    Segments(hash): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let hash: AttachmentHash = parse("hash", &hash)?;
    let keeper = &shared.parts.keeper;
    if keeper.is_erased(&Thing::Attachment(hash))? {
        return Err(Refusal::new(Kind::Erased, hash));
    }
    let absent = || Refusal::absent(format!("attachment {hash} is not here"));
    let entry = keeper.entry(&hash).filter(|entry| entry.is_named).ok_or_else(absent)?;
    let is_public = entry.class == Class::Public;
    if !is_public && !headers.contains_key(READING_HEADER) {
        return Err(Refusal::new(Kind::NotPublic, hash));
    }
    let busy = || Refusal::new(Kind::Busy, "too many attachments at a time");
    let place = shared.downloads.try_enter(client).ok_or_else(busy)?;
    let manifest = keeper.manifest(&hash).await?.ok_or_else(absent)?;
    let path = format!("/v1/attachments/{hash}");
    readers::admit(&shared, &headers, &path, &manifest.deposit.body)?;
    // A damaged beginning is answered as such; damage further on breaks the answer off.
    let first = keeper.piece(&manifest, 0).await?;
    let parts = Parts { shared: shared.clone(), manifest, next: 1, _place: place };
    let rest = futures::stream::try_unfold(parts, Parts::read);
    let body = futures::stream::once(async { Ok(first) }).chain(rest);
    let mut response = Body::from_stream(body).into_response();
    let name = format!("attachment; filename=\"{hash}.{}\"", entry.media_type.extension());
    let headers = response.headers_mut();
    let text = |value: &str| HeaderValue::from_str(value).map_err(Refusal::internal);
    headers.insert(header::CONTENT_TYPE, text(entry.media_type.media())?);
    headers.insert(header::CONTENT_LENGTH, entry.bytes.into());
    headers.insert(header::CONTENT_DISPOSITION, text(&name)?);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if !is_public {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// The pieces of an attachment that are still to be sent.
struct Parts {
    shared: Arc<Shared>,
    manifest: Manifest,
    next: u64,
    _place: Share,
}

impl Parts {
    async fn read(mut self) -> Result<Option<(bytes::Bytes, Self)>, std::io::Error> {
        if self.next >= self.manifest.pieces.len() as u64 {
            return Ok(None);
        }
        let piece = self.shared.parts.keeper.piece(&self.manifest, self.next).await;
        self.next += 1;
        Ok(Some((piece.map_err(std::io::Error::other)?, self)))
    }
}
