//! The pages about the site, feeds, large type, light and dark, and what is printed.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::StatusCode;

use crate::chain::code;
use crate::site::Site;
use crate::society;
use crate::story;

/// A feed's elements: the path of each, its text, and the address that it links to.
struct Element {
    path: String,
    text: String,
    rel: String,
    href: String,
}

fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    let (mut open, mut found): (Vec<usize>, Vec<Element>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                open.push(found.len());
                let parent = open.iter().rev().nth(1).map(|at| found[*at].path.clone());
                found.push(element(parent, &tag));
            }
            Event::Empty(tag) => {
                let parent = open.last().map(|at| found[*at].path.clone());
                found.push(element(parent, &tag));
            }
            Event::End(_) => {
                open.pop().unwrap();
            }
            Event::Text(text) => {
                if let Some(at) = open.last() {
                    found[*at].text.push_str(&text.xml10_content());
                }
            }
            Event::GeneralRef(_) | Event::CData(_) => {
                if let Some(at) = open.last() {
                    found[*at].text.push('&');
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    found
}

fn element(parent: Option<String>, tag: &quick_xml::events::BytesStart<'_>) -> Element {
    let name = tag.name().as_ref().to_owned();
    let value = |wanted: &str| {
        let mut all = tag.attributes().map(Result::unwrap);
        let found = all.find(|it| it.key.as_ref() == wanted);
        found.map(|it| it.value.into_owned()).unwrap_or_default()
    };
    if name == "feed" {
        assert_eq!(value("xmlns"), "http://www.w3.org/2005/Atom");
    }
    let path = parent.map_or(name.clone(), |parent| format!("{parent}/{name}"));
    Element { path, text: String::new(), rel: value("rel"), href: value("href") }
}

/// What RFC 4287 asks of a feed: one id, title and moment each, names that are addresses and
/// differ,
/// an author, a link to itself and one to a page.
fn check_atom(path: &str, xml: &str) -> Vec<String> {
    let all = elements(xml);
    let of = |path: &str| all.iter().filter(|it| it.path == path).collect::<Vec<_>>();
    let entries = of("feed/entry").len();
    for name in ["id", "title", "updated"] {
        assert_eq!(of(&format!("feed/{name}")).len(), 1, "{path}: {name}");
        let inside = of(&format!("feed/entry/{name}"));
        assert_eq!(inside.len(), entries, "{path}: {name}");
        assert!(inside.iter().all(|it| !it.text.trim().is_empty()), "{path}: {name}");
    }
    assert_eq!(of("feed/author/name").len(), 1, "{path}");
    let moments = [of("feed/updated"), of("feed/entry/updated")].concat();
    for moment in moments {
        let text = &moment.text;
        let shape: String =
            text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00+00:00", "{path}: {text}");
    }
    let ids = [of("feed/id"), of("feed/entry/id")].concat();
    let names: BTreeSet<&str> = ids.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(names.len(), entries + 1, "{path}: names repeat");
    assert!(names.iter().all(|name| name.starts_with("urn:minglian:")), "{path}: {names:?}");
    let links = of("feed/link");
    let by = |rel: &str| -> Vec<String> {
        let found = links.iter().filter(|link| link.rel == rel);
        found.map(|link| link.href.clone()).collect()
    };
    assert_eq!(by("self").len(), 1, "{path}");
    let inside = of("feed/entry/link").into_iter().map(|it| it.href.clone()).collect();
    [by("alternate"), by("self"), inside].concat()
}

#[tokio::test]
async fn every_feed_is_atom_and_its_links_lead_somewhere() {
    let site = Site::of(&story::told()).await;
    let subscribe = site.get("/subscribe").await.body;
    let county = "/feeds/counties/510521.atom";
    assert!(subscribe.contains(&format!("href=\"{county}\"")), "{subscribe}");
    let project = site.get("/projects/luxian_2020%234").await.body;
    let project = project.split("href=\"/feeds/projects/").nth(1).unwrap();
    let project = format!("/feeds/projects/{}", project.split('"').next().unwrap());
    let organization = format!("/feeds/organizations/{}.atom", code("civil"));
    for path in ["/feeds/overdue.atom", county, &project, &organization] {
        for language in ["", "/en"] {
            let path = format!("{language}{path}");
            let feed = site.get(&path).await;
            assert_eq!(feed.status, StatusCode::OK, "{path}");
            assert_eq!(feed.headers["content-type"], "application/atom+xml; charset=utf-8");
            let links = check_atom(&path, &feed.body);
            assert!(path.contains("overdue") || links.len() > 3, "{path}: {links:?}");
            for link in links {
                assert_eq!(site.get(&link).await.status, StatusCode::OK, "{path}: {link}");
            }
        }
    }
    let county = site.get(county).await.body;
    assert!(county.contains("海潮镇敬老院"), "{county}");
    for path in ["/feeds/counties/1.atom", "/feeds/counties/x.atom", "/feeds/projects/no.atom"] {
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Hostile names are text in a feed, too.
    let site = Site::of(&society::told()).await;
    for path in ["/feeds/counties/510521.atom", "/feeds/overdue.atom"] {
        let feed = site.get(path).await.body;
        assert!(check_atom(path, &feed).len() >= 3, "{path}");
    }
}

#[tokio::test]
async fn the_pages_about_the_site_lead_to_pages_that_are_there() {
    let site = Site::of(&story::told()).await;
    let mut known = BTreeSet::new();
    for path in ["/about", "/method", "/privacy", "/accessibility", "/subscribe", "/complain"] {
        for language in ["", "/en"] {
            let path = format!("{language}{path}");
            let page = site.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            let (_, main) = page.body.split_once("<main>").unwrap();
            let (main, footer) = main.split_once("</main>").unwrap();
            assert!(main.matches("<h2").count() >= 1 && main.len() > 800, "{path}");
            assert_eq!(footer.matches("<a href=\"").count(), 10, "{path}: {footer}");
            for link in page.body.split(" href=\"").skip(1) {
                let link =
                    link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
                let address = link.split('#').next().unwrap();
                if address.starts_with('/') && known.insert(address.to_owned()) {
                    assert_eq!(site.get(address).await.status, StatusCode::OK, "{path}: {link}");
                }
            }
        }
    }
    let about = site.get("/about").await.body;
    let genesis = site.get("/verify/genesis.json").await.body;
    assert!(genesis.contains("\"name\":\"test\"") && about.contains("创世文件"));
}

async fn with_cookie(site: &Site, path: &str, cookie: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client.get(format!("{}{path}", site.base)).header("cookie", cookie);
    asked.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn large_type_and_a_theme_are_set_by_a_link_and_remembered() {
    let site = Site::of(&story::told()).await;
    let plain = site.get("/en/entries/3").await.body;
    assert!(plain.contains("<body>"));
    let link = plain.split("href=\"").find(|part| part.starts_with("/en/reading?")).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let none = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().no_proxy().redirect(none).build().unwrap();
    let set = client.get(format!("{}{link}", site.base)).send().await.unwrap();
    assert_eq!(set.headers()["location"], "/en/entries/3");
    let cookies: Vec<_> =
        set.headers().get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    let elder = cookies.iter().find(|it| it.starts_with("elder=1;")).unwrap();
    for part in ["SameSite=Lax", "HttpOnly", "Path=/"] {
        assert!(elder.contains(part), "{elder}");
    }
    let large = with_cookie(&site, "/en/entries/3", "language=en; elder=1; theme=dark").await;
    assert!(large.contains("<body class=\"large dark\">") && large.contains("Usual type"));
    // The same page otherwise.
    let (_, main) = large.split_once("<main>").unwrap();
    let (_, plain_main) = plain.split_once("<main>").unwrap();
    assert_eq!(main.split("</main>").next(), plain_main.split("</main>").next());
    let odd = with_cookie(&site, "/", "elder=\"><script>; theme=<b>").await;
    assert!(odd.contains("<body>"), "only our own words are believed");
    for (to, back) in [
        ("//elsewhere.example", "/"),
        ("https://elsewhere.example", "/"),
        ("/%5Celsewhere.example", "/"),
        ("/zh/about", "/zh/about"),
    ] {
        let address = format!("{}/reading?theme=light&to={to}", site.base);
        let set = client.get(address).send().await.unwrap();
        assert_eq!(set.headers()["location"], back, "{to}");
    }
}

#[tokio::test]
async fn entries_and_traces_carry_their_address_and_height_onto_paper() {
    let site = Site::of(&story::told()).await;
    let host = site.base.strip_prefix("http://").unwrap();
    let height = story::told().blocks.len();
    for path in ["/zh/entries/3", "/en/entries/3", "/zh/trace/1/down"] {
        let page = site.get(path).await.body;
        let (_, paper) = page.split_once("<section class=\"paper\"").unwrap();
        assert!(
            paper.contains(&format!("<p>http://{host}{path}?at={height}<br>")),
            "{path}: {paper}"
        );
        assert!(paper.contains("<svg class=\"qr\" role=\"img\" viewBox=\"0 0 "), "{path}");
        assert!(!paper.contains("style="), "{path}");
    }
    site.app.reached_at("https://ledger.example/");
    let page = site.get("/zh/entries/3").await.body;
    assert!(page.contains(&format!("<p>https://ledger.example/zh/entries/3?at={height}<br>")));
    assert!(!site.get("/zh/about").await.body.contains("class=\"paper\""));
}

#[test]
fn a_code_is_the_same_bytes_for_the_same_address() {
    let code = |address: &str| minglian_explorer::charts::qr::svg(address, "t").unwrap();
    let first = code("https://ledger.example/zh/entries/3");
    assert_eq!(first, code("https://ledger.example/zh/entries/3"));
    assert_ne!(first, code("https://ledger.example/zh/entries/4"));
    assert!(minglian_explorer::charts::qr::svg(&"x".repeat(3_000), "t").is_none());
    // The finder pattern in the corner: a row of seven dark modules.
    assert!(first.contains("d=\"M4 4h7v1h-7z"), "{first}");
}
