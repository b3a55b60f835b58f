//! Complaints, audits and samples.

use minglian_ledger::date::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComplaintView {
    /// Who entered it under which reference.
    pub name: Value,
    /// What the ledger holds of it.
    pub complaint: Value,
    /// What is due, and by how many days it is overdue.
    pub status: Value,
    /// The date of the last block, for which the status holds.
    pub as_of: Date,
}

/// An audit engagement with a page of its findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// Whose it is under which reference.
    pub name: Value,
    /// Its scope and state.
    pub audit: Value,
    /// Findings by number, each with how far its rectification is; amounts in fen.
    pub findings: Vec<Value>,
    /// Give this as `after` for the next ones; none at the end.
    pub next: Option<u8>,
    /// The date of the last block, for which the overdue days hold.
    pub as_of: Date,
}

/// A plan for a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleView {
    /// Whose it is under which reference.
    pub name: Value,
    /// The plan and what became of it.
    pub sample: Value,
    /// What it waits for, or how it ended.
    pub standing: Value,
    /// The positions in the frame that were drawn, in the order of their ranks.
    pub ranks: Vec<u64>,
}
