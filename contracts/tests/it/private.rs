//! Private subsidies as nodes, counties and attesters make them, of invented people: everything
//! follows from names and numbers, so that a scenario always comes to the same bytes.

use std::collections::BTreeMap;

use minglian_contracts::enrolment::ceremony::{CEREMONIES, Progress};
use minglian_contracts::enrolment::entry::{Enrol, Entry};
use minglian_contracts::enrolment::evaluation::{
    ANSWERS, AnswerEvaluation, AttestedPoint, EvaluationRequest, REQUESTS, RequestEvaluation,
    request_context,
};
use minglian_contracts::enrolment::key::THRESHOLD_KEYS;
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::dleq::DleqProof;
use minglian_ledger::subsidy::encoding::ScalarBytes;
use minglian_ledger::subsidy::enrolment::{self, BlindingFactor, Enrolment, EnrolmentContext};
use minglian_ledger::subsidy::evaluation::{self, Interpolation, Partial};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::key_generation::{Dealing, DealtShare, Seat};
use minglian_ledger::subsidy::threshold::{KeyPurpose, KeyShare, Request, ThresholdKey};
use rand_core::{CryptoRng, RngCore};

use crate::world::{World, public_key, secret_key};

/// Bytes that follow from a seed.
pub struct Stream {
    seed: Commitment,
    count: u64,
    rest: Vec<u8>,
}

impl Stream {
    pub fn new(seed: &str) -> Self {
        Self { seed: Commitment::of(&[seed.as_bytes()]), count: 0, rest: Vec::new() }
    }
}

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.rest.is_empty() {
                self.rest = Commitment::of(&[&self.seed.0, &self.count.to_le_bytes()]).0.to_vec();
                self.count += 1;
            }
            *byte = self.rest.pop().unwrap();
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Stream {}

/// What the members of a ceremony make.
pub struct Ceremony {
    pub shares: Vec<KeyShare>,
    pub dealings: BTreeMap<u16, Dealing>,
}

/// The ceremony for a purpose and attempt, with members who all keep to the rules.
pub fn ceremony(purpose: KeyPurpose, attempt: u32, members: u16, threshold: u16) -> Ceremony {
    let random = &mut Stream::new(&format!("{purpose:?} {attempt} {members} {threshold}"));
    let (mut dealt, mut dealings) = (BTreeMap::new(), BTreeMap::new());
    for index in 1..=members {
        let (secret, dealing) =
            Seat { committee: 0, index, members, threshold }.deal(random).unwrap();
        dealt.insert(index, secret);
        dealings.insert(index, dealing);
    }
    let mut sent: BTreeMap<u16, BTreeMap<u16, DealtShare>> = BTreeMap::new();
    let mut waiting = BTreeMap::new();
    for (from, secret) in dealt {
        let mut others = dealings.clone();
        others.remove(&from);
        let (next, shares) = secret.receive(&others).unwrap();
        waiting.insert(from, next);
        for (to, share) in shares {
            sent.entry(to).or_default().insert(from, share);
        }
    }
    let shares = waiting.into_iter().map(|(to, it)| it.finish(&sent[&to]).unwrap()).collect();
    Ceremony { shares, dealings }
}

/// The ceremony that the ledger has open for a purpose, as its members make it.
pub fn open_ceremony(world: &World, purpose: KeyPurpose) -> Option<Ceremony> {
    let open = CEREMONIES.get(&world.state, &purpose).unwrap()?;
    let members = u16::try_from(open.members.len()).unwrap();
    Some(ceremony(purpose, open.attempt, members, open.threshold))
}

/// The member that an organisation is in the ceremony that is open.
pub fn member(world: &World, purpose: KeyPurpose, organization: OrganizationCode) -> Option<u16> {
    let open = CEREMONIES.get(&world.state, &purpose).unwrap()?;
    let place = open.members.iter().position(|member| *member == organization)?;
    u16::try_from(place + 1).ok()
}

/// The key that the open ceremony has come to.
pub fn derived(world: &World, purpose: KeyPurpose) -> Option<ThresholdKey> {
    match CEREMONIES.get(&world.state, &purpose).unwrap()?.progress {
        Progress::Acknowledging(key, _) => Some(key),
        _ => None,
    }
}

/// Person `number`, who does not exist.
pub fn identity(number: u16) -> IdentityNumber {
    let (day, sequence) = (1 + number / 900, 1 + number % 900);
    IdentityNumber::parse(&format!("3411223501{day:02}{sequence:03}")).unwrap()
}

/// How a county blinds a person.
pub fn factor(context: &EnrolmentContext, number: u16) -> BlindingFactor {
    let EnrolmentContext { county, group, epoch, .. } = context;
    BlindingFactor::random(&mut Stream::new(&format!("{county} {group} {epoch} {number}")))
}

pub fn context(
    world: &World,
    county: OrganizationCode,
    group: u16,
    epoch: u16,
) -> EnrolmentContext {
    EnrolmentContext { chain_id: world.header.chain_id.clone(), county, group, epoch }
}

/// A county's request for these persons, attested by the key of that name.
pub fn request(context: &EnrolmentContext, attester: &str, persons: &[u16]) -> RequestEvaluation {
    let key = secret_key(attester);
    let points = persons.iter().map(|number| {
        let (person, factor) = (identity(*number), factor(context, *number));
        let blinded = factor.blind(&person);
        let attestation = enrolment::attest(&key, context, &person, &factor, &blinded).unwrap();
        AttestedPoint { blinded, attestation }
    });
    let (group, epoch) = (context.group, context.epoch);
    RequestEvaluation { group, epoch, attester: public_key(attester), points: points.collect() }
}

pub fn stored(world: &World, request: LogIndex) -> EvaluationRequest {
    REQUESTS.get(&world.state, &request).unwrap().unwrap()
}

/// The record of the newest request.
pub fn newest(world: &World) -> Option<LogIndex> {
    let all = REQUESTS.scan(&world.state, &(), None, usize::MAX).unwrap();
    all.into_iter().map(|(record, _)| record).max()
}

/// What `member` answers to a request, with the share that it has.
pub fn partial(world: &World, request: LogIndex, member: u16) -> Partial {
    let asked = stored(world, request);
    let record = THRESHOLD_KEYS.get(&world.state, &asked.purpose()).unwrap().unwrap();
    let count = u16::try_from(record.members.len()).unwrap();
    let made = ceremony(asked.purpose(), record.attempt, count, record.threshold());
    let bound = request_context(&asked.context(&world.header.chain_id));
    let points = asked.points.iter().map(|point| point.point).collect();
    let put = Request::new(&record.key, &bound, points).unwrap();
    let random = &mut Stream::new(&format!("answer {request} {member}"));
    evaluation::evaluate(&put, &made.shares[usize::from(member) - 1], random).unwrap()
}

pub fn answer(request: LogIndex, partial: Partial) -> AnswerEvaluation {
    AnswerEvaluation { request, results: partial.results, proof: partial.proof }
}

/// What the county enters for a person of its request, from the answers of `members`.
pub fn entry(world: &World, request: LogIndex, members: &[u16], number: u16) -> Entry {
    let asked = stored(world, request);
    let context = asked.context(&world.header.chain_id);
    let factor = factor(&context, number);
    let blinded = factor.blind(&identity(number));
    let place = asked.points.iter().position(|point| *point == blinded).unwrap();
    let results: Vec<_> = members
        .iter()
        .map(|member| ANSWERS.get(&world.state, &(request, *member)).unwrap().unwrap()[place])
        .collect();
    let evaluated = Interpolation::new(members).unwrap().apply(&results).unwrap();
    let signature = minglian_ledger::keys::Signature([0; 64]);
    let random = &mut Stream::new(&format!("enrol {request} {number}"));
    let enrolment =
        Enrolment::new(&context, &factor, blinded, &evaluated, signature, random).unwrap();
    let (tag, proof) = (enrolment.tag, enrolment.proof);
    Entry { position: u16::try_from(place).unwrap(), tag, proof }
}

/// The enrolment of persons of a request, in the order of their points; with the members that
/// answered.
pub fn enrol(world: &World, request: LogIndex, programme: u16, persons: &[u16]) -> Enrol {
    let members = stored(world, request).answered;
    let mut entries: Vec<Entry> =
        persons.iter().map(|number| entry(world, request, &members, *number)).collect();
    entries.sort_by_key(|entry| entry.position);
    Enrol { programme, request, members, entries }
}

/// A proof of nothing, where only its size matters.
pub fn no_proof() -> DleqProof {
    DleqProof { challenge: ScalarBytes([0; 32]), response: ScalarBytes([0; 32]) }
}
