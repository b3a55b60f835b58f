//! Verbs of keys that nobody holds and of enrolments. Keys, shares and persons follow from names
//! and numbers, see `private.rs`: `persons=1-12,20` are invented people.

use minglian_contracts::enrolment::attester::{EndAttester, RegisterAttester};
use minglian_contracts::enrolment::ceremony::{AccuseMember, AcknowledgeKey, OpenKey, PostDealing};
use minglian_contracts::enrolment::evaluation::AnswerEvaluation;
use minglian_contracts::enrolment::key::{OutsideCommittee, RetireKey};
use minglian_contracts::enrolment::quota::PlanEnrolments;
use minglian_contracts::enrolment::transfer::Transfer;
use minglian_contracts::enrolment::{Call, list};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::domain::KeyId;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::threshold::KeyPurpose;

use super::arguments::Arguments;
use crate::private;
use crate::world::{World, code, public_key};

pub fn call(arguments: &Arguments, world: &World) -> Result<Option<Call>, String> {
    if let Some(call) = key_call(arguments, world)? {
        return Ok(Some(call));
    }
    let number = |name: &str| arguments.parsed::<u16>(name);
    let attester = || arguments.get("attester").map(public_key);
    Ok(Some(match arguments.verb.as_str() {
        "register_attester" => Call::RegisterAttester(RegisterAttester {
            county: arguments.organization("county")?,
            organization: arguments.organization("organization")?,
            attester: attester()?,
        }),
        "end_attester" => {
            let county = arguments.organization("county")?;
            Call::EndAttester(EndAttester { county, attester: attester()? })
        }
        "plan_enrolments" => Call::PlanEnrolments(PlanEnrolments {
            group: number("group")?,
            epoch: number("epoch")?,
            planned: arguments.parsed("planned")?,
            reviewer: arguments.organization("reviewer")?,
        }),
        "request_tags" => {
            // `attested_for=` is another county than the one that asks.
            let county = arguments.optional("attested_for").map_or_else(|| own(arguments), code);
            let context = private::context(world, county, number("group")?, number("epoch")?);
            let (persons, attester) = (persons(arguments)?, arguments.get("attester")?);
            let mut act = private::request(&context, attester, &persons);
            if has(arguments, "nothing") {
                // The neutral element: what any key makes of it says nothing.
                act.points[0].blinded.point = PointBytes([0; 32]);
            }
            Call::RequestEvaluation(act)
        }
        "answer" => Call::AnswerEvaluation(answer(arguments, world)?),
        "enrol" => {
            let request = request(arguments, world)?;
            let persons = persons(arguments)?;
            let mut act = private::enrol(world, request, number("programme")?, &persons);
            if has(arguments, "unordered") {
                act.entries.reverse();
            }
            if has(arguments, "swapped") {
                let (first, second) = (act.entries[0].tag, act.entries[1].tag);
                (act.entries[0].tag, act.entries[1].tag) = (second, first);
            }
            Call::Enrol(act)
        }
        "transfer" => {
            let request = request(arguments, world)?;
            let members = private::stored(world, request).answered;
            let entry = private::entry(world, request, &members, number("person")?);
            Call::Transfer(Transfer {
                programme: number("programme")?,
                request,
                members,
                entry,
                from: arguments.organization("from")?,
                last_month: arguments.parsed("last_month")?,
            })
        }
        _ => return Ok(None),
    }))
}

fn key_call(arguments: &Arguments, world: &World) -> Result<Option<Call>, String> {
    let attempt = || match arguments.optional("attempt") {
        Some(_) => arguments.parsed("attempt"),
        None => Ok(1),
    };
    Ok(Some(match arguments.verb.as_str() {
        "open_key" => {
            let outside = arguments
                .optional("outside")
                .map(|name| OutsideCommittee { members: vec![code(name)], threshold: 1 });
            Call::OpenKey(OpenKey { purpose: purpose(arguments)?, outside })
        }
        "deal" => {
            let purpose = purpose(arguments)?;
            let made = private::open_ceremony(world, purpose).ok_or("no ceremony")?;
            // `as=2` posts what is another member's.
            let member = match arguments.optional("as") {
                Some(_) => arguments.parsed("as")?,
                None => private::member(world, purpose, own(arguments)).unwrap_or(1),
            };
            let dealing = made.dealings[&member].clone();
            Call::PostDealing(PostDealing { purpose, attempt: attempt()?, dealing })
        }
        "acknowledge" => {
            let purpose = purpose(arguments)?;
            let key = match arguments.optional("key") {
                Some(other) => KeyId::of(&[other.as_bytes()]),
                None => private::derived(world, purpose).map(|key| key.id()).unwrap_or_default(),
            };
            Call::AcknowledgeKey(AcknowledgeKey { purpose, attempt: attempt()?, key })
        }
        "accuse" => {
            let accused = arguments.parsed("member")?;
            let (purpose, attempt) = (purpose(arguments)?, attempt()?);
            Call::AccuseMember(AccuseMember { purpose, attempt, accused })
        }
        "retire_key" => Call::RetireKey(RetireKey { purpose: purpose(arguments)? }),
        _ => return Ok(None),
    }))
}

fn has(arguments: &Arguments, word: &str) -> bool {
    arguments.words.iter().any(|known| known == word)
}

/// The organisation of the one who acts.
fn own(arguments: &Arguments) -> OrganizationCode {
    code(arguments.actor.split('.').next().unwrap_or_default())
}

/// `tags=GROUP/YEAR`, `escrow=YEAR` or `beacon=NUMBER`.
fn purpose(arguments: &Arguments) -> Result<KeyPurpose, String> {
    if let Some(tags) = arguments.optional("tags") {
        let (group, epoch) = tags.split_once('/').ok_or("tags=GROUP/YEAR")?;
        let read = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
        return Ok(KeyPurpose::Tags { group: read(group)?, epoch: read(epoch)? });
    }
    match arguments.optional("escrow") {
        Some(_) => Ok(KeyPurpose::Escrow { epoch: arguments.parsed("escrow")? }),
        None => Ok(KeyPurpose::Beacon { epoch: arguments.parsed("beacon")? }),
    }
}

/// `persons=1-12,20`.
fn persons(arguments: &Arguments) -> Result<Vec<u16>, String> {
    let mut all = Vec::new();
    for part in arguments.get("persons")?.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let read = |text: &str| text.parse::<u16>().map_err(|_| format!("{text} is no person"));
        all.extend(read(first)?..=read(last)?);
    }
    Ok(all)
}

/// `request=RECORD`, or the newest.
fn request(arguments: &Arguments, world: &World) -> Result<LogIndex, String> {
    match arguments.optional("request") {
        Some(_) => Ok(LogIndex(arguments.parsed("request")?)),
        None => private::newest(world).ok_or_else(|| "nothing was asked".to_owned()),
    }
}

/// `as=2` is the answer of another member, `wrong=3` has a wrong result there, `said=1` names
/// another record.
fn answer(arguments: &Arguments, world: &World) -> Result<AnswerEvaluation, String> {
    let request = request(arguments, world)?;
    let purpose = private::stored(world, request).purpose();
    let member = match arguments.optional("as") {
        Some(_) => arguments.parsed("as")?,
        None => private::member(world, purpose, own(arguments)).unwrap_or(1),
    };
    let mut answer = private::answer(request, private::partial(world, request, member));
    if arguments.optional("wrong").is_some() {
        let place: usize = arguments.parsed("wrong")?;
        answer.results[place] = answer.results[(place + 1) % answer.results.len()];
    }
    if arguments.optional("said").is_some() {
        answer.request = LogIndex(arguments.parsed("said")?);
    }
    Ok(answer)
}

/// `list COUNTY PROGRAMME YEAR` asks how long a list is, and which indexes a month leaves out:
/// `list county_civil 1 2024 2024-05`.
pub fn answered(act: &str, world: &World) -> Option<Result<String, String>> {
    let words: Vec<&str> = act.strip_prefix("list ")?.split(' ').collect();
    let found = || {
        let [county, programme, epoch, ref rest @ ..] = words[..] else {
            return Err("list COUNTY PROGRAMME YEAR".to_owned());
        };
        let read = |text: &str| text.parse::<u16>().map_err(|_| format!("{text} is no number"));
        let (county, programme, epoch) = (code(county), read(programme)?, read(epoch)?);
        let state = &world.state;
        let Some(month) = rest.first() else {
            let found = list::list(state, &county, programme, epoch);
            let found = found.map_err(|error| error.to_string())?;
            return Ok(found.map_or(0, |found| found.length).to_string());
        };
        let month = month.parse().map_err(|_| format!("{month} is no month"))?;
        let zeros = list::zeros(state, &county, programme, epoch, month);
        let zeros = zeros.map_err(|error| error.to_string())?;
        let zeros: Vec<String> = zeros.iter().map(u32::to_string).collect();
        Ok(format!("[{}]", zeros.join(",")))
    };
    Some(found())
}
