//! The signer's compare-and-return file, on a real disk.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use malachitebft_app::types::SignedConsensusMsg;
use malachitebft_app::types::codec::Codec as _;
use malachitebft_app::types::core::{NilOrVal, Round, VoteType};
use malachitebft_signing::Signer as _;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey, Signature, SigningKey};
use minglian_ledger::transaction::ChainId;
use minglian_node::engine::context::{self, Address, Context, Vote};
use minglian_node::engine::mark::{Mark, MarkError, Position, Step};
use minglian_node::engine::signer::Signer;
use minglian_node::engine::wire::Wire;
use tempfile::TempDir;

/// A key and its file. `open` starts a new life of the same node.
struct Fixture {
    key: SigningKey,
    directory: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self { key: SigningKey::from_bytes(&[7; 32]), directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("mark")
    }

    fn public_key(&self) -> PublicKey {
        PublicKey::of(&self.key)
    }

    fn create(&self) -> Mark {
        Mark::create(&self.path(), self.public_key()).unwrap()
    }

    fn open(&self) -> Result<Mark, MarkError> {
        Mark::open(&self.path(), self.public_key())
    }

    /// Signs, and lets the signature leave.
    fn sign(&self, mark: &mut Mark, at: Position, text: &str) -> Result<Signature, MarkError> {
        let signature = self.sign_only(mark, at, text)?;
        mark.settle()?;
        Ok(signature)
    }

    fn sign_only(&self, mark: &mut Mark, at: Position, text: &str) -> Result<Signature, MarkError> {
        mark.sign(at, text.as_bytes(), |bytes| Ok(keys::sign(&self.key, bytes)))
    }
}

fn at(height: u64, round: u32, step: Step) -> Position {
    Position { height: Height(height), round, step }
}

/// Asking again must not reach the key: the answer is on disk.
fn no_key(_: &[u8]) -> Result<Signature, MarkError> {
    panic!("the key was asked")
}

#[test]
fn the_same_request_returns_the_stored_signature_even_after_a_restart() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    let prevote = fixture.sign(&mut mark, at(5, 0, Step::Prevote), "prevote A").unwrap();
    let precommit = fixture.sign(&mut mark, at(5, 0, Step::Precommit), "precommit A").unwrap();
    drop(mark);

    let mut mark = fixture.open().unwrap();
    let position = at(5, 0, Step::Prevote);
    assert_eq!(mark.sign(position, b"prevote A", no_key).unwrap(), prevote);
    let position = at(5, 0, Step::Precommit);
    assert_eq!(mark.sign(position, b"precommit A", no_key).unwrap(), precommit);
    assert_eq!(mark.last(), Some(position));
    assert_eq!(mark.votes_from(), Height(5));
    assert!(mark.has_signed(position) && !mark.has_signed(at(5, 0, Step::Proposal)));
}

#[test]
fn a_second_message_for_one_position_is_refused_and_the_height_barred() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    fixture.sign(&mut mark, at(5, 1, Step::Precommit), "precommit A").unwrap();
    drop(mark);

    let mut mark = fixture.open().unwrap();
    let position = at(5, 1, Step::Precommit);
    let refused = mark.sign(position, b"precommit B", no_key);
    assert!(matches!(refused, Err(MarkError::Conflict(found)) if found == position));
    drop(mark);

    let mut mark = fixture.open().unwrap();
    assert_eq!(mark.votes_from(), Height(6));
    // Not even what was signed before: this height is over for this node.
    let refused = mark.sign(position, b"precommit A", no_key);
    assert!(matches!(refused, Err(MarkError::Barred { barred: Height(5), .. })));
    fixture.sign(&mut mark, at(6, 0, Step::Prevote), "prevote C").unwrap();
}

/// The engine syncs its log before a signature leaves, and the mark after that. A power cut before
/// both must leave a node that may still vote at this height, for whatever it then holds right.
#[test]
fn a_signature_that_never_left_bars_nothing() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    fixture.sign(&mut mark, at(5, 0, Step::Proposal), "proposal").unwrap();
    fixture.sign_only(&mut mark, at(5, 0, Step::Prevote), "prevote A").unwrap();
    fixture.sign_only(&mut mark, at(5, 0, Step::Precommit), "precommit A").unwrap();
    let conflict = fixture.sign_only(&mut mark, at(5, 0, Step::Prevote), "prevote A");
    assert!(conflict.is_ok(), "the same again is no conflict while it waits");

    let mut mark = fixture_reopen(&fixture, mark);
    assert_eq!(mark.last(), Some(at(5, 0, Step::Proposal)));
    assert_eq!(mark.votes_from(), Height(5));
    fixture.sign(&mut mark, at(5, 0, Step::Prevote), "prevote nil").unwrap();
}

#[test]
fn what_was_signed_later_stays_out_of_the_file() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    fixture.sign_only(&mut mark, at(5, 0, Step::Prevote), "prevote A").unwrap();
    fixture.sign_only(&mut mark, at(5, 0, Step::Precommit), "precommit A").unwrap();
    mark.settle_until(at(5, 0, Step::Prevote)).unwrap();
    assert_eq!(fixture_reopen(&fixture, mark).last(), Some(at(5, 0, Step::Prevote)));
}

#[test]
fn a_conflict_with_what_waits_is_a_conflict() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    fixture.sign_only(&mut mark, at(5, 0, Step::Prevote), "prevote A").unwrap();
    let refused = fixture.sign_only(&mut mark, at(5, 0, Step::Prevote), "prevote B");
    assert!(matches!(refused, Err(MarkError::Conflict(_))));
}

#[test]
fn slots_that_a_power_cut_left_empty_are_dropped() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    fixture.sign(&mut mark, at(5, 0, Step::Prevote), "prevote A").unwrap();
    drop(mark);
    let whole = fs::metadata(fixture.path()).unwrap().len();
    for length in [whole + 1, whole + 320, whole + 640 + 7] {
        let file = fs::OpenOptions::new().write(true).open(fixture.path()).unwrap();
        file.set_len(length).unwrap();
        drop(file);
        let mark = fixture.open().unwrap();
        assert_eq!(mark.last(), Some(at(5, 0, Step::Prevote)), "length {length}");
        assert_eq!(fs::metadata(fixture.path()).unwrap().len(), whole);
    }
}

#[test]
fn earlier_positions_are_refused() {
    let earlier = [
        (at(5, 1, Step::Prevote), at(5, 0, Step::Precommit)),
        (at(5, 1, Step::Precommit), at(5, 1, Step::Prevote)),
        (at(5, 1, Step::Prevote), at(5, 1, Step::Proposal)),
        (at(5, 0, Step::Proposal), at(4, 9, Step::Precommit)),
    ];
    for (signed, asked) in earlier {
        let fixture = Fixture::new();
        let mut mark = fixture.create();
        fixture.sign(&mut mark, signed, "one").unwrap();
        let refused = mark.sign(asked, b"two", no_key);
        assert!(matches!(refused, Err(MarkError::Regression { .. })), "{asked} after {signed}");
        assert_eq!(fixture_reopen(&fixture, mark).votes_from(), Height(6));
    }
}

fn fixture_reopen(fixture: &Fixture, mark: Mark) -> Mark {
    drop(mark);
    fixture.open().unwrap()
}

#[test]
fn a_missing_file_and_a_second_process_are_told_apart() {
    let fixture = Fixture::new();
    assert!(matches!(fixture.open(), Err(MarkError::Missing(_))));
    let mark = fixture.create();
    assert!(matches!(fixture.open(), Err(MarkError::Locked(_))));
    drop(mark);
    let again = Mark::create(&fixture.path(), fixture.public_key());
    assert!(matches!(again, Err(MarkError::Exists(_))));
    let other = PublicKey::of(&SigningKey::from_bytes(&[8; 32]));
    assert!(matches!(Mark::open(&fixture.path(), other), Err(MarkError::OtherKey { .. })));
}

#[test]
fn a_renewed_file_bars_what_may_have_been_signed_before() {
    let fixture = Fixture::new();
    let mut mark = Mark::renew(&fixture.path(), fixture.public_key(), Height(100)).unwrap();
    assert_eq!(mark.votes_from(), Height(101));
    let refused = mark.sign(at(100, 0, Step::Prevote), b"prevote", no_key);
    assert!(matches!(refused, Err(MarkError::Barred { .. })));
    let mut mark = fixture_reopen(&fixture, mark);
    assert_eq!(mark.votes_from(), Height(101));
    fixture.sign(&mut mark, at(101, 0, Step::Prevote), "prevote").unwrap();
}

#[test]
fn a_record_cut_short_is_dropped_and_signing_goes_on() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    fixture.sign(&mut mark, at(5, 0, Step::Prevote), "prevote A").unwrap();
    let whole = fs::metadata(fixture.path()).unwrap().len();
    fixture.sign(&mut mark, at(5, 0, Step::Precommit), "precommit A").unwrap();
    drop(mark);
    for length in whole + 1..fs::metadata(fixture.path()).unwrap().len() {
        let file = fs::OpenOptions::new().write(true).open(fixture.path()).unwrap();
        file.set_len(length).unwrap();
        drop(file);
        let mut mark = fixture.open().unwrap();
        assert_eq!(mark.last(), Some(at(5, 0, Step::Prevote)), "cut at {length}");
        // The lost signature was never released, so another vote is lawful.
        fixture.sign(&mut mark, at(5, 0, Step::Precommit), "precommit B").unwrap();
        assert_eq!(fixture_reopen(&fixture, mark).last(), Some(at(5, 0, Step::Precommit)));
    }
}

#[test]
fn any_flipped_bit_in_a_record_is_damage() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    fixture.sign(&mut mark, at(5, 0, Step::Prevote), "prevote A").unwrap();
    fixture.sign(&mut mark, at(5, 0, Step::Precommit), "precommit A").unwrap();
    drop(mark);
    let sound = fs::read(fixture.path()).unwrap();
    let header = 24 + 32;
    for index in header..sound.len() {
        let mut damaged = sound.clone();
        damaged[index] ^= 1;
        fs::write(fixture.path(), &damaged).unwrap();
        assert!(matches!(fixture.open(), Err(MarkError::Damaged { .. })), "byte {index}");
    }
}

#[test]
fn a_long_file_is_written_anew_without_forgetting_the_last_height() {
    let fixture = Fixture::new();
    let mut mark = fixture.create();
    for height in 1..=900 {
        for step in [Step::Prevote, Step::Precommit] {
            fixture.sign(&mut mark, at(height, 0, step), &format!("{height} {step:?}")).unwrap();
        }
    }
    assert!(fs::metadata(fixture.path()).unwrap().len() < 600 * 1024);
    let mut mark = fixture_reopen(&fixture, mark);
    assert_eq!(mark.votes_from(), Height(900));
    let refused = mark.sign(at(900, 0, Step::Prevote), b"other", no_key);
    assert!(matches!(refused, Err(MarkError::Conflict(_))));
}

fn signer(fixture: &Fixture, mark: Mark) -> Signer {
    let chain_id = ChainId::new("test-0123456789abcdef").unwrap();
    Signer::new(chain_id, Arc::new(fixture.key.clone()), mark)
}

fn prevote(signer: &Signer, block: NilOrVal<BlockId>) -> Vote {
    Vote {
        kind: VoteType::Prevote,
        height: context::Height(Height(5)),
        round: Round::new(0),
        block,
        validator: Address(signer.address()),
    }
}

/// What the network's codec encodes is in the mark, on disk: also a vote that the engine took from
/// its own log after a crash, which this life of the signer never saw.
#[tokio::test(flavor = "multi_thread")]
async fn a_vote_leaves_only_when_it_is_on_disk() {
    let fixture = Fixture::new();
    let first_life = signer(&fixture, fixture.create());
    let vote = first_life.sign_vote(prevote(&first_life, NilOrVal::Nil)).await.unwrap();
    drop(first_life);
    assert_eq!(fixture.open().unwrap().last(), None, "nothing has left");

    let replayed = SignedConsensusMsg::<Context>::Vote(vote);
    let (wire, _tip) = Wire::new();
    let second_life = signer(&fixture, fixture.open().unwrap());
    wire.encode(&replayed).unwrap();
    assert_eq!(second_life.votes_from(), Height::GENESIS.next(), "the log's codec lets none leave");
    wire.leaving(second_life.clone()).encode(&replayed).unwrap();
    let other = prevote(&second_life, NilOrVal::Val(BlockId([9; 32])));
    second_life.sign_vote(other).await.unwrap_err();
    drop(second_life);
    assert_eq!(fixture.open().unwrap().last(), Some(at(5, 0, Step::Prevote)));
}
