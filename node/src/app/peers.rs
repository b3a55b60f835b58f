//! The allow-list: validators of the ledger, now and as scheduled, and the observers of the
//! configuration. A change is applied when it is scheduled, before it activates.

use std::collections::{BTreeMap, BTreeSet};

use minglian_contracts::validator_set::{Change, SCHEDULED_CHANGES, Scheduled};
use minglian_ledger::validators::Validator;

use crate::app::App;
use crate::chain::Chain;
use crate::engine::messages::PeerId;

/// Peers by id, with the address to dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peers(BTreeMap<String, String>);

impl Peers {
    /// Everybody who may connect now: not the node itself, whose peer id is `own_id`.
    pub fn of(chain: &Chain, observers: &[String], own_id: &str) -> Self {
        let mut peers = BTreeMap::new();
        let mut insert = |validator: &Validator| {
            let id = validator.peer_id.as_str();
            let address = format!("{}/p2p/{id}", validator.consensus_address);
            peers.insert(id.to_owned(), address);
        };
        chain.head().validators.members().iter().for_each(&mut insert);
        let scheduled = match SCHEDULED_CHANGES.get(chain.store(), &()) {
            Ok(scheduled) => scheduled.unwrap_or_default(),
            Err(error) => {
                tracing::error!(%error, "cannot read scheduled validator changes");
                Vec::new()
            }
        };
        for Scheduled { change, .. } in &scheduled {
            if let Change::Add(new) | Change::Replace { new, .. } = change {
                insert(new);
            }
        }
        for observer in observers {
            if let Some((_, id)) = observer.rsplit_once("/p2p/") {
                peers.insert(id.to_owned(), observer.clone());
            }
        }
        peers.remove(own_id);
        Self(peers)
    }

    /// The peers that may publish proposals.
    pub fn publishers(&self) -> BTreeSet<PeerId> {
        self.0.keys().filter_map(|id| id.parse().ok()).collect()
    }

    /// Addresses to dial, each with its peer id.
    pub fn addresses(&self) -> impl Iterator<Item = &String> {
        self.0.values()
    }
}

impl App {
    /// Brings the engine's peers in step with the ledger.
    pub(super) async fn update_peers(&mut self) {
        let wanted = Peers::of(&self.parts.chain, &self.parts.observers, &self.parts.peer_id);
        if wanted == self.peers {
            return;
        }
        let control = &self.parts.control;
        for address in
            self.peers.addresses().filter(|old| !wanted.0.values().any(|new| new == *old))
        {
            if let Err(error) = control.remove_peer(address).await {
                tracing::warn!(%address, %error, "cannot remove a peer");
            }
        }
        for address in
            wanted.addresses().filter(|new| !self.peers.0.values().any(|old| old == *new))
        {
            if let Err(error) = control.add_peer(address).await {
                tracing::warn!(%address, %error, "cannot add a peer");
            }
        }
        self.assembler.set_publishers(wanted.publishers());
        self.peers = wanted;
    }
}
