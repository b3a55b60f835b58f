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
mod donor_names;
mod english;
mod figures;
mod credit;
mod follow;
mod hostile;
mod index;
mod kept_manifests;
mod level;
mod limits;
mod live;
mod months;
mod offline_verifier;
mod open_data;
mod own_proofs;
mod pages;
mod pinned_data;
mod pins;
mod plans;
mod postgres;
mod program;
mod proving;
mod receipt_codes;
mod rules;
mod sales;
mod server;
mod site;
mod snapshot;
mod status_pages;
mod society;
mod society_pages;
mod story;
mod text;
mod tiles;
mod words;
