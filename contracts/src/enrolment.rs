//! Uniqueness of private subsidies: one person has one place on one list of a group of programmes
//! and year, in whichever county, and nobody learns who it is.

pub mod list;
