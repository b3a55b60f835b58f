//! Making a key that no one holds (Pedersen's distributed key generation, by `frost-ristretto255`).
//!
//! Commitments are public and stand on the ledger; from them everybody derives the public record.
//! Shares travel between members on an encrypted and authenticated way only, never on the ledger.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use frost_ristretto255::keys::dkg;
use frost_ristretto255::keys::{PublicKeyPackage, SigningShare, VerifiableSecretSharingCommitment};
use frost_ristretto255::{Ciphersuite as _, Error, Identifier, Ristretto255Sha512, Signature};
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::encoding::{PointBytes, ScalarBytes};
use super::threshold::{Committee, KeyShare, MEMBERS_MAX};

/// What a member publishes first: commitments to its polynomial, and that it knows the secret.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Dealing {
    /// As many as the threshold.
    pub coefficients: Vec<PointBytes>,
    /// A Schnorr signature under the first.
    pub proof: DealingProof,
}

/// That a member knows the secret behind the first of its commitments, 64 bytes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct DealingProof {
    /// The fresh point.
    pub first: PointBytes,
    /// The response.
    pub response: ScalarBytes,
}

/// What a member sends to another in secret. It is wiped when it is dropped, and there is no way to
/// print one.
#[derive(Clone, Zeroize, ZeroizeOnDrop, BorshSerialize, BorshDeserialize)]
pub struct DealtShare(pub [u8; 32]);

/// Who takes part, and who this member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The committee, from 0.
    pub committee: u8,
    /// This member, from 1.
    pub index: u16,
    /// Members of the committee.
    pub members: u16,
    /// How many of them will be needed.
    pub threshold: u16,
}

/// A member between its dealing and the others'. There is no way to print it.
pub struct Dealt {
    seat: Seat,
    secret: dkg::round1::SecretPackage,
}

/// A member that waits for the shares of the others. There is no way to print it.
pub struct Waiting {
    seat: Seat,
    secret: dkg::round2::SecretPackage,
    dealings: BTreeMap<Identifier, dkg::round1::Package>,
}

/// Why a key cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyGenerationError {
    /// No such seat: members count from 1, at least two of them, and some of them are needed.
    #[error("member {} of {} with a threshold of {}", .0.index, .0.members, .0.threshold)]
    Seat(Seat),
    /// Dealings or shares are missing, or too many, or from members who are none.
    #[error("{found} messages, {expected} are needed, one of each other member")]
    Messages {
        /// Messages needed.
        expected: usize,
        /// Messages given.
        found: usize,
    },
    /// A member's dealing is not in its form, or it does not know the secret.
    #[error("the dealing of member {member} does not hold")]
    Dealing {
        /// The member.
        member: u16,
    },
    /// A member sent a share that does not fit its dealing.
    #[error("the share of member {member} does not fit its dealing")]
    Share {
        /// The member.
        member: u16,
    },
    /// The dealings come to no key.
    #[error("the dealings come to no key")]
    Key,
}

fn identifier(member: u16) -> Result<Identifier, KeyGenerationError> {
    Identifier::try_from(member).map_err(|_| KeyGenerationError::Dealing { member })
}

/// The member that an identifier is: its bytes are the number, little-endian.
fn member(identifier: &Identifier) -> u16 {
    match identifier.serialize().as_slice() {
        [low, high, ..] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    }
}

fn commitment(
    member: u16,
    dealing: &Dealing,
) -> Result<VerifiableSecretSharingCommitment, KeyGenerationError> {
    let coefficients = dealing.coefficients.iter().map(|point| point.0);
    VerifiableSecretSharingCommitment::deserialize(coefficients)
        .map_err(|_| KeyGenerationError::Dealing { member })
}

fn package(member: u16, dealing: &Dealing) -> Result<dkg::round1::Package, KeyGenerationError> {
    let DealingProof { first, response } = dealing.proof;
    let proof = Signature::deserialize(&[first.0, response.0].concat())
        .map_err(|_| KeyGenerationError::Dealing { member })?;
    Ok(dkg::round1::Package::new(commitment(member, dealing)?, proof))
}

impl Dealing {
    /// Checks what everybody can see of a dealing of `member`: that it has `threshold` commitments,
    /// each a point, and that its maker knows the secret behind the first. The same proof that the
    /// members check when they receive it.
    ///
    /// # Errors
    /// [`KeyGenerationError::Dealing`].
    pub fn check(&self, member: u16, threshold: u16) -> Result<(), KeyGenerationError> {
        let holds = || -> Option<bool> {
            let coefficients: Option<Vec<RistrettoPoint>> =
                self.coefficients.iter().map(|point| point.point().ok()).collect();
            let coefficients = coefficients?;
            let (secret, fresh) = (coefficients.first()?, self.proof.first.point().ok()?);
            let response = self.proof.response.scalar().ok()?;
            let key = self.coefficients.first()?;
            let input =
                [identifier(member).ok()?.serialize().as_slice(), &key.0, &self.proof.first.0]
                    .concat();
            let challenge: Scalar = Ristretto255Sha512::HDKG(&input)?;
            let claimed =
                RistrettoPoint::vartime_double_scalar_mul_basepoint(&-challenge, secret, &response);
            Some(coefficients.len() == usize::from(threshold) && claimed == fresh)
        };
        match holds() {
            Some(true) => Ok(()),
            _ => Err(KeyGenerationError::Dealing { member }),
        }
    }
}

impl Seat {
    /// This member's dealing, and what it keeps until it has the others'.
    ///
    /// # Errors
    /// [`KeyGenerationError::Seat`].
    pub fn deal(
        self,
        random: &mut impl CryptoRngCore,
    ) -> Result<(Dealt, Dealing), KeyGenerationError> {
        let fault = |_| KeyGenerationError::Seat(self);
        let Self { index, members, threshold, .. } = self;
        if index == 0 || index > members || members > MEMBERS_MAX {
            return Err(KeyGenerationError::Seat(self));
        }
        let (secret, package) =
            dkg::part1(identifier(index)?, members, threshold, &mut *random).map_err(fault)?;
        let coefficients = package.commitment().serialize().map_err(fault)?;
        let proof = package.proof_of_knowledge().serialize().map_err(fault)?;
        let points: Option<Vec<PointBytes>> =
            coefficients.into_iter().map(|bytes| bytes.try_into().ok().map(PointBytes)).collect();
        let halves = proof.split_first_chunk::<32>();
        let halves = halves.and_then(|(first, rest)| Some((*first, rest.try_into().ok()?)));
        let (coefficients, (first, response)) =
            points.zip(halves).ok_or(KeyGenerationError::Seat(self))?;
        let proof = DealingProof { first: PointBytes(first), response: ScalarBytes(response) };
        Ok((Dealt { seat: self, secret }, Dealing { coefficients, proof }))
    }

    /// The other members, from 1.
    fn others(self) -> impl Iterator<Item = u16> {
        (1..=self.members).filter(move |member| *member != self.index)
    }

    fn check_messages<T>(self, messages: &BTreeMap<u16, T>) -> Result<(), KeyGenerationError> {
        if self.others().eq(messages.keys().copied()) {
            return Ok(());
        }
        let expected = usize::from(self.members).saturating_sub(1);
        Err(KeyGenerationError::Messages { expected, found: messages.len() })
    }
}

impl Dealt {
    /// Takes the dealings of all other members, by member, and gives the share for each of them.
    ///
    /// # Errors
    /// [`KeyGenerationError::Messages`], [`KeyGenerationError::Dealing`].
    pub fn receive(
        self,
        others: &BTreeMap<u16, Dealing>,
    ) -> Result<(Waiting, BTreeMap<u16, DealtShare>), KeyGenerationError> {
        self.seat.check_messages(others)?;
        let mut dealings = BTreeMap::new();
        for (member, dealing) in others {
            if dealing.coefficients.len() != usize::from(self.seat.threshold) {
                return Err(KeyGenerationError::Dealing { member: *member });
            }
            dealings.insert(identifier(*member)?, package(*member, dealing)?);
        }
        let (secret, packages) =
            dkg::part2(self.secret, &dealings).map_err(|error| match error {
                Error::InvalidProofOfKnowledge { culprit } => {
                    KeyGenerationError::Dealing { member: member(&culprit) }
                }
                _ => KeyGenerationError::Key,
            })?;
        let mut shares = BTreeMap::new();
        for (identifier, package) in &packages {
            let bytes = Zeroizing::new(package.signing_share().serialize());
            let share = bytes.as_slice().try_into().map_err(|_| KeyGenerationError::Key)?;
            shares.insert(member(identifier), DealtShare(share));
        }
        Ok((Waiting { seat: self.seat, secret, dealings }, shares))
    }
}

impl Waiting {
    /// Takes the shares that the others sent to this member, by sender, and gives its own share of
    /// the key. A sender whose share does not fit is named; its dealing is public, so all can judge
    /// the complaint.
    ///
    /// # Errors
    /// [`KeyGenerationError::Messages`], [`KeyGenerationError::Share`],
    /// [`KeyGenerationError::Key`].
    pub fn finish(
        self,
        shares: &BTreeMap<u16, DealtShare>,
    ) -> Result<KeyShare, KeyGenerationError> {
        self.seat.check_messages(shares)?;
        let mut packages = BTreeMap::new();
        for (member, share) in shares {
            let share = SigningShare::deserialize(&share.0)
                .map_err(|_| KeyGenerationError::Share { member: *member })?;
            packages.insert(identifier(*member)?, dkg::round2::Package::new(share));
        }
        let (key, _) =
            dkg::part3(&self.secret, &self.dealings, &packages).map_err(|error| match error {
                Error::InvalidSecretShare { culprit: Some(culprit) } => {
                    KeyGenerationError::Share { member: member(&culprit) }
                }
                _ => KeyGenerationError::Key,
            })?;
        let bytes = Zeroizing::new(key.signing_share().serialize());
        let secret = bytes.as_slice().try_into().map_err(|_| KeyGenerationError::Key)?;
        KeyShare::from_bytes(self.seat.committee, self.seat.index, secret)
            .ok_or(KeyGenerationError::Key)
    }
}

impl Committee {
    /// The public record that the dealings of all members come to; the same for everybody.
    ///
    /// # Errors
    /// [`KeyGenerationError::Dealing`], [`KeyGenerationError::Messages`],
    /// [`KeyGenerationError::Key`].
    pub fn of_dealings(
        threshold: u16,
        dealings: &BTreeMap<u16, Dealing>,
    ) -> Result<Self, KeyGenerationError> {
        let found = dealings.len();
        let members = u16::try_from(found).ok().filter(|members| *members <= MEMBERS_MAX);
        if !members.is_some_and(|members| dealings.keys().copied().eq(1..=members)) {
            return Err(KeyGenerationError::Messages { expected: usize::from(MEMBERS_MAX), found });
        }
        let mut commitments = BTreeMap::new();
        for (member, dealing) in dealings {
            if dealing.coefficients.len() != usize::from(threshold) {
                return Err(KeyGenerationError::Dealing { member: *member });
            }
            commitments.insert(identifier(*member)?, commitment(*member, dealing)?);
        }
        let borrowed: BTreeMap<_, _> = commitments.iter().map(|(id, it)| (*id, it)).collect();
        let public = PublicKeyPackage::from_dkg_commitments(&borrowed)
            .map_err(|_| KeyGenerationError::Key)?;
        let key = public.verifying_key().serialize().ok().and_then(|it| it.try_into().ok());
        let mut shares = Vec::with_capacity(found);
        for share in public.verifying_shares().values() {
            let bytes = share.serialize().ok().and_then(|it| it.try_into().ok());
            shares.push(PointBytes(bytes.ok_or(KeyGenerationError::Key)?));
        }
        Ok(Self { threshold, key: PointBytes(key.ok_or(KeyGenerationError::Key)?), shares })
    }
}
