//! One error for the whole site. The guard turns it into one HTML page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use minglian_client::ClientError;

use crate::data::export::ExportError;
use crate::index::IndexError;
use crate::index::history::Kept;
use crate::language::Language;
use crate::text::TextError;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// There is no such thing; what was looked for, in Chinese.
    #[error("没有找到{0}")]
    NotFound(String),
    /// A request that no page answers; what is wrong, in Chinese.
    #[error("请求有误:{0}")]
    Malformed(String),
    /// More than one answer adds up; what to do, in Chinese.
    #[error("内容过多:{0}")]
    TooMuch(String),
    /// The index cannot be read.
    #[error("索引暂时无法读取")]
    Index(#[from] IndexError),
    /// The text index cannot be read.
    #[error("查询索引暂时无法读取")]
    Text(TextError),
    /// The text index is not there yet.
    #[error("查询索引正在建立,请稍后再试")]
    NotYet,
    /// The node does not give what a verifier asks for.
    #[error("节点没有给出所要的证明")]
    Node(#[from] ClientError),
    /// No node is followed, and what was verified here does not go so far.
    #[error("本站此刻给不出所要的证明")]
    NoProof,
    /// As many exports are being made as this site makes at a time.
    #[error("同时下载的人太多,请稍后再试")]
    Busy,
    /// The node gave a part of the log that is not of the verified log.
    #[error("节点给出的内容与已核验的账本不符")]
    Unverified,
    /// An export cannot be made.
    #[error("文件无法生成")]
    Export(#[from] ExportError),
    /// A trace contradicts the index.
    #[error("追溯中断:{0}")]
    Trace(String),
    /// The page cannot be rendered.
    #[error("页面无法生成")]
    Render(#[from] askama::Error),
    /// The page's work ended unexpectedly.
    #[error("页面无法生成")]
    Broken,
    /// The page took too long.
    #[error("页面生成超时,请缩小查询范围")]
    Timeout,
    /// The address is too long.
    #[error("网址过长")]
    TooLong,
    /// A height is asked of what has the newest only.
    #[error("这个页面只有最新内容,不能固定在某一账本高度")]
    NotPinned,
    /// A height that the ledger has not reached.
    #[error("账本还没有到高度 {height}:目前是 {}", .kept.newest)]
    Later {
        /// The height that was asked for.
        height: i64,
        /// What there is.
        kept: Kept,
    },
    /// A height whose sums are not kept.
    #[error("{}", not_kept(.height, .kept).0)]
    NotKept {
        /// The height that was asked for.
        height: i64,
        /// What is kept.
        kept: Kept,
    },
}

/// What is said of a height whose sums are not kept, in both languages.
fn not_kept(height: &i64, kept: &Kept) -> (String, String) {
    let Kept { newest, from, .. } = kept;
    let ends: Vec<String> = kept.month_ends().map(|end| end.to_string()).collect();
    let (zh, en) = (ends.join("、"), ends.join(", "));
    (
        format!(
            "高度 {height} 的合计已不再保留:可固定在各月末的高度,以及 {from} 至 {newest} 的每个高度。\
             附近的月末高度:{zh}"
        ),
        format!(
            "Sums of height {height} are not kept any more: those of the ends of months are, and \
             of every height from {from} to {newest}. Ends of months nearby: {en}"
        ),
    )
}

impl From<minglian_ledger::state::StateError> for PageError {
    fn from(error: minglian_ledger::state::StateError) -> Self {
        Self::Index(error.into())
    }
}

impl From<TextError> for PageError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Index(error) => Self::Index(error),
            other => Self::Text(other),
        }
    }
}

impl From<crate::database::Error> for PageError {
    fn from(error: crate::database::Error) -> Self {
        Self::Index(error.into())
    }
}

/// What the guard shows of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Which heights can be told, if the one that was asked for cannot.
    pub kept: Option<Kept>,
}

impl Shown {
    /// Both languages.
    pub fn of(zh: &str, en: &str) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned(), kept: None }
    }
}

impl PageError {
    /// In English, for readers; what was looked for stays as it was typed.
    pub fn english(&self) -> String {
        let say = |chinese: &str| Language::English.say(chinese).to_owned();
        match self {
            // As a heading it is a word for many.
            Self::NotFound(what) if what == "账目" => "Not found: the entry".to_owned(),
            Self::NotFound(what) => format!("Not found: {}", say(what)),
            Self::Malformed(what) => format!("The request is malformed: {}", say(what)),
            Self::TooMuch(what) => format!("Too much for one page: {}", say(what)),
            Self::Index(_) => "The index cannot be read at the moment".to_owned(),
            Self::Text(_) => "The search index cannot be read at the moment".to_owned(),
            Self::NotYet => "The search index is being built; try again soon".to_owned(),
            Self::Node(_) => "The node does not give the proof that is asked for".to_owned(),
            Self::NoProof => "This site has not the proof that is asked for".to_owned(),
            Self::Busy => "Too many downloads at the moment; try again soon".to_owned(),
            Self::Unverified => "What the node gave is not of the verified ledger".to_owned(),
            Self::Export(_) => "The file cannot be made".to_owned(),
            Self::Trace(what) => format!("The trace was interrupted: {what}"),
            Self::Render(_) | Self::Broken => "The page cannot be made".to_owned(),
            Self::Timeout => "The page took too long; ask for less".to_owned(),
            Self::TooLong => "The address is too long".to_owned(),
            Self::NotPinned => {
                "This page has the newest content only and cannot be pinned to a height".to_owned()
            }
            Self::Later { height, kept } => {
                format!("The ledger has not reached height {height}: it is at {}", kept.newest)
            }
            Self::NotKept { height, kept } => not_kept(height, kept).1,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) | Self::Later { .. } | Self::NotKept { .. } => StatusCode::NOT_FOUND,
            Self::Malformed(_) | Self::TooMuch(_) | Self::NotPinned => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::Timeout | Self::Busy | Self::NotYet => StatusCode::SERVICE_UNAVAILABLE,
            Self::Node(error) if error.is_vacant() => StatusCode::NOT_FOUND,
            Self::Node(_) | Self::NoProof | Self::Unverified => StatusCode::BAD_GATEWAY,
            Self::Index(_)
            | Self::Text(_)
            | Self::Export(_)
            | Self::Trace(_)
            | Self::Render(_)
            | Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = ?self, "no page");
        }
        let mut response = status.into_response();
        let kept = match &self {
            Self::Later { kept, .. } | Self::NotKept { kept, .. } => Some(*kept),
            _ => None,
        };
        let (zh, en) = (self.to_string(), self.english());
        response.extensions_mut().insert(Shown { zh, en, kept });
        response
    }
}
