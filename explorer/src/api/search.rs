//! `/api/v1/search`: what the search page finds, for programs.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer_by;
use crate::pages::search::{Asked, all_shown, look};
use crate::text::source;
use crate::web::{App, Effort, PageError};

/// Results of a kind where the question names no limit.
pub const ROWS_DEFAULT: usize = 50;

/// A question.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    q: Option<String>,
    kind: Option<String>,
    year: Option<String>,
    division: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// `GET /api/v1/search`.
///
/// # Errors
/// [`PageError`] if a parameter does not read or the text index cannot be read.
pub async fn search(
    State(app): State<App>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Result<Response, PageError> {
    let Parameters { q, kind, year, division, limit, cursor } = parameters;
    let limit = super::limit(limit, ROWS_DEFAULT)?;
    let asked = Asked { q, kind, year, division, before: cursor }.understood()?;
    let maker = app.clone();
    // The text index may grow while the height stays.
    let number = app.text().mark().map_or(0, |mark| mark.number);
    answer_by(app, headers, Effort::Keyed, &format!("-{number}"), move |connection| {
        let (mut found, mark) = look(&maker, &asked, limit.saturating_add(1))?;
        let (mut items, mut next) = (Vec::new(), None);
        for hits in found.hits.values_mut() {
            let has_more = hits.len() > limit;
            hits.truncate(limit);
            if has_more && asked.filter.kind.is_some() {
                next = hits.last().map(|hit| hit.order.to_string());
            }
            items.extend(all_shown(connection, hits)?);
        }
        let counts = |list: Vec<(String, u64)>| -> Vec<Value> {
            list.into_iter()
                .map(|(value, count)| json!({ "value": value, "count": count }))
                .collect()
        };
        let text = |(value, count): (&u64, &u64)| (value.to_string(), *count);
        let kinds = found.kinds.iter().map(|(kind, count)| (kind.name().to_owned(), *count));
        Ok(json!({
            "items": items,
            "exact": all_shown(connection, &found.exact)?,
            "next": next,
            "total": found.total,
            "kinds": counts(kinds.collect()),
            "years": counts(found.years.iter().map(text).collect()),
            "divisions": counts(found.divisions.iter().map(text).collect()),
            "behind": source::origin(connection)?.last.saturating_sub(mark.number),
        }))
    })
    .await
}
