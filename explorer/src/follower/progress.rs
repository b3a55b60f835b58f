//! How fast catching up goes, for the operator.

use std::time::{Duration, Instant};

use minglian_ledger::height::Height;

/// How often a line goes to the log.
const INTERVAL: Duration = Duration::from_secs(5);

/// What was done since the last line.
#[derive(Debug)]
pub struct Progress {
    at: Instant,
    height: Height,
    records: u64,
}

impl Progress {
    /// Begins to count at this height, with so many records before it.
    pub fn new(height: Height, records: u64) -> Self {
        Self { at: Instant::now(), height, records }
    }

    /// Says how far it is, if it was not said lately: heights, records a second, and how long the
    /// rest takes at the pace of the last seconds.
    pub fn say(&mut self, height: Height, records: u64, target: Height) {
        let elapsed = self.at.elapsed();
        if elapsed < INTERVAL {
            return;
        }
        let (blocks_a_second, records_a_second) = (
            pace(height.0.saturating_sub(self.height.0), elapsed),
            pace(records.saturating_sub(self.records), elapsed),
        );
        let done = height.0.saturating_sub(self.height.0);
        let rest = target.0.saturating_sub(height.0);
        // Left out if no block was verified meanwhile: that tells nothing of the rest.
        let remaining_seconds = rest.saturating_mul(elapsed.as_secs()).checked_div(done);
        tracing::info!(
            verified = height.0,
            target = target.0,
            records_a_second,
            blocks_a_second,
            remaining_seconds,
            "verifying"
        );
        *self = Self::new(height, records);
    }
}

/// So many in so long, a second.
fn pace(count: u64, elapsed: Duration) -> u64 {
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1000) / elapsed_ms
}
