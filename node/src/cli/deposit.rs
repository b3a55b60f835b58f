//! `minglian deposit`: handing over what records name only by a hash, and reading it.

mod fetch;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use data_encoding::HEXLOWER;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_client::{Client, deposit as files};
use minglian_ledger::deposit::{self, Class, Content, Deposit, DepositBody, MediaType, SALT_BYTES};
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number;

use rand::RngCore as _;
use serde_json::json;

use super::KeyOptions;
use crate::attachments::openings::Opening;

/// How often a file is brought again to a node that had no place for it, and after what pause.
const BUSY_RETRIES: u32 = 5;
const BUSY_PAUSE: Duration = Duration::from_secs(2);

/// What to hand over.
#[derive(Debug, Subcommand)]
pub enum DepositCommand {
    /// Commit to a text or a name: prints the salt to keep and the commitment for the call
    Commit {
        /// File with the text, in UTF-8
        #[arg(long)]
        text: PathBuf,
    },
    /// Bring an attachment to a node; prints its hash. It waits for a record that names it 附件
    Attachment {
        /// To whom, by whom, and who may see it
        #[command(flatten)]
        terms: Terms,
        /// The file; its ending says what it is: pdf, png, jpg, xlsx, docx, ofd, csv or txt
        file: PathBuf,
    },
    /// Hand over the text or name behind a commitment that a record names
    Opening {
        /// To whom, by whom, and who may see it
        #[command(flatten)]
        terms: Terms,
        /// The salt that `commit` printed
        #[arg(long)]
        salt: String,
        /// File with the text, in UTF-8
        #[arg(long)]
        text: PathBuf,
    },
    /// Read a restricted or personal text or attachment at a validator's node, as an officer 查阅
    Fetch(fetch::FetchArguments),
    /// Read the text behind a commitment on the disk of your own node, as its operator 读取原文
    Read {
        /// The directory `openings` in the node's data
        #[arg(long)]
        openings: PathBuf,
        /// The commitment that a record names
        #[arg(long)]
        commitment: Commitment,
    },
}

/// To whom, by whom, and who may see it.
#[derive(Debug, clap::Args)]
pub struct Terms {
    /// A node, such as http://127.0.0.1:26800
    #[arg(long)]
    url: String,
    /// Who signs
    #[command(flatten)]
    key: KeyOptions,
    /// The organisation whose record names it (统一社会信用代码)
    #[arg(long)]
    organization: OrganizationCode,
    /// Who may see it
    #[arg(long, value_enum)]
    class: ClassArgument,
}

/// Who may see it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ClassArgument {
    /// Everybody
    Public,
    /// The bureaus that run validators
    Restricted,
    /// The same; it is about natural persons
    Personal,
}

/// Runs the command.
pub fn run(command: DepositCommand) -> anyhow::Result<()> {
    match command {
        DepositCommand::Commit { text } => {
            let text = read_text(&text)?;
            let mut salt = [0; SALT_BYTES];
            rand::rngs::OsRng.fill_bytes(&mut salt);
            let commitment = deposit::commit(&salt, &text);
            let shown = json!({ "salt": HEXLOWER.encode(&salt), "commitment": commitment });
            println!("{}", serde_json::to_string_pretty(&shown)?);
            Ok(())
        }
        DepositCommand::Attachment { terms, file } => in_runtime(attach(terms, &file)),
        DepositCommand::Opening { terms, salt, text } => {
            let text = read_text(&text)?;
            let salt = read_salt(&salt)?;
            let content = Content::Opening { commitment: deposit::commit(&salt, &text) };
            in_runtime(async {
                let client = Client::new(&terms.url)?;
                let deposit = terms.sign(&client, content).await?;
                client.deposit_opening(&deposit, &salt, &text).await?;
                Ok(())
            })
        }
        DepositCommand::Fetch(arguments) => in_runtime(fetch::run(arguments)),
        DepositCommand::Read { openings, commitment } => {
            let opening = Opening::read(&openings, &commitment)?;
            let opening = opening.with_context(|| format!("{commitment} is not here"))?;
            let body = &opening.deposit.body;
            let (organization, class, text) = (body.organization, body.class, &opening.text);
            let shown = json!({ "organization": organization, "class": class, "text": text });
            println!("{}", serde_json::to_string_pretty(&shown)?);
            Ok(())
        }
    }
}

/// Brings a file. Its size is asked before it is read: one that the node does not take may be
/// large.
async fn attach(terms: Terms, file: &Path) -> anyhow::Result<()> {
    let reading = || format!("reading {}", file.display());
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let media_type = ending.parse::<MediaType>()?;
    let bytes = std::fs::metadata(file).with_context(reading)?.len();
    let client = Client::new(&terms.url)?;
    check_size(bytes, client.health().await?.attachment_bytes_max)?;
    let content = files::describe(file, media_type).with_context(reading)?;
    let deposit = terms.sign(&client, content).await?;
    let mut left = BUSY_RETRIES;
    let uploaded = loop {
        match client.upload(&deposit, file).await {
            Err(error) if error.code() == Some("busy") && left > 0 => {
                left -= 1;
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            answered => break answered?,
        }
    };
    println!("{}", serde_json::to_string_pretty(&uploaded)?);
    Ok(())
}

/// Whether a node takes a file of so many bytes. An earlier node does not say how many it takes.
pub fn check_size(bytes: u64, bytes_max: Option<u64>) -> anyhow::Result<()> {
    anyhow::ensure!(bytes > 0, "文件为空 the file is empty");
    if let Some(max) = bytes_max.filter(|max| bytes > *max) {
        bail!(
            "文件有 {bytes} 字节,超出该节点的上限 {max} 字节 \
             the file has {bytes} bytes, the node takes at most {max}"
        );
    }
    Ok(())
}

impl Terms {
    async fn sign(&self, client: &Client, content: Content) -> anyhow::Result<Deposit> {
        let passphrase = super::passphrase(self.key.passphrase_file.as_deref())?;
        let key = KeyFile::read(&self.key.key, KeyKind::Officer, &passphrase)?;
        let class = match self.class {
            ClassArgument::Public => Class::Public,
            ClassArgument::Restricted => Class::Restricted,
            ClassArgument::Personal => Class::Personal,
        };
        let chain_id = client.latest_header().await?.header.chain_id;
        let organization = self.organization;
        Ok(Deposit::sign(DepositBody { chain_id, organization, class, content }, &key))
    }
}

/// A salt in hexadecimal.
pub(super) fn read_salt(salt: &str) -> anyhow::Result<[u8; SALT_BYTES]> {
    let salt = HEXLOWER.decode(salt.as_bytes()).ok().and_then(|it| it.try_into().ok());
    salt.ok_or_else(|| anyhow!("a salt is {SALT_BYTES} bytes in hexadecimal"))
}

/// A text that may be committed to, without the line end at its end.
pub(super) fn read_text(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("reading {}", path.display()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if let Some(number) = personal_number::find(text) {
        let zh = number.chinese();
        bail!("文字中含有疑似{zh},请删去 the text holds {number}; leave it out");
    }
    Ok(text.to_owned())
}

fn in_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
