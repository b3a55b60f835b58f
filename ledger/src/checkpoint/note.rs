//! Signed notes: a text, an empty line, and signature lines (C2SP signed-note).

use std::fmt;

use data_encoding::BASE64;
use ed25519_dalek::Signer;

use crate::checkpoint::cosignature::{self, Cosignature, SignatureError};
use crate::checkpoint::key::{self, KeyError, KeyId, KeyKind, VerifierKey};
use crate::checkpoint::{self};

/// The longest note in bytes. Witnesses may add post-quantum signatures of 5 kB each.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// The most signature lines in a note. C2SP signed-note asks readers for at least 16.
pub const MAX_SIGNATURES: usize = 256;

/// The longest signature in bytes, its key id not counted.
pub const MAX_SIGNATURE_BYTES: usize = 8 << 10;

/// How a signature line begins: em dash, space.
const LINE_START: &str = "\u{2014} ";

/// A text with the signatures under it. Nothing about it is true until a signature is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line, of any type: a reader must pass over the types and keys it does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: KeyId,
    signature: Vec<u8>,
}

/// A note that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The note is longer than [`MAX_NOTE_BYTES`].
    #[error("a note of {bytes} bytes is too long")]
    TooLong {
        /// The note's length in bytes.
        bytes: usize,
    },
    /// The bytes are not UTF-8.
    #[error("a note is UTF-8 text")]
    NotUtf8,
    /// The text does not end in a newline, or holds another control character.
    #[error("a note's text is lines ended by newlines, without other control characters")]
    Text,
    /// There is no empty line between text and signatures, or no signature, or too many.
    #[error("a note has 1 to {MAX_SIGNATURES} signature lines after an empty line")]
    Signatures,
    /// A signature line is malformed.
    #[error("not a signature line: {line:?}")]
    Line {
        /// The line as given, cut to 80 characters.
        line: String,
    },
    /// A signature is empty or longer than [`MAX_SIGNATURE_BYTES`].
    #[error("a signature of {bytes} bytes is empty or too long")]
    SignatureLength {
        /// The signature's length in bytes, without the key id.
        bytes: usize,
    },
    /// A signature's name is not a key name.
    #[error(transparent)]
    Name(#[from] KeyError),
}

impl Note {
    /// A note over `text`, which ends in a newline, with 1 to [`MAX_SIGNATURES`] signatures.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || text.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Text);
        }
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Signatures);
        }
        Ok(Self { text, signatures })
    }

    /// Reads a note from the bytes it is served as.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        // The text may hold empty lines; the last one is where the signatures begin.
        let text_end = note.rfind("\n\n").ok_or(NoteError::Signatures)? + 1;
        let (text, rest) = note.split_at(text_end);
        let lines = rest[1..].strip_suffix('\n').ok_or(NoteError::Signatures)?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::Signatures);
        }
        let signatures =
            lines.split('\n').map(NoteSignature::parse_line).collect::<Result<Vec<_>, _>>()?;
        Self::new(text.to_owned(), signatures)
    }

    /// The text that is signed, its last newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in the order of their lines.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Whether the log with this key signed the text. `false` if no line is by the key; an error if
    /// a line that claims to be does not verify, and then the whole note is to be refused.
    pub fn is_signed_by_log(&self, key: &VerifierKey) -> Result<bool, SignatureError> {
        cosignature::check_kind(key, KeyKind::Log)?;
        let mut is_signed = false;
        for line in self.signatures_by(key) {
            let signature = <[u8; 64]>::try_from(line.signature.as_slice())
                .map_err(|_| SignatureError::malformed(key))?;
            cosignature::verify_ed25519(key, &signature, self.text.as_bytes())?;
            is_signed = true;
        }
        Ok(is_signed)
    }

    /// The cosignature by this key, the latest if there are several. `None` if no line is by the
    /// key; an error if a line that claims to be does not verify, and then the whole note is to be
    /// refused.
    pub fn cosignature_by(&self, key: &VerifierKey) -> Result<Option<Cosignature>, SignatureError> {
        cosignature::check_kind(key, KeyKind::Cosigner)?;
        let mut latest: Option<Cosignature> = None;
        for line in self.signatures_by(key) {
            let cosignature = Cosignature::from_bytes(&line.signature)
                .ok_or_else(|| SignatureError::malformed(key))?;
            cosignature.verify(key, &self.text)?;
            if latest.as_ref().is_none_or(|seen| seen.time_seconds() < cosignature.time_seconds()) {
                latest = Some(cosignature);
            }
        }
        Ok(latest)
    }

    /// The lines that claim to be by this key: same name and same id.
    fn signatures_by(&self, key: &VerifierKey) -> impl Iterator<Item = &NoteSignature> {
        let id = key.id();
        self.signatures.iter().filter(move |line| line.key_id == id && line.name == key.name())
    }
}

impl NoteSignature {
    /// A signature line from its parts.
    pub fn new(name: &str, key_id: KeyId, signature: Vec<u8>) -> Result<Self, NoteError> {
        key::check_name(name)?;
        if signature.is_empty() || signature.len() > MAX_SIGNATURE_BYTES {
            return Err(NoteError::SignatureLength { bytes: signature.len() });
        }
        Ok(Self { name: name.to_owned(), key_id, signature })
    }

    /// A log's own signature over a note text (type 0x01).
    pub fn sign(
        name: &str,
        key: &ed25519_dalek::SigningKey,
        text: &str,
    ) -> Result<Self, NoteError> {
        let key_id = key::key_id(name, KeyKind::Log, key.verifying_key().as_bytes());
        Self::new(name, key_id, key.sign(text.as_bytes()).to_bytes().to_vec())
    }

    /// Reads one signature line, without its newline.
    pub fn parse_line(line: &str) -> Result<Self, NoteError> {
        let malformed = || NoteError::Line { line: checkpoint::excerpt(line) };
        let (name, encoded) =
            line.strip_prefix(LINE_START).and_then(|l| l.split_once(' ')).ok_or_else(malformed)?;
        let bytes = checkpoint::parse_base64(encoded).ok_or_else(malformed)?;
        let (key_id, signature) = bytes.split_first_chunk::<4>().ok_or_else(malformed)?;
        Self::new(name, *key_id, signature.to_vec())
    }

    /// The name of the key that claims the signature.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key that claims the signature.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The signature itself, without the key id; a cosignature begins with its time.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// The note as it is served.
impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

/// The signature line, without its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), self.signature.as_slice()].concat();
        write!(formatter, "{LINE_START}{} {}", self.name, BASE64.encode(&bytes))
    }
}
