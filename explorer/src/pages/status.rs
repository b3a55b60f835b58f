//! 运行状态 and 检查点与见证: how far this explorer is, what it follows, and who stands behind the
//! newest head of the log.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::beijing;
use crate::database::Connection;
use crate::index::{FORMAT, IndexError};
use crate::status::{Following, Standing};
use crate::web::banner::clock;
use crate::web::seen::{self, Seen};
use crate::web::{App, Frame, PageError, PageResult};

/// Most changes of the validators that are listed.
const CHANGES_MAX: i64 = 50;

/// A source as the page shows it.
struct Source {
    name: String,
    height: String,
    standing: &'static str,
    detail: String,
    since: String,
    is_bad: bool,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    frame: Frame,
    state: &'static str,
    since: String,
    reason: String,
    is_forked: bool,
    signed_both: String,
    ledger: u64,
    lag: u64,
    sources: Vec<Source>,
    checkpoint: Option<Arc<Seen>>,
    checkpoint_time: String,
    format: u32,
    version: &'static str,
}

fn state(following: &Following) -> &'static str {
    match following {
        Following::CatchingUp { .. } => "正在核验",
        Following::Current { .. } => "正常",
        Following::Stale { .. } => "账本停滞",
        Following::Unreachable { .. } => "节点无法连接",
        Following::Refused { .. } => "区块核验失败",
        Following::Forked { .. } => "账本分叉",
        Following::Stopped { .. } => "索引无法写入",
    }
}

fn standing(standing: &Standing) -> (&'static str, String) {
    match standing {
        Standing::Unasked => ("尚未询问", String::new()),
        Standing::Agrees => ("与已核验的账本一致", String::new()),
        Standing::Unreachable(reason) => ("无法连接", reason.clone()),
        Standing::Invalid(height, reason) => {
            ("给出未通过核验的区块", format!("{height}: {reason}"))
        }
        Standing::Forked(height) => ("给出另一份经签名的历史", height.to_string()),
    }
}

/// `GET /status`.
pub async fn status(State(app): State<App>) -> PageResult {
    let (following, since_ms) = app.0.status.since();
    let known = app.0.status.sources();
    let verified = following.verified().0;
    let told = known.iter().filter(|it| it.standing == Standing::Agrees);
    let ledger = told.filter_map(|it| it.height).map(|it| it.0).max().unwrap_or(verified);
    let sources: Vec<Source> = known
        .into_iter()
        .map(|source| {
            let (words, detail) = standing(&source.standing);
            Source {
                name: source.name,
                height: source.height.map(|height| height.to_string()).unwrap_or_default(),
                standing: words,
                detail,
                since: clock(source.since_ms),
                is_bad: !matches!(source.standing, Standing::Agrees | Standing::Unasked),
            }
        })
        .collect();
    let alarm = match &following {
        Following::Forked { alarm, .. } => Some(Arc::clone(alarm)),
        _ => None,
    };
    let checkpoint = app.0.seen.get();
    app.page(move |_, frame| {
        let height = u64::try_from(frame.height).unwrap_or(0);
        Ok(StatusPage {
            state: state(&following),
            since: clock(since_ms),
            reason: following.reason().unwrap_or_default(),
            is_forked: alarm.is_some(),
            signed_both: alarm.map(|alarm| alarm.signed_both.join(", ")).unwrap_or_default(),
            ledger: ledger.max(verified),
            lag: ledger.saturating_sub(height),
            sources,
            checkpoint_time: checkpoint.as_ref().map(|it| beijing(it.time_ms)).unwrap_or_default(),
            checkpoint,
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            frame,
        })
    })
    .await
}

/// `GET /status/fork.json`: both certified histories, for whoever checks the alarm.
///
/// # Errors
/// [`PageError::NotFound`] while there is no alarm.
pub async fn fork(State(app): State<App>) -> Result<Response, PageError> {
    let Following::Forked { alarm, .. } = app.0.status.get() else {
        return Err(PageError::NotFound("分叉警报".to_owned()));
    };
    let body = serde_json::to_vec_pretty(&*alarm).map_err(IndexError::from)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// A validator's part in the newest checkpoint.
struct Witness {
    name: String,
    organization: String,
    power: u64,
    time: String,
}

/// Who certified from a height on.
struct Change {
    height: i64,
    time: String,
    members: Vec<(String, u64)>,
}

#[derive(Template)]
#[template(path = "checkpoints.html")]
struct Checkpoints {
    frame: Frame,
    checkpoint: Option<Arc<Seen>>,
    time: String,
    behind: i64,
    witnesses: Vec<Witness>,
    is_asked: bool,
    changes: Vec<Change>,
}

/// `GET /checkpoints`.
pub async fn checkpoints(State(app): State<App>) -> PageResult {
    let looked = seen::look(&app).await;
    let is_asked = looked.is_ok();
    let checkpoint = looked.unwrap_or_else(|_| app.0.seen.get());
    app.page(move |connection, frame| {
        let witnesses = checkpoint.iter().flat_map(|seen| &seen.cosigners);
        let witness = |cosigner: &seen::Cosigner| Witness {
            name: cosigner.name.clone(),
            organization: cosigner.organization.clone(),
            power: cosigner.power,
            time: cosigner
                .time_seconds
                .map(|time| clock(time.saturating_mul(1000)))
                .unwrap_or_default(),
        };
        Ok(Checkpoints {
            witnesses: witnesses.map(witness).collect(),
            time: checkpoint.as_ref().map(|seen| beijing(seen.time_ms)).unwrap_or_default(),
            behind: checkpoint.as_ref().map_or(0, |seen| frame.height.saturating_sub(seen.height)),
            checkpoint,
            is_asked,
            changes: changes(connection)?,
            frame,
        })
    })
    .await
}

/// The last changes of the validators, newest first.
fn changes(connection: &Connection) -> Result<Vec<Change>, IndexError> {
    let query = "SELECT height, time_ms, members FROM validator_sets ORDER BY height DESC LIMIT ?1";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([CHANGES_MAX], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?))
    })?;
    let mut list = Vec::new();
    for row in rows {
        let (height, time_ms, members) = row?;
        let members = serde_json::from_str(&members)?;
        list.push(Change { height, time: beijing(time_ms), members });
    }
    Ok(list)
}
