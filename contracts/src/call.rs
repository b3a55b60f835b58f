//! Everything a signer can do.
//!
//! Each module owns the enum of its calls; the numbers here and the order of the variants there are
//! the wire format: new variants are appended, none is ever reordered or reused.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::state::StateRead;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State};
use crate::{
    allocation, approval, charity, disclosure, enrolment, governance, homes, lottery, opening,
    oversight, payment, project, registry, subsidy,
};

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Call {
    /// Organisations and officers' keys.
    Registry(registry::Call) = 0,
    /// Steps on an act that waits for other officers.
    Approval(approval::Call) = 1,
    /// Validators and parameters.
    Governance(governance::Call) = 2,
    /// Quota, from its 文号 to the project.
    Allocation(allocation::Call) = 3,
    /// Sales, the fund's share of them, and its remittance.
    Lottery(lottery::Call) = 4,
    /// Projects.
    Project(project::Call) = 5,
    /// Payments.
    Payment(payment::Call) = 6,
    /// Charity money.
    Charity(charity::Call) = 7,
    /// Subsidies to persons.
    Subsidy(subsidy::Call) = 8,
    /// What must be made public, and what was.
    Disclosure(disclosure::Call) = 9,
    /// Complaints, audits, samples, inspections.
    Oversight(oversight::Call) = 10,
    /// Orders to erase what is kept off the log.
    Opening(opening::Call) = 11,
    /// Subsidies to homes for the old.
    Homes(homes::Call) = 12,
    /// Keys that nobody holds, and enrolments under them.
    Enrolment(enrolment::Call) = 13,
}

impl Call {
    /// Decodes, refusing trailing bytes.
    ///
    /// # Errors
    /// What borsh says of bytes that are not a canonically encoded call.
    pub fn decode(bytes: &[u8]) -> Result<Self, std::io::Error> {
        borsh::from_slice(bytes)
    }

    /// The canonical encoding, as it stands in a transaction.
    pub fn encode(&self) -> Vec<u8> {
        schema::encode(self)
    }

    /// Work of the call for the block's limit, in units of about a microsecond on the reference
    /// machine; depends on the call's bytes only. An approval counts the act that waits beside its
    /// own, see `proposal`; an act that may oblige somebody to publish counts that too.
    pub fn weight(&self) -> u64 {
        let observed = disclosure::OBSERVED_WEIGHT;
        match self {
            Self::Registry(call) => call.weight(),
            Self::Approval(_) => 300,
            Self::Governance(_) => 2_000,
            Self::Allocation(call) => call.weight() + observed,
            Self::Lottery(call) => call.weight() + observed,
            Self::Project(call) => call.weight() + observed,
            Self::Payment(call) => call.weight(),
            Self::Charity(call) => call.weight() + observed,
            Self::Disclosure(call) => call.weight(),
            Self::Oversight(call) => call.weight(),
            Self::Opening(call) => call.weight(),
            Self::Homes(call) => call.weight(),
            Self::Enrolment(call) => call.weight(),
            Self::Subsidy(call) => call.weight(),
        }
    }

    /// Who proposes the act and who approves it, in order. The registry's acts ask the state: who
    /// registers a key depends on whose it is.
    ///
    /// # Errors
    /// A refusal if the act speaks of an organisation or key that is not there.
    pub fn policy(&self, reader: &dyn StateRead) -> Result<Policy, Fault> {
        Ok(match self {
            Self::Registry(call) => call.policy(reader)?,
            Self::Approval(call) => call.policy(),
            Self::Governance(call) => call.policy(),
            Self::Allocation(call) => call.policy(),
            Self::Lottery(call) => call.policy(),
            Self::Project(call) => call.policy(),
            Self::Payment(call) => call.policy(),
            Self::Charity(call) => call.policy(),
            Self::Oversight(call) => call.policy(),
            Self::Disclosure(call) => call.policy(),
            Self::Opening(call) => call.policy(),
            Self::Homes(call) => call.policy(),
            Self::Enrolment(call) => call.policy(),
            Self::Subsidy(call) => call.policy(),
        })
    }

    /// Applies the act, whose policy is satisfied. A step on a proposal is no act of its own: it
    /// is taken by `proposal`, which applies the act that waited.
    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Registry(call) => call.apply(state, context),
            Self::Approval(_) => Err(Refusal::new(Code::ApprovalNotProposable, "").into()),
            Self::Governance(call) => call.apply(state, context),
            Self::Allocation(call) => call.apply(state, context),
            Self::Lottery(call) => call.apply(state, context),
            Self::Project(call) => call.apply(state, context),
            Self::Payment(call) => call.apply(state, context),
            Self::Charity(call) => call.apply(state, context),
            Self::Oversight(call) => call.apply(state, context),
            Self::Disclosure(call) => call.apply(state, context),
            Self::Opening(call) => call.apply(state, context),
            Self::Homes(call) => call.apply(state, context),
            Self::Enrolment(call) => call.apply(state, context),
            Self::Subsidy(call) => call.apply(state, context),
        }
    }
}
