//! What can go wrong between a client and a node.

use minglian_ledger::personal_number::PersonalNumber;
use serde::{Deserialize, Serialize};

/// A refusal of the HTTP interface, as `application/problem+json` (RFC 9457). Not the refusal of an
/// act: that is a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:minglian:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// HTTP status.
    pub status: u16,
    /// A stable name for programs.
    pub code: String,
    /// What the code means, in English.
    pub title: String,
    /// The same in Chinese.
    pub title_zh: String,
    /// The case at hand.
    pub detail: String,
}

impl Problem {
    /// Reads an error answer; one that is not a problem (a proxy's page) becomes one.
    pub(crate) fn read(status: u16, bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_else(|_| Self {
            kind: "about:blank".to_owned(),
            status,
            code: "not_a_problem".to_owned(),
            title: "the answer is an error in another form".to_owned(),
            title_zh: "返回的错误不是本系统的格式".to_owned(),
            detail: match bytes.trim_ascii_start().first() {
                Some(b'<') => "a web page came, as from an explorer or a proxy; give the address \
                               of a node 该地址不是节点"
                    .to_owned(),
                _ => String::from_utf8_lossy(bytes).chars().take(200).collect(),
            },
        })
    }
}

/// Why a node did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not the address of a node.
    #[error("{0:?} is not the address of a node: it begins with http://")]
    Address(String),
    /// The node cannot be reached, or broke off.
    #[error("the node cannot be reached: {0}")]
    Transport(#[from] reqwest::Error),
    /// Nothing came for so long.
    #[error("the node sent nothing for {0:?}")]
    Silent(std::time::Duration),
    /// The node refused the request.
    #[error(
        "the node refused ({} {}): {} {}", .0.status, .0.code, .0.title_zh, .0.detail
    )]
    Refused(Box<Problem>),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A text holds what looks like a number of a natural person: it was not sent.
    #[error("文字中含有疑似{chinese},请删去 the text holds {0}; leave it out", chinese = .0.chinese())]
    PersonalNumber(PersonalNumber),
    /// The answer is larger than this client reads.
    #[error("the answer is larger than {bytes_max} bytes")]
    TooLarge {
        /// The most that is read.
        bytes_max: usize,
    },
    /// The answer is not what was asked for.
    #[error("{what} does not read: {reason}")]
    Malformed {
        /// Which answer.
        what: String,
        /// What the decoder says.
        reason: String,
    },
}

impl ClientError {
    /// The stable code of a refused request.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => Some(&problem.code),
            _ => None,
        }
    }
}

impl ClientError {
    /// Whether the node says that there is no such thing.
    pub fn is_vacant(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404)
    }
}
