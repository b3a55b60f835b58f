//! Quota (指标): from the document that issues it to the project that spends it.
//!
//! A **line** is one document number, or one printed set of them, with one row: its own account in
//! the book, so the earmark is the account. Money comes in from outside by `RecordQuota`; a plan
//! (民政 proposes, 民政 checks, 财政 reviews) leads to `Issue`, which only a finance department
//! signs (预算法实施条例 第五十九条); the recipient confirms by `Receive`; `Allocate` gives it to a
//! project or unit of the same division. At the year's end money is carried over once, to the same
//! project; what is left at the end of the following year lapses (预算法 第四十二条).
//!
//! **Invariant**, for every line: quota + returned = paid + issued + carried + recovered +
//! transferred out + available, where available is the balance of its account.

mod budget_year;
pub mod check;
pub mod downward;
pub mod entry;
pub mod line;
pub mod monitor;
pub mod plan;
pub mod status;
pub mod subject;
pub mod year;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

pub use line::{LINES, Line, LineName};

use crate::book::CHARITY_FUND_MARK;
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// The parameter that says how many years after its first budget year money may still be spent.
pub const CARRY_OVER_YEARS: &str = "allocation.carry_over_years";

/// What the names of the parameters begin with that say how many days money may stay at a level;
/// `province` or `local` follows.
pub const HELD_DAYS_MAX: &str = "allocation.held_days_max.";

/// What the names of the finance department's lines begin with in which quota lies that was never
/// there: it was entered too high, and corrected. The corrected line's name follows.
pub const CORRECTED_LINE: &str = "按公告更正收回·";

/// The parameter that says which part of a year's money is issued before the year (提前下达), in
/// basis points.
pub const EARLY_ISSUE_MIN: &str = "allocation.early_issue_min";

/// What the names of the parameters begin with that say which part of the money is for a category
/// at least; the category's Chinese name follows. In basis points.
pub const CATEGORY_SHARE_MIN: &str = "allocation.category_share_min.";

const FINANCE: &[OrganizationKind] = &[OrganizationKind::Finance];
const CIVIL_AFFAIRS: &[OrganizationKind] = &[OrganizationKind::CivilAffairs];

/// The four purposes of the welfare fund (扶老、助残、救孤、济困).
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
pub enum Category {
    /// 老年人福利.
    OldAge,
    /// 残疾人福利.
    Disability,
    /// 儿童福利.
    Children,
    /// 社会公益.
    PublicGood,
}

impl Category {
    /// Its name in parameters and notices.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OldAge => "老年人福利",
            Self::Disability => "残疾人福利",
            Self::Children => "儿童福利",
            Self::PublicGood => "社会公益",
        }
    }
}

/// What a line is for. It only ever becomes narrower along the chain.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Purpose {
    /// The category, where it is decided.
    pub category: Option<Category>,
    /// The project's reference, where it is decided.
    pub project: Option<Text<128>>,
}

/// What an act rests on. At least one of the two is given.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Basis {
    /// 文号, one or the printed set; a set is never split.
    pub documents: DocumentNumberSet,
    /// The notice that prints the figure, where no 文号 is printed.
    pub printed_in: Option<Text<192>>,
}

/// How money came from outside the ledger.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// 上级下达.
    Issued,
    /// 分批下达的一笔.
    Tranche,
    /// 清算返还.
    SettlementReturn,
    /// 上年结转, of a year before the ledger began.
    BroughtForward,
    /// 本级安排 or 分成: the level's own share.
    OwnShare,
}

/// What a printed figure is, that is recorded without moving money.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// Nothing was spent, allocated or carried, and the notice prints the zero.
    Nothing,
    /// A subtotal or total, to be checked against the ledger.
    Total,
    /// A balance, to be checked against the ledger.
    Balance,
    /// 筹集: a sum of the fund that sales raised, to be checked against sales statements.
    Raised,
    /// 上缴: a sum of the fund that was sent up, to be checked against remittances.
    Remitted,
}

/// What can be done with quota.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Quota enters from outside the ledger. Finance, maker and checker.
    RecordQuota(entry::RecordQuota),
    /// A plan of who is to get what from a line. 民政 maker, 民政 checker, 财政 checker.
    Plan(plan::Plan),
    /// Quota is issued to another holder. Finance, maker and checker.
    Issue(downward::Grant),
    /// The holder confirms that issued quota has arrived. The holder's maker.
    Receive {
        /// The line.
        line: LineName,
        /// The day it arrived.
        occurred_on: Date,
    },
    /// A holder gives quota to a project or to a unit of its own division. Its maker and checker.
    Allocate(downward::Grant),
    /// Unspent quota goes to the next budget year, for the same project. Finance.
    CarryOver(year::CarryOver),
    /// Quota is taken back. Finance.
    Recover(year::TakeBack),
    /// What was not spent by the end of the following year becomes surplus (结余). Finance.
    Lapse(year::TakeBack),
    /// 调出: quota leaves the fund for another. Its own kind of act, never silent. Finance.
    TransferOut(year::TransferOut),
    /// A printed figure without movement: a zero, a total, a balance, a sum raised or sent up.
    State(entry::Statement),
    /// Gives a line its budget subject (科目). Finance.
    Classify(subject::Classify),
}

/// What became of quota. The money's way, with its intervals, is in the movements beside it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A line was opened.
    Opened {
        /// The line.
        line: LineName,
        /// The line from which its money came, unless it came from outside.
        parent: Option<LineName>,
        /// The purpose that it has from now on.
        purpose: Purpose,
    },
    /// The holder has the quota.
    Received {
        /// The line.
        line: LineName,
        /// Days since it was issued.
        days: u32,
    },
    /// The act is entered after the day it happened (补录).
    EnteredLate {
        /// The day it happened.
        occurred_on: Date,
    },
    /// A plan was approved.
    Planned {
        /// The plan's total.
        total: Fen,
    },
    /// How long money lay at a level before it was issued to a lower one.
    Held {
        /// The line that gave it.
        line: LineName,
        /// Days since the line was issued.
        days: u32,
        /// The most that the rule of the day allows, if there is one.
        days_max: Option<u32>,
    },
    /// A line has a budget subject from now on.
    Classified {
        /// The line.
        line: LineName,
        /// The subject.
        subject: subject::Subject,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        match self {
            Self::Plan(plan) => 60 + plan.rows.len() as u64,
            Self::State(_) | Self::Receive { .. } => 50,
            _ => 120,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let own = |kinds| vec![Step::own(kinds, Role::Maker), Step::own(kinds, Role::Checker)];
        match self {
            Self::RecordQuota(_)
            | Self::Issue(_)
            | Self::CarryOver(_)
            | Self::Recover(_)
            | Self::Lapse(_)
            | Self::TransferOut(_)
            | Self::Classify(_) => Policy::Steps(own(FINANCE)),
            Self::Plan(plan) => {
                let mut steps = own(CIVIL_AFFAIRS);
                steps.push(Step::of(plan.reviewer, FINANCE, Role::Checker));
                Policy::Steps(steps)
            }
            Self::Receive { .. } => Policy::Steps(vec![Step::own(&[], Role::Maker)]),
            Self::Allocate(_) | Self::State(_) => Policy::Steps(own(&[])),
        }
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::RecordQuota(quota) => entry::record(quota, state, context),
            Self::Plan(plan) => plan::enter(plan, state, context),
            Self::Issue(grant) => downward::issue(grant, state, context),
            Self::Receive { line, occurred_on } => {
                entry::receive(line, *occurred_on, state, context)
            }
            Self::Allocate(grant) => downward::allocate(grant, state, context),
            Self::CarryOver(carry) => year::carry_over(carry, state, context),
            Self::Recover(take) => year::recover(take, state, context),
            Self::Lapse(take) => year::lapse(take, state, context),
            Self::TransferOut(transfer) => year::transfer_out(transfer, state, context),
            Self::State(statement) => entry::state(statement, state, context),
            Self::Classify(classify) => subject::classify(classify, state, context),
        }
    }
}

impl Basis {
    /// Refuses an act that rests on nothing.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let is_printed = self.printed_in.as_ref().is_some_and(|notice| !notice.is_empty());
        if self.documents.is_empty() && !is_printed {
            return Err(Refusal::new(Code::LineMissingDocument, "neither 文号 nor notice"));
        }
        Ok(())
    }
}

impl Purpose {
    /// Whether `self` is `wider` or narrower than it.
    pub fn is_within(&self, wider: &Self) -> bool {
        fn fits<T: PartialEq>(narrow: &Option<T>, wide: &Option<T>) -> bool {
            wide.is_none() || narrow == wide
        }
        fits(&self.category, &wider.category) && fits(&self.project, &wider.project)
    }
}

/// Refuses a day that has not come, and reports one that has passed (补录).
///
/// # Errors
/// [`Code::FutureDate`].
pub fn check_date(context: &mut Context<'_>, occurred_on: Date) -> Result<(), Refusal> {
    if occurred_on > context.today() {
        let detail = format!("{occurred_on}, the block is of {}", context.today());
        return Err(Refusal::new(Code::FutureDate, detail));
    }
    if context.is_late(occurred_on) {
        context.emit(Event::EnteredLate { occurred_on });
    }
    Ok(())
}

/// Refuses quota under the name of a charity's fund.
fn require_no_charity_fund(fund: &Text<64>) -> Result<(), Refusal> {
    if fund.as_str().starts_with(CHARITY_FUND_MARK) {
        return Err(Refusal::new(Code::FundIsCharitys, fund));
    }
    Ok(())
}

/// Refuses unless `code` lies in the author's division.
pub(crate) fn require_inside(
    state: &State<'_>,
    context: &Context<'_>,
    code: &OrganizationCode,
) -> Result<(), Fault> {
    let division = crate::registry::organization(state, code)?.division;
    if context.author.division.contains(division) {
        return Ok(());
    }
    let detail = format!("{code} is in {division}, the act is of {}", context.author.division);
    Err(Refusal::new(Code::DivisionOutside, detail).into())
}
