//! Every figure of a page is what the page behind it says.

use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::change::Refund;
use minglian_ledger::fen::{Fen, Unit};

use crate::chain::{Chain, code, text};
use crate::site::Site;
use crate::{society, story};

/// A figure with the address behind it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Figure {
    link: String,
    amount: String,
}

/// The links of a page whose first text is an amount.
fn figures(page: &str) -> Vec<Figure> {
    let figure = |part: &str| {
        let (link, rest) = part.split_once("\">")?;
        let shown = rest.split_once("</a>")?.0;
        let shown = shown.trim_start_matches("<span class=\"money\">");
        let amount: String =
            shown.trim_start_matches("CNY ").chars().take_while(|it| is_digit(*it)).collect();
        let is_amount = amount.contains('.') && !shown.contains("<rect") && !shown.contains('%');
        let link = link.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&");
        is_amount.then_some(Figure { link, amount })
    };
    page.split("<a href=\"").skip(1).filter_map(figure).collect()
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit() || ",.-".contains(letter)
}

/// What a page says in words of sums; the whole page where it has no such paragraph.
fn stated(page: &str) -> &str {
    let after = page.split_once("<p class=\"note total\">").map(|(_, rest)| rest);
    after.map_or(page, |rest| rest.split("</p>").next().unwrap_or(rest))
}

fn says(page: &str, amount: &str) -> bool {
    let stated = stated(page);
    stated.match_indices(amount).any(|(at, _)| {
        let before = stated[..at].chars().next_back();
        let after = stated[at + amount.len()..].chars().next();
        !before.is_some_and(is_digit) && !after.is_some_and(is_digit)
    })
}

/// Follows every figure of a page, in both languages; how many there are.
async fn follow(site: &Site, path: &str) -> usize {
    let mut followed = 0;
    for path in [path.to_owned(), format!("/en{path}")] {
        let page = site.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        for Figure { link, amount } in figures(&page.body) {
            let behind = site.get(&link).await;
            assert_eq!(behind.status, 200, "{path} -> {link}");
            assert!(says(&behind.body, &amount), "{path}: {amount} -> {link}: {}", behind.body);
            followed += 1;
        }
    }
    followed
}

#[tokio::test]
async fn every_figure_of_the_money_pages_is_the_sum_behind_it() {
    let site = Site::of(&story::told()).await;
    let county = "/counties/510521";
    for path in ["/", "/counties?year=0", "/counties?year=2020", "/flows?year=0", "/flows", county]
    {
        assert!(follow(&site, path).await > 3, "{path}");
    }
    for path in ["/structure", "/structure?year=2020", "/execution?year=2020", "/execution"] {
        follow(&site, path).await;
    }
}

/// The other story, in which ten yuan of a gift go back.
fn refunded() -> Chain {
    let mut chain = society::told();
    let back = Call::Charity(charity::Call::Refund(Refund {
        donation: text("捐3"),
        reference: text("退1"),
        amount: Fen::parse_published("10", Unit::Yuan).unwrap(),
        occurred_on: "2026-06-10".parse().unwrap(),
    }));
    assert_eq!(chain.act("charity", &back, &["checker", "payer"]), 0);
    chain
}

#[tokio::test]
async fn a_charity_counts_the_same_on_the_home_page_and_on_its_own() {
    let site = Site::of(&refunded()).await;
    assert!(follow(&site, "/").await >= 6);
    let month = format!("/giving?charity={}&month=2026-01", code("charity"));
    for path in ["/giving?month=2026-01", "/giving?month=2026-02", &month] {
        assert_eq!(follow(&site, path).await, 2, "{path}");
    }
    let home = site.get("/").await.body;
    let own = site.get(&format!("/charities/{}", code("charity"))).await.body;
    let table = home.split("慈善基金(资金和物资)").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    for amount in ["1,790.00", "1,260.00"] {
        assert!(table.contains(amount) && own.contains(amount), "{amount}: {table}");
    }
    assert!(table.contains("530.00") && !table.contains("不符"), "{table}");
    let before = home.split("慈善基金(资金和物资)").next().unwrap();
    assert!(!before.contains("1,790.00"), "charity money under another heading");
    let funds = own.split("href=\"").filter_map(|part| part.split('"').next());
    let mut refunds = 0;
    for fund in funds.filter(|link| link.contains("/funds/")) {
        let page = site.get(fund).await.body;
        assert!(!page.contains("/entries/0\""), "{fund}: {page}");
        refunds += usize::from(page.contains("退1"));
    }
    assert!(refunds > 0, "no fund shows what it gave back: {own}");
}

#[tokio::test]
async fn addresses_for_programs_answer_on_pages_of_both_languages() {
    let site = Site::of(&story::told()).await;
    for path in ["/api", "/en/api"] {
        let page = site.get(path).await.body;
        assert!(!page.contains("SITE") && page.contains("month=2021-03"), "{page}");
        let links = page.split("href=\"").skip(1).filter_map(|part| part.split('"').next());
        let mut machine = 0;
        for link in links.filter(|link| link.contains("/v1/")) {
            let link = link.replace("&#38;", "&").replace("&amp;", "&");
            assert_eq!(site.get(&link).await.status, 200, "{path} -> {link}");
            machine += 1;
        }
        assert!(machine > 10, "{machine} links on {path}");
    }
}

#[tokio::test]
async fn a_receipt_is_found_by_both_numbers_in_one_text() {
    let site = Site::of(&society::told()).await;
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let whole = format!("{}{}", hex(&society::RECEIPT.0), hex(&society::RECEIPT.1));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{}/receipt", site.base))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("code={whole}&salt="));
    let body = request.send().await.unwrap().text().await.unwrap();
    assert!(body.contains("1,000.00 元"), "{body}");
}

#[tokio::test]
async fn a_notice_lists_every_row_with_its_number_payments_too() {
    let mut chain = story::told();
    for row in [8, 7] {
        let reference = format!("luxian_2020#{row}/spent");
        chain.next_reference = Some(reference.clone());
        let paid = story::pay(&reference, "1", None);
        assert_eq!(chain.act("home", &paid, &["checker", "payer"]), 0);
    }
    let site = Site::of(&chain).await;
    for (path, paid) in [("/notices/luxian_2020", "付款"), ("/en/notices/luxian_2020", "Payment")]
    {
        let page = site.get(path).await.body;
        let rows: Vec<&str> = page.split("<th scope=\"row\" class=\"number\">").skip(1).collect();
        let numbers: Vec<&str> = rows.iter().filter_map(|row| row.split('<').next()).collect();
        assert_eq!(numbers, ["7", "8"], "{page}");
        assert!(rows.iter().all(|row| row.contains(paid)), "{page}");
    }
}
