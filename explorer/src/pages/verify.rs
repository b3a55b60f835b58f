//! 核验中心: what a reader can check without trusting this site, and with which files.

use std::cmp::Reverse;
use std::io;

use askama::Template;
use axum::extract::State;
use data_encoding::HEXLOWER;
use minglian_contracts::disclosure::obligation::IndexNumber;
use minglian_contracts::disclosure::offline_verifier::{self, NUMBERS, NUMBERS_END};
use minglian_contracts::disclosure::publication::{PUBLICATIONS, Publication, Validity};
use minglian_contracts::validator_set;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::TextError;

use super::disclosure::link;
use super::{ROWS_MAX, beijing};
use crate::database::{Connection, params};
use crate::index::IndexError;
use crate::index::mirror::Mirror;
use crate::web::{App, Frame, ScriptedResult, assets};

/// Most statements of one bureau that are read, the last by index number, which begin with a day.
const STATEMENTS_MAX: i64 = 20;

/// A bureau's statement of an offline verifier.
struct Statement {
    sha256: String,
    /// What it says of the file that this site hands out.
    verdict: &'static str,
    /// Whether it states that file.
    is_same: bool,
    /// Whether it is corrected or no longer in force.
    is_past: bool,
    organization: String,
    time: String,
    /// Where the publication stands.
    link: String,
    /// The record with which it took effect.
    record: i64,
    /// The record that proposed it, which holds the hash.
    proposed: i64,
}

#[derive(Template)]
#[template(path = "verify.html")]
struct Verify {
    frame: Frame,
    sha256: String,
    /// The newest statement that holds.
    newest: Option<usize>,
    /// The newest first.
    statements: Vec<Statement>,
}

impl Verify {
    fn newest(&self) -> Option<&Statement> {
        self.statements.get(self.newest?)
    }
}

/// `GET /verify`.
pub async fn verify(State(app): State<App>) -> ScriptedResult {
    app.scripted_page(|connection, frame| {
        let statements = statements(connection)?;
        let newest = statements.iter().position(|statement| !statement.is_past);
        let sha256 = HEXLOWER.encode(&assets::offline_verifier().sha256);
        Ok(Verify { frame, sha256, newest, statements })
    })
    .await
}

/// What the bureaus that run a validator now say of the offline verifier, the newest first. Anybody
/// may publish; nobody else's word counts here.
fn statements(connection: &Connection) -> Result<Vec<Statement>, IndexError> {
    let validators = validator_set::validators(&Mirror(connection))?;
    let mut bureaus: Vec<OrganizationCode> =
        validators.members().iter().map(|member| member.organization).collect();
    bureaus.sort();
    bureaus.dedup();
    let mut found = Vec::new();
    for bureau in &bureaus {
        found.extend(of(connection, bureau)?);
    }
    found.sort_by_key(|statement| Reverse(statement.record));
    found.truncate(ROWS_MAX);
    Ok(found)
}

/// The statements of one bureau.
fn of(connection: &Connection, bureau: &OrganizationCode) -> Result<Vec<Statement>, IndexError> {
    let query = "SELECT p.number, p.record, r.time_ms, coalesce(o.name, p.organization), \
                 coalesce((SELECT q.log_index FROM proposals q \
                 WHERE q.transaction_id = r.proposal), p.record) FROM publications p \
                 JOIN records r ON r.log_index = p.record \
                 LEFT JOIN organizations o ON o.code = p.organization \
                 WHERE p.organization = ?1 AND p.number >= ?2 AND p.number < ?3 \
                 ORDER BY p.number DESC LIMIT ?4";
    let mut statement = connection.prepare_cached(query)?;
    let values = params![bureau.as_str(), NUMBERS, NUMBERS_END, STATEMENTS_MAX];
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let number: String = row.get(0)?;
        let key = IndexNumber::new(number.as_str()).map_err(damaged)?;
        let publication = PUBLICATIONS.get(&Mirror(connection), &(*bureau, key))?;
        let Some(publication) = publication else { continue };
        let Some(sha256) = offline_verifier::stated(&publication) else { continue };
        let is_same = assets::offline_verifier().is_stated_by(&publication);
        found.push(Statement {
            verdict: verdict(&publication, sha256, is_same),
            sha256: HEXLOWER.encode(&sha256),
            is_same,
            is_past: is_past(&publication),
            organization: row.get(3)?,
            time: beijing(row.get(2)?),
            link: link(bureau.as_str(), &number),
            record: row.get(1)?,
            proposed: row.get(4)?,
        });
    }
    Ok(found)
}

fn damaged(error: TextError) -> IndexError {
    IndexError::Damaged { what: "an index number", source: io::Error::other(error) }
}

fn is_past(publication: &Publication) -> bool {
    publication.corrected_by.is_some() || publication.metadata.validity != Validity::InForce
}

fn verdict(publication: &Publication, sha256: [u8; 32], is_same: bool) -> &'static str {
    if publication.corrected_by.is_some() {
        "已更正"
    } else if is_past(publication) {
        "失效"
    } else if is_same {
        "就是这个文件"
    } else if sha256 == assets::offline_verifier().sha256 {
        "哈希相同,所附的是另一个文件"
    } else {
        "另一个文件"
    }
}
