//! Four validators in one process.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey};
use minglian_node::engine::mark::{Mark, Position, Step};
use minglian_node::engine::messages::PeerId;
use minglian_node::engine::start;

use crate::engine_net::{Network, Running, stop};

#[tokio::test(flavor = "multi_thread")]
async fn four_validators_decide_stop_resume_and_catch_up() {
    let network = Network::new(&[true, true, true, true, false]);
    let all = [0, 1, 2, 3, 4];
    let mut running = Vec::new();
    for index in all {
        running.push(network.start(index, &all).await);
    }
    network.reach(20, &all).await;
    network.assert_one_chain(&all);

    // Idle: nothing is wanted, so no block is made.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(network.tip(0), Height(20));

    // A bystander that speaks no protocol disturbs nobody.
    let mut garbage = TcpStream::connect(("127.0.0.1", network.machines[0].port)).unwrap();
    garbage.write_all(&[0xa5; 100_000]).ok();
    garbage.flush().ok();

    // One validator stops; the other three go on, and it catches up from them.
    let last = running.remove(3);
    stop(last).await;
    network.reach(30, &[0, 1, 2, 4]).await;
    assert_eq!(network.tip(3), Height(20));
    let back = network.start(3, &all).await;
    network.reach(30, &all).await;
    assert!(network.machines[3].store.lock().unwrap().synced_count > 0);
    network.reach(40, &all).await;
    network.assert_one_chain(&all);

    for one in running.into_iter().chain([back]) {
        stop(one).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_four_stop_and_resume_the_same_chain() {
    let network = Network::new(&[true; 4]);
    let all = [0, 1, 2, 3];
    for height in [5, 10, 15] {
        let mut running = Vec::new();
        for index in all {
            running.push(network.start(index, &all).await);
        }
        network.reach(height, &all).await;
        for one in running {
            stop(one).await;
        }
    }
    network.assert_one_chain(&all);
}

// An engine's network has a task of its own, which once outlived a stop now and then, under load.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_engine_listens_no_more() {
    let network = Network::new(&[true; 4]);
    for life in 0..50 {
        stop(network.start(0, &[0, 1, 2, 3]).await).await;
        let listens = || TcpStream::connect(("127.0.0.1", network.machines[0].port)).is_ok();
        let mut tries_left = 500;
        while listens() {
            assert!(tries_left > 0, "life {life}");
            tries_left -= 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_that_refuses_ends_its_engine_and_votes_again_once_the_chain_has_passed() {
    let network = Network::new(&[true; 4]);
    let all = [0, 1, 2, 3];
    let machine = &network.machines[0];
    let address = ValidatorAddress::of(&[&PublicKey::of(&machine.consensus_key).0]);
    // In an earlier life this key went far at height 1, and its engine has forgotten it.
    let public = PublicKey::of(&machine.consensus_key);
    let mut mark = Mark::open(&machine.directory.join("mark"), public).unwrap();
    let position = Position { height: Height(1), round: 1000, step: Step::Precommit };
    mark.sign(position, b"forgotten", |bytes| Ok(keys::sign(&machine.consensus_key, bytes)))
        .unwrap();
    mark.settle().unwrap();
    drop(mark);

    // Three of four are enough only if all three vote, so this one is asked.
    let mut running = Vec::new();
    for index in [0, 1, 2] {
        running.push(network.start(index, &all).await);
    }
    network.want(1);
    let Running { control, app, signer } = running.remove(0);
    app.await.unwrap();
    let signer = signer.unwrap();
    assert!(signer.refusal().unwrap().contains("was asked for after height 1 round 1000"));
    assert_eq!(signer.votes_from(), Height(2));
    drop(signer);
    control.stop().await;
    assert_eq!(network.tip(0), Height(0));

    running.push(network.start(3, &all).await);
    let silent = network.start(0, &all).await;
    assert!(silent.signer.is_none());
    network.reach(6, &all).await;
    assert!(!network.signed_by(&address, 1..=6));
    stop(silent).await;
    let voting = network.start(0, &all).await;
    assert!(voting.signer.is_some());
    network.reach(20, &all).await;
    assert!(network.signed_by(&address, 7..=20));
    network.assert_one_chain(&all);
    for one in running.into_iter().chain([voting]) {
        stop(one).await;
    }
}

// The engine refuses a peer when it has identified itself, a moment after the connection stands; in
// that moment the peer may read (blocks are public) and what it says is checked like anybody's. So
// what is tested is who is admitted, not what a stranger may have read.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_admitted_until_it_is_added_and_not_once_it_is_removed() {
    let network = Network::new(&[true, true, true, true, false]);
    let known = [0, 1, 2, 3];
    let mut running = Vec::new();
    for index in known {
        running.push(network.start(index, &known).await);
    }
    let stranger = network.start(4, &[0, 1, 2, 3, 4]).await;
    network.reach(5, &known).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let stranger_id = start::peer_id(&network.machines[4].peer_key).unwrap();
    assert_eq!(admitting(&running, stranger_id).await, 0);

    for one in &running {
        one.control.add_peer(&network.address(4)).await.unwrap();
        assert!(one.control.add_peer(&network.address(4)).await.is_err());
    }
    network.reach(10, &[0, 1, 2, 3, 4]).await;
    assert!(admitting(&running, stranger_id).await > 0);

    for one in &running {
        one.control.remove_peer(&network.address(4)).await.unwrap();
    }
    network.reach(15, &known).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(admitting(&running, stranger_id).await, 0);
    for one in running.into_iter().chain([stranger]) {
        stop(one).await;
    }
}

/// How many of the engines count `peer` among their connected peers.
async fn admitting(running: &[Running], peer: PeerId) -> usize {
    let mut count = 0;
    for one in running {
        count += usize::from(one.control.connected_peers().await.unwrap().contains(&peer));
    }
    count
}
