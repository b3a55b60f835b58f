//! `minglian subsidy tags collect`: the nodes' answers, believed of nobody.
//!
//! The key's record is proven under the genesis: a node that could show another key would learn, by
//! trying all numbers of a county, who its people are, as soon as their tags under it are entered.
//! Each answer is verified against the record; where it was read does not matter, then.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use minglian_client::Client;
use minglian_client::wire::EvaluationView;
use minglian_contracts::call::Call;
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::evaluation::request_context;
use minglian_contracts::enrolment::key::{KeyRecord, THRESHOLD_KEYS};
use minglian_contracts::schema;
use minglian_county::roll::tags::{Stage, TagBatch};
use minglian_county::tagging;
use minglian_ledger::evidence::{Proven, Trust};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::evaluation::{self, Partial};
use minglian_ledger::subsidy::threshold::{KeyPurpose, Request};
use rand::rngs::OsRng;

use crate::cli::subsidy::VaultOptions;
use crate::genesis_file;

/// Where the answers are.
#[derive(Debug, Args)]
pub struct CollectArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// A node, such as http://127.0.0.1:26800; any will do
    #[arg(long)]
    url: String,
    /// The chain's genesis file, under which the key is proven
    #[arg(long)]
    genesis: PathBuf,
}

/// Runs `collect`.
pub fn run(arguments: &CollectArguments) -> anyhow::Result<()> {
    let genesis = genesis_file::read(&arguments.genesis)?;
    let client = Client::new(&arguments.url)?;
    let mut vault = arguments.options.open()?;
    let numbers = super::at(&vault.roll, Stage::Requested);
    if numbers.is_empty() {
        println!("no batch waits for answers 没有待取回的批次");
    }
    let mut waiting = 0;
    for number in numbers {
        let batch = super::found(&vault.roll, number)?;
        let county = vault.roll.county;
        let answers = crate::cli::tx::block_on(answers(&client, &genesis, batch, county))?;
        match answers {
            Answers::Missing { answered, needed } => {
                waiting += 1;
                println!(
                    "batch {number}: {answered} of {needed} nodes have answered; again later \
                     第{number}批: {needed} 个节点中 {answered} 个已应答,稍后再取"
                );
            }
            Answers::Verified { members, results } => {
                let roll = &mut vault.roll;
                tagging::unblind(roll, number, members, &results, &mut OsRng)?;
                vault.save(&mut OsRng)?;
                println!("batch {number}: {} tags 第{number}批: 标签已生成", results.len());
            }
        }
    }
    anyhow::ensure!(waiting == 0, "{waiting} batches wait for answers 尚有 {waiting} 批待应答");
    Ok(())
}

/// What the nodes have answered.
enum Answers {
    /// Too few.
    Missing { answered: usize, needed: u16 },
    /// Verified; what they come to, in the order of the request.
    Verified { members: Vec<u16>, results: Vec<PointBytes> },
}

async fn answers(
    client: &Client,
    genesis: &Genesis,
    batch: &TagBatch,
    county: OrganizationCode,
) -> anyhow::Result<Answers> {
    anyhow::ensure!(batch.chain_id == genesis.chain_id()?, "the batch is of {}", batch.chain_id);
    let index = batch.request.context("the batch has no request")?;
    let view = client.evaluation(index).await?;
    let (answered, needed) = (view.answered.len(), view.needed);
    if answered < usize::from(needed) {
        return Ok(Answers::Missing { answered, needed });
    }
    let purpose = KeyPurpose::Tags { group: batch.group, epoch: batch.epoch };
    let record = proven_key(client, genesis, &purpose).await?;
    let context = request_context(&batch.context(county));
    let points = batch.members.iter().map(|member| member.blinded.point).collect();
    let request = Request::new(&record.key, &context, points)?;
    let partials = partials(client, &view, &record).await?;
    let partials: Vec<Partial> =
        partials.into_values().filter(|partial| view.answered.contains(&partial.index)).collect();
    let results = evaluation::combine(&request, &partials)
        .context("the nodes' answers do not hold 节点应答未通过验证")?;
    // These are the ones that were put together; the enrolment names them.
    let members = partials.iter().map(|partial| partial.index).take(usize::from(needed)).collect();
    Ok(Answers::Verified { members, results })
}

/// The key's record, proven from the genesis on.
async fn proven_key(
    client: &Client,
    genesis: &Genesis,
    purpose: &KeyPurpose,
) -> anyhow::Result<KeyRecord> {
    let evidence = client.threshold_key_evidence(&schema::encode(purpose), Height::GENESIS).await?;
    let trust = Trust {
        chain_id: genesis.chain_id()?,
        height: Height::GENESIS,
        validators: genesis.validators.clone(),
    };
    let proven = evidence.verify(&trust).context("the proof of the key does not hold")?;
    let Proven::State(key, Some(value)) = proven else {
        anyhow::bail!("the ledger has no such key 账本上没有该密钥");
    };
    anyhow::ensure!(key == THRESHOLD_KEYS.key(purpose), "the proof is of something else");
    let record = KeyRecord::decode(&value).context("the key's record")?;
    let is_its = record.key.chain_id == genesis.chain_id()? && record.key.purpose == *purpose;
    anyhow::ensure!(is_its, "the key is for something else");
    Ok(record)
}

/// The answers to a request by member, from the blocks behind it.
async fn partials(
    client: &Client,
    view: &EvaluationView,
    record: &KeyRecord,
) -> anyhow::Result<BTreeMap<u16, Partial>> {
    let (mut feed, mut partials) = (client.block_feed(view.height), BTreeMap::new());
    while partials.len() < view.answered.len() {
        let block = feed.next().await?;
        let block = block.context("the node names answers that are in none of its blocks")?;
        for transaction in block.block.transactions {
            let Ok(Call::Enrolment(enrolment::Call::AnswerEvaluation(answer))) =
                Call::decode(&transaction.body.call)
            else {
                continue;
            };
            let Ok(index) = record.member(&transaction.body.organization) else { continue };
            if answer.request == view.request && view.answered.contains(&index) {
                let (results, proof) = (answer.results, answer.proof);
                // A member's later answer is a refused act.
                let partial = Partial { committee: 0, index, results, proof };
                partials.entry(index).or_insert(partial);
            }
        }
    }
    Ok(partials)
}
