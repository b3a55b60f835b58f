//! Attachments: bringing one, handing a public one out, and what is missing.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::StreamExt as _;
use minglian_client::wire::{AttachmentStatus, AttachmentView, MissingAttachment, Page, Uploaded};
use minglian_client::{DEPOSIT_HEADER, READING_HEADER};
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Deposit};
use minglian_ledger::hash::AttachmentHash;
use minglian_listener::Peer;
use serde::Deserialize;

use super::extract::{Params, Segments, checked_limit, json_answer, parse};
use super::limits::Share;
use super::problem::{Kind, Refusal};
use super::range::{self, Asked};
use super::{Node, Shared, limits, readers, reading};
use crate::attachments::index::Entry;
use crate::attachments::manifest::{Description, Manifest, PIECE_BYTES};
use crate::attachments::{KeepFault, Origin, Receiving};
use crate::pace::Pace;

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
        (status = 400, description = "no deposit that reads, or of an empty file"),
        (status = 403, description = "not signed by a live key of the organisation"),
        (status = 409, description = "a record of another organisation names it"),
        (status = 410, description = "erased by an order on the ledger"),
        (status = 413, description = "larger than the limit, or than the deposit says"),
        (status = 415, description = "a type that is not taken, or bytes of another"),
        (status = 422, description = "the bytes have another hash, or are fewer"),
        (status = 507, description = "no room, in all or of this organisation"),
    )
)]
pub(super) async fn upload(State(shared): Node, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let answer = take(&shared, &head.headers, &mut body).await;
    // A client that still sends when the connection closes never sees the answer, a refusal or that
    // the file was here: some of the rest is read while the answer goes. What was taken leaves
    // nothing to read.
    if let Ok(place) = shared.drains.clone().try_acquire_owned() {
        tokio::spawn(async move {
            let _place = place;
            let _ = tokio::time::timeout(DRAIN_PATIENCE, drain(&mut body)).await;
        });
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
    let keeper = &shared.parts.keeper;
    let known = || {
        let is_named = keeper.entry(&about.hash).is_some_and(|it| it.is_named);
        json_answer(&Uploaded { hash: about.hash, status: status(is_named) })
    };
    // Looked at twice: a place is for who may bring it, and much may change while it is waited for.
    if !keeper.admit(&deposit, Origin::Client)? {
        return known();
    }
    if let Some(length) = length.filter(|length| *length != about.bytes) {
        let detail = format!("{length} bytes come, the deposit says {}", about.bytes);
        let kind = if length > about.bytes { Kind::TooLarge } else { Kind::Mismatch };
        return Err(Refusal::new(kind, detail));
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
    let mut pace = Pace::new(shared.parts.limits.body_patience);
    loop {
        let slow = || Refusal::new(Kind::Slow, format!("{} bytes came", pace.bytes()));
        let next = pace.next(body.next()).await.ok_or_else(slow)?;
        let Some(part) = next.transpose().map_err(Refusal::bad)? else { break };
        receiving.push(&part).await?;
        pace.came(part.len());
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

/// A public attachment, as a file to save, or a part of it. Every piece is checked before any byte
/// of it is sent; where the copy turns out to be damaged, the answer breaks off.
#[utoipa::path(
    get, path = "/v1/attachments/{hash}", tag = "attachments",
    params(
        ("hash" = String, Path, description = "the attachment's hash"),
        (
            "minglian-reading" = Option<String>, Header,
            description = "an officer's signed question in hexadecimal, for what is not public"
        ),
        (
            "range" = Option<String>, Header,
            description = "one range of bytes, `bytes=0-1023`; several are answered with the whole"
        ),
        (
            "if-range" = Option<String>, Header,
            description = "the entity tag, which is the hash in quotation marks"
        ),
    ),
    responses(
        (status = 200, description = "the bytes; they never change"),
        (status = 206, description = "the range that was asked for"),
        (status = 403, description = "it is not public, and no officer asks who may read it"),
        (status = 404, description = "it is not here"),
        (status = 410, description = "erased by an order on the ledger"),
        (status = 416, description = "the range lies behind the end"),
        (
            status = 503,
            description = "the copy here is damaged, its store does not answer, or too many are \
                           handed out"
        ),
    )
)]
pub(super) async fn attachment(
    State(shared): Node,
    Extension(client): Extension<Peer>,
    Segments(hash): Segments<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let hash: AttachmentHash = parse("hash", &hash)?;
    let keeper = &shared.parts.keeper;
    if keeper.is_erased(&Thing::Attachment(hash))? {
        return Err(Refusal::new(Kind::Erased, hash));
    }
    let absent = || Refusal::absent(format!("attachment {hash} is not here"));
    let entry = keeper.entry(&hash).filter(|entry| entry.is_named).ok_or_else(absent)?;
    if entry.class != Class::Public && !headers.contains_key(READING_HEADER) {
        return Err(Refusal::new(Kind::NotPublic, hash));
    }
    let busy = || Refusal::new(Kind::Busy, "too many attachments at a time");
    let place = shared.downloads.try_enter(client).ok_or_else(busy)?;
    let manifest = keeper.manifest(&hash).await?.ok_or_else(absent)?;
    let path = format!("/v1/attachments/{hash}");
    let is_public = entry.class == Class::Public;
    readers::admit(&shared, &headers, &path, &manifest.deposit.body, is_public)?;
    let asked = range::asked(&method, &headers, &tag(&hash), entry.bytes);
    let range = match &asked {
        Asked::Whole => 0..entry.bytes,
        Asked::Part(part) => part.clone(),
        Asked::Nothing => {
            let refusal = Refusal::new(Kind::Range, format!("it has {} bytes", entry.bytes));
            let size = HeaderValue::from_str(&format!("bytes */{}", entry.bytes));
            let size = size.map_err(Refusal::internal)?;
            return Ok(([(header::CONTENT_RANGE, size)], refusal).into_response());
        }
    };
    let mut parts = Parts { shared: shared.clone(), manifest, range, _place: place };
    // A damaged beginning is answered as such; damage further on breaks the answer off.
    let first = parts.read().await?;
    let rest = futures::stream::try_unfold(parts, |mut parts| async move {
        let next = parts.read().await.map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(next.map(|bytes| (bytes, parts)))
    });
    let body = futures::stream::iter(first.map(Ok)).chain(rest);
    let mut response = Body::from_stream(body).into_response();
    if let Asked::Part(_) = asked {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    describe(response.headers_mut(), &hash, &entry, &asked)?;
    Ok(response)
}

/// The strong entity tag of an attachment: what has this hash has these bytes.
fn tag(hash: &AttachmentHash) -> String {
    format!("\"{hash}\"")
}

fn describe(
    headers: &mut HeaderMap,
    hash: &AttachmentHash,
    entry: &Entry,
    asked: &Asked,
) -> Result<(), Refusal> {
    let text = |value: &str| HeaderValue::from_str(value).map_err(Refusal::internal);
    let mut length = entry.bytes;
    if let Asked::Part(part) = asked {
        length = part.end - part.start;
        let range = format!("bytes {}-{}/{}", part.start, part.end - 1, entry.bytes);
        headers.insert(header::CONTENT_RANGE, text(&range)?);
    }
    let name = format!("attachment; filename=\"{hash}.{}\"", entry.media_type.extension());
    headers.insert(header::CONTENT_TYPE, text(entry.media_type.media())?);
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONTENT_DISPOSITION, text(&name)?);
    headers.insert(header::ETAG, text(&tag(hash))?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if entry.class != Class::Public {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(())
}

/// The bytes of an attachment that are still to be sent.
struct Parts {
    shared: Arc<Shared>,
    manifest: Manifest,
    range: Range<u64>,
    _place: Share,
}

impl Parts {
    /// The next of them, checked with the rest of their piece; none at the end.
    async fn read(&mut self) -> Result<Option<Bytes>, KeepFault> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let number = self.range.start / PIECE_BYTES;
        let piece = self.shared.parts.keeper.piece(&self.manifest, number).await?;
        let begin = number * PIECE_BYTES;
        let end = self.range.end.min(begin + piece.len() as u64);
        if end <= self.range.start {
            return Err(KeepFault::Mismatch);
        }
        let place = |at: u64| usize::try_from(at - begin).unwrap_or(usize::MAX);
        let bytes = piece.slice(place(self.range.start)..place(end));
        self.range.start = end;
        Ok(Some(bytes))
    }
}
