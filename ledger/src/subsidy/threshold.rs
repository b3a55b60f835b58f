//! Keys that no one holds: each node has a share, and a quorum of nodes evaluates the key on a
//! point without ever putting it together. One key serves one purpose; the key of another would
//! answer for it (docs/privacy.md, A40).

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::domain::{self, KeyId, RequestId};
use super::encoding::{EncodingError, PointBytes};
use super::group_hash;
use super::pedersen;
use crate::height::Height;
use crate::transaction::{self, ChainId};

/// Most members of a committee.
pub const MEMBERS_MAX: u16 = 100;

/// Most committees of a key: the nodes, and an outside body that has to agree.
pub const COMMITTEES_MAX: usize = 2;

/// Most points of a request: their results have to fit into one record of the log.
pub const REQUEST_POINTS_MAX: usize = 256;

/// What a key is for. The number of a variant is part of the format.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// Tags of enrolled persons.
    Tags {
        /// Programmes that exclude one another.
        group: u16,
        /// Year of the enrolment.
        epoch: u16,
    },
    /// Opening envelopes for auditors.
    Escrow {
        /// Year of the envelopes.
        epoch: u16,
    },
    /// Random numbers for samples.
    Beacon {
        /// Counts the keys of the beacon.
        epoch: u16,
    },
}

/// Those who hold shares of one part of a key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Committee {
    /// How many of them are needed.
    pub threshold: u16,
    /// The part's public key.
    pub key: PointBytes,
    /// The public share of each member; the first has index 1.
    pub shares: Vec<PointBytes>,
}

/// The public record of a key. The key is the sum of its committees' parts.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ThresholdKey {
    /// The chain that the key serves.
    pub chain_id: ChainId,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// One committee, or two that both have to take part.
    pub committees: Vec<Committee>,
}

/// A member's share. It is wiped when it is dropped, and there is no way to print one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeyShare {
    pub(super) committee: u8,
    pub(super) index: u16,
    pub(super) secret: Scalar,
}

/// Why a record is not a key's, or a request cannot be put to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// No committee, or too many.
    #[error("a key has 1 to {COMMITTEES_MAX} committees, not {found}")]
    Committees {
        /// How many there are.
        found: usize,
    },
    /// No members, too many, or a threshold that they cannot reach.
    #[error("{threshold} of {members} members cannot be needed")]
    Members {
        /// The threshold.
        threshold: u16,
        /// The members.
        members: usize,
    },
    /// A public share or key is not in its form, or the parts cancel.
    #[error("share {index} of committee {committee}: {source}")]
    Share {
        /// The committee, from 0.
        committee: usize,
        /// The member from 1, or 0 for the committee's key.
        index: usize,
        /// What is wrong with it.
        source: EncodingError,
    },
    /// The key is for another purpose.
    #[error("the key is for {purpose:?}")]
    Purpose {
        /// What it is for.
        purpose: KeyPurpose,
    },
    /// No points, or too many.
    #[error("a request has 1 to {REQUEST_POINTS_MAX} points, not {found}")]
    Points {
        /// How many there are.
        found: usize,
    },
    /// A point of the request is not in its form.
    #[error("point {position} of the request: {source}")]
    Point {
        /// Its position, from 0.
        position: usize,
        /// What is wrong with it.
        source: EncodingError,
    },
}

/// The point that a beacon's key is evaluated on at a height.
pub fn beacon_point(chain_id: &ChainId, height: Height) -> RistrettoPoint {
    group_hash::hash_to_group(&transaction::encode(&(chain_id, height)), domain::BEACON_POINT)
}

/// How many of `members` are needed: more than two thirds.
pub fn threshold_of(members: u16) -> u16 {
    let two_thirds = u32::from(members) * 2 / 3;
    u16::try_from(two_thirds).unwrap_or(u16::MAX).saturating_add(1)
}

impl ThresholdKey {
    /// The hash that names the key.
    pub fn id(&self) -> KeyId {
        KeyId::of_prefixed(&[&transaction::encode(self)])
    }

    /// Checks the record's form. That the shares belong to the keys follows from how both are made:
    /// every node derives them from the same commitments.
    pub fn check(&self) -> Result<(), ThresholdError> {
        if !(1..=COMMITTEES_MAX).contains(&self.committees.len()) {
            return Err(ThresholdError::Committees { found: self.committees.len() });
        }
        for (committee, it) in self.committees.iter().enumerate() {
            let members = it.shares.len();
            let reachable = u16::try_from(members)
                .is_ok_and(|members| members <= MEMBERS_MAX && it.threshold <= members);
            if it.threshold == 0 || !reachable {
                return Err(ThresholdError::Members { threshold: it.threshold, members });
            }
            for (index, share) in [&it.key].into_iter().chain(&it.shares).enumerate() {
                share.point().map_err(|source| ThresholdError::Share {
                    committee,
                    index,
                    source,
                })?;
            }
        }
        self.point().map(|_| ())
    }

    /// The public key: the sum of the committees'.
    ///
    /// # Errors
    /// [`ThresholdError::Share`].
    pub fn point(&self) -> Result<RistrettoPoint, ThresholdError> {
        let mut sum = RistrettoPoint::default();
        for (committee, it) in self.committees.iter().enumerate() {
            let part = it.key.point();
            sum += part.map_err(|source| ThresholdError::Share { committee, index: 0, source })?;
        }
        if sum == RistrettoPoint::default() {
            let source = EncodingError::Identity;
            return Err(ThresholdError::Share { committee: 0, index: 0, source });
        }
        Ok(sum)
    }
}

impl KeyShare {
    /// A share that a node kept: its committee from 0, its index from 1, its 32 secret bytes. None
    /// for index 0 and for bytes that are no scalar.
    pub fn from_bytes(committee: u8, index: u16, secret: &[u8; 32]) -> Option<Self> {
        let secret = Option::<Scalar>::from(Scalar::from_canonical_bytes(*secret))?;
        (index != 0).then_some(Self { committee, index, secret })
    }

    /// The secret bytes, for a node to encrypt. Nobody else has use for them.
    pub fn expose(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }

    /// Its public share, which the key's record has if the share is the key's.
    pub fn public(&self) -> PointBytes {
        PointBytes::of(&pedersen::mul_g(&self.secret))
    }

    /// The committee, from 0.
    pub fn committee(&self) -> u8 {
        self.committee
    }

    /// The member's index, from 1.
    pub fn index(&self) -> u16 {
        self.index
    }
}

/// Points that a key is to be evaluated on.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub(super) key: &'a ThresholdKey,
    pub(super) id: RequestId,
    pub(super) points: Vec<PointBytes>,
}

impl<'a> Request<'a> {
    /// A request for tags, or for the openings of envelopes. `context` says who asks for what; a
    /// node answers an escrow request only after it has checked each envelope's proof and a grant.
    ///
    /// # Errors
    /// [`ThresholdError::Purpose`] for the beacon's key, whose points nobody may choose;
    /// [`ThresholdError::Points`], [`ThresholdError::Point`].
    pub fn new(
        key: &'a ThresholdKey,
        context: &[u8],
        points: Vec<PointBytes>,
    ) -> Result<Self, ThresholdError> {
        if let KeyPurpose::Beacon { .. } = key.purpose {
            return Err(ThresholdError::Purpose { purpose: key.purpose });
        }
        Self::of_points(key, context, points)
    }

    /// A request for the value of the beacon at a height.
    ///
    /// # Errors
    /// [`ThresholdError::Purpose`] for every other key.
    pub fn beacon(key: &'a ThresholdKey, height: Height) -> Result<Self, ThresholdError> {
        let KeyPurpose::Beacon { .. } = key.purpose else {
            return Err(ThresholdError::Purpose { purpose: key.purpose });
        };
        let point = PointBytes::of(&beacon_point(&key.chain_id, height));
        Self::of_points(key, &height.0.to_le_bytes(), vec![point])
    }

    fn of_points(
        key: &'a ThresholdKey,
        context: &[u8],
        points: Vec<PointBytes>,
    ) -> Result<Self, ThresholdError> {
        if !(1..=REQUEST_POINTS_MAX).contains(&points.len()) {
            return Err(ThresholdError::Points { found: points.len() });
        }
        for (position, point) in points.iter().enumerate() {
            point.point().map_err(|source| ThresholdError::Point { position, source })?;
        }
        let bytes: Vec<u8> = points.iter().flat_map(|point| point.0).collect();
        let id = RequestId::of_prefixed(&[&key.id().0, context, &bytes]);
        Ok(Self { key, id, points })
    }

    /// The hash that answers are bound to.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// The points, in order.
    pub fn points(&self) -> &[PointBytes] {
        &self.points
    }
}
