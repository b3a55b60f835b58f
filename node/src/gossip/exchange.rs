//! Streams for what is asked for between two nodes, one question and its answer each, beside the
//! streams of messages. Only listed peers get this far, and a peer that is cut off is not listed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt as _;
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::{Control, IncomingStreams};
use tokio::sync::watch;

use crate::places::Places;

/// A stream to one peer.
pub type ExchangeStream = Stream;

/// Opens streams to peers, and takes those that they open.
#[derive(Clone)]
pub struct Exchange {
    control: Control,
    protocol: StreamProtocol,
    incoming: Arc<Mutex<Option<IncomingStreams>>>,
}

/// Streams that peers open.
pub struct Questions(IncomingStreams);

impl Exchange {
    /// Registers the protocol.
    pub(super) fn new(mut control: Control, protocol: StreamProtocol) -> Result<Self, String> {
        let incoming = control.accept(protocol.clone()).map_err(|error| error.to_string())?;
        Ok(Self { control, protocol, incoming: Arc::new(Mutex::new(Some(incoming))) })
    }

    /// A stream to a connected peer, by its id in base58; none if it cannot be opened.
    pub async fn open(&self, peer: &str) -> Option<ExchangeStream> {
        let peer: PeerId = peer.parse().ok()?;
        self.control.clone().open_stream(peer, self.protocol.clone()).await.ok()
    }

    /// What peers ask: for one owner, the first that asks for it.
    pub fn questions(&self) -> Option<Questions> {
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner).take().map(Questions)
    }
}

impl Questions {
    /// The next question, with the id of the peer that asks; none when the gossip has stopped.
    pub async fn next(&mut self) -> Option<(String, ExchangeStream)> {
        let (peer, stream) = self.0.next().await?;
        Some((peer.to_string(), stream))
    }

    /// Answers each question in a task of its own, with the id of the peer that asks, until the
    /// gossip stops. A question that finds no place is turned away, and asked again.
    pub async fn serve<Answering: Future<Output = ()> + Send + 'static>(
        mut self,
        places: Arc<Places>,
        mut stop: watch::Receiver<bool>,
        answer: impl Fn(String, ExchangeStream) -> Answering,
    ) {
        loop {
            let question = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                question = self.next() => question,
            };
            let Some((peer, stream)) = question else { return };
            let Some(place) = places.enter(&peer) else { continue };
            let answering = answer(peer, stream);
            tokio::spawn(async move {
                let _place = place;
                answering.await;
            });
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Exchange").field("protocol", &self.protocol).finish_non_exhaustive()
    }
}
