//! Which transactions a proposal takes, within a block's worth of work: what is executed and left
//! out costs the proposer as much as what is taken.
//!
//! The pool's turns are counted in bytes, and a few bytes may be much work: an approval does the
//! work of the act that waits for it. So an organisation whose acts have taken an eighth of the
//! block waits until the others have had theirs.

use std::collections::BTreeMap;

use minglian_contracts::execute::{BLOCK_WEIGHT_MAX, Run, Unfit};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use minglian_ledger::transaction::Transaction;

use super::{
    LeftOut, TAKEN_ORGANIZATION_WEIGHT, UNFIT_MAX, UNFIT_ORGANIZATION_MAX,
    UNFIT_ORGANIZATION_WEIGHT_MAX,
};

/// What was taken, executed, and what was left out.
pub(super) struct Selected<'a> {
    pub(super) run: Run<'a>,
    pub(super) taken: Vec<Transaction>,
    pub(super) left_out: Vec<LeftOut>,
}

/// What one organisation had taken and left out.
#[derive(Default)]
struct Share {
    taken_weight: u64,
    count: usize,
    weight: u64,
}

type Shares = BTreeMap<OrganizationCode, Share>;

/// Executes as many of `transactions` as fit, in their order; of an organisation whose acts are
/// heavy the rest behind those of the others.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(super) fn select<'a, 'b>(
    run: Run<'a>,
    transactions: impl Iterator<Item = &'b Transaction>,
) -> Result<Selected<'a>, StateError> {
    let mut selected = Selected { run, taken: Vec::new(), left_out: Vec::new() };
    let (mut shares, mut later) = (Shares::new(), Vec::new());
    for transaction in transactions {
        let share = shares.entry(transaction.body.organization).or_default();
        if share.taken_weight >= TAKEN_ORGANIZATION_WEIGHT {
            later.push(transaction);
        } else if !selected.has_room_after(transaction, share)? {
            return Ok(selected);
        }
    }
    for transaction in later {
        let share = shares.entry(transaction.body.organization).or_default();
        if !selected.has_room_after(transaction, share)? {
            break;
        }
    }
    Ok(selected)
}

impl Selected<'_> {
    /// Takes a transaction or leaves it out; whether others may follow.
    fn has_room_after(
        &mut self,
        transaction: &Transaction,
        share: &mut Share,
    ) -> Result<bool, StateError> {
        let before = self.run.work();
        if before >= BLOCK_WEIGHT_MAX || self.left_out.len() >= UNFIT_MAX {
            return Ok(false);
        }
        if share.count >= UNFIT_ORGANIZATION_MAX || share.weight >= UNFIT_ORGANIZATION_WEIGHT_MAX {
            return Ok(true);
        }
        let pushed = self.run.push(transaction)?.map(|_| ());
        let work = self.run.work().saturating_sub(before);
        let unfit = match pushed {
            Ok(_) => {
                share.taken_weight = share.taken_weight.saturating_add(work);
                self.taken.push(transaction.clone());
                return Ok(true);
            }
            // One that no block has room for would end every proposal at its place.
            Err(Unfit::Full) if !self.taken.is_empty() => return Ok(false),
            Err(unfit) => unfit,
        };
        share.count += 1;
        share.weight = share.weight.saturating_add(work);
        self.left_out.push(LeftOut { id: transaction.id(), unfit });
        Ok(true)
    }
}
