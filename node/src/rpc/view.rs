//! Ledger values as the wire shows them.

use borsh::BorshSerialize;
use minglian_client::wire::{CommittedView, Hex, MovementView, ReceiptView, RefusalView};
use minglian_contracts::approval;
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::refusal::Code;
use minglian_contracts::schema;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::LogIndex;
use minglian_ledger::record::{Leaf, Receipt, Record};

use super::Shared;
use super::problem::Refusal;
use crate::derived::IndexedMovement;

/// A receipt in words.
pub(super) fn receipt(receipt: &Receipt) -> Result<ReceiptView, Refusal> {
    let (events, refusal) = match event::read(receipt)? {
        Outcome::Applied(events) => {
            let events = events.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
            (events, None)
        }
        Outcome::Refused { code, detail } => {
            // Rules of a later version may know more refusals than this program.
            let known = Code::from_number(code);
            let text = |of: fn(Code) -> &'static str| known.map_or("", of).to_owned();
            let refusal = RefusalView {
                name: text(Code::name),
                english: text(Code::english),
                chinese: text(Code::chinese),
                article: text(Code::article),
                detail: detail.to_string(),
            };
            (Vec::new(), Some(refusal))
        }
    };
    Ok(ReceiptView { code: receipt.code, applied: receipt.is_applied(), events, refusal })
}

/// The record at `index`; `None` if there is none, or it is the end of a block.
pub(super) fn find_record(shared: &Shared, index: LogIndex) -> Result<Option<Record>, Refusal> {
    let Some(bytes) = shared.store().leaf(index)? else { return Ok(None) };
    match Leaf::decode(&bytes)? {
        Leaf::Record(record) => Ok(Some(record)),
        Leaf::Closing(_) => Ok(None),
    }
}

/// The transaction that proposed the act which the record completed.
pub(super) fn proposal_of(record: &Record) -> Option<TransactionId> {
    let Ok(Outcome::Applied(events)) = event::read(&record.receipt) else { return None };
    events.into_iter().find_map(|event| match event {
        Event::Approval(approval::Event::Completed { proposal, .. }) => Some(proposal),
        _ => None,
    })
}

/// Place and outcome of the transaction whose record stands at `index`.
pub(super) fn committed(shared: &Shared, index: LogIndex) -> Result<CommittedView, Refusal> {
    let record = find_record(shared, index)?
        .ok_or_else(|| Refusal::internal(format!("the record at {index} is missing")))?;
    Ok(CommittedView { index, height: record.height, receipt: receipt(&record.receipt)? })
}

/// A movement with its record.
pub(super) fn movement(indexed: &IndexedMovement) -> Result<MovementView, Refusal> {
    let IndexedMovement { record, movement } = indexed;
    let amount = movement.amount().into();
    Ok(MovementView { record: *record, amount, movement: serde_json::to_value(movement)? })
}

/// The canonical encoding of a name.
pub(super) fn hex(value: &impl BorshSerialize) -> Hex {
    Hex(schema::encode(value))
}
