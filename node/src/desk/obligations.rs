//! What an organisation must make public, and how each of these obligations stands.

use std::fmt::Write as _;

use minglian_client::read::{ObligationRange, Paging};
use minglian_client::wire::ObligationView;
use minglian_client::{Client, ClientError};
use minglian_contracts::disclosure::obligation::{Met, ObligationName, ObligationState};
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use super::language::{Language, plain};

/// Most obligations that are read.
pub const OBLIGATIONS_MAX: usize = 100_000;

/// Why obligations cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum ObligationsError {
    /// The node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An entry is none that this program knows.
    #[error("the node's answer does not read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// There are more than [`OBLIGATIONS_MAX`].
    #[error("more than {OBLIGATIONS_MAX} obligations: name an earlier --until 请缩短期间")]
    TooMany,
}

/// Which obligations are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those that stand so; all if none is named.
    pub states: Vec<ObligationState>,
    /// Until when they are due, and on which day they stand so.
    pub range: ObligationRange,
    /// How many the node gives at a time; its own limit if none.
    pub page: Option<usize>,
}

/// One obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// As the node gave it.
    pub view: ObligationView,
    read: Read,
}

/// What is read of a node's answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Read {
    due_on: Date,
    name: ObligationName,
    opens_on: Date,
    provisional: bool,
    title_zh: String,
    title_en: String,
    article: String,
    state: String,
    met: Option<Met>,
}

/// A state as the wire and the command line name it.
pub const fn state_name(state: ObligationState) -> &'static str {
    match state {
        ObligationState::Due => "due",
        ObligationState::OnTime => "on_time",
        ObligationState::Late => "late",
        ObligationState::Missing => "missing",
        ObligationState::Corrected => "corrected",
        ObligationState::Waived => "waived",
    }
}

/// What `holder` must make public and `wanted` asks for, by last day, all pages together.
///
/// # Errors
/// [`ObligationsError`].
pub async fn list(
    client: &Client,
    holder: &OrganizationCode,
    wanted: &Wanted,
) -> Result<Vec<Owed>, ObligationsError> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut paging = Paging { after: None, limit: wanted.page };
    loop {
        let page = client.obligations_in(holder, &wanted.range, &paging).await?;
        looked_at += page.items.len();
        if looked_at > OBLIGATIONS_MAX {
            return Err(ObligationsError::TooMany);
        }
        for view in page.items {
            let read: Read = serde_json::from_value(view.obligation.clone())?;
            let is_so = |state: &ObligationState| state_name(*state) == read.state;
            if wanted.states.is_empty() || wanted.states.iter().any(is_so) {
                found.push(Owed { view, read });
            }
        }
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(found),
        }
    }
}

impl Owed {
    /// One obligation of the list as people read it.
    pub fn to_text(&self, language: Language) -> String {
        let Self { view, read } = self;
        let Read { due_on, name, opens_on, provisional, article, met, .. } = read;
        let title = plain(language.say(&read.title_zh, &read.title_en));
        let state = plain(language.say(&view.state_zh, &view.state_en));
        let article = plain(article);
        let ObligationName { rule, subject, period } = name;
        let [rule, subject] = [rule.as_str(), subject.as_str()].map(plain);
        let (zh, en) = if *provisional { ("(暂定)", " (provisional)") } else { ("", "") };
        let mut text = match language {
            Language::Zh => format!(
                "{due_on}{zh} {state}:{title}({article})\n  \
                 规则 {rule},事由 {subject},期 {period};{opens_on} 起可以公开"
            ),
            Language::En => format!(
                "{due_on}{en} {state}: {title} ({article})\n  \
                 rule {rule}, subject {subject}, period {period}; can be published from {opens_on}"
            ),
        };
        if let Some(Met { publication, published_on, .. }) = met {
            let number = plain(publication.as_str());
            let zh = format!("\n  {published_on} 已公开,索引号 {number}");
            let en = format!("\n  published on {published_on} as {number}");
            // Writing to a text does not fail.
            let _ = write!(text, "{}", language.say(&zh, &en));
        }
        text
    }
}
