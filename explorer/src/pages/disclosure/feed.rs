//! Atom feeds (RFC 4287): what an organisation did and published, and what became overdue.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};

use super::{ObligationRow, overdue};
use crate::database::{Connection, OptionalExtension};
use crate::index::read;
use crate::index::{IndexError, stored};
use crate::pages::escape;
use crate::web::{App, Document, Frame, PageError};

/// Most entries of a feed.
const ENTRIES_MAX: usize = 50;

/// Most organisations of a division whose acts a feed looks at.
const ORGANIZATIONS_MAX: u64 = 1_000;

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
    here: String,
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
        let items = items(&frame, &read::records(connection, &rest, &[&code])?);
        let link = format!("/organizations/{code}");
        document(&frame, &format!("organization:{code}"), name, &link, items)
    })
    .await
}

/// `GET /feeds/projects/{reference}`, with `.atom` behind the reference.
///
/// # Errors
/// [`PageError`] if there is no such project, or the index cannot be read.
pub async fn project(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Document, PageError> {
    let reference = file.strip_suffix(".atom").unwrap_or(&file).to_owned();
    app.document(move |connection, frame| {
        let query = "SELECT title FROM projects WHERE reference = ?1";
        let mut found = connection.prepare_cached(query)?;
        let title: Option<String> = found.query_row([&reference], |row| row.get(0)).optional()?;
        let title = title.ok_or_else(|| PageError::NotFound(format!("项目“{reference}”")))?;
        let rest = format!(
            "JOIN record_projects c ON c.log_index = r.log_index \
             WHERE c.project = ?1 AND r.code = 0 ORDER BY c.log_index DESC LIMIT {ENTRIES_MAX}"
        );
        let items = items(&frame, &read::records(connection, &rest, &[&reference])?);
        let link = format!("/projects/{}", escape(&reference));
        document(&frame, &format!("project:{}", escape(&reference)), title, &link, items)
    })
    .await
}

/// `GET /feeds/counties/{code}`, with `.atom` behind the division's code: what its organisations
/// do.
///
/// # Errors
/// [`PageError`] if the ledger knows no organisation there, or the index cannot be read.
pub async fn county(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Document, PageError> {
    let code = file.strip_suffix(".atom").unwrap_or(&file).to_owned();
    app.document(move |connection, frame| {
        let unknown = || PageError::NotFound(format!("区划“{code}”"));
        let division: i64 = code.parse().map_err(|_| unknown())?;
        let (name, newest) = newest_of(connection, division)?.ok_or_else(unknown)?;
        let list: Vec<String> = newest.iter().map(i64::to_string).collect();
        let rest = format!(
            "WHERE r.log_index IN ({}) AND r.code = 0 ORDER BY r.log_index DESC",
            list.join(", ")
        );
        let items = items(&frame, &read::records(connection, &rest, &[])?);
        let link = format!("/counties/{code}");
        document(&frame, &format!("county:{code}"), name, &link, items)
    })
    .await
}

/// The name of a division and the last records of the organisations there. The last of each are
/// read by key, so that an old ledger costs no more than a young one.
fn newest_of(
    connection: &Connection,
    division: i64,
) -> Result<Option<(String, BTreeSet<i64>)>, IndexError> {
    let query = "SELECT code, division_name FROM organizations WHERE division = ?1 \
                 ORDER BY code LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let limit = stored("a limit", ORGANIZATIONS_MAX)?;
    let rows = statement.query_map([division, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let organizations: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    let Some((_, name)) = organizations.first().cloned() else { return Ok(None) };
    let query = format!(
        "SELECT log_index FROM record_organizations WHERE organization = ?1 \
         ORDER BY log_index DESC LIMIT {ENTRIES_MAX}"
    );
    let mut last = connection.prepare_cached(&query)?;
    let mut newest = BTreeSet::new();
    for (code, _) in &organizations {
        for found in last.query_map([code], |row| row.get(0))? {
            newest.insert(found?);
        }
        while newest.len() > ENTRIES_MAX {
            newest.pop_first();
        }
    }
    Ok(Some((name, newest)))
}

/// Entries about records.
fn items(frame: &Frame, records: &[read::RecordRow]) -> Vec<Item> {
    let item = |record: &read::RecordRow| Item {
        name: format!("record:{}", record.index),
        title: frame.pick(&record.sentence, &record.sentence_en).to_owned(),
        link: format!("/entries/{}", record.index),
        updated: moment(&record.time),
        summary: format!("{} · {}", frame.say(&record.kind), frame.say(&record.stage)),
    };
    records.iter().map(item).collect()
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
        here: frame.here.clone(),
        chain_id: frame.chain_id.clone(),
        prefix: if frame.is_english() { "/en" } else { "" },
        items,
    };
    let body = feed.render()?;
    Ok(Document { media_type: "application/atom+xml; charset=utf-8", file_name: None, body })
}
