//! The names and keys under which a chain's checkpoints are signed, as every node and reader
//! derives them from the genesis and the validators' records.

use minglian_ledger::checkpoint::key::{KeyError, KeyKind, VerifierKey};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::validators::{Validator, ValidatorSet};

/// Hexadecimal digits of a validator's address in its cosigner's name.
const ADDRESS_DIGITS: usize = 16;

/// The log's own key: its name is the origin line.
pub fn log_key(genesis: &Genesis) -> Result<VerifierKey, KeyError> {
    VerifierKey::new(&genesis.origin(), KeyKind::Log, genesis.log_key.0)
}

/// The name of a validator's cosigner: origin, `/`, first 16 digits of the validator's address.
pub fn cosigner_name(origin: &str, validator: &Validator) -> String {
    let address = validator.address().to_string();
    format!("{origin}/{}", &address[..ADDRESS_DIGITS])
}

/// The cosigners of a validator set with their voting power, for
/// [`minglian_ledger::checkpoint::quorum::verify_quorum`].
pub fn cosigners(
    origin: &str,
    validators: &ValidatorSet,
) -> Result<Vec<(VerifierKey, u64)>, KeyError> {
    validators
        .members()
        .iter()
        .map(|validator| {
            let name = cosigner_name(origin, validator);
            let key = VerifierKey::new(&name, KeyKind::Cosigner, validator.cosigner_key.0)?;
            Ok((key, validator.power))
        })
        .collect()
}
