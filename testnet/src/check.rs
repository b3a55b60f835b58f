//! Checking a running network from outside, believing nobody but the genesis.
//!
//! Every node serves the same blocks; each log is a prefix of its later self; random records are
//! proven by evidence from each node; and the whole chain, executed again here, gives the same
//! roots and a book that balances.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use minglian_client::Client;
use minglian_contracts::allocation::check::check_lines;
use minglian_contracts::charity::check::check_charities;
use minglian_contracts::disclosure::check::check_disclosures;
use minglian_contracts::enrolment::check::check_enrolments;
use minglian_contracts::homes::check::check_homes;
use minglian_contracts::invariants::{self, BookTotals};
use minglian_contracts::oversight::check::check_oversight;
use minglian_contracts::replica::Replica;
use minglian_contracts::subsidy::check::check_subsidies;
use minglian_ledger::evidence::{Proven, Trust};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log;
use rand::Rng as _;
use rand::rngs::OsRng;
use serde::Serialize;

use crate::cluster::Cluster;

/// How many random records each node proves.
const EVIDENCE_PER_NODE: usize = 25;

/// How many random pairs of sizes each node proves to be consistent.
const CONSISTENCY_PER_NODE: usize = 10;

/// What was checked.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// How many nodes.
    pub nodes: usize,
    /// Validators that were not asked: they do not run, or are held.
    pub not_asked: Vec<usize>,
    /// Up to which height all agree.
    pub height: Height,
    /// Leaves in the log up to there.
    pub log_size: u64,
    /// Records, applied or refused.
    pub transactions: u64,
    /// Records that the rules refused.
    pub refused: u64,
    /// Bundles of evidence that verified.
    pub evidence: usize,
    /// Consistency proofs that verified.
    pub consistency: usize,
    /// Accounts in the book.
    pub accounts: u64,
    /// Movements in the book.
    pub movements: u64,
    /// All that ever came from outside, in fen.
    pub origins_fen: String,
    /// The last state root.
    pub state_root: String,
}

/// The chain as one node served it and this program executed it.
pub struct Executed {
    /// The state at the end.
    pub replica: Replica,
    /// Block names by height.
    pub blocks: BTreeMap<Height, BlockId>,
    /// Records.
    pub transactions: u64,
    /// Refused records.
    pub refused: u64,
}

/// Checks every node that runs and is not held.
pub async fn run(cluster: &Cluster) -> anyhow::Result<CheckReport> {
    let genesis = cluster.genesis()?;
    let awake = cluster.awake();
    let clients: Vec<Client> =
        awake.iter().map(|number| cluster.client(*number)).collect::<anyhow::Result<_>>()?;
    let is_validator =
        |number: &usize| cluster.nodes().get(*number).is_some_and(|node| !node.spare);
    let numbers = (0..cluster.nodes().len()).filter(is_validator);
    let not_asked = numbers.filter(|number| !awake.contains(number)).collect();
    let first = clients.first().context("no node runs")?;
    let mut height = first.latest_header().await?.header.height;
    for client in &clients {
        height = height.min(client.latest_header().await?.header.height);
    }
    let executed = execute(first, &genesis, height).await?;
    for client in &clients[1..] {
        same_blocks(client, &executed.blocks, height)
            .await
            .with_context(|| format!("{} against {}", client.base_url(), first.base_url()))?;
    }
    let (mut evidence, mut consistency) = (0, 0);
    let log_size = executed.replica.header().log_size;
    for client in &clients {
        let at = || format!("at {}", client.base_url());
        evidence += check_evidence(client, &genesis, log_size, height).await.with_context(at)?;
        consistency += check_consistency(client, log_size).await.with_context(at)?;
    }
    let totals = book(&executed.replica)?;
    Ok(CheckReport {
        nodes: clients.len(),
        not_asked,
        height,
        log_size,
        transactions: executed.transactions,
        refused: executed.refused,
        evidence,
        consistency,
        accounts: totals.accounts,
        movements: totals.movements,
        origins_fen: totals.origins_fen.to_string(),
        state_root: executed.replica.header().state_root.to_string(),
    })
}

/// Takes a node's blocks up to `height` and executes them again.
pub async fn execute(
    client: &Client,
    genesis: &Genesis,
    height: Height,
) -> anyhow::Result<Executed> {
    let replica = Replica::new(genesis)?;
    let mut executed = Executed { replica, blocks: BTreeMap::new(), transactions: 0, refused: 0 };
    let mut feed = client.block_feed(Height(1));
    while executed.replica.header().height < height {
        let Some(certified) = feed.next().await? else { bail!("the node's blocks end early") };
        let block = certified.block;
        let certificate = certified.certificate.context("a block without a certificate")?;
        let replayed = executed.replica.apply(&block, &certificate, &mut OsRng)?;
        let receipts = &replayed.executed.receipts;
        executed.transactions += receipts.len() as u64;
        executed.refused += receipts.iter().filter(|receipt| !receipt.is_applied()).count() as u64;
        executed.blocks.insert(block.header.height, block.header.id());
    }
    Ok(executed)
}

/// Checks the book that a chain leads to.
pub fn book(replica: &Replica) -> anyhow::Result<BookTotals> {
    check_lines(replica.state())?;
    check_charities(replica.state())?;
    check_oversight(replica.state())?;
    check_disclosures(replica.state())?;
    check_homes(replica.state())?;
    check_enrolments(replica.state())?;
    check_subsidies(replica.state())?;
    Ok(invariants::check_book(replica.state())?)
}

async fn same_blocks(
    client: &Client,
    expected: &BTreeMap<Height, BlockId>,
    height: Height,
) -> anyhow::Result<()> {
    let mut feed = client.block_feed(Height(1));
    for (expected_height, expected_id) in expected.range(..=height) {
        let Some(certified) = feed.next().await? else { bail!("the node's blocks end early") };
        let header = certified.block.header;
        let id = header.id();
        ensure!(
            header.height == *expected_height && id == *expected_id,
            "block {expected_height} is {id} with state {}, not {expected_id}",
            header.state_root
        );
    }
    Ok(())
}

async fn check_evidence(
    client: &Client,
    genesis: &Genesis,
    log_size: u64,
    height: Height,
) -> anyhow::Result<usize> {
    if height == Height::GENESIS {
        return Ok(0);
    }
    let trust = Trust {
        chain_id: genesis.chain_id()?,
        height: Height::GENESIS,
        validators: genesis.validators.clone(),
    };
    for _ in 0..EVIDENCE_PER_NODE {
        let index = LogIndex(rand::thread_rng().gen_range(0..log_size));
        let evidence = client.record_evidence(index, Height::GENESIS).await?;
        let proven = evidence.verify(&trust).with_context(|| format!("evidence of {index}"))?;
        let right = matches!(proven, Proven::Leaf(proven_index, _) if proven_index == index);
        ensure!(right, "the evidence of {index} proves something else");
    }
    Ok(EVIDENCE_PER_NODE)
}

async fn check_consistency(client: &Client, log_size: u64) -> anyhow::Result<usize> {
    for _ in 0..CONSISTENCY_PER_NODE {
        let to = rand::thread_rng().gen_range(1..=log_size);
        let from = rand::thread_rng().gen_range(1..=to);
        let answer = client.consistency(from, to).await?;
        ensure!((answer.from, answer.to) == (from, to), "another consistency than asked for");
        log::proof::verify_consistency(from, &answer.from_root, to, &answer.to_root, &answer.proof)
            .map_err(|error| anyhow::anyhow!("log of {from} leaves in that of {to}: {error}"))?;
    }
    Ok(CONSISTENCY_PER_NODE)
}
