//! Verifier keys: who may sign a note, as one line of text (C2SP signed-note, "vkey").

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use crate::checkpoint::{self, MAX_NAME_BYTES};

/// The first bytes of the hash of name, type and public key. It tells keys apart in a note; it is
/// too short to authenticate one.
pub type KeyId = [u8; 4];

/// What a key signs, as the type byte of C2SP signed-note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum KeyKind {
    /// The note text itself: a log's own signature.
    Log = 0x01,
    /// The note text under a time: a cosignature (C2SP tlog-cosignature).
    Cosigner = 0x04,
}

impl KeyKind {
    /// The signature type byte.
    pub fn byte(self) -> u8 {
        self as u8
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [KeyKind::Log, KeyKind::Cosigner].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// An Ed25519 public key with the name it signs under and the kind of its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    public_key: [u8; 32],
}

/// A verifier key that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty, too long, or holds a space, a plus sign or a control character.
    #[error("not a key name: {name:?}")]
    Name {
        /// The name as given, cut to 80 characters.
        name: String,
    },
    /// The text is not `name+id+base64`.
    #[error("not a verifier key: {text:?}")]
    Text {
        /// The text as given, cut to 80 characters.
        text: String,
    },
    /// The signature type is not one of the two that the project uses.
    #[error("signature type {byte:#04x} is not supported")]
    Kind {
        /// The type byte.
        byte: u8,
    },
    /// The id in the text does not follow from the rest.
    #[error("the key id is {computed}, the text says {given}")]
    IdDiffers {
        /// The id in the text, hexadecimal.
        given: String,
        /// The id that follows from name, type and key.
        computed: String,
    },
    /// The 32 bytes are not a point of the curve.
    #[error("not an Ed25519 public key: {public_key}")]
    PublicKey {
        /// The bytes, hexadecimal.
        public_key: String,
    },
}

impl VerifierKey {
    /// Names a public key. The name follows the rules of C2SP signed-note.
    pub fn new(name: &str, kind: KeyKind, public_key: [u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        if ed25519_zebra::VerificationKey::try_from(public_key).is_err() {
            return Err(KeyError::PublicKey { public_key: HEXLOWER.encode(&public_key) });
        }
        Ok(Self { name: name.to_owned(), kind, public_key })
    }

    /// The name that stands in the key's signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The Ed25519 public key.
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// The id that stands in the key's signature lines.
    pub fn id(&self) -> KeyId {
        key_id(&self.name, self.kind, &self.public_key)
    }
}

/// The id of a key: SHA-256 of name, newline, type byte and public key, its first four bytes.
pub fn key_id(name: &str, kind: KeyKind, public_key: &[u8; 32]) -> KeyId {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind.byte()])
        .chain_update(public_key)
        .finalize()
        .into();
    [a, b, c, d]
}

/// Refuses a name that cannot stand in a signature line.
pub(super) fn check_name(name: &str) -> Result<(), KeyError> {
    let fits = !name.is_empty() && name.len() <= MAX_NAME_BYTES;
    if fits && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return Ok(());
    }
    Err(KeyError::Name { name: checkpoint::excerpt(name) })
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed_key = vec![self.kind.byte()];
        typed_key.extend_from_slice(&self.public_key);
        let id = HEXLOWER.encode(&self.id());
        write!(formatter, "{}+{id}+{}", self.name, BASE64.encode(&typed_key))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Text { text: checkpoint::excerpt(text) };
        // The base64 part may hold plus signs of its own, the name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(given), Some(typed_key)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed());
        };
        let typed_key = checkpoint::parse_base64(typed_key).ok_or_else(malformed)?;
        let (byte, public_key) = typed_key.split_first().ok_or_else(malformed)?;
        let kind = KeyKind::from_byte(*byte).ok_or(KeyError::Kind { byte: *byte })?;
        let public_key = public_key.try_into().map_err(|_| malformed())?;
        let key = Self::new(name, kind, public_key)?;
        let computed = HEXLOWER.encode(&key.id());
        if computed != given {
            return Err(KeyError::IdDiffers { given: checkpoint::excerpt(given), computed });
        }
        Ok(key)
    }
}
