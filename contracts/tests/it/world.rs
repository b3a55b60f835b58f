//! A small chain in memory: the organisations of one city and one county, and every block checked
//! twice, as its proposer and as a validator that replays it.

use std::collections::BTreeMap;

use minglian_contracts::allocation::check::check_lines;
use minglian_contracts::call::Call;
use minglian_contracts::charity::check::check_charities;
use minglian_contracts::context::BlockContext;
use minglian_contracts::disclosure::check::check_disclosures;
use minglian_contracts::enrolment::check::check_enrolments;
use minglian_contracts::envelope::{self, Checked, EnvelopeFault};
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::homes::check::check_homes;
use minglian_contracts::invariants::check_book;
use minglian_contracts::oversight::check::check_oversight;
use minglian_contracts::schema::State;
use minglian_contracts::seal::{self, InvalidBlock, Place, Replayed};
use minglian_contracts::subsidy::check::check_subsidies;
use minglian_contracts::{rules, setup};
use minglian_ledger::block::{Block, Header};
use minglian_ledger::date::Date;
use minglian_ledger::division::Division;
use minglian_ledger::genesis::{
    Genesis, GenesisOfficer, GenesisOrganization, OrganizationKind, Role,
};
use minglian_ledger::hash::{Commitment, TransactionId, ValidatorAddress};
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::Receipt;
use minglian_ledger::state::MemoryState;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{Transaction, TransactionBody};
use minglian_ledger::validators::{Validator, ValidatorSet};

/// The organisations of the demonstration city and of one of its counties. `rules.txt` rests on
/// them: what else a scenario needs, it registers by acts.
pub const ORGANIZATIONS: &[(&str, OrganizationKind, u32)] = &[
    ("city_finance", OrganizationKind::Finance, 341100),
    ("city_civil", OrganizationKind::CivilAffairs, 341100),
    ("lottery", OrganizationKind::LotteryCentre, 341100),
    ("audit", OrganizationKind::Audit, 341100),
    ("county_finance", OrganizationKind::Finance, 341122),
    ("county_civil", OrganizationKind::CivilAffairs, 341122),
    ("home", OrganizationKind::ProjectUnit, 341122),
    ("far_finance", OrganizationKind::Finance, 330100),
];

/// Those of them that run a validator, each with voting power 1.
pub const VALIDATORS: &[&str] = &["city_finance", "city_civil", "county_finance", "county_civil"];

const ROLES: &[(&str, Role)] = &[
    ("governor", Role::Governor),
    ("maker", Role::Maker),
    ("checker", Role::Checker),
    ("payer", Role::Payer),
];

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

/// The secret key that belongs to a name, e.g. `county_civil.maker`.
pub fn secret_key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&Commitment::of(&[name.as_bytes()]).0)
}

pub fn public_key(name: &str) -> PublicKey {
    PublicKey::of(&secret_key(name))
}

/// The code that belongs to an organisation's name.
pub fn code(name: &str) -> OrganizationCode {
    let division = ORGANIZATIONS.iter().find(|known| known.0 == name).map_or(341122, |it| it.2);
    OrganizationCode::for_demonstration(Division::new(division).unwrap(), name)
}

pub fn validator(name: &str, organization: &str, power: u64) -> Validator {
    Validator {
        consensus_key: public_key(&format!("{name}/consensus")),
        power,
        organization: code(organization),
        name: text(name),
        peer_id: text("12D3KooW"),
        consensus_address: text("/ip4/127.0.0.1/tcp/1"),
        gossip_address: text("/ip4/127.0.0.1/tcp/2"),
        cosigner_key: public_key(&format!("{name}/cosigner")),
    }
}

pub fn genesis() -> Genesis {
    let organizations = ORGANIZATIONS.iter().map(|(name, kind, division)| GenesisOrganization {
        code: code(name),
        name: text(name),
        kind: *kind,
        division: Division::new(*division).unwrap(),
        officers: ROLES
            .iter()
            .map(|(role_name, role)| GenesisOfficer {
                key: public_key(&format!("{name}.{role_name}")),
                role: *role,
            })
            .collect(),
    });
    let validators = VALIDATORS.iter().map(|name| validator(name, name, 1)).collect();
    Genesis {
        name: text("test"),
        demonstration: true,
        time_ms: noon("2024-01-01".parse().unwrap()),
        validators: ValidatorSet::new(validators).unwrap(),
        organizations: organizations.collect(),
        // The charities' figures that are not verified: a chain gets them only by naming them.
        parameters: rules::named(&["charity.", "oversight."]).unwrap(),
        log_key: public_key("log"),
    }
}

/// Noon in Beijing.
pub fn noon(date: Date) -> TimeMs {
    TimeMs(u64::try_from(date.days()).unwrap() * DAY_MS + 4 * 60 * 60 * 1000)
}

pub struct World {
    pub state: MemoryState,
    pub tree: StateTree,
    pub frontier: Frontier,
    pub header: Header,
    pub date: Date,
    pub blocks: Vec<Block>,
    references: BTreeMap<String, u64>,
}

impl World {
    /// The chain after its genesis block.
    pub fn new() -> Self {
        Self::from_genesis(&genesis())
    }

    pub fn from_genesis(genesis: &Genesis) -> Self {
        let changes = setup::genesis_changes(genesis).unwrap();
        let (mut state, mut tree) = (MemoryState::new(), StateTree::new());
        let update = tree.prepare(&state, &changes).unwrap();
        let sealed = setup::genesis_block(genesis, update.root()).unwrap();
        state.commit(&update, &changes);
        tree.apply(&update).unwrap();
        let date = minglian_ledger::date::beijing_date(genesis.time_ms).unwrap();
        Self {
            state,
            tree,
            frontier: sealed.frontier,
            header: sealed.header,
            date,
            blocks: Vec::new(),
            references: BTreeMap::new(),
        }
    }

    /// The height of the next block.
    pub fn next_height(&self) -> Height {
        self.header.height.next()
    }

    /// The time of the next block: noon of the world's date, or just after the last block.
    pub fn next_time(&self) -> TimeMs {
        noon(self.date).max(TimeMs(self.header.time_ms.0 + 1))
    }

    /// Signs a call as `actor` (`organisation.key`), with a reference of its own.
    pub fn sign(&mut self, actor: &str, call: &Call) -> Transaction {
        let count = self.references.entry(actor.to_owned()).or_default();
        *count += 1;
        let reference = format!("{actor}-{count}");
        self.sign_with(actor, &reference, call.encode())
    }

    pub fn sign_with(&self, actor: &str, reference: &str, call: Vec<u8>) -> Transaction {
        let organization = actor.split('.').next().unwrap();
        let body = TransactionBody {
            chain_id: self.header.chain_id.clone(),
            organization: code(organization),
            client_reference: text(reference),
            expires_at: Height(self.header.height.0 + 100),
            call,
        };
        Transaction::sign(body, &secret_key(actor))
    }

    /// Checks a transaction as admission does.
    pub fn admit(&self, transaction: &Transaction) -> Result<Checked, EnvelopeFault> {
        let context = BlockContext::after(&self.header, self.next_time()).unwrap();
        envelope::check_envelope(&self.state, &context, transaction).unwrap()
    }

    /// Builds the next block, without making it the chain's.
    pub fn build(&self, transactions: &[Transaction]) -> Result<Replayed, InvalidBlock> {
        self.build_at(self.next_time(), transactions)
    }

    /// The same, at another time.
    pub fn build_at(
        &self,
        time_ms: TimeMs,
        transactions: &[Transaction],
    ) -> Result<Replayed, InvalidBlock> {
        let (parent, proposer) = (&self.header, ValidatorAddress::default());
        let place = Place { parent, time_ms, proposer };
        seal::build(place, transactions, &self.state, &self.tree, &self.frontier)
    }

    /// Proposes, replays and commits a block; every invariant holds after it. Before one that is
    /// more than a year later come empty ones.
    pub fn block(&mut self, transactions: Vec<Transaction>) -> Result<Vec<Receipt>, InvalidBlock> {
        while self.next_time() > seal::latest_time(&self.header) {
            self.block_at(seal::latest_time(&self.header), Vec::new())?;
        }
        self.block_at(self.next_time(), transactions)
    }

    fn block_at(
        &mut self,
        time_ms: TimeMs,
        transactions: Vec<Transaction>,
    ) -> Result<Vec<Receipt>, InvalidBlock> {
        let header = self.build_at(time_ms, &transactions)?.sealed.header;
        let block = Block { header, transactions };
        let replayed = seal::replay(&self.header, &block, &self.state, &self.tree, &self.frontier)?;
        let inverse = minglian_ledger::state::inverse(&self.state, &replayed.executed.changes);
        assert_eq!(replayed.executed.inverse, inverse.unwrap());
        self.state.commit(&replayed.update, &replayed.executed.changes);
        self.tree.apply(&replayed.update).unwrap();
        self.frontier = replayed.sealed.frontier;
        self.header = replayed.sealed.header;
        self.blocks.push(block);
        check_book(&self.state).unwrap();
        check_lines(&self.state).unwrap();
        check_charities(&self.state).unwrap();
        check_oversight(&self.state).unwrap();
        check_homes(&self.state).unwrap();
        check_enrolments(&self.state).unwrap();
        check_subsidies(&self.state).unwrap();
        check_disclosures(&self.state).unwrap();
        Ok(replayed.executed.receipts)
    }

    /// Writes into the state what no act of a test brought about, as if it had always been there.
    pub fn put(&mut self, write: impl FnOnce(&mut State<'_>)) {
        let changes = {
            let mut state = State::new(&self.state);
            write(&mut state);
            state.into_changes_and_inverse().unwrap().0
        };
        let update = self.tree.prepare(&self.state, &changes).unwrap();
        self.state.commit(&update, &changes);
        self.tree.apply(&update).unwrap();
    }

    /// Commits one act in a block of its own; the transaction's name and what became of it.
    pub fn act(&mut self, actor: &str, call: &Call) -> (TransactionId, Outcome) {
        let transaction = self.sign(actor, call);
        let id = transaction.id();
        let receipts = self.block(vec![transaction]).unwrap_or_else(|error| panic!("{error}"));
        (id, event::read(&receipts[0]).unwrap())
    }

    /// Commits one act that must be applied; its events.
    pub fn apply(&mut self, actor: &str, call: &Call) -> Vec<Event> {
        match self.act(actor, call).1 {
            Outcome::Applied(events) => events,
            Outcome::Refused { code, detail } => panic!("{actor} {call:?}: {code} {detail}"),
        }
    }
}
