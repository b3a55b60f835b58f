//! Tags for persons whose payments begin: blinded here, attested by who saw the document, evaluated
//! by the nodes, unblinded here, and entered into the ledger's list, whose order becomes the order
//! of handles.
//!
//! Each step is a change of the roll that is saved before the next; a step that was interrupted is
//! done again and comes to the same. What is signed for the ledger is a function of what the vault
//! has, so it is entered once, however often it is sent.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::Signature;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::enrolment::{
    Blinded, BlindingFactor, Enrolment, EnrolmentError, verify_attestation,
};
use minglian_ledger::transaction::ChainId;
use rand::seq::SliceRandom as _;
use rand_core::CryptoRngCore;

use crate::attesting::Attested;
use crate::enrol::JOINING_MIN;
use crate::roll::entitlement::State;
use crate::roll::tags::{Fate, Stage, TagBatch, TagMember, Tagged};
use crate::roll::{PERSONS_MAX, PersonNumber, Roll};

/// Most persons of a batch: one enrolment takes no more.
pub const BATCH_MAX: usize = 160;

/// Why a step was not done. Nothing was changed, and nobody is named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaggingError {
    /// Too few: who is among few is easily found out.
    #[error("{waiting} persons wait for a tag; at least {JOINING_MIN} are enrolled together")]
    TooFew {
        /// How many wait.
        waiting: usize,
    },
    /// The vault does not know the programme.
    #[error("the vault knows no programme {0}: add it with `subsidy programme`")]
    NoProgramme(u16),
    /// Full.
    #[error("a list holds at most {PERSONS_MAX} handles")]
    Full,
    /// The vault holds something that is no identity number.
    #[error("a person's number in the vault does not read")]
    Identity,
    /// A signature of the attester's is not over what was asked.
    #[error("signature {position} is not the attester's over this point: {source}")]
    Attestation {
        /// Its position in the file, from 1.
        position: usize,
        /// Why.
        source: EnrolmentError,
    },
    /// No such batch, or it is not at this step.
    #[error("batch {number} of tags is not at this step")]
    Stage {
        /// Its number.
        number: u32,
    },
    /// The answers are not of the batch.
    #[error("{found} results for {expected} persons")]
    Results {
        /// Persons.
        expected: usize,
        /// Results.
        found: usize,
    },
    /// A result does not unblind.
    #[error("person {position} of the request: {source}")]
    Unblind {
        /// The position, from 0.
        position: usize,
        /// Why.
        source: EnrolmentError,
    },
    /// The vault's list is not the ledger's.
    #[error(
        "the ledger's list begins the new handles at {ledger}, the vault has {vault}: the vault \
         was restored, or handles were given without the ledger (`roll enrol`)"
    )]
    ListDiffers {
        /// Handles in the vault.
        vault: usize,
        /// The first new one on the ledger.
        ledger: u32,
    },
}

/// What came of an attester's file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttestedCount {
    /// Persons who can be requested now.
    pub attested: usize,
    /// Persons whom the attester left out, or who are too few without those: they wait.
    pub released: usize,
}

/// What is entered for a person: position, tag and proof.
pub type Entry = (u16, Tagged);

/// Makes batches of everybody whose entitlement is active and who has neither handle nor tag in
/// this year, in random order; how many persons, which may be none.
///
/// # Errors
/// [`TaggingError`].
pub fn prepare(
    roll: &mut Roll,
    chain_id: &ChainId,
    (programme, epoch): (u16, u16),
    random: &mut impl CryptoRngCore,
) -> Result<usize, TaggingError> {
    let group = roll.group(programme).ok_or(TaggingError::NoProgramme(programme))?;
    let mut waiting = waiting(roll, programme, group, epoch);
    if waiting.is_empty() {
        return Ok(0);
    }
    if waiting.len() < JOINING_MIN {
        return Err(TaggingError::TooFew { waiting: waiting.len() });
    }
    let listed = roll.list(programme, epoch).map_or(0, |list| list.handles.len());
    if listed.saturating_add(waiting.len()) > PERSONS_MAX {
        return Err(TaggingError::Full);
    }
    waiting.shuffle(random);
    // As even as can be: no batch is too small while all together are enough.
    let batches = waiting.len().div_ceil(BATCH_MAX);
    let (each, more) = (waiting.len() / batches, waiting.len() % batches);
    let mut made = Vec::new();
    let mut rest = waiting.as_slice();
    for place in 0..batches {
        let (persons, others) = rest.split_at(each + usize::from(place < more));
        rest = others;
        let members: Result<Vec<TagMember>, TaggingError> =
            persons.iter().map(|person| blind(roll, *person, random)).collect();
        made.push(members?);
    }
    for members in made {
        let number = roll.tags.iter().map(|batch| batch.number).max().unwrap_or(0) + 1;
        let (attester, request, answered, is_done) = (None, None, Vec::new(), false);
        let chain_id = chain_id.clone();
        roll.tags.push(TagBatch {
            number,
            chain_id,
            programme,
            group,
            epoch,
            attester,
            request,
            answered,
            is_done,
            members,
        });
    }
    Ok(waiting.len())
}

fn blind(
    roll: &Roll,
    number: PersonNumber,
    random: &mut impl CryptoRngCore,
) -> Result<TagMember, TaggingError> {
    let person = roll.persons.get(&number).ok_or(TaggingError::Identity)?;
    let identity = person.identity.number().ok_or(TaggingError::Identity)?;
    let factor = BlindingFactor::random(random);
    let blinded = factor.blind(&identity);
    Ok(TagMember::new(number, &factor, blinded))
}

/// Who waits for a tag, ascending.
fn waiting(roll: &Roll, programme: u16, group: u16, epoch: u16) -> Vec<PersonNumber> {
    let active = roll.entitlements.iter().filter(|it| {
        it.programme == programme && matches!(it.state(), State::Active | State::Suspended)
    });
    let mut waiting: BTreeSet<PersonNumber> = active.map(|it| it.person).collect();
    let listed = roll.list(programme, epoch);
    for person in listed.iter().flat_map(|list| list.handles.iter().flatten()) {
        waiting.remove(person);
    }
    let batches = roll.tags.iter().filter(|it| (it.group, it.epoch) == (group, epoch));
    for member in batches.flat_map(|batch| &batch.members) {
        if let Some(person) = member.person.filter(|_| member.fate != Fate::Released) {
            waiting.remove(&person);
        }
    }
    waiting.into_iter().collect()
}

/// Takes what an attester signed. Whom the attester left out is taken out of the batch.
///
/// # Errors
/// [`TaggingError::Attestation`].
pub fn take_attested(roll: &mut Roll, attested: &Attested) -> Result<AttestedCount, TaggingError> {
    let county = roll.county;
    let mut signatures: BTreeMap<PointBytes, (usize, Blinded, Signature)> = BTreeMap::new();
    for (place, one) in attested.signatures.iter().enumerate() {
        signatures.insert(one.blinded.point, (place + 1, one.blinded, one.signature));
    }
    let mut count = AttestedCount::default();
    let mut changes = Vec::new();
    for (place, batch) in roll.tags.iter().enumerate() {
        if batch.stage() != Stage::Blinded {
            continue;
        }
        let context = batch.context(county);
        let mut found = Vec::new();
        for member in &batch.members {
            let known = signatures.get(&member.blinded.point).filter(|it| it.1 == member.blinded);
            let signature = known.map(|(position, _, signature)| {
                verify_attestation(&context, &member.blinded, &attested.attester, signature)
                    .map(|()| *signature)
                    .map_err(|source| TaggingError::Attestation { position: *position, source })
            });
            found.push(signature.transpose()?);
        }
        if found.iter().any(Option::is_some) {
            changes.push((place, found));
        }
    }
    for (place, found) in changes {
        let batch = &mut roll.tags[place];
        let of_batch = batch.members.len();
        let mut found = found.into_iter();
        batch.members.retain_mut(|member| {
            member.attestation = found.next().flatten();
            member.attestation.is_some() && member.person.is_some()
        });
        batch.attester = Some(attested.attester);
        if batch.members.len() < JOINING_MIN {
            batch.members.clear();
            batch.is_done = true;
        }
        count.attested += batch.members.len();
        count.released += of_batch - batch.members.len();
    }
    Ok(count)
}

/// The batch of a number, at a stage.
///
/// # Errors
/// [`TaggingError::Stage`].
pub fn batch(roll: &mut Roll, number: u32, stage: Stage) -> Result<&mut TagBatch, TaggingError> {
    let found = roll.tags.iter_mut().find(|batch| batch.number == number);
    found.filter(|batch| batch.stage() == stage).ok_or(TaggingError::Stage { number })
}

/// Notes the record of a batch's request.
///
/// # Errors
/// [`TaggingError::Stage`].
pub fn requested(roll: &mut Roll, number: u32, request: LogIndex) -> Result<(), TaggingError> {
    batch(roll, number, Stage::Attested)?.request = Some(request);
    Ok(())
}

/// Takes what the answers of `answered` come to, in the order of the request, and makes the tags.
/// The answers are verified before.
///
/// # Errors
/// [`TaggingError`].
pub fn unblind(
    roll: &mut Roll,
    number: u32,
    answered: Vec<u16>,
    evaluated: &[PointBytes],
    random: &mut impl CryptoRngCore,
) -> Result<(), TaggingError> {
    let county = roll.county;
    let batch = batch(roll, number, Stage::Requested)?;
    let (expected, found) = (batch.members.len(), evaluated.len());
    if expected != found {
        return Err(TaggingError::Results { expected, found });
    }
    let context = batch.context(county);
    let mut made = Vec::with_capacity(expected);
    for (position, (member, evaluated)) in batch.members.iter().zip(evaluated).enumerate() {
        // Who was erased meanwhile has no factor and gets no tag.
        let (Some(factor), Some(attestation)) = (member.factor(), member.attestation) else {
            made.push(None);
            continue;
        };
        let blinded = member.blinded;
        let enrolment = Enrolment::new(&context, &factor, blinded, evaluated, attestation, random);
        let Enrolment { tag, proof, .. } =
            enrolment.map_err(|source| TaggingError::Unblind { position, source })?;
        made.push(Some(Tagged { tag, proof }));
    }
    for (member, tagged) in batch.members.iter_mut().zip(made) {
        member.tagged = tagged;
        member.forget_factor();
    }
    batch.answered = answered;
    Ok(())
}

/// What is entered for a batch, by ascending position. Too few are none: their persons wait for a
/// later batch, and this one is done.
///
/// # Errors
/// [`TaggingError::Stage`].
pub fn entries(roll: &mut Roll, number: u32) -> Result<Vec<Entry>, TaggingError> {
    let batch = batch(roll, number, Stage::Tagged)?;
    let open = (0_u16..).zip(&batch.members).filter(|(_, member)| member.fate == Fate::Open);
    let entries: Vec<Entry> =
        open.filter_map(|(position, member)| Some((position, member.tagged?))).collect();
    if entries.len() >= JOINING_MIN {
        return Ok(entries);
    }
    for member in batch.members.iter_mut().filter(|member| member.fate == Fate::Open) {
        member.fate = Fate::Released;
    }
    batch.is_done = true;
    Ok(Vec::new())
}

/// Notes whose tags the ledger has already, by their positions; how many.
///
/// # Errors
/// [`TaggingError::Stage`].
pub fn taken(roll: &mut Roll, number: u32, positions: &[u16]) -> Result<usize, TaggingError> {
    let batch = batch(roll, number, Stage::Tagged)?;
    let mut count = 0;
    for position in positions {
        let member = batch.members.get_mut(usize::from(*position));
        if let Some(member) = member.filter(|member| member.fate == Fate::Open) {
            member.fate = Fate::Elsewhere;
            count += 1;
        }
    }
    Ok(count)
}

/// The ledger has enrolled a batch's entries from index `first` on: they get these handles.
///
/// # Errors
/// [`TaggingError::ListDiffers`], [`TaggingError::Stage`].
pub fn enrolled(roll: &mut Roll, number: u32, first: u32) -> Result<usize, TaggingError> {
    let open = batch(roll, number, Stage::Tagged)?;
    let (programme, epoch) = (open.programme, open.epoch);
    let vault = roll.list(programme, epoch).map_or(0, |list| list.handles.len());
    if usize::try_from(first) != Ok(vault) {
        return Err(TaggingError::ListDiffers { vault, ledger: first });
    }
    let batch = batch(roll, number, Stage::Tagged)?;
    let mut handles = Vec::new();
    let entered =
        batch.members.iter_mut().filter(|it| it.fate == Fate::Open && it.tagged.is_some());
    for (handle, member) in (first..).zip(entered) {
        member.fate = Fate::Enrolled(handle);
        handles.push(member.person);
    }
    batch.is_done = true;
    let count = handles.len();
    roll.list_mut(programme, epoch).extend(handles);
    Ok(count)
}
