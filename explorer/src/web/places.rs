//! Who may have how much made at a time: what reads whole tables, in all and of each client, so
//! that no reader's requests hold up those of others.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use minglian_listener::{Clients, Place};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{Asked, PageError};

/// Most pages and documents that may read whole tables at a time, so that searches leave room for
/// everything else; one of each client, so that others search beside it.
const SEARCHES_MAX: usize = 4;

/// Most downloads that are made at a time, each over one read transaction.
const EXPORTS_MAX: usize = 4;

/// Most of them of one client, so that others are served beside it.
const EXPORTS_PER_CLIENT_MAX: usize = 2;

/// Most questions of programs with filters, which may read whole tables, at a time.
const SCANS_MAX: usize = 4;

/// Most of them of one client.
const SCANS_PER_CLIENT_MAX: usize = 2;

/// A place and its client's, until it is dropped.
pub(crate) type Held = (Place, OwnedSemaphorePermit);

/// The places for one sort of work.
#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    clients: Arc<Clients>,
}

impl Places {
    /// Those of searches, reports and feeds.
    pub(crate) fn searches() -> Self {
        Self::new(SEARCHES_MAX, 1)
    }

    /// Those of downloads.
    pub(crate) fn exports() -> Self {
        Self::new(EXPORTS_MAX, EXPORTS_PER_CLIENT_MAX)
    }

    /// Those of questions with filters.
    pub(crate) fn scans() -> Self {
        Self::new(SCANS_MAX, SCANS_PER_CLIENT_MAX)
    }

    fn new(all_max: usize, per_client_max: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all_max)), clients: Clients::new(per_client_max) }
    }

    /// A place for whoever asks, when it is its turn. What a client asks beyond its share waits for
    /// that client alone, before the queue of all.
    ///
    /// # Errors
    /// [`PageError::Broken`] if the site ends.
    pub(crate) async fn turn(&self) -> Result<Held, PageError> {
        let place = self.clients.turn(asking()).await;
        let permit = Arc::clone(&self.all).acquire_owned().await;
        Ok((place, permit.map_err(|_| PageError::Broken)?))
    }

    /// A place for whoever asks, if there is one right now.
    ///
    /// # Errors
    /// [`PageError::Busy`] if there is none.
    pub(crate) fn now(&self) -> Result<Held, PageError> {
        let place = self.clients.enter(asking()).ok_or(PageError::Busy)?;
        let permit = Arc::clone(&self.all).try_acquire_owned().map_err(|_| PageError::Busy)?;
        Ok((place, permit))
    }
}

/// Whose request it is; those of nobody known count as one client's.
fn asking() -> IpAddr {
    Asked::now().client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Whether somebody still waits for what is made, for work that looks now and then.
#[derive(Debug)]
pub struct Audience(oneshot::Sender<()>);

impl Audience {
    /// An audience that is there until the other part is dropped.
    pub(crate) fn new() -> (Self, oneshot::Receiver<()>) {
        let (audience, waits) = oneshot::channel();
        (Self(audience), waits)
    }

    /// Whether nobody waits any more: the reader has gone, or the page's time is over.
    pub fn is_gone(&self) -> bool {
        self.0.is_closed()
    }
}
