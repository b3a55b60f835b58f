//! What a charity's gifts and payments come to, quarter by quarter: sums that each act keeps, so
//! that a report on a year reads a few entries however many gifts there were, and so that a sum can
//! be proven like every other entry of the state.
//!
//! An entry counts in the quarter of its own day: a gift with what did not go back to its donor, a
//! payment with what did not come back, at the use that holds for it now. So a refund, a correction
//! or another use changes the sums of the quarter in which the gift came in. Surplus that passes
//! between funds is neither income nor spending and stands beside them.
//!
//! **Invariants**: each sum is that of its entries ([`super::check`] adds them all up); of each
//! fund and of each charity, what came in is what went out and what its accounts hold.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::fund::{FundName, FundReference, fund_of};
use crate::book::Movement;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// What a quarter comes to, of one fund; without a fund, of all of the charity's.
pub const SUMS: Table<(OrganizationCode, Option<FundReference>, Quarter), Sums> =
    Table::new(schema::prefix::CHARITY_FIRST + 12);

/// The same by fund, item and use: the rows of 季报 and 收支明细.
pub const USES: Table<UseKey, Total> = Table::new(schema::prefix::CHARITY_FIRST + 13);

/// What ever came in and went out of a fund, and what its accounts hold; without a fund, of all of
/// the charity's.
pub const HELD: Table<(OrganizationCode, Option<FundReference>), Held> =
    Table::new(schema::prefix::CHARITY_FIRST + 14);

/// The key of an entry of [`USES`]. Surplus has no use.
pub type UseKey = (OrganizationCode, Quarter, FundReference, Item, Text<128>);

/// Most quarters that are read of one fund: more than the calendar of the ledger has.
const QUARTERS_MAX: usize = 40_000;

/// A quarter of a year. In a key its year is big-endian, so that the order of keys is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Quarter {
    year: [u8; 2],
    number: u8,
}

impl Quarter {
    /// The quarter of a day.
    pub fn of(date: Date) -> Self {
        Self::new(date.year(), date.month().month().div_ceil(3))
    }

    /// A quarter of a year, 1 to 4; no entry stands under another number.
    pub const fn new(year: u16, number: u8) -> Self {
        Self { year: year.to_be_bytes(), number }
    }

    /// The year.
    pub const fn year(self) -> u16 {
        u16::from_be_bytes(self.year)
    }

    /// Which of the year's quarters, from 1.
    pub const fn number(self) -> u8 {
        self.number
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}Q{}", self.year(), self.number)
    }
}

/// As what an entry counts. New ones are appended.
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
pub enum Item {
    /// 捐赠收入, money that is bound to no use.
    MoneyFree,
    /// 捐赠收入, money that is bound to one.
    MoneyRestricted,
    /// 捐赠收入, goods at their recorded value.
    Goods,
    /// 慈善活动支出.
    Program,
    /// 管理费用.
    Management,
    /// 募捐成本.
    Fundraising,
    /// 其他支出.
    Other,
    /// Surplus that came from another fund.
    SurplusReceived,
    /// Surplus that went to another fund.
    SurplusGiven,
}

impl Item {
    /// Whether money comes in by it; else it goes out.
    pub const fn is_income(self) -> bool {
        match self {
            Self::MoneyFree | Self::MoneyRestricted | Self::Goods | Self::SurplusReceived => true,
            Self::Program
            | Self::Management
            | Self::Fundraising
            | Self::Other
            | Self::SurplusGiven => false,
        }
    }
}

/// What a quarter comes to, by item.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Sums {
    /// Gifts of money that are bound to no use.
    pub money_free: Fen,
    /// Gifts of money that are bound to one.
    pub money_restricted: Fen,
    /// Gifts of goods.
    pub goods: Fen,
    /// 慈善活动支出.
    pub program: Fen,
    /// 管理费用.
    pub management: Fen,
    /// 募捐成本.
    pub fundraising: Fen,
    /// 其他支出.
    pub other: Fen,
    /// Surplus of other funds.
    pub surplus_received: Fen,
    /// Surplus for other funds.
    pub surplus_given: Fen,
    /// 受益人次 of the quarter's payments whose use is evidenced.
    pub helped: u64,
}

impl Sums {
    /// 捐赠收入: all gifts. Three amounts of at most 2^53 fen.
    pub fn income(&self) -> u64 {
        [self.money_free, self.money_restricted, self.goods].map(Fen::get).iter().sum()
    }

    /// 总支出: all payments.
    pub fn spending(&self) -> u64 {
        let all = [self.program, self.management, self.fundraising, self.other];
        all.map(Fen::get).iter().sum()
    }

    pub(super) fn of(&mut self, item: Item) -> &mut Fen {
        match item {
            Item::MoneyFree => &mut self.money_free,
            Item::MoneyRestricted => &mut self.money_restricted,
            Item::Goods => &mut self.goods,
            Item::Program => &mut self.program,
            Item::Management => &mut self.management,
            Item::Fundraising => &mut self.fundraising,
            Item::Other => &mut self.other,
            Item::SurplusReceived => &mut self.surplus_received,
            Item::SurplusGiven => &mut self.surplus_given,
        }
    }
}

/// What the entries of one item and use come to.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Total {
    /// How much.
    pub amount: Fen,
    /// Of how many entries that come to anything.
    pub entries: u64,
}

/// What came in and went out in all, surplus included, and what is there.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Held {
    /// All that came in.
    pub income: Fen,
    /// All that went out.
    pub expenditure: Fen,
    /// What the accounts hold, by the movements into and out of them.
    pub balance: Fen,
}

/// The sums say less than what is taken out of them: the state is damaged.
#[derive(Debug, thiserror::Error)]
#[error("sums of a charity hold {held} fen, less than the {taken} of one of their entries")]
struct Short {
    held: Fen,
    taken: Fen,
}

/// Where an entry counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The fund.
    pub(super) fund: FundName,
    /// The quarter of its day.
    pub(super) quarter: Quarter,
    /// As what.
    pub(super) item: Item,
    /// For what use; empty for none.
    pub(super) purpose: Text<128>,
}

/// Counts an entry that came to `before` as `after`.
///
/// # Errors
/// [`Code::AmountTooLarge`]; [`StateError`].
pub(super) fn count(
    place: &Place,
    before: Fen,
    after: Fen,
    state: &mut State<'_>,
) -> Result<(), Fault> {
    if before == after {
        return Ok(());
    }
    let Place { fund: FundName { host, fund }, quarter, item, purpose } = place;
    let key = (*host, *quarter, fund.clone(), *item, purpose.clone());
    let mut total = USES.get(state, &key)?.unwrap_or_default();
    total.amount = changed(total.amount, before, after)?;
    let (was, is) = (u64::from(!before.is_zero()), u64::from(!after.is_zero()));
    // Never below nothing: the entry that comes to something is one of them.
    total.entries = total.entries.saturating_add(is).saturating_sub(was);
    keep(&USES, &key, &total, state);
    for scope in [None, Some(fund.clone())] {
        let key = (*host, scope.clone(), *quarter);
        let mut sums = SUMS.get(state, &key)?.unwrap_or_default();
        let sum = sums.of(*item);
        *sum = changed(*sum, before, after)?;
        keep(&SUMS, &key, &sums, state);
        let key = (*host, scope);
        let mut held = HELD.get(state, &key)?.unwrap_or_default();
        let side = if item.is_income() { &mut held.income } else { &mut held.expenditure };
        *side = changed(*side, before, after)?;
        keep(&HELD, &key, &held, state);
    }
    Ok(())
}

/// Counts that a payment of this quarter helped `after` instead of `before`.
pub(super) fn count_helped(
    name: &FundName,
    quarter: Quarter,
    before: u32,
    after: u32,
    state: &mut State<'_>,
) -> Result<(), Fault> {
    for scope in [None, Some(name.fund.clone())] {
        let key = (name.host, scope, quarter);
        let mut sums = SUMS.get(state, &key)?.unwrap_or_default();
        sums.helped = sums.helped.saturating_add(after.into()).saturating_sub(before.into());
        keep(&SUMS, &key, &sums, state);
    }
    Ok(())
}

/// Reports movements of a charity's money, and counts what they bring into funds and take out.
pub(super) fn post(
    movements: Vec<Movement>,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    for movement in &movements {
        let amount = movement.amount();
        let (from, to) = (movement.from.account().and_then(fund_of), fund_of(&movement.to));
        if from == to {
            continue;
        }
        if let Some(fund) = from {
            hold(fund, amount, Fen::ZERO, state)?;
        }
        if let Some(fund) = to {
            hold(fund, Fen::ZERO, amount, state)?;
        }
    }
    context.emit_movements(movements);
    Ok(())
}

fn hold(name: FundName, taken: Fen, added: Fen, state: &mut State<'_>) -> Result<(), Fault> {
    for scope in [None, Some(name.fund)] {
        let key = (name.host, scope);
        let mut held = HELD.get(state, &key)?.unwrap_or_default();
        held.balance = changed(held.balance, taken, added)?;
        keep(&HELD, &key, &held, state);
    }
    Ok(())
}

fn changed(sum: Fen, before: Fen, after: Fen) -> Result<Fen, Fault> {
    let short = || StateError::backend(Short { held: sum, taken: before });
    let rest = sum.checked_sub(before).ok_or_else(short)?;
    let too_large = || Refusal::new(Code::AmountTooLarge, after);
    Ok(rest.checked_add(after).ok_or_else(too_large)?)
}

/// Puts what comes to something; what comes to nothing is as if it had never been.
fn keep<K, V>(table: &Table<K, V>, key: &K, value: &V, state: &mut State<'_>)
where
    K: BorshSerialize + BorshDeserialize,
    V: BorshSerialize + BorshDeserialize + Default + PartialEq,
{
    if *value == V::default() {
        table.delete(state, key);
    } else {
        table.put(state, key, value);
    }
}

/// The sums of a fund, or of all of a charity's, by quarter in the order of time: of one year, or
/// of all. Reads one entry for each quarter.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn quarters(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    fund: Option<&FundReference>,
    year: Option<u16>,
) -> Result<Vec<(Quarter, Sums)>, StateError> {
    let found = match year {
        Some(year) => {
            SUMS.scan(reader, &(charity, fund, year.to_be_bytes()), None, QUARTERS_MAX)?
        }
        None => SUMS.scan(reader, &(charity, fund), None, QUARTERS_MAX)?,
    };
    Ok(found.into_iter().map(|((_, _, quarter), sums)| (quarter, sums)).collect())
}
