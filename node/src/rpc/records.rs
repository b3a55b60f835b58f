//! Records of the log, and proofs.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use minglian_client::wire::{Currency, Hex, RecordView};
use minglian_contracts::call::Call;
use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::evidence::{CHANGES_MAX, Evidence, Subject, ValidatorChange};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log::proof;
use minglian_ledger::record::Record;
use minglian_ledger::state::{self, StateRead as _};
use minglian_ledger::store::Store;
use serde::Deserialize;

use super::extract::{Params, Segments, bytes_answer, json_answer, wants_bytes};
use super::problem::{Kind, Refusal};
use super::{Node, Shared, reading, view};

/// A record of the log, decoded.
#[utoipa::path(
    get, path = "/v1/records/{index}", tag = "records",
    params(("index" = u64, Path, description = "position in the log")),
    responses(
        (status = 200, description = "transaction, call, receipt, height and time"),
        (status = 404, description = "no leaf there, or the end of a block"),
    )
)]
pub(super) async fn record(
    State(shared): Node,
    Segments(index): Segments<u64>,
) -> Result<Response, Refusal> {
    let index = LogIndex(index);
    let view = reading(shared, move |shared| {
        let record = view::find_record(shared, index)?
            .ok_or_else(|| Refusal::absent(format!("no record stands at {index}")))?;
        record_view(shared, record)
    });
    json_answer(&view.await?)
}

fn record_view(shared: &Shared, record: Record) -> Result<RecordView, Refusal> {
    let Record { height, index, transaction, receipt } = record;
    let id = transaction.id();
    let body = transaction.body;
    let header = shared
        .store()
        .header(height)?
        .ok_or_else(|| Refusal::internal(format!("header {height} is missing")))?
        .header;
    Ok(RecordView {
        index,
        height,
        time_ms: header.time_ms,
        id,
        chain_id: body.chain_id,
        organization: body.organization,
        client_reference: body.client_reference,
        expires_at: body.expires_at,
        key: transaction.key,
        signature: transaction.signature,
        call: serde_json::to_value(Call::decode(&body.call)?)?,
        call_bytes: Hex(body.call),
        receipt: view::receipt(&receipt)?,
        currency: Currency::Cny,
    })
}

/// What the reader of a proof trusts already.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Trusted {
    /// Leave out the validator changes up to this height, which the reader trusts.
    since_height: Option<u64>,
}

impl Trusted {
    pub(super) fn since(&self) -> Height {
        Height(self.since_height.unwrap_or(0))
    }
}

/// Proof that a leaf stands in the log.
#[utoipa::path(
    get, path = "/v1/records/{index}/evidence", tag = "records",
    params(
        ("index" = u64, Path, description = "position in the log"),
        Trusted,
    ),
    responses(
        (status = 200, description = "evidence as JSON, or in borsh for application/octet-stream"),
        (status = 404, description = "no leaf stands there"),
    )
)]
pub(super) async fn record_evidence(
    State(shared): Node,
    Segments(index): Segments<u64>,
    Params(trusted): Params<Trusted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let evidence = reading(shared, move |shared| leaf_evidence(shared, index, trusted.since()));
    evidence_answer(&headers, evidence.await?)
}

fn leaf_evidence(shared: &Shared, index: u64, since: Height) -> Result<Evidence, Refusal> {
    let store = shared.store();
    // The log below a committed size never changes, so no lock is needed.
    let header = shared.chain().head().header;
    let absent = || Refusal::absent(format!("no leaf stands at {index}"));
    if index >= header.log_size {
        return Err(absent());
    }
    let bytes = store.leaf(LogIndex(index))?.ok_or_else(absent)?;
    let proof = proof::inclusion_proof(store, index, header.log_size).map_err(Refusal::internal)?;
    let subject = Subject::Leaf { index: LogIndex(index), bytes, proof };
    certified(store, header, since, subject)
}

/// Proof of what the state says of `key` after the last block.
pub(super) fn state_evidence(
    shared: &Shared,
    key: Vec<u8>,
    since: Height,
) -> Result<Evidence, Refusal> {
    let proven = shared.chain().with_state(|header, tree, store| {
        let value = store.get(&key)?;
        let proof = state::proof::prove(tree, store, &key)?;
        Ok::<_, Refusal>((header.clone(), Subject::State { key, value, proof }))
    });
    // Certificates and changes of validators below a height never change: blocks need not wait.
    let (header, subject) = proven?;
    certified(shared.store(), header, since, subject)
}

/// Adds the certificate, and the validator changes after `since`.
fn certified(
    store: &Store,
    header: Header,
    since: Height,
    subject: Subject,
) -> Result<Evidence, Refusal> {
    let certificate = certificate(store, header.height)?;
    if since >= header.height {
        let detail = format!("since_height is {since}, the last block is {}", header.height);
        return Err(Refusal::bad(detail));
    }
    let mut changes = Vec::new();
    for (height, validators) in store.validator_changes(since)? {
        if height >= header.height {
            break;
        }
        if changes.len() >= CHANGES_MAX {
            let detail = format!("more than {CHANGES_MAX} changes; ask in steps");
            return Err(Refusal::bad(detail));
        }
        let stored = store
            .header(height)?
            .ok_or_else(|| Refusal::internal(format!("header {height} is missing")))?;
        let certificate = self::certificate(store, height)?;
        changes.push(ValidatorChange { header: stored.header, certificate, validators });
    }
    Ok(Evidence { changes, header, certificate, subject })
}

fn certificate(store: &Store, height: Height) -> Result<Certificate, Refusal> {
    let missing = || Refusal::new(Kind::Uncertified, format!("height {height}"));
    store.certificate(height)?.ok_or_else(missing)
}

/// Evidence in the form that the reader asks for.
pub(super) fn evidence_answer(
    headers: &HeaderMap,
    evidence: Evidence,
) -> Result<Response, Refusal> {
    if wants_bytes(headers) {
        return Ok(bytes_answer(evidence.encode()));
    }
    json_answer(&evidence)
}
