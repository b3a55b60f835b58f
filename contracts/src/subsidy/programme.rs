//! Programmes and what they pay: dated public versions, never changed.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::standards::{StandardTable, Standards};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use super::period::PeriodLength;
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Programmes by their number.
pub const PROGRAMMES: Table<u16, Programme> = Table::new(schema::prefix::SUBSIDY_FIRST);

/// The programme of each kind that a bureau has declared: it has one, so that nobody splits small
/// groups off.
pub const KINDS: Table<(OrganizationCode, ProgrammeKind), u16> =
    Table::new(schema::prefix::SUBSIDY_FIRST + 1);

/// What programmes pay, by version.
pub const STANDARDS: Table<(u16, u32), Version> = Table::new(schema::prefix::SUBSIDY_FIRST + 2);

/// The parameter that says how many handles a list needs at least to be paid by itself.
pub const HANDLES_MIN: &str = "subsidy.handles_min";

/// What holds without the parameter.
pub const HANDLES_MIN_DEFAULT: u32 = 30;

/// Kinds of programmes. New ones are appended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ProgrammeKind {
    /// 高龄津贴.
    OldAgeAllowance,
    /// 养老服务补贴.
    CareServices,
    /// 护理补贴.
    Nursing,
    /// 失能集中照护.
    DisabledCare,
    /// 助餐.
    Meals,
    /// 适老化改造.
    HomeAdaptation,
    /// 家庭照护床位.
    HomeCareBeds,
}

impl ProgrammeKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OldAgeAllowance,
        Self::CareServices,
        Self::Nursing,
        Self::DisabledCare,
        Self::Meals,
        Self::HomeAdaptation,
        Self::HomeCareBeds,
    ];

    /// Its name in notices.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OldAgeAllowance => "高龄津贴",
            Self::CareServices => "养老服务补贴",
            Self::Nursing => "护理补贴",
            Self::DisabledCare => "失能集中照护",
            Self::Meals => "助餐",
            Self::HomeAdaptation => "适老化改造",
            Self::HomeCareBeds => "家庭照护床位",
        }
    }
}

/// A programme.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Programme {
    /// The bureau that declared it. Itself and the bureaus of its division pay it.
    pub owner: OrganizationCode,
    /// What it is.
    pub kind: ProgrammeKind,
    /// Programmes that exclude one another share a group, and so the tags of their people.
    pub group: u16,
    /// What one batch pays for.
    pub length: PeriodLength,
    /// How many versions its standards have.
    pub versions: u32,
    /// The newest period for which a batch was ever submitted.
    pub latest_period: Option<Month>,
}

/// What a programme pays, as an act states it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Terms {
    /// What one batch may pay to one handle; nothing is always among it.
    pub standards: Standards,
    /// What all batches of a period together may pay to one handle. Without it there are no
    /// supplementary batches.
    pub cumulative: Option<StandardTable>,
    /// Fewest handles of a batch.
    pub handles_min: u32,
    /// The first month for which it holds.
    pub effective_from: Month,
    /// The document that says so.
    pub article: Text<256>,
}

/// One version of a programme's standards.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Version {
    /// What it says.
    pub terms: Terms,
    /// The month from which the next version holds, if there is one.
    pub superseded_from: Option<Month>,
}

/// Declares a programme.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Declare {
    /// Its number, used once on the chain.
    pub programme: u16,
    /// What it is.
    pub kind: ProgrammeKind,
    /// Programmes that exclude one another share a group.
    pub group: u16,
    /// What one batch pays for.
    pub length: PeriodLength,
    /// What it pays.
    pub terms: Terms,
    /// The day.
    pub occurred_on: Date,
}

/// Sets what a programme pays from a month on.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SetStandards {
    /// The programme.
    pub programme: u16,
    /// What it pays.
    pub terms: Terms,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn declare(
    act: &Declare,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Declare { programme: number, kind, group, length, ref terms, occurred_on } = *act;
    check_date(context, occurred_on)?;
    let owner = context.author.organization;
    if PROGRAMMES.contains(state, &number)? {
        return Err(Refusal::new(Code::ProgrammeExists, number).into());
    }
    if let Some(known) = KINDS.get(state, &(owner, kind))? {
        let detail = format!("programme {known} is {owner}'s {}", kind.code());
        return Err(Refusal::new(Code::ProgrammeExists, detail).into());
    }
    let programme = Programme { owner, kind, group, length, versions: 0, latest_period: None };
    KINDS.put(state, &(owner, kind), &number);
    context.emit(Event::Declared { programme: number, kind, group });
    add_version(number, programme, terms, state, context)
}

pub(super) fn set_standards(
    act: &SetStandards,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let SetStandards { programme: number, ref terms, occurred_on } = *act;
    check_date(context, occurred_on)?;
    let programme = find(number, state)?;
    if programme.owner != context.author.organization {
        return Err(Refusal::new(Code::NotYourOrganization, programme.owner).into());
    }
    add_version(number, programme, terms, state, context)
}

/// The programme of this number.
///
/// # Errors
/// [`Code::ProgrammeUnknown`].
pub(super) fn find(number: u16, state: &State<'_>) -> Result<Programme, Fault> {
    let unknown = || Refusal::new(Code::ProgrammeUnknown, number).into();
    PROGRAMMES.get(state, &number)?.ok_or_else(unknown)
}

/// The version `version`, if it is the one that holds for `period`.
///
/// # Errors
/// [`Code::StandardsNotInForce`].
pub(super) fn in_force(
    programme: u16,
    version: u32,
    period: Month,
    state: &State<'_>,
) -> Result<Terms, Fault> {
    let found = STANDARDS.get(state, &(programme, version))?;
    let holds = |found: &Version| {
        found.terms.effective_from <= period
            && found.superseded_from.is_none_or(|next| period < next)
    };
    found.filter(holds).map(|found| found.terms).ok_or_else(|| {
        let detail = format!("version {version} of programme {programme} for {period}");
        Refusal::new(Code::StandardsNotInForce, detail).into()
    })
}

fn add_version(
    number: u16,
    mut programme: Programme,
    terms: &Terms,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_terms(terms, state, context)?;
    let from = terms.effective_from;
    let early = |why: String| Refusal::new(Code::StandardsTooEarly, why);
    if let Some(paid) = programme.latest_period.filter(|paid| from <= *paid) {
        return Err(early(format!("{from}, {paid} is paid by other standards")).into());
    }
    let before = (number, programme.versions);
    if let Some(mut known) = STANDARDS.get(state, &before)? {
        if from < known.terms.effective_from {
            let first = known.terms.effective_from;
            return Err(early(format!("{from}, the version before holds from {first}")).into());
        }
        known.superseded_from = Some(from);
        STANDARDS.put(state, &before, &known);
    }
    let full = || Refusal::new(Code::StandardsInvalid, "too many versions");
    programme.versions = programme.versions.checked_add(1).ok_or_else(full)?;
    let version = Version { terms: terms.clone(), superseded_from: None };
    STANDARDS.put(state, &(number, programme.versions), &version);
    PROGRAMMES.put(state, &number, &programme);
    context.emit(Event::StandardsSet {
        programme: number,
        version: programme.versions,
        effective_from: from,
        retroactive: from.first_day() < context.today(),
    });
    Ok(())
}

fn check_terms(terms: &Terms, state: &State<'_>, context: &mut Context<'_>) -> Result<(), Fault> {
    let invalid = |why: &str| Err(Refusal::new(Code::StandardsInvalid, why).into());
    if terms.article.is_empty() {
        return invalid("no document");
    }
    match (&terms.standards, &terms.cumulative) {
        (Standards::Range(rule), _) if rule.min() != 0 => {
            return invalid("a range begins with 0: who is suspended is paid nothing, unseen");
        }
        // There is no proof yet that a sum of free amounts keeps within a cap.
        (Standards::Range(_), Some(_)) => return invalid("a range has no cumulative table"),
        (Standards::Table(table), Some(sums)) => {
            let known = |standard| sums.standards().contains(standard);
            if !table.standards().iter().all(known) {
                return invalid("what one batch may pay is among what all together may pay");
            }
        }
        (Standards::Range(_) | Standards::Table(_), None) => {}
    }
    let least = parameter::judge_if_set(state, context, HANDLES_MIN, context.today())?
        .and_then(|least| u32::try_from(least).ok())
        .unwrap_or(HANDLES_MIN_DEFAULT);
    if terms.handles_min < least {
        let detail = format!("{}, at least {least}", terms.handles_min);
        return Err(Refusal::new(Code::HandlesTooFew, detail).into());
    }
    Ok(())
}
