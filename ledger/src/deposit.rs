//! What an officer signs to hand over something that is kept off the log: an attachment, or the
//! opening of a salted commitment. The class is the organisation's to decide, so it is signed.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{AttachmentHash, Commitment};
use crate::keys::{self, KeyError, PublicKey, Signature, SigningKey};
use crate::organization_code::OrganizationCode;
use crate::transaction::{self, ChainId};

/// Largest encoded deposit in bytes.
pub const DEPOSIT_BYTES_MAX: usize = 512;

/// Bytes of the salt of an opening.
pub const SALT_BYTES: usize = 16;

/// Most bytes of the text of an opening: minutes of a meeting, not a book.
pub const OPENING_TEXT_BYTES_MAX: usize = 16 * 1024;

/// What the officer's signature begins with.
const SIGN_LINE: &[u8] = b"minglian/deposit/v1\n";

/// Who may see it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Everybody.
    Public,
    /// The bureaus that run validators; business secrets, unfinished audits.
    Restricted,
    /// The same; it is about natural persons.
    Personal,
}

/// Declares [`MediaType`] with its names from one table.
macro_rules! media_types {
    ($($(#[$doc:meta])* $name:ident $media:literal $extension:literal)*) => {
        /// What an attachment is. Only these are taken.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum MediaType {
            $($(#[$doc])* $name,)*
        }

        impl MediaType {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in `Content-Type`.
            pub const fn media(self) -> &'static str {
                match self { $(Self::$name => $media,)* }
            }

            /// The ending of file names, which is also the type's text form.
            pub const fn extension(self) -> &'static str {
                match self { $(Self::$name => $extension,)* }
            }
        }
    };
}

media_types! {
    /// A PDF document.
    Pdf "application/pdf" "pdf"
    /// A PNG picture.
    Png "image/png" "png"
    /// A JPEG picture.
    Jpeg "image/jpeg" "jpg"
    /// A spreadsheet of Office Open XML.
    Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" "xlsx"
    /// A document of Office Open XML.
    Docx "application/vnd.openxmlformats-officedocument.wordprocessingml.document" "docx"
    /// 版式文档, GB/T 33190.
    Ofd "application/ofd" "ofd"
    /// A table in UTF-8.
    Csv "text/csv; charset=utf-8" "csv"
    /// Text in UTF-8.
    Text "text/plain; charset=utf-8" "txt"
}

/// A text that is the ending of no known type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no type of attachment; known are pdf, png, jpg, xlsx, docx, ofd, csv, txt")]
pub struct UnknownMediaType(String);

impl FromStr for MediaType {
    type Err = UnknownMediaType;

    fn from_str(text: &str) -> Result<Self, UnknownMediaType> {
        let lower = text.to_ascii_lowercase();
        let found = Self::ALL.iter().find(|known| known.extension() == lower);
        match found {
            None if lower == "jpeg" => Ok(Self::Jpeg),
            None => Err(UnknownMediaType(text.chars().take(16).collect())),
            Some(known) => Ok(*known),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.extension())
    }
}

/// What is handed over.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// An attachment.
    Attachment {
        /// Its name: the hash of its bytes.
        hash: AttachmentHash,
        /// What it is.
        media_type: MediaType,
        /// Its size in bytes.
        bytes: u64,
    },
    /// The salt and text behind a commitment.
    Opening {
        /// The commitment.
        commitment: Commitment,
    },
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct DepositBody {
    /// The chain whose records name it.
    pub chain_id: ChainId,
    /// The organisation whose record names it, or will.
    pub organization: OrganizationCode,
    /// Who may see it.
    pub class: Class,
    /// What it is.
    pub content: Content,
}

/// A signed deposit.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Deposit {
    /// What is signed.
    pub body: DepositBody,
    /// A key of the organisation.
    pub key: PublicKey,
    /// Its signature over the line `minglian/deposit/v1` and the encoded body.
    pub signature: Signature,
}

/// Why bytes are not a deposit.
#[derive(Debug, thiserror::Error)]
pub enum DepositError {
    /// Larger than [`DEPOSIT_BYTES_MAX`].
    #[error("a deposit of {0} bytes is larger than {DEPOSIT_BYTES_MAX}")]
    TooLarge(usize),
    /// Not the canonical encoding.
    #[error("not a canonically encoded deposit: {0}")]
    Malformed(std::io::Error),
}

impl Deposit {
    /// Signs `body` with `key`.
    pub fn sign(body: DepositBody, key: &SigningKey) -> Self {
        let signature = keys::sign(key, &sign_bytes(&body));
        Self { body, key: PublicKey::of(key), signature }
    }

    /// Checks the signature; whose key it is, the state knows.
    ///
    /// # Errors
    /// [`KeyError`] if it does not verify.
    pub fn verify(&self) -> Result<(), KeyError> {
        keys::verify(&self.key, &sign_bytes(&self.body), &self.signature)
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// Decodes, bounded, refusing trailing bytes.
    ///
    /// # Errors
    /// [`DepositError`] if the bytes are no deposit.
    pub fn decode(bytes: &[u8]) -> Result<Self, DepositError> {
        if bytes.len() > DEPOSIT_BYTES_MAX {
            return Err(DepositError::TooLarge(bytes.len()));
        }
        borsh::from_slice(bytes).map_err(DepositError::Malformed)
    }
}

fn sign_bytes(body: &DepositBody) -> Vec<u8> {
    [SIGN_LINE, &transaction::encode(body)].concat()
}

/// The commitment to a text: the hash of the salt, then the text.
pub fn commit(salt: &[u8; SALT_BYTES], text: &str) -> Commitment {
    Commitment::of(&[salt, text.as_bytes()])
}
