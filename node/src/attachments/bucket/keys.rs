//! What this node keeps of attachments whose bytes are in a bucket, in the attachments' directory:
//!
//! - `keys/ab/abcd…`: name of the object and key of its pieces, a file an attachment. Whoever wipes
//!   it has erased the attachment, whatever the bucket still holds.
//! - `damaged-keys/abcd…`: the same of a copy that was set aside, until a good one has come.
//! - `unwanted/NAME`: an object that nothing may need, and its upload: one that is coming, that
//!   never came whole, or whose key is wiped. It is deleted until the store agrees.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use minglian_client::key_file::private_file::{self, PrivateFileError};
use minglian_ledger::hash::AttachmentHash;
use rand::RngCore as _;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use super::sealed::{KEY_BYTES, Seal};
use crate::attachments::blobs::BlobError;
use crate::attachments::directory;
use crate::attachments::wipe::wipe;

/// Bytes of an object's name; in the bucket it is hexadecimal.
const NAME_BYTES: usize = 16;

const PLACE_BYTES: usize = NAME_BYTES + KEY_BYTES;

/// Longest name of an upload that a store gives, in bytes.
const UPLOAD_BYTES_MAX: u64 = 4_096;

/// The name of an object: drawn, so that it says nothing about what is in it, and no two uploads
/// have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName([u8; NAME_BYTES]);

impl ObjectName {
    /// A name that no object has.
    pub fn draw() -> Self {
        let mut name = [0; NAME_BYTES];
        OsRng.fill_bytes(&mut name);
        Self(name)
    }

    fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// Where an attachment is in the bucket, and what opens it there.
pub struct Place {
    /// The object.
    pub object: ObjectName,
    /// Opens its pieces.
    pub seal: Seal,
}

/// The files.
pub struct Keys {
    root: PathBuf,
    /// Objects that are to be deleted now: those of `unwanted` that are not coming.
    unwanted: Mutex<BTreeSet<ObjectName>>,
}

impl Keys {
    /// Whether any key is kept in the attachments' directory `root`.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn are_in(root: &Path) -> io::Result<bool> {
        for folder in list(&root.join("keys"))? {
            if !list(&folder)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Opens, or makes, the directories in `root`. What uploads left that a crash broke off is
    /// unwanted.
    ///
    /// # Errors
    /// [`BlobError`] if a directory cannot be used.
    pub fn open(root: &Path) -> Result<Self, BlobError> {
        let keys = Self { root: root.to_owned(), unwanted: Mutex::default() };
        let failed = |source| BlobError::File { path: root.to_owned(), source };
        for part in ["keys", "damaged-keys", "unwanted"] {
            directory::make_private(&root.join(part)).map_err(failed)?;
        }
        keys.find_unwanted().map_err(failed)?;
        Ok(keys)
    }

    /// An upload whose key was kept, and that is still listed, came whole just before a crash.
    fn find_unwanted(&self) -> io::Result<()> {
        let noted = list(&self.root.join("unwanted"))?;
        let mut wanted = BTreeSet::new();
        let mut files = list(&self.root.join("damaged-keys"))?;
        for folder in list(&self.root.join("keys"))? {
            files.extend(list(&folder)?);
        }
        for file in files {
            match file_name(&file).parse::<AttachmentHash>() {
                Ok(_) if noted.is_empty() => {}
                Ok(_) => wanted.extend(read(&file)?.and_then(|bytes| split(&bytes)).map(|it| it.0)),
                // A key that was being written.
                Err(_) => _ = wipe(&file)?,
            }
        }
        for file in noted {
            match ObjectName::parse(&file_name(&file)) {
                Some(object) if !wanted.contains(&object) => _ = self.lock().insert(object),
                _ => fs::remove_file(&file)?,
            }
        }
        Ok(())
    }

    /// Where an attachment is; none if the bucket does not hold it.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] if the file is no key's.
    pub fn get(&self, hash: &AttachmentHash) -> Result<Option<Place>, BlobError> {
        let path = self.path(hash);
        let found = read(&path).map_err(|source| BlobError::File { path, source })?;
        let Some(bytes) = found else { return Ok(None) };
        let (object, key) = split(&bytes).ok_or(BlobError::Damaged(*hash))?;
        Ok(Some(Place { object, seal: Seal::with_key(*hash, key) }))
    }

    /// Keeps where an attachment is, on disk when this returns. The copy that it had goes, and so
    /// does one that was set aside.
    ///
    /// # Errors
    /// [`BlobError`] if a file cannot be written.
    pub fn keep(&self, hash: &AttachmentHash, place: &Place) -> Result<(), BlobError> {
        self.forget(hash)?;
        let path = self.path(hash);
        if let Some(folder) = path.parent() {
            let failed = |source| BlobError::File { path: folder.to_owned(), source };
            directory::make_private(folder).map_err(failed)?;
        }
        let bytes =
            Zeroizing::new([place.object.0.as_slice(), place.seal.key().as_slice()].concat());
        private_file::replace(&path, &bytes)?;
        self.settle(&place.object)
    }

    /// Sets a damaged copy aside, with its key.
    ///
    /// # Errors
    /// [`BlobError`] if a file cannot be moved.
    pub fn set_aside(&self, hash: &AttachmentHash) -> Result<(), BlobError> {
        let (path, aside) = (self.path(hash), self.aside(hash));
        if !path.exists() {
            return Ok(());
        }
        self.retire(&aside)?;
        fs::rename(&path, &aside)
            .and_then(|()| private_file::sync_directory(&aside))
            .map_err(|source| BlobError::File { path, source })
    }

    /// Wipes the keys of an attachment; `false` if there was none. Its objects are unwanted, which
    /// is on disk before the keys go.
    ///
    /// # Errors
    /// [`BlobError`] if a file cannot be written or removed.
    pub fn forget(&self, hash: &AttachmentHash) -> Result<bool, BlobError> {
        let was_here = self.retire(&self.path(hash))?;
        Ok(self.retire(&self.aside(hash))? || was_here)
    }

    fn retire(&self, path: &Path) -> Result<bool, BlobError> {
        let failed = |source| BlobError::File { path: path.to_owned(), source };
        let Some(bytes) = read(path).map_err(failed)? else { return Ok(false) };
        let object = split(&bytes).map(|(object, _)| object);
        match &object {
            Some(object) => self.note_upload(object, "")?,
            None => tracing::error!(path = %path.display(), "no key; its object stays, unreadable"),
        }
        let was_here = wipe(path).map_err(failed)?;
        self.lock().extend(object);
        Ok(was_here)
    }

    /// Notes an object that begins to come, and its upload: a crash leaves it unwanted.
    ///
    /// # Errors
    /// [`BlobError`] if the file cannot be written.
    pub fn note_upload(&self, object: &ObjectName, upload: &str) -> Result<(), BlobError> {
        Ok(private_file::replace(&self.unwanted_path(object), upload.as_bytes())?)
    }

    /// The upload of an unwanted object; empty if it came whole.
    ///
    /// # Errors
    /// [`BlobError`] if the file cannot be read.
    pub fn upload(&self, object: &ObjectName) -> Result<String, BlobError> {
        match private_file::read(&self.unwanted_path(object), UPLOAD_BYTES_MAX) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if is_absent(&error) => Ok(String::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// An object whose upload was noted is to be deleted.
    pub fn note_unwanted(&self, object: ObjectName) {
        self.lock().insert(object);
    }

    /// The next object to delete behind `after`.
    pub fn unwanted(&self, after: Option<ObjectName>) -> Option<ObjectName> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.lock().range((from, Bound::Unbounded)).next().copied()
    }

    /// How many objects are to be deleted.
    pub fn unwanted_count(&self) -> usize {
        self.lock().len()
    }

    /// An object is wanted now, or is gone.
    ///
    /// # Errors
    /// [`BlobError`] if the file cannot be removed.
    pub fn settle(&self, object: &ObjectName) -> Result<(), BlobError> {
        let path = self.unwanted_path(object);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(BlobError::File { path, source });
            }
            _ => {}
        }
        self.lock().remove(object);
        Ok(())
    }

    fn path(&self, hash: &AttachmentHash) -> PathBuf {
        let name = hash.to_string();
        self.root.join("keys").join(&name[..2]).join(name)
    }

    fn aside(&self, hash: &AttachmentHash) -> PathBuf {
        self.root.join("damaged-keys").join(hash.to_string())
    }

    fn unwanted_path(&self, object: &ObjectName) -> PathBuf {
        self.root.join("unwanted").join(object.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<ObjectName>> {
        self.unwanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What is in a directory; nothing if it is not there.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        found => found?.map(|entry| Ok(entry?.path())).collect(),
    }
}

/// The bytes of a file with a key, and one more if there are more; none if it is not there.
fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    // Large enough from the start, so that no copy stays behind when it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * PLACE_BYTES));
    file.take(PLACE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn is_absent(error: &PrivateFileError) -> bool {
    matches!(error, PrivateFileError::Io { source, .. } if source.kind() == ErrorKind::NotFound)
}

fn split(bytes: &[u8]) -> Option<(ObjectName, Zeroizing<[u8; KEY_BYTES]>)> {
    let bytes: &[u8; PLACE_BYTES] = bytes.try_into().ok()?;
    let (object, key) = bytes.split_first_chunk::<NAME_BYTES>()?;
    Some((ObjectName(*object), Zeroizing::new(key.try_into().ok()?)))
}
