//! Finding by text: an index of pairs of characters beside that of rows.
//!
//! Chinese has no spaces between words, and no list of words holds the names of places and people,
//! so every pair of neighbouring characters is a term with its position, and a longer text is found
//! as a phrase of pairs: exactly where a scan would find it, at the cost of a lookup. [`fold`] is
//! the one spelling of text and question. [`source`] reads what is looked for from the
//! index, so that only what stands on the ledger's records is ever found; [`keeper`] follows it on
//! a thread of its own, so that following the ledger waits for no text; [`query`] and [`found`]
//! answer. The whole is derived and lies in a directory of its own, which may be deleted.

pub mod fold;
pub mod found;
pub mod gram;
pub mod keeper;
pub mod query;
pub mod shown;
pub mod source;
pub mod store;

use std::path::{Path, PathBuf};

use crate::index::IndexError;

/// What the terms are and which things are indexed. An index of another form is built anew.
pub const FORMAT: u32 = 1;

/// Why the text index cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The text index itself.
    #[error("the text index: {0}")]
    Engine(#[from] tantivy::TantivyError),
    /// Where it lies.
    #[error("the text index at {path}: {source}")]
    Directory {
        /// Its directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The index from which it is made.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A thing of a kind that this program does not know.
    #[error("{0:?} is no kind of thing")]
    Kind(String),
    /// It holds something else than this program wrote.
    #[error("the text index does not read: {0}")]
    Damaged(&'static str),
}

impl From<crate::database::Error> for TextError {
    fn from(error: crate::database::Error) -> Self {
        Self::Index(error.into())
    }
}

/// What can be found, in the order in which results stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An organisation, by name and code.
    Organization,
    /// A project, by title and reference.
    Project,
    /// An imported notice, by name.
    Notice,
    /// A fund of a charity, by name.
    Fund,
    /// A campaign, by title and 备案编号.
    Campaign,
    /// A publication, by title, topic and 索引号.
    Publication,
    /// A complaint, by reference.
    Complaint,
    /// An audit, by reference.
    Audit,
    /// A sample, by reference.
    Sample,
    /// A quota line or payment, by name, payee and 文号.
    Account,
    /// An entry, by sentence, 文号, reference, transaction and number.
    Entry,
}

impl Kind {
    /// All kinds, in the order in which results stand.
    pub const ALL: [Self; 11] = [
        Self::Organization,
        Self::Project,
        Self::Notice,
        Self::Fund,
        Self::Campaign,
        Self::Publication,
        Self::Complaint,
        Self::Audit,
        Self::Sample,
        Self::Account,
        Self::Entry,
    ];

    /// Its name in addresses and in the index.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Project => "project",
            Self::Notice => "notice",
            Self::Fund => "fund",
            Self::Campaign => "campaign",
            Self::Publication => "publication",
            Self::Complaint => "complaint",
            Self::Audit => "audit",
            Self::Sample => "sample",
            Self::Account => "account",
            Self::Entry => "entry",
        }
    }

    /// What pages call it.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Organization => "机构",
            Self::Project => "项目",
            Self::Notice => "公告",
            Self::Fund => "慈善基金",
            Self::Campaign => "募捐活动",
            Self::Publication => "信息公开",
            Self::Complaint => "投诉举报",
            Self::Audit => "审计",
            Self::Sample => "抽样",
            Self::Account => "指标和付款",
            Self::Entry => "账目",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where the text index of the index at `index` lies.
pub fn directory(index: &Path) -> PathBuf {
    let mut name = index.file_name().unwrap_or_default().to_owned();
    name.push(".text");
    index.with_file_name(name)
}
