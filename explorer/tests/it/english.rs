//! English pages: what the ledger's programs say is English, what people wrote is marked as
//! Chinese.

use minglian_contracts::book::{AccountId, Measure, MovementNumber, Origin};
use minglian_contracts::words::Names;
use minglian_explorer::words::passage::{self, Part, is_chinese};
use minglian_ledger::organization_code::OrganizationCode;

use crate::chain::{Chain, code, text};
use crate::site::Site;
use crate::story::{self, day};

struct Bureau;

impl Names for Bureau {
    fn organization(&self, _: &OrganizationCode) -> String {
        "泸县民政局".to_owned()
    }
}

/// The passage, with what stays Chinese in brackets.
fn marked(parts: &[Part]) -> String {
    let mark = |part: &Part| match part.is_chinese {
        true => format!("[{}]", part.text),
        false => part.text.clone(),
    };
    parts.iter().map(mark).collect()
}

#[test]
fn accounts_are_described_in_english_and_end_as_the_verifier_expects() {
    let line = |line: &str| AccountId::Line {
        holder: code("civil"),
        measure: Measure::Cash,
        fund: text("慈善基金:南湖"),
        year: 0,
        line: text(line),
    };
    let (organization, reference) = (code("civil"), text("凭证1"));
    let payment = AccountId::Payment { organization, reference };
    let movement = MovementNumber(7);
    let voided = AccountId::Voided { organization, movement };
    for (account, said) in [
        (line("省级指标"), "[泸县民政局], “[省级指标]”"),
        (line("2026-01"), "[泸县民政局], “2026-01”"),
        (line("非限定"), "[泸县民政局], unrestricted “[非限定]”"),
        (
            line("按公告更正收回·省级指标"),
            "[泸县民政局], Entered too high, corrected “[按公告更正收回·省级指标]”",
        ),
        (payment, "[泸县民政局], payment “[凭证1]”"),
        (voided, "[泸县民政局], voided movement 7"),
    ] {
        assert_eq!(marked(&passage::account(&account, &Bureau)), said);
    }
}

#[test]
fn origins_are_told_in_english_but_for_names_and_numbers_of_documents() {
    let numbers = text("川财社〔2020〕12号");
    let (occurred_on, game) = (day("2020-12-31"), text("双色球"));
    let document = Origin::Document { numbers, level: text("省级"), implied: true, occurred_on };
    let period = occurred_on.month();
    for (origin, said) in [
        (
            document,
            "province [川财社〔2020〕12号] 2020-12-31 (implied by a notice that prints no receipt)",
        ),
        (
            Origin::Sales { game, period: text("2020-12"), occurred_on },
            "sales of [双色球] in 2020-12",
        ),
        (
            Origin::Other {
                description: text(&format!("弃奖奖金 双色球 {period}")), occurred_on
            },
            "unclaimed prizes [双色球] 2020-12 2020-12-31",
        ),
    ] {
        assert_eq!(marked(&passage::origin(&origin)), format!("outside the ledger: {said}"));
    }
}

#[test]
fn details_of_refusals_say_what_the_table_knows_and_mark_the_rest() {
    for (detail, said) in [
        ("", ""),
        ("304 fen, 3 are the most", "304 fen, 3 are the most"),
        (
            "老年人福利, the line above has 儿童福利",
            "Welfare of the old, the line above has \
          Welfare of children",
        ),
        (
            "5151/Quota/彩票公益金/2020/省级指标: 5 < 9 fen",
            "5151/Quota/[彩票公益金]/2020/[省级指标]: \
          5 < 9 fen",
        ),
        (
            "川财社〔2020〕12号、按公告补录:luxian_2020 第4行",
            "[川财社〔2020〕12号], entered from a \
          notice:luxian_2020 row 4",
        ),
        ("第x行 第行", "[第x行] [第行]"),
    ] {
        assert_eq!(marked(&passage::passage(detail)), said, "{detail}");
    }
}

/// A page's part without what is marked as Chinese.
fn unmarked(part: &str) -> String {
    let mut rest = String::new();
    for (number, piece) in part.split("<span lang=\"zh-CN\">").enumerate() {
        let after = if number == 0 { piece } else { piece.split_once("</span>").unwrap().1 };
        rest.push_str(after);
    }
    rest
}

fn between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    page.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

#[tokio::test]
async fn english_pages_leave_only_names_chinese_in_movements_and_refusals() {
    let chain: Chain = story::told();
    let site = Site::of(&chain).await;
    let mut places = 0;
    for path in ["/en/movements", "/en/entries/3", "/en/accounts/1", "/en/trace/3/up"] {
        let page = site.get(path).await.body;
        for label in ["From", "To"] {
            let cell = format!("<td data-label=\"{label}\">");
            for cell in between(&page, &cell, "</td>") {
                assert!(!is_chinese(&unmarked(cell)), "{path}: {cell}");
                places += 1;
            }
        }
        assert!(page.contains("<span lang=\"zh-CN\">泸县民政局</span>"), "{path}: {page}");
    }
    assert!(places > 20, "{places}");
    let trace = site.get("/en/trace/3/up").await.body;
    assert!(trace.contains("outside the ledger"), "{trace}");
    let refused = site.get("/en/entries?refused=1").await.body;
    let link = refused.split("href=\"/en/entries/").nth(2).unwrap().split('"').next().unwrap();
    let page = site.get(&format!("/en/entries/{link}")).await.body;
    let said = between(&page, "<p class=\"alarm\">", "</p>")[0];
    assert!(said.contains("in detail: ") && said.contains(" fen"), "{said}");
    assert!(said.contains("<span lang=\"zh-CN\">"), "{said}");
    assert!(!is_chinese(&unmarked(said)), "{said}");
    let account = site.get("/en/accounts/1").await.body;
    let basis = between(&account, "<dt>Basis</dt>", "</dd>")[0];
    assert!(basis.contains("entered from a notice:luxian_2020 row 4"), "{basis}");
    // Chinese pages are as they were.
    let page = site.get("/entries/3").await.body;
    assert!(!page.contains("<span lang=\"zh-CN\">"), "{page}");
}
