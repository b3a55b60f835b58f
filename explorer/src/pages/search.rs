//! 综合查询: organisations, projects, accounts and records by number, name or reference.

use askama::Template;
use axum::extract::{Query, State};
use rusqlite::Connection;
use serde::Deserialize;

use super::{QUERY_CHARACTERS_MAX, escape};
use crate::index::IndexError;
use crate::index::read::{self, RecordRow};
use crate::web::{App, Frame, PageError, PageResult};

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    q: Option<String>,
}

struct Hit {
    link: String,
    name: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    frame: Frame,
    query: String,
    organizations: Vec<Hit>,
    projects: Vec<Hit>,
    accounts: Vec<Hit>,
    records: Vec<RecordRow>,
}

/// `GET /search`.
pub async fn search(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    let query = filter.q.unwrap_or_default().trim().to_owned();
    if query.chars().count() > QUERY_CHARACTERS_MAX {
        let text = format!("查询文字不能超过{QUERY_CHARACTERS_MAX}个字");
        return Err(PageError::Malformed(text));
    }
    app.search_page(move |connection, frame| {
        let mut page = Search {
            frame,
            query,
            organizations: Vec::new(),
            projects: Vec::new(),
            accounts: Vec::new(),
            records: Vec::new(),
        };
        if page.query.is_empty() {
            return Ok(page);
        }
        let pattern = pattern(&page.query);
        page.organizations = hits(connection, ORGANIZATIONS, "/organizations/", &pattern)?;
        page.projects = hits(connection, PROJECTS, "/projects/", &pattern)?;
        page.accounts = hits(connection, ACCOUNTS, "/accounts/", &pattern)?;
        page.records = read::records(connection, RECORDS, &[&pattern])?;
        Ok(page)
    })
    .await
}

const ORGANIZATIONS: &str = "SELECT code, name, kind || ' ' || code FROM organizations \
    WHERE name LIKE ?1 ESCAPE '\\' OR code LIKE ?1 ESCAPE '\\' ORDER BY code LIMIT 20";

const PROJECTS: &str = "SELECT reference, title, category || ' ' || reference FROM projects \
    WHERE title LIKE ?1 ESCAPE '\\' OR reference LIKE ?1 ESCAPE '\\' ORDER BY reference LIMIT 20";

const ACCOUNTS: &str = "SELECT CAST(a.id AS TEXT), a.name, a.fund || ' ' || \
    coalesce(l.documents, '') FROM accounts a LEFT JOIN lines l ON l.id = a.id \
    WHERE a.name LIKE ?1 ESCAPE '\\' OR l.documents LIKE ?1 ESCAPE '\\' \
    OR l.printed_in LIKE ?1 ESCAPE '\\' ORDER BY a.id LIMIT 20";

const RECORDS: &str = "WHERE r.reference LIKE ?1 ESCAPE '\\' OR r.documents LIKE ?1 ESCAPE '\\' \
    OR r.sentence_zh LIKE ?1 ESCAPE '\\' OR r.transaction_id LIKE ?1 ESCAPE '\\' \
    ORDER BY r.log_index DESC LIMIT 50";

/// A pattern that finds the text anywhere, whatever characters it holds. Brackets of document
/// numbers are typed in several ways.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        match character {
            '%' | '_' | '\\' => {
                pattern.push('\\');
                pattern.push(character);
            }
            '[' | ']' | '〔' | '〕' | '【' | '】' | '(' | ')' | '\u{FF08}' | '\u{FF09}' => {
                pattern.push('_');
            }
            _ => pattern.push(character),
        }
    }
    pattern.push('%');
    pattern
}

fn hits(
    connection: &Connection,
    query: &str,
    path: &str,
    pattern: &str,
) -> Result<Vec<Hit>, IndexError> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([pattern], |row| {
        let key: String = row.get(0)?;
        Ok(Hit { link: format!("{path}{}", escape(&key)), name: row.get(1)?, detail: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
