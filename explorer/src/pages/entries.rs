//! 账目列表: records, newest first.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::index::read::{self, RecordRow};
use crate::web::{App, Frame, PageResult};

/// Which records.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    before: Option<i64>,
    organization: Option<String>,
    project: Option<String>,
    refused: Option<String>,
}

#[derive(Template)]
#[template(path = "entries.html")]
struct Entries {
    frame: Frame,
    title: String,
    records: Vec<RecordRow>,
    next: String,
}

/// The last refused acts before a position, one more than is shown.
pub const REFUSED: &str = "WHERE r.log_index IN (SELECT c.log_index FROM refusals c \
     WHERE c.log_index < ?1 ORDER BY c.log_index DESC LIMIT 51) ORDER BY r.log_index DESC";

/// The last records of an organisation before a position. They are ordered as the list has them:
/// by the records' own column all of the organisation would be read and sorted.
pub const OF_ORGANIZATION: &str = "JOIN record_organizations c ON c.log_index = r.log_index \
     WHERE c.organization = ?1 AND c.log_index < ?2 ORDER BY c.log_index DESC LIMIT 51";

/// The same of a project.
pub const OF_PROJECT: &str = "JOIN record_projects c ON c.log_index = r.log_index \
     WHERE c.project = ?1 AND c.log_index < ?2 ORDER BY c.log_index DESC LIMIT 51";

/// `GET /entries`.
pub async fn entries(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    check_filters(&[&filter.organization, &filter.project])?;
    app.page(move |connection, frame| {
        let before = filter.before.unwrap_or(i64::MAX);
        let order = format!("ORDER BY r.log_index DESC {LIMIT}");
        let (organization, project) = (&filter.organization, &filter.project);
        let mut records = if let Some(code) = organization {
            read::records(connection, OF_ORGANIZATION, &[code, &before])?
        } else if let Some(reference) = project {
            read::records(connection, OF_PROJECT, &[reference, &before])?
        } else if filter.refused.is_some() {
            read::records(connection, REFUSED, &[&before])?
        } else {
            read::records(connection, &format!("WHERE r.log_index < ?1 {order}"), &[&before])?
        };
        let has_more = cut(&mut records, ROWS_MAX);
        let last = records.last().map_or(0, |row| row.index).to_string();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (organization, project) = (text(organization), text(project));
        let refused = text(&filter.refused);
        let filters = [
            ("organization", organization.as_str()),
            ("project", project.as_str()),
            ("refused", refused.as_str()),
            ("before", last.as_str()),
        ];
        let next = if has_more { address("/entries", &filters) } else { String::new() };
        let title = match (organization.as_str(), project.as_str(), refused.as_str()) {
            ("", "", "") => frame.say("全部账目").to_owned(),
            ("", "", _) => frame.say("未通过的业务").to_owned(),
            ("", project, _) => format!("{} · {project}", frame.say("账目")),
            (organization, ..) => format!("{} · {organization}", frame.say("账目")),
        };
        Ok(Entries { frame, title, records, next })
    })
    .await
}
