//! 滞留天数表: for how many days quota waited at each level: from issue to receipt, and from receipt
//! until the holder passed it on or paid from it.

use minglian_ledger::date::Date;
use minglian_ledger::state::{StateError, StateRead};

use super::facts::Facts;
use super::field::Field;
use super::flow::{Flow, Flows};
use super::lines::Ask;
use super::rule::HeldDays;
use super::selection::Lookup;
use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Report};
use crate::allocation::LineName;
use crate::book::AccountId;
use crate::book::Kind as Movement;

/// Most lines of a page: each asks the log.
pub const HOLDING_LINES_MAX: usize = 500;

/// How many movements out of a line are read to find the first that passes money on.
const OUTFLOWS_MAX: usize = 16;

const FIELDS: [Field; 12] = [
    Field::Holder,
    Field::HolderName,
    Field::Division,
    Field::Fund,
    Field::Year,
    Field::Category,
    Field::Project,
    Field::Line,
    Field::IssuedOn,
    Field::ReceivedOn,
    Field::DaysToReceive,
    Field::Quota,
];

const COLUMNS: [Column; 7] = [
    Column::new("onward_on", Kind::Particular, "首次分配或支付日期", "First passed on or paid on"),
    Column::new("onward_record", Kind::Particular, "首次分配或支付记录", "Record of that"),
    Column::new("days_held", Kind::Number, "签收后滞留天数", "Days held after receipt"),
    Column::new("is_held", Kind::Particular, "是否仍滞留", "Still held"),
    Column::new("limit_days", Kind::Number, "期限(日)", "Limit (days)"),
    Column::new("limit_exceeded_days", Kind::Number, "超过的期限(日)", "Limit exceeded (days)"),
    Column::new("available", Kind::Sum, "可用余额", "Available"),
];

/// For how long one line's money waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// The first movement that passed it on or paid from it.
    pub onward: Option<Flow>,
    /// Days from issue to receipt, or until today.
    pub days_to_receive: i64,
    /// Days from receipt to that movement, or until today while money is left.
    pub days_held: Option<i64>,
    /// Whether it waits still.
    pub is_held: bool,
}

impl Waited {
    /// How long the money of a line waited.
    ///
    /// # Errors
    /// [`StateError`] if the log's indexes cannot be read.
    pub fn of(facts: &Facts, flows: &dyn Flows, today: Date) -> Result<Self, StateError> {
        let outflows = flows.outflows(&facts.name.account(), OUTFLOWS_MAX)?;
        let parent = facts.line.parent.as_ref().map(LineName::account);
        let onward = outflows.into_iter().find(|flow| passes_on(flow, parent.as_ref()));
        let is_held = onward.is_none() && !facts.balance.is_zero();
        let until = onward.as_ref().map(|flow| flow.occurred_on).or(is_held.then_some(today));
        let received_on = facts.line.received_on;
        let days_held = received_on
            .zip(until)
            .map(|(received_on, until)| i64::from(received_on.days_until(until)));
        let days_to_receive = facts.days_to_receive(today);
        Ok(Self { onward, days_to_receive, days_held, is_held })
    }

    /// The limit if either wait exceeds it; 0 if none does.
    pub fn exceeded(&self, limit: i64) -> i64 {
        let longest = self.days_to_receive.max(self.days_held.unwrap_or(0));
        if longest > limit { limit } else { 0 }
    }
}

/// Whether money went on: what is given back to the line above, carried over or reversed does not.
fn passes_on(flow: &Flow, parent: Option<&AccountId>) -> bool {
    match flow.movement.kind {
        Movement::Payment => true,
        Movement::Transfer => parent != Some(&flow.movement.to),
        _ => false,
    }
}

/// Makes a page of 滞留天数表.
///
/// # Errors
/// [`StateError`] if state or indexes cannot be read.
pub fn holding(
    reader: &dyn StateRead,
    flows: &dyn Flows,
    ask: &Ask,
    as_of: AsOf,
) -> Result<Report, StateError> {
    let limits = HeldDays::find(reader, as_of.date)?;
    let mut lookup = Lookup::new(reader);
    let limit = ask.limit.min(HOLDING_LINES_MAX);
    let found = ask.selection.lines(&mut lookup, ask.after.as_deref(), limit)?;
    let columns = FIELDS.iter().map(|field| field.column()).chain(COLUMNS).collect();
    let mut table = Table::new(columns);
    let (mut left, mut balance) = (0, 0);
    for (name, line) in found.lines {
        let facts = Facts::of(name, line, &ask.selection, &mut lookup)?;
        let sums = facts.sums();
        let waited = Waited::of(&facts, flows, as_of.date)?;
        let limit_days = limits.of(facts.level()).value;
        left += sums.left;
        balance += i128::from(facts.balance.get());
        let mut cells: Vec<Cell> =
            FIELDS.iter().map(|field| field.cell(&facts, &sums, as_of.date)).collect();
        cells.extend([
            Cell::date(waited.onward.as_ref().map(|flow| flow.occurred_on)),
            Cell::optional(waited.onward.as_ref().map(|flow| flow.record)),
            waited.days_held.map_or(Cell::Empty, Cell::Number),
            Cell::Flag(waited.is_held),
            Cell::Number(limit_days),
            Cell::Number(waited.exceeded(limit_days)),
            sums.left.into(),
        ]);
        table.add(cells);
    }
    let mut report = Report::of("holding", as_of, table);
    let (chinese, english) = ("余额列合计 = 账簿余额合计", "available = the book's balances");
    report.reconciliation = vec![Check::new("available", chinese, english, left, balance)];
    report.rules = limits.into_rules();
    report.next = found.next;
    Ok(report)
}
