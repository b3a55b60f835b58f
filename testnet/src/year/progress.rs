//! How far a year is: a line for whoever watches, and a file from which it goes on.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use minglian_ledger::date::Date;
use minglian_ledger::height::Height;
use serde::{Deserialize, Serialize};

use super::plan::Parameters;
use super::script::Coming;
use crate::directory::{self, Directory};

/// How often the line is written for nobody in particular.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// How often it is written on a terminal.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);

/// Width of the bar in characters.
const BAR_CHARACTERS: u64 = 24;

/// What is needed to sign the same transactions again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// What decides the year.
    pub parameters: Parameters,
    /// Until which height its transactions can be committed.
    pub expires_at: Height,
    /// What its sample names, once it was planned: a block and a day.
    pub coming: Option<(Height, Date)>,
    /// Lots that are entered: all with smaller numbers.
    pub lots_done: u64,
}

impl Saved {
    /// Where it is kept.
    pub fn path(directory: &Directory) -> PathBuf {
        directory.path().join("year.json")
    }

    /// What was kept, if a year was begun.
    pub fn read(directory: &Directory) -> anyhow::Result<Option<Self>> {
        let path = Self::path(directory);
        if path.exists() { directory::read_json(&path).map(Some) } else { Ok(None) }
    }

    /// Keeps it, whole or not at all.
    pub fn write(&self, directory: &Directory) -> anyhow::Result<()> {
        let path = Self::path(directory);
        let beside: &Path = &path.with_extension("json.new");
        directory::write_json(beside, self)?;
        Ok(std::fs::rename(beside, &path)?)
    }

    /// What the sample can name.
    pub fn coming(&self) -> Option<Coming> {
        self.coming.map(|(height, date)| Coming { height, date })
    }
}

/// A line that says how much is done, how fast, and how long the rest will take.
#[derive(Debug)]
pub struct Bar {
    total: u64,
    done: u64,
    counted: u64,
    start: Instant,
    written: Option<Instant>,
}

impl Bar {
    /// Of `total`, of which `done` is there already.
    pub fn new(total: u64, done: u64) -> Self {
        Self { total, done, counted: 0, start: Instant::now(), written: None }
    }

    /// So many more are to be done.
    pub fn expect(&mut self, count: u64) {
        self.total += count;
    }

    /// So many more are done.
    pub fn add(&mut self, count: u64) {
        self.done += count;
        self.counted += count;
        let is_terminal = std::io::stderr().is_terminal();
        let interval = if is_terminal { DRAW_INTERVAL } else { LOG_INTERVAL };
        if self.written.is_none_or(|written| written.elapsed() >= interval) {
            self.written = Some(Instant::now());
            let line = line(self.done, self.total, self.counted, self.start.elapsed());
            if is_terminal {
                eprint!("\r{line}\u{1b}[K");
                let _ = std::io::stderr().flush();
            } else {
                eprintln!("{line}");
            }
        }
    }

    /// The end: the last line stays.
    pub fn finish(&self) {
        let line = line(self.done, self.total, self.counted, self.start.elapsed());
        let back = if std::io::stderr().is_terminal() { "\r" } else { "" };
        eprintln!("{back}{line}");
    }
}

/// E.g. `[######      ] 50 %  512,000 of 1,024,000, 2,100/s, 4 min left`.
pub fn line(done: u64, total: u64, counted: u64, elapsed: Duration) -> String {
    let total = total.max(done).max(1);
    let filled = usize::try_from(done * BAR_CHARACTERS / total).unwrap_or(0);
    let empty = usize::try_from(BAR_CHARACTERS).unwrap_or(0).saturating_sub(filled);
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = counted.saturating_mul(1_000) / milliseconds;
    let left = match (total - done).checked_div(rate) {
        _ if done == total => "done".to_owned(),
        Some(seconds) if seconds < 90 => format!("{seconds} s left"),
        Some(seconds) => format!("{} min left", seconds / 60),
        None => "…".to_owned(),
    };
    format!(
        "[{}{}] {} %  {} of {} records, {}/s, {left}",
        "#".repeat(filled),
        " ".repeat(empty),
        done * 100 / total,
        thousands(done),
        thousands(total),
        thousands(rate)
    )
}

/// A number with commas.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
