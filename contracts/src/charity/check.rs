//! Whole-table checks of charities' gifts, resolutions and sums, for tests, audits and `testnet
//! check`.

mod ahead;
mod sums;

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::disbursement::{PAYOUTS, Reason, payment_account};
use super::donation::{DONATIONS, DonationReference, POOL_LINE, UNSPENT, unspent_key};
use super::resolution::RESOLUTIONS;
use crate::book::store::ACCOUNTS;
use crate::book::{self, AccountId, CHARITY_FUND_MARK, Measure};
use crate::payment::Reference;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// A gift or resolution that breaks an invariant.
#[derive(Debug, thiserror::Error)]
pub enum CharityViolation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The list of gifts with something left is not what the accounts say.
    #[error("gift {gift} of {charity}: its account and the list of unspent gifts differ")]
    Unspent {
        /// The charity.
        charity: OrganizationCode,
        /// The gift.
        gift: DonationReference,
    },
    /// More or less went back to a donor than is noted, or more than was given.
    #[error("gift {gift} of {charity}: {noted} are noted as given back, {found} were")]
    Refunded {
        /// The charity.
        charity: OrganizationCode,
        /// The gift.
        gift: DonationReference,
        /// What is noted.
        noted: Fen,
        /// What its refunds hold.
        found: Fen,
    },
    /// The list of unspent gifts names one that does not exist or stands elsewhere.
    #[error("{listed} gifts are listed as unspent, {found} are")]
    UnspentCount {
        /// In the list.
        listed: usize,
        /// By the accounts.
        found: usize,
    },
    /// Money of a fund stands neither in its pool nor where one of its gifts is.
    #[error("{account:?} is neither a fund's pool nor the place of a gift")]
    Stranded {
        /// The account.
        account: AccountId,
    },
    /// A sum is not that of its entries.
    #[error("sums of charities, {what}: {difference}")]
    Sums {
        /// Which sums.
        what: &'static str,
        /// What is kept, and what the entries come to.
        difference: String,
    },
    /// What was paid ahead of a resolution and what awaits one are not the same.
    #[error("payment {payment} of {charity} and the list of payments that await a decision differ")]
    Ahead {
        /// The charity.
        charity: OrganizationCode,
        /// The payment.
        payment: Reference,
    },
    /// A list names a payment that neither awaits a decision nor is to be taken back.
    #[error("{listed} payments are listed as undecided or to be taken back, {found} are")]
    AheadCount {
        /// In the list.
        listed: usize,
        /// By the payments.
        found: usize,
    },
    /// More was used of a resolution than it allows.
    #[error("resolution {number}: {used} used of {amount}")]
    Exceeded {
        /// The resolution.
        number: String,
        /// What was used.
        used: Fen,
        /// What it allows.
        amount: Fen,
    },
}

/// Checks every gift, every resolution and every sum; returns how many gifts there are.
///
/// # Errors
/// The first [`CharityViolation`].
pub fn check_charities(reader: &dyn StateRead) -> Result<usize, CharityViolation> {
    let refunds = refunds(reader)?;
    let (mut gifts, mut unspent, mut after) = (0, BTreeSet::new(), None);
    loop {
        let page = DONATIONS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for ((charity, gift), donation) in page {
            gifts += 1;
            let id = donation.account(charity, &gift);
            let account = book::account(reader, &id)?;
            let has_rest = donation.stands_alone()
                && account.is_some_and(|account| !account.balance().is_zero());
            let key = unspent_key(charity, &gift, &donation);
            if UNSPENT.contains(reader, &key)? != has_rest {
                return Err(CharityViolation::Unspent { charity, gift });
            }
            if has_rest {
                unspent.insert(id);
            }
            let key = (charity, gift);
            let found = refunds.get(&key).copied().unwrap_or_default();
            let noted = donation.refunded;
            if found != noted || noted > donation.amount {
                let (charity, gift) = key;
                return Err(CharityViolation::Refunded { charity, gift, noted, found });
            }
        }
    }
    let listed = UNSPENT.scan(reader, &(), None, usize::MAX)?.len();
    if listed != unspent.len() {
        return Err(CharityViolation::UnspentCount { listed, found: unspent.len() });
    }
    check_places(reader, &unspent)?;
    check_resolutions(reader)?;
    ahead::check(reader)?;
    sums::check(reader)?;
    Ok(gifts)
}

/// What refunds hold, by gift.
fn refunds(
    reader: &dyn StateRead,
) -> Result<BTreeMap<(OrganizationCode, DonationReference), Fen>, StateError> {
    let (mut refunds, mut after) = (BTreeMap::new(), None);
    loop {
        let page = PAYOUTS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(refunds) };
        after = Some(last.clone());
        for ((charity, reference), payout) in page {
            let (Reason::Refunded, Some(gift)) = (payout.reason, payout.donation) else { continue };
            let account = book::account(reader, &payment_account(charity, &reference))?;
            let held = account.map_or(Fen::ZERO, |account| account.balance());
            let sum: &mut Fen = refunds.entry((charity, gift)).or_default();
            *sum = sum.checked_add(held).unwrap_or(Fen::MAX);
        }
    }
}

/// Every fen that a fund holds is in its pool or where a gift is.
fn check_places(
    reader: &dyn StateRead,
    gifts: &BTreeSet<AccountId>,
) -> Result<(), CharityViolation> {
    let mut after = None;
    loop {
        let page = ACCOUNTS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for (account, held) in page {
            let is_of_fund = match &account {
                AccountId::Line { measure, fund, line, .. } => {
                    let is_pool = *measure == Measure::Cash && line.as_str() == POOL_LINE;
                    fund.as_str().starts_with(CHARITY_FUND_MARK) && !is_pool
                }
                _ => false,
            };
            if is_of_fund && !held.balance().is_zero() && !gifts.contains(&account) {
                return Err(CharityViolation::Stranded { account });
            }
        }
    }
}

fn check_resolutions(reader: &dyn StateRead) -> Result<(), CharityViolation> {
    let mut after = None;
    loop {
        let page = RESOLUTIONS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for ((_, number), resolution) in page {
            let (used, amount) = (resolution.used, resolution.amount);
            if used > amount {
                let number = number.to_string();
                return Err(CharityViolation::Exceeded { number, used, amount });
            }
        }
    }
}
