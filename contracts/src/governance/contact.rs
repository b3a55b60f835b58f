//! The form of a validator's peer id and addresses. Every node parses them when it starts: one that
//! is mistyped would keep them all from starting again.

use core::net::{Ipv4Addr, Ipv6Addr};

use minglian_ledger::validators::Validator;

use crate::refusal::{Code, Refusal};

/// What stands before an Ed25519 key in a peer id: an identity multihash of 36 bytes, which hold a
/// key type (1: Ed25519) and a key of 32 bytes.
const ED25519_PEER_ID: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// Length of an Ed25519 peer id.
const PEER_ID_BYTES: usize = 38;

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Longest name of a host, and of a part between its dots (RFC 1035).
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Refuses a peer id that is not of an Ed25519 key, and an address that is not
/// `/ip4|ip6|dns|dns4|dns6/HOST/tcp/PORT`. An address names no peer: nodes add the record's own.
///
/// # Errors
/// [`Code::ValidatorContactInvalid`].
pub(super) fn check(validator: &Validator) -> Result<(), Refusal> {
    let Validator { peer_id, consensus_address, gossip_address, .. } = validator;
    if !is_peer_id(peer_id.as_str()) {
        return Err(invalid("peer id", peer_id.as_str()));
    }
    for address in [consensus_address, gossip_address] {
        if !is_address(address.as_str()) {
            return Err(invalid("address", address.as_str()));
        }
    }
    Ok(())
}

fn invalid(what: &str, text: &str) -> Refusal {
    Refusal::new(Code::ValidatorContactInvalid, format!("{what} 「{text}」"))
}

fn is_peer_id(text: &str) -> bool {
    decode_base58(text)
        .is_some_and(|bytes| bytes.len() == PEER_ID_BYTES && bytes.starts_with(&ED25519_PEER_ID))
}

/// The bytes of a base58 text; leading ones are zero bytes. None beyond a peer id's length.
fn decode_base58(text: &str) -> Option<Vec<u8>> {
    // The least significant byte first.
    let mut bytes: Vec<u8> = Vec::new();
    for character in text.bytes() {
        let digit = BASE58.iter().position(|known| *known == character)?;
        let mut carry = u32::try_from(digit).ok()?;
        for byte in &mut bytes {
            let [low, high, ..] = (u32::from(*byte) * 58 + carry).to_le_bytes();
            *byte = low;
            carry = u32::from(high);
        }
        if carry > 0 {
            bytes.push(u8::try_from(carry).ok()?);
        }
        if bytes.len() > PEER_ID_BYTES {
            return None;
        }
    }
    bytes.extend(text.bytes().take_while(|character| *character == b'1').map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

fn is_address(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let ["", protocol, host, "tcp", port] = parts[..] else { return false };
    let is_host = match protocol {
        "ip4" => host.parse::<Ipv4Addr>().is_ok(),
        "ip6" => host.parse::<Ipv6Addr>().is_ok(),
        "dns" | "dns4" | "dns6" => is_host_name(host),
        _ => false,
    };
    is_host && port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
}

fn is_host_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= HOST_BYTES_MAX && host.split('.').all(is_label)
}
