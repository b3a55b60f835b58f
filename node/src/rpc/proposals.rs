//! Acts that wait for other officers, whose step is next, and how they ended.

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::{NextStepView, ProposalEnd, ProposalEndView, ProposalView};
use minglian_contracts::policy::{Party, Policy, Step};
use minglian_contracts::proposal::{PROPOSALS, Proposal};
use minglian_contracts::registry::ORGANIZATIONS;
use minglian_contracts::words::{self, Names};
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::organization_code::OrganizationCode;

use super::extract::{Paging, Params, Segments, json_answer, parse};
use super::organizations::list;
use super::problem::Refusal;
use super::{Node, Shared, reading};
use crate::derived::{DerivedIndex, End};

/// Acts that wait for other officers.
#[utoipa::path(
    get, path = "/v1/proposals", tag = "organizations",
    params(Paging),
    responses(
        (status = 200, description = "a page of open proposals; it ends at some megabytes"),
        (status = 503, description = "too many large answers at a time; try again in a moment"),
    )
)]
pub(super) async fn proposals(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    let reader = shared.clone();
    list(shared, paging, &PROPOSALS, move |id, proposal| view(&reader, *id, proposal)).await
}

/// An act that waits for other officers, and whose step is next.
#[utoipa::path(
    get, path = "/v1/proposals/{id}", tag = "organizations",
    params(("id" = String, Path, description = "the transaction that proposed it")),
    responses(
        (status = 200, description = "the act, who has signed, whose step is next, until when"),
        (status = 404, description = "no such act waits: it was never proposed, or is settled"),
    )
)]
pub(super) async fn proposal(
    State(shared): Node,
    Segments(id): Segments<String>,
) -> Result<Response, Refusal> {
    let id: TransactionId = parse("transaction", &id)?;
    let found = reading(shared, move |shared| {
        let proposal = PROPOSALS.get(shared.store(), &id)?;
        let proposal = proposal.ok_or_else(|| Refusal::absent(format!("proposal {id}")))?;
        view(shared, id, &proposal)
    });
    json_answer(&found.await?)
}

/// How an act that waited for other officers came to its end.
#[utoipa::path(
    get, path = "/v1/proposals/{id}/end", tag = "organizations",
    params(("id" = String, Path, description = "the transaction that proposed it")),
    responses(
        (status = 200, description = "completed, rejected or withdrawn, and the record of it"),
        (status = 404, description = "it waits still, or was never proposed"),
    )
)]
pub(super) async fn end(
    State(shared): Node,
    Segments(id): Segments<String>,
) -> Result<Response, Refusal> {
    let id: TransactionId = parse("transaction", &id)?;
    let found = reading(shared, move |shared| {
        let known = DerivedIndex::new(shared.store()).end(&id)?;
        known.ok_or_else(|| Refusal::absent(format!("the end of proposal {id}")))
    });
    let found = found.await?;
    let end = match found.end {
        End::Completed => ProposalEnd::Completed,
        End::Rejected => ProposalEnd::Rejected,
        End::Withdrawn => ProposalEnd::Withdrawn,
    };
    json_answer(&ProposalEndView { id, end, record: found.record })
}

fn view(shared: &Shared, id: TransactionId, proposal: &Proposal) -> Result<ProposalView, Refusal> {
    let next = next_step(shared, proposal);
    Ok(ProposalView { id, next, proposal: serde_json::to_value(proposal)? })
}

/// Registered names; a code where none can be read.
struct Registered<'a>(&'a Shared);

impl Names for Registered<'_> {
    fn organization(&self, code: &OrganizationCode) -> String {
        let found = ORGANIZATIONS.get(self.0.store(), code).ok().flatten();
        found.map_or_else(|| code.to_string(), |known| known.name.to_string())
    }
}

/// Whose step is next; none if the act speaks of an organisation or key that is gone.
fn next_step(shared: &Shared, proposal: &Proposal) -> Option<NextStepView> {
    let policy = proposal.call.policy(shared.store()).ok()?;
    let names = Registered(shared);
    let said = words::policy::steps(&policy, &names);
    match &policy {
        Policy::Steps(steps) => {
            let place = proposal.signatures.len();
            let (step, sentence) = (steps.get(place)?, said.into_iter().nth(place)?);
            let Step { party, kinds, role } = step;
            let proposer = proposal.proposer().copied();
            Some(NextStepView {
                organization: match party {
                    Party::Proposer => proposer,
                    Party::Named(code) => Some(*code),
                    Party::Other | Party::Holder(_) => None,
                },
                other_than: match party {
                    Party::Other => proposer.into_iter().collect(),
                    _ => Vec::new(),
                },
                key: match party {
                    Party::Holder(key) => Some(*key),
                    _ => None,
                },
                kinds: kinds.to_vec(),
                role: *role,
                chinese: sentence.zh,
                english: sentence.en,
            })
        }
        Policy::ValidatorQuorum => {
            let sentence = said.into_iter().nth(1)?;
            let voted = proposal.signatures.iter().map(|signature| signature.organization);
            Some(NextStepView {
                organization: None,
                other_than: voted.collect(),
                key: None,
                kinds: Vec::new(),
                role: Role::Governor,
                chinese: sentence.zh,
                english: sentence.en,
            })
        }
        Policy::Unrestricted => None,
    }
}
