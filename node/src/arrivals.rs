//! Who has come of the connected peers, so that each is given at once what it may have missed. That
//! costs all others something, so one that comes and goes is given it once in a while.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::recent::Recent;

/// How long after a peer came it counts as having come again.
pub const SPAN: Duration = Duration::from_secs(30);

/// Who was seen to come.
#[derive(Debug)]
pub struct Arrivals {
    /// Who came and has stayed.
    peers: BTreeSet<String>,
    recent: Recent,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { peers: BTreeSet::new(), recent: Recent::new(SPAN) }
    }
}

impl Arrivals {
    /// Who has come since the last look, when these are connected now. Who is back too soon comes
    /// at a later look, if it is there then.
    pub fn look(&mut self, connected: Vec<String>, now: Instant) -> Vec<String> {
        let mut come: BTreeSet<String> = connected.into_iter().collect();
        self.peers.retain(|peer| come.contains(peer));
        come.retain(|peer| !self.peers.contains(peer) && !self.recent.contains(peer, now));
        for peer in &come {
            self.recent.note(peer, now);
        }
        self.peers.extend(come.iter().cloned());
        come.into_iter().collect()
    }
}
