//! What an organisation is qualified for (慈善组织、公开募捐资格、公益性捐赠税前扣除资格), from when
//! until when. Entered by the civil-affairs department; an act is judged by its own day.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::kind::{self, REGISTERED_YEARS};
use crate::allocation::{check_date, require_inside};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, OrderedDay, State, Table};

/// Qualifications by organisation, kind and first day, the latest first.
///
/// **Invariant**: those of one organisation and kind do not overlap, so whichever holds on a day is
/// the newest that began by then, however many there are.
pub const QUALIFICATIONS: Table<QualificationKey, Qualification> =
    Table::new(schema::prefix::CHARITY_FIRST);

/// The key of an entry of [`QUALIFICATIONS`].
pub type QualificationKey = (OrganizationCode, QualificationKind, OrderedDay);

/// What for.
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
pub enum QualificationKind {
    /// 慈善组织.
    Charity,
    /// 公开募捐资格.
    PublicFundraising,
    /// 公益性捐赠税前扣除资格.
    TaxDeduction,
}

/// The legal form, on which the limits of spending depend.
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
pub enum CharityForm {
    /// 基金会.
    Foundation,
    /// 社会团体.
    Association,
    /// 社会服务机构.
    ServiceOrganization,
}

impl CharityForm {
    /// Its code in parameters: the Chinese name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Foundation => "基金会",
            Self::Association => "社会团体",
            Self::ServiceOrganization => "社会服务机构",
        }
    }
}

/// A qualification.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Qualification {
    /// The certificate's number.
    pub certificate: Text<64>,
    /// The organisation's legal form.
    pub form: CharityForm,
    /// The day on which the organisation was registered.
    pub registered_on: Date,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The last one, if it is known.
    pub valid_until: Option<Date>,
}

impl Qualification {
    fn holds_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_until.is_none_or(|last| date <= last)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.valid_until.is_none_or(|last| other.valid_from <= last)
            && other.valid_until.is_none_or(|last| self.valid_from <= last)
    }
}

/// A qualification that is being entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Qualify {
    /// Whose.
    pub organization: OrganizationCode,
    /// What for.
    pub kind: QualificationKind,
    /// The qualification.
    pub qualification: Qualification,
    /// The day of the decision.
    pub occurred_on: Date,
}

/// A qualification that ends before its time, or at last.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Disqualify {
    /// Whose.
    pub organization: OrganizationCode,
    /// What for.
    pub kind: QualificationKind,
    /// The first day of the qualification that ends.
    pub valid_from: Date,
    /// The last day on which it holds.
    pub valid_until: Date,
    /// The day of the decision.
    pub occurred_on: Date,
}

pub(super) fn qualify(
    act: &Qualify,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Qualify { organization, kind, qualification, occurred_on } = act;
    check_date(context, *occurred_on)?;
    require_inside(state, context, organization)?;
    let found = registry::organization(state, organization)?.kind;
    if found != OrganizationKind::Charity {
        return Err(Refusal::new(Code::WrongKind, format!("{organization} is {found:?}")).into());
    }
    let Qualification { certificate, registered_on, valid_from, valid_until, .. } = qualification;
    if certificate.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, organization).into());
    }
    if valid_from < registered_on || valid_until.is_some_and(|last| last < *valid_from) {
        let detail = format!("registered on {registered_on}, valid from {valid_from}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    if *kind != QualificationKind::Charity {
        require(state, organization, QualificationKind::Charity, *valid_from)?;
    }
    if *kind == QualificationKind::PublicFundraising {
        let years = kind::judge(REGISTERED_YEARS, *valid_from, state, context)?;
        let months = i32::try_from(years.saturating_mul(12)).unwrap_or(i32::MAX);
        if registered_on.add_months(months).is_none_or(|earliest| *valid_from < earliest) {
            let detail = format!("registered on {registered_on}, {years} years are needed");
            return Err(Refusal::new(Code::QualificationTooEarly, detail).into());
        }
    }
    // Of those that begin by its last day the newest ends last.
    let known = newest(state, organization, *kind, valid_until.unwrap_or(Date::MAX))?;
    if let Some(known) = known.filter(|known| known.overlaps(qualification)) {
        return Err(Refusal::new(Code::QualificationOverlaps, known.certificate).into());
    }
    QUALIFICATIONS.put(state, &key(*organization, *kind, *valid_from), qualification);
    Ok(())
}

pub(super) fn disqualify(
    act: &Disqualify,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Disqualify { organization, kind, valid_from, valid_until, occurred_on } = *act;
    check_date(context, occurred_on)?;
    require_inside(state, context, &organization)?;
    let key = key(organization, kind, valid_from);
    let unknown = || Refusal::new(Code::QualificationUnknown, format!("from {valid_from}"));
    let mut qualification = QUALIFICATIONS.get(state, &key)?.ok_or_else(unknown)?;
    let last = qualification.valid_until;
    if valid_until < valid_from || last.is_some_and(|last| last < valid_until) {
        let detail = format!("to end on {valid_until}, it holds from {valid_from} to {last:?}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    qualification.valid_until = Some(valid_until);
    QUALIFICATIONS.put(state, &key, &qualification);
    Ok(())
}

/// The qualification that holds on `date`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn find(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    kind: QualificationKind,
    date: Date,
) -> Result<Option<Qualification>, StateError> {
    Ok(newest(reader, organization, kind, date)?.filter(|known| known.holds_on(date)))
}

/// Refuses unless a qualification holds on `date`.
///
/// # Errors
/// [`Code::NotCharity`], [`Code::FundraisingUnqualified`].
pub(super) fn require(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    kind: QualificationKind,
    date: Date,
) -> Result<(), Fault> {
    if find(reader, organization, kind, date)?.is_some() {
        return Ok(());
    }
    let code = match kind {
        QualificationKind::PublicFundraising => Code::FundraisingUnqualified,
        QualificationKind::Charity | QualificationKind::TaxDeduction => Code::NotCharity,
    };
    Err(Refusal::new(code, format!("{organization} on {date}")).into())
}

/// The key of the qualification that begins on `first_day`.
pub fn key(
    organization: OrganizationCode,
    kind: QualificationKind,
    first_day: Date,
) -> QualificationKey {
    (organization, kind, OrderedDay::latest_first(first_day))
}

/// The newest qualification that began on `date` or before.
fn newest(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    kind: QualificationKind,
    date: Date,
) -> Result<Option<Qualification>, StateError> {
    let after = date.add_days(1).map(|day| key(*organization, kind, day));
    let found = QUALIFICATIONS.scan(reader, &(*organization, kind), after.as_ref(), 1)?;
    Ok(found.into_iter().next().map(|(_, known)| known))
}
