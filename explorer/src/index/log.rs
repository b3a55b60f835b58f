//! The log's tree as C2SP tiles of hashes, computed from the blocks that were verified.
//!
//! A row holds the hashes of one tile, up to 256; each full tile gives one hash to the level above.
//! The leaves themselves are kept beside them, as they were hashed.

use minglian_ledger::block::Header;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::log::tiles::{self, Content, TILE_WIDTH, Tile};
use minglian_ledger::log::tree::NodeSource;
use minglian_ledger::log::{self, LOG_HASH_BYTES, LogHash};
use minglian_ledger::record::{Leaf, Record};

use super::{IndexError, stored};
use crate::database::{Connection, OptionalExtension, params};

/// Levels of the tree between two levels of tiles.
const TILE_LEVELS: u8 = TILE_WIDTH.ilog2() as u8;

/// Bytes of a full tile.
const TILE_BYTES: usize = TILE_WIDTH as usize * LOG_HASH_BYTES;

/// Enters the only leaf of the genesis, whose hash is the log's root.
pub(super) fn genesis(connection: &Connection, header: &Header) -> Result<(), IndexError> {
    enter_leaves(connection, header, &[Leaf::Closing(header.closing()).encode()])?;
    append(connection, 0, &[header.log_root])
}

/// Enters the leaves of a block, which are the last of the log at its header.
pub(super) fn enter_leaves(
    connection: &Connection,
    header: &Header,
    leaves: &[Vec<u8>],
) -> Result<(), IndexError> {
    let first = header.log_size.saturating_sub(leaves.len() as u64);
    let mut statement = connection.prepare_cached("INSERT INTO leaves VALUES (?1, ?2)")?;
    for (index, leaf) in (first..).zip(leaves) {
        statement.execute(params![stored("a position", index)?, leaf])?;
    }
    Ok(())
}

/// At most `count` leaves from `first` on.
///
/// # Errors
/// [`IndexError::Database`].
pub fn leaves(connection: &Connection, first: u64, count: u16) -> Result<Vec<Vec<u8>>, IndexError> {
    let query = "SELECT bytes FROM leaves WHERE log_index >= ?1 ORDER BY log_index LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(params![stored("a position", first)?, count], |row| row.get(0));
    Ok(rows?.collect::<Result<_, _>>()?)
}

/// The record at a position: what was signed, and what became of it. None if none stands there.
///
/// # Errors
/// [`IndexError`].
pub fn record(connection: &Connection, index: u64) -> Result<Option<Record>, IndexError> {
    let leaf = leaves(connection, index, 1)?.pop();
    Ok(leaf.as_deref().map(decode).transpose()?.flatten())
}

/// The record in a leaf, if it is not a closing one.
///
/// # Errors
/// [`IndexError::Damaged`] if it is no leaf.
pub(crate) fn decode(leaf: &[u8]) -> Result<Option<Record>, IndexError> {
    match Leaf::decode(leaf).map_err(|source| IndexError::Damaged { what: "a leaf", source })? {
        Leaf::Record(record) => Ok(Some(record)),
        Leaf::Closing(_) => Ok(None),
    }
}

/// The leaves of a bundle; none if the indexed log has not all of them.
///
/// # Errors
/// [`IndexError::Database`].
pub fn bundle(connection: &Connection, tile: &Tile) -> Result<Option<Vec<u8>>, IndexError> {
    let found = leaves(connection, tile.first_item(), tile.width())?;
    if found.len() != usize::from(tile.width()) {
        return Ok(None);
    }
    // A leaf longer than a bundle can hold is in no tile.
    Ok(tiles::entry_bundle(&found).ok())
}

/// The nodes of the indexed log's tree.
#[derive(Debug, Clone, Copy)]
pub struct Nodes<'a>(pub &'a Connection);

impl NodeSource for Nodes<'_> {
    type Error = IndexError;

    fn node(&self, level: u8, index: u64) -> Result<LogHash, IndexError> {
        // A node is the root over some hashes of one tile.
        let (tile_level, above) = (level / TILE_LEVELS, level % TILE_LEVELS);
        let hole = || IndexError::LogHole { level: tile_level, index };
        let first = index.checked_shl(u32::from(above)).ok_or_else(hole)?;
        let query = "SELECT hashes FROM log_tiles WHERE level = ?1 AND number = ?2";
        let number = stored("a tile", first / u64::from(TILE_WIDTH))?;
        let tile: Vec<u8> = self
            .0
            .prepare_cached(query)?
            .query_row(params![tile_level, number], |row| row.get(0))
            .optional()?
            .ok_or_else(hole)?;
        let begin = (first % u64::from(TILE_WIDTH)) as usize * LOG_HASH_BYTES;
        let end = begin + (LOG_HASH_BYTES << above);
        Ok(root(tile.get(begin..end).ok_or_else(hole)?))
    }
}

/// Enters new hashes of a level, and what becomes full above them.
pub(super) fn append(
    connection: &Connection,
    level: u8,
    hashes: &[LogHash],
) -> Result<(), IndexError> {
    let query =
        "SELECT number, hashes FROM log_tiles WHERE level = ?1 ORDER BY number DESC LIMIT 1";
    let last: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(query)?
        .query_row([level], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (mut number, mut tile) = match last {
        Some((number, tile)) if tile.len() < TILE_BYTES => (number, tile),
        Some((number, _)) => (number.saturating_add(1), Vec::new()),
        None => (0, Vec::new()),
    };
    let mut full = Vec::new();
    let mut rest = hashes;
    while !rest.is_empty() {
        let room = (TILE_BYTES - tile.len()) / LOG_HASH_BYTES;
        let (now, later) = rest.split_at(room.min(rest.len()));
        tile.extend(now.iter().flat_map(|hash| hash.0));
        let query = "INSERT OR REPLACE INTO log_tiles VALUES (?1, ?2, ?3)";
        connection.prepare_cached(query)?.execute(params![level, number, tile])?;
        if tile.len() == TILE_BYTES {
            full.push(root(&tile));
            tile.clear();
            number = number.saturating_add(1);
        }
        rest = later;
    }
    match level.checked_add(1) {
        Some(above) if !full.is_empty() => append(connection, above, &full),
        _ => Ok(()),
    }
}

/// The root of the perfect tree over hashes, as many as a power of two.
fn root(tile: &[u8]) -> LogHash {
    let (hashes, _) = tile.as_chunks::<LOG_HASH_BYTES>();
    let mut hashes: Vec<LogHash> = hashes.iter().copied().map(LogHash).collect();
    while hashes.len() > 1 {
        let pairs = hashes.as_chunks::<2>().0;
        hashes = pairs.iter().map(|[left, right]| log::node_hash(left, right)).collect();
    }
    hashes.first().copied().unwrap_or_else(log::empty_root)
}

/// The hashes of a tile. None if the indexed log has it not.
///
/// # Errors
/// [`IndexError::Database`].
pub fn hashes(connection: &Connection, tile: &Tile) -> Result<Option<Vec<u8>>, IndexError> {
    let Content::Hashes { level } = tile.content() else { return Ok(None) };
    let query = "SELECT hashes FROM log_tiles WHERE level = ?1 AND number = ?2";
    let number = stored("a tile", tile.index())?;
    let found: Option<Vec<u8>> = connection
        .prepare_cached(query)?
        .query_row(params![level, number], |row| row.get(0))
        .optional()?;
    let bytes = usize::from(tile.width()) * LOG_HASH_BYTES;
    Ok(found.filter(|known| known.len() >= bytes).map(|mut known| {
        known.truncate(bytes);
        known
    }))
}

/// Whether a block of this index ended with a checkpoint's size and root.
///
/// # Errors
/// [`IndexError::Database`].
pub fn holds(connection: &Connection, checkpoint: &Checkpoint) -> Result<bool, IndexError> {
    Ok(block_of(connection, checkpoint)?.is_some())
}

/// The height and time of the block that ended with a checkpoint's size and root, if one did. Sizes
/// grow with heights, so the block is found by halving.
///
/// # Errors
/// [`IndexError::Database`].
pub fn block_of(
    connection: &Connection,
    checkpoint: &Checkpoint,
) -> Result<Option<(i64, i64)>, IndexError> {
    let wanted = stored("a size", checkpoint.size())?;
    let query = "SELECT max(height) FROM blocks";
    let last: Option<i64> = connection.prepare_cached(query)?.query_row([], |row| row.get(0))?;
    let (mut low, mut high) = (0, last.map_or(0, |last| last.saturating_add(1)));
    let query = "SELECT log_size, log_root, time_ms FROM blocks WHERE height = ?1";
    let mut at = connection.prepare_cached(query)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, String, i64)> =
            at.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        match found {
            Some((size, root, time_ms)) if size == wanted => {
                let is_same = root == checkpoint.root().to_string();
                return Ok(is_same.then_some((middle, time_ms)));
            }
            Some((size, ..)) if size > wanted => high = middle,
            _ => low = middle + 1,
        }
    }
    Ok(None)
}
