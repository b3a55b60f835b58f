//! The erasable store of openings: the salt and text behind a commitment, one file each, so that
//! erasing one is overwriting and removing its file. No log, no cache and no other file holds it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::ops::Bound;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::deposit::{
    self, Class, Content, DEPOSIT_BYTES_MAX, Deposit, OPENING_TEXT_BYTES_MAX, SALT_BYTES,
};
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number::{self, PersonalNumber};

use super::directory;
use super::published::{Published, Standing};
use super::shares::{Share, Shares};
use super::wipe::wipe;

/// Largest encoded opening in bytes.
pub const OPENING_BYTES_MAX: usize =
    DEPOSIT_BYTES_MAX + SALT_BYTES + OPENING_TEXT_BYTES_MAX + size_of::<u32>();

/// Most files of which one look at the public ones reads the class.
const CLASSIFIED_MAX: usize = 256;

/// An opening with the deposit under which it came.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Opening {
    /// Says whose it is and who may see it.
    pub deposit: Deposit,
    /// The salt.
    pub salt: [u8; SALT_BYTES],
    /// The text, or a person's name.
    pub text: String,
}

impl fmt::Debug for Opening {
    /// Salt and text are left out: what is printed cannot be erased.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opening").field("deposit", &self.deposit).finish_non_exhaustive()
    }
}

/// Why an opening is not taken. None repeats the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningFault {
    /// The deposit is of something else.
    #[error("the deposit is not of an opening")]
    NotAnOpening,
    /// Salt and text do not open the commitment.
    #[error("salt and text do not open the commitment of the deposit")]
    Mismatch,
    /// Nothing is said, or too much.
    #[error("a text of {0} bytes; at least 1, at most {OPENING_TEXT_BYTES_MAX} are allowed")]
    Length(usize),
    /// The text holds a character that cannot be shown as written.
    #[error("the text holds the character U+{0:04X}, which cannot be shown as written")]
    Character(u32),
    /// The text holds what looks like a number of a natural person.
    #[error("the text holds {0}; leave it out")]
    PersonalNumber(PersonalNumber),
}

impl Opening {
    /// Whether it opens what it says it opens, and may be kept by its content.
    ///
    /// # Errors
    /// The first [`OpeningFault`].
    pub fn check(&self) -> Result<Commitment, OpeningFault> {
        let Content::Opening { commitment } = self.deposit.body.content else {
            return Err(OpeningFault::NotAnOpening);
        };
        let text = &self.text;
        if text.is_empty() || text.len() > OPENING_TEXT_BYTES_MAX {
            return Err(OpeningFault::Length(text.len()));
        }
        let is_shown = |character: &char| !character.is_control() || *character == '\n';
        if let Some(character) = text.chars().find(|character| !is_shown(character)) {
            return Err(OpeningFault::Character(u32::from(character)));
        }
        if let Some(number) = personal_number::find(text) {
            return Err(OpeningFault::PersonalNumber(number));
        }
        if deposit::commit(&self.salt, text) != commitment {
            return Err(OpeningFault::Mismatch);
        }
        Ok(commitment)
    }
}

impl Opening {
    /// The opening of a commitment in a node's directory, checked against it. The node may be
    /// running: nothing is written.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn read(root: &Path, commitment: &Commitment) -> io::Result<Option<Self>> {
        let bytes = match fs::read(path(root, commitment)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let opening: Self = borsh::from_slice(&bytes)?;
        if opening.check().as_ref() == Ok(commitment) {
            Ok(Some(opening))
        } else {
            Err(io::Error::new(ErrorKind::InvalidData, "the copy does not open the commitment"))
        }
    }
}

/// Where the opening of a commitment is.
fn path(root: &Path, commitment: &Commitment) -> PathBuf {
    let name = commitment.to_string();
    root.join(&name[..2]).join(name)
}

/// What became of an opening that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is here now.
    New,
    /// It was here.
    Known,
    /// Its organisation has as much here as it may.
    NoRoom,
}

/// An opening that is here.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Whose it is; none until the state was asked.
    organization: Option<OrganizationCode>,
    bytes: u64,
}

/// Which openings are here.
///
/// **Invariant:** `shares` are the sums over `entries`, and `published` holds none but these.
#[derive(Debug, Default)]
struct Inner {
    entries: BTreeMap<Commitment, Held>,
    shares: Shares,
    published: Published,
}

impl Inner {
    fn insert(&mut self, commitment: Commitment, held: Held) {
        if let Some(Held { organization: Some(before), bytes }) = self.entries.get(&commitment) {
            self.shares.remove(before, *bytes);
        }
        if let Some(organization) = held.organization {
            self.shares.add(organization, held.bytes);
        }
        self.entries.insert(commitment, held);
    }

    fn remove(&mut self, commitment: &Commitment) -> bool {
        self.published.remove(commitment);
        let Some(held) = self.entries.remove(commitment) else { return false };
        if let Some(organization) = held.organization {
            self.shares.remove(&organization, held.bytes);
        }
        true
    }
}

/// The store.
#[derive(Debug)]
pub struct Openings {
    root: PathBuf,
    /// What may be one organisation's.
    organization_max: Share,
    held: Mutex<Inner>,
    /// Tells the numbers of public openings from those of another start.
    run: u64,
}

impl Openings {
    /// Opens, or makes, the store in `root`, and removes what an interrupted write left.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn open(root: &Path, organization_max: Share) -> io::Result<Self> {
        directory::make_private(root)?;
        let mut held = Inner::default();
        for folder in fs::read_dir(root)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                match file.file_name().to_string_lossy().parse() {
                    Ok(commitment) => {
                        let bytes = file.metadata()?.len();
                        held.insert(commitment, Held { organization: None, bytes });
                        held.published.find(commitment);
                    }
                    Err(_) => {
                        wipe(&file.path())?;
                    }
                }
            }
        }
        let (held, run) = (Mutex::new(held), rand::random());
        Ok(Self { root: root.to_owned(), organization_max, held, run })
    }

    /// Counts an opening that was found at the start as an organisation's.
    pub fn attribute(&self, commitment: &Commitment, organization: OrganizationCode) {
        let mut held = self.lock();
        if let Some(found) = held.entries.get(commitment).copied() {
            held.insert(*commitment, Held { organization: Some(organization), ..found });
        }
    }

    /// Whether an opening of so many bytes keeps its organisation within what it may have.
    pub fn fits(&self, organization: &OrganizationCode, bytes: u64) -> bool {
        self.lock().shares.fits(organization, bytes, self.organization_max)
    }

    /// Keeps an opening that was checked; on disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self, commitment: &Commitment, opening: &Opening) -> io::Result<Kept> {
        let organization = opening.deposit.body.organization;
        let encoded = borsh::to_vec(opening)?;
        let bytes = encoded.len() as u64;
        let mut held = self.lock();
        if held.entries.contains_key(commitment) {
            return Ok(Kept::Known);
        }
        if !held.shares.fits(&organization, bytes, self.organization_max) {
            return Ok(Kept::NoRoom);
        }
        let path = self.path(commitment);
        let directory = path.parent().unwrap_or(&self.root);
        directory::make_private(directory)?;
        let unfinished = path.with_extension("new");
        let written = write(&unfinished, &encoded);
        if let Err(error) = written.and_then(|()| fs::rename(&unfinished, &path)) {
            wipe(&unfinished)?;
            return Err(error);
        }
        File::open(directory)?.sync_all()?;
        held.insert(*commitment, Held { organization: Some(organization), bytes });
        if opening.deposit.body.class == Class::Public {
            held.published.await_act(*commitment);
        }
        Ok(Kept::New)
    }

    /// The opening of a commitment, checked against it. A damaged file is erased, so that a good
    /// copy can come.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, commitment: &Commitment) -> io::Result<Option<Opening>> {
        let held = self.lock();
        if !held.entries.contains_key(commitment) {
            return Ok(None);
        }
        let bytes = match fs::read(self.path(commitment)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        drop(held);
        let opening: Option<Opening> = borsh::from_slice(&bytes).ok();
        let is_good = |opening: &Opening| {
            opening.check().as_ref() == Ok(commitment) && opening.deposit.verify().is_ok()
        };
        match opening.filter(is_good) {
            Some(opening) => Ok(Some(opening)),
            None => {
                tracing::error!(%commitment, "the copy of an opening is damaged");
                self.erase(commitment)?;
                Ok(None)
            }
        }
    }

    /// Erases an opening, overwriting its bytes; `false` if it was not here.
    ///
    /// # Errors
    /// The file cannot be written or removed.
    pub fn erase(&self, commitment: &Commitment) -> io::Result<bool> {
        let mut held = self.lock();
        wipe(&self.path(commitment))?;
        Ok(held.remove(commitment))
    }

    /// Whether an opening is here.
    pub fn contains(&self, commitment: &Commitment) -> bool {
        self.lock().entries.contains_key(commitment)
    }

    /// The next `limit` commitments whose openings are here, behind `after`.
    pub fn page(&self, after: Option<&Commitment>, limit: usize) -> Vec<Commitment> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let held = self.lock();
        let entries = held.entries.range((from, Bound::Unbounded));
        entries.take(limit).map(|(commitment, _)| *commitment).collect()
    }

    /// Up to `limit` openings that everybody may see, behind the number `after` of this run, and
    /// whether all that were found at the start are among the numbered ones. A file that cannot be
    /// read is tried again after a while. `is_in_force` says whether an act that took effect names
    /// one: others are not numbered.
    pub fn published(
        &self,
        after: u64,
        limit: usize,
        is_in_force: &dyn Fn(&Commitment) -> io::Result<bool>,
    ) -> (Vec<(u64, Commitment)>, bool) {
        self.classify(is_in_force);
        let waiting = self.lock().published.waiting(CLASSIFIED_MAX);
        for commitment in waiting {
            // What cannot be read is looked at again with the next question.
            if is_in_force(&commitment).unwrap_or(false) {
                self.lock().published.come_into_force(commitment);
            }
        }
        let held = self.lock();
        (held.published.page(after, limit), held.published.is_complete())
    }

    /// Reads who may see some of those that were found at the start.
    fn classify(&self, is_in_force: &dyn Fn(&Commitment) -> io::Result<bool>) {
        let now = Instant::now();
        let unread = self.lock().published.unread(CLASSIFIED_MAX, now);
        let mut fault = None;
        for commitment in unread {
            let standing = self.class(&commitment).and_then(|class| match class {
                Some(Class::Public) if is_in_force(&commitment)? => Ok(Standing::Shown),
                Some(Class::Public) => Ok(Standing::Waiting),
                _ => Ok(Standing::Hidden),
            });
            let mut held = self.lock();
            match standing {
                Ok(standing) => held.published.classify(commitment, standing),
                Err(error) => {
                    held.published.fail(commitment, now);
                    fault = Some((commitment, error));
                }
            }
        }
        if let Some((commitment, error)) = fault {
            tracing::error!(%commitment, %error, "cannot read who may see an opening");
        }
    }

    /// Who may see an opening, by its file; none if that is gone or damaged, which is seen when it
    /// is asked for.
    fn class(&self, commitment: &Commitment) -> io::Result<Option<Class>> {
        let file = match File::open(self.path(commitment)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        file.take(DEPOSIT_BYTES_MAX as u64).read_to_end(&mut bytes)?;
        Ok(Deposit::deserialize(&mut bytes.as_slice()).ok().map(|deposit| deposit.body.class))
    }

    /// By which the numbers of one run are told from those of another.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// How many are here.
    pub fn count(&self) -> usize {
        self.lock().entries.len()
    }

    fn path(&self, commitment: &Commitment) -> PathBuf {
        path(&self.root, commitment)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a file that only this user reads, and waits for the disk.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
