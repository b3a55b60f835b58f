//! The types the engine is generic over, as thin wraps of ledger types.
//!
//! Equality of votes and proposals covers only what every node derives alike: replay of the
//! engine's write-ahead log compares them.

use std::fmt;
use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};
use malachitebft_app::types::core::{
    self as core_types, LinearTimeouts, NilOrVal, Round, SignedExtension, VoteType,
};
use minglian_ledger::hash::{BlockId, ValidatorAddress};
use minglian_ledger::height::Height as LedgerHeight;
use minglian_ledger::keys::{self, PublicKey};
use minglian_ledger::validators;

use crate::engine::parts::ProposalPart;

/// Binds the engine to this ledger's types. It holds nothing: two nodes that differ in any setting
/// must still derive the same votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context;

/// A validator's address.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Address(pub ValidatorAddress);

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core_types::Address for Address {}

/// A block height. The engine's first height is 1; 0 is genesis, which nobody votes on.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    BorshSerialize,
    BorshDeserialize,
)]
pub struct Height(pub LedgerHeight);

impl fmt::Display for Height {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core_types::Height for Height {
    const ZERO: Self = Self(LedgerHeight(0));
    const INITIAL: Self = Self(LedgerHeight(1));

    fn increment_by(&self, count: u64) -> Self {
        Self(LedgerHeight(self.0.0.saturating_add(count)))
    }

    fn decrement_by(&self, count: u64) -> Option<Self> {
        self.0.0.checked_sub(count).map(|height| Self(LedgerHeight(height)))
    }

    fn as_u64(&self) -> u64 {
        self.0.0
    }
}

/// What the engine decides: a block's id. The body travels as parts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Value(pub BlockId);

impl core_types::Value for Value {
    type Id = BlockId;

    fn id(&self) -> BlockId {
        self.0
    }
}

/// A prevote or precommit.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// Prevote or precommit.
    pub kind: VoteType,
    /// The height voted on.
    pub height: Height,
    /// The round voted in.
    pub round: Round,
    /// The block, or nil: no block in this round.
    pub block: NilOrVal<BlockId>,
    /// Who votes.
    pub validator: Address,
}

impl core_types::Vote<Context> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.block
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.block
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }

    fn extension(&self) -> Option<&SignedExtension<Context>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Context>> {
        None
    }

    // Vote extensions are disabled at every height, so the engine never calls this.
    fn extend(self, _extension: SignedExtension<Context>) -> Self {
        self
    }
}

/// A proposer's statement that it proposes a block in a round.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The block.
    pub value: Value,
    /// The earlier round in which more than two thirds prevoted this block; nil if it is new.
    pub valid_round: Round,
    /// Who proposes.
    pub validator: Address,
}

impl core_types::Proposal<Context> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &Value {
        &self.value
    }

    fn take_value(self) -> Value {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.valid_round
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }
}

/// What the engine needs to know of a validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validator {
    /// Its address.
    pub address: Address,
    /// Verifies its votes.
    pub consensus_key: PublicKey,
    /// Its voting power.
    pub power: u64,
}

impl core_types::Validator<Context> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.consensus_key
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

/// The validators of one height, ascending by address as in the ledger's set. Cheap to clone: the
/// engine does so often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorSet {
    members: Arc<[Validator]>,
    total_power: u64,
}

impl From<&validators::ValidatorSet> for ValidatorSet {
    fn from(set: &validators::ValidatorSet) -> Self {
        let members = set
            .members()
            .iter()
            .map(|member| Validator {
                address: Address(member.address()),
                consensus_key: member.consensus_key,
                power: member.power,
            })
            .collect();
        Self { members, total_power: set.total_power() }
    }
}

impl ValidatorSet {
    /// Whose turn it is to propose: plain round robin over the members in address order, one step
    /// per height and one per round. Power weighs votes, not turns, so every bureau's node
    /// proposes equally often and anybody can compute the turn from the public list.
    pub fn proposer(&self, height: LedgerHeight, round: u32) -> &Validator {
        let count = self.members.len() as u64;
        let turn = (height.0 % count + u64::from(round) % count) % count;
        &self.members[turn as usize]
    }
}

impl core_types::ValidatorSet<Context> for ValidatorSet {
    fn count(&self) -> usize {
        self.members.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.total_power
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        let position = self.members.binary_search_by_key(address, |member| member.address).ok()?;
        self.members.get(position)
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.members.get(index)
    }
}

/// Ed25519 under the ledger's one verification rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ed25519;

/// Bytes that are not a key or signature of the right length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} bytes, found {found}")]
pub struct LengthError {
    /// The right length.
    pub expected: usize,
    /// The length found.
    pub found: usize,
}

fn exact<const LENGTH: usize>(bytes: &[u8]) -> Result<[u8; LENGTH], LengthError> {
    bytes.try_into().map_err(|_| LengthError { expected: LENGTH, found: bytes.len() })
}

impl core_types::SigningScheme for Ed25519 {
    type DecodingError = LengthError;
    type Signature = keys::Signature;
    type PublicKey = PublicKey;
    type PrivateKey = keys::SigningKey;

    fn decode_signature(bytes: &[u8]) -> Result<keys::Signature, LengthError> {
        exact(bytes).map(keys::Signature)
    }

    fn encode_signature(signature: &keys::Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, LengthError> {
        exact(bytes).map(PublicKey)
    }

    fn encode_public_key(public_key: &PublicKey) -> Vec<u8> {
        public_key.0.to_vec()
    }
}

impl core_types::Context for Context {
    type Address = Address;
    type Height = Height;
    type ProposalPart = ProposalPart;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = LinearTimeouts;
    type Value = Value;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Ed25519;

    fn select_proposer<'a>(
        &self,
        validator_set: &'a ValidatorSet,
        height: Height,
        round: Round,
    ) -> &'a Validator {
        validator_set.proposer(height.0, round.as_u32().unwrap_or(0))
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: Value,
        valid_round: Round,
        validator: Address,
    ) -> Proposal {
        Proposal { height, round, value, valid_round, validator }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        block: NilOrVal<BlockId>,
        validator: Address,
    ) -> Vote {
        Vote { kind: VoteType::Prevote, height, round, block, validator }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        block: NilOrVal<BlockId>,
        validator: Address,
    ) -> Vote {
        Vote { kind: VoteType::Precommit, height, round, block, validator }
    }
}
