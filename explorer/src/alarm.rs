//! The alarm of a fork: two blocks of one height, both certified by the validators.
//!
//! Nobody can make that alarm without the keys of more than two thirds of the voting power, and
//! nothing that is certified later takes it back. So it is kept in a file of its own beside the
//! index, which may be deleted and built anew, and stands until the operator removes the file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::hash::GenesisHash;
use minglian_ledger::height::Height;
use minglian_ledger::validators::ValidatorSet;
use serde::{Deserialize, Serialize};

/// A header and those who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// The header.
    pub header: Header,
    /// The precommits.
    pub certificate: Certificate,
}

/// Two histories, both certified. Whoever has the genesis can check it without this explorer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The genesis file's name.
    pub genesis: GenesisHash,
    /// Which source gave the other history.
    pub source: String,
    /// When this explorer saw it, in milliseconds since 1970.
    pub seen_at_ms: u64,
    /// The last height that was verified then. Nothing above it is taken while the alarm stands.
    pub verified: Height,
    /// What this explorer had verified.
    pub ours: Option<Certified>,
    /// What the source gave: another block of that height, or one that follows another.
    pub theirs: Certified,
    /// Names of the validators that signed both, where both are of one height.
    pub signed_both: Vec<String>,
}

impl Alarm {
    /// The names of those of `validators` that signed both.
    pub fn both(
        ours: Option<&Certified>,
        theirs: &Certified,
        validators: &ValidatorSet,
    ) -> Vec<String> {
        let Some(ours) = ours.filter(|ours| ours.header.height == theirs.header.height) else {
            return Vec::new();
        };
        let signed = |certified: &Certified, address| {
            certified.certificate.signatures.iter().any(|it| it.address == address)
        };
        let members = validators.members().iter();
        let both = members.filter(|it| signed(ours, it.address()) && signed(theirs, it.address()));
        both.map(|validator| validator.name.to_string()).collect()
    }
}

/// Why an alarm cannot be kept or read. The explorer does not run without knowing.
#[derive(Debug, thiserror::Error)]
pub enum AlarmError {
    /// The file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file's content.
    #[error("{path}: {source}")]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// The file that keeps an alarm.
#[derive(Debug, Clone)]
pub struct AlarmFile(PathBuf);

impl AlarmFile {
    /// The one beside an index.
    pub fn beside(index: &Path) -> Self {
        let mut name = index.as_os_str().to_owned();
        name.push(".alarm.json");
        Self(name.into())
    }

    /// The alarm that stands, if it is of this chain.
    ///
    /// # Errors
    /// [`AlarmError`] if there is a file that does not read: that is never taken for no alarm.
    pub fn read(&self, genesis: &GenesisHash) -> Result<Option<Alarm>, AlarmError> {
        let bytes = match fs::read(&self.0) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(AlarmError::File { path: self.0.clone(), source }),
        };
        let alarm: Alarm = serde_json::from_slice(&bytes)
            .map_err(|source| AlarmError::Content { path: self.0.clone(), source })?;
        Ok(Some(alarm).filter(|alarm| alarm.genesis == *genesis))
    }

    /// Keeps an alarm, whole or not at all.
    ///
    /// # Errors
    /// [`AlarmError`].
    pub fn write(&self, alarm: &Alarm) -> Result<(), AlarmError> {
        let bytes = serde_json::to_vec_pretty(alarm)
            .map_err(|source| AlarmError::Content { path: self.0.clone(), source })?;
        let unfinished = self.0.with_extension("unfinished");
        let write = || {
            let mut file = File::create(&unfinished)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &self.0)
        };
        write().map_err(|source| AlarmError::File { path: self.0.clone(), source })
    }
}
