//! 核验中心: what a reader can check without trusting this site, and with which files.

use askama::Template;
use axum::extract::State;

use crate::web::{App, Frame, ScriptedResult, assets};

#[derive(Template)]
#[template(path = "verify.html")]
struct Verify {
    frame: Frame,
    offline_sum: &'static str,
}

/// `GET /verify`.
pub async fn verify(State(app): State<App>) -> ScriptedResult {
    app.scripted_page(|_, frame| Ok(Verify { frame, offline_sum: assets::offline_sum() })).await
}
