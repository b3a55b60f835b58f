//! The code on a donor's receipt, as it is printed and typed in.
//!
//! Code and salt, 16 bytes each, in hexadecimal: one text for the donor, who needs both to find the
//! gift. Neither is ever sent: the ledger and a node know the hash of the two.

use data_encoding::HEXLOWER;
use minglian_contracts::charity::donation;
use minglian_ledger::hash::Commitment;
use minglian_ledger::width;
use rand::RngCore as _;

use super::sheet::cells::ReceiptCode;

/// Digits that are printed together.
const GROUP: usize = 4;

/// What was typed is no code. It is not repeated: it may be one but for a digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "查询码和盐共 64 位十六进制数字,收到的不是 / a receipt's code and salt are 64 hexadecimal digits"
)]
pub struct NoReceiptCode;

impl ReceiptCode {
    /// A new code with a new salt, of which nobody knows anything.
    pub fn random() -> Self {
        let mut receipt = Self { code: [0; 16], salt: [0; 16] };
        rand::rngs::OsRng.fill_bytes(&mut receipt.code);
        rand::rngs::OsRng.fill_bytes(&mut receipt.salt);
        receipt
    }

    /// Reads what a receipt prints: the code, then the salt. Spaces, line ends, dashes, commas and
    /// full-width digits do not matter.
    ///
    /// # Errors
    /// [`NoReceiptCode`] if it is anything else.
    pub fn read(text: &str) -> Result<Self, NoReceiptCode> {
        let separates = |letter: &char| letter.is_whitespace() || "-,:;".contains(*letter);
        let folded = width::fold(text).to_lowercase();
        let digits: String = folded.chars().filter(|letter| !separates(letter)).collect();
        let bytes = HEXLOWER.decode(digits.as_bytes()).map_err(|_| NoReceiptCode)?;
        let (code, salt) = bytes.split_first_chunk().ok_or(NoReceiptCode)?;
        let salt = salt.try_into().map_err(|_| NoReceiptCode)?;
        Ok(Self { code: *code, salt })
    }

    /// As receipts print it: the code, then the salt, in groups of four digits.
    pub fn printed(&self) -> String {
        let digits = HEXLOWER.encode(&[self.code, self.salt].concat());
        let groups: Vec<&str> =
            (0..digits.len()).step_by(GROUP).filter_map(|at| digits.get(at..at + GROUP)).collect();
        groups.join("-")
    }

    /// What the ledger has of it.
    pub fn hash(&self) -> Commitment {
        donation::receipt_code(&self.salt, &self.code)
    }
}
