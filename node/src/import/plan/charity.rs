//! A charity's printed year as declared lines: figures that move nothing.

use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::declared::{Declare, Helped, Side};
use minglian_ledger::genesis::Role;
use minglian_ledger::text::Text;
use minglian_ledger::width;

use super::lines::{basis, reference, shortened, year_end};
use super::{Act, Column, Entry, Planner, Stage};
use crate::import::kind::Kind;
use crate::import::notice::NoticeRow;
use crate::import::party::Party;
use crate::import::refusal::Reason;

impl Planner<'_> {
    /// A line of a charity's income or spending, declared by the charity itself.
    pub(super) fn declare(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let charity = Party::charity(row)?;
        self.register(&charity);
        let (side, column) = match row.kind {
            Kind::CharityIncome => (Side::Income, Column::Income),
            _ => (Side::Expenditure, Column::Expenditure),
        };
        // A line without an item says at least its category.
        let subject = [row.item.as_str(), row.category.as_str(), row.fund_source.as_str()];
        let subject = subject.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        let helped = helped(row)?;
        let entry = Entry {
            fund: row.fund_source.to_string(),
            category: subject.to_owned(),
            column,
            amount: row.amount,
            helped: helped.as_ref().map_or(0, |helped| u64::from(helped.count)),
        };
        let reference = reference(row, 0)?;
        let call = Call::Charity(charity::Call::Declare(Declare {
            year: row.year,
            reference: shortened(reference.as_str())?,
            side,
            subject: shortened(subject)?,
            amount: row.amount,
            helped,
            basis: basis(row)?,
            occurred_on: year_end(row)?,
        }));
        self.plan.acts.push(Act {
            stage: Stage::Statement,
            line: Some(row.line),
            organization: charity.code,
            // A figure is stated again and never taken back by anybody.
            finance: charity.code,
            signers: vec![Role::Maker, Role::Checker],
            reference,
            call,
            entry: Some(entry),
            corrects: None,
        });
        Ok(())
    }
}

/// How many were helped: a whole number and what it counts, as in `2539人次`.
fn helped(row: &NoticeRow) -> Result<Option<Helped>, Reason> {
    let printed = width::fold(row.count.as_str());
    let printed = printed.trim();
    if printed.is_empty() {
        return Ok(None);
    }
    let unreadable =
        || Reason::NotANumber { column: "count", text: printed.chars().take(80).collect() };
    let digits = printed.bytes().take_while(u8::is_ascii_digit).count();
    let (number, counted_in) = printed.split_at_checked(digits).ok_or_else(unreadable)?;
    let count = number.parse().map_err(|_| unreadable())?;
    let counted_in = Text::new(counted_in.trim()).map_err(|_| unreadable())?;
    Ok(Some(Helped { count, counted_in }))
}
