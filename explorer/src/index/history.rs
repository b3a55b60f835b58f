//! The index as it stood at an earlier height.
//!
//! Tables whose rows never change are cut at the height. For every other table triggers keep, in
//! the block's transaction, what each row was before the block that changed it. A reader's
//! connection lays views over all tables, under their own names, so that every query that pages
//! make answers as it did then: no page knows of it.
//!
//! Rows are kept for each of the last [`KEPT_HEIGHTS`] heights, and for each height with which a
//! month ended in Beijing; in between only the first change of a row in its month stays. While an
//! old ledger is caught up with, only those are written.

use minglian_ledger::height::Height;

use super::{IndexError, stored};
use crate::database::catalogue::{self, Column};
use crate::database::{Connection, OptionalExtension, params};

/// For how many of the last heights every row can be told.
pub const KEPT_HEIGHTS: u64 = 10_000;

/// Tables whose rows never change, and which of them were there at the pinned height.
const APPENDED: [(&str, &str); 15] = [
    ("blocks", "height <= (SELECT height FROM temp.pin)"),
    ("certificates", "height <= (SELECT height FROM temp.pin)"),
    ("validator_sets", "height <= (SELECT height FROM temp.pin)"),
    ("leaves", "log_index < (SELECT log_size FROM temp.pin)"),
    ("records", "log_index < (SELECT log_size FROM temp.pin)"),
    ("refusals", "log_index < (SELECT log_size FROM temp.pin)"),
    ("proposals", "log_index < (SELECT log_size FROM temp.pin)"),
    ("record_organizations", "log_index < (SELECT log_size FROM temp.pin)"),
    ("record_projects", "log_index < (SELECT log_size FROM temp.pin)"),
    ("record_subjects", "log_index < (SELECT log_size FROM temp.pin)"),
    ("corrections", "log_index < (SELECT log_size FROM temp.pin)"),
    ("movements", "log_index < (SELECT log_size FROM temp.pin)"),
    ("notice_rows", "log_index < (SELECT log_size FROM temp.pin)"),
    ("crossings", "movement <= (SELECT movement FROM temp.pin)"),
    ("taken", "movement <= (SELECT movement FROM temp.pin)"),
];

/// Tables that have one state only.
const PRESENT: [&str; 8] = [
    "meta",
    "log_tiles",
    "history",
    "month_ends",
    "writing",
    "text_changes",
    "donors",
    "donor_names",
];

/// What a table of earlier rows is called.
const UNDO: &str = "undo_";

/// Columns of a table whose rows change.
struct Changing {
    name: String,
    columns: Vec<Column>,
    keys: Vec<String>,
}

impl Changing {
    fn list(&self, prefix: &str) -> String {
        let names = self.columns.iter().map(|it| format!("{prefix}\"{}\"", it.name));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The condition that two rows have one key.
    fn same(&self, one: &str, other: &str) -> String {
        let equal = self.keys.iter().map(|key| format!("{one}.\"{key}\" = {other}.\"{key}\""));
        equal.collect::<Vec<_>>().join(" AND ")
    }

    /// The table of earlier rows and the triggers that fill it.
    fn kept(&self) -> String {
        let Self { name, .. } = self;
        let columns = self.columns.iter().map(|it| format!("\"{}\" {}", it.name, it.kind));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let keys = self.keys.iter().map(|key| format!("\"{key}\", ")).collect::<String>();
        // The first change since the floor says what was there before; others say nothing new.
        let first = |row: &str| {
            format!(
                "NOT EXISTS (SELECT 1 FROM \"{UNDO}{name}\" u WHERE {} AND u.height > w.floor)",
                self.same("u", row)
            )
        };
        let old = self.list("old.");
        let key = |column: &Column| match column.key > 0 {
            true => format!("new.\"{}\"", column.name),
            false => "NULL".to_owned(),
        };
        let new = self.columns.iter().map(key).collect::<Vec<_>>().join(", ");
        let (before, absent) = (first("old"), first("new"));
        format!(
            "CREATE TABLE \"{UNDO}{name}\" (height INTEGER NOT NULL, existed INTEGER NOT NULL, \
             {columns}, PRIMARY KEY ({keys}height)) WITHOUT ROWID;
             CREATE INDEX \"{UNDO}{name}_heights\" ON \"{UNDO}{name}\" (height) WHERE existed = 1;
             CREATE TRIGGER \"{name}_inserted\" AFTER INSERT ON \"{name}\" BEGIN
             INSERT INTO \"{UNDO}{name}\" SELECT w.height, 0, {new} FROM writing w WHERE {absent};
             END;
             CREATE TRIGGER \"{name}_updated\" BEFORE UPDATE ON \"{name}\" BEGIN
             INSERT INTO \"{UNDO}{name}\" SELECT w.height, 1, {old} FROM writing w WHERE {before};
             END;
             CREATE TRIGGER \"{name}_deleted\" BEFORE DELETE ON \"{name}\" BEGIN
             INSERT INTO \"{UNDO}{name}\" SELECT w.height, 1, {old} FROM writing w WHERE {before};
             END;"
        )
    }

    /// The table as it was: rows that did not change since, and what the others were.
    fn view(&self) -> String {
        let Self { name, .. } = self;
        let since = "(SELECT kept FROM temp.pin)";
        let (now, then) = (self.list("t."), self.list("u."));
        let (changed, earlier) = (self.same("u", "t"), self.same("v", "u"));
        format!(
            "CREATE TEMP VIEW \"{name}\" AS \
             SELECT {now} FROM main.\"{name}\" t WHERE NOT EXISTS \
             (SELECT 1 FROM main.\"{UNDO}{name}\" u WHERE {changed} AND u.height > {since}) \
             UNION ALL \
             SELECT {then} FROM main.\"{UNDO}{name}\" u WHERE u.height > {since} \
             AND u.existed = 1 AND NOT EXISTS (SELECT 1 FROM main.\"{UNDO}{name}\" v \
             WHERE {earlier} AND v.height < u.height AND v.height > {since});"
        )
    }
}

/// The tables whose rows change: all that are not known to be otherwise.
fn changing(connection: &Connection) -> Result<Vec<Changing>, IndexError> {
    let mut tables = Vec::new();
    for name in catalogue::tables(connection)? {
        let is_other = APPENDED.iter().any(|(appended, _)| *appended == name)
            || PRESENT.contains(&name.as_str())
            || name.starts_with(UNDO);
        if is_other {
            continue;
        }
        let columns = catalogue::columns(connection, &name)?;
        let mut keys: Vec<&Column> = columns.iter().filter(|column| column.key > 0).collect();
        keys.sort_by_key(|column| column.key);
        let keys = keys.into_iter().map(|column| column.name.clone()).collect();
        tables.push(Changing { name, columns, keys });
    }
    Ok(tables)
}

/// Lays the tables of earlier rows beside new tables; and the views, where they stay.
pub(super) fn lay(connection: &Connection) -> Result<(), IndexError> {
    for table in changing(connection)? {
        connection.lay_out(&table.kept())?;
    }
    if connection.is_server() {
        lay_views(connection)?;
        connection.lay_reading()?;
    }
    Ok(())
}

/// Begins a block: what it changes is kept from here on, for the last `kept_heights`. Where the
/// ledger goes to `target` and that is farther above, only for the ends of months.
pub(super) fn begin(
    connection: &Connection,
    height: Height,
    is_new_month: bool,
    target: Height,
    kept_heights: u64,
) -> Result<(), IndexError> {
    let is_old = height.0.saturating_add(kept_heights) < target.0;
    let height_kept = stored("a height", height.0)?;
    let before = height_kept.saturating_sub(1);
    if is_new_month {
        let query = "INSERT OR IGNORE INTO month_ends VALUES (?1)";
        connection.prepare_cached(query)?.execute([before])?;
    }
    let month_end = month_end_before(connection, height_kept)?;
    let floor = if is_old { month_end } else { before };
    let query = "INSERT OR REPLACE INTO writing VALUES (1, ?1, ?2)";
    connection.prepare_cached(query)?.execute(params![height_kept, floor])?;
    let oldest = height.0.saturating_sub(kept_heights);
    let from = if is_old { height.0 } else { oldest };
    let query = "INSERT INTO history VALUES (1, ?1) \
                 ON CONFLICT (one) DO UPDATE \
                 SET kept_from = max(history.kept_from, excluded.kept_from)";
    connection.prepare_cached(query)?.execute([stored("a height", from)?])?;
    if !is_old && oldest > 0 {
        forget(connection, stored("a height", oldest)?)?;
    }
    Ok(())
}

/// The last height below this one with which a month ended.
fn month_end_before(connection: &Connection, height: i64) -> Result<i64, IndexError> {
    let query = "SELECT max(height) FROM month_ends WHERE height < ?1";
    let found: Option<i64> =
        connection.prepare_cached(query)?.query_row([height], |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}

/// Drops what rows were before this height, but for the first change of a row in its month. That
/// there was no row stays: it is mostly the first change, and pages tell no difference.
fn forget(connection: &Connection, height: i64) -> Result<(), IndexError> {
    let month_end = month_end_before(connection, height)?;
    let names = catalogue::tables(connection)?;
    for name in names.iter().filter(|name| name.starts_with(UNDO)) {
        let same = catalogue::columns(connection, name)?
            .iter()
            .filter(|column| column.key > 0 && column.name != "height")
            .map(|column| format!("v.\"{0}\" = u.\"{0}\"", column.name))
            .collect::<Vec<_>>()
            .join(" AND ");
        let query = format!(
            "DELETE FROM \"{name}\" AS u WHERE height = ?1 AND existed = 1 AND EXISTS \
             (SELECT 1 FROM \"{name}\" v WHERE {same} AND v.height < ?1 AND v.height > ?2)"
        );
        connection.prepare_cached(&query)?.execute([height, month_end])?;
    }
    Ok(())
}

/// Lays views over all tables of a connection that only reads; a server keeps them. [`pin`] says of
/// which height.
pub(super) fn overlay(connection: &Connection) -> Result<(), IndexError> {
    if connection.is_server() {
        return Ok(());
    }
    connection.lay_out(
        "PRAGMA temp_store = MEMORY; \
         CREATE TEMP TABLE pin (height INTEGER, kept INTEGER, log_size INTEGER, movement INTEGER);",
    )?;
    lay_views(connection)
}

fn lay_views(connection: &Connection) -> Result<(), IndexError> {
    for (name, condition) in APPENDED {
        connection.lay_out(&format!(
            "CREATE TEMP VIEW \"{name}\" AS SELECT * FROM main.\"{name}\" WHERE {condition};"
        ))?;
    }
    for table in changing(connection)? {
        connection.lay_out(&table.view())?;
    }
    Ok(())
}

/// Which heights can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The newest height.
    pub newest: i64,
    /// The first from which on every height can be.
    pub from: i64,
    /// The last end of a month at or before the height that was asked for.
    pub month_end_before: Option<i64>,
    /// The first end of a month at or after it.
    pub month_end_after: Option<i64>,
}

impl Kept {
    /// What can be told around `height`.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn around(connection: &Connection, height: i64) -> Result<Self, IndexError> {
        let one = |query: &str, height: i64| -> Result<Option<i64>, IndexError> {
            Ok(connection.prepare_cached(query)?.query_row([height], |row| row.get(0))?)
        };
        let newest = "SELECT max(height) FROM main.blocks WHERE ?1 IS NOT NULL";
        let before = "SELECT max(height) FROM main.month_ends WHERE height <= ?1";
        let after = "SELECT min(height) FROM main.month_ends WHERE height >= ?1";
        let query = "SELECT kept_from FROM main.history";
        let from = connection.prepare_cached(query)?.query_row([], |row| row.get(0)).optional()?;
        Ok(Self {
            newest: one(newest, height)?.unwrap_or(0),
            from: from.unwrap_or(0),
            month_end_before: one(before, height)?,
            month_end_after: one(after, height)?,
        })
    }

    /// Whether every row of this height can be told.
    pub fn holds(&self, height: i64) -> bool {
        (height >= self.from && height <= self.newest) || self.month_end_before == Some(height)
    }

    /// The ends of months nearby.
    pub fn month_ends(&self) -> impl Iterator<Item = i64> {
        let ends = [self.month_end_before, self.month_end_after];
        let is_twice = self.month_end_before == self.month_end_after;
        ends.into_iter().skip(usize::from(is_twice)).flatten()
    }

    /// Of which height the rows that change are in what is told of this one: the newest, where they
    /// are not kept.
    pub fn rows_height(&self, height: i64) -> i64 {
        if self.holds(height) { height } else { self.newest }
    }
}

/// Makes the views of this connection those of `height`. Rows that change are of that height if
/// `kept` holds it, and the newest otherwise.
pub(super) fn pin(connection: &Connection, height: i64, kept: &Kept) -> Result<(), IndexError> {
    let rows = kept.rows_height(height);
    let query = "SELECT log_size FROM main.blocks WHERE height = ?1";
    let log_size: i64 = connection.prepare_cached(query)?.query_row([height], |row| row.get(0))?;
    let query = "SELECT coalesce((SELECT number FROM main.movements WHERE log_index < ?1 \
                 ORDER BY log_index DESC, number DESC LIMIT 1), -1)";
    let movement: i64 =
        connection.prepare_cached(query)?.query_row([log_size], |row| row.get(0))?;
    if connection.is_server() {
        let settings =
            [("height", height), ("kept", rows), ("log_size", log_size), ("movement", movement)];
        return Ok(connection.pin_server(&settings)?);
    }
    connection.execute("DELETE FROM temp.pin", [])?;
    let query = "INSERT INTO temp.pin VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(query)?.execute([height, rows, log_size, movement])?;
    Ok(())
}
