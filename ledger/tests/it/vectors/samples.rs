//! `samples.json`: frames, words, ranks and pairings of the method of `docs/format.md`.

use minglian_ledger::hash::{SampleSeed, SampleWords};
use minglian_ledger::sample::{self, Pools};
use serde_json::{Value, json};

use super::hex;

fn seed(number: u8) -> SampleSeed {
    SampleSeed::of(&[&[number]])
}

fn ranks(number: u8, population: u64, size: u64) -> Value {
    let seed = seed(number);
    let ranks = sample::draw(&seed, population, size);
    json!({
        "seed": seed.to_string(),
        "population": population.to_string(),
        "size": size.to_string(),
        "ranks": ranks.iter().map(u64::to_string).collect::<Vec<_>>(),
    })
}

fn paired(number: u8, pools: Pools, recused: &[[u32; 2]]) -> Value {
    let seed = seed(number);
    let is_recused = |inspector, object| recused.contains(&[inspector, object]);
    let Pools { objects, size, inspectors, each } = pools;
    json!({
        "seed": seed.to_string(),
        "objects": objects,
        "size": size,
        "inspectors": inspectors,
        "each": each,
        "recused": recused,
        "pairings": sample::pair(&seed, pools, is_recused),
    })
}

#[test]
fn samples() {
    let lists: [&[&[u8]]; 4] =
        [&[], &[b""], &[b"a", b"bc"], &[&[7, 0, 0, 0, 0, 0, 0, 0], &[9, 0, 0, 0, 0, 0, 0, 0]]];
    let frame = |list: &&[&[u8]]| {
        let items: Vec<Vec<u8>> = list.iter().map(|item| item.to_vec()).collect();
        let hash = sample::frame(&items).to_string();
        json!({ "items": items.iter().map(hex).collect::<Vec<_>>(), "hash": hash })
    };
    let words = SampleWords::new(&seed(0)).take(10).map(|word| word.to_string());
    let all = [
        ranks(0, 1, 1),
        ranks(1, 10, 10),
        ranks(2, 1_000, 12),
        ranks(3, 3, 9),
        ranks(4, 0, 4),
        // Nearly half of the words are passed over.
        ranks(5, (1 << 63) + 1, 12),
        ranks(6, (1 << 53) - 1, 5),
        ranks(7, u64::MAX, 3),
    ];
    let small = Pools { objects: 6, size: 3, inspectors: 4, each: 2 };
    let pairings = [
        paired(8, small, &[]),
        paired(9, small, &[[0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [3, 2]]),
        paired(10, Pools { each: 4, ..small }, &[[1, 1], [2, 1], [1, 5]]),
        paired(11, Pools { objects: 1_000, size: 8, inspectors: 200, each: 2 }, &[[7, 7]]),
    ];
    super::check(
        "samples.json",
        "Frames, the stream's first words, ranks and pairings, see docs/format.md, section 12.",
        json!({
            "frames": lists.iter().map(frame).collect::<Vec<_>>(),
            "words": { "seed": seed(0).to_string(), "words": words.collect::<Vec<_>>() },
            "ranks": all,
            "pairings": pairings,
        }),
    );
}
