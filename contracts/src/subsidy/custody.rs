//! Receipts of the organisations that keep a batch's envelopes, beside the county.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::keys::{self, PublicKey, Signature};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::batch::BatchHeader;
use minglian_ledger::subsidy::custody;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;

/// Fewest custodians of a batch.
pub const CUSTODIANS_MIN: usize = 2;

/// Most custodians of a batch.
pub const CUSTODIANS_MAX: usize = 8;

/// An organisation says that it has every envelope of a batch.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct CustodyReceipt {
    /// The custodian; not the county that pays.
    pub custodian: OrganizationCode,
    /// Its officer's key, live.
    pub key: PublicKey,
    /// Under the batch's name, the number of its envelopes and their root.
    pub signature: Signature,
}

/// Refuses unless two custodians or more, each once and in the order of their codes, have signed
/// for the envelopes.
///
/// # Errors
/// [`Code::CustodyMissing`], [`Code::CustodyInvalid`].
pub(super) fn check(
    receipts: &[CustodyReceipt],
    header: &BatchHeader,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let ascend =
        receipts.windows(2).all(|pair| matches!(pair, [a, b] if a.custodian < b.custodian));
    if !(CUSTODIANS_MIN..=CUSTODIANS_MAX).contains(&receipts.len()) || !ascend {
        let detail = format!("{} receipts", receipts.len());
        return Err(Refusal::new(Code::CustodyMissing, detail).into());
    }
    let message = custody::message(header);
    for CustodyReceipt { custodian, key, signature } in receipts {
        let invalid = || Refusal::new(Code::CustodyInvalid, custodian);
        if *custodian == header.name.county {
            return Err(invalid().into());
        }
        registry::find_actor(state, custodian, key, context.block.height)?.ok_or_else(invalid)?;
        keys::verify(key, &message, signature).map_err(|_| invalid())?;
    }
    Ok(())
}
