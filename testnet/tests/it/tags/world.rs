//! Four nodes whose officers make keys and enrol.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use minglian_client::read::Paging;
use minglian_client::wire::{CommittedView, ShareState, SubmitStatus, ThresholdKeyView};
use minglian_contracts::call::Call;
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::attester::RegisterAttester;
use minglian_contracts::enrolment::entry::{Enrol, Entry};
use minglian_contracts::enrolment::evaluation::{
    AttestedPoint, RequestEvaluation, request_context,
};
use minglian_contracts::enrolment::key::{KeyRecord, THRESHOLD_KEYS};
use minglian_contracts::enrolment::quota::PlanEnrolments;
use minglian_contracts::schema;
use minglian_ledger::evidence::{Proven, Trust};
use minglian_ledger::genesis::Role;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::enrolment::{BlindingFactor, Enrolment, EnrolmentContext, attest};
use minglian_ledger::subsidy::evaluation::{self, Partial};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::threshold::{KeyPurpose, Request};
use minglian_testnet::act::{COMMIT_LIMIT, Desk};
use minglian_testnet::officer::{Officer, Officers};
use minglian_testnet::process::Signal;
use rand::RngCore as _;
use rand::rngs::OsRng;

use crate::network::Network;

/// How long nodes may take for what they do among themselves.
pub const LIMIT: Duration = Duration::from_secs(120);

pub const ASK_INTERVAL: Duration = Duration::from_millis(200);

pub const PURPOSE: KeyPurpose = KeyPurpose::Tags { group: GROUP, epoch: EPOCH };
const GROUP: u16 = 1;
const EPOCH: u16 = 2024;

/// Four nodes, their officers, a desk at node 0, and an attester.
pub struct World {
    pub network: Network,
    officers: Officers,
    desk: Desk,
    attester: SigningKey,
}

/// A county's request, with what the county alone knows.
pub struct Asked {
    index: LogIndex,
    context: EnrolmentContext,
    pub points: Vec<AttestedPoint>,
    factors: Vec<BlindingFactor>,
}

/// Person `number`, who does not exist.
pub fn person(number: u16) -> IdentityNumber {
    let (day, sequence) = (1 + number / 900, 1 + number % 900);
    IdentityNumber::parse(&format!("3411223501{day:02}{sequence:03}")).unwrap()
}

pub fn act(call: enrolment::Call) -> Call {
    Call::Enrolment(call)
}

impl World {
    pub async fn new(network: Network) -> Self {
        let officers = Officers::open(network.directory()).unwrap();
        let desk = Desk::new(network.client(0).unwrap(), "tags").await.unwrap();
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        Self { network, officers, desk, attester: SigningKey::from_bytes(&seed) }
    }

    pub fn code(&self, node: usize) -> OrganizationCode {
        self.network.nodes()[node].validator.organization
    }

    pub fn officer(&self, node: usize, role: Role) -> Officer {
        self.officers.of(self.code(node), role).unwrap()
    }

    pub async fn governors_agree(&mut self, call: enrolment::Call) {
        let governors: Vec<Officer> =
            (0..3).map(|node| self.officer(node, Role::Governor)).collect();
        let signers: Vec<&Officer> = governors.iter().collect();
        self.desk.carry_out(&act(call), &signers).await.unwrap();
    }

    /// What node 0 says of the key, once it has come so far.
    pub async fn key(&self, is_there: impl Fn(&ThresholdKeyView) -> bool) -> ThresholdKeyView {
        let (client, deadline) = (self.network.client(0).unwrap(), Instant::now() + LIMIT);
        loop {
            let keys = client.threshold_keys(&Paging::default()).await.unwrap().items;
            let key = keys.into_iter().find(|key| key.purpose == PURPOSE);
            if let Some(key) = key.clone().filter(&is_there) {
                return key;
            }
            assert!(Instant::now() < deadline, "the key stays at {key:?}");
            tokio::time::sleep(ASK_INTERVAL).await;
        }
    }

    /// Waits until a node says this of its share.
    pub async fn has_share(&self, node: usize, state: ShareState) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let held = self.network.health(node).await.unwrap().key_shares;
            if held.iter().any(|share| (share.purpose, share.state) == (PURPOSE, state)) {
                return;
            }
            assert!(Instant::now() < deadline, "node {node} says {held:?}, not {state:?}");
            tokio::time::sleep(ASK_INTERVAL).await;
        }
    }

    /// The key of the world's own attester.
    pub fn attester(&self) -> PublicKey {
        PublicKey::of(&self.attester)
    }

    /// A county may enrol: it has an attester and a plan.
    pub async fn prepare(&mut self, county: usize, attester: PublicKey) {
        let [maker, checker] = [Role::Maker, Role::Checker].map(|role| self.officer(county, role));
        let [above, above_checks] = [Role::Maker, Role::Checker].map(|role| self.officer(0, role));
        let register =
            RegisterAttester { county: self.code(county), organization: self.code(3), attester };
        let register = act(enrolment::Call::RegisterAttester(register));
        self.desk.carry_out(&register, &[&above, &above_checks]).await.unwrap();
        let plan =
            PlanEnrolments { group: GROUP, epoch: EPOCH, planned: 60, reviewer: self.code(0) };
        let plan = act(enrolment::Call::PlanEnrolments(plan));
        self.desk.carry_out(&plan, &[&maker, &checker, &above_checks]).await.unwrap();
    }

    pub async fn ask(&mut self, county: usize, persons: std::ops::Range<u16>) -> Asked {
        let context = EnrolmentContext {
            chain_id: self.desk.chain_id().clone(),
            county: self.code(county),
            group: GROUP,
            epoch: EPOCH,
        };
        let (mut points, mut factors) = (Vec::new(), Vec::new());
        for number in persons {
            let (identity, factor) = (person(number), BlindingFactor::random(&mut OsRng));
            let blinded = factor.blind(&identity);
            let attestation = attest(&self.attester, &context, &identity, &factor, &blinded);
            points.push(AttestedPoint { blinded, attestation: attestation.unwrap() });
            factors.push(factor);
        }
        let attester = PublicKey::of(&self.attester);
        let request =
            RequestEvaluation { group: GROUP, epoch: EPOCH, attester, points: points.clone() };
        let maker = self.officer(county, Role::Maker);
        let signed = self.desk.sign(&maker, &act(enrolment::Call::RequestEvaluation(request)));
        let index = self.desk.commit(&[signed.unwrap()]).await.unwrap()[0].index;
        Asked { index, context, points, factors }
    }

    /// Waits until so many members have answered; who they are.
    pub async fn answered(&self, asked: &Asked, count: usize) -> Vec<u16> {
        let (client, deadline) = (self.network.client(0).unwrap(), Instant::now() + LIMIT);
        loop {
            let view = client.evaluation(asked.index).await.unwrap();
            assert_eq!((view.needed, view.points), (3, asked.points.len()));
            if view.answered.len() >= count {
                return view.answered;
            }
            assert!(Instant::now() < deadline, "{count} answers are waited for: {view:?}");
            tokio::time::sleep(ASK_INTERVAL).await;
        }
    }

    /// The key's record, proven under the genesis.
    pub async fn record(&self) -> KeyRecord {
        let genesis = self.network.genesis().unwrap();
        let purpose = schema::encode(&PURPOSE);
        let client = self.network.client(0).unwrap();
        let evidence = client.threshold_key_evidence(&purpose, Height::GENESIS).await.unwrap();
        let trust = Trust {
            chain_id: self.desk.chain_id().clone(),
            height: Height::GENESIS,
            validators: genesis.validators,
        };
        let Proven::State(key, value) = evidence.verify(&trust).unwrap() else {
            panic!("evidence of something else")
        };
        assert_eq!(key, THRESHOLD_KEYS.key(&PURPOSE));
        KeyRecord::decode(&value.unwrap()).unwrap()
    }

    /// The answers to a request, as they stand in blocks.
    pub async fn answers(&self, asked: &Asked, record: &KeyRecord) -> BTreeMap<u16, Partial> {
        let client = self.network.client(0).unwrap();
        let from = client.evaluation(asked.index).await.unwrap().height;
        let (mut feed, mut partials) = (client.block_feed(from), BTreeMap::new());
        while let Some(block) = feed.next().await.unwrap() {
            for transaction in block.block.transactions {
                let call = Call::decode(&transaction.body.call).unwrap();
                let Call::Enrolment(enrolment::Call::AnswerEvaluation(answer)) = call else {
                    continue;
                };
                if answer.request != asked.index {
                    continue;
                }
                let index = record.member(&transaction.body.organization).unwrap();
                let (results, proof) = (answer.results, answer.proof);
                let partial = Partial { committee: 0, index, results, proof };
                assert!(partials.insert(index, partial).is_none(), "member {index} said it twice");
            }
        }
        partials
    }

    /// The enrolment of all persons of a request by these members' answers.
    pub async fn entries(&self, asked: &Asked, members: &[u16]) -> Vec<Entry> {
        let record = self.record().await;
        let partials = self.answers(asked, &record).await;
        let points = asked.points.iter().map(|point| point.blinded.point).collect();
        let request = Request::new(&record.key, &request_context(&asked.context), points).unwrap();
        let partials: Vec<Partial> =
            members.iter().map(|member| partials[member].clone()).collect();
        let evaluated = evaluation::combine(&request, &partials).unwrap();
        let all = asked.points.iter().zip(&asked.factors).zip(evaluated);
        let entry = |(position, ((point, factor), evaluated)): (usize, _)| {
            let AttestedPoint { blinded, attestation }: &AttestedPoint = point;
            let random = &mut OsRng;
            let context = &asked.context;
            let made = Enrolment::new(context, factor, *blinded, &evaluated, *attestation, random);
            let Enrolment { tag, proof, .. } = made.unwrap();
            Entry { position: u16::try_from(position).unwrap(), tag, proof }
        };
        all.enumerate().map(entry).collect()
    }

    /// What became of an enrolment.
    pub async fn enrol(
        &mut self,
        county: usize,
        asked: &Asked,
        members: Vec<u16>,
        entries: Vec<Entry>,
    ) -> CommittedView {
        let checker = self.officer(county, Role::Checker);
        let act_of = Enrol { programme: 1, request: asked.index, members, entries };
        let signed = self.desk.sign(&checker, &act(enrolment::Call::Enrol(act_of))).unwrap();
        let client = self.network.client(0).unwrap();
        let answers = client.submit_and_wait(&[signed.encode()], COMMIT_LIMIT).await.unwrap();
        assert_eq!(answers[0].status, SubmitStatus::Committed, "{answers:?}");
        answers[0].committed.clone().unwrap()
    }

    pub fn secrets(&self, node: usize) -> Vec<String> {
        let directory = self.network.directory().data(node).join("threshold");
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Takes a node's secrets away from it, or gives them back.
    pub async fn restart_with(&self, node: usize, from: &str, to: &str) {
        self.network.signal(node, Signal::Terminate).unwrap();
        let data = self.network.directory().data(node);
        fs::rename(data.join(from), data.join(to)).unwrap();
        self.network.start(node).unwrap();
        self.network.wait_healthy(node).await.unwrap();
    }
}
