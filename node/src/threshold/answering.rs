//! Answers to requests that stand on the ledger: the county's quota was counted when the ledger
//! took the request, so a member answers what it finds there, once, with one proof for all points.
//!
//! As many members as are needed answer at once, in an order that the request's place in the log
//! gives; the others wait a while for them, because an answer too many is a refused act.

use std::collections::BTreeMap;
use std::time::Duration;

use minglian_contracts::call::Call;
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::evaluation::{
    AnswerEvaluation, EvaluationRequest, REQUESTS, request_context,
};
use minglian_contracts::enrolment::key::{KeyRecord, THRESHOLD_KEYS};
use minglian_ledger::height::LogIndex;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::subsidy::evaluation::{self, Partial};
use minglian_ledger::subsidy::threshold::{KeyPurpose, KeyShare, Request};
use rand::rngs::OsRng;
use tokio::time::Instant;

use super::ceremony::{Round, place};
use super::fault::MemberFault;
use super::outbox::Outbox;

/// How long a member that is not among the first waits for each place that it is behind.
const PLACE_WAIT: Duration = Duration::from_secs(5);

/// Most answers that are computed in one round, some 15 ms each.
const ANSWERS_MAX: usize = 16;

/// Requests read at a time when all are looked at.
const PAGE: usize = 32;

/// The shares that this node answers with.
pub type Shares = BTreeMap<KeyPurpose, KeyShare>;

/// Requests that this node may have to answer, with when it saw them.
#[derive(Debug, Default)]
pub struct Answering {
    pending: BTreeMap<LogIndex, Instant>,
}

/// What is to be done about a request now.
enum Due {
    /// Nothing, for good.
    Never,
    /// Nothing yet.
    Later,
    /// An answer.
    Now(Box<KeyRecord>),
}

impl Answering {
    /// Whether requests wait.
    pub fn is_busy(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Takes notice of requests that are new or were answered by somebody.
    pub fn note(&mut self, requests: &[LogIndex], now: Instant) {
        for request in requests {
            self.pending.entry(*request).or_insert(now);
        }
    }

    /// Takes notice of all requests that still need answers: after a start, or when blocks were
    /// missed.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn note_all(&mut self, state: &dyn StateRead, now: Instant) -> Result<(), StateError> {
        let mut needed = BTreeMap::new();
        for (purpose, record) in THRESHOLD_KEYS.scan(state, &(), None, super::KEYS_MAX)? {
            if record.retired.is_none() {
                needed.insert(purpose, usize::from(record.threshold()));
            }
        }
        let mut after = None;
        loop {
            let page = REQUESTS.scan(state, &(), after.as_ref(), PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(*last);
            let open = page.iter().filter(|(_, request)| {
                let needed = needed.get(&request.purpose());
                needed.is_some_and(|needed| request.answered.len() < *needed)
            });
            self.note(&open.map(|(index, _)| *index).collect::<Vec<_>>(), now);
        }
    }

    /// Answers what is due.
    ///
    /// # Errors
    /// The first [`MemberFault`]; other requests are looked at in the next round.
    pub fn step(
        &mut self,
        round: &Round<'_>,
        shares: &Shares,
        outbox: &mut Outbox,
    ) -> Result<(), MemberFault> {
        let mut answers = 0;
        let pending: Vec<_> = self.pending.iter().map(|(index, seen)| (*index, *seen)).collect();
        for (index, seen) in pending {
            let request = REQUESTS.get(round.state, &index)?;
            let due = match &request {
                Some(request) => due(request, index, seen, round, shares)?,
                None => Due::Never,
            };
            match (due, request) {
                (Due::Now(record), Some(request)) if answers < ANSWERS_MAX => {
                    answers += 1;
                    let reference = format!("evaluation/{index}");
                    outbox.send(round.organization, reference, round.now, || {
                        answer(index, &request, &record, round, shares)
                    })?;
                }
                (Due::Now(_) | Due::Later, _) => {}
                (Due::Never, _) => {
                    self.pending.remove(&index);
                }
            }
        }
        Ok(())
    }
}

fn due(
    request: &EvaluationRequest,
    index: LogIndex,
    seen: Instant,
    round: &Round<'_>,
    shares: &Shares,
) -> Result<Due, MemberFault> {
    let purpose = request.purpose();
    let record = THRESHOLD_KEYS.get(round.state, &purpose)?;
    let Some(record) = record.filter(|record| record.retired.is_none()) else {
        return Ok(Due::Never);
    };
    let threshold = record.threshold();
    let Some(member) = place(&record.members, &round.organization) else { return Ok(Due::Never) };
    let is_answered = usize::from(threshold) <= request.answered.len();
    if is_answered || request.answered.contains(&member) || !shares.contains_key(&purpose) {
        return Ok(Due::Never);
    }
    let behind = places_behind(member, &record, index);
    let wait = PLACE_WAIT.saturating_mul(u32::from(behind));
    let is_due = round.now.saturating_duration_since(seen) >= wait;
    Ok(if is_due { Due::Now(Box::new(record)) } else { Due::Later })
}

/// How many places a member stands behind those who answer a request first.
fn places_behind(member: u16, record: &KeyRecord, index: LogIndex) -> u16 {
    let members = u64::try_from(record.members.len()).unwrap_or(1).max(1);
    let turn = (u64::from(member) + members - 1 + members - index.0 % members) % members;
    // The first of them have turns 0 to threshold - 1.
    let behind = (turn + 1).saturating_sub(u64::from(record.threshold()));
    u16::try_from(behind).unwrap_or(u16::MAX)
}

fn answer(
    index: LogIndex,
    asked: &EvaluationRequest,
    record: &KeyRecord,
    round: &Round<'_>,
    shares: &Shares,
) -> Result<Call, MemberFault> {
    let bound = request_context(&asked.context(&round.header.chain_id));
    let points = asked.points.iter().map(|point| point.point).collect();
    let request = Request::new(&record.key, &bound, points)?;
    let share = shares.get(&asked.purpose()).ok_or(MemberFault::OtherShare)?;
    let Partial { results, proof, .. } = evaluation::evaluate(&request, share, &mut OsRng)?;
    tracing::info!(request = %index, points = results.len(), "answering a request for tags");
    let act = AnswerEvaluation { request: index, results, proof };
    Ok(Call::Enrolment(enrolment::Call::AnswerEvaluation(act)))
}
