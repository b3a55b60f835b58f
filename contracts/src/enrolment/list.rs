//! Enrolment lists: the tags of a county's programme in a year, in the order in which they came. A
//! batch pays exactly one leaf to each of them, which may be zero.
//!
//! A list only grows. What is kept of it is its length, its root and what appending needs, and for
//! every length that it has had between two acts the root of that time: a batch that was cut off
//! earlier is checked against that one.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::subsidy::enrolment::Tag;
use minglian_ledger::subsidy::enrolment_list::ListFrontier;
use minglian_ledger::subsidy::tree::BATCH_LEAVES_MAX;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Most indexes of one list that were transferred in or out: each of them is a proof more that a
/// batch of the list has to bring.
pub const TENURES_MAX: u32 = 1_000;

/// Enrolment lists.
pub const LISTS: Table<ListName, EnrolmentList> = Table::new(schema::prefix::ENROLMENT_FIRST);

/// The roots that lists have had, by their length then.
pub const ROOTS: Table<(ListName, u32), ListRoot> = Table::new(schema::prefix::ENROLMENT_FIRST + 1);

/// Indexes that may not be paid in every period, because the person moved.
pub const TENURES: Table<(ListName, OrderedIndex), Tenure> =
    Table::new(schema::prefix::ENROLMENT_FIRST + 2);

/// Names an enrolment list.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct ListName {
    /// The county's bureau that pays.
    pub county: OrganizationCode,
    /// Number of the programme.
    pub programme: u16,
    /// Year of the enrolment.
    pub epoch: u16,
}

/// An enrolment list.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EnrolmentList {
    /// Programmes that exclude one another: under whose key the tags are.
    pub group: u16,
    /// How many tags it has: the number of leaves of a batch.
    pub length: u32,
    /// Its root, as the header of a batch names it.
    pub root: [u8; 32],
    /// The tops of its full subtrees, the largest first.
    pub peaks: Vec<[u8; 32]>,
    /// How many of its indexes have a [`Tenure`].
    pub tenures: u32,
}

/// What a list was at one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ListRoot {
    /// Its root.
    pub root: [u8; 32],
    /// The record that brought it to this length.
    pub record: LogIndex,
    /// The block of that record.
    pub height: Height,
}

/// The months in which an index may be paid: behind `after` and up to `until`. In all others it
/// opens to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Tenure {
    /// The last month that another county pays, if the person came from one.
    pub after: Option<Month>,
    /// The last month that this one pays, if the person left.
    pub until: Option<Month>,
}

/// An index as a part of a key, so that indexes sort by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct OrderedIndex([u8; 4]);

impl OrderedIndex {
    /// Sorts as `index` does.
    pub fn new(index: u32) -> Self {
        Self(index.to_be_bytes())
    }

    /// The index.
    pub fn get(self) -> u32 {
        u32::from_be_bytes(self.0)
    }
}

impl Tenure {
    /// Whether the index may be paid for `month`.
    pub fn covers(&self, month: Month) -> bool {
        self.after.is_none_or(|after| after < month)
            && self.until.is_none_or(|until| month <= until)
    }
}

/// The list of a county's programme in a year.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn list(
    reader: &dyn StateRead,
    county: &OrganizationCode,
    programme: u16,
    epoch: u16,
) -> Result<Option<EnrolmentList>, StateError> {
    LISTS.get(reader, &ListName { county: *county, programme, epoch })
}

/// What the list was when it had `length` tags; none if it never had that many between two acts.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn root_at(
    reader: &dyn StateRead,
    county: &OrganizationCode,
    programme: u16,
    epoch: u16,
    length: u32,
) -> Result<Option<ListRoot>, StateError> {
    ROOTS.get(reader, &(ListName { county: *county, programme, epoch }, length))
}

/// The indexes of the list that open to zero in a batch for `period`, ascending, because the person
/// came later or left before; [`TENURES_MAX`] at most.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn zeros(
    reader: &dyn StateRead,
    county: &OrganizationCode,
    programme: u16,
    epoch: u16,
    period: Month,
) -> Result<Vec<u32>, StateError> {
    let name = ListName { county: *county, programme, epoch };
    let found = TENURES.scan(reader, &name, None, TENURES_MAX as usize)?;
    let zero = found.into_iter().filter(|(_, tenure)| !tenure.covers(period));
    Ok(zero.map(|((_, index), _)| index.get()).collect())
}

/// Appends tags that are free, in their order; the index of the first. The list begins with its
/// first tags.
///
/// # Errors
/// [`Code::ListOfOtherGroup`], [`Code::ListFull`].
pub(super) fn append(
    name: ListName,
    group: u16,
    tags: &[Tag],
    state: &mut State<'_>,
    context: &Context<'_>,
) -> Result<(u32, EnrolmentList), Fault> {
    let known = LISTS.get(state, &name)?;
    if let Some(known) = known.as_ref().filter(|known| known.group != group) {
        let detail = format!("programme {} is of group {}", name.programme, known.group);
        return Err(Refusal::new(Code::ListOfOtherGroup, detail).into());
    }
    let (length, peaks, tenures) =
        known.map_or((0, Vec::new(), 0), |known| (known.length, known.peaks, known.tenures));
    let full = || Refusal::new(Code::ListFull, format!("{BATCH_LEAVES_MAX} are the most"));
    let mut frontier = ListFrontier::new(length, peaks).ok_or_else(full)?;
    for tag in tags {
        frontier.append(tag).ok_or_else(full)?;
    }
    let (root, new) = (frontier.root().0, frontier.length());
    let list =
        EnrolmentList { group, length: new, root, peaks: frontier.peaks().to_vec(), tenures };
    LISTS.put(state, &name, &list);
    let entry = ListRoot { root, record: context.index, height: context.block.height };
    ROOTS.put(state, &(name, new), &entry);
    Ok((length, list))
}

/// Refuses a last month of `index` before the last one of the list that the person came from:
/// that one pays until then, and the next would pay for the same months.
///
/// # Errors
/// [`Code::TransferTooEarly`].
pub(super) fn require_from(
    name: ListName,
    index: u32,
    last_month: Month,
    state: &State<'_>,
) -> Result<(), Fault> {
    let known = TENURES.get(state, &(name, OrderedIndex::new(index)))?.unwrap_or_default();
    match known.after.filter(|after| last_month < *after) {
        Some(after) => {
            let detail = format!("{last_month}, the list before pays until {after}");
            Err(Refusal::new(Code::TransferTooEarly, detail).into())
        }
        None => Ok(()),
    }
}

/// Bounds the months in which `index` may be paid: `change` says how.
///
/// # Errors
/// [`Code::TransfersFull`] if the list has as many such indexes as it may have.
pub(super) fn bound(
    name: ListName,
    index: u32,
    change: impl FnOnce(&mut Tenure),
    state: &mut State<'_>,
) -> Result<(), Fault> {
    let key = (name, OrderedIndex::new(index));
    let known = TENURES.get(state, &key)?;
    if known.is_none()
        && let Some(mut list) = LISTS.get(state, &name)?
    {
        if list.tenures >= TENURES_MAX {
            return Err(Refusal::new(Code::TransfersFull, TENURES_MAX).into());
        }
        list.tenures += 1;
        LISTS.put(state, &name, &list);
    }
    let mut tenure = known.unwrap_or_default();
    change(&mut tenure);
    TENURES.put(state, &key, &tenure);
    Ok(())
}
