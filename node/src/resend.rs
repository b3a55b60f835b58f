//! Passing on again what waits for long, because gossip is best effort: who was away or slow when a
//! transaction was sent would not know it, and only its first node would propose it.
//!
//! What has waited for [`WAIT_TICKS`] is sent again, whatever the chain does meanwhile, so much at
//! a time, and in turn until all of it was sent; and much of what waits when a peer comes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::admission::Admission;
use crate::arrivals::Arrivals;
use crate::gossip::GossipHandle;

/// How long a tick is.
const TICK: Duration = Duration::from_secs(2);

/// For how many ticks a transaction waits before it is sent again, and again.
pub const WAIT_TICKS: usize = 5;

/// Bytes sent again at a time.
const BYTES_MAX: usize = 1 << 20;

/// Bytes sent when a peer comes.
const PEER_BYTES_MAX: usize = 8 << 20;

/// Sends again for as long as the gossip runs.
pub async fn run(admission: Arc<Admission>, gossip: GossipHandle) {
    let mut schedule = Schedule::default();
    loop {
        tokio::time::sleep(TICK).await;
        let due = schedule.tick(admission.next_arrival(), gossip.connected(), Instant::now());
        let (waiting, next) = admission.arrived(due.from, due.until, due.bytes);
        schedule.sent(due, next);
        let waiting = waiting.into_iter().map(Bytes::from).collect();
        if let Err(error) = gossip.rebroadcast_transactions(waiting) {
            tracing::warn!(%error, "cannot pass on transactions again");
        }
    }
}

/// What is due: of the pool's arrivals from one up to another, at most so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The first.
    pub from: u64,
    /// Behind the last.
    pub until: u64,
    /// Bytes in all.
    pub bytes: usize,
}

/// What was sent, by the pool's arrivals.
#[derive(Debug, Default)]
pub struct Schedule {
    /// The pool's next arrival at the last ticks, the oldest first.
    marks: VecDeque<u64>,
    /// Where the next round goes on.
    place: u64,
    /// Ticks until the next round may begin.
    pause: usize,
    arrivals: Arrivals,
}

impl Schedule {
    /// What is due at a tick, when the pool's next arrival and the connected peers are these.
    pub fn tick(&mut self, next_arrival: u64, connected: Vec<String>, now: Instant) -> Due {
        self.marks.push_back(next_arrival);
        let is_old = self.marks.len() > WAIT_TICKS;
        let old = if is_old { self.marks.pop_front() } else { None }.unwrap_or(0);
        self.pause = self.pause.saturating_sub(1);
        if !self.arrivals.look(connected, now).is_empty() {
            self.pause = 0;
            return Due { from: 0, until: next_arrival, bytes: PEER_BYTES_MAX };
        }
        let until = if self.pause == 0 { old } else { 0 };
        Due { from: self.place, until, bytes: BYTES_MAX }
    }

    /// What was due was sent up to `next`; up to its end if that is none.
    pub fn sent(&mut self, due: Due, next: Option<u64>) {
        if due.until == 0 {
            return;
        }
        match next {
            // A round that is further already goes on: a peer that comes does not hold it up.
            Some(next) => self.place = self.place.max(next),
            // All of it: the next round begins when as much time has passed.
            None => (self.place, self.pause) = (0, WAIT_TICKS),
        }
    }
}
