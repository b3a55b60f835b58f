//! Following a node: every block is verified by a replica of the ledger, then indexed.
//!
//! The replica lives in memory and starts from the genesis at each start. Blocks that the index
//! holds from an earlier run are verified again and compared by name; an index that names another
//! block is built anew. A block that does not verify is never indexed: the pages stay at the height
//! before it and say why.

use std::time::Duration;

use minglian_client::wire::CertifiedBlock;
use minglian_client::{Client, ClientError};
use minglian_contracts::replica::{Replica, ReplicaError};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use rand::rngs::OsRng;

use crate::index::{IndexError, Writer};
use crate::status::{Following, Status};

/// How long to wait for new blocks.
const POLL: Duration = Duration::from_millis(500);

/// How long to wait before asking again after something went wrong.
const RETRY: Duration = Duration::from_secs(3);

/// After how many blocks of catching up a line goes to the log.
const PROGRESS_BLOCKS: u64 = 1_000;

/// Why a block is not indexed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// It does not verify.
    #[error(transparent)]
    Refused(#[from] ReplicaError),
    /// It has no certificate.
    #[error("block {0} has no certificate")]
    Uncertified(Height),
    /// It verifies, and the index names another block at its height.
    #[error("the index holds another block at height {0}: it is built anew")]
    IndexDiffers(Height),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// A replica and the index that is written from it.
#[derive(Debug)]
pub struct Follower {
    genesis: Genesis,
    replica: Replica,
    writer: Writer,
}

impl Follower {
    /// Starts at the genesis, with the index that `writer` has open.
    ///
    /// # Errors
    /// [`FollowError`] if the genesis cannot start a chain or the index cannot be written.
    pub fn new(genesis: Genesis, writer: Writer) -> Result<Self, FollowError> {
        let replica = Replica::new(&genesis)?;
        let mut follower = Self { genesis, replica, writer };
        follower.index_genesis()?;
        Ok(follower)
    }

    /// The last verified height.
    pub fn height(&self) -> Height {
        self.replica.header().height
    }

    /// The verified ledger.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Verifies the next block, then indexes it, or compares it with what is indexed.
    ///
    /// # Errors
    /// [`FollowError`]; after [`FollowError::Refused`] and [`FollowError::Uncertified`] nothing has
    /// changed, after the others [`Follower::start_anew`] is needed.
    pub fn apply(&mut self, certified: &CertifiedBlock) -> Result<(), FollowError> {
        let CertifiedBlock { block, certificate } = certified;
        let height = block.header.height;
        let Some(certificate) = certificate else {
            return Err(FollowError::Uncertified(height));
        };
        let replayed = self.replica.apply(block, certificate, &mut OsRng)?;
        match self.writer.block_id(height)? {
            None => Ok(self.writer.block(block, &replayed, self.replica.state())?),
            Some(known) if known == block.header.id().to_string() => Ok(()),
            Some(_) => Err(FollowError::IndexDiffers(height)),
        }
    }

    /// Empties the index and goes back to the genesis.
    ///
    /// # Errors
    /// [`FollowError`] if the index cannot be written.
    pub fn start_anew(&mut self) -> Result<(), FollowError> {
        self.replica = Replica::new(&self.genesis)?;
        self.writer.reset(&self.genesis.hash())?;
        self.index_genesis()
    }

    fn index_genesis(&mut self) -> Result<(), FollowError> {
        let header = self.replica.header();
        match self.writer.block_id(Height::GENESIS)? {
            None => Ok(self.writer.genesis(&self.genesis, header, self.replica.state())?),
            Some(known) if known == header.id().to_string() => Ok(()),
            Some(_) => self.start_anew(),
        }
    }

    /// Follows a node for ever. Blocks the thread while it verifies.
    pub async fn follow(mut self, client: Client, status: Status) {
        loop {
            let outcome = self.follow_feed(&client, &status).await;
            let verified = self.height();
            match outcome {
                Ended::Feed(error) => {
                    tracing::warn!(%error, "the node does not answer");
                    let reason = error.to_string();
                    status.set(Following::Unreachable { verified, reason });
                }
                Ended::Block(FollowError::Refused(_) | FollowError::Uncertified(_), reason) => {
                    tracing::error!(%reason, "a block does not verify");
                    status.set(Following::Refused { verified, reason });
                }
                Ended::Block(error, reason) => {
                    tracing::error!(%error, "the index is built anew");
                    status.set(Following::Stopped { verified, reason });
                    if let Err(error) = self.start_anew() {
                        let reason = error.to_string();
                        status.set(Following::Stopped { verified, reason });
                    }
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn follow_feed(&mut self, client: &Client, status: &Status) -> Ended {
        let target = client.latest_header().await.ok().map(|view| view.header.height);
        let mut feed = client.block_feed(self.height().next());
        loop {
            match feed.next().await {
                Ok(Some(block)) => {
                    if let Err(error) = self.apply(&block) {
                        let reason = error.to_string();
                        return Ended::Block(error, reason);
                    }
                    self.report(status, target);
                }
                Ok(None) => {
                    status.set(Following::Current { verified: self.height() });
                    tokio::time::sleep(POLL).await;
                }
                Err(error) => return Ended::Feed(error),
            }
        }
    }

    fn report(&self, status: &Status, target: Option<Height>) {
        let verified = self.height();
        let is_behind = target.is_some_and(|target| verified < target);
        let was_refused = matches!(status.get(), Following::Refused { .. });
        if is_behind {
            status.set(Following::CatchingUp { verified, target });
            if verified.0.is_multiple_of(PROGRESS_BLOCKS) {
                let target = target.map_or(0, |height| height.0);
                tracing::info!(%verified, target, "verified");
            }
        } else if was_refused || matches!(status.get(), Following::Current { .. }) {
            status.set(Following::Current { verified });
        }
    }
}

/// Why following a feed ended.
enum Ended {
    /// The node does not answer as a node does.
    Feed(ClientError),
    /// A block could not be verified or indexed, and how it says so.
    Block(FollowError, String),
}
