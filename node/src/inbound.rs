//! What other nodes send: their transactions pass the same door as a client's, their cosignatures
//! are kept.
//!
//! Each sender's transactions are checked by themselves. A node passes on only what it admitted
//! itself, so a peer that sends what no node admits is cut off, and cannot spoil the batches of the
//! others. So is one that sends cosignatures that no node makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::admission::{Admission, AdmissionError};
use crate::checkpoints::Checkpoints;
use crate::gossip::message::GossipMessage;
use crate::gossip::{GossipHandle, Inbound};

/// Messages taken at once: what came while the last ones were checked is checked together, because
/// signatures are cheaper by the batch.
const MESSAGES_MAX: usize = 16;

/// Bytes of one sender that are checked together, so that rubbish is noticed before much of it is
/// looked at.
const CHUNK_BYTES: usize = 512 * 1024;

type Transactions = Vec<Vec<u8>>;

/// Takes what other nodes send, for as long as the gossip runs.
pub async fn take(
    mut inbound: mpsc::Receiver<Inbound>,
    admission: Arc<Admission>,
    checkpoints: Arc<Checkpoints>,
    gossip: GossipHandle,
) {
    let mut received = Vec::new();
    // Whoever was cut off may have left messages in the queue: they are not looked at.
    let mut cut_off: BTreeMap<String, Instant> = BTreeMap::new();
    while inbound.recv_many(&mut received, MESSAGES_MAX).await > 0 {
        cut_off.retain(|_, until| *until > Instant::now());
        let mut senders: BTreeMap<String, Vec<Transactions>> = BTreeMap::new();
        for Inbound { from, message } in received.drain(..) {
            if cut_off.contains_key(&from) {
                continue;
            }
            match message {
                GossipMessage::Transactions(some) => senders.entry(from).or_default().push(some),
                GossipMessage::Cosignature { note } => {
                    let Err(error) = checkpoints.on_received(note.as_bytes()) else { continue };
                    tracing::debug!(from, %error, "refused a cosignature");
                    if let Some(code) = error.forged_code() {
                        report(&gossip, from, code, &mut cut_off).await;
                    }
                }
            }
        }
        for (from, messages) in senders {
            if cut_off.contains_key(&from) {
                continue;
            }
            let admitted = tokio::task::block_in_place(|| admit(&admission, &from, messages));
            if let Err(forged) = admitted {
                report(&gossip, from, forged.code(), &mut cut_off).await;
            }
        }
    }
}

/// Cuts a peer off that sent what no honest node sends.
async fn report(
    gossip: &GossipHandle,
    from: String,
    code: &'static str,
    cut_off: &mut BTreeMap<String, Instant>,
) {
    match gossip.report_forged(&from, code).await {
        Ok(penalty) => {
            cut_off.insert(from, Instant::now() + penalty);
        }
        Err(error) => tracing::warn!(from, %error, "cannot cut off a peer"),
    }
}

/// Admits one sender's transactions until one of them is forged.
fn admit(
    admission: &Admission,
    from: &str,
    messages: Vec<Transactions>,
) -> Result<(), AdmissionError> {
    let mut messages = messages.into_iter().peekable();
    while messages.peek().is_some() {
        let (mut chunk, mut bytes) = (Vec::new(), 0_usize);
        while bytes < CHUNK_BYTES
            && let Some(message) = messages.next()
        {
            bytes = message.iter().fold(bytes, |bytes, one| bytes.saturating_add(one.len()));
            chunk.extend(message);
        }
        let answers = admission.admit(&chunk);
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        tracing::trace!(from, count = chunk.len(), refused, "transactions came");
        let forged = answers.into_iter().filter_map(Result::err).find(AdmissionError::is_forged);
        if let Some(forged) = forged {
            return Err(forged);
        }
    }
    Ok(())
}
