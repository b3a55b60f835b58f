//! A row that was changed after it was entered.
//!
//! Nothing is edited: the difference is entered. More quota, allocation or carry-over is added;
//! less is taken back, to where it came from or to a line of the finance department that says so; a
//! payment is reversed and made again under a new number that names the old; a figure without
//! movement is stated again. Corrections stand
//! under the row's reference with `~2`, `~3` …, so that what applies now is what the row says now.
//! Only an amount can be corrected so; another change is refused and left to the officers.
//!
//! A payment that was reversed for its row and not made again is made again by the next import,
//! whatever its row says by then: that a reference was used does not say that its money is spent.

use std::collections::BTreeSet;
use std::fmt;

use minglian_contracts::allocation::line::LineName;
use minglian_contracts::allocation::year::TakeBack;
use minglian_contracts::allocation::{self, Basis, CORRECTED_LINE};
use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::payment::{self, Order};
use minglian_contracts::words::party;
use minglian_contracts::words::policy::role_english;
use minglian_ledger::date::Date;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::text::{Text, TextError};

use super::plan::{Act, Change, Stage};

/// Who signs what takes quota back, for the finance department.
pub const TAKE_BACK_SIGNERS: [Role; 2] = [Role::Maker, Role::Checker];

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
    /// A payment that somebody else undid.
    #[error(
        "the payment of this row failed or was reversed outside this table, and may have been made \
         again by hand: nothing is entered, its officers see to it \
         该笔支付已失败或已被冲正,是否重付由经办人员办理"
    )]
    UndoneByHand,
    /// Money that other rows still need.
    #[error(
        "not corrected: the quota that stands for it does not suffice beside what the ledger holds \
         of the other rows; nothing was reversed. Mend the rows that are refused or missing and \
         import again 未更正:账上其余各行已占用额度,原业务保持不变;补正其余各行后再导入"
    )]
    NoRoom,
    /// A key for the new payment that is not at hand.
    #[error(
        "not corrected: the new payment needs the organisation's {}, whose key is not at hand; \
         nothing was reversed. Import with that key, or reverse and pay by hand \
         未更正:缺少重付所需的{}密钥,原业务保持不变;备齐密钥后再导入,或由经办人员自行办理",
        role_english(*.role), party::role(*.role)
    )]
    NoKey {
        /// Whose key.
        role: Role,
    },
    /// A name that does not fit.
    #[error(transparent)]
    Text(#[from] TextError),
}

/// A row that was entered with another amount than it has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Its line in the file; none for what the rows imply together.
    line: Option<u64>,
    reference: Text<128>,
    change: Change,
}

impl fmt::Display for Correction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, reference, change: Change { from, to } } = self;
        let [from, to] = [from, to].map(|amount| amount.display_in(Unit::Yuan));
        match line {
            Some(line) => write!(formatter, "line {line} 第{line}行")?,
            None => write!(formatter, "{reference}")?,
        }
        write!(formatter, ": on the ledger 账上 {from} 元, now 更正为 {to} 元")
    }
}

/// What remains to be done corrects these rows.
pub fn corrections(remaining: &[(usize, Act)]) -> Vec<Correction> {
    let mut seen = BTreeSet::new();
    let of = |(place, act): &(usize, Act)| {
        let change = act.corrects.filter(|_| seen.insert(*place))?;
        Some(Correction { line: act.line, reference: act.reference.clone(), change })
    };
    remaining.iter().filter_map(of).collect()
}

/// Whether what a call brought about still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Stands,
    /// A payment that an import reversed for its row.
    Undone,
    /// A payment that failed, came back or was reversed by somebody else.
    UndoneByHand,
    /// It was proposed and never took effect: rejected or withdrawn.
    NeverMade,
}

/// What stands under one version of a row's reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// The act.
    pub call: Call,
    /// What became of it.
    pub standing: Standing,
}

impl From<Call> for Entered {
    /// A call that holds.
    fn from(call: Call) -> Self {
        Self { call, standing: Standing::Stands }
    }
}

/// The reference of a row's `version`, from 1.
pub fn version_reference(reference: &Text<128>, version: usize) -> Result<Text<128>, TextError> {
    if version == 1 { Ok(reference.clone()) } else { Text::new(format!("{reference}~{version}")) }
}

/// The reference under which number `attempt`, from 1, reverses a payment for the version of its
/// row that has `reference`.
pub fn undo_reference(reference: &Text<128>, attempt: usize) -> Result<Text<128>, TextError> {
    version_reference(&Text::new(format!("{reference}/undo"))?, attempt)
}

/// What remains to be done for an act, given what stands under its reference and its versions,
/// oldest first: nothing if it applies as planned.
///
/// # Errors
/// [`CorrectError::MoreThanAmount`] unless only the amount differs, and
/// [`CorrectError::UndoneByHand`] for a payment that others undid.
pub fn remaining(act: &Act, history: &[Entered]) -> Result<Vec<Act>, CorrectError> {
    let mut acts = due(act, history)?;
    let change = change(act, history);
    acts.iter_mut().for_each(|act| act.corrects = change);
    Ok(acts)
}

/// The change of a row's amount, if it was entered with another.
fn change(act: &Act, history: &[Entered]) -> Option<Change> {
    let made = history.iter().filter(|entered| entered.standing != Standing::NeverMade);
    let made: Vec<&Entered> = made.collect();
    let (from, to) = (in_force(&made).filter(|_| !made.is_empty())?, amount_of(&act.call)?);
    (from != to).then_some(Change { from, to })
}

fn due(act: &Act, history: &[Entered]) -> Result<Vec<Act>, CorrectError> {
    let reference = version_reference(&act.reference, history.len() + 1)?;
    let made = history.iter().filter(|entered| entered.standing != Standing::NeverMade);
    let made: Vec<&Entered> = made.collect();
    let (Some(first), Some(last)) = (made.first(), made.last()) else {
        if history.is_empty() {
            return Ok(vec![act.clone()]);
        }
        let call = under(&act.call, &reference, None);
        return Ok(vec![Act { reference, call, ..act.clone() }]);
    };
    if made.len() == 1 && first.call == act.call && first.standing == Standing::Stands {
        return Ok(Vec::new());
    }
    let (Some(wanted), Some(in_force)) = (amount_of(&act.call), in_force(&made)) else {
        return Err(CorrectError::MoreThanAmount);
    };
    if !is_same_but_amount(&first.call, &act.call) {
        return Err(CorrectError::MoreThanAmount);
    }
    if let Call::Payment(payment::Call::Instruct { order: old, .. }) = &last.call {
        return match last.standing {
            Standing::UndoneByHand => Err(CorrectError::UndoneByHand),
            Standing::Undone => Ok(vec![pay_again(act, old, reference)]),
            _ if wanted == in_force => Ok(Vec::new()),
            _ => Ok(vec![undo(act, old, &reference)?, pay_again(act, old, reference)]),
        };
    }
    if wanted == in_force {
        return Ok(Vec::new());
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
fn in_force(made: &[&Entered]) -> Option<Fen> {
    let mut sum = Fen::ZERO;
    for Entered { call, .. } in made {
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

/// A version of a payment has a number of its own and names the one it replaces.
fn is_same_but_amount(left: &Call, right: &Call) -> bool {
    let bare = |call: &Call| under(&with_amount(call, Fen::ZERO), &Text::default(), None);
    bare(left) == bare(right)
}

/// The call; a payment with this number, in place of `replaces`.
fn under(call: &Call, reference: &Text<128>, replaces: Option<&Text<128>>) -> Call {
    let mut call = call.clone();
    if let Call::Payment(payment::Call::Instruct { order, .. }) = &mut call {
        order.reference = reference.clone();
        order.replaces = replaces.cloned();
    }
    call
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
    let signers = TAKE_BACK_SIGNERS.to_vec();
    let entry = None;
    Ok(Act { stage, organization: act.finance, signers, reference, call, entry, ..act.clone() })
}

fn recover(line: LineName, to: LineName, amount: Fen, basis: &Basis, occurred_on: Date) -> Call {
    let take = TakeBack { line, to, amount, basis: basis.clone(), occurred_on };
    Call::Allocation(allocation::Call::Recover(take))
}

/// Reverses the payment in force.
fn undo(act: &Act, old: &Order, reference: &Text<128>) -> Result<Act, CorrectError> {
    let correct =
        payment::Call::Correct { payment: old.reference.clone(), occurred_on: old.occurred_on };
    Ok(Act {
        stage: Stage::UndoPayment,
        signers: vec![Role::Maker, Role::Checker],
        reference: undo_reference(reference, 1)?,
        call: Call::Payment(correct),
        entry: None,
        ..act.clone()
    })
}

/// Makes a reversed payment again, with what the row says now.
fn pay_again(act: &Act, old: &Order, reference: Text<128>) -> Act {
    let call = under(&act.call, &reference, Some(&old.reference));
    Act { reference, call, ..act.clone() }
}

fn shortened_line(text: &str) -> Result<Text<160>, TextError> {
    let end = (0..=text.len().min(160)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Text::new(&text[..end])
}
