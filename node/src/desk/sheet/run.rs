//! Sending the acts of a sheet: each is kept before it goes, looked up before it is signed, and
//! written down with what became of it. Running the same sheet again goes on where it stopped.

use std::collections::BTreeMap;
use std::io;

use minglian_client::ClientError;
use minglian_client::wire::Hex;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::ClientReference;

use super::build::RowAct;
use super::cells::ReceiptCode;
use crate::desk::office::{Known, Office, OfficeError};
use crate::desk::opinion::{self, OpinionError};
use crate::desk::outbox::{Entry, OutboxError};
use crate::desk::outcome::{Outcome, Place, Refused};
use crate::desk::public_name;

/// Acts sent at a time.
const BATCH: usize = 100;

/// Why a run stops. What was sent stays; running again goes on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The node or the outbox.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// A text cannot be kept beside the outbox.
    #[error(transparent)]
    Opening(#[from] OpinionError),
    /// The outcomes cannot be written.
    #[error("writing the outcomes: {0}")]
    Outcomes(#[from] io::Error),
}

/// A name that everybody was to see and that the node did not take. The same sheet again tries it
/// again.
#[derive(Debug)]
pub struct Unpublished {
    /// The row.
    pub row: u64,
    /// Why.
    pub error: ClientError,
}

/// Enters acts, in order, and reports each with its outcome; then makes the names of those public
/// who agreed to it. What of that the node did not take is returned.
///
/// # Errors
/// [`RunError`].
pub async fn enter(
    office: &mut Office,
    key: &SigningKey,
    organization: OrganizationCode,
    acts: &[RowAct],
    mut report: impl FnMut(&RowAct, &Outcome) -> io::Result<()>,
) -> Result<Vec<Unpublished>, RunError> {
    let mut unpublished = Vec::new();
    let waiting = office.outbox.entries().map_err(OfficeError::from)?;
    let waiting = waiting.into_iter().filter(|entry| entry.organization == organization);
    let waiting: BTreeMap<ClientReference, Entry> =
        waiting.map(|entry| (entry.client_reference.clone(), entry)).collect();
    for batch in acts.chunks(BATCH) {
        office.refresh().await?;
        let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.len()];
        let (mut places, mut entries) = (Vec::new(), Vec::new());
        for (place, act) in batch.iter().enumerate() {
            for opening in &act.openings {
                opinion::keep(&office.outbox.openings(), &opening.text, opening.salt)?;
            }
            let signed = waiting.get(&act.reference);
            match prepare(office, key, organization, act, signed).await? {
                Prepared::Known(outcome) => outcomes[place] = Some(outcome),
                Prepared::Signed(entry) => {
                    places.push(place);
                    entries.push(entry);
                }
            }
        }
        for (place, outcome) in places.into_iter().zip(office.send_all(&entries).await?) {
            outcomes[place] = Some(outcome);
        }
        for (act, outcome) in batch.iter().zip(&outcomes) {
            let Some(outcome) = outcome else { continue };
            report(act, outcome)?;
            // A record must name what is handed over; a refused act names nothing.
            if outcome.is_taken() {
                let failed = publish(office, key, organization, act).await;
                let failed = failed.filter(|error| !public_name::is_of_no_use(outcome, error));
                unpublished.extend(failed.map(|error| Unpublished { row: act.row, error }));
            }
        }
    }
    Ok(unpublished)
}

async fn publish(
    office: &Office,
    key: &SigningKey,
    organization: OrganizationCode,
    act: &RowAct,
) -> Option<ClientError> {
    for opening in act.openings.iter().filter(|opening| opening.is_public) {
        if let Err(error) = office.publish(key, organization, opening).await {
            return Some(error);
        }
    }
    None
}

enum Prepared {
    Known(Outcome),
    Signed(Entry),
}

async fn prepare(
    office: &Office,
    key: &SigningKey,
    organization: OrganizationCode,
    act: &RowAct,
    signed: Option<&Entry>,
) -> Result<Prepared, RunError> {
    let known = office.known_with(&organization, &act.reference, &act.call, signed).await;
    let transaction = match known {
        Ok(Known::Settled(outcome)) => return Ok(Prepared::Known(*outcome)),
        Ok(Known::Signed(transaction)) => *transaction,
        Ok(Known::Nothing) => office.sign(key, organization, act.reference.clone(), &act.call),
        // One row that differs from what was sent before does not stop the others.
        Err(
            error @ (OfficeError::ReferenceTaken { .. }
            | OfficeError::Outbox(OutboxError::ReferenceWaits { .. })),
        ) => {
            let (code, detail) = ("reference_taken".to_owned(), error.to_string());
            return Ok(Prepared::Known(Outcome::NotTaken { code, detail, for_now: false }));
        }
        Err(error) => return Err(error.into()),
    };
    let entry = office.outbox.put(&transaction, office.client.base_url());
    Ok(Prepared::Signed(entry.map_err(OfficeError::from)?))
}

/// The header of the outcomes' file.
pub const OUTCOME_HEADER: &str = "row 行,reference 业务编号,outcome 结果,record 记录号,proposal 待办业务号,\
     code 代码,detail 说明,receipt_code 票据查询码,receipt_salt 票据盐\n";

/// One line of the outcomes' file.
pub fn outcome_line(act: &RowAct, outcome: &Outcome) -> String {
    let (mut record, mut proposal_id, mut code, mut detail) =
        (String::new(), String::new(), String::new(), String::new());
    let name = match outcome {
        Outcome::Applied { place: Place { index, .. }, .. } => {
            record = index.to_string();
            "applied 已生效"
        }
        Outcome::Waiting { place: Place { index, .. }, proposal, is_open, .. } => {
            (record, proposal_id) = (index.to_string(), proposal.to_string());
            if *is_open { "waiting 待审批" } else { "settled 已不在待办" }
        }
        Outcome::Refused { place: Place { index, .. }, refusal } => {
            let Refused { chinese, advice_chinese, .. } = refusal;
            (record, code) = (index.to_string(), refusal.code.to_string());
            detail = format!("{chinese} ({}) {advice_chinese}", refusal.detail);
            "refused 未获通过"
        }
        Outcome::NotTaken { code: reason, detail: said, .. } => {
            (code, detail) = (reason.clone(), said.clone());
            "not_taken 未受理"
        }
        Outcome::Unsettled { detail: said, .. } => {
            detail = said.clone();
            "unsettled 待确认"
        }
    };
    let hex = |bytes: [u8; 16]| Hex(bytes.to_vec()).to_string();
    let (receipt, salt) = act
        .receipt
        .map_or_else(Default::default, |ReceiptCode { code, salt }| (hex(code), hex(salt)));
    let row = act.row.to_string();
    let cells = [
        &row,
        act.reference.as_str(),
        name,
        &record,
        &proposal_id,
        &code,
        &detail,
        &receipt,
        &salt,
    ];
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\n", cells.join(","))
}

/// A cell of CSV that no spreadsheet program takes for a formula.
fn quoted(cell: &str) -> String {
    let mark = if cell.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{mark}{}\"", cell.replace('"', "\"\""))
}
