//! What became of each change: one line of JSON each, kept from run to run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A test failed that says what shall come out.
    Caught,
    /// A test did not end.
    TimedOut,
    /// Only a comparison with bytes that came out before failed.
    CaughtByRecord,
    /// Every test passed.
    Missed,
    /// No test comes upon it.
    Unreached,
    /// The quick tests passed; the others were not run yet.
    Open,
    /// It does not compile.
    Unviable,
    /// It stands in a constant, or in a form in which no switch can be written.
    Unswitchable,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Caught => "caught by a test that says what shall come out",
            Self::TimedOut => "caught, because a test did not end",
            Self::CaughtByRecord => "caught by recorded bytes only",
            Self::Missed => "missed by every test",
            Self::Unreached => "missed: no test comes upon it",
            Self::Open => "open: passed the quick tests, the others were not run",
            Self::Unviable => "does not compile",
            Self::Unswitchable => "not tried: constant, or in a form that takes no switch",
        })
    }
}

impl Outcome {
    /// Whether other tests may come to something else.
    pub fn depends_on_tests(self) -> bool {
        matches!(self, Self::CaughtByRecord | Self::Missed | Self::Unreached | Self::Open)
    }
}

/// One line of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// The change.
    pub mutant: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The test that decided it.
    pub by: Option<String>,
    /// The digest of the sources.
    pub sources: String,
    /// The digest of the tests.
    pub tests: String,
}

/// The file, to which lines are added; the last of a change counts.
#[derive(Debug)]
pub struct Outcomes {
    file: File,
    lines: BTreeMap<String, Line>,
    /// Which test caught a change of this name, with whatever sources.
    caught_by: BTreeMap<String, String>,
}

impl Outcomes {
    /// Reads what earlier runs came to with the same sources: what was caught stays caught, and
    /// what other tests may catch counts only for the same `tests`, if they are given.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or written.
    pub fn open(path: &Path, sources: &str, tests: Option<&str>) -> anyhow::Result<Self> {
        let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
        let (mut lines, mut caught_by) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines() {
            let line: Line = serde_json::from_str(line)?;
            if let Some(test) = &line.by {
                caught_by.insert(line.mutant.clone(), test.clone());
            }
            if line.sources == sources
                && (tests.is_none_or(|it| it == line.tests) || !line.outcome.depends_on_tests())
            {
                lines.insert(line.mutant.clone(), line);
            }
        }
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { file, lines, caught_by })
    }

    /// The test that caught a change of this name before, perhaps with other sources: it is
    /// likely to again.
    pub fn likely(&self, mutant: &str) -> Option<&str> {
        self.caught_by.get(mutant).map(String::as_str)
    }

    /// What is known of a change.
    pub fn of(&self, mutant: &str) -> Option<Outcome> {
        self.lines.get(mutant).map(|line| line.outcome)
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn add(&mut self, line: Line) -> anyhow::Result<()> {
        // In one piece, since another run may write to the same file.
        self.file.write_all(format!("{}\n", serde_json::to_string(&line)?).as_bytes())?;
        self.lines.insert(line.mutant.clone(), line);
        Ok(())
    }

    /// How many of `mutants` came to what, and those that no test caught.
    pub fn summary<'a>(&self, mutants: impl Iterator<Item = &'a str>) -> Summary {
        let (mut counts, mut missed) = (BTreeMap::new(), Vec::new());
        for mutant in mutants {
            let Some(line) = self.lines.get(mutant) else { continue };
            *counts.entry(line.outcome).or_default() += 1;
            if line.outcome.depends_on_tests() {
                missed.push((line.outcome, mutant.to_owned()));
            }
        }
        missed.sort();
        Summary { counts, missed }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Summary {
    counts: BTreeMap<Outcome, u32>,
    missed: Vec<(Outcome, String)>,
}

impl Summary {
    fn count(&self, outcomes: &[Outcome]) -> u32 {
        outcomes.iter().filter_map(|outcome| self.counts.get(outcome)).sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Outcome::*;
        for (outcome, mutant) in &self.missed {
            writeln!(formatter, "{outcome}: {mutant}")?;
        }
        for (outcome, count) in &self.counts {
            writeln!(formatter, "{count:>6} {outcome}")?;
        }
        let caught = self.count(&[Caught, TimedOut]);
        let by_record = self.count(&[CaughtByRecord]);
        let tried = caught + by_record + self.count(&[Missed, Unreached, Open]);
        let tenths = |part: u32| (part * 1000).checked_div(tried).unwrap_or_default();
        for (part, what) in
            [(caught, "caught"), (caught + by_record, "caught, recorded bytes counted")]
        {
            let tenths = tenths(part);
            writeln!(formatter, "{part} of {tried} {what}: {}.{} %", tenths / 10, tenths % 10)?;
        }
        Ok(())
    }
}
