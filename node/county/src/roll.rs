//! The roll: persons, what they are entitled to, and what was paid. It exists in memory and,
//! sealed, in the vault. What names a person has no `Debug` and is wiped when it is dropped.

pub mod batches;
pub mod entitlement;
pub mod person;
pub mod tags;

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::tree::BATCH_LEAVES_MAX;

use crate::programme::Programme;
use crate::roll::batches::BatchRecord;
use crate::roll::entitlement::Entitlement;
use crate::roll::person::{Identity, Person};
use crate::roll::tags::TagBatch;

/// Most persons of a roll, and handles of a list.
pub const PERSONS_MAX: usize = BATCH_LEAVES_MAX as usize;

/// The number of a person within one vault. It leaves the vault in clerks' lists only.
pub type PersonNumber = u32;

/// The handles of one programme and year, in the order of the enrolment list on the ledger. A
/// handle never leaves its place; one whose person was erased belongs to nobody.
#[derive(Clone, BorshSerialize, BorshDeserialize)]
pub struct HandleList {
    /// The programme.
    pub programme: u16,
    /// The year of the enrolment.
    pub epoch: u16,
    /// Whose each handle is.
    pub handles: Vec<Option<PersonNumber>>,
}

/// Everything that a county knows of its subsidies.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct Roll {
    /// The county's bureau.
    pub county: OrganizationCode,
    /// The versions of programmes.
    pub programmes: Vec<Programme>,
    /// The persons.
    pub persons: BTreeMap<PersonNumber, Person>,
    /// The number of the next person. Numbers of erased persons are not given again.
    pub next_person: PersonNumber,
    /// What they are entitled to, oldest first.
    pub entitlements: Vec<Entitlement>,
    /// Enrolment lists.
    pub lists: Vec<HandleList>,
    /// Batches, oldest first.
    pub batches: Vec<BatchRecord>,
    /// How many batches the backup had that this roll was restored from; 0 if it never was.
    pub restored_batches: u32,
    /// How many numbers of attempts are passed over once, for those that the backup did not know.
    pub attempts_skipped: u32,
    /// Persons on their way to a tag on the ledger, and those who have one.
    pub tags: Vec<TagBatch>,
}

/// What a roll does not have, or not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollError {
    /// No programme of this number pays that month.
    #[error("the vault knows no programme {number} for {month}: add it with `subsidy programme`")]
    NoProgramme {
        /// The number.
        number: u16,
        /// The month.
        month: Month,
    },
    /// A version of a programme that is there already, or is not later than the last one.
    #[error("programme {number} has a version from {from} on already")]
    ProgrammeVersion {
        /// The number.
        number: u16,
        /// When it begins.
        from: Month,
    },
    /// A later version moves a programme into another group.
    #[error("programme {number} is in group {group}: that does not change")]
    Group {
        /// The number.
        number: u16,
        /// Its group.
        group: u16,
    },
    /// No batch of this name.
    #[error("the vault knows no batch {0}")]
    NoBatch(String),
    /// Full.
    #[error("a vault holds at most {PERSONS_MAX} persons")]
    Full,
}

impl Roll {
    /// An empty roll.
    pub fn new(county: OrganizationCode) -> Self {
        Self {
            county,
            programmes: Vec::new(),
            persons: BTreeMap::new(),
            next_person: 1,
            entitlements: Vec::new(),
            lists: Vec::new(),
            batches: Vec::new(),
            restored_batches: 0,
            attempts_skipped: 0,
            tags: Vec::new(),
        }
    }

    /// Adds a version of a programme.
    ///
    /// # Errors
    /// [`RollError::ProgrammeVersion`], [`RollError::Group`].
    pub fn add_programme(&mut self, programme: Programme) -> Result<(), RollError> {
        let number = programme.number;
        for known in self.programmes.iter().filter(|known| known.number == number) {
            if known.group != programme.group {
                return Err(RollError::Group { number, group: known.group });
            }
            if known.effective_from >= programme.effective_from {
                return Err(RollError::ProgrammeVersion { number, from: known.effective_from });
            }
        }
        self.programmes.push(programme);
        Ok(())
    }

    /// The version of a programme that pays a month.
    ///
    /// # Errors
    /// [`RollError::NoProgramme`].
    pub fn programme(&self, number: u16, month: Month) -> Result<&Programme, RollError> {
        let versions = self.programmes.iter().filter(|known| known.number == number);
        let in_force = versions.filter(|known| known.effective_from <= month);
        in_force
            .max_by_key(|known| known.effective_from)
            .ok_or(RollError::NoProgramme { number, month })
    }

    /// The group of a programme; none if there is no such programme.
    pub fn group(&self, number: u16) -> Option<u16> {
        self.programmes.iter().find(|known| known.number == number).map(|known| known.group)
    }

    /// The first month that the county pays by this vault.
    pub fn first_month(&self, number: u16) -> Option<Month> {
        let versions = self.programmes.iter().filter(|known| known.number == number);
        versions.map(|known| known.effective_from).min()
    }

    /// Persons by their identity number.
    pub fn by_identity(&self) -> BTreeMap<Identity, PersonNumber> {
        self.persons.iter().map(|(number, person)| (person.identity.clone(), *number)).collect()
    }

    /// The list of a programme and year, if anybody is on it.
    pub fn list(&self, programme: u16, epoch: u16) -> Option<&HandleList> {
        self.lists.iter().find(|list| (list.programme, list.epoch) == (programme, epoch))
    }

    /// The same, made if there is none.
    pub fn list_mut(&mut self, programme: u16, epoch: u16) -> &mut Vec<Option<PersonNumber>> {
        let is_it = |list: &HandleList| (list.programme, list.epoch) == (programme, epoch);
        let place = self.lists.iter().position(is_it).unwrap_or_else(|| {
            self.lists.push(HandleList { programme, epoch, handles: Vec::new() });
            self.lists.len() - 1
        });
        &mut self.lists[place].handles
    }

    /// Takes a person out: the key, the number, the name and all that hangs on them. The handles
    /// stay, and belong to nobody. Whether there was such a person.
    pub fn erase(&mut self, number: PersonNumber) -> bool {
        for list in &mut self.lists {
            for handle in list.handles.iter_mut().filter(|handle| **handle == Some(number)) {
                *handle = None;
            }
        }
        self.entitlements.retain(|it| it.person != number);
        self.tags.iter_mut().for_each(|batch| batch.erase(number));
        self.persons.remove(&number).is_some()
    }
}
