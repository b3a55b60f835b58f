//! 审计取证单: for one record, who acted, when, what came of it, where the proof is, and what later
//! acts took back of it.

use minglian_ledger::date::beijing_date;
use minglian_ledger::hash::StateRoot;
use minglian_ledger::height::TimeMs;
use minglian_ledger::log::leaf_hash;
use minglian_ledger::record::{Leaf, Record};
use minglian_ledger::state::{StateError, StateRead};

use super::flow::{Flows, day_of};
use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Report};
use crate::approval;
use crate::book::{self, AccountId, Kind as MovementKind, Movement};
use crate::call::Call;
use crate::contents;
use crate::event::{self, Event, Outcome};
use crate::naming::Thing;
use crate::payment::result::{STATUSES, Status};
use crate::refusal::Code;

/// Most records of one working paper.
pub const RECORDS_MAX: usize = 100;

/// How many movements out of an account are searched for those that take a record's money back.
const OUTFLOWS_MAX: usize = 64;

const COLUMNS: [Column; 17] = [
    Column::new("record", Kind::Key, "记录编号", "Record"),
    Column::new("height", Kind::Particular, "区块高度", "Height"),
    Column::new("recorded_on", Kind::Particular, "记账日期", "Recorded on"),
    Column::new("occurred_on", Kind::Particular, "业务日期", "Occurred on"),
    Column::new("transaction", Kind::Particular, "交易编号", "Transaction"),
    Column::new("organization", Kind::Particular, "单位代码", "Organisation"),
    Column::new("reference", Kind::Particular, "业务编号", "Reference"),
    Column::new("act", Kind::Particular, "业务", "Act"),
    Column::new("outcome", Kind::Particular, "结果", "Outcome"),
    Column::new("officers", Kind::Particular, "经办、复核及付款", "Who proposed and approved"),
    Column::new("moved", Kind::Sum, "涉及金额", "Moved"),
    Column::new("taken_back", Kind::Sum, "后被退回或冲正", "Taken back since"),
    Column::new("later", Kind::Particular, "后续更正", "Later corrections"),
    Column::new("things", Kind::Particular, "所附凭证、照片和材料", "Vouchers, photos and papers"),
    Column::new("leaf_hash", Kind::Particular, "记录哈希", "Leaf hash"),
    Column::new("state_root", Kind::Particular, "区块后状态根", "State root after its block"),
    Column::new("evidence", Kind::Particular, "证据包", "Evidence"),
];

/// A record with what its block says.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The record.
    pub record: Record,
    /// Its block's time.
    pub time_ms: TimeMs,
    /// The state after its block.
    pub state_root: StateRoot,
    /// The act that was proposed, where the record is its last approval.
    pub proposed: Option<Call>,
}

/// Makes 审计取证单.
///
/// # Errors
/// [`StateError`] if state or indexes cannot be read, or a receipt does not.
pub fn working_paper(
    reader: &dyn StateRead,
    flows: &dyn Flows,
    sheets: &[Sheet],
    as_of: AsOf,
) -> Result<Report, StateError> {
    let mut table = Table::new(COLUMNS.to_vec());
    let (mut moved, mut positions) = (0, 0);
    for sheet in sheets {
        let found = Found::of(reader, flows, sheet)?;
        moved += found.moved;
        positions += found.positions;
        table.add(found.cells(sheet));
    }
    let mut report = Report::of("working-paper", as_of, table);
    let (chinese, english) = ("记录所载金额 = 账簿入账金额", "moved by the records = in the book");
    report.reconciliation = vec![Check::new("moved", chinese, english, moved, positions)];
    Ok(report)
}

/// What a record and the state say of one another.
struct Found {
    occurred_on: Cell,
    outcome: String,
    officers: String,
    moved: i128,
    /// The same by the inflows that the book holds.
    positions: i128,
    taken_back: i128,
    later: String,
}

impl Found {
    fn of(reader: &dyn StateRead, flows: &dyn Flows, sheet: &Sheet) -> Result<Self, StateError> {
        let receipt = &sheet.record.receipt;
        let day = beijing_date(sheet.time_ms).ok();
        let mut found = Self {
            occurred_on: Cell::date(day),
            outcome: "applied".to_owned(),
            officers: signer(sheet),
            moved: 0,
            positions: 0,
            taken_back: 0,
            later: String::new(),
        };
        let events = match event::read(receipt).map_err(StateError::backend)? {
            Outcome::Applied(events) => events,
            Outcome::Refused { code, detail } => {
                let known = Code::from_number(code).map_or("", Code::chinese);
                found.outcome = format!("{code} {known} {detail}");
                return Ok(found);
            }
        };
        found.occurred_on = Cell::date(day.map(|day| day_of(&events, day)));
        found.officers = officers(&events, sheet);
        let mut later = Vec::new();
        for event in &events {
            if let Event::Movement(movement) = event {
                found.follow(reader, flows, movement, &mut later)?;
            }
        }
        found.later = later.join("; ");
        Ok(found)
    }

    /// What became of the money that one movement brought.
    fn follow(
        &mut self,
        reader: &dyn StateRead,
        flows: &dyn Flows,
        movement: &Movement,
        later: &mut Vec<String>,
    ) -> Result<(), StateError> {
        if movement.kind == MovementKind::Rebase {
            return Ok(());
        }
        self.moved += i128::from(movement.amount().get());
        let start = movement.to_interval.start();
        if let Some(inflow) = book::inflow(reader, &movement.to, start)? {
            self.positions += i128::from(inflow.amount.get());
            self.taken_back += i128::from(inflow.named.get());
        }
        if let AccountId::Payment { organization, reference } = &movement.to {
            let status = STATUSES.get(reader, &(*organization, reference.clone()))?;
            if let Some(status) = status {
                later.push(status_words(status));
            }
        }
        for flow in flows.outflows(&movement.to, OUTFLOWS_MAX)? {
            let kind = match flow.movement.kind {
                MovementKind::Reversal { of } if of == movement.number => "冲正 reversed",
                MovementKind::Return => "退回 returned",
                _ => continue,
            };
            later.push(format!("{kind} {} #{}", flow.occurred_on, flow.record));
        }
        Ok(())
    }

    fn cells(self, sheet: &Sheet) -> Vec<Cell> {
        let Record { height, index, transaction, receipt } = &sheet.record;
        let leaf = Leaf::encode_record(*height, *index, transaction, receipt);
        let decoded = Call::decode(&transaction.body.call).ok();
        let call = sheet.proposed.as_ref().or(decoded.as_ref());
        let act = call.map_or_else(String::new, act_words);
        vec![
            Cell::text(index),
            Cell::text(height),
            Cell::date(beijing_date(sheet.time_ms).ok()),
            self.occurred_on,
            Cell::text(transaction.id()),
            Cell::text(transaction.body.organization),
            Cell::text(&transaction.body.client_reference),
            Cell::Text(act),
            Cell::Text(self.outcome),
            Cell::Text(self.officers),
            self.moved.into(),
            self.taken_back.into(),
            Cell::Text(self.later),
            Cell::Text(call.map_or_else(String::new, things)),
            Cell::text(leaf_hash(&leaf)),
            Cell::text(sheet.state_root),
            Cell::Text(format!("/v1/records/{index}/evidence")),
        ]
    }
}

/// Who signed, the proposer first, each with the record that holds the signature.
fn officers(events: &[Event], sheet: &Sheet) -> String {
    let signatures = events.iter().find_map(|event| match event {
        Event::Approval(approval::Event::Completed { signatures, .. }) => Some(signatures),
        _ => None,
    });
    let Some(signatures) = signatures else {
        return signer(sheet);
    };
    let one = |signature: &crate::actor::Signature| {
        let (organization, role) = (signature.organization, signature.role);
        format!("{organization} {role:?} {} #{}", signature.key, signature.index)
    };
    signatures.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Who signed the record itself.
fn signer(sheet: &Sheet) -> String {
    let transaction = &sheet.record.transaction;
    format!("{} {} #{}", transaction.body.organization, transaction.key, sheet.record.index)
}

fn status_words(status: Status) -> String {
    match status {
        Status::Paid(date) => format!("银行已付 paid {date}"),
        Status::Failed(date) => format!("付款失败 failed {date}"),
        Status::Corrected(date) => format!("更正冲销 corrected {date}"),
    }
}

/// What an act names that is kept off the log: attachments by their hashes, openings by their
/// commitments.
fn things(call: &Call) -> String {
    let words = |thing: &Thing| match thing {
        Thing::Attachment(hash) => format!("附件 attachment {hash}"),
        Thing::Opening(commitment) => format!("附言 opening {commitment}"),
    };
    contents::of(call).things.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The name of an act, as its module and variant have it.
fn act_words(call: &Call) -> String {
    let debug = format!("{call:?}");
    let end = |letter: char| !(letter.is_alphanumeric() || letter == '(' || letter == '_');
    let name = debug.split(end).next().unwrap_or_default();
    name.trim_end_matches('(').replace('(', ".")
}
