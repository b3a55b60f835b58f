//! What a node says about blocks that others stream, liars among them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use minglian_ledger::block::Block;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::keys::Signature;
use minglian_ledger::transaction::Transaction;
use minglian_node::app::judge::{Judge, Moment, Objection, OwnBodyError};
use minglian_node::app::offers::{BLOCKS_PER_ROUND_MAX, BODIES_PER_ROUND_MAX, Offers};
use minglian_node::bodies::Bodies;
use minglian_node::chain::Chain;
use minglian_node::engine::context::ValidatorSet;
use minglian_node::engine::parts::{Init, SignedBody};
use minglian_node::metrics::Metrics;
use minglian_node::signatures::VerifiedCache;
use tempfile::TempDir;

use crate::rpc_world::{FINANCE_MAKER, World, day, genesis, record_quota};

/// How old a new proposal may be, in milliseconds.
const AGE_MS_MAX: u64 = 60_000;

/// A judge of the first block, and a node that builds such blocks.
struct Court {
    judge: Judge,
    chain: Arc<Chain>,
    metrics: Arc<Metrics>,
    builder: World,
    now: TimeMs,
    _directory: TempDir,
}

impl Court {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger");
        Chain::create(&path, &genesis()).unwrap();
        let chain = Arc::new(Chain::open(&path, genesis()).unwrap());
        let metrics = Arc::new(Metrics::default());
        let bodies = Bodies::open(&directory.path().join("undecided")).unwrap();
        let verified = Arc::new(VerifiedCache::default());
        let now = TimeMs(chain.head().header.time_ms.0 + 1_000_000);
        let judge = Judge::new(chain.clone(), verified, metrics.clone(), bodies, AGE_MS_MAX);
        Self { judge, chain, metrics, builder: World::start().await, now, _directory: directory }
    }

    /// The first block, built at `time_ms` by whose turn it is in `round`, as its stream.
    fn body(&self, round: u32, time_ms: TimeMs, transactions: &[Transaction]) -> SignedBody {
        let chain = &self.builder.chain;
        let validators = ValidatorSet::from(&chain.head().validators);
        let proposer = validators.proposer(Height(1), round).address.0;
        let (block, left_out) = chain.propose(transactions.iter(), time_ms, proposer).unwrap();
        assert!(left_out.is_empty());
        stream(&block, round)
    }

    fn says(&mut self, body: &SignedBody, round: u32) -> Option<bool> {
        self.judge.judge(body.clone(), Moment { round, now: self.now }).unwrap()
    }

    fn stored(&self) -> usize {
        self.judge.bodies.iter().count()
    }
}

/// A block as streamed in `round` by the proposer that its header names. The assembler has checked
/// the signature before the judge sees a body.
fn stream(block: &Block, round: u32) -> SignedBody {
    let body = block.encode();
    let init = Init {
        height: block.header.height,
        round,
        valid_round: None,
        proposer: block.header.proposer,
        block_id: block.header.id(),
        body_bytes: u32::try_from(body.len()).unwrap(),
    };
    SignedBody { init, body, signature: Signature([0; 64]) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_block_is_executed_once_and_stored_once() {
    let mut court = Court::new().await;
    let act = court.builder.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    let body = court.body(0, court.now, &[act]);
    assert_eq!(court.says(&body, 0), Some(true));
    let executed = court.metrics.execute_us.load(Ordering::Relaxed);
    // Proposed again in a later round by another, long after.
    court.now = TimeMs(court.now.0 + 100 * AGE_MS_MAX);
    let again = Init { round: 1, valid_round: Some(0), ..body.init.clone() };
    assert_eq!(court.says(&SignedBody { init: again, ..body }, 1), Some(true));
    assert_eq!(court.metrics.execute_us.load(Ordering::Relaxed), executed);
    assert_eq!(court.stored(), 1);
}

/// A body may come before its height or round begins; its time is looked at all the same. A block
/// of the year 2200 would end the calendar, and with it the chain.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_time_gets_no_verdict_however_early_the_body_came() {
    let mut court = Court::new().await;
    let late = TimeMs(court.now.0 + 3_600_000);
    for round in [0, 1, 5] {
        let body = court.body(round, late, &[]);
        assert_eq!(court.says(&body, 0), None, "an hour ahead, round {round}");
    }
    let old = TimeMs(court.now.0 - 2 * AGE_MS_MAX);
    let body = court.body(2, old, &[]);
    assert_eq!(court.says(&body, 2), None, "two minutes old");
    assert_eq!(court.stored(), 0);
    let body = court.body(1, old, &[]);
    assert_eq!(court.says(&body, 4), Some(true), "of an earlier round: others may have locked it");
}

/// "Invalid" under the id of another's good block would make this node vote nil on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_the_block_it_claims_says_nothing_about_that_block() {
    let mut court = Court::new().await;
    let good = court.body(0, court.now, &[]);
    let rubbish = SignedBody { body: vec![7], ..good.clone() };
    assert_eq!(court.says(&rubbish, 0), None);
    let other = court.body(0, TimeMs(court.now.0 + 1), &[]);
    let claimed = Init { block_id: good.init.block_id, round: 1, ..other.init.clone() };
    assert_eq!(court.says(&SignedBody { init: claimed, ..other }, 0), None);
    assert_eq!(court.says(&good, 0), Some(true));
}

/// The block of `body` without its transactions, under the same header and so the same id.
fn emptied(body: &SignedBody) -> Block {
    Block { transactions: Vec::new(), ..Block::decode(&body.body).unwrap() }
}

/// A proposer that first shows forged acts and then a body without them must not have the forged
/// ones decided.
#[tokio::test(flavor = "multi_thread")]
async fn forged_acts_are_not_decided_because_a_good_body_has_the_same_header() {
    let mut court = Court::new().await;
    let mut act = court.builder.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    act.signature.0[0] ^= 1;
    let forged = court.body(0, court.now, &[act]);
    let harmless = stream(&emptied(&forged), 0);
    assert_eq!(harmless.init.block_id, forged.init.block_id);
    assert_eq!(court.says(&forged, 0), Some(false));
    assert_eq!(court.says(&harmless, 0), None);
    assert_eq!(court.says(&forged, 0), Some(false));
    assert!(!court.chain.is_candidate(&forged.init.block_id));
    assert_eq!(court.stored(), 0);
}

/// Whoever is quicker than a good block's proposer must not make it invalid, nor end the value sync
/// of a node that is behind.
#[tokio::test(flavor = "multi_thread")]
async fn other_transactions_under_a_good_header_say_nothing_about_it() {
    let mut court = Court::new().await;
    let act = court.builder.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    let good = court.body(0, court.now, &[act]);
    let emptied = emptied(&good);
    assert_eq!(court.says(&stream(&emptied, 0), 0), None);
    assert_eq!(court.says(&good, 0), Some(true));
    assert_eq!(court.judge.find(&good.init.block_id), Some(&good));
    let objection = court.judge.execute(&Arc::new(emptied)).unwrap_err();
    assert!(matches!(objection, Objection::Invalid(_)), "{objection}");
    assert!(!objection.is_ours(), "the peer that served it is at fault");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_earlier_round_does_not_excuse_a_false_proposer() {
    let mut court = Court::new().await;
    // Round 2's proposer streams its own new block as one that round 0 had found valid.
    let own = court.body(2, court.now, &[]);
    for valid_round in [0, 1, 2, 3] {
        let init = Init { valid_round: Some(valid_round), ..own.init.clone() };
        let body = SignedBody { init, ..own.clone() };
        assert_eq!(court.says(&body, 2), None, "valid round {valid_round}");
    }
    let false_name = Init { proposer: court.body(1, court.now, &[]).init.proposer, ..own.init };
    assert_eq!(court.says(&SignedBody { init: false_name, ..own }, 2), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_with_a_bad_signature_is_invalid_for_ever() {
    let mut court = Court::new().await;
    let mut act = court.builder.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    act.signature.0[0] ^= 1;
    let body = court.body(0, court.now, &[act]);
    assert_eq!(court.says(&body, 0), Some(false));
    assert_eq!(court.stored(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_good_blocks_of_one_round_is_stored_twice() {
    let mut court = Court::new().await;
    for later in 0..20 {
        let body = court.body(0, TimeMs(court.now.0 + later), &[]);
        court.says(&body, 0);
    }
    assert_eq!(court.stored(), BLOCKS_PER_ROUND_MAX);
}

/// After a change of the rules a block that this node built before may not follow any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_own_block_that_no_longer_follows_is_discarded_unless_it_was_signed() {
    let mut court = Court::new().await;
    let good = court.body(0, court.now, &[]);
    court.judge.bodies.put(good.clone()).unwrap();
    assert!(court.judge.take_up(&good, true).unwrap());
    assert!(court.chain.is_candidate(&good.init.block_id));

    let mut block = Block::decode(&court.body(1, court.now, &[]).body).unwrap();
    block.header.state_root.0[0] ^= 1;
    let stale = stream(&block, 1);
    court.judge.bodies.put(stale.clone()).unwrap();
    let signed = court.judge.take_up(&stale, true).unwrap_err();
    assert!(matches!(signed, OwnBodyError::Signed { round: 1, .. }), "{signed}");
    assert_eq!(court.stored(), 2);
    assert!(!court.judge.take_up(&stale, false).unwrap());
    assert_eq!(court.judge.find(&stale.init.block_id), None);
    assert_eq!(court.stored(), 1);
}

#[test]
fn offers_are_counted_by_height_and_round() {
    let mut offers = Offers::default();
    let block = |number| BlockId([number; 32]);
    let flood = (0..100).filter(|number| offers.admit(Height(5), 0, 3, block(*number))).count();
    assert_eq!(flood, BLOCKS_PER_ROUND_MAX);
    assert!(offers.admit(Height(5), 0, 4, block(9)), "another round");
    assert!(!offers.admit(Height(5), 0, 9, block(9)), "too far ahead");
    assert!(offers.admit(Height(5), 1, 9, block(9)));
    assert!(offers.admit(Height(6), 0, 3, block(9)), "another height");
    let again = (0..100).filter(|_| offers.admit(Height(6), 0, 2, block(1))).count();
    assert_eq!(again, BODIES_PER_ROUND_MAX as usize);
}
