//! Verification of consensus messages, all under the ledger's one rule.

use async_trait::async_trait;
use malachitebft_app::types::core::{ValidatorProof, VoteExtensionScope};
use malachitebft_signing::{Error, VerificationResult};
use minglian_ledger::keys::{self, PublicKey, Signature};
use minglian_ledger::transaction::ChainId;

use crate::engine::context::{Context, Proposal, Vote};
use crate::engine::statement;

/// Verifies votes and proposals of one chain.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// The chain whose messages count.
    pub chain_id: ChainId,
}

/// Whether `signature` by `key` covers `bytes`; a message that has no bytes to sign never verifies.
fn check(bytes: Option<Vec<u8>>, signature: &Signature, key: &PublicKey) -> VerificationResult {
    let valid = bytes.is_some_and(|bytes| keys::verify(key, &bytes, signature).is_ok());
    VerificationResult::from_bool(valid)
}

#[async_trait]
impl malachitebft_signing::Verifier<Context> for Verifier {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        public_key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(check(statement::vote_bytes(&self.chain_id, vote), signature, public_key))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        public_key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(check(statement::proposal_bytes(&self.chain_id, proposal), signature, public_key))
    }

    // Vote extensions are disabled at every height.
    async fn verify_signed_vote_extension(
        &self,
        _scope: &VoteExtensionScope<Context>,
        _extension: &(),
        _signature: &Signature,
        _public_key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }

    // The engine fixes these bytes ("PoV", then lengths, key and peer id); no first line of ours
    // begins like them. A proof only ranks a connection, the allow-list admits it.
    async fn verify_validator_proof(
        &self,
        proof: &ValidatorProof<Context>,
    ) -> Result<VerificationResult, Error> {
        let Ok(public_key) = proof.decoded_public_key() else {
            return Ok(VerificationResult::Invalid);
        };
        Ok(check(Some(proof.preimage()), &proof.signature, &public_key))
    }
}
