//! The node's only clock.

use std::time::{SystemTime, UNIX_EPOCH};

use minglian_ledger::height::TimeMs;

/// The time now. A clock before 1970 reads as 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimeMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
