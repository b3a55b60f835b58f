//! Uniqueness of private subsidies: one person has one place on one list of a group of programmes
//! and year, in whichever county, and nobody learns who it is (docs/privacy.md).
//!
//! A person's tag is the person's number under a key that nobody holds. The organisations that run
//! validators make a key ([`ceremony`], [`key`]): what they publish stands here, their shares
//! travel between nodes only. A county asks for evaluations of blinded points that an attester has
//! signed, within the enrolments it planned ([`quota`], [`evaluation`]); members answer, each with
//! a proof; from a threshold of answers anybody comes to the tag's evaluation, so that the tag the
//! county enters is checked ([`entry`]) and gets an index of the county's [`list`]. Who moves is
//! transferred by agreement of both counties ([`transfer`]).
//!
//! **Invariants**: a tag of a group and year has one place; an index has one tag; the root of a
//! list is that of its tags; each list has had the roots that are kept.

pub mod attester;
pub mod ceremony;
pub mod changed;
pub mod check;
pub mod entry;
pub mod evaluation;
pub mod key;
pub mod list;
pub mod quota;
pub mod transfer;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::domain::{EnrolmentRoot, KeyId, RequestId};
use minglian_ledger::subsidy::threshold::KeyPurpose;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::schema::State;
use list::ListName;

const CIVIL_AFFAIRS: &[OrganizationKind] = &[OrganizationKind::CivilAffairs];

/// What can be done about keys and enrolments.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Begins the making of a key. Governors.
    OpenKey(ceremony::OpenKey),
    /// A member's commitments. A member's maker: its node.
    PostDealing(ceremony::PostDealing),
    /// A member has its share of this key. A member's maker: its node.
    AcknowledgeKey(ceremony::AcknowledgeKey),
    /// A member got no share, or one that does not fit. A member's maker: its node.
    AccuseMember(ceremony::AccuseMember),
    /// Ends the use of a key, for ever. Governors.
    RetireKey(key::RetireKey),
    /// Registers who attests a county's blinded points. The 民政 maker, checker of a division above.
    RegisterAttester(attester::RegisterAttester),
    /// Ends that. The same.
    EndAttester(attester::EndAttester),
    /// Says how many enrolments a county plans. The county's 民政 maker and checker, then the checker
    /// of the 民政 department above that the act names.
    PlanEnrolments(quota::PlanEnrolments),
    /// Asks for evaluations. The county's 民政 maker.
    RequestEvaluation(evaluation::RequestEvaluation),
    /// A member's answer. A member's maker: its node.
    AnswerEvaluation(evaluation::AnswerEvaluation),
    /// Enrols. The county's 民政 checker, another officer than the one who asked.
    Enrol(entry::Enrol),
    /// Moves an enrolment here from another county. The 民政 maker and checker, then the checker of
    /// the county that it leaves.
    Transfer(transfer::Transfer),
}

/// What became of keys and enrolments.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A key is being made.
    KeyOpened {
        /// What for.
        purpose: KeyPurpose,
        /// Which attempt, from 1.
        attempt: u32,
        /// Who makes it: member 1, 2 and so on.
        members: Vec<OrganizationCode>,
        /// How many of them will be needed.
        threshold: u16,
        /// The last day on which it can be made.
        open_until: Date,
    },
    /// A member posted its commitments.
    Dealt {
        /// What for.
        purpose: KeyPurpose,
        /// The member, from 1.
        member: u16,
        /// The key that the commitments come to, once they are all there.
        key: Option<KeyId>,
    },
    /// A member has its share.
    Acknowledged {
        /// What for.
        purpose: KeyPurpose,
        /// The member, from 1.
        member: u16,
        /// Whether it was the last: the key is established.
        established: bool,
    },
    /// The making of a key failed.
    CeremonyFailed {
        /// What for.
        purpose: KeyPurpose,
        /// Who complains, from 1.
        member: u16,
        /// About whom, from 1.
        accused: u16,
    },
    /// A key is retired.
    KeyRetired {
        /// What it was for.
        purpose: KeyPurpose,
    },
    /// Somebody may attest for a county.
    AttesterRegistered {
        /// The county.
        county: OrganizationCode,
        /// The attester.
        attester: PublicKey,
    },
    /// Somebody may no more.
    AttesterEnded {
        /// The county.
        county: OrganizationCode,
        /// The attester.
        attester: PublicKey,
    },
    /// A county has a quota.
    EnrolmentsPlanned {
        /// The county.
        county: OrganizationCode,
        /// Programmes that exclude one another.
        group: u16,
        /// Year of the enrolment.
        epoch: u16,
        /// How many enrolments it plans.
        planned: u32,
    },
    /// Evaluations are asked for.
    EvaluationRequested {
        /// The hash that answers are bound to.
        request: RequestId,
        /// How many points it has.
        points: u32,
        /// How many the county has asked for in all.
        asked: u32,
        /// How many it may ask for.
        quota: u32,
    },
    /// A member answered.
    EvaluationAnswered {
        /// The record of the request.
        request: LogIndex,
        /// The member, from 1.
        member: u16,
        /// How many answers are missing.
        missing: u16,
    },
    /// Tags are enrolled.
    Enrolled {
        /// The list.
        list: ListName,
        /// The index of the first; the others follow.
        first: u32,
        /// How many tags the list has now.
        length: u32,
        /// Its root now.
        root: EnrolmentRoot,
    },
    /// A tag has moved.
    Transferred {
        /// The list that it left.
        from: ListName,
        /// Its index there.
        from_index: u32,
        /// The list that it is on.
        to: ListName,
        /// Its index there.
        to_index: u32,
        /// The last month that the old list pays; the new one pays from the next.
        last_month: Month,
        /// The root of the new list.
        root: EnrolmentRoot,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`]. Figures of points, answers and tags are
    /// measured, see `docs/contracts.md`.
    pub fn weight(&self) -> u64 {
        match self {
            Self::OpenKey(_) | Self::PlanEnrolments(_) => 500,
            Self::PostDealing(act) => act.weight(),
            Self::AcknowledgeKey(_) | Self::AccuseMember(_) | Self::RetireKey(_) => 300,
            Self::RegisterAttester(_) | Self::EndAttester(_) => 200,
            Self::RequestEvaluation(act) => act.weight(),
            Self::AnswerEvaluation(act) => act.weight(),
            Self::Enrol(act) => entry::weight(act.entries.len(), act.members.len()),
            Self::Transfer(act) => entry::weight(1, act.members.len()),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let own = |kinds, role| Step::own(kinds, role);
        let (maker, checker) = (own(CIVIL_AFFAIRS, Role::Maker), own(CIVIL_AFFAIRS, Role::Checker));
        Policy::Steps(match self {
            Self::OpenKey(_) | Self::RetireKey(_) => return Policy::ValidatorQuorum,
            Self::PostDealing(_)
            | Self::AcknowledgeKey(_)
            | Self::AccuseMember(_)
            | Self::AnswerEvaluation(_) => vec![own(&[], Role::Maker)],
            Self::RegisterAttester(_) | Self::EndAttester(_) => vec![maker, checker],
            Self::PlanEnrolments(act) => {
                vec![maker, checker, Step::of(act.reviewer, CIVIL_AFFAIRS, Role::Checker)]
            }
            Self::RequestEvaluation(_) => vec![maker],
            Self::Enrol(_) => vec![checker],
            Self::Transfer(act) => {
                vec![maker, checker, Step::of(act.from, CIVIL_AFFAIRS, Role::Checker)]
            }
        })
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::OpenKey(act) => ceremony::open(act, state, context),
            Self::PostDealing(act) => ceremony::deal(act, state, context),
            Self::AcknowledgeKey(act) => ceremony::acknowledge(act, state, context),
            Self::AccuseMember(act) => ceremony::accuse(act, state, context),
            Self::RetireKey(act) => key::retire(act, state, context),
            Self::RegisterAttester(act) => attester::register(act, state, context),
            Self::EndAttester(act) => attester::end(act, state, context),
            Self::PlanEnrolments(act) => quota::plan(act, state, context),
            Self::RequestEvaluation(act) => evaluation::request(act, state, context),
            Self::AnswerEvaluation(act) => evaluation::answer(act, state, context),
            Self::Enrol(act) => entry::enrol(act, state, context),
            Self::Transfer(act) => transfer::transfer(act, state, context),
        }
    }
}
