//! A charity's year: what it received and spent, and whether the limits of 慈善法 第六十一条 are
//! kept. Everything follows from gifts and payments in the book, whose sums by quarter the acts
//! keep ([`sums`]); nothing is typed in, and a year is read in the same time however long the log
//! is.
//!
//! Counted by the day an act happened. Income is gifts, goods at their recorded value, less what
//! went back to donors or was entered wrongly; spending is payments less what came back. Surplus
//! that passes between charities is neither. Years before the ledger began count as nothing, so the
//! least spending is too easy to reach in its first years. The limits are those of publicly
//! fundraising charities; for others the law counts from net assets, which no ledger of movements
//! knows.

use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::Serialize;

use super::kind::{FUNDRAISING_MAX, MANAGEMENT_MAX, SPENDING_MIN};
use super::qualification::{self, QualificationKind};
use super::sums::{self, Sums};
use crate::lottery::accrual::BASIS_POINTS;
use crate::parameter::{self, Judged};

/// The years before the one reported on whose income counts.
const YEARS_BEFORE: u16 = 3;

/// A charity's year. Amounts are in fen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Year {
    /// The year.
    pub year: u16,
    /// 捐赠收入 of the year.
    pub income: u64,
    /// That of the three years before it, the latest first.
    pub income_before: [u64; YEARS_BEFORE as usize],
    /// 慈善活动支出.
    pub program: u64,
    /// 管理费用.
    pub management: u64,
    /// 募捐成本.
    pub fundraising: u64,
    /// 其他支出.
    pub other: u64,
    /// The limits that hold for it, and whether they are kept.
    pub limits: Vec<Limit>,
}

/// A limit, with the parameter that sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The parameter, in basis points.
    pub judged: Judged,
    /// The part that was reached, rounded down to a basis point; none of nothing.
    pub reached_basis_points: Option<u64>,
    /// Whether it is kept, judged exactly.
    pub kept: bool,
}

impl Year {
    /// 当年总支出.
    pub fn spending(&self) -> u64 {
        [self.program, self.management, self.fundraising, self.other].iter().sum()
    }

    /// The mean of the three years before, rounded down.
    pub fn income_mean(&self) -> u64 {
        self.income_before.iter().sum::<u64>() / u64::from(YEARS_BEFORE)
    }
}

/// Reports on a year of a charity, from the sums of its quarters.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn year(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    year: u16,
) -> Result<Year, StateError> {
    let mut found = Year { year, ..Year::default() };
    for sums in of_year(reader, charity, year)? {
        // An amount is at most 2^53 fen and a year has four quarters.
        found.income += sums.income();
        found.program += sums.program.get();
        found.management += sums.management.get();
        found.fundraising += sums.fundraising.get();
        found.other += sums.other.get();
    }
    for (income, before) in found.income_before.iter_mut().zip(1..) {
        if let Some(earlier) = year.checked_sub(before) {
            *income = of_year(reader, charity, earlier)?.iter().map(Sums::income).sum();
        }
    }
    found.limits = limits(reader, charity, &found)?;
    Ok(found)
}

fn of_year(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    year: u16,
) -> Result<Vec<Sums>, StateError> {
    let quarters = sums::quarters(reader, charity, None, Some(year))?;
    Ok(quarters.into_iter().map(|(_, sums)| sums).collect())
}

/// The limits of the year's last day, for figures that were added up already.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn limits(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    found: &Year,
) -> Result<Vec<Limit>, StateError> {
    let Ok(last_day) = Date::new(found.year, 12, 31) else { return Ok(Vec::new()) };
    let kind = QualificationKind::PublicFundraising;
    let Some(qualification) = qualification::find(reader, charity, kind, last_day)? else {
        return Ok(Vec::new());
    };
    let form = qualification.form.code();
    // Of the last year's income or of the mean of three years: whichever is easier to reach.
    let base = found.income_before[0].min(found.income_mean());
    let all = [
        (format!("{SPENDING_MIN}{form}"), found.program, base, true),
        (format!("{MANAGEMENT_MAX}{form}"), found.management, found.spending(), false),
        (FUNDRAISING_MAX.to_owned(), found.fundraising, found.income, false),
    ];
    let mut limits = Vec::new();
    for (key, part, whole, is_least) in all {
        // The names are far shorter than their field.
        let key = parameter::Key::new(key).unwrap_or_default();
        let Some(version) = parameter::find(reader, &key, last_day)? else { continue };
        let reached = u128::from(part) * u128::from(BASIS_POINTS);
        let bound = u128::from(whole) * u128::try_from(version.value).unwrap_or(0);
        let points = reached.checked_div(u128::from(whole));
        limits.push(Limit {
            judged: Judged { key, version: version.version, value: version.value },
            reached_basis_points: points.map(|points| u64::try_from(points).unwrap_or(u64::MAX)),
            kept: if is_least { reached >= bound } else { reached <= bound },
        });
    }
    Ok(limits)
}
