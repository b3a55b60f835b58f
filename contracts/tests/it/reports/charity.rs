//! Reports on charity money.

use minglian_contracts::charity::sums::{HELD, USES};
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::gifts::{AskGifts, gifts};
use minglian_contracts::report::paper::{Sheet, working_paper};
use minglian_contracts::report::ratio;
use minglian_contracts::report::selection::Selection;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;

use super::ask;
use super::log::{Log, as_of, column, total};
use crate::gift_acts::{self, CHARITY};
use crate::scenario;
use crate::world::{World, code};

/// Acts of the charity in a scenario's words.
fn give(world: &mut World, acts: &[&str]) {
    for words in acts {
        let call = scenario::charity_call(words, world.date);
        let transactions = gift_acts::signed(world, CHARITY, &call);
        gift_acts::all_applied(world, transactions);
    }
}

/// A charity with two gifts, one bound to a use, a payment and a refund.
fn charity() -> World {
    let mut world = World::new();
    world.date = "2024-05-06".parse().unwrap();
    gift_acts::set_up(&mut world);
    give(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=100元 donor=person:甲",
            "donate reference=捐2 fund=本级 amount=50元 for=助学 donor=person:甲",
            "disburse fund=本级 under=助餐 reference=付1 amount=30元 to=home",
            "refund donation=捐1 reference=退1 amount=20元",
        ],
    );
    world
}

#[test]
fn a_charitys_income_and_expenditure_stand_by_quarter_and_use() {
    let world = charity();
    let ask =
        AskGifts { charity: code(CHARITY), fund: None, year: None, quarter: None, after: None };
    let report = gifts(&world.state, &ask, as_of(&world)).unwrap();
    assert_eq!(report.reconciliation[0].holds, Some(true));
    assert_eq!(
        column(&report, "item"),
        ["捐赠收入(货币·非限定)", "捐赠收入(货币·限定)", "慈善活动支出", "结余"]
    );
    assert_eq!(column(&report, "period"), ["2024Q2", "2024Q2", "2024Q2", "null"]);
    assert_eq!(column(&report, "use"), ["", "助学", "助餐", ""]);
    // 100 and 50 came in, 20 went back; 30 were spent.
    assert_eq!(column(&report, "income"), ["8000", "5000", "0", "0"]);
    assert_eq!(total(&report, "expenditure"), "3000");
    assert_eq!(total(&report, "balance"), "10000");
    let other = AskGifts { year: Some(2024), quarter: Some(3), ..ask };
    let report = gifts(&world.state, &other, as_of(&world)).unwrap();
    assert_eq!(column(&report, "item"), ["结余"]);
    // What is not shown is reconciled all the same.
    assert_eq!(report.reconciliation[0].holds, Some(true));
}

/// Two gifts of one pool, of which one was entered by mistake and taken back.
#[test]
fn a_working_paper_says_of_a_gift_only_that_it_was_itself_taken_back() {
    let mut world = World::new();
    world.date = "2024-05-06".parse().unwrap();
    gift_acts::set_up(&mut world);
    let gifts =
        ["捐1", "捐2"].map(|gift| format!("donate reference={gift} fund=本级 amount=100元"));
    give(&mut world, &gifts.each_ref().map(String::as_str));
    give(&mut world, &["void_donation donation=捐1"]);
    let log = Log::of(&world);
    let records: Vec<LogIndex> = log.flows.iter().map(|flow| flow.record).collect();
    let [_, kept, taken_back] = records[..] else { panic!("{records:?}") };
    let wanted = |sheet: &&Sheet| records.contains(&sheet.record.index);
    let sheets: Vec<Sheet> = log.sheets.iter().filter(wanted).cloned().collect();
    let report = working_paper(&world.state, &log, &sheets, as_of(&world)).unwrap();
    assert_eq!(column(&report, "record")[1], kept.to_string());
    let said = format!("冲正 reversed 2024-05-06 #{taken_back}");
    assert_eq!(column(&report, "later"), [said.as_str(), "", ""]);
}

#[test]
fn surplus_of_another_fund_is_income_whosever_it_was() {
    let mut world = charity();
    gift_acts::found(&mut world, "基金会", "2024-06-01".parse().unwrap());
    for (charity, words) in [
        ("基金会", "open_fund fund=本级 kind=general name=基金会"),
        (CHARITY, "transfer_surplus fund=本级 to=南湖 amount=10元 under=结余 agreement=章程"),
        (CHARITY, "transfer_surplus fund=本级 to=基金会/本级 amount=5元 under=结余 agreement=章程"),
    ] {
        let call = scenario::charity_call(words, world.date);
        let transactions = gift_acts::signed(&mut world, charity, &call);
        gift_acts::all_applied(&mut world, transactions);
    }
    let arrived = |charity: &str| {
        let charity = code(charity);
        let ask = AskGifts { charity, fund: None, year: None, quarter: None, after: None };
        let report = gifts(&world.state, &ask, as_of(&world)).unwrap();
        let rows = column(&report, "item").into_iter().zip(column(&report, "income"));
        rows.filter(|(item, _)| item == "剩余财产转入").map(|(_, fen)| fen).collect::<Vec<_>>()
    };
    assert_eq!(arrived(CHARITY), ["1000"]);
    assert_eq!(arrived("基金会"), ["500"]);
}

#[test]
fn the_ratios_of_a_charitys_year_follow_from_its_sums() {
    let world = charity();
    let report = ratio::ratios(&world.state, &code(CHARITY), 2024, as_of(&world)).unwrap();
    assert!(report.is_reconciled());
    let items = column(&report, "item");
    let place = items.iter().position(|item| item.starts_with("charity.management_max."));
    let place = place.unwrap();
    assert_eq!(column(&report, "part")[place], "0");
    assert_eq!(column(&report, "whole")[place], "3000");
    assert_eq!(column(&report, "is_kept")[place], "true");
}

#[test]
fn a_year_that_broke_a_limit_is_a_doubtful_point_and_one_that_kept_it_is_none() {
    let mut world = World::new();
    world.date = "2024-05-06".parse().unwrap();
    gift_acts::set_up(&mut world);
    let pay = |number: u8, yuan: u8, expense: &str| {
        format!(
            "disburse fund=本级 under=助餐 reference=付{number} amount={yuan}元 to=home \
             expense={expense}"
        )
    };
    give(&mut world, &["donate reference=捐1 fund=本级 amount=100元"]);
    for words in [
        pay(1, 10, "program"),
        pay(2, 3, "management"),
        pay(3, 2, "fundraising"),
        pay(4, 1, "other"),
    ] {
        give(&mut world, &[&words]);
    }
    let report = ratio::ratios(&world.state, &code(CHARITY), 2024, as_of(&world)).unwrap();
    assert!(report.is_reconciled());
    let rows = column(&report, "item").into_iter().zip(column(&report, "part"));
    let amounts: Vec<(String, String)> = rows.take(8).collect();
    let expected = [
        ("income", "10000"),
        ("income_last_year", "0"),
        ("income_mean", "0"),
        ("program", "1000"),
        ("management", "300"),
        ("fundraising", "200"),
        ("other", "100"),
        ("spending", "1600"),
    ];
    assert_eq!(amounts, expected.map(|(item, fen)| (item.to_owned(), fen.to_owned())));
    // 3 of 16 are managing, where a tenth is allowed. What is to be spent is that of no income.
    let breaches = |year| {
        let selection =
            Selection { holder: Some(code(CHARITY)), year: Some(year), ..Selection::default() };
        let log = Log::of(&world);
        let report = findings(&world.state, &log, &ask(selection), as_of(&world)).unwrap();
        let rows = column(&report, "rule").into_iter().zip(column(&report, "amount"));
        let rows = rows.zip(column(&report, "english"));
        rows.map(|((rule, amount), said)| (rule, amount, said)).collect::<Vec<_>>()
    };
    let said = "2024: management of the year's spending: 18.75%, the limit is 10.00%";
    assert_eq!(breaches(2024), [("ratio_breach".to_owned(), "300".to_owned(), said.to_owned())]);
    assert_eq!(breaches(2023), []);
}

/// Gifts and payments of three quarters, and surplus of one fund for the other.
fn quarters() -> World {
    let mut world = World::new();
    world.date = "2024-05-06".parse().unwrap();
    gift_acts::set_up(&mut world);
    give(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=100元",
            "donate reference=捐2 fund=南湖 amount=40元 for=助学",
            "disburse fund=本级 under=助餐 reference=付1 amount=30元 to=home",
        ],
    );
    world.date = "2024-08-01".parse().unwrap();
    give(
        &mut world,
        &[
            "donate reference=捐3 fund=本级 amount=7元",
            "transfer_surplus fund=本级 to=南湖 amount=10元 under=结余 agreement=章程",
        ],
    );
    world.date = "2025-05-01".parse().unwrap();
    give(
        &mut world,
        &[
            "donate reference=捐4 fund=南湖 amount=5元",
            "disburse fund=南湖 under=助餐 reference=付2 amount=2元 to=home",
        ],
    );
    world
}

#[test]
fn rows_of_a_fund_year_or_quarter_are_what_its_quarters_come_to() {
    let world = quarters();
    // All that moved in the quarters, in yuan: of both funds 100 + 40 + 30 in the second of 2024,
    // 7 + 10 + 10 in the third, as surplus goes and comes, and 5 + 2 in the second of 2025. What
    // ever came into the fund does not depend on the time that is asked for.
    for (fund, year, quarter, moved, ever_came_in) in [
        (None, None, None, 204, 162),
        (None, Some(2024), None, 197, 162),
        (None, None, Some(2), 177, 162),
        (None, Some(2024), Some(3), 27, 162),
        (None, Some(2025), Some(2), 7, 162),
        (None, Some(2025), Some(3), 0, 162),
        (None, Some(2023), None, 0, 162),
        (Some("本级"), None, None, 147, 107),
        (Some("本级"), None, Some(2), 130, 107),
        (Some("南湖"), None, None, 57, 55),
        (Some("南湖"), Some(2024), None, 50, 55),
        (Some("南湖"), Some(2024), Some(3), 10, 55),
        (Some("无"), None, None, 0, 0),
    ] {
        let asked = (fund, year, quarter);
        let (charity, fund) = (code(CHARITY), fund.map(str::to_owned));
        let ask = AskGifts { charity, fund: fund.clone(), year, quarter, after: None };
        let report = gifts(&world.state, &ask, as_of(&world)).unwrap();
        assert!(report.is_reconciled(), "{asked:?}: {report:#?}");
        let [conserved, rows] = &report.reconciliation[..] else { panic!("{report:#?}") };
        assert_eq!(
            (conserved.report.0, conserved.book.0),
            (ever_came_in * 100, ever_came_in * 100)
        );
        assert_eq!((rows.report.0, rows.book.0), (moved * 100, moved * 100), "{asked:?}");
        let sum = |key| total(&report, key).parse::<i128>().unwrap();
        assert_eq!(sum("income") + sum("expenditure"), moved * 100, "{asked:?}");
        let is_asked_for = |found: &String| fund.as_ref().is_none_or(|fund| fund == found);
        assert!(column(&report, "fund").iter().all(is_asked_for), "{asked:?}");
    }
}

#[test]
fn a_page_begins_behind_its_place() {
    let world = quarters();
    let behind = |place: Vec<u8>| {
        let ask = AskGifts {
            charity: code(CHARITY),
            fund: None,
            year: None,
            quarter: None,
            after: Some(place),
        };
        let report = gifts(&world.state, &ask, as_of(&world)).unwrap();
        // One of several pages proves nothing of the sums of quarters.
        assert_eq!(report.reconciliation[1].holds, None);
        column(&report, "period").into_iter().zip(column(&report, "balance")).collect::<Vec<_>>()
    };
    let row = |period: &str, balance: &str| (period.to_owned(), balance.to_owned());
    // By the order of their codes in the state, 南湖 stands before 本级.
    let balances = [row("null", "5300"), row("null", "6700")];
    assert_eq!(behind(HELD.prefix_of(&code(CHARITY))), balances);
    let of_2025 = behind(USES.prefix_of(&(code(CHARITY), 2025_u16.to_be_bytes())));
    assert_eq!(of_2025[..2], [row("2025Q2", "0"), row("2025Q2", "0")]);
    assert_eq!(of_2025[2..], balances);
}

/// What a gift report of all pages comes to: income, and expenditure with balance.
pub fn all_gifts(world: &World, charity: OrganizationCode) -> (i128, i128) {
    let mut ask = AskGifts { charity, fund: None, year: None, quarter: None, after: None };
    let (mut income, mut rest, mut rows) = (0, 0, (0, 0));
    loop {
        let page = gifts(&world.state, &ask, as_of(world)).unwrap();
        assert!(page.is_reconciled());
        rows.0 += page.reconciliation[1].report.0;
        rows.1 += page.reconciliation[1].book.0;
        income += page.reconciliation[0].report.0;
        rest += page.reconciliation[0].book.0;
        ask.after = page.next;
        if ask.after.is_none() {
            assert_eq!(rows.0, rows.1);
            return (income, rest);
        }
    }
}
