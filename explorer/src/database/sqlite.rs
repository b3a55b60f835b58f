//! The index in a file.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Access, Result};

/// How long a statement waits for the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps ready: more than writing a block uses, or pages have.
const STATEMENTS_KEPT: usize = 256;

/// Memory of the connection that writes, in KiB. A block changes more pages than the 2 MiB hold
/// that SQLite takes by itself, which would then be written several times.
const WRITER_CACHE_KIB: i64 = 64 * 1024;

/// How long the log of the database becomes before it goes to the tables, in pages of 4 KiB. Pages
/// that every block changes go there once for many blocks.
const LOG_PAGES: i64 = 8 * 1024;

/// Memory of each connection that reads, in KiB.
const READER_CACHE_KIB: i64 = 8 * 1024;

/// A commit is safe from the end of the program, and from a power cut with the next one that is
/// brought to the disk.
const COMMITS: &str = "NORMAL";

pub(super) fn open(path: &Path, access: Access) -> Result<Connection> {
    if access == Access::Read {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        return Ok(connection);
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    // What a single statement would have to undo stays in memory.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A statement is compiled once, and not again for every value that it gets.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Derived data: after a power cut the last blocks are indexed again. See `settle`.
    connection.pragma_update(None, "synchronous", COMMITS)?;
    // So that what keeps earlier rows sees those that are replaced.
    connection.pragma_update(None, "recursive_triggers", true)?;
    // A name that is deleted is overwritten, not only left out.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

pub(super) fn empty(connection: &Connection, tables: &[String]) -> Result<()> {
    for table in tables {
        connection.execute(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\"")), [])?;
    }
    Ok(())
}

/// Brings to the disk what was committed: one commit that waits for it takes along what stands
/// before it in the log.
pub(super) fn settle(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Nothing is written where nothing changes.
    let query = "INSERT INTO meta VALUES ('settled', '1') \
                 ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1";
    let settled = connection.execute(query, []);
    connection.pragma_update(None, "synchronous", COMMITS)?;
    settled?;
    Ok(())
}

/// Empties the log of the database, which holds what was deleted from the tables. While a reader
/// holds an earlier state it cannot be emptied.
pub(super) fn scrub(connection: &Connection) -> Result<bool> {
    // Readers are not waited for: following goes on.
    connection.busy_timeout(Duration::ZERO)?;
    let query = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy = connection.query_row(query, [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(busy? == 0)
}

/// Writes a copy of one state, without names of donors. It is another index than the one of which
/// it is a copy: what belongs to that one does not belong to it.
pub(super) fn copy(path: &Path, copy: &Path) -> Result<()> {
    open(path, Access::Read)?.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    let copied = Connection::open(copy)?;
    copied.pragma_update(None, "journal_mode", "MEMORY")?;
    copied.pragma_update(None, "secure_delete", true)?;
    copied.execute("DELETE FROM donor_names", [])?;
    let query = "UPDATE meta SET value = lower(hex(randomblob(16))) WHERE key = 'incarnation'";
    copied.execute(query, [])?;
    Ok(())
}
