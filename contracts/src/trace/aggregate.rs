//! A trace added up: how much went from where to where, per hop and way of attribution.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::book::{AccountId, Attribution};
use crate::trace::Page;

/// What edges are added up by. Attributions are never mixed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Flow {
    /// How many movements away from the start, from 1.
    pub hop: u32,
    /// From where; `None` for outside the ledger.
    pub from: Option<AccountId>,
    /// To where.
    pub to: AccountId,
    /// How the fen were chosen.
    pub attribution: Attribution,
}

/// A sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Total {
    /// In fen.
    pub amount_fen: u64,
    /// Of how many edges or rests.
    pub count: u64,
}

impl Total {
    /// Positions of one account are disjoint and below 2^53, so a sum cannot pass a `u64`; hostile
    /// pages saturate it.
    fn add(&mut self, amount_fen: u64) {
        self.amount_fen = self.amount_fen.saturating_add(amount_fen);
        self.count = self.count.saturating_add(1);
    }
}

/// The sums of the pages added so far; its size grows with the accounts met, not with the edges.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aggregate {
    flows: BTreeMap<Flow, Total>,
    rests: BTreeMap<AccountId, Total>,
}

impl Aggregate {
    /// Adds a page. Each page of a trace is to be added once.
    pub fn add(&mut self, page: &Page) {
        for edge in &page.edges {
            let flow = Flow {
                hop: edge.hop,
                from: edge.from.account().cloned(),
                to: edge.to.clone(),
                attribution: edge.basis.attribution(),
            };
            self.flows.entry(flow).or_default().add(edge.to_interval.length());
        }
        for rest in &page.rests {
            self.rests.entry(rest.account.clone()).or_default().add(rest.interval.length());
        }
    }

    /// What moved, by hop.
    pub fn flows(&self) -> impl Iterator<Item = (&Flow, &Total)> {
        self.flows.iter()
    }

    /// What has moved no further, by account.
    pub fn rests(&self) -> impl Iterator<Item = (&AccountId, &Total)> {
        self.rests.iter()
    }
}
