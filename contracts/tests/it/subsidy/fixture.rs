//! A county with a programme, an enrolment list and money. What a batch needs no proof for, as the
//! ledger does not look at it, has none; `prove` makes a real one.

use std::sync::LazyLock;

use minglian_contracts::allocation::LineName;
use minglian_contracts::book;
use minglian_contracts::call::Call;
use minglian_contracts::enrolment::entry::{TAGS, TagPlace};
use minglian_contracts::enrolment::list::{EnrolmentList, LISTS, ListName, ListRoot, ROOTS};
use minglian_contracts::event::Event;
use minglian_contracts::refusal::Code;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::{BATCHES, Standing, Submit};
use minglian_contracts::subsidy::custody::CustodyReceipt;
use minglian_contracts::subsidy::money::LotSource;
use minglian_contracts::subsidy::period::PeriodLength;
use minglian_contracts::subsidy::programme::{Declare, ProgrammeKind, Terms};
use minglian_contracts::subsidy::verdict::{Check, Finding, GiveVerdict};
use minglian_ledger::fen::Fen;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys;
use minglian_ledger::subsidy::balance::BalanceProof;
use minglian_ledger::subsidy::batch::{
    BATCH_VERSION, BatchHeader, BatchKind, BatchName, Lot, SealedBatch,
};
use minglian_ledger::subsidy::custody;
use minglian_ledger::subsidy::domain::{BatchId, EnvelopeRoot, LeafRoot, ProofRoot};
use minglian_ledger::subsidy::draft::{BatchBody, BatchTerms, Draft};
use minglian_ledger::subsidy::encoding::{PointBytes, ScalarBytes};
use minglian_ledger::subsidy::enrolment::{BlindingFactor, Tag};
use minglian_ledger::subsidy::enrolment_list::{self, ListFrontier};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::leaf::{OpenLeaf, Payment};
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::scheme::Scheme;
use minglian_ledger::subsidy::secret::PersonKey;
use minglian_ledger::subsidy::standards::{StandardTable, Standards};
use rand_core::{CryptoRng, RngCore};

use crate::invariants::acts::{OLD_AGE, line, purpose, record, world};
use crate::steps::{alone, checked};
use crate::world::{World, code, public_key, secret_key, text};

pub const HANDLES: u32 = 40;
pub const MAKERS: [&str; 4] =
    ["city_finance.maker", "city_civil.maker", "county_finance.maker", "county_civil.maker"];
pub const INVALID: Finding = Finding::Invalid { leaf: Some(3), check: Check::Standard };

/// Bytes that follow from a seed.
pub struct Stream(pub u64);

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next_u64().to_le_bytes()[..part.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Stream {}

pub fn table() -> StandardTable {
    StandardTable::new(vec![0, 3_000, 6_000, 30_000]).unwrap()
}

/// What all batches of a period together may pay: a standard, or a standard raised to the next.
pub fn terms(from: &str) -> Terms {
    Terms {
        standards: Standards::Table(table()),
        cumulative: Some(StandardTable::new(vec![0, 3_000, 6_000, 9_000, 30_000]).unwrap()),
        handles_min: 30,
        effective_from: from.parse().unwrap(),
        article: text("来政办〔2011〕1号"),
    }
}

pub fn declare(programme: u16, kind: ProgrammeKind, terms: Terms, world: &World) -> Call {
    let (length, occurred_on) = (PeriodLength::Month, world.date);
    let act = Declare { programme, kind, group: 1, length, terms, occurred_on };
    Call::Subsidy(subsidy::Call::Declare(act))
}

/// The tag of nobody.
fn tag(index: u32) -> Tag {
    Tag(BlindingFactor::random(&mut Stream(u64::from(index))).blind(&identity(index)).factor)
}

/// The first tags of every list.
fn tags(length: u32) -> Vec<Tag> {
    static FIRST: LazyLock<Vec<Tag>> = LazyLock::new(|| (0..64).map(tag).collect());
    let known = |index: u32| FIRST.get(index as usize).copied();
    (0..length).map(|index| known(index).unwrap_or_else(|| tag(index))).collect()
}

/// A list of so many handles, as enrolment would leave it. Lists of several programmes have the
/// same tags, which stand under a group for each.
pub fn enrol(world: &mut World, programme: u16, epoch: u16, length: u32) {
    let name = ListName { county: code("county_civil"), programme, epoch };
    let tags = tags(length);
    let mut frontier = ListFrontier::default();
    for tag in &tags {
        frontier.append(tag).unwrap();
    }
    let (root, peaks) = (frontier.root().0, frontier.peaks().to_vec());
    let list = EnrolmentList { group: 1, length, root, peaks, tenures: 0 };
    let height = world.header.height;
    let at = ListRoot { root, record: LogIndex(0), height };
    world.put(|state| {
        LISTS.put(state, &name, &list);
        ROOTS.put(state, &(name, length), &at);
        for (index, tag) in (0..).zip(tags) {
            let place = TagPlace { county: name.county, programme, index };
            TAGS.put(state, &(programme, epoch, tag), &place);
        }
    });
}

/// The root of such a list.
pub fn root(length: u32) -> [u8; 32] {
    enrolment_list::root_of(&tags(length)).0
}

pub fn money() -> LineName {
    line("county_civil", "县级", 2024, "养老")
}

/// A county that pays programme 1 from January 2024 on, and has two lots of 10,000元.
pub fn county() -> World {
    let mut world = world("2024-06-20");
    let call = declare(1, ProgrammeKind::OldAgeAllowance, terms("2024-01"), &world);
    checked(&mut world, "county_civil", &call).unwrap();
    enrol(&mut world, 1, 2024, HANDLES);
    for _ in 0..2 {
        record(&mut world, "county_finance", &money(), purpose(OLD_AGE, None), "10000");
    }
    world
}

/// What the line has free.
pub fn free(world: &World) -> u64 {
    crate::steps::balance(world, &money().account()).get()
}

/// A lot of the line's inflow `number`, with its place.
pub fn lot(world: &World, number: usize, fen: u64) -> (Lot, LotSource) {
    let inflows = book::inflows(&world.state, &money().account(), None, 100).unwrap();
    let (position, inflow) = &inflows[number];
    let lot = Lot { inflow: inflow.movement.0, amount: Fen::new(fen).unwrap() };
    (lot, LotSource { line: money(), position: *position })
}

pub fn name(world: &World, period: &str, kind: BatchKind, attempt: u32) -> BatchName {
    let (chain_id, county) = (world.header.chain_id.clone(), code("county_civil"));
    BatchName { chain_id, county, programme: 1, period: period.parse().unwrap(), kind, attempt }
}

pub fn header(name: BatchName, lots: Vec<Lot>) -> BatchHeader {
    BatchHeader {
        version: BATCH_VERSION,
        group: 1,
        epoch: name.period.year(),
        name,
        standards_version: 1,
        enrolment_root: root(HANDLES),
        leaves: HANDLES,
        total: Fen::sum(lots.iter().map(|lot| lot.amount)).unwrap_or(Fen::MAX),
        lots,
        leaf_root: LeafRoot([1; 32]),
        envelope_root: EnvelopeRoot([2; 32]),
    }
}

pub fn receipt(custodian: &str, header: &BatchHeader) -> CustodyReceipt {
    let officer = format!("{custodian}.maker");
    let signature = keys::sign(&secret_key(&officer), &custody::message(header));
    CustodyReceipt { custodian: code(custodian), key: public_key(&officer), signature }
}

pub fn receipts(header: &BatchHeader) -> Vec<CustodyReceipt> {
    let mut receipts = vec![receipt("audit", header), receipt("city_civil", header)];
    receipts.sort_by_key(|receipt| receipt.custodian);
    receipts
}

pub fn unproven() -> BalanceProof {
    BalanceProof { first: PointBytes([0; 32]), response: ScalarBytes([0; 32]) }
}

/// A batch that is well formed, with receipts, and not proven.
pub fn submission(world: &World, header: BatchHeader, sources: Vec<LotSource>) -> Submit {
    let custody = receipts(&header);
    let sealed = SealedBatch { header, proof_root: ProofRoot([3; 32]), balance: unproven() };
    Submit { sealed, sources, custody, occurred_on: world.date }
}

/// The first attempt of a main batch of May 2024 over 500元 of the first lot.
pub fn main_batch(world: &World) -> Submit {
    let (lot, source) = lot(world, 0, 50_000);
    submission(world, header(name(world, "2024-05", BatchKind::Main, 0), vec![lot]), vec![source])
}

pub fn call(act: Submit) -> Call {
    Call::Subsidy(subsidy::Call::Submit(Box::new(act)))
}

pub fn submit(world: &mut World, act: Submit) -> Result<BatchId, Code> {
    let id = act.sealed.header.name.id();
    checked(world, "county_civil", &call(act)).map(|_| id)
}

pub fn verdict(
    world: &mut World,
    maker: &str,
    batch: BatchId,
    finding: Finding,
) -> Result<Vec<Event>, Code> {
    let call = Call::Subsidy(subsidy::Call::GiveVerdict(GiveVerdict { batch, finding }));
    alone(world, maker, &call)
}

pub fn close(world: &mut World, batch: BatchId) -> Result<Vec<Event>, Code> {
    alone(world, "home.payer", &Call::Subsidy(subsidy::Call::Close { batch }))
}

/// Three of the four validators' organisations find the same.
pub fn decide(world: &mut World, batch: BatchId, finding: Finding) {
    for maker in &MAKERS[..3] {
        verdict(world, maker, batch, finding).unwrap();
    }
}

pub fn standing(world: &World, batch: &BatchId) -> Standing {
    BATCHES.get(&world.state, batch).unwrap().unwrap().standing
}

/// The number of a person who does not exist: no region begins with 999999.
fn identity(number: u32) -> IdentityNumber {
    let (day, sequence) = (number / 999 % 28 + 1, number % 999 + 1);
    let body = format!("9999991932{:02}{day:02}{sequence:03}", number / 27_972 % 12 + 1);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        body.bytes().zip(weights).map(|(it, weight)| u32::from(it - b'0') * weight).sum();
    let check = b"10X98765432"[usize::try_from(sum % 11).unwrap()];
    IdentityNumber::parse(&format!("{body}{}", char::from(check))).unwrap()
}

pub fn open_leaves(batch: &BatchId, amounts: &[u32]) -> Vec<OpenLeaf> {
    let leaf = |(index, amount): (u32, &u32)| {
        let mut key = [0x5A; 32];
        key[..4].copy_from_slice(&index.to_le_bytes());
        let (key, identity) = (PersonKey::from_bytes(key), identity(index));
        let envelope = Default::default();
        let payment = Payment { key: &key, identity: &identity, amount: Amount(*amount), envelope };
        OpenLeaf::new(batch, index, &payment)
    };
    (0..).zip(amounts).map(leaf).collect()
}

pub fn scheme() -> Scheme {
    Scheme::new(&Standards::Table(table()))
}

/// A batch with real proofs.
pub fn prove(
    name: BatchName,
    enrolment_root: [u8; 32],
    lots: Vec<Lot>,
    amounts: &[u32],
) -> (SealedBatch, BatchBody) {
    let leaves = open_leaves(&name.id(), amounts);
    let (group, epoch, standards_version) = (1, name.period.year(), 1);
    let terms = BatchTerms { name, group, epoch, standards_version, enrolment_root, lots };
    let draft = Draft::new(terms, leaves).unwrap();
    draft.prove(&scheme(), &mut Stream(1), |_| ()).unwrap()
}

/// What a node finds that has the whole body.
pub fn look(sealed: &SealedBatch, body: &BatchBody) -> Finding {
    match body.verify(&scheme(), sealed, &mut Stream(2)) {
        Ok(()) => Finding::Valid,
        Err(error) => Finding::of(&error),
    }
}
