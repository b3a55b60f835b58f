//! The value of the beacon at a height: a key that no one holds, evaluated on the hash of the
//! height. There is one value, so nobody chooses; fewer than the threshold cannot foresee it.

use super::domain::BeaconValue;
use super::evaluation::{self, EvaluationError, Partial};
use super::threshold::{Request, ThresholdKey};
use crate::height::Height;

/// The value of the beacon of `key` at `height`.
///
/// # Errors
/// Every [`EvaluationError`].
pub fn value(
    key: &ThresholdKey,
    height: Height,
    partials: &[Partial],
) -> Result<BeaconValue, EvaluationError> {
    let request = Request::beacon(key, height)?;
    let results = evaluation::combine(&request, partials)?;
    let result: Vec<u8> = results.iter().flat_map(|result| result.0).collect();
    Ok(BeaconValue::of_prefixed(&[&key.id().0, &height.0.to_le_bytes(), &result]))
}
