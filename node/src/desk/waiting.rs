//! Acts that wait for officers: what each will do, who has signed, whose step is next.

use minglian_client::read::Paging;
use minglian_client::wire::{NextStepView, ProposalView};
use minglian_client::{Client, ClientError};
use minglian_contracts::actor::Signature;
use minglian_contracts::call::Call;
use minglian_contracts::proposal::Proposal;
use minglian_contracts::words::policy::role_english;
use minglian_contracts::words::{Names, party};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::TransactionId;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Serialize;

use super::language::{Language, plain};
use super::names::Directory;
use super::preview::{self, Preview};

/// Most acts that are listed.
pub const WAITING_MAX: usize = 10_000;

/// Fewest characters of a hash by which an act is named.
pub const PREFIX_MIN: usize = 8;

/// Why what waits cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum WaitingError {
    /// The node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An act of rules that this program does not know.
    #[error("the proposal {id} does not read: {reason}")]
    Malformed {
        /// Its name.
        id: TransactionId,
        /// Why.
        reason: serde_json::Error,
    },
    /// More than [`WAITING_MAX`] acts wait.
    #[error("more than {WAITING_MAX} acts wait: name an organisation")]
    TooMany,
    /// What is neither a hash nor the beginning of one.
    #[error(
        "{0:?} is no hash: give it whole, or its first {PREFIX_MIN} characters or more \
         业务号须写全,或至少写前 {PREFIX_MIN} 位"
    )]
    NoHash(String),
    /// Nothing that waits begins so.
    #[error("no act that waits begins with {0} 没有以此开头的待办业务")]
    NoneBegins(String),
    /// Several begin so.
    #[error(
        "several acts that wait begin with {0}: give more of the hash 有多笔待办以此开头,请多写几位"
    )]
    SeveralBegin(String),
}

/// One signature on an act that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// Whose officer.
    pub organization: OrganizationCode,
    /// Its name.
    pub name: String,
    /// In which role.
    pub role: Role,
}

/// An act that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The transaction that proposed it, by which it is approved.
    pub id: TransactionId,
    /// The act.
    #[serde(skip)]
    pub call: Call,
    /// What it will do.
    pub preview: Preview,
    /// Who has signed, the proposer first.
    pub signed: Vec<Signed>,
    /// Whose step is next, as the node says.
    pub next: Option<NextStepView>,
    /// The last day on which it can be approved.
    pub open_until: Date,
}

/// Which acts are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those that this organisation proposed or can sign next; all if none.
    pub organization: Option<(OrganizationCode, OrganizationKind)>,
    /// Those whose next step is this role's.
    pub role: Option<Role>,
}

impl Filter {
    fn takes(&self, view: &ProposalView, signatures: &[Signature]) -> bool {
        let next = view.next.as_ref();
        let has_role = self.role.is_none_or(|role| next.is_some_and(|next| next.role == role));
        let concerns = self.organization.is_none_or(|(code, kind)| {
            let own = signatures.iter().any(|signature| signature.organization == code);
            // With a role, the question is what its officer can sign now.
            let is_next = next.is_some_and(|next| next.concerns(&code, kind));
            if self.role.is_some() { is_next } else { own || is_next }
        });
        has_role && concerns
    }
}

/// Everything that waits at a node and that `filter` asks for, by name.
///
/// # Errors
/// [`WaitingError`].
pub async fn list(
    client: &Client,
    filter: &Filter,
    names: &mut Directory,
) -> Result<Vec<Waiting>, WaitingError> {
    let (mut found, mut paging) = (Vec::new(), Paging::default());
    loop {
        let page = client.proposals(&paging).await?;
        for view in page.items {
            let proposal = read(&view)?;
            if filter.takes(&view, &proposal.signatures) {
                found.push(describe(client, view, proposal, names).await?);
            }
            if found.len() > WAITING_MAX {
                return Err(WaitingError::TooMany);
            }
        }
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(found),
        }
    }
}

/// The act that `text` names: a whole hash, whether it waits or not, or the beginning of the hash
/// of one act that waits.
///
/// # Errors
/// [`WaitingError`] unless it is exactly one.
pub async fn resolve(client: &Client, text: &str) -> Result<TransactionId, WaitingError> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.len() < PREFIX_MIN || !is_hexadecimal {
        return Err(WaitingError::NoHash(text.chars().take(80).collect()));
    }
    let prefix = text.to_ascii_lowercase();
    let (mut found, mut looked_at, mut paging) = (None, 0, Paging::default());
    loop {
        let page = client.proposals(&paging).await?;
        looked_at += page.items.len();
        for id in page.items.iter().map(|view| view.id) {
            if id.to_string().starts_with(&prefix) && found.replace(id).is_some() {
                return Err(WaitingError::SeveralBegin(prefix));
            }
        }
        match page.next {
            Some(_) if looked_at > WAITING_MAX => return Err(WaitingError::TooMany),
            Some(next) => paging.after = Some(next),
            None => return found.ok_or(WaitingError::NoneBegins(prefix)),
        }
    }
}

/// One act that waits.
///
/// # Errors
/// [`WaitingError`]; the node's 404 if it waits no more.
pub async fn find(
    client: &Client,
    id: &TransactionId,
    names: &mut Directory,
) -> Result<Waiting, WaitingError> {
    let view = client.proposal(id).await?;
    let proposal = read(&view)?;
    describe(client, view, proposal, names).await
}

fn read(view: &ProposalView) -> Result<Proposal, WaitingError> {
    serde_json::from_value(view.proposal.clone())
        .map_err(|reason| WaitingError::Malformed { id: view.id, reason })
}

async fn describe(
    client: &Client,
    view: ProposalView,
    proposal: Proposal,
    names: &mut Directory,
) -> Result<Waiting, WaitingError> {
    names.learn(client, std::slice::from_ref(&view.proposal)).await?;
    let signed = proposal.signatures.iter().map(|signature| Signed {
        organization: signature.organization,
        name: names.organization(&signature.organization),
        role: signature.role,
    });
    Ok(Waiting {
        id: view.id,
        signed: signed.collect(),
        preview: preview::of(&proposal.call, names),
        next: view.next,
        open_until: proposal.open_until,
        call: proposal.call,
    })
}

impl Waiting {
    /// One act of the list as people read it.
    pub fn to_text(&self, language: Language) -> String {
        let said = language.say(&self.preview.chinese, &self.preview.english);
        format!("{said}\n{}", self.standing(language))
    }

    /// How far it is: who signed, who is to, and until when.
    pub fn standing(&self, language: Language) -> String {
        let Self { id, preview: _, signed, next, open_until, call: _ } = self;
        let role = |role: Role| match language {
            Language::Zh => party::role(role),
            Language::En => role_english(role),
        };
        let signed: Vec<String> =
            signed.iter().map(|one| format!("{} {}", one.name, role(one.role))).collect();
        let next = next.as_ref().map_or_else(
            || language.say("节点未说明", "the node does not say").to_owned(),
            |next| plain(language.say(&next.chinese, &next.english)),
        );
        let labels = match language {
            Language::Zh => ["待办", "已签署", "下一环节", "有效至"],
            Language::En => ["proposal", "signed by", "next step", "open until"],
        };
        format!(
            "  {}: {id}\n  {}: {}\n  {}: {next}\n  {}: {open_until}",
            labels[0],
            labels[1],
            signed.join(" → "),
            labels[2],
            labels[3]
        )
    }
}
