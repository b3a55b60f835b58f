//! Business refusals: stable numbers, each with a sentence for people and the article behind it.
//!
//! A number is never given to another refusal. `docs/contracts.md` lists them all; a test keeps
//! that table equal to [`code`].

#[macro_use]
mod table;
#[macro_use]
mod private;
#[macro_use]
mod society;
pub mod code;

use std::fmt;

use minglian_ledger::text::Text;

pub use code::Code;

/// Most bytes of a refusal's detail.
pub const DETAIL_BYTES_MAX: usize = 512;

/// What a refusal says about the case at hand; goes into the receipt.
pub type Detail = Text<DETAIL_BYTES_MAX>;

/// Why an act is not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub code: Code,
    /// The offending values, without personal data.
    pub detail: Detail,
}

impl Refusal {
    /// A refusal under `code`. A detail that does not fit is cut; characters that cannot be shown
    /// as written are left out.
    pub fn new(code: Code, detail: impl fmt::Display) -> Self {
        let mut kept = String::new();
        for character in detail.to_string().chars() {
            if kept.len() + character.len_utf8() > DETAIL_BYTES_MAX {
                break;
            }
            if Text::<4>::new(character.to_string()).is_ok() {
                kept.push(character);
            }
        }
        Self { code, detail: Detail::new(kept).unwrap_or_default() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.code.number(), self.code.english(), self.detail)
    }
}
