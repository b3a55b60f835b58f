//! Who is counted as one client: over HTTP, as everything that is counted asks.

use axum::http::HeaderName;
use minglian_explorer::web::Proxies;
use minglian_explorer::window::Limits;

use super::{Place, TEXT};

const FORWARDED: &str = "x-forwarded-for";

impl Place {
    /// How a complaint is answered that says it comes from there.
    async fn sent_from(&self, told: &str) -> u16 {
        let draft = self.draft("record:3").await;
        let fields =
            [("about", "record:3"), ("text", TEXT), ("contact", ""), ("draft", draft.as_str())];
        let headers = [("sec-fetch-site", "same-origin"), (FORWARDED, told)];
        self.post("/complain", &fields, &headers).await.0.as_u16()
    }
}

#[tokio::test]
async fn readers_behind_a_trusted_proxy_are_counted_one_by_one() {
    let limits = Limits { client_max: 1, ..Limits::default() };
    let place = Place::open(limits).await;
    let here = "127.0.0.1".parse().unwrap();
    place.site.app.behind(Proxies::new([here], HeaderName::from_static(FORWARDED)));
    assert_eq!(place.sent_from("198.51.100.1").await, 200);
    assert_eq!(place.sent_from("198.51.100.2").await, 200);
    assert_eq!(place.sent_from("203.0.113.5, 198.51.100.1").await, 429, "what it says itself");
}

#[tokio::test]
async fn a_header_from_anybody_else_counts_for_nothing() {
    let limits = Limits { client_max: 1, ..Limits::default() };
    let place = Place::open(limits).await;
    let elsewhere = "127.0.0.2".parse().unwrap();
    place.site.app.behind(Proxies::new([elsewhere], HeaderName::from_static(FORWARDED)));
    assert_eq!(place.sent_from("198.51.100.1").await, 200);
    assert_eq!(place.sent_from("198.51.100.2").await, 429);
}
