//! `minglian subsidy pay` and `result`.

use std::path::PathBuf;

use anyhow::bail;
use encoding_rs::GB18030;
use minglian_client::key_file::private_file;
use minglian_county::bank;
use rand::rngs::OsRng;

use super::VaultOptions;

/// Which batch to pay.
#[derive(Debug, clap::Args)]
pub struct PayArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The batch, or the first 8 digits of it
    #[arg(long)]
    batch: String,
    /// The file to create
    #[arg(long)]
    out: PathBuf,
    /// Write GB18030, which older bank programs ask for
    #[arg(long)]
    gb18030: bool,
}

/// What the bank answered.
#[derive(Debug, clap::Args)]
pub struct ResultArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The bank's file: 序号, 金额, 结果 (成功, 失败 or 退回), and 收款账号 if it has it
    file: PathBuf,
    /// The sheet of a workbook
    #[arg(long)]
    sheet: Option<String>,
    /// The batch, or the first 8 digits of it
    #[arg(long)]
    batch: String,
    /// The file to create with what came back
    #[arg(long)]
    returned: PathBuf,
}

/// Runs `pay`.
pub fn pay(arguments: &PayArguments) -> anyhow::Result<()> {
    let vault = arguments.options.open()?;
    let place = vault.roll.batch(&arguments.batch)?;
    let (text, total) = bank::pay_file(&vault.roll, place)?;
    if arguments.gb18030 {
        let (bytes, _, is_lossy) = GB18030.encode(&text);
        anyhow::ensure!(!is_lossy, "a name has a character that GB18030 does not have");
        private_file::create(&arguments.out, &bytes)?;
    } else {
        super::write_list(&arguments.out, &text)?;
    }
    println!("{} payments, {total} 元 代发文件已生成", text.lines().count().saturating_sub(1));
    Ok(())
}

/// Runs `result`.
pub fn result(arguments: &ResultArguments) -> anyhow::Result<()> {
    let sheet = super::read_sheet(&arguments.file, arguments.sheet.as_deref())?;
    let mut vault = arguments.options.open()?;
    let place = vault.roll.batch(&arguments.batch)?;
    let report = bank::take_result(&mut vault.roll, place, &sheet)?;
    super::show_faults(&report.faults);
    if !report.faults.is_empty() || report.missing > 0 {
        bail!(
            "{} lines do not hold and {} are missing, so nothing was taken 未采用",
            report.faults.len(),
            report.missing
        );
    }
    if report.returned > 0 {
        super::write_list(&arguments.returned, &bank::returned_list(&vault.roll, place)?)?;
    }
    vault.save(&mut OsRng)?;
    println!(
        "paid 成功 {} ({} 元), returned 退回 {} ({} 元)",
        report.paid,
        super::yuan(report.paid_fen),
        report.returned,
        super::yuan(report.returned_fen)
    );
    Ok(())
}
