//! A quota line through all its states, from the plan to the announcement, and what stands beside.

use minglian_contracts::allocation::status::{Stage, Status};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::event::Outcome;
use minglian_contracts::project::line_status::line_status;
use minglian_contracts::report::lines::{Ask, LinesReport, lines};
use minglian_contracts::report::planned::{Planned, planned};
use minglian_contracts::report::selection::Selection;
use minglian_ledger::fen::Fen;

use crate::reports::log::{as_of, column};
use crate::scenario::{self, line_name};
use crate::steps::{self, alone, yuan};
use crate::world::{World, code, text};

const ABOVE: &str = "county_civil/省级/2024/乙";
const LINE: &str = "home/省级/2024/乙";

fn act(world: &mut World, organization: &str, words: &str) {
    let call = scenario::call(words, world);
    steps::checked(world, organization, &call).unwrap_or_else(|code| panic!("{words}: {code:?}"));
}

fn pay(world: &mut World, reference: &str, amount: &str) {
    let words = format!("instruct from={LINE} reference={reference} amount={amount} to=city_civil");
    let call = scenario::call(&words, world);
    steps::act(world, "home", &call, &["checker", "payer"]).unwrap();
}

fn status(world: &World) -> Status {
    line_status(&world.state, &line_name(LINE)).unwrap().unwrap()
}

fn stages_planned(world: &World) -> Vec<(Stage, Fen)> {
    let rows = planned(&world.state, &line_name(ABOVE)).unwrap();
    let of_home = |row: &Planned| row.holder == code("home") && row.amount == yuan("60");
    assert!(rows.iter().all(of_home), "{rows:?}");
    rows.into_iter().map(|row| (row.stage, row.issued)).collect()
}

/// The plan waits for its reviewer, is reviewed, and issued in two parts.
fn plan_and_issue(world: &mut World) {
    act(world, "county_finance", &format!("record to={ABOVE} amount=100元 notice=公告"));
    let words = format!("plan name=春 from={ABOVE} reviewer=county_finance row=home:60元");
    let call = scenario::call(&words, world);
    let (proposal, outcome) = world.act("county_civil.maker", &call);
    assert!(matches!(outcome, Outcome::Applied(_)));
    assert_eq!(stages_planned(world), [(Stage::Proposed, Fen::ZERO)]);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    alone(world, "county_civil.checker", &approve).unwrap();
    assert_eq!(stages_planned(world), [(Stage::Proposed, Fen::ZERO)]);
    alone(world, "county_finance.checker", &approve).unwrap();
    assert_eq!(stages_planned(world), [(Stage::Reviewed, Fen::ZERO)]);
    let part = format!(
        "issue from={ABOVE} to={LINE} amount=30元 basis=来财社〔2024〕3号 plan=county_civil/春/0"
    );
    act(world, "county_finance", &part);
    assert_eq!(stages_planned(world), [(Stage::Reviewed, yuan("30"))]);
    act(world, "county_finance", &part);
    assert_eq!(stages_planned(world), [(Stage::Issued, yuan("60"))]);
}

#[test]
fn a_line_goes_from_the_plan_to_the_announcement() {
    let mut world = World::new();
    world.date = "2024-03-01".parse().unwrap();
    plan_and_issue(&mut world);
    let mut seen = vec![status(&world).stage];
    let receive = scenario::call(&format!("receive line={LINE}"), &world);
    alone(&mut world, "home.maker", &receive).unwrap();
    seen.push(status(&world).stage);
    let give = "to=home/省级/2024/丙 amount=10元 notice=公示";
    act(&mut world, "home", &format!("allocate from={LINE} {give}"));
    seen.push(status(&world).stage);
    pay(&mut world, "凭证1", "20元");
    seen.push(status(&world).stage);
    pay(&mut world, "凭证2", "30元");
    seen.push(status(&world).stage);
    let way =
        [Stage::Issued, Stage::Received, Stage::Suballocated, Stage::Paying, Stage::Completed];
    assert_eq!(seen, way);
    // A payment that was entered wrongly is corrected, not returned.
    act(&mut world, "home", "correct payment=凭证2");
    let now = status(&world);
    assert_eq!((now.stage, now.corrected), (Stage::Paying, yuan("30")));
    assert_eq!(now.returned, Fen::ZERO);
    world.date = "2025-01-10".parse().unwrap();
    act(&mut world, "home", "publish index=公告1 meets=lottery.use_local/省级/2024/1");
    assert_eq!(status(&world).stage, Stage::Announced);
    let above = line_status(&world.state, &line_name(ABOVE)).unwrap().unwrap();
    assert_eq!(above.stage, Stage::Suballocated, "its holder announced nothing");
    for which in [LinesReport::Execution, LinesReport::Documents] {
        let selection = Selection { fund: Some(text("省级")), ..Selection::default() };
        let ask = Ask { selection, limit: 100, ..Ask::default() };
        let report = lines(&world.state, which, &ask, as_of(&world)).unwrap();
        let rows = column(&report, "line").into_iter().zip(column(&report, "stage"));
        let mut rows: Vec<_> = rows.filter(|(line, _)| line == "乙").collect();
        rows.sort();
        let stages: Vec<_> = rows.into_iter().map(|(_, stage)| stage).collect();
        assert_eq!(stages, ["已公告", "已分配"], "{which:?}");
    }
}

/// 验收 and 评价 are of the project of the line's own holder.
#[test]
fn a_projects_line_is_accepted_and_evaluated_with_it() {
    let mut world = World::new();
    world.date = "2024-03-01".parse().unwrap();
    let project = "project reference=XM-1 category=老年人福利 unit=home year=2024 targets";
    act(&mut world, "home", project);
    let purpose = "category=老年人福利 project=XM-1 notice=公告";
    act(&mut world, "county_finance", &format!("record to={LINE} amount=60元 {purpose}"));
    assert_eq!(status(&world).stage, Stage::Received);
    act(&mut world, "home", "accept project=XM-1");
    assert_eq!(status(&world).stage, Stage::Accepted);
    let points = "points=2000,900,1000,850,2700,950";
    act(&mut world, "home", &format!("evaluate project=XM-1 {points}"));
    assert_eq!(status(&world).stage, Stage::Evaluated);
}

#[test]
fn what_is_not_received_is_not_announced_with_the_rest() {
    let mut world = World::new();
    world.date = "2024-03-01".parse().unwrap();
    plan_and_issue(&mut world);
    act(&mut world, "county_finance", "record to=home/省级/2024/甲 amount=1元 notice=公告");
    world.date = "2025-01-10".parse().unwrap();
    act(&mut world, "home", "publish index=公告1 meets=lottery.use_local/省级/2024/1");
    assert_eq!(status(&world).stage, Stage::Issued);
    let received = line_status(&world.state, &line_name("home/省级/2024/甲")).unwrap().unwrap();
    assert_eq!(received.stage, Stage::Announced);
}

#[test]
fn every_stage_has_words_of_its_own_in_both_languages() {
    let said = [
        (Stage::Proposed, "已提出", "proposed"),
        (Stage::Reviewed, "已审核", "reviewed"),
        (Stage::Issued, "已下达", "issued"),
        (Stage::Received, "已签收", "received"),
        (Stage::Suballocated, "已分配", "suballocated"),
        (Stage::Paying, "支付中", "paying"),
        (Stage::Completed, "已支付完毕", "completed"),
        (Stage::Accepted, "已验收", "accepted"),
        (Stage::Evaluated, "已评价", "evaluated"),
        (Stage::Announced, "已公告", "announced"),
    ];
    for (stage, chinese, english) in said {
        assert_eq!((stage.chinese(), stage.english()), (chinese, english));
    }
}
