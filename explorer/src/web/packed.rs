//! Text of pages is packed on its way to a reader who can unpack it: a list of a thousand rows
//! weighs a tenth.
//!
//! Answers to programs keep the bytes that their ETag names, and downloads the length that is
//! counted against a reader's share.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

const PACKED: [&str; 4] = ["text/html", "text/css", "text/javascript", "image/svg+xml"];

/// Decides by an answer's head whether it is packed.
pub type Choice = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// The layer that packs. The lowest level: it takes a millisecond for a hundred kilobytes.
pub fn layer() -> CompressionLayer<Choice> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(is_page_text as Choice)
}

fn is_page_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let name = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    PACKED.contains(&name.trim())
}
