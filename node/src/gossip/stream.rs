//! One stream in each direction between two nodes: frames out, frames in.
//!
//! A stream is written by the node that opened it. The other side answers with one byte when it
//! begins to read, and never again; the end of that silence tells the writer to open a new stream
//! before a message is lost in a dead one.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use tokio::sync::{broadcast, mpsc};

use crate::gossip::Inbound;
use crate::gossip::counters::Counters;
use crate::gossip::message::{self, GossipMessage, LENGTH_BYTES, Malformed};

/// What a reader sends when it begins to read.
const READY: [u8; 1] = [1];

/// How long a stream may take to open and become ready.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// The first wait before a stream is opened again. It doubles up to [`REOPEN_MAX`].
const REOPEN_MIN: Duration = Duration::from_millis(50);

/// The longest wait before a stream is opened again.
const REOPEN_MAX: Duration = Duration::from_secs(5);

/// A peer sent something that no peer of ours sends.
#[derive(Debug)]
pub struct Misbehaviour {
    /// The peer.
    pub peer: PeerId,
    /// What it sent.
    pub malformed: Malformed,
}

/// How often a writer that waits for its peer counts what is dropped.
const COUNT_INTERVAL: Duration = Duration::from_millis(250);

/// Sends frames to one peer, for as long as the task lives.
pub struct Writer {
    /// The peer.
    pub peer: PeerId,
    /// Opens streams.
    pub control: Control,
    /// The protocol of the chain.
    pub protocol: StreamProtocol,
    /// The frames. When the peer is too slow, the oldest are gone before they are read.
    pub frames: broadcast::Receiver<Bytes>,
    /// How many frames wait before the oldest are gone.
    pub queue_messages_max: usize,
    /// Counts.
    pub counters: Arc<Counters>,
}

/// Why a stream is given up.
enum End {
    /// The stream broke. Another may work.
    Broken,
    /// No frames will come any more.
    Finished,
}

impl Writer {
    /// Opens a stream, writes frames to it, and opens another when it breaks.
    pub async fn run(mut self) {
        let mut wait = REOPEN_MIN;
        loop {
            match tokio::time::timeout(OPEN_TIMEOUT, self.open()).await {
                Ok(Some(stream)) => {
                    wait = REOPEN_MIN;
                    if let End::Finished = self.write(stream).await {
                        return;
                    }
                }
                Ok(None) | Err(_) => {
                    tracing::debug!(peer = %self.peer, "no gossip stream yet");
                }
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(REOPEN_MAX);
        }
    }

    async fn open(&mut self) -> Option<Stream> {
        let mut stream = self.control.open_stream(self.peer, self.protocol.clone()).await.ok()?;
        let mut answer = [0];
        stream.read_exact(&mut answer).await.ok()?;
        (answer == READY).then_some(stream)
    }

    async fn write(&mut self, mut stream: Stream) -> End {
        let mut unexpected = [0];
        loop {
            let frame = tokio::select! {
                biased;
                _ = stream.read(&mut unexpected) => return End::Broken,
                frame = self.frames.recv() => frame,
            };
            let frame = match frame {
                Ok(frame) => frame,
                Err(broadcast::error::RecvError::Lagged(dropped)) => {
                    self.count_dropped(dropped);
                    continue;
                }
                Err(broadcast::error::RecvError::Closed) => return End::Finished,
            };
            if self.write_frame(&mut stream, &frame).await.is_err() {
                self.counters.messages_dropped.increment();
                return End::Broken;
            }
            self.counters.messages_sent.increment();
            self.counters.bytes_sent.add(frame.len());
        }
    }

    /// Writes one frame, for as long as it takes. What is dropped meanwhile is counted meanwhile:
    /// a peer that never reads again must show in the metrics.
    async fn write_frame(&mut self, stream: &mut Stream, frame: &[u8]) -> io::Result<()> {
        let write = async {
            stream.write_all(frame).await?;
            stream.flush().await
        };
        let mut write = pin!(write);
        loop {
            tokio::select! {
                result = &mut write => return result,
                () = tokio::time::sleep(COUNT_INTERVAL) => {}
            }
            if self.frames.len() > self.queue_messages_max
                && let Err(broadcast::error::TryRecvError::Lagged(dropped)) = self.frames.try_recv()
            {
                self.count_dropped(dropped);
            }
        }
    }

    fn count_dropped(&self, dropped: u64) {
        self.counters.messages_dropped.add(usize::try_from(dropped).unwrap_or(usize::MAX));
    }
}

/// Reads the frames of one peer, for as long as the stream lasts.
pub struct Reader {
    /// The peer.
    pub peer: PeerId,
    /// Where messages go. While it is full nothing is read, and the peer cannot send.
    pub inbound: mpsc::Sender<Inbound>,
    /// Where misbehaviour is reported.
    pub reports: mpsc::Sender<Misbehaviour>,
    /// Counts.
    pub counters: Arc<Counters>,
}

impl Reader {
    /// Reads until the stream ends, the owner leaves, or the peer misbehaves.
    pub async fn run(self, mut stream: Stream) {
        if stream.write_all(&READY).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        let from = self.peer.to_string();
        while let Some(read) = read_message(&mut stream).await {
            match read {
                Ok((message, bytes)) => {
                    self.count(&message, bytes);
                    let inbound = Inbound { from: from.clone(), message };
                    if self.inbound.send(inbound).await.is_err() {
                        return;
                    }
                }
                Err(malformed) => {
                    self.counters.messages_malformed.increment();
                    let report = Misbehaviour { peer: self.peer, malformed };
                    // The task that reads reports lives longer than its readers.
                    let _ = self.reports.send(report).await;
                    return;
                }
            }
        }
    }

    fn count(&self, message: &GossipMessage, bytes: usize) {
        self.counters.messages_received.increment();
        self.counters.bytes_received.add(bytes);
        match message {
            GossipMessage::Transactions(transactions) => {
                self.counters.transactions_received.add(transactions.len());
            }
            GossipMessage::Cosignature { .. } => self.counters.cosignatures_received.increment(),
        }
    }
}

/// One message and the bytes of its frame. `None` when the stream ends, also in the middle of a
/// frame: a cut connection is no misbehaviour.
async fn read_message(stream: &mut Stream) -> Option<Result<(GossipMessage, usize), Malformed>> {
    let mut length = [0; LENGTH_BYTES];
    stream.read_exact(&mut length).await.ok()?;
    let length = match message::check_length(u32::from_le_bytes(length)) {
        Ok(length) => length,
        Err(malformed) => return Some(Err(malformed)),
    };
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(message::decode(&bytes).map(|message| (message, LENGTH_BYTES + length)))
}
