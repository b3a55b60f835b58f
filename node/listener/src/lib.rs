//! Serves HTTP connections within limits: how many there are, how many of one client, how long a
//! request may take to begin and an answer to be taken. The node and the explorer both listen so.

mod connection;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

pub use connection::{Clients, Place};

use connection::Patient;

/// Most open connections. Others wait to be accepted.
const CONNECTIONS_MAX: usize = 2_048;

/// How long a client may take to send the head of a request, and be idle before it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest head of a request, and of what is read ahead on a connection, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How long open requests may take to end when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// What one listener gives its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most open connections of one client.
    pub connections_per_client_max: usize,
    /// How long a client may leave an answer unread.
    pub write_patience: Duration,
}

/// Whose request it is, in the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// A pause after the system refused a connection, for example for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until `stop` turns true.
///
/// # Errors
/// If the listener is closed.
pub async fn run(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let clients = Clients::new(limits.connections_per_client_max);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &permits) => accepted?,
            Some(_) = connections.join_next() => continue,
        };
        let Some((stream, address, permit)) = accepted else { continue };
        let Some(place) = clients.enter(address) else {
            tracing::debug!(%address, "a client has as many connections as it may");
            continue;
        };
        // Answers are small and awaited one by one.
        let _ = stream.set_nodelay(true);
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(address));
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(Patient::new(stream, limits.write_patience)), service);
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection ended");
            }
            drop((place, permit));
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still open when the HTTP server stopped");
    }
    connections.shutdown().await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<Option<(TcpStream, IpAddr, OwnedSemaphorePermit)>> {
    let permit = permits.clone().acquire_owned().await.map_err(io::Error::other)?;
    match listener.accept().await {
        Ok((stream, address)) => Ok(Some((stream, address.ip(), permit))),
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            Ok(None)
        }
    }
}
