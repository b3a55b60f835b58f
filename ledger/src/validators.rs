//! Who certifies blocks.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{ValidatorAddress, ValidatorsHash};
use crate::keys::{KeyError, PublicKey};
use crate::organization_code::OrganizationCode;
use crate::text::Text;
use crate::transaction;

/// Most validators in a set.
pub const VALIDATORS_MAX: usize = 100;

/// Most voting power of one validator.
pub const POWER_MAX: u64 = 1 << 32;

/// One validator, as the ledger records it. Its keys are separate: none signs transactions.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// Signs proposals and votes.
    pub consensus_key: PublicKey,
    /// Voting power, at least 1.
    pub power: u64,
    /// The bureau that runs the node.
    pub organization: OrganizationCode,
    /// The node's name on pages and in certificates' tables.
    pub name: Text<96>,
    /// libp2p peer id, in base58.
    pub peer_id: Text<64>,
    /// Multiaddress of the consensus port, without the peer id.
    pub consensus_address: Text<128>,
    /// Multiaddress of the gossip port, without the peer id.
    pub gossip_address: Text<128>,
    /// Signs C2SP checkpoint cosignatures, never votes.
    pub cosigner_key: PublicKey,
}

impl Validator {
    /// The validator's name in consensus.
    pub fn address(&self) -> ValidatorAddress {
        ValidatorAddress::of(&[&self.consensus_key.0])
    }
}

/// Why validators do not form a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// Empty, or more than [`VALIDATORS_MAX`].
    #[error("a validator set has 1 to {VALIDATORS_MAX} members, not {0}")]
    Size(usize),
    /// Voting power outside 1..=[`POWER_MAX`].
    #[error("validator {0} has voting power {1}, outside 1 to {POWER_MAX}")]
    Power(ValidatorAddress, u64),
    /// Not strictly ascending by address.
    #[error("validators are not sorted by address, or {0} stands twice")]
    Order(ValidatorAddress),
    /// A key that must never be registered.
    #[error("validator {0} has an unusable key: {1}")]
    Key(ValidatorAddress, KeyError),
    /// One key in two uses or at two validators.
    #[error("validator {0} shares a key with another validator or another use")]
    SharedKey(ValidatorAddress),
}

/// A validator set: members strictly ascending by address.
///
/// **Invariant:** not empty, unique, powers in range, every key registrable and used once.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, Serialize)]
#[serde(transparent)]
pub struct ValidatorSet(Vec<Validator>);

impl ValidatorSet {
    /// Sorts the members and checks the invariant.
    pub fn new(mut members: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        members.sort_by_key(Validator::address);
        Self::from_sorted(members)
    }

    fn from_sorted(members: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        if members.is_empty() || members.len() > VALIDATORS_MAX {
            return Err(ValidatorSetError::Size(members.len()));
        }
        let mut keys = std::collections::BTreeSet::new();
        let mut last = None;
        for member in &members {
            let address = member.address();
            if last.is_some_and(|last| last >= address) {
                return Err(ValidatorSetError::Order(address));
            }
            last = Some(address);
            if !(1..=POWER_MAX).contains(&member.power) {
                return Err(ValidatorSetError::Power(address, member.power));
            }
            for key in [member.consensus_key, member.cosigner_key] {
                key.check_registrable().map_err(|error| ValidatorSetError::Key(address, error))?;
                if !keys.insert(key) {
                    return Err(ValidatorSetError::SharedKey(address));
                }
            }
        }
        Ok(Self(members))
    }

    /// The members, ascending by address.
    pub fn members(&self) -> &[Validator] {
        &self.0
    }

    /// The member at `address`.
    pub fn find(&self, address: &ValidatorAddress) -> Option<&Validator> {
        let position = self.0.binary_search_by_key(address, Validator::address).ok()?;
        self.0.get(position)
    }

    /// The sum of all voting power; at most 100 × 2^32, so it cannot overflow.
    pub fn total_power(&self) -> u64 {
        self.0.iter().map(|member| member.power).sum()
    }

    /// Whether `power` is more than two thirds of the total: the quorum of certificates,
    /// checkpoints and governance.
    pub fn is_quorum(&self, power: u64) -> bool {
        u128::from(power) * 3 > u128::from(self.total_power()) * 2
    }

    /// This set's name.
    pub fn hash(&self) -> ValidatorsHash {
        ValidatorsHash::of(&[&transaction::encode(self)])
    }
}

impl BorshDeserialize for ValidatorSet {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let count = u32::deserialize_reader(reader)? as usize;
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        if count > VALIDATORS_MAX {
            return Err(invalid(ValidatorSetError::Size(count)));
        }
        let members =
            (0..count).map(|_| Validator::deserialize_reader(reader)).collect::<io::Result<_>>()?;
        Self::from_sorted(members).map_err(invalid)
    }
}

impl<'de> Deserialize<'de> for ValidatorSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_sorted(Deserialize::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
