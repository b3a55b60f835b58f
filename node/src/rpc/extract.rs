//! Reading requests and writing answers, so that every fault becomes a problem.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use borsh::BorshDeserialize;
use data_encoding::HEXLOWER;
use minglian_client::OCTET_STREAM;
use minglian_client::wire::{PAGE_DEFAULT, PAGE_MAX};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::problem::Refusal;

/// Longest hexadecimal text in a path or query: a trace's cursor.
pub const HEX_CHARACTERS_MAX: usize = 32 * 1024;

/// The query of a request.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Query::try_from_uri(&parts.uri).map(|Query(query)| Self(query)).map_err(Refusal::bad)
    }
}

/// The variable parts of a path.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments)).map_err(Refusal::bad)
    }
}

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// At most 1000.
    limit: Option<usize>,
}

impl Paging {
    /// Entries asked for.
    pub fn limit(&self) -> Result<usize, Refusal> {
        checked_limit(self.limit)
    }
}

/// A page's length: what was asked for, if it is lawful.
pub fn checked_limit(limit: Option<usize>) -> Result<usize, Refusal> {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Refusal::bad(format!("limit is {limit}, not 1 to {PAGE_MAX}")))
}

/// A canonically encoded value in hexadecimal.
pub fn decode_hex<T: BorshDeserialize>(what: &str, text: &str) -> Result<T, Refusal> {
    let wrong = |reason: String| Refusal::bad(format!("{what}: {reason}"));
    if text.len() > HEX_CHARACTERS_MAX {
        return Err(wrong(format!("longer than {HEX_CHARACTERS_MAX} characters")));
    }
    let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    borsh::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
}

/// A text that parses.
pub fn parse<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Refusal>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Refusal::bad(format!("{what}: {error}")))
}

/// Whether the reader asks for bytes instead of JSON.
pub fn wants_bytes(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains(OCTET_STREAM))
}

/// A binary answer.
pub fn bytes_answer(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(OCTET_STREAM))], bytes).into_response()
}

/// A JSON answer.
pub fn json_answer(value: &impl Serialize) -> Result<Response, Refusal> {
    let body = serde_json::to_vec(value)?;
    let content = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, content)], body).into_response())
}
