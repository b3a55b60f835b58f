//! From notices to acts: what the real tables become, what cannot stand, and what a changed row
//! becomes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use minglian_contracts::allocation::{self, StatementKind};
use minglian_contracts::call::Call;
use minglian_contracts::{charity, payment};
use minglian_ledger::fen::{Fen, Unit};
use minglian_node::import::correct::{self, CorrectError};
use minglian_node::import::notice::{self, COLUMNS};
use minglian_node::import::plan::{self, Act, Plan, Stage};
use minglian_node::import::report::{self, NoticeReport};

fn published(name: &str) -> Plan {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testnet/data");
    let file = format!("{name}.csv");
    let bytes = std::fs::read(folder.join(&file)).unwrap();
    let parsed = notice::parse(&file, &bytes).unwrap();
    plan::plan(&file, &parsed.notices[0])
}

fn planned(rows: &str) -> Plan {
    let text = format!("{}\n{rows}", COLUMNS.join(","));
    let parsed = notice::parse("table.csv", text.as_bytes()).unwrap();
    assert_eq!(parsed.refused, []);
    plan::plan("table.csv", &parsed.notices[0])
}

fn dry(name: &str) -> NoticeReport {
    report::report(name, &published(name), &[])
}

fn wan(text: &str) -> Fen {
    Fen::parse_published(text, Unit::TenThousandYuan).unwrap()
}

fn total(report: &NoticeReport, column: impl Fn(&report::Sums) -> Fen) -> Fen {
    Fen::sum(report.funds.values().map(column)).unwrap()
}

#[test]
fn every_table_of_lottery_money_is_planned_without_a_refusal() {
    for (name, implied, received, allocated, spent, carried) in [
        ("luxian_2020", "972.749", "0", "972.749", "0", "0"),
        ("panzhihua_2022_by_county", "2065.841", "0", "2065.841", "0", "0"),
        ("guanyun_2024_execution", "199", "0", "199", "120", "79"),
        ("fujian_2024_provincial", "27070.18", "0", "0", "27070.18", "0"),
        ("hefei_2017_by_category", "2970.81", "0", "0", "2970.81", "0"),
        ("zhejiang_2016_by_category", "175986.16", "0", "0", "175986.16", "0"),
        ("mof_2021_central_special", "0", "273359", "0", "0", "0"),
    ] {
        let report = dry(name);
        assert_eq!(report.refused, Vec::<String>::new(), "{name}");
        assert_eq!(total(&report, |sums| sums.implied), wan(implied), "{name} implied");
        assert_eq!(total(&report, |sums| sums.received), wan(received), "{name} received");
        assert_eq!(total(&report, |sums| sums.allocated), wan(allocated), "{name} allocated");
        assert_eq!(total(&report, |sums| sums.spent), wan(spent), "{name} spent");
        assert_eq!(total(&report, |sums| sums.carried), wan(carried), "{name} carried");
    }
}

#[test]
fn luxian_adds_up_by_source() {
    let implied: BTreeMap<String, Fen> =
        dry("luxian_2020").funds.into_iter().map(|(fund, sums)| (fund, sums.implied)).collect();
    let expected =
        [("中央", "250.659"), ("县本级分成", "216.46"), ("市级", "40.63"), ("省级", "465")]
            .map(|(source, amount)| (format!("彩票公益金·{source}"), wan(amount)));
    assert_eq!(implied, BTreeMap::from(expected));
}

/// Sichuan's published fund of 2017 by class of game, as rows of what was raised.
fn sichuan_2017() -> String {
    let table = include_str!("../../../testnet/data/game_ratios_sichuan_2017.csv");
    let mut rows = String::new();
    for (place, line) in table.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let (games, published) = (cells[0], cells[4]);
        let (row, fen) = (place + 1, wan(published).get());
        rows.push_str(&format!(
            "b,{row},2017,四川省,彩票公益金,,{games},,,{published},万元,{fen},accrued,,\n"
        ));
    }
    rows
}

#[test]
fn what_a_fund_raised_is_stated_and_is_no_quota() {
    let plan = planned(&sichuan_2017());
    assert_eq!((plan.acts.len(), plan.refused.as_slice()), (4, &[][..]));
    for act in &plan.acts {
        let Call::Allocation(allocation::Call::State(statement)) = &act.call else { panic!() };
        assert_eq!(statement.kind, StatementKind::Raised);
        assert_eq!((act.organization, act.stage), (act.finance, Stage::Statement));
    }
    let report = report::report("table.csv", &plan, &[]);
    assert_eq!(total(&report, |sums| sums.raised), wan("291801.09"));
    assert_eq!(total(&report, |sums| sums.received), Fen::ZERO);
    assert_eq!(total(&report, |sums| sums.implied), Fen::ZERO);
}

#[test]
fn raised_is_compared_with_sent_up_and_kept_and_only_what_was_kept_is_quota() {
    // 新兴县 prints for 2024 what was raised and what the county keeps; the rest was sent up.
    let rows = |remitted: &str, fen: u64| {
        planned(&format!(
            "c,1,2024,广东省,福利彩票公益金,,筹集,,,1149.07,万元,1149070000,accrued,,\n\
             c,2,2024,广东省,福利彩票公益金,,上缴,,,{remitted},万元,{fen},remitted,,\n\
             c,3,2024,广东省,福利彩票公益金,,留成,,,225.80,万元,225800000,retained,,"
        ))
    };
    let plan = rows("923.27", 923_270_000);
    let report = report::report("table.csv", &plan, &[]);
    assert_eq!((report.agreements, report.disagreements.as_slice()), (1, &[][..]));
    assert_eq!(total(&report, |sums| sums.received), wan("225.80"));
    assert_eq!(total(&report, |sums| sums.remitted), wan("923.27"));
    assert_eq!(total(&report, |sums| sums.transferred_out), Fen::ZERO);
    let wrong = report::report("table.csv", &rows("923.26", 923_260_000), &[]);
    assert_eq!((wrong.agreements, wrong.disagreements.len()), (0, 1));

    // A corrected figure is stated again.
    let history = |plan: &Plan| act_of(plan, 3).call.clone();
    let changed = act_of(&rows("923.26", 923_260_000), 3);
    let again = correct::remaining(&changed, &[history(&plan)]).unwrap();
    let [again] = again.as_slice() else { panic!("{again:?}") };
    assert_eq!((&again.call, again.reference.as_str()), (&changed.call, "c#2/remitted~2"));
    let both = [history(&plan), again.call.clone()];
    assert_eq!(correct::remaining(&changed, &both), Ok(Vec::new()));
}

/// The act of a file's line.
fn act_of(plan: &Plan, line: u64) -> Act {
    plan.acts.iter().find(|act| act.line == Some(line)).unwrap().clone()
}

#[test]
fn a_charitys_year_is_declared_line_by_line_to_the_fen() {
    let plan = published("daishan_charity_2021");
    assert_eq!((plan.acts.len(), plan.refused.as_slice()), (20, &[][..]));
    assert_eq!(plan.parties.len(), 1);
    assert!(plan.parties[0].name.as_str().starts_with("浙江省舟山市岱山县 慈善组织"));
    let report = report::report("daishan", &plan, &[]);
    assert_eq!(total(&report, |sums| sums.income), wan("1362.70"));
    assert_eq!(total(&report, |sums| sums.expenditure), wan("1320.44"));
    assert_eq!(report.funds["慈善"].helped, 6_655);
    for act in &plan.acts {
        let Call::Charity(charity::Call::Declare(line)) = &act.call else { panic!("{act:?}") };
        let printed_in = line.basis.printed_in.as_ref().unwrap().as_str();
        assert!(printed_in.starts_with("按公告补录:daishan_charity_2021 第"), "{printed_in}");
        assert_eq!((act.organization, line.year), (plan.parties[0].code, 2021));
    }
    // A corrected figure is declared again, under the same line.
    let first = plan.acts[0].clone();
    let mut changed = first.clone();
    if let Call::Charity(charity::Call::Declare(line)) = &mut changed.call {
        line.amount = wan("220.86");
    }
    let again = correct::remaining(&changed, std::slice::from_ref(&first.call)).unwrap();
    let [again] = again.as_slice() else { panic!("{again:?}") };
    assert_eq!(again.call, changed.call);
    assert!(again.reference.as_str().ends_with("~2"), "{}", again.reference);
    assert_eq!(correct::remaining(&changed, &[first.call, again.call.clone()]), Ok(Vec::new()));
}

/// The published table with every `step`th row's region spelt another way.
fn respelt(name: &str, printed: &str, spelling: &str, step: usize) -> Plan {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testnet/data");
    let file = format!("{name}.csv");
    let text = std::fs::read_to_string(folder.join(&file)).unwrap();
    let lines = text.lines().enumerate().map(|(place, line)| match place % step {
        0 => line.replace(&format!(",{printed},"), &format!(",{spelling},")),
        _ => line.to_owned(),
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(text.contains(spelling), "{name}");
    let parsed = notice::parse(&file, text.as_bytes()).unwrap();
    plan::plan(&file, &parsed.notices[0])
}

/// Acts are found again by their organisation and reference: equal plans enter nothing twice.
#[test]
fn a_region_spelt_another_way_is_the_same_organisation_and_the_same_acts() {
    let cases: [(&str, &str, &[&str]); 4] = [
        ("luxian_2020", "四川省泸州市泸县", &["泸县", "泸州市泸县", "510521", "510521 泸县"]),
        ("panzhihua_2022_by_county", "四川省攀枝花市", &["攀枝花市", "510400 四川省攀枝花市"]),
        ("fujian_2024_provincial", "福建省本级", &["福建省", "福建", "350000 福建省本级"]),
        ("daishan_charity_2021", "浙江省舟山市岱山县", &["岱山县", "330921 舟山市岱山县"]),
    ];
    for (name, printed, spellings) in cases {
        let published = published(name);
        assert_eq!(published.refused, [], "{name}");
        for spelling in spellings {
            for step in [1, 2] {
                let again = respelt(name, printed, spelling, step);
                assert_eq!(again.parties, published.parties, "{name} as {spelling}");
                assert_eq!(again, published, "{name} as {spelling}");
            }
        }
    }
    let names: Vec<String> =
        published("luxian_2020").parties.iter().map(|party| party.name.to_string()).collect();
    for name in ["四川省泸州市泸县 民政部门(演示)", "四川省泸州市泸县 财政部门(演示)"]
    {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
}

#[test]
fn a_charitys_line_without_a_readable_count_is_refused_with_its_line() {
    let plan = planned(
        "a,1,2021,安徽省,慈善,,助学,,,1,万元,1000000,charity_expenditure,若干人次,\n\
         a,2,2021,安徽省,慈善,,助老,,,1,万元,1000000,charity_expenditure,12人次,",
    );
    let refused: Vec<u64> = plan.refused.iter().map(|row| row.line).collect();
    assert_eq!((refused.as_slice(), plan.acts.len()), (&[2][..], 1));
}

#[test]
fn a_row_that_spends_more_than_was_allocated_is_refused_and_the_rest_goes_on() {
    let plan = planned(
        "a,1,2020,安徽省,省级,养老,甲项目,,,10,万元,10000000,allocated,,\n\
         a,2,2020,安徽省,省级,养老,甲项目,,,11,万元,11000000,spent,,\n\
         a,3,2020,安徽省,省级,养老,甲项目,,,4,万元,4000000,spent,,\n\
         a,4,2020,安徽省,省级,养老,结转下年,,,6,万元,6000000,carried_forward,,",
    );
    let refused: Vec<u64> = plan.refused.iter().map(|row| row.line).collect();
    assert_eq!(refused, [3]);
    let report = report::report("table.csv", &plan, &[]);
    assert_eq!(total(&report, |sums| sums.spent), wan("4"));
    assert_eq!(total(&report, |sums| sums.carried), wan("6"));
}

#[test]
fn printed_totals_are_compared_and_never_entered() {
    let plan = planned(
        "a,1,2020,安徽省,省级,养老,甲项目,,,10,万元,10000000,allocated,,\n\
         a,2,2020,安徽省,省级,养老,乙项目,,,5,万元,5000000,allocated,,\n\
         a,3,2020,安徽省,省级,,合计,,,15,万元,15000000,total,,\n\
         a,4,2020,安徽省,省级,,合计,,,16,万元,16000000,total,,",
    );
    assert!(plan.acts.iter().all(|act| !matches!(act.line, Some(4 | 5))));
    let report = report::report("table.csv", &plan, &[]);
    assert_eq!((report.agreements, report.disagreements.len()), (1, 1));
}

/// The one act of `plan` at `stage`.
fn act_at(plan: &Plan, stage: Stage) -> Act {
    let mut acts = plan.acts.iter().filter(|act| act.stage == stage);
    let act = acts.next().unwrap().clone();
    assert_eq!(acts.next(), None);
    act
}

fn rows(allocated: u64, spent: u64) -> Plan {
    planned(&format!(
        "a,1,2020,安徽省,省级,养老,甲项目,,,{allocated},万元,{allocated}000000,allocated,,\n\
         a,2,2020,安徽省,省级,养老,甲项目,,,{spent},万元,{spent}000000,spent,,"
    ))
}

#[test]
fn a_row_that_did_not_change_leaves_nothing_to_do() {
    for act in rows(10, 4).acts {
        assert_eq!(correct::remaining(&act, std::slice::from_ref(&act.call)), Ok(Vec::new()));
        assert_eq!(correct::remaining(&act, &[]), Ok(vec![act.clone()]));
    }
}

#[test]
fn a_larger_allocation_is_added_and_a_smaller_one_taken_back() {
    let before = act_at(&rows(10, 4), Stage::Allocation);
    let more = act_at(&rows(12, 4), Stage::Allocation);
    let added = correct::remaining(&more, std::slice::from_ref(&before.call)).unwrap();
    let [added] = added.as_slice() else { panic!("{added:?}") };
    let Call::Allocation(allocation::Call::Allocate(grant)) = &added.call else { panic!() };
    assert_eq!((grant.amount, added.reference.as_str()), (wan("2"), "a#1/allocated~2"));

    let less = act_at(&rows(7, 4), Stage::Allocation);
    let history = [before.call.clone(), added.call.clone()];
    let taken = correct::remaining(&less, &history).unwrap();
    let [taken] = taken.as_slice() else { panic!("{taken:?}") };
    let Call::Allocation(allocation::Call::Recover(take)) = &taken.call else { panic!() };
    assert_eq!((take.amount, taken.reference.as_str()), (wan("5"), "a#1/allocated~3"));
    assert_eq!((taken.organization, taken.stage), (less.finance, Stage::UndoAllocation));

    let history = [before.call, added.call.clone(), taken.call.clone()];
    assert_eq!(correct::remaining(&less, &history), Ok(Vec::new()));
}

#[test]
fn a_changed_payment_is_reversed_and_made_again() {
    let before = act_at(&rows(10, 4), Stage::Payment);
    let changed = act_at(&rows(10, 6), Stage::Payment);
    let acts = correct::remaining(&changed, std::slice::from_ref(&before.call)).unwrap();
    let [undo, again] = acts.as_slice() else { panic!("{acts:?}") };
    assert!(matches!(undo.call, Call::Payment(payment::Call::Correct { .. })));
    let Call::Payment(payment::Call::Instruct { order, .. }) = &again.call else { panic!() };
    assert_eq!(order.amount, wan("6"));
    assert_eq!(order.replaces.as_ref().map(|old| old.as_str()), Some("a#2/spent"));
    let history = [before.call, again.call.clone()];
    assert_eq!(correct::remaining(&changed, &history), Ok(Vec::new()));
}

#[test]
fn another_change_than_of_the_amount_is_left_to_the_officers() {
    let before = act_at(&rows(10, 4), Stage::Allocation);
    let other = planned("a,1,2020,安徽省,省级,养老,丙项目,,,10,万元,10000000,allocated,,");
    let other = act_at(&other, Stage::Allocation);
    assert_eq!(correct::remaining(&other, &[before.call]), Err(CorrectError::MoreThanAmount));
}

#[test]
fn a_long_reference_leaves_room_for_its_corrections() {
    let name = "很长的公告名称".repeat(8);
    let row = |amount: u64| {
        let plan = planned(&format!(
            "{name},1,2020,安徽省,省级,养老,甲项目,,,{amount},万元,{amount}000000,allocated,,"
        ));
        plan.acts
    };
    for (before, after) in row(10).into_iter().zip(row(12)) {
        let acts = correct::remaining(&after, &[before.call]).unwrap();
        assert_eq!(acts.is_empty(), after.stage == Stage::Projects);
    }
}
