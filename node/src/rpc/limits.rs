//! How many requests run at a time, and for how long.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use minglian_client::WAIT_MAX;
use tokio::sync::Semaphore;

use super::problem::{Kind, Refusal};

/// Most requests that read at a time.
const READING_MAX: usize = 256;

/// How long a request that reads may take.
const READING_TIMEOUT: Duration = Duration::from_secs(15);

/// Most requests at a time that bring transactions or wait for a commit.
const WAITING_MAX: usize = 1_024;

/// Room for the work around the longest wait.
const WAITING_MARGIN: Duration = Duration::from_secs(10);

/// Most streams of tips.
pub(super) const STREAMS_MAX: usize = 256;

/// Limits of a group of routes.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    running: Arc<Semaphore>,
    timeout: Duration,
}

impl Limits {
    pub(super) fn reading() -> Self {
        Self { running: Arc::new(Semaphore::new(READING_MAX)), timeout: READING_TIMEOUT }
    }

    pub(super) fn waiting() -> Self {
        let timeout = WAIT_MAX + WAITING_MARGIN;
        Self { running: Arc::new(Semaphore::new(WAITING_MAX)), timeout }
    }
}

/// Refuses what is too much instead of queueing it, so that overload plateaus.
pub(super) async fn apply(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let Ok(_permit) = limits.running.try_acquire() else {
        return Refusal::new(Kind::Busy, "too many requests at a time").into_response();
    };
    match tokio::time::timeout(limits.timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("no answer after {} s", limits.timeout.as_secs());
            Refusal::new(Kind::Timeout, detail).into_response()
        }
    }
}
