//! Batches to attack: made as a county makes them, of invented people.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::balance;
use minglian_ledger::subsidy::batch::{BatchHeader, BatchKind, BatchName, Lot, SealedBatch};
use minglian_ledger::subsidy::domain::{BatchId, CiphertextHash, HeaderHash};
use minglian_ledger::subsidy::draft::{BatchBody, BatchTerms, Draft};
use minglian_ledger::subsidy::encoding::{PointBytes, ScalarBytes};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::leaf::{Leaf, OpenLeaf, Payment};
use minglian_ledger::subsidy::pedersen::{Amount, Blinding};
use minglian_ledger::subsidy::scheme::{self, BatchError, Scheme};
use minglian_ledger::subsidy::secret::PersonKey;
use minglian_ledger::subsidy::standard::StandardProof;
use minglian_ledger::subsidy::standards::{StandardTable, Standards};
use minglian_ledger::text::Text;
use rand_core::{CryptoRng, RngCore};

/// Bytes that follow from a seed, the same with every version of every crate.
pub struct Stream(blake3::OutputReader);

impl Stream {
    pub fn new(seed: u64) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("minglian test stream");
        hasher.update(&seed.to_le_bytes());
        Self(hasher.finalize_xof())
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
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Stream {}

/// A source that always gives the same byte: what a broken machine would bring.
pub struct Stuck(pub u8);

impl RngCore for Stuck {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes([self.0; 4])
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes([self.0; 8])
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl CryptoRng for Stuck {}

/// 高龄津贴: nothing, 30元, 60元, 300元.
pub const STANDARDS: [u32; 4] = [0, 3_000, 6_000, 30_000];

pub fn table() -> StandardTable {
    StandardTable::new(STANDARDS.to_vec()).unwrap()
}

pub fn scheme() -> Scheme {
    Scheme::new(&Standards::Table(table()))
}

pub fn name() -> BatchName {
    BatchName {
        chain_id: Text::new("minglian-subsidy-test").unwrap(),
        county: OrganizationCode::parse("11341122MLDEM00015").unwrap(),
        programme: 1,
        period: Month::new(2012, 12).unwrap(),
        kind: BatchKind::Main,
        attempt: 0,
    }
}

pub fn terms(name: &BatchName, total: u64) -> BatchTerms {
    BatchTerms {
        name: name.clone(),
        group: 1,
        epoch: 2012,
        standards_version: 1,
        enrolment_root: [0xE1; 32],
        lots: vec![Lot { inflow: 7, amount: Fen::new(total).unwrap() }],
    }
}

pub fn key(number: u32) -> PersonKey {
    let mut bytes = [0x5A; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    PersonKey::from_bytes(bytes)
}

/// The number of a person who does not exist: no region begins with 999999.
pub fn identity_text(number: u32) -> String {
    let (day, sequence) = (number / 999 % 28 + 1, number % 999 + 1);
    let body = format!("9999991932{:02}{day:02}{sequence:03}", number / 27_972 % 12 + 1);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        body.bytes().zip(weights).map(|(it, weight)| u32::from(it - b'0') * weight).sum();
    let check = b"10X98765432"[usize::try_from(sum % 11).unwrap()];
    format!("{body}{}", char::from(check))
}

pub fn identity(number: u32) -> IdentityNumber {
    IdentityNumber::parse(&identity_text(number)).unwrap()
}

pub fn envelope(number: u32) -> CiphertextHash {
    CiphertextHash::of_prefixed(&[&number.to_le_bytes()])
}

pub fn open_leaf(batch: &BatchId, index: u32, amount: u32) -> OpenLeaf {
    let (key, identity) = (key(index), identity(index));
    let envelope = envelope(index);
    OpenLeaf::new(
        batch,
        index,
        &Payment { key: &key, identity: &identity, amount: Amount(amount), envelope },
    )
}

pub fn open_leaves(batch: &BatchId, amounts: &[u32]) -> Vec<OpenLeaf> {
    (0..).zip(amounts).map(|(index, amount)| open_leaf(batch, index, *amount)).collect()
}

/// A batch with everything that is public of it.
#[derive(Clone)]
pub struct Made {
    pub sealed: SealedBatch,
    pub body: BatchBody,
}

pub fn make(name: &BatchName, amounts: &[u32]) -> Made {
    let total = amounts.iter().map(|amount| u64::from(*amount)).sum();
    let draft = Draft::new(terms(name, total), open_leaves(&name.id(), amounts)).unwrap();
    let (sealed, body) = draft.prove(&scheme(), &mut Stream::new(1), |_| ()).unwrap();
    Made { sealed, body }
}

/// Amounts of the table, going round.
pub fn amounts(count: usize) -> Vec<u32> {
    STANDARDS.iter().copied().cycle().take(count).collect()
}

/// A batch for any header at all, every proof made for it as well as it can be: what a county can
/// do that writes its own tools.
pub fn forge(header: BatchHeader, leaves: &[OpenLeaf]) -> Made {
    let (scheme, random) = (scheme(), &mut Stream::new(2));
    let hash = header.hash();
    let mut body = BatchBody::default();
    for chunk in leaves.chunks(4_096) {
        body.leaves.push(chunk.iter().flat_map(|it| it.leaf.encode()).collect());
        body.proofs.push(scheme.prove(&hash, chunk, random).unwrap());
    }
    let hashes: Vec<_> = body.proofs.iter().map(|it| AttachmentHash::of(&[it])).collect();
    let sum = leaves.iter().map(|it| point(&it.leaf.commitment)).sum();
    let blinding = Blinding::sum(leaves.iter().map(|it| &it.opening.blinding));
    let balance = balance::prove(&hash, &sum, header.total, &blinding, random);
    let proof_root = scheme::proof_root(u32::try_from(leaves.len()).unwrap(), &hashes);
    Made { sealed: SealedBatch { header, proof_root, balance }, body }
}

impl Made {
    pub fn verify(&self) -> Result<(), BatchError> {
        self.body.verify(&scheme(), &self.sealed, &mut Stream::new(99))
    }

    pub fn header(&self) -> HeaderHash {
        self.sealed.header.hash()
    }

    pub fn leaves(&self) -> Vec<Leaf> {
        let bytes: Vec<u8> = self.body.leaves.concat();
        bytes.chunks(100).map(|leaf| borsh::from_slice(leaf).unwrap()).collect()
    }

    pub fn proof(&self, index: usize) -> StandardProof {
        let bytes: Vec<u8> = self.body.proofs.concat();
        StandardProof::decode(&bytes[index * 352..][..352], 4).unwrap()
    }

    pub fn set_proof(&mut self, index: usize, proof: &StandardProof) {
        let mut bytes = Vec::new();
        proof.encode(&mut bytes);
        self.body.proofs[index / 4_096][index % 4_096 * 352..][..352].copy_from_slice(&bytes);
    }

    /// Verifies proofs and leaves only, as a node does with a chunk that it fetched.
    pub fn verify_chunk(&self, number: usize) -> Result<(), BatchError> {
        let first = u32::try_from(number * 4_096).unwrap();
        let (leaves, proofs) = (&self.body.leaves[number], &self.body.proofs[number]);
        scheme().verify(&self.header(), first, leaves, proofs, &mut Stream::new(98)).map(|_| ())
    }
}

pub fn point(bytes: &PointBytes) -> RistrettoPoint {
    CompressedRistretto(bytes.0).decompress().unwrap()
}

pub fn scalar(bytes: &ScalarBytes) -> Scalar {
    Scalar::from_canonical_bytes(bytes.0).unwrap()
}
