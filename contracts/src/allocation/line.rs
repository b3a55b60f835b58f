//! Quota lines: what each is for, what went in, what went where.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::{Basis, Event, Purpose, budget_year};
use crate::book::{self, AccountId, Measure, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Quota lines.
pub const LINES: Table<LineName, Line> = Table::new(schema::prefix::LINES);

/// Received lines by holder and project, so that a project's are found among a holder's. A line
/// that another wrote in the holder's name is not here before the holder has received it.
pub const PROJECT_LINES: Table<(OrganizationCode, Text<128>, LineName), ()> =
    Table::new(schema::prefix::PROJECT_LINES);

/// Names a quota line.
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
pub struct LineName {
    /// Who holds it.
    pub holder: OrganizationCode,
    /// The fund, e.g. `中央集中彩票公益金`. It never changes along the chain.
    pub fund: Text<64>,
    /// The budget year.
    pub year: u16,
    /// 文号 and row, or what the holder calls it; carried money keeps it, so it holds no year of
    /// its own.
    pub line: Text<160>,
}

impl LineName {
    /// The line's account in the book.
    pub fn account(&self) -> AccountId {
        AccountId::Line {
            holder: self.holder,
            measure: Measure::Quota,
            fund: self.fund.clone(),
            year: self.year,
            line: self.line.clone(),
        }
    }

    /// How what obliges its holder to announce the use of this fund's quota of this year calls it:
    /// fund and year, which fit.
    pub fn announced_as(&self) -> Text<160> {
        Text::new(format!("{}/{}", self.fund, self.year)).unwrap_or_default()
    }
}

/// A quota line. The amounts are sums over its life; what is available is its account's balance.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Line {
    /// What it is for.
    pub purpose: Purpose,
    /// What it rests on.
    pub basis: Basis,
    /// The line from which its first money came, unless that came from outside.
    pub parent: Option<LineName>,
    /// The budget year for which its money was first issued: it decides when it lapses.
    pub first_year: u16,
    /// Whether a notice only implies that it was received.
    pub implied: bool,
    /// The day it was issued, from which days held are counted.
    pub issued_on: Date,
    /// The day the holder received it.
    pub received_on: Option<Date>,
    /// Came in, less what was carried here and taken back.
    pub quota: Fen,
    /// Came back from lines below, or from payments that failed.
    pub returned: Fen,
    /// Paid.
    pub paid: Fen,
    /// Issued down or allocated.
    pub issued: Fen,
    /// Carried to the next year, less what was taken back.
    pub carried: Fen,
    /// Taken back, or lapsed.
    pub recovered: Fen,
    /// 调出.
    pub transferred_out: Fen,
}

/// Where money leaves a line to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outflow {
    /// A payment.
    Paid,
    /// A line below.
    Issued,
    /// The next year's line.
    Carried,
    /// A line of the one who takes it back.
    Recovered,
    /// Another fund.
    TransferredOut,
}

impl Line {
    /// A line without money.
    pub fn new(purpose: Purpose, basis: Basis, first_year: u16, issued_on: Date) -> Self {
        Self {
            purpose,
            basis,
            parent: None,
            first_year,
            implied: false,
            issued_on,
            received_on: None,
            quota: Fen::ZERO,
            returned: Fen::ZERO,
            paid: Fen::ZERO,
            issued: Fen::ZERO,
            carried: Fen::ZERO,
            recovered: Fen::ZERO,
            transferred_out: Fen::ZERO,
        }
    }

    /// What should be available, from the sums: none if they contradict one another.
    pub fn available(&self) -> Option<Fen> {
        let out = [self.paid, self.issued, self.carried, self.recovered, self.transferred_out];
        self.quota.checked_add(self.returned)?.checked_sub(Fen::sum(out)?)
    }

    /// Whether this line, `name`, was opened by carrying money over from the line `to`. Surplus
    /// that lapsed to a later year counts its years anew, carried money does not.
    pub(super) fn is_carried(&self, name: &LineName, to: &LineName) -> bool {
        self.parent.as_ref() == Some(to) && to.year < name.year && self.first_year <= to.year
    }

    /// Whether the particulars that are fixed when a line is opened are those of `other`.
    fn has_particulars_of(&self, other: &Self) -> bool {
        self.purpose == other.purpose
            && self.basis == other.basis
            && self.parent == other.parent
            && self.first_year == other.first_year
            && self.implied == other.implied
    }

    fn count_out(&mut self, outflow: Outflow, amount: Fen) -> Result<(), Refusal> {
        let sum = match outflow {
            Outflow::Paid => &mut self.paid,
            Outflow::Issued => &mut self.issued,
            Outflow::Carried => &mut self.carried,
            Outflow::Recovered => &mut self.recovered,
            Outflow::TransferredOut => &mut self.transferred_out,
        };
        add(sum, amount)
    }
}

fn add(sum: &mut Fen, amount: Fen) -> Result<(), Refusal> {
    *sum = sum.checked_add(amount).ok_or_else(|| Refusal::new(Code::AmountTooLarge, amount))?;
    Ok(())
}

/// The line of this name.
///
/// # Errors
/// [`Code::LineUnknown`].
pub fn find(state: &State<'_>, name: &LineName) -> Result<Line, Fault> {
    LINES.get(state, name)?.ok_or_else(|| {
        let detail = format!("{} {} {} {}", name.holder, name.fund, name.year, name.line);
        Refusal::new(Code::LineUnknown, detail).into()
    })
}

/// The line of this name, if its holder has received it: it may be used.
///
/// # Errors
/// [`Code::LineUnknown`], [`Code::NotReceived`].
pub fn find_received(state: &State<'_>, name: &LineName) -> Result<Line, Fault> {
    let line = find(state, name)?;
    if line.received_on.is_none() {
        return Err(Refusal::new(Code::NotReceived, &name.line).into());
    }
    Ok(line)
}

/// Adds `amount`, which the book has just moved, to the sums of the line `name`: as `opening` says
/// if the line is new; a line that exists must have the same particulars.
///
/// # Errors
/// [`Code::LineExists`] for other particulars, or if the account has held other money before it
/// was a line (调出 leads to accounts that are no lines).
pub(super) fn credit(
    state: &mut State<'_>,
    context: &mut Context<'_>,
    name: &LineName,
    opening: Line,
    amount: Fen,
) -> Result<(), Fault> {
    let mut line = match LINES.get(state, name)? {
        Some(known) if known.has_particulars_of(&opening) => known,
        Some(_) => return Err(Refusal::new(Code::LineExists, &name.line).into()),
        None => {
            let account = book::account(state, &name.account())?;
            if account.is_some_and(|account| account.credited != amount.get()) {
                return Err(Refusal::new(Code::LineExists, &name.line).into());
            }
            context.emit(Event::Opened {
                line: name.clone(),
                parent: opening.parent.clone(),
                purpose: opening.purpose.clone(),
            });
            enter_in_project(state, name, &opening);
            opening
        }
    };
    add(&mut line.quota, amount)?;
    LINES.put(state, name, &line);
    Ok(())
}

/// Lists a line among its project's, once it is received.
pub(super) fn enter_in_project(state: &mut State<'_>, name: &LineName, line: &Line) {
    if let (Some(project), Some(_)) = (&line.purpose.project, line.received_on) {
        PROJECT_LINES.put(state, &(name.holder, project.clone(), name.clone()), &());
    }
}

/// Adds `amount` to what came back to the line `name`.
pub(super) fn credit_returned(
    state: &mut State<'_>,
    name: &LineName,
    amount: Fen,
) -> Result<(), Fault> {
    let mut line = find(state, name)?;
    add(&mut line.returned, amount)?;
    LINES.put(state, name, &line);
    Ok(())
}

/// Counts `amount`, which the book has just moved from the line `from` back to the line `to` from
/// which it was carried, as never carried, so that nothing is quota twice. What the line got
/// otherwise was not carried: returns how much that is.
pub(super) fn undo_carry(
    state: &mut State<'_>,
    from: &LineName,
    to: &LineName,
    amount: Fen,
) -> Result<Fen, Fault> {
    let (mut carried, mut source) = (find(state, from)?, find(state, to)?);
    let undone = amount.min(carried.quota).min(source.carried);
    for sum in [&mut carried.quota, &mut source.carried] {
        *sum = sum.checked_sub(undone).unwrap_or_default();
    }
    LINES.put(state, from, &carried);
    LINES.put(state, to, &source);
    Ok(amount.checked_sub(undone).unwrap_or_default())
}

/// Counts `amount` as gone from the line `name`.
pub(super) fn debit(
    state: &mut State<'_>,
    name: &LineName,
    outflow: Outflow,
    amount: Fen,
) -> Result<(), Fault> {
    let mut line = find(state, name)?;
    line.count_out(outflow, amount)?;
    LINES.put(state, name, &line);
    Ok(())
}

/// Pays from a line: for the `payment` module. The payment's account is new.
///
/// # Errors
/// [`Code::LineUnknown`], [`Code::NotReceived`], [`Code::OutsideBudgetYear`], and what the book
/// refuses.
pub fn spend(
    state: &mut State<'_>,
    context: &mut Context<'_>,
    name: &LineName,
    payment: &AccountId,
    amount: Fen,
    occurred_on: Date,
) -> Result<(), Fault> {
    find_received(state, name)?;
    budget_year::require_within(name, occurred_on)?;
    let movements =
        book::transfer(state, &name.account(), payment, amount, Selection::FirstInFirstOut)?;
    context.emit_movements(movements);
    debit(state, name, Outflow::Paid, amount)
}

/// The same with the fen of one inflow and no others: for the `subsidy` module.
///
/// # Errors
/// As [`spend`], and [`Code::LotShort`] if some of the inflow's fen are already spent.
pub(crate) fn spend_inflow(
    state: &mut State<'_>,
    context: &mut Context<'_>,
    name: &LineName,
    inflow: u64,
    payment: &AccountId,
    amount: Fen,
    occurred_on: Date,
) -> Result<(), Fault> {
    find_received(state, name)?;
    budget_year::require_within(name, occurred_on)?;
    let movements =
        book::transfer(state, &name.account(), payment, amount, Selection::Inflow(inflow))?;
    if movements.iter().any(|it| matches!(it.basis, book::Basis::Substitution { .. })) {
        let detail = format!("{amount} of the inflow at {inflow} of {}", name.line);
        return Err(Refusal::new(Code::LotShort, detail).into());
    }
    context.emit_movements(movements);
    debit(state, name, Outflow::Paid, amount)
}

/// Takes a failed or returned payment back into the line that paid it: for the `payment` module.
///
/// # Errors
/// [`Code::LineUnknown`], and what the book refuses.
pub fn take_back_payment(
    state: &mut State<'_>,
    context: &mut Context<'_>,
    name: &LineName,
    payment: &AccountId,
    amount: Fen,
) -> Result<(), Fault> {
    find(state, name)?;
    let movements = book::return_payment(state, payment, amount)?;
    context.emit_movements(movements);
    credit_returned(state, name, amount)
}
