//! The manifests of the files that were given, by the files' SHA-256: in memory, and one file each
//! in a directory, so that a restart does not lose them. The oldest go first.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// How the names of files end that a crash left unfinished.
const UNFINISHED: &str = ".unfinished";

/// Digits of the number with which a file's name begins.
const NUMBER_DIGITS: usize = 20;

/// Digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most manifests.
    pub count_max: usize,
    /// Most bytes of all together.
    pub bytes_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { count_max: 10_000, bytes_max: 64 << 20 }
    }
}

/// Whether a manifest outlives the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// It does, where there is a directory.
    Kept,
    /// It is in memory only.
    Brief,
}

/// The manifests.
#[derive(Debug, Default)]
pub struct Manifests {
    directory: Option<PathBuf>,
    known: Mutex<Known>,
}

/// What is in memory.
#[derive(Debug, Default)]
struct Known {
    bounds: Bounds,
    /// With the files' hashes, by the number in the order in which they came.
    manifests: BTreeMap<u64, (String, String)>,
    /// The numbers by the files' hashes.
    numbers: BTreeMap<String, u64>,
    bytes: usize,
    next: u64,
}

/// Where the manifests of the explorer with this index are.
pub fn directory(index: &Path) -> PathBuf {
    let mut name = index.as_os_str().to_owned();
    name.push(".manifests");
    name.into()
}

impl Manifests {
    /// Reads those that are kept in a directory, which is made if it is not there. A file that is
    /// damaged is removed, and the log names it; files of other names are left alone.
    ///
    /// # Errors
    /// The directory cannot be made or listed.
    pub fn open(directory: &Path, bounds: Bounds) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let mut found = Vec::new();
        for file in fs::read_dir(directory)? {
            let name = file?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.ends_with(UNFINISHED) {
                fs::remove_file(directory.join(name))?;
            } else if let Some((number, sha256)) = parse(name) {
                found.push((number, sha256.to_owned()));
            }
        }
        found.sort_unstable();
        let mut known = Known { bounds, ..Known::default() };
        for (number, sha256) in found {
            known.next = number.saturating_add(1);
            let gone = match read(directory, number, &sha256, bounds.bytes_max) {
                Ok(Some(manifest)) => known.enter(number, &sha256, manifest),
                Ok(None) => {
                    tracing::warn!(number, sha256, "a kept manifest is damaged and goes");
                    vec![(number, sha256)]
                }
                Err(error) => {
                    tracing::warn!(%error, number, sha256, "a kept manifest cannot be read");
                    Vec::new()
                }
            };
            remove(directory, &gone);
        }
        Ok(Self { directory: Some(directory.to_owned()), known: Mutex::new(known) })
    }

    /// Keeps what was said of the file with this hash. On disk when this returns, if it is to last
    /// and the disk takes it.
    pub fn keep(&self, sha256: &str, manifest: String, lasting: Lasting) {
        let number = {
            let mut known = self.known();
            let before = known.find(sha256);
            // What is said of a file again is the same, or as true as what was said of it before.
            if before.is_some_and(|it| it == manifest || lasting == Lasting::Brief) {
                return;
            }
            known.next = known.next.saturating_add(1);
            known.next - 1
        };
        // Not under the lock: whoever looks for a manifest does not wait for the disk.
        if let (Some(directory), Lasting::Kept) = (&self.directory, lasting)
            && let Err(error) = write(directory, number, sha256, &manifest)
        {
            tracing::error!(%error, sha256, "a manifest is not kept over a restart");
        }
        let gone = self.known().enter(number, sha256, manifest);
        if let Some(directory) = &self.directory {
            remove(directory, &gone);
        }
    }

    /// The manifest of the file with this hash.
    pub fn find(&self, sha256: &str) -> Option<String> {
        self.known().find(sha256).map(str::to_owned)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&self, sha256: &str) -> Option<&str> {
        let (_, manifest) = self.manifests.get(self.numbers.get(sha256)?)?;
        Some(manifest)
    }

    /// Takes in a manifest; the numbers and hashes of those that go for it.
    fn enter(&mut self, number: u64, sha256: &str, manifest: String) -> Vec<(u64, String)> {
        self.bytes = self.bytes.saturating_add(manifest.len());
        self.manifests.insert(number, (sha256.to_owned(), manifest));
        let other = self.numbers.insert(sha256.to_owned(), number);
        let mut gone = Vec::new();
        if let Some(other) = other {
            self.numbers.insert(sha256.to_owned(), number.max(other));
            gone.extend(self.forget(number.min(other)));
        }
        while self.manifests.len() > self.bounds.count_max || self.bytes > self.bounds.bytes_max {
            let Some(oldest) = self.manifests.keys().next().copied() else { break };
            gone.extend(self.forget(oldest));
        }
        gone
    }

    fn forget(&mut self, number: u64) -> Option<(u64, String)> {
        let (sha256, manifest) = self.manifests.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(manifest.len());
        if self.numbers.get(&sha256) == Some(&number) {
            self.numbers.remove(&sha256);
        }
        Some((number, sha256))
    }
}

fn name(number: u64, sha256: &str) -> String {
    format!("{number:0NUMBER_DIGITS$}-{sha256}")
}

/// The number and the hash in a file's name.
fn parse(name: &str) -> Option<(u64, &str)> {
    let (number, sha256) = name.split_once('-')?;
    let is_hash = sha256.len() == HASH_DIGITS && sha256.bytes().all(|it| it.is_ascii_hexdigit());
    (number.len() == NUMBER_DIGITS && is_hash).then_some((number.parse().ok()?, sha256))
}

/// What binds a manifest to the file of which it speaks: the first line of the file that keeps it.
fn checksum(sha256: &str, manifest: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{sha256}\n{manifest}")))
}

/// A kept manifest; none if it is not what was written.
fn read(
    directory: &Path,
    number: u64,
    sha256: &str,
    bytes_max: usize,
) -> io::Result<Option<String>> {
    let path = directory.join(name(number, sha256));
    let length = fs::metadata(&path)?.len();
    if length > bytes_max.saturating_add(HASH_DIGITS + 1) as u64 {
        return Ok(None);
    }
    let Ok(text) = String::from_utf8(fs::read(&path)?) else { return Ok(None) };
    let Some((sum, manifest)) = text.split_once('\n') else { return Ok(None) };
    Ok((sum == checksum(sha256, manifest)).then(|| manifest.to_owned()))
}

/// Writes a manifest, whole or not at all.
fn write(directory: &Path, number: u64, sha256: &str, manifest: &str) -> io::Result<()> {
    let unfinished = directory.join(format!("{number}{UNFINISHED}"));
    let mut file = File::create(&unfinished)?;
    file.write_all(format!("{}\n{manifest}", checksum(sha256, manifest)).as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, directory.join(name(number, sha256)))?;
    File::open(directory)?.sync_all()
}

/// Removes what is not kept any more. One that stays goes with the next start.
fn remove(directory: &Path, gone: &[(u64, String)]) {
    for (number, sha256) in gone {
        match fs::remove_file(directory.join(name(*number, sha256))) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, number, sha256, "an old manifest cannot be removed");
            }
            _ => {}
        }
    }
}
