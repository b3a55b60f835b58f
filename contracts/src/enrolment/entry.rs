//! Enrolling: a tag that is proven to be the attested person's, and free in its group and year,
//! gets the next index of the county's list.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::subsidy::dleq::DleqProof;
use minglian_ledger::subsidy::domain::EnrolmentRoot;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::enrolment::{self, Tag};
use minglian_ledger::subsidy::evaluation::Interpolation;
use serde::{Deserialize, Serialize};

use super::evaluation::{self, ANSWERS, EvaluationRequest};
use super::list::{self, ListName};
use super::{Event, key};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Fewest enrolments of one act: who is enrolled alone is easily found out (privacy.md, A38).
pub const ENROLMENTS_MIN: usize = 10;

/// Most enrolments of one act.
pub const ENROLMENTS_MAX: usize = 160;

/// Most positions that a refusal names.
const NAMED_MAX: usize = 20;

/// Where each tag of a group and year is enrolled.
pub const TAGS: Table<(u16, u16, Tag), TagPlace> = Table::new(schema::prefix::ENROLMENT_FIRST + 10);

/// Where a tag is enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TagPlace {
    /// The county that pays.
    pub county: OrganizationCode,
    /// Number of the programme.
    pub programme: u16,
    /// Its index in the list.
    pub index: u32,
}

/// What a county enters for one person.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Entry {
    /// The position of the person's point in the request, from 0.
    pub position: u16,
    /// The person's tag.
    pub tag: Tag,
    /// That the tag is what the members' answers come to, without the blinding factor.
    pub proof: DleqProof,
}

/// Enrols persons of one request.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Enrol {
    /// Number of the programme.
    pub programme: u16,
    /// The record of the request.
    pub request: LogIndex,
    /// The members whose answers are put together, ascending, as many as are needed.
    pub members: Vec<u16>,
    /// The persons, by ascending position.
    pub entries: Vec<Entry>,
}

/// Work of checking `entries` tags against the answers of `members` members.
pub(super) fn weight(entries: usize, members: usize) -> u64 {
    let (entries, members) = (entries as u64, members as u64);
    let each = members.saturating_mul(16).saturating_add(190);
    500_u64.saturating_add(members.saturating_mul(20)).saturating_add(entries.saturating_mul(each))
}

/// The request of an act, whose entries are proven to be of it.
pub(super) fn verified(
    request: LogIndex,
    members: &[u16],
    entries: &[Entry],
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<EvaluationRequest, Fault> {
    let known = evaluation::find(state, request)?;
    if known.county != context.author.organization {
        return Err(Refusal::new(Code::NotYourOrganization, known.county).into());
    }
    let threshold = usize::from(key::in_use(state, &known.purpose())?.threshold());
    let missing = || {
        let detail = format!("{} of {threshold} answered", known.answered.len());
        Fault::from(Refusal::new(Code::AnswersMissing, detail))
    };
    let has_answered = members.iter().all(|member| known.answered.contains(member));
    if members.len() != threshold || !has_answered {
        return Err(missing());
    }
    let interpolation = Interpolation::new(members).ok_or_else(missing)?;
    let mut answers = Vec::with_capacity(members.len());
    for member in members {
        answers.push(ANSWERS.get(state, &(request, *member))?.ok_or_else(missing)?);
    }
    let ascend = entries.windows(2).all(|pair| pair[0].position < pair[1].position);
    let bound = known.context(&context.block.chain_id);
    for entry in entries {
        let Entry { position, tag, proof } = entry;
        let place = usize::from(*position);
        let Some(blinded) = known.points.get(place).filter(|_| ascend) else {
            let detail = format!("position {position} of {}", known.points.len());
            return Err(Refusal::new(Code::EnrolmentsInvalid, detail).into());
        };
        let results: Option<Vec<PointBytes>> =
            answers.iter().map(|answer| answer.get(place).copied()).collect();
        let evaluated = results.and_then(|results| interpolation.apply(&results));
        let holds = evaluated.is_some_and(|evaluated| {
            enrolment::verify_tag(&bound, blinded, *tag, &evaluated, proof).is_ok()
        });
        if !holds {
            return Err(Refusal::new(Code::TagInvalid, format!("position {position}")).into());
        }
    }
    Ok(known)
}

/// Refuses tags that are enrolled. Where, the refusal does not say: who asks about a person learns
/// that the person is enrolled, and no more.
fn check_free(
    request: &EvaluationRequest,
    entries: &[Entry],
    reader: &dyn StateRead,
) -> Result<(), Fault> {
    let (mut taken, mut seen) = (Vec::new(), BTreeSet::new());
    for Entry { position, tag, .. } in entries {
        let is_known = TAGS.contains(reader, &(request.group, request.epoch, *tag))?;
        if is_known || !seen.insert(*tag) {
            taken.push(position.to_string());
        }
    }
    if taken.is_empty() {
        return Ok(());
    }
    let named = taken.len().min(NAMED_MAX);
    let detail = format!("{} in all, positions {}", taken.len(), taken[..named].join(", "));
    Err(Refusal::new(Code::TagTaken, detail).into())
}

pub(super) fn enrol(
    act: &Enrol,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Enrol { programme, request, members, entries } = act;
    if entries.len() < ENROLMENTS_MIN {
        let detail = format!("{}, at least {ENROLMENTS_MIN}", entries.len());
        return Err(Refusal::new(Code::EnrolmentsTooFew, detail).into());
    }
    if entries.len() > ENROLMENTS_MAX {
        let detail = format!("{}, at most {ENROLMENTS_MAX}", entries.len());
        return Err(Refusal::new(Code::EnrolmentsInvalid, detail).into());
    }
    let known = verified(*request, members, entries, state, context)?;
    if known.officer == context.actor.officer {
        return Err(Refusal::new(Code::SameOfficer, "").into());
    }
    check_free(&known, entries, state)?;
    let EvaluationRequest { county, group, epoch, .. } = known;
    let name = ListName { county, programme: *programme, epoch };
    let tags: Vec<Tag> = entries.iter().map(|entry| entry.tag).collect();
    let (first, list) = list::append(name, group, &tags, state, context)?;
    for (index, tag) in (first..).zip(tags) {
        let place = TagPlace { county, programme: *programme, index };
        TAGS.put(state, &(group, epoch, tag), &place);
    }
    let root = EnrolmentRoot(list.root);
    context.emit(Event::Enrolled { list: name, first, length: list.length, root });
    Ok(())
}
