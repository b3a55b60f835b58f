//! A donor who agreed to be named, from the clerk's sheet to the explorer's pages, and the order
//! that erases the name: from every node, page, file and copy, also of who was away.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_contracts::call::Call;
use minglian_contracts::naming::Thing;
use minglian_contracts::opening::{self, Ground};
use minglian_ledger::evidence::{Proven, Trust};
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::{Height, LogIndex};
use minglian_testnet::act;
use minglian_testnet::process::Signal;

use crate::donor::Charity;
use crate::explorer::{Explorer, beside, eventually};
use crate::network::{self, Network};

const NAME: &str = "方圆慈";
const LIMIT: Duration = Duration::from_secs(90);

/// The files below a directory that hold a text.
fn holding(path: &Path, text: &str) -> Vec<PathBuf> {
    if path.is_dir() {
        let inside = std::fs::read_dir(path).unwrap();
        return inside.flat_map(|entry| holding(&entry.unwrap().path(), text)).collect();
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    let holds = bytes.windows(text.len()).any(|window| window == text.as_bytes());
    holds.then(|| path.to_owned()).into_iter().collect()
}

/// The gift as a clerk enters it: the record of its proposal, and the commitment to its donor.
async fn enter(network: &Network, charity: &mut Charity, files: &Path) -> (LogIndex, Commitment) {
    let passphrase_file = network.directory().passphrase();
    let passphrase = Passphrase::from_file(&passphrase_file).unwrap();
    let key = files.join("maker.key");
    let maker = &charity.maker.key;
    KeyFile::write(&key, KeyKind::Officer, maker, &passphrase, &mut rand::rngs::OsRng).unwrap();
    let sheet = files.join("gifts.csv");
    let entered = |donor: &str| {
        let header = "捐赠编号,基金,捐赠人,同意公开,金额(元),票据号,捐赠日期";
        let row = format!("捐1,南湖,{donor},是,88,0001,{}", charity.date);
        std::fs::write(&sheet, format!("{header}\n{row}\n")).unwrap();
        let mut command = Command::new(beside("minglian"));
        command.args(["tx", "sheet"]).arg(&sheet).args(["--act", "charity.donate", "--yes"]);
        command.args(["--organization", charity.code.as_str()]).arg("--key").arg(&key);
        command.args(["--url", &network.url(1).unwrap()]);
        command.arg("--passphrase-file").arg(&passphrase_file);
        command.arg("--outbox").arg(files.join("outbox")).output().unwrap()
    };
    let refused = entered("方圆慈34112219800101001X");
    let said = String::from_utf8([refused.stdout, refused.stderr].concat()).unwrap();
    assert!(!refused.status.success() && !said.contains("34112219800101001X"), "{said}");
    let taken = entered(NAME);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let client = network.client(1).unwrap();
    let found = client.receipt(&charity.code, "charity.donate/捐1").await.unwrap();
    let index = found.committed.unwrap().index;
    let record = client.record(index).await.unwrap();
    assert!(!serde_json::to_string(&record).unwrap().contains(NAME));
    network.wait_level(LIMIT).await.unwrap();
    let approval = charity.desk.sign(&charity.checker, &act::approve(record.id)).unwrap();
    charity.desk.commit(&[approval]).await.unwrap();
    let commitment = record.call["charity"]["donate"]["donor"]["person"].as_str().unwrap();
    (index, commitment.parse().unwrap())
}

/// Proposes the order, which waits then for the checker's approval.
async fn propose_erasure(charity: &mut Charity, commitment: Commitment) -> TransactionId {
    let order = Call::Opening(opening::Call::Erase {
        things: vec![Thing::Opening(commitment)],
        ground: Ground::ConsentWithdrawn,
        reviewer: None,
        occurred_on: charity.date,
    });
    let proposal = charity.desk.sign(&charity.maker, &order).unwrap();
    let id = proposal.id();
    charity.desk.commit(&[proposal]).await.unwrap();
    id
}

/// No node's file but the erasable openings, and no file of the explorer's logs, holds the name.
fn only_openings_hold(network: &Network, explorer: &Explorer) {
    for node in 0..4 {
        let openings = network.directory().data(node).join("openings");
        let found = holding(&network.directory().node(node), NAME);
        assert!(found.iter().all(|path| path.starts_with(&openings)), "{found:?}");
        assert!(!found.is_empty(), "node {node} has no opening");
    }
    assert!(holding(&explorer.directory.path().join("explorer.log"), NAME).is_empty());
}

/// The record is proven as before.
async fn is_proven(network: &Network, node: usize, index: LogIndex) {
    let genesis = network.genesis().unwrap();
    let (chain_id, height) = (genesis.chain_id().unwrap(), Height::GENESIS);
    let trust = Trust { chain_id, height, validators: genesis.validators };
    let client = network.client(node).unwrap();
    let evidence = client.record_evidence(index, Height::GENESIS).await.unwrap();
    let proven = evidence.verify(&trust).unwrap();
    assert!(matches!(proven, Proven::Leaf(at, _) if at == index), "node {node}");
}

/// Every place is there, and none has the name.
async fn shows_nowhere(explorer: &Explorer, places: &[String]) {
    for place in places {
        let page = explorer.page(place).await;
        assert!(!page.is_empty() && !page.contains(NAME), "{place}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_donor_is_shown_until_an_order_erases_the_name_everywhere() {
    let network = network::up(4, 0).await;
    let mut charity = Charity::found(&network).await;
    let mut explorer = Explorer::start(&network, 0);
    let files = tempfile::tempdir().unwrap();
    let (index, commitment) = enter(&network, &mut charity, files.path()).await;
    let level = network.wait_level(LIMIT).await.unwrap();
    explorer.wait_height(level).await;
    for client in network.clients().unwrap() {
        let has = async || client.opening(&commitment).await.is_ok_and(|it| it.text == NAME);
        eventually("every node has the name", has).await;
    }
    let charity_page = format!("/charities/{}", charity.code);
    let places = [
        format!("/entries/{index}"),
        format!("/entries/{index}?at={level}"),
        format!("{charity_page}/funds/%E5%8D%97%E6%B9%96"),
        charity_page,
        "/data/donations.csv".to_owned(),
        "/api/v1/donations".to_owned(),
    ];
    for place in &places {
        let shows = async || explorer.page(place).await.contains(NAME);
        eventually(&format!("{place} shows the name"), shows).await;
    }
    only_openings_hold(&network, &explorer);

    // Node 3 and a second explorer that follows it are away while the order is committed.
    let mut other = Explorer::start(&network, 3);
    // A start shows names once it has verified a block that was made after it.
    let proposed = propose_erasure(&mut charity, commitment).await;
    let shown = async || other.page(&places[0]).await.contains(NAME);
    eventually("the second explorer shows the name", shown).await;
    other.process.signal(Signal::Kill).unwrap();
    network.signal(3, Signal::Terminate).unwrap();
    let approval = charity.desk.sign(&charity.checker, &act::approve(proposed)).unwrap();
    charity.desk.commit(&[approval]).await.unwrap();
    // Gone with the order's block: no page of that height has the name.
    let ordered = network.wait_level(LIMIT).await.unwrap();
    for node in 0..3 {
        let refused = network.client(node).unwrap().opening(&commitment).await.unwrap_err();
        assert_eq!(refused.code(), Some("erased"), "node {node}");
        let wiped = async || holding(&network.directory().node(node), NAME).is_empty();
        eventually(&format!("no file of node {node} holds the name"), wiped).await;
    }
    explorer.wait_height(ordered).await;
    shows_nowhere(&explorer, &places).await;
    let scrubbed = async || holding(explorer.directory.path(), NAME).is_empty();
    eventually("no file of the explorer holds the name", scrubbed).await;

    // Who was away comes back, and brings nothing back.
    network.start(3).unwrap();
    network.wait_healthy(3).await.unwrap();
    network.wait_height(3, ordered, LIMIT).await.unwrap();
    for explorer in [&mut explorer, &mut other] {
        explorer.restart(&network, 3);
        explorer.wait_height(ordered).await;
        shows_nowhere(explorer, &places).await;
        assert_eq!(holding(explorer.directory.path(), NAME), Vec::<PathBuf>::new());
    }
    for node in 0..4 {
        assert_eq!(holding(&network.directory().node(node), NAME), Vec::<PathBuf>::new());
        is_proven(&network, node, index).await;
    }
    let bundle = explorer.page(&format!("/verify/records/{index}/bundle.json")).await;
    assert!(bundle.starts_with('{') && !bundle.contains(NAME), "{bundle}");
}
