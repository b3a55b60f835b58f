//! `POST /v1/transactions`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use minglian_client::wire::{self, SubmitAnswer, SubmitAnswers, SubmitRequest, SubmitStatus};
use minglian_client::{OCTET_STREAM, SUBMIT_BYTES_MAX, SUBMIT_COUNT_MAX, WAIT_MAX};
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::LogIndex;
use minglian_ledger::transaction::Transaction;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::extract::{Params, json_answer};
use super::problem::{Kind, Refusal};
use super::waiters::Ticket;
use super::{Node, Shared, limits, reading, view};
use crate::admission::{AdmissionError, Admitted};
use crate::mempool::PoolError;
use crate::pace::Pace;

/// How long a request waits that does not say.
const WAIT_DEFAULT: Duration = Duration::from_secs(30);

/// JSON writes every byte as two digits.
const JSON_BYTES_MAX: usize = SUBMIT_BYTES_MAX * 2 + 64 * 1024;

/// Whether to wait for the commit, and how long.
#[derive(Debug, Deserialize)]
pub(super) struct Wait {
    wait: Option<String>,
    timeout_ms: Option<u64>,
}

impl Wait {
    /// When to stop waiting; none if the request does not wait.
    pub(super) fn deadline(&self) -> Result<Option<Instant>, Refusal> {
        match self.wait.as_deref() {
            None => Ok(None),
            Some("committed") => {
                let timeout = self.timeout_ms.map_or(WAIT_DEFAULT, Duration::from_millis);
                Ok(Some(Instant::now() + timeout.min(WAIT_MAX)))
            }
            Some(other) => Err(Refusal::bad(format!("wait is {other:?}, not \"committed\""))),
        }
    }
}

/// Brings transactions to the pool: one answer for each, in order.
#[utoipa::path(
    post, path = "/v1/transactions", tag = "transactions",
    params(
        ("wait" = Option<String>, Query, description = "`committed` waits for the commits"),
        ("timeout_ms" = Option<u64>, Query, description = "longest wait, at most 60000"),
    ),
    request_body(
        content_type = "application/json",
        description = "{\"transaction\": hex} or {\"transactions\": [hex, …]}, at most 1000; or \
            application/octet-stream: each transaction behind its length in 4 bytes, little endian",
    ),
    responses(
        (status = 200, description = "{\"answers\": […]}: admitted, committed or refused"),
        (status = 408, description = "the body comes too slowly"),
        (status = 413, description = "too many transactions or bytes"),
        (status = 503, description = "too many submissions at a time; try again in a moment"),
    )
)]
pub(super) async fn submit(
    State(shared): Node,
    Params(wait): Params<Wait>,
    request: Request,
) -> Result<Response, Refusal> {
    let deadline = wait.deadline()?;
    let body = read_body(&shared, request).await?;
    let patience = shared.parts.limits.submitting_patience;
    let busy = || Refusal::new(Kind::Busy, "too many submissions at a time");
    let turn = limits::turn(&shared.submitting, patience).await.ok_or_else(busy)?;
    let work = move |shared: &Shared| {
        // The turn is over when the work is, whether or not anybody still waits for it.
        let _turn = turn;
        Ok(admit(shared, body.transactions()?, deadline.is_some()))
    };
    let (mut answers, pending) = reading(shared.clone(), work).await?;
    if let Some(deadline) = deadline {
        let settled = wait_for(pending, deadline).await;
        answers = reading(shared, move |shared| settle(shared, answers, settled)).await?;
    }
    json_answer(&SubmitAnswers { answers })
}

/// The body of a submission, counted among all bodies until it is dropped.
struct Submitted {
    bytes: Bytes,
    is_binary: bool,
    _room: Option<OwnedSemaphorePermit>,
}

async fn read_body(shared: &Shared, request: Request) -> Result<Submitted, Refusal> {
    let content = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content = content.unwrap_or_default();
    let is_binary = content.starts_with(OCTET_STREAM);
    if !is_binary && !content.starts_with("application/json") {
        return Err(Refusal::new(Kind::UnsupportedMedia, content));
    }
    let limit = if is_binary { SUBMIT_BYTES_MAX } else { JSON_BYTES_MAX };
    let mut pace = Pace::new(shared.parts.limits.body_patience);
    let mut body = request.into_body().into_data_stream();
    let (mut bytes, mut room) = (Vec::new(), None::<OwnedSemaphorePermit>);
    loop {
        let slow = || Refusal::new(Kind::Slow, format!("{} bytes came", pace.bytes()));
        let next = pace.next(body.next()).await.ok_or_else(slow)?;
        let Some(part) = next.transpose().map_err(Refusal::bad)? else { break };
        if bytes.len().saturating_add(part.len()) > limit {
            return Err(Refusal::new(Kind::TooLarge, format!("limit {limit} bytes")));
        }
        let count = u32::try_from(part.len()).unwrap_or(u32::MAX);
        let busy = |_| Refusal::new(Kind::Busy, "too many bytes at a time");
        let more = shared.bodies.clone().try_acquire_many_owned(count).map_err(busy)?;
        match &mut room {
            Some(room) => room.merge(more),
            None => room = Some(more),
        }
        pace.came(part.len());
        bytes.extend_from_slice(&part);
    }
    Ok(Submitted { bytes: bytes.into(), is_binary, _room: room })
}

impl Submitted {
    /// The encoded transactions.
    fn transactions(&self) -> Result<Vec<Bytes>, Refusal> {
        let encoded: Vec<Bytes> = if self.is_binary {
            let items = wire::frames(&self.bytes).map_err(Refusal::bad)?;
            items.into_iter().map(|item| self.bytes.slice_ref(item)).collect()
        } else {
            let request: SubmitRequest =
                serde_json::from_slice(&self.bytes).map_err(Refusal::bad)?;
            match (request.transaction, request.transactions) {
                (Some(one), None) => vec![one.0.into()],
                (None, Some(many)) => many.into_iter().map(|one| one.0.into()).collect(),
                _ => return Err(Refusal::bad("one of `transaction` and `transactions`")),
            }
        };
        if encoded.is_empty() {
            return Err(Refusal::bad("no transaction came: at least one is taken"));
        }
        if encoded.len() > SUBMIT_COUNT_MAX {
            let detail = format!("{} transactions, not 1 to {SUBMIT_COUNT_MAX}", encoded.len());
            return Err(Refusal::new(Kind::TooLarge, detail));
        }
        Ok(encoded)
    }
}

/// A transaction that still waits for its commit, with its first place in the answers.
struct Pending {
    position: usize,
    ticket: Ticket,
}

/// Admits the transactions, passes on the new ones, and answers as far as is known at once; with
/// `is_waiting`, those that wait for a block get a place in the queue.
fn admit(
    shared: &Shared,
    encoded: Vec<Bytes>,
    is_waiting: bool,
) -> (Vec<SubmitAnswer>, Vec<Pending>) {
    let admitted = shared.parts.admission.admit(&encoded);
    let (mut answers, mut pending, mut new) = (Vec::new(), Vec::new(), Vec::new());
    let mut waited_for = BTreeSet::new();
    for (position, (outcome, bytes)) in admitted.into_iter().zip(encoded).enumerate() {
        if let Ok(Admitted { is_new: true, .. }) = &outcome {
            new.push(bytes.clone());
        }
        let answer = answer(shared, outcome, &bytes);
        let waits = is_waiting && answer.status == SubmitStatus::Admitted;
        if let Some(id) = answer.id.filter(|id| waits && waited_for.insert(*id)) {
            // Without a place in the queue the answer stays `admitted`.
            pending.extend(shared.waiters.register(id).map(|ticket| Pending { position, ticket }));
        }
        answers.push(answer);
    }
    if !new.is_empty() {
        (shared.parts.broadcast)(new);
    }
    for place in &pending {
        shared.look_again(&answers[place.position]);
    }
    (answers, pending)
}

fn answer(
    shared: &Shared,
    outcome: Result<Admitted, AdmissionError>,
    bytes: &[u8],
) -> SubmitAnswer {
    let plain = |id, status, code: &str| SubmitAnswer {
        id,
        status,
        code: code.to_owned(),
        detail: None,
        committed: None,
    };
    match outcome {
        Ok(Admitted { id, committed: None, .. }) => {
            plain(Some(id), SubmitStatus::Admitted, "admitted")
        }
        Ok(Admitted { id, committed: Some(index), .. }) => committed_answer(shared, id, index),
        // Turned away unread, so without a name.
        Err(error @ AdmissionError::Pool(PoolError::Full)) => {
            let refused = plain(None, SubmitStatus::Refused, error.code());
            SubmitAnswer { detail: Some(error.to_string()), ..refused }
        }
        Err(error) => {
            let id = Transaction::decode(bytes).ok().map(|transaction| transaction.id());
            if matches!(error, AdmissionError::Pool(PoolError::Known)) {
                return plain(id, SubmitStatus::Admitted, error.code());
            }
            let refused = plain(id, SubmitStatus::Refused, error.code());
            SubmitAnswer { detail: Some(error.to_string()), ..refused }
        }
    }
}

fn committed_answer(shared: &Shared, id: TransactionId, index: LogIndex) -> SubmitAnswer {
    let (committed, detail) = match view::committed(shared, index) {
        Ok(committed) => (Some(committed), None),
        Err(_) => (None, Some("the receipt cannot be read".to_owned())),
    };
    let (id, code) = (Some(id), "committed".to_owned());
    SubmitAnswer { id, status: SubmitStatus::Committed, code, detail, committed }
}

impl Shared {
    /// Tells the waiters of a transaction that was committed before they began to wait. One that is
    /// still in the pool has not been: the pool is cleared before commits are announced.
    pub(super) fn look_again(&self, answer: &SubmitAnswer) {
        let Some(id) = answer.id.filter(|id| !self.parts.admission.is_waiting(id)) else { return };
        match self.store().transaction(&id) {
            Ok(Some(index)) => self.waiters.tell(&id, index),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "cannot look up a transaction"),
        }
    }
}

/// Waits for all of them, or until the deadline.
async fn wait_for(pending: Vec<Pending>, deadline: Instant) -> Vec<(usize, LogIndex)> {
    let mut settled = Vec::with_capacity(pending.len());
    for Pending { position, mut ticket } in pending {
        // Past the deadline the others are still looked at: they may be ready.
        if let Ok(Some(index)) = tokio::time::timeout_at(deadline, ticket.committed()).await {
            settled.push((position, index));
        }
    }
    settled
}

fn settle(
    shared: &Shared,
    mut answers: Vec<SubmitAnswer>,
    settled: Vec<(usize, LogIndex)>,
) -> Result<Vec<SubmitAnswer>, Refusal> {
    let id = |(position, index): (usize, LogIndex)| Some((answers.get(position)?.id?, index));
    let settled: BTreeMap<TransactionId, LogIndex> = settled.into_iter().filter_map(id).collect();
    // The same transaction may stand in a request more than once.
    for answer in &mut answers {
        if let Some(id) = answer.id.filter(|_| answer.status == SubmitStatus::Admitted)
            && let Some(index) = settled.get(&id)
        {
            *answer = committed_answer(shared, id, *index);
        }
    }
    Ok(answers)
}

/// Waits until `id` is committed, or until the deadline.
pub(super) async fn wait_for_one(
    shared: &Arc<Shared>,
    id: TransactionId,
    deadline: Instant,
) -> Result<Option<LogIndex>, Refusal> {
    let busy = || Refusal::new(Kind::Busy, "too many transactions are waited for");
    let ticket = shared.waiters.register(id).ok_or_else(busy)?;
    let known = reading(shared.clone(), move |shared| Ok(shared.store().transaction(&id)?)).await?;
    if known.is_some() {
        return Ok(known);
    }
    let settled = wait_for(vec![Pending { position: 0, ticket }], deadline).await;
    Ok(settled.first().map(|(_, index)| *index))
}
