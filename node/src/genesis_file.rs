//! Reading the genesis file.

use std::fs;
use std::path::{Path, PathBuf};

use minglian_ledger::genesis::{GENESIS_BYTES_MAX, Genesis, GenesisError};

/// The genesis file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenesisFileError {
    /// It cannot be read.
    #[error("cannot read the genesis file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a genesis.
    #[error("the genesis file {path} is faulty: {source}")]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: GenesisError,
    },
}

/// Reads and checks a genesis file (JSON).
pub fn read(path: &Path) -> Result<Genesis, GenesisFileError> {
    let failed = |source| GenesisFileError::Read { path: path.to_owned(), source };
    let faulty = |source| GenesisFileError::Faulty { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(failed)?;
    if bytes.len() > GENESIS_BYTES_MAX {
        return Err(faulty(GenesisError::TooLarge(bytes.len())));
    }
    let genesis: Genesis = serde_json::from_slice(&bytes)
        .map_err(|error| faulty(GenesisError::Malformed(error.to_string())))?;
    genesis.check().map_err(faulty)?;
    Ok(genesis)
}
