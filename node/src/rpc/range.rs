//! Which bytes of an answer a client asks for: all, or one range of them (RFC 9110, section 14).

use std::ops::Range;

use axum::http::{HeaderMap, Method, header};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// All of it: nothing else was asked for, or nothing that is understood.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes behind the end.
    Nothing,
}

/// What a request asks for of `bytes` bytes whose entity tag is `tag`. Several ranges at once are
/// answered with the whole, as the standard lets a server do, and so is a range of what was another
/// thing (`If-Range`).
pub fn asked(method: &Method, headers: &HeaderMap, tag: &str, bytes: u64) -> Asked {
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let mut ranges = headers.get_all(header::RANGE).iter();
    let (Some(range), None) = (ranges.next().and_then(text), ranges.next()) else {
        return Asked::Whole;
    };
    let is_same = headers.get(header::IF_RANGE).is_none_or(|value| value == tag);
    if method != Method::GET || !is_same {
        return Asked::Whole;
    }
    of_range(&range, bytes).unwrap_or(Asked::Whole)
}

/// None if it is not one range of bytes.
fn of_range(range: &str, bytes: u64) -> Option<Asked> {
    let (unit, range) = range.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let part = if first.is_empty() {
        bytes.saturating_sub(number(last)?)..bytes
    } else {
        let first = number(first)?;
        let last = if last.is_empty() { u64::MAX } else { number(last)? };
        if last < first {
            return None;
        }
        first..last.saturating_add(1).min(bytes)
    };
    Some(if part.is_empty() { Asked::Nothing } else { Asked::Part(part) })
}

/// A number of digits only. One that is larger than any file is as good as the largest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}
