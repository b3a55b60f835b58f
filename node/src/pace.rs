//! How long what comes over a network may take.

use std::time::Duration;

use tokio::time::Instant;

/// What comes earns a millisecond with this many bytes: slower than half a megabit a second it
/// ends.
const BYTES_PER_MS: u64 = 64;

/// The deadline of something that comes, which moves on as it comes.
#[derive(Debug)]
pub struct Pace {
    start: Instant,
    come: u64,
}

impl Pace {
    /// Something begins to come that may bring nothing for so long, in all.
    pub fn new(patience: Duration) -> Self {
        Self { start: Instant::now() + patience, come: 0 }
    }

    /// Waits for what comes next; none once it has come too slowly.
    pub async fn next<T>(&self, next: impl Future<Output = T>) -> Option<T> {
        let earned = Duration::from_millis(self.come / BYTES_PER_MS);
        tokio::time::timeout_at(self.start + earned, next).await.ok()
    }

    /// So many bytes came.
    pub fn came(&mut self, bytes: usize) {
        self.come = self.come.saturating_add(bytes as u64);
    }

    /// Bytes that came so far.
    pub fn bytes(&self) -> u64 {
        self.come
    }
}
