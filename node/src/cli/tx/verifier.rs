//! `minglian tx verifier`: an organisation says which file is the offline verifier.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use minglian_client::{Client, ClientError};
use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::offline_verifier::OfflineVerifier;
use minglian_contracts::words::Names as _;
use minglian_ledger::date;
use minglian_ledger::deposit::MediaType;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::organization_code::OrganizationCode;
use sha2::{Digest as _, Sha256};

use super::act::{checked_reference, enter};
use super::{Manner, Signer, block_on};
use crate::attachments::magic::Magic;
use crate::clock;
use crate::desk::preview;

/// Largest offline verifier, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What a node says if another organisation has named the file before.
const NAMED_BY_ANOTHER: &str = "not_named";

/// Options of `tx verifier`.
#[derive(Debug, Args)]
pub struct VerifierArguments {
    /// Who signs, and where to
    #[command(flatten)]
    pub signer: Signer,
    /// How to speak
    #[command(flatten)]
    pub manner: Manner,
    /// verify.html, built from source or taken from an explorer
    pub file: PathBuf,
}

/// States the file's hashes on the ledger, and hands the file to the node. The same file on the
/// same day is stated once.
pub fn run(arguments: VerifierArguments) -> anyhow::Result<()> {
    let VerifierArguments { signer, manner, file } = arguments;
    let bytes = read(&file)?;
    let attachment = AttachmentHash::of(&[&bytes]);
    let verifier = OfflineVerifier { sha256: Sha256::digest(&bytes).into(), attachment };
    let organization = signer.organization;
    block_on(async {
        let mut office = signer.office(&manner).await?;
        warn_a_stranger(&office.client, &organization, &manner).await?;
        office.names.learn_one(&office.client, organization).await?;
        let publisher = office.names.organization(&organization);
        let act = verifier.publish(&publisher, date::beijing_date(clock::now())?)?;
        let reference = checked_reference(act.metadata.index_number.to_string())?;
        let call = Call::Disclosure(disclosure::Call::Publish(act));
        manner.say(&preview::of(&call, &office.names).to_text(manner.lang));
        let mut key = None;
        let outcome = enter(&office, &signer, &manner, reference, &call, &mut key).await?;
        if outcome.is_taken() {
            let key = key.map_or_else(|| signer.unlock(), Ok)?;
            let attached = office.attach_text(&key, organization, bytes).await;
            attached
                .or_else(others)
                .context("the nodes do not have the file yet: run this again")?;
        }
        manner.conclude(&outcome)
    })
}

/// Explorers count statements of bureaus that run a validator.
async fn warn_a_stranger(
    client: &Client,
    organization: &OrganizationCode,
    manner: &Manner,
) -> anyhow::Result<()> {
    let validators = client.validators(None).await?.validators;
    if validators.iter().all(|member| member.validator.organization != *organization) {
        let said = "本单位不运行验证者:浏览器不采信这条记载";
        manner.say(
            manner.lang.say(said, "explorers will not count it: this is no validator's bureau"),
        );
    }
    Ok(())
}

/// That another bureau answers for the same file is no failure.
fn others(error: ClientError) -> Result<(), ClientError> {
    if error.code() == Some(NAMED_BY_ANOTHER) { Ok(()) } else { Err(error) }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let mut magic = Magic::new(MediaType::Text);
    let is_text = magic.look(&bytes) && magic.finish() && !bytes.is_empty();
    let path = path.display();
    ensure!(bytes.len() as u64 <= FILE_BYTES_MAX, "{path} has more than {FILE_BYTES_MAX} bytes");
    ensure!(is_text, "{path} is no text: give the file verify.html itself 请给出 verify.html 本身");
    Ok(bytes)
}
