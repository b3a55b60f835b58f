//! How many evaluations a county may ask for. Without a limit a county could try all numbers of
//! another and learn who is enrolled there.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::tree::BATCH_LEAVES_MAX;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// What a county plans, by county, group and year.
pub const PLANS: Table<(OrganizationCode, u16, u16), Plan> =
    Table::new(schema::prefix::ENROLMENT_FIRST + 7);

/// The parameter that says how many evaluations there are for the planned enrolments, in basis
/// points of them.
pub const QUOTA: &str = "enrolment.quota";

/// That many where the parameter is not set: 1.2 for each (privacy.md, 6.1).
const QUOTA_DEFAULT: i64 = 12_000;

const BASIS_POINTS: u64 = 10_000;

/// What a county plans, and what it has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Plan {
    /// Enrolments that it plans.
    pub planned: u32,
    /// Evaluations that it has asked for.
    pub asked: u32,
}

/// Says how many enrolments a county plans in a group and year, or says it anew.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PlanEnrolments {
    /// Programmes that exclude one another.
    pub group: u16,
    /// Year of the enrolment.
    pub epoch: u16,
    /// How many.
    pub planned: u32,
    /// The department above that agrees.
    pub reviewer: OrganizationCode,
}

pub(super) fn plan(
    act: &PlanEnrolments,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let PlanEnrolments { group, epoch, planned, reviewer } = *act;
    let (county, division) = (context.author.organization, context.author.division);
    let above = registry::organization(state, &reviewer)?.division;
    if above == division || !above.contains(division) {
        return Err(Refusal::new(Code::DivisionOutside, reviewer).into());
    }
    let key = (county, group, epoch);
    let asked = PLANS.get(state, &key)?.map_or(0, |known| known.asked);
    if planned == 0 || planned > BATCH_LEAVES_MAX || planned < asked {
        let detail = format!("{planned}, {asked} are asked for, {BATCH_LEAVES_MAX} are the most");
        return Err(Refusal::new(Code::PlanInvalid, detail).into());
    }
    PLANS.put(state, &key, &Plan { planned, asked });
    context.emit(Event::EnrolmentsPlanned { county, group, epoch, planned });
    Ok(())
}

/// Counts `points` more for the acting county; how many it has asked for now, and its quota.
///
/// # Errors
/// [`Code::QuotaExceeded`], also without a plan.
pub(super) fn count(
    group: u16,
    epoch: u16,
    points: u32,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(u32, u32), Fault> {
    let key = (context.author.organization, group, epoch);
    let today = context.today();
    let factor = parameter::judge_if_set(state, context, QUOTA, today)?.unwrap_or(QUOTA_DEFAULT);
    let plan = PLANS.get(state, &key)?.unwrap_or(Plan { planned: 0, asked: 0 });
    let quota = u64::from(plan.planned).saturating_mul(u64::try_from(factor).unwrap_or(0));
    let quota = u32::try_from(quota / BASIS_POINTS).unwrap_or(u32::MAX);
    let asked = plan.asked.saturating_add(points);
    if asked > quota {
        let detail = format!("{} and {points} more, {quota} are the quota", plan.asked);
        return Err(Refusal::new(Code::QuotaExceeded, detail).into());
    }
    PLANS.put(state, &key, &Plan { asked, ..plan });
    Ok((asked, quota))
}
