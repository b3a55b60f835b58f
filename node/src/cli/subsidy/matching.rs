//! `minglian subsidy match`.

use std::path::PathBuf;

use clap::ValueEnum;
use minglian_county::matching::{self, ListKind, MatchTerms};
use minglian_ledger::date::Month;
use rand::rngs::OsRng;

use super::VaultOptions;

/// Which list, against what.
#[derive(Debug, clap::Args)]
pub struct MatchArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The list: 身份证号, and 死亡日期 or 日期
    file: PathBuf,
    /// The sheet of a workbook
    #[arg(long)]
    sheet: Option<String>,
    /// What the list is of
    #[arg(long, value_enum)]
    kind: KindArgument,
    /// What the report and the vault call the list
    #[arg(long, default_value = "名单比对")]
    name: String,
    /// The month that is paid next
    #[arg(long)]
    month: Month,
    /// The file to create, with who was stopped and why
    #[arg(long)]
    out: PathBuf,
    /// Only compare; the vault stays as it is
    #[arg(long)]
    dry_run: bool,
}

/// What a list is of.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArgument {
    /// Deaths: what they were paid ends with the month of death
    Deaths,
    /// Anything else: payments rest until somebody has looked
    Other,
}

/// Runs the command.
pub fn run(arguments: &MatchArguments) -> anyhow::Result<()> {
    let sheet = super::read_sheet(&arguments.file, arguments.sheet.as_deref())?;
    let mut vault = arguments.options.open()?;
    let kind = match arguments.kind {
        KindArgument::Deaths => ListKind::Deaths,
        KindArgument::Other => ListKind::Other,
    };
    let terms =
        MatchTerms { kind, name: &arguments.name, month: arguments.month, on: super::today()? };
    let report = matching::apply(&mut vault.roll, &sheet, &terms)?;
    super::write_list(&arguments.out, &report.to_csv(&vault.roll, &arguments.name))?;
    if !arguments.dry_run {
        vault.save(&mut OsRng)?;
    }
    if !report.faults.is_empty() {
        eprintln!("not compared, {} rows 无法比对:", report.faults.len());
        super::show_faults(&report.faults);
    }
    let overpaid = report.stopped.iter().map(|it| it.overpaid_fen).fold(0, u64::saturating_add);
    println!(
        "{} rows: {} stopped 停发, {} over already 已停, {} not on the roll 不在名册, {} unreadable; \
         to recover 应追缴 {} 元",
        report.rows,
        report.stopped.len(),
        report.over,
        report.strangers,
        report.faults.len(),
        super::yuan(overpaid),
    );
    Ok(())
}
