//! How many requests run at a time, for how long, and how much memory they take.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use minglian_client::WAIT_MAX;
use minglian_listener::{Clients, Peer, Place};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::{Kind, Refusal};
use crate::config;

/// Most requests that read at a time.
const READING_MAX: usize = 256;

/// How long a request that reads may take.
const READING_TIMEOUT: Duration = Duration::from_secs(15);

/// Most requests at a time whose answer may be megabytes: they are built in memory.
const BULK_MAX: usize = 16;

/// How long such a request, or an attachment, may wait for its turn.
pub(super) const BULK_PATIENCE: Duration = Duration::from_secs(5);

/// Most requests at a time that wait for a commit, and as many that bring transactions or
/// attachments: who only waits keeps nobody from submitting.
pub(super) const WAITING_MAX: usize = 1_024;

/// Room for the work around the longest wait.
const WAITING_MARGIN: Duration = Duration::from_secs(10);

/// Most attachments that come at a time.
pub(super) const UPLOADING_MAX: usize = 8;

/// Most of them that come, or wait for a place, of one organisation: slow ones of one key keep
/// nobody else's out.
pub(super) const UPLOADING_ORGANIZATION_MAX: usize = 2;

/// Most refused bodies that are read on at a time.
pub(super) const DRAINING_MAX: usize = 32;

/// How long an attachment may take to come; it must also come fast enough.
const UPLOADING_TIMEOUT: Duration = Duration::from_secs(1_800);

/// Most attachments that are handed out at a time: a piece of each is in memory.
pub(super) const DOWNLOADING_MAX: usize = 32;

/// Most streams of tips.
pub(super) const STREAMS_MAX: usize = 256;

/// A larger answer is counted until it is sent, and sent in pieces of this many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// What the interface gives its clients. The defaults suit a bureau's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Connections of one client: of an IPv4 address, or of an IPv6 network of 64 bits. Others are
    /// closed at once.
    pub connections_per_client_max: usize,
    /// How much of the places for requests that last one client may hold, in percent: those that
    /// wait for a commit, submissions, streams, attachments that come and that are handed out.
    pub share_per_client_percent: usize,
    /// Submissions checked at a time; their signatures keep the processor busy.
    pub submitting_max: usize,
    /// How long a submission may wait for its turn before it is refused as `busy`.
    pub submitting_patience: Duration,
    /// How long a body may take that brings nothing. It earns more time as it comes.
    pub body_patience: Duration,
    /// Bytes of bodies that are read or wait for their turn, in all.
    pub body_bytes_max: usize,
    /// How long a client may take to accept a piece of its answer, of at most some 256 KiB.
    pub write_patience: Duration,
    /// Bytes of large answers on their way, in all.
    pub answer_bytes_max: usize,
    /// Bytes after which a page ends.
    pub page_bytes_max: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            connections_per_client_max: config::HTTP_CONNECTIONS_PER_CLIENT_MAX,
            share_per_client_percent: config::HTTP_SHARE_PER_CLIENT_PERCENT,
            submitting_max: processors * 2,
            submitting_patience: Duration::from_secs(15),
            body_patience: Duration::from_secs(10),
            body_bytes_max: 256 << 20,
            write_patience: Duration::from_secs(10),
            answer_bytes_max: 256 << 20,
            page_bytes_max: 4 << 20,
        }
    }
}

/// Limits of a group of routes.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    running: Shares,
    patience: Duration,
    timeout: Duration,
    answers: Arc<Semaphore>,
}

impl Limits {
    /// Of requests with small answers. `answers` counts the bytes of large ones, of all groups.
    pub(super) fn reading(answers: &Arc<Semaphore>) -> Self {
        Self::new(READING_MAX, Duration::ZERO, READING_TIMEOUT, answers)
    }

    /// Of requests with large answers.
    pub(super) fn bulk(answers: &Arc<Semaphore>) -> Self {
        Self::new(BULK_MAX, BULK_PATIENCE, READING_TIMEOUT, answers)
    }

    /// Of requests that wait for a commit, or bring transactions and may wait. One client has a
    /// share of them.
    pub(super) fn waiting(answers: &Arc<Semaphore>, share_percent: usize) -> Self {
        let running = Shares::new(WAITING_MAX, share_percent);
        Self::of(running, Duration::ZERO, WAIT_MAX + WAITING_MARGIN, answers)
    }

    /// Of requests that bring attachments. They take one of [`UPLOADING_MAX`] places when their
    /// deposit was found good: nobody without a key takes one.
    pub(super) fn uploading(answers: &Arc<Semaphore>, share_percent: usize) -> Self {
        let running = Shares::new(WAITING_MAX, share_percent);
        Self::of(running, Duration::ZERO, UPLOADING_TIMEOUT, answers)
    }

    fn new(
        running_max: usize,
        patience: Duration,
        timeout: Duration,
        answers: &Arc<Semaphore>,
    ) -> Self {
        Self::of(Shares::new(running_max, 100), patience, timeout, answers)
    }

    fn of(
        running: Shares,
        patience: Duration,
        timeout: Duration,
        answers: &Arc<Semaphore>,
    ) -> Self {
        Self { running, patience, timeout, answers: answers.clone() }
    }

    /// Counts a large answer until it is sent, however slowly its reader takes it.
    fn count(&self, response: Response) -> Response {
        let (head, body) = response.into_parts();
        let bytes = body.size_hint().exact().unwrap_or(0);
        if bytes <= PIECE_BYTES as u64 {
            return Response::from_parts(head, body);
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        match self.answers.clone().try_acquire_many_owned(bytes) {
            Ok(room) => {
                let counted = Counted { body, ready: Bytes::new(), _room: room };
                Response::from_parts(head, Body::new(counted))
            }
            Err(_) => Refusal::new(Kind::Busy, "too many large answers at a time").into_response(),
        }
    }
}

/// Places of one kind: so many in all, of which one client holds no more than its share.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    all: Arc<Semaphore>,
    /// None where one client may hold them all.
    each: Option<Arc<Clients>>,
}

/// One of these places. Dropping it gives it up.
#[derive(Debug)]
pub(super) struct Share {
    _all: OwnedSemaphorePermit,
    _each: Option<Place>,
}

impl Shares {
    /// `count` places, of which one client may hold `share_percent`, but one at least.
    pub(super) fn new(count: usize, share_percent: usize) -> Self {
        let each_max = (count.saturating_mul(share_percent) / 100).max(1);
        let each = (each_max < count).then(|| Clients::new(each_max));
        Self { all: Arc::new(Semaphore::new(count)), each }
    }

    /// A place for a client, if it has not its share yet, for which it waits as long as `patience`.
    async fn enter(&self, client: Option<Peer>, patience: Duration) -> Option<Share> {
        let each = match (&self.each, client) {
            (Some(each), Some(Peer(address))) => Some(each.enter(address)?),
            _ => None,
        };
        Some(Share { _all: turn(&self.all, patience).await?, _each: each })
    }

    /// A place for a client, at once.
    pub(super) fn try_enter(&self, Peer(address): Peer) -> Option<Share> {
        let each = match &self.each {
            Some(each) => Some(each.enter(address)?),
            None => None,
        };
        Some(Share { _all: self.all.clone().try_acquire_owned().ok()?, _each: each })
    }
}

tokio::task_local! {
    /// The place of the request that runs here.
    static PLACE: Arc<Share>;
}

/// The place of the request that runs here. Work on another thread keeps it, so that a request
/// whose time is up counts until its work has ended.
pub(super) fn place() -> Option<Arc<Share>> {
    PLACE.try_with(Arc::clone).ok()
}

/// Waits for a place for as long as `patience`.
pub(super) async fn turn(
    places: &Arc<Semaphore>,
    patience: Duration,
) -> Option<OwnedSemaphorePermit> {
    tokio::time::timeout(patience, places.clone().acquire_owned()).await.ok()?.ok()
}

/// Refuses what is too much instead of queueing it for long, so that overload plateaus.
pub(super) async fn apply(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Peer>().copied();
    let Some(place) = limits.running.enter(client, limits.patience).await else {
        return Refusal::new(Kind::Busy, "too many requests at a time").into_response();
    };
    let answer = PLACE.scope(Arc::new(place), next.run(request));
    match tokio::time::timeout(limits.timeout, answer).await {
        Ok(response) => limits.count(response),
        Err(_) => {
            let detail = format!("no answer after {} s", limits.timeout.as_secs());
            Refusal::new(Kind::Timeout, detail).into_response()
        }
    }
}

/// A body that is handed out in pieces and counts until the last one.
struct Counted {
    body: Body,
    ready: Bytes,
    _room: OwnedSemaphorePermit,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.ready.is_empty() {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else {
                return Poll::Ready(None);
            };
            match frame?.into_data() {
                Ok(data) => self.ready = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let bytes = self.ready.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.ready.split_to(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.body.size_hint();
        let ready = self.ready.len() as u64;
        rest.exact().map_or(rest, |exact| SizeHint::with_exact(exact.saturating_add(ready)))
    }
}
