//! Funds under a charity, and the committees that decide on them.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use super::kind::{Demand, FundKind};
use super::qualification::{self, QualificationKind};
use crate::allocation::check_date;
use crate::book::{AccountId, CHARITY_FUND_MARK};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Funds by host and reference.
pub const FUNDS: Table<FundName, Fund> = Table::new(schema::prefix::CHARITY_FIRST + 1);

/// Which fund has taken a filing number (备案编号): a number is used once on the whole ledger.
pub const FILINGS: Table<Filing, FundName> = Table::new(schema::prefix::CHARITY_FIRST + 2);

/// Most members, and most supervisors, of a committee.
pub const MEMBERS_MAX: usize = 99;

/// A filing number (备案编号) as the civil-affairs department gave it.
pub type Filing = Text<64>;

/// What a host calls a fund: short, for the names of its accounts.
pub type FundReference = Text<48>;

/// Names a fund. Its host answers for it: the fund has no officers, no keys and no bank account.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct FundName {
    /// The charity that holds its money.
    pub host: OrganizationCode,
    /// What the host calls it.
    pub fund: FundReference,
}

/// Who decides. Members are natural persons, so each is a salted commitment to the name.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Committee {
    /// 管委会成员, who vote.
    pub members: Vec<Commitment>,
    /// 监督员, who attend and do not vote.
    pub supervisors: Vec<Commitment>,
}

/// A fund that is being opened.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Opening {
    /// What the host calls it.
    pub fund: FundReference,
    /// What it is.
    pub kind: FundKind,
    /// Its full name.
    pub name: Text<192>,
    /// Its filing number, where it has one (慈善信托).
    pub filing: Option<Filing>,
    /// Who decides on its money.
    pub committee: Committee,
    /// The day of the decision.
    pub occurred_on: Date,
}

/// A fund.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Fund {
    /// What it is.
    pub kind: FundKind,
    /// Its full name.
    pub name: Text<192>,
    /// Its filing number, where it has one.
    pub filing: Option<Filing>,
    /// Who decides on its money.
    pub committee: Committee,
    /// The day it was opened.
    pub opened_on: Date,
    /// The day it was terminated.
    pub closed_on: Option<Date>,
}

/// The fund whose money an account holds, if it is a fund's.
pub fn fund_of(account: &AccountId) -> Option<FundName> {
    let AccountId::Line { holder, fund, .. } = account else { return None };
    let reference = fund.as_str().strip_prefix(CHARITY_FUND_MARK)?;
    Some(FundName { host: *holder, fund: FundReference::new(reference).ok()? })
}

pub(super) fn open(
    opening: &Opening,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Opening { fund: reference, kind, name, filing, committee, occurred_on } = opening;
    check_date(context, *occurred_on)?;
    let host = context.author.organization;
    qualification::require(state, &host, QualificationKind::Charity, *occurred_on)?;
    if reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, name).into());
    }
    let key = FundName { host, fund: reference.clone() };
    if FUNDS.contains(state, &key)? {
        return Err(Refusal::new(Code::FundExists, reference).into());
    }
    check_name(opening, &host, state, context)?;
    check_committee(*kind, committee, *occurred_on, state, context)?;
    match filing {
        Some(number) => take_filing(number, &key, state)?,
        None if Demand::Filing.of(*kind, *occurred_on, state, context)? > 0 => {
            return Err(Refusal::new(Code::FilingMissing, kind.code()).into());
        }
        None => {}
    }
    let fund = Fund {
        kind: *kind,
        name: name.clone(),
        filing: filing.clone(),
        committee: committee.clone(),
        opened_on: *occurred_on,
        closed_on: None,
    };
    FUNDS.put(state, &key, &fund);
    context.emit(Event::FundOpened { fund: reference.clone(), name: name.clone() });
    Ok(())
}

pub(super) fn change_committee(
    reference: &FundReference,
    committee: &Committee,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let name = own(reference, context);
    let mut fund = find_open(state, &name, occurred_on)?;
    check_committee(fund.kind, committee, occurred_on, state, context)?;
    fund.committee = committee.clone();
    FUNDS.put(state, &name, &fund);
    Ok(())
}

/// The author's fund of this reference.
pub(super) fn own(reference: &FundReference, context: &Context<'_>) -> FundName {
    FundName { host: context.author.organization, fund: reference.clone() }
}

/// The fund of this name.
///
/// # Errors
/// [`Code::FundUnknown`].
pub fn find(state: &State<'_>, name: &FundName) -> Result<Fund, Fault> {
    let unknown = || Refusal::new(Code::FundUnknown, format!("{} {}", name.host, name.fund));
    Ok(FUNDS.get(state, name)?.ok_or_else(unknown)?)
}

/// The fund of this name, if it is open on `date`.
///
/// # Errors
/// [`Code::FundUnknown`], [`Code::FundClosed`], [`Code::DateOrder`].
pub fn find_open(state: &State<'_>, name: &FundName, date: Date) -> Result<Fund, Fault> {
    let fund = find(state, name)?;
    if let Some(closed_on) = fund.closed_on {
        return Err(Refusal::new(Code::FundClosed, format!("since {closed_on}")).into());
    }
    require_not_before(fund.opened_on, date)?;
    Ok(fund)
}

/// Refuses an act that is dated before the one on which it rests.
///
/// # Errors
/// [`Code::DateOrder`].
pub(super) fn require_not_before(earliest: Date, date: Date) -> Result<(), Refusal> {
    if date >= earliest {
        return Ok(());
    }
    Err(Refusal::new(Code::DateOrder, format!("{date}, it rests on an act of {earliest}")))
}

/// Takes a filing number for a fund or for one of its campaigns.
///
/// # Errors
/// [`Code::FilingMissing`], [`Code::FilingTaken`].
pub(super) fn take_filing(
    number: &Filing,
    fund: &FundName,
    state: &mut State<'_>,
) -> Result<(), Fault> {
    if number.is_empty() {
        return Err(Refusal::new(Code::FilingMissing, &fund.fund).into());
    }
    if let Some(taken) = FILINGS.get(state, number)? {
        let detail = format!("{number} by {} {}", taken.host, taken.fund);
        return Err(Refusal::new(Code::FilingTaken, detail).into());
    }
    FILINGS.put(state, number, fund);
    Ok(())
}

/// Where the kind demands it, the host's full name stands in front, the kind's ending at the end,
/// and something between them.
fn check_name(
    opening: &Opening,
    host: &OrganizationCode,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Opening { kind, name, occurred_on, .. } = opening;
    let host_name = registry::organization(state, host)?.name;
    let is_demanded = Demand::HostInName.of(*kind, *occurred_on, state, context)? > 0;
    let own_part = name
        .as_str()
        .strip_prefix(host_name.as_str())
        .and_then(|rest| rest.strip_suffix(kind.name_ending()));
    let is_right = !is_demanded || own_part.is_some_and(|part| !part.is_empty());
    if name.is_empty() || !is_right {
        let detail = format!("{name}: {host_name}+…+{}", kind.name_ending());
        return Err(Refusal::new(Code::FundNameWrong, detail).into());
    }
    Ok(())
}

fn check_committee(
    kind: FundKind,
    committee: &Committee,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Committee { members, supervisors } = committee;
    // Somebody decides, also where no parameter says how many.
    let fewest = Demand::CommitteeMembers.of(kind, date, state, context)?.max(1) as usize;
    let is_odd_demanded = Demand::CommitteeOdd.of(kind, date, state, context)? > 0;
    let persons: BTreeSet<&Commitment> = members.iter().chain(supervisors).collect();
    let is_count_right = members.len() >= fewest
        && members.len() <= MEMBERS_MAX
        && supervisors.len() <= MEMBERS_MAX
        && !(is_odd_demanded && members.len().is_multiple_of(2));
    if !is_count_right || persons.len() != members.len() + supervisors.len() {
        let detail = format!(
            "{} members and {} supervisors, {} persons; at least {fewest}, odd: {is_odd_demanded}",
            members.len(),
            supervisors.len(),
            persons.len()
        );
        return Err(Refusal::new(Code::CommitteeInvalid, detail).into());
    }
    let fewest = Demand::Supervisors.of(kind, date, state, context)? as usize;
    if supervisors.len() < fewest {
        let detail = format!("{} supervisors, at least {fewest}", supervisors.len());
        return Err(Refusal::new(Code::SupervisorMissing, detail).into());
    }
    Ok(())
}
