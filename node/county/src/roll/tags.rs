//! What the vault keeps of persons on their way to a tag: blinding factors until the tag stands on
//! the ledger, tags, what became of each. No part of this can be printed.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::{PublicKey, Signature};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::dleq::DleqProof;
use minglian_ledger::subsidy::enrolment::{Blinded, BlindingFactor, EnrolmentContext, Tag};
use minglian_ledger::transaction::ChainId;
use zeroize::{Zeroize as _, Zeroizing};

use crate::roll::PersonNumber;

/// What became of a person of a batch. The number of a variant is part of the vault's format.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Fate {
    /// Nothing yet.
    Open,
    /// The ledger has the tag, at this index of the county's list.
    Enrolled(u32),
    /// Somebody enrolled the same person before: in another county, or in another programme of the
    /// group.
    Elsewhere,
    /// Not enrolled by this batch: the person joins a later one.
    Released,
}

/// A tag, with the proof that it is the attested person's.
#[derive(Clone, Copy, BorshSerialize, BorshDeserialize)]
pub struct Tagged {
    /// The tag.
    pub tag: Tag,
    /// That it is what the answers come to, without the factor.
    pub proof: DleqProof,
}

/// A person of a batch, at its position in the request.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct TagMember {
    /// Who; none once the person is erased.
    pub person: Option<PersonNumber>,
    /// Zeros once it has served.
    factor: [u8; 32],
    /// What the nodes see.
    pub blinded: Blinded,
    /// The attester's signature.
    pub attestation: Option<Signature>,
    /// The tag.
    pub tagged: Option<Tagged>,
    /// What became of it.
    pub fate: Fate,
}

/// Persons who get their tags together: one request, one enrolment.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct TagBatch {
    /// Counts from 1 in a vault.
    pub number: u32,
    /// The chain.
    pub chain_id: ChainId,
    /// The programme whose list they join.
    pub programme: u16,
    /// Its group.
    pub group: u16,
    /// The year of the enrolment.
    pub epoch: u16,
    /// Who attested them, all of them.
    pub attester: Option<PublicKey>,
    /// The record of the request.
    pub request: Option<LogIndex>,
    /// The members of the key whose answers the tags come from, ascending.
    pub answered: Vec<u16>,
    /// Whether nothing more is to be done.
    pub is_done: bool,
    /// The persons, in the order of the request, which says nothing of the roll's.
    pub members: Vec<TagMember>,
}

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Blinded: it waits for the attester.
    Blinded,
    /// Attested: the request is next.
    Attested,
    /// Requested: it waits for the nodes.
    Requested,
    /// The tags are there: enrolling is next.
    Tagged,
    /// Done.
    Done,
}

impl TagMember {
    /// A person with a fresh factor.
    pub fn new(person: PersonNumber, factor: &BlindingFactor, blinded: Blinded) -> Self {
        let factor = *factor.expose();
        let (attestation, tagged, fate) = (None, None, Fate::Open);
        Self { person: Some(person), factor, blinded, attestation, tagged, fate }
    }

    /// The factor; none once it has served.
    pub fn factor(&self) -> Option<BlindingFactor> {
        BlindingFactor::from_bytes(&Zeroizing::new(self.factor))
    }

    /// Destroys the factor.
    pub fn forget_factor(&mut self) {
        self.factor.zeroize();
    }
}

impl Drop for TagMember {
    fn drop(&mut self) {
        self.factor.zeroize();
    }
}

impl TagBatch {
    /// How far it has come.
    pub fn stage(&self) -> Stage {
        if self.is_done {
            Stage::Done
        } else if !self.answered.is_empty() {
            Stage::Tagged
        } else if self.request.is_some() {
            Stage::Requested
        } else if self.attester.is_some() {
            Stage::Attested
        } else {
            Stage::Blinded
        }
    }

    /// What attestations and proofs are bound to.
    pub fn context(&self, county: OrganizationCode) -> EnrolmentContext {
        let Self { group, epoch, .. } = *self;
        EnrolmentContext { chain_id: self.chain_id.clone(), county, group, epoch }
    }

    /// Takes a person out. A tag that is made stays: an act that has it may be under way, and it
    /// says nothing to who does not hold the key. Its handle will be nobody's.
    pub fn erase(&mut self, number: PersonNumber) {
        for member in self.members.iter_mut().filter(|member| member.person == Some(number)) {
            member.person = None;
            member.forget_factor();
        }
    }
}
