//! `minglian report`: tables that the ledger derives, for officers, auditors and the public.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use data_encoding::HEXLOWER;
use minglian_client::Client;
use minglian_client::report::Pages;
use minglian_client::report::csv::{Language, to_csv};
use minglian_client::wire::ReportView;
use minglian_contracts::report::NAMES;
use minglian_contracts::schema;

use crate::import::{csv_file, figures};

/// Most pages of one report that are added.
const PAGES_MAX: usize = 100_000;

/// What the command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Everything, amounts in fen.
    Json,
    /// For spreadsheet programs, amounts in 元.
    Csv,
}

/// Options of `minglian report`.
#[derive(Debug, Args)]
#[command(long_about = "\
Print a report (报表) that a node derives from the ledger.\n\n\
execution 预算执行进度表, carry-over 结转结余明细表, documents 指标文件清单,\n\
notice 资金使用情况公告, holding 滞留天数表, findings 疑点清单, charity 慈善收支明细表与季报,\n\
charity-ratios 年度支出与管理费比例, declared 对账表, working-paper 审计取证单,\n\
shares 提前下达与类别占比表.\n\n\
All pages are taken and added. The command fails, after printing, if the report does not\n\
reconcile with the book. Figures of 对账表 come from a table with the columns\n\
notice,label,subject,category,measure,year,printed,unit.")]
pub struct ReportArguments {
    /// Which report
    #[arg(value_parser = name)]
    pub name: String,
    /// A node, such as http://127.0.0.1:26800
    #[arg(long)]
    pub url: String,
    /// Who holds the money, or the charity (统一社会信用代码)
    #[arg(long)]
    pub holder: Option<String>,
    /// Division in which holders act, there or below (行政区划代码)
    #[arg(long)]
    pub division: Option<u32>,
    /// The fund
    #[arg(long)]
    pub fund: Option<String>,
    /// The budget year
    #[arg(long)]
    pub year: Option<u16>,
    /// The quarter, 1 to 4 (charity)
    #[arg(long)]
    pub quarter: Option<u8>,
    /// The category, e.g. 老年人福利
    #[arg(long)]
    pub category: Option<String>,
    /// The project's reference
    #[arg(long)]
    pub project: Option<String>,
    /// A 文号
    #[arg(long)]
    pub document: Option<String>,
    /// Name rows by these columns only: holder,fund,year,category,project,line,documents
    #[arg(long)]
    pub by: Option<String>,
    /// Records of a working paper, with commas
    #[arg(long)]
    pub records: Option<String>,
    /// Table of declared figures (declared)
    #[arg(long)]
    pub figures: Option<PathBuf>,
    /// 索引号 of a publication of --holder whose figures are compared (declared)
    #[arg(long, conflicts_with = "figures", requires = "holder")]
    pub publication: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub format: Format,
    /// Language of CSV headings: zh or en
    #[arg(long, default_value = "zh")]
    pub lang: Language,
    /// The file to write; standard output if left out
    #[arg(long)]
    pub out: Option<PathBuf>,
}

fn name(text: &str) -> Result<String, String> {
    let names: Vec<&str> = NAMES.iter().map(|(name, _, _)| *name).collect();
    if names.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("the reports are {}", names.join(", ")))
}

/// Runs the command.
pub fn run(arguments: ReportArguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reports = runtime.block_on(take(&arguments))?;
    let mut text = String::new();
    match arguments.format {
        Format::Csv => {
            for (place, report) in reports.iter().enumerate() {
                let table = to_csv(report, arguments.lang);
                // One file has one mark, at its beginning.
                let later = table.trim_start_matches('\u{feff}');
                let is_first = place == 0;
                text.push_str(if is_first { &table } else { "\r\n" });
                text.push_str(if is_first { "" } else { later });
            }
        }
        Format::Json => match reports.as_slice() {
            [report] => text = serde_json::to_string_pretty(report)? + "\n",
            several => text = serde_json::to_string_pretty(several)? + "\n",
        },
    }
    match &arguments.out {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?
        }
        None => std::io::stdout().write_all(text.as_bytes())?,
    }
    let failed = reports.iter().filter(|report| !report.is_reconciled()).count();
    anyhow::ensure!(failed == 0, "the report does not reconcile with the book; it says where");
    Ok(())
}

/// The report; one for each notice whose figures are compared.
async fn take(arguments: &ReportArguments) -> anyhow::Result<Vec<ReportView>> {
    let client = Client::new(&arguments.url)?;
    anyhow::ensure!(
        arguments.name != "working-paper" || arguments.records.is_some(),
        "a working paper is of certain records: name them, --records 12,40 审计取证单须指明记录号"
    );
    let query = arguments.query();
    let Some(path) = &arguments.figures else {
        return Ok(vec![all_pages(&client, &arguments.name, &query).await?]);
    };
    let bytes = csv_file::read(path)?;
    let notices = figures::parse(&bytes).with_context(|| format!("reading {}", path.display()))?;
    let mut reports = Vec::new();
    for (notice, figures) in notices {
        let mut query = query.clone();
        query.push(("figures", HEXLOWER.encode(&schema::encode(&figures))));
        let mut report = all_pages(&client, &arguments.name, &query).await?;
        report.chinese = format!("{} {notice}", report.chinese);
        report.english = format!("{} {notice}", report.english);
        reports.push(report);
    }
    Ok(reports)
}

async fn all_pages(
    client: &Client,
    name: &str,
    query: &[(&'static str, String)],
) -> anyhow::Result<ReportView> {
    let mut pages = Pages::new(client.report(name, query).await?);
    for _ in 0..PAGES_MAX {
        let Some(next) = pages.next() else { return Ok(pages.finish()) };
        let mut query = query.to_vec();
        query.push(("after", next));
        pages.add(client.report(name, &query).await?)?;
    }
    anyhow::bail!("the report has more than {PAGES_MAX} pages; ask for less");
}

impl ReportArguments {
    fn query(&self) -> Vec<(&'static str, String)> {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        // A grouped report reads as much as a page may; rows are asked for by the thousand.
        let limit = self.by.is_none().then(|| "1000".to_owned());
        [
            ("holder", self.holder.clone()),
            ("division", number(self.division)),
            ("fund", self.fund.clone()),
            ("year", number(self.year.map(u32::from))),
            ("quarter", number(self.quarter.map(u32::from))),
            ("category", self.category.clone()),
            ("project", self.project.clone()),
            ("document", self.document.clone()),
            ("by", self.by.clone()),
            ("records", self.records.clone()),
            ("publication", self.publication.clone()),
            ("limit", limit),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)))
        .collect()
    }
}
