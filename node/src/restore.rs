//! A node's data directory made anew from a backup.
//!
//! A backup holds no signer's mark, and the key that was in use when it was made may have signed
//! since. So a validator is restored for a key that the backup does not know, and gets its vote
//! back when governors replace the key on the ledger.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use minglian_client::key_file::{KeyFile, KeyFileError};
use minglian_contracts::governance::Change;
use minglian_contracts::validator_set::{SCHEDULED_CHANGES, Scheduled};
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::store::{Store, StoreError};
use minglian_ledger::transaction::ChainId;
use minglian_ledger::validators::Validator;

use crate::chain::{Chain, ChainError};
use crate::config::Config;
use crate::engine::mark::{Mark, MarkError};
use crate::genesis_file::{self, GenesisFileError};

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The genesis file.
    #[error(transparent)]
    Genesis(#[from] GenesisFileError),
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The backup.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The new mark.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// There is something in the data directory.
    #[error("{0} is not empty: move what is left of the lost node away, marks and logs included")]
    NotEmpty(PathBuf),
    /// The key may have signed after the backup was made.
    #[error(
        "the validator key {0} is on the ledger of this backup: it may have signed since, and its \
         mark is lost, so it could sign twice. Make a new one with `minglian key new --kind \
         validator`, name it in the configuration, and restore again"
    )]
    UsedKey(PublicKey),
    /// The data directory cannot be written.
    #[error("{path}: {source}")]
    File {
        /// What.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The chain.
    pub chain_id: ChainId,
    /// The last height of the backup.
    pub height: Height,
    /// The validator that the node was, and its record with the new key: what governors decide.
    /// None for an observer, or if the configured cosigner key is no validator's in the backup.
    pub replaces: Option<(ValidatorAddress, Validator)>,
}

/// Copies the backup in `from` into the empty data directory of `config`, and makes a mark for its
/// validator key, which must be new.
///
/// # Errors
/// [`RestoreError`]; what was copied is removed.
pub fn restore(config: &Config, from: &Path) -> Result<Restored, RestoreError> {
    let data = &config.data_directory;
    let failed = |source| RestoreError::File { path: data.clone(), source };
    fs::create_dir_all(data).map_err(failed)?;
    if fs::read_dir(data).map_err(failed)?.next().is_some() {
        return Err(RestoreError::NotEmpty(data.clone()));
    }
    let copy = data.join("restoring");
    let restored = restore_checked(config, from, &copy);
    if restored.is_err() {
        match fs::remove_dir_all(&copy) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(RestoreError::File { path: copy, source });
            }
            _ => {}
        }
    }
    restored
}

fn restore_checked(config: &Config, from: &Path, copy: &Path) -> Result<Restored, RestoreError> {
    let genesis = genesis_file::read(&config.genesis)?;
    Store::copy(from, copy).map_err(ChainError::from)?;
    let chain = Chain::open(copy, genesis)?;
    let mut restored = Restored {
        chain_id: chain.chain_id().clone(),
        height: chain.head().header.height,
        replaces: None,
    };
    let key = config.keys.validator.as_deref().map(KeyFile::public_key).transpose()?;
    if let Some(key) = key {
        if knows(&chain, &key)? {
            return Err(RestoreError::UsedKey(key));
        }
        restored.replaces = replaced(config, &chain, key)?;
        Mark::create(&config.mark_path(), key)?;
    }
    drop(chain);
    // Last: a data directory with a ledger is complete.
    let ledger = config.ledger_path();
    fs::rename(copy, &ledger).map_err(|source| RestoreError::File { path: ledger, source })?;
    Ok(restored)
}

/// Whether the ledger names `key` as a validator's, at any height or as scheduled.
fn knows(chain: &Chain, key: &PublicKey) -> Result<bool, ChainError> {
    let store = chain.store();
    let names = |validator: &Validator| validator.consensus_key == *key;
    let (_, first) = store.validators(Height(1))?;
    let later = store.validator_changes(Height::GENESIS)?;
    let scheduled = SCHEDULED_CHANGES.get(store, &())?.unwrap_or_default();
    let brings = |Scheduled { change, .. }: &Scheduled| match change {
        Change::Add(new) | Change::Replace { new, .. } => names(new),
        Change::Remove(_) => false,
    };
    let mut sets = later.iter().map(|(_, set)| set).chain([&first]);
    Ok(sets.any(|set| set.members().iter().any(names)) || scheduled.iter().any(brings))
}

/// The validator with the configured cosigner key, as it is and with the new key.
fn replaced(
    config: &Config,
    chain: &Chain,
    key: PublicKey,
) -> Result<Option<(ValidatorAddress, Validator)>, RestoreError> {
    let Some(cosigner) = &config.keys.cosigner else { return Ok(None) };
    let cosigner = KeyFile::public_key(cosigner)?;
    let validators = chain.head().validators;
    let own = validators.members().iter().find(|validator| validator.cosigner_key == cosigner);
    Ok(own.map(|old| (old.address(), Validator { consensus_key: key, ..old.clone() })))
}

impl From<StoreError> for RestoreError {
    fn from(error: StoreError) -> Self {
        Self::Chain(error.into())
    }
}
