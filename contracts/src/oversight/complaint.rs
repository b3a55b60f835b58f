//! Complaints (投诉举报): received, accepted or declined, answered, closed.
//!
//! Neither text nor names are entered: the complaint's text, the complainant's ticket and the
//! answer are salted commitments. The handler is never the organisation that the complaint is
//! about. Each duty has a last day, computed when it arises; whether an act kept it is judged by
//! the block's date. What is due on any day follows from the entry: [`Complaint::status`].
//!
//! **States**: received → accepted → answered → closed; received → declined.

pub(super) mod step;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::{Reference, deadline};
use crate::charity::fund::FundName;
use crate::context::Context;
use crate::project;
use crate::schema::{self, Table};

/// Complaints.
pub const COMPLAINTS: Table<ComplaintName, Complaint> = Table::new(schema::prefix::OVERSIGHT_FIRST);

/// Complaints by each organisation that has had to handle them.
pub const HANDLED: Table<(OrganizationCode, ComplaintName), ()> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 1);

/// How often a complaint can be handed on.
pub const TRANSFERS_MAX: u8 = 4;

/// Names a complaint.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct ComplaintName {
    /// The organisation that entered it.
    pub organization: OrganizationCode,
    /// What that organisation calls it.
    pub complaint: Reference,
}

/// What a complaint is about.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A record of this log.
    Record {
        /// Its position.
        index: LogIndex,
        /// Whose act it records; anybody can compare it with the log.
        organization: OrganizationCode,
    },
    /// An organisation.
    Organization(OrganizationCode),
    /// A project, and with it the unit that carries it out.
    Project(project::Reference),
    /// A charity's fund, and with it the charity.
    Fund(FundName),
}

/// A complaint that is being entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Receive {
    /// What the organisation that enters it calls it.
    pub reference: Reference,
    /// What it is about.
    pub target: Target,
    /// Its text, as a salted commitment.
    pub content: Commitment,
    /// The ticket that the complainant holds, as a salted commitment.
    pub ticket: Commitment,
    /// Who is to accept or decline it.
    pub handler: OrganizationCode,
    /// The day on which it was received.
    pub occurred_on: Date,
}

/// Why a complaint is not accepted.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// 不属于受理范围.
    OutOfRemit,
    /// 已经受理或者已经办结.
    AlreadyHandled,
    /// 应当通过诉讼、仲裁、行政复议等法定途径解决.
    LegalProceedings,
    /// 内容不具体,无法核实.
    NotSpecific,
    /// 投诉人撤回.
    Withdrawn,
}

/// What was found about a complaint.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 属实.
    Founded,
    /// 部分属实.
    PartlyFounded,
    /// 不属实.
    Unfounded,
    /// 无法查实.
    Undetermined,
    /// 投诉人撤回.
    Withdrawn,
}

/// Where the answer is.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Given to the complainant alone: a salted commitment to its text.
    Committed(Commitment),
    /// Published as an attachment.
    Attached(AttachmentHash),
}

/// How an answered complaint ended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Closure {
    /// 投诉人认可.
    Satisfied,
    /// 逾期未申请复查.
    NotContested,
    /// 复查复核维持.
    Upheld,
    /// 复查复核改变.
    Changed,
}

/// How far a complaint is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintStage {
    /// It is to be accepted or declined.
    Received,
    /// It is to be answered.
    Accepted,
    /// It was not accepted.
    Declined(DeclineReason),
    /// It was answered.
    Answered(Outcome),
    /// It is closed.
    Closed(Closure),
}

/// What a handler owes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// To accept, decline or hand on.
    Decision,
    /// To answer.
    Answer,
}

/// A duty that was done too late.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Late {
    /// Which.
    pub duty: Duty,
    /// Whose.
    pub handler: OrganizationCode,
    /// The last day on which it would have been in time.
    pub due: Date,
    /// The date of the block that did it.
    pub done_on: Date,
}

/// A complaint.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Complaint {
    /// What it is about.
    pub target: Target,
    /// The organisation that it is about.
    pub respondent: OrganizationCode,
    /// The ticket that the complainant holds.
    pub ticket: Commitment,
    /// The record that entered it.
    pub record: LogIndex,
    /// The day on which it was received.
    pub received_on: Date,
    /// Who handles it.
    pub handler: OrganizationCode,
    /// How far it is.
    pub stage: ComplaintStage,
    /// The last day for what is owed now; without meaning once nothing is.
    pub due: Date,
    /// How often it was handed on.
    pub transfers: u8,
    /// Whether the time to answer was extended.
    pub extended: bool,
    /// What was done too late.
    pub late: Vec<Late>,
    /// The day of the last act.
    pub occurred_on: Date,
}

/// What a complaint's entry comes to on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How far it is.
    pub stage: ComplaintStage,
    /// What is owed, and until when.
    pub owed: Option<(Duty, Date)>,
    /// By how many days that is overdue.
    pub days_overdue: u32,
}

impl Complaint {
    /// What the entry comes to on `date`.
    pub fn status(&self, date: Date) -> Status {
        let duty = match self.stage {
            ComplaintStage::Received => Some(Duty::Decision),
            ComplaintStage::Accepted => Some(Duty::Answer),
            _ => None,
        };
        let owed = duty.map(|duty| (duty, self.due));
        let days_overdue = owed.map_or(0, |(_, due)| deadline::days_late(due, date));
        Status { stage: self.stage, owed, days_overdue }
    }

    /// Notes that `duty` is done in this block; until when it was due, and whether that was kept.
    fn done(&mut self, duty: Duty, context: &Context<'_>) -> (Date, bool) {
        let (due, done_on) = (self.due, context.today());
        let on_time = done_on <= due;
        if !on_time {
            self.late.push(Late { duty, handler: self.handler, due, done_on });
        }
        (due, on_time)
    }
}
