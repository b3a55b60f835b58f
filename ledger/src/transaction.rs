//! A transaction: one act of one officer for one organisation, signed.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{EnvelopeHash, TransactionId};
use crate::height::Height;
use crate::keys::{self, KeyError, PublicKey, Signature, SigningKey};
use crate::organization_code::OrganizationCode;
use crate::text::Text;

/// Largest encoded transaction in bytes. With [`crate::record::RECEIPT_BYTES_MAX`] it keeps a leaf
/// below the 65,535 bytes that a C2SP entry bundle can carry.
pub const TRANSACTION_BYTES_MAX: usize = 48 * 1024;

/// First line of the bytes an officer signs.
const SIGN_LINE: &[u8] = b"minglian/transaction/v1\n";

/// Names one chain: the network's name, `-`, and the first 16 hexadecimal digits of its genesis
/// hash. Part of everything that is signed.
pub type ChainId = Text<64>;

/// The sender's own reference (文号 and line, voucher number, …), unique per organisation for ever
/// once applied: sending the same act again returns the first receipt.
pub type ClientReference = Text<128>;

/// What an officer signs.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionBody {
    /// The chain this act is for.
    pub chain_id: ChainId,
    /// The organisation that acts.
    pub organization: OrganizationCode,
    /// The organisation's own reference for this act.
    pub client_reference: ClientReference,
    /// The last height whose block may hold this transaction.
    pub expires_at: Height,
    /// The call, in the canonical encoding of the contracts crate.
    #[serde(with = "crate::transaction::hexadecimal")]
    pub call: Vec<u8>,
}

/// A signed act.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// The act.
    pub body: TransactionBody,
    /// The officer's key.
    pub key: PublicKey,
    /// The officer's signature over [`Transaction::sign_bytes`].
    pub signature: Signature,
}

/// Why bytes are not a transaction.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// Larger than [`TRANSACTION_BYTES_MAX`].
    #[error("transaction of {bytes} bytes is larger than {TRANSACTION_BYTES_MAX}")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// Not the canonical encoding.
    #[error("not a canonically encoded transaction: {0}")]
    Malformed(std::io::Error),
}

impl Transaction {
    /// Signs `body` with `key`.
    pub fn sign(body: TransactionBody, key: &SigningKey) -> Self {
        let public = PublicKey::of(key);
        let signature = keys::sign(key, &sign_bytes(&identify(&body, &public)));
        Self { body, key: public, signature }
    }

    /// This act's name: the hash of body and key, without the signature.
    pub fn id(&self) -> TransactionId {
        identify(&self.body, &self.key)
    }

    /// The bytes the officer signed.
    pub fn sign_bytes(&self) -> Vec<u8> {
        sign_bytes(&self.id())
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Decodes, bounded, refusing trailing bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        if bytes.len() > TRANSACTION_BYTES_MAX {
            return Err(TransactionError::TooLarge { bytes: bytes.len() });
        }
        borsh::from_slice(bytes).map_err(TransactionError::Malformed)
    }

    /// The hash of an encoded envelope, signature included.
    pub fn envelope_hash(encoded: &[u8]) -> EnvelopeHash {
        EnvelopeHash::of(&[encoded])
    }

    /// Checks the signature.
    pub fn verify(&self) -> Result<(), KeyError> {
        keys::verify(&self.key, &self.sign_bytes(), &self.signature)
    }
}

/// The bytes signed for the transaction named `id`.
pub fn sign_bytes(id: &TransactionId) -> Vec<u8> {
    [SIGN_LINE, &id.0].concat()
}

fn identify(body: &TransactionBody, key: &PublicKey) -> TransactionId {
    TransactionId::of(&[&encode(body), &key.0])
}

/// The canonical encoding of a value in memory.
pub(crate) fn encode(value: &impl BorshSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    match value.serialize(&mut bytes) {
        Ok(()) => bytes,
        // Writing to a Vec does not fail; borsh reports only collections over 4 GiB.
        Err(error) => unreachable!("a value in memory encodes: {error}"),
    }
}

/// Serde form of raw bytes: lower-case hexadecimal.
pub mod hexadecimal {
    use data_encoding::HEXLOWER;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes bytes as hexadecimal text.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(bytes))
    }

    /// Reads bytes from hexadecimal text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)
    }

    /// The same for bytes that need not be there: `null` then.
    pub mod option {
        use serde::{Deserialize, Deserializer, Serializer};

        /// Writes bytes as hexadecimal text, none as `null`.
        pub fn serialize<S: Serializer>(
            bytes: &Option<Vec<u8>>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match bytes {
                Some(bytes) => super::serialize(bytes, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads hexadecimal text or `null`.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Vec<u8>>, D::Error> {
            #[derive(Deserialize)]
            struct Bytes(#[serde(with = "super")] Vec<u8>);
            let bytes = <Option<Bytes> as Deserialize>::deserialize(deserializer)?;
            Ok(bytes.map(|bytes| bytes.0))
        }
    }
}
