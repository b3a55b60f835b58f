//! Asking the followed node for the names of donors who agreed to be named.
//!
//! A node gives what it has, numbered, so that only what is new is asked for. What it gives is
//! judged by the verified state (`index/names.rs`). Names are shown while the explorer is level
//! ([`super::level`]): one that is cut off does not hear of orders to erase, so after a minute it
//! shows none, whatever it waits for meanwhile.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use minglian_client::wire::{Hex, OpeningView};

use super::level::Level;
use super::{FollowError, Follower};
use crate::index::names::Named;
use crate::source::Source;

/// How often a node is asked, at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Most pages that are asked for before blocks are looked at again.
const PAGES_MAX: usize = 20;

/// How often it is looked whether names have to be hidden, while something is waited for.
const CLOCK: Duration = Duration::from_millis(500);

/// How far each node was asked.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The run of the node and the number behind which it is asked next, by its address.
    cursors: BTreeMap<String, (Hex, u64)>,
    asked: Option<Instant>,
    pub(super) level: Level,
}

impl Names {
    /// The index may have no names any more: every node is asked for all of its again.
    pub(super) fn start_anew(&mut self) {
        self.cursors.clear();
        self.asked = None;
    }
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

    /// Asks a node for names, once the explorer is known to be level. One that does not answer is
    /// asked again: pages do without.
    pub(super) async fn ask_for_names(&mut self, source: &mut Source) -> Result<(), FollowError> {
        if self.names.asked.is_some_and(|asked| asked.elapsed() < INTERVAL) {
            return Ok(());
        }
        self.names.asked = Some(Instant::now());
        self.writer.attend()?;
        for _ in 0..PAGES_MAX {
            let before = self.names.cursors.get(source.name()).cloned();
            let behind = before.as_ref().map(|(run, after)| (run, *after));
            let page = match self.while_waiting(source.published_openings(behind)).await? {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(()),
                Err(error) => {
                    tracing::debug!(source = source.name(), %error, "no names of donors");
                    return Ok(());
                }
            };
            if !self.names.level.is_known() {
                return Ok(());
            }
            let is_ahead = page.height > self.height();
            for opening in &page.items {
                if self.name(opening)? == Named::NotYet && is_ahead {
                    return Ok(());
                }
            }
            let next = (page.run, page.next);
            let is_done = page.is_complete && before.is_some_and(|before| before == next);
            self.names.cursors.insert(source.name().to_owned(), next);
            if is_done {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits for something, and hides names meanwhile when it is time.
    pub(super) async fn while_waiting<T>(
        &mut self,
        something: impl Future<Output = T>,
    ) -> Result<T, FollowError> {
        let mut something = pin!(something);
        loop {
            tokio::select! {
                answer = &mut something => return Ok(answer),
                () = tokio::time::sleep(CLOCK) => self.hide_names_when_cut_off()?,
            }
        }
    }

    /// Shows no names any more if the explorer was not level for too long.
    pub(super) fn hide_names_when_cut_off(&mut self) -> Result<(), FollowError> {
        if self.names.level.is_lost() {
            tracing::warn!("not known to be level any more: names of donors are not shown");
            // If they do not go, this is tried again.
            self.writer.forget_names()?;
            self.names.start_anew();
            self.names.level.forget();
        }
        Ok(self.writer.scrub()?)
    }
}
