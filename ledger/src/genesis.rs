//! How a chain starts: the file that everybody pins.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::division::Division;
use crate::hash::{BlockId, GenesisHash, StateRoot, ValidatorAddress};
use crate::height::{Height, TimeMs};
use crate::keys::PublicKey;
use crate::organization_code::OrganizationCode;
use crate::record::Closing;
use crate::text::{Text, TextError};
use crate::transaction::{self, ChainId};
use crate::validators::ValidatorSet;

/// Largest genesis file in bytes.
pub const GENESIS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What an organisation is, as far as the rules ask.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[borsh(use_discriminant = false)]
pub enum OrganizationKind {
    /// 民政部门.
    CivilAffairs,
    /// 财政部门: the only kind that issues quota to a lower government
    /// (预算法实施条例 第五十九条).
    Finance,
    /// 福利彩票发行销售机构.
    LotteryCentre,
    /// 审计机关.
    Audit,
    /// 慈善组织.
    Charity,
    /// 项目单位: spends quota given to it.
    ProjectUnit,
    /// A government body of another kind (街道, 残联, 医保局 …).
    Government,
}

/// What a key may do for its organisation. Maker, checker and payer of one act are different
/// officers.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[borsh(use_discriminant = false)]
pub enum Role {
    /// 经办: proposes.
    Maker,
    /// 复核: approves what a maker proposed.
    Checker,
    /// 支付: instructs and confirms payments.
    Payer,
    /// Registers organisations and officers, and votes on validators and parameters for a bureau
    /// that runs a node.
    Governor,
}

/// An officer's key with what it may do.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisOfficer {
    /// The officer's public key.
    pub key: PublicKey,
    /// What the key may do.
    pub role: Role,
}

/// An organisation that exists from the start.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisOrganization {
    /// 统一社会信用代码.
    pub code: OrganizationCode,
    /// Its registered name.
    pub name: Text<192>,
    /// What it is.
    pub kind: OrganizationKind,
    /// Where it acts.
    pub division: Division,
    /// Its officers.
    pub officers: Vec<GenesisOfficer>,
}

/// A dated parameter: a figure that law or policy may change.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisParameter {
    /// Its name, e.g. `lottery.fund_ratio.双色球`.
    pub key: Text<128>,
    /// Its value in `unit`.
    pub value: i64,
    /// The unit, e.g. `basis_points`, `days`, `fen`.
    pub unit: Text<32>,
    /// First day it holds.
    pub effective_from: Date,
    /// Last day it holds, if known.
    pub effective_to: Option<Date>,
    /// The law article or policy document it comes from.
    pub article: Text<256>,
    /// Who approved its entry.
    pub approved_by: Text<192>,
}

/// The start of a chain.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The network's name: lower-case letters, digits and `-`, at most 32 bytes.
    pub name: Text<32>,
    /// Whether this is a demonstration network, which says 演示 on every page and lets one command
    /// act for all signers.
    pub demonstration: bool,
    /// The start, as header time of the genesis block.
    pub time_ms: TimeMs,
    /// The key whose signature makes a checkpoint the log's own (C2SP signed note). Its holder can
    /// withhold checkpoints from generic witnesses, never forge what validators certify.
    pub log_key: PublicKey,
    /// The validators that certify block 1.
    pub validators: ValidatorSet,
    /// Organisations known from the start.
    pub organizations: Vec<GenesisOrganization>,
    /// Parameters known from the start.
    pub parameters: Vec<GenesisParameter>,
}

/// Why a genesis file cannot start a chain.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// Larger than [`GENESIS_BYTES_MAX`].
    #[error("genesis file of {0} bytes is larger than {GENESIS_BYTES_MAX}")]
    TooLarge(usize),
    /// Not the JSON of a genesis.
    #[error("genesis file does not read: {0}")]
    Malformed(String),
    /// A network name with other characters than lower-case letters, digits and `-`.
    #[error("network name {0:?} may hold only lower-case letters, digits and '-'")]
    Name(String),
    /// A chain id that does not fit its field.
    #[error("chain id: {0}")]
    ChainId(#[from] TextError),
}

impl Genesis {
    /// Checks what the field types do not.
    pub fn check(&self) -> Result<(), GenesisError> {
        let lawful = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.name.is_empty() || !self.name.as_str().bytes().all(lawful) {
            return Err(GenesisError::Name(self.name.as_str().to_owned()));
        }
        Ok(())
    }

    /// This genesis' name. Pinning it pins the chain and its first validators.
    pub fn hash(&self) -> GenesisHash {
        GenesisHash::of(&[&transaction::encode(self)])
    }

    /// The chain's id: name, `-`, first 16 hexadecimal digits of the genesis hash.
    pub fn chain_id(&self) -> Result<ChainId, GenesisError> {
        self.check()?;
        let digits = self.hash().to_string();
        Ok(ChainId::new(format!("{}-{}", self.name, &digits[..16]))?)
    }

    /// The origin line of this chain's checkpoints: it contains the genesis hash.
    pub fn origin(&self) -> String {
        format!("minglian/{}/{}", self.name, self.hash())
    }

    /// The closing leaf of the genesis block, given the state that the genesis sets up. Its parent
    /// and proposer are zero.
    pub fn closing(&self, state_root: StateRoot, rules_version: u32) -> Closing {
        Closing {
            height: Height::GENESIS,
            time_ms: self.time_ms,
            parent: BlockId::default(),
            proposer: ValidatorAddress::default(),
            state_root,
            rules_version,
            next_validators_hash: self.validators.hash(),
        }
    }
}
