//! What is reported of oversight.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{BlockId, SampleSeed};
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::sample::Pairing;
use serde::{Deserialize, Serialize};

use super::Reference;
use super::audit::EngagementName;
use super::complaint::ComplaintName;
use super::draw::Issue;
use super::finding::FindingNumber;
use super::sample::SampleName;
use crate::lottery::Game;

/// What came of oversight. `on_time` compares `due` with the block's date, never with the day that
/// the act states.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A complaint was entered.
    ComplaintReceived {
        /// The complaint.
        complaint: ComplaintName,
        /// The organisation that it is about.
        respondent: OrganizationCode,
        /// Until when it is to be accepted or declined.
        due: Date,
    },
    /// A complaint was accepted.
    ComplaintAccepted {
        /// The complaint.
        complaint: ComplaintName,
        /// Until when that was due.
        due: Date,
        /// Whether it was in time.
        on_time: bool,
        /// Until when the answer is due.
        next_due: Date,
    },
    /// A complaint was not accepted.
    ComplaintDeclined {
        /// The complaint.
        complaint: ComplaintName,
        /// Until when that was due.
        due: Date,
        /// Whether it was in time.
        on_time: bool,
    },
    /// A complaint has another handler.
    ComplaintTransferred {
        /// The complaint.
        complaint: ComplaintName,
        /// Until when the old one was to decide.
        due: Date,
        /// Whether it was in time.
        on_time: bool,
        /// Until when the new one is to decide.
        next_due: Date,
    },
    /// The time to answer a complaint was extended.
    ComplaintExtended {
        /// The complaint.
        complaint: ComplaintName,
        /// Until when the answer is due.
        next_due: Date,
    },
    /// A complaint was answered.
    ComplaintAnswered {
        /// The complaint.
        complaint: ComplaintName,
        /// Until when that was due.
        due: Date,
        /// Whether it was in time.
        on_time: bool,
    },
    /// A complaint is closed.
    ComplaintClosed {
        /// The complaint.
        complaint: ComplaintName,
    },
    /// An engagement is open.
    AuditOpened {
        /// The engagement.
        engagement: EngagementName,
    },
    /// A finding was entered.
    FindingRecorded {
        /// The engagement.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
        /// Until when it is to be rectified.
        due: Date,
    },
    /// The audited organisation took its position.
    FindingResponded {
        /// The engagement.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
    },
    /// A finding is said to be rectified.
    FindingRectified {
        /// The engagement.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
        /// Until when that was due.
        due: Date,
        /// Whether it was in time.
        on_time: bool,
    },
    /// The auditor confirmed that a finding is rectified.
    FindingConfirmed {
        /// The engagement.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
        /// How many findings of the engagement are not confirmed.
        open: u32,
    },
    /// What was done about a finding is not enough: it is open again.
    FindingReturned {
        /// The engagement.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
    },
    /// An engagement ended.
    AuditClosed {
        /// The engagement.
        engagement: EngagementName,
        /// How many findings stay open.
        open: u32,
    },
    /// A plan is committed.
    SamplePlanned {
        /// The plan.
        plan: SampleName,
        /// How many items it draws from.
        population: u64,
        /// The block whose id enters the seed.
        target: Height,
    },
    /// A plan was cancelled; it stays in sight.
    SampleCancelled {
        /// The plan.
        plan: SampleName,
    },
    /// The winning numbers of a draw were entered.
    DrawEntered {
        /// The game.
        game: Game,
        /// The draw's number (期号).
        issue: Issue,
    },
    /// A sample is drawn: its ranks follow from the seed.
    SampleDrawn {
        /// The plan.
        plan: SampleName,
        /// The block at the planned height.
        block: BlockId,
        /// The seed.
        seed: SampleSeed,
        /// For an inspection, the objects in the order of their ranks, with their inspectors.
        pairings: Vec<Pairing>,
    },
    /// A pool was entered.
    PoolOpened {
        /// What its organisation calls it.
        pool: Reference,
        /// How many are in it.
        members: u32,
    },
    /// What an inspection found was entered.
    Inspected {
        /// The plan.
        plan: SampleName,
        /// The object.
        object: OrganizationCode,
        /// The positions of who inspected it.
        inspectors: Vec<u32>,
    },
}
