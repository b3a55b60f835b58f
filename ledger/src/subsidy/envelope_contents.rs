//! What is inside an envelope: always 256 bytes, whatever the length of a name, so that the size
//! says nothing.

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::identity_number::{IDENTITY_BYTES, IdentityNumber};
use super::leaf::{Leaf, OpeningError};
use super::pedersen::Amount;
use super::secret::LeafSeed;

/// Bytes of the contents.
pub const CONTENTS_BYTES: usize = 256;

/// Most bytes of a name, and of the number of a case file.
pub const TEXT_BYTES: usize = 64;

const VERSION: u8 = 1;

/// Set in the length of a text that was cut to fit.
const CUT: u8 = 0x80;

/// What an auditor learns of one payment. It is wiped when it is dropped, and there is no way to
/// print one.
#[derive(Clone, ZeroizeOnDrop)]
pub struct EnvelopeContents {
    /// What was paid.
    pub amount: Amount,
    /// What the leaf was made from.
    pub seed: LeafSeed,
    /// To whom.
    pub identity: IdentityNumber,
    /// The name, at most 64 bytes of it.
    pub name: ShortText,
    /// The last four characters of the account.
    pub account: [u8; 4],
    /// The handle, which is the leaf's position.
    pub handle: u32,
    /// The county's case file, at most 64 bytes of its number.
    pub case_file: ShortText,
}

/// A text of at most 64 bytes, cut at a character if it was longer. It is wiped when it is dropped,
/// and there is no way to print one.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ShortText {
    text: String,
    is_cut: bool,
}

impl ShortText {
    /// As much of `text` as fits.
    pub fn new(text: &str) -> Self {
        let end = text.floor_char_boundary(TEXT_BYTES);
        let kept = text.get(..end).unwrap_or_default();
        Self { text: kept.to_owned(), is_cut: kept.len() < text.len() }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether something is missing at its end.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let length = u8::try_from(self.text.len()).unwrap_or_default();
        bytes.push(if self.is_cut { length | CUT } else { length });
        let end = bytes.len().saturating_add(TEXT_BYTES);
        bytes.extend(self.text.as_bytes());
        bytes.resize(end, 0);
    }

    fn read(bytes: &[u8; TEXT_BYTES + 1]) -> Option<Self> {
        let [length, text @ ..] = bytes;
        let (kept, padding) = text.split_at_checked(usize::from(length & !CUT))?;
        let is_zero = padding.iter().all(|byte| *byte == 0);
        let text = std::str::from_utf8(kept).ok().filter(|_| is_zero)?.to_owned();
        Some(Self { text, is_cut: length & CUT != 0 })
    }
}

impl EnvelopeContents {
    /// The 256 bytes.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(CONTENTS_BYTES));
        bytes.push(VERSION);
        bytes.extend(self.amount.0.to_le_bytes());
        bytes.extend(self.seed.0);
        bytes.extend(self.identity.as_bytes());
        self.name.write(&mut bytes);
        bytes.extend(self.account);
        bytes.extend(self.handle.to_le_bytes());
        self.case_file.write(&mut bytes);
        bytes.resize(CONTENTS_BYTES, 0);
        bytes
    }

    /// Reads the 256 bytes; none if they are not in their only form.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (amount, rest) = rest.split_first_chunk::<4>()?;
        let (seed, rest) = rest.split_first_chunk::<32>()?;
        let (identity, rest) = rest.split_first_chunk::<IDENTITY_BYTES>()?;
        let (name, rest) = rest.split_first_chunk()?;
        let (account, rest) = rest.split_first_chunk::<4>()?;
        let (handle, rest) = rest.split_first_chunk::<4>()?;
        let (case_file, padding) = rest.split_first_chunk()?;
        let fits = *version == VERSION
            && bytes.len() == CONTENTS_BYTES
            && padding.iter().all(|byte| *byte == 0);
        if !fits {
            return None;
        }
        Some(Self {
            amount: Amount(u32::from_le_bytes(*amount)),
            seed: LeafSeed(*seed),
            identity: IdentityNumber::from_bytes(*identity)?,
            name: ShortText::read(name)?,
            account: *account,
            handle: u32::from_le_bytes(*handle),
            case_file: ShortText::read(case_file)?,
        })
    }

    /// Whether `leaf` is the payment that the contents speak of.
    ///
    /// # Errors
    /// Every [`OpeningError`]: each is a finding.
    pub fn check(&self, leaf: &Leaf) -> Result<(), OpeningError> {
        leaf.check(self.handle, self.amount, &self.seed, &self.identity)
    }
}
