//! The contracts in memory as what commits a year: blocks of any size, no signatures checked.

use std::sync::Mutex;

use minglian_contracts::context::BlockContext;
use minglian_contracts::event::{self, Outcome};
use minglian_contracts::seal::{self, Place};
use minglian_contracts::{execute, rules, setup};
use minglian_ledger::block::Header;
use minglian_ledger::date::Date;
use minglian_ledger::genesis::{Genesis, GenesisOfficer, GenesisOrganization};
use minglian_ledger::hash::{Commitment, ValidatorAddress};
use minglian_ledger::height::{LogIndex, TimeMs};
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::state::MemoryState;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::Transaction;
use minglian_ledger::validators::{Validator, ValidatorSet};
use minglian_testnet::bureau::{self, Bureau, ROLES};
use minglian_testnet::officer::Officer;
use minglian_testnet::year::carry_out::{Committed, Ledger};
use minglian_testnet::year::script::Post;

/// Transactions of a block: evaluations weigh so much that no more fit.
const BLOCK: usize = 20;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A chain in memory.
pub struct Rehearsal {
    inner: Mutex<Inner>,
}

pub struct Inner {
    pub state: MemoryState,
    pub header: Header,
    tree: StateTree,
    frontier: Frontier,
}

/// The key of an officer of the network.
pub fn officer(post: Post) -> Officer {
    let role = format!("{:?}", post.role);
    let key = Commitment::of(&[post.organization.as_bytes(), role.as_bytes()]).0;
    Officer { organization: post.organization, key: SigningKey::from_bytes(&key) }
}

/// The officers of a network of four nodes.
pub fn at_hand(post: Post) -> Option<anyhow::Result<Officer>> {
    let bureaus = bureau::bureaus(4).unwrap();
    let all = bureaus.nodes.iter().chain(&bureaus.others);
    let known = all.map(|body| body.code).any(|code| code == post.organization);
    known.then(|| Ok(officer(post)))
}

fn genesis(date: Date) -> Genesis {
    let bureaus = bureau::bureaus(4).unwrap();
    let organization = |body: &Bureau| GenesisOrganization {
        code: body.code,
        name: Text::new(body.name.as_str()).unwrap(),
        kind: body.kind,
        division: body.division,
        officers: ROLES
            .iter()
            .map(|(role, _)| GenesisOfficer {
                key: officer(Post::first(body.code, *role)).public_key(),
                role: *role,
            })
            .collect(),
    };
    let key =
        |name: &str| PublicKey::of(&SigningKey::from_bytes(&Commitment::of(&[name.as_bytes()]).0));
    let validator = |body: &Bureau| Validator {
        consensus_key: key(&format!("{} consensus", body.name)),
        power: 1,
        organization: body.code,
        name: Text::new(body.name.as_str()).unwrap(),
        peer_id: Text::new("12D3KooW").unwrap(),
        consensus_address: Text::new("/ip4/127.0.0.1/tcp/1").unwrap(),
        gossip_address: Text::new("/ip4/127.0.0.1/tcp/2").unwrap(),
        cosigner_key: key(&format!("{} cosigner", body.name)),
    };
    let validators = bureaus.nodes.iter().map(validator).collect();
    Genesis {
        name: Text::new("rehearsal").unwrap(),
        demonstration: true,
        time_ms: noon(date),
        validators: ValidatorSet::new(validators).unwrap(),
        organizations: bureaus.nodes.iter().chain(&bureaus.others).map(organization).collect(),
        parameters: rules::named(&["charity.", "oversight."]).unwrap(),
        log_key: key("log"),
    }
}

fn noon(date: Date) -> TimeMs {
    TimeMs(u64::try_from(date.days()).unwrap() * DAY_MS + 4 * 60 * 60 * 1_000)
}

impl Rehearsal {
    /// A new chain, on whose every block is of `date`.
    pub fn new(date: Date) -> Self {
        let genesis = genesis(date);
        let changes = setup::genesis_changes(&genesis).unwrap();
        let (mut state, mut tree) = (MemoryState::new(), StateTree::new());
        let update = tree.prepare(&state, &changes).unwrap();
        let sealed = setup::genesis_block(&genesis, update.root()).unwrap();
        state.commit(&update, &changes);
        tree.apply(&update).unwrap();
        let (header, frontier) = (sealed.header, sealed.frontier);
        Self { inner: Mutex::new(Inner { state, header, tree, frontier }) }
    }

    /// The chain as it stands.
    pub fn with<T>(&self, read: impl FnOnce(&Inner) -> T) -> T {
        read(&self.inner.lock().unwrap())
    }
}

impl Inner {
    fn block(&mut self, transactions: &[Transaction]) -> Vec<Committed> {
        let time_ms = TimeMs(self.header.time_ms.0 + 1);
        let context = BlockContext::after(&self.header, time_ms).unwrap();
        let executed = execute::execute_block(&self.state, &context, transactions).unwrap();
        let update = self.tree.prepare(&self.state, &executed.changes).unwrap();
        let place = Place { parent: &self.header, time_ms, proposer: ValidatorAddress::default() };
        let sealed =
            seal::seal(place, transactions, &executed, update.root(), &self.frontier).unwrap();
        self.state.commit(&update, &executed.changes);
        self.tree.apply(&update).unwrap();
        let first = self.header.log_size;
        (self.header, self.frontier) = (sealed.header, sealed.frontier);
        let committed = (first..).zip(&executed.receipts).map(|(index, receipt)| {
            let (code, detail) = match event::read(receipt).unwrap() {
                Outcome::Applied(_) => (0, String::new()),
                Outcome::Refused { code, detail } => (code, detail.to_string()),
            };
            Committed { index: LogIndex(index), code, detail }
        });
        committed.collect()
    }
}

impl Ledger for Rehearsal {
    async fn commit(&self, transactions: Vec<Transaction>) -> anyhow::Result<Vec<Committed>> {
        let mut inner = self.inner.lock().unwrap();
        Ok(transactions.chunks(BLOCK).flat_map(|block| inner.block(block)).collect())
    }
}

impl Rehearsal {
    /// Empty blocks until those that the sample waits for are there, then the first one of `date`.
    pub fn pass_to(&self, date: Date) {
        let mut inner = self.inner.lock().unwrap();
        for _ in 0..200 {
            inner.block(&[]);
        }
        let before = noon(date).0 - 1;
        inner.header.time_ms = TimeMs(before);
        inner.block(&[]);
    }
}
