//! Reports: what they come to on known books, that their pages are complete and disjoint, and that
//! each is reconciled with the book whatever was done.

mod budget;
mod charity;
mod columns;
mod derived;
mod duties;
mod figures;
mod levels;
mod pages;
mod points;
mod shares;
pub mod log;

use minglian_contracts::allocation::Category;
use minglian_contracts::book::{self, AccountId};
use minglian_contracts::call::Call;
use minglian_contracts::payment::{self, Expenditure};
use minglian_contracts::report::Report;
use minglian_contracts::report::field::Field;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::flow::Flow;
use minglian_contracts::report::holding::holding;
use minglian_contracts::report::lines::{Ask, LinesReport, lines};
use minglian_contracts::report::paper::{Sheet, working_paper};
use minglian_contracts::report::selection::Selection;
use minglian_ledger::state::{KeyValue, StateError, StateRead};

use crate::payment::{give_quota, line, order};
use crate::scenario;
use crate::steps::{act, alone, checked};
use crate::world::{World, code, text};
use log::{Log, as_of, column, total};

const ALL: [LinesReport; 4] =
    [LinesReport::Execution, LinesReport::CarryOver, LinesReport::Documents, LinesReport::Notice];

fn ask(selection: Selection) -> Ask {
    Ask { selection, limit: 1_000, ..Ask::default() }
}

fn of_year(year: u16) -> Selection {
    Selection { year: Some(year), ..Selection::default() }
}

fn make(world: &World, which: LinesReport, ask: &Ask) -> Report {
    let report = lines(&world.state, which, ask, as_of(world)).unwrap();
    assert!(report.is_reconciled(), "{report:#?}");
    report
}

/// Acts in a scenario's words, `organisation words`, by maker and checker.
fn go(world: &mut World, acts: &[&str]) {
    for words in acts {
        let (organization, words) = words.split_once(' ').unwrap();
        let call = scenario::call(words, world);
        if words.starts_with("receive") {
            alone(world, &format!("{organization}.maker"), &call).unwrap();
        } else if words.starts_with("instruct") {
            act(world, organization, &call, &["checker", "payer"]).unwrap();
        } else {
            checked(world, organization, &call).unwrap();
        }
    }
}

/// 108 万元 come to the county in May, 108 go to the home in June and are received in July; 102 are
/// paid in two payments, 6 carried to 2025.
fn county() -> World {
    let mut world = World::new();
    world.date = "2024-05-01".parse().unwrap();
    go(
        &mut world,
        &[
            "county_finance record to=county_civil/中央/2024/甲 amount=108万元 basis=皖财社〔2023〕129号",
        ],
    );
    world.date = "2024-06-10".parse().unwrap();
    let grant = "from=county_civil/中央/2024/甲 to=home/中央/2024/甲 amount=108万元";
    go(&mut world, &[&format!("county_civil allocate {grant} basis=来民〔2024〕3号")]);
    world.date = "2024-07-20".parse().unwrap();
    go(&mut world, &["home receive line=home/中央/2024/甲"]);
    world.date = "2024-12-31".parse().unwrap();
    go(
        &mut world,
        &[
            "home instruct from=home/中央/2024/甲 reference=凭证1 amount=51万元 to=city_civil",
            "home instruct from=home/中央/2024/甲 reference=凭证2 amount=51万元 to=city_civil",
            "county_finance carry_over line=home/中央/2024/甲 amount=6万元 notice=结转",
        ],
    );
    world
}

#[test]
fn execution_follows_from_the_book() {
    let world = county();
    let report = make(&world, LinesReport::Execution, &ask(of_year(2024)));
    assert_eq!(column(&report, "received"), ["108000000", "0"]);
    assert_eq!(column(&report, "within"), ["0", "108000000"]);
    assert_eq!(column(&report, "disposable"), ["0", "108000000"]);
    assert_eq!(column(&report, "spent"), ["0", "102000000"]);
    // 102 of 108 are 94.44 %.
    assert_eq!(column(&report, "execution_rate"), ["null", "9444"]);
    assert_eq!(total(&report, "execution_rate"), "9444");
    assert_eq!(column(&report, "carried"), ["0", "6000000"]);
    let next = make(&world, LinesReport::Execution, &ask(of_year(2025)));
    assert_eq!(column(&next, "brought_forward"), ["6000000"]);
    assert_eq!(column(&next, "available"), ["6000000"]);
    // Seen from the home alone, its money came from outside.
    let home = Selection { holder: Some(code("home")), ..of_year(2024) };
    let report = make(&world, LinesReport::Execution, &ask(home));
    assert_eq!(column(&report, "received"), ["108000000"]);
    assert_eq!(column(&report, "within"), ["0"]);
}

#[test]
fn rows_are_grouped_by_what_is_asked_for() {
    let world = county();
    let by_fund = Ask { by: vec![Field::Fund], ..ask(of_year(2024)) };
    let report = make(&world, LinesReport::Execution, &by_fund);
    assert_eq!(column(&report, "fund"), ["中央"]);
    assert_eq!(column(&report, "lines"), ["2"]);
    assert_eq!(column(&report, "execution_rate"), ["9444"]);
    assert!(report.columns.iter().all(|column| column.key != "holder_name"));
}

#[test]
fn a_notice_has_the_figures_that_the_county_prints() {
    let world = county();
    let report = make(&world, LinesReport::Notice, &ask(of_year(2024)));
    for (key, fen, wan) in [
        ("received", "108000000", "108"),
        ("arranged", "108000000", "108"),
        ("spent", "102000000", "102"),
        ("carried", "6000000", "6"),
        ("brought_forward", "0", "0"),
        ("available", "0", "0"),
    ] {
        assert_eq!(total(&report, key), fen, "{key}");
        assert_eq!(total(&report, &format!("{key}_wan")), wan, "{key}");
    }
    let next = make(&world, LinesReport::Notice, &ask(of_year(2025)));
    assert_eq!(total(&next, "brought_forward_wan"), "6");
    assert_eq!(total(&next, "available_wan"), "6");
}

#[test]
fn lines_are_found_by_their_document() {
    let world = county();
    let document = Some("皖财社〔2023〕129号".to_owned());
    let selection = Selection { document, ..Selection::default() };
    let report = make(&world, LinesReport::Documents, &ask(selection));
    // The county's line, not the home's, which rests on another document.
    assert_eq!(column(&report, "documents"), ["皖财社〔2023〕129号"]);
    assert_eq!(column(&report, "quota"), ["108000000"]);
}

#[test]
fn carried_money_is_shown_with_its_age_and_lapses_after_the_second_year() {
    let mut world = county();
    let years = ask(Selection { holder: Some(code("home")), ..Selection::default() });
    let report = make(&world, LinesReport::CarryOver, &years);
    assert_eq!(column(&report, "first_year"), ["2024", "2024"]);
    assert_eq!(total(&report, "to_recover"), "0");
    world.date = "2026-02-01".parse().unwrap();
    world.block(Vec::new()).unwrap();
    let report = make(&world, LinesReport::CarryOver, &years);
    assert_eq!(column(&report, "age_years"), ["2", "2"]);
    assert_eq!(column(&report, "usable_until"), ["2025-12-31", "2025-12-31"]);
    assert_eq!(total(&report, "to_recover"), "6000000");
    assert_eq!(report.rules[0].key, "allocation.carry_over_years");
}

#[test]
fn days_are_counted_at_each_level() {
    let world = county();
    let log = Log::of(&world);
    let report = holding(&world.state, &log, &ask(of_year(2024)), as_of(&world)).unwrap();
    assert!(report.is_reconciled());
    assert_eq!(column(&report, "days_to_receive"), ["0", "40"]);
    assert_eq!(column(&report, "onward_on"), ["2024-06-10", "2024-12-31"]);
    assert_eq!(column(&report, "days_held"), ["40", "164"]);
    assert_eq!(column(&report, "limit_exceeded_days"), ["0", "60"]);
    assert_eq!(column(&report, "is_held"), ["false", "false"]);
}

#[test]
fn doubtful_points_name_their_rule_and_records() {
    let mut world = county();
    let refused = Call::Payment(payment::Call::Instruct {
        line: line("一号"),
        expenditure: Expenditure::OfficialReception,
        order: order("凭证9", "1"),
    });
    give_quota(&mut world, "一号", None, "10");
    alone(&mut world, "home.maker", &refused).unwrap_err();
    world.date = "2026-02-01".parse().unwrap();
    world.block(Vec::new()).unwrap();
    let log = Log::of(&world);
    let home = ask(Selection { holder: Some(code("home")), ..Selection::default() });
    let report = findings(&world.state, &log, &home, as_of(&world)).unwrap();
    assert!(report.is_reconciled());
    let rules = column(&report, "rule");
    for rule in ["refused_act", "duplicate_payment", "lapse_due", "no_document", "idle"] {
        assert!(rules.iter().any(|found| found == rule), "{rule} is not in {rules:?}");
    }
    let place = rules.iter().position(|rule| rule == "duplicate_payment").unwrap();
    assert_eq!(column(&report, "amount")[place], "51000000");
    assert_eq!(column(&report, "records")[place].split(' ').count(), 2);
    let place = rules.iter().position(|rule| rule == "idle").unwrap();
    assert!(!column(&report, "records")[place].is_empty(), "the record that opened the line");
    let place = rules.iter().position(|rule| rule == "refused_act").unwrap();
    assert!(column(&report, "chinese")[place].contains("701"));
    assert!(!column(&report, "article")[place].is_empty());
}

#[test]
fn only_what_is_not_received_within_its_days_is_a_doubtful_point() {
    let mut world = World::new();
    let unreceived = |world: &World| {
        let found = findings(&world.state, &Log::of(world), &ask(of_year(2024)), as_of(world));
        let report = found.unwrap();
        let rules = column(&report, "rule").into_iter().zip(column(&report, "days"));
        let late = rules.filter(|(rule, _)| rule == "not_received");
        late.map(|(_, days)| days).collect::<Vec<_>>()
    };
    let mut on = |day: &str, acts: &[&str]| {
        world.date = day.parse().unwrap();
        go(&mut world, acts);
        world.block(Vec::new()).unwrap();
        unreceived(&world)
    };
    let issue = "city_finance issue from=city_finance/中央/2024/下达 notice=公示 amount=5万元";
    on(
        "2024-03-01",
        &["city_finance record to=city_finance/中央/2024/下达 amount=10万元 notice=公示"],
    );
    on("2024-03-01", &[&format!("{issue} to=county_civil/中央/2024/甲")]);
    on("2024-03-20", &[&format!("{issue} to=county_civil/中央/2024/乙")]);
    assert_eq!(on("2024-04-30", &[]), [""; 0], "sixty days are in time");
    assert_eq!(on("2024-05-01", &[]), ["61"]);
    // What came late and came is no such point, nor what is on its way for a few days.
    let received = ["county_civil receive line=county_civil/中央/2024/甲"];
    assert_eq!(on("2024-05-02", &received), [""; 0]);
    assert_eq!(on("2024-05-20", &[]), ["61"]);
}

#[test]
fn a_working_paper_says_who_acted_and_what_was_taken_back() {
    let mut world = county();
    let correct = |occurred_on: &str| {
        let (payment, occurred_on) = (text("凭证2"), occurred_on.parse().unwrap());
        Call::Payment(payment::Call::Correct { payment, occurred_on })
    };
    // Nothing of the payment came back yet.
    let log = Log::of(&world);
    let paid = |log: &Log| {
        let to_payment = |flow: &&Flow| matches!(flow.movement.to, AccountId::Payment { .. });
        log.flows.iter().filter(to_payment).map(|flow| flow.record).max().unwrap()
    };
    let record = paid(&log);
    let paper = |world: &World, log: &Log| {
        let wanted = |sheet: &&Sheet| sheet.record.index == record;
        let sheets: Vec<Sheet> = log.sheets.iter().filter(wanted).cloned().collect();
        let report = working_paper(&world.state, log, &sheets, as_of(world)).unwrap();
        assert!(report.is_reconciled());
        report
    };
    let report = paper(&world, &log);
    assert_eq!(
        (total(&report, "moved"), total(&report, "taken_back")),
        ("51000000".into(), "0".into())
    );
    let officers = column(&report, "officers").remove(0);
    for role in ["Maker", "Checker", "Payer"] {
        assert!(officers.contains(role), "{officers}");
    }
    checked(&mut world, "home", &correct("2024-12-31")).unwrap();
    let log = Log::of(&world);
    let report = paper(&world, &log);
    assert_eq!(total(&report, "taken_back"), "51000000");
    assert!(column(&report, "later")[0].contains("corrected 2024-12-31"), "{report:#?}");
}

#[test]
fn pages_are_complete_and_disjoint() {
    let world = county();
    for which in ALL {
        let whole = make(&world, which, &ask(Selection::default()));
        assert_eq!(whole.next, None);
        for limit in 1..4 {
            let (mut rows, mut after) = (Vec::new(), None);
            loop {
                let page = make(&world, which, &Ask { after, limit, ..Ask::default() });
                rows.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            if which == LinesReport::Notice {
                // Rows of one name are parts of one row.
                assert!(rows.len() >= whole.rows.len());
            } else {
                assert_eq!(rows, whole.rows, "{which:?} by {limit}");
            }
        }
    }
}

/// A state in which one account is gone.
struct Robbed<'a> {
    state: &'a dyn StateRead,
    account: Vec<u8>,
}

impl StateRead for Robbed<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        if key == self.account { Ok(None) } else { self.state.get(key) }
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
fn a_line_that_contradicts_its_account_is_named() {
    let world = county();
    let account = scenario::line_name("home/中央/2025/甲").account();
    let state = Robbed { state: &world.state, account: book::account_key(&account) };
    let selection = Selection { year: Some(2025), ..Selection::default() };
    let report =
        lines(&state, LinesReport::Execution, &ask(selection.clone()), as_of(&world)).unwrap();
    assert!(!report.is_reconciled());
    assert_eq!(report.mismatches[0].chinese, "指标各项合计应余 6000000 分,账簿实余 0 分");
    let failed = report.reconciliation.iter().filter(|check| check.holds == Some(false));
    assert_eq!(failed.map(|check| check.key).collect::<Vec<_>>(), ["conservation", "available"]);
    let log = Log::of(&world);
    let report = findings(&state, &log, &ask(selection), as_of(&world)).unwrap();
    assert!(column(&report, "rule").contains(&"sum_error".to_owned()));
}

/// Every report of a world is reconciled, and categories divide what they are asked of.
pub fn check_all(world: &World, charity: &str) {
    for which in ALL {
        let whole = make(world, which, &ask(Selection::default()));
        for year in [2024, 2025, 2026] {
            make(world, which, &ask(of_year(year)));
            for holder in ["county_civil", "home"] {
                let holder = Some(code(holder));
                make(world, which, &ask(Selection { holder, ..of_year(year) }));
            }
        }
        let old = Selection { category: Some(Category::OldAge), ..Selection::default() };
        let old = make(world, which, &ask(old));
        assert!(old.rows.len() <= whole.rows.len());
    }
    let log = Log::of(world);
    let page = holding(&world.state, &log, &ask(Selection::default()), as_of(world)).unwrap();
    assert!(page.is_reconciled());
    let page = findings(&world.state, &log, &ask(Selection::default()), as_of(world)).unwrap();
    assert!(page.is_reconciled() && !column(&page, "rule").contains(&"sum_error".to_owned()));
    let (income, rest) = charity::all_gifts(world, code(charity));
    assert_eq!(income, rest);
}
