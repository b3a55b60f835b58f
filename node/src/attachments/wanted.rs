//! What is missing here, and when to ask for it again. Knows no network and no clock.
//!
//! Any maker can name files that do not exist, as many as the ledger takes, so organisations have a
//! share of the list each and are served in turn: what one names keeps nobody else's waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use minglian_contracts::naming::Thing;
use minglian_ledger::organization_code::OrganizationCode;
use tokio::time::Instant;

/// The organisation whose record named a thing; none if no record here does yet.
pub type Owner = Option<OrganizationCode>;

/// The first wait after nobody had it. It doubles up to [`WAIT_MAX`].
const WAIT_MIN: Duration = Duration::from_millis(250);

/// The wait for a peer that brings something else.
const WAIT_BUSY: Duration = Duration::from_secs(1);

/// The longest wait: whoever brings it later also says so, and a peer that comes is asked.
const WAIT_MAX: Duration = Duration::from_secs(4 * 3_600);

/// What only a peer says that it has is asked for so often: no record need ever name it. What a
/// record names gives its place to others of its organisation after as many.
const ATTEMPTS_MAX: u32 = 8;

/// Most things that are wanted at a time. Others are found by a later look at the state.
pub const WANTED_MAX: usize = 100_000;

/// Most things of one organisation that are wanted at a time.
pub const WANTED_ORGANIZATION_MAX: usize = 10_000;

#[derive(Debug, Clone)]
struct Want {
    owner: Owner,
    attempts: u32,
    due: Instant,
    asking: bool,
    /// Whether only a peer speaks of it: the state does not say that it is missing.
    is_hearsay: bool,
    /// Who is said to have it.
    hint: Option<String>,
}

/// Where a thing stands in its organisation's queue: what somebody is said to have is first, then
/// what is due first.
type Turn = (bool, Instant, Thing);

impl Want {
    fn turn(&self, thing: &Thing) -> Turn {
        (self.hint.is_none(), self.due, *thing)
    }
}

/// What is wanted of one organisation.
#[derive(Debug, Default)]
struct Queue {
    /// What is not being asked for.
    turns: BTreeSet<Turn>,
    /// With what is being asked for.
    count: usize,
}

/// The list.
///
/// **Invariant:** each thing that is not being asked for stands once in its owner's queue, and the
/// queues' counts are the number of things of each owner.
#[derive(Debug, Default)]
pub struct Wanted {
    things: BTreeMap<Thing, Want>,
    queues: BTreeMap<Owner, Queue>,
    /// Who was served last.
    served: Option<Owner>,
    attachments: u64,
}

impl Wanted {
    /// Wants a thing, now; `hint` is a peer that has it. What a peer has takes the place of another
    /// of the same organisation if that has its share, and what was just named that of one that
    /// nobody had.
    pub fn add(&mut self, thing: Thing, owner: Owner, hint: Option<String>, now: Instant) {
        let Some(mut want) = self.unlist(&thing) else {
            let attempts_min = u32::from(hint.is_none());
            let (attempts, asking, is_hearsay) = (0, false, hint.is_some());
            let want = Want { owner, attempts, due: now, asking, is_hearsay, hint };
            self.enter(thing, want, attempts_min);
            return;
        };
        want.due = want.due.min(now);
        want.is_hearsay &= hint.is_some();
        want.hint = hint.or(want.hint.take());
        want.owner = owner.or(want.owner);
        self.list(thing, want);
    }

    /// Wants a thing, now unless it is wanted already.
    pub fn know(&mut self, thing: Thing, owner: Owner, now: Instant) {
        if !self.things.contains_key(&thing) {
            let (attempts, asking, is_hearsay, hint) = (0, false, false, None);
            let want = Want { owner, attempts, due: now, asking, is_hearsay, hint };
            self.enter(thing, want, ATTEMPTS_MAX);
        }
    }

    /// Wants a thing no longer.
    pub fn remove(&mut self, thing: &Thing) {
        self.unlist(thing);
    }

    /// A peer has come that may have what nobody had: everything is asked for again.
    pub fn retry(&mut self, now: Instant) {
        for queue in self.queues.values_mut() {
            queue.turns.clear();
        }
        for (thing, want) in &mut self.things {
            want.due = want.due.min(now);
            if !want.asking {
                let queue = self.queues.entry(want.owner).or_default();
                queue.turns.insert(want.turn(thing));
            }
        }
    }

    /// How many attachments are wanted.
    pub fn attachments(&self) -> u64 {
        self.attachments
    }

    /// The next thing to ask for, with who is said to have it: of the organisation whose turn it
    /// is, what is due first. It is asked for once at a time.
    pub fn take_due(&mut self, now: Instant) -> Option<(Thing, Option<String>)> {
        let from = self.served.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.queues.range((from, Bound::Unbounded));
        let first = |queue: &Queue| queue.turns.first().copied().filter(|(_, due, _)| *due <= now);
        let mut in_turn = behind.chain(&self.queues);
        let (owner, turn) = in_turn.find_map(|(owner, queue)| Some((*owner, first(queue)?)))?;
        self.served = Some(owner);
        self.queues.get_mut(&owner)?.turns.remove(&turn);
        let want = self.things.get_mut(&turn.2)?;
        want.asking = true;
        Some((turn.2, want.hint.take()))
    }

    /// Nobody had it.
    pub fn failed(&mut self, thing: &Thing, now: Instant) {
        let Some(mut want) = self.unlist(thing) else { return };
        want.attempts = want.attempts.saturating_add(1);
        want.asking = false;
        let doubled = WAIT_MIN.saturating_mul(1 << want.attempts.min(16));
        // Somebody said meanwhile that it has it.
        want.due = if want.hint.is_some() { now } else { now + doubled.min(WAIT_MAX) };
        if !want.is_hearsay || want.attempts < ATTEMPTS_MAX {
            self.list(*thing, want);
        }
    }

    /// Who may have it brings something else: it is asked for again soon, and nothing is counted.
    pub fn postpone(&mut self, thing: &Thing, now: Instant) {
        let Some(mut want) = self.unlist(thing) else { return };
        want.asking = false;
        want.due = if want.hint.is_some() { now } else { now + WAIT_BUSY };
        self.list(*thing, want);
    }

    /// Enters a thing if there is room, or room is made: by what failed `attempts_min` times if its
    /// owner has its share, and by whoever has the most if the list is full.
    fn enter(&mut self, thing: Thing, want: Want, attempts_min: u32) {
        let count = |queue: Option<&Queue>| queue.map_or(0, |queue| queue.count);
        let own = count(self.queues.get(&want.owner));
        let victim = if own >= WANTED_ORGANIZATION_MAX {
            self.last_of(want.owner, attempts_min)
        } else if self.things.len() >= WANTED_MAX {
            match self.queues.iter().max_by_key(|(_, queue)| queue.count) {
                Some((owner, queue)) if queue.count > own + 1 => self.last_of(*owner, 0),
                _ => self.last_of(want.owner, attempts_min),
            }
        } else {
            self.list(thing, want);
            return;
        };
        if let Some(victim) = victim {
            self.unlist(&victim);
            self.list(thing, want);
        }
    }

    /// The last in an organisation's queue, if it failed so often.
    fn last_of(&self, owner: Owner, attempts_min: u32) -> Option<Thing> {
        let (_, _, thing) = self.queues.get(&owner)?.turns.last()?;
        let attempts = self.things.get(thing)?.attempts;
        (attempts >= attempts_min).then_some(*thing)
    }

    fn list(&mut self, thing: Thing, want: Want) {
        let queue = self.queues.entry(want.owner).or_default();
        queue.count += 1;
        if !want.asking {
            queue.turns.insert(want.turn(&thing));
        }
        self.attachments += u64::from(matches!(thing, Thing::Attachment(_)));
        self.things.insert(thing, want);
    }

    fn unlist(&mut self, thing: &Thing) -> Option<Want> {
        let want = self.things.remove(thing)?;
        if let Some(queue) = self.queues.get_mut(&want.owner) {
            queue.turns.remove(&want.turn(thing));
            queue.count -= 1;
            if queue.count == 0 {
                self.queues.remove(&want.owner);
            }
        }
        self.attachments -= u64::from(matches!(thing, Thing::Attachment(_)));
        Some(want)
    }
}
