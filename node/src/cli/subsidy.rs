//! `minglian subsidy`: a county's private subsidies, on its own machine. What shows persons never
//! leaves it; `ledger`, `tags`, `custody`, `submit` and `status` speak to nodes.
//!
//! Whatever shows a person goes to a file of the clerk's (0600), named by the clerk. What is
//! printed here are counts, months and row numbers.

mod bank;
mod bench;
mod custody;
mod ledger;
mod lots;
mod matching;
mod month;
mod roll;
mod slip;
mod status;
mod submit;
mod tags;
mod vault;

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use minglian_client::key_file::private_file;
use minglian_county::sheet::{Cell, Fault, Row, Sheet};
use minglian_county::vault::Vault;
use minglian_ledger::date::{self, Date};
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use zeroize::Zeroizing;

use crate::clock;
use crate::desk::sheet as desk_sheet;

/// How a month comes about.
pub const HELP: &str = "\
一个月的流程 A month:

  minglian subsidy vault new --vault 保险库 --county 11341122MLDEM00015
  minglian subsidy programme --vault 保险库 高龄津贴.toml           项目标准 the programme's figures
  minglian subsidy roll import --vault 保险库 名册.xlsx --programme 1 --from 2012-12 --by 王主任
  minglian subsidy roll step --vault 保险库 --programme 1 --to village --by 村委会
  minglian subsidy roll enrol --vault 保险库 --programme 1 --epoch 2012
  minglian subsidy match --vault 保险库 死亡名单.csv --kind deaths --month 2012-12 --out 停发.csv
  minglian subsidy month --vault 保险库 --programme 1 --period 2012-12 --preview
  minglian subsidy ledger --url http://127.0.0.1:26800 --county 11341122MLDEM00015 \
      --programme 1 --epoch 2012 --total-fen 630000 --out 账本.toml     问账本 what the ledger says
  minglian subsidy month --vault 保险库 --programme 1 --period 2012-12 --ledger 账本.toml --out 批次
  minglian subsidy verify 批次
  minglian subsidy custody 批次 --node http://… --node http://… --key maker.json
  minglian subsidy submit 批次 --url http://… --key maker.json --organization 11341122MLDEM00015
  minglian tx approve HASH …                                        复核人审批 then submit again
  minglian subsidy pay --vault 保险库 --batch 1a2b3c4d --out 代发.csv
  minglian subsidy result --vault 保险库 --batch 1a2b3c4d 银行结果.csv --returned 退回.csv
  minglian subsidy slip --vault 保险库 --batch 1a2b3c4d --out 回执.html

Files that show persons are written with permissions 0600 and never overwritten.";

/// Most faults that are listed; the rest is counted.
const FAULTS_SHOWN: usize = 50;

/// Longest line that is read for an identity number.
const ANSWER_BYTES_MAX: u64 = 1_024;

/// What to do with a county's subsidies.
#[derive(Debug, Subcommand)]
pub enum SubsidyCommand {
    /// Make, copy and change the encrypted vault 保险库
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// Add a programme's figures to the vault 项目标准
    Programme(roll::ProgrammeArguments),
    /// Import the roll and take entitlements through their steps 名册
    #[command(subcommand)]
    Roll(roll::RollCommand),
    /// Get handles from the ledger, so that nobody is enrolled twice 标签与登记
    #[command(subcommand, after_help = tags::HELP)]
    Tags(tags::TagsCommand),
    /// Compare a list with the roll and stop whom it names 比对停发
    Match(matching::MatchArguments),
    /// Make a month's batch with its proofs 当月批次
    Month(month::MonthArguments),
    /// Verify a batch's directory alone 核验批次
    Verify(month::VerifyArguments),
    /// Ask a node for what `month` needs: list, escrow key, money 账本信息
    Ledger(ledger::LedgerArguments),
    /// Hand the envelopes to custodians and collect their receipts 移交信封
    Custody(custody::CustodyArguments),
    /// Submit a batch, bring its leaves and proofs, and wait for the verdicts 提交批次
    Submit(Box<submit::SubmitArguments>),
    /// Say how far a batch is, at a node 批次进度
    Status(status::StatusArguments),
    /// Write the bank's pay file 代发文件
    Pay(bank::PayArguments),
    /// Take the bank's result, and list what came back 银行结果
    Result(bank::ResultArguments),
    /// Print one person's receipt 回执
    Slip(slip::SlipArguments),
    /// Check a receipt against a batch's directory 核验回执
    #[command(subcommand)]
    Receipt(slip::ReceiptCommand),
    /// Measure making and verifying with generated people; prints JSON 测量
    Bench(bench::BenchArguments),
}

/// Options that name the vault.
#[derive(Debug, Args)]
pub struct VaultOptions {
    /// The vault's directory
    #[arg(long)]
    pub vault: PathBuf,
    /// File with the vault's passphrase; asked for when left out
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
}

/// Runs the command.
pub fn run(command: SubsidyCommand) -> anyhow::Result<()> {
    match command {
        SubsidyCommand::Vault(command) => vault::run(command),
        SubsidyCommand::Programme(arguments) => roll::programme(&arguments),
        SubsidyCommand::Roll(command) => roll::run(command),
        SubsidyCommand::Tags(command) => tags::run(command),
        SubsidyCommand::Match(arguments) => matching::run(&arguments),
        SubsidyCommand::Month(arguments) => month::run(&arguments),
        SubsidyCommand::Verify(arguments) => month::verify(&arguments),
        SubsidyCommand::Ledger(arguments) => ledger::run(&arguments),
        SubsidyCommand::Custody(arguments) => custody::run(&arguments),
        SubsidyCommand::Submit(arguments) => submit::run(&arguments),
        SubsidyCommand::Status(arguments) => status::run(&arguments),
        SubsidyCommand::Pay(arguments) => bank::pay(&arguments),
        SubsidyCommand::Result(arguments) => bank::result(&arguments),
        SubsidyCommand::Slip(arguments) => slip::run(&arguments),
        SubsidyCommand::Receipt(command) => slip::receipt(command),
        SubsidyCommand::Bench(arguments) => bench::run(&arguments),
    }
}

impl VaultOptions {
    fn open(&self) -> anyhow::Result<Vault> {
        let passphrase = super::passphrase(self.passphrase_file.as_deref())?;
        Ok(Vault::open(&self.vault, &passphrase)?)
    }
}

/// Reads a sheet, as the desk reads them: CSV in UTF-8 or GB18030, or XLSX.
fn read_sheet(path: &Path, name: Option<&str>) -> anyhow::Result<Sheet> {
    let table = desk_sheet::read(path, name)?;
    let cell = |cell: desk_sheet::Cell| Cell {
        is_number: matches!(cell, desk_sheet::Cell::Number(_)),
        text: cell.text(),
    };
    let row = |row: desk_sheet::Row| Row {
        number: row.number,
        cells: row.cells.into_iter().map(cell).collect(),
    };
    Ok(Sheet { header: table.header, rows: table.rows.into_iter().map(row).collect() })
}

/// Writes a file that shows persons.
fn write_list(path: &Path, text: &str) -> anyhow::Result<()> {
    // Spreadsheet programs take UTF-8 for what it is only behind this mark.
    let bytes = Zeroizing::new(["\u{FEFF}", text].concat().into_bytes());
    Ok(private_file::create(path, &bytes)?)
}

fn show_faults(faults: &[Fault]) {
    for fault in faults.iter().take(FAULTS_SHOWN) {
        eprintln!("  {fault}");
    }
    let more = faults.len().saturating_sub(FAULTS_SHOWN);
    if more > 0 {
        eprintln!("  … and {more} more rows 另有 {more} 行");
    }
}

/// An amount in fen as 元.
fn yuan(fen: u64) -> Fen {
    Fen::new(fen).unwrap_or(Fen::MAX)
}

fn today() -> anyhow::Result<Date> {
    Ok(date::beijing_date(clock::now())?)
}

/// Asks for an identity number, which is not shown; or reads it from a pipe. It stays out of
/// command lines, which other users of the machine can list.
fn ask_identity() -> anyhow::Result<IdentityNumber> {
    let text = if io::stdin().is_terminal() {
        Zeroizing::new(rpassword::prompt_password("身份证号 identity number: ")?)
    } else {
        let mut line = Zeroizing::new(String::new());
        io::Read::take(io::stdin().lock(), ANSWER_BYTES_MAX).read_line(&mut line)?;
        line
    };
    Ok(IdentityNumber::parse(&text)?)
}

fn progress_bar(length: usize) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {elapsed} (还需 {eta})")
        .context("the progress bar's template")?;
    Ok(bar.with_style(style))
}

/// The lines of a clerk's file of case numbers.
fn read_cases(path: &Path) -> anyhow::Result<std::collections::BTreeSet<String>> {
    let bytes = crate::import::csv_file::read(path)?;
    let (text, _) = crate::import::csv_file::decode(&bytes)?;
    let text = text.trim_start_matches('\u{FEFF}');
    let cases: std::collections::BTreeSet<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if cases.is_empty() {
        bail!("{} holds no case numbers", path.display());
    }
    Ok(cases)
}
