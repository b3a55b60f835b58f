//! Early issue and shares of categories, and what is no quota because it was corrected away.

use minglian_contracts::allocation::{Basis, LINES, Line, LineName, Purpose};
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::lines::{Ask, LinesReport};
use minglian_contracts::report::selection::{LINES_MAX, Selection};
use minglian_contracts::report::shares::shares;
use minglian_contracts::schema::State;

use super::log::{Log, as_of, column, total};
use super::{ask, go, make, of_year};
use crate::world::{World, code, text};

/// Of two funds of 2025, 100 万元 each: of 中央 70 were issued before the year and are for the old,
/// of 省级 69 were issued before and 31 are for the old.
fn two_funds() -> World {
    let mut world = World::new();
    let record = |line: &str, wan: u32, category: &str| {
        format!(
            "county_finance record to=county_civil/{line} amount={wan}万元 category={category} \
             notice=公告"
        )
    };
    world.date = "2024-11-30".parse().unwrap();
    let early = [record("中央/2025/甲", 70, "老年人福利"), record("省级/2025/甲", 69, "儿童福利")];
    go(&mut world, &early.iter().map(String::as_str).collect::<Vec<_>>());
    world.date = "2025-03-01".parse().unwrap();
    let late = [record("中央/2025/乙", 30, "儿童福利"), record("省级/2025/乙", 31, "老年人福利")];
    go(&mut world, &late.iter().map(String::as_str).collect::<Vec<_>>());
    world
}

#[test]
fn a_share_stands_beside_the_least_that_its_article_wants() {
    let world = two_funds();
    let report = shares(&world.state, &ask(of_year(2025)), as_of(&world)).unwrap();
    assert!(report.is_reconciled(), "{report:#?}");
    assert_eq!(column(&report, "fund"), ["中央", "中央", "省级", "省级"]);
    let indicators = ["提前下达", "老年人福利", "提前下达", "老年人福利"];
    assert_eq!(column(&report, "indicator"), indicators);
    assert_eq!(column(&report, "part"), ["70000000", "70000000", "69000000", "31000000"]);
    assert_eq!(column(&report, "share"), ["7000", "7000", "6900", "3100"]);
    assert_eq!(column(&report, "least_basis_points"), ["7000", "5500", "7000", "5500"]);
    assert_eq!(column(&report, "is_met"), ["true", "true", "false", "false"]);
    assert!(column(&report, "article")[0].contains("第四十八条"), "{report:#?}");
    assert_eq!(column(&report, "version")[0], "1");
    let keys: Vec<&str> = report.rules.iter().map(|rule| rule.key.as_str()).collect();
    let wanted = ["allocation.early_issue_min", "allocation.category_share_min.老年人福利"];
    assert_eq!(keys, wanted);
}

#[test]
fn a_page_never_ends_within_what_one_row_adds_up() {
    let world = two_funds();
    let whole = shares(&world.state, &ask(of_year(2025)), as_of(&world)).unwrap();
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let ask = Ask { after, ..Ask { limit: 1, ..ask(of_year(2025)) } };
        let page = shares(&world.state, &ask, as_of(&world)).unwrap();
        assert!(page.is_reconciled());
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(rows, whole.rows);
    // What is asked of other reports on lines would make a share of something else.
    let project = Selection { project: Some(text("无")), ..of_year(2025) };
    let same = shares(&world.state, &ask(project), as_of(&world)).unwrap();
    assert_eq!(same.rows, whole.rows);
}

/// Of the second fund more lines are left than one page reads: it is not judged, the first is.
#[test]
fn a_fund_is_judged_where_all_of_it_was_read() {
    let world = two_funds();
    let (mut state, day) = (State::new(&world.state), world.date);
    for number in 0..LINES_MAX {
        let line = text(&format!("{number:05}"));
        let name =
            LineName { holder: code("county_civil"), fund: text("省级"), year: 2025, line };
        LINES.put(&mut state, &name, &Line::new(Purpose::default(), Basis::default(), 2025, day));
    }
    let report = shares(&state, &Ask { limit: usize::MAX, ..ask(of_year(2025)) }, as_of(&world));
    let report = report.unwrap();
    assert!(report.next.is_some());
    let judged = column(&report, "fund").into_iter().zip(column(&report, "is_met"));
    let judged: Vec<_> = judged.filter(|(_, is_met)| is_met != "null").collect();
    assert_eq!(judged, [("中央", "true"), ("中央", "true")].map(|(a, b)| (a.into(), b.into())));
}

#[test]
fn quota_that_was_entered_too_high_and_corrected_is_not_available() {
    let mut world = World::new();
    world.date = "2024-03-01".parse().unwrap();
    go(
        &mut world,
        &[
            "county_finance record to=home/省级/2024/甲 amount=10万元 notice=公告",
            "county_finance recover line=home/省级/2024/甲 \
             to=county_finance/省级/2024/按公告更正收回·甲 amount=2万元 notice=更正公告",
            "county_finance record to=county_finance/省级/2024/乙 amount=1万元 notice=公告",
        ],
    );
    world.date = "2024-09-01".parse().unwrap();
    world.block(Vec::new()).unwrap();
    let report = make(&world, LinesReport::Execution, &ask(of_year(2024)));
    let mut lines = column(&report, "line");
    lines.sort();
    assert_eq!(lines, ["乙", "甲"]);
    assert_eq!(total(&report, "available"), "9000000");
    let finance = Selection { holder: Some(code("county_finance")), ..of_year(2024) };
    let report = make(&world, LinesReport::Notice, &ask(finance.clone()));
    assert_eq!(total(&report, "received"), "1000000");
    let log = Log::of(&world);
    let report = findings(&world.state, &log, &ask(finance), as_of(&world)).unwrap();
    let subjects = column(&report, "subject");
    assert!(subjects.iter().any(|subject| subject.contains("乙")), "{subjects:?}");
    assert!(!subjects.iter().any(|subject| subject.contains("按公告更正收回")), "{subjects:?}");
}
