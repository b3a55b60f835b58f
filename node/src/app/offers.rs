//! How many bodies this node judges at one height: a proposer whose turn it is may stream as many
//! as it likes, and each would be executed and put on disk.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;

/// Different blocks judged in one round: the one whose turn it is, and one more, so that a second
/// block of a proposer that signs two is seen and reported.
pub const BLOCKS_PER_ROUND_MAX: usize = 2;

/// Bodies looked at in one round, those included that are no block.
pub const BODIES_PER_ROUND_MAX: u32 = 4;

/// How far ahead of this node's round a body may be. A node that is behind learns its round from
/// the others' votes soon after the body.
const ROUNDS_AHEAD_MAX: u32 = 8;

/// What was offered at one height.
#[derive(Debug, Default)]
pub struct Offers {
    height: Height,
    rounds: BTreeMap<u32, Round>,
}

#[derive(Debug, Default)]
struct Round {
    bodies: u32,
    blocks: BTreeSet<BlockId>,
}

impl Offers {
    /// Whether a body of `block` for `round` is to be judged while this node is in round `current`
    /// of `height`; counts it if so.
    pub fn admit(&mut self, height: Height, current: u32, round: u32, block: BlockId) -> bool {
        if self.height != height {
            *self = Self { height, rounds: BTreeMap::new() };
        }
        if round > current.saturating_add(ROUNDS_AHEAD_MAX) {
            return false;
        }
        let Round { bodies, blocks } = self.rounds.entry(round).or_default();
        let fits = blocks.contains(&block) || blocks.len() < BLOCKS_PER_ROUND_MAX;
        if !fits || *bodies >= BODIES_PER_ROUND_MAX {
            return false;
        }
        *bodies += 1;
        blocks.insert(block);
        true
    }
}
