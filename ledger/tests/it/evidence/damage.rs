//! Bundles that prove nothing, each for one reason, made by somebody who holds the test keys.

use minglian_ledger::certificate::CommitSignature;
use minglian_ledger::evidence::{Evidence, Subject};
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::keys::{self, PublicKey, Signature};
use minglian_ledger::log::tree::MemoryTree;
use minglian_ledger::log::{self, LogHash, proof};
use minglian_ledger::record::Leaf;

use crate::fixture::{self, Chain, TIP};

/// Other bundles than a server would make, and as good.
pub fn still_valid(chain: &Chain) -> Vec<(&'static str, Evidence)> {
    let header = chain.header(1);
    let certified_by = |round, seeds: &[u8]| {
        let mut evidence = chain.leaf_evidence(1, 1);
        evidence.certificate = fixture::certify(header, round, seeds);
        evidence
    };
    vec![
        ("exactly a quorum", certified_by(0, &[1, 2, 3])),
        ("signatures in another order", certified_by(0, &[4, 2, 3, 1])),
        ("a later round", certified_by(7, &[1, 2, 4])),
        ("power 14 of 17", {
            let mut evidence = chain.leaf_evidence(1, TIP);
            evidence.certificate = fixture::certify(chain.header(TIP), 0, &[5, 6]);
            evidence
        }),
    ]
}

struct Damage<'a> {
    chain: &'a Chain,
    bundles: Vec<(String, Vec<u8>)>,
}

/// Bundles that no reader may accept, with what is wrong.
pub fn invalid(chain: &Chain) -> Vec<(String, Vec<u8>)> {
    let mut damage = Damage { chain, bundles: Vec::new() };
    damage.certificates();
    damage.headers();
    damage.changes();
    damage.leaves();
    damage.states();
    damage.certified_nonsense();
    damage.encodings();
    damage.flipped_bytes();
    damage.bundles
}

impl Damage<'_> {
    fn add(&mut self, name: &str, evidence: &Evidence) {
        self.bundles.push((name.to_owned(), evidence.encode()));
    }

    /// A record of block 1 under the header at the tip, across both changes, edited.
    fn edit(&mut self, name: &str, edit: impl FnOnce(&mut Evidence)) {
        let mut evidence = self.chain.leaf_evidence(1, TIP);
        edit(&mut evidence);
        self.add(name, &evidence);
    }

    /// A record of block 1 under the header of block 1, signed anew by these seeds.
    fn signed_by(&mut self, name: &str, seeds: &[u8]) {
        let mut evidence = self.chain.leaf_evidence(1, 1);
        evidence.certificate = fixture::certify(self.chain.header(1), 0, seeds);
        self.add(name, &evidence);
    }

    fn certificates(&mut self) {
        self.signed_by("no signature", &[]);
        self.signed_by("two of four validators", &[1, 2]);
        self.signed_by("a stranger signs", &[1, 2, 3, 9]);
        self.signed_by("one validator twice", &[1, 2, 3, 3]);
        self.signed_by("one validator twice in place of a third", &[1, 2, 2]);
        self.edit("power 10 of 17", |e| e.certificate = fixture::certify(&e.header, 0, &[5]));
        self.edit("power 7 of 17, two of three validators", |e| {
            e.certificate = fixture::certify(&e.header, 0, &[6, 7]);
        });
        self.edit("one bad signature beyond a quorum", |e| {
            e.certificate.signatures[2].signature.0[40] ^= 1;
        });
        self.edit("two signatures exchanged", |e| {
            let first = e.certificate.signatures[0].signature;
            e.certificate.signatures[0].signature = e.certificate.signatures[1].signature;
            e.certificate.signatures[1].signature = first;
        });
        self.edit("more signatures than a set has members", |e| {
            let commit = e.certificate.signatures[0].clone();
            e.certificate.signatures = vec![commit; 101];
        });
        self.edit("another round than was signed", |e| e.certificate.round = 1);
        self.edit("another height in the certificate", |e| e.certificate.height = Height(7));
        self.edit("another block in the certificate", |e| {
            e.certificate.block_id = BlockId::of(&[b"other"]);
        });
        let other = self.chain.certificate(7);
        self.edit("the certificate of another height", |e| e.certificate = other);
        self.edit("a signature over other words", |e| {
            let key = fixture::signing_key(5);
            let signature = keys::sign(&key, e.header.id().to_string().as_bytes());
            let address = fixture::validator(5, 1).address();
            e.certificate.signatures = vec![CommitSignature { address, signature }];
        });
        self.edit("signatures of 64 zero bytes", |e| {
            e.certificate.signatures.iter_mut().for_each(|c| c.signature = Signature([0; 64]));
        });
    }

    fn headers(&mut self) {
        self.edit("another log root in the header", |e| e.header.log_root.0[0] ^= 1);
        self.edit("another log size in the header", |e| e.header.log_size += 1);
        self.edit("another time in the header", |e| e.header.time_ms = TimeMs(1));
        self.edit("another state root in the header", |e| e.header.state_root.0[9] ^= 1);
        self.edit("another chain in the header", |e| e.header.chain_id = fixture::text("other"));
        let mut genesis = fixture::genesis();
        genesis.name = fixture::text("other-test");
        let other = Chain::from_genesis(genesis);
        self.add("everything of another chain", &other.leaf_evidence(1, 1));
        let genesis_header = self.chain.header(0).clone();
        self.edit("the genesis header, signed", |e| {
            e.changes.clear();
            e.certificate = fixture::certify(&genesis_header, 0, &[1, 2, 3, 4]);
            e.header = genesis_header;
        });
    }

    fn changes(&mut self) {
        self.edit("no change given: the old set is asked", |e| e.changes.clear());
        self.edit("the first change is missing", |e| drop(e.changes.remove(0)));
        self.edit("the second change is missing", |e| drop(e.changes.remove(1)));
        self.edit("the changes exchanged", |e| e.changes.swap(0, 1));
        self.edit("one change twice", |e| e.changes.insert(0, e.changes[0].clone()));
        self.edit("a change above the header", |e| {
            let change = e.changes[1].clone();
            e.header = change.header;
            e.certificate = change.certificate;
        });
        self.edit("validators that no header names", |e| {
            e.changes[0].validators = fixture::validators(&[(1, 1), (2, 1), (3, 1), (9, 1)]);
        });
        self.edit("another power in a named set", |e| {
            let named = fixture::members_at(6).iter().map(|&(seed, power)| (seed, power + 1));
            e.changes[1].validators = fixture::validators(&named.collect::<Vec<_>>());
        });
        self.edit("a change certified by the set that it names", |e| {
            let seeds: Vec<u8> = fixture::members_at(6).iter().map(|(seed, _)| *seed).collect();
            e.changes[1].certificate = fixture::certify(&e.changes[1].header, 0, &seeds);
        });
        self.edit("a change with two of four signatures", |e| {
            e.changes[0].certificate.signatures.truncate(2);
        });
        self.edit("a change whose header names the set of strangers", |e| {
            let set = fixture::validators(&[(20, 1)]);
            e.changes[0].header.next_validators_hash = set.hash();
            e.changes[0].validators = set;
            e.changes[0].certificate = fixture::certify(&e.changes[0].header, 0, &[20]);
        });
    }

    fn leaves(&mut self) {
        let other = self.chain.leaf_evidence(2, TIP);
        let subject = |edit: fn(&mut LogIndex, &mut Vec<u8>, &mut Vec<LogHash>)| {
            move |e: &mut Evidence| {
                if let Subject::Leaf { index, bytes, proof } = &mut e.subject {
                    edit(index, bytes, proof);
                }
            }
        };
        self.edit("the subject of another position, whole and under its own header", |e| {
            e.subject = other.subject;
            e.header.log_root = LogHash::default();
        });
        self.edit("one position further", subject(|index, _, _| index.0 += 1));
        self.edit("a position outside the log", subject(|index, _, _| index.0 = 1 << 40));
        self.edit("one bit of the leaf", subject(|_, bytes, _| bytes[40] ^= 1));
        self.edit("one byte more in the leaf", subject(|_, bytes, _| bytes.push(0)));
        self.edit("one hash too many", subject(|_, _, proof| proof.push(LogHash::default())));
        self.edit("one hash too few", subject(|_, _, proof| proof.truncate(proof.len() - 1)));
        self.edit("no proof", subject(|_, _, proof| proof.clear()));
        let closing = self.chain.leaves()[3].clone();
        self.edit("another leaf with this proof", move |e| {
            if let Subject::Leaf { bytes, .. } = &mut e.subject {
                *bytes = closing;
            }
        });
    }

    fn states(&mut self) {
        let crowd = fixture::crowded_keys();
        for (name, key, claim) in [
            ("another value", &b"counter".to_vec(), Some(vec![9])),
            ("a present key claimed absent", &b"counter".to_vec(), None),
            ("an absent key claimed present", &crowd[2], Some(vec![1])),
            (
                "an absent key of an empty bucket claimed present",
                &b"account/1".to_vec(),
                Some(vec![]),
            ),
        ] {
            let mut evidence = self.chain.state_evidence(key);
            if let Subject::State { value, .. } = &mut evidence.subject {
                *value = claim;
            }
            self.add(name, &evidence);
        }
        let mut evidence = self.chain.state_evidence(&crowd[0]);
        if let Subject::State { key, .. } = &mut evidence.subject {
            *key = crowd[1].clone();
        }
        self.add("another key of the same bucket", &evidence);
        let mut evidence = self.chain.state_evidence(b"counter");
        evidence.changes = self.chain.changes(0, 7);
        evidence.header = self.chain.header(7).clone();
        evidence.certificate = self.chain.certificate(7);
        self.add("the state of another height", &evidence);
    }

    /// What a dishonest quorum could sign, and a reader still refuses.
    fn certified_nonsense(&mut self) {
        let mut early = self.chain.leaves()[1].clone();
        early[1..9].copy_from_slice(&5_u64.to_le_bytes());
        let mut elsewhere = self.chain.leaves()[1].clone();
        elsewhere[9..17].copy_from_slice(&7_u64.to_le_bytes());
        let closing = Leaf::Closing(self.chain.header(4).closing()).encode();
        for (name, leaf) in [
            ("certified bytes that are not a leaf", b"not a leaf".to_vec()),
            ("a certified record of a later height", early),
            ("a certified record that claims another position", elsewhere),
            ("a certified closing leaf of a later height", closing),
        ] {
            let mut tree = MemoryTree::new();
            tree.append(log::leaf_hash(b"0")).unwrap();
            tree.append(log::leaf_hash(&leaf)).unwrap();
            let mut evidence = self.chain.leaf_evidence(1, 1);
            (evidence.header.log_size, evidence.header.log_root) = (2, tree.root());
            evidence.certificate = fixture::certify(&evidence.header, 0, &[1, 2, 3]);
            let proof = proof::inclusion_proof(&tree, 1, 2).unwrap();
            evidence.subject = Subject::Leaf { index: LogIndex(1), bytes: leaf, proof };
            self.add(name, &evidence);
        }
    }

    fn encodings(&mut self) {
        let good = self.chain.leaf_evidence(1, TIP).encode();
        let mut raw = |name: &str, bytes: Vec<u8>| self.bundles.push((name.to_owned(), bytes));
        raw("no bytes", Vec::new());
        raw("a byte left over", [&good[..], &[0]].concat());
        raw("the last byte is missing", good[..good.len() - 1].to_vec());
        raw("the second half is missing", good[..good.len() / 2].to_vec());
        raw("more changes than bytes", [&[0xFF; 4], &good[4..]].concat());
        let mut weak = self.chain.leaf_evidence(1, TIP);
        weak.changes.truncate(1);
        let key = weak.changes[0].validators.members()[0].consensus_key;
        let mut bytes = weak.encode();
        let at = bytes.windows(32).position(|window| window == key.0).unwrap();
        let mut identity = PublicKey([0; 32]);
        identity.0[0] = 1;
        bytes[at..at + 32].copy_from_slice(&identity.0);
        self.bundles.push(("a set with a key of small order".to_owned(), bytes));
    }

    /// One bit in every 97th byte of the bundle across two changes.
    fn flipped_bytes(&mut self) {
        let good = self.chain.leaf_evidence(1, TIP).encode();
        for at in (0..good.len()).step_by(97) {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            self.bundles.push((format!("one bit of byte {at}"), bytes));
        }
    }
}
