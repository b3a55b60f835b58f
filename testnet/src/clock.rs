//! The machine's clock, for the start of a new chain and for measuring.

use std::time::{SystemTime, UNIX_EPOCH};

use minglian_ledger::date::{self, Date};
use minglian_ledger::height::TimeMs;

/// The present time.
#[expect(clippy::disallowed_methods, reason = "a new chain starts now; nothing is executed here")]
pub fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimeMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Today in Beijing.
pub fn today() -> anyhow::Result<Date> {
    Ok(date::beijing_date(now())?)
}
