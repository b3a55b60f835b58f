//! What one client may take of the site.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use minglian_explorer::web::{Document, LIMITS, PageError, Proxies};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

use crate::chain::Chain;
use crate::site::Site;
use crate::story;

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: site\r\n\r\n";

async fn connect(site: &Site) -> TcpStream {
    TcpStream::connect(site.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// The first bytes of an answer; none if the site hung up.
async fn ask(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = vec![0; 1_024];
    let _ = stream.write_all(HEALTH).await;
    let count = stream.read(&mut answer).await.unwrap_or(0);
    answer.truncate(count);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_holds_connections_gets_no_more_of_them() {
    let site = Site::new(&Chain::new()).await.0;
    let mut held = Vec::new();
    for _ in 0..LIMITS.connections_per_client_max {
        let mut stream = connect(&site).await;
        assert!(ask(&mut stream).await.starts_with(b"HTTP/1.1 "));
        held.push(stream);
    }
    assert_eq!(ask(&mut connect(&site).await).await, b"");
    held.truncate(1);
    for _ in 0..2_000 {
        if !ask(&mut connect(&site).await).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("places that were given up were not given again");
}

fn nothing() -> Document {
    Document { media_type: "text/plain", file_name: None, body: String::new() }
}

/// On one thread, so that every request has taken what place it gets when the next line runs.
#[tokio::test]
async fn a_client_whose_searches_hang_does_not_hold_up_those_of_others() {
    let site = Site::of(&story::told()).await;
    let gate = Arc::new(Semaphore::new(0));
    // Requests that come by no connection are all of one client, whom nobody knows.
    let ask = || {
        let (gate, handle) = (Arc::clone(&gate), Handle::current());
        let work = site.app.clone().document(move |_, _| {
            // An error says that the gate is open for all.
            let _ = handle.block_on(gate.acquire());
            Ok(nothing())
        });
        tokio::spawn(work)
    };
    let hanging: Vec<_> = (0..6).map(|_| ask()).collect();
    for _ in 0..6 {
        tokio::task::yield_now().await;
    }
    for path in ["/search?q=民政", "/reports/execution", "/feeds/overdue.atom", "/calendar.ics"] {
        assert_eq!(site.get(path).await.status, StatusCode::OK, "{path}");
    }
    gate.close();
    for task in hanging {
        assert_eq!(task.await.unwrap().unwrap(), nothing(), "its own wait for their turn");
    }
}

#[tokio::test]
async fn a_file_of_many_pages_ends_when_nobody_waits_for_it() {
    let site = Site::of(&story::told()).await;
    let (begun, begins) = oneshot::channel();
    let (ended, ends) = oneshot::channel();
    let work = site.app.clone().download(move |_, _, audience| {
        begun.send(()).unwrap();
        while !audience.is_gone() {
            std::thread::sleep(Duration::from_millis(1));
        }
        ended.send(()).unwrap();
        Err(PageError::Timeout)
    });
    let asking = tokio::spawn(work);
    begins.await.unwrap();
    asking.abort();
    ends.await.unwrap();
}

const FORWARDED: &str = "x-forwarded-for";

fn of(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_client_is_who_the_last_trusted_proxy_says_and_nobody_else() {
    let proxies = [of("10.0.0.1"), of("10.0.0.2"), of("2001:db8::1")];
    let proxies = Proxies::new(proxies, HeaderName::from_static(FORWARDED));
    let cases: [(&str, &[&'static str], &str); 17] = [
        // Whoever is no proxy is believed nothing.
        ("192.0.2.9", &["198.51.100.1"], "192.0.2.9"),
        ("192.0.2.9", &["10.0.0.1"], "192.0.2.9"),
        ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        // What stands before the last address is the client's own word.
        ("10.0.0.1", &["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["203.0.113.5", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["10.0.0.2, 198.51.100.1"], "198.51.100.1"),
        // Proxies in a row.
        ("10.0.0.1", &["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
        // Nothing that reads as an address is the word of whoever said it.
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["unknown"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, "], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, for, 10.0.0.2"], "10.0.0.2"),
        // Ways to write an address.
        ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
        ("2001:db8::1", &["[2001:db8::9]:4711"], "2001:db8::9"),
        ("2001:db8::1", &["[2001:db8::9]"], "2001:db8::9"),
    ];
    for (peer, told, client) in cases {
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(FORWARDED, HeaderValue::from_static(value));
        }
        assert_eq!(proxies.client(of(peer), &headers), of(client), "{peer} {told:?}");
        let nobody = Proxies::default();
        assert_eq!(nobody.client(of(peer), &headers), of(peer).to_canonical(), "{peer} {told:?}");
    }
}

async fn packed(site: &Site, path: &str, accepted: &str) -> (HeaderMap, Vec<u8>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}{path}", site.base)).header(ACCEPT_ENCODING, accepted);
    let answer = request.send().await.unwrap();
    (answer.headers().clone(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_travel_packed_to_who_can_unpack_them_and_answers_to_programs_do_not() {
    let site = Site::of(&Chain::new()).await;
    for path in ["/zh/", "/en/entries", "/style.css"] {
        let (headers, plain) = packed(&site, path, "identity").await;
        assert!(!headers.contains_key(CONTENT_ENCODING), "{path}");
        let (headers, small) = packed(&site, path, "gzip, br").await;
        assert_eq!(headers[CONTENT_ENCODING], "gzip", "{path}");
        let vary = headers.get_all(VARY).iter().map(|it| it.to_str().unwrap().to_lowercase());
        assert!(vary.collect::<Vec<_>>().join(",").contains("accept-encoding"), "{path}");
        assert_eq!(small[..2], [0x1f, 0x8b], "{path}");
        assert!(small.len() < plain.len(), "{path}: {} of {}", small.len(), plain.len());
    }
    for path in ["/api/v1/status", "/log/checkpoint", "/health"] {
        let (headers, _) = packed(&site, path, "gzip, br").await;
        assert!(!headers.contains_key(CONTENT_ENCODING), "{path}");
    }
}
