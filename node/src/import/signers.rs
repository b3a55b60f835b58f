//! Who signs what is imported.
//!
//! On a demonstration network one command may act for everybody: it holds the officers' keys of the
//! network's index, and derives the keys of organisations that it registers itself from the key of
//! the governor that registers them, so that importing again signs with the same keys. On any other
//! network only the keys that are at hand sign; what others must approve waits for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minglian_client::key_file::passphrase::{Passphrase, PassphraseError};
use minglian_client::key_file::{KeyFile, KeyFileError, KeyKind};
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::DemonstrationSeed;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

/// Roles of an organisation that the import registers; its governor comes first.
pub const ROLES: [Role; 4] = [Role::Governor, Role::Maker, Role::Checker, Role::Payer];

/// The keys cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SignersError {
    /// The index of officers cannot be read.
    #[error("the index of officers {path}: {reason}")]
    Index {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// No governor is among the officers.
    #[error("the index {0} names no governor, who must register what a notice names")]
    NoGovernor(PathBuf),
}

/// An index of officers' key files; paths are relative to it.
#[derive(Debug, Deserialize)]
struct Index {
    passphrase_file: PathBuf,
    officers: Vec<IndexEntry>,
}

#[derive(Debug, Deserialize)]
struct IndexEntry {
    organization: OrganizationCode,
    role: Role,
    key_file: PathBuf,
}

/// The keys at hand.
pub struct Signers {
    keys: BTreeMap<(OrganizationCode, Role), SigningKey>,
    governor: OrganizationCode,
    /// The officers of the index in its order, with their key files.
    officers: Vec<(OrganizationCode, Role, PathBuf)>,
    passphrase: Passphrase,
}

impl Signers {
    /// Reads the keys that an index names.
    ///
    /// # Errors
    /// [`SignersError`]; also when no governor is among them.
    pub fn read(path: &Path) -> Result<Self, SignersError> {
        let failed = |reason| SignersError::Index { path: path.to_owned(), reason };
        let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let index: Index =
            serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        let directory = path.parent().unwrap_or(Path::new("."));
        let passphrase = Passphrase::from_file(&directory.join(&index.passphrase_file))?;
        let officers: Vec<_> = index
            .officers
            .into_iter()
            .map(|entry| (entry.organization, entry.role, directory.join(entry.key_file)))
            .collect();
        let first = officers.iter().find(|(_, role, _)| *role == Role::Governor);
        let governor = first.map(|(organization, _, _)| *organization);
        let governor = governor.ok_or_else(|| SignersError::NoGovernor(path.to_owned()))?;
        let mut signers = Self { keys: BTreeMap::new(), governor, officers, passphrase };
        signers.open(governor, Role::Governor)?;
        Ok(signers)
    }

    /// The organisation of the index's governor number `place`, from 0, whose key is at hand from
    /// now on; none behind the last.
    ///
    /// # Errors
    /// [`SignersError::Key`] if its file cannot be read.
    pub fn open_governor(
        &mut self,
        place: usize,
    ) -> Result<Option<OrganizationCode>, SignersError> {
        let mut governors = self.officers.iter().filter(|(_, role, _)| *role == Role::Governor);
        let Some((organization, _, _)) = governors.nth(place) else { return Ok(None) };
        let organization = *organization;
        self.open(organization, Role::Governor)?;
        Ok(Some(organization))
    }

    /// Has an officer's key at hand from now on, if the index names it. Opening a key costs what
    /// its passphrase protection asks: only what is needed is opened.
    ///
    /// # Errors
    /// [`SignersError::Key`] if its file cannot be read.
    pub fn open(&mut self, organization: OrganizationCode, role: Role) -> Result<(), SignersError> {
        if self.keys.contains_key(&(organization, role)) {
            return Ok(());
        }
        let is_it = |(code, post, _): &&(OrganizationCode, Role, PathBuf)| {
            (*code, *post) == (organization, role)
        };
        if let Some((_, _, file)) = self.officers.iter().find(is_it) {
            let key = KeyFile::read(file, KeyKind::Officer, &self.passphrase)?;
            self.keys.insert((organization, role), key);
        }
        Ok(())
    }

    /// The organisation whose governor registers what a notice names.
    pub fn governor(&self) -> OrganizationCode {
        self.governor
    }

    /// The key of an officer, if it is at hand.
    pub fn key(&self, organization: OrganizationCode, role: Role) -> Option<&SigningKey> {
        self.keys.get(&(organization, role))
    }

    /// Makes the keys of an organisation that this command registers. The seed is secret, because
    /// it is derived from the governor's secret.
    pub fn adopt(&mut self, organization: OrganizationCode) -> Vec<(Role, PublicKey)> {
        let Some(governor) = self.keys.get(&(self.governor, Role::Governor)) else {
            return Vec::new();
        };
        let secret = governor.to_bytes();
        let derive = |role: Role| {
            let name = format!("{organization}/{role:?}");
            SigningKey::from_bytes(&DemonstrationSeed::of(&[&secret, name.as_bytes()]).0)
        };
        let keys = ROLES.map(|role| (role, derive(role)));
        keys.into_iter()
            .map(|(role, key)| {
                let public = PublicKey::of(&key);
                self.keys.insert((organization, role), key);
                (role, public)
            })
            .collect()
    }
}
