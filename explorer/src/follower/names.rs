//! Asking the followed node for the names of donors who agreed to be named.
//!
//! A node gives what it has, numbered, so that only what is new is asked for. What it gives is
//! judged by the verified state (`index/names.rs`). Names are shown while the explorer is level
//! with a node: one that is cut off does not hear of orders to erase, so after a minute it shows
//! none.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use minglian_client::wire::{Hex, OpeningView};

use super::{FollowError, Follower};
use crate::index::names::Named;
use crate::source::Source;

/// How often a node is asked, at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Most pages that are asked for before blocks are looked at again.
const PAGES_MAX: usize = 20;

/// By how many blocks a node may be ahead that counts as level.
const LEVEL_BLOCKS: u64 = 10;

/// For how long names are shown without a node that the explorer is level with.
const LEVEL_TIMEOUT: Duration = Duration::from_secs(60);

/// How far each node was asked.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The run of the node and the number behind which it is asked next, by its address.
    cursors: BTreeMap<String, (Hex, u64)>,
    asked: Option<Instant>,
    /// When the explorer was last level with a node; none if no name is shown.
    level: Option<Instant>,
}

impl Follower {
    /// Shows a name that a node gave, if the verified state lets it.
    ///
    /// # Errors
    /// [`FollowError::Index`].
    pub fn name(&mut self, opening: &OpeningView) -> Result<Named, FollowError> {
        let chain_id = self.replica().header().chain_id.clone();
        Ok(self.writer.name(&chain_id, opening)?)
    }

    /// Asks a node for names, once its blocks are verified. One that does not answer is asked
    /// again: pages do without.
    pub(super) async fn ask_for_names(&mut self, source: &mut Source) -> Result<(), FollowError> {
        if self.writer.only_watches() {
            // Whoever writes the index asks.
            return Ok(());
        }
        self.writer.scrub()?;
        if self.names.asked.is_some_and(|asked| asked.elapsed() < INTERVAL) {
            return Ok(());
        }
        self.names.asked = Some(Instant::now());
        for _ in 0..PAGES_MAX {
            let cursor = self.names.cursors.get(source.name());
            let page = source.published_openings(cursor.map(|(run, after)| (run, *after))).await;
            let page = match page {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(()),
                Err(error) => {
                    tracing::debug!(source = source.name(), %error, "no names of donors");
                    return Ok(());
                }
            };
            let is_ahead = page.height > self.height();
            if page.height.0 <= self.height().0.saturating_add(LEVEL_BLOCKS) {
                self.names.level = Some(Instant::now());
                self.writer.attend()?;
            }
            for opening in &page.items {
                if self.name(opening)? == Named::NotYet && is_ahead {
                    return Ok(());
                }
            }
            let next = (page.run, page.next);
            let is_done = page.is_complete
                && self.names.cursors.get(source.name()).is_some_and(|before| *before == next);
            self.names.cursors.insert(source.name().to_owned(), next);
            if is_done {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Shows no names any more if no node was level with for too long.
    pub(super) fn forget_names_when_cut_off(&mut self) -> Result<(), FollowError> {
        if self.names.level.is_some_and(|level| level.elapsed() > LEVEL_TIMEOUT) {
            tracing::warn!("no node to be level with: names of donors are not shown");
            self.names = Names::default();
            self.writer.forget_names()?;
        }
        Ok(())
    }
}
