//! How acts that waited came to their ends.

use std::cell::Cell;

use minglian_client::wire::ProposalEnd;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::store::{DerivedRead as _, Store};
use minglian_node::chain::{Chain, ChainError};
use minglian_node::derived::{DerivedError, DerivedIndex, End, IndexedEnd, first_entries};

use crate::rpc_world::{
    FINANCE_CHECKER, FINANCE_MAKER, World, approval_of, day, genesis, record_quota,
};

/// Acts that ended in each way, and one that waits.
async fn ended(world: &World) -> [TransactionId; 4] {
    let mut proposed = Vec::new();
    for place in 0..4 {
        let call = record_quota(1_000_000, day(5, 1));
        proposed.push(world.act(FINANCE_MAKER, &format!("指标{place}"), &call));
    }
    world.commit(&proposed).await;
    let ids: Vec<TransactionId> = proposed.iter().map(|act| act.id()).collect();
    let reject = Call::Approval(approval::Call::Reject { proposal: ids[1], opinion: None });
    let withdraw = Call::Approval(approval::Call::Withdraw { proposal: ids[2] });
    let steps = [
        world.act(FINANCE_CHECKER, "复核0", &approval_of(ids[0])),
        world.act(FINANCE_CHECKER, "否决1", &reject),
        world.act(FINANCE_MAKER, "撤回2", &withdraw),
    ];
    world.commit(&steps).await;
    ids.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_says_how_a_proposal_ended() {
    let world = World::start().await;
    let ids = ended(&world).await;
    let client = &world.client;
    let ways = [ProposalEnd::Completed, ProposalEnd::Rejected, ProposalEnd::Withdrawn];
    for (id, end) in ids.iter().zip(ways) {
        let found = client.proposal_end(id).await.unwrap();
        assert_eq!((found.id, found.end), (*id, end));
        let record = client.record(found.record).await.unwrap();
        assert!(record.call.to_string().contains(&id.to_string()), "{}", record.call);
    }
    for id in [ids[3], TransactionId::default()] {
        assert!(client.proposal_end(&id).await.unwrap_err().is_vacant());
    }
    world.stop().await;
}

/// A database whose index knows no ends, as earlier programs wrote it.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_an_earlier_program_wrote_is_completed_when_it_is_opened() {
    let world = World::start().await;
    let ids = ended(&world).await;
    let store = world.chain.store();
    let known = DerivedIndex::new(store).end(&ids[0]).unwrap().unwrap();
    assert_eq!(known.end, End::Completed);
    let spoiled = ids.map(|id| ([&b"e"[..], &id.0].concat(), Vec::new()));
    store.put_derived(&spoiled[..3]).unwrap();
    store.put_derived(&[(b"v".to_vec(), vec![1])]).unwrap();
    assert!(DerivedIndex::new(store).end(&ids[0]).is_err());

    let copy = world.directory().join("copy");
    store.backup(&copy).unwrap();
    let opened = Chain::open(&copy, genesis()).unwrap();
    let index = DerivedIndex::new(opened.store());
    let ends: Vec<Option<IndexedEnd>> = ids.iter().map(|id| index.end(id).unwrap()).collect();
    assert_eq!(ends[0], Some(known));
    let ways: Vec<Option<End>> = ends.iter().map(|end| end.map(|end| end.end)).collect();
    assert_eq!(ways, [Some(End::Completed), Some(End::Rejected), Some(End::Withdrawn), None]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn completing_an_index_stops_at_once_and_goes_on_at_the_next_start() {
    let world = World::start().await;
    let ids = ended(&world).await;
    let store = world.chain.store();
    let known = ids.map(|id| DerivedIndex::new(store).end(&id).unwrap());
    let spoiled = ids.map(|id| ([&b"e"[..], &id.0].concat(), Vec::new()));
    store.put_derived(&spoiled[..3]).unwrap();
    store.put_derived(&[(b"v".to_vec(), vec![1])]).unwrap();
    let copy = world.directory().join("copy");
    store.backup(&copy).unwrap();
    let read = |opened: &Store| ids.map(|id| DerivedIndex::new(opened).end(&id).ok());

    // Stopped when the end of the first is made, and no other.
    let leaves = Cell::new(known[0].unwrap().record.0 + 1);
    let is_stopped = || {
        let left = leaves.get();
        leaves.set(left.saturating_sub(1));
        left == 0
    };
    let stopped = Chain::open_unless(&copy, genesis(), &is_stopped).err().unwrap();
    assert!(matches!(stopped, ChainError::Derived(DerivedError::Stopped)), "{stopped}");
    let left = Store::open(&copy, genesis().hash()).unwrap();
    assert_eq!(read(&left), [Some(known[0]), None, None, Some(None)]);
    // It is not made again: what is spoiled in it now stays so.
    left.put_derived(&spoiled[..1]).unwrap();
    drop(left);
    let opened = Chain::open(&copy, genesis()).unwrap();
    assert_eq!(read(opened.store()), [None, Some(known[1]), Some(known[2]), Some(None)]);
    assert_eq!(opened.store().derived(b"v").unwrap(), store_version());
    drop(opened);
    Chain::open_unless(&copy, genesis(), &|| true).unwrap();
    world.stop().await;
}

/// What stands in a whole index of this program.
fn store_version() -> Option<Vec<u8>> {
    first_entries().into_iter().find(|(key, _)| key == b"v").map(|(_, value)| value)
}
