//! A small chain from fixed keys: nine blocks, records and state, two changes of validators.

use std::collections::BTreeMap;

use minglian_ledger::block::Header;
use minglian_ledger::certificate::{self, Certificate, CommitSignature};
use minglian_ledger::date::Date;
use minglian_ledger::division::Division;
use minglian_ledger::evidence::{Evidence, Subject, Trust, ValidatorChange};
use minglian_ledger::genesis::{
    Genesis, GenesisOfficer, GenesisOrganization, GenesisParameter, OrganizationKind, Role,
};
use minglian_ledger::hash::{StateKeyHash, TransactionId, ValidatorAddress};
use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::keys::{self, PublicKey, SigningKey};
use minglian_ledger::log::tree::{Frontier, MemoryTree, Node};
use minglian_ledger::log::{self, LogHash, proof};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::{Leaf, Receipt, Record};
use minglian_ledger::state::place::Place;
use minglian_ledger::state::tree::{StateTree, StateUpdate};
use minglian_ledger::state::{self, Changes, MemoryState, StateRead};
use minglian_ledger::store::BlockWrite;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{ChainId, Transaction, TransactionBody};
use minglian_ledger::validators::{Validator, ValidatorSet};

/// Height of the last block.
pub const TIP: u64 = 8;
/// Heights whose headers name other validators than their own.
pub const CHANGES: [u64; 2] = [2, 5];

/// The signing key with the seed of 32 equal bytes.
pub fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public_key(seed: u8) -> PublicKey {
    PublicKey::of(&signing_key(seed))
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

pub fn organization() -> OrganizationCode {
    OrganizationCode::parse("11445321007177191T").unwrap()
}

/// The validator whose consensus key has this seed; its cosigner key has the seed plus 100.
pub fn validator(seed: u8, power: u64) -> Validator {
    Validator {
        consensus_key: public_key(seed),
        power,
        organization: organization(),
        name: text(&format!("民政局节点 {seed}")),
        peer_id: text(&format!("12D3KooWFixture{seed}")),
        consensus_address: text(&format!("/ip4/127.0.0.1/tcp/{}", 27_000 + u16::from(seed))),
        gossip_address: text(&format!("/ip4/127.0.0.1/tcp/{}", 28_000 + u16::from(seed))),
        cosigner_key: public_key(seed + 100),
    }
}

pub fn validators(members: &[(u8, u64)]) -> ValidatorSet {
    let members = members.iter().map(|&(seed, power)| validator(seed, power)).collect();
    ValidatorSet::new(members).unwrap()
}

/// The seeds and powers that certify `height`.
pub fn members_at(height: u64) -> &'static [(u8, u64)] {
    match height {
        0..=2 => &[(1, 1), (2, 1), (3, 1), (4, 1)],
        3..=5 => &[(1, 1), (2, 1), (3, 1), (5, 1)],
        _ => &[(5, 10), (6, 4), (7, 3)],
    }
}

pub fn genesis() -> Genesis {
    let officer = |seed, role| GenesisOfficer { key: public_key(seed), role };
    Genesis {
        name: text("laian-test"),
        demonstration: true,
        time_ms: TimeMs(1_767_225_600_000),
        log_key: public_key(99),
        validators: validators(members_at(0)),
        organizations: vec![GenesisOrganization {
            code: organization(),
            name: text("来安县民政局"),
            kind: OrganizationKind::CivilAffairs,
            division: Division::new(341_122).unwrap(),
            officers: vec![officer(90, Role::Maker), officer(91, Role::Checker)],
        }],
        parameters: vec![GenesisParameter {
            key: text("lottery.fund_ratio.双色球"),
            value: 3_600,
            unit: text("basis_points"),
            effective_from: Date::new(2020, 10, 1).unwrap(),
            effective_to: None,
            article: text("财综〔2015〕94号"),
            approved_by: text("财政部"),
        }],
    }
}

pub fn transaction(chain_id: &ChainId, reference: &str, call: &[u8]) -> Transaction {
    let body = TransactionBody {
        chain_id: chain_id.clone(),
        organization: organization(),
        client_reference: text(reference),
        expires_at: Height(1_000),
        call: call.to_vec(),
    };
    Transaction::sign(body, &signing_key(90))
}

/// Precommits for `header` by the validators with these seeds.
pub fn certify(header: &Header, round: u32, seeds: &[u8]) -> Certificate {
    let block_id = header.id();
    let message =
        certificate::precommit_sign_bytes(&header.chain_id, header.height, round, &block_id);
    let commit = |seed: &u8| CommitSignature {
        address: ValidatorAddress::of(&[&public_key(*seed).0]),
        signature: keys::sign(&signing_key(*seed), &message),
    };
    let signatures = seeds.iter().map(commit).collect();
    Certificate { height: header.height, round, block_id, signatures }
}

/// Four keys of one bucket, ascending by hash. The state holds all but the third.
pub fn crowded_keys() -> Vec<Vec<u8>> {
    let mut buckets = BTreeMap::<Place, Vec<(StateKeyHash, Vec<u8>)>>::new();
    for number in 0_u32.. {
        let key = format!("crowd/{number}").into_bytes();
        let hash = StateKeyHash::of(&[&key]);
        let crowd = buckets.entry(Place::of(&hash)).or_default();
        crowd.push((hash, key));
        if crowd.len() == 4 {
            crowd.sort();
            return crowd.iter().map(|(_, key)| key.clone()).collect();
        }
    }
    Vec::new()
}

/// 138 keys of one bucket, ascending by hash, 78 of them of one of its parts: more than it holds
/// without a split, and more than that part holds without another. Chance does not bring so many
/// together; they were found by trying some thousand million numbers.
pub fn stuffed_keys() -> Vec<Vec<u8>> {
    let number = |line: &str| line.parse::<u64>().unwrap().to_le_bytes().to_vec();
    let mut keys: Vec<_> = include_str!("state/stuffed_keys.txt").lines().map(number).collect();
    keys.sort_by_key(|key| StateKeyHash::of(&[key]));
    keys
}

/// One block with all that a store is given.
pub struct Sealed {
    pub header: Header,
    pub certificate: Option<Certificate>,
    pub first_leaf: LogIndex,
    pub leaves: Vec<Vec<u8>>,
    pub nodes: Vec<Node>,
    pub update: StateUpdate,
    pub changes: Changes,
    pub undo: Changes,
    pub transactions: Vec<(TransactionId, LogIndex)>,
    pub validators: Option<ValidatorSet>,
    pub derived: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Sealed {
    pub fn write(&self) -> BlockWrite<'_> {
        BlockWrite {
            header: &self.header,
            certificate: self.certificate.as_ref(),
            first_leaf: self.first_leaf,
            leaves: &self.leaves,
            nodes: &self.nodes,
            update: &self.update,
            changes: &self.changes,
            undo: &self.undo,
            transactions: &self.transactions,
            validators: self.validators.as_ref(),
            derived: &self.derived,
        }
    }
}

/// The whole chain.
pub struct Chain {
    pub genesis: Genesis,
    pub chain_id: ChainId,
    pub blocks: Vec<Sealed>,
    pub log: MemoryTree,
    pub tree: StateTree,
    pub state: MemoryState,
    frontier: Frontier,
}

impl Chain {
    /// The chain up to [`TIP`].
    pub fn new() -> Self {
        Self::from_genesis(genesis())
    }

    pub fn from_genesis(genesis: Genesis) -> Self {
        let mut chain = Self {
            chain_id: genesis.chain_id().unwrap(),
            genesis,
            blocks: Vec::new(),
            log: MemoryTree::new(),
            tree: StateTree::new(),
            state: MemoryState::new(),
            frontier: Frontier::new(),
        };
        (0..=TIP).for_each(|height| chain.extend(height));
        chain
    }

    fn changes_of(height: u64) -> Changes {
        let mut changes = Changes::new();
        if height == 0 {
            for (place, key) in crowded_keys().into_iter().enumerate().filter(|(at, _)| *at != 2) {
                changes.insert(key, Some(format!("crowd {place}").into_bytes()));
            }
        }
        changes.insert(b"counter".to_vec(), Some(height.to_le_bytes().to_vec()));
        changes.insert(format!("account/{height}").into_bytes(), Some(vec![0xAB; 40]));
        if height == 3 {
            changes.insert(b"account/1".to_vec(), None);
        }
        // A bucket splits twice, then the part of a part is joined again.
        let stuffed = stuffed_keys().into_iter();
        match height {
            4 => changes.extend(stuffed.map(|key| (key, Some(b"stuffed".to_vec())))),
            6 => changes.extend(stuffed.take(60).map(|key| (key, None))),
            _ => {}
        }
        changes
    }

    fn extend(&mut self, height: u64) {
        let changes = Self::changes_of(height);
        let undo = state::inverse(&self.state, &changes).unwrap();
        let update = self.tree.prepare(&self.state, &changes).unwrap();
        let next = validators(members_at(height + 1));
        let parent = self.blocks.last().map(|block| block.header.id()).unwrap_or_default();
        let first_leaf = LogIndex(self.log.size());
        let mut leaves = Vec::new();
        let mut transactions = Vec::new();
        for number in 0..if height == 0 { 0 } else { 2 } {
            let index = LogIndex(first_leaf.0 + number);
            let call = format!("call {number} of block {height}");
            let transaction =
                transaction(&self.chain_id, &format!("{height}-{number}"), call.as_bytes());
            transactions.push((transaction.id(), index));
            let receipt = Receipt { code: Receipt::APPLIED, events: vec![0; 4] };
            let record = Record { height: Height(height), index, transaction, receipt };
            let Record { height, index, transaction, receipt } = &record;
            let borrowed = Leaf::encode_record(*height, *index, transaction, receipt);
            leaves.push(Leaf::Record(record.clone()).encode());
            assert_eq!(leaves.last(), Some(&borrowed));
        }
        let mut header = Header {
            chain_id: self.chain_id.clone(),
            height: Height(height),
            time_ms: TimeMs(self.genesis.time_ms.0 + height * 1_000),
            parent,
            proposer: ValidatorAddress::default(),
            log_size: 0,
            log_root: LogHash::default(),
            state_root: update.root(),
            rules_version: 1,
            next_validators_hash: next.hash(),
        };
        if height > 0 {
            header.proposer = validator(members_at(height)[0].0, 1).address();
        }
        leaves.push(Leaf::Closing(header.closing()).encode());
        let mut nodes = Vec::new();
        for leaf in &leaves {
            self.log.append(log::leaf_hash(leaf)).unwrap();
            self.frontier.append_nodes(log::leaf_hash(leaf), &mut nodes).unwrap();
        }
        (header.log_size, header.log_root) = (self.log.size(), self.log.root());
        self.tree.apply(&update).unwrap();
        self.state.commit(&update, &changes);
        let seeds: Vec<u8> = members_at(height).iter().map(|(seed, _)| *seed).collect();
        let changed = height == 0 || CHANGES.contains(&height);
        self.blocks.push(Sealed {
            certificate: (height > 0).then(|| certify(&header, 0, &seeds)),
            derived: vec![(format!("derived/{height}").into_bytes(), vec![1])],
            validators: changed.then_some(next),
            header,
            first_leaf,
            leaves,
            nodes,
            update,
            changes,
            undo,
            transactions,
        });
    }

    pub fn header(&self, height: u64) -> &Header {
        &self.blocks[usize::try_from(height).unwrap()].header
    }

    pub fn certificate(&self, height: u64) -> Certificate {
        self.blocks[usize::try_from(height).unwrap()].certificate.clone().unwrap()
    }

    /// Every leaf, in order.
    pub fn leaves(&self) -> Vec<&Vec<u8>> {
        self.blocks.iter().flat_map(|block| &block.leaves).collect()
    }

    /// Trust in the genesis file alone.
    pub fn trust(&self) -> Trust {
        Trust {
            chain_id: self.chain_id.clone(),
            height: Height::GENESIS,
            validators: self.genesis.validators.clone(),
        }
    }

    /// The changes of validators between two heights, both excluded.
    pub fn changes(&self, after: u64, before: u64) -> Vec<ValidatorChange> {
        let between = CHANGES.into_iter().filter(|height| after < *height && *height < before);
        let change = |height| ValidatorChange {
            header: self.header(height).clone(),
            certificate: self.certificate(height),
            validators: validators(members_at(height + 1)),
        };
        between.map(change).collect()
    }

    /// Proof of leaf `index` under the header at `height`, from the genesis.
    pub fn leaf_evidence(&self, index: u64, height: u64) -> Evidence {
        let size = self.header(height).log_size;
        let subject = Subject::Leaf {
            index: LogIndex(index),
            bytes: self.leaves()[usize::try_from(index).unwrap()].clone(),
            proof: proof::inclusion_proof(&self.log, index, size).unwrap(),
        };
        self.evidence(subject, height)
    }

    /// Proof of what the state at the tip says of `key`, from the genesis.
    pub fn state_evidence(&self, key: &[u8]) -> Evidence {
        let subject = Subject::State {
            key: key.to_vec(),
            value: self.state.get(key).unwrap(),
            proof: state::proof::prove(&self.tree, &self.state, key).unwrap(),
        };
        self.evidence(subject, TIP)
    }

    fn evidence(&self, subject: Subject, height: u64) -> Evidence {
        Evidence {
            changes: self.changes(0, height),
            header: self.header(height).clone(),
            certificate: self.certificate(height),
            subject,
        }
    }
}
