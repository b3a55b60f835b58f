//! What rows are named by, and doubtful points about payment orders.

use minglian_contracts::call::Call;
use minglian_contracts::payment::authorization::Grant;
use minglian_contracts::payment::{self, Expenditure};
use minglian_contracts::report::field::Field;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::holding::holding;
use minglian_contracts::report::lines::LinesReport;
use minglian_contracts::report::selection::Selection;

use super::log::{Log, as_of, column, total};
use super::{ask, county, go, make, of_year};
use crate::invariants::acts::set_parameter;
use crate::payment::{give_quota, line};
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
