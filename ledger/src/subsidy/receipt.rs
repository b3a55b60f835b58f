//! A beneficiary's receipt: 53 bytes, 85 characters, that open one leaf. With it and the own
//! identity number a person checks what was paid in that name. It is a secret of its holder:
//! whoever has it reads the amount, and can try the numbers of a county until one fits.

use data_encoding::BASE32_NOPAD;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::domain::BatchId;
use super::identity_number::IdentityNumber;
use super::leaf::{Leaf, OpeningError};
use super::pedersen::Amount;
use super::secret::LeafSeed;
use crate::width;

/// Bytes of a receipt.
pub const RECEIPT_BYTES: usize = 53;

/// Characters of its text.
pub const RECEIPT_CHARACTERS: usize = 85;

const VERSION: u8 = 1;

/// Longest text that is looked at, in bytes: full-width characters with spaces between them.
const TEXT_BYTES_MAX: usize = 600;

/// What a receipt says. There is no way to print one but as its text.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Receipt {
    /// The first bytes of the batch's name.
    #[zeroize(skip)]
    pub batch: [u8; 8],
    /// The leaf.
    pub index: u32,
    /// What was paid.
    pub amount: Amount,
    /// What the leaf was made from.
    pub seed: LeafSeed,
}

/// Why a text is not a receipt, or a leaf not the receipt's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not as many characters as a receipt has, or others than a receipt's.
    #[error("a receipt has {RECEIPT_CHARACTERS} letters and digits, without 0, 1, 8 and 9")]
    Text,
    /// The sum at the end does not fit: a character was misread.
    #[error("a character of the receipt is wrong")]
    Checksum,
    /// A receipt of another version.
    #[error("a receipt of version {found}, not {VERSION}")]
    Version {
        /// The version given.
        found: u8,
    },
    /// The receipt is for another batch.
    #[error("the receipt is for another batch")]
    Batch,
    /// The leaf does not say what the receipt says.
    #[error(transparent)]
    Leaf(#[from] OpeningError),
}

impl Receipt {
    /// The receipt for the payment of `amount` in leaf `index` of `batch`.
    pub fn new(batch: &BatchId, index: u32, amount: Amount, seed: LeafSeed) -> Self {
        Self { batch: short(batch), index, amount, seed }
    }

    /// The 53 bytes.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(RECEIPT_BYTES));
        bytes.push(VERSION);
        bytes.extend(self.batch);
        bytes.extend(self.index.to_le_bytes());
        bytes.extend(self.amount.0.to_le_bytes());
        bytes.extend(self.seed.0);
        let sum = crc32(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    /// The text that is printed, and in the two-dimensional code: base32 of RFC 4648, no padding.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.encode()))
    }

    /// Reads the text as people copy it: small letters, spaces, hyphens, full-width characters.
    ///
    /// # Errors
    /// [`ReceiptError::Text`], [`ReceiptError::Checksum`], [`ReceiptError::Version`].
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(ReceiptError::Text);
        }
        let mut letters = Zeroizing::new(Vec::with_capacity(text.len()));
        for letter in text.chars().map(width::fold_character) {
            if !letter.is_whitespace() && letter != '-' {
                let letter = u8::try_from(letter).map_err(|_| ReceiptError::Text)?;
                letters.push(letter.to_ascii_uppercase());
            }
        }
        let bytes = BASE32_NOPAD.decode(&letters).map_err(|_| ReceiptError::Text)?;
        Self::decode(&Zeroizing::new(bytes))
    }

    /// Reads the 53 bytes.
    ///
    /// # Errors
    /// As [`Receipt::parse`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let (contents, sum) = bytes.split_last_chunk::<4>().ok_or(ReceiptError::Text)?;
        if bytes.len() != RECEIPT_BYTES {
            return Err(ReceiptError::Text);
        }
        if crc32(contents) != u32::from_le_bytes(*sum) {
            return Err(ReceiptError::Checksum);
        }
        let (version, batch, index, amount, mut seed): (u8, _, _, _, [u8; 32]) =
            borsh::from_slice(contents).map_err(|_| ReceiptError::Text)?;
        if version != VERSION {
            return Err(ReceiptError::Version { found: version });
        }
        let receipt = Self { batch, index, amount: Amount(amount), seed: LeafSeed(seed) };
        seed.zeroize();
        Ok(receipt)
    }

    /// Whether `leaf` of `batch` pays what the receipt says to the person of that number.
    ///
    /// # Errors
    /// [`ReceiptError::Batch`], [`ReceiptError::Leaf`].
    pub fn check(
        &self,
        batch: &BatchId,
        leaf: &Leaf,
        identity: &IdentityNumber,
    ) -> Result<(), ReceiptError> {
        if self.batch != short(batch) {
            return Err(ReceiptError::Batch);
        }
        Ok(leaf.check(self.index, self.amount, &self.seed, identity)?)
    }
}

fn short(batch: &BatchId) -> [u8; 8] {
    let mut short = [0; 8];
    short.iter_mut().zip(batch.0).for_each(|(to, from)| *to = from);
    short
}

/// CRC-32 as of IEEE 802.3: it finds misread characters, not lies.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 }
        })
    })
}
