//! Choosing TCP ports that are free now.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use anyhow::{Context as _, bail, ensure};
use rand::Rng as _;

/// Where ports are looked for: below the range from which the kernel takes ports for outgoing
/// connections, so that a port stays free while its node is down.
const PORTS: Range<u16> = 12_000..32_000;

/// How many places are tried.
const TRIES: usize = 200;

/// Whether nobody listens on a loopback port.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A port that is free now.
pub fn free() -> anyhow::Result<u16> {
    neighbouring(1, None)?.first().copied().context("no port")
}

/// `count` neighbouring ports: from `base` if given, else somewhere.
pub fn neighbouring(count: u16, base: Option<u16>) -> anyhow::Result<Vec<u16>> {
    let from = |first: u16| (first..first.saturating_add(count)).collect::<Vec<_>>();
    if let Some(base) = base {
        let highest = u32::from(base) + u32::from(count);
        ensure!(
            base > 0 && highest <= u32::from(u16::MAX),
            "--base-port {base} leaves no room for {count} ports: it is from 1 to {}",
            u16::MAX - count
        );
        let ports = from(base);
        let taken: Vec<_> = ports.iter().copied().filter(|port| !is_free(*port)).collect();
        ensure!(taken.is_empty(), "ports {taken:?} are in use; choose another --base-port");
        return Ok(ports);
    }
    for _ in 0..TRIES {
        let ports = from(rand::thread_rng().gen_range(PORTS.start..PORTS.end - count));
        if ports.iter().all(|port| is_free(*port)) {
            return Ok(ports);
        }
    }
    bail!("no {count} neighbouring ports are free between {} and {}", PORTS.start, PORTS.end)
}
