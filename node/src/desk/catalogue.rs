//! Every act by its name, `module.act`, with a complete example.
//!
//! The examples are the golden vectors of the format, so that there is one for each act that this
//! program knows, and each reads back as it stands.

use minglian_contracts::call::Call;
use minglian_contracts::words::{self, Names, Sentence};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::MemoryState;
use serde::Deserialize;
use serde_json::Value;

use super::language::Language;

/// The vectors of `contracts/`.
const VECTORS: &str = include_str!("../../../contracts/vectors/calls.json");

/// Why there is no example.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The vectors do not read: a fault of this build.
    #[error("the examples of this program do not read: {0}")]
    Vectors(serde_json::Error),
    /// No act has this name.
    #[error(
        "there is no act {name:?}; did you mean {}? `minglian tx calls` lists all",
        near.join(", ")
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names of the same module, or all modules.
        near: Vec<String>,
    },
    /// A file that holds no act.
    #[error(
        "it holds no act that this program knows: {0}; `minglian tx example NAME` prints one that \
         is complete 内容不是可识别的业务"
    )]
    Malformed(serde_json::Error),
    /// A field that the act does not have: it would be left out, and nobody would see it.
    #[error("the act has no field {0}; `minglian tx example` shows those it has 业务没有该字段")]
    NoField(String),
}

/// An act with an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// `module.act`.
    pub name: String,
    /// The example.
    pub example: Call,
}

#[derive(Deserialize)]
struct Vectors {
    values: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    json: Call,
}

/// Every act, in the order of the format; the first vector of each is its example.
///
/// # Errors
/// [`CatalogueError::Vectors`].
pub fn acts() -> Result<Vec<Act>, CatalogueError> {
    let vectors: Vectors = serde_json::from_str(VECTORS).map_err(CatalogueError::Vectors)?;
    let mut acts: Vec<Act> = Vec::new();
    for Vector { name, json } in vectors.values {
        if acts.iter().all(|act| act.name != name) {
            acts.push(Act { name, example: json });
        }
    }
    Ok(acts)
}

/// The act of this name.
///
/// # Errors
/// [`CatalogueError`].
pub fn act(name: &str) -> Result<Act, CatalogueError> {
    let acts = acts()?;
    let module = name.split('.').next().unwrap_or_default();
    let in_module = |act: &&Act| act.name.split('.').next() == Some(module);
    let near: Vec<String> = acts.iter().filter(in_module).map(|act| act.name.clone()).collect();
    let found = acts.into_iter().find(|act| act.name == name);
    found.ok_or_else(|| CatalogueError::Unknown {
        name: name.chars().take(80).collect(),
        near: if near.is_empty() { vec!["charity.donate".to_owned()] } else { near },
    })
}

/// All examples of the act of this name, which differ in what may be left out or chosen.
///
/// # Errors
/// [`CatalogueError`].
pub fn examples(name: &str) -> Result<Vec<Value>, CatalogueError> {
    let act = act(name)?;
    let vectors: Vectors = serde_json::from_str(VECTORS).map_err(CatalogueError::Vectors)?;
    let of_act = vectors.values.into_iter().filter(|vector| vector.name == act.name);
    let written = of_act.map(|vector| serde_json::to_value(vector.json));
    written.collect::<Result<_, _>>().map_err(CatalogueError::Vectors)
}

/// Reads an act from JSON. What the act would leave out is refused.
///
/// # Errors
/// [`CatalogueError::Malformed`], [`CatalogueError::NoField`].
pub fn read(json: &[u8]) -> Result<Call, CatalogueError> {
    let written: Value = serde_json::from_slice(json).map_err(CatalogueError::Malformed)?;
    let call: Call = serde_json::from_value(written.clone()).map_err(CatalogueError::Malformed)?;
    let understood = serde_json::to_value(&call).map_err(CatalogueError::Malformed)?;
    match unused(&written, &understood, "") {
        Some(field) => Err(CatalogueError::NoField(field)),
        None => Ok(call),
    }
}

/// The first field of `written` that `understood` lacks.
fn unused(written: &Value, understood: &Value, path: &str) -> Option<String> {
    match (written, understood) {
        (Value::Object(written), Value::Object(understood)) => {
            written.iter().find_map(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match understood.get(name) {
                    Some(known) => unused(value, known, &path),
                    None => Some(path.chars().take(80).collect()),
                }
            })
        }
        (Value::Array(written), Value::Array(understood)) => {
            let mut pairs = written.iter().zip(understood);
            pairs.find_map(|(written, understood)| unused(written, understood, path))
        }
        _ => None,
    }
}

/// The name of an act as [`acts`] has it.
pub fn name_of(call: &Call) -> String {
    let Ok(Value::Object(outer)) = serde_json::to_value(call) else { return String::new() };
    let Some((module, inner)) = outer.into_iter().next() else { return String::new() };
    match inner {
        Value::Object(inner) => {
            inner.into_iter().next().map_or(module.clone(), |(act, _)| format!("{module}.{act}"))
        }
        Value::String(act) => format!("{module}.{act}"),
        _ => module,
    }
}

/// Any organisation, in an example.
struct Somebody(Language);

impl Names for Somebody {
    fn organization(&self, _: &OrganizationCode) -> String {
        self.0.say("某单位", "an organisation").to_owned()
    }
}

/// Who signs an act, in order, as far as the act itself says so.
pub fn signers(call: &Call, names: &dyn Names) -> Vec<Sentence> {
    match call.policy(&MemoryState::new()) {
        Ok(policy) => words::policy::steps(&policy, names),
        // Who registers a key depends on whose it is, which only the ledger knows.
        Err(_) => vec![
            Sentence { zh: "管理员".to_owned(), en: "a governor".to_owned() },
            Sentence {
                zh: "视账本登记情况:其他单位管理员,或原密钥持有人".to_owned(),
                en: "by the registry: a governor of another, or the old key".to_owned(),
            },
        ],
    }
}

/// One act as the list shows it: name, kind and signers, and what the example does.
pub fn line(act: &Act, language: Language) -> String {
    let names = Somebody(language);
    let signers = signers(&act.example, &names);
    let arrow = language.say(" → ", " → ");
    let signers: Vec<&str> = signers.iter().map(|step| language.pick(step)).collect();
    let said = words::call(&act.example, &names);
    let kind = match language {
        Language::Zh => format!(" {}", words::kind(&act.example)),
        Language::En => String::new(),
    };
    let (signed, for_example) =
        (language.say("签署", "signed by"), language.say("例如", "for example"));
    format!(
        "{}{kind}\n    {signed}: {}\n    {for_example}: {}\n",
        act.name,
        signers.join(arrow),
        language.pick(&said)
    )
}
