//! What the verified state says of organisations, keys, lines and projects, taken from the changes
//! of each block.

use std::collections::BTreeMap;

use minglian_contracts::allocation::{LINES, Line, LineName};
use minglian_contracts::call::Call;
use minglian_contracts::project::{PROJECTS, Project};
use minglian_contracts::registry::{KEYS, KeyRecord, ORGANIZATIONS, Organization};
use minglian_contracts::{allocation, payment};
use minglian_ledger::fen::Fen;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::{CheckDigit, OrganizationCode};
use minglian_ledger::state::Changes;

use super::account::{self, Attributes};
use super::act::{self, Act};
use super::mirror::entries;
use super::{IndexError, stored};
use crate::database::{Connection, OptionalExtension, params};
use minglian_contracts::words::payment as payment_words;
use minglian_contracts::words::{party, project as project_words};

/// Enters organisations and keys.
pub(super) fn registry(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for (code, entry) in entries(changes, &ORGANIZATIONS)? {
        organization(connection, &code, &entry)?;
    }
    for (key, record) in entries(changes, &KEYS)? {
        enter_key(connection, &key, &record)?;
    }
    Ok(())
}

fn organization(
    connection: &Connection,
    code: &OrganizationCode,
    entry: &Organization,
) -> Result<(), IndexError> {
    let Organization { name, kind, division, registered_at } = entry;
    let mut statement = connection.prepare_cached(
        "INSERT INTO organizations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0) \
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, \
         division = excluded.division, division_name = excluded.division_name",
    )?;
    statement.execute(params![
        code.as_str(),
        name.as_str(),
        party::organization_kind(*kind),
        division.code(),
        division.name().unwrap_or(""),
        stored("a height", registered_at.0)?,
        code.check() == CheckDigit::Valid,
    ])?;
    Ok(())
}

fn enter_key(
    connection: &Connection,
    key: &PublicKey,
    record: &KeyRecord,
) -> Result<(), IndexError> {
    let live_until = record.live_until.map(|height| stored("a height", height.0)).transpose()?;
    let mut statement =
        connection.prepare_cached("INSERT OR REPLACE INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")?;
    statement.execute(params![
        key.to_string(),
        record.organization.as_str(),
        party::role(record.role),
        stored("a height", record.live_from.0)?,
        live_until,
    ])?;
    Ok(())
}

/// Enters projects.
pub(super) fn projects(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for (reference, project) in entries(changes, &PROJECTS)? {
        let Project { title, category, unit, registered_by, year, stage, .. } = &project;
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO projects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            reference.as_str(),
            title.as_str(),
            party::category(*category),
            unit.as_str(),
            registered_by.as_str(),
            year,
            project_words::stage(*stage),
            fen(project.contracted)?,
            project.occurred_on.to_string(),
        ])?;
    }
    Ok(())
}

/// Where the money of new lines comes from, as far as the acts of the block say.
#[derive(Debug, Default)]
struct Openings {
    /// The printed level of lines that got money from outside.
    levels: BTreeMap<LineName, String>,
    /// Lines that got money back from below: they begin a chain of their own.
    returned: BTreeMap<LineName, ()>,
}

impl Openings {
    fn of(acts: &[Act]) -> Self {
        let mut openings = Self::default();
        for act in acts {
            match act.effective() {
                Some(Call::Allocation(allocation::Call::RecordQuota(quota))) => {
                    openings.levels.insert(quota.to.clone(), quota.level.to_string());
                }
                Some(Call::Allocation(
                    allocation::Call::Recover(take) | allocation::Call::Lapse(take),
                )) => {
                    openings.returned.insert(take.to.clone(), ());
                }
                _ => {}
            }
        }
        openings
    }
}

/// Enters quota lines. A line comes after the line from which its money came.
pub(super) fn lines(
    connection: &Connection,
    changes: &Changes,
    acts: &[Act],
) -> Result<(), IndexError> {
    let openings = Openings::of(acts);
    let mut changed: BTreeMap<LineName, Line> = entries(changes, &LINES)?.into_iter().collect();
    while let Some((mut name, _)) = changed.first_key_value().map(|(k, v)| (k.clone(), v)) {
        // A chain of new lines is as short as the levels of government; years bound it too.
        while let Some(parent) = changed.get(&name).and_then(|line| line.parent.clone()) {
            if !changed.contains_key(&parent) {
                break;
            }
            name = parent;
        }
        if let Some(line) = changed.remove(&name) {
            enter_line(connection, &name, &line, &openings)?;
        }
    }
    Ok(())
}

fn enter_line(
    connection: &Connection,
    name: &LineName,
    line: &Line,
    openings: &Openings,
) -> Result<(), IndexError> {
    let account = name.account();
    let is_new = account::find(connection, &account)?.is_none();
    let number = account::number(connection, &account)?;
    let parent = match &line.parent {
        Some(parent) => Some((parent, account::number(connection, &parent.account())?)),
        None => None,
    };
    if is_new {
        let attributes = attributes(connection, name, line, parent, openings)?;
        account::set_attributes(connection, number, &attributes)?;
        let query = "UPDATE accounts SET issued_on = ?2 WHERE id = ?1";
        let issued_on = line.issued_on.to_string();
        connection.prepare_cached(query)?.execute(params![number, issued_on])?;
    }
    let documents: Vec<String> =
        line.basis.documents.as_slice().iter().map(ToString::to_string).collect();
    let printed_in = line.basis.printed_in.as_ref().map_or("", |text| text.as_str());
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO lines VALUES \
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    statement.execute(params![
        number,
        parent.map(|(_, number)| number),
        documents.join(";"),
        printed_in,
        line.implied,
        line.first_year,
        line.issued_on.to_string(),
        line.received_on.map(|date| date.to_string()),
        fen(line.quota)?,
        fen(line.returned)?,
        fen(line.paid)?,
        fen(line.issued)?,
        fen(line.carried)?,
        fen(line.recovered)?,
        fen(line.transferred_out)?,
    ])?;
    Ok(())
}

fn attributes(
    connection: &Connection,
    name: &LineName,
    line: &Line,
    parent: Option<(&LineName, account::AccountNumber)>,
    openings: &Openings,
) -> Result<Attributes, IndexError> {
    let (mut level, mut depth) = (String::new(), 0);
    if let Some((parent, number)) = parent {
        let above = account::attributes(connection, number)?;
        level = above.level;
        let is_carried = parent.year != name.year;
        depth = above.depth + i64::from(!is_carried);
    }
    if let Some(printed) = openings.levels.get(name) {
        level.clone_from(printed);
    }
    if openings.returned.contains_key(name) {
        depth = 0;
    }
    let printed_in = line.basis.printed_in.as_ref().map(|text| text.as_str());
    Ok(Attributes {
        measure: "quota".to_owned(),
        fund: name.fund.to_string(),
        level,
        category: line.purpose.category.map(party::category).unwrap_or_default().to_owned(),
        notice: act::notice(printed_in).to_owned(),
        project: line.purpose.project.as_ref().map(ToString::to_string),
        depth,
    })
}

/// The line from which a line's first money came.
pub(super) fn parent(
    connection: &Connection,
    line: account::AccountNumber,
) -> Result<Option<account::AccountNumber>, IndexError> {
    let query = "SELECT parent FROM lines WHERE id = ?1";
    let mut statement = connection.prepare_cached(query)?;
    Ok(statement.query_row([line], |row| row.get(0)).optional()?.flatten())
}

/// Whether a notice only implies that a line got its money.
pub(super) fn is_implied(
    connection: &Connection,
    line: account::AccountNumber,
) -> Result<bool, IndexError> {
    let query = "SELECT implied FROM lines WHERE id = ?1";
    let found = connection.prepare_cached(query)?.query_row([line], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

/// Enters what a payment's act and the bank say of it. Its account is known already.
pub(super) fn payments(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for ((organization, reference), status) in entries(changes, &payment::STATUSES)? {
        let query = "UPDATE payments SET status = ?3 WHERE id = \
                     (SELECT id FROM accounts WHERE organization = ?1 AND kind = 'payment' \
                      AND name = ?2)";
        let status = payment_words::status(&status);
        let values = params![organization.as_str(), reference.as_str(), status];
        connection.prepare_cached(query)?.execute(values)?;
    }
    Ok(())
}

/// The registered name of an organisation.
///
/// # Errors
/// [`IndexError::Database`].
pub(crate) fn name(connection: &Connection, code: &str) -> Result<Option<String>, IndexError> {
    let query = "SELECT name FROM organizations WHERE code = ?1";
    Ok(connection.prepare_cached(query)?.query_row([code], |row| row.get(0)).optional()?)
}

fn fen(amount: Fen) -> Result<i64, IndexError> {
    stored("an amount", amount.get())
}
