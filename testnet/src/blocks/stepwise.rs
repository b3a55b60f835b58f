//! Quota that goes on through many hands before it is paid, so that a payment is six movements
//! away from where its money came from: the city, a county's finance department, its fund for
//! homes, the unit, the unit's project, the person.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::{self, Category, LineName, Purpose, Receipt};
use minglian_contracts::call::Call;
use minglian_contracts::payment::{self, Expenditure, Order, Payee, authorization};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use crate::year::body::COUNTIES;
use crate::year::plan::Plan;
use crate::year::quota::{basis, city_document, line};
use crate::year::script::{Act, Thread};
use crate::year::seeded::Seed;

/// The tranche whose budget year the lines have.
const TRANCHE: usize = 0;

/// Payments at the end of each county's chain.
const PAYMENTS: u64 = 40;

/// Each of them, in fen.
const PAYMENT_FEN: u64 = 12_000;

/// The first serial of the 文号 under which it is issued.
const SERIAL_FIRST: u32 = 301;

/// Signatures before the payments of a county's chain.
const SIGNATURES: u64 = 14;

/// Transactions of all counties' chains.
pub const fn transactions() -> u64 {
    COUNTIES.len() as u64 * (SIGNATURES + PAYMENTS)
}

/// A thread for each county.
///
/// # Errors
/// If the plan's calendar has no such days.
pub fn threads(plan: &Plan) -> anyhow::Result<Vec<Thread>> {
    (0..COUNTIES.len()).map(|county| Chain { plan, county }.thread()).collect()
}

/// What goes down in one county.
struct Chain<'a> {
    plan: &'a Plan,
    county: usize,
}

impl Chain<'_> {
    fn day(&self, day: u8) -> Date {
        self.plan.window.day(0, day)
    }

    fn amount(&self) -> anyhow::Result<Fen> {
        Ok(Fen::new(PAYMENTS * PAYMENT_FEN)?)
    }

    fn line(&self, holder: OrganizationCode, step: &str) -> anyhow::Result<LineName> {
        line(holder, self.plan.window, TRANCHE, &format!("演示逐级/{}/{step}", self.county))
    }

    fn basis(&self) -> anyhow::Result<allocation::Basis> {
        let year = self.line(self.plan.bodies.finance.code, "")?.year;
        basis(&city_document(year, SERIAL_FIRST + u32::try_from(self.county)?)?)
    }

    fn grant(&self, from: &LineName, to: &LineName, day: u8) -> anyhow::Result<Grant> {
        Ok(Grant {
            from: from.clone(),
            to: to.clone(),
            amount: self.amount()?,
            purpose: Purpose { category: Some(Category::OldAge), project: None },
            basis: self.basis()?,
            plan: None,
            occurred_on: self.day(day),
        })
    }

    fn receive(&self, line: &LineName, day: u8) -> Act {
        let call = allocation::Call::Receive { line: line.clone(), occurred_on: self.day(day) };
        Act::of(Call::Allocation(call), line.holder, &[Role::Maker])
    }

    fn thread(&self) -> anyhow::Result<Thread> {
        let (bodies, county) = (&self.plan.bodies, &self.plan.bodies.counties[self.county]);
        let city = self.line(bodies.finance.code, "入账")?;
        let finance = self.line(county.finance.code, "下达")?;
        let homes = self.line(county.finance.code, "养老")?;
        let unit = self.line(county.unit.code, "分配")?;
        let project = self.line(county.unit.code, "项目")?;
        let allocate = |from: &LineName, to: &LineName, day| {
            let call = allocation::Call::Allocate(self.grant(from, to, day)?);
            anyhow::Ok(Act::two(Call::Allocation(call), from.holder))
        };
        let issue = allocation::Call::Issue(self.grant(&city, &finance, 5)?);
        let mut thread = vec![
            self.record(&city)?,
            Act::two(Call::Allocation(issue), city.holder),
            self.receive(&finance, 6),
            allocate(&finance, &homes, 7)?,
            allocate(&homes, &unit, 8)?,
            self.receive(&unit, 9),
            allocate(&unit, &project, 10)?,
            self.authorize(&project)?,
        ];
        for number in 0..PAYMENTS {
            thread.push(self.pay(project.holder, number)?);
        }
        Ok(thread)
    }

    fn record(&self, city: &LineName) -> anyhow::Result<Act> {
        let record = RecordQuota {
            to: city.clone(),
            receipt: Receipt::Tranche,
            amount: self.amount()?,
            level: Text::new("省级（演示）")?,
            purpose: Purpose::default(),
            basis: self.basis()?,
            first_year: city.year,
            implied: false,
            occurred_on: self.day(4),
        };
        Ok(Act::two(Call::Allocation(allocation::Call::RecordQuota(record)), city.holder))
    }

    fn order(&self) -> anyhow::Result<Text<128>> {
        Ok(Text::new("演示逐级用款授权")?)
    }

    fn authorize(&self, line: &LineName) -> anyhow::Result<Act> {
        let grant = authorization::Grant {
            name: self.order()?,
            line: line.clone(),
            expenditure: Expenditure::Assistance,
            total: self.amount()?,
            until: self.plan.window.spent_until(0),
            occurred_on: self.day(11),
        };
        Ok(Act::two(Call::Payment(payment::Call::Authorize(grant)), line.holder))
    }

    fn pay(&self, unit: OrganizationCode, number: u64) -> anyhow::Result<Act> {
        let reference = format!("演示逐级补助-{number}");
        let seed = Seed(self.plan.parameters.seed);
        let order = Order {
            payee: Payee::Person(seed.commitment(&format!("{unit} {reference}"))),
            reference: Text::new(reference)?,
            amount: Fen::new(PAYMENT_FEN)?,
            voucher: None,
            replaces: None,
            occurred_on: self.day(20),
        };
        let call = payment::Call::Pay { authorization: self.order()?, order };
        Ok(Act::of(Call::Payment(call), unit, &[Role::Payer]))
    }
}
