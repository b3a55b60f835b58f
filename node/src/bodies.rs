//! Block bodies that were proposed or received but not decided, on disk.
//!
//! A body is stored, synced, before this node says anything about it: a proposer that crashed after
//! it signed proposes the same block again, and a decided block can be executed after a restart.
//! One file a body; files of decided heights are removed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;

use crate::engine::parts::SignedBody;

/// Ends the name of a complete file.
const SUFFIX: &str = "body";

/// Bodies on disk.
#[derive(Debug)]
pub struct Bodies {
    directory: PathBuf,
    held: Vec<SignedBody>,
}

/// The bodies cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("undecided block bodies at {path}: {source}")]
pub struct BodiesError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl Bodies {
    /// Opens the directory, creating it; a file that does not read was never answered for and is
    /// removed.
    pub fn open(directory: &Path) -> Result<Self, BodiesError> {
        let failed = |source| BodiesError { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(failed)?;
        let mut held = Vec::new();
        for entry in fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let bytes = fs::read(&path).map_err(failed)?;
            match SignedBody::try_from_slice(&bytes) {
                Ok(body) if path.extension().is_some_and(|suffix| suffix == SUFFIX) => {
                    held.push(body);
                }
                _ => fs::remove_file(&path).map_err(failed)?,
            }
        }
        Ok(Self { directory: directory.to_owned(), held })
    }

    /// Keeps a body; on disk when this returns.
    pub fn put(&mut self, body: SignedBody) -> Result<(), BodiesError> {
        if self.held.contains(&body) {
            return Ok(());
        }
        let path = self.path(&body);
        self.write(&path, &body).map_err(|source| BodiesError { path, source })?;
        self.held.push(body);
        Ok(())
    }

    fn write(&self, path: &Path, body: &SignedBody) -> io::Result<()> {
        let partial = path.with_extension("partial");
        let mut file = File::create(&partial)?;
        let mut bytes = Vec::with_capacity(body.body.len() + 256);
        body.serialize(&mut bytes)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        File::open(&self.directory)?.sync_all()
    }

    /// The bodies held.
    pub fn iter(&self) -> impl Iterator<Item = &SignedBody> {
        self.held.iter()
    }

    /// A body by its block.
    pub fn find(&self, id: &BlockId) -> Option<&SignedBody> {
        self.held.iter().find(|body| body.init.block_id == *id)
    }

    /// Removes the bodies of heights up to `height`.
    pub fn forget(&mut self, height: Height) -> Result<(), BodiesError> {
        self.remove(|body| body.init.height <= height)
    }

    /// Removes the bodies of one block, which this node never answered for.
    pub fn discard(&mut self, id: &BlockId) -> Result<(), BodiesError> {
        self.remove(|body| body.init.block_id == *id)
    }

    fn remove(&mut self, is_gone: impl Fn(&SignedBody) -> bool) -> Result<(), BodiesError> {
        let (gone, held): (Vec<_>, _) =
            std::mem::take(&mut self.held).into_iter().partition(is_gone);
        self.held = held;
        for body in gone {
            let path = self.path(&body);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(BodiesError { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn path(&self, body: &SignedBody) -> PathBuf {
        let init = &body.init;
        let name = format!("{}-{}-{}.{SUFFIX}", init.height, init.round, init.block_id);
        self.directory.join(name)
    }
}
