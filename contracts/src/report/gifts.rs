//! 慈善收支明细 and 季报: what a charity's funds received, by quarter and kind, what they spent, by
//! quarter and use, and what they hold.
//!
//! Counted by the day an act happened, as it stands now: gifts less what went back to their donors,
//! payments less what came back. Surplus that passed between funds has no day in the state and
//! stands apart. **Reconciled** over all pages: income and surplus received are spending, surplus
//! given and what the funds hold.

use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Report};
use crate::book::store::{ACCOUNTS, INFLOWS};
use crate::book::{self, AccountId, Inflow, Measure, Origin, Source};
use crate::charity::disbursement::{Expense, PAYOUTS, Payout, Reason, payment_account};
use crate::charity::donation::{DONATIONS, Donation, FUND_MARK};
use crate::charity::fund::FundName;
use crate::charity::resolution::{Matter, RESOLUTIONS};
use crate::payment::Reference;
use crate::schema::Table as StateTable;

/// Most gifts, payments, resolutions, accounts and inflows that are read for one page.
pub const ENTRIES_MAX: usize = 5_000;

/// How many entries are read at once.
const CHUNK: usize = 256;

/// Bytes of a line account's key up to and with its holder: the table's prefix, the variant, and
/// the 18 characters.
const HOLDER_PREFIX_BYTES: usize = 1 + 1 + 18;

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

/// One figure of the report.
struct Entry<'a> {
    fund: &'a str,
    date: Option<Date>,
    item: &'static str,
    purpose: &'a str,
    side: Side,
    amount: Fen,
}

#[derive(Clone, Copy)]
enum Side {
    Income,
    Expenditure,
    Balance,
}

/// Fills a page.
struct Reading<'a> {
    reader: &'a dyn StateRead,
    ask: &'a AskGifts,
    table: Table,
    left: usize,
    income: i128,
    expenditure: i128,
    balance: i128,
}

/// Makes a page of 慈善收支明细.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn gifts(reader: &dyn StateRead, ask: &AskGifts, as_of: AsOf) -> Result<Report, StateError> {
    let table = Table::new(COLUMNS.to_vec());
    let mut reading =
        Reading { reader, ask, table, left: ENTRIES_MAX, income: 0, expenditure: 0, balance: 0 };
    let next = reading.all()?;
    let Reading { table, income, expenditure, balance, .. } = reading;
    let mut report = Report::of("charity", as_of, table);
    let (chinese, english) = ("收入合计 = 支出合计与结余合计", "income = expenditure and balance");
    let check = Check::new("conservation", chinese, english, income, expenditure + balance);
    let is_whole = ask.after.is_none() && next.is_none();
    report.reconciliation = vec![if is_whole { check } else { check.over_all_pages() }];
    report.next = next;
    Ok(report)
}

impl Reading<'_> {
    /// Reads the tables one after the other; where the page ends, if it ends before them.
    fn all(&mut self) -> Result<Option<Vec<u8>>, StateError> {
        let charity = self.ask.charity;
        let steps = [
            DONATIONS.prefix_of(&charity),
            PAYOUTS.prefix_of(&charity),
            RESOLUTIONS.prefix_of(&charity),
            holder_prefix(&ACCOUNTS.key(&any_line(charity))),
            holder_prefix(&INFLOWS.prefix_of(&any_line(charity))),
        ];
        let table = self.ask.after.as_ref().and_then(|after| after.first());
        let known = steps.iter().position(|prefix| prefix.first() == table);
        let first = known.unwrap_or(0);
        for (step, prefix) in steps.iter().enumerate().skip(first) {
            let after = self.ask.after.as_deref().filter(|_| step == first && known.is_some());
            let end = match step {
                0 => self.each(&DONATIONS, prefix, after, Self::gift)?,
                1 => self.each(&PAYOUTS, prefix, after, Self::payout)?,
                2 => self.each(&RESOLUTIONS, prefix, after, |this, key, resolution| {
                    let is_surplus = resolution.matter == Matter::Surplus;
                    let amount = if is_surplus { resolution.used } else { Fen::ZERO };
                    this.surplus_given(&key.0, amount);
                    Ok(())
                })?,
                3 => self.each(&ACCOUNTS, prefix, after, |this, id, account| {
                    this.held(id, account.balance());
                    Ok(())
                })?,
                _ => self.each(&INFLOWS, prefix, after, |this, key, inflow| {
                    this.arrived(&key.0, inflow);
                    Ok(())
                })?,
            };
            if end.is_some() {
                return Ok(end);
            }
        }
        Ok(None)
    }

    /// Reads the entries of a table whose keys begin with `prefix`; the last place if the page is
    /// full.
    fn each<K, V>(
        &mut self,
        table: &StateTable<K, V>,
        prefix: &[u8],
        after: Option<&[u8]>,
        count: impl Fn(&mut Self, &K, &V) -> Result<(), StateError>,
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
                count(self, &name, &value)?;
                place = Some(key);
            }
            if is_last {
                return Ok(None);
            }
        }
    }

    fn gift<T>(&mut self, _: &(OrganizationCode, T), gift: &Donation) -> Result<(), StateError> {
        if !gift.voided {
            let purpose = gift.restriction.as_ref().map_or("", |bound| bound.as_str());
            let item = match (gift.measure, gift.restriction.is_some()) {
                (Measure::Goods, _) => "捐赠收入(物资)",
                (_, true) => "捐赠收入(货币·限定)",
                (_, false) => "捐赠收入(货币·非限定)",
            };
            self.add(Entry {
                fund: gift.fund.as_str(),
                date: Some(gift.received_on),
                item,
                purpose,
                side: Side::Income,
                amount: gift.amount.checked_sub(gift.refunded).unwrap_or_default(),
            });
        }
        Ok(())
    }

    fn payout(
        &mut self,
        (host, reference): &(OrganizationCode, Reference),
        payout: &Payout,
    ) -> Result<(), StateError> {
        let Reason::Spent { resolution, expense } = &payout.reason else { return Ok(()) };
        let account = book::account(self.reader, &payment_account(*host, reference))?;
        let fund = FundName { host: *host, fund: payout.fund.clone() };
        let decided = RESOLUTIONS.get(self.reader, &(fund, resolution.clone()))?;
        let item = match expense {
            Expense::Program => "慈善活动支出",
            Expense::Management => "管理费用",
            Expense::Fundraising => "募捐成本",
            Expense::Other => "其他支出",
        };
        self.add(Entry {
            fund: payout.fund.as_str(),
            date: Some(payout.paid_on),
            item,
            purpose: decided.as_ref().map_or("", |decided| decided.purpose.as_str()),
            side: Side::Expenditure,
            amount: account.map_or(Fen::ZERO, |account| account.balance()),
        });
        Ok(())
    }

    fn surplus_given(&mut self, fund: &FundName, amount: Fen) {
        let (item, side) = ("剩余财产转出", Side::Expenditure);
        let fund = fund.fund.as_str();
        self.add(Entry { fund, date: None, item, purpose: "", side, amount });
    }

    fn held(&mut self, id: &AccountId, amount: Fen) {
        let Some(fund) = fund_of(id) else { return };
        let (item, side) = ("结余", Side::Balance);
        self.add(Entry { fund, date: None, item, purpose: "", side, amount });
    }

    /// What came in otherwise: surplus of other funds, and income that is no gift.
    fn arrived(&mut self, id: &AccountId, inflow: &Inflow) {
        let Some(fund) = fund_of(id) else { return };
        let side = Side::Income;
        match &inflow.from {
            Source::Account(from @ AccountId::Line { .. }) => {
                let is_own = *from.organization() == self.ask.charity;
                if !is_own || fund_of(from) != Some(fund) {
                    let (item, amount) = ("剩余财产转入", inflow.amount);
                    self.add(Entry { fund, date: None, item, purpose: "", side, amount });
                }
            }
            Source::Outside(Origin::Other { description, occurred_on }) => {
                let amount = inflow.amount.checked_sub(inflow.named).unwrap_or_default();
                let (item, purpose) = ("其他收入", description.as_str());
                let date = Some(*occurred_on);
                self.add(Entry { fund, date, item, purpose, side, amount });
            }
            _ => {}
        }
    }

    /// Counts a figure, and enters it if it is of the time that was asked for.
    fn add(&mut self, entry: Entry<'_>) {
        let Entry { fund, date, item, purpose, side, amount } = entry;
        let is_wanted = self.ask.fund.as_ref().is_none_or(|wanted| wanted == fund);
        if amount.is_zero() || !is_wanted {
            return;
        }
        let fen = i128::from(amount.get());
        let mut figures = [0_i128; 3];
        match side {
            Side::Income => (self.income, figures[0]) = (self.income + fen, fen),
            Side::Expenditure => (self.expenditure, figures[1]) = (self.expenditure + fen, fen),
            Side::Balance => (self.balance, figures[2]) = (self.balance + fen, fen),
        }
        let quarter = date.map(|date| (date.year(), date.month().month().div_ceil(3)));
        let in_time = quarter.is_none_or(|(year, quarter)| {
            self.ask.year.is_none_or(|wanted| wanted == year)
                && self.ask.quarter.is_none_or(|wanted| wanted == quarter)
        });
        if in_time {
            let period = quarter.map(|(year, quarter)| format!("{year}Q{quarter}"));
            let mut cells = vec![
                Cell::text(fund),
                Cell::optional(period),
                Cell::text(item),
                Cell::text(purpose),
                Cell::Number(1),
            ];
            cells.extend(figures.map(Cell::from));
            self.table.add(cells);
        }
    }
}

/// The fund that an account is of, if it is a fund's.
fn fund_of(id: &AccountId) -> Option<&str> {
    match id {
        AccountId::Line { fund, .. } => fund.as_str().strip_prefix(FUND_MARK),
        _ => None,
    }
}

fn any_line(holder: OrganizationCode) -> AccountId {
    AccountId::Line {
        holder,
        measure: Measure::Quota,
        fund: Default::default(),
        year: 0,
        line: Default::default(),
    }
}

fn holder_prefix(key: &[u8]) -> Vec<u8> {
    key.iter().copied().take(HOLDER_PREFIX_BYTES).collect()
}
