//! How far the money of a line is: derived from its sums, never entered.
//!
//! PROPOSED and REVIEWED are states of a plan's row, before there is a line; ISSUED to COMPLETED
//! follow from the line's own sums; ACCEPTED and EVALUATED from its project. What happened beside
//! the way (returned, recovered, carried, lapsed, 调出) stands next to the stage.

use minglian_ledger::fen::Fen;
use serde::{Deserialize, Serialize};

use super::line::Line;
use super::plan::ApprovedPlan;

/// How far money is, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A plan's row that 民政 has proposed and 财政 has not reviewed.
    Proposed,
    /// A plan's row that 财政 has reviewed and not yet issued whole.
    Reviewed,
    /// Issued, not received.
    Issued,
    /// Received.
    Received,
    /// A part of it went on to another line.
    Suballocated,
    /// A part of it is paid.
    Paying,
    /// Nothing of it is left.
    Completed,
    /// Its project was accepted (验收).
    Accepted,
    /// Its project was evaluated.
    Evaluated,
    /// Its use was announced.
    Announced,
}

/// What is known beside the line itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// What of it lapsed ([`super::year::LAPSED`]).
    pub lapsed: Fen,
    /// What payments gave back that were entered wrongly and reversed.
    pub corrected: Fen,
    /// Whether its project was accepted.
    pub is_accepted: bool,
    /// Whether its project was evaluated.
    pub is_evaluated: bool,
    /// Whether its use was announced.
    pub is_announced: bool,
}

impl Stage {
    /// In Chinese, as pages and reports say it.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Proposed => "已提出",
            Self::Reviewed => "已审核",
            Self::Issued => "已下达",
            Self::Received => "已签收",
            Self::Suballocated => "已分配",
            Self::Paying => "支付中",
            Self::Completed => "已支付完毕",
            Self::Accepted => "已验收",
            Self::Evaluated => "已评价",
            Self::Announced => "已公告",
        }
    }

    /// In English.
    pub const fn english(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Reviewed => "reviewed",
            Self::Issued => "issued",
            Self::Received => "received",
            Self::Suballocated => "suballocated",
            Self::Paying => "paying",
            Self::Completed => "completed",
            Self::Accepted => "accepted",
            Self::Evaluated => "evaluated",
            Self::Announced => "announced",
        }
    }
}

/// A line's state, with the amounts that left its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How far it is.
    pub stage: Stage,
    /// Came back from payments or lines below (RETURNED), what was corrected not counted.
    pub returned: Fen,
    /// Came back from payments that were entered wrongly (CORRECTED).
    pub corrected: Fen,
    /// Was taken back (RECOVERED), what lapsed not counted.
    pub recovered: Fen,
    /// Was carried over (CARRIED).
    pub carried: Fen,
    /// Became surplus (LAPSED).
    pub lapsed: Fen,
    /// 调出.
    pub transferred_out: Fen,
}

/// The state of a line.
pub fn of_line(line: &Line, known: Known) -> Status {
    let stage = if known.is_announced && line.received_on.is_some() {
        Stage::Announced
    } else if known.is_evaluated {
        Stage::Evaluated
    } else if known.is_accepted {
        Stage::Accepted
    } else if line.received_on.is_none() {
        Stage::Issued
    } else if !line.paid.is_zero() {
        let is_left = line.available().is_some_and(|available| !available.is_zero());
        if is_left { Stage::Paying } else { Stage::Completed }
    } else if !line.issued.is_zero() {
        Stage::Suballocated
    } else {
        Stage::Received
    };
    Status {
        stage,
        returned: line.returned.checked_sub(known.corrected).unwrap_or_default(),
        corrected: known.corrected,
        recovered: line.recovered.checked_sub(known.lapsed).unwrap_or_default(),
        carried: line.carried,
        lapsed: known.lapsed,
        transferred_out: line.transferred_out,
    }
}

/// The state of a row of an approved plan: reviewed until it is issued whole; none if there is no
/// such row. While the plan waits for its reviewer its rows are [`Stage::Proposed`].
pub fn of_row(plan: &ApprovedPlan, row: usize) -> Option<Stage> {
    let (planned, issued) = (plan.rows.get(row)?.amount, *plan.issued.get(row)?);
    Some(if issued < planned { Stage::Reviewed } else { Stage::Issued })
}
