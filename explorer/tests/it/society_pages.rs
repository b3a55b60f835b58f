//! The pages of publication, charity, oversight and reports, over HTTP and in both languages.

use std::collections::BTreeSet;

use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::declared::Helped;
use minglian_contracts::charity::report;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::query::{self, Range};
use minglian_contracts::oversight::sample::{SAMPLES, SampleName};
use minglian_explorer::database::Connection;
use minglian_explorer::index::IndexError;
use minglian_explorer::language::Language;
use minglian_explorer::words;
use minglian_ledger::date::Date;
use minglian_ledger::date::beijing_date;

use crate::chain::{Chain, ORGANIZATIONS, code, text};
use crate::site::{Answer, Site};
use crate::society::{self, RECEIPT};

/// What would be markup if a page did not escape it.
const HOSTILE: [&str; 5] = ["<script", "<b>", "<img", "<1>", "\" onclick=\""];

fn check(path: &str, answer: &Answer, texts: &[&str]) {
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    for hostile in HOSTILE {
        assert!(!answer.body.contains(hostile), "{path} holds {hostile}:\n{}", answer.body);
    }
    for text in texts {
        assert!(answer.body.contains(text), "{path} lacks {text}:\n{}", answer.body);
    }
}

/// Asks for a page in both languages.
pub async fn both(site: &Site, path: &str, chinese: &[&str], english: &[&str]) {
    check(path, &site.get(path).await, chinese);
    let path = format!("/en{path}");
    let answer = site.get(&path).await;
    check(&path, &answer, english);
    assert!(answer.body.contains("<html lang=\"en\">"), "{path}");
    let site_links = answer.body.matches("href=\"/").count();
    let kept =
        answer.body.matches("href=\"/en").count() + answer.body.matches("href=\"/zh/").count();
    assert_eq!(site_links, kept, "{path} leaves its language");
}

#[tokio::test]
async fn what_was_published_stands_with_its_metadata_files_and_corrections() {
    let site = Site::of(&society::told()).await;
    let list = ["基金情况&#60;img src=x&#62;", "014133226/2026-00001", "更正说明", "已更正"];
    both(&site, "/disclosures", &list, &["Publications", "Index number", "corrected"]).await;
    let first = format!("/disclosures/{}/014133226%2F2026-00001", code("charity"));
    let chinese = [
        "本信息已被更正,见",
        "014133226%2F2026-00002",
        "主动公开",
        "长期公开",
        "从节点下载",
        "http://node.example/v1/attachments/",
        "已更正",
        "1800元",
    ];
    let english = ["This publication is corrected by", "Core metadata", "proactive", "Files"];
    both(&site, &first, &chinese, &english).await;
    let second = format!("/disclosures/{}/014133226%2F2026-00002", code("charity"));
    let chinese = ["本信息更正", "014133226/2026-00001", "管委会人数", "5&#60;b&#62;", "已更正"];
    both(&site, &second, &chinese, &["This publication corrects", "Should be"]).await;
}

#[tokio::test]
async fn the_calendar_says_what_is_owed_and_accuses_nobody() {
    let site = Site::of(&society::told()).await;
    let chinese = ["2026-05-31", "尚未见到上链披露", "暂定"];
    both(&site, "/calendar?month=2026-05", &chinese[..2], &["No publication seen", "not say that"])
        .await;
    both(&site, "/calendar?month=2026-02", &["2026-02-04", "已更正"], &["corrected"]).await;
    both(&site, "/overdue", &["2026-05-31", "10 日"], &["10 days", "not an accusation"]).await;
    let page = site.get("/overdue").await.body;
    assert!(!page.contains("违规") && page.contains("不作违法认定"), "{page}");
    let file = site.get("/calendar.ics").await;
    assert_eq!(file.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(
        file.body.starts_with("BEGIN:VCALENDAR\r\n") && file.body.ends_with("END:VCALENDAR\r\n")
    );
    assert!(file.body.split("\r\n").all(|line| line.len() <= 75), "{}", file.body);
    let whole = file.body.replace("\r\n ", "");
    assert!(whole.contains("DTSTART;VALUE=DATE:20260531") && whole.contains("\\;\\,"), "{whole}");
    assert_eq!(site.get("/calendar?month=May").await.status, 400);
}

#[tokio::test]
async fn feeds_are_well_formed_whatever_names_hold() {
    let site = Site::of(&society::told()).await;
    let of_charity = format!("/feeds/organizations/{}.atom", code("charity"));
    for path in ["/feeds/overdue.atom", &of_charity, "/en/feeds/overdue.atom"] {
        let feed = site.get(path).await;
        assert_eq!(feed.status, 200, "{path}");
        assert_eq!(feed.headers["content-type"], "application/atom+xml; charset=utf-8");
        assert!(feed.body.contains("<entry>") && feed.body.contains("urn:minglian:"), "{path}");
        for hostile in HOSTILE {
            assert!(!feed.body.contains(hostile), "{path} holds {hostile}: {}", feed.body);
        }
        let opened = feed.body.matches("<entry>").count();
        assert_eq!(opened, feed.body.matches("</entry>").count());
    }
    assert_eq!(site.get("/feeds/organizations/none.atom").await.status, 404);
}

#[tokio::test]
async fn a_charity_shows_its_years_limits_funds_campaigns_and_declared_years() {
    let site = Site::of(&society::told()).await;
    let path = format!("/charities/{}", code("charity"));
    let chinese = [
        "公开募捐资格",
        "基金会",
        "2026-Q1",
        "1,800.00",
        "1,200.00",
        "管理费用占当年总支出",
        "4.76%",
        "慈善法",
        "南湖社区慈善基金",
        "备/2026&#60;1&#62;",
        "按公告补录",
        "13,627,000.00",
    ];
    both(&site, &path, &chinese, &["Qualifications", "Foundation", "Limits of the law"]).await;
    let organization = format!("/organizations/{}", code("charity"));
    both(&site, &organization, &["慈善资格", "信用记录"], &["Qualifications", "Credit record"])
        .await;
    let fund = format!("{path}/funds/%E5%8D%97%E6%B9%96");
    let chinese = ["240.00 元", "300.00 元", "助餐", "捐2&#60;b&#62;", "付1", "使用证明", "5 人"];
    both(&site, &fund, &chinese, &["CNY 240.00", "Restricted balances", "no evidence"]).await;
    let campaign = "/campaigns/%E5%A4%87%2F2026%3C1%3E";
    both(&site, campaign, &["1,800.00 元", "3 笔"], &["CNY 1,800.00", "Filing number"]).await;
    let declared = format!("{path}/declared/2021");
    let chinese = ["慈善一日捐&#60;script&#62;", "按公告补录", "12 人次"];
    both(&site, &declared, &chinese, &["entered from a notice"]).await;
}

#[tokio::test]
async fn only_what_is_counted_in_the_same_thing_is_added() {
    let mut chain = society::told();
    for (line, count, counted_in) in [("第2行", 7, "家次"), ("第3行", 30, "人次")] {
        let mut call = society::declare();
        if let Call::Charity(charity::Call::Declare(declared)) = &mut call {
            declared.reference = text(line);
            declared.helped = Some(Helped { count, counted_in: text(counted_in) });
        }
        assert_eq!(chain.act("charity", &call, &["checker"]), 0);
    }
    let site = Site::of(&chain).await;
    let page = site.get(&format!("/charities/{}/declared/2021", code("charity"))).await.body;
    assert!(page.contains("42 人次") && page.contains("7 家次") && !page.contains(">49"), "{page}");
}

pub async fn ask(site: &Site, path: &str, code: &str, salt: &str) -> Answer {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = format!("code={code}&salt={salt}");
    let request = client.post(format!("{}{path}", site.base)).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}

#[tokio::test]
async fn a_donor_follows_the_gift_to_the_fen_without_leaving_a_trace() {
    let site = Site::of(&society::told()).await;
    let (receipt, salt) = RECEIPT;
    let hex = |bytes: [u8; 16]| data_encoding::HEXUPPER.encode(&bytes);
    both(&site, "/receipt", &["method=\"post\"", "查询码"], &["Check code", "method=\"post\""])
        .await;
    // 1000 of the first gift went out first: all of 付1 but 200, which are the second giver's.
    let found = ask(&site, "/receipt", &hex(receipt), &hex(salt)).await;
    let chinese =
        ["1,000.00 元", "付1", "1,200.00", "先进先出", "使用证明", "受益人次</em>", "0.00 元"];
    check("/receipt", &found, &chinese[..5]);
    let known = ["决1", "同意 5", "银行回单", "位置区间", "反馈", "公开捐赠人"];
    check("/receipt", &found, &known);
    assert_eq!(found.headers["cache-control"], "no-store");
    assert!(!found.body.contains(&hex(receipt)) && !found.body.contains(&"07".repeat(16)));
    let english = ask(&site, "/en/receipt", &hex(receipt), &hex(salt)).await;
    check("/en/receipt", &english, &["first in, first out", "CNY 1,000.00", "Evidence of use"]);
    let unknown = ask(&site, "/receipt", &hex(salt), &hex(receipt)).await;
    check("/receipt", &unknown, &["账本上没有这张票据"]);
    let malformed = ask(&site, "/receipt", "%3Cscript%3E", "x").await;
    check("/receipt", &malformed, &["32 位十六进制"]);
    let long = ask(&site, "/receipt", &"7".repeat(2_000), "x").await;
    assert_eq!(long.status, 413);
    assert_eq!(ask(&site, "/disclosures", "1", "1").await.status, 405);
}

#[tokio::test]
async fn oversight_shows_what_is_owed_found_and_drawn() {
    let chain = society::told();
    let site = Site::of(&chain).await;
    let chinese = ["诉/1", "待受理", "已超期", "超标准支出", "待整改", "抽&#60;1&#62;", "已抽取"];
    both(&site, "/oversight", &chinese, &["Complaints", "to be accepted", "drawn"]).await;
    for path in ["/complaints", "/audits", "/samples", "/rectification"] {
        both(&site, path, &[], &[]).await;
    }
    let complaint = format!("/complaints/{}/%E8%AF%89%2F1", code("civil"));
    let chinese = ["决定是否受理", "泸县审计局", "投诉举报登记"];
    both(&site, &complaint, &chinese, &["Handled by", "salted hashes"]).await;
    let audit = site.get("/audits").await.body;
    let link = audit.split("href=\"/audits/").nth(1).unwrap().split('"').next().unwrap();
    let chinese = ["泸审〔2026〕1号", "2025 – 2026", "60.00", "超期"];
    both(&site, &format!("/audits/{link}"), &chinese, &["above the standard", "to be rectified"])
        .await;
    let plan = SampleName { organization: code("audit"), sample: text("抽<1>") };
    let sample = SAMPLES.get(&chain.state, &plan).unwrap().unwrap();
    let ranks: Vec<String> =
        sample.ranks().iter().map(|rank| format!("<code>{rank}</code>")).collect();
    let ranks = ranks.join(" ");
    let path = format!("/samples/{}/%E6%8A%BD%3C1%3E", code("audit"));
    let chinese = [ranks.as_str(), "随机种子", "双色球 2026031", "怎样自己重算"];
    both(&site, &path, &chinese, &[ranks.as_str(), "How to repeat it yourself"]).await;
    let credit = format!("/credit/{}", code("charity"));
    both(&site, &credit, &["尚未见到上链披露", "超期整改"], &["or still owes"]).await;
    let credit = format!("/credit/{}", code("audit"));
    both(&site, &credit, &["超期未办的投诉", "诉/1"], &["Complaints that wait too long"]).await;
}

#[tokio::test]
async fn reports_are_pages_and_files() {
    let site = Site::of(&crate::story::told()).await;
    both(&site, "/reports", &["预算执行进度表", "对账表"], &["Budget execution"]).await;
    let chinese = ["1,000,000.00", "相符", "下载 CSV", "海潮镇敬老院"];
    both(&site, "/reports/execution", &chinese, &["agrees", "Download CSV"]).await;
    for name in ["carry-over", "documents", "notice", "holding", "findings", "shares"] {
        both(&site, &format!("/reports/{name}"), &["相符"], &["agrees"]).await;
    }
    for name in ["charity", "charity-ratios", "declared"] {
        both(&site, &format!("/reports/{name}"), &["请填写"], &["Please give"]).await;
    }
    let file = site.get("/reports/execution/csv?year=2020").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let name = file.headers["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"execution-"), "{name}");
    assert!(file.body.starts_with('\u{feff}') && file.body.contains("1000000.00"), "{}", file.body);
    assert_eq!(site.get("/reports/working-paper").await.status, 404);
    assert_eq!(site.get("/reports/execution?year=x").await.status, 400);
    assert_eq!(site.get("/reports/declared/csv").await.status, 400);
}

#[tokio::test]
async fn a_charitys_reports_come_from_the_mirrored_state() {
    let site = Site::of(&society::told()).await;
    let holder = code("charity");
    let path = format!("/reports/charity?holder={holder}&year=2026");
    both(&site, &path, &["1,800.00", "相符"], &["agrees"]).await;
    let path = format!("/reports/charity-ratios?holder={holder}&year=2026");
    both(&site, &path, &["4.76%"], &["4.76%"]).await;
    let path = format!("/reports/declared?holder={holder}&publication=014133226%2F2026-00001");
    assert_eq!(site.get(&path).await.status, 400, "the correction prints no figures");
}

#[tokio::test]
async fn a_comparison_of_counts_is_not_printed_as_money() {
    let mut chain = society::told();
    let mut call = society::publish();
    if let Call::Disclosure(disclosure::Call::Publish(publish)) = &mut call {
        publish.metadata = society::metadata("014133226/2026-00009", "公告", "2026-06-10");
        publish.meets = Vec::new();
    }
    assert_eq!(chain.act("charity", &call, &["checker"]), 0);
    let (site, holder) = (Site::of(&chain).await, code("charity"));
    let path = format!("/reports/declared?holder={holder}&publication=014133226%2F2026-00009");
    let compared = ["data-label=\"报表(个)\">1</td>", "data-label=\"账本(个)\">1</td>"];
    both(&site, &path, &compared, &["data-label=\"Report (count)\">1</td>"]).await;
}

#[tokio::test]
async fn the_language_is_that_of_the_address_then_of_the_cookie_then_of_the_browser() {
    let site = Site::of(&society::told()).await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let ask = |path: &str, header: &'static str, value: &'static str| {
        client.get(format!("{}{path}", site.base)).header(header, value).send()
    };
    let redirected = ask("/", "accept-language", "en-GB,en;q=0.9").await.unwrap();
    assert_eq!(redirected.status(), 303);
    assert_eq!(redirected.headers()["location"], "/en/");
    assert_eq!(ask("/", "accept-language", "zh-CN,en").await.unwrap().status(), 200);
    assert_eq!(ask("/", "accept-language", "fr").await.unwrap().status(), 200);
    assert_eq!(ask("/", "cookie", "language=en").await.unwrap().status(), 303);
    let english = site.get("/en/organizations").await;
    let cookie = english.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("language=en;") && cookie.contains("HttpOnly"), "{cookie}");
    assert!(english.body.contains("href=\"/zh/organizations\""), "{}", english.body);
    let chinese = site.get("/zh/organizations?after=").await;
    assert!(chinese.body.contains("href=\"/en/organizations?after=\""), "{}", chinese.body);
    for path in ["/en", "/en/", "/zh", "/zh/", "/zh/style.css"] {
        assert_eq!(site.get(path).await.status, 200, "{path}");
    }
    for path in ["/en/health", "/en/nowhere", "/english"] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
    assert!(site.get("/en/nowhere").await.body.contains("Not found"));
}

#[test]
fn every_word_of_a_template_is_in_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let mut said = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let template = std::fs::read_to_string(&path).unwrap();
        for part in template.split("frame.say(\"").skip(1) {
            let word = part.split("\")").next().unwrap();
            assert!(words::english(word).is_some(), "{}: {word}", path.display());
            said += 1;
        }
    }
    assert!(said > 400, "{said} words");
    assert_eq!(Language::English.say("账目"), "Entries");
    assert_eq!(Language::English.say("泸县"), "泸县");
}

/// Obligations of everybody, as the contracts derive them.
fn derived(chain: &Chain, today: Date) -> Vec<String> {
    let range = Range {
        from: Date::MIN,
        to: today.add_days(200).unwrap(),
        as_of: today,
        unmet_only: false,
    };
    let mut found = Vec::new();
    for (key, ..) in ORGANIZATIONS {
        let list = query::obligations(&chain.state, code(key), range, None, 500).unwrap();
        found.extend(list.into_iter().map(|it| {
            let (holder, name) = (code(key), it.name);
            let met = it.met.map(|met| met.publication.to_string()).unwrap_or_default();
            format!("{holder} {} {} {} {} {met}", name.rule, name.subject, name.period, it.due_on)
        }));
    }
    found.sort();
    found
}

#[tokio::test]
async fn the_laid_out_calendar_is_what_the_contracts_derive() {
    let chain = society::told();
    let site = Site::of(&chain).await;
    let today = beijing_date(chain.header.time_ms).unwrap();
    let horizon = today.add_days(200).unwrap().to_string();
    let query = "SELECT holder || ' ' || rule || ' ' || subject || ' ' || period || ' ' || \
                 due_on || ' ' || coalesce(publication, '') FROM obligations WHERE due_on <= ?1";
    let read = |connection: &Connection| -> Result<Vec<String>, IndexError> {
        let mut statement = connection.prepare_cached(query)?;
        let rows = statement.query_map([&horizon], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let mut laid: Vec<String> = site.reader().read::<_, IndexError>(read).unwrap();
    laid.sort();
    let expected = derived(&chain, today);
    assert!(expected.len() >= 5, "{expected:?}");
    assert_eq!(laid, expected);
}

#[tokio::test]
async fn a_charitys_quarters_add_up_to_the_year_that_the_contracts_derive() {
    let chain = society::told();
    let site = Site::of(&chain).await;
    let year = report::year(&chain.state, &code("charity"), 2026).unwrap();
    let query = "SELECT sum(amount) FROM charity_quarters WHERE year = 2026 AND kind = ?1";
    let sum = |kind: &str| -> u64 {
        let read = |connection: &Connection| -> Result<i64, IndexError> {
            Ok(connection.query_row(query, [kind], |row| row.get(0))?)
        };
        u64::try_from(site.reader().read::<_, IndexError>(read).unwrap()).unwrap()
    };
    assert_eq!((sum("income"), sum("program")), (year.income, year.program));
    assert_eq!((sum("management"), year.management), (6_000, 6_000));
}

#[tokio::test]
async fn an_entry_leads_to_the_article_of_each_figure_it_was_judged_by() {
    let chain = society::told();
    let site = Site::of(&chain).await;
    let mut rules = BTreeSet::new();
    for index in 0..chain.header.log_size {
        let page = site.get(&format!("/entries/{index}")).await.body;
        let links = page.split("href=\"").skip(1).filter_map(|part| part.split('"').next());
        rules.extend(links.filter(|link| link.starts_with("/rules/")).map(str::to_owned));
    }
    assert!(rules.len() > 2, "{rules:?}");
    for rule in &rules {
        both(&site, rule, &["依据", "适用日期", "批准单位"], &["Basis", "Holds on"]).await;
    }
    let list = ["规则参数", "charity.quorum", "慈善法"];
    both(&site, "/rules", &list, &["Figures of the rules", "%"]).await;
    assert_eq!(site.get("/rules/no.such").await.status, 404);
}
