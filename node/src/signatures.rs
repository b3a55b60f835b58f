//! Which signed envelopes were verified lately, and verifying those that were not.
//!
//! The cache is keyed by the hash of the whole signed envelope: a garbage signature over a known
//! act is another envelope, and is checked.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use minglian_ledger::hash::EnvelopeHash;
use minglian_ledger::keys::{self, SignedMessage};
use minglian_ledger::transaction::Transaction;
use rand::rngs::OsRng;

/// Envelopes remembered in each of two generations.
const GENERATION_MAX: usize = 100_000;

/// Most signatures in one batch: enough to gain from batching, few enough to share the processor.
const BATCH_MAX: usize = 1_024;

/// Envelopes whose signature was found good.
#[derive(Debug, Default)]
pub struct VerifiedCache {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: BTreeSet<EnvelopeHash>,
    old: BTreeSet<EnvelopeHash>,
}

impl VerifiedCache {
    /// Checks the signatures of those transactions, each behind the hash of its envelope, that are
    /// not known to be good, for as long as the answer `is_wanted`. Returns the positions of the
    /// bad ones, all there are unless it was broken off.
    pub fn verify(
        &self,
        envelopes: &[(EnvelopeHash, &Transaction)],
        is_wanted: &AtomicBool,
    ) -> Result<(), Vec<usize>> {
        let unknown: Vec<usize> = {
            let known = self.lock();
            (0..envelopes.len())
                .filter(|&position| !known.contains(&envelopes[position].0))
                .collect()
        };
        let mut bad = Vec::new();
        for positions in unknown.chunks(BATCH_MAX) {
            if !is_wanted.load(Ordering::Relaxed) {
                return Err(bad);
            }
            let bad_here = verify_batch(envelopes, positions);
            let mut known = self.lock();
            // The bad positions are in order.
            let good =
                positions.iter().filter(|position| bad_here.binary_search(position).is_err());
            good.for_each(|&position| known.insert(envelopes[position].0));
            drop(known);
            bad.extend(bad_here);
        }
        if bad.is_empty() { Ok(()) } else { Err(bad) }
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn contains(&self, hash: &EnvelopeHash) -> bool {
        self.young.contains(hash) || self.old.contains(hash)
    }

    fn insert(&mut self, hash: EnvelopeHash) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash);
    }
}

fn verify_batch(envelopes: &[(EnvelopeHash, &Transaction)], positions: &[usize]) -> Vec<usize> {
    let messages: Vec<Vec<u8>> =
        positions.iter().map(|&position| envelopes[position].1.sign_bytes()).collect();
    let items: Vec<SignedMessage<'_>> = positions
        .iter()
        .zip(&messages)
        .map(|(&position, message)| {
            let Transaction { key, signature, .. } = envelopes[position].1;
            SignedMessage { key: *key, message, signature: *signature }
        })
        .collect();
    match keys::verify_batch(&items, &mut OsRng) {
        Ok(()) => Vec::new(),
        Err(bad) => bad.into_iter().map(|item| positions[item]).collect(),
    }
}
