//! An enrolment list on a running network: the keys' ceremony and the answers of all members are
//! made here, of people who do not exist.

use std::collections::{BTreeMap, BTreeSet};

use minglian_contracts::call::Call;
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::attester::RegisterAttester;
use minglian_contracts::enrolment::ceremony::{AcknowledgeKey, OpenKey, PostDealing};
use minglian_contracts::enrolment::entry::{ENROLMENTS_MAX, Enrol, Entry};
use minglian_contracts::enrolment::evaluation::{
    AnswerEvaluation, AttestedPoint, RequestEvaluation, request_context,
};
use minglian_contracts::enrolment::quota::PlanEnrolments;
use minglian_ledger::genesis::Role;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::enrolment::{BlindingFactor, Enrolment, EnrolmentContext, attest};
use minglian_ledger::subsidy::evaluation::{self, Interpolation};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::key_generation::{Dealing, DealtShare, Seat};
use minglian_ledger::subsidy::threshold::{Committee, KeyPurpose, KeyShare, Request, ThresholdKey};
use minglian_testnet::act::Desk;
use minglian_testnet::officer::{Officer, Officers};
use rand::rngs::OsRng;

/// What a county pays, and to how many.
pub struct Wanted {
    pub county: OrganizationCode,
    /// The 民政 department above it.
    pub above: OrganizationCode,
    pub programme: u16,
    pub group: u16,
    pub epoch: u16,
    pub handles: usize,
}

/// Person `number`, who does not exist: no region begins with 999999.
pub fn identity(number: usize) -> IdentityNumber {
    let (month, day, sequence) =
        (number / 27_972 % 12 + 1, number / 999 % 28 + 1, number % 999 + 1);
    let body = format!("9999991932{month:02}{day:02}{sequence:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize =
        body.bytes().zip(weights).map(|(it, weight)| usize::from(it - b'0') * weight).sum();
    let check = b"10X98765432"[sum % 11];
    IdentityNumber::parse(&format!("{body}{}", char::from(check))).unwrap()
}

fn call(call: enrolment::Call) -> Call {
    Call::Enrolment(call)
}

/// Enrols as many people as are wanted. `members` run a validator each.
pub async fn enrol(
    desk: &mut Desk,
    officers: &Officers,
    members: &BTreeSet<OrganizationCode>,
    wanted: &Wanted,
) {
    let members: Vec<OrganizationCode> = members.iter().copied().collect();
    let (key, shares) = make_key(desk, officers, &members, wanted).await;
    let of = |code, role| officers.of(code, role).unwrap();
    let (maker, checker) = (of(wanted.county, Role::Maker), of(wanted.county, Role::Checker));
    let attester = Officer::generate(wanted.above);
    let Wanted { county, above, programme, group, epoch, handles } = *wanted;
    let register =
        RegisterAttester { county, organization: above, attester: attester.public_key() };
    let register = call(enrolment::Call::RegisterAttester(register));
    let (city_maker, city_checker) = (of(above, Role::Maker), of(above, Role::Checker));
    desk.carry_out(&register, &[&city_maker, &city_checker]).await.unwrap();
    let planned = u32::try_from(handles).unwrap();
    let plan = PlanEnrolments { group, epoch, planned, reviewer: above };
    let plan = call(enrolment::Call::PlanEnrolments(plan));
    desk.carry_out(&plan, &[&maker, &checker, &city_checker]).await.unwrap();

    let context = EnrolmentContext { chain_id: desk.chain_id().clone(), county, group, epoch };
    let numbers: Vec<usize> = (0..handles).collect();
    let mut asked = Vec::new();
    for numbers in numbers.chunks(ENROLMENTS_MAX) {
        asked.push(Asked::new(&context, &attester, numbers));
    }
    let requests = asked.iter().map(|asked| call(asked.request(wanted, &attester)));
    let requests = commit_all(desk, &maker, requests.collect()).await;
    let mut answers: BTreeMap<u16, Vec<Call>> = BTreeMap::new();
    let threshold = usize::from(key.committees[0].threshold);
    for (asked, request) in asked.iter_mut().zip(&requests) {
        for share in &shares[..threshold] {
            let act = asked.answer(&key, share, *request);
            answers.entry(share.index()).or_default().push(call(act));
        }
    }
    for (index, acts) in answers {
        let member = of(members[usize::from(index) - 1], Role::Maker);
        commit_all(desk, &member, acts).await;
    }
    let enrols = asked.iter().zip(&requests);
    let enrols = enrols.map(|(asked, request)| call(asked.enrol(programme, *request)));
    commit_all(desk, &checker, enrols.collect()).await;
}

/// Commits acts of one officer; where their records stand.
async fn commit_all(desk: &mut Desk, officer: &Officer, acts: Vec<Call>) -> Vec<LogIndex> {
    let mut indexes = Vec::new();
    // A few at a time: each keeps a processor busy for some tens of milliseconds.
    for acts in acts.chunks(8) {
        let signed: Vec<_> = acts.iter().map(|act| desk.sign(officer, act).unwrap()).collect();
        let views = desk.commit(&signed).await.unwrap();
        indexes.extend(views.into_iter().map(|view| view.index));
    }
    indexes
}

async fn make_key(
    desk: &mut Desk,
    officers: &Officers,
    members: &[OrganizationCode],
    wanted: &Wanted,
) -> (ThresholdKey, Vec<KeyShare>) {
    let purpose = KeyPurpose::Tags { group: wanted.group, epoch: wanted.epoch };
    let governors: Vec<Officer> =
        members.iter().map(|member| officers.of(*member, Role::Governor).unwrap()).collect();
    let quorum: Vec<&Officer> = governors.iter().take(members.len() * 2 / 3 + 1).collect();
    let open = call(enrolment::Call::OpenKey(OpenKey { purpose, outside: None }));
    desk.carry_out(&open, &quorum).await.unwrap();
    let count = u16::try_from(members.len()).unwrap();
    let threshold = count * 2 / 3 + 1;
    let (shares, dealings) = deal(count, threshold);
    for (member, dealing) in members.iter().zip(dealings.values()) {
        let maker = officers.of(*member, Role::Maker).unwrap();
        let act = PostDealing { purpose, attempt: 1, dealing: dealing.clone() };
        desk.carry_out(&call(enrolment::Call::PostDealing(act)), &[&maker]).await.unwrap();
    }
    let committee = Committee::of_dealings(threshold, &dealings).unwrap();
    let chain_id = desk.chain_id().clone();
    let key = ThresholdKey { chain_id, purpose, committees: vec![committee] };
    for member in members {
        let maker = officers.of(*member, Role::Maker).unwrap();
        let act = AcknowledgeKey { purpose, attempt: 1, key: key.id() };
        desk.carry_out(&call(enrolment::Call::AcknowledgeKey(act)), &[&maker]).await.unwrap();
    }
    (key, shares)
}

/// A ceremony with members who all keep to the rules.
fn deal(members: u16, threshold: u16) -> (Vec<KeyShare>, BTreeMap<u16, Dealing>) {
    let (mut dealt, mut dealings) = (BTreeMap::new(), BTreeMap::new());
    for index in 1..=members {
        let seat = Seat { committee: 0, index, members, threshold };
        let (secret, dealing) = seat.deal(&mut OsRng).unwrap();
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
    (shares, dealings)
}

/// One request of the county: its persons, and what the members answered.
struct Asked {
    context: EnrolmentContext,
    factors: Vec<BlindingFactor>,
    points: Vec<AttestedPoint>,
    partials: Vec<evaluation::Partial>,
}

impl Asked {
    fn new(context: &EnrolmentContext, attester: &Officer, numbers: &[usize]) -> Self {
        let (mut factors, mut points) = (Vec::new(), Vec::new());
        for number in numbers {
            let (person, factor) = (identity(*number), BlindingFactor::random(&mut OsRng));
            let blinded = factor.blind(&person);
            let attestation = attest(&attester.key, context, &person, &factor, &blinded).unwrap();
            factors.push(factor);
            points.push(AttestedPoint { blinded, attestation });
        }
        Self { context: context.clone(), factors, points, partials: Vec::new() }
    }

    fn request(&self, wanted: &Wanted, attester: &Officer) -> enrolment::Call {
        let (group, epoch, attester) = (wanted.group, wanted.epoch, attester.public_key());
        let points = self.points.clone();
        enrolment::Call::RequestEvaluation(RequestEvaluation { group, epoch, attester, points })
    }

    fn answer(
        &mut self,
        key: &ThresholdKey,
        share: &KeyShare,
        request: LogIndex,
    ) -> enrolment::Call {
        let points = self.points.iter().map(|point| point.blinded.point).collect();
        let bound = request_context(&self.context);
        let put = Request::new(key, &bound, points).unwrap();
        let partial = evaluation::evaluate(&put, share, &mut OsRng).unwrap();
        let (results, proof) = (partial.results.clone(), partial.proof);
        self.partials.push(partial);
        enrolment::Call::AnswerEvaluation(AnswerEvaluation { request, results, proof })
    }

    fn enrol(&self, programme: u16, request: LogIndex) -> enrolment::Call {
        let members: Vec<u16> = self.partials.iter().map(|partial| partial.index).collect();
        let interpolation = Interpolation::new(&members).unwrap();
        let mut entries = Vec::new();
        for (place, (factor, point)) in self.factors.iter().zip(&self.points).enumerate() {
            let results: Vec<_> = self.partials.iter().map(|it| it.results[place]).collect();
            let evaluated = interpolation.apply(&results).unwrap();
            let (context, signature) = (&self.context, point.attestation);
            let enrolled =
                Enrolment::new(context, factor, point.blinded, &evaluated, signature, &mut OsRng);
            let Enrolment { tag, proof, .. } = enrolled.unwrap();
            entries.push(Entry { position: u16::try_from(place).unwrap(), tag, proof });
        }
        enrolment::Call::Enrol(Enrol { programme, request, members, entries })
    }
}
