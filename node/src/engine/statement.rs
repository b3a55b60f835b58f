//! The bytes a validator's consensus key signs.
//!
//! Every kind of message begins with a first line of its own, so that no signature can be read as
//! one over another kind; nil votes are kinds of their own. After the line follows the canonical
//! encoding of chain id, height, round and the rest. A precommit for a block has exactly the bytes
//! of [`certificate::precommit_sign_bytes`], which is what makes a decided block's certificate
//! verifiable by outsiders.

use borsh::BorshSerialize;
use malachitebft_app::types::core::{NilOrVal, VoteType};
use minglian_ledger::certificate;
use minglian_ledger::transaction::ChainId;

use crate::engine::context::{Proposal, Vote};
use crate::engine::parts::Init;

/// First line of a prevote for a block.
pub const PREVOTE_LINE: &[u8] = b"minglian/prevote/v1\n";
/// First line of a prevote for no block.
pub const PREVOTE_NIL_LINE: &[u8] = b"minglian/prevote-nil/v1\n";
/// First line of a precommit for no block.
pub const PRECOMMIT_NIL_LINE: &[u8] = b"minglian/precommit-nil/v1\n";
/// First line of a proposal.
pub const PROPOSAL_LINE: &[u8] = b"minglian/proposal/v1\n";
/// First line of the signature that closes a streamed block body.
pub const PART_LINE: &[u8] = b"minglian/part/v1\n";

/// `line`, then the canonical encoding of `content`.
fn statement(line: &[u8], content: &impl BorshSerialize) -> Vec<u8> {
    let mut bytes = line.to_vec();
    match content.serialize(&mut bytes) {
        Ok(()) => bytes,
        // Writing to a Vec does not fail; borsh reports only collections over 4 GiB.
        Err(error) => unreachable!("a value in memory encodes: {error}"),
    }
}

/// The bytes `vote` signs, or none if its round is nil: such a vote does not exist. The voter's
/// address is not among them; the key that signs says who votes.
pub fn vote_bytes(chain_id: &ChainId, vote: &Vote) -> Option<Vec<u8>> {
    let round = vote.round.as_u32()?;
    let height = vote.height.0;
    Some(match (vote.kind, vote.block) {
        (VoteType::Precommit, NilOrVal::Val(block_id)) => {
            certificate::precommit_sign_bytes(chain_id, height, round, &block_id)
        }
        (VoteType::Precommit, NilOrVal::Nil) => {
            statement(PRECOMMIT_NIL_LINE, &(chain_id, height, round))
        }
        (VoteType::Prevote, NilOrVal::Val(block_id)) => {
            statement(PREVOTE_LINE, &(chain_id, height, round, block_id))
        }
        (VoteType::Prevote, NilOrVal::Nil) => {
            statement(PREVOTE_NIL_LINE, &(chain_id, height, round))
        }
    })
}

/// The bytes `proposal` signs, or none if its round is nil.
pub fn proposal_bytes(chain_id: &ChainId, proposal: &Proposal) -> Option<Vec<u8>> {
    let round = proposal.round.as_u32()?;
    let valid_round = proposal.valid_round.as_u32();
    let content = (chain_id, proposal.height.0, round, valid_round, proposal.value.0);
    Some(statement(PROPOSAL_LINE, &content))
}

/// The bytes a proposer signs over a streamed block: its opening and the whole body.
pub fn part_bytes(chain_id: &ChainId, init: &Init, body: &[u8]) -> Vec<u8> {
    let mut bytes = statement(PART_LINE, &(chain_id, init));
    bytes.extend_from_slice(body);
    bytes
}
