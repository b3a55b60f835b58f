//! What the keeper counts, in the text format that Prometheus reads. No label names a person.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Keeper;

/// Counts for the metrics.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) received: AtomicU64,
    pub(super) refused: AtomicU64,
    /// What others have and this node has no room for.
    pub(super) left: AtomicU64,
    pub(super) damaged: AtomicU64,
    pub(super) erased: AtomicU64,
    pub(super) missing: AtomicU64,
}

impl Keeper {
    /// Counters and gauges in the text format that Prometheus reads.
    pub fn render(&self) -> String {
        let (kept, bytes) = {
            let index = self.lock();
            (index.len() as u64, index.bytes())
        };
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counts { received, refused, left, damaged, erased, missing } = &self.counts;
        let values = [
            ("attachments", "gauge", kept),
            ("attachments_bytes", "gauge", bytes),
            ("attachments_missing", "gauge", read(missing)),
            ("attachments_damaged_total", "counter", read(damaged)),
            ("attachments_to_delete", "gauge", self.blobs.unwanted() as u64),
            ("openings", "gauge", self.openings.count() as u64),
            ("deposits_received_total", "counter", read(received)),
            ("deposits_refused_total", "counter", read(refused)),
            ("deposits_left_for_want_of_room_total", "counter", read(left)),
            ("erased_total", "counter", read(erased)),
        ];
        let lines = values.map(|(name, kind, value)| {
            format!("# TYPE minglian_{name} {kind}\nminglian_{name} {value}\n")
        });
        lines.concat() + &self.readers.render()
    }
}
