//! The ticket (回执码): 128 random bits that only the complainant holds.
//!
//! The ledger has a commitment whose salt is the ticket, and a reference made of that commitment.
//! So a ticket finds its complaint without a table of tickets, and nobody gets from the complaint
//! to
//! the ticket.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use minglian_contracts::oversight::Reference;
use minglian_ledger::deposit::{self, SALT_BYTES};
use minglian_ledger::hash::Commitment;
use rand::RngCore as _;

/// What the commitment of every ticket says beside its salt.
const TEXT: &str = "投诉举报回执";

/// Digits of the commitment in a reference.
const NAME_DIGITS: usize = 20;

/// Digits of a code between two gaps.
const GROUP_DIGITS: usize = 4;

/// A ticket. It is shown to the complainant alone, so it is no part of any log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ticket([u8; SALT_BYTES]);

impl std::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ticket(hidden)")
    }
}

impl Ticket {
    /// A new one.
    pub fn draw() -> Self {
        let mut bits = [0; SALT_BYTES];
        rand::rngs::OsRng.fill_bytes(&mut bits);
        Self(bits)
    }

    /// What somebody typed: hexadecimal digits, with or without gaps.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|it| !it.is_whitespace() && *it != '-').collect();
        Some(Self(HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()?))
    }

    /// As it is printed: `1f2e 3d4c …`.
    pub fn code(&self) -> String {
        let digits = HEXLOWER.encode(&self.0);
        let groups: Vec<&str> = (0..digits.len())
            .step_by(GROUP_DIGITS)
            .filter_map(|start| digits.get(start..start + GROUP_DIGITS))
            .collect();
        groups.join(" ")
    }

    /// What the ledger has of it.
    pub fn commitment(&self) -> Commitment {
        deposit::commit(&self.0, TEXT)
    }

    /// Under which name its complaint is kept here.
    pub fn name(&self) -> String {
        self.commitment().to_string().chars().take(NAME_DIGITS).collect()
    }

    /// What its complaint is called on the ledger.
    pub fn reference(&self) -> Reference {
        // It is far shorter than a reference may be.
        Reference::new(format!("诉-{}", self.name())).unwrap_or_default()
    }
}
