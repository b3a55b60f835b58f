//! What the vault keeps of a batch: its name, so that none is used twice; what each handle was
//! paid; what the bank said.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName};
use minglian_ledger::subsidy::domain::SealHash;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::roll::{PersonNumber, Roll, RollError};

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
}

impl BatchRecord {
    /// Whether it pays.
    pub fn pays(&self) -> bool {
        matches!(self.progress, Progress::Made(_))
    }

    /// What a handle was paid and kept.
    pub fn paid(&self, handle: usize) -> u32 {
        let is_returned =
            u32::try_from(handle).is_ok_and(|handle| self.returned.binary_search(&handle).is_ok());
        if is_returned { 0 } else { self.amounts.0.get(handle).copied().unwrap_or(0) }
    }
}

impl Roll {
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
