//! Money that leaves a fund: under a resolution, paid by the host, restricted gifts first.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::Event;
use super::donation::{self, Donation, DonationReference, Donor, UNSPENT, Use};
use super::fund::{self, FundName, FundReference};
use super::resolution::{self, Matter, ResolutionNumber};
use super::sums::{self, Item, Place, Quarter};
use crate::allocation::check_date;
use crate::book::{self, AccountId, Measure, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::{self, Reference};
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// What charities have paid out, by charity and payment reference.
pub const PAYOUTS: Table<(OrganizationCode, Reference), Payout> =
    Table::new(schema::prefix::CHARITY_FIRST + 9);

/// Who gets the money or the goods.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// An organisation, e.g. a supplier or a home.
    Organization(OrganizationCode),
    /// A natural person, as a salted commitment to the name.
    Person(Commitment),
    /// Several persons at once: how many, and a salted commitment to their list.
    Persons {
        /// How many.
        count: u32,
        /// The list.
        list: Commitment,
    },
}

/// What a payment counts as in the year's figures (慈善法 第六十一条).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Expense {
    /// 慈善活动支出.
    Program,
    /// 管理费用.
    Management,
    /// 募捐成本.
    Fundraising,
    /// 其他支出.
    Other,
}

/// A payment that is being made.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Disburse {
    /// The fund.
    pub fund: FundReference,
    /// The resolution under which it is made.
    pub resolution: ResolutionNumber,
    /// The gift out of whose own account it is made; none for the fund's pool.
    pub from: Option<DonationReference>,
    /// What it counts as.
    pub expense: Expense,
    /// The host's voucher number, used once by the host.
    pub reference: Reference,
    /// Who gets it.
    pub recipient: Recipient,
    /// How much.
    pub amount: Fen,
    /// The voucher itself, if it is attached.
    pub voucher: Option<AttachmentHash>,
    /// The day it was made.
    pub occurred_on: Date,
}

/// Why something was paid out.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// For the use on which a resolution decided.
    Spent {
        /// The resolution.
        resolution: ResolutionNumber,
        /// What it counts as.
        expense: Expense,
    },
    /// A gift went back to its donor.
    Refunded,
    /// For a use on which the committee has yet to decide, or on which it did not agree.
    Ahead {
        /// The use.
        purpose: Use,
        /// What it counts as.
        expense: Expense,
    },
}

/// Something that was paid out. How much of it is still out is its account's balance.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Payout {
    /// The fund.
    pub fund: FundReference,
    /// The gift, if one was named.
    pub donation: Option<DonationReference>,
    /// Why.
    pub reason: Reason,
    /// The day.
    pub paid_on: Date,
    /// Whether its use is evidenced.
    pub evidenced: bool,
}

pub(super) fn disburse(
    act: &Disburse,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, act.occurred_on)?;
    let name = fund::own(&act.fund, context);
    fund::find_open(state, &name, act.occurred_on)?;
    payment::require_usable(&act.reference, &act.fund)?;
    let (matter, amount, date) = (Matter::Disbursement, act.amount, act.occurred_on);
    let resolution = resolution::use_up(&name, &act.resolution, matter, amount, date, state)?;
    let spending = Spending {
        from: act.from.as_ref(),
        purpose: &resolution.purpose,
        expense: act.expense,
        reference: &act.reference,
        recipient: &act.recipient,
        amount,
        reason: Reason::Spent { resolution: act.resolution.clone(), expense: act.expense },
        paid_on: date,
    };
    spend(&name, spending, state, context)?;
    let left = resolution.amount.checked_sub(resolution.used).unwrap_or_default();
    context.emit(Event::Disbursed { payment: act.reference.clone(), left });
    Ok(())
}

/// Money that is to leave a fund for a use.
pub(super) struct Spending<'a> {
    /// The gift out of whose own account; none for the pool.
    pub from: Option<&'a DonationReference>,
    /// The use.
    pub purpose: &'a Use,
    /// What it counts as.
    pub expense: Expense,
    /// The host's voucher number.
    pub reference: &'a Reference,
    /// Who gets it.
    pub recipient: &'a Recipient,
    /// How much.
    pub amount: Fen,
    /// Why.
    pub reason: Reason,
    /// The day.
    pub paid_on: Date,
}

/// Moves the money: gifts bound to the use before the pool.
pub(super) fn spend(
    name: &FundName,
    spending: Spending<'_>,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Spending { from, purpose, expense, reference, recipient, amount, reason, paid_on } =
        spending;
    let (account, gift) = match from {
        Some(of) => {
            let gift = donation::find_alone(state, name, of, paid_on)?;
            check_gift(&gift, purpose, recipient)?;
            (gift.account(name.host, of), Some((of, gift)))
        }
        None => {
            require_no_restricted(name, purpose, state)?;
            (donation::pool(name), None)
        }
    };
    let payment = payment_account(name.host, reference);
    let selection = Selection::FirstInFirstOut;
    let movements = book::transfer(state, &account, &payment, amount, selection)?;
    sums::post(movements, state, context)?;
    if let Some((of, gift)) = &gift {
        donation::put(state, name.host, of, gift)?;
    }
    let (fund, donation) = (name.fund.clone(), from.cloned());
    let payout = Payout { fund, donation, reason, paid_on, evidenced: false };
    PAYOUTS.put(state, &(name.host, reference.clone()), &payout);
    let place = place(name, paid_on, expense, purpose.clone());
    sums::count(&place, Fen::ZERO, amount, state)
}

/// Where a payment counts among the charity's sums.
pub(super) fn place(fund: &FundName, paid_on: Date, expense: Expense, purpose: Use) -> Place {
    let item = match expense {
        Expense::Program => Item::Program,
        Expense::Management => Item::Management,
        Expense::Fundraising => Item::Fundraising,
        Expense::Other => Item::Other,
    };
    Place { fund: fund.clone(), quarter: Quarter::of(paid_on), item, purpose }
}

/// Payments to the donor of a gift bound to a use are no such use (慈善法 第四十条).
fn check_gift(gift: &Donation, purpose: &Use, recipient: &Recipient) -> Result<(), Refusal> {
    if let Some(bound) = gift.restriction.as_ref().filter(|bound| *bound != purpose) {
        return Err(Refusal::new(Code::RestrictionDiffers, format!("{bound}, not {purpose}")));
    }
    match (&gift.donor, recipient) {
        (Donor::Organization(donor), Recipient::Organization(code)) if donor == code => {
            Err(Refusal::new(Code::RecipientIsDonor, code))
        }
        _ => Ok(()),
    }
}

/// Refuses to touch the pool while a gift of money that is bound to this use is unspent.
fn require_no_restricted(fund: &FundName, purpose: &Use, state: &State<'_>) -> Result<(), Fault> {
    let parts = (fund, Measure::Cash, purpose);
    match UNSPENT.scan(state, &parts, None, 1)?.first() {
        Some(((_, _, _, reference), ())) => {
            let detail = format!("{reference} is bound to {purpose}");
            Err(Refusal::new(Code::RestrictedFirst, detail).into())
        }
        None => Ok(()),
    }
}

/// The account of one of the host's payments.
pub(crate) fn payment_account(organization: OrganizationCode, reference: &Reference) -> AccountId {
    AccountId::Payment { organization, reference: reference.clone() }
}

/// What was paid out under this reference, on `date` or before.
///
/// # Errors
/// [`Code::PayoutUnknown`], [`Code::DateOrder`].
pub(super) fn find(
    reference: &Reference,
    host: OrganizationCode,
    date: Date,
    state: &State<'_>,
) -> Result<Payout, Fault> {
    let unknown = || Refusal::new(Code::PayoutUnknown, reference);
    let payout = PAYOUTS.get(state, &(host, reference.clone()))?.ok_or_else(unknown)?;
    fund::require_not_before(payout.paid_on, date)?;
    Ok(payout)
}

/// A payment for a use, not a refund, of which something is still out.
///
/// # Errors
/// As [`find`], and [`Code::PayoutUndone`].
pub(super) fn find_spent(
    reference: &Reference,
    host: OrganizationCode,
    date: Date,
    state: &State<'_>,
) -> Result<Payout, Fault> {
    let payout = find(reference, host, date, state)?;
    if payout.reason == Reason::Refunded {
        return Err(Refusal::new(Code::PayoutUnknown, reference).into());
    }
    let account = book::account(state, &payment_account(host, reference))?;
    if account.is_none_or(|account| account.balance().is_zero()) {
        return Err(Refusal::new(Code::PayoutUndone, reference).into());
    }
    Ok(payout)
}
