//! Money that leaves a fund: under a resolution, paid by the host, restricted gifts first; what
//! came back of it, what shows its use, and what the donors were told.

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
use crate::allocation::check_date;
use crate::book::{self, AccountId, Measure, Movement, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::Reference;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// What charities have paid out, by charity and payment reference.
pub const PAYOUTS: Table<(OrganizationCode, Reference), Payout> =
    Table::new(schema::prefix::CHARITY_FIRST + 9);

/// Most attachments of one act.
pub const ATTACHMENTS_MAX: usize = 16;

/// How many inflows of a payment are read when it is corrected; it has one or two.
const INFLOWS_MAX: usize = 8;

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
    if act.reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, &act.fund).into());
    }
    let (matter, amount, date) = (Matter::Disbursement, act.amount, act.occurred_on);
    let resolution = resolution::use_up(&name, &act.resolution, matter, amount, date, state)?;
    let (account, gift) = match &act.from {
        Some(reference) => {
            let gift = donation::find_alone(state, &name, reference, date)?;
            check_gift(&gift, &resolution.purpose, &act.recipient)?;
            (gift.account(name.host, reference), Some((reference, gift)))
        }
        None => {
            require_no_restricted(&name, &resolution.purpose, state)?;
            (donation::pool(&name), None)
        }
    };
    let payment = payment_account(name.host, &act.reference);
    let selection = Selection::FirstInFirstOut;
    context.emit_movements(book::transfer(state, &account, &payment, amount, selection)?);
    if let Some((reference, gift)) = &gift {
        donation::put(state, name.host, reference, gift)?;
    }
    let payout = Payout {
        fund: act.fund.clone(),
        donation: act.from.clone(),
        reason: Reason::Spent { resolution: act.resolution.clone(), expense: act.expense },
        paid_on: date,
        evidenced: false,
    };
    PAYOUTS.put(state, &(name.host, act.reference.clone()), &payout);
    let left = resolution.amount.checked_sub(resolution.used).unwrap_or_default();
    context.emit(Event::Disbursed { payment: act.reference.clone(), left });
    Ok(())
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

pub(super) fn give_back(
    reference: &Reference,
    amount: Fen,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let payout = find(reference, host, occurred_on, state)?;
    let returned = book::return_payment(state, &payment_account(host, reference), amount)?;
    take_in(&payout, returned, amount, occurred_on, state, context)?;
    context.emit(Event::Returned { payment: reference.clone(), amount });
    Ok(())
}

pub(super) fn correct(
    reference: &Reference,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let payout = find(reference, host, occurred_on, state)?;
    let account = payment_account(host, reference);
    let mut reversed = Vec::new();
    // A payment has one inflow, a refund may have a second one of substituted fen.
    for (start, inflow) in book::inflows(state, &account, None, INFLOWS_MAX)? {
        if inflow.named < inflow.amount {
            reversed.extend(book::reverse(state, &account, start)?);
        }
    }
    let amount = Fen::sum(reversed.iter().map(Movement::amount)).unwrap_or_default();
    if amount.is_zero() {
        return Err(Refusal::new(Code::PayoutUndone, reference).into());
    }
    take_in(&payout, reversed, amount, occurred_on, state, context)?;
    context.emit(Event::Corrected { payment: reference.clone(), amount });
    Ok(())
}

/// Counts what came back of a payment: its resolution allows it again, its gift has it again.
fn take_in(
    payout: &Payout,
    returned: Vec<Movement>,
    amount: Fen,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let host = context.author.organization;
    if let Reason::Spent { resolution, .. } = &payout.reason {
        let name = FundName { host, fund: payout.fund.clone() };
        resolution::give_back(&name, resolution, amount, state)?;
    }
    let arrived = match &payout.donation {
        Some(named) => {
            let mut gift = donation::find_valid(state, host, named, occurred_on)?;
            let home = gift.account(host, named);
            let arrived = follow(returned, &home, &gift, state, context)?;
            if payout.reason == Reason::Refunded {
                gift.refunded = gift.refunded.checked_sub(amount).unwrap_or_default();
                gift.inflows.extend(donation::arrivals(&arrived, &home));
            }
            donation::put(state, host, named, &gift)?;
            arrived
        }
        None => returned,
    };
    context.emit_movements(arrived);
    Ok(())
}

/// Money that came back to an account which its gift has left since, because its use was changed,
/// goes on to where the gift is now, by the same authority. The movements that arrive there.
fn follow(
    returned: Vec<Movement>,
    target: &AccountId,
    gift: &Donation,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<Vec<Movement>, Fault> {
    let (Some(account), Some(authority)) =
        (returned.first().map(|movement| movement.to.clone()), gift.changed_by.clone())
    else {
        return Ok(returned);
    };
    if account == *target {
        return Ok(returned);
    }
    let amount = Fen::sum(returned.iter().map(Movement::amount)).unwrap_or_default();
    context.emit_movements(returned);
    let selection = Selection::FirstInFirstOut;
    book::change_purpose(state, &account, target, amount, selection, authority)
}

pub(super) fn show_use(
    reference: &Reference,
    attachments: &[AttachmentHash],
    beneficiaries: u32,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let mut payout = find_spent(reference, host, occurred_on, state)?;
    if attachments.is_empty() || attachments.len() > ATTACHMENTS_MAX {
        let detail = format!("{} attachments, 1 to {ATTACHMENTS_MAX}", attachments.len());
        return Err(Refusal::new(Code::EvidenceCount, detail).into());
    }
    payout.evidenced = true;
    PAYOUTS.put(state, &(host, reference.clone()), &payout);
    context.emit(Event::Used { payment: reference.clone(), beneficiaries });
    Ok(())
}

pub(super) fn feed_back(
    gift: &DonationReference,
    reference: &Reference,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let found = donation::find_valid(state, host, gift, occurred_on)?;
    let payout = find_spent(reference, host, occurred_on, state)?;
    if !payout.evidenced {
        return Err(Refusal::new(Code::EvidenceMissing, reference).into());
    }
    // Which account paid is known here; which of its fen, the trace says.
    let is_of_gift = match &payout.donation {
        Some(named) => named == gift,
        None => !found.stands_alone() && found.fund == payout.fund,
    };
    if !is_of_gift {
        return Err(Refusal::new(Code::FeedbackMismatch, format!("{gift} {reference}")).into());
    }
    context.emit(Event::FedBack { donation: gift.clone(), payment: reference.clone() });
    Ok(())
}

fn find(
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
fn find_spent(
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
