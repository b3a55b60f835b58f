//! Reports on charity money.

use minglian_contracts::report::gifts::{AskGifts, gifts};
use minglian_contracts::report::ratio;
use minglian_ledger::organization_code::OrganizationCode;

use super::log::{as_of, column, total};
use crate::gift_acts::{self, CHARITY};
use crate::scenario;
use crate::world::{World, code};

/// A charity with two gifts, one bound to a use, a payment and a refund.
fn charity() -> World {
    let mut world = World::new();
    world.date = "2024-05-06".parse().unwrap();
    gift_acts::set_up(&mut world);
    for words in [
        "donate reference=捐1 fund=本级 amount=100元 donor=person:甲",
        "donate reference=捐2 fund=本级 amount=50元 for=助学 donor=person:甲",
        "disburse fund=本级 under=助餐 reference=付1 amount=30元 to=home",
        "refund donation=捐1 reference=退1 amount=20元",
    ] {
        let call = scenario::charity_call(words, world.date);
        let transactions = gift_acts::signed(&mut world, CHARITY, &call);
        gift_acts::all_applied(&mut world, transactions);
    }
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
