//! Grants in the 360Giving Data Standard: what one organisation allocated to another.
//!
//! The standard's field names; money as its JSON numbers, in 元 to the fen. What the ledger knows
//! beside stands under names that begin with `minglian`.

use std::io::Write;

use serde_json::{Value as Json, json};

use super::catalogue::ALLOCATIONS;
use super::export::{Counted, ExportError, Measured};
use super::rows::{self, Row, Selection};
use super::{Ledger, value};
use crate::database::Value;
use crate::database::{Connection, OptionalExtension};

/// The version of the standard.
const VERSION: &str = "1.4";

/// The scheme of unified social credit codes in identifiers of organisations.
const SCHEME: &str = "CN-USCC";

/// Stands in a grant for an amount until its digits are put there: JSON numbers of any length are
/// text to this program.
const AMOUNTS: [&str; 2] = ["\"@awarded\"", "\"@disbursed\""];

/// Writes the grants.
///
/// # Errors
/// [`ExportError`]; what was written before is no whole file.
pub fn write(
    connection: &Connection,
    ledger: &Ledger,
    selection: &Selection,
    out: &mut Measured<'_>,
) -> Result<Counted, ExportError> {
    let head = serde_json::to_string(ledger)?;
    write!(out, "{{\"version\":\"{VERSION}\",\"minglianLedger\":{head},\"grants\":[")?;
    let mut counted = Counted::default();
    rows::each(connection, ALLOCATIONS, selection, |row| -> Result<(), ExportError> {
        if let Some(grant) = grant(connection, ledger, row)? {
            out.write_all(if counted.rows == 0 { b"\n" } else { b",\n" })?;
            out.write_all(grant.as_bytes())?;
            counted.add(ALLOCATIONS, row);
        }
        Ok(())
    })?;
    out.write_all(b"\n]}\n")?;
    Ok(counted)
}

/// The value of a column.
fn of<'a>(row: &'a Row, key: &str) -> &'a Value {
    let place = ALLOCATIONS.columns.iter().position(|column| column.key == key);
    place.and_then(|place| row.get(place)).unwrap_or(&Value::Null)
}

fn text(row: &Row, key: &str) -> String {
    match of(row, key) {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        _ => String::new(),
    }
}

fn yuan(row: &Row, key: &str) -> String {
    match of(row, key) {
        Value::Integer(fen) => value::decimal(i128::from(*fen), 2),
        _ => "0.00".to_owned(),
    }
}

/// Who holds the line from which a line's money came: code and name.
fn giver(connection: &Connection, row: &Row) -> Result<Option<(String, String)>, ExportError> {
    let Value::Integer(parent) = of(row, "parent") else { return Ok(None) };
    let query = "SELECT a.organization, coalesce(o.name, a.organization) FROM accounts a \
                 LEFT JOIN organizations o ON o.code = a.organization WHERE a.id = ?1";
    let found = connection
        .prepare_cached(query)?
        .query_row([parent], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

/// A line as a grant; none if nobody else allocated it.
fn grant(
    connection: &Connection,
    ledger: &Ledger,
    row: &Row,
) -> Result<Option<String>, ExportError> {
    let Some((giver_code, giver_name)) = giver(connection, row)? else { return Ok(None) };
    let (code, name) = (text(row, "organization"), text(row, "organization_name"));
    if giver_code == code {
        return Ok(None);
    }
    let organization = |code: &str, name: &str| {
        let name = if name.is_empty() { code } else { name };
        json!([{ "id": format!("{SCHEME}-{code}"), "name": name }])
    };
    let (account, title) = (text(row, "account"), text(row, "name"));
    let (year, fund, documents) = (text(row, "year"), text(row, "fund"), text(row, "documents"));
    let mut grant = json!({
        "id": format!("360G-minglian-{}-{account}", ledger.chain_id),
        "title": title,
        "description": format!("{year}年 {fund} {title} {documents}").trim(),
        "currency": "CNY",
        "amountAwarded": "@awarded",
        "amountDisbursed": "@disbursed",
        "awardDate": text(row, "issued_on"),
        "fundingOrganization": organization(&giver_code, &giver_name),
        "recipientOrganization": organization(&code, &name),
        "grantProgramme": [{ "code": fund, "title": fund }],
        "dataSource": format!("urn:minglian:{}:{}", ledger.genesis_hash, ledger.height),
        "minglianAccount": of_number(row, "account"),
        "minglianHeight": ledger.height,
        "minglianParentAccount": of_number(row, "parent"),
        "minglianDocuments": documents,
        "minglianDemonstration": ledger.demonstration,
    });
    let category = text(row, "category");
    if let (false, Some(fields)) = (category.is_empty(), grant.as_object_mut()) {
        let class = json!([{ "vocabulary": "彩票公益金使用方向", "title": category }]);
        fields.insert("classifications".to_owned(), class);
    }
    let mut written = serde_json::to_string(&grant)?;
    for (place, amount) in AMOUNTS.into_iter().zip([yuan(row, "quota"), yuan(row, "paid")]) {
        // Only the field itself can be this text: within others its quotes would be escaped.
        written = written.replacen(&format!(":{place}"), &format!(":{amount}"), 1);
    }
    Ok(Some(written))
}

fn of_number(row: &Row, key: &str) -> Json {
    match of(row, key) {
        Value::Integer(number) => Json::from(*number),
        _ => Json::Null,
    }
}
