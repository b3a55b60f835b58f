//! Headers with their certificates: what the index can prove of the history that it holds.

use minglian_contracts::validator_set;
use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::evidence::ValidatorChange;
use minglian_ledger::height::Height;
use minglian_ledger::state::StateRead;

use super::{IndexError, Writer, account, stored};
use crate::database::{Connection, OptionalExtension, params};

/// Enters a verified header. `reader` is the state after its block.
pub(super) fn enter(
    connection: &Connection,
    header: &Header,
    certificate: &Certificate,
    reader: &dyn StateRead,
) -> Result<(), IndexError> {
    enter_validators(connection, header, reader)?;
    let damaged = |what| move |source| IndexError::Damaged { what, source };
    let query = "INSERT INTO certificates VALUES (?1, ?2, ?3)";
    connection.prepare_cached(query)?.execute(params![
        stored("a height", header.height.0)?,
        borsh::to_vec(header).map_err(damaged("a header"))?,
        borsh::to_vec(certificate).map_err(damaged("a certificate"))?,
    ])?;
    Ok(())
}

/// Notes who certifies from the next height on, if others do than before.
pub(super) fn enter_validators(
    connection: &Connection,
    header: &Header,
    reader: &dyn StateRead,
) -> Result<(), IndexError> {
    let hash = header.next_validators_hash.to_string();
    let query = "SELECT hash FROM validator_sets ORDER BY height DESC LIMIT 1";
    let before: Option<String> =
        connection.prepare_cached(query)?.query_row([], |row| row.get(0)).optional()?;
    if before.as_ref() == Some(&hash) {
        return Ok(());
    }
    let validators = validator_set::validators(reader)?;
    let members: Vec<(String, u64)> =
        validators.members().iter().map(|member| (member.name.to_string(), member.power)).collect();
    let damaged = |source| IndexError::Damaged { what: "a set of validators", source };
    let query = "INSERT INTO validator_sets VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(query)?.execute(params![
        stored("a height", header.height.0)?,
        stored("a time", header.time_ms.0)?,
        hash,
        serde_json::to_string(&members)?,
        borsh::to_vec(&validators).map_err(damaged)?,
    ])?;
    Ok(())
}

/// The header at `height` with its certificate; none if they do not decode, which proves nothing.
///
/// # Errors
/// [`IndexError::Database`].
pub fn at(
    connection: &Connection,
    height: Height,
) -> Result<Option<(Header, Certificate)>, IndexError> {
    let query = "SELECT header, certificate FROM certificates WHERE height = ?1";
    let found: Option<(Vec<u8>, Vec<u8>)> = connection
        .prepare_cached(query)?
        .query_row([stored("a height", height.0)?], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let decode = |(header, certificate): (Vec<u8>, Vec<u8>)| {
        Some((borsh::from_slice(&header).ok()?, borsh::from_slice(&certificate).ok()?))
    };
    Ok(found.and_then(decode))
}

/// The changes of validators after the genesis and before `height`, at most so many, ascending.
///
/// # Errors
/// [`IndexError`].
pub fn changes_before(
    connection: &Connection,
    height: Height,
    max: usize,
) -> Result<Vec<ValidatorChange>, IndexError> {
    let query = "SELECT c.header, c.certificate, v.encoded FROM validator_sets v \
                 JOIN certificates c ON c.height = v.height \
                 WHERE v.height > 0 AND v.height < ?1 ORDER BY v.height LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let limit = i64::try_from(max).unwrap_or(i64::MAX);
    let mut rows = statement.query([stored("a height", height.0)?, limit])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let (header, certificate): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let validators: Vec<u8> = row.get(2)?;
        changes.push(ValidatorChange {
            header: account::decode("a header", &header)?,
            certificate: account::decode("a certificate", &certificate)?,
            validators: account::decode("a set of validators", &validators)?,
        });
    }
    Ok(changes)
}

impl Writer {
    /// The indexed header at `height` with its certificate, unverified.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn certified(&self, height: Height) -> Result<Option<(Header, Certificate)>, IndexError> {
        at(&self.connection, height)
    }
}
