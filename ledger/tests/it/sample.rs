//! Samples: every ordered sample equally likely, shown by counting all of them, not by chance.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::hash::{SampleSeed, SampleStream, SampleWords};
use minglian_ledger::sample::{self, Pools};
use proptest::prelude::*;

#[test]
fn a_number_below_a_bound_is_exactly_uniform() {
    for bound in [1, 2, 3, 5, 7, 10, 1_000, (1 << 63) + 1, u64::MAX - 1, u64::MAX] {
        let excess = (u128::from(u64::MAX) + 1) % u128::from(bound);
        // As many words are kept as are a multiple of the bound, and no further multiple fits.
        let kept = u128::from(u64::MAX) + 1 - excess;
        assert_eq!(kept % u128::from(bound), 0);
        assert!(excess < u128::from(bound));
        let last = u64::try_from(kept - 1).unwrap();
        assert_eq!(sample::below(&mut [last].into_iter(), bound), Some(bound - 1), "{bound}");
        if let Some(first_rejected) = last.checked_add(1) {
            let mut words = [first_rejected, u64::MAX, 0].into_iter();
            assert_eq!(sample::below(&mut words, bound), Some(0), "{bound}");
            assert_eq!(words.next(), None, "both rejected words of {bound} were passed over");
        }
        assert_eq!(sample::below(&mut std::iter::empty(), bound), None);
    }
    assert_eq!(sample::below(&mut [7].into_iter(), 0), None);
}

/// All sequences of choices that a sample can be made by: the first of `population`, the next of
/// one less, and so on.
fn choices(population: u64, size: u64) -> Vec<Vec<u64>> {
    let mut all = vec![Vec::new()];
    for place in 0..size {
        all = all
            .into_iter()
            .flat_map(|begun: Vec<u64>| {
                (0..population - place).map(move |choice| {
                    let mut longer = begun.clone();
                    longer.push(choice);
                    longer
                })
            })
            .collect();
    }
    all
}

#[test]
fn every_ordered_sample_comes_of_exactly_one_sequence_of_choices() {
    for (population, size, samples) in [(1, 1, 1), (4, 2, 12), (5, 3, 60), (5, 5, 120), (6, 4, 360)]
    {
        let mut seen: BTreeMap<Vec<u64>, u32> = BTreeMap::new();
        for choice in choices(population, size) {
            let picked = sample::pick(&mut choice.into_iter(), population, size).unwrap();
            let different: BTreeSet<u64> = picked.iter().copied().collect();
            assert_eq!(different.len(), picked.len(), "{picked:?} names one twice");
            assert!(picked.iter().all(|place| *place < population));
            *seen.entry(picked).or_default() += 1;
        }
        assert_eq!(seen.len(), samples, "{size} of {population}");
        assert!(seen.values().all(|count| *count == 1));
    }
}

#[test]
fn the_stream_begins_with_the_hash_of_its_domain() {
    let seed = SampleSeed([7; 32]);
    let words: Vec<u8> = SampleWords::new(&seed).take(4).flat_map(u64::to_le_bytes).collect();
    assert_eq!(words, SampleStream::of(&[&seed.0]).0);
}

#[test]
fn a_frame_tells_its_items_and_their_order_apart() {
    let items = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let frame = |texts| sample::frame(&Vec::<Vec<u8>>::clone(&items(texts)));
    let all =
        [frame(&["甲", "乙"]), frame(&["乙", "甲"]), frame(&["甲乙"]), frame(&["甲"]), frame(&[])];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

proptest! {
    #[test]
    fn a_sample_is_reproducible_and_a_larger_one_continues_it(
        seed in any::<[u8; 32]>(), population in 0..5_000_u64, size in 0..300_u64,
        more in 0..50_u64,
    ) {
        let seed = SampleSeed(seed);
        let picked = sample::draw(&seed, population, size);
        prop_assert_eq!(&picked, &sample::draw(&seed, population, size));
        prop_assert_eq!(picked.len() as u64, size.min(population));
        prop_assert!(picked.iter().all(|place| *place < population));
        prop_assert_eq!(picked.iter().collect::<BTreeSet<_>>().len(), picked.len());
        let longer = sample::draw(&seed, population, size + more);
        prop_assert_eq!(&longer[..picked.len()], &picked[..]);
    }

    #[test]
    fn no_inspector_is_paired_with_what_the_inspector_is_recused_from(
        seed in any::<[u8; 32]>(), objects in 1..40_u32, size in 1..40_u32,
        inspectors in 1..20_u32, each in 1..4_u32,
        recused in proptest::collection::btree_set((0..20_u32, 0..40_u32), 0..200),
    ) {
        let (seed, pools) = (SampleSeed(seed), Pools { objects, size, inspectors, each });
        let is_recused = |inspector, object| recused.contains(&(inspector, object));
        let pairings = sample::pair(&seed, pools, is_recused);
        let drawn: Vec<u64> = pairings.iter().map(|it| u64::from(it.object)).collect();
        prop_assert_eq!(drawn, sample::draw(&seed, objects.into(), size.into()));
        for pairing in pairings {
            let free = (0..inspectors).filter(|it| !is_recused(*it, pairing.object)).count();
            prop_assert_eq!(pairing.inspectors.len(), free.min(each as usize));
            let different: BTreeSet<_> = pairing.inspectors.iter().collect();
            prop_assert_eq!(different.len(), pairing.inspectors.len());
            prop_assert!(pairing.inspectors.iter().all(|it| !is_recused(*it, pairing.object)));
        }
    }
}
