//! Integration tests of the node.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod app_idle;
mod app_judge;
mod attachment_limits;
mod attachments;
mod checkpoints;
mod desk;
mod desk_office;
mod deposit_world;
mod engine_app;
mod engine_four;
mod engine_log_file;
mod engine_mark;
mod engine_net;
mod engine_parts;
mod engine_wire;
mod gifts;
mod gossip;
mod gossip_malformed;
mod import;
mod import_plan;
mod inbound;
mod key_file;
mod mempool;
mod reports;
mod openings;
mod rpc;
mod rpc_disclosures;
mod rpc_limits;
mod rpc_oversight;
mod rpc_overload;
mod rpc_world;
mod sheet;
mod sheet_any;
mod subsidy;
