//! A county on four nodes, with a programme, an enrolment list, money, and batches to pay.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use minglian_client::Client;
use minglian_client::wire::BatchView;
use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, entry};
use minglian_contracts::book::Movement;
use minglian_contracts::call::Call;
use minglian_contracts::subsidy::custody::CustodyReceipt;
use minglian_contracts::subsidy::money::LotSource;
use minglian_contracts::subsidy::period::PeriodLength;
use minglian_contracts::subsidy::programme::{Declare, ProgrammeKind, Terms};
use minglian_contracts::{schema, subsidy};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName, Lot, SealedBatch};
use minglian_ledger::subsidy::chunk_list::{ChunkList, EnvelopeList, Part};
use minglian_ledger::subsidy::custody::CustodyRequest;
use minglian_ledger::subsidy::domain::{BatchId, CiphertextHash};
use minglian_ledger::subsidy::draft::{BatchBody, BatchTerms, Draft};
use minglian_ledger::subsidy::handover::Handover;
use minglian_ledger::subsidy::leaf::{OpenLeaf, Payment};
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::scheme::{self, Scheme};
use minglian_ledger::subsidy::secret::PersonKey;
use minglian_ledger::subsidy::standards::{StandardTable, Standards};
use minglian_ledger::text::Text;
use minglian_testnet::act::Desk;
use minglian_testnet::clock;
use minglian_testnet::officer::{Officer, Officers};
use minglian_testnet::setup::Plan;
use rand::RngCore as _;
use rand::rngs::OsRng;
use serde_json::{Value, json};

use crate::enrolment::{self, Wanted};
use crate::network::{self, Network};

/// How long something may take to reach every node.
pub const LIMIT: Duration = Duration::from_secs(180);

/// Two chunks, the second of 64 leaves.
pub const HANDLES: usize = 4_160;

/// The leaf whose proof is altered, in the second chunk.
pub const BAD_LEAF: u32 = 4_100;

const QUOTA_FEN: u64 = 50_000_000;

const FILE_BYTES: usize = 432;

/// Who pays, who stands above, and who keeps envelopes: the nodes' numbers.
pub const COUNTY: usize = 1;
const ABOVE: usize = 0;
pub const CUSTODIANS: [usize; 2] = [0, 2];

/// A county on a network, with a programme, an enrolment list and money.
pub struct County {
    pub network: Network,
    pub desk: Desk,
    pub maker: Officer,
    pub checker: Officer,
    line: LineName,
    pub date: Date,
}

/// A batch as a county has it.
pub struct Made {
    pub sealed: SealedBatch,
    pub body: BatchBody,
    pub envelopes: Vec<Vec<u8>>,
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn standards() -> Standards {
    Standards::Table(StandardTable::new(vec![0, 3_000, 6_000, 30_000]).unwrap())
}

/// What the person with this handle gets: nobody, one, two or four of a band.
fn amount(handle: usize) -> u32 {
    [0, 3_000, 3_000, 6_000, 3_000, 30_000, 3_000][handle % 7]
}

/// What a whole month comes to, in fen.
pub fn total() -> u64 {
    (0..HANDLES).map(|handle| u64::from(amount(handle))).sum()
}

fn quota(line: &LineName, date: Date) -> Call {
    Call::Allocation(allocation::Call::RecordQuota(entry::RecordQuota {
        to: line.clone(),
        receipt: allocation::Receipt::Issued,
        amount: Fen::new(QUOTA_FEN).unwrap(),
        level: text("省级"),
        purpose: Purpose { category: Some(Category::OldAge), project: None },
        basis: Basis { printed_in: Some(text("试验")), ..Basis::default() },
        first_year: date.year(),
        implied: false,
        occurred_on: date,
    }))
}

/// Four nodes without a key for their service: the test makes the key of the tags itself.
async fn up() -> Network {
    let network = Network::create(&network::minglian(), &Plan::validators(4));
    for number in 0..4 {
        change_config(&network, number, |config| config.replace("\nservice = ", "\n# service = "));
    }
    network.up().await.unwrap();
    network
}

/// The same nodes with keys for their service; two of them keep envelopes.
async fn serve(network: &Network) {
    network.down().unwrap();
    for number in 0..4 {
        change_config(network, number, |config| {
            let mut config = config.replace("\n# service = ", "\nservice = ");
            if CUSTODIANS.contains(&number) {
                config.push_str("\n[subsidies]\nkeeps_envelopes = true\n");
            }
            config
        });
    }
    network.up().await.unwrap();
}

fn change_config(network: &Network, number: usize, change: impl FnOnce(&str) -> String) {
    let path = network.directory().config(number);
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(&config)).unwrap();
}

impl County {
    pub async fn new() -> Self {
        let network = up().await;
        let officers = Officers::open(network.directory()).unwrap();
        let code = |number: usize| network.nodes()[number].validator.organization;
        let (county, above) = (code(COUNTY), code(ABOVE));
        let mut desk = Desk::new(network.client(COUNTY).unwrap(), "subsidy").await.unwrap();
        let date = clock::today().unwrap();
        let (fund, line) = (text("福利彩票公益金"), text("养老服务"));
        let line = LineName { holder: county, fund, year: date.year(), line };
        let (maker, checker) = (
            officers.of(county, Role::Maker).unwrap(),
            officers.of(county, Role::Checker).unwrap(),
        );
        let terms = Terms {
            standards: standards(),
            cumulative: None,
            handles_min: 30,
            effective_from: date.month(),
            article: text("来政办〔2011〕1号"),
        };
        let (kind, length) = (ProgrammeKind::OldAgeAllowance, PeriodLength::Month);
        let act = Declare { programme: 1, kind, group: 1, length, terms, occurred_on: date };
        let declare = Call::Subsidy(subsidy::Call::Declare(act));
        desk.carry_out(&declare, &[&maker, &checker]).await.unwrap();
        let finance = [Role::Maker, Role::Checker].map(|role| officers.of_finance(341_122, role));
        let [finance_maker, finance_checker] = finance.map(Result::unwrap);
        for _ in 0..2 {
            let quota = quota(&line, date);
            desk.carry_out(&quota, &[&finance_maker, &finance_checker]).await.unwrap();
        }
        let members: BTreeSet<_> = (0..4).map(code).collect();
        let (epoch, handles) = (date.year(), HANDLES);
        let wanted = Wanted { county, above, programme: 1, group: 1, epoch, handles };
        enrolment::enrol(&mut desk, &officers, &members, &wanted).await;
        serve(&network).await;
        Self { network, desk, maker, checker, line, date }
    }

    pub fn code(&self) -> OrganizationCode {
        self.line.holder
    }

    pub fn client(&self) -> Client {
        self.network.client(COUNTY).unwrap()
    }

    /// What the line has, in fen.
    pub async fn balance(&self) -> u64 {
        let id = schema::encode(&self.line.account());
        self.client().account(&id).await.unwrap().balance.fen.get()
    }

    /// A lot of the line's first inflow, with its place.
    pub async fn first_lot(&self, fen: u64) -> (Lot, LotSource) {
        let id = schema::encode(&self.line.account());
        let account = self.client().account(&id).await.unwrap();
        let movement = account.inflows[0].movement.clone();
        let movement: Movement = serde_json::from_value(movement).unwrap();
        let lot = Lot { inflow: movement.number.0, amount: Fen::new(fen).unwrap() };
        (lot, LotSource { line: self.line.clone(), position: movement.to_interval.start() })
    }

    /// A batch of this month over the list as the ledger has it.
    pub async fn make(&self, attempt: u32, lots: Vec<Lot>) -> Made {
        let (county, epoch) = (self.code(), self.date.year());
        let list = self.client().enrolment_list(1, &county, epoch, None).await.unwrap();
        assert_eq!(list.length as usize, HANDLES);
        let name = BatchName {
            chain_id: self.desk.chain_id().clone(),
            county,
            programme: 1,
            period: self.date.month(),
            kind: BatchKind::Main,
            attempt,
        };
        let (mut leaves, mut envelopes) = (Vec::new(), Vec::new());
        for handle in 0..HANDLES {
            let mut envelope = vec![0; FILE_BYTES];
            OsRng.fill_bytes(&mut envelope);
            let (key, identity) = (PersonKey::random(&mut OsRng), enrolment::identity(handle));
            let payment = Payment {
                key: &key,
                identity: &identity,
                amount: Amount(amount(handle)),
                envelope: CiphertextHash::of_prefixed(&[&envelope]),
            };
            leaves.push(OpenLeaf::new(&name.id(), u32::try_from(handle).unwrap(), &payment));
            envelopes.push(envelope);
        }
        let enrolment_root = list.root.0.try_into().unwrap();
        let terms =
            BatchTerms { name, group: 1, epoch, standards_version: 1, enrolment_root, lots };
        let draft = Draft::new(terms, leaves).unwrap();
        let (sealed, body) = draft.prove(&Scheme::new(&standards()), &mut OsRng, |_| ()).unwrap();
        let envelopes = envelopes.chunks(4_096).map(|chunk| chunk.concat()).collect();
        Made { sealed, body, envelopes }
    }

    /// The custodians' receipts.
    pub async fn custody(&self, made: &Made) -> Vec<CustodyReceipt> {
        let (id, mut receipts) = (made.id(), Vec::new());
        for number in CUSTODIANS {
            let client = self.network.client(number).unwrap();
            let (request, handover) = (made.request(), made.handover(&self.maker));
            let mut view = client.begin_custody(&request, &handover).await.unwrap();
            assert_eq!((view.missing.as_slice(), view.receipt), ([0, 1].as_slice(), None));
            for (number, chunk) in (0..).zip(&made.envelopes) {
                let put = client.put_envelopes(&id, number, chunk.clone(), &handover);
                view = put.await.unwrap();
            }
            let receipt = view.receipt.unwrap();
            let (custodian, key, signature) = (receipt.custodian, receipt.key, receipt.signature);
            assert_eq!(custodian, self.network.nodes()[number].validator.organization);
            receipts.push(CustodyReceipt { custodian, key, signature });
        }
        receipts.sort_by_key(|receipt| receipt.custodian);
        receipts
    }

    /// Brings a body to the county's node.
    pub async fn bring(&self, made: &Made) {
        let (client, handover) = (self.client(), made.handover(&self.maker));
        let id = made.id();
        client.put_chunk_list(&id, &made.list(), &handover).await.unwrap();
        for (part, chunks) in [(Part::Leaves, &made.body.leaves), (Part::Proofs, &made.body.proofs)]
        {
            for (number, chunk) in (0..).zip(chunks) {
                let put = client.put_chunk(&id, part, number, chunk.clone(), &handover);
                put.await.unwrap();
            }
        }
    }

    /// Runs `minglian subsidy`. No argument has a blank.
    pub async fn run(&self, arguments: &str) -> Output {
        let mut command = self.network.minglian();
        command.arg("subsidy").args(arguments.split_whitespace());
        let work = tokio::task::spawn_blocking(move || command.output().unwrap());
        work.await.unwrap()
    }

    /// The same, which succeeds; what it printed.
    pub async fn expect(&self, arguments: &str) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `minglian subsidy submit`; whether it succeeded, and the JSON that it printed.
    pub async fn submit(&self, directory: &Path) -> (bool, Value) {
        let (succeeded, output) = self.try_submit(directory).await;
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        let value = serde_json::from_str(&printed);
        (succeeded, value.unwrap_or_else(|_| panic!("{printed}{complaint}")))
    }

    pub async fn try_submit(&self, directory: &Path) -> (bool, Output) {
        let (url, code) = (self.network.url(COUNTY).unwrap(), self.code());
        let (key, passphrase) = (self.key(), self.network.directory().passphrase());
        let arguments = format!(
            "submit {} --url {url} --key {} --passphrase-file {} --organization {code} \
             --outbox {} --yes --json --wait 170",
            directory.display(),
            key.display(),
            passphrase.display(),
            directory.join("outbox").display()
        );
        let output = self.run(&arguments).await;
        (output.status.success(), output)
    }

    pub fn key(&self) -> PathBuf {
        self.network.directory().keys().join(format!("{}-maker.key", self.code()))
    }

    pub async fn batch(&self, node: usize, id: &BatchId) -> BatchView {
        self.network.client(node).unwrap().batch(id).await.unwrap()
    }

    /// Waits until a node says so of a batch.
    pub async fn until(&self, node: usize, id: &BatchId, holds: impl Fn(&BatchView) -> bool) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let view = self.batch(node, id).await;
            if holds(&view) {
                return;
            }
            assert!(Instant::now() < deadline, "node {node}: {view:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

impl Made {
    pub fn id(&self) -> BatchId {
        self.sealed.header.name.id()
    }

    pub fn handover(&self, officer: &Officer) -> Handover {
        Handover::sign(&self.sealed.header, &officer.key)
    }

    pub fn request(&self) -> CustodyRequest {
        let list = EnvelopeList::of(self.envelopes.iter().map(Vec::as_slice));
        CustodyRequest { header: self.sealed.header.clone(), list }
    }

    pub fn list(&self) -> ChunkList {
        let BatchBody { leaves, proofs } = &self.body;
        ChunkList::of(leaves.iter().map(Vec::as_slice), proofs.iter().map(Vec::as_slice))
    }

    /// Alters the proof of one leaf, and seals the batch over it: all roots are right.
    pub fn spoil(&mut self, leaf: u32) {
        let proof_bytes = 352;
        let place = usize::try_from(leaf - 4_096).unwrap() * proof_bytes;
        // The lowest bit of the last response.
        self.body.proofs[1][place + proof_bytes - 32] ^= 1;
        let hashes: Vec<_> =
            self.body.proofs.iter().map(|chunk| AttachmentHash::of(&[chunk])).collect();
        self.sealed.proof_root = scheme::proof_root(self.sealed.header.leaves, &hashes);
    }

    /// Writes it as the county's tool does.
    pub fn write(&self, directory: &Path) {
        fs::create_dir(directory).unwrap();
        let put = |name: &str, bytes: &[u8]| {
            fs::write(directory.join(name), bytes).unwrap();
            json!({ "bytes": bytes.len(), "hash": AttachmentHash::of(&[bytes]) })
        };
        let mut chunks = Vec::new();
        let bodies = self.body.leaves.iter().zip(&self.body.proofs).zip(&self.envelopes);
        for (number, ((leaves, proofs), envelopes)) in bodies.enumerate() {
            chunks.push(json!({
                "leaves": put(&format!("leaves-{number:05}.bin"), leaves),
                "proofs": put(&format!("proofs-{number:05}.bin"), proofs),
                "envelopes": put(&format!("envelopes-{number:05}.bin"), envelopes),
            }));
        }
        let header = &self.sealed.header;
        let manifest = json!({
            "version": 1,
            "batch": header.name.id(),
            "seal": self.sealed.hash(),
            "leaves": header.leaves,
            "total": header.total,
            "sealed": put("sealed.bin", &schema::encode(&self.sealed)),
            "standards": put("standards.bin", &schema::encode(&standards())),
            "chunks": chunks,
        });
        put("batch.json", &serde_json::to_vec(&manifest).unwrap());
    }
}
