//! Atom feeds (RFC 4287): what an organisation did and published, and what became overdue.

use askama::Template;
use axum::extract::{Path, State};
use rusqlite::{Connection, OptionalExtension};

use super::{ObligationRow, overdue};
use crate::index::IndexError;
use crate::index::read;
use crate::web::{App, Document, Frame, PageError};

/// Most entries of a feed.
const ENTRIES_MAX: usize = 50;

/// An entry.
struct Item {
    /// What never changes about it.
    name: String,
    title: String,
    link: String,
    updated: String,
    summary: String,
}

#[derive(Template)]
#[template(path = "feed.xml", escape = "html")]
struct Feed {
    name: String,
    title: String,
    link: String,
    updated: String,
    language: &'static str,
    chain_id: String,
    prefix: &'static str,
    items: Vec<Item>,
}

/// `GET /feeds/overdue.atom`.
///
/// # Errors
/// [`PageError`] if the index cannot be read.
pub async fn overdue(State(app): State<App>) -> Result<Document, PageError> {
    app.document(|connection, frame| {
        let rows = overdue::latest(connection, frame.today, ENTRIES_MAX)?;
        let items = rows.iter().map(|row| overdue_item(&frame, row)).collect();
        let title = frame.say("尚未见到上链披露").to_owned();
        document(&frame, "overdue", title, "/overdue", items)
    })
    .await
}

/// `GET /feeds/organizations/{code}`, with `.atom` behind the code.
///
/// # Errors
/// [`PageError`] if there is no such organisation, or the index cannot be read.
pub async fn organization(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Document, PageError> {
    let code = file.strip_suffix(".atom").unwrap_or(&file).to_owned();
    app.document(move |connection, frame| {
        let name = name_of(connection, &code)?;
        let name = name.ok_or_else(|| PageError::NotFound(format!("机构“{code}”")))?;
        let rest = format!(
            "JOIN record_organizations c ON c.log_index = r.log_index \
             WHERE c.organization = ?1 AND r.code = 0 ORDER BY c.log_index DESC LIMIT {ENTRIES_MAX}"
        );
        let records = read::records(connection, &rest, &[&code])?;
        let item = |record: &read::RecordRow| Item {
            name: format!("record:{}", record.index),
            title: frame.pick(&record.sentence, &record.sentence_en).to_owned(),
            link: format!("/entries/{}", record.index),
            updated: moment(&record.time),
            summary: format!("{} · {}", frame.say(&record.kind), frame.say(&record.stage)),
        };
        let items = records.iter().map(item).collect();
        let link = format!("/organizations/{code}");
        document(&frame, &format!("organization:{code}"), name, &link, items)
    })
    .await
}

fn name_of(connection: &Connection, code: &str) -> Result<Option<String>, IndexError> {
    let query = "SELECT name FROM organizations WHERE code = ?1";
    Ok(connection.prepare_cached(query)?.query_row([code], |row| row.get(0)).optional()?)
}

/// An entry about what became overdue; it was so from the day after its last day on.
fn overdue_item(frame: &Frame, row: &ObligationRow) -> Item {
    let title = frame.pick(&row.title_zh, &row.title_en);
    let state = frame.pick(row.state.chinese(), row.state.english());
    Item {
        name: format!("obligation:{}", row.name),
        title: format!("{}: {title}", row.holder),
        link: format!("/overdue?organization={}", row.holder_code),
        updated: format!("{}T23:59:59+08:00", row.due_on),
        summary: format!("{state} · {} · {}", row.due_on, row.article),
    }
}

/// A time of the index as feeds write it.
fn moment(beijing: &str) -> String {
    format!("{}+08:00", beijing.replacen(' ', "T", 1))
}

fn document(
    frame: &Frame,
    name: &str,
    title: String,
    link: &str,
    items: Vec<Item>,
) -> Result<Document, PageError> {
    let feed = Feed {
        name: name.to_owned(),
        title,
        link: link.to_owned(),
        updated: moment(&frame.time),
        language: frame.language.tag(),
        chain_id: frame.chain_id.clone(),
        prefix: if frame.is_english() { "/en" } else { "" },
        items,
    };
    let body = feed.render()?;
    Ok(Document { media_type: "application/atom+xml; charset=utf-8", file_name: None, body })
}
