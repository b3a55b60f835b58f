//! 说明, 方法, 隐私, 无障碍: what this site is, how its figures come about, what it knows of whom, and
//! who can use it. Texts only; what they say of figures is what the contracts and the index do.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::reading;
use crate::web::{App, Frame, PageResult};

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "method.html")]
struct Method {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Accessibility {
    frame: Frame,
}

/// `GET /about`.
pub async fn about(State(app): State<App>) -> PageResult {
    app.page(|_, frame| Ok(About { frame })).await
}

/// `GET /method`.
pub async fn method(State(app): State<App>) -> PageResult {
    app.page(|_, frame| Ok(Method { frame })).await
}

/// `GET /privacy`.
pub async fn privacy(State(app): State<App>) -> PageResult {
    app.page(|_, frame| Ok(Privacy { frame })).await
}

/// `GET /accessibility`.
pub async fn accessibility(State(app): State<App>) -> PageResult {
    app.page(|_, frame| Ok(Accessibility { frame })).await
}

/// How a reader wants pages to look, and the page to go back to.
#[derive(Debug, Default, Deserialize)]
pub struct Look {
    #[serde(rename = "type")]
    size: Option<String>,
    theme: Option<String>,
    to: Option<String>,
}

/// `GET /reading`: remembers the look and goes back. It leads to pages of this site only.
pub async fn reading(Query(look): Query<Look>) -> Response {
    let size = look.size.and_then(|choice| reading::type_cookie(&choice));
    let theme = look.theme.and_then(|choice| reading::theme_cookie(&choice));
    let is_here = |to: &String| {
        let other = to.starts_with("//") || to.contains(['\\', '\r', '\n', '\t']);
        to.starts_with('/') && !other
    };
    let to = look.to.filter(is_here).unwrap_or_else(|| "/".to_owned());
    let mut response = Redirect::to(&to).into_response();
    for cookie in [size, theme].into_iter().flatten() {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}
