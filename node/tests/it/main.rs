//! Integration tests of the node.

mod engine_app;
mod engine_four;
mod engine_mark;
mod engine_net;
mod engine_parts;
mod engine_wire;
mod import;
