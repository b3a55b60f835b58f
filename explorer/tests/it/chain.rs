//! A chain in memory whose blocks are signed and certified as on a network.

use ed25519_dalek::SigningKey;
use minglian_client::wire::CertifiedBlock;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::seal::{self, Place, Sealed, TIME_STEP_MS_MAX};
use minglian_contracts::{rules, setup};
use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::{Certificate, CommitSignature, precommit_sign_bytes};
use minglian_ledger::date::Date;
use minglian_ledger::division::Division;
use minglian_ledger::genesis::{
    Genesis, GenesisOfficer, GenesisOrganization, OrganizationKind, Role,
};
use minglian_ledger::hash::{Commitment, TransactionId, ValidatorAddress};
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::keys::{self, PublicKey};
use minglian_ledger::log::tree::{Frontier, MemoryTree};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::MemoryState;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{ClientReference, Transaction, TransactionBody};
use minglian_ledger::validators::{Validator, ValidatorSet};

/// A name that would run a script on a page that forgets to escape it.
pub const HOSTILE: &str = "敬老院<script>alert(1)</script>&\"'";

/// A charity's name that would break out of an attribute, a feed and a calendar.
pub const HOSTILE_CHARITY: &str = "慈善会\"><b>;,]]>&";

/// Keys, names and kinds of the organisations.
pub const ORGANIZATIONS: &[(&str, &str, OrganizationKind)] = &[
    ("finance", "泸县财政局", OrganizationKind::Finance),
    ("civil", "泸县民政局", OrganizationKind::CivilAffairs),
    ("home", HOSTILE, OrganizationKind::ProjectUnit),
    ("lottery", "泸州市福彩中心", OrganizationKind::LotteryCentre),
    ("audit", "泸县审计局", OrganizationKind::Audit),
    ("charity", HOSTILE_CHARITY, OrganizationKind::Charity),
];

/// How many of them, from the first on, run a validator.
const VALIDATORS: usize = 4;

const ROLES: &[(&str, Role)] = &[
    ("governor", Role::Governor),
    ("maker", Role::Maker),
    ("checker", Role::Checker),
    ("payer", Role::Payer),
];

const LUXIAN: u32 = 510_521;

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

pub fn secret_key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&Commitment::of(&[name.as_bytes()]).0)
}

fn public_key(name: &str) -> PublicKey {
    PublicKey::of(&secret_key(name))
}

pub fn code(name: &str) -> OrganizationCode {
    OrganizationCode::for_demonstration(Division::new(LUXIAN).unwrap(), name)
}

pub fn validator(name: &str) -> Validator {
    Validator {
        consensus_key: public_key(&format!("{name}/consensus")),
        power: 1,
        organization: code(name),
        name: text(name),
        peer_id: text("12D3KooW"),
        consensus_address: text("/ip4/127.0.0.1/tcp/1"),
        gossip_address: text("/ip4/127.0.0.1/tcp/2"),
        cosigner_key: public_key(&format!("{name}/cosigner")),
    }
}

pub fn genesis() -> Genesis {
    let organization = |(key, name, kind): &(&str, &str, OrganizationKind)| GenesisOrganization {
        code: code(key),
        name: text(name),
        kind: *kind,
        division: Division::new(LUXIAN).unwrap(),
        officers: ROLES
            .iter()
            .map(|(role_name, role)| GenesisOfficer {
                key: public_key(&format!("{key}.{role_name}")),
                role: *role,
            })
            .collect(),
    };
    let validators = ORGANIZATIONS[..VALIDATORS].iter().map(|(key, ..)| validator(key)).collect();
    Genesis {
        name: text("test"),
        demonstration: true,
        time_ms: noon("2021-03-01"),
        validators: ValidatorSet::new(validators).unwrap(),
        organizations: ORGANIZATIONS.iter().map(organization).collect(),
        parameters: rules::named(&["charity.", "oversight."]).unwrap(),
        log_key: public_key("log"),
    }
}

/// Noon in Beijing.
pub fn noon(date: &str) -> TimeMs {
    let date: Date = date.parse().unwrap();
    TimeMs(u64::try_from(date.days()).unwrap() * 86_400_000 + 4 * 3_600_000)
}

pub struct Chain {
    pub genesis: Genesis,
    pub blocks: Vec<CertifiedBlock>,
    pub header: Header,
    pub state: MemoryState,
    pub tree: StateTree,
    frontier: Frontier,
    pub leaves: Vec<Vec<u8>>,
    pub log: MemoryTree,
    references: u64,
    /// What the next transaction is called, as imports call theirs.
    pub next_reference: Option<String>,
    not_before: TimeMs,
}

impl Chain {
    pub fn new() -> Self {
        Self::of(genesis())
    }

    pub fn of(genesis: Genesis) -> Self {
        let changes = setup::genesis_changes(&genesis).unwrap();
        let (mut state, mut tree) = (MemoryState::new(), StateTree::new());
        let update = tree.prepare(&state, &changes).unwrap();
        let sealed = setup::genesis_block(&genesis, update.root()).unwrap();
        state.commit(&update, &changes);
        tree.apply(&update).unwrap();
        let mut chain = Self {
            genesis,
            blocks: Vec::new(),
            header: sealed.header.clone(),
            state,
            tree,
            frontier: sealed.frontier.clone(),
            leaves: Vec::new(),
            log: MemoryTree::new(),
            references: 0,
            next_reference: None,
            not_before: TimeMs(0),
        };
        chain.append(sealed);
        chain
    }

    /// The next block is of this day at noon, or later. No block is more than a year after another.
    pub fn wait_until(&mut self, date: &str) {
        self.come_to(noon(date));
    }

    /// The next block is of this time, or later.
    pub fn come_to(&mut self, until: TimeMs) {
        while self.header.height > Height::GENESIS
            && until.0.saturating_sub(self.header.time_ms.0) > TIME_STEP_MS_MAX
        {
            self.not_before = TimeMs(self.header.time_ms.0 + TIME_STEP_MS_MAX);
            self.block(Vec::new());
        }
        self.not_before = until;
    }

    fn append(&mut self, sealed: Sealed) {
        for hash in &sealed.leaf_hashes {
            self.log.append(*hash).unwrap();
        }
        self.leaves.extend(sealed.leaves);
        self.frontier = sealed.frontier;
        self.header = sealed.header;
    }

    /// Signs a call as `actor`, e.g. `civil.maker`.
    pub fn sign(&mut self, actor: &str, call: &Call) -> Transaction {
        self.references += 1;
        let numbered = || format!("业务-{}", self.references);
        let reference = self.next_reference.take().unwrap_or_else(numbered);
        self.sign_as(actor, call, text(&reference))
    }

    /// As [`Chain::sign`], under a reference of the officer's.
    pub fn sign_as(
        &self,
        actor: &str,
        call: &Call,
        client_reference: ClientReference,
    ) -> Transaction {
        let body = TransactionBody {
            chain_id: self.header.chain_id.clone(),
            organization: code(actor.split('.').next().unwrap()),
            client_reference,
            expires_at: Height(self.header.height.0 + 100),
            call: call.encode(),
        };
        Transaction::sign(body, &secret_key(actor))
    }

    /// Appends a certified block; the codes of its receipts.
    pub fn block(&mut self, transactions: Vec<Transaction>) -> Vec<u32> {
        let time_ms = TimeMs(self.header.time_ms.0 + 60_000).max(self.not_before);
        let place = Place { parent: &self.header, time_ms, proposer: ValidatorAddress::default() };
        let replayed =
            seal::build(place, &transactions, &self.state, &self.tree, &self.frontier).unwrap();
        self.state.commit(&replayed.update, &replayed.executed.changes);
        self.tree.apply(&replayed.update).unwrap();
        self.append(replayed.sealed);
        let block = Block { header: self.header.clone(), transactions };
        let certificate = Some(certify(&self.header));
        self.blocks.push(CertifiedBlock { block, certificate });
        replayed.executed.receipts.iter().map(|receipt| receipt.code).collect()
    }

    /// Proposes as the organisation's maker and approves as the officers in `roles`, each in a
    /// block of its own; the code of the last step.
    pub fn act(&mut self, organization: &str, call: &Call, roles: &[&str]) -> u32 {
        let proposal = self.sign(&format!("{organization}.maker"), call);
        let id: TransactionId = proposal.id();
        let mut code = self.block(vec![proposal])[0];
        for role in roles {
            if code != 0 {
                return code;
            }
            let approve = Call::Approval(approval::Call::Approve { proposal: id });
            let step = self.sign(&format!("{organization}.{role}"), &approve);
            code = self.block(vec![step])[0];
        }
        code
    }

    /// As [`Chain::act`], with officers of any organisation.
    pub fn act_with(&mut self, organization: &str, call: &Call, officers: &[&str]) -> u32 {
        let proposal = self.sign(&format!("{organization}.maker"), call);
        let id: TransactionId = proposal.id();
        let mut code = self.block(vec![proposal])[0];
        for officer in officers {
            if code != 0 {
                return code;
            }
            let approve = Call::Approval(approval::Call::Approve { proposal: id });
            code = self.alone(officer, &approve);
        }
        code
    }

    /// One officer's act in a block of its own.
    pub fn alone(&mut self, actor: &str, call: &Call) -> u32 {
        let transaction = self.sign(actor, call);
        self.block(vec![transaction])[0]
    }
}

/// Three of the four validators precommit.
fn certify(header: &Header) -> Certificate {
    let (block_id, round) = (header.id(), 0);
    let message = precommit_sign_bytes(&header.chain_id, header.height, round, &block_id);
    let signatures = ORGANIZATIONS[..3].iter().map(|(key, ..)| CommitSignature {
        address: validator(key).address(),
        signature: keys::sign(&secret_key(&format!("{key}/consensus")), &message),
    });
    Certificate { height: header.height, round, block_id, signatures: signatures.collect() }
}
