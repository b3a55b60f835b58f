//! `minglian subsidy custody`: the envelopes to their custodians, and the receipts back.
//!
//! Each receipt is a file beside the batch. A custodian keeps what came, so the command that was
//! broken off goes on where it was when it is run again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use minglian_client::key_file::private_file;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_client::wire::{CustodyReceiptView, CustodyView};
use minglian_client::{Client, ClientError};
use minglian_contracts::subsidy::custody::{CUSTODIANS_MAX, CUSTODIANS_MIN, CustodyReceipt};
use minglian_county::bundle::Bundle;
use minglian_ledger::keys;
use minglian_ledger::subsidy::batch::BatchHeader;
use minglian_ledger::subsidy::chunk_list::EnvelopeList;
use minglian_ledger::subsidy::custody::{self, CustodyRequest};
use minglian_ledger::subsidy::handover::Handover;

use crate::cli::KeyOptions;
use crate::cli::tx::block_on;

/// How receipts are named.
const BEGINS: &str = "receipt-";

/// Largest file with a receipt.
const RECEIPT_BYTES_MAX: u64 = 4 * 1024;

/// How often a chunk is brought again to a node that had no place for it, and after what pause.
const BUSY_RETRIES: u32 = 10;
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// Whose envelopes, and to whom.
#[derive(Debug, clap::Args)]
pub struct CustodyArguments {
    /// The batch's directory
    directory: PathBuf,
    /// A custodian's node, such as http://127.0.0.1:26800; once for each custodian
    #[arg(long = "node", required = true)]
    nodes: Vec<String>,
    /// Who hands over: an officer's key of the county
    #[command(flatten)]
    key: KeyOptions,
}

/// Runs the command.
pub fn run(arguments: &CustodyArguments) -> anyhow::Result<()> {
    let bundle = Bundle::open(&arguments.directory)?;
    let header = &bundle.sealed.header;
    let passphrase = crate::cli::passphrase(arguments.key.passphrase_file.as_deref())?;
    let key = KeyFile::read(&arguments.key.key, KeyKind::Officer, &passphrase)?;
    let handover = Handover::sign(header, &key);
    let mut list = EnvelopeList::default();
    for number in 0..bundle.manifest.chunks.len() {
        list.0.extend(EnvelopeList::of([envelopes(&bundle, number)?.as_slice()]).0);
    }
    list.check(header).context("the envelopes of the directory 目录中的信封")?;
    let request = CustodyRequest { header: header.clone(), list };
    let mut failed = 0;
    for node in &arguments.nodes {
        match block_on(hand_over(&bundle, node, &request, &handover)) {
            Ok(receipt) => {
                keep(&arguments.directory, &receipt)?;
                println!("{node}: {} 已签收 has signed for all envelopes", receipt.custodian);
            }
            Err(error) => {
                failed += 1;
                eprintln!("{node}: {error:#}");
            }
        }
    }
    let receipts = read(&arguments.directory, header)?.len();
    println!(
        "{receipts} receipts 份签收; the ledger asks for {CUSTODIANS_MIN} to {CUSTODIANS_MAX}"
    );
    ensure!(
        failed == 0,
        "{failed} custodians have not signed: run this again, it goes on where it was \
         有保管单位未签收,请重新运行"
    );
    Ok(())
}

fn envelopes(bundle: &Bundle, number: usize) -> anyhow::Result<Vec<u8>> {
    bundle.envelopes(number)?.context("the directory has no envelopes 目录中没有信封")
}

async fn hand_over(
    bundle: &Bundle,
    node: &str,
    request: &CustodyRequest,
    handover: &Handover,
) -> anyhow::Result<CustodyReceipt> {
    let client = Client::new(node)?;
    let batch = bundle.manifest.batch;
    let mut view = client.begin_custody(request, handover).await?;
    for number in view.missing.clone() {
        let place = usize::try_from(number)?;
        let bytes = envelopes(bundle, place)?;
        view =
            patiently(async || client.put_envelopes(&batch, number, bytes.clone(), handover).await)
                .await?;
    }
    let CustodyView { receipt, missing, .. } = view;
    let receipt = receipt.with_context(|| format!("{} chunks are missing there", missing.len()))?;
    checked(&receipt, &request.header)
}

/// Asks again while the node is busy.
pub(super) async fn patiently<T>(
    ask: impl AsyncFn() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let mut left = BUSY_RETRIES;
    loop {
        match ask().await {
            Err(error) if error.code() == Some("busy") && left > 0 => left -= 1,
            answered => return answered,
        }
        tokio::time::sleep(BUSY_PAUSE).await;
    }
}

/// A receipt that is a signature under these envelopes. Whose key it is, the ledger says.
fn checked(receipt: &CustodyReceiptView, header: &BatchHeader) -> anyhow::Result<CustodyReceipt> {
    let CustodyReceiptView { custodian, key, signature } = *receipt;
    keys::verify(&key, &custody::message(header), &signature)
        .with_context(|| format!("the receipt of {custodian} 签收无效"))?;
    ensure!(custodian != header.name.county, "{custodian} pays the batch and cannot keep it");
    Ok(CustodyReceipt { custodian, key, signature })
}

fn keep(directory: &Path, receipt: &CustodyReceipt) -> anyhow::Result<()> {
    let path = directory.join(format!("{BEGINS}{}.json", receipt.custodian));
    if path.exists() {
        return Ok(());
    }
    Ok(private_file::create(&path, &serde_json::to_vec_pretty(receipt)?)?)
}

/// The receipts beside a batch, in the order of the custodians' codes.
pub(super) fn read(directory: &Path, header: &BatchHeader) -> anyhow::Result<Vec<CustodyReceipt>> {
    let mut receipts = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let (name, path) = {
            let entry = entry?;
            (entry.file_name(), entry.path())
        };
        let is_receipt = name.to_str().is_some_and(|it| it.starts_with(BEGINS));
        if !is_receipt {
            continue;
        }
        let bytes = private_file::read(&path, RECEIPT_BYTES_MAX)?;
        let receipt: CustodyReceiptView =
            serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        receipts.push(checked(&receipt, header).with_context(|| path.display().to_string())?);
    }
    receipts.sort_by_key(|receipt| receipt.custodian);
    Ok(receipts)
}
