//! What stands around every page: banners above, the verified head below.

use axum::Json;
use axum::extract::State;
use minglian_ledger::date::{Date, beijing_date};
use minglian_ledger::height::TimeMs;
use rusqlite::Connection;
use serde::Serialize;

use super::{App, Asked, PageError, assets};
use crate::charts::qr;
use crate::index::read::{self, Head};
use crate::language::Language;
use crate::money::Money;
use crate::pages::beijing;
use crate::reading::Reading;
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
#[derive(Debug, Clone)]
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
    /// The head's day in Beijing.
    pub today: Date,
    /// Leaves in the log.
    pub log_size: i64,
    /// The first digits of the log's root.
    pub log_root: String,
    /// What the follower says, if all is not well.
    pub banner: Option<Banner>,
    /// The language of the page.
    pub language: Language,
    /// The same page in the other language.
    pub other: String,
    /// In which look it is.
    pub reading: Reading,
    /// This page with its site, for paper.
    pub permalink: Option<String>,
    /// This page, with its language.
    pub here: String,
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
    pub fn read(app: &App, connection: &Connection, asked: Asked) -> Result<Self, PageError> {
        let head = read::head(connection)?;
        Ok(Self::with_head(app, &head, asked))
    }

    /// The frame of an error page, made without the index.
    pub fn without_index(app: &App, asked: Asked) -> Self {
        Self::with_head(app, &Head::default(), asked)
    }

    /// The page's address as a QR code.
    pub fn code(&self) -> String {
        let code = self.permalink.as_deref().and_then(|address| {
            qr::svg(address, self.pick("本页网址", "The address of this page"))
        });
        code.unwrap_or_default()
    }

    /// The word in the page's language.
    pub fn say<'a>(&self, chinese: &'a str) -> &'a str {
        self.language.say(chinese)
    }

    /// The one of two texts that is in the page's language.
    pub fn pick<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.pick(chinese, english)
    }

    /// An officer's role. 支付 is also what a movement is, so a role has a word of its own.
    pub fn role<'a>(&self, chinese: &'a str) -> &'a str {
        match chinese {
            "支付" => self.pick(chinese, "payer"),
            _ => self.say(chinese),
        }
    }

    /// A state that begins with its day.
    pub fn dated(&self, text: &str) -> String {
        match text.split_once(' ') {
            Some((day, rest)) if day.parse::<Date>().is_ok() => {
                format!("{day} {}", self.say(rest))
            }
            _ => self.say(text).to_owned(),
        }
    }

    /// Whether the page is English.
    pub fn is_english(&self) -> bool {
        self.language == Language::English
    }

    /// An amount with its currency.
    pub fn yuan(&self, amount: &Money) -> String {
        match self.language {
            Language::Chinese => format!("{} 元", amount.yuan()),
            Language::English => format!("CNY {}", amount.yuan()),
        }
    }

    fn with_head(app: &App, head: &Head, asked: Asked) -> Self {
        let following = app.0.status.get();
        let Asked { language, reading, address, host } = asked;
        let time_ms = TimeMs(u64::try_from(head.time_ms).unwrap_or(0));
        let site = app.0.public_url.get().cloned().or_else(|| Some(format!("http://{}", host?)));
        let other = match language {
            Language::Chinese => Language::English,
            Language::English => Language::Chinese,
        };
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
            today: beijing_date(time_ms).unwrap_or(Date::MIN),
            log_size: head.log_size,
            log_root: head.log_root.chars().take(16).collect(),
            banner: banner(&following, head.height, language),
            language,
            other: format!("/{}{address}", other.code()),
            reading,
            permalink: site.map(|site| format!("{site}/{}{address}", language.code())),
            here: format!("/{}{address}", language.code()),
        }
    }
}

/// Puts the language before every address of this site on a page, so that templates need not.
/// Text of others cannot look like an address: its quotes are escaped.
pub(super) fn in_language(html: String, language: Language) -> String {
    if language == Language::Chinese {
        return html;
    }
    let code = language.code();
    let mut prefixed = html;
    for attribute in ["href", "action"] {
        prefixed = prefixed
            .replace(&format!("{attribute}=\"/"), &format!("{attribute}=\"/{code}/"))
            .replace(&format!("{attribute}=\"/{code}/zh/"), &format!("{attribute}=\"/zh/"));
    }
    prefixed
}

fn banner(following: &Following, indexed: i64, language: Language) -> Option<Banner> {
    let verified = following.verified().0;
    let indexed = u64::try_from(indexed).unwrap_or(0);
    let (is_alarm, zh, en) = match following {
        // A block is in the index a moment before it is reported.
        Following::Current { .. } if indexed <= verified.saturating_add(1) => return None,
        Following::Current { .. } => (
            true,
            format!("节点只给出到高度 {verified} 的区块,少于本索引已有的内容。"),
            format!("The node gives blocks up to height {verified} only, fewer than are indexed. "),
        ),
        Following::CatchingUp { target, .. } => {
            let target = target.map(|height| height.to_string());
            let (zh, en) = (target.as_deref().unwrap_or("未知"), target.as_deref());
            let en = en.unwrap_or("unknown");
            (
                false,
                format!("正在从创世逐块核验:已核验 {verified} / {zh}。"),
                format!("Verifying every block from genesis on: {verified} / {en}. "),
            )
        }
        Following::Unreachable { reason, .. } => (
            true,
            format!("节点暂时无法连接,核验停在高度 {verified}。({reason})"),
            format!("The node cannot be reached; verified up to height {verified}. ({reason}) "),
        ),
        Following::Refused { reason, .. } => {
            let refused = "核验失败:节点给出的下一个区块未通过核验,页面停在已核验的高度";
            let failed = "Verification failed: the node's next block does not verify. \
                          Pages stay at height";
            (
                true,
                format!("{refused} {verified}。原因:{reason}。"),
                format!("{failed} {verified}. Reason: {reason}. "),
            )
        }
        Following::Stopped { reason, .. } => (
            true,
            format!("索引无法写入,页面停在高度 {verified}。({reason})"),
            format!("The index cannot be written; pages stay at height {verified}. ({reason}) "),
        ),
    };
    let mut text = language.pick(&zh, &en).to_owned();
    if indexed > verified {
        let zh = format!("高度 {verified} 以后的内容取自上次核验过的索引,本次尚未重新核验。");
        let en = format!("What is above height {verified} was verified before the last restart.");
        text.push_str(language.pick(&zh, &en));
    }
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
