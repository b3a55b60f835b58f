//! Clients that want too much of the HTTP interface, or are too slow.

use std::sync::mpsc;
use std::time::Duration;

use minglian_client::{OCTET_STREAM, wire};
use minglian_ledger::height::Height;
use minglian_node::rpc::HttpLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::mempool::refused_plan;
use crate::rpc_world::{CIVIL_MAKER, FINANCE_MAKER, World, day, record_quota};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: node\r\n\r\n";

async fn connect(world: &World) -> TcpStream {
    let address = world.address.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Asks for the node's health: the first bytes of the answer, none if the node hung up.
async fn ask(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = vec![0; 1_024];
    let _ = stream.write_all(HEALTH).await;
    let count = stream.read(&mut answer).await.unwrap_or(0);
    answer.truncate(count);
    answer
}

/// A connection that is answered, as soon as there is room for one.
async fn connect_until_served(world: &World) -> TcpStream {
    for _ in 0..2_000 {
        let mut stream = connect(world).await;
        if ask(&mut stream).await.starts_with(b"HTTP/1.1 200") {
            return stream;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no connection was served in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_only_so_many_connections() {
    let limits = HttpLimits { connections_per_client_max: 2, ..HttpLimits::default() };
    let world = World::with_http(limits).await;
    let first = connect_until_served(&world).await;
    let mut second = connect_until_served(&world).await;
    assert_eq!(ask(&mut connect(&world).await).await, b"");
    assert!(ask(&mut second).await.starts_with(b"HTTP/1.1 200"));
    drop(first);
    connect_until_served(&world).await;
    drop(second);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up() {
    let limits = HttpLimits { body_patience: Duration::from_millis(200), ..HttpLimits::default() };
    let world = World::with_http(limits).await;
    let mut stream = connect(&world).await;
    let head = format!(
        "POST /v1/transactions HTTP/1.1\r\nhost: node\r\ncontent-type: {OCTET_STREAM}\r\n\
        content-length: 1000\r\n\r\nten bytes."
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("slow_request") && answer.contains("10 bytes came"), "{answer}");
    world.stop().await;
}

/// The slow reader has the only connection: another is served when the node has given it up.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_is_given_up() {
    let limits = HttpLimits {
        connections_per_client_max: 1,
        write_patience: Duration::from_millis(200),
        ..HttpLimits::default()
    };
    let world = World::with_http(limits).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = world.address.strip_prefix("http://").unwrap().parse().unwrap();
    let mut slow = socket.connect(address).await.unwrap();
    // More answers than the system's buffers hold.
    let request = b"GET /v1/openapi.json HTTP/1.1\r\nhost: node\r\n\r\n";
    slow.write_all(&request.repeat(1_000)).await.unwrap();
    connect_until_served(&world).await;
    drop(slow);
    world.stop().await;
}

/// A submission whose client has gone away counts until the node has done its work.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn submissions_are_checked_some_at_a_time() {
    let limits = HttpLimits {
        submitting_max: 1,
        submitting_patience: Duration::from_millis(50),
        ..HttpLimits::default()
    };
    let world = World::with_http(limits).await;
    let act = |reference| world.act(FINANCE_MAKER, reference, &record_quota(100, day(5, 1)));
    let (held, is_held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let passed_on = world.passed_on.clone();
    // The node cannot pass on what it admits, and so does not end its work.
    let holder = std::thread::spawn(move || {
        let guard = passed_on.lock().unwrap();
        held.send(()).unwrap();
        let _ = released.recv();
        drop(guard);
    });
    is_held.recv().unwrap();
    let (client, first) = (world.client.clone(), act("甲"));
    let encoded = first.encode();
    let submitting = tokio::spawn(async move { client.submit(&[encoded]).await });
    while !world.admission.is_waiting(&first.id()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    submitting.abort();
    let mut body = Vec::new();
    wire::push_frame(&mut body, &act("乙").encode());
    let url = format!("{}/v1/transactions", world.address);
    let http = reqwest::Client::new();
    let submit = || http.post(&url).header("content-type", OCTET_STREAM).body(body.clone()).send();
    for _ in 0..5 {
        let busy = submit().await.unwrap();
        assert_eq!(busy.status().as_u16(), 503);
        assert_eq!(busy.headers()["retry-after"], "1");
    }
    drop(release);
    holder.join().unwrap();
    while submit().await.unwrap().status().as_u16() != 200 {}
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_take_a_bounded_amount_of_memory() {
    let limits = HttpLimits { body_bytes_max: 1_000, ..HttpLimits::default() };
    let world = World::with_http(limits).await;
    let busy = world.client.submit(&[vec![7; 1_000]]).await.unwrap_err();
    assert_eq!(busy.code(), Some("busy"));
    // The room is given back: this one fits as often as it comes.
    for _ in 0..3 {
        let answers = world.client.submit(&[vec![7; 900]]).await.unwrap();
        assert_eq!(answers[0].code, "malformed");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_take_a_bounded_amount_of_memory() {
    for (answer_bytes_max, is_enough) in [(600_000, true), (400_000, false)] {
        let world =
            World::with_http(HttpLimits { answer_bytes_max, ..HttpLimits::default() }).await;
        let act = |number| world.act(CIVIL_MAKER, &format!("方案{number}"), &refused_plan(1_500));
        let acts: Vec<_> = (0..11).map(act).collect();
        world.commit(&acts).await;
        // The room is given back: each of these needs most of it.
        for _ in 0..3 {
            match world.client.blocks(Height(1), 1).await {
                Ok(blocks) => assert!(is_enough && blocks[0].block.transactions == acts),
                Err(error) => assert!(!is_enough && error.code() == Some("busy"), "{error:?}"),
            }
        }
        world.client.health().await.unwrap();
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_ends_when_it_has_bytes_enough() {
    let limits = HttpLimits { page_bytes_max: 3_000, ..HttpLimits::default() };
    let world = World::with_http(limits).await;
    let act = |n| world.act(FINANCE_MAKER, &format!("指标{n}"), &record_quota(100, day(5, 1)));
    let acts: Vec<_> = (0..10).map(act).collect();
    world.commit(&acts).await;
    let (mut pages, mut ids, mut after) = (0, Vec::new(), String::new());
    loop {
        let url = format!("{}/v1/proposals?limit=1000{after}", world.address);
        let page: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let items = page["items"].as_array().unwrap();
        pages += 1;
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let mut expected: Vec<_> = acts.iter().map(|act| act.id().to_string()).collect();
    expected.sort();
    ids.sort();
    assert_eq!(ids, expected);
    assert!(pages > 2, "{pages} pages");
    world.stop().await;
}

/// One address takes its share of the places for requests that last, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn one_client_leaves_places_for_others() {
    let world = World::start().await;
    let url = format!("{}/v1/transactions/{}", world.address, "ab".repeat(32));
    let waiting = format!("{url}?wait=committed&timeout_ms=60000");
    let http = reqwest::Client::new();
    let mut waits = tokio::task::JoinSet::new();
    // A quarter of 1024 waits, and so does a quarter of 256; the rest is refused at once.
    for _ in 0..300 {
        waits.spawn(http.get(&waiting).send());
    }
    for _ in 0..300 - 256 {
        let refused = waits.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(refused.status().as_u16(), 503);
    }
    let mut streams = Vec::new();
    for _ in 0..64 {
        streams.push(world.client.tips().await.unwrap());
    }
    assert_eq!(world.client.tips().await.unwrap_err().code(), Some("busy"));
    // The same client may still submit, and another one may still wait and follow.
    let act = world.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    let answers = world.client.submit(&[act.encode()]).await.unwrap();
    assert_eq!(answers[0].code, "admitted");
    let other = reqwest::Client::builder().local_address(std::net::IpAddr::from([127, 0, 0, 2]));
    let other = other.build().unwrap();
    let short = other.get(format!("{url}?wait=committed&timeout_ms=10")).send().await.unwrap();
    assert_eq!(short.status().as_u16(), 404);
    let tips = other.get(format!("{}/v1/tips", world.address)).send().await.unwrap();
    assert_eq!(tips.status().as_u16(), 200);
    drop((waits, streams, tips));
    world.stop().await;
}
