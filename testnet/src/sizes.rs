//! What a record costs in the state and in the log of one node, each alone: prints JSON.

use std::path::Path;

use minglian_ledger::store::schema::{
    BucketColumn, BucketHashColumn, CertificateColumn, Column as _, DERIVED, HeaderColumn,
    LeafColumn, LogNodeColumn, MetaColumn, StateColumn, TransactionColumn, UndoColumn,
    ValidatorsColumn,
};
use minglian_ledger::store::size::{ColumnSize, Sizes};
use serde::Serialize;

use crate::measure;

/// Several columns together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Bytes of keys and values, before they are packed.
    pub bytes: u64,
    /// Of these, for one record.
    pub bytes_per_record: u64,
    /// Bytes of their table files, packed.
    pub table_bytes: u64,
    /// Of these, for one record.
    pub table_bytes_per_record: u64,
}

/// What a node's database holds.
#[derive(Debug, Clone, Serialize)]
pub struct SizeReport {
    /// The sources.
    pub commit: Option<String>,
    /// The state: its values, and the buckets that hash them, split ones included.
    pub state: Part,
    /// The log: records and closing leaves, and the hashes from which tiles are made.
    pub log: Part,
    /// What finds a record, and headers with their certificates.
    pub index: Part,
    /// What takes back the last blocks' changes of the state, of a fixed number of blocks.
    pub undo: Part,
    /// What queries ask beside the state: movements and the like, made from the log.
    pub derived: Part,
    /// Bytes of a transaction as signed, on an average of all records.
    pub transaction_bytes_per_record: u64,
    /// Bytes of a receipt, likewise.
    pub receipt_bytes_per_record: u64,
    /// Column by column.
    #[serde(flatten)]
    pub sizes: Sizes,
}

/// Reads the database in a node's data directory. The node may run.
///
/// # Errors
/// If there is none, or it does not read.
pub fn run(data: &Path) -> anyhow::Result<SizeReport> {
    let sizes = Sizes::read(&data.join("ledger"))?;
    let records = sizes.records.max(1);
    let part = |columns: &[&str]| {
        let ColumnSize { size, table_bytes, .. } = sizes.of(columns);
        Part {
            bytes: size.bytes(),
            bytes_per_record: size.bytes() / records,
            table_bytes,
            table_bytes_per_record: table_bytes / records,
        }
    };
    Ok(SizeReport {
        commit: measure::commit(),
        state: part(&[StateColumn::NAME, BucketColumn::NAME, BucketHashColumn::NAME]),
        log: part(&[LeafColumn::NAME, LogNodeColumn::NAME]),
        index: part(&[
            TransactionColumn::NAME,
            HeaderColumn::NAME,
            CertificateColumn::NAME,
            ValidatorsColumn::NAME,
            MetaColumn::NAME,
        ]),
        undo: part(&[UndoColumn::NAME]),
        derived: part(&[DERIVED]),
        transaction_bytes_per_record: sizes.transaction_bytes / records,
        receipt_bytes_per_record: sizes.receipt_bytes / records,
        sizes,
    })
}
