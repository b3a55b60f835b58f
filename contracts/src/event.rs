//! What a receipt reports: `Receipt.events` is the borsh encoding of a list of these, or, for a
//! refused act, of its [`crate::refusal::Detail`].

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::record::Receipt;
use serde::{Deserialize, Serialize};

use crate::context::Report;
use crate::refusal::{Code, Detail, Refusal};
use crate::schema;
use crate::{
    allocation, approval, book, charity, disclosure, enrolment, governance, homes, lottery,
    opening, oversight, parameter, payment, project, registry, subsidy,
};

/// Declares [`Event`] and the number of each kind from one table.
macro_rules! events {
    ($($(#[$doc:meta])* $number:literal $name:ident($report:ty))*) => {
        /// One thing that an applied act has caused. Each module owns the enum of its events; the
        /// numbers here and the order of the variants there are part of the format.
        #[derive(
            Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        #[borsh(use_discriminant = true)]
        #[repr(u8)]
        pub enum Event {
            $($(#[$doc])* $name($report) = $number,)*
        }

        $(impl Report for $report {
            const NUMBER: u8 = $number;
        })*
    };
}

events! {
    /// Money moved, with the exact intervals.
    0 Movement(book::Movement)
    /// A parameter by which the act was judged, with its version.
    1 Judged(parameter::Judged)
    /// Organisations and keys.
    2 Registry(registry::Event)
    /// Proposals and approvals.
    3 Approval(approval::Event)
    /// Validators and parameters.
    4 Governance(governance::Event)
    /// Quota.
    5 Allocation(allocation::Event)
    /// The lottery's fund.
    6 Lottery(lottery::Event)
    /// Projects.
    7 Project(project::Event)
    /// Payments.
    8 Payment(payment::Event)
    /// Charity money.
    9 Charity(charity::Event)
    /// Subsidies to persons.
    10 Subsidy(subsidy::Event)
    /// What must be made public, and what was.
    11 Disclosure(disclosure::Event)
    /// Complaints, audits, samples, inspections.
    12 Oversight(oversight::Event)
    /// Orders to erase what is kept off the log.
    13 Opening(opening::Event)
    /// Subsidies to homes for the old.
    14 Homes(homes::Event)
    /// Keys that nobody holds, and enrolments under them.
    15 Enrolment(enrolment::Event)
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Applied, with its events in order.
    Applied(Vec<Event>),
    /// Refused: the number, and the offending values.
    Refused {
        /// The refusal's number; [`Code::from_number`] knows its sentences.
        code: u32,
        /// The offending values.
        detail: Detail,
    },
}

/// The receipt of an applied act that caused these encoded events: borsh writes a list as its
/// length and then its items.
pub fn applied(events: &[Vec<u8>]) -> Receipt {
    let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
    let mut bytes = count.to_le_bytes().to_vec();
    events.iter().for_each(|event| bytes.extend_from_slice(event));
    Receipt { code: Receipt::APPLIED, events: bytes }
}

/// The receipt of a refused act.
pub fn refused(refusal: &Refusal) -> Receipt {
    let Refusal { code, detail } = refusal;
    Receipt { code: Code::number(*code), events: schema::encode(detail) }
}

/// Reads a receipt.
///
/// # Errors
/// What borsh says of bytes that are not a canonical outcome.
pub fn read(receipt: &Receipt) -> Result<Outcome, std::io::Error> {
    if receipt.is_applied() {
        return Ok(Outcome::Applied(borsh::from_slice(&receipt.events)?));
    }
    let detail = borsh::from_slice(&receipt.events)?;
    Ok(Outcome::Refused { code: receipt.code, detail })
}
