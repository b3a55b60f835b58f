//! `minglian tx`: acts, from an example to their place in the ledger.

pub mod act;
mod obligations;
mod sheet;
mod verifier;
mod waiting;

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use minglian_client::Client;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_contracts::call::Call;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::organization_code::OrganizationCode;

use super::{KeyOptions, Unconfirmed};
use crate::desk::catalogue;
use crate::desk::language::Language;
use crate::desk::office::Office;
use crate::desk::outbox::Outbox;
use crate::desk::outcome::Outcome;

/// Largest file with one act, in bytes.
const CALL_BYTES_MAX: u64 = 1024 * 1024;

/// How an act comes about.
pub const HELP: &str = "\
五分钟上手 Five minutes:

  minglian tx calls                              有哪些业务 every act, and who signs it
  minglian tx example payment.instruct > a.json  取一个样例 an example to fill in
  minglian tx preview --call a.json              读懂它 what it will do, in words
  minglian tx send --url http://127.0.0.1:26800 --key maker.json \\
      --organization 12341122MB0000001X --reference 凭证2026-001 --call a.json
                                                 预览、确认、签署、提交 preview, sign, send
  minglian tx pending --url … --organization …   等谁审批 what waits for whom
  minglian tx approve HASH --url … --key checker.json --organization …
                                                 复核人审批 another officer approves
  minglian tx sheet 捐赠.xlsx --act charity.donate --organization … --dry-run
                                                 一行一笔 one act a row

Amounts in a file are in fen (分), as text: \"amount\": \"1362700\" is 13,627.00 元. The preview
shows 元 and 万元: read them before you sign. Nothing is lost when a connection breaks: the signed
act is in the outbox, and `minglian tx resend` sends the same bytes again.";

/// What to do with acts.
#[derive(Debug, Subcommand)]
pub enum TxCommand {
    /// List every act, what it is and who signs it 业务清单
    Calls {
        /// Only acts whose name begins so, such as `charity` or `payment.pay`
        #[arg(default_value = "")]
        begins_with: String,
        /// 语言 language
        #[arg(long, value_enum, default_value_t)]
        lang: Language,
    },
    /// Print a complete example of an act as JSON 样例
    Example {
        /// Its name: module.act, as `tx calls` lists it
        name: String,
    },
    /// Say in words what an act will do; signs nothing 预览
    Preview(act::PreviewArguments),
    /// Preview, sign and send an act, and say what became of it 签署并提交
    Send(act::SendArguments),
    /// Send again what an interrupted `send` left in the outbox; does nothing twice 安全重发
    Resend(act::ResendArguments),
    /// List acts that wait for officers 待办业务
    Pending(waiting::PendingArguments),
    /// List what an organisation must make public, and how it stands 公开义务
    #[command(after_help = obligations::HELP)]
    Obligations(obligations::ObligationsArguments),
    /// Take the next step of an act that waits 审批
    Approve(waiting::StepArguments),
    /// End an act that waits, with a reason that stays outside the ledger 否决
    Reject(waiting::RejectArguments),
    /// Withdraw an act that the own organisation proposed 撤回
    Withdraw(waiting::StepArguments),
    /// Take the own organisation's vote back, where governors decide 撤回表决
    Retract(waiting::StepArguments),
    /// Enter one act a row from a CSV or XLSX sheet 表格批量办理
    Sheet(Box<sheet::SheetArguments>),
    /// State on the ledger which file is the offline verifier, and hand it to the nodes 离线核验程序
    Verifier(verifier::VerifierArguments),
    /// Sign a call and send it without questions; prints the receipt as JSON
    Submit(act::SubmitArguments),
}

/// Who signs, and where to.
#[derive(Debug, Args)]
pub struct Signer {
    /// A node, such as http://127.0.0.1:26800
    #[arg(long)]
    pub url: String,
    /// Who signs
    #[command(flatten)]
    pub key: KeyOptions,
    /// The organisation that acts (统一社会信用代码)
    #[arg(long)]
    pub organization: OrganizationCode,
}

/// How the command speaks and where it keeps things.
#[derive(Debug, Args)]
pub struct Manner {
    /// Do not ask before signing: for scripts
    #[arg(long)]
    pub yes: bool,
    /// Print JSON for programs; needs --yes where something is signed
    #[arg(long)]
    pub json: bool,
    /// 语言 language
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
    /// Directory of signed acts; by default minglian/outbox below $XDG_STATE_HOME
    #[arg(long)]
    pub outbox: Option<PathBuf>,
}

/// Runs the command.
pub fn run(command: TxCommand) -> anyhow::Result<()> {
    match command {
        TxCommand::Calls { begins_with, lang } => calls(&begins_with, lang),
        TxCommand::Example { name } => {
            let act = catalogue::act(&name)?;
            println!("{}", serde_json::to_string_pretty(&act.example)?);
            Ok(())
        }
        TxCommand::Preview(arguments) => act::preview(arguments),
        TxCommand::Send(arguments) => act::send(arguments),
        TxCommand::Resend(arguments) => act::resend(arguments),
        TxCommand::Pending(arguments) => waiting::pending(arguments),
        TxCommand::Obligations(arguments) => obligations::run(arguments),
        TxCommand::Approve(arguments) => waiting::step(arguments, waiting::Step::Approve),
        TxCommand::Reject(arguments) => waiting::reject(arguments),
        TxCommand::Withdraw(arguments) => waiting::step(arguments, waiting::Step::Withdraw),
        TxCommand::Retract(arguments) => waiting::step(arguments, waiting::Step::Retract),
        TxCommand::Sheet(arguments) => sheet::run(*arguments),
        TxCommand::Verifier(arguments) => verifier::run(arguments),
        TxCommand::Submit(arguments) => act::submit(arguments),
    }
}

fn calls(begins_with: &str, language: Language) -> anyhow::Result<()> {
    let acts = catalogue::acts()?;
    let mut wanted = acts.iter().filter(|act| act.name.starts_with(begins_with)).peekable();
    anyhow::ensure!(wanted.peek().is_some(), "no act begins with {begins_with:?}");
    for act in wanted {
        print!("{}", catalogue::line(act, language));
    }
    Ok(())
}

/// Runs what talks to a node.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Reads one act from a file, or from the standard input if it is `-`.
fn read_call(path: &Path) -> anyhow::Result<Call> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().take(CALL_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(path);
        let file = file.with_context(|| format!("reading {}", path.display()))?;
        file.take(CALL_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    }
    anyhow::ensure!(bytes.len() as u64 <= CALL_BYTES_MAX, "the act has more than a megabyte");
    catalogue::read(&bytes).with_context(|| path.display().to_string())
}

impl Signer {
    /// An office at the node, with this manner's outbox.
    pub async fn office(&self, manner: &Manner) -> anyhow::Result<Office> {
        let outbox = Outbox::open(&manner.outbox()?)?;
        Ok(Office::open(Client::new(&self.url)?, outbox).await?)
    }

    pub(super) fn unlock(&self) -> anyhow::Result<SigningKey> {
        let passphrase = super::passphrase(self.key.passphrase_file.as_deref())?;
        Ok(KeyFile::read(&self.key.key, KeyKind::Officer, &passphrase)?)
    }
}

impl Manner {
    fn outbox(&self) -> anyhow::Result<PathBuf> {
        if let Some(directory) = &self.outbox {
            return Ok(directory.clone());
        }
        let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
        let state = state.filter(|path| path.is_absolute()).or_else(home);
        Ok(state
            .context("neither $XDG_STATE_HOME nor $HOME is set: name --outbox")?
            .join("minglian/outbox"))
    }

    /// What is said before the result. Programs read the result alone.
    pub fn say(&self, text: &str) {
        if !self.json {
            println!("{text}");
        }
    }

    /// Asks whether to go on.
    fn confirm(&self, question: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        let is_terminal = io::stdin().is_terminal();
        anyhow::ensure!(
            is_terminal && !self.json,
            "nobody can be asked: read the preview and pass --yes 无法询问,请核对后加 --yes"
        );
        print!("{question} [y/N] ");
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        let said_yes = matches!(answer.trim(), "y" | "Y" | "yes" | "是");
        anyhow::ensure!(said_yes, "nothing was signed 未签署");
        Ok(())
    }

    fn show(&self, outcome: &Outcome) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(outcome)?);
        } else {
            println!("{}", outcome.to_text(self.lang));
        }
        Ok(())
    }

    /// Prints what became of an act; one that the ledger did not take is an error, and one that is
    /// not in a block yet is [`Unconfirmed`].
    pub fn conclude(&self, outcome: &Outcome) -> anyhow::Result<()> {
        self.show(outcome)?;
        let mut tally = Tally::default();
        tally.count(outcome);
        tally.conclude(self.lang)
    }
}

/// What became of the acts of one command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    acts: usize,
    refused: usize,
    unconfirmed: usize,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        self.acts += 1;
        match (outcome.is_taken(), outcome.is_settled()) {
            (true, _) => {}
            (false, true) => self.refused += 1,
            (false, false) => self.unconfirmed += 1,
        }
    }

    /// How many the ledger is not known to have taken.
    fn left(self) -> usize {
        self.refused + self.unconfirmed
    }

    fn conclude(self, language: Language) -> anyhow::Result<()> {
        let Self { acts, refused, unconfirmed } = self;
        if refused > 0 {
            let said = language.say("业务未被账本接受", "the ledger did not take the act");
            let more = match unconfirmed {
                0 => String::new(),
                _ => format!("; {unconfirmed} {}", language.say("笔尚未确认", "not confirmed yet")),
            };
            anyhow::bail!("{said} ({refused}/{acts}{more})");
        }
        if unconfirmed == 0 {
            return Ok(());
        }
        Err(Unconfirmed::new(match language {
            Language::Zh => format!(
                "结果待定 ({unconfirmed}/{acts}):业务已签署并保存,可能入账,请勿另行录入;\
                 稍后用 minglian tx resend 查询并重发"
            ),
            Language::En => format!(
                "outcome open ({unconfirmed}/{acts}): what was signed is kept and may yet be \
                 entered, so do not enter it another time; `minglian tx resend` asks and sends it"
            ),
        })
        .into())
    }
}
