//! What rows are named by, and doubtful points about payment orders.

use minglian_contracts::book;
use minglian_contracts::call::Call;
use minglian_contracts::payment::authorization::Grant;
use minglian_contracts::payment::{self, Expenditure};
use minglian_contracts::report::field::Field;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::holding::holding;
use minglian_contracts::report::lines::LinesReport;
use minglian_contracts::report::selection::Selection;
use minglian_ledger::state::{KeyValue, StateError, StateRead};

use super::log::{Log, as_of, column, total};
use super::{ask, county, go, make, of_year};
use crate::invariants::acts::set_parameter;
use crate::payment::{give_quota, line};
use crate::scenario;
use crate::steps::{alone, checked, yuan};
use crate::world::{World, code, text};

#[test]
fn rows_are_named_by_the_fields_that_can_be_asked_for() {
    for field in [
        Field::Holder,
        Field::Fund,
        Field::Year,
        Field::Category,
        Field::Project,
        Field::Line,
        Field::Documents,
    ] {
        assert_eq!(Field::of_key(field.column().key), Some(field));
    }
    assert_eq!(Field::of_key("spent"), None);
}

#[test]
fn a_line_says_who_holds_it_and_where() {
    let world = county();
    let report = make(&world, LinesReport::Execution, &ask(of_year(2024)));
    assert_eq!(column(&report, "holder_name"), ["county_civil", "home"]);
    assert_eq!(column(&report, "lines"), ["1", "1"]);
    assert_eq!(column(&report, "line"), ["甲", "甲"]);
    let report = make(&world, LinesReport::Documents, &ask(of_year(2024)));
    assert_eq!(column(&report, "issued_on"), ["2024-05-01", "2024-06-10"]);
}

#[test]
fn an_order_for_what_is_denied_by_now_is_a_doubtful_point_while_it_is_open() {
    let mut world = county();
    world.date = "2024-12-31".parse().unwrap();
    give_quota(&mut world, "一号", None, "100");
    let grant = |name: &str, until: &str| {
        Call::Payment(payment::Call::Authorize(Grant {
            name: text(name),
            line: line("一号"),
            expenditure: Expenditure::Training,
            total: yuan("50"),
            until: until.parse().unwrap(),
            occurred_on: "2024-12-31".parse().unwrap(),
        }))
    };
    checked(&mut world, "home", &grant("授权1", "2025-03-31")).unwrap();
    checked(&mut world, "home", &grant("授权2", "2025-01-15")).unwrap();
    checked(&mut world, "home", &grant("授权3", "2025-03-31")).unwrap();
    let revoke = Call::Payment(payment::Call::Revoke { authorization: text("授权3") });
    alone(&mut world, "home.checker", &revoke).unwrap();
    let denied = |world: &World| {
        let home = ask(Selection { holder: Some(code("home")), ..Selection::default() });
        let report = findings(&world.state, &Log::of(world), &home, as_of(world)).unwrap();
        let rows = column(&report, "rule").into_iter().zip(column(&report, "subject"));
        let denied = rows.zip(column(&report, "amount"));
        let denied = denied.filter(|((rule, _), _)| rule == "denied_expenditure");
        denied.map(|((_, name), amount)| (name, amount)).collect::<Vec<_>>()
    };
    set_parameter(&mut world, "payment.denied.培训", 1, "boolean", "2025-02-01");
    assert_eq!(denied(&world), []);
    world.date = "2025-02-01".parse().unwrap();
    world.block(Vec::new()).unwrap();
    // The second has ended, the third was revoked.
    let open = [("授权1".to_owned(), "5000".to_owned())];
    assert_eq!(denied(&world), open);
    world.date = "2025-03-31".parse().unwrap();
    world.block(Vec::new()).unwrap();
    assert_eq!(denied(&world), open, "its last day");
    world.date = "2025-04-01".parse().unwrap();
    world.block(Vec::new()).unwrap();
    assert_eq!(denied(&world), []);
}

#[test]
fn a_line_that_has_paid_is_not_held_whatever_is_left() {
    let mut world = county();
    let record = |line: &str| {
        format!(
            "county_finance record to=home/省级/2024/{line} amount=10万元 category=儿童福利 \
             notice=公告"
        )
    };
    let pay = "home instruct from=home/省级/2024/丁 reference=凭证9 amount=1万元 to=city_civil";
    go(&mut world, &[&record("丁"), &record("戊"), pay]);
    let own = Selection { fund: Some(text("省级")), ..of_year(2024) };
    let report = holding(&world.state, &Log::of(&world), &ask(own.clone()), as_of(&world)).unwrap();
    assert!(report.is_reconciled());
    assert_eq!(column(&report, "line"), ["丁", "戊"]);
    assert_eq!(column(&report, "is_held"), ["false", "true"]);
    assert_eq!(total(&report, "available"), "19000000");
    let report = make(&world, LinesReport::Execution, &ask(own));
    assert_eq!(column(&report, "category"), ["儿童福利", "儿童福利"]);
}

/// The subjects and amounts of one rule's doubtful points in the lines of 2024.
fn points(world: &World, state: &dyn StateRead, rule: &str) -> Vec<(String, String)> {
    let report = findings(state, &Log::of(world), &ask(of_year(2024)), as_of(world)).unwrap();
    let rows = column(&report, "subject").into_iter().zip(column(&report, "amount"));
    let rows = column(&report, "rule").into_iter().zip(rows);
    rows.filter(|(found, _)| found == rule).map(|(_, row)| row).collect()
}

/// The home has four lines of 10 万元, received on 1 March: from 戊 it paid 1 soon, from 庚 all.
fn four_lines() -> World {
    let mut world = World::new();
    let mut on = |day: &str, acts: &[String]| {
        world.date = day.parse().unwrap();
        go(&mut world, &acts.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let record = |line: &str| {
        format!("county_finance record to=home/省级/2024/{line} amount=10万元 notice=公告")
    };
    let pay = |line: &str, amount: &str| {
        format!(
            "home instruct from=home/省级/2024/{line} reference={line} amount={amount} \
             to=city_civil"
        )
    };
    on("2024-03-01", &["甲", "戊", "己", "庚"].map(record));
    on("2024-03-05", &[pay("戊", "1万元"), pay("庚", "10万元")]);
    on("2024-04-30", &[]);
    world
}

fn row(line: &str, fen: &str) -> (String, String) {
    (format!("省级 2024 {line}"), fen.to_owned())
}

#[test]
fn only_what_lies_untouched_for_more_than_its_days_is_idle() {
    let mut world = four_lines();
    world.block(Vec::new()).unwrap();
    let idle = |world: &World| points(world, &world.state, "idle");
    assert_eq!(idle(&world), [], "sixty days are in time");
    world.date = "2024-05-01".parse().unwrap();
    world.block(Vec::new()).unwrap();
    assert_eq!(idle(&world), [row("己", "10000000"), row("甲", "10000000")]);
    // What was paid from late waited long, and waits no more.
    go(
        &mut world,
        &["home instruct from=home/省级/2024/己 reference=迟 amount=1万元 to=city_civil"],
    );
    assert_eq!(idle(&world), [row("甲", "10000000")]);
    // One payment of an amount on a day repeats none.
    assert_eq!(points(&world, &world.state, "duplicate_payment"), []);
}

#[test]
fn only_what_is_left_after_the_last_year_is_to_be_taken_back() {
    let mut world = four_lines();
    let mut due_on = |day: &str| {
        world.date = day.parse().unwrap();
        world.block(Vec::new()).unwrap();
        points(&world, &world.state, "lapse_due")
    };
    assert_eq!(due_on("2025-12-31"), []);
    // Of 庚 nothing is left.
    let left = [row("己", "10000000"), row("戊", "9000000"), row("甲", "10000000")];
    assert_eq!(due_on("2026-01-01"), left);
}

/// A state in which one account stands for another.
struct Swapped<'a> {
    state: &'a dyn StateRead,
    account: Vec<u8>,
    instead: Vec<u8>,
}

impl StateRead for Swapped<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.state.get(if key == self.account { &self.instead } else { key })
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        self.state.scan_prefix(prefix, after, limit)
    }
}

#[test]
fn what_an_account_lacks_is_the_difference_to_its_lines_sums() {
    let mut world = four_lines();
    world.block(Vec::new()).unwrap();
    let account = |line: &str| {
        let name = scenario::line_name(&format!("home/省级/2024/{line}"));
        book::account_key(&name.account())
    };
    let state = Swapped { state: &world.state, account: account("甲"), instead: account("戊") };
    // The line says 10, the account 9.
    assert_eq!(points(&world, &state, "sum_error"), [row("甲", "1000000")]);
    assert_eq!(points(&world, &world.state, "sum_error"), []);
}

#[test]
fn giving_back_to_the_line_above_is_not_passing_on() {
    let mut world = World::new();
    world.date = "2024-03-01".parse().unwrap();
    let (above, below) = ("county_civil/省级/2024/甲", "home/省级/2024/甲");
    let back = format!("county_finance recover line={below} to={above} amount=2万元 notice=收回");
    go(
        &mut world,
        &[
            &format!("county_finance record to={above} amount=10万元 notice=公告"),
            &format!("county_civil allocate from={above} to={below} amount=6万元 notice=公示"),
            &format!("home receive line={below}"),
            &back,
        ],
    );
    let home = Selection { holder: Some(code("home")), ..of_year(2024) };
    let report = holding(&world.state, &Log::of(&world), &ask(home), as_of(&world)).unwrap();
    assert!(report.is_reconciled());
    assert_eq!(column(&report, "is_held"), ["true"]);
    assert_eq!(column(&report, "onward_on"), ["null"]);
    assert_eq!(column(&report, "available"), ["4000000"]);
    assert_eq!(report.reconciliation[0].book.0, 4_000_000);
}

#[test]
fn an_order_that_is_paid_up_is_not_open() {
    let mut world = county();
    world.date = "2024-12-31".parse().unwrap();
    let grant = |name: &str| {
        format!(
            "home authorize from=home/省级/2024/辛 name={name} total=2万元 until=2025-03-31 \
             for=training"
        )
    };
    go(
        &mut world,
        &[
            "county_finance record to=home/省级/2024/辛 amount=10万元 notice=公告",
            &grant("付清"),
            &grant("付半"),
        ],
    );
    for (order, amount) in [("付清", "2万元"), ("付半", "1万元")] {
        let words = format!("pay order={order} reference={order} amount={amount} to=city_civil");
        let call = scenario::call(&words, &world);
        alone(&mut world, "home.payer", &call).unwrap();
    }
    set_parameter(&mut world, "payment.denied.培训", 1, "boolean", "2025-01-01");
    world.date = "2025-01-01".parse().unwrap();
    world.block(Vec::new()).unwrap();
    let home = ask(Selection { holder: Some(code("home")), ..Selection::default() });
    let report = findings(&world.state, &Log::of(&world), &home, as_of(&world)).unwrap();
    let rows = column(&report, "rule").into_iter().zip(column(&report, "subject"));
    let open = rows.zip(column(&report, "amount"));
    let open: Vec<_> = open.filter(|((rule, _), _)| rule == "denied_expenditure").collect();
    // What is still to be paid of the other.
    assert_eq!(
        open,
        [(("denied_expenditure".to_owned(), "付半".to_owned()), "1000000".to_owned())]
    );
}
