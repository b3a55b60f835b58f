//! What reports ask of the log, answered from the indexes that the node derives from it.

use std::collections::BTreeSet;

use minglian_contracts::book::AccountId;
use minglian_contracts::call::Call;
use minglian_contracts::event::{self, Outcome};
use minglian_contracts::report::flow::{Flow, Flows, RefusedAct, day_of};
use minglian_contracts::report::paper::Sheet;
use minglian_ledger::block::Header;
use minglian_ledger::date::{Date, beijing_date};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::{Leaf, Record};
use minglian_ledger::state::StateError;
use minglian_ledger::store::{Snapshot, Store};

use crate::derived::{DerivedIndex, IndexedMovement};
use crate::rpc::problem::Refusal;
use crate::rpc::view::proposal_of;

/// Something that the log must hold is not there.
#[derive(Debug, thiserror::Error)]
#[error("the {what} {place} is missing")]
struct Missing {
    what: &'static str,
    place: u64,
}

/// The log of one node up to a snapshot's block.
pub(super) struct LogFlows<'a> {
    snapshot: &'a Snapshot<'a>,
    store: &'a Store,
}

impl<'a> LogFlows<'a> {
    pub(super) fn new(snapshot: &'a Snapshot<'a>) -> Self {
        Self { snapshot, store: snapshot.store() }
    }

    fn record(&self, index: LogIndex) -> Result<Record, StateError> {
        find(self.store, index)?
            .ok_or_else(|| StateError::backend(Missing { what: "record", place: index.0 }))
    }

    fn flow(&self, indexed: IndexedMovement) -> Result<Flow, StateError> {
        let IndexedMovement { record: index, movement } = indexed;
        let record = self.record(index)?;
        let today = self.day(record.height)?;
        let occurred_on = match event::read(&record.receipt) {
            Ok(Outcome::Applied(events)) => day_of(&events, today),
            _ => today,
        };
        Ok(Flow { record: index, occurred_on, movement })
    }

    fn day(&self, height: Height) -> Result<Date, StateError> {
        beijing_date(header(self.store, height)?.time_ms).map_err(StateError::backend)
    }
}

impl Flows for LogFlows<'_> {
    fn outflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError> {
        let index = DerivedIndex::new(self.snapshot);
        let mut found = index.outflows(account, 0, limit).map_err(StateError::backend)?;
        // A movement that took several runs of positions stands once for each.
        let mut known = BTreeSet::new();
        found.retain(|indexed| known.insert(indexed.movement.number));
        found.into_iter().map(|indexed| self.flow(indexed)).collect()
    }

    fn inflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError> {
        let index = DerivedIndex::new(self.snapshot);
        let found = index.inflows(account, 0, limit).map_err(StateError::backend)?;
        found.into_iter().map(|indexed| self.flow(indexed)).collect()
    }

    fn refusals(
        &self,
        organization: &OrganizationCode,
        limit: usize,
    ) -> Result<Vec<RefusedAct>, StateError> {
        let index = DerivedIndex::new(self.snapshot);
        let latest = index.records(organization, None, limit).map_err(StateError::backend)?;
        let mut refused = Vec::new();
        for place in latest {
            let record = self.record(place)?;
            if !record.receipt.is_applied() {
                refused.push(RefusedAct {
                    record: place,
                    reference: record.transaction.body.client_reference.to_string(),
                    code: record.receipt.code,
                    date: self.day(record.height)?,
                });
            }
        }
        Ok(refused)
    }
}

/// A record with what its block says, for a working paper.
pub(super) fn sheet(snapshot: &Snapshot<'_>, index: LogIndex) -> Result<Sheet, Refusal> {
    let store = snapshot.store();
    let is_there = index.0 < snapshot.header().log_size;
    let record = if is_there { find(store, index)? } else { None };
    let record = record.ok_or_else(|| Refusal::absent(format!("no record stands at {index}")))?;
    let Header { time_ms, state_root, .. } = header(store, record.height)?;
    let proposed = match proposal_of(&record) {
        Some(proposal) => match store.transaction(&proposal)? {
            Some(place) => find(store, place)?,
            None => None,
        },
        None => None,
    };
    let proposed = proposed.and_then(|found| Call::decode(&found.transaction.body.call).ok());
    Ok(Sheet { record, time_ms, state_root, proposed })
}

fn find(store: &Store, index: LogIndex) -> Result<Option<Record>, StateError> {
    let Some(bytes) = store.leaf(index).map_err(StateError::backend)? else { return Ok(None) };
    match Leaf::decode(&bytes).map_err(StateError::backend)? {
        Leaf::Record(record) => Ok(Some(record)),
        Leaf::Closing(_) => Ok(None),
    }
}

fn header(store: &Store, height: Height) -> Result<Header, StateError> {
    let found = store.header(height).map_err(StateError::backend)?;
    let missing = || StateError::backend(Missing { what: "header", place: height.0 });
    Ok(found.ok_or_else(missing)?.header)
}
