//! A world's log, as a node's indexes would answer, and reports as a test reads them.

use minglian_contracts::book::{AccountId, Movement};
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::report::flow::{Flow, Flows, RefusedAct, day_of};
use minglian_contracts::report::paper::Sheet;
use minglian_contracts::report::table::Cell;
use minglian_contracts::report::{AsOf, Report};
use minglian_contracts::seal;
use minglian_ledger::date::beijing_date;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::Record;
use minglian_ledger::state::StateError;

use crate::world::World;

/// Every record of a world, as a node's indexes would answer.
pub struct Log {
    pub sheets: Vec<Sheet>,
    pub flows: Vec<Flow>,
}

impl Log {
    /// Executes the blocks of `world` again.
    pub fn of(world: &World) -> Self {
        let mut replica = World::new();
        let (mut sheets, mut flows) = (Vec::new(), Vec::new());
        for block in &world.blocks {
            let first = replica.frontier.size();
            let replayed = seal::replay(
                &replica.header,
                block,
                &replica.state,
                &replica.tree,
                &replica.frontier,
            );
            let replayed = replayed.unwrap();
            let today = beijing_date(block.header.time_ms).unwrap();
            let acts = block.transactions.iter().zip(&replayed.executed.receipts);
            for (index, (transaction, receipt)) in (first..).map(LogIndex).zip(acts) {
                if let Outcome::Applied(events) = event::read(receipt).unwrap() {
                    let occurred_on = day_of(&events, today);
                    for event in events {
                        let Event::Movement(movement) = event else { continue };
                        flows.push(Flow { record: index, occurred_on, movement });
                    }
                }
                let (transaction, receipt) = (transaction.clone(), receipt.clone());
                let height = block.header.height;
                sheets.push(Sheet {
                    record: Record { height, index, transaction, receipt },
                    time_ms: block.header.time_ms,
                    state_root: block.header.state_root,
                    proposed: None,
                });
            }
            replica.state.commit(&replayed.update, &replayed.executed.changes);
            replica.tree.apply(&replayed.update).unwrap();
            replica.frontier = replayed.sealed.frontier;
            replica.header = replayed.sealed.header;
        }
        Self { sheets, flows }
    }
}

impl Flows for Log {
    fn outflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError> {
        let first = |movement: &Movement| movement.from_intervals.first().map(|it| it.start());
        let leaves = |flow: &&Flow| flow.movement.from.account() == Some(account);
        let mut found: Vec<Flow> = self.flows.iter().filter(leaves).cloned().collect();
        found.sort_by_key(|flow| first(&flow.movement));
        found.truncate(limit);
        Ok(found)
    }

    fn inflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError> {
        let arrives = |flow: &&Flow| flow.movement.to == *account;
        let mut found: Vec<Flow> = self.flows.iter().filter(arrives).cloned().collect();
        found.sort_by_key(|flow| flow.movement.to_interval.start());
        found.truncate(limit);
        Ok(found)
    }

    fn refusals(
        &self,
        organization: &OrganizationCode,
        limit: usize,
    ) -> Result<Vec<RefusedAct>, StateError> {
        let of = |sheet: &&Sheet| sheet.record.transaction.body.organization == *organization;
        let latest = self.sheets.iter().rev().filter(of).take(limit);
        let refused = latest.filter(|sheet| !sheet.record.receipt.is_applied());
        let refused = refused.map(|sheet| RefusedAct {
            record: sheet.record.index,
            reference: sheet.record.transaction.body.client_reference.to_string(),
            code: sheet.record.receipt.code,
            date: beijing_date(sheet.time_ms).unwrap(),
        });
        Ok(refused.collect())
    }
}

pub fn as_of(world: &World) -> AsOf {
    let index = LogIndex(world.frontier.size() - 1);
    let date = beijing_date(world.header.time_ms).unwrap();
    AsOf { height: world.header.height, index, date }
}

/// The cells of a column, as text.
pub fn column(report: &Report, key: &str) -> Vec<String> {
    let place = report.columns.iter().position(|column| column.key == key);
    let place = place.unwrap_or_else(|| panic!("no column {key}"));
    report.rows.iter().map(|row| show(&row[place])).collect()
}

pub fn total(report: &Report, key: &str) -> String {
    let place = report.columns.iter().position(|column| column.key == key).unwrap();
    show(&report.totals[place])
}

fn show(cell: &Cell) -> String {
    serde_json::to_value(cell).unwrap().to_string().trim_matches('"').to_owned()
}
