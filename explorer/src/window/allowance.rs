//! How many complaints come from one address and from all, by the hour. Addresses are in memory
//! only, and no longer than that.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use super::Limits;

/// After which counting begins anew.
const HOUR: Duration = Duration::from_secs(3_600);

/// The bits of an IPv6 address that say whose network it is.
const NETWORK_BITS: u128 = !0 << 64;

/// What came in the present hour.
#[derive(Debug, Default)]
pub struct Allowance {
    since: Option<Instant>,
    clients: BTreeMap<Option<IpAddr>, u32>,
    all: u32,
}

impl Allowance {
    /// Counts one more of an address, unless it is one too many. Requests whose address nobody
    /// knows count as one address.
    pub fn take(&mut self, from: Option<IpAddr>, limits: &Limits, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.duration_since(since) >= HOUR) {
            *self = Self { since: Some(now), ..Self::default() };
        }
        if self.all >= limits.hour_max {
            return false;
        }
        let count = self.clients.entry(from.map(network)).or_default();
        if *count >= limits.client_max {
            return false;
        }
        *count += 1;
        self.all += 1;
        true
    }
}

/// One household has a whole IPv6 network of addresses: they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => IpAddr::V6(Ipv6Addr::from_bits(it.to_bits() & NETWORK_BITS)),
        v4 => v4,
    }
}
