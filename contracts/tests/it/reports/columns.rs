//! Every column of the reports on lines, over one county's year in which money moved in every way:
//! the figures are computed here by hand.

use minglian_contracts::report::derived::Book;
use minglian_contracts::report::field::Field;
use minglian_contracts::report::lines::{Ask, LinesReport};
use minglian_contracts::report::paper::{Sheet, working_paper};
use minglian_contracts::report::printed::{FigureMeasure, FigureSubject, FundOfHolder};
use minglian_contracts::report::selection::Selection;
use minglian_contracts::report::{NAMES, Report};

use super::derived::{figure, value};
use super::log::{Log, as_of, column, total};
use super::{ALL, ask, go, make, of_year};
use crate::scenario;
use crate::steps::{alone, checked};
use crate::world::{World, code, public_key, text};

/// In 万元: the county bureau gets 100, gives the home 60 and, for a project, 12. Of the 60 the home
/// pays 20, of which 5 come back, 10 are taken back and 30 carried over. The bureau's line gives 8
/// to another fund.
fn year_of_all_movements() -> World {
    let mut world = World::new();
    let from = "allocate from=county_civil/省级/2024/乙 category=老年人福利";
    world.date = "2024-05-01".parse().unwrap();
    go(
        &mut world,
        &[
            "city_civil project reference=睦邻点 title=睦邻点建设 category=老年人福利 unit=home \
             year=2024",
            "county_finance record to=county_civil/省级/2024/乙 amount=100万元 \
             category=老年人福利 basis=皖财社〔2024〕7号 notice=公告",
        ],
    );
    world.date = "2024-06-10".parse().unwrap();
    go(
        &mut world,
        &[
            &format!("county_civil {from} to=home/省级/2024/乙 amount=60万元 notice=公示"),
            &format!(
                "county_civil {from} to=home/省级/2024/丁 amount=12万元 project=睦邻点 \
                 basis=来民〔2024〕5号"
            ),
        ],
    );
    world.date = "2024-07-10".parse().unwrap();
    go(&mut world, &["home receive line=home/省级/2024/乙"]);
    world.date = "2024-12-31".parse().unwrap();
    go(
        &mut world,
        &["home instruct from=home/省级/2024/乙 reference=凭证1 amount=20万元 to=city_civil"],
    );
    for words in ["paid payment=凭证1", "came_back payment=凭证1 amount=5万元"] {
        let call = scenario::call(words, &world);
        alone(&mut world, "home.payer", &call).unwrap();
    }
    go(
        &mut world,
        &[
            "county_finance recover line=home/省级/2024/乙 to=county_civil/省级/2024/乙 \
             amount=10万元 notice=收回",
            "county_finance transfer_out line=county_civil/省级/2024/乙 to_fund=一般公共预算 \
             amount=8万元 notice=决算",
            "county_finance carry_over line=home/省级/2024/乙 amount=30万元 notice=结转",
        ],
    );
    world
}

fn provincial(year: Option<u16>) -> Selection {
    Selection { fund: Some(text("省级")), year, ..Selection::default() }
}

/// What a column and its total hold, in 万元.
fn check(report: &Report, expected: &[(&str, &[i64])]) {
    for (key, wan) in expected {
        let fen = |wan: &i64| (wan * 1_000_000).to_string();
        let rows: Vec<String> = wan.iter().map(fen).collect();
        assert_eq!(column(report, key), rows, "{key} of {}", report.name);
        assert_eq!(total(report, key), fen(&wan.iter().sum()), "{key} of {}", report.name);
    }
}

fn keys(report: &Report) -> Vec<&'static str> {
    report.columns.iter().map(|column| column.key).collect()
}

#[test]
fn every_movement_stands_in_its_own_column() {
    let world = year_of_all_movements();
    let report = make(&world, LinesReport::Execution, &ask(provincial(Some(2024))));
    // The bureau's line, the home's for the project, the home's other.
    assert_eq!(column(&report, "line"), ["乙", "丁", "乙"]);
    assert_eq!(column(&report, "project"), ["null", "睦邻点", "null"]);
    assert_eq!(column(&report, "project_title"), ["null", "睦邻点建设", "null"]);
    check(
        &report,
        &[
            ("received", &[100, 0, 0]),
            ("brought_forward", &[0, 0, 0]),
            ("within", &[0, 12, 60]),
            ("returned", &[10, 0, 0]),
            ("issued", &[72, 0, 0]),
            // 100 and the 10 that came back, less 72.
            ("disposable", &[38, 12, 60]),
            // 20 were paid and 5 came back.
            ("spent", &[0, 0, 15]),
            ("carried", &[0, 0, 30]),
            ("recovered", &[0, 0, 10]),
            ("transferred_out", &[8, 0, 0]),
            // 38 − 8, and 60 − 15 − 10 − 30.
            ("available", &[30, 12, 5]),
        ],
    );
    assert_eq!(total(&report, "lines"), "3");
    // 15 of 60, and 15 of 110 rounded down. Where nothing is spent of something, that is 0.
    assert_eq!(column(&report, "execution_rate"), ["0", "0", "2500"]);
    assert_eq!(total(&report, "execution_rate"), "1363");
    // 100 + 72 + 10 came in; as much went out or is there.
    assert_eq!(report.reconciliation[0].report.0, 182_000_000);
    let next = make(&world, LinesReport::Execution, &ask(provincial(Some(2025))));
    check(&next, &[("received", &[0]), ("brought_forward", &[30]), ("disposable", &[30])]);
}

#[test]
fn a_list_of_documents_says_on_what_and_since_when_a_line_rests() {
    let world = year_of_all_movements();
    let report = make(&world, LinesReport::Documents, &ask(provincial(Some(2024))));
    // A number goes before the notice that prints it; a notice stands where there is no number.
    assert_eq!(column(&report, "documents"), ["皖财社〔2024〕7号", "来民〔2024〕5号", "公示"]);
    assert_eq!(column(&report, "issued_on"), ["2024-05-01", "2024-06-10", "2024-06-10"]);
    assert_eq!(column(&report, "received_on"), ["2024-05-01", "null", "2024-07-10"]);
    // What is not received waits until today.
    assert_eq!(column(&report, "days_to_receive"), ["0", "204", "30"]);
    check(&report, &[("quota", &[100, 12, 60]), ("spent", &[0, 0, 15])]);
}

#[test]
fn a_notice_says_what_was_arranged_received_and_left() {
    let world = year_of_all_movements();
    let report = make(&world, LinesReport::Notice, &ask(provincial(Some(2024))));
    check(
        &report,
        &[
            ("arranged", &[0, 12, 60]),
            ("recovered", &[0, 0, 10]),
            ("transferred_out", &[8, 0, 0]),
            ("available", &[30, 12, 5]),
        ],
    );
    assert_eq!(column(&report, "arranged_wan"), ["0", "12", "60"]);
    assert_eq!(total(&report, "received_wan"), "100");
}

#[test]
fn rows_of_a_group_say_nothing_that_is_known_of_single_lines() {
    let world = year_of_all_movements();
    let by = |which, field| {
        let ask = Ask { by: vec![field], ..ask(provincial(Some(2024))) };
        make(&world, which, &ask)
    };
    let documents = by(LinesReport::Documents, Field::Holder);
    assert_eq!(
        keys(&documents),
        ["holder", "holder_name", "lines", "quota", "issued", "spent", "carried", "available"]
    );
    check(&documents, &[("quota", &[100, 72]), ("available", &[30, 17])]);
    let carried = by(LinesReport::CarryOver, Field::Project);
    assert_eq!(keys(&carried)[..3], ["project", "project_title", "brought_forward"]);
    check(&by(LinesReport::Execution, Field::Project), &[("available", &[35, 12])]);
}

#[test]
fn lines_of_one_project_are_told_from_all_others() {
    let world = year_of_all_movements();
    let selection = Selection { project: Some(text("睦邻点")), ..provincial(None) };
    let report = make(&world, LinesReport::Execution, &ask(selection));
    assert_eq!(column(&report, "line"), ["丁"]);
    check(&report, &[("within", &[12]), ("available", &[12])]);
}

#[test]
fn carried_money_is_listed_at_year_end_and_to_be_taken_back_after_the_next_year() {
    let mut world = year_of_all_movements();
    let mut on = |day: &str| {
        world.date = day.parse().unwrap();
        world.block(Vec::new()).unwrap();
        let report = make(&world, LinesReport::CarryOver, &ask(provincial(None)));
        let rows = column(&report, "year").into_iter().zip(column(&report, "line"));
        let rows: Vec<String> = rows.map(|(year, line)| year + &line).collect();
        (rows, report)
    };
    // While the year runs, only what was carried or taken back is of its end.
    let (rows, report) = on("2024-12-31");
    assert_eq!(rows, ["2024乙", "2025乙"]);
    check(&report, &[("carried", &[30, 0]), ("recovered", &[10, 0]), ("to_recover", &[0, 0])]);
    // On the day after it, whatever is left is: here the bureau's 30 and the project's 12.
    let (rows, report) = on("2025-01-01");
    assert_eq!(rows, ["2024乙", "2024丁", "2024乙", "2025乙"]);
    check(&report, &[("available", &[30, 12, 5, 30])]);
    // The last day on which it may be used is 31 December of the next year.
    let (_, report) = on("2025-12-31");
    assert_eq!(total(&report, "to_recover"), "0");
    let (_, report) = on("2026-01-01");
    check(&report, &[("to_recover", &[30, 12, 5, 30])]);
}

#[test]
fn what_is_left_of_this_year_is_not_listed_as_left_over() {
    let mut world = World::new();
    world.date = "2024-05-01".parse().unwrap();
    go(&mut world, &["county_finance record to=home/省级/2024/甲 amount=10万元 notice=公告"]);
    let report = make(&world, LinesReport::CarryOver, &ask(of_year(2024)));
    assert_eq!(column(&report, "line"), [""; 0]);
}

#[test]
fn figures_of_notices_count_what_came_back_from_below() {
    use FigureMeasure::{Allocated, Spent};
    let world = year_of_all_movements();
    let of = |measure, subject: FigureSubject| {
        value(&world, &figure(measure, subject, Some(2024))).map(|fen| fen / 1_000_000)
    };
    let fund =
        |holder| FigureSubject::Fund(FundOfHolder { holder: code(holder), fund: text("省级") });
    let line = |name| FigureSubject::Line(scenario::line_name(name));
    assert_eq!(of(Allocated, fund("county_civil")), Some(62), "72 less 10");
    assert_eq!(of(Allocated, line("county_civil/省级/2024/乙")), Some(38), "100 and 10 less 72");
    assert_eq!(of(Spent, fund("home")), Some(15), "20 less 5");
    assert!(Book::new(&world.state).derive(&figure(Spent, fund("audit"), None)).unwrap().is_none());
}

#[test]
fn a_report_is_called_as_the_list_of_reports_has_it() {
    let world = year_of_all_movements();
    let names = ALL.map(|which| {
        let report = make(&world, which, &ask(provincial(None)));
        (report.name, report.chinese, report.english)
    });
    assert_eq!(names, [NAMES[0], NAMES[1], NAMES[2], NAMES[3]]);
    assert_eq!(names[0], ("execution", "预算执行进度表", "Budget execution"));
}

#[test]
fn a_working_paper_names_act_signer_and_what_came_back() {
    let mut world = year_of_all_movements();
    let paper = |world: &World| {
        let log = Log::of(world);
        let home = |sheet: &&Sheet| sheet.record.transaction.body.organization == code("home");
        let sheets: Vec<Sheet> = log.sheets.iter().filter(home).cloned().collect();
        working_paper(&world.state, &log, &sheets, as_of(world)).unwrap()
    };
    let report = paper(&world);
    let acts = column(&report, "act");
    let instructed = ["Payment.Instruct", "Approval.Approve", "Approval.Approve"];
    assert_eq!(acts[0], "Allocation.Receive");
    assert_eq!(acts[1..4], instructed);
    assert_eq!(acts[4..], ["Payment.BankResult", "Payment.Return"]);
    // One officer confirms receipt alone: whoever signed the record.
    let record = column(&report, "record").remove(0);
    let signer = format!("{} {} #{record}", code("home"), public_key("home.maker"));
    assert_eq!(column(&report, "officers")[0], signer);
    let later = |report: &Report| column(report, "later")[3].clone();
    let came_back = column(&report, "record").remove(5);
    assert_eq!(
        later(&report),
        format!("银行已付 paid 2024-12-31; 退回 returned 2024-12-31 #{came_back}")
    );
    // The home's bank result moves nothing, the payment 20 and what came back 5.
    assert_eq!(total(&report, "moved"), "25000000");
    let correct = scenario::call("correct payment=凭证1", &world);
    checked(&mut world, "home", &correct).unwrap();
    let later = later(&paper(&world));
    assert!(later.contains("corrected 2024-12-31"), "{later}");
    assert!(later.contains("退回 returned 2024-12-31 #"), "{later}");
    assert!(later.contains("冲正 reversed 2024-12-31 #"), "{later}");
}

#[test]
fn a_working_paper_lists_the_photos_and_papers_that_an_act_names() {
    let mut world = year_of_all_movements();
    go(&mut world, &["home accept project=睦邻点 photos=2"]);
    let log = Log::of(&world);
    let home = |sheet: &&Sheet| sheet.record.transaction.body.organization == code("home");
    let sheets: Vec<Sheet> = log.sheets.iter().filter(home).cloned().collect();
    let report = working_paper(&world.state, &log, &sheets, as_of(&world)).unwrap();
    let rows: Vec<_> = column(&report, "act").into_iter().zip(column(&report, "things")).collect();
    let named = |act: &str| {
        let (_, things) = rows.iter().find(|(found, _)| found == act).unwrap();
        things.matches("附件 attachment ").count()
    };
    assert_eq!((named("Project.Accept"), named("Payment.Instruct")), (2, 0));
}
