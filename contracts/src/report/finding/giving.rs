//! Doubtful points of a charity: funds whose sums contradict one another, gifts and payments that
//! repeat one another.
//!
//! A page reads a bounded number of entries, in the order of their names; gifts and payments are
//! compared with those that the same page has read.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::Finding;
use crate::book::{self, Measure};
use crate::charity::disbursement::{PAYOUTS, Payout, Reason, payment_account};
use crate::charity::donation::{DONATIONS, Donation, DonationReference, Donor};
use crate::charity::fund::FundReference;
use crate::charity::sums::{self, HELD, Held};
use crate::payment::Reference;
use crate::report::flow::Flows;
use crate::schema::{Table, encode};

/// Entries of a table, and the last place if the page ended before it.
type Part<K, V> = (Vec<(K, V)>, Option<Vec<u8>>);

/// Most entries of a page.
pub const ENTRIES_MAX: usize = 5_000;

/// How many entries are read at once.
const CHUNK: usize = 256;

/// Most entries of one group that a doubtful point names.
const NAMED_MAX: usize = 16;

/// What makes two payments alike: fund, day, amount and use, of which only equality matters.
type Alike = (FundReference, Date, Fen, Vec<u8>);

/// Reads what a charity keeps.
pub(super) struct Giving<'a> {
    reader: &'a dyn StateRead,
    flows: &'a dyn Flows,
    charity: OrganizationCode,
    year: Option<u16>,
    left: usize,
}

impl<'a> Giving<'a> {
    /// Of a charity; of gifts and payments those of a year, if one is asked for.
    pub(super) fn new(
        reader: &'a dyn StateRead,
        flows: &'a dyn Flows,
        charity: OrganizationCode,
        year: Option<u16>,
    ) -> Self {
        Self { reader, flows, charity, year, left: ENTRIES_MAX }
    }

    /// Whether a page begins among its entries.
    pub(super) fn has_place(&self, place: Option<&[u8]>) -> bool {
        let first = place.and_then(<[u8]>::first);
        self.tables().iter().any(|prefix| prefix.first() == first)
    }

    /// What its keys begin with, in the order in which tables are read.
    fn tables(&self) -> [Vec<u8>; 3] {
        let charity = &self.charity;
        [HELD.prefix_of(charity), PAYOUTS.prefix_of(charity), DONATIONS.prefix_of(charity)]
    }

    /// Adds the points of a page that begins behind `place`; where it ends, if before all is read.
    pub(super) fn points(
        mut self,
        place: Option<&[u8]>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Vec<u8>>, StateError> {
        let tables = self.tables();
        let at = |table: &Vec<u8>| table.first() == place.and_then(<[u8]>::first);
        let first = tables.iter().position(at).unwrap_or(0);
        let mut place = place.map(<[u8]>::to_vec);
        for (number, prefix) in tables.iter().enumerate().skip(first) {
            let end = match number {
                0 => self.funds(prefix, place.as_deref(), findings)?,
                1 => self.payments(prefix, place.as_deref(), findings)?,
                _ => self.gifts(prefix, place.as_deref(), findings)?,
            };
            if end.is_some() {
                return Ok(end);
            }
            place = None;
        }
        Ok(None)
    }

    /// Reads entries until the table or the page ends; the last place if it is the page.
    fn read<K, V>(
        &mut self,
        table: &Table<K, V>,
        prefix: &[u8],
        place: Option<&[u8]>,
    ) -> Result<Part<K, V>, StateError>
    where
        K: BorshSerialize + BorshDeserialize,
        V: BorshSerialize + BorshDeserialize,
    {
        let (mut entries, mut place) = (Vec::new(), place.map(<[u8]>::to_vec));
        loop {
            let wanted = CHUNK.min(self.left);
            if wanted == 0 {
                return Ok((entries, Some(place.unwrap_or_else(|| prefix.to_vec()))));
            }
            let page = table.scan_from(self.reader, prefix, place.as_deref(), wanted)?;
            let is_last = page.len() < wanted;
            self.left -= page.len();
            for (key, name, value) in page {
                entries.push((name, value));
                place = Some(key);
            }
            if is_last {
                return Ok((entries, None));
            }
        }
    }

    fn funds(
        &mut self,
        prefix: &[u8],
        place: Option<&[u8]>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Vec<u8>>, StateError> {
        let (funds, end) = self.read(&HELD, prefix, place)?;
        for ((_, fund), held) in funds {
            let Held { income, expenditure, balance } = held;
            let [income, out, balance] = [income, expenditure, balance].map(fen);
            let (mut came, mut went) = (0, 0);
            for (_, sums) in sums::quarters(self.reader, &self.charity, fund.as_ref(), None)? {
                came += i128::from(sums.income()) + fen(sums.surplus_received);
                went += i128::from(sums.spending()) + fen(sums.surplus_given);
            }
            let fund = fund.as_ref().map_or_else(|| "全部".to_owned(), ToString::to_string);
            if income != out + balance {
                let chinese = format!("收入 {income} 分,支出 {out} 分,结余 {balance} 分,不平");
                let english = format!("income {income}, expenditure {out}, balance {balance} fen");
                let amount = income - out - balance;
                findings.push(self.sum_error(format!("{fund} 收支结余"), amount, chinese, english));
            }
            for (chinese, english, whole, quarters) in
                [("收入", "income", income, came), ("支出", "expenditure", out, went)]
            {
                if whole != quarters {
                    let subject = format!("{fund} {chinese}");
                    let chinese = format!("{chinese}累计 {whole} 分,各季度合计 {quarters} 分");
                    let english = format!("{english} {whole} fen, of its quarters {quarters}");
                    let amount = whole - quarters;
                    findings.push(self.sum_error(subject, amount, chinese, english));
                }
            }
        }
        Ok(end)
    }

    fn sum_error(
        &self,
        subject: String,
        amount: i128,
        chinese: String,
        english: String,
    ) -> Finding {
        Finding {
            rule: "fund_sum_error",
            holder: self.charity,
            subject,
            records: Vec::new(),
            amount,
            days: None,
            article: String::new(),
            chinese,
            english,
        }
    }

    /// Payments of one fund, day, amount and use, none of which came back.
    fn payments(
        &mut self,
        prefix: &[u8],
        place: Option<&[u8]>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Vec<u8>>, StateError> {
        let (payouts, end) = self.read(&PAYOUTS, prefix, place)?;
        let mut alike: BTreeMap<Alike, Vec<Reference>> = BTreeMap::new();
        for ((_, reference), payout) in payouts {
            let Payout { fund, reason, paid_on, .. } = payout;
            let use_of = match reason {
                Reason::Refunded => continue,
                Reason::Spent { resolution, .. } => encode(&resolution),
                Reason::Ahead { purpose, .. } => encode(&purpose),
            };
            if self.year.is_some_and(|year| year != paid_on.year()) {
                continue;
            }
            let account = book::account(self.reader, &payment_account(self.charity, &reference))?;
            let Some(account) = account else { continue };
            // What came back in part is no repetition of what stands whole.
            if !account.balance().is_zero() && account.balance().get() == account.credited {
                let key = (fund, paid_on, account.balance(), use_of);
                alike.entry(key).or_default().push(reference);
            }
        }
        for ((fund, day, amount, _), names) in alike.into_iter().filter(|(_, it)| it.len() > 1) {
            let mut records = Vec::new();
            for name in names.iter().take(NAMED_MAX) {
                let account = payment_account(self.charity, name);
                let inflow = self.flows.inflows(&account, 1)?;
                records.extend(inflow.first().map(|flow| flow.record.0));
            }
            let words = ("笔同额付款", "payments");
            findings.push(self.repeated("duplicate_payout", &fund, (day, amount), &names, words));
            if let Some(finding) = findings.last_mut() {
                finding.records = records;
            }
        }
        Ok(end)
    }

    /// Gifts of one named donor to one fund, of one day and amount, none taken back. A person's
    /// commitment is salted anew for each gift, so only organisations can repeat themselves here.
    fn gifts(
        &mut self,
        prefix: &[u8],
        place: Option<&[u8]>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Vec<u8>>, StateError> {
        let (gifts, end) = self.read(&DONATIONS, prefix, place)?;
        type Same = (FundReference, Date, Fen, OrganizationCode, Measure);
        let mut alike: BTreeMap<Same, Vec<DonationReference>> = BTreeMap::new();
        for ((_, reference), gift) in gifts {
            let Donation { fund, donor, amount, received_on, measure, .. } = gift;
            let Donor::Organization(donor) = donor else { continue };
            let stands = !gift.voided && gift.refunded.is_zero();
            if stands && self.year.is_none_or(|year| year == received_on.year()) {
                let key = (fund, received_on, amount, donor, measure);
                alike.entry(key).or_default().push(reference);
            }
        }
        for ((fund, day, amount, donor, _), names) in
            alike.into_iter().filter(|(_, it)| it.len() > 1)
        {
            let words = (format!("笔 {donor} 的同额捐赠"), format!("gifts of {donor}"));
            let words = (words.0.as_str(), words.1.as_str());
            findings.push(self.repeated("duplicate_gift", &fund, (day, amount), &names, words));
        }
        Ok(end)
    }

    fn repeated<T: ToString>(
        &self,
        rule: &'static str,
        fund: &FundReference,
        (day, amount): (Date, Fen),
        names: &[T],
        (chinese, english): (&str, &str),
    ) -> Finding {
        let count = names.len();
        let mut named: Vec<String> =
            names.iter().take(NAMED_MAX).map(ToString::to_string).collect();
        if count > NAMED_MAX {
            named.push("…".to_owned());
        }
        let named = named.join(" ");
        Finding {
            rule,
            holder: self.charity,
            subject: format!("{fund} {named}"),
            records: Vec::new(),
            amount: fen(amount) * i128::try_from(count.saturating_sub(1)).unwrap_or(0),
            days: None,
            article: String::new(),
            chinese: format!("{day} 有 {count} {chinese}({amount} 元): {named}"),
            english: format!("{count} {english} of {amount} yuan on {day}: {named}"),
        }
    }
}

fn fen(amount: Fen) -> i128 {
    amount.get().into()
}
