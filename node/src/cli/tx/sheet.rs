//! `minglian tx sheet`: one sheet, one act a row.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use minglian_client::Client;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_client::read::Paging;
use minglian_contracts::words;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;

use super::{Manner, Tally, block_on};
use crate::desk::language::Language;
use crate::desk::names::Directory;
use crate::desk::office::Office;
use crate::desk::outbox::Outbox;
use crate::desk::sheet::build::{self, Built, Reading};
use crate::desk::sheet::cells::{Registered, Salts};
use crate::desk::sheet::columns::{self, Form};
use crate::desk::sheet::run;
use crate::desk::sheet::schema::{self, Schema, layout};

/// How many acts a preview spells out, and how many refused rows.
const SHOWN_MAX: usize = 20;

/// Options of `tx sheet`.
#[derive(Debug, Args)]
#[command(long_about = "\
Enter one act a row from a CSV (UTF-8 or GB18030) or XLSX sheet 表格批量办理.\n\n\
The first row holds the headers, in Chinese or as the act calls its fields; `--columns` lists\n\
them. A list stands in one cell, apart by ;, or in columns with numbers. Amounts name their\n\
unit in the header, 金额(元) or 金额(万元), in a column 金额单位, or by\n\
--unit, and are exact to the fen. Nothing is sent while a row is refused, unless --skip-bad.\n\
Begin with --dry-run: it prints what every row will do and the totals.\n\n\
Each act goes into the outbox before it is sent; the same sheet again goes on where it stopped\n\
and enters nothing twice. FILE.outcomes.csv says what became of each row; of donations it also\n\
holds the receipt codes, which stand nowhere else.")]
pub struct SheetArguments {
    /// The sheet
    pub file: PathBuf,
    /// The act of every row: module.act
    #[arg(long)]
    pub act: String,
    /// List the columns of the act, and end
    #[arg(long)]
    pub columns: bool,
    /// The workbook's sheet, where it has several
    #[arg(long)]
    pub sheet: Option<String>,
    /// A header that stands for a field: 表头=field; as often as needed
    #[arg(long, value_parser = parse_map)]
    pub map: Vec<(String, String)>,
    /// Unit of amounts whose header names none: 分, 元, 万元 or 亿元
    #[arg(long, value_parser = parse_unit)]
    pub unit: Option<Unit>,
    /// The organisation that acts (统一社会信用代码)
    #[arg(long, required_unless_present = "columns")]
    pub organization: Option<OrganizationCode>,
    /// A node, such as http://127.0.0.1:26800; a dry run without one knows no names
    #[arg(long, required_unless_present_any = ["dry_run", "columns"])]
    pub url: Option<String>,
    /// The key file of the officer who signs
    #[arg(long, required_unless_present_any = ["dry_run", "columns"])]
    pub key: Option<PathBuf>,
    /// File with the key file's passphrase; asked for when left out
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
    /// Only say what would be sent
    #[arg(long)]
    pub dry_run: bool,
    /// Send the good rows although others are refused
    #[arg(long)]
    pub skip_bad: bool,
    /// Where the outcome of each row is written; FILE.outcomes.csv when left out
    #[arg(long)]
    pub outcomes: Option<PathBuf>,
    /// How to speak
    #[command(flatten)]
    pub manner: Manner,
}

fn parse_map(text: &str) -> Result<(String, String), String> {
    let (title, field) = text.split_once('=').ok_or("--map is 表头=field")?;
    Ok((title.to_owned(), field.to_owned()))
}

fn parse_unit(text: &str) -> Result<Unit, String> {
    Unit::parse(text).map_err(|error| error.to_string())
}

/// Organisations by registered name.
#[derive(Default)]
struct ByName(BTreeMap<String, Vec<OrganizationCode>>);

impl ByName {
    async fn of(client: &Client) -> anyhow::Result<Self> {
        let (mut names, mut paging) = (Self::default(), Paging::default());
        loop {
            let page = client.organizations(&paging).await?;
            for view in page.items {
                if let Some(name) = view.organization["name"].as_str() {
                    names.0.entry(name.to_owned()).or_default().push(view.code);
                }
            }
            match page.next {
                Some(next) => paging.after = Some(next),
                None => return Ok(names),
            }
        }
    }
}

impl Registered for ByName {
    fn named(&self, name: &str) -> Vec<OrganizationCode> {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// Runs the command.
pub fn run(arguments: SheetArguments) -> anyhow::Result<()> {
    let layout = match columns::form(&arguments.act) {
        Some(form) => Columns::Form(form),
        None => Columns::Schema(Schema::of(&arguments.act)?),
    };
    if arguments.columns {
        layout.list();
        return Ok(());
    }
    let table = crate::desk::sheet::read(&arguments.file, arguments.sheet.as_deref())
        .with_context(|| arguments.file.display().to_string())?;
    let signer = arguments.organization.context("--organization is missing")?;
    block_on(async {
        let client = arguments.url.as_deref().map(Client::new).transpose()?;
        let registered = match &client {
            Some(client) => ByName::of(client).await?,
            None => ByName::default(),
        };
        // A dry run commits to nothing, so it needs no secret.
        let outbox = match arguments.dry_run {
            true => None,
            false => Some(Outbox::open(&arguments.manner.outbox()?)?),
        };
        let secret = outbox.as_ref().map_or(Ok([0; 32]), Outbox::secret)?;
        let salts = Salts::new(&secret);
        let (map, unit, registered) = (arguments.map.as_slice(), arguments.unit, &registered);
        let built = match &layout {
            Columns::Form(form) => {
                let reading = Reading { form, map, unit, signer, registered, salts };
                build::build(&table, &reading)?
            }
            Columns::Schema(schema) => {
                let reading = schema::fill::Reading { schema, map, unit, registered };
                schema::fill::build(&table, &reading)?
            }
        };
        show(&arguments.manner, client.as_ref(), &built).await?;
        let bad = built.refused.len();
        let (Some(client), Some(outbox)) = (client, outbox) else {
            anyhow::ensure!(bad == 0, "{bad} rows are refused 行有误");
            return Ok(());
        };
        anyhow::ensure!(
            bad == 0 || arguments.skip_bad,
            "{bad} rows are refused; nothing was sent. Mend them, or pass --skip-bad 未提交任何业务"
        );
        send(&arguments, client, outbox, signer, &built).await
    })
}

/// The columns of an act: those of its form, or what its example says.
enum Columns {
    Form(&'static Form),
    Schema(Schema),
}

impl Columns {
    fn list(&self) {
        let columns: Vec<(String, String, bool)> = match self {
            Self::Form(form) => {
                let columns = form.columns.iter();
                let named = columns.map(|column| {
                    let is_needed = column.missing == columns::Missing::Refused;
                    (column.headers.join("/"), column.path.to_owned(), is_needed)
                });
                named.collect()
            }
            Self::Schema(schema) => {
                let all = schema.columns();
                let headers = layout::headers(&all);
                let named = all.iter().zip(headers).map(|(column, headers)| {
                    (headers.join("/"), column.path.clone(), column.is_needed)
                });
                named.collect()
            }
        };
        for (headers, path, is_needed) in columns {
            let need = if is_needed { "必填 needed" } else { "可空 may be empty" };
            println!("{headers} {path} ({need})");
        }
        println!(
            "业务编号 client_reference (可空 may be empty)\n金额单位 unit_of_amount (可空 may be \
             empty)\n# 为序号,从1起 # is a number from 1 on"
        );
    }
}

/// What the sheet comes to, before anything is signed.
async fn show(manner: &Manner, client: Option<&Client>, built: &Built) -> anyhow::Result<()> {
    let language = manner.lang;
    let mut names = Directory::default();
    for act in built.acts.iter().take(SHOWN_MAX) {
        if let Some(client) = client {
            names.learn(client, &[serde_json::to_value(&act.call)?]).await?;
        }
        let said = words::call(&act.call, &names);
        manner.say(&format!("{}: {}", act.row, language.pick(&said)));
    }
    if built.acts.len() > SHOWN_MAX {
        manner.say("…");
    }
    for error in built.refused.iter().take(SHOWN_MAX) {
        eprintln!("! {error}");
    }
    if built.refused.len() > SHOWN_MAX {
        eprintln!("! … {} more", built.refused.len() - SHOWN_MAX);
    }
    if !built.ignored.is_empty() {
        let ignored = built.ignored.join(", ");
        manner.say(&format!("{}: {ignored}", language.say("未使用的列", "columns not used")));
    }
    let total = built.total().context("the amounts are more than the ledger counts")?;
    manner.say(&summary(language, built, total));
    Ok(())
}

fn summary(language: Language, built: &Built, total: Fen) -> String {
    let (count, bad) = (built.acts.len(), built.refused.len());
    let (yuan, wan) = (words::yuan(total.get()), total.display_in(Unit::TenThousandYuan));
    match language {
        Language::Zh => format!("共{count}笔,合计{yuan}元 = {wan}万元;{bad}行有误"),
        Language::En => {
            format!("{count} acts, CNY {yuan} = {wan} × 10,000 in all; {bad} rows refused")
        }
    }
}

async fn send(
    arguments: &SheetArguments,
    client: Client,
    outbox: Outbox,
    signer: OrganizationCode,
    built: &Built,
) -> anyhow::Result<()> {
    let manner = &arguments.manner;
    manner.confirm(manner.lang.say("签署并提交以上业务?", "Sign and send these acts?"))?;
    let passphrase = crate::cli::passphrase(arguments.passphrase_file.as_deref())?;
    let key_file = arguments.key.as_deref().context("--key is missing")?;
    let key = KeyFile::read(key_file, KeyKind::Officer, &passphrase)?;
    let path = arguments.outcomes.clone().unwrap_or_else(|| beside(&arguments.file));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).with_context(|| path.display().to_string())?;
    // The mark by which spreadsheet programs know UTF-8.
    write!(file, "\u{FEFF}{}", run::OUTCOME_HEADER)?;
    let mut office = Office::open(client, outbox).await?;
    let bar = progress(built.acts.len());
    let mut tally = Tally::default();
    let entered = run::enter(&mut office, &key, signer, &built.acts, |act, outcome| {
        tally.count(outcome);
        bar.inc(1);
        file.write_all(run::outcome_line(act, outcome).as_bytes())
    });
    let unpublished = entered.await?;
    file.sync_all()?;
    bar.finish_and_clear();
    for run::Unpublished { row, error } in unpublished.iter().take(SHOWN_MAX) {
        eprintln!(
            "! 第{row}行 row {row}: 姓名未送交,不会公开 the name was not handed over: {error}"
        );
    }
    let left = tally.left();
    let done = built.acts.len() - left;
    if manner.json {
        let said = serde_json::json!({ "taken": done, "not_taken": left, "outcomes": path });
        println!("{said}");
    }
    manner.say(&match manner.lang {
        Language::Zh => format!("已提交{done}笔,{left}笔未被接受;逐行结果见 {}", path.display()),
        Language::En => format!("{done} taken, {left} not; each row: {}", path.display()),
    });
    tally.conclude(manner.lang)?;
    let hidden = unpublished.len();
    anyhow::ensure!(
        hidden == 0,
        "{hidden} names were not handed over: enter the sheet again 个姓名未送交,请再次提交本表"
    );
    Ok(())
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".outcomes.csv");
    file.with_file_name(name)
}

fn progress(acts: usize) -> ProgressBar {
    let bar = ProgressBar::new(acts as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} acts {eta}") {
        bar.set_style(style);
    }
    bar
}
