//! Golden vectors: `ledger/vectors/*.json` hold what the code makes of fixed input. Other verifiers
//! read them. With `MINGLIAN_REGENERATE_VECTORS=1` the files are written anew, which is a reviewed
//! change of the format; otherwise a file that differs is a failure.

mod edwards;
mod encodings;
mod evidence;
mod hashes;
mod log_trees;
mod notes;
mod samples;
mod state;
mod subsidy;
mod transactions;

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use serde::Serialize as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

/// Compares `file` with `body`, or writes it when told to by the environment.
fn check(file: &str, about: &str, mut body: Value) {
    body["about"] = json!(about);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    if std::env::var_os("MINGLIAN_REGENERATE_VECTORS").is_some_and(|value| value == "1") {
        let mut text = Vec::new();
        let formatter = PrettyFormatter::with_indent(b" ");
        body.serialize(&mut Serializer::with_formatter(&mut text, formatter)).unwrap();
        text.push(b'\n');
        fs::write(&path, text).unwrap();
    }
    let stored: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    if let Some(place) = first_difference("", &stored, &body) {
        panic!("{file} is stale at {place}: the format has changed, see docs/format.md");
    }
}

/// Where two values first differ.
fn first_difference(place: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) if left.keys().eq(right.keys()) => {
            left.iter().find_map(|(key, value)| {
                first_difference(&format!("{place}/{key}"), value, &right[key])
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            left.iter().zip(right).enumerate().find_map(|(at, (left, right))| {
                first_difference(&format!("{place}/{at}"), left, right)
            })
        }
        _ => (left != right).then(|| place.to_owned()),
    }
}

/// The name of an error as `docs/format.md` gives it: the variant, without its values. A variant
/// that wraps another error is left out, except for evidence, where both names stand.
fn error_name(error: &impl Debug) -> String {
    const WRAPPERS: [&str; 3] = ["Certificate", "Log", "State"];
    let text = format!("{error:?}");
    let mut names = text.split('(').map(|part| part.split([' ', '{', ')']).next().unwrap_or(""));
    let first = names.next().unwrap_or_default();
    match names.next() {
        Some(second) if WRAPPERS.contains(&first) => match names.next() {
            Some(third) if second == "Statement" => format!("{first}.{third}"),
            _ => format!("{first}.{second}"),
        },
        Some(second) if matches!(first, "Statement" | "Signature" | "Name" | "Checkpoint") => {
            second.to_owned()
        }
        _ => first.to_owned(),
    }
}
