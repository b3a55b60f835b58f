//! Whole-table checks of homes, for tests, audits and `testnet check`.

use std::collections::BTreeSet;

use minglian_ledger::date::Month;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::occupancy::MONTHS;
use super::paying::PAYMENTS_MAX;
use super::subsidy;
use crate::book::{self, AccountId};
use crate::payment::Reference;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// A month of a home that breaks an invariant.
#[derive(Debug, thiserror::Error)]
pub enum HomesViolation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A subsidy is not what its beds, rate and factors come to.
    #[error("the subsidy of {0} in {1} is not what its beds, rate and factors come to")]
    Amount(OrganizationCode, Month),
    /// A payment counts twice, or was never made.
    #[error("payment {0} of the subsidy of {1} in {2} counts twice, or was never made")]
    Payment(Reference, OrganizationCode, Month),
    /// More payments than a month may have.
    #[error("the subsidy of {0} in {1} has too many payments")]
    Payments(OrganizationCode, Month),
}

/// Checks every month of every home; returns how many there are.
///
/// # Errors
/// The first [`HomesViolation`].
pub fn check_homes(reader: &dyn StateRead) -> Result<usize, HomesViolation> {
    let (mut months, mut after, mut known) = (0, None, BTreeSet::new());
    loop {
        let page = MONTHS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(months) };
        after = Some(*last);
        for ((home, month), found) in page {
            months += 1;
            if let Some(it) = &found.subsidy {
                let factors = [it.rating_factor, it.inspection_factor];
                let sum = subsidy::amount(it.rate, &it.beds, &it.level_factors, factors);
                if sum != Some(it.amount) {
                    return Err(HomesViolation::Amount(home, month));
                }
            }
            if found.payments.len() > PAYMENTS_MAX {
                return Err(HomesViolation::Payments(home, month));
            }
            for (organization, reference) in found.payments {
                let account = AccountId::Payment { organization, reference: reference.clone() };
                let is_made = book::account(reader, &account)?.is_some();
                if !is_made || !known.insert((organization, reference.clone())) {
                    return Err(HomesViolation::Payment(reference, home, month));
                }
            }
        }
    }
}
