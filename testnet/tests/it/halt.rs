//! More than a third of the voting power is gone: nothing is committed, nothing is lost.

use std::fs;
use std::time::Duration;

use minglian_client::wire::{SubmitStatus, TransactionStatus};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::{BlockId, TransactionId};
use minglian_ledger::height::Height;

use minglian_testnet::directory::{self, OfficersIndex};
use minglian_testnet::fault::slow_signer;
use minglian_testnet::fault::witness::Witness;
use minglian_testnet::process::Signal;
use minglian_testnet::setup::Plan;
use minglian_testnet::workload::Workload;
use minglian_testnet::{check, clock, load};

use crate::network::{self, Network};

/// Longer than every timeout of a few rounds.
const HALT: Duration = Duration::from_secs(12);

const RESUME: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn two_of_four_halt_the_network_and_their_return_resumes_it() {
    let network = network::up(4, 0).await;
    let mut workload = Workload::prepare(&network).await.unwrap();
    for node in [1, 3] {
        network.signal(node, Signal::Kill).unwrap();
    }
    let client = network.client(0).unwrap();
    let before = load::records(&client).await.unwrap();
    let payment = workload.sign(1).unwrap().remove(0);
    let answers = client.submit_and_wait(&[&payment.encoded], HALT).await.unwrap();
    assert_eq!(answers[0].status, SubmitStatus::Admitted, "two of four commit nothing");
    assert_eq!(load::records(&client).await.unwrap(), before);
    clerks_are_told_to_wait(&network).await;

    for node in [1, 3] {
        network.start(node).unwrap();
    }
    let view = client.transaction(&payment.id, Some(RESUME)).await.unwrap();
    assert_eq!(view.status, TransactionStatus::Committed, "what waited is committed");
    network.wait_level(RESUME).await.unwrap();
    check::run(&network).await.unwrap();
}

/// What a clerk sends into a halt is neither taken nor refused, and the commands say so.
async fn clerks_are_told_to_wait(network: &Network) {
    let path = |name: &str| network.directory().path().join(name);
    let index: OfficersIndex = directory::read_json(&network.directory().officers()).unwrap();
    let maker = index.officers.iter().find(|officer| officer.role == Role::Maker).unwrap();
    let call = Call::Approval(approval::Call::Withdraw { proposal: TransactionId::default() });
    fs::write(path("act.json"), serde_json::to_vec(&call).unwrap()).unwrap();
    let table = "dataset,row,year,region,fund_source,category,item,unit_or_recipient,doc_no,\
                 amount_published,unit,amount_fen,kind,count,note\n\
                 t,1,2020,安徽省,省级,养老,,,,5,万元,,spent,,\n";
    fs::write(path("table.csv"), table).unwrap();

    let url = network.url(0).unwrap();
    let mut send = network.minglian();
    send.args(["tx", "send", "--lang", "en", "--yes", "--reference", "once", "--url", &url]);
    send.arg("--organization").arg(maker.organization.to_string());
    send.arg("--key").arg(path("").join(&maker.key_file)).arg("--call").arg(path("act.json"));
    send.arg("--passphrase-file").arg(network.directory().passphrase());
    send.arg("--outbox").arg(path("outbox"));
    let mut import = network.minglian();
    import.args(["import", "--url", &url, "--officers"]).arg(network.directory().officers());
    import.arg(path("table.csv"));
    let (send, import) = tokio::join!(
        tokio::process::Command::from(send).output(),
        tokio::process::Command::from(import).output()
    );
    for (output, said) in
        [(send.unwrap(), "do not enter it another time"), (import.unwrap(), "stands still")]
    {
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(75), "{complaint}");
        assert!(complaint.contains(said) && !complaint.contains("error"), "{complaint}");
    }
}

/// How old a new proposal may be in the network whose halt is long, in milliseconds.
const PROPOSAL_AGE_MS_MAX: u64 = 2_500;

/// Longer than that.
const LONG_HALT: Duration = Duration::from_secs(6);

/// How long the slow signer's votes are on its disk before they leave.
const SIGNING: Duration = Duration::from_secs(2);

/// Waits until node 3 has signed a precommit that nobody has seen, and the two others the same one,
/// and kills node 3. Returns the height and the block that they are locked on.
async fn kill_before_its_precommit_leaves(network: &Network) -> (Height, BlockId) {
    let last = |node| slow_signer::precommitted(&network.directory().data(node));
    let client = network.client(0).unwrap();
    // Node 1, which was killed before, may have had a part in the next heights.
    let begun = client.latest_header().await.unwrap().header.height;
    loop {
        if let Some(place) = last(3).filter(|place| place.0.0 > begun.0 + 2)
            && last(0) == Some(place)
            && last(2) == Some(place)
            && client.latest_header().await.unwrap().header.height.next() == place.0
        {
            network.signal(3, Signal::Kill).unwrap();
            return place;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_locked_before_a_halt_longer_than_any_clock_bound_is_decided_after_it() {
    let proposal_age_ms_max = Some(PROPOSAL_AGE_MS_MAX);
    let network = network::up_as(Plan { proposal_age_ms_max, ..Plan::validators(4) }).await;
    let witness = Witness::start(&network).await.unwrap();
    network.signal(3, Signal::Terminate).unwrap();
    let slow = slow_signer::environment(network.directory().path(), SIGNING).unwrap();
    network.start_with(3, &slow).unwrap();
    network.wait_healthy(3).await.unwrap();
    let height = network.wait_level(RESUME).await.unwrap();
    network.wait_height(3, Height(height.0 + 2), RESUME).await.unwrap();

    network.signal(1, Signal::Kill).unwrap();
    let (height, locked) = kill_before_its_precommit_leaves(&network).await;
    let client = network.client(0).unwrap();
    let before = client.latest_header().await.unwrap();
    assert_eq!(before.header.height.next(), height, "the precommit did not leave");
    tokio::time::sleep(LONG_HALT).await;
    let after = client.latest_header().await.unwrap();
    assert_eq!(after.block_id, before.block_id, "two of four decide nothing");

    // Node 1 never saw the locked block: it has to take it now, old as it is.
    let resumed_at = clock::now();
    network.start(1).unwrap();
    network.wait_height(0, Height(height.0 + 2), RESUME).await.unwrap();
    let decided = client.header(height).await.unwrap();
    assert_eq!(decided.block_id, locked, "what was locked is decided");
    assert!(decided.header.time_ms.0 + PROPOSAL_AGE_MS_MAX < resumed_at.0);
    assert!(decided.certificate.unwrap().round > 0, "by a proposal made after the halt");

    network.start(3).unwrap();
    network.wait_healthy(3).await.unwrap();
    network.conclude(witness).await;
}
