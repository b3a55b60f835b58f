//! Payments out of a unit's quota line: who may pay what, and what comes back.

use minglian_contracts::allocation::{
    self, Basis, Category, LINES, Line, LineName, Purpose, entry::RecordQuota,
};
use minglian_contracts::approval;
use minglian_contracts::book::{AccountId, Kind};
use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::payment::authorization::Grant;
use minglian_contracts::payment::result::{BankResult, FailureReason};
use minglian_contracts::payment::{self, AUTHORIZATIONS, Expenditure, Order, Payee};
use minglian_contracts::refusal::Code;
use minglian_contracts::registry;
use minglian_contracts::rules;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::Commitment;
use minglian_ledger::record::Receipt;

use crate::steps::{act, alone, balance, checked, yuan};
use crate::world::{World, code, public_key, text};

/// The line of which the home pays.
pub fn line(name: &str) -> LineName {
    LineName {
        holder: code("home"), fund: text("福利彩票公益金"), year: 2024, line: text(name)
    }
}

/// Quota of `amount` for `project`, in the home's line of that name, on 1 March 2024.
pub fn give_quota(world: &mut World, name: &str, project: Option<&str>, amount: &str) {
    let quota = RecordQuota {
        to: line(name),
        receipt: allocation::Receipt::Issued,
        amount: yuan(amount),
        level: text("省级"),
        purpose: Purpose { category: Some(Category::OldAge), project: project.map(text) },
        basis: Basis { printed_in: Some(text("公告")), ..Basis::default() },
        first_year: 2024,
        implied: false,
        occurred_on: "2024-03-01".parse().unwrap(),
    };
    let call = Call::Allocation(allocation::Call::RecordQuota(quota));
    checked(world, "county_finance", &call).unwrap();
}

/// A payment to an organisation on 1 June 2024.
pub fn order(reference: &str, amount: &str) -> Order {
    Order {
        reference: text(reference),
        payee: Payee::Organization(code("city_civil")),
        amount: yuan(amount),
        voucher: None,
        replaces: None,
        occurred_on: "2024-06-01".parse().unwrap(),
    }
}

fn instruct(expenditure: Expenditure, order: Order) -> Call {
    Call::Payment(payment::Call::Instruct { line: line("一号"), expenditure, order })
}

/// One payment that three officers sign.
fn instructed(world: &mut World, order: Order) -> Result<Vec<Event>, Code> {
    let call = instruct(Expenditure::Equipment, order);
    act(world, "home", &call, &["checker", "payer"])
}

fn grant() -> Grant {
    Grant {
        name: text("授权1"),
        line: line("一号"),
        expenditure: Expenditure::Assistance,
        total: yuan("500"),
        until: "2024-06-30".parse().unwrap(),
        occurred_on: "2024-05-01".parse().unwrap(),
    }
}

fn authorize(grant: Grant) -> Call {
    Call::Payment(payment::Call::Authorize(grant))
}

fn pay(order: Order) -> Call {
    Call::Payment(payment::Call::Pay { authorization: text("授权1"), order })
}

fn bank(payment: &str, result: BankResult, day: &str) -> Call {
    let occurred_on = day.parse().unwrap();
    Call::Payment(payment::Call::BankResult { payment: text(payment), result, occurred_on })
}

fn give_back(payment: &str, amount: &str) -> Call {
    let occurred_on = "2024-06-10".parse().unwrap();
    let (payment, amount) = (text(payment), yuan(amount));
    Call::Payment(payment::Call::Return { payment, amount, occurred_on })
}

fn correct(payment: &str) -> Call {
    let occurred_on = "2024-06-12".parse().unwrap();
    Call::Payment(payment::Call::Correct { payment: text(payment), occurred_on })
}

/// The home has 1000 yuan in line 一号; it is 1 July 2024.
fn world() -> World {
    let mut world = World::new();
    world.date = "2024-07-01".parse().unwrap();
    give_quota(&mut world, "一号", None, "1000");
    world
}

/// What the line's sums say, checked against its account: quota, paid, returned, available.
fn sums(world: &World) -> [Fen; 4] {
    let Line { quota, paid, returned, .. } =
        LINES.get(&world.state, &line("一号")).unwrap().unwrap();
    let available = balance(world, &line("一号").account());
    assert!(paid.checked_sub(returned).unwrap() <= quota, "paid ≤ quota");
    [quota, paid, returned, available]
}

fn yuans<const COUNT: usize>(amounts: [&str; COUNT]) -> [Fen; COUNT] {
    amounts.map(yuan)
}

#[test]
fn one_payment_needs_maker_checker_and_payer() {
    let mut world = world();
    let call = instruct(Expenditure::Equipment, order("凭证1", "100"));
    let waits = act(&mut world, "home", &call, &["checker"]).unwrap();
    assert!(!waits.iter().any(|event| matches!(event, Event::Movement(_))));
    assert_eq!(sums(&world), yuans(["1000", "0", "0", "1000"]));
    let skips = act(&mut world, "home", &call, &["payer"]);
    assert_eq!(skips, Err(Code::WrongRole));
    let events = instructed(&mut world, order("凭证1", "100")).unwrap();
    let moved = events.iter().find_map(|event| match event {
        Event::Movement(movement) => Some(movement),
        _ => None,
    });
    assert_eq!(moved.unwrap().kind, Kind::Payment);
    assert_eq!(sums(&world), yuans(["1000", "100", "0", "900"]));
    let late = allocation::Event::EnteredLate { occurred_on: "2024-06-01".parse().unwrap() };
    assert!(events.contains(&Event::Allocation(late)), "补录");
}

#[test]
fn payments_that_are_refused() {
    let mut world = world();
    instructed(&mut world, order("凭证1", "100")).unwrap();
    let replaces = |reference| Order { replaces: Some(text(reference)), ..order("凭证2", "1") };
    let on = |day: &str| Order { occurred_on: day.parse().unwrap(), ..order("凭证2", "1") };
    let cases = [
        ("nothing", order("凭证2", "0"), Code::AmountZero),
        ("more than there is", order("凭证2", "900.01"), Code::BalanceShort),
        ("the reference is used", order("凭证1", "1"), Code::PaymentTaken),
        ("no reference", order("", "1"), Code::ReferenceMissing),
        ("tomorrow", on("2024-07-02"), Code::FutureDate),
        ("before the quota came", on("2024-02-29"), Code::DateOrder),
        ("in place of one that stands", replaces("凭证1"), Code::NotUndone),
        ("in place of an unknown one", replaces("凭证9"), Code::NotUndone),
    ];
    for (case, order, code) in cases {
        assert_eq!(instructed(&mut world, order), Err(code), "{case}");
    }
    let call = instruct(Expenditure::Equipment, order("凭证2", "1"));
    let stranger = alone(&mut world, "county_civil.maker", &call);
    assert_eq!(stranger, Err(Code::NotYourOrganization));
    assert_eq!(sums(&world), yuans(["1000", "100", "0", "900"]));
}

#[test]
fn the_fund_is_not_spent_on_what_the_rules_deny() {
    use Expenditure::*;
    let mut world = world();
    let denied = [
        TravelAbroad,
        OfficialReception,
        OfficialVehicles,
        BasicExpenditure,
        ProfitMaking,
        PayAndBonuses,
        OfficeBuildings,
        Investment,
    ];
    let rules = rules::national().unwrap();
    let written = |key: &str| rules.iter().any(|rule| rule.key.as_str() == key && rule.value == 1);
    let count = rules.iter().filter(|rule| rule.key.as_str().starts_with("payment.denied."));
    assert_eq!(denied.len(), count.count());
    for expenditure in denied {
        let parameter = format!("payment.denied.{}", expenditure.code());
        assert!(written(&parameter), "{parameter}");
        let one = alone(&mut world, "home.maker", &instruct(expenditure, order("凭证1", "1")));
        assert_eq!(one, Err(Code::ExpenditureDenied), "{expenditure:?}");
        let many = alone(&mut world, "home.maker", &authorize(Grant { expenditure, ..grant() }));
        assert_eq!(many, Err(Code::ExpenditureDenied), "{expenditure:?}");
    }
    let lawful = [Construction, Equipment, Services, Assistance, Activities, Training, Other];
    for (number, expenditure) in lawful.into_iter().enumerate() {
        let call = instruct(expenditure, order(&format!("凭证{number}"), "1"));
        act(&mut world, "home", &call, &["checker", "payer"]).unwrap();
    }
}

#[test]
fn under_a_payment_order_one_transaction_pays() {
    let mut world = world();
    let early = alone(&mut world, "home.payer", &pay(order("凭证1", "200")));
    assert_eq!(early, Err(Code::AuthorizationUnknown));
    checked(&mut world, "home", &authorize(grant())).unwrap();
    let person = Payee::Person(Commitment::of(&[b"a name and its salt"]));
    let first = Order { payee: person, ..order("凭证1", "200") };
    let events = alone(&mut world, "home.payer", &pay(first)).unwrap();
    let movements = events.iter().filter(|event| matches!(event, Event::Movement(_))).count();
    assert_eq!(movements, 1);
    assert_eq!(sums(&world), yuans(["1000", "200", "0", "800"]));

    let on = |day: &str| Order { occurred_on: day.parse().unwrap(), ..order("凭证2", "1") };
    let unnamed = Order { payee: Payee::NotPrinted, ..order("凭证2", "1") };
    let cases = [
        ("more than the order allows", order("凭证2", "300.01"), Code::AuthorizationExceeded),
        ("before it was made", on("2024-04-30"), Code::AuthorizationClosed),
        ("after it ended", on("2024-07-01"), Code::AuthorizationClosed),
        ("to nobody", unnamed, Code::PayeeMissing),
        ("nothing", order("凭证2", "0"), Code::AmountZero),
        ("the reference is used", order("凭证1", "1"), Code::PaymentTaken),
    ];
    for (case, order, code) in cases {
        assert_eq!(alone(&mut world, "home.payer", &pay(order)), Err(code), "{case}");
    }
    for actor in ["home.maker", "home.checker", "home.governor"] {
        let refused = alone(&mut world, actor, &pay(order("凭证2", "1")));
        assert_eq!(refused, Err(Code::WrongRole), "{actor}");
    }
    alone(&mut world, "home.payer", &pay(order("凭证2", "300"))).unwrap();
    let key = (code("home"), text("授权1"));
    let stored = AUTHORIZATIONS.get(&world.state, &key).unwrap().unwrap();
    assert_eq!((stored.paid, stored.total), (yuan("500"), yuan("500")));
    assert_eq!(sums(&world), yuans(["1000", "500", "0", "500"]));
}

#[test]
fn a_payment_under_an_order_costs_three_keys_and_four_that_the_block_shares() {
    let mut world = world();
    checked(&mut world, "home", &authorize(grant())).unwrap();
    for count in [1, 10] {
        let orders = (0..count).map(|number| pay(order(&format!("凭证{number}"), "1")));
        let calls: Vec<Call> = orders.collect();
        let transactions: Vec<_> =
            calls.iter().map(|call| world.sign("home.payer", call)).collect();
        let executed = world.build(&transactions).unwrap().executed;
        assert!(executed.receipts.iter().all(Receipt::is_applied));
        assert_eq!(executed.changes.len(), 3 * count + 4);
    }
}

#[test]
fn an_officer_who_signed_the_order_does_not_pay_with_another_key() {
    let mut world = world();
    checked(&mut world, "home", &authorize(grant())).unwrap();
    let call = Call::Registry(registry::Call::RegisterKey {
        organization: code("home"),
        key: public_key("home.second"),
        role: Role::Payer,
        same_officer_as: Some(public_key("home.checker")),
    });
    let (proposal, _) = world.act("home.governor", &call);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    world.apply("county_civil.governor", &approve);
    let refused = alone(&mut world, "home.second", &pay(order("凭证1", "1")));
    assert_eq!(refused, Err(Code::SameOfficer));
}

#[test]
fn payment_orders_that_are_refused_or_end() {
    let mut world = world();
    let until = "2024-04-30".parse().unwrap();
    let cases = [
        ("no total", Grant { total: Fen::ZERO, ..grant() }, Code::AmountZero),
        ("no name", Grant { name: text(""), ..grant() }, Code::ReferenceMissing),
        ("ends before it begins", Grant { until, ..grant() }, Code::DateOrder),
        ("an unknown line", Grant { line: line("二号"), ..grant() }, Code::LineUnknown),
    ];
    for (case, grant, code) in cases {
        let refused = alone(&mut world, "home.maker", &authorize(grant));
        assert_eq!(refused, Err(code), "{case}");
    }
    checked(&mut world, "home", &authorize(grant())).unwrap();
    let again = alone(&mut world, "home.maker", &authorize(grant()));
    assert_eq!(again, Err(Code::AuthorizationExists));
    let revoke = Call::Payment(payment::Call::Revoke { authorization: text("授权1") });
    alone(&mut world, "home.checker", &revoke).unwrap();
    let closed = Err(Code::AuthorizationClosed);
    assert_eq!(alone(&mut world, "home.checker", &revoke), closed);
    assert_eq!(alone(&mut world, "home.payer", &pay(order("凭证1", "1"))), closed);
}

#[test]
fn a_payment_that_bounces_gives_its_own_fen_back() {
    let mut world = world();
    instructed(&mut world, order("凭证1", "100")).unwrap();
    let failed = BankResult::Failed(FailureReason::AccountClosed);
    let call = bank("凭证1", failed, "2024-06-03");
    let unknown = alone(&mut world, "home.payer", &bank("凭证9", failed, "2024-06-03"));
    assert_eq!(unknown, Err(Code::PaymentUnknown));
    alone(&mut world, "home.payer", &call).unwrap();
    assert_eq!(sums(&world), yuans(["1000", "100", "100", "1000"]));
    assert_eq!(alone(&mut world, "home.payer", &call), Err(Code::ResultKnown));
    let nothing_there = alone(&mut world, "home.payer", &give_back("凭证1", "1"));
    assert_eq!(nothing_there, Err(Code::NotPaid));
    let gone = checked(&mut world, "home", &correct("凭证1"));
    assert_eq!(gone, Err(Code::ResultKnown));
    let again = Order { replaces: Some(text("凭证1")), ..order("凭证2", "100") };
    instructed(&mut world, again).unwrap();
    assert_eq!(sums(&world), yuans(["1000", "200", "100", "900"]));
}

#[test]
fn a_payee_gives_back_a_part_and_then_the_rest() {
    let mut world = world();
    instructed(&mut world, order("凭证1", "100")).unwrap();
    let unpaid = alone(&mut world, "home.payer", &give_back("凭证1", "30"));
    assert_eq!(unpaid, Err(Code::NotPaid));
    alone(&mut world, "home.payer", &bank("凭证1", BankResult::Paid, "2024-06-03")).unwrap();
    alone(&mut world, "home.payer", &give_back("凭证1", "30")).unwrap();
    assert_eq!(sums(&world), yuans(["1000", "100", "30", "930"]));
    let cases = [("70.01", Code::BalanceShort), ("0", Code::AmountZero)];
    for (amount, code) in cases {
        let refused = alone(&mut world, "home.payer", &give_back("凭证1", amount));
        assert_eq!(refused, Err(code), "{amount}");
    }
    alone(&mut world, "home.payer", &give_back("凭证1", "70")).unwrap();
    assert_eq!(sums(&world), yuans(["1000", "100", "100", "1000"]));
}

#[test]
fn a_correction_reverses_the_payment_and_the_right_one_names_it() {
    let mut world = world();
    instructed(&mut world, order("凭证1", "100")).unwrap();
    alone(&mut world, "home.payer", &bank("凭证1", BankResult::Paid, "2024-06-03")).unwrap();
    alone(&mut world, "home.payer", &give_back("凭证1", "10")).unwrap();
    let events = checked(&mut world, "home", &correct("凭证1")).unwrap();
    let reversed = events.iter().any(|event| {
        matches!(event, Event::Movement(movement) if matches!(movement.kind, Kind::Reversal { .. }))
    });
    assert!(reversed, "{events:?}");
    assert_eq!(sums(&world), yuans(["1000", "100", "100", "1000"]));
    let payment = AccountId::Payment { organization: code("home"), reference: text("凭证1") };
    assert_eq!(balance(&world, &payment), Fen::ZERO);
    let right = Order { replaces: Some(text("凭证1")), ..order("凭证2", "90") };
    instructed(&mut world, right).unwrap();
    assert_eq!(sums(&world), yuans(["1000", "190", "100", "910"]));
    let twice = checked(&mut world, "home", &correct("凭证1"));
    assert_eq!(twice, Err(Code::ResultKnown));
}
