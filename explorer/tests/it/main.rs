//! Tests of the explorer: a chain with real signatures and certificates, indexed and read over
//! HTTP.

#![expect(clippy::unwrap_used, reason = "in tests, helpers included, to panic is to fail")]

mod about;
mod api;
mod browser;
mod chain;
mod chart_pages;
mod charts;
mod complain;
mod corrections;
mod follow;
mod index;
mod live;
mod open_data;
mod pages;
mod proving;
mod site;
mod society;
mod society_pages;
mod story;
mod tiles;
mod words;
