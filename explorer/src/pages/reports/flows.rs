//! What reports ask of the log, answered from the index.

use std::collections::BTreeSet;

use minglian_contracts::book::{AccountId, Movement};
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::report::flow::{Flow, Flows, RefusedAct, day_of};
use minglian_ledger::date::{Date, beijing_date};
use minglian_ledger::height::{LogIndex, TimeMs};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;

use crate::database::{Connection, params};
use crate::index::{IndexError, account, count, log, stored};

/// The log as the index has it, in one read transaction.
pub(super) struct IndexedFlows<'a>(pub(super) &'a Connection);

fn day(time_ms: i64) -> Date {
    beijing_date(TimeMs(count(time_ms))).unwrap_or(Date::MIN)
}

/// The events of an applied record.
fn events(leaf: &[u8]) -> Result<Vec<Event>, IndexError> {
    let Some(record) = log::decode(leaf)? else { return Ok(Vec::new()) };
    let outcome = event::read(&record.receipt);
    match outcome.map_err(|source| IndexError::Damaged { what: "a receipt", source })? {
        Outcome::Applied(events) => Ok(events),
        Outcome::Refused { .. } => Ok(Vec::new()),
    }
}

impl IndexedFlows<'_> {
    fn flows(&self, id: &AccountId, rest: &str, limit: usize) -> Result<Vec<Flow>, IndexError> {
        let Some(number) = account::find(self.0, id)? else { return Ok(Vec::new()) };
        let query = format!("SELECT m.log_index, m.body, r.time_ms, l.bytes FROM {rest} LIMIT ?2");
        let mut statement = self.0.prepare_cached(&query)?;
        let mut rows = statement.query(params![number, stored("a limit", limit as u64)?])?;
        // A movement that took several runs of positions stands once for each.
        let (mut flows, mut known) = (Vec::new(), BTreeSet::new());
        while let Some(row) = rows.next()? {
            let (body, leaf): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(3)?);
            let today = day(row.get(2)?);
            let movement: Movement = borsh::from_slice(&body)
                .map_err(|source| IndexError::Damaged { what: "a movement", source })?;
            if !known.insert(movement.number) {
                continue;
            }
            let record = LogIndex(count(row.get(0)?));
            let occurred_on = day_of(&events(&leaf)?, today);
            flows.push(Flow { record, occurred_on, movement });
        }
        Ok(flows)
    }

    fn refused(
        &self,
        organization: &OrganizationCode,
        limit: usize,
    ) -> Result<Vec<RefusedAct>, IndexError> {
        let query = "SELECT r.log_index, r.reference, r.code, r.time_ms FROM \
                     (SELECT log_index FROM record_organizations WHERE organization = ?1 \
                      ORDER BY log_index DESC LIMIT ?2) c \
                     JOIN records r ON r.log_index = c.log_index \
                     WHERE r.code > 0 AND r.organization = ?1 ORDER BY r.log_index DESC";
        let mut statement = self.0.prepare_cached(query)?;
        let values = params![organization.as_str(), stored("a limit", limit as u64)?];
        let rows = statement.query_map(values, |row| {
            Ok(RefusedAct {
                record: LogIndex(count(row.get(0)?)),
                reference: row.get(1)?,
                code: row.get(2)?,
                date: day(row.get(3)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Flows for IndexedFlows<'_> {
    fn outflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError> {
        let rest = "taken t JOIN movements m ON m.number = t.movement \
                    JOIN records r ON r.log_index = m.log_index \
                    JOIN leaves l ON l.log_index = m.log_index \
                    WHERE t.account = ?1 ORDER BY t.start";
        self.flows(account, rest, limit).map_err(StateError::backend)
    }

    fn inflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError> {
        let rest = "movements m JOIN records r ON r.log_index = m.log_index \
                    JOIN leaves l ON l.log_index = m.log_index \
                    WHERE m.to_account = ?1 ORDER BY m.to_start";
        self.flows(account, rest, limit).map_err(StateError::backend)
    }

    fn refusals(
        &self,
        organization: &OrganizationCode,
        limit: usize,
    ) -> Result<Vec<RefusedAct>, StateError> {
        self.refused(organization, limit).map_err(StateError::backend)
    }
}
