//! The names behind the codes that an act holds.

use std::collections::{BTreeMap, BTreeSet};

use minglian_client::{Client, ClientError};
use minglian_contracts::words::Names;
use minglian_ledger::organization_code::OrganizationCode;
use serde_json::Value;

use super::language::plain;

/// Names that a node gave for codes. A code without a name stands for itself.
#[derive(Debug, Clone, Default)]
pub struct Directory(BTreeMap<OrganizationCode, String>);

impl Directory {
    /// Asks a node for the organisations that `acts` name and that are not known yet.
    ///
    /// # Errors
    /// [`ClientError`] if the node cannot be asked; a code that it does not know is no error.
    pub async fn learn(&mut self, client: &Client, acts: &[Value]) -> Result<(), ClientError> {
        let mut codes = BTreeSet::new();
        acts.iter().for_each(|act| collect(act, &mut codes));
        for code in codes {
            if !self.0.contains_key(&code) {
                self.learn_one(client, code).await?;
            }
        }
        Ok(())
    }

    /// Asks a node for one organisation.
    ///
    /// # Errors
    /// [`ClientError`] if the node cannot be asked.
    pub async fn learn_one(
        &mut self,
        client: &Client,
        code: OrganizationCode,
    ) -> Result<(), ClientError> {
        let name = match client.organization(&code, None).await {
            Ok(detail) => detail.organization.organization["name"].as_str().map(plain),
            Err(error) if error.is_vacant() => None,
            Err(error) => return Err(error),
        };
        self.0.insert(code, name.unwrap_or_else(|| code.to_string()));
        Ok(())
    }
}

impl Names for Directory {
    fn organization(&self, code: &OrganizationCode) -> String {
        self.0.get(code).cloned().unwrap_or_else(|| code.to_string())
    }
}

fn collect(value: &Value, codes: &mut BTreeSet<OrganizationCode>) {
    match value {
        Value::String(text) => codes.extend(OrganizationCode::parse(text)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, codes)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, codes)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
