//! Reading a request's body: within a limit, at a pace, and counted among all bodies.

use std::time::Duration;

use axum::body::BodyDataStream;
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::problem::{Kind, Refusal};
use crate::pace::Pace;

/// Most bytes of a refused body that are still read, and for how long.
const DRAIN_BYTES_MAX: usize = 8 * 1024 * 1024;
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// A body, counted among all bodies until it is dropped.
pub(super) struct Counted {
    /// The bytes.
    pub(super) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(
    shared: &Shared,
    body: &mut BodyDataStream,
    limit: usize,
) -> Result<Counted, Refusal> {
    let mut pace = Pace::new(shared.parts.limits.body_patience);
    let (mut bytes, mut room) = (Vec::new(), None::<OwnedSemaphorePermit>);
    loop {
        let slow = || Refusal::new(Kind::Slow, format!("{} bytes came", pace.bytes()));
        let next = pace.next(body.next()).await.ok_or_else(slow)?;
        let Some(part) = next.transpose().map_err(Refusal::bad)? else { break };
        if bytes.len().saturating_add(part.len()) > limit {
            return Err(Refusal::new(Kind::TooLarge, format!("limit {limit} bytes")));
        }
        let count = u32::try_from(part.len()).unwrap_or(u32::MAX);
        let busy = |_| Refusal::new(Kind::Busy, "too many bytes at a time");
        let more = shared.bodies.clone().try_acquire_many_owned(count).map_err(busy)?;
        match &mut room {
            Some(room) => room.merge(more),
            None => room = Some(more),
        }
        pace.came(part.len());
        bytes.extend_from_slice(&part);
    }
    Ok(Counted { bytes: bytes.into(), _room: room })
}

/// A client that still sends when the connection closes never sees the answer, a refusal or that
/// what it brings was here: some of the rest is read while the answer goes. What was taken leaves
/// nothing to read.
pub(super) fn leave(shared: &Shared, mut body: BodyDataStream) {
    if let Ok(place) = shared.drains.clone().try_acquire_owned() {
        tokio::spawn(async move {
            let _place = place;
            let _ = tokio::time::timeout(DRAIN_PATIENCE, drain(&mut body)).await;
        });
    }
}

/// Reads on, and throws away, what still comes of a refused body.
async fn drain(body: &mut BodyDataStream) {
    let mut left = DRAIN_BYTES_MAX;
    while let Some(Ok(part)) = body.next().await {
        left = left.saturating_sub(part.len());
        if left == 0 {
            return;
        }
    }
}
