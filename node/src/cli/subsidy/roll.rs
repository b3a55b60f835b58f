//! `minglian subsidy programme` and `roll`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use minglian_county::enrol;
use minglian_county::import::{self, ImportReport, ImportTerms};
use minglian_county::lifecycle::{self, Advance, Selection};
use minglian_county::programme::Programme;
use minglian_county::roll::entitlement::State;
use minglian_ledger::date::{Date, Month};
use rand::rngs::OsRng;

use super::VaultOptions;

/// A programme's figures.
#[derive(Debug, clap::Args)]
pub struct ProgrammeArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The figures in TOML, see docs/operations.md
    file: PathBuf,
}

/// What to do with the roll.
#[derive(Debug, Subcommand)]
pub enum RollCommand {
    /// Take the county's roll (CSV or XLSX) into the vault, all rows or none 导入名册
    Import(Box<ImportArguments>),
    /// Take entitlements through their next step 办理环节
    Step(Box<StepArguments>),
    /// Give handles to those whose payments begin, at least ten together 登记
    Enrol {
        /// The vault
        #[command(flatten)]
        options: VaultOptions,
        /// The programme's number
        #[arg(long)]
        programme: u16,
        /// The year of the enrolment
        #[arg(long)]
        epoch: u16,
    },
    /// Count how many stand where; for the clerk's own screen 统计
    Status {
        /// The vault
        #[command(flatten)]
        options: VaultOptions,
    },
}

/// What to import, and how.
#[derive(Debug, clap::Args)]
pub struct ImportArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The roll: 姓名, 身份证号, 银行账号, and 开户银行, 档案号, 乡镇, 村(社区), 类别, 起始月份,
    /// 申请日期 where there are
    file: PathBuf,
    /// The sheet of a workbook
    #[arg(long)]
    sheet: Option<String>,
    /// The programme's number
    #[arg(long)]
    programme: u16,
    /// The first month that is due, for rows without 起始月份
    #[arg(long)]
    from: Month,
    /// The officer who enters it
    #[arg(long)]
    by: String,
    /// The day of the application; today when left out
    #[arg(long)]
    date: Option<Date>,
    /// The roll is paid already: its persons need no further step 在发名册
    #[arg(long)]
    active: bool,
    /// Change persons who are on the roll: name, bank, category (停旧增新)
    #[arg(long)]
    update: bool,
}

/// Which step, and whose.
#[derive(Debug, clap::Args)]
pub struct StepArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The programme's number
    #[arg(long)]
    programme: u16,
    /// village, township, posted, county, active, suspended, ceased, recovered or refused
    #[arg(long)]
    to: State,
    /// The officer or office
    #[arg(long)]
    by: String,
    /// The day; today when left out
    #[arg(long)]
    date: Option<Date>,
    /// The month from which it counts, to suspend, go on or end; this month when left out
    #[arg(long)]
    month: Option<Month>,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    /// File with the case numbers (档案号), one a line
    #[arg(long, conflicts_with = "township")]
    cases: Option<PathBuf>,
    /// A township, as the roll calls it
    #[arg(long)]
    township: Option<String>,
}

/// Adds a programme.
pub fn programme(arguments: &ProgrammeArguments) -> anyhow::Result<()> {
    let bytes = crate::import::csv_file::read(&arguments.file)?;
    let (text, _) = crate::import::csv_file::decode(&bytes)?;
    let programme = Programme::parse(text.trim_start_matches('\u{FEFF}'))?;
    let (number, from) = (programme.number, programme.effective_from);
    let mut vault = arguments.options.open()?;
    vault.roll.add_programme(programme)?;
    vault.save(&mut OsRng)?;
    println!("programme {number} counts from {from} on 项目已登记");
    Ok(())
}

/// Runs the command.
pub fn run(command: RollCommand) -> anyhow::Result<()> {
    match command {
        RollCommand::Import(arguments) => import_roll(&arguments),
        RollCommand::Step(arguments) => step(&arguments),
        RollCommand::Enrol { options, programme, epoch } => {
            let mut vault = options.open()?;
            let joined = enrol::enrol(&mut vault.roll, programme, epoch, &mut OsRng)?;
            vault.save(&mut OsRng)?;
            let list = vault.roll.list(programme, epoch);
            let handles = list.map_or(0, |list| list.handles.len());
            println!("{joined} joined, {handles} handles in all 登记完成");
            Ok(())
        }
        RollCommand::Status { options } => {
            let vault = options.open()?;
            let roll = &vault.roll;
            println!("persons 人: {}", roll.persons.len());
            let mut numbers: Vec<u16> = roll.programmes.iter().map(|it| it.number).collect();
            numbers.dedup();
            for number in numbers {
                println!("programme {number}:");
                for (state, count) in lifecycle::count(roll, number) {
                    println!("  {} {}: {count}", state.chinese(), state.name());
                }
            }
            for record in &roll.batches {
                let name = &record.name;
                let id = name.id().to_string();
                let id = id.get(..16).unwrap_or_default();
                let pays = if record.pays() { "有效" } else { "作废" };
                println!(
                    "batch {id} {} {:?} attempt {} {pays}",
                    name.period, name.kind, name.attempt
                );
            }
            Ok(())
        }
    }
}

fn import_roll(arguments: &ImportArguments) -> anyhow::Result<()> {
    let sheet = super::read_sheet(&arguments.file, arguments.sheet.as_deref())?;
    let mut vault = arguments.options.open()?;
    let terms = ImportTerms {
        programme: arguments.programme,
        from: arguments.from,
        on: arguments.date.map_or_else(super::today, Ok)?,
        by: &arguments.by,
        is_active: arguments.active,
        updates: arguments.update,
    };
    let report = import::import(&mut vault.roll, &sheet, &terms, &mut OsRng)?;
    let ImportReport { rows, persons, begun, ended, changed, faults, doubts } = report;
    if !doubts.is_empty() {
        eprintln!("to look at, {} rows 请核对:", doubts.len());
        super::show_faults(&doubts);
    }
    if !faults.is_empty() {
        eprintln!("refused, {} of {rows} rows 不合格:", faults.len());
        super::show_faults(&faults);
        bail!("{} rows do not hold, so nothing was taken 未导入任何数据", faults.len());
    }
    vault.save(&mut OsRng)?;
    println!(
        "{rows} rows: {persons} new persons, {begun} entitlements begun, {ended} ended (停旧增新), \
         {changed} changed 导入完成"
    );
    Ok(())
}

fn step(arguments: &StepArguments) -> anyhow::Result<()> {
    let on = arguments.date.map_or_else(super::today, Ok)?;
    let selection = match (&arguments.cases, &arguments.township) {
        (Some(cases), _) => Selection::CaseFiles(super::read_cases(cases)?),
        (None, Some(township)) => Selection::Township(township.clone()),
        (None, None) => Selection::All,
    };
    let stops = matches!(arguments.to, State::Suspended | State::Ceased | State::Refused);
    if stops && matches!(selection, Selection::All) {
        bail!("name whom it is about with --cases or --township");
    }
    let advance = Advance {
        programme: arguments.programme,
        to: arguments.to,
        on,
        month: arguments.month.unwrap_or_else(|| on.month()),
        by: &arguments.by,
        reason: &arguments.reason,
    };
    let mut vault = arguments.options.open()?;
    let report = lifecycle::advance(&mut vault.roll, &advance, &selection);
    vault.save(&mut OsRng)?;
    println!("{}: {} 已办理", arguments.to.chinese(), report.taken);
    let left = [
        (report.elsewhere, "stand elsewhere 环节不符"),
        (report.posted_too_short, "are not posted long enough 公示期未满"),
        (report.same_officer, "were entered by the same officer 经办与审批为同一人"),
        (report.unknown, "case numbers are nobody's 档案号不存在"),
    ];
    for (count, what) in left.into_iter().filter(|(count, _)| *count > 0) {
        println!("{count} {what}");
    }
    if report.overpaid_fen > 0 {
        println!("to recover 应追缴: {} 元", super::yuan(report.overpaid_fen));
    }
    Ok(())
}
