//! A row that was changed after it was entered.
//!
//! Nothing is edited: the difference is entered. More quota, allocation or carry-over is added;
//! less is taken back, to where it came from or to a line of the finance department that says so; a
//! payment is reversed and made again under a new number that names the old; a figure without
//! movement is stated again. Corrections stand
//! under the row's reference with `~2`, `~3` …, so that what applies now is what the row says now.
//! Only an amount can be corrected so; another change is refused and left to the officers.

use minglian_contracts::allocation::line::LineName;
use minglian_contracts::allocation::year::TakeBack;
use minglian_contracts::allocation::{self, Basis, CORRECTED_LINE};
use minglian_contracts::call::Call;
use minglian_contracts::{charity, payment};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::text::{Text, TextError};

use super::plan::{Act, Stage};

/// Why a row cannot be corrected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectError {
    /// More than the amount differs.
    #[error("the row was entered before, and more than its amount has changed: correct it by hand")]
    MoreThanAmount,
    /// Another act waits where this one belongs.
    #[error(
        "another act waits under this row's reference, transaction {id}: its officers reject or \
         withdraw it first"
    )]
    OtherWaits {
        /// The transaction that waits.
        id: TransactionId,
    },
    /// A name that does not fit.
    #[error(transparent)]
    Text(#[from] TextError),
}

/// The reference of a row's `version`, from 1.
pub fn version_reference(reference: &Text<128>, version: usize) -> Result<Text<128>, TextError> {
    if version == 1 { Ok(reference.clone()) } else { Text::new(format!("{reference}~{version}")) }
}

/// What remains to be done for an act, given the calls that stand under its reference and its
/// versions, oldest first: nothing if it applies as planned.
///
/// # Errors
/// [`CorrectError::MoreThanAmount`] unless only the amount differs.
pub fn remaining(act: &Act, history: &[Call]) -> Result<Vec<Act>, CorrectError> {
    let Some(first) = history.first() else { return Ok(vec![act.clone()]) };
    let wanted = amount_of(&act.call);
    let in_force = in_force(history);
    if *first == act.call && history.len() == 1 {
        return Ok(Vec::new());
    }
    let (Some(wanted), Some(in_force)) = (wanted, in_force) else {
        return Err(CorrectError::MoreThanAmount);
    };
    if !is_same_but_amount(first, &act.call) {
        return Err(CorrectError::MoreThanAmount);
    }
    if wanted == in_force {
        return Ok(Vec::new());
    }
    let reference = version_reference(&act.reference, history.len() + 1)?;
    if let Call::Payment(payment::Call::Instruct { .. }) = &act.call {
        return pay_again(act, history, reference);
    }
    if is_figure(&act.call) {
        return Ok(vec![Act { reference, ..act.clone() }]);
    }
    match (wanted.checked_sub(in_force), in_force.checked_sub(wanted)) {
        (Some(more), _) => {
            let call = with_amount(&act.call, more);
            Ok(vec![Act { reference, call, ..act.clone() }])
        }
        (None, Some(less)) => Ok(vec![take_back(act, less, reference)?]),
        (None, None) => Err(CorrectError::MoreThanAmount),
    }
}

/// What the calls under one reference come to: what was added less what was taken back; of payments
/// and figures the last.
fn in_force(history: &[Call]) -> Option<Fen> {
    let mut sum = Fen::ZERO;
    for call in history {
        sum = match call {
            Call::Allocation(allocation::Call::Recover(take)) => sum.checked_sub(take.amount)?,
            Call::Payment(_) => amount_of(call)?,
            call if is_figure(call) => amount_of(call)?,
            call => sum.checked_add(amount_of(call)?)?,
        };
    }
    Some(sum)
}

/// Whether a call states a figure that moves nothing: it is stated again.
fn is_figure(call: &Call) -> bool {
    matches!(
        call,
        Call::Allocation(allocation::Call::State(_)) | Call::Charity(charity::Call::Declare(_))
    )
}

fn amount_of(call: &Call) -> Option<Fen> {
    match call {
        Call::Allocation(call) => match call {
            allocation::Call::RecordQuota(quota) => Some(quota.amount),
            allocation::Call::Issue(grant) | allocation::Call::Allocate(grant) => {
                Some(grant.amount)
            }
            allocation::Call::CarryOver(carry) => Some(carry.amount),
            allocation::Call::State(statement) => Some(statement.figure),
            _ => None,
        },
        Call::Payment(payment::Call::Instruct { order, .. }) => Some(order.amount),
        Call::Charity(charity::Call::Declare(line)) => Some(line.amount),
        _ => None,
    }
}

fn with_amount(call: &Call, amount: Fen) -> Call {
    let mut call = call.clone();
    match &mut call {
        Call::Allocation(allocation::Call::RecordQuota(quota)) => quota.amount = amount,
        Call::Allocation(allocation::Call::Issue(grant) | allocation::Call::Allocate(grant)) => {
            grant.amount = amount;
        }
        Call::Allocation(allocation::Call::CarryOver(carry)) => carry.amount = amount,
        Call::Allocation(allocation::Call::State(statement)) => statement.figure = amount,
        Call::Payment(payment::Call::Instruct { order, .. }) => order.amount = amount,
        Call::Charity(charity::Call::Declare(line)) => line.amount = amount,
        _ => {}
    }
    call
}

fn is_same_but_amount(left: &Call, right: &Call) -> bool {
    with_amount(left, Fen::ZERO) == with_amount(right, Fen::ZERO)
}

/// Takes the difference back. Signed by finance.
fn take_back(act: &Act, amount: Fen, reference: Text<128>) -> Result<Act, CorrectError> {
    let (stage, line, to, basis, occurred_on) = match &act.call {
        Call::Allocation(allocation::Call::RecordQuota(quota)) => {
            let line = shortened_line(&format!("{CORRECTED_LINE}{}", quota.to.line))?;
            let to = LineName { holder: act.finance, line, ..quota.to.clone() };
            (Stage::UndoQuota, quota.to.clone(), to, &quota.basis, quota.occurred_on)
        }
        Call::Allocation(allocation::Call::Issue(grant) | allocation::Call::Allocate(grant)) => {
            let (from, to) = (grant.to.clone(), grant.from.clone());
            (Stage::UndoAllocation, from, to, &grant.basis, grant.occurred_on)
        }
        Call::Allocation(allocation::Call::CarryOver(carry)) => {
            let carried = LineName { year: carry.line.year + 1, ..carry.line.clone() };
            (Stage::UndoYearEnd, carried, carry.line.clone(), &carry.basis, carry.occurred_on)
        }
        _ => return Err(CorrectError::MoreThanAmount),
    };
    let call = recover(line, to, amount, basis, occurred_on);
    let signers = vec![Role::Maker, Role::Checker];
    let entry = None;
    Ok(Act { stage, organization: act.finance, signers, reference, call, entry, ..act.clone() })
}

fn recover(line: LineName, to: LineName, amount: Fen, basis: &Basis, occurred_on: Date) -> Call {
    let take = TakeBack { line, to, amount, basis: basis.clone(), occurred_on };
    Call::Allocation(allocation::Call::Recover(take))
}

/// Reverses the payment in force and makes it again.
fn pay_again(act: &Act, history: &[Call], reference: Text<128>) -> Result<Vec<Act>, CorrectError> {
    let last = history.last();
    let Some(Call::Payment(payment::Call::Instruct { order: old, .. })) = last else {
        return Err(CorrectError::MoreThanAmount);
    };
    let correct =
        payment::Call::Correct { payment: old.reference.clone(), occurred_on: old.occurred_on };
    let undo = Act {
        stage: Stage::UndoPayment,
        signers: vec![Role::Maker, Role::Checker],
        reference: Text::new(format!("{reference}/undo"))?,
        call: Call::Payment(correct),
        entry: None,
        ..act.clone()
    };
    let mut call = act.call.clone();
    if let Call::Payment(payment::Call::Instruct { order, .. }) = &mut call {
        order.replaces = Some(old.reference.clone());
        order.reference = reference.clone();
    }
    Ok(vec![undo, Act { reference, call, ..act.clone() }])
}

fn shortened_line(text: &str) -> Result<Text<160>, TextError> {
    let end = (0..=text.len().min(160)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Text::new(&text[..end])
}
