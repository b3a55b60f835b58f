//! Gifts that get another use, and gifts that go back to their donors.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use super::contribution;
use super::disbursement::{self, PAYOUTS, Payout, Reason};
use super::donation::{self, Donation, DonationReference, INFLOWS_MAX, Use};
use super::resolution::{self, Matter, ResolutionNumber};
use super::sums;
use crate::allocation::check_date;
use crate::book::{self, AccountId, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::{self, Reference};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// What allows gifts to be used for something else (慈善法 第五十六条、第五十八条).
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// A filing with the civil-affairs department: its number.
    Filing(Text<96>),
    /// The donor's consent: the number under which it is kept.
    Consent(Text<96>),
    /// What campaign plan or gift agreement say of surplus.
    Agreement(Text<96>),
    /// For surplus on which they say nothing: the public notice of the similar project.
    SimilarPurpose(Text<96>),
}

impl Authority {
    /// As movements name it.
    ///
    /// # Errors
    /// [`Code::AuthorityWrong`] if it is not named.
    pub(super) fn label(&self) -> Result<Text<128>, Refusal> {
        let (mark, name) = match self {
            Self::Filing(name) => ("备案", name),
            Self::Consent(name) => ("捐赠人同意", name),
            Self::Agreement(name) => ("方案或协议", name),
            Self::SimilarPurpose(name) => ("目的相近", name),
        };
        if name.is_empty() {
            return Err(Refusal::new(Code::AuthorityWrong, mark));
        }
        let wrong = |error| Refusal::new(Code::AuthorityWrong, error);
        Text::new(format!("{mark}:{name}")).map_err(wrong)
    }
}

/// What is left of a gift gets another use.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ChangePurpose {
    /// The gift, which is bound to a use.
    pub donation: DonationReference,
    /// The committee's resolution.
    pub resolution: ResolutionNumber,
    /// The new use; none binds it no longer.
    pub purpose: Option<Use>,
    /// What allows it.
    pub authority: Authority,
    /// The day.
    pub occurred_on: Date,
}

/// A gift, or a part of it, goes back to its donor. A refund that bounced is a new inflow of the
/// gift's account; one refund takes from one inflow.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Refund {
    /// The gift.
    pub donation: DonationReference,
    /// The host's voucher number.
    pub reference: Reference,
    /// How much.
    pub amount: Fen,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn change_purpose(
    act: &ChangePurpose,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let ChangePurpose { donation: reference, purpose, authority, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    let host = context.author.organization;
    let mut gift = donation::find_valid(state, host, reference, *occurred_on)?;
    if gift.restriction.is_none() {
        return Err(Refusal::new(Code::NotRestricted, reference).into());
    }
    if purpose.is_none() {
        contribution::require_stays_bound(host, reference, state)?;
    }
    // What a filed plan promised the public changes by filing, what a donor agreed to by consent.
    let is_right = match authority {
        Authority::Filing(_) => gift.campaign.is_some(),
        Authority::Consent(_) => gift.campaign.is_none(),
        Authority::Agreement(_) | Authority::SimilarPurpose(_) => false,
    };
    if !is_right {
        let campaign = gift.campaign.as_ref().map_or("-", |filing| filing.as_str());
        let detail = format!("{}, campaign {campaign}", authority.label()?);
        return Err(Refusal::new(Code::AuthorityWrong, detail).into());
    }
    let label = authority.label()?;
    let from = gift.account(host, reference);
    let amount = balance(&from, state)?;
    let (fund, matter) = (gift.fund_of(host), Matter::PurposeChange);
    let resolution =
        resolution::use_up(&fund, &act.resolution, matter, amount, *occurred_on, state)?;
    let decided = (!resolution.purpose.is_empty()).then_some(&resolution.purpose);
    if decided != purpose.as_ref() {
        let detail = format!("the resolution says 「{}」", resolution.purpose);
        return Err(Refusal::new(Code::RestrictionDiffers, detail).into());
    }
    donation::UNSPENT.delete(state, &donation::unspent_key(host, reference, &gift));
    gift.restriction = purpose.clone();
    gift.changes = gift.changes.saturating_add(1);
    gift.changed_by = Some(label.clone());
    let to = gift.account(host, reference);
    let selection = Selection::FirstInFirstOut;
    let movements = book::change_purpose(state, &from, &to, amount, selection, label)?;
    gift.inflows = donation::arrivals(&movements, &to);
    sums::post(movements, state, context)?;
    donation::put(state, host, reference, &gift)?;
    context.emit(Event::PurposeChanged { donation: reference.clone(), amount });
    Ok(())
}

pub(super) fn refund(
    act: &Refund,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Refund { donation: reference, amount, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    let host = context.author.organization;
    let mut gift = donation::find_valid(state, host, reference, *occurred_on)?;
    payment::require_usable(&act.reference, reference)?;
    let (from, to) =
        (gift.account(host, reference), disbursement::payment_account(host, &act.reference));
    let too_large = || Refusal::new(Code::AmountTooLarge, amount);
    let refunded = gift.refunded.checked_add(*amount).ok_or_else(too_large)?;
    let selection = own_fen(&gift, &from, refunded, state)?;
    let movements = book::transfer(state, &from, &to, *amount, selection)?;
    sums::post(movements, state, context)?;
    gift.refunded = refunded;
    donation::put(state, host, reference, &gift)?;
    let payout = Payout {
        fund: gift.fund.clone(),
        donation: Some(reference.clone()),
        reason: Reason::Refunded,
        paid_on: *occurred_on,
        evidenced: false,
    };
    PAYOUTS.put(state, &(host, act.reference.clone()), &payout);
    let (donation, refunded) = (reference.clone(), gift.refunded);
    context.emit(Event::Refunded { donation, refunded });
    Ok(())
}

/// The gift's own fen first; the book says so where it must take others in their place. Where more
/// places of it came back than a gift keeps, the oldest fen go, up to all of the gift.
fn own_fen(
    gift: &Donation,
    from: &AccountId,
    refunded: Fen,
    state: &State<'_>,
) -> Result<Selection, Fault> {
    let mut selection = Selection::FirstInFirstOut;
    for inflow in &gift.inflows {
        selection = Selection::Inflow(*inflow);
        let found = book::inflow(state, from, *inflow)?;
        if found.is_some_and(|found| found.named < found.amount) {
            return Ok(selection);
        }
    }
    if gift.inflows.len() >= INFLOWS_MAX && refunded <= gift.amount {
        return Ok(Selection::FirstInFirstOut);
    }
    Ok(selection)
}

/// What an account holds.
pub(super) fn balance(account: &AccountId, state: &State<'_>) -> Result<Fen, Fault> {
    Ok(book::account(state, account)?.map_or(Fen::ZERO, |account| account.balance()))
}
