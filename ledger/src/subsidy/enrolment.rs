//! Enrolling a person without saying who it is. The county blinds the person's point, an attester
//! who saw the document signs the blinded point, the nodes evaluate their key on it, and the county
//! shows that the tag it enters is the unblinded result. One person has one tag for each key.

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::dleq::{self, DleqError, DleqProof, DleqStatement};
use super::domain;
use super::encoding::{EncodingError, PointBytes};
use super::group_hash;
use super::identity_number::IdentityNumber;
use super::pedersen;
use crate::keys::{self, KeyError, PublicKey, Signature, SigningKey};
use crate::organization_code::OrganizationCode;
use crate::transaction::{self, ChainId};

/// A person's tag under one key.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Tag(pub PointBytes);

/// What hides a person's point. It is wiped when it is dropped, and there is no way to print one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BlindingFactor(Scalar);

/// A person's point as others see it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Blinded {
    /// The person's point multiplied by the factor: what the nodes evaluate their key on.
    pub point: PointBytes,
    /// G multiplied by the factor.
    pub factor: PointBytes,
}

/// Where a person is enrolled.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EnrolmentContext {
    /// The chain.
    pub chain_id: ChainId,
    /// The county that enrols.
    pub county: OrganizationCode,
    /// Programmes that exclude one another.
    pub group: u16,
    /// Year of the enrolment.
    pub epoch: u16,
}

/// What a county enters for one person.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Enrolment {
    /// The person's tag.
    pub tag: Tag,
    /// What was attested and evaluated.
    pub blinded: Blinded,
    /// That the tag is the evaluation without the factor.
    pub proof: DleqProof,
    /// The attester's signature over context and blinded point.
    pub attestation: Signature,
}

/// Why an enrolment does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// The evaluated point is not in its form.
    #[error("the evaluated point: {0}")]
    Encoding(#[from] EncodingError),
    /// The tag is not the evaluation of what was attested.
    #[error("the tag: {0}")]
    Tag(DleqError),
    /// The attester did not sign this point for this enrolment.
    #[error("the attestation: {0}")]
    Attestation(KeyError),
    /// The blinded point is not the person's: the attester does not sign.
    #[error("the blinded point is not this person's")]
    Person,
}

/// The point of a person, before any key.
fn person_point(identity: &IdentityNumber) -> RistrettoPoint {
    group_hash::hash_to_group(identity.as_bytes(), domain::TAG_POINT)
}

impl BlindingFactor {
    /// A fresh factor.
    pub fn random(random: &mut impl CryptoRngCore) -> Self {
        // Zero would blind nothing; it comes up with a chance of 2^-252.
        let mut factor = Scalar::random(random);
        while factor == Scalar::ZERO {
            factor = Scalar::random(random);
        }
        Self(factor)
    }

    /// A factor that its county kept. None for bytes that are no scalar, or zero.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let factor = Option::<Scalar>::from(Scalar::from_canonical_bytes(*bytes))?;
        (factor != Scalar::ZERO).then_some(Self(factor))
    }

    /// The secret bytes, for its county to encrypt, and for the attester.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The person's point, blinded.
    pub fn blind(&self, identity: &IdentityNumber) -> Blinded {
        Blinded {
            point: PointBytes::of(&(self.0 * person_point(identity))),
            factor: PointBytes::of(&pedersen::mul_g(&self.0)),
        }
    }

    /// The tag, from the key's evaluation of the blinded point.
    ///
    /// # Errors
    /// [`EnrolmentError::Encoding`].
    pub fn unblind(&self, evaluated: &PointBytes) -> Result<Tag, EnrolmentError> {
        Ok(Tag(PointBytes::of(&(self.0.invert() * evaluated.point()?))))
    }

    /// Proves that `tag` is `evaluated` without this factor.
    fn prove(
        &self,
        context: &EnrolmentContext,
        blinded: &Blinded,
        tag: Tag,
        evaluated: &PointBytes,
        random: &mut impl CryptoRngCore,
    ) -> Result<DleqProof, EnrolmentError> {
        let (context, pairs) = (bound(context, blinded), [(tag.0, *evaluated)]);
        let statement = DleqStatement {
            label: domain::ENROLMENT,
            context: &context,
            key: &blinded.factor,
            pairs: &pairs,
        };
        dleq::prove(&statement, &self.0, random).map_err(EnrolmentError::Tag)
    }
}

fn bound(context: &EnrolmentContext, blinded: &Blinded) -> Vec<u8> {
    transaction::encode(&(context, blinded))
}

/// What an attester signs.
pub fn attestation_message(context: &EnrolmentContext, blinded: &Blinded) -> Vec<u8> {
    [domain::SIGN_ATTESTATION, &bound(context, blinded)].concat()
}

/// The attester's part: sees the person's number and the factor, and signs the blinded point if it
/// is that person's.
///
/// # Errors
/// [`EnrolmentError::Person`].
pub fn attest(
    key: &SigningKey,
    context: &EnrolmentContext,
    identity: &IdentityNumber,
    factor: &BlindingFactor,
    blinded: &Blinded,
) -> Result<Signature, EnrolmentError> {
    if factor.blind(identity) != *blinded {
        return Err(EnrolmentError::Person);
    }
    Ok(keys::sign(key, &attestation_message(context, blinded)))
}

impl Enrolment {
    /// What a county enters: unblinds the evaluation and proves that it did.
    ///
    /// # Errors
    /// [`EnrolmentError::Encoding`], [`EnrolmentError::Tag`].
    pub fn new(
        context: &EnrolmentContext,
        factor: &BlindingFactor,
        blinded: Blinded,
        evaluated: &PointBytes,
        attestation: Signature,
        random: &mut impl CryptoRngCore,
    ) -> Result<Self, EnrolmentError> {
        let tag = factor.unblind(evaluated)?;
        let proof = factor.prove(context, &blinded, tag, evaluated, random)?;
        Ok(Self { tag, blinded, proof, attestation })
    }

    /// Verifies that the tag is the key's for the attested person. `evaluated` is what the nodes'
    /// answers to a request for `self.blinded.point` come to.
    ///
    /// # Errors
    /// [`EnrolmentError::Attestation`], [`EnrolmentError::Tag`].
    pub fn verify(
        &self,
        context: &EnrolmentContext,
        evaluated: &PointBytes,
        attester: &PublicKey,
    ) -> Result<(), EnrolmentError> {
        verify_attestation(context, &self.blinded, attester, &self.attestation)?;
        verify_tag(context, &self.blinded, self.tag, evaluated, &self.proof)
    }
}

/// Whether the attester signed this blinded point for this enrolment.
///
/// # Errors
/// [`EnrolmentError::Attestation`].
pub fn verify_attestation(
    context: &EnrolmentContext,
    blinded: &Blinded,
    attester: &PublicKey,
    attestation: &Signature,
) -> Result<(), EnrolmentError> {
    let message = attestation_message(context, blinded);
    keys::verify(attester, &message, attestation).map_err(EnrolmentError::Attestation)
}

/// Whether `tag` is `evaluated` without the factor of `blinded`, which somebody has attested.
///
/// # Errors
/// [`EnrolmentError::Tag`].
pub fn verify_tag(
    context: &EnrolmentContext,
    blinded: &Blinded,
    tag: Tag,
    evaluated: &PointBytes,
    proof: &DleqProof,
) -> Result<(), EnrolmentError> {
    let (context, pairs) = (bound(context, blinded), [(tag.0, *evaluated)]);
    let statement = DleqStatement {
        label: domain::ENROLMENT,
        context: &context,
        key: &blinded.factor,
        pairs: &pairs,
    };
    dleq::verify(&statement, proof).map_err(EnrolmentError::Tag)
}
