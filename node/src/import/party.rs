//! The organisations that a notice names or implies.

use minglian_ledger::division::{self, Division};
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::notice::NoticeRow;
use super::refusal::Reason;

/// An organisation whose printed name is all that is known: its code is made for demonstration and
/// says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Party {
    /// Its code, see [`OrganizationCode::for_demonstration`].
    pub code: OrganizationCode,
    /// Its name.
    pub name: Text<192>,
    /// What it is.
    pub kind: OrganizationKind,
    /// Where it acts.
    pub division: Division,
}

/// The organisations of one notice's region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its civil-affairs department, which holds the quota.
    pub civil_affairs: Party,
    /// Its finance department, which enters and issues it.
    pub finance: Party,
}

impl Party {
    fn new(name: &str, kind: OrganizationKind, division: Division) -> Result<Self, Reason> {
        let name = Text::new(name).map_err(Reason::name)?;
        let code = OrganizationCode::for_demonstration(division, name.as_str());
        Ok(Self { code, name, kind, division })
    }

    /// The charity of the region whose year a row reports: the table names no organisation.
    pub fn charity(row: &NoticeRow) -> Result<Self, Reason> {
        let name = format!("{} 慈善组织(演示)", row.region);
        Self::new(&name, OrganizationKind::Charity, division_of(row)?)
    }

    /// The unit or recipient that a row names, if it names one.
    pub fn unit(row: &NoticeRow, kind: OrganizationKind) -> Result<Option<Self>, Reason> {
        let printed = row.unit_or_recipient.as_str();
        if printed.is_empty() {
            return Ok(None);
        }
        let region = division_of(row)?;
        let division = division::find_within(region, printed).unwrap_or(region);
        Self::new(&format!("{} · {printed}(演示)", row.region), kind, division).map(Some)
    }
}

impl Region {
    /// The departments of the region that a row names.
    pub fn of(row: &NoticeRow) -> Result<Self, Reason> {
        let (region, division) = (&row.region, division_of(row)?);
        let civil_affairs = Party::new(
            &format!("{region} 民政部门(演示)"),
            OrganizationKind::CivilAffairs,
            division,
        )?;
        let finance =
            Party::new(&format!("{region} 财政部门(演示)"), OrganizationKind::Finance, division)?;
        Ok(Self { civil_affairs, finance })
    }
}

fn division_of(row: &NoticeRow) -> Result<Division, Reason> {
    row.division.ok_or_else(|| Reason::Region(row.region.to_string()))
}
