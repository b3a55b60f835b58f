//! What one client may take of the site.

use std::time::Duration;

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
