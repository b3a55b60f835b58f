//! What the node counts, in the text format that Prometheus reads. No label or value names a
//! person, a key or an amount.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::admission::{AdmissionError, Admitted};

/// The node's counters and gauges.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Height of the last committed block.
    pub height: AtomicU64,
    /// Leaves in the log.
    pub log_size: AtomicU64,
    /// Committed transactions since start.
    pub committed: AtomicU64,
    /// Transactions waiting.
    pub waiting: AtomicU64,
    /// Transactions that expired while waiting.
    pub expired: AtomicU64,
    /// Transactions dropped because a proposal of this node could not hold them.
    pub left_out: AtomicU64,
    /// Round of the last decision.
    pub round: AtomicU64,
    /// Proposals judged invalid.
    pub invalid_proposals: AtomicU64,
    /// Proposal parts refused.
    pub refused_parts: AtomicU64,
    /// Blocks that came by value sync.
    pub synced_blocks: AtomicU64,
    /// Equivocations seen.
    pub equivocations: AtomicU64,
    /// Microseconds spent building or executing blocks.
    pub execute_us: AtomicU64,
    /// Microseconds spent writing blocks.
    pub commit_us: AtomicU64,
    admissions: Mutex<BTreeMap<&'static str, u64>>,
}

impl Metrics {
    /// Counts the answers of one admission.
    pub fn count_admissions(&self, answers: &[Result<Admitted, AdmissionError>]) {
        let mut admissions = self.admissions.lock().unwrap_or_else(PoisonError::into_inner);
        for answer in answers {
            let code = match answer {
                Ok(Admitted { committed: Some(_), .. }) => "committed_before",
                Ok(_) => "admitted",
                Err(error) => error.code(),
            };
            *admissions.entry(code).or_default() += 1;
        }
    }

    /// Counts transactions that expired while they waited.
    pub fn count_expired(&self, count: usize) {
        self.expired.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Counts transactions dropped because a proposal could not hold them.
    pub fn count_left_out(&self, count: usize) {
        self.left_out.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The text that `/metrics` serves.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let values: [(&str, &str, &AtomicU64); 13] = [
            ("height", "gauge", &self.height),
            ("log_size", "gauge", &self.log_size),
            ("committed_transactions_total", "counter", &self.committed),
            ("waiting_transactions", "gauge", &self.waiting),
            ("expired_transactions_total", "counter", &self.expired),
            ("left_out_transactions_total", "counter", &self.left_out),
            ("round", "gauge", &self.round),
            ("invalid_proposals_total", "counter", &self.invalid_proposals),
            ("refused_parts_total", "counter", &self.refused_parts),
            ("synced_blocks_total", "counter", &self.synced_blocks),
            ("equivocations_total", "counter", &self.equivocations),
            ("execute_microseconds_total", "counter", &self.execute_us),
            ("commit_microseconds_total", "counter", &self.commit_us),
        ];
        for (name, kind, value) in values {
            let value = value.load(Ordering::Relaxed);
            // Writing to a String does not fail.
            let _ = write!(text, "# TYPE minglian_{name} {kind}\nminglian_{name} {value}\n");
        }
        text.push_str("# TYPE minglian_admissions_total counter\n");
        let admissions = self.admissions.lock().unwrap_or_else(PoisonError::into_inner);
        for (code, count) in &*admissions {
            let _ = writeln!(text, "minglian_admissions_total{{code=\"{code}\"}} {count}");
        }
        text
    }
}
