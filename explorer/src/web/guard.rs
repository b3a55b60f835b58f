//! What every request passes: limits before the page, headers and the error page after it.

use std::time::Duration;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::error::Shown;
use super::{App, Frame, PageError, Scripted};

/// How long a page may take.
pub const PAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest path and query in bytes. The longest lawful one carries the cursor of a trace.
pub const ADDRESS_BYTES_MAX: usize = 16 * 1024;

/// Nothing is loaded but the one stylesheet, nothing is sent but the search form to this site.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// As [`POLICY`], for pages with the verifier: one script of this site, which asks only this site
/// and may write no HTML.
const SCRIPTED_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                               base-uri 'none'; frame-ancestors 'none'; script-src 'self'; \
                               connect-src 'self'; require-trusted-types-for 'script'; \
                               trusted-types 'none'";

const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    text: String,
}

/// Bounds a request, and completes its answer.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or(0, |known| known.as_str().len());
    let response = if address > ADDRESS_BYTES_MAX {
        PageError::TooLong.into_response()
    } else {
        match tokio::time::timeout(PAGE_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => PageError::Timeout.into_response(),
        }
    };
    let mut response = with_error_page(app, response).await;
    let is_scripted = response.extensions().get::<Scripted>().is_some();
    let policy = HeaderValue::from_static(if is_scripted { SCRIPTED_POLICY } else { POLICY });
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().extend(HEADERS);
    let cached = response.headers().contains_key(header::CACHE_CONTROL);
    if !cached {
        let fresh = HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    }
    response
}

/// Gives every error the same page, those of the router and its extractors included.
async fn with_error_page(app: App, response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let shown = response.extensions().get::<Shown>().map(|shown| shown.0.clone());
    let text = shown.unwrap_or_else(|| match status {
        StatusCode::METHOD_NOT_ALLOWED => "本站只供阅读".to_owned(),
        StatusCode::NOT_FOUND => "没有找到这个网址".to_owned(),
        _ => "请求有误".to_owned(),
    });
    let fallback = Frame::without_index(&app);
    let (number, copy) = (status.as_u16(), text.clone());
    let page = app
        .page(move |_, frame| Ok(ErrorPage { frame, status: number, text: copy }))
        .await
        .or_else(|_| ErrorPage { frame: fallback, status: number, text }.render().map(Html));
    match page {
        Ok(page) => (status, page).into_response(),
        Err(_) => status.into_response(),
    }
}
