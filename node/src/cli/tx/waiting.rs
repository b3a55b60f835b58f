//! Acts that wait: listing them, and the steps on them.

use clap::Args;
use minglian_client::Client;
use minglian_client::key_file::KeyFile;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::TransactionId;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;

use super::act::{checked_reference, enter};
use super::{Manner, Signer, Tally, block_on};
use crate::desk::language::Language;
use crate::desk::names::Directory;
use crate::desk::office::Office;
use crate::desk::opinion;
use crate::desk::outbox::Outbox;
use crate::desk::public_name;
use crate::desk::sheet::cells::Salts;
use crate::desk::waiting::{self, Filter};

/// Options of `tx pending`.
#[derive(Debug, Args)]
pub struct PendingArguments {
    /// A node, such as http://127.0.0.1:26800
    #[arg(long)]
    pub url: String,
    /// Only what this organisation proposed, signed, or can sign next
    #[arg(long)]
    pub organization: Option<OrganizationCode>,
    /// Only what an officer of this role signs next: maker 经办, checker 复核, payer 支付,
    /// governor 管理
    #[arg(long, value_parser = parse_role)]
    pub role: Option<Role>,
    /// Print JSON for programs
    #[arg(long)]
    pub json: bool,
    /// 语言 language
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
}

/// Options of a step on an act that waits.
#[derive(Debug, Args)]
pub struct StepArguments {
    /// The acts: the hashes that `tx pending` prints, one or several; the first 8 characters or
    /// more of one do, if no other act that waits begins so
    #[arg(required = true)]
    pub proposals: Vec<String>,
    /// Who signs, and where to
    #[command(flatten)]
    pub signer: Signer,
    /// How to speak
    #[command(flatten)]
    pub manner: Manner,
}

/// Options of `tx reject`.
#[derive(Debug, Args)]
pub struct RejectArguments {
    /// The act and who signs
    #[command(flatten)]
    pub step: StepArguments,
    /// Why. It does not enter the ledger, which holds a salted commitment to it; the text is kept
    /// beside the outbox
    #[arg(long)]
    pub reason: Option<String>,
}

/// What is done to an act that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The next step is taken.
    Approve,
    /// The proposer takes it back.
    Withdraw,
    /// A vote is taken back.
    Retract,
}

/// How an act is named without writing all of its hash.
const SHORT: (&str, &str) = (
    "审批、否决时业务号可只写前 8 位,与其他待办相同时请多写几位",
    "to approve or reject, the first 8 characters do, or more where two begin alike",
);

fn parse_role(text: &str) -> Result<Role, String> {
    match text {
        "maker" | "经办" => Ok(Role::Maker),
        "checker" | "复核" => Ok(Role::Checker),
        "payer" | "支付" => Ok(Role::Payer),
        "governor" | "管理" => Ok(Role::Governor),
        _ => Err("a role is maker 经办, checker 复核, payer 支付 or governor 管理".to_owned()),
    }
}

/// Lists what waits.
pub fn pending(arguments: PendingArguments) -> anyhow::Result<()> {
    let PendingArguments { url, organization, role, json, lang } = arguments;
    block_on(async {
        let client = Client::new(&url)?;
        let organization = match organization {
            Some(code) => Some((code, kind_of(&client, &code).await?)),
            None => None,
        };
        let filter = Filter { organization, role };
        let found = waiting::list(&client, &filter, &mut Directory::default()).await?;
        if json {
            println!("{}", serde_json::to_string_pretty(&found)?);
            return Ok(());
        }
        if found.is_empty() {
            println!("{}", lang.say("没有待办业务", "nothing waits"));
        }
        for act in &found {
            println!("{}\n", act.to_text(lang));
        }
        if !found.is_empty() {
            println!("{}", lang.say(SHORT.0, SHORT.1));
        }
        Ok(())
    })
}

async fn kind_of(client: &Client, code: &OrganizationCode) -> anyhow::Result<OrganizationKind> {
    let detail = client.organization(code, None).await?;
    Ok(serde_json::from_value(detail.organization.organization["kind"].clone())?)
}

/// Takes a step on an act that waits.
pub fn step(arguments: StepArguments, step: Step) -> anyhow::Result<()> {
    let name = match step {
        Step::Approve => "approve",
        Step::Withdraw => "withdraw",
        Step::Retract => "retract",
    };
    take(arguments, name, |_, proposal| {
        Ok(Call::Approval(match step {
            Step::Approve => approval::Call::Approve { proposal },
            Step::Withdraw => approval::Call::Withdraw { proposal },
            Step::Retract => approval::Call::Retract { proposal },
        }))
    })
}

/// Rejects an act that waits.
pub fn reject(arguments: RejectArguments) -> anyhow::Result<()> {
    let RejectArguments { step, reason } = arguments;
    take(step, "reject", |outbox, proposal| {
        let mut opinion = None;
        if let Some(reason) = &reason {
            // The same rejection again is the same act.
            let secret = outbox.secret()?;
            let salt = Salts::new(&secret).derive("opinion", &proposal.to_string(), reason);
            opinion = Some(opinion::keep(&outbox.openings(), reason, salt)?);
        }
        Ok(Call::Approval(approval::Call::Reject { proposal, opinion }))
    })
}

/// Shows each act that waits, then signs the step on it. A step's reference names act and key, so
/// that taking it twice takes it once.
fn take(
    arguments: StepArguments,
    name: &str,
    call: impl Fn(&Outbox, TransactionId) -> anyhow::Result<Call>,
) -> anyhow::Result<()> {
    let StepArguments { proposals, signer, manner } = arguments;
    let public: PublicKey = KeyFile::public_key(&signer.key.key)?;
    let public = public.to_string();
    block_on(async {
        let mut office = signer.office(&manner).await?;
        let (mut key, mut tally) = (None, Tally::default());
        // All are known before the first is signed.
        let mut acts = Vec::new();
        for proposal in &proposals {
            acts.push(waiting::resolve(&office.client, proposal).await?);
        }
        for proposal in &acts {
            show(&mut office, &manner, proposal).await?;
            let call = call(&office.outbox, *proposal)?;
            let reference = format!("{name}/{proposal}/{}", public.get(..16).unwrap_or_default());
            let reference = checked_reference(reference)?;
            let outcome = enter(&office, &signer, &manner, reference, &call, &mut key).await?;
            // Each is said before the next is asked about.
            manner.show(&outcome)?;
            tally.count(&outcome);
        }
        tally.conclude(manner.lang)
    })
}

async fn show(
    office: &mut Office,
    manner: &Manner,
    proposal: &TransactionId,
) -> anyhow::Result<()> {
    match waiting::find(&office.client, proposal, &mut office.names).await {
        Ok(found) => {
            manner.say(&found.preview.to_text(manner.lang));
            manner.say(&found.standing(manner.lang));
            for commitment in public_name::going_with(&office.client, &found.call).await {
                manner.say(&public_name::with_approval(&commitment, manner.lang));
            }
        }
        // The ledger says so too, with its code; or the step was taken already.
        Err(waiting::WaitingError::Client(error)) if error.is_vacant() => {
            manner.say(manner.lang.say("该业务已不在待办之列", "this act waits no more"));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
