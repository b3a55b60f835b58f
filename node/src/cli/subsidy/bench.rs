//! `minglian subsidy bench`: what a month costs, with people whom nobody has ever met.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use minglian_county::batch::{self, LedgerTerms, LotTerms};
use minglian_county::bundle::{self, Bundle, verify};
use minglian_county::enrol;
use minglian_county::generated::{self, Group};
use minglian_county::import::{self, ImportTerms};
use minglian_county::month;
use minglian_county::programme::Programme;
use minglian_county::roll::Roll;
use minglian_ledger::date::Month;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::pedersen::G_BYTES;
use minglian_ledger::text::Text;
use rand::rngs::OsRng;
use serde_json::json;

/// How much to measure.
#[derive(Debug, clap::Args)]
pub struct BenchArguments {
    /// Payments
    #[arg(long, default_value_t = 100_000)]
    payments: usize,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// A directory to create with the batch
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &BenchArguments) -> anyhow::Result<()> {
    let period = Month::new(2012, 12)?;
    let mut roll = Roll::new(OrganizationCode::parse("11341122MLDEM00015")?);
    roll.add_programme(Programme::parse(generated::LAIAN_PROGRAMME)?)?;
    let (oldest, older) = (arguments.payments / 1_000, arguments.payments / 14);
    let groups = [
        Group { count: arguments.payments - older - oldest, age_from: 80, age_below: 90 },
        Group { count: older, age_from: 90, age_below: 100 },
        Group { count: oldest, age_from: 100, age_below: 105 },
    ];
    let sheet = generated::sheet(&groups, period, 1);
    let started = Instant::now();
    let on = period.first_day();
    let terms = ImportTerms {
        programme: 1,
        from: period,
        on,
        by: "bench",
        is_active: true,
        updates: false,
    };
    let report = import::import(&mut roll, &sheet, &terms, &mut OsRng)?;
    anyhow::ensure!(report.faults.is_empty(), "{} generated rows do not hold", report.faults.len());
    enrol::enrol(&mut roll, 1, 2012, &mut OsRng)?;
    let import_ms = started.elapsed().as_millis();
    drop(sheet);
    let started = Instant::now();
    let plan = month::plan(&roll, 1, period, 2012, false)?;
    let terms = LedgerTerms {
        chain_id: Text::new("minglian-bench")?,
        enrolment_root: "01".repeat(32),
        escrow_key: data_encoding::HEXLOWER.encode(&G_BYTES),
        lots: vec![LotTerms { inflow: 1, amount: plan.total }],
    };
    let place = batch::reserve(&mut roll, &plan, &terms.chain_id, false)?;
    let made = batch::make(&roll, &plan, place, &terms, arguments.threads, &|_| ())?;
    let create_ms = started.elapsed().as_millis();
    let memory_create_kib = memory_max_kib()?;
    let manifest = bundle::write(&made, &arguments.out)?;
    drop(made);
    let started = Instant::now();
    let bundle = Bundle::open(&arguments.out)?;
    let verified = verify::verify(&bundle, None, arguments.threads, &|_| ())?;
    let verify_ms = started.elapsed().as_millis();
    let bytes =
        |which: fn(&bundle::ChunkFiles) -> u64| -> u64 { manifest.chunks.iter().map(which).sum() };
    println!(
        "{}",
        json!({
            "payments": verified.leaves,
            "standards": 4,
            "threads": arguments.threads,
            "total_fen": manifest.total,
            "import_ms": import_ms,
            "create_ms": create_ms,
            "verify_ms": verify_ms,
            "memory_create_max_kib": memory_create_kib,
            "memory_max_kib": memory_max_kib()?,
            "leaves_bytes": bytes(|chunk| chunk.leaves.bytes),
            "proofs_bytes": bytes(|chunk| chunk.proofs.bytes),
            "envelopes_bytes": bytes(|chunk| chunk.envelopes.bytes),
        })
    );
    Ok(())
}

/// The most memory that this process ever had, as Linux counts it.
fn memory_max_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("the system does not say how much memory was used")?.parse()?)
}
