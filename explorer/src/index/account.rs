//! Accounts by number, with what the totals ask about them.

use borsh::BorshDeserialize;
use minglian_contracts::book::{AccountId, Measure};

use super::IndexError;
use crate::database::{Connection, OptionalExtension, Row, params};

/// The number of an account in the index.
pub type AccountNumber = i64;

/// What movements of an account are added up by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `quota`, `cash` or `goods`.
    pub measure: String,
    /// The fund.
    pub fund: String,
    /// The level of government from which the money first came, as printed.
    pub level: String,
    /// The category of use; empty where it is not decided.
    pub category: String,
    /// The imported notice on which the line rests; empty if there is none.
    pub notice: String,
    /// The project that the line is for.
    pub project: Option<String>,
    /// How many grants the money had passed when it came here.
    pub depth: i64,
}

/// `quota` or `cash`.
pub const fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Quota => "quota",
        Measure::Cash => "cash",
        Measure::Goods => "goods",
    }
}

/// The number of an account, if the ledger has shown it.
///
/// # Errors
/// [`IndexError::Database`].
pub fn find(
    connection: &Connection,
    account: &AccountId,
) -> Result<Option<AccountNumber>, IndexError> {
    let query = "SELECT id FROM accounts WHERE encoded = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let encoded = minglian_contracts::schema::encode(account);
    Ok(statement.query_row([encoded], |row| row.get(0)).optional()?)
}

/// The number of an account, a new one if the ledger shows it for the first time.
pub(super) fn number(
    connection: &Connection,
    account: &AccountId,
) -> Result<AccountNumber, IndexError> {
    if let Some(number) = find(connection, account)? {
        return Ok(number);
    }
    let organization = account.organization().to_string();
    let (kind, of, fund, year, name) = match account {
        AccountId::Line { measure: of, fund, year, line, .. } => {
            ("line", measure(*of), fund.to_string(), *year, line.to_string())
        }
        AccountId::Payment { reference, .. } => {
            ("payment", "", String::new(), 0, reference.to_string())
        }
        AccountId::Voided { movement, .. } => {
            ("voided", "", String::new(), 0, movement.to_string())
        }
    };
    let mut statement = connection.prepare_cached(
        "INSERT INTO accounts (encoded, kind, measure, organization, fund, year, name, level, \
         category, notice, project, depth, credited, balance, division, issued_on) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', '', '', NULL, 0, 0, 0, \
         coalesce((SELECT division FROM organizations WHERE code = ?4), 0), '') RETURNING id",
    )?;
    let encoded = minglian_contracts::schema::encode(account);
    let values = params![encoded, kind, of, organization, fund, year, name];
    Ok(statement.query_row(values, |row| row.get(0))?)
}

/// Sets what the movements of an account are added up by.
pub(super) fn set_attributes(
    connection: &Connection,
    number: AccountNumber,
    attributes: &Attributes,
) -> Result<(), IndexError> {
    let Attributes { measure, fund, level, category, notice, project, depth } = attributes;
    let mut statement = connection.prepare_cached(
        "UPDATE accounts SET measure = ?2, fund = ?3, level = ?4, category = ?5, notice = ?6, \
         project = ?7, depth = ?8 WHERE id = ?1",
    )?;
    let values = params![number, measure, fund, level, category, notice, project, depth];
    statement.execute(values)?;
    Ok(())
}

/// What the movements of an account are added up by.
pub(super) fn attributes(
    connection: &Connection,
    number: AccountNumber,
) -> Result<Attributes, IndexError> {
    let query = "SELECT measure, fund, level, category, notice, project, depth \
                 FROM accounts WHERE id = ?1";
    let read = |row: &Row<'_>| {
        Ok(Attributes {
            measure: row.get(0)?,
            fund: row.get(1)?,
            level: row.get(2)?,
            category: row.get(3)?,
            notice: row.get(4)?,
            project: row.get(5)?,
            depth: row.get(6)?,
        })
    };
    Ok(connection.prepare_cached(query)?.query_row([number], read)?)
}

/// The account behind a number.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn identity(
    connection: &Connection,
    number: AccountNumber,
) -> Result<Option<AccountId>, IndexError> {
    let query = "SELECT encoded FROM accounts WHERE id = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let encoded: Option<Vec<u8>> = statement.query_row([number], |row| row.get(0)).optional()?;
    encoded.map(|encoded| decode("an account", &encoded)).transpose()
}

/// Decodes what the index stores in canonical form.
pub(crate) fn decode<T: BorshDeserialize>(
    what: &'static str,
    encoded: &[u8],
) -> Result<T, IndexError> {
    borsh::from_slice(encoded).map_err(|source| IndexError::Damaged { what, source })
}
