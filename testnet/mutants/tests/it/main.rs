//! Tests of the switches, one binary.

#![expect(clippy::unwrap_used, reason = "in tests, helpers included, to panic is to fail")]

mod switches;
