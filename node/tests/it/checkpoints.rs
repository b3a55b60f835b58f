//! Collecting cosignatures: what is kept, what is refused, what is served.

use minglian_client::checkpoint;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::checkpoint::cosignature;
use minglian_ledger::checkpoint::key::VerifierKey;
use minglian_ledger::checkpoint::note::{Note, NoteSignature};
use minglian_ledger::checkpoint::quorum;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::log::LogHash;
use minglian_node::checkpoints::CheckpointsError;
use minglian_node::checkpoints::heads::Heads;

use crate::rpc_world::{cosigner_key, genesis, key, log_key};

fn head(size: u64) -> Checkpoint {
    let root = LogHash([u8::try_from(size % 256).unwrap(); 32]);
    Checkpoint::new(&genesis().origin(), size, root).unwrap()
}

fn cosigners() -> Vec<(VerifierKey, u64)> {
    checkpoint::cosigners(&genesis().origin(), &genesis().validators).unwrap()
}

fn heads() -> Heads {
    Heads::new(checkpoint::log_key(&genesis()).unwrap())
}

fn note(head: &Checkpoint, signature: NoteSignature) -> Note {
    Note::new(head.to_string(), vec![signature]).unwrap()
}

fn log_note(head: &Checkpoint) -> Note {
    note(head, NoteSignature::sign(head.origin(), &log_key(), &head.to_string()).unwrap())
}

fn cosigned_by(head: &Checkpoint, number: u8) -> Note {
    let key = cosigner_key(number);
    let public = PublicKey::of(&key);
    let set = genesis().validators;
    let validator = set.members().iter().find(|member| member.cosigner_key == public).unwrap();
    let name = checkpoint::cosigner_name(head.origin(), validator);
    note(head, cosignature::cosign(head, &name, &key, 1_748_750_400).unwrap())
}

#[test]
fn the_latest_head_with_a_quorum_is_served() {
    let mut heads = heads();
    assert_eq!(heads.latest(), None);
    heads.add(&head(3), cosigners());
    heads.add(&head(5), cosigners());
    assert!(heads.merge(&cosigned_by(&head(3), 0)).unwrap());
    assert_eq!(heads.latest(), None, "the log has not signed");

    assert!(heads.merge(&log_note(&head(5))).unwrap());
    assert_eq!(heads.latest().unwrap().text(), head(5).to_string(), "signed by the log alone");

    assert!(heads.merge(&log_note(&head(3))).unwrap());
    assert!(heads.merge(&cosigned_by(&head(3), 1)).unwrap());
    assert!(heads.merge(&cosigned_by(&head(3), 2)).unwrap());
    let served = heads.latest().unwrap();
    assert_eq!(served.text(), head(3).to_string(), "three of four have cosigned it");
    let log_key = checkpoint::log_key(&genesis()).unwrap();
    let certified = quorum::verify_quorum(&served, &log_key, &cosigners()).unwrap();
    assert_eq!(certified.power_cosigned, 3);
    assert!(!heads.merge(&cosigned_by(&head(3), 2)).unwrap(), "nothing new");
}

#[test]
fn a_cosignature_may_come_before_the_commit() {
    let mut heads = heads();
    heads.add(&head(3), cosigners());
    assert!(heads.merge(&log_note(&head(7))).unwrap());
    assert!(!heads.merge(&log_note(&head(7))).unwrap());
    assert_eq!(heads.latest(), None);
    heads.add(&head(7), cosigners());
    assert_eq!(heads.latest().unwrap().text(), head(7).to_string());
}

#[test]
fn what_does_not_verify_is_refused() {
    let mut heads = heads();
    heads.add(&head(3), cosigners());
    heads.add(&head(5), cosigners());

    let forged = note(&head(5), log_note(&head(3)).signatures()[0].clone());
    assert!(matches!(heads.merge(&forged), Err(CheckpointsError::Signature(_))));
    let stranger = cosignature::cosign(&head(5), "stranger", &key(9), 1).unwrap();
    let stranger = note(&head(5), stranger);
    assert!(matches!(heads.merge(&stranger), Err(CheckpointsError::UnknownSigner(_))));
    let between = log_note(&head(4));
    assert!(matches!(heads.merge(&between), Err(CheckpointsError::UnknownHead(4))));
    let other_log = Checkpoint::new("example.com/log", 5, LogHash::default()).unwrap();
    let other_log = note(&other_log, log_note(&head(5)).signatures()[0].clone());
    assert!(matches!(heads.merge(&other_log), Err(CheckpointsError::OtherLog(_))));
    let origin = genesis().origin();
    let split = Checkpoint::new(&origin, 5, LogHash([9; 32])).unwrap();
    let split = heads.merge(&cosigned_by(&split, 1));
    assert!(matches!(split, Err(CheckpointsError::SplitView { size: 5, .. })), "{split:?}");
}

/// What an honest node may send is no offence, however far ahead of this one it is; a split view is
/// told once for each signer and size.
#[test]
fn only_what_no_honest_node_sends_is_an_offence() {
    let mut heads = heads();
    heads.add(&head(3), cosigners());
    heads.add(&head(5), cosigners());
    let mut code = |note: &Note| heads.merge(note).unwrap_err().forged_code();
    let by_stranger =
        |head: &Checkpoint| note(head, cosignature::cosign(head, "stranger", &key(9), 1).unwrap());
    assert_eq!(code(&by_stranger(&head(5))), Some("cosignature_of_nobody"));
    // A validator that a block names which is not here yet.
    assert_eq!(code(&by_stranger(&head(7))), None);
    let forged = note(&head(5), log_note(&head(3)).signatures()[0].clone());
    assert_eq!(code(&forged), Some("forged_cosignature"));
    let many = Note::new(head(5).to_string(), vec![forged.signatures()[0].clone(); 3]).unwrap();
    assert_eq!(code(&many), Some("too_many_cosignatures"));
    let split = |size| Checkpoint::new(&genesis().origin(), size, LogHash([9; 32])).unwrap();
    for (size, signer) in [(5, 1), (5, 2), (3, 1)] {
        let split = cosigned_by(&split(size), signer);
        assert_eq!(code(&split), None, "{size} {signer}");
        assert_eq!(code(&split), Some("repeated_split_view"));
    }
    let world = Note::parse(b"no note").map_err(CheckpointsError::from).unwrap_err();
    assert_eq!(world.forged_code(), Some("malformed_cosignature"));
}

#[test]
fn only_the_last_heads_are_kept() {
    let mut heads = heads();
    for size in 1..=100 {
        heads.add(&head(size), cosigners());
    }
    assert!(!heads.merge(&log_note(&head(36))).unwrap(), "too old");
    assert!(heads.merge(&log_note(&head(37))).unwrap());
}

#[test]
fn one_cosigner_that_signs_heads_to_come_pushes_nobody_else_out() {
    let mut heads = heads();
    heads.add(&head(3), cosigners());
    for cosigner in 1..=3 {
        assert!(heads.merge(&cosigned_by(&head(7), cosigner)).unwrap());
    }
    for size in 1_000..1_600 {
        assert!(heads.merge(&cosigned_by(&head(size), 0)).unwrap());
    }
    assert!(heads.merge(&log_note(&head(7))).unwrap());
    heads.add(&head(7), cosigners());
    let log_key = checkpoint::log_key(&genesis()).unwrap();
    let served = heads.latest().unwrap();
    let certified = quorum::verify_quorum(&served, &log_key, &cosigners()).unwrap();
    assert_eq!(certified.power_cosigned, 3);
}
