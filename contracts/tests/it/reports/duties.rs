//! Doubtful points about what is owed and overdue, and about a charity's gifts and payments.

use minglian_contracts::charity::sums::{HELD, Held};
use minglian_contracts::report::Report;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::lines::Ask;
use minglian_contracts::report::selection::Selection;
use minglian_ledger::fen::Fen;
use minglian_ledger::state::{KeyValue, StateError, StateRead};

use super::log::{Log, as_of, column};
use super::{ask, go};
use crate::gift_acts::{CHARITY, all_applied, set_up, signed};
use crate::scenario;
use crate::steps;
use crate::world::{World, code};

/// What a holder's first page says.
fn report(world: &World, state: &dyn StateRead, holder: &str) -> Report {
    let all = ask(Selection { holder: Some(code(holder)), ..Selection::default() });
    findings(state, &Log::of(world), &all, as_of(world)).unwrap()
}

/// The points of a rule: subject, amount, days.
fn of_rule(report: &Report, rule: &str) -> Vec<(String, String, String)> {
    let rows = column(report, "subject").into_iter().zip(column(report, "amount"));
    let rows = rows.zip(column(report, "days"));
    let rows = column(report, "rule").into_iter().zip(rows);
    let rows = rows.filter(|(found, _)| found == rule);
    rows.map(|(_, ((subject, amount), days))| (subject, amount, days)).collect()
}

fn points(world: &World, holder: &str, rule: &str) -> Vec<(String, String, String)> {
    of_rule(&report(world, &world.state, holder), rule)
}

fn row(subject: &str, amount: &str, days: &str) -> (String, String, String) {
    (subject.to_owned(), amount.to_owned(), days.to_owned())
}

fn on(world: &mut World, day: &str) {
    world.date = day.parse().unwrap();
    world.block(Vec::new()).unwrap();
}

/// Acts of the charity.
fn gives(world: &mut World, acts: &[&str]) {
    for words in acts {
        let call = scenario::charity_call(words, world.date);
        let transactions = signed(world, CHARITY, &call);
        all_applied(world, transactions);
    }
}

#[test]
fn a_central_share_kept_after_its_day_is_a_doubtful_point_until_it_is_remitted() {
    let mut world = World::new();
    world.date = "2024-04-09".parse().unwrap();
    go(&mut world, &["lottery sales game=双色球 period=2024-03 sales=100万元"]);
    let rule = "overdue_remittance";
    on(&mut world, "2024-04-15");
    assert_eq!(points(&world, "lottery", rule), []);
    on(&mut world, "2024-04-17");
    assert_eq!(points(&world, "lottery", rule), [row("2024-03", "18000000", "2")]);
    go(&mut world, &["lottery remit period=2024-03 amount=17万元 reference=缴1"]);
    assert_eq!(points(&world, "lottery", rule), [row("2024-03", "1000000", "2")]);
    let found = report(&world, &world.state, "lottery");
    let articles = column(&found, "rule").into_iter().zip(column(&found, "article"));
    let mut articles = articles.filter(|(found, _)| found == rule);
    assert!(articles.all(|(_, article)| article.contains("彩票公益金管理办法")));
    go(&mut world, &["lottery remit period=2024-03 amount=1万元 reference=缴2"]);
    assert_eq!(points(&world, "lottery", rule), []);
}

#[test]
fn a_month_that_no_statement_ever_names_is_a_doubtful_point_after_its_day() {
    let mut world = World::new();
    let rule = "overdue_statement";
    on(&mut world, "2024-06-11");
    assert_eq!(points(&world, "lottery", rule), [], "nothing is known before the first");
    go(&mut world, &["lottery sales game=双色球 period=2024-03 sales=100万元"]);
    assert_eq!(
        points(&world, "lottery", rule),
        [row("2024-04", "0", "32"), row("2024-05", "0", "1")]
    );
    go(&mut world, &["lottery sales game=3D period=2024-04 sales=1万元"]);
    assert_eq!(points(&world, "lottery", rule), [row("2024-05", "0", "1")]);
    assert_eq!(points(&world, "county_civil", rule), [], "it sells nothing");
}

#[test]
fn what_is_not_answered_or_rectified_in_time_is_a_doubtful_point() {
    let mut world = World::new();
    world.date = "2025-04-01".parse().unwrap();
    let act = |world: &mut World, organization: &str, words: &str| {
        let call = scenario::call_of(&format!("{organization}.maker"), words, world);
        steps::checked(world, organization, &call).unwrap();
    };
    let complaint = "receive_complaint reference=诉1 about=organization:home handler=county_civil";
    act(&mut world, "county_civil", complaint);
    let audit = "open_audit reference=审1 organizations=home,county_civil years=2024-2024";
    act(&mut world, "audit", audit);
    let finding = "record_finding engagement=audit/审1 about=home year=2024 amount=3万元 finding=7";
    act(&mut world, "audit", finding);
    // Fifteen days to decide on a complaint, sixty to rectify.
    on(&mut world, "2025-04-16");
    assert_eq!(points(&world, "county_civil", "overdue_complaint"), []);
    on(&mut world, "2025-04-18");
    let subject = format!("{} 诉1", code("county_civil"));
    assert_eq!(points(&world, "county_civil", "overdue_complaint"), [row(&subject, "0", "2")]);
    on(&mut world, "2025-06-01");
    let subject = format!("{} 审1 7", code("audit"));
    assert_eq!(points(&world, "home", "overdue_rectification"), [row(&subject, "0", "1")]);
    act(&mut world, "county_civil", "accept_complaint complaint=county_civil/诉1");
    act(&mut world, "home", "rectify_finding engagement=audit/审1 finding=7 amount=3万元");
    assert_eq!(points(&world, "county_civil", "overdue_complaint"), [], "done late is done");
    assert_eq!(points(&world, "home", "overdue_rectification"), []);
}

#[test]
fn what_a_charity_has_not_published_or_decided_on_is_a_doubtful_point() {
    let mut world = World::new();
    world.date = "2025-03-01".parse().unwrap();
    set_up(&mut world);
    gives(
        &mut world,
        &[
            "donate reference=捐1 fund=南湖 amount=100元",
            "pay_ahead fund=南湖 for=助餐 reference=付1 amount=5元 to=home",
        ],
    );
    let declare = scenario::call("declare trigger=budget_approved subject=预算", &world);
    steps::checked(&mut world, CHARITY, &declare).unwrap();
    // Three days to decide, twenty to publish.
    on(&mut world, "2025-03-04");
    assert_eq!(points(&world, CHARITY, "overdue_decision"), []);
    on(&mut world, "2025-03-05");
    assert_eq!(points(&world, CHARITY, "overdue_decision"), [row("南湖 付1", "500", "1")]);
    on(&mut world, "2025-03-22");
    let owed = points(&world, CHARITY, "overdue_disclosure");
    assert!(owed.contains(&row("budget.documents 预算 1", "0", "1")), "{owed:?}");
    gives(&mut world, &["correct_payout payment=付1"]);
    assert_eq!(points(&world, CHARITY, "overdue_decision"), []);
}

#[test]
fn gifts_and_payments_that_repeat_one_another_are_doubtful_points() {
    let mut world = World::new();
    set_up(&mut world);
    gives(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=30元 donor=home",
            "donate reference=捐2 fund=本级 amount=30元 donor=home",
            "donate reference=捐3 fund=本级 amount=30元 donor=county_civil",
            "donate reference=捐4 fund=本级 amount=31元 donor=home",
            "donate reference=捐5 fund=本级 amount=30元",
            "donate reference=捐6 fund=本级 amount=30元",
            "disburse fund=本级 under=助餐 reference=付1 amount=4元 to=home",
            "disburse fund=本级 under=助餐 reference=付2 amount=4元 to=home",
            "disburse fund=本级 under=助餐 reference=付3 amount=5元 to=home",
        ],
    );
    // Of persons and of nobody known it cannot be said whether they are the same.
    let gifts = points(&world, CHARITY, "duplicate_gift");
    assert_eq!(gifts, [row("本级 捐1 捐2", "3000", "null")]);
    let payments = points(&world, CHARITY, "duplicate_payout");
    assert_eq!(payments, [row("本级 付1 付2", "400", "null")]);
    let found = report(&world, &world.state, CHARITY);
    let place = column(&found, "rule").iter().position(|rule| rule == "duplicate_payout");
    let records = column(&found, "records").remove(place.unwrap());
    assert_eq!(records.split(' ').count(), 2, "the records that paid");
    gives(&mut world, &["bounced payment=付2 amount=4元", "void_donation donation=捐2"]);
    assert_eq!(points(&world, CHARITY, "duplicate_payout"), []);
    assert_eq!(points(&world, CHARITY, "duplicate_gift"), []);
}

/// A state in which one fund is said to hold something else.
struct Miscounted<'a> {
    state: &'a dyn StateRead,
    key: Vec<u8>,
    held: Vec<u8>,
}

impl StateRead for Miscounted<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        if key == self.key { Ok(Some(self.held.clone())) } else { self.state.get(key) }
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        let mut found = self.state.scan_prefix(prefix, after, limit)?;
        for (key, value) in &mut found {
            if *key == self.key {
                *value = self.held.clone();
            }
        }
        Ok(found)
    }
}

#[test]
fn a_fund_whose_sums_contradict_one_another_is_a_doubtful_point() {
    let mut world = World::new();
    set_up(&mut world);
    gives(&mut world, &["donate reference=捐1 fund=本级 amount=20元"]);
    assert_eq!(points(&world, CHARITY, "fund_sum_error"), []);
    let key = (code(CHARITY), Some(crate::world::text("本级")));
    let known = HELD.get(&world.state, &key).unwrap().unwrap();
    let held = Held { income: Fen::new(2_100).unwrap(), ..known };
    let held = borsh::to_vec(&held).unwrap();
    let state = Miscounted { state: &world.state, key: HELD.key(&key), held };
    let found = of_rule(&report(&world, &state, CHARITY), "fund_sum_error");
    // One yuan is neither spent nor held, and in no quarter.
    assert_eq!(found, [row("本级 收支结余", "100", "null"), row("本级 收入", "100", "null")]);
}

#[test]
fn a_charitys_points_stand_on_pages_behind_its_lines() {
    let mut world = World::new();
    set_up(&mut world);
    gives(&mut world, &["donate reference=捐1 fund=本级 amount=20元"]);
    let to = format!("county_finance record to={CHARITY}/省级/2024");
    let lines = ["甲", "乙"].map(|line| format!("{to}/{line} amount=1万元 notice=公告"));
    world.date = world.date.max("2024-05-01".parse().unwrap());
    for line in &lines {
        go(&mut world, &[line.as_str()]);
    }
    let selection = Selection { holder: Some(code(CHARITY)), ..Selection::default() };
    let (mut after, mut pages) = (None, 0);
    let mut found = Vec::new();
    loop {
        let ask = Ask { selection: selection.clone(), after, limit: 1, ..Ask::default() };
        let page = findings(&world.state, &Log::of(&world), &ask, as_of(&world)).unwrap();
        found.extend(column(&page, "rule").into_iter().filter(|rule| rule == "no_document"));
        (after, pages) = (page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 2, "each line once");
    assert!(pages >= 2);
}
