//! The invented papers that acts name: handed over to the node, so that no hash stands for nothing.

use minglian_client::Client;
use minglian_ledger::deposit::{Class, Content, Deposit, DepositBody, MediaType};
use minglian_ledger::transaction::ChainId;

use super::keyring::Keyring;
use super::notices::{paper, paper_text};
use super::plan::Plan;
use super::script::Act;

/// Hands over the papers of all applied acts; what the node has already stays as it is.
pub async fn hand_over(
    client: &Client,
    plan: &Plan,
    keyring: &Keyring,
    chain_id: &ChainId,
) -> anyhow::Result<()> {
    let acts = plan.phases.iter().flat_map(|phase| phase.threads.iter().flatten());
    for act in acts.filter(|act| act.expected == 0) {
        for title in &act.papers {
            let (deposit, text) = deposit(act, title, keyring, chain_id)?;
            client.upload_body(&deposit, text.into_bytes()).await?;
        }
    }
    Ok(())
}

/// A paper with what its author signs for it.
fn deposit(
    act: &Act,
    title: &str,
    keyring: &Keyring,
    chain_id: &ChainId,
) -> anyhow::Result<(Deposit, String)> {
    let text = paper_text(title);
    let author = act.signers.first().ok_or_else(|| anyhow::anyhow!("{title}: no signer"))?;
    let officer = keyring.officer(*author)?;
    let content = Content::Attachment {
        hash: paper(title),
        media_type: MediaType::Text,
        bytes: text.len() as u64,
    };
    let (chain_id, organization) = (chain_id.clone(), officer.organization);
    let body = DepositBody { chain_id, organization, class: Class::Public, content };
    Ok((Deposit::sign(body, &officer.key), text))
}
