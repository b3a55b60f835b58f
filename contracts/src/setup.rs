//! From a genesis file to the first state and the genesis block.

use std::collections::BTreeSet;

use minglian_ledger::block::Header;
use minglian_ledger::genesis::{Genesis, GenesisError, GenesisOrganization, Role};
use minglian_ledger::hash::{BlockId, StateRoot, ValidatorAddress};
use minglian_ledger::height::Height;
use minglian_ledger::log::LogHash;
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::overlay::Overlay;
use minglian_ledger::state::{Changes, MemoryState, StateRead};

use crate::context::RULES_VERSION;
use crate::disclosure::rule;
use crate::disclosure::rule_file::{self, RuleFileError};
use crate::fault::Fault;
use crate::parameter;
use crate::registry::{self, KeyRecord, Organization};
use crate::rules::{self, RulesError};
use crate::schema::State;
use crate::seal::{self, SealError, Sealed};
use crate::{validator_set, working_day};

/// Why a genesis cannot start a chain.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The genesis itself is faulty.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// An organisation, key or parameter that the rules refuse.
    #[error("the genesis {0}")]
    Refused(Fault),
    /// A validator's organisation is not in the file, or has no governor.
    #[error("{0} runs a validator but is not an organisation with a governor")]
    NoGovernor(OrganizationCode),
    /// The rules of disclosure do not read.
    #[error(transparent)]
    DisclosureRules(#[from] RuleFileError),
    /// The genesis block cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A file of rules that the program carries is faulty.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

impl From<Fault> for SetupError {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

/// The state that the genesis sets up, as changes to an empty state. Parameters that the rules
/// need and the genesis does not name start with the verified values of national law, see
/// [`rules`]; the rules of disclosure are those of the shipped file.
///
/// # Errors
/// [`SetupError`] naming what is wrong with the genesis.
pub fn genesis_changes(genesis: &Genesis) -> Result<Changes, SetupError> {
    genesis.check()?;
    let empty = MemoryState::new();
    let mut state: State<'_> = Overlay::new(&empty as &dyn StateRead);
    validator_set::VALIDATORS.put(&mut state, &(), &genesis.validators);
    for organization in &genesis.organizations {
        enter_organization(&mut state, organization)?;
    }
    for validator in genesis.validators.members() {
        let code = &validator.organization;
        let keys = registry::live_keys(&state, code).map_err(Fault::from)?;
        if !keys.iter().any(|(_, record)| record.role == Role::Governor) {
            return Err(SetupError::NoGovernor(*code));
        }
    }
    for parameter in &genesis.parameters {
        parameter::enter(&mut state, parameter, Height::GENESIS)?;
    }
    let named: BTreeSet<&parameter::Key> =
        genesis.parameters.iter().map(|parameter| &parameter.key).collect();
    for parameter in rules::national()? {
        if !named.contains(&parameter.key) {
            parameter::enter(&mut state, &parameter, Height::GENESIS)?;
        }
    }
    for notice in rules::holidays()? {
        working_day::enter(&mut state, &notice, Height::GENESIS)?;
    }
    for (name, terms) in rule_file::shipped()? {
        rule::enter(&mut state, &name, &terms, Height::GENESIS)?;
    }
    Ok(state.into_changes())
}

fn enter_organization(
    state: &mut State<'_>,
    organization: &GenesisOrganization,
) -> Result<(), Fault> {
    let GenesisOrganization { code, name, kind, division, officers } = organization;
    let (kind, division) = (*kind, *division);
    let entry = Organization { name: name.clone(), kind, division, registered_at: Height::GENESIS };
    registry::change::register_organization(state, code, &entry)?;
    for officer in officers {
        let record = KeyRecord {
            organization: *code,
            role: officer.role,
            officer: officer.key,
            live_from: Height::GENESIS.next(),
            live_until: None,
        };
        registry::change::register_key(state, &officer.key, &record)?;
    }
    Ok(())
}

/// The genesis block: its header, its one leaf, and the log after it. `state_root` is the root of
/// [`genesis_changes`].
///
/// # Errors
/// [`SetupError`] if the genesis has no lawful chain id.
pub fn genesis_block(genesis: &Genesis, state_root: StateRoot) -> Result<Sealed, SetupError> {
    let header = Header {
        chain_id: genesis.chain_id()?,
        height: Height::GENESIS,
        time_ms: genesis.time_ms,
        parent: BlockId::default(),
        proposer: ValidatorAddress::default(),
        log_size: 0,
        log_root: LogHash::default(),
        state_root,
        rules_version: RULES_VERSION,
        next_validators_hash: genesis.validators.hash(),
    };
    Ok(seal::close(header, Vec::new(), Frontier::new())?)
}
