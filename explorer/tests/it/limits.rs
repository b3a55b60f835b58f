//! What one client may take of the site.

use std::sync::Arc;
use std::time::Duration;

use minglian_explorer::web::{Document, LIMITS, PageError};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

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

fn nothing() -> Document {
    Document { media_type: "text/plain", file_name: None, body: String::new() }
}

/// On one thread, so that every request has taken what place it gets when the next line runs.
#[tokio::test]
async fn a_client_whose_searches_hang_does_not_hold_up_those_of_others() {
    let site = Site::of(&Chain::new()).await;
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
    let site = Site::of(&Chain::new()).await;
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
