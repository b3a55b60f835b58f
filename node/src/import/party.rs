//! The organisations that a notice names or implies.
//!
//! Their names, and so their codes, are made of the division's whole name, never of the cell: a
//! region spelt another way is the same organisation, so a table that is imported again under that
//! spelling finds what it entered.

use minglian_ledger::division::{self, Division};
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::divisions;
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
        let (division, path) = place(row)?;
        Self::new(&format!("{path} 慈善组织(演示)"), OrganizationKind::Charity, division)
    }

    /// The unit or recipient that a row names, if it names one.
    pub fn unit(row: &NoticeRow, kind: OrganizationKind) -> Result<Option<Self>, Reason> {
        let printed = row.unit_or_recipient.as_str();
        if printed.is_empty() {
            return Ok(None);
        }
        let (region, path) = place(row)?;
        let division = division::find_within(region, printed).unwrap_or(region);
        Self::new(&format!("{path} · {printed}(演示)"), kind, division).map(Some)
    }
}

impl Region {
    /// The departments of the region that a row names.
    pub fn of(row: &NoticeRow) -> Result<Self, Reason> {
        let (division, path) = place(row)?;
        let civil_affairs = Party::new(
            &format!("{path} 民政部门(演示)"),
            OrganizationKind::CivilAffairs,
            division,
        )?;
        let finance =
            Party::new(&format!("{path} 财政部门(演示)"), OrganizationKind::Finance, division)?;
        Ok(Self { civil_affairs, finance })
    }
}

/// The row's division and its whole name.
fn place(row: &NoticeRow) -> Result<(Division, String), Reason> {
    let division = row.division;
    let named = division.and_then(|division| Some((division, divisions::path(division)?)));
    named.ok_or_else(|| Reason::Region(row.region.to_string()))
}
