//! Evaluations of a key on blinded points: a county asks, members answer. Every request and every
//! answer stands on the ledger, so that nobody tries numbers unseen.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::{PublicKey, Signature};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::subsidy::dleq::DleqProof;
use minglian_ledger::subsidy::domain::RequestId;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::enrolment::{self, Blinded, EnrolmentContext};
use minglian_ledger::subsidy::evaluation::{self, Partial};
use minglian_ledger::subsidy::threshold::{
    KeyPurpose, REQUEST_POINTS_MAX, Request, ThresholdError, ThresholdKey,
};
use minglian_ledger::transaction::ChainId;
use serde::{Deserialize, Serialize};

use super::{Event, attester, key, quota};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Requests, by their record.
pub const REQUESTS: Table<LogIndex, EvaluationRequest> =
    Table::new(schema::prefix::ENROLMENT_FIRST + 8);

/// The results of members that answered, by the request's record and the member, from 1.
pub const ANSWERS: Table<(LogIndex, u16), Vec<PointBytes>> =
    Table::new(schema::prefix::ENROLMENT_FIRST + 9);

/// A person's blinded point with the attester's signature.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AttestedPoint {
    /// The point.
    pub blinded: Blinded,
    /// The attester's signature over it and where the person is to be enrolled.
    pub attestation: Signature,
}

/// Asks for the evaluation of a key on blinded points.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RequestEvaluation {
    /// Programmes that exclude one another.
    pub group: u16,
    /// Year of the enrolment.
    pub epoch: u16,
    /// Who attested the points.
    pub attester: PublicKey,
    /// One for each person, at most [`REQUEST_POINTS_MAX`].
    pub points: Vec<AttestedPoint>,
}

/// A member's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AnswerEvaluation {
    /// The record of the request.
    pub request: LogIndex,
    /// The points multiplied by the member's share, in order.
    pub results: Vec<PointBytes>,
    /// That they are.
    pub proof: DleqProof,
}

/// A request, with who answered it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EvaluationRequest {
    /// The county that asks.
    pub county: OrganizationCode,
    /// Programmes that exclude one another.
    pub group: u16,
    /// Year of the enrolment.
    pub epoch: u16,
    /// The officer who asks: another one enrols.
    pub officer: PublicKey,
    /// What was attested.
    pub points: Vec<Blinded>,
    /// The members that answered, ascending.
    pub answered: Vec<u16>,
}

impl EvaluationRequest {
    /// What attestations and proofs of the request are bound to.
    pub fn context(&self, chain_id: &ChainId) -> EnrolmentContext {
        let Self { county, group, epoch, .. } = *self;
        EnrolmentContext { chain_id: chain_id.clone(), county, group, epoch }
    }

    /// The key that is asked for.
    pub fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Tags { group: self.group, epoch: self.epoch }
    }
}

/// The context of a request in the sense of [`Request::new`].
pub fn request_context(context: &EnrolmentContext) -> Vec<u8> {
    schema::encode(context)
}

impl RequestEvaluation {
    /// Work of the act: for each point two are read and one signature is verified.
    pub(super) fn weight(&self) -> u64 {
        500 + 80 * self.points.len() as u64
    }
}

impl AnswerEvaluation {
    /// Work of the act: for each result it and its point are read and weighed.
    pub(super) fn weight(&self) -> u64 {
        800 + 30 * self.results.len() as u64
    }
}

/// The request of a record.
///
/// # Errors
/// [`Code::RequestUnknown`].
pub(super) fn find(reader: &dyn StateRead, request: LogIndex) -> Result<EvaluationRequest, Fault> {
    let unknown = || Refusal::new(Code::RequestUnknown, request).into();
    REQUESTS.get(reader, &request)?.ok_or_else(unknown)
}

pub(super) fn request(
    act: &RequestEvaluation,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let RequestEvaluation { group, epoch, attester, points } = act;
    let county = context.author.organization;
    let count = points.len();
    let Some(number) = u32::try_from(count).ok().filter(|_| count <= REQUEST_POINTS_MAX) else {
        return Err(Refusal::new(Code::PointsInvalid, format!("{count} points")).into());
    };
    let request = EvaluationRequest {
        county,
        group: *group,
        epoch: *epoch,
        officer: context.actor.officer,
        points: points.iter().map(|point| point.blinded).collect(),
        answered: Vec::new(),
    };
    let record = key::in_use(state, &request.purpose())?;
    attester::check(&county, attester, state)?;
    let (asked, quota) = quota::count(*group, *epoch, number, state, context)?;
    let bound = request.context(&context.block.chain_id);
    let id = put_to(&record.key, &bound, &request)
        .map_err(|error| Refusal::new(Code::PointsInvalid, error))?;
    for (position, point) in points.iter().enumerate() {
        // Members do not read this one, but the proof of the tag rests on it.
        if let Err(error) = point.blinded.factor.point() {
            let detail = format!("the factor of point {position}: {error}");
            return Err(Refusal::new(Code::PointsInvalid, detail).into());
        }
        let AttestedPoint { blinded, attestation } = point;
        if enrolment::verify_attestation(&bound, blinded, attester, attestation).is_err() {
            let detail = format!("point {position}");
            return Err(Refusal::new(Code::AttestationInvalid, detail).into());
        }
    }
    REQUESTS.put(state, &context.index, &request);
    context.emit(Event::EvaluationRequested { request: id, points: number, asked, quota });
    Ok(())
}

/// The hash of the request, once its points are read.
fn put_to(
    key: &ThresholdKey,
    context: &EnrolmentContext,
    request: &EvaluationRequest,
) -> Result<RequestId, ThresholdError> {
    let points = request.points.iter().map(|point| point.point).collect();
    Ok(Request::new(key, &request_context(context), points)?.id())
}

pub(super) fn answer(
    act: &AnswerEvaluation,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut known = find(state, act.request)?;
    let record = key::in_use(state, &known.purpose())?;
    let member = record.member(&context.author.organization)?;
    if let Some(before) = ANSWERS.get(state, &(act.request, member))? {
        // Results that the share's proof holds for are unique: others are somebody's lie, which
        // this refusal puts on record with its signature.
        let code = if before == act.results { Code::AnswerKnown } else { Code::AnswerDiffers };
        return Err(Refusal::new(code, format!("member {member}")).into());
    }
    let threshold = record.threshold();
    if known.answered.len() >= usize::from(threshold) {
        return Err(Refusal::new(Code::AnswersEnough, threshold).into());
    }
    let bound = request_context(&known.context(&context.block.chain_id));
    let points = known.points.iter().map(|point| point.point).collect();
    let wrong = |error: String| Refusal::new(Code::AnswerWrong, error);
    let request =
        Request::new(&record.key, &bound, points).map_err(|error| wrong(error.to_string()))?;
    let AnswerEvaluation { results, proof, .. } = act;
    let partial = Partial { committee: 0, index: member, results: results.clone(), proof: *proof };
    evaluation::verify(&request, &partial).map_err(|error| wrong(error.to_string()))?;
    ANSWERS.put(state, &(act.request, member), results);
    let place = known.answered.partition_point(|other| *other < member);
    known.answered.insert(place, member);
    REQUESTS.put(state, &act.request, &known);
    let missing = usize::from(threshold).saturating_sub(known.answered.len());
    let missing = u16::try_from(missing).unwrap_or(u16::MAX);
    context.emit(Event::EvaluationAnswered { request: act.request, member, missing });
    Ok(())
}
