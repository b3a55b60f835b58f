//! Which pages there are, found by following the site's own links.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Context as _, ensure};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::{Client, Url};
use serde_json::Value;

/// Most addresses of a kind.
const ADDRESSES_MAX: usize = 60;

/// Of each kind so many pages are looked into for further links.
const FOLLOWED_MAX: usize = 8;

/// Entries drawn from the whole log: links lead to the newest only.
const ENTRIES_DRAWN: usize = 40;

/// Where the search for links begins.
const FIRST: [&str; 6] =
    ["/", "/search?q=养老", "/entries", "/organizations", "/projects", "/charities"];

/// What is no page: files, forms, what other servers answer, and the other language.
const LEFT_OUT: [&str; 11] = [
    "/assets/",
    "/style.css",
    "/zh/",
    "/en/",
    "/data/",
    "/verify/",
    "/verify.html",
    "/reading",
    "/log/",
    "/feeds/",
    "/calendar.ics",
];

/// Pages that are built alike.
#[derive(Debug)]
pub(super) struct Kind {
    /// The address with `{}` for what differs, and `?` if something is asked.
    pub name: String,
    /// Pages that answered.
    pub urls: Vec<Url>,
}

/// The pages that are asked for.
#[derive(Debug)]
pub(super) struct Survey {
    kinds: Vec<Kind>,
    log_size: u64,
}

impl Survey {
    /// Follows the links of the site at `base`; each of `paths` is a kind of its own.
    ///
    /// # Errors
    /// If the site does not answer, or has no page.
    pub(super) async fn of(client: &Client, base: &Url, paths: &[String]) -> anyhow::Result<Self> {
        let head = client.get(base.join("/api/v1/head")?).send().await;
        let head = head.with_context(|| format!("{base} does not answer"))?.error_for_status()?;
        let head: Value = serde_json::from_slice(&head.bytes().await?)?;
        let log_size = &head["ledger"]["log_size"];
        let log_size = log_size.as_u64().or_else(|| log_size.as_str()?.parse().ok());
        let log_size = log_size.context("the head has no log_size")?;
        let mut links = Links::default();
        for first in FIRST {
            links.add(base.join(first)?);
        }
        let mut random = StdRng::seed_from_u64(super::SEED);
        for _ in 0..ENTRIES_DRAWN {
            let index = random.gen_range(0..log_size.max(1));
            links.add(base.join(&format!("/entries/{index}"))?);
        }
        while let Some(url) = links.waiting.pop_front() {
            links.follow(client, url).await?;
        }
        let found = links.kinds.into_iter().filter(|(_, found)| !found.urls.is_empty());
        let mut kinds: Vec<Kind> = found
            .map(|(name, found)| Kind { name, urls: found.urls.into_iter().collect() })
            .collect();
        for path in paths {
            kinds.push(Kind { name: path.clone(), urls: vec![base.join(path)?] });
        }
        ensure!(!kinds.is_empty(), "no page was found at {base}");
        Ok(Self { kinds, log_size })
    }

    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub(super) fn log_size(&self) -> u64 {
        self.log_size
    }

    /// A kind at random, and a page of it: kinds are asked for alike often.
    pub(super) fn draw(&self, random: &mut StdRng) -> (usize, Url) {
        let number = random.gen_range(0..self.kinds.len());
        let urls = &self.kinds[number].urls;
        (number, urls[random.gen_range(0..urls.len())].clone())
    }
}

/// What was found of a kind.
#[derive(Debug, Default)]
struct Found {
    /// Pages that answered.
    urls: BTreeSet<Url>,
    /// Links, whether or not they were followed yet.
    known: BTreeSet<Url>,
}

/// The search for links.
#[derive(Debug, Default)]
struct Links {
    kinds: BTreeMap<String, Found>,
    waiting: VecDeque<Url>,
}

impl Links {
    /// Notes a link, unless enough of its kind are known.
    fn add(&mut self, url: Url) {
        let found = self.kinds.entry(name_of(&url)).or_default();
        if found.known.len() < ADDRESSES_MAX && found.known.insert(url.clone()) {
            self.waiting.push_back(url);
        }
    }

    /// Reads a page; the links of the first pages of each kind are noted.
    async fn follow(&mut self, client: &Client, url: Url) -> anyhow::Result<()> {
        let response = client.get(url.clone()).send().await?;
        // The log holds closing leaves too, which are no entries.
        if !response.status().is_success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        let found = self.kinds.entry(name_of(&url)).or_default();
        found.urls.insert(url.clone());
        if found.urls.len() > FOLLOWED_MAX {
            return Ok(());
        }
        let links = addresses(&text).filter_map(|link| url.join(&link).ok());
        for mut link in links.collect::<Vec<_>>() {
            link.set_fragment(None);
            if link.origin() == url.origin() && !is_left_out(&link) {
                self.add(link);
            }
        }
        Ok(())
    }
}

fn is_left_out(url: &Url) -> bool {
    let path = url.path();
    path.ends_with("csv") || LEFT_OUT.iter().any(|start| path.starts_with(start))
}

/// What links of a page lead to.
fn addresses(text: &str) -> impl Iterator<Item = String> + '_ {
    let ends = text.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    ends.map(|(address, _)| address.replace("&amp;", "&").replace("&#38;", "&"))
}

/// The address with `{}` for names and numbers.
fn name_of(url: &Url) -> String {
    let is_fixed = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let parts = url.path_segments().into_iter().flatten();
    let parts = parts.map(|part| if is_fixed(part) { part } else { "{}" });
    let query = if url.query().is_some() { "?" } else { "" };
    format!("/{}{query}", parts.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_apart_by_what_is_fixed_in_their_addresses() {
        let kinds = [
            ("/", "/"),
            ("/entries/17", "/entries/{}"),
            ("/trace/3/up", "/trace/{}/up"),
            ("/projects/luxian_2020%234?at=5", "/projects/{}?"),
            ("/charities/X1/funds/%E5%8D%97", "/charities/{}/funds/{}"),
            ("/reports/carry-over", "/reports/carry-over"),
        ];
        for (path, kind) in kinds {
            assert_eq!(name_of(&Url::parse("http://site").unwrap().join(path).unwrap()), kind);
        }
    }

    #[test]
    fn links_are_read_as_a_browser_reads_them() {
        let text = r#"<a href="/entries?a=1&#38;b=2">x</a><a class="y" href="/about">"#;
        let found: Vec<_> = addresses(text).collect();
        assert_eq!(found, ["/entries?a=1&b=2", "/about"]);
    }

    #[test]
    fn files_and_the_other_language_are_no_pages() {
        let is_out = |path| is_left_out(&Url::parse("http://site").unwrap().join(path).unwrap());
        for path in ["/en/entries", "/reports/notice/csv", "/log/checkpoint"] {
            assert!(is_out(path), "{path}");
        }
        for path in ["/entries", "/data", "/verify"] {
            assert!(!is_out(path), "{path}");
        }
    }
}
