//! Answering a request: each member multiplies the points by its share and proves it; any quorum's
//! answers give the same result.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul as _;
use rand_core::CryptoRngCore;

use super::dleq::{self, DleqError, DleqProof, DleqStatement};
use super::domain;
use super::encoding::{EncodingError, PointBytes};
use super::threshold::{Committee, KeyShare, Request, ThresholdError};

/// One member's answer.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Partial {
    /// The committee, from 0.
    pub committee: u8,
    /// The member, from 1.
    pub index: u16,
    /// The points multiplied by the member's share, in order.
    pub results: Vec<PointBytes>,
    /// That they are.
    pub proof: DleqProof,
}

/// Why an answer does not count, or answers do not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The key's record or the request is not in order.
    #[error(transparent)]
    Key(#[from] ThresholdError),
    /// The key has no such member. Members count from 1.
    #[error("there is no member {index} of committee {committee}")]
    Member {
        /// The committee, from 0.
        committee: u8,
        /// The member given.
        index: u16,
    },
    /// Not as many results as points.
    #[error("{found} results for {expected} points")]
    Results {
        /// Points of the request.
        expected: usize,
        /// Results of the answer.
        found: usize,
    },
    /// The answer of a member is not its share's, or not to this request.
    #[error("the answer of member {index} of committee {committee}: {source}")]
    Proof {
        /// The committee, from 0.
        committee: u8,
        /// The member.
        index: u16,
        /// Why.
        source: DleqError,
    },
    /// A member answered twice.
    #[error("member {index} of committee {committee} answered twice")]
    Repeated {
        /// The committee, from 0.
        committee: u8,
        /// The member.
        index: u16,
    },
    /// A committee has not enough answers.
    #[error("{found} answers of committee {committee}, {threshold} are needed")]
    TooFew {
        /// The committee, from 0.
        committee: usize,
        /// Answers there are.
        found: usize,
        /// Answers that are needed.
        threshold: u16,
    },
    /// The answers come to the neutral element, which is nobody's.
    #[error("the result at {position}: {source}")]
    Result {
        /// Position of the point.
        position: usize,
        /// What is wrong with it.
        source: EncodingError,
    },
}

fn member<'a>(
    request: &Request<'a>,
    committee: u8,
    index: u16,
) -> Result<&'a PointBytes, EvaluationError> {
    let found = request.key.committees.get(usize::from(committee));
    let place = usize::from(index).checked_sub(1);
    found
        .zip(place)
        .and_then(|(committee, place)| committee.shares.get(place))
        .ok_or(EvaluationError::Member { committee, index })
}

/// One member's answer to `request`. The share has to be that of the request's key.
///
/// # Errors
/// [`EvaluationError::Member`] and [`EvaluationError::Proof`], when it is not.
pub fn evaluate(
    request: &Request<'_>,
    share: &KeyShare,
    random: &mut impl CryptoRngCore,
) -> Result<Partial, EvaluationError> {
    let (committee, index) = (share.committee, share.index);
    let fault = |source| EvaluationError::Proof { committee, index, source };
    let public = member(request, committee, index)?;
    if share.public() != *public {
        return Err(fault(DleqError::Equation));
    }
    let mut pairs = Vec::with_capacity(request.points.len());
    for (position, point) in request.points.iter().enumerate() {
        let read = point.point().map_err(|source| fault(DleqError::Pair { position, source }))?;
        pairs.push((*point, PointBytes::of(&(share.secret * read))));
    }
    let statement =
        DleqStatement { label: domain::DLEQ, context: &request.id.0, key: public, pairs: &pairs };
    let proof = dleq::prove(&statement, &share.secret, random).map_err(fault)?;
    let results = pairs.into_iter().map(|(_, result)| result).collect();
    Ok(Partial { committee, index, results, proof })
}

/// Whether an answer is the member's, to this request.
///
/// # Errors
/// [`EvaluationError::Member`], [`EvaluationError::Results`], [`EvaluationError::Proof`].
pub fn verify(request: &Request<'_>, partial: &Partial) -> Result<(), EvaluationError> {
    let Partial { committee, index, results, proof } = partial;
    let key = member(request, *committee, *index)?;
    let (expected, found) = (request.points.len(), results.len());
    if expected != found {
        return Err(EvaluationError::Results { expected, found });
    }
    let pairs: Vec<_> = request.points.iter().copied().zip(results.iter().copied()).collect();
    let statement =
        DleqStatement { label: domain::DLEQ, context: &request.id.0, key, pairs: &pairs };
    dleq::verify(&statement, proof).map_err(|source| EvaluationError::Proof {
        committee: *committee,
        index: *index,
        source,
    })
}

/// The results of `request`: every answer is verified, and any quorum of each committee gives the
/// same.
///
/// # Errors
/// Every [`EvaluationError`].
pub fn combine(
    request: &Request<'_>,
    partials: &[Partial],
) -> Result<Vec<PointBytes>, EvaluationError> {
    request.key.check()?;
    let mut by_member: BTreeMap<(u8, u16), &Partial> = BTreeMap::new();
    for partial in partials {
        verify(request, partial)?;
        let Partial { committee, index, .. } = *partial;
        if by_member.insert((committee, index), partial).is_some() {
            return Err(EvaluationError::Repeated { committee, index });
        }
    }
    let mut sums = vec![RistrettoPoint::default(); request.points.len()];
    for (number, committee) in request.key.committees.iter().enumerate() {
        let answers: Vec<&Partial> = by_member
            .iter()
            .filter(|((of, _), _)| usize::from(*of) == number)
            .map(|(_, partial)| *partial)
            .take(usize::from(committee.threshold))
            .collect();
        add_committee(&mut sums, number, committee, &answers)?;
    }
    let mut results = Vec::with_capacity(sums.len());
    for (position, sum) in sums.iter().enumerate() {
        let result = PointBytes::of(sum);
        result.point().map_err(|source| EvaluationError::Result { position, source })?;
        results.push(result);
    }
    Ok(results)
}

fn add_committee(
    sums: &mut [RistrettoPoint],
    number: usize,
    committee: &Committee,
    answers: &[&Partial],
) -> Result<(), EvaluationError> {
    let (found, threshold) = (answers.len(), committee.threshold);
    if found < usize::from(threshold) {
        return Err(EvaluationError::TooFew { committee: number, found, threshold });
    }
    let indexes: Vec<u16> = answers.iter().map(|partial| partial.index).collect();
    for partial in answers {
        let coefficient = lagrange(partial.index, &indexes);
        for (position, (sum, result)) in sums.iter_mut().zip(&partial.results).enumerate() {
            let result =
                result.point().map_err(|source| EvaluationError::Result { position, source })?;
            *sum += coefficient * result;
        }
    }
    Ok(())
}

/// How answers of certain members of one committee, each verified before, come to one result.
#[derive(Debug, Clone)]
pub struct Interpolation {
    coefficients: Vec<Scalar>,
}

impl Interpolation {
    /// For the answers of these members, from 1. None unless they ascend: a member twice, or one
    /// that is none, would come to nothing that the key is.
    pub fn new(members: &[u16]) -> Option<Self> {
        let ascend = members.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        let first = members.first().is_some_and(|first| *first > 0);
        let coefficients = || members.iter().map(|member| lagrange(*member, members)).collect();
        (ascend && first).then(|| Self { coefficients: coefficients() })
    }

    /// The result at one point, from the results of the members in their order. None unless there
    /// are as many as members, each a point, and the result is one too.
    pub fn apply(&self, results: &[PointBytes]) -> Option<PointBytes> {
        if results.len() != self.coefficients.len() {
            return None;
        }
        let points: Option<Vec<_>> = results.iter().map(|result| result.point().ok()).collect();
        let sum = RistrettoPoint::vartime_multiscalar_mul(&self.coefficients, points?);
        let result = PointBytes::of(&sum);
        result.point().is_ok().then_some(result)
    }
}

/// The coefficient of member `index` when the polynomial is taken at zero from its values at
/// `indexes`, which are different and not zero.
fn lagrange(index: u16, indexes: &[u16]) -> Scalar {
    let (mut numerator, mut denominator) = (Scalar::ONE, Scalar::ONE);
    for other in indexes.iter().filter(|other| **other != index) {
        numerator *= Scalar::from(*other);
        denominator *= Scalar::from(*other) - Scalar::from(index);
    }
    numerator * denominator.invert()
}
