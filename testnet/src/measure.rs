//! Figures about nodes and about this machine.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use minglian_client::Client;
use serde::Serialize;

use crate::program;

/// A node's counters and gauges by name, without `minglian_`.
pub type Metrics = BTreeMap<String, u64>;

/// How long things took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How many were measured.
    pub samples: usize,
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 90 % took no longer.
    pub p90_us: u64,
    /// 99 % took no longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl Latency {
    /// Summarises durations; `None` if there are none.
    pub fn of(mut durations: Vec<Duration>) -> Option<Self> {
        durations.sort_unstable();
        let last = durations.len().checked_sub(1)?;
        let at = |percent: usize| {
            let place = (durations.len() * percent).div_ceil(100).saturating_sub(1).min(last);
            u64::try_from(durations[place].as_micros()).unwrap_or(u64::MAX)
        };
        Some(Self {
            samples: durations.len(),
            p50_us: at(50),
            p90_us: at(90),
            p99_us: at(99),
            max_us: at(100),
        })
    }
}

/// What a node counts.
pub async fn metrics(client: &Client) -> anyhow::Result<Metrics> {
    let text = client.metrics().await?;
    parse(&text).with_context(|| format!("the metrics of {}", client.base_url()))
}

fn parse(text: &str) -> anyhow::Result<Metrics> {
    let mut metrics = Metrics::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, value) = line.rsplit_once(' ').with_context(|| format!("{line:?}"))?;
        let name = name.strip_prefix("minglian_").unwrap_or(name);
        // A figure that is no whole number is none of ours.
        if let Ok(value) = value.parse() {
            metrics.insert(name.to_owned(), value);
        }
    }
    Ok(metrics)
}

/// The count of a code among a node's answers to submissions.
pub fn admissions(metrics: &Metrics, code: &str) -> u64 {
    let name = format!("admissions_total{{code=\"{code}\"}}");
    metrics.get(&name).copied().unwrap_or_default()
}

/// Bytes that a directory takes on the disk.
pub fn disk_bytes(directory: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            // The database deletes files while it runs.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        bytes +=
            if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}

/// The commit of the sources in the working directory, with `-dirty` if they were changed.
pub fn commit() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty", "--abbrev=40", "--match="]);
    program::output(&mut git).ok().map(|text| text.trim().to_owned())
}

/// The machine's load averages over 1, 5 and 15 minutes, as the kernel prints them.
pub fn load_average() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    Some(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

/// The processor's name.
pub fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
