//! Checking a stopped node's database, or a backup, with nothing but the genesis: every block is
//! executed again, and every entry that the node would serve must be what execution makes of it.

use std::path::Path;

use indicatif::ProgressBar;
use minglian_contracts::invariants;
use minglian_contracts::replica::Replica;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use minglian_ledger::store::StoreError;
use minglian_ledger::store::audit::{Audit, Audited};
use rand::rngs::OsRng;

use super::AuditError;
use super::verify::Verified;
use crate::chain::additions::{Additions, GenesisAdditions};
use crate::chain::{Chain, ChainError};

/// Verifies the database in `directory` against `genesis`.
///
/// # Errors
/// [`AuditError`] that names the first height, column and key that is wrong.
pub fn database(
    directory: &Path,
    genesis: &Genesis,
    progress: &ProgressBar,
) -> Result<(Verified, Audited), AuditError> {
    let chain = Chain::open(directory, genesis.clone())
        .map_err(|source| AuditError::Open { source: Box::new(source) })?;
    let at = |height| move |source: StoreError| entry(height, source.into());
    let tip = chain.head().header.height;
    progress.set_length(tip.0);
    let mut replica =
        Replica::new(genesis).map_err(|error| AuditError::Genesis(Box::new(error)))?;
    let first = GenesisAdditions::new(genesis).map_err(|error| entry(Height::GENESIS, error))?;
    let mut audit = Audit::new(chain.store()).map_err(at(tip))?;
    audit.block(&first.write()).map_err(at(Height::GENESIS))?;
    let mut frontier = first.frontier().clone();
    let (mut transactions, mut refused) = (0, 0);
    while replica.header().height < tip {
        let height = replica.header().height.next();
        let missing = || AuditError::NoBlock { height };
        let block = chain.store().block(height).map_err(at(height))?.ok_or_else(missing)?;
        let certificate = chain.store().certificate(height).map_err(at(height))?;
        let certificate = certificate.ok_or_else(missing)?;
        let validators_hash = replica.header().next_validators_hash;
        let replayed = replica
            .apply(&block, &certificate, &mut OsRng)
            .map_err(|source| AuditError::Replica { source: Box::new(source) })?;
        let changed = replica.header().next_validators_hash != validators_hash;
        let validators = changed.then(|| replica.validators());
        let additions =
            Additions::new(&frontier, &block, &replayed).map_err(|error| entry(height, error))?;
        audit.block(&additions.write(&certificate, validators)).map_err(at(height))?;
        let receipts = &replayed.executed.receipts;
        transactions += receipts.len() as u64;
        refused += receipts.iter().filter(|receipt| !receipt.is_applied()).count() as u64;
        frontier = replayed.sealed.frontier.clone();
        progress.inc(1);
    }
    let audited = audit.finish(replica.state()).map_err(|error| entry(tip, error.into()))?;
    let totals = invariants::check_book(replica.state())
        .map_err(|source| AuditError::Book { height: tip, source: Box::new(source) })?;
    let header = replica.header().clone();
    Ok((Verified { header, transactions, refused, totals }, audited))
}

fn entry(height: Height, source: ChainError) -> AuditError {
    AuditError::Entry { height, source: Box::new(source) }
}
