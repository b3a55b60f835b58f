//! One-byte changes of a stopped node's database: each is named, or changes nothing that is read.
//!
//! The database is a real node's, with tables and a write-ahead log. Each change is made on a fresh
//! copy, and `minglian audit database` reads everything in it that the node would serve.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, bail, ensure};
use minglian_client::wire::SubmitStatus;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

use crate::act::COMMIT_LIMIT;
use crate::cluster::Cluster;
use crate::process::Signal;
use crate::workload::Workload;

/// The node whose database is taken.
const NODE: usize = 3;

/// Payments that are in tables, and then as many in the write-ahead log.
const PAYMENTS: usize = 160;

/// Payments in one block at most, so that there are many blocks.
const PAYMENTS_PER_BLOCK: usize = 10;

/// Audits that run at the same time.
const AUDITORS: u32 = 2;

/// What came of the changes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FlipReport {
    /// Draws the same changes of the same database again.
    pub seed: u64,
    /// The database's height.
    pub height: u64,
    /// Its records.
    pub records: u64,
    /// Bytes changed, each on a copy of its own.
    pub flips: u32,
    /// The database does not open, and says why.
    pub at_open: u32,
    /// It opens, and the database refuses to read the entry.
    pub at_read: u32,
    /// It reads, and only the audit finds an entry wrong. Not one may be: a node would serve it.
    pub by_audit: u32,
    /// Everything that is read is what it was.
    pub harmless: u32,
    /// Something else is read, and nothing says so. Not one may be.
    pub served: u32,
    /// The changes by kind of file: how many were named, how many harmless.
    pub files: BTreeMap<String, (u32, u32)>,
}

/// What an audit said of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    AtOpen(String),
    AtRead(String),
    ByAudit(String),
    Sound { height: u64, records: u64, content: String },
}

/// A byte to change.
struct Flip {
    file: PathBuf,
    at: usize,
    mask: u8,
}

/// Pays, stops a node, and changes `count` bytes of its database.
pub async fn run(cluster: &Cluster, count: u32, seed: Option<u64>) -> anyhow::Result<FlipReport> {
    let seed = seed.unwrap_or_else(|| rand::thread_rng().r#gen());
    eprintln!("seed {seed}");
    let original = database(cluster).await?;
    let sound = audit(cluster, &copy(&original, &original.with_extension("sound"))?)?;
    let Verdict::Sound { height, records, .. } = sound else { bail!("undamaged: {sound:?}") };
    let report = FlipReport { seed, height, records, flips: count, ..FlipReport::default() };
    let report = Mutex::new(report);
    let next = AtomicU32::new(0);
    let work = |auditor: u32| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return anyhow::Ok(());
            }
            let flip = draw(&original, seed, number)?;
            let path = copy(&original, &original.with_extension(format!("copy-{auditor}")))?;
            change(&path, &flip)?;
            let verdict = audit(cluster, &path)?;
            note(&mut *report.lock().map_err(|_| poisoned())?, &flip, &sound, verdict);
            if (number + 1).is_multiple_of(50) {
                eprintln!("{} of {count} flips", number + 1);
            }
        }
    };
    std::thread::scope(|scope| {
        let work = &work;
        let auditors: Vec<_> =
            (0..AUDITORS).map(|auditor| scope.spawn(move || work(auditor))).collect();
        auditors.into_iter().try_for_each(|thread| thread.join().map_err(|_| poisoned())?)
    })?;
    let report = report.into_inner().map_err(|_| poisoned())?;
    ensure!(report.served + report.by_audit == 0, "a changed value was served: {report:?}");
    Ok(report)
}

fn poisoned() -> anyhow::Error {
    anyhow::anyhow!("an auditor broke off")
}

/// A stopped node's database, with data in tables and in the write-ahead log.
async fn database(cluster: &Cluster) -> anyhow::Result<PathBuf> {
    let mut workload = Workload::prepare(cluster).await?;
    let client = cluster.client(0)?;
    for restarts in [true, false] {
        for _ in 0..PAYMENTS / PAYMENTS_PER_BLOCK {
            let payments = workload.sign(PAYMENTS_PER_BLOCK)?;
            let encoded: Vec<_> = payments.iter().map(|payment| &payment.encoded).collect();
            let answers = client.submit_and_wait(&encoded, COMMIT_LIMIT).await?;
            let committed = |status| status == SubmitStatus::Committed;
            ensure!(answers.iter().all(|answer| committed(answer.status)), "{answers:?}");
        }
        cluster.wait_level(COMMIT_LIMIT).await?;
        cluster.signal(NODE, Signal::Terminate)?;
        if restarts {
            // What was in the log goes into tables.
            cluster.start(NODE)?;
            cluster.wait_healthy(NODE).await?;
        }
    }
    let original = cluster.directory().path().join("flips").join("original");
    copy(&cluster.directory().data(NODE).join("ledger"), &original)
}

/// Copies a database's files to `to`, in the place of what is there.
fn copy(from: &Path, to: &Path) -> anyhow::Result<PathBuf> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for file in files(from)? {
        fs::copy(&file, to.join(file.file_name().context("a file without a name")?))?;
    }
    Ok(to.to_owned())
}

/// The files of a database, in the order of their names.
fn files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<anyhow::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

/// Kinds of files by their names' beginning or end, with how often in twenty a change falls on one:
/// tables, write-ahead logs, the list of both; the rest falls on any file.
const KINDS: [(&str, u32); 3] = [(".sst", 8), (".log", 6), ("MANIFEST", 3)];

/// The change with this number.
fn draw(original: &Path, seed: u64, number: u32) -> anyhow::Result<Flip> {
    let mut random = StdRng::seed_from_u64(seed.wrapping_add(u64::from(number) << 32));
    let mut files = files(original)?;
    let mut turn = random.gen_range(0..20);
    let drawn = KINDS.iter().find(|(_, share)| {
        let falls = turn < *share;
        turn = turn.saturating_sub(*share);
        falls
    });
    files.retain(|file| file.metadata().is_ok_and(|metadata| metadata.len() > 0));
    files.retain(|file| drawn.is_none_or(|(kind, _)| is_of(kind, file)));
    ensure!(!files.is_empty(), "{} holds nothing", original.display());
    let file = files.swap_remove(random.gen_range(0..files.len()));
    let length = usize::try_from(file.metadata()?.len())?;
    Ok(Flip { file, at: random.gen_range(0..length), mask: random.gen_range(1..=u8::MAX) })
}

fn is_of(kind: &str, file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(kind) || name.ends_with(kind)
}

fn change(copy: &Path, flip: &Flip) -> anyhow::Result<()> {
    let path = copy.join(flip.file.file_name().context("a file without a name")?);
    let mut bytes = fs::read(&path)?;
    *bytes.get_mut(flip.at).context("the copy is shorter")? ^= flip.mask;
    Ok(fs::write(&path, bytes)?)
}

/// Reads everything in a database, as an operator would have it read.
fn audit(cluster: &Cluster, database: &Path) -> anyhow::Result<Verdict> {
    let mut command = cluster.minglian();
    command.args(["audit", "database"]).arg(database);
    let output = command.arg("--genesis").arg(cluster.directory().genesis()).output()?;
    if output.status.success() {
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let number = |name: &str| report[name].as_u64().with_context(|| format!("no {name}"));
        let content = report["content"].as_str().context("no content")?.to_owned();
        let (height, records) = (number("height")?, number("transactions")?);
        return Ok(Verdict::Sound { height, records, content });
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let says = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
    ensure!(
        output.status.code() == Some(1) && says(&["error: "]) && !says(&["panicked"]),
        "the audit broke off ({}): {complaint}",
        output.status
    );
    Ok(if says(&["opening the database "]) {
        Verdict::AtOpen(complaint)
    } else if says(&["Corruption: ", "does not decode", "does not match its hash"]) {
        Verdict::AtRead(complaint)
    } else {
        Verdict::ByAudit(complaint)
    })
}

fn note(report: &mut FlipReport, flip: &Flip, sound: &Verdict, verdict: Verdict) {
    let name = flip.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // 000012.sst, MANIFEST-000005, LOG.old.1700000000: numbers say nothing of the kind.
    let letters = |letter: &char| !letter.is_ascii_digit();
    let kind = name.chars().filter(letters).collect::<String>();
    let kind = kind.trim_matches(['.', '-']).to_owned();
    let counts = report.files.entry(kind).or_default();
    match &verdict {
        Verdict::Sound { .. } if verdict == *sound => {
            counts.1 += 1;
            report.harmless += 1;
            return;
        }
        Verdict::AtOpen(_) => report.at_open += 1,
        Verdict::AtRead(_) => report.at_read += 1,
        Verdict::ByAudit(_) | Verdict::Sound { .. } => {
            eprintln!("{name} byte {} ^ {:#04x}: {verdict:?}", flip.at, flip.mask);
            match verdict {
                Verdict::ByAudit(_) => report.by_audit += 1,
                _ => report.served += 1,
            }
        }
    }
    counts.0 += 1;
}
