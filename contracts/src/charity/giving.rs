//! Entering a gift, and taking back one that was entered wrongly.

use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::donation::{
    self, DONATIONS, Donate, Donation, DonationReceipt, DonationReference, Donor, Gift,
    RECEIPT_CODES, RECEIPTS, Valuation,
};
use super::kind::Demand;
use super::qualification::{self, QualificationKind};
use super::{Event, campaign, fund, sums};
use crate::allocation::check_date;
use crate::book::{self, Measure, Origin};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

pub(super) fn donate(
    act: &Donate,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Donate { reference, donor, amount, restriction, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    let name = fund::own(&act.fund, context);
    let fund = fund::find_open(state, &name, *occurred_on)?;
    qualification::require(state, &name.host, QualificationKind::Charity, *occurred_on)?;
    if reference.is_empty() || restriction.as_ref().is_some_and(Text::is_empty) {
        return Err(Refusal::new(Code::ReferenceMissing, &act.fund).into());
    }
    // Money that moves between a charity's own funds is no income.
    if *donor == Donor::Organization(name.host) {
        return Err(Refusal::new(Code::DonorIsCharity, name.host).into());
    }
    let key = (name.host, reference.clone());
    if DONATIONS.contains(state, &key)? {
        return Err(Refusal::new(Code::DonationExists, reference).into());
    }
    match &act.campaign {
        Some(filing) => campaign::require_collects(filing, &name, *occurred_on, state)?,
        None if Demand::Campaign.of(fund.kind, *occurred_on, state, context)? > 0 => {
            return Err(Refusal::new(Code::CampaignMissing, fund.kind.code()).into());
        }
        None => {}
    }
    check_valuation(&act.gift)?;
    take_receipt(act, name.host, state)?;
    let mut donation = Donation {
        fund: act.fund.clone(),
        campaign: act.campaign.clone(),
        donor: donor.clone(),
        measure: if act.gift == Gift::Money { Measure::Cash } else { Measure::Goods },
        amount: *amount,
        restriction: restriction.clone(),
        changes: 0,
        changed_by: None,
        inflows: Vec::new(),
        refunded: Fen::ZERO,
        voided: false,
        received_on: *occurred_on,
    };
    let origin = Origin::Donation {
        // A reference of 96 bytes fits into one of 128.
        reference: Text::new(reference.as_str()).unwrap_or_default(),
        donor: match donor {
            Donor::Person(commitment) => Some(*commitment),
            Donor::Organization(_) | Donor::Anonymous => None,
        },
        occurred_on: *occurred_on,
    };
    let movement = book::receive(state, origin, &donation.account(name.host, reference), *amount)?;
    let inflow = movement.to_interval.start();
    sums::post(vec![movement], state, context)?;
    donation.inflows.push(inflow);
    donation::put(state, name.host, reference, &donation)?;
    context.emit(Event::Donated { donation: reference.clone(), inflow });
    Ok(())
}

pub(super) fn void(
    reference: &DonationReference,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let mut donation = donation::find_valid(state, host, reference, occurred_on)?;
    let [inflow] = donation.inflows[..] else { return Err(donation::closed(reference).into()) };
    if !donation.refunded.is_zero() || donation.changes > 0 {
        return Err(donation::closed(reference).into());
    }
    let movements = book::reverse(state, &donation.account(host, reference), inflow)?;
    sums::post(movements, state, context)?;
    donation.voided = true;
    donation::put(state, host, reference, &donation)
}

fn check_valuation(gift: &Gift) -> Result<(), Refusal> {
    let Gift::Goods(goods) = gift else { return Ok(()) };
    let is_shown = goods.document.is_some() || goods.valuation == Valuation::MarketPrice;
    if goods.description.is_empty() || goods.quantity.is_empty() || !is_shown {
        let detail = format!("{} {}, {:?}", goods.description, goods.quantity, goods.valuation);
        return Err(Refusal::new(Code::ValuationMissing, detail));
    }
    Ok(())
}

fn take_receipt(act: &Donate, host: OrganizationCode, state: &mut State<'_>) -> Result<(), Fault> {
    let reference = &act.reference;
    if let DonationReceipt::Number(number) = &act.receipt {
        if number.is_empty() {
            return Err(Refusal::new(Code::ReceiptMissing, reference).into());
        }
        let key = (host, number.clone());
        if RECEIPTS.contains(state, &key)? {
            return Err(Refusal::new(Code::ReceiptTaken, number).into());
        }
        RECEIPTS.put(state, &key, reference);
    }
    // The code of an act that waits is in sight, so another charity's use of it takes nothing.
    let key = (act.code, host);
    if RECEIPT_CODES.contains(state, &key)? {
        return Err(Refusal::new(Code::ReceiptTaken, act.code).into());
    }
    RECEIPT_CODES.put(state, &key, reference);
    Ok(())
}
