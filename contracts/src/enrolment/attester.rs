//! Attesters: who sees a person's document and signs the blinded point that stands for it. A county
//! that could name its own would attest people who do not exist.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Attesters by county and key; none once ended.
pub const ATTESTERS: Table<(OrganizationCode, PublicKey), Attester> =
    Table::new(schema::prefix::ENROLMENT_FIRST + 6);

/// Who attests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attester {
    /// Whose key it is.
    pub organization: OrganizationCode,
    /// The record that registered it.
    pub record: LogIndex,
}

/// Registers an attester.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RegisterAttester {
    /// The county that it attests for.
    pub county: OrganizationCode,
    /// Whose key it is; not the county's.
    pub organization: OrganizationCode,
    /// The key, used for nothing else.
    pub attester: PublicKey,
}

/// Ends an attester: it attests no more. What it has attested remains.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct EndAttester {
    /// The county that it attests for.
    pub county: OrganizationCode,
    /// The key.
    pub attester: PublicKey,
}

/// Refuses unless the acting department stands above the county.
fn check_above(
    county: &OrganizationCode,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let division = registry::organization(state, county)?.division;
    let above = context.author.division;
    if above == division || !above.contains(division) {
        return Err(Refusal::new(Code::DivisionOutside, county).into());
    }
    Ok(())
}

pub(super) fn register(
    act: &RegisterAttester,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let RegisterAttester { county, organization, attester } = *act;
    check_above(&county, state, context)?;
    registry::organization(state, &organization)?;
    let key = (county, attester);
    let is_used = registry::KEYS.contains(state, &attester)?;
    if is_used || organization == county || ATTESTERS.contains(state, &key)? {
        return Err(Refusal::new(Code::AttesterInvalid, attester).into());
    }
    attester.check_registrable().map_err(|error| Refusal::new(Code::KeyUnusable, error))?;
    ATTESTERS.put(state, &key, &Attester { organization, record: context.index });
    context.emit(Event::AttesterRegistered { county, attester });
    Ok(())
}

pub(super) fn end(
    act: &EndAttester,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let EndAttester { county, attester } = *act;
    check_above(&county, state, context)?;
    check(&county, &attester, state)?;
    ATTESTERS.delete(state, &(county, attester));
    context.emit(Event::AttesterEnded { county, attester });
    Ok(())
}

/// Refuses unless the county has this attester.
///
/// # Errors
/// [`Code::AttesterUnknown`].
pub(super) fn check(
    county: &OrganizationCode,
    attester: &PublicKey,
    state: &State<'_>,
) -> Result<(), Fault> {
    if ATTESTERS.contains(state, &(*county, *attester))? {
        return Ok(());
    }
    Err(Refusal::new(Code::AttesterUnknown, attester).into())
}
