//! From a notice to the acts that enter it: pure, so that a dry run shows exactly what a run does.
//!
//! Quota enters by fund source, 文号 and category; it is allocated to projects and units, spent and
//! carried over as the notice says. Where a notice prints no receipts, the quota that it must have
//! had enters as implied. Amounts are followed row by row: a row that spends, allocates or carries
//! more than there is, is refused with its line, and the rest goes on.

mod acts;
mod charity;
mod funds;
mod lines;

use std::collections::BTreeMap;

use minglian_contracts::allocation::Category;
use minglian_contracts::allocation::line::LineName;
use minglian_contracts::call::Call;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::kind::Kind;
use super::notice::{Notice, NoticeRow};
use super::party::{Party, Region};
use super::refusal::{Reason, RefusedRow};
use funds::Funds;

/// When an act is carried out: acts of one stage do not depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A corrected payment is reversed.
    UndoPayment,
    /// Carried quota that a correction takes back.
    UndoYearEnd,
    /// Allocated quota that a correction takes back.
    UndoAllocation,
    /// Entered quota that a correction takes back.
    UndoQuota,
    /// Projects are registered.
    Projects,
    /// Quota enters.
    Quota,
    /// Quota is allocated or issued.
    Allocation,
    /// Issued quota is received.
    Receipt,
    /// Money is spent.
    Payment,
    /// Unspent quota goes to the next year or leaves the fund.
    YearEnd,
    /// Figures without movement.
    Statement,
}

/// One act, with who signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub stage: Stage,
    /// Its row's line in the file; none for what the rows imply together.
    pub line: Option<u64>,
    /// The organisation whose act it is.
    pub organization: OrganizationCode,
    /// The finance department of its region, which takes back what a correction leaves over.
    pub finance: OrganizationCode,
    /// Who signs, in order.
    pub signers: Vec<Role>,
    /// The act's reference.
    pub reference: Text<128>,
    /// The act.
    pub call: Call,
    /// What it adds to the report.
    pub entry: Option<Entry>,
    /// The change of its row's amount for which it is entered, if the row was entered before.
    pub corrects: Option<Change>,
}

/// An amount that a row has no more, and the one that it has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// What stands on the ledger.
    pub from: Fen,
    /// What the row says.
    pub to: Fen,
}

/// What a figure is, in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Received, by the notice.
    Received,
    /// Implied by the notice.
    Implied,
    /// Allocated or issued.
    Allocated,
    /// Spent.
    Spent,
    /// Carried forward.
    Carried,
    /// 调出.
    TransferredOut,
    /// 筹集, stated without movement.
    Raised,
    /// 上缴, stated without movement.
    Remitted,
    /// A charity's income, declared without movement.
    Income,
    /// A charity's spending, declared without movement.
    Expenditure,
}

/// A figure of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Fund source as printed, with the kind of lottery where the notice tells them apart.
    pub fund: String,
    /// Category as printed.
    pub category: String,
    /// What it is.
    pub column: Column,
    /// How much.
    pub amount: Fen,
    /// How many were helped, in whatever the notice counts them.
    pub helped: u64,
}

/// Everything that enters one notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The notice.
    pub dataset: String,
    /// Organisations that must be registered.
    pub parties: Vec<Party>,
    /// The acts, by stage, then in the notice's order.
    pub acts: Vec<Act>,
    /// Rows that cannot stand.
    pub refused: Vec<RefusedRow>,
    /// Printed totals with what the rows come to.
    pub totals: Vec<ControlTotal>,
    /// Lines that say the same as an earlier one under another row number: that line, the earlier.
    pub repeated: Vec<(u64, u64)>,
}

/// A printed total beside the sum of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlTotal {
    /// Its line in the file.
    pub line: u64,
    /// What the notice calls it.
    pub item: String,
    /// The printed figure.
    pub printed: Fen,
    /// What the rows come to.
    pub computed: Fen,
}

impl ControlTotal {
    /// Whether both agree to the fen.
    pub fn agrees(&self) -> bool {
        self.printed == self.computed
    }
}

/// Plans a notice; `file` is the name that refusals show.
pub fn plan(file: &str, notice: &Notice) -> Plan {
    let mut planner = Planner {
        file,
        notice,
        funds: Funds::of(notice),
        balances: BTreeMap::new(),
        allocated: BTreeMap::new(),
        parties: BTreeMap::new(),
        plan: Plan { dataset: notice.dataset.to_string(), ..Plan::default() },
    };
    planner.run();
    let Planner { mut plan, parties, .. } = planner;
    plan.parties = parties.into_values().collect();
    plan.acts.sort_by_key(|act| act.stage);
    plan.totals = notice.control_totals().map(|row| control_total(notice, row)).collect();
    plan.totals.extend(funds::raised_totals(notice));
    plan.repeated = repeated(notice);
    plan
}

/// What says the same under two row numbers may be two things, or one that was copied.
fn repeated(notice: &Notice) -> Vec<(u64, u64)> {
    let mut seen = BTreeMap::new();
    let rows = notice.entries().filter(|row| !row.amount.is_zero());
    let twins = rows.filter_map(|row| {
        let texts = [&row.region, &row.fund_source, &row.category, &row.item];
        let texts = texts.map(|cell| cell.as_str());
        let more = [row.unit_or_recipient.as_str(), row.count.as_str(), row.note.as_str()];
        let first = *seen
            .entry((row.year, row.kind, row.amount, texts, more, documents_text(row)))
            .or_insert(row.line);
        (first != row.line).then_some((row.line, first))
    });
    twins.collect()
}

/// A line of quota with how much of it is left in this plan.
#[derive(Debug, Clone)]
struct Available {
    name: LineName,
    left: Fen,
}

/// Fund, documents and category: what keeps quota apart.
type GroupKey = (String, String, String);

struct Planner<'a> {
    file: &'a str,
    notice: &'a Notice,
    funds: Funds,
    /// Quota lines by group, in order of entry.
    balances: BTreeMap<GroupKey, Vec<Available>>,
    /// Allocated lines by group, in order of allocation.
    allocated: BTreeMap<GroupKey, Vec<Available>>,
    parties: BTreeMap<OrganizationCode, Party>,
    plan: Plan,
}

impl Planner<'_> {
    fn run(&mut self) {
        let rows: Vec<&NoticeRow> = self.notice.entries().collect();
        self.each(&rows, Kind::is_inflow, Self::inflow);
        self.implied(&rows);
        self.each(&rows, |kind| kind == Kind::Allocated, Self::allocate);
        self.each(&rows, |kind| kind == Kind::TransferDown, Self::transfer_down);
        self.each(&rows, |kind| kind == Kind::Spent, Self::spend);
        self.each(&rows, |kind| kind == Kind::TransferToGeneralBudget, Self::transfer_out);
        self.each(&rows, |kind| kind == Kind::CarriedForward, Self::carry);
        self.each(&rows, Kind::is_fund_figure, Self::fund_figure);
        self.each(&rows, Kind::is_charity, Self::declare);
    }

    /// Plans the rows of some kinds; a row that fails is refused and leaves nothing behind.
    fn each(
        &mut self,
        rows: &[&NoticeRow],
        belongs: impl Fn(Kind) -> bool,
        enter: impl Fn(&mut Self, &NoticeRow) -> Result<(), Reason>,
    ) {
        for row in rows.iter().filter(|row| belongs(row.kind)) {
            let before = self.plan.acts.len();
            if let Err(reason) = enter(self, row) {
                self.plan.acts.truncate(before);
                let refused = RefusedRow { file: self.file.to_owned(), line: row.line, reason };
                self.plan.refused.push(refused);
            }
        }
    }

    /// The region's departments, to be registered.
    fn region(&mut self, row: &NoticeRow) -> Result<Region, Reason> {
        let region = Region::of(row)?;
        for party in [&region.civil_affairs, &region.finance] {
            self.parties.insert(party.code, party.clone());
        }
        Ok(region)
    }

    fn register(&mut self, party: &Party) {
        self.parties.insert(party.code, party.clone());
    }
}

/// What quota lines of this row are kept under.
fn group_of(row: &NoticeRow) -> GroupKey {
    (funds::fund_name(row), documents_text(row), row.category.to_string())
}

fn documents_text(row: &NoticeRow) -> String {
    let numbers: Vec<String> =
        row.document_numbers.as_slice().iter().map(ToString::to_string).collect();
    numbers.join("、")
}

/// The law's category for a printed one, where it is one of the four.
fn category_of(printed: &str) -> Option<Category> {
    match printed {
        "老年人福利" | "养老" | "扶老" | "养老服务" => Some(Category::OldAge),
        "残疾人福利" | "残疾人" | "助残" => Some(Category::Disability),
        "儿童福利" | "儿童" | "救孤" => Some(Category::Children),
        "社会公益" | "济困" => Some(Category::PublicGood),
        _ => None,
    }
}

fn control_total(notice: &Notice, row: &NoticeRow) -> ControlTotal {
    let belongs = |entry: &&NoticeRow| {
        let in_kind = match row.kind {
            Kind::ReceivedTotal => entry.kind.is_inflow(),
            Kind::SpentTotal => entry.kind == Kind::Spent,
            Kind::Balance => entry.kind == Kind::CarriedForward,
            _ => entry.kind == first_kind(notice),
        };
        let same = |total: &str, entry: &str| total.is_empty() || total == entry;
        in_kind
            && same(row.fund_source.as_str(), entry.fund_source.as_str())
            && same(row.category.as_str(), entry.category.as_str())
    };
    let computed = Fen::sum(notice.entries().filter(belongs).map(|entry| entry.amount));
    ControlTotal {
        line: row.line,
        item: row.item.to_string(),
        printed: row.amount,
        computed: computed.unwrap_or(Fen::MAX),
    }
}

/// The kind that a plain total adds up: the notice's first.
fn first_kind(notice: &Notice) -> Kind {
    notice.entries().next().map_or(Kind::Allocated, |row| row.kind)
}
