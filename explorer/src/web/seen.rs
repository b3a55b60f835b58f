//! The newest signed head of the log that was verified: which block it is of, and who cosigned it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use minglian_client::checkpoint::cosigners;
use minglian_contracts::validator_set;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::checkpoint::note::Note;

use super::{App, PageError, note};
use crate::index::log;
use crate::index::mirror::Mirror;

/// How often the node is asked, at most.
const INTERVAL: Duration = Duration::from_secs(30);

/// A validator, and when it says it saw the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    /// Its name.
    pub name: String,
    /// The organisation that runs it.
    pub organization: String,
    /// Its voting power.
    pub power: u64,
    /// Its verifier key, as C2SP signed-note writes it.
    pub key: String,
    /// When it cosigned, in seconds since 1970, if it did.
    pub time_seconds: Option<u64>,
}

/// A signed head of the verified log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Leaves of the log.
    pub size: u64,
    /// The block that ended with it.
    pub height: i64,
    /// That block's time.
    pub time_ms: i64,
    /// The log's own verifier key, as C2SP signed-note writes it.
    pub log_key: String,
    /// The validators of the indexed height.
    pub cosigners: Vec<Cosigner>,
    /// Voting power of those who cosigned.
    pub power_cosigned: u64,
    /// Voting power of all.
    pub power_total: u64,
    /// Whether those who cosigned are more than two thirds.
    pub is_quorum: bool,
    /// The note.
    pub note: String,
}

/// The last one that was seen.
#[derive(Debug, Default)]
pub struct Memory {
    asked: Mutex<Option<Instant>>,
    seen: Mutex<Option<Arc<Seen>>>,
}

impl Memory {
    /// The last one that was seen.
    pub fn get(&self) -> Option<Arc<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is time to ask, which it is not again for a while.
    fn is_due(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = asked.is_none_or(|asked| asked.elapsed() >= INTERVAL);
        if is_due {
            *asked = Some(Instant::now());
        }
        is_due
    }
}

/// Asks the node for its newest checkpoint beside a page, if that was not done lately.
pub fn refresh(app: &App) {
    if app.0.seen.is_due() {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = look(&app).await {
                tracing::debug!(?error, "no checkpoint");
            }
        });
    }
}

/// Asks the node for its newest checkpoint and verifies it; none if there is none.
///
/// # Errors
/// As [`note::verified`], and [`PageError::Unverified`] if a cosignature is bad.
pub async fn look(app: &App) -> Result<Option<Arc<Seen>>, PageError> {
    let Some(text) = note::verified(app).await? else { return Ok(None) };
    let log_key = app.0.log_key.clone().ok_or(PageError::Unverified)?;
    let seen = app
        .reading(move |connection| {
            let unverified = || PageError::Unverified;
            let note = Note::parse(text.as_bytes()).map_err(|_| unverified())?;
            let checkpoint: Checkpoint = note.text().parse().map_err(|_| unverified())?;
            let block = log::block_of(connection, &checkpoint)?;
            let (height, time_ms) = block.ok_or_else(unverified)?;
            let validators = validator_set::validators(&Mirror(connection))?;
            let keys = cosigners(log_key.name(), &validators).map_err(|_| unverified())?;
            let mut found = Vec::with_capacity(keys.len());
            let mut power_cosigned = 0_u64;
            for ((key, power), member) in keys.iter().zip(validators.members()) {
                let signed = note.cosignature_by(key).map_err(|_| unverified())?;
                let time_seconds = signed.map(|signed| signed.time_seconds());
                if time_seconds.is_some() {
                    power_cosigned = power_cosigned.saturating_add(*power);
                }
                found.push(Cosigner {
                    name: member.name.to_string(),
                    organization: member.organization.to_string(),
                    power: *power,
                    key: key.to_string(),
                    time_seconds,
                });
            }
            let (power_total, is_quorum) =
                (validators.total_power(), validators.is_quorum(power_cosigned));
            let (size, cosigners, note) = (checkpoint.size(), found, text);
            Ok(Seen {
                size,
                height,
                time_ms,
                log_key: log_key.to_string(),
                cosigners,
                power_cosigned,
                power_total,
                is_quorum,
                note,
            })
        })
        .await?;
    let seen = Arc::new(seen);
    *app.0.seen.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&seen));
    Ok(Some(seen))
}
