//! Lots: what a greater scale adds. Each lot is made by itself from its number, so that a million
//! records need no more memory than a few lots.

use minglian_contracts::allocation::Category;
use minglian_contracts::call::Call;
use minglian_contracts::charity::donation::Donor;
use minglian_contracts::charity::fund::FundReference;
use minglian_contracts::payment::{self, Order, Payee};
use minglian_contracts::project::acceptance::Acceptance;
use minglian_contracts::project::{self, Contract, Registration};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::text::Text;

use super::body::{Bodies, COUNTIES};
use super::calendar::{MONTHS, Window};
use super::charity::GENERAL;
use super::gifts::{Given, To, donate, person};
use super::projects::indicators;
use super::quota::{PAYMENTS_PER_LOT, TRANCHES, month_of, order_name};
use super::script::{Act, Thread};
use super::seeded::{Seed, Stream};

/// The largest subsidy of one payment, in fen: a month of meals at five yuan a day.
pub const SUBSIDY_FEN_MAX: u64 = 15_000;

/// Gifts of a lot to one county's charity.
pub const GIFTS_PER_COUNTY: u64 = 15;

/// Acts of one small project.
const PROJECT_ACTS: u64 = 3;

/// Transactions of a lot.
pub const LOT_TRANSACTIONS: u64 = COUNTIES.len() as u64
    * (TRANCHES as u64 * PAYMENTS_PER_LOT + 2 * GIFTS_PER_COUNTY + 2 * PROJECT_ACTS);

/// Makes lots.
#[derive(Debug, Clone)]
pub struct Lots {
    seed: Seed,
    window: Window,
    bodies: Bodies,
}

/// What a lot comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LotSums {
    /// Subsidies, in fen.
    pub paid_fen: u64,
    /// Gifts, in fen.
    pub given_fen: u64,
}

impl Lots {
    /// The lots of a year.
    pub fn new(seed: Seed, window: Window, bodies: Bodies) -> Self {
        Self { seed, window, bodies }
    }

    /// A lot by its number, and what it comes to.
    pub fn lot(&self, number: u64) -> anyhow::Result<(Vec<Thread>, LotSums)> {
        let mut stream = self.seed.stream(&format!("批 {number}"));
        let (mut threads, mut sums) = (Vec::new(), LotSums::default());
        for county in 0..self.bodies.counties.len() {
            for tranche in 0..TRANCHES {
                for place in 0..PAYMENTS_PER_LOT {
                    let (act, fen) = self.pay(&mut stream, county, tranche, number, place)?;
                    sums.paid_fen += fen;
                    threads.push(vec![act]);
                }
            }
            for place in 0..GIFTS_PER_COUNTY {
                let (act, fen) = self.give(&mut stream, county, number, place)?;
                sums.given_fen += fen;
                threads.push(vec![act]);
            }
            threads.push(self.small_project(&mut stream, county, number)?);
        }
        Ok((threads, sums))
    }

    /// A subsidy under the county's order.
    fn pay(
        &self,
        stream: &mut Stream,
        county: usize,
        tranche: usize,
        lot: u64,
        place: u64,
    ) -> anyhow::Result<(Act, u64)> {
        let unit = self.bodies.counties[county].unit.code;
        let reference = format!("演示补助-{}-{lot}-{place}", tranche + 1);
        let fen = stream.between(30, SUBSIDY_FEN_MAX / 100) * 100;
        let from = self.window.day(month_of(tranche), 18);
        let days = from.days_until(self.window.spent_until(month_of(tranche)));
        let order = Order {
            payee: Payee::Person(self.seed.commitment(&format!("{unit} {reference}"))),
            reference: Text::new(reference)?,
            amount: Fen::new(fen)?,
            voucher: None,
            replaces: None,
            occurred_on: some_day(stream, from, days),
        };
        let call = payment::Call::Pay { authorization: order_name(tranche)?, order };
        Ok((Act::of(Call::Payment(call), unit, &[Role::Payer]), fen))
    }

    /// A gift to the county's charity.
    fn give(
        &self,
        stream: &mut Stream,
        county: usize,
        lot: u64,
        place: u64,
    ) -> anyhow::Result<(Act, u64)> {
        let charity = self.bodies.counties[county].charity.code;
        let reference = format!("演示捐赠-{lot}-{place}");
        let donor = match place {
            0 => Donor::Anonymous,
            1 => Donor::Organization(self.bodies.supplier.code),
            _ => person(self.seed, &format!("{charity} {reference}")),
        };
        let fen = stream.between(10, 500) * 100;
        let from = self.window.day(0, 3);
        let days = from.days_until(self.window.month(MONTHS - 1).last_day());
        let given = Given::money(donor, Fen::new(fen)?, some_day(stream, from, days));
        let to = To { charity, fund: FundReference::new(GENERAL)?, campaign: None };
        Ok((donate(self.seed, &to, &reference, given)?, fen))
    }

    /// A small purchase of services: registered, contracted, accepted.
    fn small_project(
        &self,
        stream: &mut Stream,
        county: usize,
        lot: u64,
    ) -> anyhow::Result<Thread> {
        let (unit, (name, division)) = (self.bodies.counties[county].unit.code, COUNTIES[county]);
        let project: Text<128> = Text::new(format!("演示小项目-{division}-{lot}"))?;
        let on = self.window.day(usize::try_from(stream.between(0, 11))?, 5);
        let later = |days| on.add_days(days).unwrap_or(on);
        let registration = Registration {
            reference: project.clone(),
            title: Text::new(format!("{name}助老服务采购（演示）{lot}"))?,
            category: Category::OldAge,
            unit,
            year: on.year(),
            carries_label: false,
            indicators: indicators()?,
            occurred_on: on,
        };
        let contract = Contract {
            counterparty: self.bodies.supplier.code,
            amount: stream.thousands(2, 20)?,
            document: None,
            occurred_on: later(7),
        };
        let acceptance = Acceptance {
            label_confirmed: false,
            photos: Vec::new(),
            report: None,
            occurred_on: later(20),
        };
        let number = Text::new(format!("{project}-合同"))?;
        let act = |call| Act::two(Call::Project(call), unit);
        Ok(vec![
            act(project::Call::Register(registration)),
            act(project::Call::Contract { project: project.clone(), number, contract }),
            act(project::Call::Accept { project, acceptance }),
        ])
    }
}

/// One of the days from `from` to `days` later.
fn some_day(stream: &mut Stream, from: Date, days: i32) -> Date {
    let most = u64::try_from(days).unwrap_or(0);
    let days = i32::try_from(stream.between(0, most)).unwrap_or(0);
    from.add_days(days).unwrap_or(from)
}
