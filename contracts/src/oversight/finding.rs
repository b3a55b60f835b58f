//! Audit findings (审计发现): what was found, what the audited organisation says and does about it,
//! and the auditor's judgement. The list of what is to be rectified (整改台账) is [`ledger`].
//!
//! **States**: open → claimed (by the audited organisation) → confirmed, or open again (by the
//! auditor, with a checker who did not enter the finding).

pub mod ledger;
pub(super) mod step;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::audit::EngagementName;
use crate::schema::{self, Table};

/// Findings, by engagement and number.
pub const FINDINGS: Table<(EngagementName, FindingNumber), Finding> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 3);

/// Findings by the audited organisation.
pub const FINDINGS_ABOUT: Table<(OrganizationCode, EngagementName, FindingNumber), ()> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 4);

/// Most records that one finding names.
pub const RECORDS_MAX: usize = 256;

/// Most attachments that evidence one rectification, or one inspection.
pub const EVIDENCE_MAX: usize = 16;

/// A finding's number in its engagement, as the auditor gives it.
pub type FindingNumber = u8;

/// What was found.
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
pub enum FindingKind {
    /// 截留.
    Withheld,
    /// 挤占.
    Encroached,
    /// 挪用.
    Misappropriated,
    /// 滞留.
    Detained,
    /// 超范围支出.
    OutOfScope,
    /// 超标准支出.
    AboveStandard,
    /// 账实不符.
    BooksDiffer,
    /// 虚报套取.
    FalselyClaimed,
    /// 未按期上缴或者拨付.
    PaidLate,
    /// 程序不合规.
    Procedure,
    /// 绩效目标未完成.
    TargetMissed,
    /// 其他问题.
    Other,
}

/// What the audited organisation says to a finding.
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
pub enum Position {
    /// 无异议.
    Accepted,
    /// 部分有异议.
    PartlyDisputed,
    /// 有异议.
    Disputed,
}

/// What the auditor says to a rectification.
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
pub enum Verdict {
    /// It is rectified (销号).
    Confirmed,
    /// It is not enough.
    Insufficient,
}

/// A finding that is being entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Record {
    /// The engagement, the auditor's own.
    pub engagement: EngagementName,
    /// Its number.
    pub number: FindingNumber,
    /// The organisation that it is about, in the engagement's scope.
    pub organization: OrganizationCode,
    /// The fund, in the engagement's scope, if it is about one.
    pub fund: Option<Text<64>>,
    /// The budget year, in the engagement's scope.
    pub year: u16,
    /// What was found.
    pub kind: FindingKind,
    /// The records of this log that show it, ascending.
    pub records: Vec<LogIndex>,
    /// How much money it is about.
    pub amount: Fen,
    /// The working paper (审计工作底稿).
    pub working_paper: AttachmentHash,
    /// The day.
    pub occurred_on: Date,
}

/// What was done about a finding.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Rectify {
    /// The engagement.
    pub engagement: EngagementName,
    /// The finding.
    pub finding: FindingNumber,
    /// How much of its money was put right.
    pub amount: Fen,
    /// What shows it: at least one.
    pub evidence: Vec<AttachmentHash>,
    /// The day.
    pub occurred_on: Date,
}

/// How far a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum FindingStage {
    /// It is to be rectified.
    Open,
    /// The audited organisation says that it is rectified.
    Claimed,
    /// The auditor says so too.
    Confirmed,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Finding {
    /// The organisation that it is about.
    pub organization: OrganizationCode,
    /// The fund, if it is about one.
    pub fund: Option<Text<64>>,
    /// The budget year.
    pub year: u16,
    /// What was found.
    pub kind: FindingKind,
    /// How much money it is about.
    pub amount: Fen,
    /// The working paper.
    pub working_paper: AttachmentHash,
    /// The record that entered it, in which the records stand that show it.
    pub record: LogIndex,
    /// The officer who entered it.
    pub found_by: PublicKey,
    /// Until when it is to be rectified.
    pub due: Date,
    /// How far it is.
    pub stage: FindingStage,
    /// What the audited organisation says.
    pub position: Option<Position>,
    /// How much of the money is said to be put right.
    pub rectified: Fen,
    /// The date of the block in which the audited organisation last said so.
    pub claimed_on: Option<Date>,
    /// The day of the last act.
    pub occurred_on: Date,
}
