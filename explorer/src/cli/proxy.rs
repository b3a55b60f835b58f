//! The options of a site behind proxies.

use std::net::IpAddr;

use axum::http::HeaderName;
use clap::Args;
use minglian_explorer::web::Proxies;

/// Which proxies are in front.
#[derive(Debug, Args)]
pub struct ProxyOptions {
    /// The address of a proxy in front, from which it connects to this site; may be repeated. Only
    /// what these say is believed of whose request it is
    #[arg(long)]
    trusted_proxy: Vec<IpAddr>,
    /// The header in which they say so, each appending the address that it was asked from;
    /// x-forwarded-for if left out
    #[arg(long, requires = "trusted_proxy")]
    client_address_header: Option<HeaderName>,
}

impl ProxyOptions {
    /// The proxies.
    pub fn proxies(&self) -> Proxies {
        let header = self.client_address_header.clone();
        let usual = HeaderName::from_static("x-forwarded-for");
        Proxies::new(self.trusted_proxy.iter().copied(), header.unwrap_or(usual))
    }
}
