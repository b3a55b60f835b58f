//! Pages pinned to a height are those that the explorer showed at that height.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use minglian_explorer::index::Writer;
use minglian_explorer::status::Following;
use minglian_ledger::height::Height;

use crate::chain::Chain;
use crate::site::{Site, follower};
use crate::{society, story};

/// What a page says, without what stands around it, and without what pins its links and forms.
pub fn said(page: &str, height: usize) -> String {
    let main = page.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0;
    let field = format!("<input type=\"hidden\" name=\"at\" value=\"{height}\">");
    // The code is of the page's whole address, and each of the sites has another.
    let code = main.split_once("<svg class=\"qr\"").map(|(before, rest)| {
        let (_, after) = rest.split_once("</svg>").unwrap();
        let (_, after) = after.split_once("<br>").unwrap();
        format!("{before}{after}")
    });
    let main = code.as_deref().unwrap_or(main);
    main.replace(&format!("?at={height}"), "")
        .replace(&format!("&amp;at={height}"), "")
        .replace(&field, "")
        .replace(" method=\"get\"", "")
}

/// A site that stopped at a height.
pub async fn stopped(chain: &Chain, height: usize) -> Site {
    let (site, mut follower) = Site::new(chain).await;
    for block in &chain.blocks[..height] {
        follower.apply(block).unwrap();
    }
    site.status.set(Following::Current { verified: follower.height() });
    site
}

/// Pages of the newest height only.
const NEVER: [&str; 13] = [
    "/about",
    "/accessibility",
    "/calendar.ics",
    "/checkpoints",
    "/complain",
    "/feeds",
    "/method",
    "/privacy",
    "/reading",
    "/receipt",
    "/search",
    "/status",
    "/subscribe",
];

/// The addresses of this site that pages link to, from the home page on.
pub async fn crawl(site: &Site, pages_max: usize) -> Vec<String> {
    let (mut found, mut next) = (vec!["/".to_owned()], 0);
    let mut known: BTreeSet<String> = found.iter().cloned().collect();
    while next < found.len() {
        let body = site.get(&found[next]).await.body;
        next += 1;
        for link in body.split("href=\"").skip(1) {
            let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
            let is_other = ["/zh", "/en", "/assets", "/style", "/verify", "/data", "/log", "/api"];
            let is_page = link.starts_with('/')
                && !is_other.iter().chain(&NEVER).any(|other| link.starts_with(other));
            if is_page && found.len() < pages_max && known.insert(link.clone()) {
                found.push(link);
            }
        }
    }
    found
}

/// The address pinned to a height.
pub fn at(path: &str, height: usize) -> String {
    let path = path.split('#').next().unwrap();
    format!("{path}{}at={height}", if path.contains('?') { '&' } else { '?' })
}

async fn compare(site: &Site, chain: &Chain, heights: &[usize], pages: &[String]) {
    for height in heights {
        let then = stopped(chain, *height).await;
        for path in pages {
            let expected = then.get(path).await;
            let pinned = site.get(&at(path, *height)).await;
            assert_eq!(pinned.status, expected.status, "{path} at {height}");
            if expected.status == StatusCode::OK && expected.body.contains("<main>") {
                let (pinned, expected) = (pinned.body, expected.body);
                assert_eq!(said(&pinned, *height), said(&expected, *height), "{path} at {height}");
                assert!(pinned.contains(&format!("本页固定在账本高度 {height}(")), "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_page_is_the_page_of_that_height() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let pages = crawl(&site, 120).await;
    assert!(pages.len() > 60, "{}", pages.len());
    let last = chain.blocks.len();
    compare(&site, &chain, &[0, 2, 4, 8, 11, last - 1, last], &pages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_charities_and_oversight_pin_too() {
    let chain = society::told();
    let site = Site::of(&chain).await;
    let pages = crawl(&site, 150).await;
    let last = chain.blocks.len();
    compare(&site, &chain, &[last / 3, last / 2, last * 3 / 4], &pages).await;
}

/// The heights of the last blocks of each month but the one that runs.
pub fn month_ends(chain: &Chain) -> Vec<usize> {
    let months: Vec<u64> = chain.blocks.iter().map(|it| it.block.header.time_ms.0).collect();
    let month = |time_ms: u64| {
        let date = minglian_ledger::date::beijing_date(minglian_ledger::height::TimeMs(time_ms));
        date.unwrap().month()
    };
    let ends: Vec<usize> =
        (1..months.len()).filter(|it| month(months[*it - 1]) != month(months[*it])).collect();
    assert!(!ends.is_empty(), "the story is of several months");
    ends
}

/// A site that keeps every row of the last four heights only; it is told how far the ledger goes.
pub async fn forgetful(chain: &Chain, target: Height) -> Site {
    let (site, first) = Site::new(chain).await;
    drop(first);
    let mut writer = Writer::open(&site.index(), &chain.genesis.hash()).unwrap();
    writer.keep(4);
    writer.expect(target);
    let mut follower = follower(chain, writer, &site.index());
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    site.status.set(Following::Current { verified: follower.height() });
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_kept_is_refused_and_month_ends_stay() {
    let chain = society::told();
    let ends = month_ends(&chain);
    let last = chain.blocks.len();
    let between = (1..last - 5).find(|it| !ends.contains(it)).unwrap();
    // Followed block by block, and caught up with, when less is written.
    for target in [Height(0), chain.header.height] {
        let site = forgetful(&chain, target).await;
        let pages = crawl(&site, 80).await;
        let mut heights = ends.clone();
        heights.extend([last - 4, last - 1]);
        compare(&site, &chain, &heights, &pages).await;

        let refused = site.get(&at("/allocations", between)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        assert!(refused.body.contains("已不再保留"), "{}", refused.body);
        assert!(refused.body.contains("href=\"/zh/allocations\""), "{}", refused.body);
        let english = site.get(&format!("/en{}", at("/", between))).await;
        assert!(english.body.contains("not kept any more"));
        // Entries and traces are of any height.
        let entries = site.get(&at("/entries", between)).await;
        let then = stopped(&chain, between).await;
        let expected = then.get("/entries").await.body;
        assert_eq!(said(&entries.body, between), said(&expected, between));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_leave_out_what_came_later_and_say_so() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    // The payment's return is noted on it as a later correction.
    let last = chain.blocks.len();
    let paid = (1..40).map(|index| format!("/entries/{index}"));
    let mut corrected = None;
    for path in paid {
        if site.get(&path).await.body.contains("后来的更正、回单或退回") {
            corrected = Some(path);
            break;
        }
    }
    let path = corrected.unwrap();
    let page = site.get(&path).await.body;
    let height = page.split("data-field=\"height\">").nth(1).unwrap();
    let height: usize = height.split('<').next().unwrap().parse().unwrap();
    let pinned = site.get(&at(&path, height)).await;
    assert_eq!(pinned.status, 200);
    assert!(!pinned.body.contains("后来的更正、回单或退回"));
    assert!(pinned.body.contains(&format!("href=\"/zh{path}\">查看最新内容")), "{}", pinned.body);
    // A block earlier it was not there.
    let absent = site.get(&at(&path, height - 1)).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    assert!(absent.body.contains(&format!("固定在高度 {}:没有找到", height - 1)));
    assert!(absent.body.contains("查看最新内容"));
    // Every page offers the link that pins it, in its language, and links keep the height.
    let link = format!("href=\"/zh{}\"", at(&path, last));
    assert!(page.contains(&link), "{page}");
    let english = site.get(&format!("/en{}", at(&path, height))).await.body;
    assert!(english.contains(&format!("href=\"/en{}\"", at(&path, height))), "{english}");
    assert!(english.contains(&format!("href=\"/en/entries?at={height}\"")), "{english}");
    assert!(english.contains(&format!("href=\"/en{path}\">Show the newest")), "{english}");
    assert!(english.contains(&format!("href=\"/zh{}\"", at(&path, height))), "{english}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_do_not_pin_refuse_a_height() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let never = ["/verify", "/status", "/checkpoints", "/search", "/receipt", "/api"];
    for path in never {
        let answer = site.get(&at(path, 3)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body.contains("不能固定在某一账本高度"), "{path}: {}", answer.body);
        assert!(!site.get(path).await.body.contains("固定链接"), "{path}");
    }
    let english = site.get(&format!("/en{}", at("/verify", 3))).await;
    assert!(english.body.contains("cannot be pinned to a height"));
    for path in ["/api/v1/search?at=3", "/api/v1/openapi.json?at=3", "/data/manifests/00?at=3"] {
        let program = site.get(path).await;
        assert_eq!(program.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(program.body.contains("bad_request"), "{path}: {}", program.body);
    }
    for (path, status) in [("/?at=x", 400), ("/?at=-1", 400), ("/?at=99999", 404), ("/?at=", 200)] {
        assert_eq!(site.get(path).await.status.as_u16(), status, "{path}");
    }
}
