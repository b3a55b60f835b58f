//! What a block costs the authenticated map: `prepare` and `apply` of updates to existing keys in a
//! state of a million. Divide by the block size for the time of one key; criterion prints the
//! throughput in keys.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use minglian_ledger::state::page::Page;
use minglian_ledger::state::place::Place;
use minglian_ledger::state::proof;
use minglian_ledger::state::tree::{StateTree, StateUpdate};
use minglian_ledger::state::{BucketRead, Changes, StateError};

const KEYS: u64 = 1_000_000;

/// Buckets by number, none of which splits, so that the backend costs next to nothing.
struct Buckets(Vec<Option<Vec<u8>>>);

impl Buckets {
    fn write(&mut self, update: &StateUpdate) {
        for (place, bytes, _) in update.buckets() {
            self.0[place.index() as usize] = (!bytes.is_empty()).then(|| bytes.to_vec());
        }
    }
}

impl BucketRead for Buckets {
    fn bucket(&self, place: Place) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.0[place.index() as usize].clone())
    }
}

/// New values for `size` keys spread over the whole state.
fn block(number: u64, size: u64) -> Changes {
    (0..size)
        .map(|position| {
            let key = (number * size + position) * 7_919 % KEYS;
            let value = [number.to_le_bytes(), position.to_le_bytes()].concat();
            (format!("account/{key}").into_bytes(), Some(value))
        })
        .collect::<BTreeMap<_, _>>()
}

fn state(criterion: &mut Criterion) {
    let mut tree = StateTree::new();
    let mut buckets = Buckets(vec![None; 1 << 20]);
    for number in 0..10 {
        let update = tree.prepare(&buckets, &block(number, KEYS / 10)).expect("memory");
        tree.apply(&update).expect("the same tree");
        buckets.write(&update);
    }

    let mut group = criterion.benchmark_group("state::block");
    group.sample_size(20);
    for size in [100, 1_000, 4_000] {
        let mut number = KEYS;
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::from_parameter(format!("keys={size}")), |bencher| {
            bencher.iter_batched(
                || {
                    number += 1;
                    block(number, size)
                },
                |changes| {
                    let update = tree.prepare(&buckets, &changes).expect("memory");
                    tree.apply(&update).expect("the same tree");
                    buckets.write(&update);
                    update
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();

    criterion.bench_function("state::prove", |bencher| {
        bencher.iter(|| proof::prove(&tree, &buckets, black_box(b"account/77")));
    });
    let hashes: Vec<_> = buckets
        .0
        .iter()
        .zip(0_u32..)
        .filter_map(|(bytes, index)| {
            let bucket = Page::decode(Place::top(index), bytes.as_ref()?);
            Some((index, bucket.expect("just written").hash()))
        })
        .collect();
    let mut group = criterion.benchmark_group("state::rebuild");
    group.sample_size(10);
    group.bench_function(format!("buckets={}", hashes.len()), |bencher| {
        bencher.iter(|| StateTree::rebuild(hashes.iter().map(|stored| Ok(*stored))));
    });
    group.bench_function("buckets=0", |bencher| bencher.iter(|| StateTree::rebuild([])));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    state(&mut criterion);
    criterion.final_summary();
}
