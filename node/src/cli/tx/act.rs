//! One act: preview, send, send again.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use minglian_client::Client;
use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::naming::Thing;
use minglian_ledger::block::Header;
use minglian_ledger::deposit;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::transaction::ClientReference;

use super::{Manner, Signer, Tally, block_on, read_call};
use crate::desk::kept_apart;
use crate::desk::language::Language;
use crate::desk::names::Directory;
use crate::desk::office::{self, Known, Office, OfficeError, WAIT};
use crate::desk::outbox::Outbox;
use crate::desk::outcome::Outcome;
use crate::desk::preview;
use crate::desk::public_name;
use crate::desk::sheet::cells::Opening;

/// Options of `tx preview`.
#[derive(Debug, Args)]
pub struct PreviewArguments {
    /// File with the act as JSON; - for the standard input
    #[arg(long)]
    pub call: PathBuf,
    /// A node that knows the organisations' names
    #[arg(long)]
    pub url: Option<String>,
    /// Print JSON for programs
    #[arg(long)]
    pub json: bool,
    /// 语言 language
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
}

/// Options of `tx send`.
#[derive(Debug, Args)]
pub struct SendArguments {
    /// Who signs, and where to
    #[command(flatten)]
    pub signer: Signer,
    /// The organisation's own reference, unique for ever: 文号 and line, voucher number … The same
    /// act under the same reference is entered once, however often it is sent
    #[arg(long)]
    pub reference: String,
    /// File with the act as JSON; - for the standard input
    #[arg(long)]
    pub call: PathBuf,
    /// File with a name behind a commitment of the act, for everybody to see once the act took
    /// effect: whoever is named has agreed 同意公开的姓名,业务生效后公开
    #[arg(long, requires = "public_salt")]
    pub public_name: Option<PathBuf>,
    /// The salt that `minglian deposit commit` printed for that name
    #[arg(long, requires = "public_name")]
    pub public_salt: Option<String>,
    /// How to speak
    #[command(flatten)]
    pub manner: Manner,
}

/// Options of `tx submit`.
#[derive(Debug, Args)]
pub struct SubmitArguments {
    /// Who signs, and where to
    #[command(flatten)]
    pub signer: Signer,
    /// The organisation's own reference, unique for ever: 文号 and line, voucher number …
    #[arg(long)]
    pub reference: String,
    /// File with the call as JSON (`minglian tx example` prints each)
    #[arg(long)]
    pub call: PathBuf,
}

/// Options of `tx resend`.
#[derive(Debug, Args)]
pub struct ResendArguments {
    /// Another node than the one to which each act was to go
    #[arg(long)]
    pub url: Option<String>,
    /// How to speak
    #[command(flatten)]
    pub manner: Manner,
}

/// Says what an act will do.
pub fn preview(arguments: PreviewArguments) -> anyhow::Result<()> {
    let PreviewArguments { call, url, json, lang } = arguments;
    let call = read_call(&call)?;
    preview::check(&call)?;
    let mut names = Directory::default();
    if let Some(url) = url {
        let value = serde_json::to_value(&call)?;
        let client = Client::new(&url)?;
        block_on(async { Ok(names.learn(&client, &[value]).await?) })?;
    }
    let preview = preview::of(&call, &names);
    if json {
        println!("{}", serde_json::to_string_pretty(&preview)?);
    } else {
        println!("{}", preview.to_text(lang));
    }
    Ok(())
}

/// Previews, signs and sends an act.
pub fn send(arguments: SendArguments) -> anyhow::Result<()> {
    let SendArguments { signer, reference, call, public_name, public_salt, manner } = arguments;
    let call = read_call(&call)?;
    preview::check(&call)?;
    let reference = checked_reference(reference)?;
    let public = public_name.zip(public_salt);
    let public = public.map(|(name, salt)| named(&call, &name, &salt)).transpose()?;
    block_on(async {
        let mut office = signer.office(&manner).await?;
        office.learn(&call).await?;
        manner.say(&preview::of(&call, &office.names).to_text(manner.lang));
        if let Some(opening) = &public {
            manner.say(&public_name::before(&opening.commitment, manner.lang));
        }
        let mut key = None;
        let outcome = enter(&office, &signer, &manner, reference, &call, &mut key).await?;
        if let Some(opening) = public {
            if outcome.is_taken() {
                let key = key.map_or_else(|| signer.unlock(), Ok)?;
                let published = office.publish(&key, signer.organization, &opening).await;
                if published.as_ref().is_err_and(|it| public_name::is_of_no_use(&outcome, it)) {
                    manner.say(public_name::of_no_use(manner.lang));
                    return manner.conclude(&outcome);
                }
                published.with_context(|| public_name::not_handed_over(manner.lang))?;
            }
            manner.say(public_name::after(&outcome, manner.lang));
        }
        manner.conclude(&outcome)
    })
}

/// The opening of a commitment that an act names.
fn named(call: &Call, name: &Path, salt: &str) -> anyhow::Result<Opening> {
    let text = crate::cli::deposit::read_text(name)?;
    let salt = crate::cli::deposit::read_salt(salt)?;
    let commitment = deposit::commit(&salt, &text);
    anyhow::ensure!(
        contents::of(call).things.contains(&Thing::Opening(commitment)),
        "the act does not name {commitment}, to which name and salt lead 承诺与业务不符"
    );
    anyhow::ensure!(
        !kept_apart::call_holds(call, &text),
        "a text of the act holds the name too, and no order could take it off the ledger: leave it \
         out there 业务的其他文字中含有该姓名,入账后无法删除,请删去"
    );
    Ok(Opening { commitment, salt, text, is_public: true })
}

/// Signs and sends an act that was shown, unless it was sent before. The key is unlocked when it
/// is first needed, and kept in `key`.
pub async fn enter(
    office: &Office,
    signer: &Signer,
    manner: &Manner,
    reference: ClientReference,
    call: &Call,
    key: &mut Option<SigningKey>,
) -> anyhow::Result<Outcome> {
    match office.known(&signer.organization, &reference, call).await? {
        Known::Settled(outcome) => {
            let known = "该业务此前已提交,未重复办理";
            manner.say(manner.lang.say(known, "it was sent before; nothing is done twice"));
            Ok(*outcome)
        }
        Known::Signed(transaction) => {
            let known = "该业务此前已签署,现重发同一份";
            manner.say(manner.lang.say(known, "it was signed before; the same bytes are sent"));
            Ok(office.deliver(&transaction).await?)
        }
        Known::Nothing => {
            manner.confirm(manner.lang.say("签署并提交?", "Sign and send?"))?;
            let key = match key {
                Some(key) => key,
                None => key.insert(signer.unlock()?),
            };
            let transaction = office.sign(key, signer.organization, reference, call);
            Ok(office.deliver(&transaction).await?)
        }
    }
}

/// Sends again what waits in the outbox.
pub fn resend(arguments: ResendArguments) -> anyhow::Result<()> {
    let ResendArguments { url, manner } = arguments;
    let outbox = Outbox::open(&manner.outbox()?)?;
    let entries = outbox.entries()?;
    if entries.is_empty() {
        manner.say(manner.lang.say("发件箱是空的", "the outbox is empty"));
    }
    block_on(async {
        let mut tally = Tally::default();
        for entry in &entries {
            let url = url.as_deref().unwrap_or(&entry.url);
            let head = format!("{} {}", entry.organization, entry.client_reference);
            manner.say(&head);
            let outcome = match Office::open(Client::new(url)?, outbox.clone()).await {
                Ok(office) => office.send(entry).await?,
                // The next may be for a node that answers.
                Err(OfficeError::Client(error)) => {
                    Outcome::Unsettled { id: entry.id, detail: error.to_string() }
                }
                Err(error) => return Err(error.into()),
            };
            tally.count(&outcome);
            if manner.json {
                println!("{}", serde_json::to_string(&outcome)?);
            } else {
                println!("{}", outcome.to_text(manner.lang));
            }
        }
        tally.conclude(manner.lang)
    })
}

/// Signs a call and sends it; prints the answer.
pub fn submit(arguments: SubmitArguments) -> anyhow::Result<()> {
    let SubmitArguments { signer, reference, call } = arguments;
    let call = read_call(&call)?;
    preview::check(&call)?;
    let reference = checked_reference(reference)?;
    let key = signer.unlock()?;
    block_on(async {
        let client = Client::new(&signer.url)?;
        let Header { chain_id, height, .. } = client.latest_header().await?.header;
        let organization = signer.organization;
        let signed = office::sign(&chain_id, height, &key, organization, reference, &call);
        let receipt = client.submit_and_wait(&[signed.encode()], WAIT).await?;
        println!("{}", serde_json::to_string_pretty(&receipt)?);
        Ok(())
    })
}

/// A reference that an act may have.
pub fn checked_reference(reference: String) -> anyhow::Result<ClientReference> {
    anyhow::ensure!(!reference.trim().is_empty(), "the reference is empty 业务编号不能为空");
    ClientReference::new(reference).context("the reference")
}
