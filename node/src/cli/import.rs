//! `minglian import`: entering published notices.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use minglian_client::Client;

use super::Unconfirmed;
use crate::import::report::{self, NoticeReport};
use crate::import::run::{Run, RunError};
use crate::import::signers::Signers;
use crate::import::{csv_file, notice, plan};

/// Options of `minglian import`.
#[derive(Debug, Args)]
#[command(long_about = "\
Enter published notices (公告) from CSV tables.\n\n\
A table has the 15 columns dataset,row,year,region,fund_source,category,item,unit_or_recipient,\n\
doc_no,amount_published,unit,amount_fen,kind,count,note, in UTF-8 or GB18030. Organisations and\n\
projects that it names are registered; quota enters by source and 文号, is allocated, spent and\n\
carried; a charity's income and spending are declared as figures. Printed totals are checked,\n\
never posted. A row that cannot stand is refused with its\n\
line and the rest goes on. Importing the same file again changes nothing.\n\n\
On a demonstration network (演示) this command signs for all officers; elsewhere with the\n\
keys that the index names, and stops where another officer's is needed. It reverses no payment\n\
that it cannot make again.")]
pub struct ImportArguments {
    /// The tables
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// A node, such as http://127.0.0.1:26800; a dry run without it compares with no ledger
    #[arg(long, required_unless_present = "dry_run")]
    pub url: Option<String>,
    /// Index of the officers' key files (officers.json); not needed for a dry run
    #[arg(long, required_unless_present = "dry_run")]
    pub officers: Option<PathBuf>,
    /// Only say what would be entered; with --url, what of it the ledger does not have yet
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(arguments: ImportArguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reports = runtime.block_on(enter(&arguments))?;
    let mut refused = 0;
    for report in &reports {
        refused += report.refused.len();
        if !arguments.json {
            println!("{}", report.to_text());
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string(&reports)?);
    }
    let rest = match arguments.dry_run {
        true => "nothing was sent; the rest would be entered",
        false => "the rest was entered",
    };
    anyhow::ensure!(refused == 0, "{refused} rows or acts were refused; {rest}");
    Ok(())
}

async fn enter(arguments: &ImportArguments) -> anyhow::Result<Vec<NoticeReport>> {
    let mut reports = Vec::new();
    let client = arguments.url.as_deref().map(Client::new).transpose()?;
    let mut signers = arguments.officers.as_deref().map(Signers::read).transpose()?;
    for path in &arguments.files {
        let name = path.display().to_string();
        let bytes = csv_file::read(path).with_context(|| name.clone())?;
        let parsed = notice::parse(&name, &bytes).with_context(|| name.clone())?;
        for notice in &parsed.notices {
            let mut plan = plan::plan(&name, notice);
            if Some(notice) == parsed.notices.first().as_ref().copied() {
                plan.refused.extend(parsed.refused.iter().cloned());
            }
            reports.push(match &client {
                Some(client) => {
                    let progress = progress(&plan.dataset, plan.acts.len());
                    // A dry run signs nothing, so that it asks for no keys.
                    let signers = signers.as_mut().filter(|_| !arguments.dry_run);
                    let mut run = Run::new(client, signers, progress.clone()).await?;
                    let outcomes = match arguments.dry_run {
                        true => run.look(&plan).await.map(|(outcomes, _)| outcomes),
                        false => run.enter(&plan).await,
                    };
                    progress.finish_and_clear();
                    let outcomes = outcomes.map_err(unfinished)?;
                    let report = report::report(&name, &plan, &outcomes);
                    let report = report.with_corrections(run.corrections());
                    if arguments.dry_run { report.of_dry_run(true) } else { report }
                }
                None => report::report(&name, &plan, &[]).of_dry_run(false),
            });
        }
        if parsed.notices.is_empty() {
            for row in &parsed.refused {
                eprintln!("{row}");
            }
            anyhow::bail!(
                "{name}: no row could be read: below the header stands one row for each line of \
                 the notice 没有可读的数据行,表头之下每行写公告的一行"
            );
        }
    }
    Ok(reports)
}

/// A chain that stands still is no error of the table's.
fn unfinished(error: RunError) -> anyhow::Error {
    match error {
        RunError::Halted { .. } => Unconfirmed::new(error.to_string()).into(),
        error => error.into(),
    }
}

fn progress(dataset: &str, acts: usize) -> ProgressBar {
    let bar = ProgressBar::new(acts as u64);
    let template = "{msg} {bar:40} {pos}/{len} acts {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(dataset.to_owned());
    bar
}
