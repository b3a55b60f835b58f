//! Answers for programs: the API and the log. Any site's script may read them; a refusal is a
//! problem in JSON (RFC 9457), as that of a file is for whoever does not ask for HTML.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minglian_client::Problem;
use serde::Serialize;

use super::error::Shown;
use crate::index::history::Kept;

/// The beginnings of addresses that programs ask; they have no language.
pub(super) const PREFIXES: [&str; 2] = ["/api/v1", "/log/"];

/// The beginning of addresses of files, without a language.
const FILES: &str = "/data/";

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    ),
];

/// Whether programs ask this address.
pub fn answers(address: &str) -> bool {
    PREFIXES.iter().any(|prefix| address.starts_with(prefix))
}

/// Gives an answer its headers, and every error the same form.
pub fn completed(response: Response) -> Response {
    let mut response = with_problem(response);
    response.headers_mut().extend(HEADERS);
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        let fresh = HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    }
    response
}

/// Whether a program asks for a file: a browser that follows a link asks for HTML too.
pub fn fetches(address: &str, headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    address.starts_with(FILES) && !accepted.any(|accepted| accepted.contains("text/html"))
}

/// Gives every error the form of a problem.
pub fn with_problem(response: Response) -> Response {
    let status = response.status();
    match status.is_client_error() || status.is_server_error() {
        true => problem(status, response.extensions().get::<Shown>()),
        false => response,
    }
}

fn problem(status: StatusCode, shown: Option<&Shown>) -> Response {
    let kept = shown.and_then(|shown| shown.kept);
    let (code, title, title_zh) = match status {
        _ if kept.is_some() => ("height", "this height is not served", "不提供该高度的内容"),
        StatusCode::NOT_FOUND => ("not_found", "there is no such thing", "没有该内容"),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("method_not_allowed", "this address is only read", "该地址只供读取")
        }
        StatusCode::SERVICE_UNAVAILABLE => ("busy", "try again soon", "请稍后再试"),
        StatusCode::BAD_GATEWAY => ("node", "the node's answer is not passed on", "节点答复不可用"),
        status if status.is_client_error() => {
            ("bad_request", "the request does not read", "请求无法解析")
        }
        _ => ("internal", "the explorer failed", "浏览器内部错误"),
    };
    let problem = Problem {
        kind: format!("urn:minglian:problem:{code}"),
        status: status.as_u16(),
        code: code.to_owned(),
        title: title.to_owned(),
        title_zh: title_zh.to_owned(),
        detail: shown.map(|shown| format!("{} / {}", shown.zh, shown.en)).unwrap_or_default(),
    };
    let body = Refusal { problem, heights: kept.as_ref().map(Heights::of) };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let content = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, content)], body).into_response()
}

/// A problem, and what programs need to ask again.
#[derive(Debug, Serialize)]
struct Refusal {
    #[serde(flatten)]
    problem: Problem,
    #[serde(skip_serializing_if = "Option::is_none")]
    heights: Option<Heights>,
}

/// Which heights can be told.
#[derive(Debug, Serialize)]
struct Heights {
    newest: i64,
    /// The first from which on every height can be.
    every_from: i64,
    /// The ends of months nearby.
    month_ends: Vec<i64>,
}

impl Heights {
    fn of(kept: &Kept) -> Self {
        let Kept { newest, from, .. } = *kept;
        Self { newest, every_from: from, month_ends: kept.month_ends().collect() }
    }
}
