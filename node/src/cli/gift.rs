//! `minglian gift`: the code on a donor's receipt, and where the gift is.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use minglian_client::Client;
use minglian_client::wire::{GiftTracePage, GiftTraceRequest, PAGE_MAX};
use minglian_ledger::organization_code::OrganizationCode;
use serde_json::json;
use zeroize::Zeroizing;

use crate::desk::gift::GiftPath;
use crate::desk::language::Language;
use crate::desk::sheet::cells::ReceiptCode;

/// Most bytes that are read as a code.
const CODE_BYTES_MAX: u64 = 1_024;

/// Most pages of one trace.
const PAGES_MAX: usize = 10_000;

/// What to do with a gift's code.
#[derive(Debug, Subcommand)]
pub enum GiftCommand {
    /// Make a code for a receipt 生成查询码: prints what the receipt prints, and the hash that the
    /// act `donate` names as `code`
    Code,
    /// Follow a gift to the fen 查询捐赠去向. The code is read from the terminal, a file or standard
    /// input, never from the command line, and is not sent: the node sees its hash
    Trace(TraceArguments),
}

/// Options of `minglian gift trace`.
#[derive(Debug, Args)]
pub struct TraceArguments {
    /// A node, such as http://127.0.0.1:26800
    #[arg(long)]
    pub url: String,
    /// File with the receipt's code and salt; asked for, or read from standard input, when left out
    #[arg(long)]
    pub code_file: Option<PathBuf>,
    /// The charity on the receipt 票据上的慈善组织, by its code; without it, all that have entered
    /// this code are shown
    #[arg(long)]
    pub charity: Option<OrganizationCode>,
    /// 语言 language
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
    /// Print JSON for programs
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(command: GiftCommand) -> anyhow::Result<()> {
    match command {
        GiftCommand::Code => {
            let receipt = ReceiptCode::random();
            let shown = json!({
                "printed": receipt.printed(),
                "receipt_code": HEXLOWER.encode(&receipt.code),
                "receipt_salt": HEXLOWER.encode(&receipt.salt),
                "code": receipt.hash(),
            });
            println!("{}", serde_json::to_string_pretty(&shown)?);
            Ok(())
        }
        GiftCommand::Trace(arguments) => {
            let receipt = ReceiptCode::read(&code(&arguments)?)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let paths = runtime.block_on(paths(&arguments, &receipt))?;
            show(&paths, &arguments)
        }
    }
}

/// The text of the code.
fn code(arguments: &TraceArguments) -> anyhow::Result<Zeroizing<String>> {
    let TraceArguments { code_file, lang, .. } = arguments;
    if let Some(path) = code_file {
        let file = File::open(path);
        let file = file.with_context(|| format!("opening {}", path.display()))?;
        return read(file).with_context(|| format!("reading {}", path.display()));
    }
    if io::stdin().is_terminal() {
        let prompt = lang.say("票据查询码和盐: ", "Code and salt on the receipt: ");
        return Ok(Zeroizing::new(rpassword::prompt_password(prompt)?));
    }
    read(io::stdin()).context("reading the code from standard input")
}

fn read(source: impl Read) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    source.take(CODE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// The gifts that the code leads to: one, unless another charity has entered it too.
async fn paths(arguments: &TraceArguments, receipt: &ReceiptCode) -> anyhow::Result<Vec<GiftPath>> {
    let (first, later) = pages(&arguments.url, receipt, arguments.charity, arguments.lang).await?;
    let others: Vec<_> = first.others.iter().map(|other| other.charity).collect();
    let mut paths = vec![GiftPath::of(first, later)?];
    for charity in others {
        let (first, later) = pages(&arguments.url, receipt, Some(charity), arguments.lang).await?;
        paths.push(GiftPath::of(first, later)?);
    }
    Ok(paths)
}

fn show(paths: &[GiftPath], arguments: &TraceArguments) -> anyhow::Result<()> {
    let lang = arguments.lang;
    if arguments.json {
        let all: Vec<_> = paths.iter().map(GiftPath::to_json).collect();
        let shown = if let [one] = &all[..] { one.clone() } else { json!(all) };
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    if paths.len() > 1 {
        let warning = lang.say(
            "不止一家慈善组织登记了这个查询码,请以票据上的慈善组织为准。\n",
            "More than one charity has entered this code: yours is the one on your receipt.\n",
        );
        println!("{warning}");
    }
    paths.iter().for_each(|path| println!("{}", path.to_text(lang).trim_end()));
    Ok(())
}

/// All pages of the trace.
async fn pages(
    url: &str,
    receipt: &ReceiptCode,
    charity: Option<OrganizationCode>,
    lang: Language,
) -> anyhow::Result<(GiftTracePage, Vec<GiftTracePage>)> {
    let client = Client::new(url)?;
    let code_hash = receipt.hash();
    let mut request = GiftTraceRequest { code_hash, charity, after: None, limit: Some(PAGE_MAX) };
    let first = client.gift_trace(&request).await.map_err(|error| match error.is_vacant() {
        true => anyhow!(lang.say(
            "没有捐赠登记过这个查询码:请核对票据上的查询码、盐和慈善组织,或稍后再查",
            "no gift has this code: check code, salt and charity on the receipt, or ask later",
        )),
        false => error.into(),
    })?;
    request.charity = Some(first.gift.charity);
    let (mut later, mut next) = (Vec::new(), first.next.clone());
    while let Some(after) = next {
        anyhow::ensure!(later.len() < PAGES_MAX, "the trace has more than {PAGES_MAX} pages");
        request.after = Some(after);
        let page = client.gift_trace(&request).await?;
        next = page.next.clone();
        later.push(page);
    }
    Ok((first, later))
}
