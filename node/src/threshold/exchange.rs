//! How members hand each other their shares: a member asks for the one that is meant for it, over
//! the authenticated and encrypted network between nodes, and never anybody for another's. Nothing
//! of it stands on the ledger, where it would outlive the key (docs/privacy.md).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use borsh::{BorshDeserialize, BorshSerialize};
use futures::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::key_generation::DealtShare;
use minglian_ledger::subsidy::threshold::KeyPurpose;
use tokio::sync::watch;

use crate::chain::Chain;
use crate::gossip::exchange::{ExchangeStream, Questions};
use crate::gossip::frame::{FrameError, Frames};
use crate::places::Places;

/// The largest message has 33 bytes.
const FRAMES: Frames = Frames { bytes_max: 64, patience: Duration::from_secs(10) };

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
/// [`FrameError`].
pub async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ask: &Ask,
) -> Result<Option<DealtShare>, FrameError> {
    FRAMES.send(stream, ask).await?;
    FRAMES.receive(stream).await
}

/// Answers one question; `find` knows the share that is meant for the one who asks.
///
/// # Errors
/// [`FrameError`].
pub async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    find: impl FnOnce(&Ask) -> Option<DealtShare>,
) -> Result<(), FrameError> {
    let ask: Ask = FRAMES.receive(stream).await?;
    FRAMES.send(stream, &find(&ask)).await?;
    FRAMES.patiently(stream.close()).await
}

/// Answers what validators ask, until the gossip stops: each is given the shares that are meant for
/// the organisation that runs it, and nobody else's.
pub async fn serve(
    questions: Questions,
    chain: Arc<Chain>,
    offers: Arc<Offers>,
    stop: watch::Receiver<bool>,
) {
    let places = Places::new(ANSWERING_MAX, ANSWERING_PEER_MAX);
    let one = |peer: String, mut stream: ExchangeStream| {
        let validators = chain.head().validators;
        let asker = validators.members().iter().find(|it| it.peer_id.as_str() == peer);
        let asker = asker.map(|it| it.organization);
        let offers = offers.clone();
        async move {
            let find = |ask: &Ask| offers.meant_for(&asker?, ask);
            if let Err(error) = answer(&mut stream, find).await {
                tracing::debug!(peer, %error, "a question for a share was not answered");
            }
        }
    };
    questions.serve(places, stop, one).await;
}
