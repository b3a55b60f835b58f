//! Every table of the open data.

mod money;
mod society;

use super::table::Table;

/// The tables that are downloaded, in the order in which pages list them.
pub const TABLES: [&Table; 9] = [
    &money::ENTRIES,
    &money::MOVEMENTS,
    &money::ALLOCATIONS,
    &money::PAYMENTS,
    &society::DONATIONS,
    &society::ORGANIZATIONS,
    &society::PROJECTS,
    &society::PUBLICATIONS,
    &money::NOTICE,
];

/// Tables that the API has beside [`TABLES`].
pub const MORE: [&Table; 3] = [&society::OBLIGATIONS, &money::TOTALS, &money::BLOCKS];

/// The quota lines, which exports of grants read.
pub const ALLOCATIONS: &Table = &money::ALLOCATIONS;

/// The movements, which answers about records read.
pub const MOVEMENTS: &Table = &money::MOVEMENTS;

/// The table that downloads call by this name.
pub fn find(name: &str) -> Option<&'static Table> {
    TABLES.into_iter().find(|table| table.name == name)
}
