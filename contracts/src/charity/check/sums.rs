//! The sums of charities, added up again from all their entries.

use std::collections::BTreeMap;
use std::fmt::Debug;

use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::CharityViolation;
use crate::book::store::{ACCOUNTS, INFLOWS};
use crate::book::{self, Measure, Source};
use crate::charity::disbursement::{Expense, PAYOUTS, Reason, payment_account};
use crate::charity::donation::DONATIONS;
use crate::charity::evidence::EVIDENCE;
use crate::charity::fund::{FundName, FundReference, fund_of};
use crate::charity::resolution::RESOLUTIONS;
use crate::charity::sums::{HELD, Held, Item, Quarter, SUMS, Sums, Total, USES, UseKey};
use crate::schema::Table;

/// How many entries are read at once.
const PAGE: usize = 1_000;

type Scope = (OrganizationCode, Option<FundReference>);

/// What entries come to.
#[derive(Default)]
struct Found {
    uses: BTreeMap<UseKey, Total>,
    helped: BTreeMap<(Scope, Quarter), u64>,
    /// Surplus by fund; the state does not keep the day of each transfer.
    surplus: BTreeMap<(FundName, Item), Fen>,
    balances: BTreeMap<Scope, Fen>,
}

/// Compares every sum with its entries.
pub(super) fn check(reader: &dyn StateRead) -> Result<(), CharityViolation> {
    let mut found = Found::default();
    gifts(reader, &mut found)?;
    payments(reader, &mut found)?;
    each(reader, &INFLOWS, |(account, _), inflow| {
        let Source::Account(from) = &inflow.from else { return };
        let (from, to) = (fund_of(from), fund_of(account));
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            for key in [(from, Item::SurplusGiven), (to, Item::SurplusReceived)] {
                add(found.surplus.entry(key).or_default(), inflow.amount);
            }
        }
    })?;
    each(reader, &ACCOUNTS, |id, account| {
        if let Some(FundName { host, fund }) = fund_of(id) {
            for scope in [None, Some(fund)] {
                add(found.balances.entry((host, scope)).or_default(), account.balance());
            }
        }
    })?;
    compare(reader, found)
}

fn gifts(reader: &dyn StateRead, found: &mut Found) -> Result<(), StateError> {
    each(reader, &DONATIONS, |(host, _), gift| {
        let bound = gift.restriction.is_some();
        let item = match gift.measure {
            Measure::Goods => Item::Goods,
            _ if bound => Item::MoneyRestricted,
            _ => Item::MoneyFree,
        };
        let kept = gift.amount.checked_sub(gift.refunded).unwrap_or_default();
        let kept = if gift.voided { Fen::ZERO } else { kept };
        let purpose = gift.restriction.clone().unwrap_or_default();
        let quarter = Quarter::of(gift.received_on);
        found.count((*host, quarter, gift.fund.clone(), item, purpose), kept);
    })
}

fn payments(reader: &dyn StateRead, found: &mut Found) -> Result<(), StateError> {
    let mut payouts = Vec::new();
    each(reader, &PAYOUTS, |key, payout| payouts.push((key.clone(), payout.clone())))?;
    for (key, payout) in payouts {
        let host = key.0;
        let name = FundName { host, fund: payout.fund.clone() };
        let (purpose, expense) = match payout.reason {
            Reason::Refunded => continue,
            Reason::Ahead { purpose, expense } => (purpose, expense),
            Reason::Spent { resolution, expense } => {
                let decided = RESOLUTIONS.get(reader, &(name, resolution))?;
                (decided.map(|decided| decided.purpose).unwrap_or_default(), expense)
            }
        };
        let account = book::account(reader, &payment_account(host, &key.1))?;
        let paid = account.map_or(Fen::ZERO, |account| account.balance());
        let item = match expense {
            Expense::Program => Item::Program,
            Expense::Management => Item::Management,
            Expense::Fundraising => Item::Fundraising,
            Expense::Other => Item::Other,
        };
        let quarter = Quarter::of(payout.paid_on);
        found.count((host, quarter, payout.fund.clone(), item, purpose), paid);
        let shown = EVIDENCE.get(reader, &key)?.filter(|_| !paid.is_zero());
        for scope in [None, Some(payout.fund)] {
            let helped = found.helped.entry(((host, scope), quarter)).or_default();
            *helped += shown.as_ref().map_or(0, |shown| u64::from(shown.beneficiaries));
        }
    }
    Ok(())
}

impl Found {
    fn count(&mut self, key: UseKey, amount: Fen) {
        if !amount.is_zero() {
            let total = self.uses.entry(key).or_default();
            add(&mut total.amount, amount);
            total.entries += 1;
        }
    }
}

fn add(sum: &mut Fen, amount: Fen) {
    // The sums are amounts, so what they are compared with never passes the largest one.
    *sum = sum.checked_add(amount).unwrap_or(Fen::MAX);
}

fn compare(reader: &dyn StateRead, found: Found) -> Result<(), CharityViolation> {
    let (mut rows, mut surplus) = (BTreeMap::new(), BTreeMap::new());
    let (mut quarters, mut held) = (BTreeMap::new(), BTreeMap::<Scope, Held>::new());
    each(reader, &USES, |key, total| {
        let (host, quarter, fund, item, _) = key;
        if matches!(item, Item::SurplusGiven | Item::SurplusReceived) {
            let name = FundName { host: *host, fund: fund.clone() };
            add(surplus.entry((name, *item)).or_default(), total.amount);
        } else {
            rows.insert(key.clone(), *total);
        }
        for scope in [None, Some(fund.clone())] {
            let sums: &mut Sums = quarters.entry(((*host, scope.clone()), *quarter)).or_default();
            add(sums.of(*item), total.amount);
            let held = held.entry((*host, scope)).or_default();
            let side = if item.is_income() { &mut held.income } else { &mut held.expenditure };
            add(side, total.amount);
        }
    })?;
    same("rows by use", &rows, &found.uses)?;
    same("surplus", &surplus, &found.surplus)?;
    for (key, helped) in found.helped.into_iter().filter(|(_, helped)| *helped > 0) {
        quarters.entry(key).or_default().helped = helped;
    }
    let mut kept = BTreeMap::new();
    each(reader, &SUMS, |(host, scope, quarter), sums| {
        kept.insert(((*host, scope.clone()), *quarter), *sums);
    })?;
    same("quarters", &kept, &quarters)?;
    for (scope, balance) in found.balances.into_iter().filter(|(_, balance)| !balance.is_zero()) {
        held.entry(scope).or_default().balance = balance;
    }
    let mut kept = BTreeMap::new();
    each(reader, &HELD, |scope, held| {
        kept.insert(scope.clone(), *held);
    })?;
    same("what is held", &kept, &held)?;
    let conserved = |held: &Held| held.expenditure.checked_add(held.balance) == Some(held.income);
    match kept.iter().find(|(_, held)| !conserved(held)) {
        Some(broken) => {
            Err(CharityViolation::Sums { what: "conservation", difference: format!("{broken:?}") })
        }
        None => Ok(()),
    }
}

/// The first entry in which two tables differ.
fn same<K: Debug + Ord, V: Debug + PartialEq>(
    what: &'static str,
    kept: &BTreeMap<K, V>,
    found: &BTreeMap<K, V>,
) -> Result<(), CharityViolation> {
    let keys = kept.keys().chain(found.keys());
    match keys.filter(|key| kept.get(key) != found.get(key)).min() {
        Some(key) => {
            let (kept, found) = (kept.get(key), found.get(key));
            let difference = format!("{key:?}: {kept:?} is kept, the entries come to {found:?}");
            Err(CharityViolation::Sums { what, difference })
        }
        None => Ok(()),
    }
}

fn each<K, V>(
    reader: &dyn StateRead,
    table: &Table<K, V>,
    mut take: impl FnMut(&K, &V),
) -> Result<(), StateError>
where
    K: borsh::BorshSerialize + borsh::BorshDeserialize,
    V: borsh::BorshSerialize + borsh::BorshDeserialize,
{
    let mut after: Option<K> = None;
    loop {
        let page = table.scan(reader, &(), after.as_ref(), PAGE)?;
        page.iter().for_each(|(key, value)| take(key, value));
        match page.into_iter().next_back() {
            Some((last, _)) => after = Some(last),
            None => return Ok(()),
        }
    }
}
