//! Which transactions a proposal takes, within a block's worth of work: what is executed and left
//! out costs the proposer as much as what is taken.

use std::collections::BTreeMap;

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::execute::{BLOCK_WEIGHT_MAX, Run, Unfit};
use minglian_contracts::naming::NAMING_WEIGHT;
use minglian_contracts::{contents, proposal};
use minglian_ledger::hash::TransactionId;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
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
    reader: &dyn StateRead,
    mut run: Run<'a>,
    transactions: impl Iterator<Item = &'b Transaction>,
) -> Result<Selected<'a>, StateError> {
    let (mut taken, mut left_out): (Vec<Transaction>, Vec<LeftOut>) = (Vec::new(), Vec::new());
    let mut shares: BTreeMap<OrganizationCode, Share> = BTreeMap::new();
    let mut weigher = Weigher { reader, taken: BTreeMap::new() };
    let mut work: u64 = 0;
    for transaction in transactions {
        if work >= BLOCK_WEIGHT_MAX || left_out.len() >= UNFIT_MAX {
            break;
        }
        let share = shares.entry(transaction.body.organization).or_default();
        if share.count >= UNFIT_ORGANIZATION_MAX || share.weight >= UNFIT_ORGANIZATION_WEIGHT_MAX {
            continue;
        }
        let call = Call::decode(&transaction.body.call).ok();
        let weight = call.as_ref().map_or(Ok(0), |call| weigher.weigh(call))?;
        let unfit = match run.push(transaction)? {
            Ok(_) => {
                work = work.saturating_add(weight);
                weigher.took(transaction, call.as_ref());
                taken.push(transaction.clone());
                continue;
            }
            // One that no block has room for would end every proposal at its place.
            Err(Unfit::Full) if !taken.is_empty() && weight <= BLOCK_WEIGHT_MAX => break,
            Err(unfit) => unfit,
        };
        share.count += 1;
        if matches!(unfit, Unfit::RefusedBytes { .. }) {
            share.weight = share.weight.saturating_add(weight);
            work = work.saturating_add(weight);
        }
        left_out.push(LeftOut { id: transaction.id(), unfit });
    }
    Ok(Selected { run, taken, left_out })
}

/// What transactions weigh, as [`Run::push`] weighs them.
struct Weigher<'a> {
    reader: &'a dyn StateRead,
    /// Acts that this proposal took: an approval that follows may bring them about.
    taken: BTreeMap<TransactionId, u64>,
}

impl Weigher<'_> {
    fn weigh(&self, call: &Call) -> Result<u64, StateError> {
        let names = contents::of(call).things.len() as u64;
        let own = call.weight().saturating_add(NAMING_WEIGHT.saturating_mul(names));
        let Call::Approval(approval::Call::Approve { proposal: id }) = call else {
            return Ok(own);
        };
        let waiting = match self.taken.get(id) {
            Some(weight) => *weight,
            None => {
                proposal::PROPOSALS.get(self.reader, id)?.map_or(0, |waiting| waiting.call.weight())
            }
        };
        Ok(own.saturating_add(waiting))
    }

    fn took(&mut self, transaction: &Transaction, call: Option<&Call>) {
        if let Some(call) = call.filter(|call| !matches!(call, Call::Approval(_))) {
            self.taken.insert(transaction.id(), call.weight());
        }
    }
}
