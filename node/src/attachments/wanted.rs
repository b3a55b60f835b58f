//! What is missing here, and when to ask for it again. Knows no network and no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use minglian_contracts::naming::Thing;
use tokio::time::Instant;

/// The first wait after nobody had it. It doubles up to [`WAIT_MAX`].
const WAIT_MIN: Duration = Duration::from_millis(250);

/// The longest wait: whoever brings it later also says so.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// What only a peer says that it has is asked for so often: no record need ever name it.
const HEARD_ATTEMPTS_MAX: u32 = 8;

/// Most things that are wanted at a time. The others are found by the next look at the state.
pub const WANTED_MAX: usize = 100_000;

#[derive(Debug, Clone)]
struct Want {
    attempts: u32,
    due: Instant,
    asking: bool,
    /// Whether only a peer speaks of it: the state does not say that it is missing.
    is_hearsay: bool,
    /// Who is said to have it.
    hint: Option<String>,
}

/// The list.
#[derive(Debug, Default)]
pub struct Wanted {
    things: BTreeMap<Thing, Want>,
    attachments: u64,
}

impl Wanted {
    /// Wants a thing, now; `hint` is a peer that has it.
    pub fn add(&mut self, thing: Thing, hint: Option<String>, now: Instant) {
        if let Some(want) = self.things.get_mut(&thing) {
            want.due = want.due.min(now);
            want.is_hearsay &= hint.is_some();
            want.hint = hint.or(want.hint.take());
        } else if self.things.len() < WANTED_MAX {
            let (attempts, asking, is_hearsay) = (0, false, hint.is_some());
            self.things.insert(thing, Want { attempts, due: now, asking, is_hearsay, hint });
            self.attachments += u64::from(matches!(thing, Thing::Attachment(_)));
        }
    }

    /// Wants a thing, now unless it is wanted already.
    pub fn know(&mut self, thing: Thing, now: Instant) {
        if !self.things.contains_key(&thing) {
            self.add(thing, None, now);
        }
    }

    /// Wants a thing no longer.
    pub fn remove(&mut self, thing: &Thing) {
        if self.things.remove(thing).is_some() && matches!(thing, Thing::Attachment(_)) {
            self.attachments -= 1;
        }
    }

    /// How many attachments are wanted.
    pub fn attachments(&self) -> u64 {
        self.attachments
    }

    /// The next thing to ask for, with who is said to have it. It is asked for once at a time.
    pub fn take_due(&mut self, now: Instant) -> Option<(Thing, Option<String>)> {
        let is_due = |want: &Want| !want.asking && want.due <= now;
        let (thing, want) = self.things.iter_mut().find(|(_, want)| is_due(want))?;
        want.asking = true;
        Some((*thing, want.hint.take()))
    }

    /// Nobody had it.
    pub fn failed(&mut self, thing: &Thing, now: Instant) {
        let Some(want) = self.things.get_mut(thing) else { return };
        want.attempts = want.attempts.saturating_add(1);
        want.asking = false;
        let doubled = WAIT_MIN.saturating_mul(1 << want.attempts.min(16));
        // Somebody said meanwhile that it has it.
        want.due = if want.hint.is_some() { now } else { now + doubled.min(WAIT_MAX) };
        if want.is_hearsay && want.attempts >= HEARD_ATTEMPTS_MAX {
            self.remove(thing);
        }
    }
}
