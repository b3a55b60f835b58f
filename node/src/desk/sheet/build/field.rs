//! Fields of an act in JSON by their paths.

use serde_json::Value;

/// The field of an act at a path, such as `order.amount`.
pub(super) fn get<'a>(act: &'a Value, name: &str, path: &str) -> Option<&'a Value> {
    name.split('.').chain(path.split('.')).try_fold(act, |value, part| value.get(part))
}

/// Sets the field at a path.
pub(super) fn set(act: &mut Value, name: &str, path: &str, value: Value) {
    let mut at = act;
    for part in name.split('.').chain(path.split('.')) {
        at = &mut at[part];
    }
    *at = value;
}
