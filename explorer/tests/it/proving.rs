//! A node on loopback that proves what its chain holds, as a node's HTTP interface does.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use minglian_client::checkpoint::cosigner_name;
use minglian_client::wire::{Consistency, HeaderView};
use minglian_contracts::book::{self, AccountId};
use minglian_ledger::checkpoint::note::{Note, NoteSignature};
use minglian_ledger::checkpoint::{Checkpoint, cosignature};
use minglian_ledger::evidence::{Evidence, Subject};
use minglian_ledger::height::LogIndex;
use minglian_ledger::log::proof;
use minglian_ledger::log::tiles::{self, Tile};
use minglian_ledger::state::{self, StateRead};
use serde::Deserialize;

use crate::chain::{Chain, ORGANIZATIONS, secret_key, validator};
use crate::site::serve;

type Node = State<Arc<Chain>>;

/// Serves the chain; the address.
pub async fn node(chain: Arc<Chain>) -> String {
    let router = Router::new()
        .route("/v1/records/{index}/evidence", get(record_evidence))
        .route("/v1/accounts/{id}/evidence", get(account_evidence))
        .route("/v1/consistency", get(consistency))
        .route("/v1/headers/latest", get(latest))
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/{*tile}", get(bundle));
    serve(router.with_state(chain)).await
}

fn evidence(chain: &Chain, subject: Subject) -> Response {
    let last = chain.blocks.last().unwrap();
    let header = last.block.header.clone();
    let certificate = last.certificate.clone().unwrap();
    Evidence { changes: Vec::new(), header, certificate, subject }.encode().into_response()
}

async fn record_evidence(State(chain): Node, Path(index): Path<u64>) -> Response {
    let Some(bytes) = chain.leaves.get(usize::try_from(index).unwrap()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let proof = proof::inclusion_proof(&chain.log, index, chain.log.size()).unwrap();
    evidence(&chain, Subject::Leaf { index: LogIndex(index), bytes: bytes.clone(), proof })
}

async fn account_evidence(State(chain): Node, Path(id): Path<String>) -> Response {
    let encoded = data_encoding::HEXLOWER.decode(id.as_bytes()).unwrap();
    let id: AccountId = borsh::from_slice(&encoded).unwrap();
    let key = book::account_key(&id);
    let value = chain.state.get(&key).unwrap();
    let proof = state::proof::prove(&chain.tree, &chain.state, &key).unwrap();
    evidence(&chain, Subject::State { key, value, proof })
}

#[derive(Deserialize)]
struct Sizes {
    from: u64,
    to: u64,
}

async fn consistency(State(chain): Node, Query(Sizes { from, to }): Query<Sizes>) -> Response {
    let (Some(from_root), Some(to_root)) = (chain.log.root_at(from), chain.log.root_at(to)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let proof = proof::consistency_proof(&chain.log, from, to).unwrap();
    Json(Consistency { from, from_root, to, to_root, proof }).into_response()
}

async fn latest(State(chain): Node) -> Json<HeaderView> {
    let last = chain.blocks.last().unwrap();
    let header = last.block.header.clone();
    let certificate = last.certificate.clone();
    let first_leaf = LogIndex(chain.log.size() - 2);
    Json(HeaderView { block_id: header.id(), header, first_leaf, certificate })
}

/// Signed by the log and by three of the four validators.
async fn checkpoint(State(chain): Node) -> String {
    let origin = chain.genesis.origin();
    let head = Checkpoint::new(&origin, chain.log.size(), chain.log.root()).unwrap();
    let log = NoteSignature::sign(&origin, &secret_key("log"), &head.to_string()).unwrap();
    let cosigned = ORGANIZATIONS[..3].iter().map(|(key, ..)| {
        let name = cosigner_name(&origin, &validator(key));
        let secret = secret_key(&format!("{key}/cosigner"));
        cosignature::cosign(&head, &name, &secret, 1_614_571_200).unwrap()
    });
    let signatures = std::iter::once(log).chain(cosigned).collect();
    Note::new(head.to_string(), signatures).unwrap().to_string()
}

/// A bundle of leaves as C2SP tlog-tiles names it.
async fn bundle(State(chain): Node, Path(path): Path<String>) -> Response {
    let tile: Tile = path.parse().unwrap();
    let first = usize::try_from(tile.first_item()).unwrap();
    let leaves = &chain.leaves[first..first + usize::from(tile.width())];
    tiles::entry_bundle(leaves).unwrap().into_response()
}
