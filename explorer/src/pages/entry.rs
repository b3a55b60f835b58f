//! 账目: one record of the log, what it did, who signed, and how to check it.

use askama::Template;
use axum::extract::{Path, State};
use minglian_contracts::event::{Event, Outcome};
use minglian_contracts::refusal::Code;

use super::charity::gifts::{GiftRow, gifts};
use super::{beijing, rules};
use crate::database::{Connection, OptionalExtension, Value};
use crate::index::read::{self, MovementRow, RecordRow};
use crate::index::{IndexError, act};
use crate::language::Language;
use crate::web::{App, Frame, PageError, ScriptedResult};
use minglian_contracts::words;

struct Record {
    index: i64,
    height: i64,
    time: String,
    transaction_id: String,
    organization: String,
    organization_code: String,
    key: String,
    role: String,
    reference: String,
    kind: String,
    stage: String,
    documents: String,
    sentence: String,
    sentence_en: String,
    call: String,
    outcome: String,
    proposal: Option<String>,
    /// Position of the leaf that closes the record's block: it holds the time.
    closing: i64,
    /// Position of the record that proposed what this one approves.
    proposed_at: Option<i64>,
}

/// What a refusal says.
struct Refusal {
    code: u32,
    sentence: &'static str,
    english: &'static str,
    article: &'static str,
    detail: String,
}

/// What an event says.
struct Told {
    sentence: String,
    /// The page of the rule by which the act was judged; empty if it tells of something else.
    rule: String,
}

/// One officer's part in an act.
struct Signer {
    record: i64,
    time: String,
    stage: String,
    organization: String,
    role: String,
    key: String,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct Entry {
    frame: Frame,
    record: Record,
    refusal: Option<Refusal>,
    /// The gift that the record enters, if it enters one.
    gift: Option<GiftRow>,
    events: Vec<Told>,
    movements: Vec<MovementRow>,
    signers: Vec<Signer>,
    earlier: Vec<RecordRow>,
    later: Vec<RecordRow>,
}

/// `GET /entries/{index}`.
pub async fn entry(State(app): State<App>, Path(index): Path<i64>) -> ScriptedResult {
    app.scripted_page(move |connection, frame| {
        let (record, outcome) = find(connection, index)?
            .ok_or_else(|| PageError::NotFound(format!("第{index}条账目")))?;
        let (events, refusal) = match outcome {
            Outcome::Applied(events) => (spoken(connection, &events, frame.language), None),
            Outcome::Refused { code, detail } => {
                let known = Code::from_number(code);
                let sentence = known.map_or("未知的规则", Code::chinese);
                let english = known.map_or("unknown rule", Code::english);
                let article = known.map_or("", Code::article);
                let detail = detail.to_string();
                (Vec::new(), Some(Refusal { code, sentence, english, article, detail }))
            }
        };
        let rest = "WHERE m.log_index = ?1 ORDER BY m.number LIMIT 200";
        let earlier = "JOIN corrections c ON c.corrects = r.log_index WHERE c.log_index = ?1 \
                       ORDER BY r.log_index LIMIT 50";
        let later = "JOIN corrections c ON c.log_index = r.log_index WHERE c.corrects = ?1 \
                     ORDER BY r.log_index LIMIT 50";
        Ok(Entry {
            frame,
            movements: read::movements(connection, rest, vec![index.into()])?,
            gift: gift(connection, &record)?,
            signers: signers(connection, &record)?,
            earlier: read::records(connection, earlier, &[&index])?,
            later: read::records(connection, later, &[&index])?,
            record,
            refusal,
            events,
        })
    })
    .await
}

/// The gift that the record, or a step of the same proposal, has entered.
fn gift(connection: &Connection, record: &Record) -> Result<Option<GiftRow>, IndexError> {
    let rest = "WHERE g.record IN (SELECT ?1 UNION SELECT s.log_index FROM records s \
                WHERE s.proposal = ?2) LIMIT 1";
    let proposal = record.proposal.clone().unwrap_or_default();
    Ok(gifts(connection, rest, vec![record.index.into(), proposal.into()])?.pop())
}

/// What the events say; movements stand in a table of their own.
fn spoken(connection: &Connection, events: &[Event], language: Language) -> Vec<Told> {
    let names = read::names(connection);
    let others = events.iter().filter(|event| !matches!(event, Event::Movement(_)));
    let sentence = |event: &Event| {
        let said = words::event(event, &names);
        let rule = match event {
            Event::Judged(judged) => rules::of(&judged.key),
            _ => String::new(),
        };
        Told { sentence: language.pick(&said.zh, &said.en).to_owned(), rule }
    };
    others.map(sentence).collect()
}

/// A record as the page says it, and what became of it.
fn find(connection: &Connection, index: i64) -> Result<Option<(Record, Outcome)>, IndexError> {
    let Some((call, outcome)) = act::of(connection, index)? else { return Ok(None) };
    let texts = (serde_json::to_string(&call)?, serde_json::to_string(&outcome)?);
    let record = read_record(connection, index, texts)?;
    Ok(record.map(|record| (record, outcome)))
}

/// The record's row; `texts` are what was signed and what became of it, as JSON.
fn read_record(
    connection: &Connection,
    index: i64,
    (call, outcome): (String, String),
) -> Result<Option<Record>, IndexError> {
    let query = "SELECT r.log_index, r.height, r.time_ms, r.transaction_id, \
                 coalesce(o.name, r.organization), r.organization, r.officer_key, \
                 coalesce(k.role, ''), r.reference, r.kind, r.stage, r.documents, \
                 r.sentence_zh, r.sentence_en, r.proposal, b.log_size - 1, \
                 (SELECT p.log_index FROM proposals p WHERE p.transaction_id = r.proposal) \
                 FROM records r JOIN blocks b ON b.height = r.height \
                 LEFT JOIN organizations o ON o.code = r.organization \
                 LEFT JOIN keys k ON k.key = r.officer_key WHERE r.log_index = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row([index], |row| {
        let index: i64 = row.get(0)?;
        let proposed_at: Option<i64> = row.get(16)?;
        Ok(Record {
            index,
            height: row.get(1)?,
            time: beijing(row.get(2)?),
            transaction_id: row.get(3)?,
            organization: row.get(4)?,
            organization_code: row.get(5)?,
            key: row.get(6)?,
            role: row.get(7)?,
            reference: row.get(8)?,
            kind: row.get(9)?,
            stage: row.get(10)?,
            documents: row.get(11)?,
            sentence: row.get(12)?,
            sentence_en: row.get(13)?,
            call,
            proposal: row.get(14)?,
            outcome,
            closing: row.get(15)?,
            proposed_at: proposed_at.filter(|proposed| *proposed != index),
        })
    });
    Ok(found.optional()?)
}

/// By what the signatures on an act are found: its proposal, or the one record that it is.
pub const FOUND_BY: [&str; 2] = ["r.proposal", "r.log_index"];

/// The records that hold signatures on an act, by one of [`FOUND_BY`].
pub fn signatures(column: &str) -> String {
    format!(
        "SELECT r.log_index, r.time_ms, r.stage, coalesce(o.name, r.organization), \
         coalesce(k.role, ''), r.officer_key FROM records r \
         LEFT JOIN organizations o ON o.code = r.organization \
         LEFT JOIN keys k ON k.key = r.officer_key \
         WHERE {column} = ?1 ORDER BY r.log_index LIMIT 50"
    )
}

/// Who proposed and approved, each with the record that holds the signature.
fn signers(connection: &Connection, record: &Record) -> Result<Vec<Signer>, IndexError> {
    let [by_proposal, by_record] = FOUND_BY;
    let (column, value) = match &record.proposal {
        Some(proposal) => (by_proposal, Value::Text(proposal.clone())),
        None => (by_record, Value::Integer(record.index)),
    };
    let query = signatures(column);
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([value], |row| {
        Ok(Signer {
            record: row.get(0)?,
            time: beijing(row.get(1)?),
            stage: row.get(2)?,
            organization: row.get(3)?,
            role: row.get(4)?,
            key: words::short(&row.get::<String>(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
