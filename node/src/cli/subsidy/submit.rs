//! `minglian subsidy submit`: a batch to the ledger, its body to a node, and what the verdicts say.
//!
//! Every step looks first at what is done already: the act is kept beside the batch and sent under
//! one reference, chunks that are at the node are not brought again. So the command that was broken
//! off, or that waits for another officer, goes on when it is run again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use minglian_client::Client;
use minglian_client::key_file::private_file;
use minglian_client::wire::BatchView;
use minglian_contracts::call::Call;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::Submit;
use minglian_contracts::subsidy::custody::{CUSTODIANS_MAX, CUSTODIANS_MIN};
use minglian_contracts::subsidy::money::LotSource;
use minglian_county::bundle::Bundle;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::subsidy::batch::BatchHeader;
use minglian_ledger::subsidy::chunk_list::{ChunkList, Part};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::handover::Handover;
use tokio::time::Instant;

use super::custody::{self, patiently};
use super::{lots, status};
use crate::cli::Unconfirmed;
use crate::cli::tx::act::{checked_reference, enter};
use crate::cli::tx::{Manner, Signer, block_on};
use crate::desk::outcome::Outcome;
use crate::desk::preview;

/// The act, as it was previewed first.
const ACT: &str = "submit.json";

/// Largest file with the act.
const ACT_BYTES_MAX: u64 = 256 * 1024;

/// How often the node is asked for the verdicts.
const ASK_INTERVAL: Duration = Duration::from_secs(2);

/// Which batch, by whom.
#[derive(Debug, clap::Args)]
pub struct SubmitArguments {
    /// The batch's directory
    directory: PathBuf,
    /// Who signs, and where to
    #[command(flatten)]
    signer: Signer,
    /// The organisation's own reference of the act; by default from the batch's name
    #[arg(long)]
    reference: Option<String>,
    /// For how many seconds the verdicts are waited for
    #[arg(long, default_value_t = 900)]
    wait: u64,
    /// How to speak
    #[command(flatten)]
    manner: Manner,
}

/// Runs the command.
pub fn run(arguments: &SubmitArguments) -> anyhow::Result<()> {
    let bundle = Bundle::open(&arguments.directory)?;
    let (id, header) = (bundle.manifest.batch, &bundle.sealed.header);
    let county = header.name.county;
    ensure!(
        arguments.signer.organization == county,
        "the batch is {county}'s, not {}'s 批次不属于该单位",
        arguments.signer.organization
    );
    block_on(async {
        let client = Client::new(&arguments.signer.url)?;
        let mut key = None;
        let mut view = find(&client, &id).await?;
        if view.is_none() {
            let outcome = submit(arguments, &bundle, &mut key).await?;
            view = find(&client, &id).await?;
            if view.is_none() {
                return conclude(arguments, &outcome);
            }
        }
        let view = view.context("the node has lost the batch")?;
        if view.standing == "pending" || view.standing == "applied" {
            bring(arguments, &bundle, &client, &mut key).await?;
        }
        wait(arguments, &client, &id).await
    })
}

/// The batch, if the ledger has it.
async fn find(client: &Client, id: &BatchId) -> anyhow::Result<Option<BatchView>> {
    match client.batch(id).await {
        Ok(view) => Ok(Some(view)),
        Err(error) if error.is_vacant() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Sends the act, unless it was sent.
async fn submit(
    arguments: &SubmitArguments,
    bundle: &Bundle,
    key: &mut Option<SigningKey>,
) -> anyhow::Result<Outcome> {
    let SubmitArguments { directory, signer, manner, .. } = arguments;
    let mut office = signer.office(manner).await?;
    let call = match kept(directory)? {
        Some(call) => call,
        None => {
            let call = prepare(directory, bundle, &office.client).await?;
            private_file::create(&directory.join(ACT), &serde_json::to_vec_pretty(&call)?)?;
            call
        }
    };
    preview::check(&call)?;
    office.learn(&call).await?;
    manner.say(&preview::of(&call, &office.names).to_text(manner.lang));
    let short: String = bundle.manifest.batch.to_string().chars().take(16).collect();
    let named = || format!("subsidy-batch/{short}");
    let reference = checked_reference(arguments.reference.clone().unwrap_or_else(named))?;
    let outcome = enter(&office, signer, manner, reference, &call, key).await?;
    if matches!(outcome, Outcome::Refused { .. }) {
        // It is prepared anew, with another day or other receipts, when the command is run again.
        std::fs::remove_file(directory.join(ACT))?;
    }
    Ok(outcome)
}

/// The act of an earlier run.
fn kept(directory: &Path) -> anyhow::Result<Option<Call>> {
    let path = directory.join(ACT);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = private_file::read(&path, ACT_BYTES_MAX)?;
    Ok(Some(serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?))
}

/// The act, after everything was compared with the ledger that can be.
async fn prepare(directory: &Path, bundle: &Bundle, client: &Client) -> anyhow::Result<Call> {
    let header = &bundle.sealed.header;
    let tip = client.latest_header().await?.header;
    ensure!(tip.chain_id == header.name.chain_id, "the node is of chain {}", tip.chain_id);
    compare(header, client).await?;
    let custody = custody::read(directory, header)?;
    ensure!(
        (CUSTODIANS_MIN..=CUSTODIANS_MAX).contains(&custody.len()),
        "{} custodians have signed, {CUSTODIANS_MIN} to {CUSTODIANS_MAX} must: run \
         `minglian subsidy custody` 保管单位签收不足",
        custody.len()
    );
    let (sealed, sources) = (bundle.sealed.clone(), sources(header, client).await?);
    let occurred_on = super::today()?;
    let act = Submit { sealed, sources, custody, occurred_on };
    Ok(Call::Subsidy(subsidy::Call::Submit(Box::new(act))))
}

/// Compares programme and list with the ledger's.
async fn compare(header: &BatchHeader, client: &Client) -> anyhow::Result<()> {
    let name = &header.name;
    let programme = client.programme(name.programme).await.context("the programme 项目")?;
    ensure!(
        programme.group == header.group,
        "programme {} is of group {}, the batch of {} 互斥组不符",
        name.programme,
        programme.group,
        header.group
    );
    let is_it = |it: &serde_json::Value| {
        it.get("version").and_then(serde_json::Value::as_u64)
            == Some(header.standards_version.into())
    };
    ensure!(
        programme.versions.iter().any(is_it),
        "the ledger has no version {} of the standards 标准版本不符",
        header.standards_version
    );
    let (county, epoch) = (&name.county, header.epoch);
    let list = client.enrolment_list(name.programme, county, epoch, Some(header.leaves)).await;
    let list = match list {
        Ok(list) => list,
        Err(error) if error.is_vacant() => bail!(
            "the ledger never had a list of {} handles for this county, programme and year \
             名册人数与账本不符",
            header.leaves
        ),
        Err(error) => return Err(error.into()),
    };
    ensure!(
        list.root.0 == header.enrolment_root,
        "the batch was made over another enrolment list than the ledger's 名册与账本不符"
    );
    Ok(())
}

/// Where the lots of the header are.
async fn sources(header: &BatchHeader, client: &Client) -> anyhow::Result<Vec<LotSource>> {
    let open = lots::open_lots(client, &header.name.county).await?;
    let source = |lot: &minglian_ledger::subsidy::batch::Lot| {
        let found = open.iter().find(|it| it.inflow == lot.inflow);
        let found = found.with_context(|| {
            format!("inflow {} is none of the county's with money left 资金来源不存在", lot.inflow)
        })?;
        ensure!(
            lot.amount <= found.free,
            "inflow {} has {} 元 left, the batch takes {} 元 资金来源余额不足",
            lot.inflow,
            found.free,
            lot.amount
        );
        Ok(found.source.clone())
    };
    header.lots.iter().map(source).collect()
}

/// Brings what the node has not.
async fn bring(
    arguments: &SubmitArguments,
    bundle: &Bundle,
    client: &Client,
    key: &mut Option<SigningKey>,
) -> anyhow::Result<()> {
    let id = bundle.manifest.batch;
    let missing = client.missing_chunks(&id).await?;
    if !missing.list && missing.leaves.is_empty() && missing.proofs.is_empty() {
        return Ok(());
    }
    let key = match key {
        Some(key) => key,
        None => key.insert(arguments.signer.unlock()?),
    };
    let handover = Handover::sign(&bundle.sealed.header, key);
    if missing.list {
        let list = list(bundle)?;
        patiently(async || client.put_chunk_list(&id, &list, &handover).await)
            .await
            .context("the ledger has another batch of this name, or the node failed")?;
    }
    for number in 0..u32::try_from(bundle.manifest.chunks.len())? {
        let place = usize::try_from(number)?;
        if missing.list || missing.leaves.contains(&number) {
            let bytes = bundle.leaves(place)?;
            let put = async || {
                client.put_chunk(&id, Part::Leaves, number, bytes.clone(), &handover).await
            };
            patiently(put).await?;
        }
        if missing.list || missing.proofs.contains(&number) {
            let bytes = bundle.proofs(place)?;
            let put = async || {
                client.put_chunk(&id, Part::Proofs, number, bytes.clone(), &handover).await
            };
            patiently(put).await?;
        }
    }
    arguments.manner.say("批次材料已送达节点 leaves and proofs are at the node");
    Ok(())
}

fn list(bundle: &Bundle) -> anyhow::Result<ChunkList> {
    let mut list = ChunkList::default();
    for number in 0..bundle.manifest.chunks.len() {
        let (leaves, proofs) = (bundle.leaves(number)?, bundle.proofs(number)?);
        let one = ChunkList::of([leaves.as_slice()], [proofs.as_slice()]);
        list.leaves.extend(one.leaves);
        list.proofs.extend(one.proofs);
    }
    list.check(&bundle.sealed)?;
    Ok(list)
}

/// Waits for the verdicts, and says what came.
async fn wait(arguments: &SubmitArguments, client: &Client, id: &BatchId) -> anyhow::Result<()> {
    let manner = &arguments.manner;
    let deadline = Instant::now() + Duration::from_secs(arguments.wait);
    let mut said = String::new();
    loop {
        let view = client.batch(id).await?;
        let progress = status::progress(&view);
        if progress != said {
            manner.say(&progress);
            said = progress;
        }
        if view.standing != "pending" || Instant::now() >= deadline {
            if manner.json {
                println!("{}", serde_json::to_string_pretty(&view)?);
            } else {
                println!("{}", status::standing(&view.standing));
            }
            return match view.standing.as_str() {
                "applied" => Ok(()),
                "pending" => Err(Unconfirmed::new(
                    "the verdicts are not in yet: run this again, or `minglian subsidy status` \
                     核验尚未完成,请稍后重新运行",
                )
                .into()),
                _ => {
                    bail!("the batch was not applied; make it again as another attempt 请另行编制")
                }
            };
        }
        tokio::time::sleep(ASK_INTERVAL).await;
    }
}

/// The act waits for another officer, or was not taken.
fn conclude(arguments: &SubmitArguments, outcome: &Outcome) -> anyhow::Result<()> {
    let manner = &arguments.manner;
    manner.conclude(outcome)?;
    manner.say(
        "复核人审批后,请重新运行本命令,以移交批次材料 when the other officer has approved, run this \
         again: it brings leaves and proofs",
    );
    Ok(())
}
