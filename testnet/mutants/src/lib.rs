//! Tries the changes that cargo-mutants lists, all compiled into one program of tests.
//!
//! cargo-mutants itself compiles for each change, which takes minutes for these contracts. Here a
//! copy of the checkout has every change behind a switch ([`source`], [`text`], [`tree`]), is
//! compiled once, and its tests are run with one switch on at a time ([`trial`]). A test that does
//! not come upon a change is not run for it, the quick ones are run first, and the first that
//! fails is the last. What came of it is kept ([`outcome`]): a run that was broken off goes on, and
//! new tests are tried only on what the old ones did not catch.

pub mod mutant;
pub mod outcome;
pub mod text;
pub mod source;
pub mod jobs;
pub mod tree;
pub mod trial;
pub mod run;
