//! Places for what is served at a time: some in all, and a few for each peer or organisation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Places by who has them.
#[derive(Debug)]
pub struct Places {
    taken: Mutex<BTreeMap<String, usize>>,
    most: usize,
    peer_most: usize,
}

/// A peer's place. Dropping it gives the place up.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    peer: String,
}

impl Places {
    /// So many places, at most `peer_most` of them for one peer.
    pub fn new(most: usize, peer_most: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), most, peer_most })
    }

    /// A place for a peer; none if it has as many as it may, or all are taken.
    pub fn enter(self: &Arc<Self>, peer: &str) -> Option<Place> {
        let mut taken = self.lock();
        let own = taken.get(peer).copied().unwrap_or(0);
        if own >= self.peer_most || taken.values().sum::<usize>() >= self.most {
            return None;
        }
        taken.insert(peer.to_owned(), own + 1);
        Some(Place { places: self.clone(), peer: peer.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(count) = taken.get_mut(&self.peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.peer);
            }
        }
    }
}
