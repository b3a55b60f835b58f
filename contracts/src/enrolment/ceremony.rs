//! Making a key that nobody holds, among the organisations that run validators.
//!
//! Each member posts commitments to its part; when all have, everybody, this ledger too, comes to
//! the same public key. Members send one another shares in secret, between their nodes. Who has got
//! all shares, and found that they fit, acknowledges the key; who has not accuses the sender, and
//! then the whole ceremony fails: a share shown on a public log would outlive the key. It also
//! fails when its days are over. It is begun anew with new randomness by everybody.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::subsidy::domain::KeyId;
use minglian_ledger::subsidy::key_generation::Dealing;
use minglian_ledger::subsidy::threshold::{self, Committee, KeyPurpose, ThresholdKey};
use serde::{Deserialize, Serialize};

use super::Event;
use super::key::{self, KeyRecord, OutsideCommittee, THRESHOLD_KEYS};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};
use crate::validator_set;

/// Most members of a committee on this ledger: what their commitments come to is computed in the
/// act that brings the last of them, see [`PostDealing::weight`].
pub const KEY_MEMBERS_MAX: usize = 32;

/// The parameter that says for how many days a key can be made.
pub const CEREMONY_DAYS: &str = "enrolment.ceremony_days";

/// How many those are where the parameter is not set.
const CEREMONY_DAYS_DEFAULT: i64 = 7;

/// The newest attempt to make the key of a purpose.
pub const CEREMONIES: Table<KeyPurpose, Ceremony> = Table::new(schema::prefix::ENROLMENT_FIRST + 4);

/// Commitments by member, from 1, until the key is established or the ceremony begun anew.
pub const DEALINGS: Table<(KeyPurpose, u16), Dealing> =
    Table::new(schema::prefix::ENROLMENT_FIRST + 5);

/// Begins the making of a key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct OpenKey {
    /// What for.
    pub purpose: KeyPurpose,
    /// A second committee. Refused until it is supported.
    pub outside: Option<OutsideCommittee>,
}

/// A member's commitments.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PostDealing {
    /// What for.
    pub purpose: KeyPurpose,
    /// In which attempt.
    pub attempt: u32,
    /// The commitments.
    pub dealing: Dealing,
}

/// A member has its share of a key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AcknowledgeKey {
    /// What for.
    pub purpose: KeyPurpose,
    /// In which attempt.
    pub attempt: u32,
    /// The group's key with all public shares, as the member has computed them.
    pub key: KeyId,
}

/// A member got no share from another, or one that does not fit its commitments.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AccuseMember {
    /// What for.
    pub purpose: KeyPurpose,
    /// In which attempt.
    pub attempt: u32,
    /// The other member, from 1.
    pub accused: u16,
}

/// How far a ceremony has come.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Progress {
    /// Commitments are missing.
    Dealing,
    /// The commitments come to this key; these members have acknowledged it, in that order.
    Acknowledging(ThresholdKey, Vec<u16>),
    /// A member accuses another.
    Failed {
        /// Who.
        member: u16,
        /// Whom.
        accused: u16,
    },
    /// The key is established.
    Established,
}

/// An attempt to make a key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ceremony {
    /// Counts from 1.
    pub attempt: u32,
    /// Member 1, 2 and so on.
    pub members: Vec<OrganizationCode>,
    /// How many of them will be needed.
    pub threshold: u16,
    /// The last day.
    pub open_until: Date,
    /// How far it has come.
    pub progress: Progress,
}

impl PostDealing {
    /// Work of the act. The last dealing of a committee makes the public shares of all members: as
    /// many multiplications as there are members times the threshold, some 60 µs each.
    pub(super) fn weight(&self) -> u64 {
        let threshold = self.dealing.coefficients.len() as u64;
        300 + 100 * threshold.saturating_mul(threshold)
    }
}

/// The commitments that are there, by member.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn dealings(
    reader: &dyn StateRead,
    purpose: &KeyPurpose,
) -> Result<BTreeMap<u16, Dealing>, StateError> {
    let found = DEALINGS.scan(reader, purpose, None, KEY_MEMBERS_MAX)?;
    Ok(found.into_iter().map(|((_, member), dealing)| (member, dealing)).collect())
}

fn forget_dealings(purpose: &KeyPurpose, state: &mut State<'_>) -> Result<(), Fault> {
    for member in dealings(state, purpose)?.into_keys() {
        DEALINGS.delete(state, &(*purpose, member));
    }
    Ok(())
}

/// The ceremony of this attempt, going on.
fn going_on(
    purpose: &KeyPurpose,
    attempt: u32,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<(Ceremony, u16), Fault> {
    let refuse = |code, detail: String| Err(Refusal::new(code, detail).into());
    let Some(it) = CEREMONIES.get(state, purpose)?.filter(|it| it.attempt == attempt) else {
        return refuse(Code::CeremonyUnknown, format!("attempt {attempt} of {purpose:?}"));
    };
    match &it.progress {
        Progress::Failed { member, accused } => {
            let detail = format!("it failed: member {member} accused {accused}");
            return refuse(Code::CeremonyUnknown, detail);
        }
        Progress::Established => return refuse(Code::ThresholdKeyExists, format!("{purpose:?}")),
        Progress::Dealing | Progress::Acknowledging(..) => {}
    }
    if it.open_until < context.today() {
        return refuse(Code::CeremonyExpired, format!("on {}", it.open_until));
    }
    let member = key::member_of(&it.members, &context.author.organization)?;
    Ok((it, member))
}

pub(super) fn open(
    act: &OpenKey,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let purpose = act.purpose;
    let refuse = |code, detail: String| Err(Refusal::new(code, detail).into());
    if act.outside.is_some() {
        return refuse(Code::OutsideCommitteeUnsupported, String::new());
    }
    match THRESHOLD_KEYS.get(state, &purpose)? {
        Some(KeyRecord { retired: Some(_), .. }) => {
            return refuse(Code::ThresholdKeyRetired, format!("{purpose:?}"));
        }
        Some(_) => return refuse(Code::ThresholdKeyExists, format!("{purpose:?}")),
        None => {}
    }
    let known = CEREMONIES.get(state, &purpose)?;
    let attempt = known.as_ref().map_or(0, |it| it.attempt).saturating_add(1);
    let is_over = |it: &Ceremony| {
        matches!(it.progress, Progress::Failed { .. }) || it.open_until < context.today()
    };
    if let Some(it) = known.filter(|it| !is_over(it)) {
        let detail = format!("attempt {} is open until {}", it.attempt, it.open_until);
        return refuse(Code::ThresholdKeyExists, detail);
    }
    let validators = validator_set::validators(state)?;
    let members: BTreeSet<_> = validators.members().iter().map(|it| it.organization).collect();
    let members: Vec<OrganizationCode> = members.into_iter().collect();
    // One member alone would hold the key.
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX);
    if !(2..=KEY_MEMBERS_MAX).contains(&members.len()) {
        let detail = format!("{count}, 2 to {KEY_MEMBERS_MAX} make one");
        return refuse(Code::KeyMembersInvalid, detail);
    }
    forget_dealings(&purpose, state)?;
    let days = parameter::judge_if_set(state, context, CEREMONY_DAYS, context.today())?;
    let days = i32::try_from(days.unwrap_or(CEREMONY_DAYS_DEFAULT)).unwrap_or(i32::MAX);
    let open_until = context.today().add_days(days).unwrap_or(Date::MAX);
    let threshold = threshold::threshold_of(count);
    let progress = Progress::Dealing;
    let ceremony = Ceremony { attempt, members: members.clone(), threshold, open_until, progress };
    CEREMONIES.put(state, &purpose, &ceremony);
    context.emit(Event::KeyOpened { purpose, attempt, members, threshold, open_until });
    Ok(())
}

pub(super) fn deal(
    act: &PostDealing,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let purpose = act.purpose;
    let (mut ceremony, member) = going_on(&purpose, act.attempt, state, context)?;
    if DEALINGS.contains(state, &(purpose, member))? {
        return Err(Refusal::new(Code::DealingKnown, format!("member {member}")).into());
    }
    let invalid = |error| Refusal::new(Code::DealingInvalid, error);
    act.dealing.check(member, ceremony.threshold).map_err(invalid)?;
    DEALINGS.put(state, &(purpose, member), &act.dealing);
    let dealings = dealings(state, &purpose)?;
    let mut id = None;
    if dealings.len() == ceremony.members.len() {
        let committee = Committee::of_dealings(ceremony.threshold, &dealings).map_err(invalid)?;
        let chain_id = context.block.chain_id.clone();
        let key = ThresholdKey { chain_id, purpose, committees: vec![committee] };
        key.check().map_err(|error| Refusal::new(Code::DealingInvalid, error))?;
        id = Some(key.id());
        ceremony.progress = Progress::Acknowledging(key, Vec::new());
        CEREMONIES.put(state, &purpose, &ceremony);
    }
    context.emit(Event::Dealt { purpose, member, key: id });
    Ok(())
}

pub(super) fn acknowledge(
    act: &AcknowledgeKey,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let purpose = act.purpose;
    let (mut ceremony, member) = going_on(&purpose, act.attempt, state, context)?;
    let Progress::Acknowledging(key, mut acknowledged) = ceremony.progress else {
        return Err(Refusal::new(Code::CeremonyIncomplete, "").into());
    };
    if key.id() != act.key {
        return Err(Refusal::new(Code::KeyDiffers, key.id()).into());
    }
    if acknowledged.contains(&member) {
        return Err(Refusal::new(Code::AcknowledgementKnown, format!("member {member}")).into());
    }
    acknowledged.push(member);
    let established = acknowledged.len() == ceremony.members.len();
    if established {
        forget_dealings(&purpose, state)?;
        let record = KeyRecord {
            key,
            members: ceremony.members.clone(),
            outside: None,
            attempt: ceremony.attempt,
            established: context.index,
            retired: None,
        };
        THRESHOLD_KEYS.put(state, &purpose, &record);
        ceremony.progress = Progress::Established;
    } else {
        ceremony.progress = Progress::Acknowledging(key, acknowledged);
    }
    CEREMONIES.put(state, &purpose, &ceremony);
    context.emit(Event::Acknowledged { purpose, member, established });
    Ok(())
}

pub(super) fn accuse(
    act: &AccuseMember,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let AccuseMember { purpose, attempt, accused } = *act;
    let (mut ceremony, member) = going_on(&purpose, attempt, state, context)?;
    if accused == 0 || accused == member || usize::from(accused) > ceremony.members.len() {
        return Err(Refusal::new(Code::AccusedInvalid, format!("member {accused}")).into());
    }
    ceremony.progress = Progress::Failed { member, accused };
    CEREMONIES.put(state, &purpose, &ceremony);
    context.emit(Event::CeremonyFailed { purpose, member, accused });
    Ok(())
}
