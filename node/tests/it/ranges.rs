//! Parts of attachments: what is asked for is given, from checked pieces only.

use std::fs;

use axum::http::{HeaderMap, Method};
use minglian_ledger::deposit::{Class, MediaType};
use minglian_ledger::hash::AttachmentHash;
use minglian_node::rpc::range::{Asked, asked};
use reqwest::{Client, Response, StatusCode};

use crate::deposit_world::{described, pdf};
use crate::rpc_world::World;
use crate::s3_server::S3Server;

const MIB: usize = 1 << 20;

fn of(range: &str) -> Asked {
    let headers: HeaderMap =
        [("range".parse().unwrap(), range.parse().unwrap())].into_iter().collect();
    asked(&Method::GET, &headers, "\"tag\"", 1_000)
}

#[test]
fn one_range_of_bytes_is_understood_and_anything_else_is_as_if_it_were_not_asked() {
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=0-999", 0..1_000),
        ("bytes=999-999", 999..1_000),
        ("bytes=10-5000", 10..1_000),
        ("bytes=10-99999999999999999999999999", 10..1_000),
        ("Bytes=10-", 10..1_000),
        ("bytes=-1", 999..1_000),
        ("bytes=-1000", 0..1_000),
        ("bytes=-5000", 0..1_000),
    ] {
        assert_eq!(of(range), Asked::Part(expected), "{range}");
    }
    for range in ["bytes=1000-", "bytes=1000-1000", "bytes=99999999999999999999-", "bytes=-0"] {
        assert_eq!(of(range), Asked::Nothing, "{range}");
    }
    for range in [
        "bytes=5-4",
        "bytes=0-1,5-6",
        "bytes=-",
        "bytes=",
        "bytes",
        "lines=0-1",
        "bytes=a-b",
        "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=0x1-2",
        "",
    ] {
        assert_eq!(of(range), Asked::Whole, "{range}");
    }
    let headers = |pairs: &[(&str, &str)]| -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: axum::http::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    };
    let range = ("range", "bytes=0-0");
    for (pairs, method, is_part) in [
        (vec![], Method::GET, false),
        (vec![range], Method::HEAD, false),
        (vec![range, range], Method::GET, false),
        (vec![range, ("if-range", "\"tag\"")], Method::GET, true),
        (vec![range, ("if-range", "W/\"tag\"")], Method::GET, false),
        (vec![range, ("if-range", "\"other\"")], Method::GET, false),
        (vec![range, ("if-range", "Sat, 29 Oct 2022 19:43:31 GMT")], Method::GET, false),
    ] {
        let is = asked(&method, &headers(&pairs), "\"tag\"", 1_000);
        assert_eq!(is, if is_part { Asked::Part(0..1) } else { Asked::Whole }, "{pairs:?}");
    }
}

async fn get(world: &World, hash: &AttachmentHash, headers: &[(&str, &str)]) -> Response {
    let mut request = Client::new().get(format!("{}/v1/attachments/{hash}", world.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Brings an attachment of a little more than three pieces.
async fn bring(world: &World) -> (AttachmentHash, Vec<u8>) {
    world.register().await;
    let body = pdf(3 * MIB + 5);
    let hash = AttachmentHash::of(&[&body]);
    world.upload(Class::Public, described(&body, MediaType::Pdf), body.clone()).await.unwrap();
    world.name("合同1", hash).await;
    (hash, body)
}

async fn parts_are_handed_out(world: &World) {
    let (hash, body) = bring(world).await;
    let size = body.len();
    let tag = format!("\"{hash}\"");
    for (range, expected) in [
        ("bytes=0-0".to_owned(), 0..1),
        (format!("bytes={}-{}", MIB - 1, MIB), MIB - 1..MIB + 1),
        (format!("bytes={}-{}", MIB, 2 * MIB - 1), MIB..2 * MIB),
        (format!("bytes=100-{}", 3 * MIB), 100..3 * MIB + 1),
        (format!("bytes={}-", 3 * MIB + 4), size - 1..size),
        ("bytes=-6".to_owned(), size - 6..size),
        ("bytes=0-".to_owned(), 0..size),
    ] {
        let response = get(world, &hash, &[("range", &*range), ("if-range", &*tag)]).await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        let place = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        assert_eq!(header(&response, "content-range"), place);
        assert_eq!(header(&response, "content-length"), expected.len().to_string());
        assert_eq!(header(&response, "etag"), tag);
        assert_eq!(header(&response, "content-type"), "application/pdf");
        assert!(response.bytes().await.unwrap() == body[expected], "{range}");
    }
    for headers in [
        vec![],
        vec![("range", "bytes=0-1,4-5")],
        vec![("range", "bytes=0-1"), ("if-range", "\"another\"")],
    ] {
        let response = get(world, &hash, &headers).await;
        assert_eq!(response.status(), StatusCode::OK, "{headers:?}");
        assert_eq!(header(&response, "accept-ranges"), "bytes");
        assert_eq!((header(&response, "etag"), header(&response, "content-range")), (&*tag, ""));
        assert!(response.bytes().await.unwrap() == body, "{headers:?}");
    }
    let behind = get(world, &hash, &[("range", &*format!("bytes={size}-"))]).await;
    assert_eq!(behind.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&behind, "content-range"), format!("bytes */{size}"));
    assert!(behind.text().await.unwrap().contains("urn:minglian:problem:range"));

    let address = format!("{}/v1/attachments/{hash}", world.address);
    let head = Client::new().head(address).header("range", "bytes=0-0").send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(header(&head, "content-length"), size.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_what_is_in_a_directory_are_handed_out() {
    parts_are_handed_out(&World::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_what_is_in_a_bucket_are_handed_out_and_no_more_of_it_is_read() {
    let (store, directory) = (S3Server::start().await, tempfile::tempdir().unwrap());
    let world = World::keeping(store.kept(directory.path())).await;
    parts_are_handed_out(&world).await;
    let hash = world.keeper.public(None, 1)[0].0;
    store.contents().asked.clear();
    get(&world, &hash, &[("range", "bytes=2000000-2000001")]).await.bytes().await.unwrap();
    assert_eq!(store.contents().asked.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_checked_with_the_whole_of_its_piece() {
    let world = World::start().await;
    let (hash, mut body) = bring(&world).await;
    body[2 * MIB - 1] ^= 1;
    fs::write(world.content(&hash), &body).unwrap();
    let good = get(&world, &hash, &[("range", "bytes=0-99")]).await;
    assert_eq!(good.status(), StatusCode::PARTIAL_CONTENT);
    assert!(good.bytes().await.unwrap() == body[..100]);
    let damaged = get(&world, &hash, &[("range", &*format!("bytes={MIB}-{MIB}"))]).await;
    assert_eq!(damaged.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(damaged.text().await.unwrap().contains("damaged"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_what_is_not_public_is_not_public() {
    let world = World::start().await;
    world.register().await;
    let body = pdf(1_000);
    let hash = AttachmentHash::of(&[&body]);
    world.upload(Class::Restricted, described(&body, MediaType::Pdf), body).await.unwrap();
    world.name("合同1", hash).await;
    for range in ["bytes=0-0", "bytes=5000-"] {
        let refused = get(&world, &hash, &[("range", range)]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(header(&refused, "content-range"), "");
    }
}
