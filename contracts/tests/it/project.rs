//! A project from its registration to its evaluation.

use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::year::{CarryOver, TakeBack};
use minglian_contracts::allocation::{self, Basis, Category, LINES, LineName, Purpose};
use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::payment::authorization::Grant;
use minglian_contracts::payment::result::{BankResult, FailureReason};
use minglian_contracts::payment::{self, Expenditure};
use minglian_contracts::project::acceptance::Acceptance;
use minglian_contracts::project::evaluation::{Evaluation, Execution, Indicator, Measures, Score};
use minglian_contracts::project::{self, Contract, PROJECTS, Registration, Stage};
use minglian_contracts::refusal::Code;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::AttachmentHash;

use crate::payment::{give_quota, line, order};
use crate::steps::{alone, checked, yuan};
use crate::world::{World, code, text};

fn indicator(measures: Measures, points: u16) -> Indicator {
    let (name, target) = (text(&format!("{measures:?}")), text("≥95%"));
    Indicator { measures, name, target, points_max: points * 100 }
}

fn registration() -> Registration {
    Registration {
        reference: text("XM-2024-01"),
        title: text("县社会福利中心适老化改造"),
        category: Category::OldAge,
        unit: code("home"),
        year: 2024,
        carries_label: true,
        indicators: vec![
            indicator(Measures::Quantity, 20),
            indicator(Measures::Quality, 10),
            indicator(Measures::Timeliness, 10),
            indicator(Measures::Cost, 10),
            indicator(Measures::Benefit, 30),
            indicator(Measures::Satisfaction, 10),
        ],
        occurred_on: "2024-03-01".parse().unwrap(),
    }
}

fn register(registration: Registration) -> Call {
    Call::Project(project::Call::Register(registration))
}

fn contract(number: &str, amount: &str, day: &str) -> Call {
    let contract = Contract {
        counterparty: code("supplier"),
        amount: yuan(amount),
        document: None,
        occurred_on: day.parse().unwrap(),
    };
    let (project, number) = (text("XM-2024-01"), text(number));
    Call::Project(project::Call::Contract { project, number, contract })
}

fn accept(label_confirmed: bool, photos: usize) -> Call {
    let acceptance = Acceptance {
        label_confirmed,
        photos: vec![AttachmentHash::of(&[b"a photo"]); photos],
        report: None,
        occurred_on: "2024-06-20".parse().unwrap(),
    };
    Call::Project(project::Call::Accept { project: text("XM-2024-01"), acceptance })
}

fn evaluate(points: &[u16]) -> Call {
    let score = |points: &u16| Score { actual: text("98%"), points: *points };
    Call::Project(project::Call::Evaluate {
        project: text("XM-2024-01"),
        scores: points.iter().map(score).collect(),
        occurred_on: "2024-06-30".parse().unwrap(),
    })
}

fn world() -> World {
    let mut world = World::new();
    world.date = "2024-07-01".parse().unwrap();
    world
}

/// The home pays `amount` for the project.
fn pay(world: &mut World, reference: &str, amount: &str) {
    let authorization = text("授权1");
    let call = payment::Call::Pay { authorization, order: order(reference, amount) };
    alone(world, "home.payer", &Call::Payment(call)).unwrap();
}

fn authorize(world: &mut World) {
    let grant = Grant {
        name: text("授权1"),
        line: line("一号"),
        expenditure: Expenditure::Construction,
        total: yuan("1000"),
        until: "2024-06-30".parse().unwrap(),
        occurred_on: "2024-05-01".parse().unwrap(),
    };
    checked(world, "home", &Call::Payment(payment::Call::Authorize(grant))).unwrap();
}

#[test]
fn a_project_goes_from_registration_to_evaluation() {
    let mut world = world();
    give_quota(&mut world, "一号", Some("XM-2024-01"), "1000");
    give_quota(&mut world, "二号", Some("XM-2024-01"), "200");
    give_quota(&mut world, "三号", Some("XM-2024-02"), "5000");
    checked(&mut world, "county_civil", &register(registration())).unwrap();
    checked(&mut world, "home", &contract("HT-1", "800", "2024-04-01")).unwrap();
    checked(&mut world, "home", &contract("HT-2", "150", "2024-04-20")).unwrap();
    authorize(&mut world);
    pay(&mut world, "凭证1", "700");
    pay(&mut world, "凭证2", "300");
    let failed = payment::Call::BankResult {
        payment: text("凭证2"),
        result: BankResult::Failed(FailureReason::NameDiffers),
        occurred_on: "2024-06-05".parse().unwrap(),
    };
    alone(&mut world, "home.payer", &Call::Payment(failed)).unwrap();
    checked(&mut world, "home", &accept(true, 2)).unwrap();
    let scores = evaluate(&[2000, 900, 1000, 850, 2700, 950]);
    let events = checked(&mut world, "home", &scores).unwrap();

    // 700 of 1200 yuan: 58.33 %, hence 5.83 of 10 points.
    let evaluation = Evaluation {
        indicator_points: 8_400,
        execution_points: 583,
        execution: Execution { quota: yuan("1200"), paid: yuan("700"), rate_basis_points: 5_833 },
        occurred_on: "2024-06-30".parse().unwrap(),
    };
    let project = text("XM-2024-01");
    let evaluated = project::Event::Evaluated { project, evaluation };
    assert_eq!(events.last(), Some(&Event::Project(evaluated)));
    let stored = PROJECTS.get(&world.state, &text("XM-2024-01")).unwrap().unwrap();
    assert_eq!((stored.stage, stored.contracted), (Stage::Evaluated, yuan("950")));
    assert_eq!(checked(&mut world, "home", &scores), Err(Code::ProjectStageWrong));
}

#[test]
fn registrations_that_are_refused() {
    let mut world = world();
    checked(&mut world, "home", &register(registration())).unwrap();
    let other = || Registration { reference: text("XM-2024-02"), ..registration() };
    let unnamed = Registration { reference: text(""), ..other() };
    let unknown_unit = Registration { unit: code("nobody"), ..other() };
    let mut short = other();
    short.indicators[0].points_max = 1_900;
    let mut without_satisfaction = other();
    without_satisfaction.indicators.pop();
    let cases = [
        ("registered already", registration(), Code::ProjectExists),
        ("no reference", unnamed, Code::ReferenceMissing),
        ("an unknown unit", unknown_unit, Code::OrganizationUnknown),
        ("targets of 99 points", short, Code::IndicatorsInvalid),
        ("no satisfaction", without_satisfaction, Code::IndicatorsInvalid),
    ];
    for (case, registration, code) in cases {
        let refused = alone(&mut world, "home.maker", &register(registration));
        assert_eq!(refused, Err(code), "{case}");
    }
    for stranger in ["county_finance", "far_finance", "lottery"] {
        let refused = alone(&mut world, &format!("{stranger}.maker"), &register(other()));
        assert_eq!(refused, Err(Code::NotYourOrganization), "{stranger}");
    }
    checked(&mut world, "city_civil", &register(other())).unwrap();
}

#[test]
fn stages_are_taken_in_order_and_by_the_unit() {
    let mut world = world();
    let unknown = alone(&mut world, "home.maker", &accept(true, 1));
    assert_eq!(unknown, Err(Code::ProjectUnknown));
    checked(&mut world, "county_civil", &register(registration())).unwrap();
    checked(&mut world, "home", &contract("HT-1", "800", "2024-04-01")).unwrap();
    let all = [2000, 1000, 1000, 1000, 3000, 1000];
    let cases = [
        ("before acceptance", evaluate(&all), Code::ProjectStageWrong),
        ("the number is used", contract("HT-1", "1", "2024-04-01"), Code::ContractExists),
        ("before the contract before", contract("HT-2", "1", "2024-03-31"), Code::DateOrder),
        ("for nothing", contract("HT-2", "0", "2024-04-01"), Code::AmountZero),
        ("without the label", accept(false, 1), Code::LabelMissing),
        ("without a photo", accept(true, 0), Code::PhotoMissing),
        ("too many photos", accept(true, 65), Code::TooManyPhotos),
    ];
    for (case, call, code) in cases {
        assert_eq!(alone(&mut world, "home.maker", &call), Err(code), "{case}");
    }
    let not_the_unit = alone(&mut world, "county_civil.maker", &accept(true, 1));
    assert_eq!(not_the_unit, Err(Code::NotYourOrganization));
    checked(&mut world, "home", &accept(true, 1)).unwrap();
    let cases = [
        ("after acceptance", contract("HT-2", "1", "2024-06-30"), Code::ProjectStageWrong),
        ("a score is missing", evaluate(&all[1..]), Code::ScoresInvalid),
        ("above its points", evaluate(&[2001, 0, 0, 0, 0, 0]), Code::ScoresInvalid),
        ("nothing to execute", evaluate(&all), Code::ProjectWithoutMoney),
    ];
    for (case, call, code) in cases {
        assert_eq!(alone(&mut world, "home.maker", &call), Err(code), "{case}");
    }
    let stranger = alone(&mut world, "city_civil.maker", &evaluate(&all));
    assert_eq!(stranger, Err(Code::NotYourOrganization));
}

#[test]
fn an_activity_without_a_label_needs_no_photo() {
    let mut world = world();
    let without = Registration { carries_label: false, ..registration() };
    checked(&mut world, "home", &register(without)).unwrap();
    checked(&mut world, "home", &accept(false, 0)).unwrap();
}

#[test]
fn money_carried_over_and_back_is_counted_once() {
    let mut world = world();
    world.date = "2025-01-10".parse().unwrap();
    give_quota(&mut world, "一号", Some("XM-2024-01"), "1000");
    let next_year = LineName { year: 2025, ..line("一号") };
    let basis = || Basis { printed_in: Some(text("公告")), ..Basis::default() };
    let occurred_on = "2024-12-31".parse().unwrap();
    let carry = |amount| {
        let (line, amount, basis) = (line("一号"), yuan(amount), basis());
        let carry = CarryOver { line, amount, basis, occurred_on };
        Call::Allocation(allocation::Call::CarryOver(carry))
    };
    let take_back = |amount| {
        let (amount, basis) = (yuan(amount), basis());
        let (line, to) = (next_year.clone(), line("一号"));
        let take = TakeBack { line, to, amount, basis, occurred_on };
        Call::Allocation(allocation::Call::Recover(take))
    };
    let acts = [
        ("carried", carry("400"), "400", "400"),
        ("a part of it back", take_back("150"), "250", "250"),
        ("the rest back", take_back("250"), "0", "0"),
        ("carried again", carry("1000"), "1000", "1000"),
    ];
    for (case, call, carried, quota) in acts {
        checked(&mut world, "county_finance", &call).unwrap();
        let (unit, project) = (code("home"), text("XM-2024-01"));
        let execution = project::execution(&world.state, &unit, &project).unwrap();
        assert_eq!(execution.quota, yuan("1000"), "{case}");
        let old = LINES.get(&world.state, &line("一号")).unwrap().unwrap();
        let new = LINES.get(&world.state, &next_year).unwrap().unwrap();
        assert_eq!((old.carried, new.quota), (yuan(carried), yuan(quota)), "{case}");
        assert_eq!((old.returned, new.recovered), (Fen::ZERO, Fen::ZERO), "{case}");
    }
}

#[test]
fn a_line_that_another_gives_counts_once_it_is_received() {
    let mut world = world();
    give_quota(&mut world, "一号", Some("XM-2024-01"), "1000");
    let own = LineName { holder: code("county_civil"), ..line("县") };
    let printed_in = Some(text("公告"));
    let basis = || Basis { printed_in: printed_in.clone(), ..Basis::default() };
    let occurred_on = "2024-03-01".parse().unwrap();
    let quota = RecordQuota {
        to: own.clone(),
        receipt: allocation::Receipt::Issued,
        amount: yuan("100"),
        level: text("县级"),
        purpose: Purpose::default(),
        basis: basis(),
        first_year: 2024,
        implied: false,
        occurred_on,
    };
    let record = Call::Allocation(allocation::Call::RecordQuota(quota));
    checked(&mut world, "county_finance", &record).unwrap();
    let project = text("XM-2024-01");
    let gift = allocation::downward::Grant {
        from: own,
        to: line("赠"),
        amount: yuan("100"),
        purpose: Purpose { category: None, project: Some(project.clone()) },
        basis: basis(),
        plan: None,
        occurred_on,
    };
    let give = Call::Allocation(allocation::Call::Allocate(gift));
    checked(&mut world, "county_civil", &give).unwrap();
    let quota =
        |world: &World| project::execution(&world.state, &code("home"), &project).unwrap().quota;
    assert_eq!(quota(&world), yuan("1000"));
    let receive = allocation::Call::Receive { line: line("赠"), occurred_on: world.date };
    alone(&mut world, "home.maker", &Call::Allocation(receive)).unwrap();
    assert_eq!(quota(&world), yuan("1100"));
}
