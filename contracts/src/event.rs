//! What a receipt reports: `Receipt.events` is the borsh encoding of a list of these, or, for a
//! refused act, of its [`crate::refusal::Detail`].

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::record::Receipt;
use serde::{Deserialize, Serialize};

use crate::refusal::{Code, Detail, Refusal};
use crate::schema;
use crate::{
    allocation, approval, book, governance, lottery, parameter, payment, project, registry,
};

/// One thing that an applied act has caused. Each module owns the enum of its events; the numbers
/// here and the order of the variants there are part of the format. Numbers are reserved for
/// `charity` (9), `subsidy` (10), `disclosure` (11)
/// and `oversight` (12).
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Event {
    /// Money moved, with the exact intervals.
    Movement(book::Movement) = 0,
    /// A parameter by which the act was judged, with its version.
    Judged(parameter::Judged) = 1,
    /// Organisations and keys.
    Registry(registry::Event) = 2,
    /// Proposals and approvals.
    Approval(approval::Event) = 3,
    /// Validators and parameters.
    Governance(governance::Event) = 4,
    /// Quota.
    Allocation(allocation::Event) = 5,
    /// The lottery's fund.
    Lottery(lottery::Event) = 6,
    /// Projects.
    Project(project::Event) = 7,
    /// Payments.
    Payment(payment::Event) = 8,
}

macro_rules! event_from {
    ($($variant:ident($inner:ty))*) => {
        $(impl From<$inner> for Event {
            fn from(event: $inner) -> Self {
                Self::$variant(event)
            }
        })*
    };
}

event_from! {
    Movement(book::Movement)
    Judged(parameter::Judged)
    Registry(registry::Event)
    Approval(approval::Event)
    Governance(governance::Event)
    Allocation(allocation::Event)
    Lottery(lottery::Event)
    Project(project::Event)
    Payment(payment::Event)
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

/// The receipt of an applied act.
pub fn applied(events: &Vec<Event>) -> Receipt {
    Receipt { code: Receipt::APPLIED, events: schema::encode(events) }
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
