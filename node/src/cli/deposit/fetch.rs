//! `minglian deposit fetch`: an officer reads what is not for everybody, at any validator's node.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use minglian_client::Client;
use minglian_client::key_file::private_file;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::reading::{Reading, ReadingBody};
use minglian_ledger::text::Text;
use serde_json::json;

use crate::cli::KeyOptions;
use crate::clock;

/// Most bytes of an attachment that is fetched.
const ATTACHMENT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Options of `minglian deposit fetch`.
#[derive(Debug, clap::Args)]
pub struct FetchArguments {
    /// A validator's node, such as http://127.0.0.1:26800; the way to it must be trusted
    #[arg(long)]
    pub url: String,
    /// That node's id, as it stands among the validators (`/v1/validators`, the genesis file): the
    /// question is of use there only
    #[arg(long)]
    pub node: String,
    /// Who reads
    #[command(flatten)]
    pub key: KeyOptions,
    /// The commitment whose text is read; it is printed
    #[arg(long, conflicts_with = "attachment", required_unless_present = "attachment")]
    pub commitment: Option<Commitment>,
    /// The attachment that is fetched
    #[arg(long, requires = "out")]
    pub attachment: Option<AttachmentHash>,
    /// Where the attachment goes; there must be no such file
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Runs the command.
pub async fn run(arguments: FetchArguments) -> anyhow::Result<()> {
    let client = Client::new(&arguments.url)?;
    let passphrase = crate::cli::passphrase(arguments.key.passphrase_file.as_deref())?;
    let key = KeyFile::read(&arguments.key.key, KeyKind::Officer, &passphrase)?;
    let chain_id = client.latest_header().await?.header.chain_id;
    let node = Text::new(arguments.node.as_str()).context("--node")?;
    let asked = |path: String| -> anyhow::Result<Reading> {
        let request = Text::new(format!("GET {path}"))?;
        let (chain_id, node) = (chain_id.clone(), node.clone());
        let body = ReadingBody { chain_id, node, request, time_ms: clock::now() };
        Ok(Reading::sign(body, &key))
    };
    if let Some(commitment) = arguments.commitment {
        let reading = asked(format!("/v1/openings/{commitment}"))?;
        let opening = client.opening_for(&commitment, &reading).await?;
        let shown = json!({ "organization": opening.organization, "text": opening.text });
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let (Some(hash), Some(out)) = (arguments.attachment, arguments.out) else {
        bail!("--commitment, or --attachment with --out");
    };
    let reading = asked(format!("/v1/attachments/{hash}"))?;
    // Nothing that was not checked whole comes to stand in the file.
    let mut bytes = Vec::new();
    let bytes_max = ATTACHMENT_BYTES_MAX as u64;
    client.attachment_for(&hash, Some(&reading), bytes_max, &mut bytes).await?;
    private_file::create(&out, &bytes)?;
    Ok(())
}
