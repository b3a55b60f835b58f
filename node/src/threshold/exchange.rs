//! How members hand each other their shares: a member asks for the one that is meant for it, over
//! the authenticated and encrypted network between nodes, and never anybody for another's. Nothing
//! of it stands on the ledger, where it would outlive the key (docs/privacy.md).
//!
//! A frame is a length in 2 bytes, little endian, and the borsh of the message.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use borsh::{BorshDeserialize, BorshSerialize};
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::key_generation::DealtShare;
use minglian_ledger::subsidy::threshold::KeyPurpose;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::attachments::places::Places;
use crate::chain::Chain;
use crate::gossip::exchange::Questions;

/// Largest frame in bytes; the largest of ours has 33.
const FRAME_BYTES_MAX: usize = 64;

/// How long a peer may bring or take nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Questions that are answered at a time, and of one peer; more are turned away, and asked again.
const ANSWERING_MAX: usize = 64;
const ANSWERING_PEER_MAX: usize = 8;

/// Asks for the share that the one who is asked has dealt to the one who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Ask {
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// Which attempt.
    pub attempt: u32,
}

/// Why a question was not answered. Never holds a share.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The stream broke.
    #[error("the stream broke: {0}")]
    Stream(#[from] io::Error),
    /// Nothing came, or nothing was taken, for too long.
    #[error("the peer brings or takes nothing")]
    Silent,
    /// The frame is too large or no message.
    #[error("the peer does not answer as asked")]
    Malformed,
}

/// The shares that this node has dealt, for the members they are meant for.
#[derive(Default)]
pub struct Offers(Mutex<BTreeMap<Ask, Offer>>);

struct Offer {
    members: Vec<OrganizationCode>,
    /// By member, from 1.
    shares: BTreeMap<u16, DealtShare>,
}

impl Offers {
    /// Whether the shares of an attempt are offered.
    pub fn has(&self, of: &Ask) -> bool {
        self.lock().contains_key(of)
    }

    /// Offers the shares of an attempt to its members, member 1 first.
    pub fn offer(
        &self,
        of: Ask,
        members: Vec<OrganizationCode>,
        shares: BTreeMap<u16, DealtShare>,
    ) {
        self.lock().insert(of, Offer { members, shares });
    }

    /// Offers them no more; they are wiped.
    pub fn withdraw(&self, of: &Ask) {
        self.lock().remove(of);
    }

    /// The share that is meant for an organisation.
    pub fn meant_for(&self, organization: &OrganizationCode, of: &Ask) -> Option<DealtShare> {
        let offers = self.lock();
        let offer = offers.get(of)?;
        let place = offer.members.iter().position(|member| member == organization)?;
        offer.shares.get(&u16::try_from(place + 1).ok()?).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Ask, Offer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks a peer for the share that it has dealt to this node's organisation; none if it has none.
///
/// # Errors
/// [`ExchangeError`].
pub async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ask: &Ask,
) -> Result<Option<DealtShare>, ExchangeError> {
    send(stream, ask).await?;
    receive(stream).await
}

/// Answers one question; `find` knows the share that is meant for the one who asks.
///
/// # Errors
/// [`ExchangeError`].
pub async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    find: impl FnOnce(&Ask) -> Option<DealtShare>,
) -> Result<(), ExchangeError> {
    let ask: Ask = receive(stream).await?;
    send(stream, &find(&ask)).await?;
    patiently(stream.close()).await
}

/// Answers what validators ask, until the gossip stops: each is given the shares that are meant for
/// the organisation that runs it, and nobody else's.
pub async fn serve(
    mut questions: Questions,
    chain: Arc<Chain>,
    offers: Arc<Offers>,
    mut stop: watch::Receiver<bool>,
) {
    let places = Places::new(ANSWERING_MAX, ANSWERING_PEER_MAX);
    loop {
        let question = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            question = questions.next() => question,
        };
        let Some((peer, mut stream)) = question else { return };
        let Some(place) = places.enter(&peer) else { continue };
        let validators = chain.head().validators;
        let asker = validators.members().iter().find(|it| it.peer_id.as_str() == peer);
        let asker = asker.map(|it| it.organization);
        let offers = offers.clone();
        tokio::spawn(async move {
            let _place = place;
            let find = |ask: &Ask| offers.meant_for(&asker?, ask);
            if let Err(error) = answer(&mut stream, find).await {
                tracing::debug!(peer, %error, "a question for a share was not answered");
            }
        });
    }
}

async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> Result<T, ExchangeError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(ExchangeError::Silent),
    }
}

async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    message: &impl BorshSerialize,
) -> Result<(), ExchangeError> {
    // With room for all of it from the beginning: a vector that grows leaves a copy behind.
    let mut frame = Zeroizing::new(Vec::<u8>::with_capacity(2 + FRAME_BYTES_MAX));
    frame.extend_from_slice(&[0; 2]);
    borsh::to_writer(&mut *frame, message)?;
    let length = u16::try_from(frame.len() - 2).map_err(|_| ExchangeError::Malformed)?;
    frame[..2].copy_from_slice(&length.to_le_bytes());
    patiently(async {
        stream.write_all(&frame).await?;
        stream.flush().await
    })
    .await
}

async fn receive<T: BorshDeserialize>(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<T, ExchangeError> {
    let mut length = [0; 2];
    patiently(stream.read_exact(&mut length)).await?;
    let length = usize::from(u16::from_le_bytes(length));
    if length > FRAME_BYTES_MAX {
        return Err(ExchangeError::Malformed);
    }
    let mut bytes = Zeroizing::new(vec![0_u8; length]);
    patiently(stream.read_exact(&mut bytes)).await?;
    borsh::from_slice(&bytes).map_err(|_| ExchangeError::Malformed)
}
