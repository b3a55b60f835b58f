//! The calendar as a file that calendar programs subscribe to (RFC 5545).

use axum::extract::{Query, State};
use serde::Deserialize;

use super::{ObligationRow, obligations};
use crate::database::Value;
use crate::pages::check_filters;
use crate::web::{App, Document, Frame, PageError};

/// Most events of one calendar.
const EVENTS_MAX: usize = 500;

/// Longest line in bytes, without its end.
const LINE_BYTES_MAX: usize = 75;

/// Whose calendar.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    organization: Option<String>,
}

/// `GET /calendar.ics`: what is not published yet, from the longest overdue on.
///
/// # Errors
/// [`PageError`] if the filter is longer than any name, or the index cannot be read.
pub async fn calendar(
    State(app): State<App>,
    Query(filter): Query<Filter>,
) -> Result<Document, PageError> {
    check_filters(&[&filter.organization])?;
    app.document(move |connection, frame| {
        let organization = filter.organization.unwrap_or_default();
        let which = if organization.is_empty() { "?1 = ''" } else { "o.holder = ?1" };
        let rest = format!(
            "WHERE {which} AND o.met_on IS NULL AND o.waived = 0 \
             ORDER BY o.due_on, o.id LIMIT {EVENTS_MAX}"
        );
        let values: Vec<Value> = vec![organization.into()];
        let rows = obligations(connection, &rest, values, frame.today)?;
        let body = file(&frame, &rows);
        Ok(Document { media_type: "text/calendar; charset=utf-8", file_name: None, body })
    })
    .await
}

fn file(frame: &Frame, rows: &[ObligationRow]) -> String {
    let mut file = String::new();
    let mut line = |name: &str, value: &str| fold(&mut file, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//Minglian//Explorer//ZH");
    line("X-WR-CALNAME", &escape(frame.say("公开日历")));
    let stamp = frame.today.to_string().replace('-', "");
    for row in rows {
        let title = frame.pick(&row.title_zh, &row.title_en);
        let state = frame.pick(row.state.chinese(), row.state.english());
        let about = format!("{} · {} · {}", row.subject, row.article, state);
        line("BEGIN", "VEVENT");
        line("UID", &format!("{}@{}", row.name, frame.chain_id));
        line("DTSTAMP", &format!("{stamp}T000000Z"));
        line("DTSTART;VALUE=DATE", &row.due_on.replace('-', ""));
        line("SUMMARY", &escape(&format!("{}: {title}", row.holder)));
        line("DESCRIPTION", &escape(&about));
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    file
}

/// Text of others: what would end the line or the value is escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Adds a line, folded where it is too long, never inside a character.
fn fold(file: &mut String, line: &str) {
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > LINE_BYTES_MAX {
            file.push_str("\r\n ");
            length = 1;
        }
        file.push(character);
        length += character.len_utf8();
    }
    file.push_str("\r\n");
}
