//! A copy of the checkout, outside of it, whose contracts have switches.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::mutant::Mutant;
use crate::source::{self, Unfit};
use crate::text::Placed;

/// The variable that says which change is on.
pub const CHOSEN: &str = "MINGLIAN_MUTANT";
/// The variable that names a file to which every change is written that a run comes upon.
pub const REACHED: &str = "MINGLIAN_MUTANTS_REACHED";

/// The program of the tests: there is one.
const TEST: &str = "it";

/// Asked by every switch. Which change is on does not change while a program runs.
const SWITCH: &str = r#"
/// Which change is on: of the copy that cargo-mutants' changes are tried in.
#[expect(missing_docs, clippy::unwrap_used)]
pub mod mutation {
    use std::io::Write as _;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    static REACHED: [AtomicBool; 65536] = [const { AtomicBool::new(false) }; 65536];
    static CHOSEN: OnceLock<(usize, Option<std::fs::File>)> = OnceLock::new();

    fn chosen() -> (usize, Option<std::fs::File>) {
        let number = std::env::var("MINGLIAN_MUTANT").unwrap().parse().unwrap();
        let reached = std::env::var_os("MINGLIAN_MUTANTS_REACHED");
        let file = |path| std::fs::File::options().create(true).append(true).open(path).unwrap();
        (number, reached.map(file))
    }

    #[inline]
    pub fn is(number: usize) -> bool {
        let (chosen, file) = CHOSEN.get_or_init(chosen);
        if let Some(mut file) = file.as_ref() {
            if !REACHED[number].swap(true, Relaxed) {
                file.write_all(format!("{number}\n").as_bytes()).unwrap();
            }
        }
        *chosen == number
    }
}
"#;

/// The copy.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    target: PathBuf,
    package: String,
    /// The files that are changed, as they are in the checkout.
    originals: BTreeMap<String, String>,
    /// What the changes brought into each.
    placed: BTreeMap<String, Vec<Placed>>,
    /// The changes that have no switch, and why.
    pub unfit: BTreeMap<usize, Unfit>,
    /// What the compiler does not take.
    pub untaken: Untaken,
}

/// What the compiler does not take behind switches: kept, so that it need not be found again.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Untaken {
    /// Of the sources and changes for which it was found.
    pub digest: String,
    /// Functions that the compiler itself computes.
    constant: BTreeSet<String>,
    /// The changes that do not compile.
    pub mutants: BTreeSet<usize>,
}

/// One line of what cargo prints.
#[derive(Debug, Deserialize)]
struct Line {
    message: Option<Diagnostic>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    spans: Vec<DiagnosticSpan>,
}

#[derive(Debug, Deserialize)]
struct DiagnosticSpan {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Debug, Deserialize)]
struct Expansion {
    span: DiagnosticSpan,
}

impl DiagnosticSpan {
    /// Where in our sources it is, also if it is within a macro of others.
    fn place(&self, files: &BTreeMap<String, Vec<Placed>>) -> Option<(&str, Range<usize>)> {
        if files.contains_key(&self.file_name) {
            return Some((&self.file_name, self.byte_start..self.byte_end));
        }
        self.expansion.as_ref()?.span.place(files)
    }
}

impl Tree {
    /// Copies what git knows of `workspace`, and what it does not ignore, to `root`; the files that
    /// `mutants` change are read only.
    ///
    /// # Errors
    ///
    /// If git or a file does not answer.
    pub fn copy(
        workspace: &Path,
        root: PathBuf,
        target: PathBuf,
        package: &str,
        mutants: &BTreeMap<usize, Mutant>,
    ) -> anyhow::Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(workspace)
            .output()?;
        ensure!(listed.status.success(), "git: {}", String::from_utf8_lossy(&listed.stderr));
        let listed = String::from_utf8(listed.stdout)?;
        let library = format!("{}/src/lib.rs", directory(mutants)?);
        let changed: BTreeSet<&str> =
            mutants.values().map(|it| it.file.as_str()).chain([library.as_str()]).collect();
        let (mut originals, mut copied) = (BTreeMap::new(), String::new());
        for name in listed.split_terminator('\0') {
            // What was deleted and not committed yet is still listed.
            let Ok(bytes) = fs::read(workspace.join(name)) else { continue };
            if changed.contains(name) {
                originals.insert(name.to_owned(), String::from_utf8(bytes)?);
            } else {
                write_if_new(&root.join(name), &bytes)?;
            }
            copied += &format!("{name}\n");
        }
        // Tests may read a whole directory: nothing stays that is gone.
        let list = root.join("copied");
        for name in fs::read_to_string(&list).unwrap_or_default().lines() {
            if !workspace.join(name).exists() {
                fs::remove_file(root.join(name)).with_context(|| name.to_owned())?;
            }
        }
        fs::write(list, copied)?;
        let package = package.to_owned();
        let (placed, unfit, untaken) = (BTreeMap::new(), BTreeMap::new(), Untaken::default());
        Ok(Self { root, target, package, originals, placed, unfit, untaken })
    }

    /// Puts `mutants` behind switches, and leaves out those that the compiler does not take, until
    /// it takes the rest. `say` is told how far it is.
    ///
    /// # Errors
    ///
    /// If the compiler complains of something that no change brought.
    pub fn switch(
        &mut self,
        mutants: &BTreeMap<usize, Mutant>,
        say: impl Fn(&str),
    ) -> anyhow::Result<()> {
        let known = self.root.join("untaken.json");
        let digest = self.digest(mutants);
        let before = fs::read(&known).ok().and_then(|it| serde_json::from_slice(&it).ok());
        self.untaken = before.filter(|it: &Untaken| it.digest == digest).unwrap_or_default();
        self.untaken.digest = digest;
        loop {
            self.write(mutants)?;
            let errors = self.cargo(&["check", "--test", TEST])?.1;
            if errors.is_empty() {
                fs::write(known, serde_json::to_vec(&self.untaken)?)?;
                return Ok(());
            }
            let count = |untaken: &Untaken| (untaken.mutants.len(), untaken.constant.len());
            let before = count(&self.untaken);
            errors.iter().for_each(|error| self.leave_out(error));
            let (untaken, constant) = count(&self.untaken);
            say(&format!("{untaken} changes do not compile, {constant} functions stay constant"));
            ensure!(before != (untaken, constant), "it does not compile: {:?}", errors[0]);
        }
    }

    fn digest(&self, mutants: &BTreeMap<usize, Mutant>) -> String {
        let mut digest = Sha256::new();
        for text in self.originals.values().chain(mutants.values().map(|mutant| &mutant.name)) {
            digest.update(text.len().to_le_bytes());
            digest.update(text);
        }
        format!("{:x}", digest.finalize())
    }

    fn write(&mut self, mutants: &BTreeMap<usize, Mutant>) -> anyhow::Result<()> {
        let library = format!("{}/src/lib.rs", directory(mutants)?);
        self.unfit.clear();
        for (name, text) in &self.originals {
            let of_file: BTreeMap<usize, &Mutant> = mutants
                .iter()
                .filter(|(number, it)| it.file == *name && !self.untaken.mutants.contains(number))
                .map(|(number, mutant)| (*number, mutant))
                .collect();
            let source = source::plan(text, &of_file, &self.untaken.constant)
                .with_context(|| name.clone())?;
            let mut switched = source.plan.write(text);
            if *name == library {
                switched.text.push_str(SWITCH);
            }
            write_if_new(&self.root.join(name), switched.text.as_bytes())?;
            self.placed.insert(name.clone(), switched.placed);
            self.unfit.extend(source.unfit);
        }
        Ok(())
    }

    /// Leaves out the changes of the smallest part that an error is in, or finds the function that
    /// has to stay constant.
    fn leave_out(&mut self, error: &Diagnostic) {
        if error.message.starts_with("cannot call non-const") {
            let name = error.message.split('`').nth(1).unwrap_or_default();
            self.untaken.constant.extend(name.rsplit("::").next().map(str::to_owned));
            return;
        }
        let (mut primary, mut others) = (Vec::new(), Vec::new());
        for span in &error.spans {
            let spans = if span.is_primary { &mut primary } else { &mut others };
            spans.extend(span.place(&self.placed));
        }
        for (file, range) in primary.into_iter().chain(others) {
            let around = self.placed[file].iter().filter(|placed| {
                placed.range.start <= range.start && range.end <= placed.range.end
            });
            if let Some(smallest) = around.min_by_key(|placed| placed.range.len()) {
                self.untaken.mutants.extend(&smallest.mutants);
                return;
            }
        }
    }

    /// The directory in which the tests of the package run.
    ///
    /// # Errors
    ///
    /// If there are no changes, or not of one package.
    pub fn package_directory(&self, mutants: &BTreeMap<usize, Mutant>) -> anyhow::Result<PathBuf> {
        Ok(self.root.join(directory(mutants)?))
    }

    /// Compiles the tests, once for all changes.
    ///
    /// # Errors
    ///
    /// If they do not compile.
    pub fn build(&self, level: u8) -> anyhow::Result<PathBuf> {
        let config = format!("profile.dev.package.{}.opt-level={level}", self.package);
        let (executables, errors) =
            self.cargo(&["--config", &config, "test", "--no-run", "--test", TEST])?;
        ensure!(errors.is_empty(), "the tests do not compile: {errors:?}");
        let [executable] = <[PathBuf; 1]>::try_from(executables)
            .map_err(|found| anyhow::anyhow!("not one program of tests: {found:?}"))?;
        Ok(executable)
    }

    fn cargo(&self, arguments: &[&str]) -> anyhow::Result<(Vec<PathBuf>, Vec<Diagnostic>)> {
        let output = Command::new("cargo")
            .args(arguments)
            .args(["--package", &self.package, "--message-format", "json"])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .stderr(Stdio::piped())
            .output()?;
        let (mut executables, mut errors) = (Vec::new(), Vec::new());
        for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Line = serde_json::from_slice(line)?;
            executables.extend(line.executable);
            errors.extend(line.message.filter(|it| it.level == "error"));
        }
        if !output.status.success() && errors.is_empty() {
            bail!("cargo: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok((executables, errors))
    }
}

/// The directory of the package that is changed.
fn directory(mutants: &BTreeMap<usize, Mutant>) -> anyhow::Result<&str> {
    let mutant = mutants.values().next().context("no change is given")?;
    Ok(mutant.file.split_once("/src/").context("sources lie in src")?.0)
}

/// Writes a file unless it says this already: what is older need not be compiled again.
fn write_if_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a directory")?)?;
    fs::write(path, bytes).with_context(|| path.display().to_string())
}
