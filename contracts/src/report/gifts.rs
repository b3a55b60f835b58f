//! 慈善收支明细 and 季报: what a charity's funds received, by quarter and kind, what they spent, by
//! quarter and use, and what they hold.
//!
//! Read from the sums that the acts keep ([`crate::charity::sums`]): a page costs as much as it has
//! rows, however many gifts and payments there were. Counted by the day an act happened, as it
//! stands now: gifts less what went back to their donors, payments less what came back. Surplus
//! that passed between funds stands apart.
//!
//! **Reconciled**: all that ever came in is what went out and what the funds' accounts hold by the
//! movements in the book; and, over all pages, the rows are the sums of their quarters.

use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Report};
use crate::charity::fund::FundReference;
use crate::charity::sums::{self, HELD, Held, Item, Quarter, Sums, Total, USES, UseKey};
use crate::schema::Table as StateTable;

/// Most sums that are read for one page.
pub const ENTRIES_MAX: usize = 5_000;

/// How many entries are read at once.
const CHUNK: usize = 256;

const COLUMNS: [Column; 8] = [
    Column::new("fund", Kind::Key, "基金", "Fund"),
    Column::new("period", Kind::Key, "期间", "Quarter"),
    Column::new("item", Kind::Key, "收支项目", "Item"),
    Column::new("use", Kind::Key, "用途", "Use"),
    Column::new("entries", Kind::Count, "笔数", "Entries"),
    Column::new("income", Kind::Sum, "收入", "Income"),
    Column::new("expenditure", Kind::Sum, "支出", "Expenditure"),
    Column::new("balance", Kind::Sum, "结余", "Balance"),
];

/// What is asked of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskGifts {
    /// The charity.
    pub charity: OrganizationCode,
    /// One of its funds.
    pub fund: Option<String>,
    /// One year.
    pub year: Option<u16>,
    /// One quarter of it, 1 to 4.
    pub quarter: Option<u8>,
    /// The place behind which the page begins.
    pub after: Option<Vec<u8>>,
}

impl AskGifts {
    /// The fund, as keys have it; none of its name where no fund can be called so.
    fn scope(&self) -> Option<FundReference> {
        self.fund.as_deref().map(|fund| FundReference::new(fund).unwrap_or_default())
    }

    fn is_in_time(&self, quarter: Quarter) -> bool {
        self.year.is_none_or(|year| year == quarter.year())
            && self.quarter.is_none_or(|number| number == quarter.number())
    }

    /// What the keys of all rows asked for begin with.
    fn prefix(&self) -> Vec<u8> {
        match (self.year, self.quarter, self.scope()) {
            (Some(year), Some(number), fund) => {
                let quarter = (self.charity, Quarter::new(year, number));
                match fund {
                    Some(fund) => USES.prefix_of(&(quarter, fund)),
                    None => USES.prefix_of(&quarter),
                }
            }
            (Some(year), None, _) => USES.prefix_of(&(self.charity, year.to_be_bytes())),
            (None, ..) => USES.prefix_of(&self.charity),
        }
    }
}

/// Fills a page.
struct Reading<'a> {
    reader: &'a dyn StateRead,
    ask: &'a AskGifts,
    table: Table,
    left: usize,
    /// What the rows of quarters come to on both sides.
    moved: i128,
}

/// Makes a page of 慈善收支明细.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn gifts(reader: &dyn StateRead, ask: &AskGifts, as_of: AsOf) -> Result<Report, StateError> {
    let table = Table::new(COLUMNS.to_vec());
    let mut reading = Reading { reader, ask, table, left: ENTRIES_MAX, moved: 0 };
    let next = reading.all()?;
    let Reading { table, moved, .. } = reading;
    let mut report = Report::of("charity", as_of, table);
    report.reconciliation = reconcile(reader, ask, moved)?;
    if ask.after.is_some() || next.is_some() {
        let rows = report.reconciliation.pop();
        report.reconciliation.extend(rows.map(Check::over_all_pages));
    }
    report.next = next;
    Ok(report)
}

/// The checks of a page; those of a whole fund or charity stand on the first, so that the checks of
/// all pages add up.
fn reconcile(
    reader: &dyn StateRead,
    ask: &AskGifts,
    moved: i128,
) -> Result<Vec<Check>, StateError> {
    let (mut held, mut quarters) = (Held::default(), 0);
    if ask.after.is_none() {
        let scope = ask.scope();
        held = HELD.get(reader, &(ask.charity, scope.clone()))?.unwrap_or_default();
        for (quarter, sums) in sums::quarters(reader, &ask.charity, scope.as_ref(), ask.year)? {
            quarters += if ask.is_in_time(quarter) { both_sides(&sums) } else { 0 };
        }
    }
    let Held { income, expenditure, balance } = held;
    let [income, out, balance] = [income, expenditure, balance].map(fen);
    let (chinese, english) = ("收入合计 = 支出合计与结余合计", "income = expenditure and balance");
    let conserved = Check::new("conservation", chinese, english, income, out + balance);
    let (chinese, english) =
        ("各行收支合计 = 各季度累计数", "the rows = the sums of their quarters");
    Ok(vec![conserved, Check::new("quarters", chinese, english, moved, quarters)])
}

fn both_sides(sums: &Sums) -> i128 {
    let gifts_and_payments = i128::from(sums.income()) + i128::from(sums.spending());
    gifts_and_payments + fen(sums.surplus_received) + fen(sums.surplus_given)
}

fn fen(amount: Fen) -> i128 {
    amount.get().into()
}

impl Reading<'_> {
    /// Reads the tables one after the other; where the page ends, if it ends before them.
    fn all(&mut self) -> Result<Option<Vec<u8>>, StateError> {
        let (rows, balances) = (self.ask.prefix(), HELD.prefix_of(&self.ask.charity));
        let after = self.ask.after.as_deref();
        let is_in_balances = after.is_some_and(|after| after.first() == balances.first());
        if !is_in_balances {
            let end = self.each(&USES, &rows, after, Self::row)?;
            if end.is_some() {
                return Ok(end);
            }
        }
        let after = after.filter(|_| is_in_balances);
        self.each(&HELD, &balances, after, |this, (_, fund), held| {
            if let Some(fund) = fund {
                this.add(fund, None, ("结余", ""), 1, Side::Balance, held.balance);
            }
        })
    }

    /// Reads the entries of a table whose keys begin with `prefix`; the last place if the page is
    /// full.
    fn each<K, V>(
        &mut self,
        table: &StateTable<K, V>,
        prefix: &[u8],
        after: Option<&[u8]>,
        count: impl Fn(&mut Self, &K, &V),
    ) -> Result<Option<Vec<u8>>, StateError>
    where
        K: borsh::BorshSerialize + borsh::BorshDeserialize,
        V: borsh::BorshSerialize + borsh::BorshDeserialize,
    {
        let mut place = after.map(<[u8]>::to_vec);
        loop {
            let wanted = CHUNK.min(self.left);
            if wanted == 0 {
                // Nothing is read of this table: the page ends before it.
                return Ok(Some(place.unwrap_or_else(|| prefix.to_vec())));
            }
            let page = table.scan_from(self.reader, prefix, place.as_deref(), wanted)?;
            let is_last = page.len() < wanted;
            self.left -= page.len();
            for (key, name, value) in page {
                count(self, &name, &value);
                place = Some(key);
            }
            if is_last {
                return Ok(None);
            }
        }
    }

    fn row(&mut self, (_, quarter, fund, item, purpose): &UseKey, total: &Total) {
        if self.ask.is_in_time(*quarter) {
            let side = if item.is_income() { Side::Income } else { Side::Expenditure };
            let words = (words(*item), purpose.as_str());
            self.add(fund, Some(*quarter), words, total.entries, side, total.amount);
        }
    }

    /// Enters a figure, if it is of the fund that was asked for.
    fn add(
        &mut self,
        fund: &FundReference,
        quarter: Option<Quarter>,
        (item, purpose): (&str, &str),
        entries: u64,
        side: Side,
        amount: Fen,
    ) {
        if amount.is_zero() || self.ask.fund.as_deref().is_some_and(|it| it != fund.as_str()) {
            return;
        }
        let mut figures = [0; 3];
        match side {
            Side::Income => figures[0] = fen(amount),
            Side::Expenditure => figures[1] = fen(amount),
            Side::Balance => figures[2] = fen(amount),
        }
        self.moved += figures[0] + figures[1];
        let mut cells = vec![
            Cell::text(fund),
            Cell::optional(quarter),
            Cell::text(item),
            Cell::text(purpose),
            Cell::Number(i64::try_from(entries).unwrap_or(i64::MAX)),
        ];
        cells.extend(figures.map(Cell::from));
        self.table.add(cells);
    }
}

#[derive(Clone, Copy)]
enum Side {
    Income,
    Expenditure,
    Balance,
}

const fn words(item: Item) -> &'static str {
    match item {
        Item::MoneyFree => "捐赠收入(货币·非限定)",
        Item::MoneyRestricted => "捐赠收入(货币·限定)",
        Item::Goods => "捐赠收入(物资)",
        Item::Program => "慈善活动支出",
        Item::Management => "管理费用",
        Item::Fundraising => "募捐成本",
        Item::Other => "其他支出",
        Item::SurplusReceived => "剩余财产转入",
        Item::SurplusGiven => "剩余财产转出",
    }
}
