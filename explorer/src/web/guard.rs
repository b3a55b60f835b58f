//! What every request passes: limits before the page, headers and the error page after it.

use std::time::Duration;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use minglian_listener::Peer;

use super::asked::ASKED;
use super::error::Shown;
use super::{App, Asked, Frame, OwnPage, PageError, Proxies, Scripted, machine, pin, seen};
use crate::language::Language;
use crate::reading::Reading;

/// How long a page may take.
pub const PAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest path and query in bytes. The longest lawful one carries the cursor of a trace.
pub const ADDRESS_BYTES_MAX: usize = 16 * 1024;

/// Longest name of a host in bytes, with its port.
const HOST_BYTES_MAX: usize = 261;

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
    newest: Option<String>,
}

/// Bounds a request, and completes its answer.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or("/", |known| known.as_str()).to_owned();
    let (chosen, rest) = Language::of_address(&address);
    let remembered = Language::remembered(request.headers());
    if chosen.is_none() && address == "/" && request.method() == Method::GET {
        let wanted = remembered.unwrap_or_else(|| Language::of_browser(request.headers()));
        if wanted != Language::default() {
            return completed(Redirect::to(&format!("/{}/", wanted.code())).into_response());
        }
    }
    seen::refresh(&app);
    let at = pin::of_address(&rest);
    let height = at.as_ref().ok().copied().flatten();
    let reading = Reading::remembered(request.headers());
    let host = host(request.headers());
    let language = chosen.unwrap_or_default();
    let peer = request.extensions().get::<Peer>();
    let nobody = Proxies::default();
    let proxies = app.0.proxies.get().unwrap_or(&nobody);
    let client = peer.map(|Peer(address)| proxies.client(*address, request.headers()));
    let is_fetched = machine::fetches(&rest, request.headers());
    let asked = Asked { language, reading, address: rest, at: height, host, client };
    ASKED
        .scope(asked, async move {
            let response = if address.len() > ADDRESS_BYTES_MAX {
                PageError::TooLong.into_response()
            } else if let Err(error) = at {
                error.into_response()
            } else {
                match tokio::time::timeout(PAGE_TIMEOUT, next.run(request)).await {
                    Ok(response) => response,
                    Err(_) => PageError::Timeout.into_response(),
                }
            };
            if machine::answers(&address) {
                return machine::completed(response);
            }
            let response = match is_fetched {
                true => machine::with_problem(response),
                false => with_error_page(app, response).await,
            };
            let mut response = completed(response);
            let cookie = chosen.filter(|language| remembered != Some(*language));
            let cookie = cookie.and_then(|it| HeaderValue::from_str(&it.cookie()).ok());
            if let Some(cookie) = cookie {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        })
        .await
}

/// The host that was asked, with its port.
fn host(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-.:[]".contains(it);
    (host.len() <= HOST_BYTES_MAX && host.chars().all(is_plain)).then(|| host.to_owned())
}

/// Gives an answer the headers that all have.
fn completed(mut response: Response) -> Response {
    let is_scripted = response.extensions().get::<Scripted>().is_some();
    let policy = HeaderValue::from_static(if is_scripted { SCRIPTED_POLICY } else { POLICY });
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().extend(HEADERS);
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        let fresh = HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, fresh);
        // The address of the home page without a language may be answered in either.
        let vary = HeaderValue::from_static("cookie, accept-language");
        response.headers_mut().insert(header::VARY, vary);
    }
    response
}

/// Gives every error the same page, those of the router and its extractors included.
async fn with_error_page(app: App, response: Response) -> Response {
    let status = response.status();
    let content = response.headers().get(header::CONTENT_TYPE);
    let is_for_programs = content.is_some_and(|content| content == "application/json");
    let is_whole = is_for_programs || response.extensions().get::<OwnPage>().is_some();
    if is_whole || !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let language = Asked::now().language;
    let shown = response.extensions().get::<Shown>().cloned();
    let text = shown.unwrap_or_else(|| match status {
        StatusCode::METHOD_NOT_ALLOWED => Shown::of("本站只供阅读", "This site is for reading"),
        StatusCode::NOT_FOUND => Shown::of("没有找到这个网址", "There is no such page"),
        _ => Shown::of("请求有误", "The request is malformed"),
    });
    let mut text = language.pick(&text.zh, &text.en).to_owned();
    // Of what was not there at a height, the newest page may know.
    let asked = Asked { at: None, ..Asked::now() };
    let newest = pin::unpinned(&asked.address);
    let newest = (newest != asked.address).then(|| format!("/{}{newest}", language.code()));
    if let (Some(height), StatusCode::NOT_FOUND) = (Asked::now().at, status) {
        let zh = format!("固定在高度 {height}:{text}");
        let en = format!("Pinned to height {height}: {text}");
        text = language.pick(&zh, &en).to_owned();
    }
    let fallback = Frame::without_index(&app, asked.clone());
    let number = status.as_u16();
    let (copy, link) = (text.clone(), newest.clone());
    // The page that failed has had its time: its error takes no turn of others.
    let made = app.page_now(move |_, frame| {
        Ok(ErrorPage { frame, status: number, text: copy, newest: link })
    });
    let page = ASKED.scope(asked, made).await.or_else(|_| {
        ErrorPage { frame: fallback, status: number, text, newest }.render().map(Html)
    });
    match page {
        Ok(page) => (status, page).into_response(),
        Err(_) => status.into_response(),
    }
}
