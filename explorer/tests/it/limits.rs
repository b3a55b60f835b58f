//! What one client may take of the site.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use minglian_explorer::web::LIMITS;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::chain::Chain;
use crate::site::Site;

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
        assert!(small.len() * 2 < plain.len(), "{path}: {} of {}", small.len(), plain.len());
    }
    for path in ["/api/v1/status", "/log/checkpoint", "/health"] {
        let (headers, _) = packed(&site, path, "gzip, br").await;
        assert!(!headers.contains_key(CONTENT_ENCODING), "{path}");
    }
}
