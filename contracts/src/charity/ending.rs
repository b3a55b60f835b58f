//! Surplus (慈善法 第五十八条), and the end of a fund.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use super::ahead;
use super::change::{self, Authority};
use super::contribution;
use super::donation::{self, DonationReference, UNSPENT};
use super::fund::{self, FUNDS, FundName, FundReference};
use super::qualification::{self, QualificationKind};
use super::resolution::{self, Matter, ResolutionNumber};
use super::sums::{self, Item, Place, Quarter};
use crate::allocation::check_date;
use crate::book::{self, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Where surplus goes.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heir {
    /// Another fund of the same host: no money leaves its bank account.
    Own(FundReference),
    /// A fund of another charity, whose checker approves too.
    Other(FundName),
}

/// Surplus money that goes to another fund.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TransferSurplus {
    /// The fund that has it.
    pub fund: FundReference,
    /// The gift out of whose own account it comes; none for the fund's pool.
    pub from: Option<DonationReference>,
    /// Where it goes.
    pub to: Heir,
    /// How much.
    pub amount: Fen,
    /// The committee's resolution.
    pub resolution: ResolutionNumber,
    /// What allows it.
    pub authority: Authority,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn transfer_surplus(
    act: &TransferSurplus,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let TransferSurplus { amount, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    let name = fund::own(&act.fund, context);
    fund::find(state, &name)?;
    let label = act.authority.label()?;
    let heir = match &act.to {
        Heir::Own(reference) => fund::own(reference, context),
        Heir::Other(name) => name.clone(),
    };
    // What a donor bound to a use stays bound within its fund, until its purpose is changed.
    if heir == name && act.from.is_some() {
        return Err(Refusal::new(Code::AuthorityWrong, &act.fund).into());
    }
    if let Some(reference) = &act.from {
        contribution::require_stays_bound(name.host, reference, state)?;
    }
    fund::find_open(state, &heir, *occurred_on)?;
    qualification::require(state, &heir.host, QualificationKind::Charity, *occurred_on)?;
    let (matter, number) = (Matter::Surplus, &act.resolution);
    resolution::use_up(&name, number, matter, *amount, *occurred_on, state)?;
    let gift = match &act.from {
        Some(reference) => {
            Some((reference, donation::find_alone(state, &name, reference, *occurred_on)?))
        }
        None => None,
    };
    let from = match &gift {
        Some((reference, gift)) => gift.account(name.host, reference),
        None => donation::pool(&name),
    };
    let (to, selection) = (donation::pool(&heir), Selection::FirstInFirstOut);
    let movements = book::change_purpose(state, &from, &to, *amount, selection, label)?;
    sums::post(movements, state, context)?;
    for (fund, item) in [(&name, Item::SurplusGiven), (&heir, Item::SurplusReceived)] {
        let (fund, purpose) = (fund.clone(), Text::default());
        let place = Place { fund, quarter: Quarter::of(*occurred_on), item, purpose };
        sums::count(&place, Fen::ZERO, *amount, state)?;
    }
    if let Some((reference, gift)) = &gift {
        donation::put(state, name.host, reference, gift)?;
    }
    context.emit(Event::SurplusTransferred { fund: act.fund.clone(), to: heir, amount: *amount });
    Ok(())
}

pub(super) fn terminate(
    reference: &FundReference,
    number: &ResolutionNumber,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let name = fund::own(reference, context);
    let mut fund = fund::find_open(state, &name, occurred_on)?;
    resolution::use_up(&name, number, Matter::Termination, Fen::ZERO, occurred_on, state)?;
    let pooled = change::balance(&donation::pool(&name), state)?;
    let unspent = UNSPENT.scan(state, &name, None, 1)?;
    if !pooled.is_zero() || !unspent.is_empty() {
        let gift = unspent.first().map(|((_, _, _, reference), ())| reference.as_str());
        let detail = format!("{pooled} in the pool; gift {}", gift.unwrap_or("-"));
        return Err(Refusal::new(Code::FundNotEmpty, detail).into());
    }
    // The committee that is to decide on them ends with the fund.
    if let Some(((_, _, payment), _)) = ahead::OPEN.scan(state, &name, None, 1)?.first() {
        return Err(Refusal::new(Code::AheadUndecided, payment).into());
    }
    fund.closed_on = Some(occurred_on);
    FUNDS.put(state, &name, &fund);
    context.emit(Event::FundTerminated { fund: reference.clone() });
    Ok(())
}
