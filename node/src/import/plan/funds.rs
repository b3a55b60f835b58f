//! What the notice tells of each fund: whether receipts or allocations are printed, and so whether
//! quota must be implied.

use std::collections::BTreeMap;

use minglian_ledger::fen::Fen;

use super::{ControlTotal, GroupKey, group_of};
use crate::import::kind::Kind;
use crate::import::notice::{Notice, NoticeRow};

/// The two lotteries, where a notice reports on both.
const LOTTERIES: [&str; 2] = ["福利彩票公益金", "体育彩票公益金"];

/// What is printed of one fund.
#[derive(Debug, Clone, Copy, Default)]
struct Printed {
    receipts: bool,
    allocations: bool,
}

/// What is printed of each fund of a notice.
#[derive(Debug, Clone, Default)]
pub(super) struct Funds(BTreeMap<String, Printed>);

/// The fund of a row: its source, and the lottery where the row names one.
pub(super) fn fund_name(row: &NoticeRow) -> String {
    let lottery = LOTTERIES.iter().find(|lottery| row.item.as_str().contains(**lottery));
    let source = row.fund_source.as_str();
    match lottery {
        Some(lottery) => format!("{lottery}·{source}"),
        None => format!("彩票公益金·{source}"),
    }
}

impl Funds {
    pub(super) fn of(notice: &Notice) -> Self {
        let mut funds = BTreeMap::<String, Printed>::new();
        for row in notice.entries() {
            let printed = funds.entry(fund_name(row)).or_default();
            printed.receipts |= row.kind.is_inflow();
            printed.allocations |= row.kind == Kind::Allocated;
        }
        Self(funds)
    }

    /// Whether the notice prints what the fund received.
    pub(super) fn has_receipts(&self, fund: &str) -> bool {
        self.0.get(fund).is_some_and(|printed| printed.receipts)
    }

    /// Whether the notice prints what of the fund was allocated.
    pub(super) fn has_allocations(&self, fund: &str) -> bool {
        self.0.get(fund).is_some_and(|printed| printed.allocations)
    }

    /// How much each group without printed receipts must have had: what was allocated, or, where no
    /// allocation is printed, what was spent, carried and sent on.
    pub(super) fn implied(&self, rows: &[&NoticeRow]) -> BTreeMap<GroupKey, Fen> {
        let mut implied = BTreeMap::new();
        for row in rows {
            let group = group_of(row);
            let counts = match row.kind {
                Kind::Allocated | Kind::TransferDown => true,
                Kind::Spent | Kind::CarriedForward | Kind::TransferToGeneralBudget => {
                    !self.has_allocations(&group.0)
                }
                _ => false,
            };
            if counts && !self.has_receipts(&group.0) {
                let sum: &mut Fen = implied.entry(group).or_insert(Fen::ZERO);
                // Above the largest amount the rows themselves are refused.
                *sum = sum.checked_add(row.amount).unwrap_or(Fen::MAX);
            }
        }
        implied
    }
}

/// What each fund raised beside what it sent up and kept, where a notice prints all three.
pub(super) fn raised_totals(notice: &Notice) -> Vec<ControlTotal> {
    let mut funds = BTreeMap::<String, Vec<&NoticeRow>>::new();
    for row in notice.entries() {
        funds.entry(fund_name(row)).or_default().push(row);
    }
    let total = |(fund, rows): (String, Vec<&NoticeRow>)| {
        let sum = |kind| {
            let rows = rows.iter().filter(|row| row.kind == kind);
            let sum = Fen::sum(rows.clone().map(|row| row.amount)).unwrap_or(Fen::MAX);
            Some((rows.map(|row| row.line).min()?, sum))
        };
        let (line, printed) = sum(Kind::Accrued)?;
        let (_, remitted) = sum(Kind::Remitted)?;
        let (_, retained) = sum(Kind::Retained)?;
        let item = format!("{fund} 筹集 = 上缴 + 留成");
        let computed = remitted.checked_add(retained).unwrap_or(Fen::MAX);
        Some(ControlTotal { line, item, printed, computed })
    };
    funds.into_iter().filter_map(total).collect()
}
