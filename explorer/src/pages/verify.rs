//! 核验中心: what a reader can check without trusting this site, and with which files.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::web::{App, Frame, ScriptedResult, assets};

/// In which language.
#[derive(Debug, Default, Deserialize)]
pub struct Language {
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "verify.html")]
struct Verify {
    frame: Frame,
    is_english: bool,
    offline_sum: &'static str,
}

/// `GET /verify`.
pub async fn verify(State(app): State<App>, Query(language): Query<Language>) -> ScriptedResult {
    let is_english = language.lang.as_deref() == Some("en");
    app.scripted_page(move |_, frame| {
        Ok(Verify { frame, is_english, offline_sum: assets::offline_sum() })
    })
    .await
}
