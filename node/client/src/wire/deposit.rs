//! What is kept off the log: attachments and openings.

use std::fmt;

use minglian_ledger::deposit::MediaType;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::Hex;

/// How an attachment stands at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentStatus {
    /// A record names it: it stays.
    Kept,
    /// It waits for a record that names it, and goes if none comes.
    Waiting,
}

/// What `POST /v1/attachments` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// The attachment's name.
    pub hash: AttachmentHash,
    /// How it stands.
    pub status: AttachmentStatus,
}

/// A public attachment at a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentView {
    /// Its name.
    pub hash: AttachmentHash,
    /// What it is.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whose it is.
    pub organization: OrganizationCode,
}

/// An attachment that a record names and that is not at the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingAttachment {
    /// Its name.
    pub hash: AttachmentHash,
    /// Whose record named it first.
    pub organization: OrganizationCode,
    /// That record.
    pub index: LogIndex,
}

/// What `POST /v1/openings` takes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningRequest {
    /// The signed deposit.
    pub deposit: Hex,
    /// The salt, 16 bytes.
    pub salt: Hex,
    /// The text, or a person's name.
    pub text: String,
}

/// A public opening. Whoever shows it asks the node each time: it may be erased.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningView {
    /// The commitment that it opens.
    pub commitment: Commitment,
    /// Whose record names it.
    pub organization: OrganizationCode,
    /// The salt, 16 bytes.
    pub salt: Hex,
    /// The text, or a person's name.
    pub text: String,
    /// The signed deposit, by which that organisation says who may see it.
    pub deposit: Hex,
}

/// Public openings at a node: what `GET /v1/openings` answers. Their numbers are those of one run
/// of the node, in the order in which it came to know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedOpenings {
    /// Which run; the numbers of another one mean nothing here.
    pub run: Hex,
    /// The node's height.
    pub height: Height,
    /// The number behind which the next answer begins.
    pub next: u64,
    /// Whether the node has looked at all that it had when it started.
    pub is_complete: bool,
    /// The openings.
    pub items: Vec<OpeningView>,
}

impl fmt::Debug for OpeningRequest {
    /// Salt and text are left out: what is printed cannot be erased.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OpeningRequest").finish_non_exhaustive()
    }
}

impl fmt::Debug for OpeningView {
    /// Salt and text are left out: what is printed cannot be erased.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("OpeningView");
        shown.field("commitment", &self.commitment).finish_non_exhaustive()
    }
}
