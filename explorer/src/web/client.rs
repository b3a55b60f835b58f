//! Whose request it is: who is counted where one client may have so much of something, be it
//! complaints, downloads, searches or questions.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

/// The proxies in front of this site, whose word is taken for whose request it is; by default there
/// are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    addresses: BTreeSet<IpAddr>,
    header: HeaderName,
}

impl Default for Proxies {
    fn default() -> Self {
        Self { addresses: BTreeSet::new(), header: HeaderName::from_static("x-forwarded-for") }
    }
}

impl Proxies {
    /// Proxies with these addresses, which append to `header` whose request they pass on.
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>, header: HeaderName) -> Self {
        let addresses = addresses.into_iter().map(|address| address.to_canonical());
        Self { addresses: addresses.collect(), header }
    }

    /// Whose request it is that came over a connection of `peer`: the peer itself, or, if that is a
    /// trusted proxy, the last address in the header that no trusted proxy has. What a client wrote
    /// into the header stands before that and counts for nothing. Where the header says nothing
    /// that reads as an address, it is the proxy that said so.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values = headers.get_all(&self.header).iter().rev();
        let mut told = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        while self.addresses.contains(&client) {
            let Some(before) = told.next().and_then(address) else { break };
            client = before.to_canonical();
        }
        client
    }
}

/// An address, alone or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}
