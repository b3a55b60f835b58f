//! Batches of private subsidies on four nodes: envelopes to custodians, bodies to all, verdicts by
//! the nodes themselves, money to the fen. What is bad is found, and named the same by all.

mod county;

use std::path::{Path, PathBuf};

use minglian_client::wire::{BatchView, VerdictStatus};
use minglian_client::{Client, ClientError};
use minglian_contracts::call::Call;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::Submit;
use minglian_contracts::subsidy::verdict::{Check, Finding};
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::subsidy::batch::Lot;
use minglian_ledger::subsidy::chunk_list::Part;
use minglian_ledger::subsidy::custody::CustodyRequest;
use minglian_ledger::subsidy::handover::Handover;
use minglian_testnet::act;
use minglian_testnet::check;
use minglian_testnet::officer::Officer;
use minglian_testnet::process::Signal;
use serde_json::Value;

use county::{BAD_LEAF, COUNTY, CUSTODIANS, County, HANDLES, LIMIT, Made, total};

fn code(error: ClientError) -> String {
    error.code().unwrap_or("broken off").to_owned()
}

/// What is not the batch's, or not the county's, is not kept.
async fn try_what_is_refused(county: &County, made: &Made) {
    let (client, id, own) = (county.client(), made.id(), made.handover(&county.maker));
    let stranger = made.handover(&Officer::generate(county.code()));
    let (list, leaves) = (made.list(), made.body.leaves[1].clone());
    let put = async |number: u32, bytes: &[u8]| {
        client.put_chunk(&id, Part::Leaves, number, bytes.to_vec(), &own).await.map_err(code)
    };
    assert_eq!(put(1, &leaves).await.unwrap_err(), "batch_order", "the list comes first");
    let unsigned = client.put_chunk_list(&id, &list, &stranger).await;
    assert_eq!(code(unsigned.unwrap_err()), "unsigned");
    let mut other = list.clone();
    other.leaves[0] = other.leaves[1];
    let other = client.put_chunk_list(&id, &other, &own).await;
    assert_eq!(code(other.unwrap_err()), "mismatch");
    client.put_chunk_list(&id, &list, &own).await.unwrap();
    let mut altered = leaves.clone();
    altered[50] ^= 1;
    assert_eq!(put(1, &altered).await.unwrap_err(), "mismatch");
    assert_eq!(put(1, &leaves[100..]).await.unwrap_err(), "mismatch", "a leaf less");
    assert_eq!(put(0, &leaves).await.unwrap_err(), "mismatch", "another chunk");
    assert_eq!(put(2, &leaves).await.unwrap_err(), "not_found");
    let longer = [leaves.as_slice(), &[0]].concat();
    assert_eq!(put(1, &longer).await.unwrap_err(), "too_large");
    let unsigned = client.put_chunk(&id, Part::Leaves, 1, leaves.clone(), &stranger).await;
    assert_eq!(code(unsigned.unwrap_err()), "unsigned");
    let view = county.batch(COUNTY, &id).await;
    assert_eq!((view.has_list, view.chunks, view.chunks_had), (true, 4, 0));
}

/// Whose envelopes a custodian does not take.
async fn try_custodians(county: &County, made: &Made) {
    let own = made.handover(&county.maker);
    let to = |number: usize| county.network.client(number).unwrap();
    let begin = async |client: &Client, request: &CustodyRequest, handover: &Handover| {
        client.begin_custody(request, handover).await.map(drop).map_err(code)
    };
    let request = made.request();
    let elsewhere = begin(&to(COUNTY), &request, &own).await;
    assert_eq!(elsewhere.unwrap_err(), "not_found", "this node keeps none");
    let custodian = to(CUSTODIANS[0]);
    let stranger = made.handover(&Officer::generate(county.code()));
    assert_eq!(begin(&custodian, &request, &stranger).await.unwrap_err(), "unsigned");
    let early = custodian.put_envelopes(&made.id(), 0, made.envelopes[0].clone(), &own).await;
    assert_eq!(code(early.unwrap_err()), "not_found", "nobody asked for these");
    let mut other = request.clone();
    other.list.0.pop();
    assert_eq!(begin(&custodian, &other, &own).await.unwrap_err(), "mismatch");
    let mut more = request.clone();
    more.header.enrolment_root = [7; 32];
    let signed = Handover::sign(&more.header, &county.maker.key);
    assert_eq!(begin(&custodian, &more, &signed).await.unwrap_err(), "mismatch", "no such list");
    begin(&custodian, &request, &own).await.unwrap();
    let swapped = custodian.put_envelopes(&made.id(), 0, made.envelopes[1].clone(), &own).await;
    assert_eq!(code(swapped.unwrap_err()), "mismatch");
}

/// A batch with one altered proof: every node names its leaf, and the money comes back.
async fn pay_what_is_not_proven(county: &mut County) {
    let before = county.balance().await;
    let (lot, source) = county.first_lot(total()).await;
    let mut made = county.make(0, vec![lot]).await;
    made.spoil(BAD_LEAF);
    try_custodians(county, &made).await;
    let custody = county.custody(&made).await;
    let (sealed, occurred_on) = (made.sealed.clone(), county.date);
    let act = Submit { sealed, sources: vec![source], custody, occurred_on };
    let act = Call::Subsidy(subsidy::Call::Submit(Box::new(act)));
    let (maker, checker) = (county.maker.clone(), county.checker.clone());
    let (id, list, handover) = (made.id(), made.list(), made.handover(&maker));
    let early = county.client().put_chunk_list(&id, &list, &handover).await;
    assert_eq!(code(early.unwrap_err()), "not_found", "it is not on the ledger");
    county.desk.carry_out(&act, &[&maker, &checker]).await.unwrap();
    assert_eq!(county.balance().await, before - total(), "it is set aside");
    try_what_is_refused(county, &made).await;
    county.bring(&made).await;
    county.until(0, &id, |view| view.standing == "rejected").await;
    let bad = Finding::Invalid { leaf: Some(BAD_LEAF), check: Check::Standard };
    county.network.wait_level(LIMIT).await.unwrap();
    let view = county.batch(0, &id).await;
    assert!(view.findings.len() >= 3, "{view:?}");
    for found in &view.findings {
        assert_eq!(found.finding, serde_json::to_value(bad).unwrap());
    }
    assert_eq!(county.balance().await, before, "all of it came back");
    let late = county.client().put_chunk_list(&id, &list, &handover).await;
    assert_eq!(code(late.unwrap_err()), "batch_closed");
}

/// The lots that the tool chose.
fn lots_of(terms: &str) -> Vec<Lot> {
    let (_, lots) = terms.split_once("[[lot]]").unwrap();
    let lot = |lot: &str| {
        let value = |key: &str| {
            let line = lot.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim_matches(|it: char| !it.is_ascii_digit()).parse().unwrap()
        };
        let (inflow, amount) = (value("inflow = "), value("amount = "));
        Lot { inflow, amount: Fen::new(amount).unwrap() }
    };
    lots.split("[[lot]]").map(lot).collect()
}

/// The same month anew over what is left of the lots, made as the county's tool makes it.
async fn make_anew(county: &County, files: &Path) -> (Made, PathBuf) {
    let (terms, directory) = (files.join("ledger.toml"), files.join("batch"));
    let (url, code) = (county.network.url(COUNTY).unwrap(), county.code());
    let (epoch, total, escrow) = (county.date.year(), total(), "5a".repeat(32));
    let asked = format!(
        "ledger --url {url} --county {code} --programme 1 --epoch {epoch} --total-fen {total} \
         --escrow {escrow} --out {}",
        terms.display()
    );
    county.expect(&asked).await;
    let lots = lots_of(&std::fs::read_to_string(&terms).unwrap());
    assert_eq!(lots.len(), 2, "the rest of the first inflow, and of the second");
    let made = county.make(1, lots).await;
    made.write(&directory);
    (made, directory)
}

/// Envelopes to the custodians, the act, and its approval by another officer.
async fn submit_and_approve(county: &mut County, directory: &Path) {
    let (too_early, _) = county.try_submit(directory).await;
    assert!(!too_early, "nobody has signed for the envelopes");
    let [first, second] = CUSTODIANS.map(|number| county.network.url(number).unwrap());
    let (key, passphrase) = (county.key(), county.network.directory().passphrase());
    let handed_over = format!(
        "custody {} --node {first} --node {second} --key {} --passphrase-file {}",
        directory.display(),
        key.display(),
        passphrase.display()
    );
    for _ in 0..2 {
        // Run again, it does nothing twice.
        county.expect(&handed_over).await;
    }
    let (taken, waiting) = county.submit(directory).await;
    assert!(taken && waiting["outcome"] == "waiting", "{waiting}");
    let proposal: TransactionId = waiting["proposal"].as_str().unwrap().parse().unwrap();
    let (taken, again) = county.submit(directory).await;
    assert!(taken && again["proposal"] == waiting["proposal"], "sent once: {again}");
    let checker = county.checker.clone();
    let approval = county.desk.sign(&checker, &act::approve(proposal)).unwrap();
    county.desk.commit(&[approval]).await.unwrap();
}

/// The same month anew, by the county's tool, while a node is down.
async fn pay_with_the_tool(county: &mut County) {
    let files = tempfile::tempdir().unwrap();
    let before = county.balance().await;
    let (made, directory) = make_anew(county, files.path()).await;
    submit_and_approve(county, &directory).await;
    let (id, down) = (made.id(), 3);
    county.network.signal(down, Signal::Terminate).unwrap();
    if let Some(process) = county.network.process(down).unwrap() {
        process.wait(LIMIT).unwrap();
    }
    let (applied, view) = county.submit(&directory).await;
    assert!(applied, "{view}");
    assert_eq!(view["standing"], "applied");
    assert_eq!(county.balance().await, before - total(), "to the fen");
    let (again, view) = county.submit(&directory).await;
    assert!(again && view["standing"] == "applied", "run again, it says what came: {view}");

    // The node that was away fetches and verifies what the others have found already.
    county.network.start(down).unwrap();
    county.network.wait_healthy(down).await.unwrap();
    let is_whole = |view: &BatchView| {
        let is_settled = view.standing == "applied" && view.verdict == VerdictStatus::None;
        is_settled && view.chunks_had == view.chunks && view.found == Some(Value::from("valid"))
    };
    county.until(down, &id, is_whole).await;
    assert_eq!(county.batch(down, &id).await.leaves_verified as usize, HANDLES);
    let chunk = county.network.client(down).unwrap().chunk(&id, Part::Proofs, 1).await.unwrap();
    assert_eq!(chunk, made.body.proofs[1], "everybody may read it there");
    let url = county.network.url(COUNTY).unwrap();
    let said = county.expect(&format!("status {} --url {url}", directory.display())).await;
    assert!(said.contains("applied"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_verify_batches_by_themselves_and_one_bad_proof_is_named() {
    let mut county = County::new().await;
    pay_what_is_not_proven(&mut county).await;
    pay_with_the_tool(&mut county).await;
    county.network.wait_level(LIMIT).await.unwrap();
    assert_eq!(check::run(&county.network).await.unwrap().nodes, 4);
}
