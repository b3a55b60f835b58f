//! The acts by which the control rules are tried.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::year::CarryOver;
use minglian_contracts::allocation::{self, Basis, Category, LINES, Line, LineName, Purpose};
use minglian_contracts::call::Call;
use minglian_contracts::lottery::statement::Statement;
use minglian_contracts::payment::result::{BankResult, FailureReason};
use minglian_contracts::payment::{self, Expenditure, Order, Payee};
use minglian_contracts::refusal::Code;
use minglian_contracts::{approval, governance, lottery};
use minglian_ledger::genesis::GenesisParameter;

use crate::steps::{act, alone, checked, yuan};
use crate::world::{World, code, text};

pub const CENTRAL: &str = "中央集中";
pub const OLD_AGE: Option<Category> = Some(Category::OldAge);

pub fn world(day: &str) -> World {
    let mut world = World::new();
    world.date = day.parse().unwrap();
    world
}

pub fn line(holder: &str, fund: &str, year: u16, name: &str) -> LineName {
    LineName { holder: code(holder), fund: text(fund), year, line: text(name) }
}

pub fn notice() -> Basis {
    Basis { printed_in: Some(text("公告")), ..Basis::default() }
}

pub fn purpose(category: Option<Category>, project: Option<&str>) -> Purpose {
    Purpose { category, project: project.map(text) }
}

/// Quota from outside, entered by the finance department.
pub fn record(world: &mut World, finance: &str, to: &LineName, purpose: Purpose, amount: &str) {
    let quota = RecordQuota {
        to: to.clone(),
        receipt: allocation::Receipt::Issued,
        amount: yuan(amount),
        level: text("中央"),
        purpose,
        basis: notice(),
        first_year: to.year,
        implied: false,
        occurred_on: world.date,
    };
    checked(world, finance, &Call::Allocation(allocation::Call::RecordQuota(quota))).unwrap();
}

pub fn grant(
    world: &World,
    from: &LineName,
    to: &LineName,
    purpose: Purpose,
    amount: &str,
) -> Grant {
    Grant {
        from: from.clone(),
        to: to.clone(),
        amount: yuan(amount),
        purpose,
        basis: notice(),
        plan: None,
        occurred_on: world.date,
    }
}

pub fn issue(grant: Grant) -> Call {
    Call::Allocation(allocation::Call::Issue(grant))
}

pub fn allocate(grant: Grant) -> Call {
    Call::Allocation(allocation::Call::Allocate(grant))
}

pub fn pay(world: &mut World, line: &LineName, reference: &str, amount: &str) -> Result<(), Code> {
    spend(world, line, Expenditure::Services, reference, amount)
}

pub fn spend(
    world: &mut World,
    line: &LineName,
    expenditure: Expenditure,
    reference: &str,
    amount: &str,
) -> Result<(), Code> {
    let order = Order {
        reference: text(reference),
        payee: Payee::Organization(code("supplier")),
        amount: yuan(amount),
        voucher: None,
        replaces: None,
        occurred_on: world.date,
    };
    let call = payment::Call::Instruct { line: line.clone(), expenditure, order };
    act(world, "home", &Call::Payment(call), &["checker", "payer"]).map(drop)
}

pub fn fails(world: &mut World, reference: &str) {
    let call = payment::Call::BankResult {
        payment: text(reference),
        result: BankResult::Failed(FailureReason::AccountClosed),
        occurred_on: world.date,
    };
    alone(world, "home.payer", &Call::Payment(call)).unwrap();
}

pub fn find(world: &World, name: &LineName) -> Line {
    LINES.get(&world.state, name).unwrap().unwrap()
}

/// Governors of three of the four validators set a parameter.
pub fn set_parameter(world: &mut World, key: &str, value: i64, unit: &str, from: &str) {
    let call = Call::Governance(governance::Call::SetParameter(GenesisParameter {
        key: text(key),
        value,
        unit: text(unit),
        effective_from: from.parse().unwrap(),
        effective_to: None,
        article: text("测试文件"),
        approved_by: text("测试"),
    }));
    let (proposal, _) = world.act("city_finance.governor", &call);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    for governor in ["city_civil.governor", "county_finance.governor"] {
        world.apply(governor, &approve);
    }
}

pub fn state(game: &str, period: &str, sales: &str, unclaimed: &str, day: &str) -> Call {
    Call::Lottery(lottery::Call::Statement(Statement {
        game: text(game),
        period: period.parse().unwrap(),
        sales: yuan(sales),
        unclaimed_prizes: yuan(unclaimed),
        occurred_on: day.parse().unwrap(),
    }))
}

pub fn carry(world: &mut World, from: &LineName, amount: &str) -> Result<(), Code> {
    let carry = CarryOver {
        line: from.clone(),
        amount: yuan(amount),
        basis: notice(),
        occurred_on: world.date,
    };
    let call = Call::Allocation(allocation::Call::CarryOver(carry));
    checked(world, "county_finance", &call).map(drop)
}
