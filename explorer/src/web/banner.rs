//! What is wrong with what the explorer follows, in words: what happened, since when, and what the
//! reader can do. And the same for programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::App;
use crate::alarm::Alarm;
use crate::language::Language;
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

/// A time of this machine's clock as it reads in Beijing.
pub fn clock(time_ms: u64) -> String {
    beijing(i64::try_from(time_ms).unwrap_or(0))
}

/// The notice of every page; none if all is well.
pub fn banner(app: &App, indexed: i64, language: Language) -> Option<Banner> {
    let (following, since_ms) = app.0.status.since();
    let (verified, indexed) = (following.verified().0, u64::try_from(indexed).unwrap_or(0));
    let (zh, en) = said(&following, indexed)?;
    let is_alarm = !matches!(following, Following::CatchingUp { .. });
    let mut text = language.pick(&zh, &en).to_owned();
    if is_alarm {
        let since = clock(since_ms);
        let zh = format!("自 {since}(北京时间)起。各节点的情况见“运行状态”页。");
        let en = format!(" Since {since} (Beijing). How each node stands: see the status page. ");
        text.push_str(language.pick(&zh, &en));
    }
    if indexed > verified {
        let zh = format!("高度 {verified} 以后的内容取自上次核验过的索引,本次尚未重新核验。");
        let en = format!(" What is above height {verified} was verified before the last restart.");
        text.push_str(language.pick(&zh, &en));
    }
    Some(Banner { is_alarm, text })
}

/// What happened and what the reader can do, in both languages.
fn said(following: &Following, indexed: u64) -> Option<(String, String)> {
    let verified = following.verified().0;
    Some(match following {
        // A block is in the index a moment before it is reported.
        Following::Current { .. } if indexed <= verified.saturating_add(1) => return None,
        Following::Current { .. } => (
            format!("节点只给出到高度 {verified} 的区块,少于本索引已有的内容。"),
            format!("The node gives blocks up to height {verified} only, fewer than are indexed."),
        ),
        Following::CatchingUp { target, .. } => {
            let target = target.map(|height| height.to_string());
            let (zh, en) = (target.as_deref().unwrap_or("未知"), target.as_deref());
            let en = en.unwrap_or("unknown");
            (
                format!("正在从创世逐块核验:已核验 {verified} / {zh}。"),
                format!("Verifying every block from genesis on: {verified} / {en}. "),
            )
        }
        Following::Stale { time, limit_seconds, .. } => {
            let (time, minutes) = (clock(time.0), limit_seconds / 60);
            let zh = format!(
                "账本停滞:最新区块(高度 {verified})的时间是 {time},已超过 {minutes} 分钟没有新区块。\
                 页面内容仍然正确,但近期的收支可能尚未出现,请稍后再看。"
            );
            let en = format!(
                "The ledger stands still: its newest block, at height {verified}, is of {time}, \
                 and no block came for more than {minutes} minutes. What pages show is right; what \
                 happened lately may be missing. Look again later."
            );
            (zh, en)
        }
        Following::Unreachable { reason, .. } => (
            format!(
                "节点暂时无法连接,核验停在高度 {verified}。此前内容均已核验,可照常查阅;\
                 之后的账目请稍后再看。({reason})"
            ),
            format!(
                "The node cannot be reached; verified up to height {verified}. What stands here \
                 was verified and can be read; look again later for what came since. ({reason})"
            ),
        ),
        Following::Refused { reason, .. } => refused(verified, reason),
        Following::Forked { alarm, .. } => forked(verified, alarm),
        Following::Stopped { reason, .. } => (
            format!("索引无法写入,页面停在高度 {verified}。请稍后再看。({reason})"),
            format!(
                "The index cannot be written; pages stay at height {verified}. Look again later. \
                 ({reason})"
            ),
        ),
    })
}

fn refused(verified: u64, reason: &str) -> (String, String) {
    (
        format!(
            "核验失败:节点给出的下一个区块未通过核验,页面停在已核验的高度 {verified}。\
             此前内容不受影响;在恢复之前,请勿采信该节点给出的更新内容。原因:{reason}。"
        ),
        format!(
            "Verification failed: the node's next block does not verify. Pages stay at height \
             {verified}. What stands here is not affected; until this is put right, do not \
             believe anything newer from that node. Reason: {reason}."
        ),
    )
}

fn forked(verified: u64, alarm: &Alarm) -> (String, String) {
    let (height, source) = (alarm.theirs.header.height, &alarm.source);
    (
        format!(
            "警报:账本分叉。验证者在高度 {height} 为两份不同的历史都签了名(另一份来自 {source})。\
             页面停在已核验的高度 {verified},不再更新。请保存您手中的证据包和检查点,\
             并与监管部门或其他浏览器站点核对;两份签名的证据可在“运行状态”页下载。"
        ),
        format!(
            "Alarm: the ledger has forked. The validators signed two different histories at \
             height {height} (the other one came from {source}). Pages stay at the verified \
             height {verified} and are not updated. Keep the bundles and checkpoints that you \
             have, and compare with the supervising bureau or another explorer; both signed \
             histories can be downloaded from the status page."
        ),
    )
}

/// How one source stands, for programs.
#[derive(Debug, Serialize)]
pub struct SourceHealth {
    name: String,
    /// `unasked`, `agrees`, `unreachable`, `invalid` or `forked`.
    standing: &'static str,
    height: Option<u64>,
    since_ms: u64,
}

/// How the explorer is, for programs.
#[derive(Debug, Serialize)]
pub struct Health {
    /// `current`, `catching_up`, `stale`, `unreachable`, `refused`, `forked` or `stopped`.
    pub status: &'static str,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// What went wrong.
    pub reason: Option<String>,
    /// The last verified height.
    pub verified_height: u64,
    /// The height at which the validators certified two histories.
    pub forked_height: Option<u64>,
    /// The chain.
    pub chain_id: String,
    /// What is followed.
    pub sources: Vec<SourceHealth>,
}

/// `GET /health`: 503 when the pages are not what the newest blocks say.
pub async fn health(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let (following, since_ms) = app.0.status.since();
    let sources = app.0.status.sources().into_iter().map(|source| SourceHealth {
        standing: source.standing.word(),
        name: source.name,
        height: source.height.map(|height| height.0),
        since_ms: source.since_ms,
    });
    let forked_height = match &following {
        Following::Forked { alarm, .. } => Some(alarm.theirs.header.height.0),
        _ => None,
    };
    let health = Health {
        status: following.word(),
        since_ms,
        reason: following.reason(),
        verified_height: following.verified().0,
        forked_height,
        chain_id: app.0.chain_id.clone(),
        sources: sources.collect(),
    };
    let code = if following.is_well() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(health))
}
