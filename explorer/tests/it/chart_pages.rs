//! The pages with charts: their figures are those of the other pages and of the ledger.

use minglian_contracts::allocation;
use minglian_contracts::allocation::line::LineName;
use minglian_contracts::allocation::year::TakeBack;
use minglian_contracts::book;
use minglian_contracts::call::Call;
use minglian_explorer::database::Connection;
use minglian_explorer::index::IndexError;
use minglian_explorer::money::Money;
use minglian_explorer::pages::bands::{self, Filter, bands};
use minglian_explorer::pages::counties::Sums;
use minglian_explorer::pages::sums::{self, Key};
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::state::StateRead;

use crate::chain::{Chain, text};
use crate::site::Site;
use crate::story;

const LUXIAN: &str = "510521";

fn wan(amount: &str) -> Fen {
    Fen::parse_published(amount, Unit::TenThousandYuan).unwrap()
}

fn money(amount: &str) -> Money {
    Money::of(wan(amount))
}

/// As an import of a corrected row does: what was entered too high goes to a line of finance.
fn take_back(line: &str, amount: &str) -> Call {
    let from = story::line("civil", line);
    let name = text(&format!("按公告更正收回·{line}"));
    let to = LineName { line: name, ..story::line("finance", line) };
    let (amount, basis) = (wan(amount), story::basis(4, ""));
    let occurred_on = "2020-12-31".parse().unwrap();
    let take = TakeBack { line: from, to, amount, basis, occurred_on };
    Call::Allocation(allocation::Call::Recover(take))
}

/// The story, in which later the implied quota was 460 instead of 465, and the received one 40
/// instead of 40.63.
fn corrected() -> Chain {
    let mut chain = story::told();
    for (line, amount) in [("省级指标", "5"), ("省级追加", "0.63")] {
        assert_eq!(chain.act("finance", &take_back(line, amount), &["checker"]), 0, "{line}");
    }
    chain
}

/// Every sum of the pages agrees with every other one and with the state of the ledger.
fn check(site: &Site, state: &dyn StateRead, corrected: Money) {
    site.reader()
        .read::<_, IndexError>(|connection| {
            let all = whole(connection, &Filter::default());
            let key = Key::default();
            let totals = sums::totals(connection, "quota", &key, &[])?.remove(0).1;
            let row = sums::row(String::new(), String::new(), String::new(), &key, &totals);
            assert_eq!(bands::of(&all, "spent"), row.spent.amount);
            assert_eq!(bands::of(&all, "left"), row.left.amount);
            let came = row.received.amount.plus(row.implied.amount);
            assert_eq!(bands::present(&all), came, "what came is paid or left");
            assert_eq!(came, money("505.63").minus(corrected));
            let lines = ledger(connection, state);
            assert_eq!(lines, (row.spent.amount, row.left.amount.plus(corrected)));
            for columns in [["year"], ["division"], ["category"], ["level"], ["fund"]] {
                let parts = bands(connection, &Filter::default(), &columns)?;
                let sum = parts
                    .iter()
                    .fold(Money::default(), |sum, (_, flows)| sum.plus(bands::present(flows)));
                assert_eq!(sum, came, "{columns:?}");
            }
            for (place, flows) in bands(connection, &Filter::default(), &["year", "division"])? {
                assert!(Sums::of(&flows).balance(), "{place:?}: {flows:?}");
            }
            for (table, column, expected) in [
                ("project_bands", "amount", came),
                ("project_bands", "spent", row.spent.amount),
                ("held", "amount", row.left.amount),
                ("months", "spent", row.spent.amount),
            ] {
                let query = format!("SELECT sum({column}) FROM {table}");
                let sum = connection.query_row(&query, [], |row| row.get(0))?;
                assert_eq!(Money::fen(sum), expected, "{table}.{column}");
            }
            Ok(())
        })
        .unwrap();
}

fn whole(connection: &Connection, filter: &Filter) -> bands::Flows {
    bands(connection, filter, &[]).unwrap().remove(0).1
}

/// What the ledger's own state says: paid and left of all quota lines.
fn ledger(connection: &Connection, state: &dyn StateRead) -> (Money, Money) {
    let mut statement = connection.prepare_cached("SELECT id FROM lines").unwrap();
    let numbers = statement.query_map([], |row| row.get::<i64>(0)).unwrap();
    let (mut paid, mut left) = (Money::default(), Money::default());
    for number in numbers {
        let id = minglian_explorer::index::account::identity(connection, number.unwrap());
        let id = id.unwrap().unwrap();
        left = left.plus(Money::of(book::account(state, &id).unwrap().unwrap().balance()));
    }
    let query = "SELECT encoded FROM accounts WHERE kind = 'payment'";
    let mut statement = connection.prepare_cached(query).unwrap();
    let payments = statement.query_map([], |row| row.get::<Vec<u8>>(0)).unwrap();
    for encoded in payments {
        let id = borsh::from_slice(&encoded.unwrap()).unwrap();
        paid = paid.plus(Money::of(book::account(state, &id).unwrap().unwrap().balance()));
    }
    (paid, left)
}

#[tokio::test]
async fn the_sums_of_bands_are_the_totals_and_the_ledger() {
    for (chain, too_much) in [(story::told(), "0"), (corrected(), "5.63")] {
        let (site, mut follower) = Site::new(&chain).await;
        for block in &chain.blocks {
            follower.apply(block).unwrap();
        }
        check(&site, follower.replica().state(), money(too_much));
    }
}

#[tokio::test]
async fn quota_entered_too_high_and_corrected_counts_nowhere() {
    let site = Site::of(&corrected()).await;
    let home = site.get("/").await.body;
    for text in ["4,600,000.00", "400,000.00", "4,000,000.00"] {
        assert!(home.contains(text), "{text}: {home}");
    }
    let gross = ["4,650,000.00<", "406,300.00<", "4,056,300.00"];
    let table = home.split("最新账目").next().unwrap();
    assert!(!gross.iter().any(|text| table.contains(text)), "{table}");
    let movements = site.get("/movements?flow=implied,corrected_implied").await.body;
    for text in ["按公告更正收回", "(减去退回、收回或作废后) 4,600,000.00 元"] {
        assert!(movements.contains(text), "{text}: {movements}");
    }
    let finance = site.get(&format!("/organizations/{}", crate::chain::code("finance"))).await;
    assert!(
        finance.body.contains("收入</dt><dd><a href") && !finance.body.contains(">56,300.00 元")
    );
}

/// Asks for a page in both languages; the Chinese one.
async fn page(site: &Site, path: &str, texts: &[&str]) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    for text in texts {
        assert!(answer.body.contains(text), "{path} lacks {text}:\n{}", answer.body);
    }
    for hostile in ["<script", "<b>", "style=\"", "onload="] {
        assert!(!answer.body.contains(hostile), "{path} holds {hostile}");
    }
    let english = site.get(&format!("/en{path}")).await;
    assert_eq!(english.status, 200, "/en{path}");
    let links = english.body.matches("href=\"/").count();
    let kept =
        english.body.matches("href=\"/en").count() + english.body.matches("href=\"/zh/").count();
    assert_eq!(links, kept, "/en{path} leaves its language");
    answer.body
}

#[tokio::test]
async fn money_flows_from_source_to_use_and_every_band_is_linked() {
    let site = Site::of(&story::told()).await;
    let texts = ["<svg ", "role=\"group\"", "彩票公益金·省级 → 省级 505.63万元", "泸县"];
    let body = page(&site, "/flows?year=0", &texts).await;
    assert_eq!(body.matches("class=\"band ").count(), body.matches("class=\"band s").count());
    let links = body.split("<a href=\"/allocations?").skip(1);
    let mut followed = 0;
    for link in links {
        let link = link.split('"').next().unwrap().replace("&#38;", "&");
        let answer = site.get(&format!("/allocations?{link}")).await;
        assert_eq!(answer.status, 200, "{link}");
        assert!(answer.body.contains("筛选合计"), "{link}");
        followed += 1;
    }
    assert!(followed > 10, "{followed} links");
    // The newest year alone has what was carried there.
    page(&site, "/flows", &["<option value=\"2021\" selected>", "300,000.00"]).await;
    page(&site, "/flows?year=2020&division=510521", &["475.63万元"]).await;
    page(&site, "/flows?fund=none", &["没有指标"]).await;
    let listed = site.get("/allocations?year=2020&division=510521&category=老年人福利").await.body;
    assert!(listed.contains("净支出 1,000,000.00 元") && listed.contains("余额 3,756,300.00 元"));
}

#[tokio::test]
async fn the_structure_opens_level_by_level_down_to_projects() {
    let site = Site::of(&story::told()).await;
    let mut path = "/structure".to_owned();
    let heads = ["2020", "泸县", "老年人福利", "海潮镇敬老院建设&#60;b&#62;"];
    for (level, head) in heads.iter().enumerate() {
        let body = page(&site, &path, &["<svg ", head]).await;
        assert_eq!(body.matches("aria-current").count(), 1, "{path}");
        let table = body.split("<tbody>").nth(1).unwrap();
        let row = table.split("<tr>").find(|row| row.contains(head)).unwrap();
        path = row.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        path = path.replace("&#38;", "&");
        assert_eq!(path.starts_with("/projects/"), level == 3, "{path}");
    }
    page(&site, &path, &["凭证1"]).await;
    assert_eq!(site.get("/structure?category=-").await.status, 400);
    assert_eq!(site.get("/structure?year=x").await.status, 400);
}

#[tokio::test]
async fn execution_stands_beside_the_year_and_the_days_of_the_law() {
    let site = Site::of(&story::told()).await;
    let texts = ["时间进度", "年度已过,未执行完", "21.02%", "期限 60 日", "逐月支出"];
    let body = page(&site, "/execution?year=2020", &texts).await;
    // The project's rate is the one of its own page.
    assert!(body.contains("43.47%") && body.contains("海潮镇敬老院建设&#60;b&#62;"), "{body}");
    page(&site, "/execution", &["慢于时间进度"]).await;
    page(&site, "/execution?year=0&division=510521", &["各项目"]).await;
    page(&site, "/execution?year=1999", &["没有指标", "没有项目"]).await;
}

#[tokio::test]
async fn reports_on_quota_draw_their_largest_rows() {
    let site = Site::of(&story::told()).await;
    let texts = ["<svg ", "本页支出最多的是海潮镇敬老院建设&#60;b&#62;:100万元", "role=\"img\""];
    page(&site, "/reports/execution", &texts).await;
    let holding = page(&site, "/reports/holding", &[]).await;
    assert!(!holding.contains("<svg "), "it says nothing of spending");
}

#[tokio::test]
async fn counties_say_what_came_what_was_paid_and_what_is_left() {
    let site = Site::of(&story::told()).await;
    let all = ["泸县", "5,056,300.00", "1,000,000.00", "4,056,300.00"];
    let body = page(&site, "/counties?year=0", &all).await;
    assert!(!body.contains("<svg ") && !body.contains("<em>不符</em>"), "{body}");
    let texts = ["<svg ", "老年人福利", "100.00%的钱用于老年人福利", "机构", "尚未支出 405.63万元"];
    page(&site, &format!("/counties/{LUXIAN}"), &texts).await;
    assert_eq!(site.get("/counties/999999").await.status, 404);
    assert_eq!(site.get("/counties/x").await.status, 400);
    page(&site, "/", &["<svg ", "100.00%的钱用于老年人福利"]).await;
}
