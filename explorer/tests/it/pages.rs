//! Every page over HTTP.

use std::collections::BTreeSet;

use minglian_explorer::status::Following;
use minglian_ledger::height::Height;

use crate::chain::{Chain, code};
use crate::site::{Answer, Site};
use crate::story;

const PROJECT: &str = "/projects/luxian_2020%234";

/// What holds for every answer in HTML.
fn check_frame(path: &str, answer: &Answer) {
    let body = &answer.body;
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(body.contains("<strong>演示</strong>"), "{path}");
    assert!(body.contains("已在本机重放核验"), "{path}");
    check_script(path, policy, &body.to_lowercase());
    assert!(!body.contains("<b>"), "{path}");
    assert!(!body.contains("style=") && !body.contains("onclick"), "{path}");
}

/// Only pages that offer a check load a script: the one of this site, and none in the page itself.
fn check_script(path: &str, policy: &str, body: &str) {
    let is_offered =
        ["/entries/", "/accounts/", "/verify"].iter().any(|page| path.starts_with(page));
    let is_scripted = policy.contains("script");
    assert!(!policy.contains("unsafe") && (is_offered || !is_scripted), "{path}: {policy}");
    let expected = usize::from(is_scripted);
    assert_eq!(body.matches("<script").count(), expected, "{path}");
    assert_eq!(
        body.matches("<script type=\"module\" src=\"/assets/pages-").count(),
        expected,
        "{path}"
    );
    if is_scripted {
        assert!(policy.contains("; script-src 'self'; connect-src 'self'; "), "{path}: {policy}");
        assert!(policy.ends_with("require-trusted-types-for 'script'; trusted-types 'none'"));
    }
}

/// Asks for a page that holds all of `texts`.
async fn expect(site: &Site, path: &str, texts: &[&str]) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    check_frame(path, &answer);
    for text in texts {
        assert!(answer.body.contains(text), "{path} lacks {text}:\n{}", answer.body);
    }
    answer.body
}

#[tokio::test]
async fn every_page_says_what_the_ledger_says() {
    let site = Site::of(&story::told()).await;
    let home = [
        "4,650,000.00",
        "465万",
        "406,300.00",
        "2,300,000.00",
        "1,000,000.00",
        "405.63万",
        "luxian_2020",
        "彩票公益金·省级",
    ];
    expect(&site, "/", &home).await;
    let notice = ["省级", "465万", "老年人福利", "合计", "川财社〔2020〕12号"];
    expect(&site, "/notices/luxian_2020", &notice).await;
    let tree = ["省级指标", "depth-1", "海潮镇敬老院", "按公告推定,公告未载明收到", "230万"];
    expect(&site, "/allocations", &tree).await;
    let organizations = ["泸县民政局", "财政部门", "敬老院&#60;script&#62;"];
    expect(&site, "/organizations", &organizations).await;
    let home_page = format!("/organizations/{}", code("home"));
    expect(&site, &home_page, &["项目单位", "海潮镇敬老院", "经办", "复核", "1,000,000.00"]).await;
    expect(&site, "/projects", &["海潮镇敬老院建设&#60;b&#62;", "43.47%"]).await;
    // 230 given, 30 carried to the next line of the same project: 230 in all, 100 paid.
    expect(&site, PROJECT, &["凭证1", "银行已支付", "公告未载明收款人", "1,000,000.00"]).await;
    let steps = ["付款退回", "未通过 304", "指标登记", "提出(后已生效)", "审批(后已生效)"];
    let entries = expect(&site, "/entries", &steps).await;
    assert!(!entries.contains("待审批"), "nothing waits at the end of the story");
    expect(&site, "/entries?refused=1", &["未通过的业务", "304"]).await;
    expect(&site, "/movements?flow=implied&fund=彩票公益金·省级", &["4,650,000.00", "账外:省级"])
        .await;
    expect(&site, "/movements?flow=spent,returned", &["支出、退回", "退回", "200,000.00"]).await;
    expect(&site, "/search?q=凭证1", &["指标和付款", "账目"]).await;
    expect(&site, "/search?q=川财社[2020]12号", &["省级追加"]).await;
    expect(&site, "/search?q=%25%25", &["没有找到"]).await;
    expect(&site, "/search", &["请输入"]).await;
}

#[tokio::test]
async fn an_entry_shows_who_signed_what_it_did_and_how_to_check_it() {
    let site = Site::of(&story::told()).await;
    let approval = [
        "2020年,省级下达指标465万元,记入泸县民政局“省级指标”(按公告推定,公告未载明收到)",
        "[0, 465000000)",
        "提出",
        "审批",
        "复核",
        "2人签署完成,业务生效",
        "按公告补录:luxian_2020 第4行",
        "http://node.example/v1/records/3/evidence",
        "minglian audit verify-evidence record-3.json --genesis genesis.json",
        "data-index=\"3\" data-closing=\"4\" data-proposal=\"1\"",
    ];
    expect(&site, "/entries/3", &approval).await;
    expect(&site, "/entries/1", &["待审批", "没有流水"]).await;
    let body = site.get("/entries?refused=1").await.body;
    let link = body.split("href=\"/entries/").nth(2).unwrap().split('"').next().unwrap();
    let code = "未通过 (<span data-field=\"code\">304</span>)";
    let refused = [code, "账户余额不足"];
    expect(&site, &format!("/entries/{link}"), &refused).await;
    // The payment's record knows its bank result and its return.
    let account = site.get("/search?q=凭证1").await.body;
    let payment = account.split("href=\"/accounts/").nth(1).unwrap().split('"').next().unwrap();
    let page = expect(&site, &format!("/accounts/{payment}"), &["付款账目", "已支付"]).await;
    let record = page.split("付款账目</dt><dd><a href=\"").nth(1).unwrap();
    let record = record.split('"').next().unwrap();
    expect(&site, record, &["后来的更正、回单或退回", "付款“凭证1”退回20万元"]).await;
}

#[tokio::test]
async fn a_check_is_offered_in_both_languages_for_the_same_fields() {
    let site = Site::of(&story::told()).await;
    let fields = |body: &str| -> BTreeSet<String> {
        let parts = body.split("data-").skip(1).filter_map(|part| part.split_once("=\""));
        let named = parts.filter(|(name, _)| ["field", "cell", "verify"].contains(name));
        named.map(|(name, rest)| format!("{name} {}", rest.split('"').next().unwrap())).collect()
    };
    for (path, english) in [
        ("/entries/3", "CNY 4,650,000.00"),
        ("/accounts/1", "Verify the balance on this machine"),
        ("/verify", "Was the ledger rewritten?"),
    ] {
        let mut chinese = fields(&site.get(path).await.body);
        let answer = site.get(&format!("/en{path}")).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.contains("<html lang=\"en\">") && answer.body.contains(english));
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        check_script(path, policy, &answer.body.to_lowercase());
        // English pages have no amounts in ten thousands.
        chinese.remove("field balance_wan");
        assert!(!chinese.is_empty(), "{path}");
        assert_eq!(fields(&answer.body), chinese, "{path}");
    }
    let link = site.get("/en/entries/3").await.body;
    assert!(link.contains("href=\"/en/verify/records/3/bundle.json\""), "{link}");
    assert_eq!(site.get("/en/verify/genesis.json").await.status, 200);
    assert!(site.get("/en/verify/checkpoint").await.body.contains("does not give the proof"));
}

#[tokio::test]
async fn traces_go_up_and_down() {
    let site = Site::of(&story::told()).await;
    let account = site.get("/search?q=凭证1").await.body;
    let payment = account.split("href=\"/accounts/").nth(1).unwrap().split('"').next().unwrap();
    let up = ["来源", "先进先出", "账外:省级", "1,200,000.00", "[0, 120000000)"];
    expect(&site, &format!("/trace/{payment}/up"), &up).await;
    let part = format!("/trace/{payment}/up?start=0&end=1");
    expect(&site, &part, &["0.01 元", "[0, 1)"]).await;
    let down = ["最终落点", "已付出", "尚未支出", "1,000,000.00", "300,000.00", "结转"];
    expect(&site, "/trace/1/down", &down).await;
}

#[tokio::test]
async fn what_is_not_there_or_makes_no_sense_gets_an_error_page() {
    let site = Site::of(&story::told()).await;
    let long = format!("/search?q={}", "长".repeat(65));
    let huge = format!("/search?q={}", "x".repeat(17_000));
    let bad = [
        ("/nowhere", 404),
        ("/entries/999999", 404),
        ("/entries/-1", 404),
        ("/entries/abc", 400),
        ("/accounts/999", 404),
        ("/organizations/none", 404),
        ("/projects/none", 404),
        ("/notices/none", 404),
        ("/trace/1/sideways", 404),
        ("/trace/1/up?start=9&end=9", 400),
        ("/trace/1/up?cursor=AAAA", 400),
        ("/movements?flow=x'%20OR%201=1", 400),
        ("/entries?before=x", 400),
        (long.as_str(), 400),
        (huge.as_str(), 414),
    ];
    for (path, status) in bad {
        let answer = site.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        check_frame(path, &answer);
    }
    let hostile = "/search?q=%3Cscript%3Ealert(1)%3C/script%3E";
    expect(&site, hostile, &["&#60;script&#62;"]).await;
}

#[tokio::test]
async fn an_empty_ledger_and_the_stylesheet_are_pages_too() {
    let chain = Chain::new();
    let site = Site::of(&chain).await;
    for path in ["/", "/allocations", "/organizations", "/projects", "/entries"] {
        expect(&site, path, &[]).await;
    }
    expect(&site, "/verify", &[chain.genesis.hash().to_string().as_str()]).await;
    let page = site.get("/verify").await.body;
    let script = page.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    let answer = site.get(script).await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(answer.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(answer.headers["vary"], "accept-encoding", "a script is the same in every language");
    // The small script knows under which name the verifier is.
    let verifier = answer.body.split("\"/assets/").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(site.get(&format!("/assets/{verifier}")).await.status, 200, "{verifier}");
    assert!(answer.body.len() < 2_000, "{}", answer.body.len());
    assert_eq!(site.get("/assets/verify-0000000000000000.js").await.status, 404);
    let offline = site.get("/verify.html").await;
    assert_eq!(offline.headers["content-disposition"], "attachment; filename=\"verify.html\"");
    // The node of this test does not answer; what was verified here is proven without it. Nobody
    // certifies a genesis.
    for path in ["/verify/checkpoint", "/verify/records/9999/evidence", "/verify/head/evidence"] {
        assert_eq!(site.get(path).await.status, 502, "{path}");
    }
    let style = site.get("/style.css").await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    assert!(!style.body.contains("url(") && !style.body.contains("@import"));
    assert!(site.get("/health").await.body.contains("\"status\":\"current\""));
}

#[tokio::test]
async fn what_this_run_has_not_verified_again_is_said_so() {
    let site = Site::of(&story::told()).await;
    expect(&site, "/entries/3", &["本条已在本机重放核验"]).await;
    site.status.set(Following::CatchingUp { verified: Height(1), target: Some(Height(9)) });
    let again = ["已核验 1 / 9", "本次尚未重新核验", "本次启动后尚未重新核验"];
    expect(&site, "/entries/3", &again).await;
    // A node that shows an old head only is at an end too, and hides the rest.
    site.status.set(Following::Current { verified: Height(1) });
    expect(&site, "/entries/3", &["只给出到高度 1 的区块", "本次尚未重新核验"]).await;
}
