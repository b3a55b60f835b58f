//! Whose turn it is in the pool, and what leaves it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use minglian_contracts::allocation::plan::{Plan, PlanRow};
use minglian_contracts::allocation::{self, Purpose};
use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::obligation::ObligationName;
use minglian_contracts::envelope::REFUSED_BYTES_MAX;
use minglian_contracts::execute::Unfit;
use minglian_contracts::project;
use minglian_ledger::fen::Fen;
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::{ChainId, Transaction, TransactionBody};
use minglian_node::arrivals::{Arrivals, SPAN};
use minglian_node::chain::{
    LeftOut, TAKEN_ORGANIZATION_WEIGHT, UNFIT_ORGANIZATION_MAX, UNFIT_ORGANIZATION_WEIGHT_MAX,
};
use minglian_node::mempool::{Limits, Mempool, PoolError, TURN_BYTES, Waiting};
use minglian_node::resend::{Schedule, WAIT_TICKS};
use tokio::time::Instant;

use crate::rpc_disclosures::notice;
use crate::rpc_world::{
    CIVIL_MAKER, FINANCE_MAKER, World, civil_affairs, day, finance, key, line, record_quota, text,
};

/// A plan with too many rows, or none: refused whoever makes it.
pub fn refused_plan(rows: usize) -> Call {
    let row = PlanRow { holder: finance(), purpose: Purpose::default(), amount: Fen::ZERO };
    Call::Allocation(allocation::Call::Plan(Plan {
        name: text("方案"),
        from: line("一般"),
        rows: vec![row; rows],
        reviewer: finance(),
        occurred_on: day(5, 3),
    }))
}

/// An act that takes `bytes` in the pool.
fn waiting(organization: OrganizationCode, reference: &str, bytes: usize) -> Waiting {
    let body = TransactionBody {
        chain_id: ChainId::new("pool").unwrap(),
        organization,
        client_reference: text(reference),
        expires_at: Height(1_000),
        call: Vec::new(),
    };
    let transaction = Arc::new(Transaction::sign(body, &key(1)));
    Waiting { id: transaction.id(), transaction, bytes }
}

fn references(pool: &Mempool, bytes: usize) -> Vec<String> {
    let first = pool.first(bytes);
    first.iter().map(|act| act.body.client_reference.to_string()).collect()
}

#[test]
fn organisations_take_turns_and_keep_their_order() {
    let mut pool = Mempool::new(Limits::default());
    for number in 0..100 {
        pool.insert(waiting(finance(), &format!("多{number}"), TURN_BYTES)).unwrap();
    }
    for reference in ["少1", "少2"] {
        pool.insert(waiting(civil_affairs(), reference, 1_000)).unwrap();
    }
    // A proposal has room for four of the many: the few that came last are among them.
    assert_eq!(references(&pool, 4 * TURN_BYTES), ["多0", "少1", "少2", "多1", "多2"]);
    assert_eq!(pool.first(usize::MAX).len(), 102);
}

#[test]
fn a_few_transactions_keep_the_order_in_which_they_came() {
    let mut pool = Mempool::new(Limits::default());
    for (number, organization) in
        [finance(), civil_affairs(), civil_affairs(), finance()].into_iter().enumerate()
    {
        pool.insert(waiting(organization, &number.to_string(), 1_000)).unwrap();
    }
    assert_eq!(references(&pool, usize::MAX), ["0", "1", "2", "3"]);
}

/// A transaction that missed its gossip message comes to the others all the same.
#[test]
fn what_waits_for_long_is_sent_again_while_blocks_go_on() {
    let mut pool = Mempool::new(Limits::default());
    let early = waiting(finance(), "早", 100);
    pool.insert(early.clone()).unwrap();
    let (mut schedule, mut now) = (Schedule::default(), Instant::now());
    let mut ticks = |peers: &[&str]| -> Vec<usize> {
        let mut sent = Vec::new();
        for tick in 0..3 * WAIT_TICKS {
            // Others come, and are gone with the next block.
            let new = waiting(finance(), &format!("新{tick}"), 100);
            pool.insert(new.clone()).unwrap();
            let peers = peers.iter().map(ToString::to_string).collect();
            now += Duration::from_secs(2);
            let due = schedule.tick(pool.next_arrival(), peers, now);
            let (found, next) = pool.arrived(due.from, due.until, due.bytes);
            schedule.sent(due, next);
            if found.contains(&early.transaction) {
                sent.push(tick);
            }
            pool.remove(&new.id).unwrap();
        }
        sent
    };
    assert_eq!(ticks(&[]), [WAIT_TICKS, 2 * WAIT_TICKS]);
    // A peer that comes gets everything at once, and then as the others do.
    assert_eq!(ticks(&["新"]), [0, WAIT_TICKS, 2 * WAIT_TICKS]);
}

#[test]
fn a_peer_that_comes_and_goes_has_all_sent_again_once_in_a_while() {
    let (mut schedule, start) = (Schedule::default(), Instant::now());
    let (mut rounds, mut place) = (Vec::new(), 0);
    for tick in 0..60 {
        let now = start + Duration::from_secs(2 * tick);
        let peers = if tick % 2 == 0 { vec!["甲".to_owned()] } else { Vec::new() };
        let (next_arrival, peer_round_end) = (1_000_000 + tick, 5);
        let due = schedule.tick(next_arrival, peers, now);
        if due.until == next_arrival {
            rounds.push(now);
            assert_eq!(due.from, 0);
            schedule.sent(due, Some(peer_round_end));
        } else {
            assert!(due.from >= place, "the others' round goes on");
            place = due.from;
            schedule.sent(due, Some(place + 10));
        }
    }
    assert!(rounds.len() > 1, "it is not forgotten");
    assert!(rounds.windows(2).all(|pair| pair[1].duration_since(pair[0]) >= SPAN));
}

#[test]
fn who_is_back_too_soon_comes_later() {
    let (mut arrivals, start) = (Arrivals::default(), Instant::now());
    let mut look = |seconds: u64, peers: &[&str]| {
        let connected = peers.iter().map(ToString::to_string).collect();
        arrivals.look(connected, start + Duration::from_secs(seconds)).concat()
    };
    assert_eq!(look(0, &["a", "b"]), "ab");
    assert_eq!(look(100, &["a", "b", "c"]), "c", "who stays does not come");
    assert_eq!(look(101, &["b"]), "");
    assert_eq!(look(102, &["a", "b"]), "a", "it came long ago");
    assert_eq!(look(103, &["b"]), "");
    assert_eq!(look(104, &["a", "b"]), "", "too soon");
    assert_eq!(look(131, &["a", "b"]), "");
    assert_eq!(look(132, &["a", "b"]), "a");
    assert_eq!(look(200, &["a", "b"]), "");
}

#[test]
fn what_is_sent_again_goes_on_where_it_ended() {
    let mut pool = Mempool::new(Limits::default());
    for number in 0..5 {
        pool.insert(waiting(finance(), &number.to_string(), 1_000)).unwrap();
    }
    let sent = |from, until| {
        let (found, next) = pool.arrived(from, until, 2_500);
        let names: Vec<_> = found.iter().map(|act| act.body.client_reference.to_string()).collect();
        (names.concat(), next)
    };
    assert_eq!(sent(0, 5), ("01".to_owned(), Some(2)));
    assert_eq!(sent(2, 5), ("23".to_owned(), Some(4)));
    assert_eq!(sent(4, 5), ("4".to_owned(), None));
    assert_eq!(sent(4, 3), (String::new(), None));
}

#[test]
fn an_organisation_has_a_share_of_the_bytes() {
    let limits = Limits { organization_bytes_max: 3_000, ..Limits::default() };
    let mut pool = Mempool::new(limits);
    let first = waiting(finance(), "甲", 2_000);
    pool.insert(first.clone()).unwrap();
    let more = waiting(finance(), "乙", 1_001);
    assert_eq!(pool.insert(more.clone()), Err(PoolError::Quota));
    pool.insert(waiting(civil_affairs(), "甲", 3_000)).unwrap();
    pool.remove(&first.id).unwrap();
    pool.insert(more).unwrap();
    assert_eq!(pool.bytes(), 4_001);
}

fn admit(world: &World, acts: &[Transaction]) {
    let encoded: Vec<Vec<u8>> = acts.iter().map(Transaction::encode).collect();
    for answer in world.admission.admit(&encoded) {
        answer.unwrap();
    }
}

/// Has so much refused of the bureau that nothing more may be today.
fn use_up_refused_bytes(world: &World) {
    let act = |reference: &str, rows| world.act(CIVIL_MAKER, reference, &refused_plan(rows));
    let bytes = |act: &Transaction| u64::try_from(act.encode().len()).unwrap();
    let (large, small) = (bytes(&act("大0000", 1_600)), bytes(&act("小0000", 0)));
    let (larges, rest) = (REFUSED_BYTES_MAX / large, REFUSED_BYTES_MAX % large);
    let mut acts: Vec<_> =
        (0..larges).map(|number| act(&format!("大{number:04}"), 1_600)).collect();
    acts.extend((0..rest / small).map(|number| act(&format!("小{number:04}"), 0)));
    admit(world, &acts);
    while world.admission.size().0 > 0 {
        world.make_block();
    }
}

/// One officer's key must not stop the business of others: acts that no block may hold today are
/// dropped, some of them with each proposal, and lawful acts pass them by.
#[tokio::test(flavor = "multi_thread")]
async fn acts_over_the_refused_bytes_of_the_day_stop_nobody() {
    let world = World::start().await;
    let act = |reference: &str, rows| world.act(CIVIL_MAKER, reference, &refused_plan(rows));
    use_up_refused_bytes(&world);

    // Now nothing of this organisation may be refused any more today.
    let too_many = UNFIT_ORGANIZATION_MAX + 88;
    let unfit: Vec<_> = (0..too_many).map(|number| act(&format!("废{number:04}"), 0)).collect();
    let lawful = world.act(FINANCE_MAKER, "指标", &record_quota(100, day(5, 1)));
    admit(&world, &unfit);
    admit(&world, std::slice::from_ref(&lawful));
    let (block, left_out) = world.propose();
    assert_eq!(block.transactions, [lawful]);
    assert_eq!(left_out.len(), UNFIT_ORGANIZATION_MAX);
    assert!(left_out.iter().all(|left| matches!(left.unfit, Unfit::RefusedBytes { .. })));
    world.admission.left_out(&left_out);
    world.commit_block(&block);
    assert_eq!(world.admission.size().0, 88);

    let (_, left_out) = world.propose();
    world.admission.left_out(&left_out);
    assert_eq!(world.admission.size(), (0, 0));
    assert_eq!(*world.admission.subscribe().borrow(), 0);
    assert_eq!(world.metrics.left_out.load(Ordering::Relaxed), too_many as u64);
    world.stop().await;
}

/// What is left out was executed all the same: heavy acts end sooner than light ones.
#[tokio::test(flavor = "multi_thread")]
async fn the_work_on_what_is_left_out_is_bounded_for_each_organisation() {
    let world = World::start().await;
    use_up_refused_bytes(&world);
    let plan = refused_plan(1_600);
    let acts: Vec<_> =
        (0..100).map(|number| world.act(CIVIL_MAKER, &format!("废{number:03}"), &plan)).collect();
    let lawful = world.act(FINANCE_MAKER, "指标", &record_quota(100, day(5, 1)));
    admit(&world, &acts);
    admit(&world, std::slice::from_ref(&lawful));
    let (block, left_out) = world.propose();
    assert_eq!(block.transactions, [lawful]);
    let most = UNFIT_ORGANIZATION_WEIGHT_MAX.div_ceil(plan.weight());
    assert_eq!(left_out.len() as u64, most);
    world.stop().await;
}

/// Turns are counted in bytes; what weighs much in few of them waits for the others all the same.
#[tokio::test(flavor = "multi_thread")]
async fn heavy_acts_of_one_organisation_wait_for_the_others() {
    let world = World::start().await;
    let evaluate = Call::Project(project::Call::Evaluate {
        project: text("无"),
        scores: Vec::new(),
        occurred_on: day(5, 1),
    });
    let heavy = |number| world.act(CIVIL_MAKER, &format!("重{number:03}"), &evaluate);
    let acts: Vec<_> = (0..100).map(heavy).collect();
    let light = world.act(FINANCE_MAKER, "轻", &record_quota(100, day(5, 1)));
    let head = world.chain.head();
    let time_ms = TimeMs(head.header.time_ms.0 + 1_000);
    let proposer = head.validators.members()[0].address();
    let order = acts.iter().chain([&light]);
    let (block, _) = world.chain.propose(order, time_ms, proposer).unwrap();
    // The share of the first, then what others brought, then as many of the first as fit.
    let share = TAKEN_ORGANIZATION_WEIGHT.div_ceil(evaluate.weight());
    let place = block.transactions.iter().position(|act| *act == light);
    let place = place.expect("what came last is in the block");
    assert!((1..=share).contains(&u64::try_from(place).unwrap()), "{place}");
    let mut others = block.transactions.clone();
    others.remove(place);
    assert!(others.len() > place && others.len() < acts.len(), "the block is full");
    assert_eq!(others[..], acts[..others.len()]);
    world.stop().await;
}

/// The rules bound what an act may weigh; where they let one pass that no block has room for, it
/// must not end every proposal.
#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_no_block_has_room_for_ends_no_proposal() {
    let world = World::start().await;
    let Call::Disclosure(disclosure::Call::Publish(mut publish)) = notice() else { panic!() };
    let name = ObligationName { rule: text("甲"), subject: text(""), period: 1 };
    publish.meets = vec![name; 2_500];
    let call = Call::Disclosure(disclosure::Call::Publish(publish));
    let heavy = world.act(CIVIL_MAKER, "重", &call);
    let light = |reference| world.act(FINANCE_MAKER, reference, &record_quota(100, day(5, 1)));
    let (first, last) = (light("先"), light("后"));
    let head = world.chain.head();
    let time_ms = TimeMs(head.header.time_ms.0 + 1_000);
    let proposer = head.validators.members()[0].address();
    for order in [vec![&heavy, &first, &last], vec![&first, &heavy, &last]] {
        let (block, left_out) = world.chain.propose(order.into_iter(), time_ms, proposer).unwrap();
        assert_eq!(block.transactions, [first.clone(), last.clone()]);
        assert_eq!(left_out.iter().map(|left| left.id).collect::<Vec<_>>(), [heavy.id()]);
    }
    admit(&world, std::slice::from_ref(&first));
    world.admission.left_out(&[LeftOut { id: first.id(), unfit: Unfit::Full }]);
    assert_eq!(world.admission.size(), (0, 0));
    world.stop().await;
}

/// Between a block's commit and the clearing of the pool, the act is answered with its record.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_but_not_cleared_yet_is_committed() {
    let world = World::start().await;
    let act = world.act(FINANCE_MAKER, "指标", &record_quota(100, day(5, 1)));
    admit(&world, std::slice::from_ref(&act));
    world.make_block();
    let place = world.admission.admit(&[act.encode()])[0].as_ref().unwrap().committed.unwrap();
    let second = world.act(FINANCE_MAKER, "指标二", &record_quota(100, day(5, 1)));
    admit(&world, std::slice::from_ref(&second));
    let (block, _) = world.propose();
    world.commit_to_chain(&block);
    assert!(world.admission.is_waiting(&second.id()));
    let again = world.admission.admit(&[second.encode()]);
    assert!(again[0].as_ref().unwrap().committed.unwrap() > place);
    world.stop().await;
}
