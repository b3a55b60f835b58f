//! A member's dealing, as a function of 32 bytes on its disk: a node that is started again in the
//! middle of a ceremony comes to the dealing and the shares that it came to before.

use blake3::{Hasher, OutputReader};
use minglian_contracts::schema;
use minglian_ledger::subsidy::key_generation::{Dealing, Dealt, KeyGenerationError, Seat};
use minglian_ledger::subsidy::threshold::KeyPurpose;
use minglian_ledger::transaction::ChainId;
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroize as _;

/// Context of the bytes that a dealing draws.
const DRAWN: &str = "minglian v1 key dealing-randomness";

/// Which dealing: a seed that was kept for one gives nothing for another.
#[derive(Debug, Clone)]
pub struct DealingName {
    /// The chain.
    pub chain_id: ChainId,
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// Which attempt.
    pub attempt: u32,
    /// The place among the members.
    pub seat: Seat,
}

/// Bytes that follow from a seed. They are wiped when this is dropped.
struct Drawn(OutputReader);

impl DealingName {
    /// The dealing that follows from `seed`, with what this member keeps of it.
    ///
    /// # Errors
    /// [`KeyGenerationError::Seat`].
    pub fn deal(&self, seed: &[u8; 32]) -> Result<(Dealt, Dealing), KeyGenerationError> {
        let Self { chain_id, purpose, attempt, seat } = self;
        let Seat { committee, index, members, threshold } = *seat;
        let place = (committee, index, members, threshold);
        let mut hasher = Hasher::new_derive_key(DRAWN);
        hasher.update(seed);
        hasher.update(&schema::encode(&(chain_id, purpose, attempt, place)));
        let mut drawn = Drawn(hasher.finalize_xof());
        hasher.zeroize();
        seat.deal(&mut drawn)
    }
}

impl RngCore for Drawn {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Drawn {}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
