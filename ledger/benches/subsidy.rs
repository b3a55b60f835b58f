//! What a month of private payments costs a county to make and a node to verify, on one processor,
//! with four standards. `MINGLIAN_SUBSIDY_PAYMENTS=100000` makes and verifies that many once and
//! prints the result as JSON.

use std::hint::black_box;
use std::time::Instant;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName, Lot, SealedBatch};
use minglian_ledger::subsidy::domain::CiphertextHash;
use minglian_ledger::subsidy::draft::{BatchBody, BatchTerms, Draft};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::leaf::{OpenLeaf, Payment};
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::scheme::Scheme;
use minglian_ledger::subsidy::secret::PersonKey;
use minglian_ledger::subsidy::standards::{StandardTable, Standards};
use minglian_ledger::text::Text;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const STANDARDS: [u32; 4] = [0, 3_000, 6_000, 30_000];

fn scheme() -> Scheme {
    let table = StandardTable::new(STANDARDS.to_vec()).expect("a lawful table");
    Scheme::new(&Standards::Table(table))
}

fn name() -> BatchName {
    BatchName {
        chain_id: Text::new("minglian-bench").expect("short"),
        county: OrganizationCode::parse("11341122MLDEM00015").expect("18 characters"),
        programme: 1,
        period: Month::new(2012, 12).expect("a month"),
        kind: BatchKind::Main,
        attempt: 0,
    }
}

/// Everything a county does for a month: seeds, commitments, trees, proofs.
fn create(scheme: &Scheme, payments: u32, random: &mut StdRng) -> (SealedBatch, BatchBody) {
    let (name, identity) = (name(), IdentityNumber::parse("11010519491231002X").expect("valid"));
    let batch = name.id();
    let mut total = 0;
    let mut leaves = Vec::new();
    for (index, amount) in (0..payments).zip(STANDARDS.into_iter().cycle()) {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&index.to_le_bytes());
        let key = PersonKey::from_bytes(bytes);
        let envelope = CiphertextHash(bytes);
        let payment = Payment { key: &key, identity: &identity, amount: Amount(amount), envelope };
        leaves.push(OpenLeaf::new(&batch, index, &payment));
        total += u64::from(amount);
    }
    let terms = BatchTerms {
        name,
        group: 1,
        epoch: 2012,
        standards_version: 1,
        enrolment_root: [1; 32],
        lots: vec![Lot { inflow: 1, amount: Fen::new(total).expect("an amount") }],
    };
    let draft = Draft::new(terms, leaves).expect("it adds up");
    draft.prove(scheme, random, |_| ()).expect("lawful amounts")
}

fn once(payments: u32) {
    let (scheme, mut random) = (scheme(), StdRng::seed_from_u64(1));
    let started = Instant::now();
    let (sealed, body) = create(&scheme, payments, &mut random);
    let create_ms = started.elapsed().as_millis();
    let started = Instant::now();
    body.verify(&scheme, &sealed, &mut random).expect("valid");
    let verify_ms = started.elapsed().as_millis();
    let bytes = |chunks: &[Vec<u8>]| chunks.iter().map(Vec::len).sum::<usize>();
    let (leaves, proofs) = (bytes(&body.leaves), bytes(&body.proofs));
    println!(
        "{{\"payments\":{payments},\"standards\":{},\"create_ms\":{create_ms},\
         \"verify_ms\":{verify_ms},\"leaf_bytes\":{leaves},\"proof_bytes\":{proofs}}}",
        STANDARDS.len(),
    );
}

fn subsidy(criterion: &mut Criterion) {
    const PAYMENTS: u32 = 10_000;
    let (scheme, mut random) = (scheme(), StdRng::seed_from_u64(1));
    let mut group = criterion.benchmark_group("subsidy::batch");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(PAYMENTS)));
    group.bench_function(BenchmarkId::new("create", "payments=10000,k=4"), |bencher| {
        bencher.iter(|| black_box(create(&scheme, PAYMENTS, &mut random)));
    });
    let (sealed, body) = create(&scheme, PAYMENTS, &mut random);
    group.bench_function(BenchmarkId::new("verify", "payments=10000,k=4"), |bencher| {
        bencher.iter_batched(
            || StdRng::seed_from_u64(2),
            |mut random| body.verify(&scheme, &sealed, &mut random).expect("valid"),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn main() {
    let payments = std::env::var("MINGLIAN_SUBSIDY_PAYMENTS");
    if let Some(payments) = payments.ok().and_then(|text| text.parse().ok()) {
        return once(payments);
    }
    let mut criterion = Criterion::default().configure_from_args();
    subsidy(&mut criterion);
    criterion.final_summary();
}
