//! Listening: what one client may hold of the site.

use std::time::Duration;

use minglian_listener::Limits;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{App, router};

/// A browser opens six connections; behind one address of an office there are several.
pub const LIMITS: Limits =
    Limits { connections_per_client_max: 256, write_patience: Duration::from_secs(30) };

/// Serves the pages until `stop` turns true.
///
/// # Errors
/// If the listener is closed.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    minglian_listener::run(listener, router(app), LIMITS, stop).await
}
