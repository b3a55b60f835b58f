//! The money of a batch: out of its lots when it is submitted, back when it is not applied.
//!
//! It waits where instructed payments wait for the bank, in payment accounts: one for each lot,
//! whose reference no voucher may have. So a trace goes on from the lot to the batch, and what
//! comes back are the batch's own fen.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName, Lot, SealedBatch};
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Content};
use crate::allocation::{Category, LineName, line};
use crate::book::{self, AccountId};
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::{BATCH_REFERENCE, Expenditure, Reference, expenditure, result};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Most lots of a batch: a verdict may have to give all of them back.
pub const LOTS_MAX: usize = 16;

/// Where a lot is.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct LotSource {
    /// The line that pays, of the county.
    pub line: LineName,
    /// The first position of the inflow in the line's account.
    pub position: u64,
}

/// The account that holds a lot of the batch `name`.
pub fn account(name: &BatchName, lot: usize) -> AccountId {
    let BatchName { county, programme, period, kind, attempt, .. } = name;
    let kind = match kind {
        BatchKind::Main => "main".to_owned(),
        BatchKind::Supplementary(number) => format!("supplementary-{number}"),
        BatchKind::Return(number) => format!("return-{number}"),
    };
    let text = format!("{BATCH_REFERENCE}{programme}/{period}/{kind}/{attempt}/{lot}");
    // Far shorter than the field, so it always fits.
    let reference = Reference::new(text).unwrap_or_default();
    AccountId::Payment { organization: *county, reference }
}

/// What a lot's account still holds.
///
/// # Errors
/// If the state cannot be read.
pub(super) fn held(name: &BatchName, lot: usize, state: &State<'_>) -> Result<Fen, Fault> {
    let found = book::account(state, &account(name, lot))?;
    Ok(found.map_or(Fen::ZERO, |found| found.balance()))
}

/// Takes the money of a batch out of its lots.
///
/// # Errors
/// [`Code::LotsInvalid`], [`Code::LotShort`], and what keeps money from being paid.
pub(super) fn hold(
    sealed: &SealedBatch,
    sources: &[LotSource],
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let lots = &sealed.header.lots;
    if sources.len() != lots.len() || lots.len() > LOTS_MAX {
        let detail = format!("{} lots at {} places", lots.len(), sources.len());
        return Err(Refusal::new(Code::LotsInvalid, detail).into());
    }
    expenditure::require_lawful(Expenditure::Assistance, occurred_on, state)?;
    for (number, (lot, source)) in lots.iter().zip(sources).enumerate() {
        check_source(lot, source, occurred_on, state, context)?;
        let to = account(&sealed.header.name, number);
        let LotSource { line: name, position } = source;
        line::spend_inflow(state, context, name, *position, &to, lot.amount, occurred_on)?;
    }
    Ok(())
}

fn check_source(
    lot: &Lot,
    source: &LotSource,
    occurred_on: Date,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let LotSource { line: name, position } = source;
    if name.holder != context.author.organization {
        return Err(Refusal::new(Code::NotYourOrganization, name.holder).into());
    }
    let line = line::find_received(state, name)?;
    if line.purpose.category.is_some_and(|category| category != Category::OldAge) {
        return Err(Refusal::new(Code::LineNotForTheOld, &name.line).into());
    }
    if occurred_on < line.issued_on {
        let detail = format!("{occurred_on}, the line is of {}", line.issued_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    let inflow = book::inflow(state, &name.account(), *position)?;
    if inflow.is_none_or(|inflow| inflow.movement.0 != lot.inflow) {
        let detail = format!("no movement {} at {position} of {}", lot.inflow, name.line);
        return Err(Refusal::new(Code::LotsInvalid, detail).into());
    }
    Ok(())
}

/// Gives the whole money of a batch back to the lines it came from.
///
/// # Errors
/// What the book refuses; a batch that waits has its money.
pub(super) fn release(
    batch: &Batch,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Content::Payment { sealed, sources } = &batch.content else { return Ok(()) };
    let total = sealed.header.total;
    give_back(&batch.name, sources, total, state, context)
}

/// Gives `amount` of the money of the batch `name` back: out of its last lot first, which is a
/// presumption (批次内推定), since a hidden payment has no positions of its own.
///
/// # Errors
/// [`Code::ReturnExceeded`] if the batch does not hold so much.
pub(super) fn give_back(
    name: &BatchName,
    sources: &[LotSource],
    amount: Fen,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut missing = amount;
    for (number, source) in sources.iter().enumerate().rev() {
        let part = held(name, number, state)?.min(missing);
        if part.is_zero() {
            continue;
        }
        missing = missing.checked_sub(part).unwrap_or(Fen::ZERO);
        result::take_back(&source.line, &account(name, number), part, state, context)?;
    }
    if missing.is_zero() {
        return Ok(());
    }
    Err(Refusal::new(Code::ReturnExceeded, format!("{missing} of {amount} are missing")).into())
}
