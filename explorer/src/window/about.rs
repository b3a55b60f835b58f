//! What a complaint is about, who answers for it, and who is to handle it.

use minglian_contracts::charity::fund::{FUNDS, FundName, FundReference};
use minglian_contracts::oversight::complaint::Target;
use minglian_contracts::project;
use minglian_contracts::words::Names;
use minglian_ledger::division::Division;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;

use crate::database::{Connection, OptionalExtension, params};
use crate::index::mirror::Mirror;
use crate::index::{IndexError, read, stored};
use crate::pages::escape;

/// What the index calls the organisations that handle complaints, those first that are asked first.
const HANDLERS: [&str; 2] = ["民政部门", "审计机关"];

/// What a complaint is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// As the ledger names it.
    pub target: Target,
    /// As addresses of this site name it.
    pub about: String,
    /// What a reader calls it, in Chinese and English.
    pub label: (String, String),
    /// Its page.
    pub link: String,
    /// The organisation that answers for it.
    pub respondent: OrganizationCode,
    /// Its name.
    pub respondent_name: String,
    /// Who is to handle the complaint.
    pub handler: OrganizationCode,
    /// Its name.
    pub handler_name: String,
}

/// Why there is no subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The ledger does not know it.
    Unknown,
    /// Nobody on this ledger may handle it.
    Handler,
}

/// What `about` names: `record:12`, `organization:CODE`, `project:REFERENCE`,
/// `fund:CODE/REFERENCE`;
/// or what a reader types, a record's number, an organisation's code or name, a project's
/// reference.
///
/// # Errors
/// [`IndexError`].
pub fn find(connection: &Connection, about: &str) -> Result<Result<Subject, Missing>, IndexError> {
    let about = about.trim();
    let Some((target, label)) = target(connection, about)? else {
        return Ok(Err(Missing::Unknown));
    };
    let (kind, link, respondent) = match &target {
        Target::Record { index, organization } => {
            (format!("record:{index}"), format!("/entries/{index}"), *organization)
        }
        Target::Organization(code) => {
            (format!("organization:{code}"), format!("/organizations/{code}"), *code)
        }
        Target::Project(reference) => {
            let Some(unit) = unit(connection, reference.as_str())? else {
                return Ok(Err(Missing::Unknown));
            };
            let link = format!("/projects/{}", escape(reference.as_str()));
            (format!("project:{reference}"), link, unit)
        }
        Target::Fund(name) => {
            let link = format!("/charities/{}/funds/{}", name.host, escape(name.fund.as_str()));
            (format!("fund:{}/{}", name.host, name.fund), link, name.host)
        }
    };
    let Some(handler) = handler(connection, &respondent)? else {
        return Ok(Err(Missing::Handler));
    };
    let names = read::names(connection);
    Ok(Ok(Subject {
        target,
        about: kind,
        label,
        link,
        respondent,
        respondent_name: names.organization(&respondent),
        handler,
        handler_name: names.organization(&handler),
    }))
}

type Labelled = (Target, (String, String));

fn target(connection: &Connection, about: &str) -> Result<Option<Labelled>, IndexError> {
    match about.split_once(':') {
        Some(("record", index)) => record(connection, index),
        Some(("organization", code)) => organization(connection, code),
        Some(("project", reference)) => project(connection, reference),
        Some(("fund", name)) => fund(connection, name),
        _ if about.is_empty() => Ok(None),
        _ => {
            if let Some(found) = record(connection, about)? {
                return Ok(Some(found));
            }
            if let Some(found) = organization(connection, about)? {
                return Ok(Some(found));
            }
            project(connection, about)
        }
    }
}

fn record(connection: &Connection, index: &str) -> Result<Option<Labelled>, IndexError> {
    let Ok(index) = index.parse::<u64>() else { return Ok(None) };
    let Ok(position) = stored("a position", index) else { return Ok(None) };
    let query = "SELECT organization, sentence_zh, sentence_en FROM records WHERE log_index = ?1";
    let found: Option<(String, String, String)> = connection
        .prepare_cached(query)?
        .query_row([position], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(found.and_then(|(code, zh, en)| {
        let organization = code.parse().ok()?;
        let label = (format!("账目 {index}:{zh}"), format!("Entry {index}: {en}"));
        Some((Target::Record { index: LogIndex(index), organization }, label))
    }))
}

fn organization(connection: &Connection, named: &str) -> Result<Option<Labelled>, IndexError> {
    // A name is looked for only if no code was typed, and must be the only one of its kind.
    let query = match named.parse::<OrganizationCode>() {
        Ok(_) => "SELECT code, name FROM organizations WHERE code = ?1",
        Err(_) => "SELECT code, name FROM organizations WHERE name = ?1 LIMIT 2",
    };
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([named], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    let [(code, name)] = found.as_slice() else { return Ok(None) };
    Ok(code.parse().ok().map(|code| (Target::Organization(code), (name.clone(), name.clone()))))
}

fn project(connection: &Connection, named: &str) -> Result<Option<Labelled>, IndexError> {
    let Ok(reference) = project::Reference::new(named) else { return Ok(None) };
    let query = "SELECT title FROM projects WHERE reference = ?1";
    let found: Option<String> =
        connection.prepare_cached(query)?.query_row([named], |row| row.get(0)).optional()?;
    Ok(found.map(|title| {
        let label = (format!("项目“{title}”"), format!("Project “{title}”"));
        (Target::Project(reference), label)
    }))
}

fn unit(connection: &Connection, project: &str) -> Result<Option<OrganizationCode>, IndexError> {
    let query = "SELECT unit FROM projects WHERE reference = ?1";
    let found: Option<String> =
        connection.prepare_cached(query)?.query_row([project], |row| row.get(0)).optional()?;
    Ok(found.and_then(|code| code.parse().ok()))
}

fn fund(connection: &Connection, named: &str) -> Result<Option<Labelled>, IndexError> {
    let Some((host, reference)) = named.split_once('/') else { return Ok(None) };
    let (Ok(host), Ok(reference)) = (host.parse(), FundReference::new(reference)) else {
        return Ok(None);
    };
    let name = FundName { host, fund: reference };
    if FUNDS.get(&Mirror(connection), &name)?.is_none() {
        return Ok(None);
    }
    let query = "SELECT name FROM charity_funds WHERE host = ?1 AND fund = ?2";
    let found: Option<String> = connection
        .prepare_cached(query)?
        .query_row(params![name.host.as_str(), name.fund.as_str()], |row| row.get(0))
        .optional()?;
    let title = found.unwrap_or_else(|| name.fund.to_string());
    let label = (format!("慈善基金“{title}”"), format!("Charity fund “{title}”"));
    Ok(Some((Target::Fund(name), label)))
}

/// Who handles a complaint about an organisation: the civil-affairs department of its division, or,
/// where that is the organisation itself or there is none, the audit office there; else those of
/// the
/// division above, and so on. Never the organisation itself (1103).
fn handler(
    connection: &Connection,
    respondent: &OrganizationCode,
) -> Result<Option<OrganizationCode>, IndexError> {
    let query = "SELECT division FROM organizations WHERE code = ?1";
    let code: Option<u32> = connection
        .prepare_cached(query)?
        .query_row([respondent.as_str()], |row| row.get(0))
        .optional()?;
    let mut division = code.and_then(|code| Division::new(code).ok());
    while let Some(here) = division {
        for kind in HANDLERS {
            let query = "SELECT code FROM organizations WHERE division = ?1 AND kind = ?2 \
                         AND code <> ?3 ORDER BY code LIMIT 1";
            let found: Option<String> = connection
                .prepare_cached(query)?
                .query_row(params![here.code(), kind, respondent.as_str()], |row| row.get(0))
                .optional()?;
            if let Some(found) = found.and_then(|code| code.parse().ok()) {
                return Ok(Some(found));
            }
        }
        division = here.parent();
    }
    Ok(None)
}
