//! Rows that were corrected: what was taken back is in no total.

use minglian_contracts::allocation;
use minglian_contracts::allocation::line::LineName;
use minglian_contracts::allocation::year::TakeBack;
use minglian_contracts::call::Call;
use minglian_contracts::project::execution;
use minglian_explorer::database::Connection;
use minglian_explorer::index::IndexError;
use minglian_explorer::money::Money;
use minglian_explorer::pages::project;
use minglian_ledger::fen::{Fen, Unit};

use crate::chain::{Chain, code, text};
use crate::site::Site;
use crate::story::{self, PROJECT};

const PROJECT_PAGE: &str = "/projects/luxian_2020%234";

fn wan(amount: &str) -> Fen {
    Fen::parse_published(amount, Unit::TenThousandYuan).unwrap()
}

fn take_back(line: LineName, to: LineName, amount: &str) -> Call {
    let (amount, basis) = (wan(amount), story::basis(4, ""));
    let occurred_on = "2020-12-31".parse().unwrap();
    let take = TakeBack { line, to, amount, basis, occurred_on };
    Call::Allocation(allocation::Call::Recover(take))
}

/// The story, in which later nothing was carried over, and 180 was allocated instead of 230.
fn corrected() -> Chain {
    let mut chain = story::told();
    let home = story::line("home", "海潮镇敬老院");
    let next_year = LineName { year: 2021, ..home.clone() };
    let undo = take_back(next_year, home.clone(), "30");
    assert_eq!(chain.act("finance", &undo, &["checker"]), 0);
    let undo = take_back(home, story::line("civil", "省级指标"), "50");
    assert_eq!(chain.act("finance", &undo, &["checker"]), 0);
    chain
}

/// Asks for a page that holds all of `texts` and none of `gross`.
async fn expect(site: &Site, path: &str, texts: &[&str], gross: &[&str]) {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    for text in texts {
        assert!(answer.body.contains(text), "{path} lacks {text}:\n{}", answer.body);
    }
    for text in gross {
        assert!(!answer.body.contains(text), "{path} holds {text}:\n{}", answer.body);
    }
}

#[tokio::test]
async fn totals_are_net_of_what_was_taken_back() {
    let site = Site::of(&corrected()).await;
    // Of 4,650,000.00 and 406,300.00 yuan all but 1,000,000.00 is left.
    let totals = ["1,800,000.00", "4,056,300.00", "1,000,000.00"];
    let gross = ["2,300,000.00", "300,000.00<"];
    expect(&site, "/", &totals, &gross).await;
    expect(&site, "/notices/luxian_2020", &totals, &gross).await;
    for organization in ["home", "civil"] {
        let page = format!("/organizations/{}", code(organization));
        expect(&site, &page, &["1,800,000.00 元"], &["2,300,000.00"]).await;
    }
    expect(&site, PROJECT_PAGE, &["2,300,000.00 元", "其中已被收回 500,000.00 元", "43.47%"], &[])
        .await;
    let issued = "data-label=\"下达或分配\"><a href=\"/accounts/1\">";
    let issued = format!("{issued}<span class=\"money\">1,800,000.00");
    expect(&site, "/allocations", &[&issued], &[]).await;
}

#[tokio::test]
async fn the_movements_behind_a_net_total_add_up_to_it() {
    let site = Site::of(&corrected()).await;
    let allocated = ["下达或分配、分配收回", "(减去退回、收回或作废后) 1,800,000.00 元"];
    expect(&site, "/movements?flow=allocated,allocation_taken_back", &allocated, &[]).await;
    let carried = ["结转、结转收回", "(减去退回、收回或作废后) 0.00 元"];
    expect(&site, "/movements?flow=carried,carry_taken_back", &carried, &[]).await;
    let alone = ["分配收回", "合计 500,000.00 元"];
    expect(&site, "/movements?flow=allocation_taken_back", &alone, &[]).await;
}

#[tokio::test]
async fn what_was_carried_and_taken_back_is_the_projects_money_once() {
    let chain = corrected();
    let (site, mut follower) = Site::new(&chain).await;
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    let unit = code("home");
    let expected = execution(follower.replica().state(), &unit, &text(PROJECT)).unwrap();
    let read = |connection: &Connection| project::sums(connection, PROJECT, unit.as_str());
    let shown = site.reader().read::<_, IndexError>(read).unwrap();
    assert_eq!((expected.quota, expected.paid), (wan("230"), wan("100")));
    assert_eq!((shown.quota, shown.paid), (Money::of(wan("230")), Money::of(wan("100"))));
    assert_eq!(shown.recovered, Money::of(wan("50")));
}
