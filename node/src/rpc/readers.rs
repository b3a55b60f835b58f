//! Reading what is not public: the officer's signed question in a header.

use axum::http::HeaderMap;
use data_encoding::HEXLOWER;
use minglian_client::READING_HEADER;
use minglian_ledger::deposit::{Class, DepositBody};
use minglian_ledger::reading::Reading;

use super::Shared;
use super::problem::{Kind, Refusal};
use crate::attachments::readers::ReadFault;
use crate::clock;

/// Lets through what everybody may see (`is_public`), and who may see the rest.
pub(super) fn admit(
    shared: &Shared,
    headers: &HeaderMap,
    path: &str,
    deposit: &DepositBody,
    is_public: bool,
) -> Result<(), Refusal> {
    if is_public {
        return Ok(());
    }
    let kind = match deposit.class {
        Class::Public => Kind::NotPublicYet,
        Class::Restricted | Class::Personal => Kind::NotPublic,
    };
    let not_public = || Refusal::new(kind, path);
    let value = headers.get(READING_HEADER).ok_or_else(not_public)?;
    let wrong = |reason: String| Refusal::bad(format!("{READING_HEADER}: {reason}"));
    let bytes = HEXLOWER.decode(value.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    let reading = Reading::decode(&bytes).map_err(|error| wrong(error.to_string()))?;
    let request = format!("GET {path}");
    let admitted = shared.parts.keeper.admit_reader(&reading, &request, deposit, clock::now());
    admitted.map_err(|fault| match fault {
        ReadFault::State(error) => error.into(),
        ReadFault::TooMany => Refusal::new(Kind::Busy, fault),
        fault => Refusal::new(Kind::NotReader, fault),
    })
}
