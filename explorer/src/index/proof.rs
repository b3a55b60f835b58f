//! Evidence from what was verified here: the log's leaves and tree, headers with their
//! certificates, changes of validators. It says what a node would say, and readers check it as they
//! check a node's.

use minglian_client::wire::Consistency;
use minglian_contracts::book::{self, AccountId};
use minglian_contracts::replica::kept::KeptReplica;
use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::evidence::{CHANGES_MAX, Evidence, Subject};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log::LogHash;
use minglian_ledger::log::proof::{self, ProveError};
use minglian_ledger::log::tree::{Frontier, LoadError};

use super::log::{self, Nodes};
use super::{IndexError, certified, count, read};
use crate::database::Connection;

/// Evidence of a leaf under the newest header; none if the log is not so long, or nothing is
/// certified yet.
///
/// # Errors
/// [`IndexError`].
pub fn of_leaf(connection: &Connection, index: u64) -> Result<Option<Evidence>, IndexError> {
    let Some((header, certificate)) = newest(connection)? else { return Ok(None) };
    if index >= header.log_size {
        return Ok(None);
    }
    let leaf = log::leaves(connection, index, 1)?.pop();
    let proof = proof::inclusion_proof(&Nodes(connection), index, header.log_size);
    let (Some(bytes), Some(proof)) = (leaf, provable(proof)?) else { return Ok(None) };
    let subject = Subject::Leaf { index: LogIndex(index), bytes, proof };
    complete(connection, header, certificate, subject)
}

/// Evidence of the last leaf.
///
/// # Errors
/// [`IndexError`].
pub fn of_last_leaf(connection: &Connection) -> Result<Option<Evidence>, IndexError> {
    of_leaf(connection, count(read::head(connection)?.log_size).saturating_sub(1))
}

/// Evidence of an account's entry in the state; none unless `replica` has verified as far as the
/// index goes.
///
/// # Errors
/// [`IndexError`].
pub fn of_account(
    connection: &Connection,
    replica: &KeptReplica,
    id: &AccountId,
) -> Result<Option<Evidence>, IndexError> {
    let Some((header, certificate)) = newest(connection)? else { return Ok(None) };
    if header != *replica.header() {
        return Ok(None);
    }
    let key = book::account_key(id);
    let (value, proof) = replica.prove(&key)?;
    complete(connection, header, certificate, Subject::State { key, value, proof })
}

/// The proof that the log of `from` leaves is the beginning of the one of `to`; none if these are
/// no sizes of the indexed log.
///
/// # Errors
/// [`IndexError`].
pub fn of_consistency(
    connection: &Connection,
    from: u64,
    to: u64,
) -> Result<Option<Consistency>, IndexError> {
    if from > to || to > count(read::head(connection)?.log_size) {
        return Ok(None);
    }
    let nodes = Nodes(connection);
    let Some(proof) = provable(proof::consistency_proof(&nodes, from, to))? else {
        return Ok(None);
    };
    let (Some(from_root), Some(to_root)) = (root(&nodes, from)?, root(&nodes, to)?) else {
        return Ok(None);
    };
    Ok(Some(Consistency { from, from_root, to, to_root, proof }))
}

/// The newest header with its certificate; none at the genesis, which nobody certifies.
fn newest(connection: &Connection) -> Result<Option<(Header, Certificate)>, IndexError> {
    certified::at(connection, Height(count(read::head(connection)?.height)))
}

/// Adds what ties a header to the genesis; none if validators changed too often for one bundle.
fn complete(
    connection: &Connection,
    header: Header,
    certificate: Certificate,
    subject: Subject,
) -> Result<Option<Evidence>, IndexError> {
    let most = CHANGES_MAX.saturating_add(1);
    let changes = certified::changes_before(connection, header.height, most)?;
    let is_whole = changes.len() <= CHANGES_MAX;
    Ok(is_whole.then_some(Evidence { changes, header, certificate, subject }))
}

/// A proof, unless the question was of no log.
fn provable<T>(proof: Result<T, ProveError<IndexError>>) -> Result<Option<T>, IndexError> {
    match proof {
        Ok(proof) => Ok(Some(proof)),
        Err(ProveError::Statement(_)) => Ok(None),
        Err(ProveError::Source(error)) => Err(error),
    }
}

fn root(nodes: &Nodes<'_>, size: u64) -> Result<Option<LogHash>, IndexError> {
    match Frontier::load(nodes, size) {
        Ok(frontier) => Ok(Some(frontier.root())),
        Err(LoadError::Source(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
