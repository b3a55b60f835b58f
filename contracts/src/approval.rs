//! Steps on acts that wait for other officers, and what is reported of them. How a step is taken
//! stands in `proposal`.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{Commitment, TransactionId};
use serde::{Deserialize, Serialize};

use crate::actor::Signature;
use crate::policy::Policy;

/// What can be done to an act that waits.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Takes the next step; the last step applies the act.
    Approve {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
    /// Ends it; by the officer whose step is next.
    Reject {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// The opinion, as a salted commitment: free text does not enter the ledger.
        opinion: Option<Commitment>,
    },
    /// Ends it; by any officer of the organisation that proposed it. Also clears an expired one.
    Withdraw {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
    /// Takes the organisation's vote back, while governors decide; by any of its governors. The
    /// organisation that proposed withdraws instead.
    Retract {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
}

/// What became of an act that waits.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It waits for its next step.
    Proposed {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// The last day on which it can be approved.
        open_until: Date,
    },
    /// One more step was taken; others remain.
    StepTaken {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// Steps taken so far, the proposal included.
        steps: u32,
    },
    /// The last step was taken; the events that follow are the act's own.
    Completed {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// Who is responsible: the proposer first, then the approvers in order.
        signatures: Vec<Signature>,
    },
    /// It was rejected.
    Rejected {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// The committed opinion.
        opinion: Option<Commitment>,
    },
    /// It was withdrawn.
    Withdrawn {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
    /// An organisation took its vote back; the act waits on.
    Retracted {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
}

impl Call {
    pub(crate) fn policy(&self) -> Policy {
        Policy::Unrestricted
    }
}
