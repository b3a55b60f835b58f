//! Amounts by month: charities' money and the lottery's, on the ledger, in the index and on pages.

use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::change::Refund;
use minglian_contracts::charity::donation::{Donate, Gift, Goods, Valuation};
use minglian_contracts::lottery::STATEMENTS;
use minglian_explorer::database::Connection;
use minglian_explorer::index::IndexError;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::hash::{AttachmentHash, Commitment};

use crate::chain::{Chain, code, text};
use crate::site::Site;
use crate::{sales, society};

fn yuan(amount: &str) -> Fen {
    Fen::parse_published(amount, Unit::Yuan).unwrap()
}

/// The story of the charity, then a gift of goods of 45 元, of which nothing goes back, and 10 元 of
/// the bound gift that do.
fn given() -> Chain {
    let mut chain = society::told();
    let mut call = society::donate("捐物", "45", None, Commitment::of(&[b"goods"]));
    if let Call::Charity(charity::Call::Donate(Donate { gift, .. })) = &mut call {
        *gift = Gift::Goods(Goods {
            description: text("棉被"),
            quantity: text("3 床"),
            valuation: Valuation::Voucher,
            document: Some(AttachmentHash::of(&[b"voucher"])),
        });
    }
    assert_eq!(chain.act("charity", &call, &["checker"]), 0);
    let back = Call::Charity(charity::Call::Refund(Refund {
        donation: text("捐3"),
        reference: text("退1"),
        amount: yuan("10"),
        occurred_on: "2026-06-10".parse().unwrap(),
    }));
    assert_eq!(chain.act("charity", &back, &["checker", "payer"]), 0);
    chain
}

/// Asks the index for pairs of a name and a sum.
fn sums(site: &Site, query: &str) -> Vec<(String, i64)> {
    site.reader()
        .read::<_, IndexError>(|connection: &Connection| {
            let mut statement = connection.prepare_cached(query)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .unwrap()
}

#[tokio::test]
async fn months_of_charity_money_are_its_quarters_in_every_scope() {
    let site = Site::of(&given()).await;
    let months = |scope: &str| {
        let query = format!(
            "SELECT substr(month, 1, 4) || ' ' || ((substr(month, 6, 2) + 2) / 3) || ' ' || \
             iif(kind IN ('unrestricted', 'restricted', 'goods'), 'income', kind), sum(amount) \
             FROM charity_months WHERE {scope} GROUP BY 1 HAVING sum(amount) <> 0 ORDER BY 1"
        );
        sums(&site, &query)
    };
    let query = "SELECT year || ' ' || quarter || ' ' || kind, sum(amount) FROM charity_quarters \
                 GROUP BY 1 HAVING sum(amount) <> 0 ORDER BY 1";
    let quarters = sums(&site, query);
    assert_eq!(quarters.len(), 3, "{quarters:?}");
    for scope in ["fund <> ''", "fund = '' AND host <> ''", "host = ''"] {
        assert_eq!(months(scope), quarters, "{scope}");
    }
    let query = "SELECT month || ' ' || kind, amount FROM charity_months \
                 WHERE host = '' AND amount <> 0 ORDER BY 1";
    let expected = [
        ("2026-01 goods", 4_500),
        ("2026-01 restricted", 29_000),
        ("2026-01 unrestricted", 150_000),
        ("2026-02 management", 6_000),
        ("2026-02 program", 120_000),
    ];
    assert_eq!(sums(&site, query), expected.map(|(name, sum)| (name.to_owned(), sum)));
}

/// Asks for a page that holds all of `texts`, in both languages.
async fn page(site: &Site, path: &str, texts: &[&str]) -> String {
    for path in [path.to_owned(), format!("/en{path}")] {
        let answer = site.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        for text in texts {
            assert!(answer.body.contains(text), "{path} lacks {text}:\n{}", answer.body);
        }
        for hostile in ["<script", "<b>", "<2>", "style=\""] {
            assert!(!answer.body.contains(hostile), "{path} holds {hostile}");
        }
    }
    site.get(path).await.body
}

/// Every amount that a page's drawing says stands in one of its tables.
fn twins(page: &str) -> usize {
    let tables: String = page.split("<table>").skip(1).collect();
    let mut found = 0;
    for drawing in page.split("<svg ").skip(1).filter(|it| it.starts_with("xmlns")) {
        let drawing = drawing.split("</svg>").next().unwrap();
        for label in drawing.split("aria-label=\"").skip(1) {
            let label = label.split('"').next().unwrap();
            let Some(amount) = label.strip_suffix("万元").and_then(|it| it.rsplit(' ').next())
            else {
                continue;
            };
            assert!(tables.contains(&format!("<small>{amount}万</small>")), "{label}: {tables}");
            found += 1;
        }
        for figure in drawing.split("<text class=\"figure\"").skip(1) {
            let figure = figure.split('>').nth(1).unwrap().split('<').next().unwrap();
            let amount = figure.strip_suffix("万元").unwrap();
            let is_there = amount == "0" || tables.contains(&format!("<small>{amount}万</small>"));
            assert!(is_there, "{figure}: {tables}");
        }
    }
    found
}

#[tokio::test]
async fn charity_money_is_drawn_by_month_down_to_the_gift() {
    let site = Site::of(&given()).await;
    let charity = code("charity");
    let whole = ["1,500.00", "290.00", "45.00", "1,835.00", "1,200.00", "1,260.00", "2026-01"];
    for path in [
        "/giving".to_owned(),
        format!("/giving?charity={charity}"),
        format!("/giving?charity={charity}&fund=南湖"),
        format!("/charities/{charity}"),
        format!("/charities/{charity}/funds/南湖"),
        "/".to_owned(),
    ] {
        let body = page(&site, &path, &whole).await;
        assert_eq!(body.matches("<figure>").count(), 2, "{path}");
        assert!(twins(&body) >= 10, "{path}");
    }
    // A mark of all leads to the month, the charity, the fund, and there to the gift's entry.
    let body = page(&site, "/giving", &["/giving?month=2026-01"]).await;
    assert!(!body.contains("month=2025-12"), "nothing is behind an empty month: {body}");
    let body = page(&site, "/giving?month=2026-01", &["1,835.00", "45.00"]).await;
    let link = format!("/giving?charity={charity}&#38;month=2026-01");
    assert!(body.contains(&link), "{body}");
    let path = format!("/giving?charity={charity}&month=2026-01");
    let body = page(&site, &path, &["1,835.00"]).await;
    let part = body.split("href=\"/giving?charity=").find(|it| it.contains("fund=")).unwrap();
    let link = format!("/giving?charity={}", part.split('"').next().unwrap());
    let fund = link.replace("&#38;", "&");
    let body = page(&site, &fund, &["1,835.00", "捐1", "捐物"]).await;
    assert!(!body.contains("付1") && body.contains("href=\"/entries/"), "{body}");
    let spent = fund.replace("month=2026-01", "month=2026-02");
    let body = page(&site, &spent, &["1,260.00", "付1", "付2"]).await;
    assert!(!body.contains("捐1"), "{body}");
}

#[tokio::test]
async fn what_is_asked_of_months_and_is_not_there_is_refused() {
    let site = Site::of(&given()).await;
    let charity = code("charity");
    for (path, status) in [
        ("/giving?month=May".to_owned(), 400),
        ("/giving?until=2026-13".to_owned(), 400),
        ("/giving?fund=南湖".to_owned(), 400),
        ("/giving?charity=x".to_owned(), 404),
        (format!("/giving?charity={}", code("finance")), 404),
        (format!("/giving?charity={charity}&fund=北湖"), 404),
        ("/lottery?month=May".to_owned(), 400),
        ("/lottery?year=x".to_owned(), 400),
    ] {
        assert_eq!(site.get(&path).await.status, status, "{path}");
    }
    let empty = page(&site, "/giving?until=2025-12", &[]).await;
    assert!(empty.contains("没有收支") && !empty.contains("<figure>"), "{empty}");
    let empty = page(&site, "/giving?month=2020-01", &[]).await;
    assert!(empty.contains("没有收支"), "{empty}");
    for path in ["/lottery", "/lottery?year=2025", "/lottery?month=2026-03"] {
        let empty = page(&site, path, &[]).await;
        assert!(empty.contains("没有销售报告") && !empty.contains("<figure>"), "{path}: {empty}");
    }
}

#[tokio::test]
async fn the_lotterys_months_are_what_the_ledger_states_and_what_was_kept_of_remittances() {
    let chain = sales::told();
    let site = Site::of(&chain).await;
    let stated = STATEMENTS.scan(&chain.state, &(), None, 100).unwrap();
    let mut expected: Vec<(String, i64)> = stated
        .into_iter()
        .map(|((_, period, game), it)| {
            let sum = |fen: Fen| fen.get().to_string();
            let (accrual, record) = (it.accrual, it.newest);
            let (fund, central, local) =
                (sum(accrual.fund), sum(accrual.central), sum(accrual.local));
            let name = format!("{period} {game} {fund} {central} {local} {record}");
            (name, i64::try_from(accrual.sales.get()).unwrap())
        })
        .collect();
    expected.sort();
    let query = "SELECT period || ' ' || game || ' ' || fund || ' ' || central || ' ' || local \
                 || ' ' || record, sales FROM lottery_sales ORDER BY 1";
    assert_eq!(sums(&site, query), expected);
    assert_eq!(expected.len(), 3);
    let query = "SELECT period || ' ' || reference, kept FROM lottery_remittances ORDER BY 1";
    let kept =
        [("2026-03 缴1", 197_000_000), ("2026-03 缴<2>", 82_000_000), ("2026-04 缴3", 100_000_000)];
    assert_eq!(sums(&site, query), kept.map(|(name, sum)| (name.to_owned(), sum)));
}

#[tokio::test]
async fn sales_the_fund_and_remittances_are_drawn_by_month_and_game() {
    let site = Site::of(&sales::told()).await;
    // March 1000 and 600, April 2000: 1080 and 204 for the fund; 642 due, 379 remitted.
    let whole = ["36,000,000.00", "12,840,000.00", "6,420,000.00", "3,790,000.00", "2,630,000.00"];
    let body = page(&site, "/lottery", &whole).await;
    assert_eq!(body.matches("<figure>").count(), 3);
    assert!(twins(&body) > 20);
    assert!(body.contains("2026年应上缴中央分成642万元,已上缴379万元"), "{body}");
    assert!(body.contains("双色球:3000万元(83.33%)"), "{body}");
    let home = page(&site, "/", &["12,840,000.00"]).await;
    assert!(home.contains("2026年应上缴中央分成642万元"), "{home}");
    assert!(twins(&home) > 10);
    let month = ["16,000,000.00", "5,640,000.00", "2,820,000.00", "2,790,000.00", "30,000.00"];
    let body = page(&site, "/lottery?month=2026-03", &month).await;
    assert!(body.contains("缴&#60;2&#62;") && body.contains("2026-04-15"), "{body}");
    // The settled statement leads to the entry that settled it.
    let row = body.split("<th scope=\"row\">3D").nth(1).unwrap();
    let entry = row.split("href=\"/entries/").nth(1).unwrap().split('"').next().unwrap();
    let entry = site.get(&format!("/entries/{entry}")).await.body;
    assert!(entry.contains("更正“3D”2026-03销售为600万元"), "{entry}");
    let game = page(&site, "/lottery?year=2026&game=3D", &["6,000,000.00", "2,040,000.00"]).await;
    assert_eq!(game.matches("<figure>").count(), 1, "remittances name no game");
    assert!(!game.contains("30,000,000.00"), "{game}");
}
