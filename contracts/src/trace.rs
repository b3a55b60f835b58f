//! Where money went, where it came from: intersecting intervals hop by hop, exact to the fen.
//!
//! A trace starts at some positions of one account. Downwards it follows the movements that took
//! them, upwards those that brought them, and ends at money that is still there, at a payment, or
//! at an origin outside the ledger. It passes through returns, corrections, substitutions,
//! carry-over and re-bases, all of which are movements. It cannot turn in circles: upwards the
//! movement numbers only fall, downwards they only rise, and a source that says otherwise is an
//! error.
//!
//! A pool of 100,000 gifts can have 100,000 edges, so a trace is read in pages. The work for one
//! page grows with its edges, not with the ledger; what is kept between pages is the [`Cursor`].
//! [`aggregate::Aggregate`] adds pages up per hop.
//!
//! The movements come from a [`MovementSource`]: an index derived from the log, in a node, in the
//! explorer, or in memory ([`memory::MovementIndex`]).

pub mod aggregate;
pub mod memory;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::book::{AccountId, Basis, Interval, Kind, Movement, MovementNumber, Source};

/// Which way to follow the money.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To where it came from.
    Up,
    /// To where it went.
    Down,
}

/// Movements by the positions they credit and take.
pub trait MovementSource {
    /// Why the source cannot answer.
    type Error;

    /// The movement that credited the lowest of these positions: of those whose `to` is `account`
    /// and whose `to_interval` meets `interval`, the one with the lowest `to_interval`.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn inflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, Self::Error>;

    /// The movement that took the lowest of these positions that is taken: of those whose `from` is
    /// `account` and whose `from_intervals` meet `interval`, the one that meets it lowest.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn outflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, Self::Error>;
}

/// Some fen that moved together: a part of one movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// How many movements it is away from the start, from 1.
    pub hop: u32,
    /// The movement.
    pub movement: MovementNumber,
    /// What it was.
    pub kind: Kind,
    /// How its fen were chosen.
    pub basis: Basis,
    /// Where the fen were.
    pub from: Source,
    /// Which positions they had; `None` if they came from outside.
    pub from_interval: Option<Interval>,
    /// Where they went.
    pub to: AccountId,
    /// Which positions they got.
    pub to_interval: Interval,
}

/// Fen that a downward trace finds at its end: unspent, or, in a terminal account, paid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// How many movements it is away from the start, from 0.
    pub hop: u32,
    /// Where the fen are.
    pub account: AccountId,
    /// Which positions they have.
    pub interval: Interval,
}

/// Positions that are still to be followed.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
struct Pending {
    hop: u32,
    account: AccountId,
    interval: Interval,
    /// The movement by which the trace came here.
    by: Option<MovementNumber>,
}

/// Where a trace goes on: a stack of positions to follow, the next one last.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Cursor {
    direction: Direction,
    pending: Vec<Pending>,
}

impl Cursor {
    /// The start of the trace of `interval` of `account`.
    pub fn new(account: AccountId, interval: Interval, direction: Direction) -> Self {
        Self { direction, pending: vec![Pending { hop: 0, account, interval, by: None }] }
    }
}

/// A part of a trace. The edges of one path follow each other (depth first); each says its hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The fen that moved.
    pub edges: Vec<Edge>,
    /// The fen that moved no further.
    pub rests: Vec<Rest>,
    /// Where to go on; `None` if the trace is complete.
    pub next: Option<Cursor>,
}

/// Why a trace breaks off. All but the first say that the movements are not those of a ledger.
#[derive(Debug, thiserror::Error)]
pub enum TraceError<E> {
    /// The source cannot be read.
    #[error("reading movements: {0}")]
    Source(E),
    /// No movement credited a position.
    #[error("no movement brought position {position} of {account:?}")]
    Gap {
        /// The account.
        account: AccountId,
        /// The position.
        position: u64,
    },
    /// A movement took positions before it could have.
    #[error("movement {movement} is out of order with {by}")]
    Disorder {
        /// The movement met.
        movement: MovementNumber,
        /// The movement by which the trace came to it.
        by: MovementNumber,
    },
    /// A movement is not about the positions that were asked for, or its two sides differ.
    #[error("movement {movement} does not match the positions asked for")]
    Mismatch {
        /// The movement.
        movement: MovementNumber,
    },
}

/// Follows a trace for at most `entries_max` edges and rests together (at least one).
///
/// # Errors
/// [`TraceError`] if the source fails or contradicts itself.
pub fn trace<S: MovementSource>(
    source: &S,
    cursor: Cursor,
    entries_max: usize,
) -> Result<Page, TraceError<S::Error>> {
    let Cursor { direction, mut pending } = cursor;
    let mut page = Page { edges: Vec::new(), rests: Vec::new(), next: None };
    while let Some(here) = pending.pop() {
        match direction {
            Direction::Up => step_up(source, here, &mut pending, &mut page)?,
            Direction::Down => step_down(source, here, &mut pending, &mut page)?,
        }
        if page.edges.len() + page.rests.len() >= entries_max {
            break;
        }
    }
    if !pending.is_empty() {
        page.next = Some(Cursor { direction, pending });
    }
    Ok(page)
}

/// Follows the lowest fen of `here` one movement back.
fn step_up<S: MovementSource>(
    source: &S,
    here: Pending,
    pending: &mut Vec<Pending>,
    page: &mut Page,
) -> Result<(), TraceError<S::Error>> {
    let found = source.inflow_at(&here.account, here.interval).map_err(TraceError::Source)?;
    let position = here.interval.start();
    let gap = || TraceError::Gap { account: here.account.clone(), position };
    let movement = found.ok_or_else(gap)?;
    let number = movement.number;
    if let Some(by) = here.by.filter(|by| number >= *by) {
        return Err(TraceError::Disorder { movement: number, by });
    }
    let mismatch = || TraceError::Mismatch { movement: number };
    let credited = movement.to_interval.intersection(here.interval).ok_or_else(mismatch)?;
    if movement.to != here.account || credited.start() != position {
        return Err(gap());
    }
    let (from_interval, to_interval) = match &movement.from {
        Source::Outside(_) => (None, credited),
        Source::Account(_) => {
            let offset = position - movement.to_interval.start();
            let taken = taken_at(&movement, offset).ok_or_else(mismatch)?;
            let taken = taken.first(credited.length()).ok_or_else(mismatch)?;
            (Some(taken), credited.first(taken.length()).ok_or_else(mismatch)?)
        }
    };
    let rest = Interval::new(to_interval.end(), here.interval.end());
    let hop = here.hop.saturating_add(1);
    pending.extend(rest.map(|interval| Pending { interval, ..here }));
    if let (Source::Account(account), Some(interval)) = (&movement.from, from_interval) {
        pending.push(Pending { hop, account: account.clone(), interval, by: Some(number) });
    }
    page.edges.push(edge(hop, movement, from_interval, to_interval));
    Ok(())
}

/// Follows the lowest fen of `here` one movement on.
fn step_down<S: MovementSource>(
    source: &S,
    here: Pending,
    pending: &mut Vec<Pending>,
    page: &mut Page,
) -> Result<(), TraceError<S::Error>> {
    let found = source.outflow_at(&here.account, here.interval).map_err(TraceError::Source)?;
    let Some(movement) = found else {
        let Pending { hop, account, interval, .. } = here;
        page.rests.push(Rest { hop, account, interval });
        return Ok(());
    };
    let number = movement.number;
    if let Some(by) = here.by.filter(|by| number <= *by) {
        return Err(TraceError::Disorder { movement: number, by });
    }
    let mismatch = || TraceError::Mismatch { movement: number };
    if movement.from.account() != Some(&here.account) {
        return Err(mismatch());
    }
    let (taken, offset) = taken_from(&movement, here.interval).ok_or_else(mismatch)?;
    if let Some(unspent) = Interval::new(here.interval.start(), taken.start()) {
        let Pending { hop, account, .. } = here.clone();
        page.rests.push(Rest { hop, account, interval: unspent });
        let rest = Interval::new(taken.start(), here.interval.end());
        pending.extend(rest.map(|interval| Pending { interval, ..here }));
        return Ok(());
    }
    let credited_start = movement.to_interval.start().checked_add(offset).ok_or_else(mismatch)?;
    let credited = credited_start
        .checked_add(taken.length())
        .filter(|end| *end <= movement.to_interval.end())
        .and_then(|end| Interval::new(credited_start, end))
        .ok_or_else(mismatch)?;
    let rest = Interval::new(taken.end(), here.interval.end());
    let hop = here.hop.saturating_add(1);
    pending.extend(rest.map(|interval| Pending { interval, ..here }));
    let (account, by) = (movement.to.clone(), Some(number));
    pending.push(Pending { hop, account, interval: credited, by });
    page.edges.push(edge(hop, movement, Some(taken), credited));
    Ok(())
}

/// What the movement took for the fen at `offset` of its credited interval, and those after it
/// without a gap.
fn taken_at(movement: &Movement, offset: u64) -> Option<Interval> {
    let mut before: u64 = 0;
    for taken in &movement.from_intervals {
        let within = offset.checked_sub(before)?;
        if within < taken.length() {
            return Interval::new(taken.start().checked_add(within)?, taken.end());
        }
        before = before.checked_add(taken.length())?;
    }
    None
}

/// The lowest of `wanted` that the movement took, and where they stand in its credited interval.
fn taken_from(movement: &Movement, wanted: Interval) -> Option<(Interval, u64)> {
    let mut before: u64 = 0;
    for taken in &movement.from_intervals {
        if let Some(part) = taken.intersection(wanted) {
            return Some((part, before.checked_add(part.start() - taken.start())?));
        }
        before = before.checked_add(taken.length())?;
    }
    None
}

fn edge(
    hop: u32,
    movement: Movement,
    from_interval: Option<Interval>,
    to_interval: Interval,
) -> Edge {
    let Movement { number, kind, basis, from, to, .. } = movement;
    Edge { hop, movement: number, kind, basis, from, from_interval, to, to_interval }
}
