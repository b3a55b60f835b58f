//! Runs of positions, and sorted lists of them.
//!
//! A list of intervals in this module is sorted and disjoint; the lists are short (see
//! [`crate::book::INTERVALS_AHEAD_MAX`]), so plain vectors are the fastest structure for them.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize};

/// The positions from `start` up to, not including, `end`.
///
/// **Invariant:** `start < end`; an empty interval does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, Serialize)]
pub struct Interval {
    start: u64,
    end: u64,
}

impl Interval {
    /// The positions in `[start, end)`, or `None` if there are none.
    pub fn new(start: u64, end: u64) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The first position.
    pub fn start(self) -> u64 {
        self.start
    }

    /// The position after the last.
    pub fn end(self) -> u64 {
        self.end
    }

    /// How many positions, that is: how many fen.
    pub fn length(self) -> u64 {
        self.end - self.start
    }

    /// The positions that both hold.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// Its first `length` positions, all of it if it has fewer; `None` if `length` is 0.
    pub fn first(self, length: u64) -> Option<Self> {
        Self::new(self.start, self.end.min(self.start.saturating_add(length)))
    }
}

impl BorshDeserialize for Interval {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let (start, end) = <(u64, u64)>::deserialize_reader(reader)?;
        Self::new(start, end).ok_or_else(|| {
            let message = format!("an interval from {start} to {end} holds no position");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Bounds {
            start: u64,
            end: u64,
        }
        let Bounds { start, end } = Bounds::deserialize(deserializer)?;
        Self::new(start, end).ok_or_else(|| {
            let message = format!("an interval from {start} to {end} holds no position");
            serde::de::Error::custom(message)
        })
    }
}

/// How many positions the list holds.
pub fn total(intervals: &[Interval]) -> u64 {
    intervals.iter().map(|interval| interval.length()).sum()
}

/// The parts of `window` that no interval of `taken` holds.
pub fn complement(window: Interval, taken: &[Interval]) -> Vec<Interval> {
    let mut free = Vec::new();
    let mut next = window.start;
    for interval in taken {
        if interval.start >= window.end {
            break;
        }
        free.extend(Interval::new(next, interval.start));
        next = next.max(interval.end);
    }
    free.extend(Interval::new(next, window.end));
    free
}

/// The parts of `window` that the list holds.
pub fn intersection(window: Interval, intervals: &[Interval]) -> Vec<Interval> {
    intervals.iter().filter_map(|interval| interval.intersection(window)).collect()
}

/// The list without the positions of `taken`.
pub fn difference(intervals: &[Interval], taken: &[Interval]) -> Vec<Interval> {
    intervals.iter().flat_map(|interval| complement(*interval, taken)).collect()
}

/// The lowest `amount` positions of the list; all of it if it holds fewer.
pub fn lowest(intervals: &[Interval], amount: u64) -> Vec<Interval> {
    let mut missing = amount;
    let mut lowest = Vec::new();
    for interval in intervals {
        let Some(part) = interval.first(missing) else { break };
        missing -= part.length();
        lowest.push(part);
    }
    lowest
}

/// Both lists as one, neighbours joined. The two must be disjoint.
pub fn union(left: &[Interval], right: &[Interval]) -> Vec<Interval> {
    let mut all: Vec<Interval> = left.iter().chain(right).copied().collect();
    all.sort_unstable();
    let mut joined: Vec<Interval> = Vec::with_capacity(all.len());
    for interval in all {
        match joined.last_mut() {
            Some(last) if last.end >= interval.start => {
                assert!(last.end == interval.start, "a position was taken twice");
                last.end = interval.end;
            }
            _ => joined.push(interval),
        }
    }
    joined
}

/// How many positions of the list lie below `position`.
pub fn rank(intervals: &[Interval], position: u64) -> u64 {
    Interval::new(0, position).map_or(0, |below| total(&intersection(below, intervals)))
}
