//! A donor's path: from the code on a receipt to the gift, to where its trace begins, and to what
//! is known of each payment that its fen went into: decision, bank, evidence, feedback.
//!
//! Who holds the code computes its hash ([`super::donation::receipt_code`]) and asks with that; the
//! code itself is for nobody else. Which fen went where is for [`crate::trace`] to say.

use minglian_ledger::fen::Fen;
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::disbursement::{PAYOUTS, Payout, Reason, payment_account};
use super::donation::{DONATIONS, Donation, DonationReference, RECEIPT_CODES};
use super::evidence::{EVIDENCE, Evidence, FEEDBACK, Feedback};
use super::fund::{FUNDS, Fund, FundName};
use super::resolution::{RESOLUTIONS, Resolution};
use crate::book::{self, Interval};
use crate::payment::{Reference, STATUSES, Status};
use crate::trace::{Cursor, Direction};

/// Most gifts that one code leads to.
pub const MATCHES_MAX: usize = 16;

/// A gift, found by its receipt's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The charity that got it.
    pub charity: OrganizationCode,
    /// What the charity calls it.
    pub reference: DonationReference,
    /// The gift as it is now.
    pub gift: Donation,
    /// The fund that got it.
    pub fund: Option<Fund>,
}

/// What is known of a payment out of a charity's fund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The payment.
    pub payout: Payout,
    /// How much of it is still out, others' gifts included.
    pub out: Fen,
    /// The resolution under which it was made, with its votes and its minutes; none of a refund,
    /// nor of what was paid ahead of one.
    pub resolution: Option<Resolution>,
    /// What the bank did, if it is known.
    pub bank: Option<Status>,
    /// What shows its use.
    pub evidence: Option<Evidence>,
    /// What the donor of this gift was told of it.
    pub feedback: Option<Feedback>,
}

/// The gifts whose receipt's code has this hash, of one charity if it is named, or else of at most
/// [`MATCHES_MAX`]. There is one, unless another charity entered the hash after it was in sight:
/// the receipt says whose the donor's is.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn find(
    reader: &dyn StateRead,
    code: &Commitment,
    charity: Option<OrganizationCode>,
) -> Result<Vec<Given>, StateError> {
    let known = match charity {
        Some(charity) => {
            let key = (*code, charity);
            RECEIPT_CODES.get(reader, &key)?.map(|reference| (key, reference)).into_iter().collect()
        }
        None => RECEIPT_CODES.scan(reader, code, None, MATCHES_MAX)?,
    };
    let mut matches = Vec::with_capacity(known.len());
    for ((_, charity), reference) in known {
        let Some(gift) = DONATIONS.get(reader, &(charity, reference.clone()))? else { continue };
        let fund = FUNDS.get(reader, &gift.fund_of(charity))?;
        matches.push(Given { charity, reference, gift, fund });
    }
    Ok(matches)
}

impl Given {
    /// Where the trace of its fen begins; none of nothing.
    pub fn start(&self) -> Option<Cursor> {
        let (account, start) = self.gift.origin(self.charity, &self.reference);
        let end = start.checked_add(self.gift.amount.get())?;
        let interval = Interval::new(start, end)?;
        Some(Cursor::new(account, interval, Direction::Down))
    }

    /// What is known of a payment, which another charity may have made with surplus; none where
    /// `reference` names no payment of a charity.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn paid(
        &self,
        reader: &dyn StateRead,
        payer: OrganizationCode,
        reference: &Reference,
    ) -> Result<Option<Paid>, StateError> {
        let key = (payer, reference.clone());
        let Some(payout) = PAYOUTS.get(reader, &key)? else { return Ok(None) };
        let resolution = match &payout.reason {
            Reason::Spent { resolution, .. } => {
                let fund = FundName { host: payer, fund: payout.fund.clone() };
                RESOLUTIONS.get(reader, &(fund, resolution.clone()))?
            }
            Reason::Refunded | Reason::Ahead { .. } => None,
        };
        let account = book::account(reader, &payment_account(payer, reference))?;
        let told = (self.charity, self.reference.clone(), reference.clone());
        Ok(Some(Paid {
            out: account.map_or(Fen::ZERO, |account| account.balance()),
            resolution,
            bank: STATUSES.get(reader, &key)?,
            evidence: EVIDENCE.get(reader, &key)?,
            feedback: if payer == self.charity { FEEDBACK.get(reader, &told)? } else { None },
            payout,
        }))
    }
}
