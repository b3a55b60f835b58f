//! `minglian subsidy tags`: tags for persons who begin, from the vault to the ledger's list.
//!
//! Each command does one step for every batch that is at it, saves the vault after each batch, and
//! may be given again: what is done is not done twice.

mod attest;
mod collect;
mod enter;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minglian_client::key_file::passphrase::Source;
use minglian_client::key_file::private_file;
use minglian_county::attesting::{self, Attested, ToAttest};
use minglian_county::roll::Roll;
use minglian_county::roll::tags::{Fate, Stage, TagBatch};
use minglian_county::tagging;
use minglian_county::vault::Vault;
use rand::rngs::OsRng;

use super::VaultOptions;
use crate::cli::tx::{Manner, Signer};
use crate::genesis_file;

/// How tags come about.
pub const HELP: &str = "\
一批登记 A batch of enrolments:

  minglian subsidy tags prepare --vault 保险库 --genesis genesis.json --programme 1 --epoch 2026 \\
      --attester-passphrase file:口令 --out 待核.att          县: 盲化 the county blinds
  minglian subsidy tags list 待核.att --attester-passphrase file:口令 --out 核对表.csv
  minglian subsidy tags attest 待核.att --attester-passphrase file:口令 --key attester.json \\
      --leave-out 3,17 --out 已核.json                      核验机关: 看过证件后签名 the attester
  minglian subsidy tags attested --vault 保险库 已核.json    县: 验签 the county checks
  minglian subsidy tags request --vault 保险库 --url … --key maker.json --organization …
  minglian subsidy tags collect --vault 保险库 --url … --genesis genesis.json   验证节点的应答
  minglian subsidy tags enrol --vault 保险库 --url … --key checker.json --organization …
  minglian subsidy tags status --vault 保险库                到哪一步 how far each is

The vault's passphrase is --vault-passphrase-file where an officer's key has its own.";

/// What to do about tags.
#[derive(Debug, Subcommand)]
pub enum TagsCommand {
    /// Blind everybody who waits for a handle, and write the encrypted file for the attester 盲化
    Prepare(PrepareArguments),
    /// Attester: list whom the file asks for, to compare with the documents 核对表
    List(attest::ListArguments),
    /// Attester: sign for the persons whose documents were seen 核验签名
    Attest(attest::AttestArguments),
    /// Take what the attester signed 验签
    Attested(AttestedArguments),
    /// Ask the nodes for evaluations: the county's maker 申请
    Request(Box<EnterArguments>),
    /// Take the nodes' answers, verify them, and make the tags 取回并验证
    Collect(collect::CollectArguments),
    /// Enter the tags into the ledger's list: the county's checker 登记
    Enrol(Box<EnterArguments>),
    /// Count how far each batch is; for the clerk's own screen 进度
    Status(VaultOptions),
}

/// Whose tags, and where the attester's file goes.
#[derive(Debug, Args)]
pub struct PrepareArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The chain's genesis file
    #[arg(long)]
    genesis: PathBuf,
    /// The programme's number
    #[arg(long)]
    programme: u16,
    /// The year of the enrolment
    #[arg(long)]
    epoch: u16,
    /// The passphrase of the attester's file: file:PATH, env:NAME or prompt. Tell it by another way
    /// than the file takes
    #[arg(long, default_value = "prompt")]
    attester_passphrase: Source,
    /// The file to create for the attester
    #[arg(long)]
    out: PathBuf,
}

/// What the attester gave back.
#[derive(Debug, Args)]
pub struct AttestedArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The attester's file
    file: PathBuf,
}

/// Who signs what the vault has.
#[derive(Debug, Args)]
pub struct EnterArguments {
    /// The vault's directory
    #[arg(long)]
    vault: PathBuf,
    /// File with the vault's passphrase; asked for when left out
    #[arg(long)]
    vault_passphrase_file: Option<PathBuf>,
    /// Who signs, and where to
    #[command(flatten)]
    signer: Signer,
    /// How to speak
    #[command(flatten)]
    manner: Manner,
    /// Only show what would be signed
    #[arg(long)]
    preview: bool,
}

/// Runs the command.
pub fn run(command: TagsCommand) -> anyhow::Result<()> {
    match command {
        TagsCommand::Prepare(arguments) => prepare(&arguments),
        TagsCommand::List(arguments) => attest::list(&arguments),
        TagsCommand::Attest(arguments) => attest::run(&arguments),
        TagsCommand::Attested(arguments) => attested(&arguments),
        TagsCommand::Request(arguments) => enter::request(&arguments),
        TagsCommand::Collect(arguments) => collect::run(&arguments),
        TagsCommand::Enrol(arguments) => enter::enrol(&arguments),
        TagsCommand::Status(options) => {
            status(&options.open()?.roll);
            Ok(())
        }
    }
}

impl EnterArguments {
    fn open(&self) -> anyhow::Result<Vault> {
        let passphrase = crate::cli::passphrase(self.vault_passphrase_file.as_deref())?;
        let vault = Vault::open(&self.vault, &passphrase)?;
        anyhow::ensure!(
            vault.roll.county == self.signer.organization,
            "the vault is {}'s, not {}'s 保险库不属于该单位",
            vault.roll.county,
            self.signer.organization
        );
        Ok(vault)
    }
}

fn prepare(arguments: &PrepareArguments) -> anyhow::Result<()> {
    let PrepareArguments { options, genesis, programme, epoch, out, .. } = arguments;
    let genesis = genesis_file::read(genesis)?;
    let mut vault = options.open()?;
    anyhow::ensure!(!out.exists(), "{} exists already and is not overwritten", out.display());
    let waits = vault.roll.tags.iter().any(|batch| batch.stage() == Stage::Blinded);
    let place = (*programme, *epoch);
    let made = tagging::prepare(&mut vault.roll, &genesis.chain_id()?, place, &mut OsRng);
    let made = match made {
        // Those who were blinded before are enough for a file.
        Err(tagging::TaggingError::TooFew { .. }) if waits => 0,
        made => made?,
    };
    // On the disk before anybody sees a point of it.
    vault.save(&mut OsRng)?;
    let asked = ToAttest::of(&vault.roll)?;
    let passphrase = arguments.attester_passphrase.new_passphrase()?;
    private_file::create(out, &asked.seal(&passphrase, &mut OsRng)?)?;
    println!("{made} persons blinded now 本次盲化 {made} 人");
    println!(
        "{} persons for the attester in {} 待核验 {} 人; it shows them to who has its passphrase",
        asked.len(),
        out.display(),
        asked.len()
    );
    Ok(())
}

fn attested(arguments: &AttestedArguments) -> anyhow::Result<()> {
    let json = crate::import::csv_file::read(&arguments.file)?;
    let attested = Attested::parse(&json)?;
    let mut vault = arguments.options.open()?;
    let count = tagging::take_attested(&mut vault.roll, &attested)?;
    vault.save(&mut OsRng)?;
    println!("{} persons are attested 已核验 {} 人", count.attested, count.attested);
    if count.released > 0 {
        println!(
            "{} persons are not, or too few remained with them: they wait for the next `prepare` \
             未核验 {} 人",
            count.released, count.released
        );
    }
    Ok(())
}

/// The numbers of the batches at a stage.
fn at(roll: &Roll, stage: Stage) -> Vec<u32> {
    let batches = roll.tags.iter().filter(|batch| batch.stage() == stage);
    batches.map(|batch| batch.number).collect()
}

/// A batch by its number.
fn found(roll: &Roll, number: u32) -> anyhow::Result<&TagBatch> {
    let found = roll.tags.iter().find(|batch| batch.number == number);
    found.ok_or_else(|| anyhow::anyhow!("the vault knows no batch {number} of tags"))
}

/// Numbers of persons are for the clerk's own screen.
fn status(roll: &Roll) {
    println!("仅供本机查看");
    for batch in &roll.tags {
        let count =
            |is: fn(Fate) -> bool| batch.members.iter().filter(|member| is(member.fate)).count();
        let stage = match batch.stage() {
            Stage::Blinded => "waits for the attester 待核验",
            Stage::Attested => "next: request 待申请",
            Stage::Requested => "next: collect 待取回",
            Stage::Tagged => "next: enrol 待登记",
            Stage::Done => "done 完成",
        };
        println!(
            "  batch {} 第{}批: programme {} of {}, {} persons: {stage}; {} enrolled 已登记, {} \
             enrolled elsewhere before 已在他处登记",
            batch.number,
            batch.number,
            batch.programme,
            batch.epoch,
            batch.members.len(),
            count(|fate| matches!(fate, Fate::Enrolled(_))),
            count(|fate| fate == Fate::Elsewhere),
        );
    }
    if roll.tags.is_empty() {
        println!("  no batches of tags 无");
    }
}

/// Reads a file for an attester.
fn read_to_attest(path: &std::path::Path, source: &Source) -> anyhow::Result<ToAttest> {
    let bytes = private_file::read(path, attesting::FILE_BYTES_MAX)?;
    Ok(ToAttest::open(&bytes, &source.passphrase()?)?)
}
