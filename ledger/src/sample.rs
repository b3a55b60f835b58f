//! Random samples that anybody can draw again: from a seed to ranks, without replacement, each
//! ordered sample equally likely. `docs/format.md` describes the method byte by byte.
//!
//! The numbers of the seed's stream are cut down to a bound by rejection, so that no remainder is
//! likelier than another, and choose by the shuffle of Fisher and Yates. The first ranks do not
//! depend on how many are drawn: a larger sample of the same seed continues a smaller one.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{SampleFrame, SampleSeed, SampleWords};
use crate::transaction;

/// The version of the method that this module is.
pub const METHOD: u16 = 1;

/// An object that was drawn, and who inspects it. Positions count from 0.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Pairing {
    /// The object's position in its pool.
    pub object: u32,
    /// The inspectors' positions in theirs, in the order in which they were drawn.
    pub inspectors: Vec<u32>,
}

/// Who is to be paired with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pools {
    /// How many objects there are.
    pub objects: u32,
    /// How many of them are drawn.
    pub size: u32,
    /// How many inspectors there are.
    pub inspectors: u32,
    /// How many of them inspect each object.
    pub each: u32,
}

/// Names a list of items by their bytes, in order.
pub fn frame(items: &[Vec<u8>]) -> SampleFrame {
    SampleFrame::of(&[&transaction::encode(&items)])
}

/// The positions that are drawn from a list of `population` items, in the order of their ranks;
/// all of them if `size` is larger.
pub fn draw(seed: &SampleSeed, population: u64, size: u64) -> Vec<u64> {
    // The stream has no end.
    pick(&mut SampleWords::new(seed), population, size).unwrap_or_default()
}

/// The objects that are drawn, in the order of their ranks, each with its inspectors, who are drawn
/// from those that are not recused from it. An object from which too many are recused has fewer.
pub fn pair(
    seed: &SampleSeed,
    pools: Pools,
    is_recused: impl Fn(u32, u32) -> bool,
) -> Vec<Pairing> {
    pairings(&mut SampleWords::new(seed), pools, is_recused).unwrap_or_default()
}

/// A number below `bound`, each equally likely if each word is: of the 2^64 words the last 2^64 mod
/// `bound` are passed over. None if the words end.
pub fn below(words: &mut impl Iterator<Item = u64>, bound: u64) -> Option<u64> {
    let excess = bound.wrapping_neg().checked_rem(bound)?;
    words.find(|word| *word <= u64::MAX - excess).map(|word| word % bound)
}

/// The first `size` places of a shuffled list of `population` items. None if the words end.
pub fn pick(words: &mut impl Iterator<Item = u64>, population: u64, size: u64) -> Option<Vec<u64>> {
    // Only what no longer stands at its own place.
    let mut moved: BTreeMap<u64, u64> = BTreeMap::new();
    let mut picked = Vec::new();
    for place in 0..size.min(population) {
        let chosen = place.checked_add(below(words, population.checked_sub(place)?)?)?;
        let displaced = moved.get(&place).copied().unwrap_or(place);
        picked.push(moved.get(&chosen).copied().unwrap_or(chosen));
        moved.insert(chosen, displaced);
    }
    Some(picked)
}

fn pairings(
    words: &mut impl Iterator<Item = u64>,
    pools: Pools,
    is_recused: impl Fn(u32, u32) -> bool,
) -> Option<Vec<Pairing>> {
    let Pools { objects, size, inspectors, each } = pools;
    let mut pairings = Vec::new();
    for object in pick(words, u64::from(objects), u64::from(size))? {
        let object = u32::try_from(object).ok()?;
        let eligible: Vec<u32> = (0..inspectors).filter(|it| !is_recused(*it, object)).collect();
        let count = u64::try_from(eligible.len()).ok()?;
        let chosen = pick(words, count, u64::from(each))?;
        let at = |place: u64| eligible.get(usize::try_from(place).ok()?).copied();
        let inspectors = chosen.into_iter().map(at).collect::<Option<_>>()?;
        pairings.push(Pairing { object, inspectors });
    }
    Some(pairings)
}
