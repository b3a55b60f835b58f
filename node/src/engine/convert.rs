//! Between the engine's certificates and evidence and the ledger's.

use malachitebft_app::types::MisbehaviorEvidence;
use malachitebft_app::types::core::{
    CommitCertificate, ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, Round,
    SignedProposal, SignedVote,
};
use malachitebft_app::types::sync::RawDecidedValue;
use minglian_ledger::certificate::{Certificate, CommitSignature};
use minglian_ledger::hash::{BlockId, ValidatorAddress};
use minglian_ledger::height;
use minglian_ledger::keys::Signature;
use minglian_ledger::transaction::ChainId;

use crate::engine::context::{Address, Context, Height};
use crate::engine::statement;

/// A certificate without a round: the engine makes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate at height {0} has no round")]
pub struct NoRound(pub height::Height);

/// The ledger's form of a decided certificate, signatures ascending by address. Nodes may hold
/// different ones for the same block: never hash it into state.
pub fn certificate(decided: &CommitCertificate<Context>) -> Result<Certificate, NoRound> {
    let mut signatures: Vec<CommitSignature> = decided
        .commit_signatures
        .iter()
        .map(|one| CommitSignature { address: one.address.0, signature: one.signature })
        .collect();
    signatures.sort_by_key(|one| one.address);
    Ok(Certificate {
        height: decided.height.0,
        round: decided.round.as_u32().ok_or(NoRound(decided.height.0))?,
        block_id: decided.value_id,
        signatures,
    })
}

/// The engine's form of a stored block and its certificate, for a peer that catches up.
pub fn decided_value(certificate: &Certificate, body: Vec<u8>) -> RawDecidedValue<Context> {
    let commit_signatures = certificate
        .signatures
        .iter()
        .map(|one| ExtendedCommitSignature::new(Address(one.address), one.signature, None))
        .collect();
    let certificate = ExtendedCommitCertificate {
        height: Height(certificate.height),
        round: Round::new(certificate.round),
        value_id: certificate.block_id,
        commit_signatures,
    };
    RawDecidedValue::new(body.into(), certificate)
}

/// One signed statement of an equivocation, as the bytes the validator signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement {
    /// The block it is for; none for a nil vote.
    pub block_id: Option<BlockId>,
    /// The bytes signed.
    pub message: Vec<u8>,
    /// The signature over them.
    pub signature: Signature,
}

/// Two contradicting statements of one validator for the same height, round and step. It proves
/// itself: both signatures verify under the validator's consensus key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivocation {
    /// Who equivocated.
    pub validator: ValidatorAddress,
    /// At which height.
    pub height: height::Height,
    /// One statement.
    pub first: SignedStatement,
    /// The other.
    pub second: SignedStatement,
}

/// The two statements as an equivocation of `validator`, or none if one has no bytes to sign, which
/// no statement that the engine verified is.
fn equivocation(
    validator: &Address,
    height: Height,
    statements: [(Option<BlockId>, Option<Vec<u8>>, Signature); 2],
) -> Option<Equivocation> {
    let [first, second] = statements.map(|(block_id, message, signature)| {
        message.map(|message| SignedStatement { block_id, message, signature })
    });
    let (first, second) = (first?, second?);
    Some(Equivocation { validator: validator.0, height: height.0, first, second })
}

/// What the engine saw since the last decision. It lives in memory only: record it.
pub fn equivocations(
    chain_id: &ChainId,
    evidence: &MisbehaviorEvidence<Context>,
) -> Vec<Equivocation> {
    let vote = |signed: &SignedVote<Context>| {
        let block_id = match signed.message.block {
            NilOrVal::Nil => None,
            NilOrVal::Val(block_id) => Some(block_id),
        };
        (block_id, statement::vote_bytes(chain_id, &signed.message), signed.signature)
    };
    let proposal = |signed: &SignedProposal<Context>| {
        let message = statement::proposal_bytes(chain_id, &signed.message);
        (Some(signed.message.value.0), message, signed.signature)
    };
    let mut found = Vec::new();
    for (validator, pairs) in evidence.votes.iter() {
        found.extend(pairs.iter().filter_map(|(one, other)| {
            equivocation(validator, one.message.height, [vote(one), vote(other)])
        }));
    }
    for (validator, pairs) in evidence.proposals.iter() {
        found.extend(pairs.iter().filter_map(|(one, other)| {
            equivocation(validator, one.message.height, [proposal(one), proposal(other)])
        }));
    }
    found
}
