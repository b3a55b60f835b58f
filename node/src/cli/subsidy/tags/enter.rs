//! `minglian subsidy tags request` and `enrol`: what the county's officers sign.

use anyhow::Context as _;
use minglian_contracts::call::Call;
use minglian_contracts::enrolment::entry::{Enrol, Entry};
use minglian_contracts::enrolment::evaluation::{AttestedPoint, RequestEvaluation};
use minglian_contracts::enrolment::{self, Event};
use minglian_contracts::event;
use minglian_contracts::refusal::Code;
use minglian_county::roll::tags::{Stage, TagBatch};
use minglian_county::tagging;
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::transaction::ClientReference;
use rand::rngs::OsRng;

use super::EnterArguments;
use crate::cli::tx::{self, act};
use crate::desk::office::Office;
use crate::desk::outcome::{Outcome, Refused};
use crate::desk::preview;

/// Digits of a reference that tell acts with other contents apart.
const REFERENCE_DIGITS: usize = 16;

/// Runs `request`.
pub fn request(arguments: &EnterArguments) -> anyhow::Result<()> {
    let mut vault = arguments.open()?;
    let numbers = super::at(&vault.roll, Stage::Attested);
    if numbers.is_empty() {
        arguments.manner.say("no batch waits for its request 没有待申请的批次");
    }
    let mut key = None;
    for number in numbers {
        let call = request_of(super::found(&vault.roll, number)?)?;
        let Some(outcome) = enter(arguments, number, "request", &call, &mut key)? else { continue };
        if let Outcome::Applied { place, .. } = &outcome {
            tagging::requested(&mut vault.roll, number, place.index)?;
            vault.save(&mut OsRng)?;
        }
        arguments.manner.conclude(&outcome)?;
    }
    Ok(())
}

fn request_of(batch: &TagBatch) -> anyhow::Result<Call> {
    let point = |member: &minglian_county::roll::tags::TagMember| {
        let attestation = member.attestation.context("a person of the batch is not attested")?;
        anyhow::Ok(AttestedPoint { blinded: member.blinded, attestation })
    };
    let (group, epoch) = (batch.group, batch.epoch);
    let attester = batch.attester.context("the batch is not attested")?;
    let points = batch.members.iter().map(point).collect::<anyhow::Result<_>>()?;
    let act = RequestEvaluation { group, epoch, attester, points };
    Ok(Call::Enrolment(enrolment::Call::RequestEvaluation(act)))
}

/// Runs `enrol`.
pub fn enrol(arguments: &EnterArguments) -> anyhow::Result<()> {
    let mut vault = arguments.open()?;
    let numbers = super::at(&vault.roll, Stage::Tagged);
    if numbers.is_empty() {
        arguments.manner.say("no batch waits to be enrolled 没有待登记的批次");
    }
    let (mut key, mut taken_in_all) = (None, 0);
    for number in numbers {
        let entries = tagging::entries(&mut vault.roll, number)?;
        if entries.is_empty() {
            vault.save(&mut OsRng)?;
            arguments.manner.say(&format!(
                "batch {number}: fewer than ten remain; they wait for the next `prepare` \
                 第{number}批剩余不足十人,并入下一批"
            ));
            continue;
        }
        let batch = super::found(&vault.roll, number)?;
        let call = enrol_of(batch, &entries)?;
        let Some(outcome) = enter(arguments, number, "enrol", &call, &mut key)? else { continue };
        match &outcome {
            Outcome::Applied { place, .. } => {
                let first = tx::block_on(first_index(arguments, place.index))?;
                let count = tagging::enrolled(&mut vault.roll, number, first)?;
                vault.save(&mut OsRng)?;
                arguments.manner.say(&format!("{count} persons have handles 已登记 {count} 人"));
            }
            Outcome::Refused { refusal, .. } if refusal.code == Code::TagTaken.number() => {
                let taken = tagging::taken(&mut vault.roll, number, &positions(refusal))?;
                vault.save(&mut OsRng)?;
                anyhow::ensure!(taken > 0, "the refusal names nobody: {}", refusal.detail);
                taken_in_all += taken;
                arguments.manner.say(&format!(
                    "batch {number}: {taken} persons are enrolled already, here or in another \
                     county 第{number}批有 {taken} 人已在本县或他县登记"
                ));
                continue;
            }
            _ => {}
        }
        arguments.manner.conclude(&outcome)?;
    }
    anyhow::ensure!(
        taken_in_all == 0,
        "{taken_in_all} persons were found enrolled and left out; give the command again to enrol \
         the others 已剔除 {taken_in_all} 名重复登记人员,请再次执行以登记其余人员"
    );
    Ok(())
}

fn enrol_of(batch: &TagBatch, entries: &[tagging::Entry]) -> anyhow::Result<Call> {
    let entry = |(position, tagged): &tagging::Entry| Entry {
        position: *position,
        tag: tagged.tag,
        proof: tagged.proof,
    };
    let act = Enrol {
        programme: batch.programme,
        request: batch.request.context("the batch has no request")?,
        members: batch.answered.clone(),
        entries: entries.iter().map(entry).collect(),
    };
    Ok(Call::Enrolment(enrolment::Call::Enrol(act)))
}

/// Shows an act, and signs and sends it unless it is only to be shown.
fn enter(
    arguments: &EnterArguments,
    number: u32,
    what: &str,
    call: &Call,
    key: &mut Option<SigningKey>,
) -> anyhow::Result<Option<Outcome>> {
    let EnterArguments { signer, manner, .. } = arguments;
    preview::check(call)?;
    let reference = reference(what, call)?;
    tx::block_on(async {
        let mut office: Office = signer.office(manner).await?;
        office.learn(call).await?;
        manner.say(&format!("batch {number} 第{number}批"));
        manner.say(&preview::of(call, &office.names).to_text(manner.lang));
        if arguments.preview {
            return Ok(None);
        }
        Ok(Some(act::enter(&office, signer, manner, reference, call, key).await?))
    })
}

/// The act's own reference: another act has another, the same one is sent once.
fn reference(what: &str, call: &Call) -> anyhow::Result<ClientReference> {
    let digest = Commitment::of(&[what.as_bytes(), &call.encode()]).to_string();
    let digits = digest.get(..REFERENCE_DIGITS).unwrap_or(&digest);
    act::checked_reference(format!("tags/{what}/{digits}"))
}

/// The index of the first tag that an act enrolled, as its record says.
async fn first_index(arguments: &EnterArguments, index: LogIndex) -> anyhow::Result<u32> {
    let office = arguments.signer.office(&arguments.manner).await?;
    let record = office.client.record(index).await?;
    let enrolled = record.receipt.events.iter().find_map(|event| {
        match serde_json::from_value(event.clone()) {
            Ok(event::Event::Enrolment(Event::Enrolled { first, .. })) => Some(first),
            _ => None,
        }
    });
    enrolled.with_context(|| format!("record {index} does not say what it enrolled"))
}

/// The positions that a refusal for taken tags names.
fn positions(refusal: &Refused) -> Vec<u16> {
    let (_, named) = refusal.detail.split_once("positions ").unwrap_or_default();
    named.split(", ").filter_map(|position| position.trim().parse().ok()).collect()
}
