//! Funds on the home page: what came to each, what went, and what is left add up for the reader.

use super::escape;
use super::sums::{self, Cell, Key, SumRow};
use crate::database::Connection;
use crate::index::IndexError;
use crate::index::charity::FUND_MARK;
use crate::index::crossing::{FROM_FUNDS, TO_FUNDS};
use crate::money::Money;

/// One fund: `received + implied + came = spent + went + left`.
pub struct FundRow {
    /// The sums that other tables show too.
    pub sums: SumRow,
    /// From other funds.
    pub came: Cell,
    /// To other funds, or sent up.
    pub went: Cell,
}

impl FundRow {
    /// Whether the columns add up.
    pub fn balances(&self) -> bool {
        let SumRow { received, implied, spent, left, .. } = &self.sums;
        let came = received.amount.plus(implied.amount).plus(self.came.amount);
        came == spent.amount.plus(self.went.amount).plus(left.amount)
    }
}

/// Funds of a kind.
pub struct Funds {
    /// Quota.
    pub quota: Vec<FundRow>,
    /// Money of the lottery.
    pub cash: Vec<FundRow>,
    /// Funds of charities: money, and goods at their recorded value.
    pub charity: Vec<FundRow>,
}

/// All funds.
///
/// # Errors
/// [`IndexError::Database`].
pub fn funds(connection: &Connection) -> Result<Funds, IndexError> {
    let is_charity = |row: &FundRow| row.sums.name.starts_with(FUND_MARK);
    let mut cash = rows(connection, "cash")?;
    cash.retain(|row| !is_charity(row));
    let mut charity = rows(connection, "cash,goods")?;
    charity.retain(is_charity);
    for row in &mut charity {
        if let Some(link) = page_of(connection, &row.sums.name)? {
            row.sums.link = link;
        }
    }
    let mut quota = rows(connection, "quota")?;
    for row in &mut quota {
        row.sums.link = super::address("/allocations", &[("fund", &row.sums.name)]);
    }
    Ok(Funds { quota, cash, charity })
}

fn rows(connection: &Connection, measures: &str) -> Result<Vec<FundRow>, IndexError> {
    let totals = sums::totals(connection, measures, &Key::default(), &["fund"])?;
    let row = |(key, flows): &(Key, sums::Flows)| {
        let of = |flow: &str| Money::fen(flows.get(flow).copied().unwrap_or(0));
        let name = key.fund.clone().unwrap_or_default();
        let link = key.address("/holdings", "");
        let went = format!("{TO_FUNDS},remitted");
        FundRow {
            sums: sums::row(name, link, String::new(), key, flows),
            came: Cell { amount: of(FROM_FUNDS), link: key.address("/movements", FROM_FUNDS) },
            went: Cell {
                amount: of(TO_FUNDS).plus(of("remitted")),
                link: key.address("/movements", &went),
            },
        }
    };
    Ok(totals.iter().map(row).collect())
}

/// The page of a charity's fund, if only one charity has a fund of this name.
fn page_of(connection: &Connection, name: &str) -> Result<Option<String>, IndexError> {
    let reference = name.strip_prefix(FUND_MARK).unwrap_or(name);
    let query = "SELECT host FROM charity_funds WHERE fund = ?1 LIMIT 2";
    let mut statement = connection.prepare_cached(query)?;
    let hosts = statement.query_map([reference], |row| row.get::<String>(0))?;
    let hosts: Vec<String> = hosts.collect::<Result<_, _>>()?;
    Ok(match hosts.as_slice() {
        [host] => Some(format!("/charities/{host}/funds/{}", escape(reference))),
        _ => None,
    })
}
