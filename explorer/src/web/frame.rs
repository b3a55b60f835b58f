//! What stands around every page: banners above, the verified head below.

use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use serde::Serialize;

use super::{App, PageError, assets};
use crate::index::read::{self, Head};
use crate::pages::beijing;
use crate::status::Following;

/// A notice above the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// Whether something is wrong.
    pub is_alarm: bool,
    /// What it says.
    pub text: String,
}

/// What stands around a page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Whether the network is a demonstration.
    pub demonstration: bool,
    /// The network's name.
    pub network: String,
    /// The chain.
    pub chain_id: String,
    /// The genesis file's name.
    pub genesis_hash: String,
    /// The node's address.
    pub node: String,
    /// Where the verifier's script is, for the pages that load it.
    pub script: String,
    /// The indexed height.
    pub height: i64,
    /// The last height that this process has verified.
    pub verified: u64,
    /// The head's time in Beijing.
    pub time: String,
    /// Leaves in the log.
    pub log_size: i64,
    /// The first digits of the log's root.
    pub log_root: String,
    /// What the follower says, if all is not well.
    pub banner: Option<Banner>,
}

impl Frame {
    /// Whether this process has verified the block at `height`.
    pub fn has_verified(&self, height: i64) -> bool {
        u64::try_from(height).is_ok_and(|height| height <= self.verified)
    }

    /// The frame of a page that is read from `connection`.
    ///
    /// # Errors
    /// [`PageError::Index`].
    pub fn read(app: &App, connection: &Connection) -> Result<Self, PageError> {
        let head = read::head(connection)?;
        Ok(Self::with_head(app, &head))
    }

    /// The frame of an error page, made without the index.
    pub fn without_index(app: &App) -> Self {
        Self::with_head(app, &Head::default())
    }

    fn with_head(app: &App, head: &Head) -> Self {
        let following = app.0.status.get();
        Self {
            demonstration: app.0.demonstration,
            network: app.0.network.clone(),
            chain_id: app.0.chain_id.clone(),
            genesis_hash: app.0.genesis_hash.clone(),
            node: app.0.node.clone(),
            script: assets::script_path(),
            height: head.height,
            verified: following.verified().0,
            time: beijing(head.time_ms),
            log_size: head.log_size,
            log_root: head.log_root.chars().take(16).collect(),
            banner: banner(&following, head.height),
        }
    }
}

fn banner(following: &Following, indexed: i64) -> Option<Banner> {
    let verified = following.verified().0;
    let indexed = u64::try_from(indexed).unwrap_or(0);
    let is_ahead = indexed > verified;
    let (is_alarm, text) = match following {
        // A block is in the index a moment before it is reported.
        Following::Current { .. } if indexed <= verified.saturating_add(1) => return None,
        Following::Current { .. } => {
            (true, format!("节点只给出到高度 {verified} 的区块,少于本索引已有的内容。"))
        }
        Following::CatchingUp { verified, target } => {
            let target = target.map_or_else(|| "未知".to_owned(), |height| height.to_string());
            (false, format!("正在从创世逐块核验:已核验 {verified} / {target}。"))
        }
        Following::Unreachable { verified, reason } => {
            (true, format!("节点暂时无法连接,核验停在高度 {verified}。({reason})"))
        }
        Following::Refused { verified, reason } => {
            let refused = "核验失败:节点给出的下一个区块未通过核验,页面停在已核验的高度";
            (true, format!("{refused} {verified}。原因:{reason}。"))
        }
        Following::Stopped { verified, reason } => {
            (true, format!("索引无法写入,页面停在高度 {verified}。({reason})"))
        }
    };
    let text = if is_ahead {
        format!("{text}高度 {verified} 以后的内容取自上次核验过的索引,本次尚未重新核验。")
    } else {
        text
    };
    Some(Banner { is_alarm, text })
}

/// How the explorer is, for programs.
#[derive(Debug, Serialize)]
pub struct Health {
    /// `current`, `catching_up`, `unreachable`, `refused` or `stopped`.
    pub status: &'static str,
    /// The last verified height.
    pub verified_height: u64,
    /// The chain.
    pub chain_id: String,
}

/// `GET /health`.
pub async fn health(State(app): State<App>) -> Json<Health> {
    let following = app.0.status.get();
    Json(Health {
        status: following.word(),
        verified_height: following.verified().0,
        chain_id: app.0.chain_id.clone(),
    })
}
