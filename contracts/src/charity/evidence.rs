//! What shows the use of a payment, and what the donors were told of it.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::Event;
use super::disbursement::{self, PAYOUTS};
use super::donation::{self, DonationReference};
use super::fund::FundName;
use super::sums::{self, Quarter};
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::Reference;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// What shows the use of payments, by charity and payment: the newest of each.
pub const EVIDENCE: Table<(OrganizationCode, Reference), Evidence> =
    Table::new(schema::prefix::CHARITY_FIRST + 15);

/// What donors were told, by charity, gift and payment: the newest of each.
pub const FEEDBACK: Table<(OrganizationCode, DonationReference, Reference), Feedback> =
    Table::new(schema::prefix::CHARITY_FEEDBACK);

/// Most attachments of one act.
pub const ATTACHMENTS_MAX: usize = 16;

/// What shows the use of a payment. Showing it again replaces it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Evidence {
    /// Photos, signed lists, acceptance.
    pub attachments: Vec<AttachmentHash>,
    /// How many were helped.
    pub beneficiaries: u32,
    /// The day.
    pub shown_on: Date,
    /// The record that shows it.
    pub record: LogIndex,
}

/// What a donor was told of a payment.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Feedback {
    /// The text, as a salted commitment.
    pub message: Commitment,
    /// The day.
    pub told_on: Date,
    /// The record that tells it.
    pub record: LogIndex,
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
    let mut payout = disbursement::find_spent(reference, host, occurred_on, state)?;
    if attachments.is_empty() || attachments.len() > ATTACHMENTS_MAX {
        let detail = format!("{} attachments, 1 to {ATTACHMENTS_MAX}", attachments.len());
        return Err(Refusal::new(Code::EvidenceCount, detail).into());
    }
    payout.evidenced = true;
    let key = (host, reference.clone());
    PAYOUTS.put(state, &key, &payout);
    let known = EVIDENCE.get(state, &key)?.map_or(0, |known| known.beneficiaries);
    let name = FundName { host, fund: payout.fund };
    sums::count_helped(&name, Quarter::of(payout.paid_on), known, beneficiaries, state)?;
    let (attachments, record) = (attachments.to_vec(), context.index);
    let shown = Evidence { attachments, beneficiaries, shown_on: occurred_on, record };
    EVIDENCE.put(state, &key, &shown);
    context.emit(Event::Used { payment: reference.clone(), beneficiaries });
    Ok(())
}

pub(super) fn feed_back(
    gift: &DonationReference,
    reference: &Reference,
    message: Commitment,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let found = donation::find_valid(state, host, gift, occurred_on)?;
    let payout = disbursement::find_spent(reference, host, occurred_on, state)?;
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
    let told = Feedback { message, told_on: occurred_on, record: context.index };
    FEEDBACK.put(state, &(host, gift.clone(), reference.clone()), &told);
    context.emit(Event::FedBack { donation: gift.clone(), payment: reference.clone() });
    Ok(())
}
