//! The rule of [`quorum`] as a C2SP tlog-policy file, which other people's tools can enforce.

use std::fmt::Write as _;

use crate::checkpoint::cosignature::{self, SignatureError};
use crate::checkpoint::key::{KeyKind, VerifierKey};
use crate::checkpoint::quorum::{self, QuorumError};

/// The name of the one group in the policy.
pub const GROUP_NAME: &str = "more-than-two-thirds";

/// A policy that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A key is of the wrong kind.
    #[error(transparent)]
    Key(#[from] SignatureError),
    /// The cosigners are no lawful set.
    #[error(transparent)]
    Cosigners(#[from] QuorumError),
    /// Not even all cosigners together are a quorum: there is none, or none with power.
    #[error("the cosigners have no voting power")]
    NoPower,
    /// A cosigner's name is used twice, or means something else in a policy.
    #[error("{name:?} cannot name a witness in a policy")]
    Name {
        /// The cosigner's key name.
        name: String,
    },
}

/// Writes the policy: this log, these cosigners as witnesses, and the quorum.
///
/// A policy counts witnesses and knows no power. The number written is the least `k` for which
/// *any* `k` cosigners have more than 2/3 of the power: exact when all powers are equal, as strict
/// or stricter otherwise, never weaker. Cosigners without power are left out.
pub fn policy_text(
    log_key: &VerifierKey,
    cosigners: &[(VerifierKey, u64)],
) -> Result<String, PolicyError> {
    cosignature::check_kind(log_key, KeyKind::Log)?;
    let power_total = quorum::total_power(cosigners)?;
    let witnesses: Vec<_> = cosigners.iter().filter(|(_, power)| *power > 0).collect();
    let count = quorum_count(witnesses.iter().map(|(_, power)| *power).collect(), power_total)
        .ok_or(PolicyError::NoPower)?;
    let mut text = String::new();
    let mut names: Vec<&str> = vec!["none", GROUP_NAME];
    // Writing to a string cannot fail.
    let _ = writeln!(text, "log {log_key}\n");
    for (key, _) in witnesses {
        cosignature::check_kind(key, KeyKind::Cosigner)?;
        if names.contains(&key.name()) {
            return Err(PolicyError::Name { name: key.name().to_owned() });
        }
        names.push(key.name());
        let _ = writeln!(text, "witness {} {key}", key.name());
    }
    let members = names[2..].join(" ");
    let _ = writeln!(text, "group {GROUP_NAME} {count} {members}\nquorum {GROUP_NAME}");
    Ok(text)
}

/// The least number of cosigners of which any selection is a quorum: the weakest must suffice.
fn quorum_count(mut powers: Vec<u64>, power_total: u64) -> Option<usize> {
    powers.sort_unstable();
    let mut power = 0_u64;
    for (position, weakest) in powers.into_iter().enumerate() {
        power = power.checked_add(weakest)?;
        if quorum::is_quorum(power, power_total) {
            return Some(position + 1);
        }
    }
    None
}
