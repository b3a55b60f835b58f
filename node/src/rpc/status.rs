//! The node itself: health, counters, peers.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use minglian_client::wire::{Health, HealthStatus, Page, PeerView};

use super::Node;
use super::extract::json_answer;
use super::problem::{Kind, Refusal};
use crate::clock;
use crate::gossip::counters::CounterSnapshot;

/// Peers that are connected.
#[utoipa::path(
    get, path = "/v1/peers", tag = "node",
    responses((status = 200, description = "ids of the connected peers"))
)]
pub(super) async fn peers(State(shared): Node) -> Result<Response, Refusal> {
    let peers = (shared.parts.network.peers)();
    let items = peers.into_iter().map(|peer_id| PeerView { peer_id }).collect();
    json_answer(&Page { items, next: None })
}

/// How the node is.
#[utoipa::path(
    get, path = "/health", tag = "node",
    responses(
        (status = 200, description = "height, age of the last block, peers, waiting transactions"),
        (status = 503, description = "the node is stopping"),
    )
)]
pub(super) async fn health(State(shared): Node) -> Result<Response, Refusal> {
    let header = shared.chain().head().header;
    if *shared.stop.borrow() {
        return Err(Refusal::new(Kind::Stopped, format!("at height {}", header.height)));
    }
    json_answer(&Health {
        status: HealthStatus::Running,
        height: header.height,
        last_block_age_ms: clock::now().0.saturating_sub(header.time_ms.0),
        peers: (shared.parts.network.peers)().len(),
        waiting: shared.parts.admission.size().0,
        attachment_bytes_max: Some(shared.parts.keeper.settings().bytes_max),
        detail: None,
    })
}

/// The node's counters for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "node",
    responses((status = 200, description = "Prometheus' text format"))
)]
pub(super) async fn metrics(State(shared): Node) -> Response {
    let mut text = shared.parts.metrics.render();
    text.push_str(&shared.parts.keeper.render());
    text.push_str(&(shared.parts.network.metrics)());
    let peers = (shared.parts.network.peers)().len();
    // Writing to a String does not fail.
    let _ = write!(text, "# TYPE minglian_peers gauge\nminglian_peers {peers}\n");
    let content = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, content)], text).into_response()
}

/// The gossip's counters in the text format that Prometheus reads.
pub(super) fn render_gossip(counters: &CounterSnapshot) -> String {
    let CounterSnapshot {
        transactions_broadcast,
        transactions_rebroadcast,
        cosignatures_broadcast,
        broadcasts_refused,
        messages_sent,
        bytes_sent,
        messages_dropped,
        messages_received,
        bytes_received,
        transactions_received,
        cosignatures_received,
        messages_malformed,
        messages_forged,
        connections_refused,
        handshakes_failed,
        dials_failed,
        pings_failed,
    } = *counters;
    let values = [
        ("transactions_broadcast", transactions_broadcast),
        ("transactions_rebroadcast", transactions_rebroadcast),
        ("cosignatures_broadcast", cosignatures_broadcast),
        ("broadcasts_refused", broadcasts_refused),
        ("messages_sent", messages_sent),
        ("bytes_sent", bytes_sent),
        ("messages_dropped", messages_dropped),
        ("messages_received", messages_received),
        ("bytes_received", bytes_received),
        ("transactions_received", transactions_received),
        ("cosignatures_received", cosignatures_received),
        ("messages_malformed", messages_malformed),
        ("messages_forged", messages_forged),
        ("connections_refused", connections_refused),
        ("handshakes_failed", handshakes_failed),
        ("dials_failed", dials_failed),
        ("pings_failed", pings_failed),
    ];
    let mut text = String::new();
    for (name, value) in values {
        let name = format!("minglian_gossip_{name}_total");
        let _ = write!(text, "# TYPE {name} counter\n{name} {value}\n");
    }
    text
}
