//! A charity's year: what it received and spent, and whether the limits of 慈善法 第六十一条 are
//! kept. Everything follows from gifts and payments in the book; nothing is typed in.
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

use super::disbursement::{Expense, PAYOUTS, Reason, payment_account};
use super::donation::DONATIONS;
use super::kind::{FUNDRAISING_MAX, MANAGEMENT_MAX, SPENDING_MIN};
use super::qualification::{self, QualificationKind};
use crate::book;
use crate::lottery::accrual::BASIS_POINTS;
use crate::parameter::{self, Judged};

/// How many entries are read at once.
const PAGE: usize = 1_000;

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

/// Reports on a year of a charity.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn year(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    year: u16,
) -> Result<Year, StateError> {
    // No table holds as many entries.
    Ok(year_within(reader, charity, year, usize::MAX)?.unwrap_or_default())
}

/// The same, reading at most some `entries_max` gifts and payments; none if there are more.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn year_within(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    year: u16,
    entries_max: usize,
) -> Result<Option<Year>, StateError> {
    let mut found = Year { year, ..Year::default() };
    let mut left = entries_max;
    let is_whole = count_income(reader, charity, &mut found, &mut left)?
        && count_spending(reader, charity, &mut found, &mut left)?;
    if !is_whole {
        return Ok(None);
    }
    found.limits = limits(reader, charity, &found)?;
    Ok(Some(found))
}

/// Takes a page from what may still be read; whether there was as much.
fn take(left: &mut usize, page: usize) -> bool {
    let rest = left.checked_sub(page);
    *left = rest.unwrap_or(0);
    rest.is_some()
}

fn count_income(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    found: &mut Year,
    left: &mut usize,
) -> Result<bool, StateError> {
    let mut after = None;
    loop {
        let page = DONATIONS.scan(reader, charity, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(true) };
        if !take(left, page.len()) {
            return Ok(false);
        }
        after = Some(last.clone());
        for (_, gift) in page.into_iter().filter(|(_, gift)| !gift.voided) {
            let kept = gift.amount.checked_sub(gift.refunded).unwrap_or_default().get();
            let years = found.year.checked_sub(gift.received_on.year()).map(usize::from);
            let sum = match years {
                Some(0) => &mut found.income,
                Some(years) if years <= found.income_before.len() => {
                    &mut found.income_before[years - 1]
                }
                _ => continue,
            };
            // An account holds at most 2^53 fen, so a charity's gifts stay far below 2^64.
            *sum = sum.saturating_add(kept);
        }
    }
}

fn count_spending(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    found: &mut Year,
    left: &mut usize,
) -> Result<bool, StateError> {
    let mut after = None;
    loop {
        let page = PAYOUTS.scan(reader, charity, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(true) };
        if !take(left, page.len()) {
            return Ok(false);
        }
        after = Some(last.clone());
        for ((_, reference), payout) in page {
            let Reason::Spent { expense, .. } = payout.reason else { continue };
            if payout.paid_on.year() != found.year {
                continue;
            }
            let account = book::account(reader, &payment_account(*charity, &reference))?;
            let sum = match expense {
                Expense::Program => &mut found.program,
                Expense::Management => &mut found.management,
                Expense::Fundraising => &mut found.fundraising,
                Expense::Other => &mut found.other,
            };
            *sum = sum.saturating_add(account.map_or(0, |account| account.balance().get()));
        }
    }
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
