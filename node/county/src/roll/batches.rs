//! What the vault keeps of a batch: its name, so that none is used twice; what each handle was
//! paid; what the bank said.

use blake3::Hasher;
use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName};
use minglian_ledger::subsidy::domain::SealHash;
use minglian_ledger::subsidy::secret::PersonKey;
use rand_core::CryptoRngCore;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::roll::person::Person;
use crate::roll::{PersonNumber, Roll, RollError};

/// Context of the key of a person in one batch.
const BATCH_KEY: &str = "minglian v1 subsidy county batch-key";

/// Fewest attempts that a restored roll passes over, for those that it has forgotten.
const SKIPPED_MIN: u32 = 8;

/// So many numbers from [`SKIPPED_MIN`] on are drawn from. The ledger takes no attempt that is more
/// than 64 ahead of the one before.
const SKIPPED_CHOICES: u32 = 16;

/// How far a batch has come. The number of a variant is part of the vault's format.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Progress {
    /// Its name is taken, and nothing more is known: making it was interrupted.
    Named,
    /// It is made and pays.
    Made(SealHash),
    /// Another attempt took its place before it paid.
    Replaced,
}

/// Amounts by handle, in fen.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop, BorshSerialize, BorshDeserialize)]
pub struct Amounts(pub Vec<u32>);

/// One batch.
#[derive(Clone, BorshSerialize, BorshDeserialize)]
pub struct BatchRecord {
    /// What it is.
    pub name: BatchName,
    /// The year of the enrolment list.
    pub epoch: u16,
    /// How far it has come.
    pub progress: Progress,
    /// What each handle is paid.
    pub amounts: Amounts,
    /// Handles whose payment the bank returned.
    pub returned: Vec<u32>,
    /// Whether the bank's result was read.
    pub is_answered: bool,
    /// Whether a pay file was written, so that the bank may have paid.
    pub has_pay_file: bool,
    /// Random bytes of this reservation that never leave the vault. They are in every key of the
    /// batch, so that two batches of one name have no blinding factor in common (A21): a roll that
    /// comes from a backup has forgotten which names were used.
    pub nonce: [u8; 32],
}

impl BatchRecord {
    /// Whether it pays.
    pub fn pays(&self) -> bool {
        matches!(self.progress, Progress::Made(_))
    }

    /// Whether the bank may have paid it already.
    pub fn is_paid(&self) -> bool {
        self.has_pay_file || self.is_answered
    }

    /// The key of a person in this batch, which seed, blinding factor and data key are derived
    /// from. It is gone with the person's own key.
    pub fn key(&self, person: &Person) -> PersonKey {
        // Two parts of fixed lengths.
        let mut hasher = Hasher::new_derive_key(BATCH_KEY);
        hasher.update(person.key().expose()).update(&self.nonce);
        let mut output = hasher.finalize_xof();
        let mut key = Zeroizing::new([0; 32]);
        output.fill(key.as_mut_slice());
        output.zeroize();
        hasher.zeroize();
        PersonKey::from_bytes(*key)
    }

    /// What a handle was paid and kept.
    pub fn paid(&self, handle: usize) -> u32 {
        let is_returned =
            u32::try_from(handle).is_ok_and(|handle| self.returned.binary_search(&handle).is_ok());
        if is_returned { 0 } else { self.amounts.0.get(handle).copied().unwrap_or(0) }
    }
}

impl Roll {
    /// Notes that this roll comes from a backup: batches made since are forgotten, and what is made
    /// now passes over the numbers of attempts that they may have taken.
    pub fn note_restored(&mut self, random: &mut impl CryptoRngCore) {
        self.restored_batches = u32::try_from(self.batches.len()).unwrap_or(u32::MAX);
        self.attempts_skipped = SKIPPED_MIN + random.next_u32() % SKIPPED_CHOICES;
    }

    /// The number of the next attempt at a batch of a programme, month and kind.
    pub fn next_attempt(&self, programme: u16, month: Month, kind: BatchKind) -> u32 {
        let known = self.batches.iter().zip(0_u32..).filter(|(record, _)| {
            let name = &record.name;
            (name.programme, name.period, name.kind) == (programme, month, kind)
        });
        let last = known.max_by_key(|(record, _)| record.name.attempt);
        let next = last.map_or(0, |(record, _)| record.name.attempt.saturating_add(1));
        let is_known = last.is_some_and(|(_, place)| self.restored_batches <= place);
        if is_known { next } else { next.saturating_add(self.attempts_skipped) }
    }

    /// The batch of this name's hash, or of the hash's beginning.
    ///
    /// # Errors
    /// [`RollError::NoBatch`] also if several begin so.
    pub fn batch(&self, id: &str) -> Result<usize, RollError> {
        let begins = |record: &BatchRecord| record.name.id().to_string().starts_with(id);
        let mut found = self.batches.iter().enumerate().filter(|(_, record)| begins(record));
        match (found.next(), found.next()) {
            (Some((place, _)), None) if 8 <= id.len() => Ok(place),
            _ => Err(RollError::NoBatch(id.to_owned())),
        }
    }

    /// What the persons of a programme were paid for a month and kept, in fen.
    pub fn paid(
        &self,
        programme: u16,
        month: Month,
    ) -> std::collections::BTreeMap<PersonNumber, u32> {
        let mut paid = std::collections::BTreeMap::new();
        for record in &self.batches {
            let is_it = (record.name.programme, record.name.period) == (programme, month);
            if !is_it || !record.pays() || matches!(record.name.kind, BatchKind::Return(_)) {
                continue;
            }
            let Some(list) = self.list(programme, record.epoch) else { continue };
            for (handle, person) in list.handles.iter().enumerate() {
                let amount = record.paid(handle);
                if let Some(person) = person.filter(|_| amount > 0) {
                    let sum: &mut u32 = paid.entry(person).or_default();
                    *sum = sum.saturating_add(amount);
                }
            }
        }
        paid
    }

    /// Months for which a programme has a main batch that pays.
    pub fn paid_months(&self, programme: u16) -> std::collections::BTreeSet<Month> {
        let main = self.batches.iter().filter(|record| {
            record.pays()
                && record.name.programme == programme
                && record.name.kind == BatchKind::Main
        });
        main.map(|record| record.name.period).collect()
    }
}
