//! The consensus engine: everything this node knows about Malachite.
//!
//! Engine types appear here, in the submodules, and in the one match of `app.rs`; the rest of the
//! node sees ledger types only. The engine decides block *ids*. Bodies travel as streamed parts
//! ([`parts`], [`assembler`]), votes are signed through a file that compares before it releases
//! ([`mark`], [`signer`]), and a decided certificate becomes a ledger certificate ([`convert`])
//! that an outsider verifies without knowing what an engine is.

pub mod assembler;
pub mod context;
pub mod convert;
pub mod log_file;
pub mod mark;
pub mod parts;
pub mod signer;
pub mod start;
pub mod statement;
pub mod verifier;
pub mod wire;

/// Engine types that `app.rs` names in its one match, gathered so that it imports this module only.
pub mod messages {
    pub use malachitebft_app::consensus::Role;
    pub use malachitebft_app::types::core::{
        CommitCertificate, HeightParams, LinearTimeouts, Round, Validity, VoteExtensionPolicy,
    };
    pub use malachitebft_app::types::streaming::{StreamId, StreamMessage};
    pub use malachitebft_app::types::sync::RawDecidedValue;
    pub use malachitebft_app::types::{LocallyProposedValue, PeerId, ProposedValue};
    pub use malachitebft_app_channel::{AppMsg, Channels, NetworkMsg, Reply};
    pub use malachitebft_engine::host::{Next, SyncedValueOutcome};
    pub use malachitebft_engine::util::events::Event as EngineEvent;
    pub use malachitebft_engine::util::streaming::StreamContent;
}
