//! Changes of the validator set, decided by the bureaus' governors.

use minglian_contracts::call::Call;
use minglian_contracts::governance::{self, Change};
use minglian_ledger::genesis::Role;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;

use crate::act::Desk;
use crate::officer::{Officer, Officers};

/// Commits a change of validators with the governors of `organizations`, as many as the quorum
/// needs and no more: an approval of a decided act would be refused.
pub async fn change_validators(
    desk: &mut Desk,
    officers: &Officers,
    organizations: &[OrganizationCode],
    change: Change,
    takes_effect_at: Height,
) -> anyhow::Result<()> {
    let governors: Vec<Officer> = organizations
        .iter()
        .map(|organization| officers.of(*organization, Role::Governor))
        .collect::<anyhow::Result<_>>()?;
    let call = Call::Governance(governance::Call::ChangeValidators { change, takes_effect_at });
    let signers: Vec<&Officer> = governors.iter().collect();
    desk.carry_out(&call, &signers).await
}
