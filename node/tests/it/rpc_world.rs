//! A chain of one county with four validators, served over HTTP without an engine: a test says when
//! a block is made, and certifies it with the validators' keys.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use minglian_client::Client;
use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, Receipt};
use minglian_contracts::call::Call;
use minglian_contracts::{approval, rules};
use minglian_ledger::block::Block;
use minglian_ledger::certificate::{self, Certificate, CommitSignature};
use minglian_ledger::date::Date;
use minglian_ledger::division::Division;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::evidence::Trust;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{
    Genesis, GenesisOfficer, GenesisOrganization, OrganizationKind, Role,
};
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::keys::{self, PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{Transaction, TransactionBody};
use minglian_ledger::validators::{Validator, ValidatorSet};
use minglian_node::admission::Admission;
use minglian_node::attachments::Keeper;
use minglian_node::batches::Batches;
use minglian_node::chain::{Chain, Committed, LeftOut};
use minglian_node::checkpoints::Checkpoints;
use minglian_node::config::AttachmentSettings;
use minglian_node::mempool::{Limits, Mempool};
use minglian_node::metrics::Metrics;
use minglian_node::rpc::{self, HttpLimits, Network, RpcParts};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::deposit_world::kept;

const VALIDATORS: u8 = 4;
const BLOCK_MS: u64 = 1_000;
/// 2025-06-01 in Beijing.
const START_MS: u64 = 1_748_750_400_000;

pub const FINANCE_MAKER: u8 = 1;
pub const FINANCE_CHECKER: u8 = 2;
pub const FINANCE_GOVERNOR: u8 = 3;
pub const CIVIL_MAKER: u8 = 4;
pub const CIVIL_CHECKER: u8 = 5;

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn consensus_key(number: u8) -> SigningKey {
    key(100 + number)
}

pub fn cosigner_key(number: u8) -> SigningKey {
    key(150 + number)
}

pub fn log_key() -> SigningKey {
    key(200)
}

pub fn county() -> Division {
    Division::new(341_122).unwrap()
}

pub fn finance() -> OrganizationCode {
    OrganizationCode::for_demonstration(county(), "财政局")
}

pub fn civil_affairs() -> OrganizationCode {
    OrganizationCode::for_demonstration(county(), "民政局")
}

pub fn lottery_centre() -> OrganizationCode {
    OrganizationCode::for_demonstration(county(), "福彩中心")
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn organization(
    code: OrganizationCode,
    name: &str,
    kind: OrganizationKind,
    officers: &[(u8, Role)],
) -> GenesisOrganization {
    let officer =
        |&(seed, role): &(u8, Role)| GenesisOfficer { key: PublicKey::of(&key(seed)), role };
    let officers = officers.iter().map(officer).collect();
    GenesisOrganization { code, name: text(name), kind, division: county(), officers }
}

pub fn genesis() -> Genesis {
    let validator = |number: u8| Validator {
        consensus_key: PublicKey::of(&consensus_key(number)),
        power: 1,
        organization: finance(),
        name: text(&format!("节点{number}")),
        peer_id: text(&format!("peer{number}")),
        consensus_address: text("/ip4/127.0.0.1/tcp/1"),
        gossip_address: text("/ip4/127.0.0.1/tcp/2"),
        cosigner_key: PublicKey::of(&cosigner_key(number)),
    };
    let finance_officers = [
        (FINANCE_MAKER, Role::Maker),
        (FINANCE_CHECKER, Role::Checker),
        (FINANCE_GOVERNOR, Role::Governor),
    ];
    let civil_officers = [(CIVIL_MAKER, Role::Maker), (CIVIL_CHECKER, Role::Checker)];
    Genesis {
        name: text("rpc-test"),
        demonstration: true,
        time_ms: TimeMs(START_MS),
        log_key: PublicKey::of(&log_key()),
        validators: ValidatorSet::new((0..VALIDATORS).map(validator).collect()).unwrap(),
        organizations: vec![
            organization(finance(), "县财政局", OrganizationKind::Finance, &finance_officers),
            organization(
                civil_affairs(),
                "县民政局",
                OrganizationKind::CivilAffairs,
                &civil_officers,
            ),
            organization(lottery_centre(), "福彩中心", OrganizationKind::LotteryCentre, &[]),
        ],
        parameters: rules::named(&["oversight."]).unwrap(),
    }
}

/// A node without an engine, and a client of it.
pub struct World {
    pub chain: Arc<Chain>,
    pub admission: Arc<Admission>,
    pub checkpoints: Arc<Checkpoints>,
    pub metrics: Arc<Metrics>,
    pub keeper: Arc<Keeper>,
    pub batches: Arc<Batches>,
    pub client: Client,
    pub address: String,
    /// What the node passed on to others.
    pub passed_on: Arc<Mutex<Vec<Bytes>>>,
    commits: broadcast::Sender<Arc<Committed>>,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    directory: TempDir,
}

impl World {
    pub async fn start() -> Self {
        Self::of_genesis(genesis()).await
    }

    /// A chain with other organisations; the validators stay.
    pub async fn of_genesis(genesis: Genesis) -> Self {
        Self::with(genesis, Limits::default(), HttpLimits::default(), kept()).await
    }

    pub async fn with_pool(pool: Limits) -> Self {
        Self::with(genesis(), pool, HttpLimits::default(), kept()).await
    }

    pub async fn with_http(http: HttpLimits) -> Self {
        Self::with(genesis(), Limits::default(), http, kept()).await
    }

    /// A node that keeps attachments so, in a directory of its own.
    pub async fn keeping(kept: AttachmentSettings) -> Self {
        Self::with(genesis(), Limits::default(), HttpLimits::default(), kept).await
    }

    async fn with(
        genesis: Genesis,
        pool: Limits,
        limits: HttpLimits,
        kept: AttachmentSettings,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger");
        Chain::create(&path, &genesis).unwrap();
        let chain = Arc::new(Chain::open(&path, genesis).unwrap());
        let metrics = Arc::new(Metrics::default());
        let pool = Mempool::new(pool);
        let admission = Admission::new(chain.clone(), Arc::default(), pool, metrics.clone());
        let admission = Arc::new(admission);
        let keys = (Some(cosigner_key(0)), Some(log_key()));
        let checkpoints = Arc::new(Checkpoints::new(&chain, keys.0, keys.1).unwrap());
        let commits = broadcast::Sender::new(64);
        let kept = AttachmentSettings { directory: directory.path().join("attachments"), ..kept };
        let openings = directory.path().join("openings");
        let (keeper, _) = Keeper::open(kept, &openings, chain.clone(), "peer0").await.unwrap();
        let batches = Batches::open(&directory.path().join("batches"), 1 << 20, chain.clone());
        let batches = Arc::new(batches.unwrap());
        let passed_on = Arc::new(Mutex::new(Vec::new()));
        let sink = passed_on.clone();
        let parts = RpcParts {
            chain: chain.clone(),
            admission: admission.clone(),
            commits: commits.clone(),
            broadcast: Arc::new(move |transactions| sink.lock().unwrap().extend(transactions)),
            checkpoints: checkpoints.clone(),
            metrics: metrics.clone(),
            keeper: keeper.clone(),
            batches: batches.clone(),
            custody: None,
            network: Network {
                peers: Arc::new(|| vec!["peer1".to_owned(), "peer2".to_owned()]),
                metrics: Arc::new(|| "minglian_gossip_test_total 1\n".to_owned()),
            },
            key_shares: watch::channel(Vec::new()).1,
            limits,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(rpc::serve(parts, listener, stopped));
        let client = Client::new(&address).unwrap();
        Self {
            chain,
            admission,
            checkpoints,
            metrics,
            keeper,
            batches,
            client,
            address,
            passed_on,
            commits,
            stop,
            server,
            directory,
        }
    }

    /// Where the node keeps its files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Makes a block of what waits, certified by three of the four validators.
    pub fn make_block(&self) -> Arc<Committed> {
        let (block, left_out) = self.propose();
        assert!(left_out.is_empty(), "{left_out:?}");
        self.commit_block(&block)
    }

    /// What this node would propose now, and what it would leave out.
    pub fn propose(&self) -> (Arc<Block>, Vec<LeftOut>) {
        let head = self.chain.head();
        let waiting = self.admission.first(usize::MAX);
        let time_ms = TimeMs(head.header.time_ms.0 + BLOCK_MS);
        let proposer = head.validators.members()[0].address();
        let transactions = waiting.iter().map(|transaction| &**transaction);
        self.chain.propose(transactions, time_ms, proposer).unwrap()
    }

    /// Writes a block, and leaves the pool as it is.
    pub fn commit_to_chain(&self, block: &Block) -> Committed {
        self.chain.commit(&certify(&block.header)).unwrap()
    }

    pub fn commit_block(&self, block: &Block) -> Arc<Committed> {
        let committed = self.commit_to_chain(block);
        self.keeper.on_committed(&committed);
        self.admission.committed(&committed);
        self.checkpoints.on_committed(&committed);
        let committed = Arc::new(committed);
        let _ = self.commits.send(committed.clone());
        committed
    }

    /// Makes a block as soon as `count` transactions wait.
    pub async fn make_block_when(&self, count: usize) -> Arc<Committed> {
        let mut waiting = self.admission.subscribe();
        waiting.wait_for(|waiting| *waiting >= count).await.unwrap();
        self.make_block()
    }

    pub fn trust(&self) -> Trust {
        let chain_id = self.chain.chain_id().clone();
        Trust { chain_id, height: Height::GENESIS, validators: genesis().validators }
    }

    /// A signed, encoded act.
    pub fn act(&self, officer: u8, reference: &str, call: &Call) -> Transaction {
        let organization = if officer <= FINANCE_GOVERNOR { finance() } else { civil_affairs() };
        let body = TransactionBody {
            chain_id: self.chain.chain_id().clone(),
            organization,
            client_reference: text(reference),
            expires_at: Height(1_000),
            call: call.encode(),
        };
        Transaction::sign(body, &key(officer))
    }

    /// Sends acts and makes the block that holds them.
    pub async fn commit(&self, acts: &[Transaction]) -> Arc<Committed> {
        let encoded: Vec<Vec<u8>> = acts.iter().map(Transaction::encode).collect();
        let answers = self.client.submit(&encoded).await.unwrap();
        assert!(answers.iter().all(|answer| answer.code == "admitted"), "{answers:?}");
        self.make_block()
    }

    /// Quota comes to the 民政 line and half of it goes to a project: four blocks.
    pub async fn with_quota(&self) {
        let record = self.act(FINANCE_MAKER, "指标1", &record_quota(1_000_000, day(5, 1)));
        self.commit(std::slice::from_ref(&record)).await;
        let approve = self.act(FINANCE_CHECKER, "复核1", &approval_of(record.id()));
        self.commit(&[approve]).await;
        let receive = allocation::Call::Receive { line: line("一般"), occurred_on: day(5, 2) };
        let grant = self.act(CIVIL_MAKER, "分配1", &grant(500_000));
        let receive = self.act(CIVIL_MAKER, "签收1", &Call::Allocation(receive));
        self.commit(&[receive, grant.clone()]).await;
        self.commit(&[self.act(CIVIL_CHECKER, "复核2", &approval_of(grant.id()))]).await;
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.server.await.unwrap().unwrap();
    }
}

fn certify(header: &minglian_ledger::block::Header) -> Certificate {
    let (height, round, block_id) = (header.height, 0, header.id());
    let message = certificate::precommit_sign_bytes(&header.chain_id, height, round, &block_id);
    let set = genesis().validators;
    let signatures = (0..3)
        .map(|number| {
            let key = consensus_key(number);
            let public = PublicKey::of(&key);
            let signer = set.members().iter().find(|member| member.consensus_key == public);
            let address = signer.unwrap().address();
            CommitSignature { address, signature: keys::sign(&key, &message) }
        })
        .collect();
    Certificate { height, round, block_id, signatures }
}

pub fn day(month: u8, day: u8) -> Date {
    Date::new(2025, month, day).unwrap()
}

pub fn line(name: &str) -> LineName {
    LineName {
        holder: civil_affairs(), fund: text("福彩公益金"), year: 2025, line: text(name)
    }
}

fn basis() -> Basis {
    let documents = DocumentNumberSet::normalize("皖财社〔2025〕15号").unwrap().canonical;
    Basis { documents, printed_in: None }
}

fn old_age() -> Purpose {
    Purpose { category: Some(Category::OldAge), project: None }
}

pub fn record_quota(fen: u64, occurred_on: Date) -> Call {
    Call::Allocation(allocation::Call::RecordQuota(RecordQuota {
        to: line("一般"),
        receipt: Receipt::Issued,
        amount: Fen::new(fen).unwrap(),
        level: text("省级"),
        purpose: old_age(),
        basis: basis(),
        first_year: 2025,
        implied: false,
        occurred_on,
    }))
}

fn grant(fen: u64) -> Call {
    Call::Allocation(allocation::Call::Allocate(Grant {
        from: line("一般"),
        to: line("食堂"),
        amount: Fen::new(fen).unwrap(),
        purpose: Purpose { project: Some(text("食堂")), ..old_age() },
        basis: basis(),
        plan: None,
        occurred_on: day(5, 3),
    }))
}

pub fn approval_of(proposal: TransactionId) -> Call {
    Call::Approval(approval::Call::Approve { proposal })
}
