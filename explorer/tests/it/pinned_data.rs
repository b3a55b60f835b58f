//! Files and answers of the API pinned to a height are those that the explorer gave at that height.

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use minglian_explorer::data::catalogue::TABLES;
use minglian_explorer::data::export::Format;
use minglian_ledger::height::Height;
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::pins::{at, forgetful, month_ends, stopped};
use crate::site::Site;
use crate::{society, story};

async fn ask(site: &Site, path: &str, header: HeaderName, value: &str) -> Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(format!("{}{path}", site.base)).header(header, value).send().await.unwrap()
}

async fn json(site: &Site, path: &str) -> Value {
    let answer = site.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// Every file that the site offers, and some with filters.
pub fn files() -> Vec<String> {
    let tables = TABLES.into_iter().flat_map(|table| {
        Format::ALL.map(|format| format!("/data/{}.{}", table.name, format.extension()))
    });
    let others = [
        "/data/package.zip",
        "/data/datapackage.json",
        "/data/360giving.json",
        "/data/movements.csv?month=2021-03",
        "/en/data/allocations.xlsx?year=2020",
    ];
    tables.chain(others.map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_earlier_height_has_the_bytes_that_were_given_then() {
    for chain in [story::told(), society::told()] {
        let site = Site::of(&chain).await;
        let last = chain.blocks.len();
        for height in [0, last / 3, last / 2, last - 1, last] {
            let then = stopped(&chain, height).await;
            for path in files() {
                let (status, _, expected) = then.bytes(&path).await;
                assert_eq!(status, StatusCode::OK, "{path}");
                let (status, headers, given) = site.bytes(&at(&path, height)).await;
                let said = String::from_utf8_lossy(&given);
                assert_eq!(status, StatusCode::OK, "{path} at {height}: {said}");
                assert!(given == expected, "{path} at {height} has other bytes");
                assert_eq!(headers["minglian-height"], height.to_string().as_str(), "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_names_the_address_at_which_the_same_bytes_are_given_later() {
    let chain = story::told();
    let (site, mut follower) = Site::new(&chain).await;
    let (before, after) = chain.blocks.split_at(chain.blocks.len() / 2);
    for block in before {
        follower.apply(block).unwrap();
    }
    let mut given = Vec::new();
    for path in ["/data/allocations.xlsx", "/en/data/entries.csv?month=2021-03&code=0"] {
        let (status, _, file) = site.bytes(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let hash = HEXLOWER.encode(&Sha256::digest(&file));
        let manifest = site.get(&format!("/data/manifests/{hash}")).await.body;
        let manifest: Value = serde_json::from_str(manifest.lines().next().unwrap()).unwrap();
        given.push((path, file, manifest["address"].as_str().unwrap().to_owned()));
    }
    for block in after {
        follower.apply(block).unwrap();
    }
    for (path, file, address) in given {
        assert!(site.bytes(path).await.2 != file, "{path} has not changed meanwhile");
        assert!(site.bytes(&address).await.2 == file, "{address} gives other bytes");
    }
}

/// An answer without what only the one that is pinned has: the height before its cursors.
fn unpinned(answer: &Value, height: usize) -> Value {
    let text = answer.to_string();
    serde_json::from_str(&text.replace(&format!("\"next\":\"{height}."), "\"next\":\"")).unwrap()
}

/// Every question that the API takes and that pins.
pub async fn questions(site: &Site) -> Vec<String> {
    let document = json(site, "/api/v1/openapi.json").await;
    let paths = document["paths"].as_object().unwrap();
    let mut asked: Vec<String> = paths
        .keys()
        .filter(|path| !path.contains('{') && !path.ends_with("/search"))
        .map(|path| format!("{path}?limit=3"))
        .collect();
    assert!(asked.len() > 10, "{asked:?}");
    let more = ["/api/v1/entries/1", "/api/v1/trace/1/up", "/api/v1/trace/1/down?start=1"];
    asked.extend(more.map(str::to_owned));
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_an_earlier_height_is_what_was_answered_then() {
    for chain in [story::told(), society::told()] {
        let site = Site::of(&chain).await;
        let asked = questions(&site).await;
        let last = chain.blocks.len();
        for height in [2, last / 2, last - 1] {
            let then = stopped(&chain, height).await;
            let mut answered = 0;
            for path in &asked {
                let (expected, pinned) = (then.get(path).await, site.get(&at(path, height)).await);
                assert_eq!(pinned.status, expected.status, "{path} at {height}");
                if expected.status == StatusCode::OK {
                    let expected: Value = serde_json::from_str(&expected.body).unwrap();
                    let pinned: Value = serde_json::from_str(&pinned.body).unwrap();
                    assert_eq!(unpinned(&pinned, height), expected, "{path} at {height}");
                    assert_eq!(pinned["ledger"]["height"], height, "{path}");
                    assert_eq!(pinned["ledger"]["names_height"], height, "{path}");
                    answered += 1;
                }
            }
            assert!(answered > 10, "{answered} at {height}");
        }
        // What was not there yet is not there.
        let entries = json(&site, "/api/v1/entries?limit=500").await;
        let newest = entries["items"].as_array().unwrap().last().unwrap();
        let height = usize::try_from(newest["height"].as_u64().unwrap()).unwrap();
        let path = format!("/api/v1/entries/{}", newest["index"]);
        assert_eq!(site.get(&at(&path, height)).await.status, StatusCode::OK, "{path}");
        assert_eq!(site.get(&at(&path, height - 1)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_leads_on_at_the_height_of_its_answer() {
    let chain = society::told();
    let height = chain.blocks.len() / 2;
    let then = stopped(&chain, height).await;
    let (site, mut follower) = Site::new(&chain).await;
    let (before, after) = chain.blocks.split_at(height + 1);
    for block in before {
        follower.apply(block).unwrap();
    }
    for table in ["entries", "movements", "totals", "obligations"] {
        let path = format!("/api/v1/{table}");
        let whole = json(&then, &format!("{path}?limit=500")).await["items"].clone();
        let whole = whole.as_array().unwrap();
        let mut page = json(&site, &at(&format!("{path}?limit=2"), height)).await;
        let mut read = page["items"].as_array().unwrap().clone();
        while let Some(next) = page["next"].as_str().map(str::to_owned) {
            // The cursor alone, and while the ledger grows.
            page = json(&site, &format!("{path}?limit=20&cursor={next}")).await;
            assert_eq!(page["ledger"]["height"], height, "{path}");
            read.extend(page["items"].as_array().unwrap().clone());
        }
        assert!(whole.len() > 2, "{path} has too little");
        assert_eq!(&read, whole, "{path}");
    }
    for block in after {
        follower.apply(block).unwrap();
    }
    let page = json(&site, &at("/api/v1/entries?limit=2", height)).await;
    let next = page["next"].as_str().unwrap();
    let (kept, rest) = next.split_once('.').unwrap();
    assert_eq!(kept, height.to_string());
    for (question, status) in [
        (format!("cursor={next}"), 200),
        (format!("cursor={}", next.replace('.', "%2E")), 200),
        (format!("cursor={next}&at={height}"), 200),
        (format!("cursor={rest}&at={height}"), 200),
        (format!("cursor={next}&at={}", height + 1), 400),
        (format!("at={height}&at={}", height + 1), 400),
        (format!("%61t={height}"), 400),
        (format!("cursor=x.{rest}"), 400),
        (format!("cursor=999999.{rest}"), 404),
    ] {
        let answer = site.get(&format!("/api/v1/entries?{question}")).await;
        assert_eq!(answer.status.as_u16(), status, "{question}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_height_that_is_not_served_gets_a_problem_that_names_heights_that_are() {
    let chain = society::told();
    let last = chain.blocks.len();
    let ends = month_ends(&chain);
    let between = (1..last - 5).find(|height| !ends.contains(height)).unwrap();
    let site = forgetful(&chain, Height(0)).await;
    let paths = ["/api/v1/allocations", "/api/v1/totals?limit=2", "/en/data/payments.csv"];
    for path in paths.into_iter().chain(["/data/package.zip"]) {
        for height in [between, last + 1] {
            let answer = site.get(&at(path, height)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path} at {height}");
            assert_eq!(answer.headers[CONTENT_TYPE], "application/problem+json", "{path}");
            let problem: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!((&problem["code"], &problem["status"]), (&"height".into(), &404.into()));
            let heights = &problem["heights"];
            assert_eq!(
                (&heights["newest"], &heights["every_from"]),
                (&last.into(), &(last - 4).into())
            );
            let ends = heights["month_ends"].as_array().unwrap();
            assert!(!ends.is_empty(), "{problem}");
            for named in ends.iter().chain([&heights["newest"], &heights["every_from"]]) {
                let named = usize::try_from(named.as_u64().unwrap()).unwrap();
                let (status, ..) = site.bytes(&at(path, named)).await;
                assert_eq!(status, StatusCode::OK, "{path} at {named}, which {problem} names");
            }
        }
    }
    // Who follows a link reads a page.
    let page = ask(&site, &at("/data/payments.csv", between), ACCEPT, "text/html,*/*").await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(page.text().await.unwrap().contains("已不再保留"));
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_and_movements_are_of_any_height_and_say_whose_names_they_have() {
    let chain = society::told();
    let last = chain.blocks.len();
    let ends = month_ends(&chain);
    let between = (last / 2..last - 5).find(|height| !ends.contains(height)).unwrap();
    let site = forgetful(&chain, Height(0)).await;
    let then = stopped(&chain, between).await;
    for path in ["entries", "movements", "blocks", "head", "trace/1/down"] {
        let path = format!("/api/v1/{path}");
        let (mut pinned, mut expected) =
            (json(&site, &at(&path, between)).await, json(&then, &path).await);
        assert_eq!(pinned["ledger"]["names_height"], last, "{path}");
        for answer in [&mut pinned, &mut expected] {
            answer["ledger"]["names_height"] = Value::Null;
        }
        assert_eq!(unpinned(&pinned, between), expected, "{path}");
    }
    for path in ["/data/entries.csv", "/data/movements.parquet", "/data/movements.csv"] {
        let (_, headers, given) = site.bytes(&at(path, between)).await;
        let name = headers[CONTENT_DISPOSITION].to_str().unwrap();
        assert!(name.contains(&format!("-h{between}-names{last}-")), "{name}");
        // Parquet files say it inside too; nobody got another name meanwhile.
        let is_same = given == then.bytes(path).await.2;
        assert_eq!(is_same, path.ends_with(".csv"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pinned_is_not_fetched_again_when_the_ledger_has_grown() {
    let chain = story::told();
    let (site, mut follower) = Site::new(&chain).await;
    let (last, before) = chain.blocks.split_last().unwrap();
    for block in before {
        follower.apply(block).unwrap();
    }
    let height = before.len();
    let mut tags = Vec::new();
    for path in ["/api/v1/totals", "/data/allocations.csv"] {
        for path in [path.to_owned(), at(path, height), at(path, height - 1)] {
            let answer = ask(&site, &path, ACCEPT, "*/*").await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            let tag = answer.headers()[ETAG].to_str().unwrap().to_owned();
            // To the end: who leaves early holds a download's place until the file is made.
            answer.bytes().await.unwrap();
            tags.push((path, tag));
        }
    }
    assert_eq!(tags[0].1, tags[1].1, "one height has one tag");
    assert!(tags[1].1 != tags[2].1, "each height has a tag of its own");
    for (path, tag) in &tags {
        assert_eq!(ask(&site, path, IF_NONE_MATCH, tag).await.status(), 304, "{path}");
    }
    follower.apply(last).unwrap();
    for (path, tag) in &tags {
        let expected = if path.contains("at=") { 304 } else { 200 };
        let answer = ask(&site, path, IF_NONE_MATCH, tag).await;
        assert_eq!(answer.status(), expected, "{path}");
        answer.bytes().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_downloads_pins_its_files_and_the_document_tells_the_parameter() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let (height, newest) = (chain.blocks.len() / 2, chain.blocks.len());
    let page = site.get(&at("/en/data", height)).await.body;
    assert!(page.contains(&format!("href=\"/en/data/package.zip?at={height}\"")), "{page}");
    let field = format!("<input type=\"hidden\" name=\"at\" value=\"{height}\">");
    assert_eq!(page.matches(&field).count(), TABLES.len(), "{page}");
    let permalink = format!("href=\"/zh/data?at={newest}\"");
    assert!(site.get("/zh/data").await.body.contains(&permalink));

    let document = json(&site, "/api/v1/openapi.json").await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().unwrap();
        let is_told = parameters.iter().any(|it| it["name"] == "at" && it["in"] == "query");
        assert_eq!(is_told, path != "/api/v1/search", "{path}");
    }
}
