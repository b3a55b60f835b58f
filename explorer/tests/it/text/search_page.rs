//! The search page, its file and its API.

use serde_json::Value;

use crate::site::Site;
use crate::{chain, society, story};

async fn json(site: &Site, path: &str) -> Value {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn names<'a>(answer: &'a Value, kind: &str) -> Vec<&'a str> {
    let items = answer["items"].as_array().unwrap().iter();
    items.filter(|it| it["kind"] == kind).map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_search_keeps_its_words_and_offers_filters_as_links() {
    let site = Site::of(&story::told()).await;
    let page = site.get("/search?q=海潮").await.body;
    for text in [
        "value=\"海潮\"",
        "<h2>项目 (1)</h2>",
        "/projects/luxian_2020%234\">海潮镇敬老院建设&#60;b&#62;</a>",
        "href=\"/search?q=%E6%B5%B7%E6%BD%AE&#38;kind=entry\"",
        "href=\"/search?q=%E6%B5%B7%E6%BD%AE&#38;year=",
        "href=\"/search.csv?q=%E6%B5%B7%E6%BD%AE\"",
    ] {
        assert!(page.contains(text), "{text}:\n{page}");
    }
    let only = site.get("/search?q=海潮&kind=project").await.body;
    assert!(only.contains("<input type=\"hidden\" name=\"kind\" value=\"project\">"), "{only}");
    assert!(only.contains("<h2>项目 (1)</h2>") && !only.contains("<h2>账目"), "{only}");
    assert!(only.contains("aria-current=\"true\""), "{only}");
    let english = site.get("/en/search?q=海潮").await.body;
    assert!(english.contains("<h2>Projects (1)</h2>") && english.contains("href=\"/en/search?q="));
    for bad in ["kind=nothing", "year=x", "division=-1", "before=x"] {
        assert_eq!(site.get(&format!("/search?q=海潮&{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_name_typed_whole_stands_first() {
    let site = Site::of(&story::told()).await;
    let code = chain::code("civil");
    for typed in ["泸县民政局", code.as_str()] {
        let page = site.get(&format!("/search?q={typed}")).await.body;
        let exact = page.split("完全相符").nth(1).unwrap().split("<h2>").next().unwrap();
        assert!(exact.contains(&format!("/organizations/{code}")), "{exact}");
    }
    let entry = site.get("/search?q=3").await.body;
    let exact = entry.split("完全相符").nth(1).unwrap().split("<h2>").next().unwrap();
    assert!(exact.contains("href=\"/entries/3\""), "{exact}");
    assert!(site.get("/search?q=民政").await.body.contains("泸县民政局"));
    assert!(!site.get("/search?q=民政").await.body.contains("完全相符"));
}

#[tokio::test]
async fn nothing_found_says_what_to_do() {
    let site = Site::of(&story::told()).await;
    let page = site.get("/search?q=无此单位&kind=organization").await.body;
    for text in ["没有找到", "去掉筛选再查", "少写几个字再查", "个人姓名和投诉内容不在账本上"]
    {
        assert!(page.contains(text), "{text}:\n{page}");
    }
    let english = site.get("/en/search?q=无此单位").await.body;
    assert!(english.contains("Nothing found.") && english.contains("Ask with fewer"), "{english}");
}

#[tokio::test]
async fn every_kind_of_thing_is_found() {
    let site = Site::of(&society::told()).await;
    let all = json(&site, "/api/v1/search?q=2").await;
    let kinds: Vec<&str> =
        all["kinds"].as_array().unwrap().iter().map(|it| it["value"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"entry"), "{kinds:?}");
    let tables = [
        ("organization", "organizations", "name"),
        ("project", "projects", "title"),
        ("fund", "charity_funds", "name"),
        ("campaign", "campaigns", "title"),
        ("publication", "publications", "title"),
        ("complaint", "complaints", "reference"),
        ("audit", "audits", "reference"),
        ("sample", "samples", "reference"),
        ("entry", "records", "sentence_zh"),
    ];
    for (kind, table, column) in tables {
        let connection = rusqlite::Connection::open(site.index()).unwrap();
        let query = format!("SELECT {column} FROM {table} ORDER BY 1 LIMIT 1");
        let first: Option<String> = connection.query_row(&query, [], |row| row.get(0)).ok();
        let Some(first) = first else {
            assert!(kind == "project", "the story has no {kind}");
            continue;
        };
        let typed: String = first.chars().take(40).collect();
        let path =
            format!("/api/v1/search?kind={kind}&q={}", minglian_explorer::pages::escape(&typed));
        let answer = json(&site, &path).await;
        assert!(names(&answer, kind).contains(&first.as_str()), "{kind} {first}: {answer}");
        let href = answer["items"][0]["href"].as_str().unwrap();
        assert_eq!(site.get(href).await.status, 200, "{href}");
    }
}

#[tokio::test]
async fn pages_by_cursor_and_the_file_hold_every_result_once() {
    let site = Site::of(&society::told()).await;
    let whole = json(&site, "/api/v1/search?q=年&kind=entry&limit=50").await;
    let total = whole["total"].as_u64().unwrap();
    assert!(total > 5 && whole["behind"] == 0, "{whole}");
    let (mut hrefs, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/search?q=年&kind=entry&limit=2{cursor}");
        let page = json(&site, &path).await;
        assert_eq!(page["total"].as_u64(), Some(total));
        let items = page["items"].as_array().unwrap().clone();
        hrefs.extend(items.iter().map(|it| it["href"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut unique = hrefs.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((hrefs.len() as u64, unique.len()), (total, hrefs.len()));
    let file = site.get("/search.csv?q=年&kind=entry").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<&str> = file.body.trim_end().split("\r\n").collect();
    assert_eq!(lines.len() as u64, total + 1);
    for (line, href) in lines.iter().skip(1).zip(&hrefs) {
        assert!(line.ends_with(href.as_str()), "{line} {href}");
    }
}

#[tokio::test]
async fn texts_that_are_not_read_yet_are_announced() {
    let chain = story::told();
    let (site, mut follower) = Site::new(&chain).await;
    assert_eq!(site.get("/search?q=民政").await.status, 503, "there is no text index yet");
    assert_eq!(site.get("/search").await.status, 200);
    site.read_texts();
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    let page = site.get("/search?q=海潮").await.body;
    assert!(page.contains("项变化暂时查不到"), "{page}");
    site.read_texts();
    let page = site.get("/search?q=海潮").await.body;
    assert!(!page.contains("项变化暂时查不到") && page.contains("<h2>项目 (1)</h2>"), "{page}");
}
