//! Payments: money of a quota line goes to a payee, and what the bank says of it.
//!
//! A payment is made in one of two ways, and in both maker ≠ checker ≠ payer. By `Instruct`: one
//! payment, with three officers. Or under a payment order: `Authorize` lets the unit's payer pay
//! out of one line, for one type of expenditure, up to a total and until a day, `AuthorizeLimited`
//! also up to an amount at a time; the maker proposes it and the checker approves it. Then every
//! `Pay` takes effect at once, by a payer who is neither of them.
//!
//! A payment is its own account in the book, so what bounces is its own fen. The bank's result is
//! recorded once. A wrong entry is reversed by `Correct`; the right one names it.
//!
//! **Invariant**: paid ≤ quota, for every line: the book pays only what is there. Types of
//! expenditure that the fund must not pay for are dated parameters, `payment.denied.<code>`.
//!
//! **Cost** of a `Pay`: three new keys (its reference, its account, its inflow); those of the
//! order, the line and the line's account are shared with other payments of the block.

pub mod authorization;
pub mod expenditure;
pub mod result;

use std::fmt::Display;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

pub use authorization::{AUTHORIZATIONS, Authorization};
pub use expenditure::Expenditure;
pub use result::{RETURNED, STATUSES, Status};

use crate::allocation::{LineName, check_date, line};
use crate::book::AccountId;
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// A payment's reference: the payer's voucher number, used once by an organisation.
pub type Reference = Text<128>;

/// How the references of the accounts begin that hold a batch of subsidies: no voucher's number
/// does, and what becomes of such an account is for `subsidy` alone.
pub const BATCH_REFERENCE: &str = "subsidy/";

/// Whether a reference is that of a batch's account.
pub(crate) fn is_batch(reference: &Reference) -> bool {
    reference.as_str().starts_with(BATCH_REFERENCE)
}

/// Refuses a reference that a payment out of `from` may not have.
///
/// # Errors
/// [`Code::ReferenceMissing`], [`Code::ReferenceReserved`].
pub(crate) fn require_usable(reference: &Reference, from: impl Display) -> Result<(), Refusal> {
    if reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, from));
    }
    if is_batch(reference) {
        return Err(Refusal::new(Code::ReferenceReserved, reference));
    }
    Ok(())
}

/// Who gets the money.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payee {
    /// An organisation.
    Organization(OrganizationCode),
    /// A natural person, as a salted commitment to the name.
    Person(Commitment),
    /// Nobody is named: a published notice prints what was spent, not to whom. Only where three
    /// officers sign.
    NotPrinted,
}

/// What one payment says.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Order {
    /// The voucher's number.
    pub reference: Reference,
    /// Who gets it.
    pub payee: Payee,
    /// How much.
    pub amount: Fen,
    /// The voucher itself, if it is attached.
    pub voucher: Option<AttachmentHash>,
    /// The payment that this one replaces, which failed or was corrected.
    pub replaces: Option<Reference>,
    /// The day it was made.
    pub occurred_on: Date,
}

/// What can be done with payments.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Makes one payment. Maker, checker, payer.
    Instruct {
        /// The line that pays.
        line: LineName,
        /// What for.
        expenditure: Expenditure,
        /// The payment.
        order: Order,
    },
    /// Approves payments to come. Maker, checker.
    Authorize(authorization::Grant),
    /// Makes one payment under an order, at once. A payer who did not sign the order.
    Pay {
        /// The payment order's name.
        authorization: Reference,
        /// The payment.
        order: Order,
    },
    /// Ends a payment order. A checker.
    Revoke {
        /// The payment order's name.
        authorization: Reference,
    },
    /// Records what the bank did. A payer.
    BankResult {
        /// The payment.
        payment: Reference,
        /// What became of it.
        result: result::BankResult,
        /// The day.
        occurred_on: Date,
    },
    /// A paid payment, or a part of it, came back. A payer.
    Return {
        /// The payment.
        payment: Reference,
        /// How much.
        amount: Fen,
        /// The day.
        occurred_on: Date,
    },
    /// Reverses a payment that was entered wrongly. Maker, checker.
    Correct {
        /// The payment.
        payment: Reference,
        /// The day the mistake was found.
        occurred_on: Date,
    },
    /// Approves payments to come, none of them above an amount (小额先行救助). Maker, checker.
    AuthorizeLimited {
        /// The payment order.
        grant: authorization::Grant,
        /// How much may be paid at a time.
        each_max: Fen,
    },
}

/// What became of payments. The money's way, with its intervals, is in the movements beside it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A payment order holds from now on.
    Authorized {
        /// Its name.
        authorization: Reference,
        /// How much may be paid under it.
        total: Fen,
    },
    /// A payment order ended early.
    Revoked {
        /// Its name.
        authorization: Reference,
        /// How much was paid under it.
        paid: Fen,
    },
    /// What is known of a payment changed.
    Status {
        /// The payment.
        payment: Reference,
        /// What is known now.
        status: Status,
    },
    /// A payment, or a part of it, came back.
    Returned {
        /// The payment.
        payment: Reference,
        /// How much.
        amount: Fen,
    },
    /// What a payment order that holds lets be paid at a time.
    Limited {
        /// Its name.
        authorization: Reference,
        /// How much at a time.
        each_max: Fen,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        match self {
            Self::Pay { .. } => 60,
            Self::Instruct { .. } => 120,
            _ => 80,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let roles: &[Role] = match self {
            Self::Instruct { .. } => &[Role::Maker, Role::Checker, Role::Payer],
            Self::Authorize(_) | Self::AuthorizeLimited { .. } | Self::Correct { .. } => {
                &[Role::Maker, Role::Checker]
            }
            Self::Pay { .. } | Self::BankResult { .. } | Self::Return { .. } => &[Role::Payer],
            Self::Revoke { .. } => &[Role::Checker],
        };
        Policy::Steps(roles.iter().map(|role| Step::own(&[], *role)).collect())
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Instruct { line, expenditure, order } => {
                expenditure::require_lawful(*expenditure, order.occurred_on, state)?;
                pay(line, order, state, context)
            }
            Self::Authorize(grant) => authorization::authorize(grant, None, state, context),
            Self::AuthorizeLimited { grant, each_max } => {
                authorization::authorize(grant, Some(*each_max), state, context)
            }
            Self::Pay { authorization, order } => {
                authorization::pay_under(authorization, order, state, context)
            }
            Self::Revoke { authorization } => authorization::revoke(authorization, state, context),
            Self::BankResult { payment, result, occurred_on } => {
                result::enter(payment, *result, *occurred_on, state, context)
            }
            Self::Return { payment, amount, occurred_on } => {
                result::give_back(payment, *amount, *occurred_on, state, context)
            }
            Self::Correct { payment, occurred_on } => {
                result::correct(payment, *occurred_on, state, context)
            }
        }
    }
}

/// Moves the money: the one place where a payment is made.
pub(crate) fn pay(
    name: &LineName,
    order: &Order,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Order { reference, amount, replaces, occurred_on, .. } = order;
    check_date(context, *occurred_on)?;
    let organization = context.author.organization;
    if name.holder != organization {
        return Err(Refusal::new(Code::NotYourOrganization, name.holder).into());
    }
    require_usable(reference, &name.line)?;
    let issued_on = line::find(state, name)?.issued_on;
    if *occurred_on < issued_on {
        let detail = format!("{occurred_on}, the line is of {issued_on}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    if let Some(replaced) = replaces {
        result::require_undone(replaced, organization, state)?;
    }
    let payment = AccountId::Payment { organization, reference: reference.clone() };
    line::spend(state, context, name, &payment, *amount, *occurred_on)
}
