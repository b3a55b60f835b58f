//! One validator joins and another leaves while payments go on; evidence of records from before and
//! after verifies from the genesis alone.

use std::time::Duration;

use minglian_client::Client;
use minglian_contracts::governance::Change;
use minglian_ledger::evidence::{Evidence, Proven, Trust};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_testnet::act::Desk;
use minglian_testnet::fault::witness::{self, Witness};
use minglian_testnet::officer::Officers;
use minglian_testnet::process::Signal;
use minglian_testnet::{check, governors};

use crate::network::{self, Network};

const LIMIT: Duration = Duration::from_secs(90);

/// How many heights lie between a decision and its effect; the approvals take some.
const NOTICE_HEIGHTS: u64 = 25;

fn trust(network: &Network) -> Trust {
    let genesis = network.genesis().unwrap();
    Trust {
        chain_id: genesis.chain_id().unwrap(),
        height: Height::GENESIS,
        validators: genesis.validators,
    }
}

async fn evidence(client: &Client, index: LogIndex) -> Evidence {
    client.record_evidence(index, Height::GENESIS).await.unwrap()
}

fn proves(evidence: &Evidence, trust: &Trust, index: LogIndex) {
    let proven = evidence.verify(trust).unwrap();
    assert!(matches!(proven, Proven::Leaf(place, _) if place == index));
}

pub async fn change(
    network: &Network,
    organizations: &[OrganizationCode],
    change: Change,
) -> Height {
    let client = network.client(0).unwrap();
    let height = client.latest_header().await.unwrap().header.height;
    let takes_effect_at = Height(height.0 + NOTICE_HEIGHTS);
    let officers = Officers::open(network.directory()).unwrap();
    let mut desk = Desk::new(client, &format!("validators-{takes_effect_at}")).await.unwrap();
    governors::change_validators(&mut desk, &officers, organizations, change, takes_effect_at)
        .await
        .unwrap();
    takes_effect_at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_joins_and_another_leaves_under_load() {
    let network = network::up(4, 1).await;
    let trust = trust(&network);
    let witness = Witness::start(&network).await.unwrap();
    let client = network.client(0).unwrap();
    let organization = |node: usize| network.nodes()[node].validator.organization;
    let before = LogIndex(3);
    let old_evidence = evidence(&client, before).await;

    let newcomer = network.nodes()[4].validator.clone();
    let governors = [organization(0), organization(1), organization(2)];
    let joins_at = change(&network, &governors, Change::Add(newcomer.clone())).await;
    network.start(4).unwrap();
    network.wait_height(0, joins_at, LIMIT).await.unwrap();
    network.wait_height(4, joins_at, LIMIT).await.unwrap();
    assert_eq!(client.validators(None).await.unwrap().validators.len(), 5);

    let leaver = network.nodes()[1].validator.address();
    let governors = [organization(0), organization(2), organization(3), organization(4)];
    let leaves_at = change(&network, &governors, Change::Remove(leaver)).await;
    network.wait_height(0, leaves_at, LIMIT).await.unwrap();
    network.signal(1, Signal::Terminate).unwrap();
    let validators = client.validators(None).await.unwrap().validators;
    assert_eq!(validators.len(), 4);
    assert!(validators.iter().all(|view| view.address != leaver));
    assert!(validators.iter().any(|view| view.address == newcomer.address()));

    // Without the newcomer's vote there is no quorum now.
    network.signal(2, Signal::Kill).unwrap();
    let height = client.latest_header().await.unwrap().header.height;
    network.wait_height(0, Height(height.0 + 3), LIMIT).await.unwrap();
    network.start(2).unwrap();
    network.wait_healthy(2).await.unwrap();

    let acknowledged = witness.stop().await.unwrap();
    network.wait_level(LIMIT).await.unwrap();
    let lost = witness::missing(&network, &acknowledged).await.unwrap();
    assert!(lost.is_empty(), "{lost:?}");
    let after = acknowledged.iter().map(|(_, index)| *index).max().unwrap();
    proves(&old_evidence, &trust, before);
    for node in network.running() {
        let client = network.client(node).unwrap();
        proves(&evidence(&client, before).await, &trust, before);
        let new_evidence = evidence(&client, after).await;
        assert_eq!(new_evidence.changes.len(), 2, "both changes are in the bundle");
        proves(&new_evidence, &trust, after);
    }
    check::run(&network).await.unwrap();
}
