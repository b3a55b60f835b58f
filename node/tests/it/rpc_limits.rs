//! What the HTTP interface refuses, and how it says so.

use minglian_client::{ClientError, OCTET_STREAM, Problem, SUBMIT_BYTES_MAX, wire};
use minglian_ledger::height::{Height, LogIndex};
use minglian_node::mempool::Limits;
use minglian_node::rpc::HttpLimits;
use reqwest::{Method, Response};

use crate::rpc_world::{FINANCE_MAKER, World, day, record_quota};

async fn refused(response: Response) -> Problem {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Problem = response.json().await.unwrap();
    assert_eq!(problem.status, status);
    assert_eq!(problem.kind, format!("urn:minglian:problem:{}", problem.code));
    assert!(!problem.title.is_empty() && !problem.title_zh.is_empty());
    problem
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_requests_become_problems() {
    let world = World::start().await;
    let http = reqwest::Client::new();
    for (method, path, status, code) in [
        (Method::GET, "/v1/nothing", 404, "not_found"),
        (Method::DELETE, "/v1/genesis", 405, "method_not_allowed"),
        (Method::GET, "/v1/records/abc", 400, "bad_request"),
        (Method::GET, "/v1/records/99", 404, "not_found"),
        (Method::GET, "/v1/records/99/evidence", 404, "not_found"),
        (Method::GET, "/v1/records/0/evidence", 409, "uncertified"),
        (Method::GET, "/v1/accounts", 400, "bad_request"),
        (Method::GET, "/v1/accounts/zz", 400, "bad_request"),
        (Method::GET, "/v1/accounts/00ff", 400, "bad_request"),
        (Method::GET, "/v1/organizations?limit=0", 400, "bad_request"),
        (Method::GET, "/v1/organizations?limit=1001", 400, "bad_request"),
        (Method::GET, "/v1/organizations?after=nonsense", 400, "bad_request"),
        (Method::GET, "/v1/organizations/nonsense", 400, "bad_request"),
        (Method::GET, "/v1/transactions/1234", 400, "bad_request"),
        (Method::GET, "/v1/consistency", 400, "bad_request"),
        (Method::GET, "/v1/consistency?from=1&to=99", 400, "bad_request"),
        (Method::GET, "/v1/blocks?limit=257", 400, "bad_request"),
        (Method::GET, "/v1/blocks/7", 404, "not_found"),
        (Method::GET, "/v1/headers/first", 400, "bad_request"),
        (Method::GET, "/v1/validators?height=0", 404, "not_found"),
        (Method::GET, "/v1/trace", 400, "bad_request"),
        (Method::GET, "/v1/trace?cursor=00", 400, "bad_request"),
        (Method::GET, "/v1/allocations/00", 400, "bad_request"),
        (Method::GET, "/log/tile/0/001", 404, "not_found"),
        (Method::GET, "/log/tile/0/../../x", 404, "not_found"),
        (Method::POST, "/v1/transactions", 415, "unsupported_media_type"),
    ] {
        let url = format!("{}{path}", world.address);
        let response = http.request(method.clone(), url).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(refused(response).await.code, code, "{method} {path}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn submissions_have_limits() {
    let world = World::start().await;
    let http = reqwest::Client::new();
    let url = format!("{}/v1/transactions", world.address);
    let post = |content: &'static str, body: Vec<u8>| {
        http.post(&url).header("content-type", content).body(body).send()
    };
    for body in ["{", "{}", r#"{"transaction":"00","transactions":[]}"#, r#"{"other":1}"#] {
        let response = post("application/json", body.into()).await.unwrap();
        assert_eq!(refused(response).await.code, "bad_request", "{body}");
    }
    let broken = post(OCTET_STREAM, vec![9, 0, 0, 0, 1]).await.unwrap();
    assert_eq!(refused(broken).await.code, "bad_request");
    let none = post(OCTET_STREAM, Vec::new()).await.unwrap();
    assert_eq!(refused(none).await.code, "bad_request", "nothing is not too large");
    let mut many = Vec::new();
    for _ in 0..1_001 {
        wire::push_frame(&mut many, b"x");
    }
    let many = post(OCTET_STREAM, many).await.unwrap();
    assert_eq!(refused(many).await.code, "too_large");
    let huge = post(OCTET_STREAM, vec![0; SUBMIT_BYTES_MAX + 1]).await.unwrap();
    assert_eq!(refused(huge).await.code, "too_large");
    let response = http.post(format!("{url}?wait=forever")).send().await.unwrap();
    assert_eq!(refused(response).await.code, "bad_request");

    // One transaction in JSON, as a clerk's script sends it.
    let act = world.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    let hex = wire::Hex(act.encode());
    let body = serde_json::json!({ "transaction": hex }).to_string();
    let response = post("application/json", body.into()).await.unwrap();
    let answers: wire::SubmitAnswers = response.json().await.unwrap();
    assert_eq!(answers.answers[0].id, Some(act.id()));
    assert_eq!(answers.answers[0].code, "admitted");
    world.stop().await;
}

/// Under overload a full pool must cost next to nothing: what has no room is not even decoded.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_turns_away_unread() {
    let world = World::with_pool(Limits { count_max: 2, ..Limits::default() }).await;
    let acts = ["甲", "乙", "丙"]
        .map(|reference| world.act(FINANCE_MAKER, reference, &record_quota(100, day(5, 1))));
    let mut encoded: Vec<Vec<u8>> = acts.iter().map(|act| act.encode()).collect();
    encoded.insert(1, b"garbage takes no room".to_vec());
    encoded.push(b"garbage behind a full pool".to_vec());
    let answers = world.client.submit(&encoded).await.unwrap();
    let codes: Vec<&str> = answers.iter().map(|answer| answer.code.as_str()).collect();
    assert_eq!(codes, ["admitted", "malformed", "admitted", "pool_full", "pool_full"]);
    assert_eq!(answers[3].id, None);
    assert_eq!(world.passed_on.lock().unwrap().len(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_tips_are_counted_and_end_with_the_node() {
    let limits = HttpLimits { share_per_client_percent: 100, ..HttpLimits::default() };
    let world = World::with_http(limits).await;
    let mut streams = Vec::new();
    for _ in 0..256 {
        streams.push(world.client.tips().await.unwrap());
    }
    let one_more = world.client.tips().await;
    assert_eq!(one_more.unwrap_err().code(), Some("busy"));
    let mut last = streams.pop().unwrap();
    drop(streams);
    assert_eq!(last.next().await.unwrap().unwrap().height, Height(0));
    let client = world.client.clone();
    world.stop().await;
    assert_eq!(last.next().await.unwrap(), None);
    let gone = client.record(LogIndex(0)).await;
    assert!(matches!(gone, Err(ClientError::Transport(_))), "{gone:?}");
}
