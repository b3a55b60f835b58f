//! What an officer's tool needs: every act by name with an example, what an act will do in plain
//! words, a sent act that no broken connection loses, what waits for whom, and sheets of many acts.
//!
//! Nothing here decides: the ledger's rules do. What a node says is shown as that node's word.

pub mod gift;
pub mod language;
pub mod names;
pub mod obligations;
pub mod catalogue;
pub mod preview;
pub mod public_name;
pub mod kept_apart;
pub mod outbox;
pub mod outcome;
pub mod office;
pub mod opinion;
pub mod waiting;
pub mod receipt;
pub mod sheet;
