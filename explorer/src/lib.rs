//! The public explorer of a Minglian ledger: it follows a node, believes nothing the node says, and
//! shows what it has verified.
//!
//! [`follower`] pulls certified blocks and applies each to a replica of the ledger in memory, which
//! checks certificate, signatures, execution, state root and log root; [`index`] writes what the
//! block did into a database ([`database`]), one transaction per block; [`web`] serves the pages of
//! [`pages`] from there, with [`charts`] drawn as SVG; [`text`] finds things by their words. The
//! pages are plain
//! HTML; the few that offer a check in the reader's browser load one script, and read as well
//! without it. [`window`] relays complaints by anybody to the ledger, which is the only thing that
//! goes the other way.

pub mod alarm;
pub mod api;
pub mod charts;
pub mod data;
pub mod database;
pub mod follower;
pub mod index;
pub mod language;
pub mod money;
pub mod pages;
pub mod reading;
pub mod source;
pub mod status;
pub mod text;
pub mod web;
pub mod window;
pub mod words;
