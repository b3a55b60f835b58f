//! The three sources of a mutual-aid society's money (救急难互助社): county finance, the village
//! collective, donations.
//!
//! Donations come by `Donate`. What the county or the collective gives comes by `Contribute`, which
//! is the same act with its source: it stands where a gift stands, so it is traced, spent and given
//! back alike. Public money is bound to a use and stays so: its use can be changed, but no consent
//! frees it, and it is nobody's surplus. What others give is bound as they say.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::donation::{Donate, DonationReference, Donor, Gift};
use super::kind::FundKind;
use super::{Event, fund, giving};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry::ORGANIZATIONS;
use crate::schema::{self, State, Table};

/// Where money comes from that is no donation, by charity and reference.
pub const SOURCES: Table<(OrganizationCode, DonationReference), Source> =
    Table::new(schema::prefix::MUTUAL_AID_FIRST);

/// Where money comes from that is no donation.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 县财政.
    CountyFinance,
    /// 村集体.
    VillageCollective,
}

/// Money that is being entered which is no donation.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Contribute {
    /// Where it comes from.
    pub source: Source,
    /// The rest, as of a gift.
    pub gift: Donate,
}

pub(super) fn contribute(
    act: &Contribute,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Contribute { source, gift } = act;
    let name = fund::own(&gift.fund, context);
    let kind = fund::find(state, &name)?.kind;
    if kind != FundKind::MutualAid {
        return Err(Refusal::new(Code::SourceNotAsked, kind.code()).into());
    }
    let fits = match (&gift.donor, source) {
        (Donor::Organization(code), Source::CountyFinance) => is_public(state, code)?,
        (Donor::Organization(code), Source::VillageCollective) => !is_public(state, code)?,
        (Donor::Person(_) | Donor::Anonymous, _) => false,
    };
    if !fits || gift.gift != Gift::Money {
        return Err(Refusal::new(Code::SourceDiffers, &gift.reference).into());
    }
    if *source == Source::CountyFinance && gift.restriction.is_none() {
        return Err(Refusal::new(Code::PublicMoneyUnbound, &gift.reference).into());
    }
    giving::donate(gift, state, context)?;
    SOURCES.put(state, &(name.host, gift.reference.clone()), source);
    context.emit(Event::Contributed { donation: gift.reference.clone(), source: *source });
    Ok(())
}

/// Enters a gift; public money comes into a mutual-aid society as what it is.
pub(super) fn donate(
    act: &Donate,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    if let Donor::Organization(code) = &act.donor
        && is_public(state, code)?
        && fund::find(state, &fund::own(&act.fund, context))?.kind == FundKind::MutualAid
    {
        return Err(Refusal::new(Code::SourceDiffers, &act.reference).into());
    }
    giving::donate(act, state, context)
}

/// Refuses to free public money of its use: it may get another one, not none.
///
/// # Errors
/// [`Code::PublicMoneyUnbound`].
pub(super) fn require_stays_bound(
    host: OrganizationCode,
    reference: &DonationReference,
    state: &State<'_>,
) -> Result<(), Fault> {
    match SOURCES.get(state, &(host, reference.clone()))? {
        Some(Source::CountyFinance) => {
            Err(Refusal::new(Code::PublicMoneyUnbound, reference).into())
        }
        Some(Source::VillageCollective) | None => Ok(()),
    }
}

/// Whether an organisation spends public money. One that is not on the ledger is not known to.
fn is_public(state: &State<'_>, code: &OrganizationCode) -> Result<bool, Fault> {
    let kind = ORGANIZATIONS.get(state, code)?.map(|organization| organization.kind);
    Ok(matches!(
        kind,
        Some(
            OrganizationKind::Finance
                | OrganizationKind::CivilAffairs
                | OrganizationKind::Government
        )
    ))
}
