//! What organisations must make public, and what they did.

use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Hex;

/// Something that an organisation must make public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationView {
    /// How it stands, as pages say it in Chinese: 尚未见到上链披露 where nothing is published.
    pub state_zh: String,
    /// The same in English.
    pub state_en: String,
    /// Name, title, article, last day, state, and what was published for it.
    #[serde(flatten)]
    pub obligation: Value,
}

/// Something that was made public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationView {
    /// Organisation and index number, as the node finds it.
    pub id: Hex,
    /// Whose it is.
    pub organization: OrganizationCode,
    /// Metadata, obligations, files, figures, corrections.
    #[serde(flatten)]
    pub publication: Value,
}
