//! Cutting a node's power: what it wrote and did not sync is gone.
//!
//! A small library, compiled here from `power/synced.c` and loaded before the node, mirrors what
//! was synced. The cut itself happens after the node was killed: its data directory is replaced by
//! the mirror. Of what was appended to a file after its last sync a random part stays, as on a
//! real disk, where blocks reach the platter in any number before the cut.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail};
use rand::Rng as _;

use crate::program;

const SOURCE: &str = include_str!("power/synced.c");

/// The library with the mirrors of all nodes.
#[derive(Debug)]
pub struct Shim {
    directory: PathBuf,
}

impl Shim {
    /// Compiles the library below `directory`, with the system's C compiler.
    pub fn build(directory: &Path) -> anyhow::Result<Self> {
        let directory = directory.join("power");
        fs::create_dir_all(&directory)?;
        let (source, library) = (directory.join("synced.c"), directory.join("synced.so"));
        fs::write(&source, SOURCE)?;
        let mut cc = Command::new("cc");
        cc.args(["-std=gnu11", "-O2", "-Wall", "-shared", "-fPIC", "-o"]);
        cc.arg(&library).arg(&source).args(["-ldl", "-pthread"]);
        program::output(&mut cc).context("compiling the power mirror")?;
        Ok(Self { directory })
    }

    fn mirror(&self, node: usize) -> PathBuf {
        self.directory.join(format!("mirror-{node}"))
    }

    /// Mirrors a stopped node's data directory, and returns the environment that keeps the mirror
    /// up to date once the node runs.
    pub fn environment(
        &self,
        data: &Path,
        node: usize,
    ) -> anyhow::Result<[(&'static str, PathBuf); 3]> {
        let mirror = self.mirror(node);
        remove(&mirror)?;
        fs::create_dir_all(mirror.join("content"))?;
        fs::create_dir_all(mirror.join("names"))?;
        keep_directory(&mirror, data, "%").context("mirroring the data directory")?;
        Ok([
            ("LD_PRELOAD", self.directory.join("synced.so")),
            ("MINGLIAN_POWER_ROOT", fs::canonicalize(data)?),
            ("MINGLIAN_POWER_MIRROR", mirror),
        ])
    }

    /// Puts the mirror of a killed node in the place of its data directory.
    pub fn cut(&self, data: &Path, node: usize) -> anyhow::Result<()> {
        let mut written = BTreeMap::new();
        find_files(data, &mut written)?;
        let after = data.with_extension("after-cut");
        remove(&after)?;
        restore_directory(&self.mirror(node), &after, "%", &written)?;
        remove(data)?;
        fs::rename(&after, data)?;
        Ok(())
    }
}

fn remove(directory: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The name of a file's content in the mirror, as the library writes it.
fn identity(metadata: &fs::Metadata) -> anyhow::Result<String> {
    let born = metadata.created().context("the file system does not say when files were made")?;
    let born = born.duration_since(UNIX_EPOCH)?;
    Ok(format!("{}.{}.{:09}", metadata.ino(), born.as_secs(), born.subsec_nanos()))
}

fn below(list: &str, name: &str) -> String {
    if list == "%" { format!("%{name}") } else { format!("{list}%{name}") }
}

fn keep_directory(mirror: &Path, directory: &Path, list: &str) -> anyhow::Result<()> {
    let mut names = String::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| anyhow::anyhow!("{name:?}"))?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            keep_directory(mirror, &entry.path(), &below(list, &name))?;
            names += &format!("d - {name}\n");
        } else {
            let identity = identity(&metadata)?;
            fs::copy(entry.path(), mirror.join("content").join(&identity))?;
            names += &format!("f {identity} {name}\n");
        }
    }
    fs::write(mirror.join("names").join(list), names)?;
    Ok(())
}

fn find_files(directory: &Path, found: &mut BTreeMap<String, PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            find_files(&entry.path(), found)?;
        } else {
            found.insert(identity(&metadata)?, entry.path());
        }
    }
    Ok(())
}

fn restore_directory(
    mirror: &Path,
    directory: &Path,
    list: &str,
    written: &BTreeMap<String, PathBuf>,
) -> anyhow::Result<()> {
    fs::create_dir_all(directory)?;
    let names = match fs::read_to_string(mirror.join("names").join(list)) {
        // A directory that was never synced itself is empty.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        names => names?,
    };
    for line in names.lines() {
        let mut words = line.splitn(3, ' ');
        let (kind, identity, name) = (words.next(), words.next(), words.next());
        match (kind, identity, name) {
            (Some("d"), _, Some(name)) => {
                let below = below(list, name);
                restore_directory(mirror, &directory.join(name), &below, written)?;
            }
            (Some("f"), Some(identity), Some(name)) => {
                let content = mirror.join("content").join(identity);
                restore_file(&content, &directory.join(name), written.get(identity))?;
            }
            _ => bail!("the mirror's list {list:?} holds {line:?}"),
        }
    }
    Ok(())
}

/// The synced content, and a random part of what was appended to it since.
fn restore_file(content: &Path, to: &Path, written: Option<&PathBuf>) -> anyhow::Result<()> {
    let synced = match fs::copy(content, to) {
        // Its name was synced, its content never.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::File::create(to)?;
            0
        }
        copied => copied?,
    };
    let Some(written) = written else { return Ok(()) };
    let mut from = fs::File::open(written)?;
    let appended = from.metadata()?.len().saturating_sub(synced);
    if appended == 0 {
        return Ok(());
    }
    let stays = rand::thread_rng().gen_range(0..=appended);
    from.seek(SeekFrom::Start(synced))?;
    let mut tail = Vec::new();
    from.take(stays).read_to_end(&mut tail)?;
    fs::OpenOptions::new().append(true).open(to)?.write_all(&tail)?;
    Ok(())
}
