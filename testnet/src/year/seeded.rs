//! Draws that the seed decides, one stream for each topic, so that a change of one topic leaves the
//! others as they are.

use minglian_ledger::fen::Fen;
use minglian_ledger::hash::Commitment;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Fen in a yuan.
pub const FEN_PER_YUAN: u64 = 100;

/// The seed of a demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of a topic.
    pub fn stream(self, topic: &str) -> Stream {
        Stream(StdRng::from_seed(self.commitment(topic).0))
    }

    /// A commitment to something invented: a person, a text, minutes. Nothing stands behind it.
    pub fn commitment(self, topic: &str) -> Commitment {
        Commitment::of(&["演示".as_bytes(), &self.0.to_le_bytes(), topic.as_bytes()])
    }

    /// Sixteen bytes, for the codes of receipts and their salts.
    pub fn sixteen(self, topic: &str) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.commitment(topic).0[..16]);
        bytes
    }
}

/// A stream of draws.
#[derive(Debug)]
pub struct Stream(StdRng);

impl Stream {
    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0.gen_range(least..=most)
    }

    /// Whole yuan from `least` to `most`.
    pub fn yuan(&mut self, least: u64, most: u64) -> anyhow::Result<Fen> {
        Ok(Fen::new(self.between(least, most) * FEN_PER_YUAN)?)
    }

    /// Whole thousands of yuan from `least` to `most` thousands.
    pub fn thousands(&mut self, least: u64, most: u64) -> anyhow::Result<Fen> {
        Ok(Fen::new(self.between(least, most) * 1_000 * FEN_PER_YUAN)?)
    }
}

/// `part` hundredths of an amount, down to whole yuan.
pub fn percent(amount: Fen, part: u64) -> anyhow::Result<Fen> {
    Ok(Fen::new(amount.get() * part / 100 / FEN_PER_YUAN * FEN_PER_YUAN)?)
}
