//! One person. No part of this can be printed.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::subsidy::identity_number::{IDENTITY_BYTES, IdentityNumber};
use minglian_ledger::subsidy::secret::PersonKey;
use rand_core::CryptoRngCore;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::day::Birth;

/// The canonical bytes of an identity number, for the vault and for finding a person.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop, BorshSerialize, BorshDeserialize,
)]
pub struct Identity([u8; IDENTITY_BYTES]);

/// What the bank and the clerk need to know of a person.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, BorshSerialize, BorshDeserialize)]
pub struct Details {
    /// The name.
    pub name: String,
    /// The account.
    pub account: String,
    /// The bank; may be empty.
    pub bank: String,
    /// The number of the county's case file.
    pub case_file: String,
    /// Township; may be empty.
    pub township: String,
    /// Village or community; may be empty.
    pub village: String,
}

/// A person on the roll.
#[derive(Zeroize, ZeroizeOnDrop, BorshSerialize, BorshDeserialize)]
pub struct Person {
    key: [u8; 32],
    /// The number of the identity card.
    pub identity: Identity,
    /// Name, account and so on.
    pub details: Details,
}

impl Identity {
    /// What the vault keeps of a number.
    pub fn of(number: &IdentityNumber) -> Self {
        Self(*number.as_bytes())
    }

    /// The number; none if the vault held something else.
    pub fn number(&self) -> Option<IdentityNumber> {
        IdentityNumber::from_bytes(self.0)
    }

    /// The day of birth in it.
    pub fn birth(&self) -> Birth {
        Birth::of(&self.0)
    }
}

impl Person {
    /// A person, with a fresh key.
    pub fn new(identity: Identity, details: Details, random: &mut impl CryptoRngCore) -> Self {
        Self { key: *PersonKey::random(random).expose(), identity, details }
    }

    /// The key that everything secret of the person's leaves hangs on.
    pub fn key(&self) -> PersonKey {
        PersonKey::from_bytes(self.key)
    }
}
