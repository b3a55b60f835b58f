//! What people with bad intentions write, in every text field and in every address: it stays text
//! on pages, in files and in feeds.

mod ledger;
mod page;
mod strings;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use minglian_explorer::data::catalogue::TABLES;
use minglian_explorer::pages::escape;
use serde_json::Value;

use crate::browser::{explorer, journeys, listed};
use crate::chain::code;
use crate::open_data::cells;
use crate::site::Site;
use page::Own;

/// Lists whose pages are all read.
const LISTS: [&str; 11] = [
    "/organizations",
    "/projects",
    "/allocations",
    "/disclosures",
    "/complaints",
    "/audits",
    "/samples",
    "/rectification",
    "/movements",
    "/overdue",
    "/flows?year=0",
];

/// Reads pages and holds every one against what the site itself writes.
struct Inspector<'a> {
    site: &'a Site,
    own: Own,
    /// The addresses that were answered with a page.
    seen: BTreeSet<String>,
}

impl Inspector<'_> {
    /// The page, if the address is one of something.
    async fn read(&mut self, path: &str) -> Option<String> {
        let answer = self.site.get(path).await;
        let status = answer.status.as_u16();
        assert!([200, 303, 400, 404, 414].contains(&status), "{path}: {status}");
        let kind = answer.headers.get("content-type").map(|it| it.to_str().unwrap().to_owned());
        // The offline verifier is one file of its own, whatever is asked of it.
        let is_file = path.contains("/verify.html");
        let is_page = !is_file && kind.is_some_and(|it| it.starts_with("text/html"));
        if is_page {
            let foreign = self.own.foreign(&answer.body);
            assert_eq!(foreign, None, "{path}");
        }
        if status != 200 || !is_page {
            return None;
        }
        self.seen.insert(path.to_owned());
        Some(answer.body)
    }

    /// All pages of a list, or as many of them.
    async fn list(&mut self, path: &str, pages_max: usize) {
        let mut next = Some(path.to_owned());
        for _ in 0..pages_max {
            let Some(path) = next else { return };
            let body = self.read(&path).await.unwrap_or_else(|| panic!("{path} is no page"));
            let link = body.split("rel=\"next\"").next().filter(|it| it.len() < body.len());
            let link = link.and_then(|it| it.rsplit("href=\"").next());
            next = link.map(|it| it.split('"').next().unwrap().replace("&#38;", "&"));
        }
    }
}

/// The pages of the thing that has the string as its name; of each only some kinds, in turn.
fn details(number: usize, string: &str) -> Vec<String> {
    let (name, charity) = (escape(string), code("charity"));
    let kinds = [
        format!("/projects/{name}"),
        format!("/organizations/{}", code(&strings::organization(number))),
        format!("/disclosures/{charity}/{name}"),
        format!("/charities/{charity}/funds/{name}"),
        format!("/campaigns/{name}"),
        format!("/complaints/{}/{name}", code("civil")),
        format!("/audits/{}/{name}", code("audit")),
        format!("/samples/{}/{name}", code("audit")),
        format!("/search?q={name}"),
    ];
    (0..3).map(|turn| kinds[(number + 3 * turn) % kinds.len()].clone()).collect()
}

/// Addresses of some routes, with the string in the place of what they name and ask.
fn asked(routes: &[String], number: usize, string: &str) -> Vec<String> {
    let value = escape(string);
    let fill = |route: &String| -> String {
        let named =
            |part: &str| if part.starts_with('{') { value.clone() } else { part.to_owned() };
        route.split('/').map(named).collect::<Vec<_>>().join("/")
    };
    let asks = [
        "q",
        "year",
        "division",
        "fund",
        "category",
        "level",
        "after",
        "cursor",
        "month",
        "holder",
        "organization",
        "notice",
        "refused",
        "limit",
        "quarter",
        "document",
        "in_after",
        "charity",
        "game",
        "until",
    ];
    (0..2)
        .flat_map(|turn| {
            let route = fill(&routes[(number * 2 + turn) % routes.len()]);
            let ask = asks[(number + turn) % asks.len()];
            [format!("/en{route}?{ask}={value}"), route]
        })
        .collect()
}

async fn pages(site: &Site) -> Vec<String> {
    let mut inspector = Inspector { site, own: Own::new(), seen: BTreeSet::new() };
    for list in LISTS {
        inspector.list(list, 40).await;
    }
    inspector.list("/entries", 400).await;
    let charity = code("charity");
    for path in ["/charities/", "/organizations/", "/credit/"] {
        inspector.read(&format!("{path}{charity}")).await.unwrap();
    }
    inspector.read(&format!("/charities/{charity}/declared/2021")).await.unwrap();
    inspector.read(&format!("/charities/{charity}/funds/南湖")).await.unwrap();
    for path in ["/lottery?month=2026-04", "/giving?month=2026-01", "/giving"] {
        inspector.read(path).await.unwrap();
    }
    inspector.read(&format!("/giving?charity={charity}&month=2026-01")).await.unwrap();
    let routes: Vec<String> = listed()
        .iter()
        .map(|it| it["route"].as_str().unwrap().to_owned())
        .filter(|it| !it.starts_with("/verify/") && !it.starts_with("/log/") && !it.contains('*'))
        .collect();
    let mut found = 0;
    for (number, string) in strings::strings().iter().enumerate() {
        for path in details(number, string) {
            found += usize::from(inspector.read(&path).await.is_some());
        }
        for path in asked(&routes, number, string) {
            inspector.read(&path).await;
        }
    }
    assert!(found > 1_000, "{found} things were found by their names");
    inspector.seen.into_iter().collect()
}

fn is_formula(cell: &str) -> bool {
    let seen = cell.trim_start_matches(|it: char| it.is_whitespace() && !it.is_control());
    let number = cell.strip_prefix(['-', '+']).unwrap_or("x");
    let is_number = number.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    !is_number && seen.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'])
}

/// Files for spreadsheets; how many cells begin like a formula and are disarmed.
async fn spreadsheets(site: &Site) -> usize {
    let mut paths: Vec<String> =
        TABLES.iter().map(|table| format!("/data/{}.csv", table.name)).collect();
    let holder = code("charity");
    paths.extend(["execution", "carry-over", "documents"].map(|it| format!("/reports/{it}/csv")));
    paths.push(format!("/reports/charity/csv?holder={holder}&year=2026"));
    let mut disarmed = 0;
    for path in paths {
        for language in ["", "/en"] {
            let path = format!("{language}{path}");
            let answer = site.get(&path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            for cell in cells(&answer.body).concat() {
                assert!(!is_formula(&cell), "{path}: {cell:?}");
                disarmed += usize::from(cell.starts_with('\'') && is_formula(&cell[1..]));
            }
        }
    }
    for table in TABLES {
        let (status, _, file) = site.bytes(&format!("/data/{}.xlsx", table.name)).await;
        assert_eq!(status, 200, "{}", table.name);
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
        for sheet in book.sheet_names() {
            let formulas = book.worksheet_formula(&sheet).unwrap();
            let formula = formulas.used_cells().find(|(.., it)| !it.is_empty());
            assert!(formula.is_none(), "{}: {formula:?}", table.name);
            let range = book.worksheet_range(&sheet).unwrap();
            let text = |cell: &Data| matches!(cell, Data::String(it) if is_formula(it));
            disarmed += range.rows().flatten().filter(|it| text(it)).count();
        }
    }
    disarmed
}

/// JSON, feeds and calendars that programs read.
async fn machines(site: &Site) {
    for table in TABLES {
        let answer = site.get(&format!("/data/{}.jsonl", table.name)).await;
        assert!(answer.body.lines().all(|it| serde_json::from_str::<Value>(it).is_ok()));
        let answer = site.get(&format!("/api/v1/{}?limit=500", table.name)).await;
        let page: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(page["ledger"]["height"].is_number(), "{}", answer.body);
    }
    let feeds = ["charity", "civil", "home"]
        .map(|key| format!("/feeds/organizations/{}.atom", code(key)))
        .into_iter()
        .chain(["/feeds/overdue.atom".to_owned(), "/en/feeds/overdue.atom".to_owned()]);
    for path in feeds {
        let feed = site.get(&path).await.body;
        let mut open = Vec::new();
        for tag in feed.split('<').skip(1).map(|it| it.split('>').next().unwrap()) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "{path}: <{tag}>"),
                None if tag.starts_with('?') || tag.ends_with('/') => {}
                None => open.push(tag.split(' ').next().unwrap()),
            }
        }
        assert!(open.is_empty(), "{path}: {open:?} stay open");
        let known =
            ["feed", "id", "title", "updated", "author", "name", "link", "entry", "summary"];
        for tag in feed.split('<').skip(2).filter(|it| !it.starts_with('/')) {
            let name = tag.split([' ', '>']).next().unwrap();
            assert!(known.contains(&name), "{path}: <{name}>");
        }
        assert!(!feed.contains("&") || feed.split('&').skip(1).all(|it| it.starts_with('#')));
    }
    let calendar = site.get("/calendar.ics").await.body.replace("\r\n ", "");
    for line in calendar.split("\r\n").filter(|it| !it.is_empty()) {
        let name = line.split([':', ';']).next().unwrap();
        assert!(name.bytes().all(|it| it.is_ascii_uppercase() || it == b'-'), "{line}");
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }
    let opened = calendar.matches("\r\nBEGIN:VEVENT\r\n").count();
    assert_eq!(opened, calendar.matches("\r\nEND:VEVENT\r\n").count());
}

/// Each field saw each string, and each string was taken by some field unless it may stand in none.
fn count(told: &ledger::Told, strings: &[String]) {
    let sums: BTreeMap<_, _> = told.fields.iter().collect();
    for (field, (taken, refused)) in &sums {
        assert!(taken + refused >= strings.len(), "{field}: {taken} + {refused}");
        assert!(*taken * 6 > strings.len(), "{field} took {taken} and refused {refused}");
    }
    assert!(sums.len() >= 40, "{} fields: {sums:?}", sums.len());
    let applied = told.codes[&0];
    let refused: usize = told.codes.values().sum::<usize>() - applied;
    assert!(applied > 12 * strings.len() / 2, "{:?}", told.codes);
    assert!(refused > strings.len() / 2, "{:?}", told.codes);
    println!("{} strings, {applied} acts, refused acts {refused}: {:?}", strings.len(), told.codes);
    println!("taken and refused by field: {sums:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hostile_people_write_stays_text() {
    let strings = strings::strings();
    assert!(strings.len() >= 500 && BTreeSet::from_iter(&strings).len() == strings.len());
    let told = ledger::told();
    count(&told, &strings);
    let site = explorer(told.chain).await;
    let seen = pages(&site).await;
    assert!(spreadsheets(&site).await > 500);
    machines(&site).await;
    // The browser reads a part of the same pages: lists, and things of every kind.
    let part = |(number, path): (usize, &String)| {
        let is_list = LISTS.iter().any(|list| path.starts_with(list)) && !path.contains('%');
        (is_list && number % 4 == 0 || number % 25 == 0).then(|| path.clone())
    };
    let visited: Vec<String> = seen.iter().enumerate().filter_map(part).collect();
    let asked: Vec<String> = strings.iter().map(|it| escape(it)).collect();
    // More than a variable of the environment holds.
    let list = tempfile::NamedTempFile::new().unwrap();
    let addresses = serde_json::json!({ "visited": visited, "asked": asked });
    std::fs::write(list.path(), addresses.to_string()).unwrap();
    let sites = serde_json::json!({ "honest": site.base, "list": list.path() });
    journeys("browser/hostile.mjs", sites).await;
}
