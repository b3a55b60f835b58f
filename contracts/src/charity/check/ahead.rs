//! What was paid ahead of a resolution, against the list of what awaits one.

use minglian_ledger::state::StateRead;

use super::CharityViolation;
use crate::book;
use crate::charity::ahead::{AHEAD, Ended, OPEN, REJECTED};
use crate::charity::disbursement::{PAYOUTS, Reason, payment_account};
use crate::charity::fund::FundName;
use crate::schema::OrderedDay;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// Checks every payment that was made ahead.
pub(super) fn check(reader: &dyn StateRead) -> Result<(), CharityViolation> {
    let (mut found, mut rejected, mut after) = (0, 0, None);
    loop {
        let page = AHEAD.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for ((charity, payment), ahead) in page {
            let name = FundName { host: charity, fund: ahead.fund.clone() };
            let day = OrderedDay::earliest_first(ahead.decide_by);
            let is_rejected = REJECTED.contains(reader, &(name.clone(), payment.clone()))?;
            let is_listed = OPEN.contains(reader, &(name, day, payment.clone()))?;
            let account = book::account(reader, &payment_account(charity, &payment))?;
            let is_out = account.is_some_and(|account| !account.balance().is_zero());
            let is_open = ahead.ended.is_none();
            let is_to_return = ahead.is_recoverable() && is_out;
            rejected += usize::from(is_to_return);
            found += usize::from(is_open);
            let payout = PAYOUTS.get(reader, &(charity, payment.clone()))?;
            let is_under_resolution =
                payout.is_some_and(|payout| !matches!(payout.reason, Reason::Ahead { .. }));
            let was_agreed = matches!(ahead.ended, Some(Ended::Decided { agreed: true, .. }));
            let agrees = is_listed == is_open && was_agreed == is_under_resolution;
            if !agrees || is_rejected != is_to_return || (is_open && !is_out) {
                return Err(CharityViolation::Ahead { charity, payment });
            }
        }
    }
    let listed = OPEN.scan(reader, &(), None, usize::MAX)?.len();
    if listed != found {
        return Err(CharityViolation::AheadCount { listed, found });
    }
    let (listed, found) = (REJECTED.scan(reader, &(), None, usize::MAX)?.len(), rejected);
    if listed == found { Ok(()) } else { Err(CharityViolation::AheadCount { listed, found }) }
}
