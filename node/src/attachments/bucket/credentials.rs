//! The key to the bucket, in a file that only its owner reads.

use std::fmt;
use std::path::Path;

use minglian_client::key_file::private_file;
use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::fault::BucketFault;

/// Largest file in bytes.
const FILE_BYTES_MAX: u64 = 4_096;

/// The key to the bucket.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Its name.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
}

impl fmt::Debug for Credentials {
    /// Nothing of it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads the file.
    ///
    /// # Errors
    /// [`BucketFault::File`], [`BucketFault::Credentials`].
    pub fn read(path: &Path) -> Result<Self, BucketFault> {
        let bytes = private_file::read(path, FILE_BYTES_MAX)?;
        // What the reader says of a fault repeats the line.
        let faulty = || BucketFault::Credentials(path.to_owned());
        let text = str::from_utf8(&bytes).map_err(|_| faulty())?;
        let credentials: Self = toml::from_str(text).map_err(|_| faulty())?;
        let are_said = [&credentials.access_key_id, &credentials.secret_access_key]
            .iter()
            .all(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic()));
        are_said.then_some(credentials).ok_or_else(faulty)
    }
}
