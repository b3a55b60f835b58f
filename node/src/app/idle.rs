//! When an idle node begins the next height although nothing waits here.
//!
//! A peer's vote, proposal or stated height says that there is work elsewhere. None of them is
//! proven when it arrives, so a peer that lies could make the network write empty blocks without
//! end: each hint that led to nothing makes the node deaf to hints for twice as long as before.

use std::time::Duration;

use tokio::time::Instant;

/// How long the node is deaf after the first hint that led to nothing.
const DEAF_FIRST: Duration = Duration::from_secs(2);

/// The node's patience with hints.
#[derive(Debug)]
pub struct Hints {
    longest: Duration,
    deaf: Duration,
    deaf_until: Instant,
    followed: bool,
}

impl Hints {
    /// Listens from `now` on; never deaf for longer than `longest`.
    pub fn new(longest: Duration, now: Instant) -> Self {
        let deaf = Duration::ZERO;
        Self { longest, deaf, deaf_until: now, followed: false }
    }

    /// Whether to follow a hint now; notes that one was followed.
    pub fn follow(&mut self, now: Instant) -> bool {
        let follows = !self.is_deaf(now);
        self.followed |= follows;
        follows
    }

    /// Whether the node is deaf now.
    pub fn is_deaf(&self, now: Instant) -> bool {
        now < self.deaf_until
    }

    /// When the node listens again.
    pub fn deaf_until(&self) -> Instant {
        self.deaf_until
    }

    /// A height ended with a block that brought something, or that others had decided before: there
    /// was work.
    pub fn worked(&mut self, now: Instant) {
        *self = Self::new(self.longest, now);
    }

    /// A height ended with an empty block, `pause` after the one before. One that the heartbeat
    /// would have brought soon anyway is no harm: a peer's heart beats a little earlier.
    pub fn was_empty(&mut self, now: Instant, pause: Duration) {
        if std::mem::take(&mut self.followed) && pause < self.longest / 2 {
            self.deaf = (2 * self.deaf).clamp(DEAF_FIRST, self.longest.max(DEAF_FIRST));
            self.deaf_until = now + self.deaf;
        }
    }
}
