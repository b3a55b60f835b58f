//! Files that pages load or offer: the stylesheet, the script that loads the verifier, the
//! verifier, the offline verifier.
//!
//! The verifier is bundled from `verifier/` and kept in `assets/verifier/`, so that this program
//! builds without npm; a test of `verifier/` holds the two together (docs/decisions/0014).

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use minglian_contracts::disclosure::offline_verifier::OfflineVerifier;
use minglian_ledger::hash::AttachmentHash;
use sha2::{Digest as _, Sha256};

use super::PageError;

const PAGES: &str = include_str!("../../assets/verifier/pages.js");
const VERIFIER: &str = include_str!("../../assets/verifier/verify.js");
const OFFLINE: &str = include_str!("../../assets/verifier/verify.html");
const SUMS: &str = include_str!("../../assets/verifier/SHA256SUMS");

/// Digits of the hash in a script's name: another script has another name.
const NAME_DIGITS: usize = 16;

/// The SHA-256 of one of the verifier's files, as `sha256sum` prints it.
fn sum(file: &str) -> &'static str {
    let mut lines = SUMS.lines().filter_map(|line| line.split_once("  "));
    lines.find(|(_, name)| *name == file).map_or("", |(sum, _)| sum)
}

/// The offline verifier that this program hands out, by its hashes.
pub fn offline_verifier() -> &'static OfflineVerifier {
    static HASHED: LazyLock<OfflineVerifier> = LazyLock::new(|| OfflineVerifier {
        sha256: Sha256::digest(OFFLINE).into(),
        attachment: AttachmentHash::of(&[OFFLINE.as_bytes()]),
    });
    &HASHED
}

/// Under which name a script is served. The bundler gives the verifier's to the other one.
fn name(kind: &str, file: &str) -> String {
    format!("{kind}-{}.js", sum(file).get(..NAME_DIGITS).unwrap_or_default())
}

/// Where the script of pages with a check is.
pub fn script_path() -> String {
    format!("/assets/{}", name("pages", "pages.js"))
}

/// `GET /style.css`.
pub async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, include_str!("../../assets/style.css"))
}

/// `GET /assets/{name}`: a script; it never changes under its name.
pub async fn script(Path(asked): Path<String>) -> Result<Response, PageError> {
    let known = [(name("pages", "pages.js"), PAGES), (name("verify", "verify.js"), VERIFIER)];
    let found = known.into_iter().find(|(name, _)| *name == asked);
    let (_, text) = found.ok_or_else(|| PageError::NotFound("这个文件".to_owned()))?;
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, text).into_response())
}

/// `GET /verify.html`: to be saved and opened from disk, never shown from here.
pub async fn offline() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"verify.html\""),
    ];
    (headers, OFFLINE)
}
