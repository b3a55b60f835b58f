//! 信息公开: publications, newest first.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::link;
use crate::database::Connection;
use crate::index::IndexError;
use crate::pages::{LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::web::{App, Frame, PageResult};

/// Which publications.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    organization: Option<String>,
    before: Option<i64>,
}

/// A publication in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationRow {
    /// Where it stands.
    pub link: String,
    /// Its index number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Its subject.
    pub topic: String,
    /// Who published it.
    pub organization: String,
    /// That organisation's code.
    pub organization_code: String,
    /// The day that it says of itself.
    pub published_on: String,
    /// The day of its block.
    pub recorded_on: String,
    /// How many files it has.
    pub files: i64,
    /// Whether it is a correction.
    pub is_correction: bool,
    /// Whether it is corrected.
    pub is_corrected: bool,
    /// Its record.
    pub record: i64,
}

#[derive(Template)]
#[template(path = "disclosures.html")]
struct Disclosures {
    frame: Frame,
    organization: String,
    rows: Vec<PublicationRow>,
    next: String,
}

/// `GET /disclosures`.
pub async fn disclosures(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    check_filters(&[&filter.organization])?;
    app.page(move |connection, frame| {
        let before = filter.before.unwrap_or(i64::MAX);
        let organization = filter.organization.unwrap_or_default();
        let mut rows = publications(connection, &organization, before)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let last = rows.last().map_or(0, |row| row.record).to_string();
        let filters = [("organization", organization.as_str()), ("before", last.as_str())];
        let next = if has_more { address("/disclosures", &filters) } else { String::new() };
        Ok(Disclosures { frame, organization, rows, next })
    })
    .await
}

/// Publications before a record, newest first; of one organisation unless it is empty. One more
/// than a page has.
///
/// # Errors
/// [`IndexError::Database`].
pub fn publications(
    connection: &Connection,
    organization: &str,
    before: i64,
) -> Result<Vec<PublicationRow>, IndexError> {
    let which = if organization.is_empty() { "?2 = ''" } else { "p.organization = ?2" };
    let query = format!(
        "SELECT p.number, p.title, p.topic, coalesce(o.name, p.organization), p.organization, \
         p.published_on, p.recorded_on, p.files, p.corrects IS NOT NULL, \
         p.corrected_by IS NOT NULL, p.record FROM publications p \
         LEFT JOIN organizations o ON o.code = p.organization \
         WHERE p.record < ?1 AND {which} ORDER BY p.record DESC {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(crate::database::params![before, organization], |row| {
        let (number, organization_code): (String, String) = (row.get(0)?, row.get(4)?);
        Ok(PublicationRow {
            link: link(&organization_code, &number),
            number,
            title: row.get(1)?,
            topic: row.get(2)?,
            organization: row.get(3)?,
            organization_code,
            published_on: row.get(5)?,
            recorded_on: row.get(6)?,
            files: row.get(7)?,
            is_correction: row.get(8)?,
            is_corrected: row.get(9)?,
            record: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
