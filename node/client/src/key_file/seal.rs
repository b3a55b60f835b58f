//! The encryption of 32 secret bytes under a passphrase: argon2id and XChaCha20-Poly1305. Key files
//! hold a seed so, and a county's vault the key of its records.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::key_file::passphrase::Passphrase;

/// Memory for new files in KiB: the OWASP password storage recommendation for argon2id with two
/// iterations and one lane.
const MEMORY_KIB: u32 = 19 * 1024;

/// Iterations for new files, see [`MEMORY_KIB`].
const ITERATIONS: u32 = 2;

/// Lanes for new files, see [`MEMORY_KIB`].
const LANES: u32 = 1;

/// Most memory a file may ask for in KiB: whoever can change a key file must not be able to stop
/// the machine with it.
const MEMORY_KIB_MAX: u32 = 256 * 1024;

/// Most iterations a file may ask for.
const ITERATIONS_MAX: u32 = 16;

/// Most lanes a file may ask for.
const LANES_MAX: u32 = 8;

/// Why a seed was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Parameters below those of new files, or above what a file may ask for.
    #[error("the key derivation parameters are out of bounds")]
    OutOfBounds,
    /// Key derivation refused its parameters.
    #[error("key derivation: {0}")]
    Derivation(argon2::Error),
    /// The authentication tag does not fit.
    #[error("encryption failed")]
    Cipher,
}

/// How the encryption key comes from the passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derivation {
    algorithm: DerivationAlgorithm,
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
    salt: Hexadecimal<16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum DerivationAlgorithm {
    #[serde(rename = "argon2id")]
    Argon2id,
}

/// An encrypted seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cipher {
    algorithm: CipherAlgorithm,
    nonce: Hexadecimal<24>,
    ciphertext: Hexadecimal<48>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum CipherAlgorithm {
    #[serde(rename = "xchacha20-poly1305")]
    XChaCha20Poly1305,
}

impl Derivation {
    /// The parameters of new files, with a fresh salt.
    pub fn new(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self {
            algorithm: DerivationAlgorithm::Argon2id,
            memory_kib: MEMORY_KIB,
            iterations: ITERATIONS,
            lanes: LANES,
            salt: Hexadecimal::random(rng),
        }
    }

    fn derive(&self, passphrase: &Passphrase) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let bounded = (MEMORY_KIB..=MEMORY_KIB_MAX).contains(&self.memory_kib)
            && (ITERATIONS..=ITERATIONS_MAX).contains(&self.iterations)
            && (LANES..=LANES_MAX).contains(&self.lanes);
        if !bounded {
            return Err(SealError::OutOfBounds);
        }
        let parameters = Params::new(self.memory_kib, self.iterations, self.lanes, Some(32))
            .map_err(SealError::Derivation)?;
        let mut memory = Zeroizing::new(vec![Block::default(); parameters.block_count()]);
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into_with_memory(
                passphrase.as_bytes(),
                &self.salt.0,
                key.as_mut(),
                memory.as_mut_slice(),
            )
            .map_err(SealError::Derivation)?;
        Ok(key)
    }

    /// `context` and the parameters, as they are authenticated with the seed.
    fn associated_data(&self, context: &[u8]) -> Vec<u8> {
        let mut data = context.to_vec();
        for parameter in [self.memory_kib, self.iterations, self.lanes] {
            data.extend_from_slice(&parameter.to_le_bytes());
        }
        data.extend_from_slice(&self.salt.0);
        data
    }
}

impl fmt::Display for Derivation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_kib, iterations, lanes, .. } = self;
        write!(formatter, "{memory_kib} KiB, {iterations} iterations, {lanes} lanes")
    }
}

/// Encrypts `seed`. Whoever opens it must name the same `context`.
///
/// # Errors
/// [`SealError`].
pub fn seal(
    seed: &[u8; 32],
    passphrase: &Passphrase,
    derivation: &Derivation,
    context: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Cipher, SealError> {
    let nonce = Hexadecimal::random(rng);
    let key = derivation.derive(passphrase)?;
    let associated_data = derivation.associated_data(context);
    let ciphertext = XChaCha20Poly1305::new(Key::from_slice(key.as_ref()))
        .encrypt(XNonce::from_slice(&nonce.0), Payload { msg: seed, aad: &associated_data })
        .map_err(|_| SealError::Cipher)?;
    let ciphertext = Hexadecimal(ciphertext.try_into().map_err(|_| SealError::Cipher)?);
    Ok(Cipher { algorithm: CipherAlgorithm::XChaCha20Poly1305, nonce, ciphertext })
}

/// Decrypts a seed.
///
/// # Errors
/// [`SealError::Cipher`] for a wrong passphrase, and for anything that was altered.
pub fn open(
    cipher: &Cipher,
    passphrase: &Passphrase,
    derivation: &Derivation,
    context: &[u8],
) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let key = derivation.derive(passphrase)?;
    let associated_data = derivation.associated_data(context);
    let payload = Payload { msg: &cipher.ciphertext.0, aad: &associated_data };
    let opened = XChaCha20Poly1305::new(Key::from_slice(key.as_ref()))
        .decrypt(XNonce::from_slice(&cipher.nonce.0), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Cipher)?;
    let mut seed = Zeroizing::new([0; 32]);
    if opened.len() != seed.len() {
        return Err(SealError::Cipher);
    }
    seed.copy_from_slice(&opened);
    Ok(seed)
}

/// Bytes that JSON writes in lower-case hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hexadecimal<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Hexadecimal<BYTES> {
    fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = [0; BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl<const BYTES: usize> Serialize for Hexadecimal<BYTES> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de, const BYTES: usize> Deserialize<'de> for Hexadecimal<BYTES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        let length = bytes.len();
        bytes.try_into().map(Self).map_err(|_| {
            serde::de::Error::custom(format!("{length} bytes where {BYTES} are needed"))
        })
    }
}
