//! Which transactions a proposal takes, within a block's worth of work: what is executed and left
//! out costs the proposer as much as what is taken.

use std::collections::BTreeMap;

use minglian_contracts::execute::{BLOCK_WEIGHT_MAX, Run, Unfit};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use minglian_ledger::transaction::Transaction;

use super::{LeftOut, UNFIT_MAX, UNFIT_ORGANIZATION_MAX, UNFIT_ORGANIZATION_WEIGHT_MAX};

/// What was taken, executed, and what was left out.
pub(super) struct Selected<'a> {
    pub(super) run: Run<'a>,
    pub(super) taken: Vec<Transaction>,
    pub(super) left_out: Vec<LeftOut>,
}

/// What one organisation had left out.
#[derive(Default)]
struct Share {
    count: usize,
    weight: u64,
}

/// Executes as many of `transactions` as fit, in their order.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(super) fn select<'a, 'b>(
    mut run: Run<'a>,
    transactions: impl Iterator<Item = &'b Transaction>,
) -> Result<Selected<'a>, StateError> {
    let (mut taken, mut left_out): (Vec<Transaction>, Vec<LeftOut>) = (Vec::new(), Vec::new());
    let mut shares: BTreeMap<OrganizationCode, Share> = BTreeMap::new();
    for transaction in transactions {
        if run.work() >= BLOCK_WEIGHT_MAX || left_out.len() >= UNFIT_MAX {
            break;
        }
        let share = shares.entry(transaction.body.organization).or_default();
        if share.count >= UNFIT_ORGANIZATION_MAX || share.weight >= UNFIT_ORGANIZATION_WEIGHT_MAX {
            continue;
        }
        let before = run.work();
        let unfit = match run.push(transaction)? {
            Ok(_) => {
                taken.push(transaction.clone());
                continue;
            }
            // One that no block has room for would end every proposal at its place.
            Err(Unfit::Full) if !taken.is_empty() => break,
            Err(unfit) => unfit,
        };
        share.count += 1;
        share.weight = share.weight.saturating_add(run.work().saturating_sub(before));
        left_out.push(LeftOut { id: transaction.id(), unfit });
    }
    Ok(Selected { run, taken, left_out })
}
