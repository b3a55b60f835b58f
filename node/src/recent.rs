//! With which peers something happened lately. Only listed peers are noted, so they are few.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// Peers with which something happened, each for a while.
#[derive(Debug)]
pub struct Recent {
    span: Duration,
    times: BTreeMap<String, Instant>,
}

impl Recent {
    /// None yet; each is remembered for `span`.
    pub fn new(span: Duration) -> Self {
        Self { span, times: BTreeMap::new() }
    }

    /// Notes that it happens with a peer now, and forgets those with which it was long ago.
    pub fn note(&mut self, peer: &str, now: Instant) {
        self.times.retain(|_, time| now.duration_since(*time) < self.span);
        self.times.insert(peer.to_owned(), now);
    }

    /// Whether it happened with a peer lately.
    pub fn contains(&self, peer: &str, now: Instant) -> bool {
        self.times.get(peer).is_some_and(|time| now.duration_since(*time) < self.span)
    }
}
