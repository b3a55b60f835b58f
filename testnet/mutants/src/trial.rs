//! Runs tests while a change is on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use crate::jobs;
use crate::tree::{CHOSEN, REACHED};

/// A test may take this many times as long as without a change, and this long besides: seconds of
/// processor, since other programs run on the machine.
const TIMES_MAX: u64 = 10;
const PATIENCE_SECONDS: u64 = 5;

/// The signal for a program that has used up its time.
const SIGXCPU: i32 = 24;

/// Nothing takes longer than this without a change.
const FIRST_RUN_MAX: Duration = Duration::from_secs(60);

/// What takes longer is run last.
const QUICK: Duration = Duration::from_secs(2);

/// A change may ask for memory without end: KiB of addresses.
const MEMORY_KIB_MAX: u64 = 4 << 20;

/// The test that plays the scenarios, and the variable that makes it play one.
const SCENARIOS: &str = "scenario::every_scenario_goes_as_written";
const SCENARIO: &str = "MINGLIAN_SCENARIO";

/// These compare bytes with files that were written from the same code.
const RECORDED: [&str; 2] = ["vectors::", "rules::what_the_rules_make"];

/// What kind of test it is, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It says what shall come out, and takes less than [`QUICK`].
    Quick,
    /// The same, and takes longer: random books and acts.
    Slow,
    /// It compares with what came out before: every changed byte fails it.
    Recorded,
}

/// One test.
#[derive(Debug)]
pub struct Test {
    /// Its name; with the file if it is one scenario.
    pub name: String,
    /// What kind it is.
    pub kind: Kind,
    /// How long it takes without a change.
    pub takes: Duration,
    /// The changes that it comes upon.
    pub reaches: BTreeSet<usize>,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It took too long.
    TimedOut,
}

/// The program of the tests.
#[derive(Debug)]
pub struct Program {
    executable: PathBuf,
    directory: PathBuf,
    /// The SHA-256 of the sources of the tests, and of what they read.
    pub digest: String,
}

impl Program {
    /// The tests of `executable`, which lie below `directory` and run there.
    ///
    /// # Errors
    ///
    /// If a file of theirs cannot be read.
    pub fn new(executable: PathBuf, directory: PathBuf) -> anyhow::Result<Self> {
        let mut digest = Sha256::new();
        add_files(&directory.join("tests"), &mut digest)?;
        let digest = format!("{:x}", digest.finalize());
        Ok(Self { executable, directory, digest })
    }

    /// The tests whose names contain `part`, each run once without a change.
    ///
    /// # Errors
    ///
    /// If one fails, or the program cannot be run.
    pub fn tests(&self, part: &str, jobs: usize) -> anyhow::Result<Vec<Test>> {
        let listed =
            self.command(0, FIRST_RUN_MAX).arg("--list").stdout(Stdio::piped()).output()?;
        let listed = String::from_utf8(listed.stdout)?;
        let mut names = Vec::new();
        for name in listed.lines().filter_map(|line| line.strip_suffix(": test")) {
            if name != SCENARIOS {
                names.push(name.to_owned());
                continue;
            }
            for file in fs::read_dir(self.directory.join("tests/scenarios"))? {
                let file = file?.file_name().into_string().ok().context("a name in UTF-8")?;
                names.push(format!("{name} {file}"));
            }
        }
        names.retain(|name| name.contains(part));
        ensure!(!names.is_empty(), "there are no such tests");
        let names = names.into_iter().enumerate().collect();
        let mut tests = jobs::each(names, jobs, |(number, name)| self.first_run(number, name))?;
        tests.sort_by_key(|test| (test.kind, test.takes));
        Ok(tests)
    }

    fn first_run(&self, number: usize, name: String) -> anyhow::Result<Test> {
        let file = self.executable.with_extension(format!("{number}.reached"));
        if file.exists() {
            fs::remove_file(&file)?;
        }
        let start = Instant::now();
        let mut command = self.test(&name, 0, FIRST_RUN_MAX);
        let passed = command.env(REACHED, &file).status()?.success();
        ensure!(passed, "{name} fails without a change");
        let takes = start.elapsed();
        let reached = fs::read_to_string(&file).unwrap_or_default();
        let reaches = reached.lines().map(str::parse).collect::<Result<_, _>>()?;
        let kind = if RECORDED.iter().any(|prefix| name.starts_with(prefix)) {
            Kind::Recorded
        } else if takes < QUICK {
            Kind::Quick
        } else {
            Kind::Slow
        };
        Ok(Test { name, kind, takes, reaches })
    }

    /// Runs a test while `mutant` is on.
    ///
    /// # Errors
    ///
    /// If the program cannot be run.
    pub fn run(&self, test: &Test, mutant: usize) -> anyhow::Result<End> {
        let status = self.test(&test.name, mutant, test.takes).status()?;
        Ok(match status.signal() {
            Some(SIGXCPU) => End::TimedOut,
            _ if status.success() => End::Passed,
            _ => End::Failed,
        })
    }

    fn test(&self, name: &str, mutant: usize, takes: Duration) -> Command {
        let mut command = self.command(mutant, takes);
        let name = match name.split_once(' ') {
            Some((name, file)) => {
                command.env(SCENARIO, file);
                name
            }
            None => name,
        };
        command.args(["--exact", name]);
        command
    }

    /// The program with its limits. Random tests try the same each time and leave nothing behind.
    fn command(&self, mutant: usize, takes: Duration) -> Command {
        let seconds = PATIENCE_SECONDS + TIMES_MAX * takes.as_secs();
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                &format!("ulimit -v {MEMORY_KIB_MAX}; ulimit -S -t {seconds}; exec \"$0\" \"$@\""),
            ])
            .arg(&self.executable)
            .current_dir(&self.directory)
            .env(CHOSEN, mutant.to_string())
            .env("RUST_BACKTRACE", "0")
            .env("PROPTEST_RNG_SEED", "1")
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

/// Adds what lies below `directory`.
fn add_files(directory: &Path, digest: &mut Sha256) -> anyhow::Result<()> {
    let mut paths =
        fs::read_dir(directory)?.map(|it| Ok(it?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_files(&path, digest)?;
        } else {
            digest.update(path.to_string_lossy().as_bytes());
            digest.update(Sha256::digest(fs::read(&path)?));
        }
    }
    Ok(())
}

/// Which tests noticed changes of a file, so that they are asked first.
#[derive(Debug, Default)]
pub struct Noticed(BTreeMap<(String, usize), u32>);

impl Noticed {
    /// Test number `test` noticed a change of `file`.
    pub fn note(&mut self, file: &str, test: usize) {
        *self.0.entry((file.to_owned(), test)).or_default() += 1;
    }

    /// The tests of a kind that come upon `mutant` of `file`, most promising first: the one named
    /// `likely`, then by what they noticed.
    pub fn order(
        &self,
        tests: &[Test],
        kind: Kind,
        mutant: usize,
        file: &str,
        likely: Option<&str>,
    ) -> Vec<usize> {
        let mut order: Vec<usize> = (0..tests.len())
            .filter(|test| tests[*test].kind == kind && tests[*test].reaches.contains(&mutant))
            .collect();
        let noticed = |test: &usize| self.0.get(&(file.to_owned(), *test)).copied().unwrap_or(0);
        let is_likely = |test: &usize| likely == Some(tests[*test].name.as_str());
        order.sort_by_key(|test| std::cmp::Reverse((is_likely(test), noticed(test))));
        order
    }
}

/// Where cargo puts what it builds, and the root of the workspace.
///
/// # Errors
///
/// If this is no workspace.
pub fn directories() -> anyhow::Result<(PathBuf, PathBuf)> {
    let output =
        Command::new("cargo").args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let path = |name: &str| {
        let path = metadata[name].as_str().with_context(|| name.to_owned())?;
        anyhow::Ok(Path::new(path).to_owned())
    };
    Ok((path("workspace_root")?, path("target_directory")?))
}
