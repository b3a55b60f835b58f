//! Registering what a notice names: organisations and, on a demonstration network, their officers.
//!
//! Nobody registers alone. The first governor of the index proposes the organisations and their
//! governors, these their other officers, and the index's governors approve in turn until nothing
//! waits. What still waits then is for governors whose keys are not at hand; importing again goes
//! on.

use std::collections::{BTreeMap, BTreeSet};

use minglian_client::Client;
use minglian_client::read::Paging;
use minglian_contracts::call::Call;
use minglian_contracts::{approval, registry};
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::super::party::Party;
use super::{BATCH, Run, RunError};

/// A registration, and whose governor proposes it.
struct Registration {
    proposer: OrganizationCode,
    reference: String,
    call: Call,
}

impl Run<'_> {
    /// Registers `parties`, each step when the one before is done.
    pub(super) async fn register(&mut self, parties: &[Party]) -> Result<(), RunError> {
        let Some(signers) = self.signers.as_mut() else { return Ok(()) };
        let proposer = signers.governor();
        let (mut organizations, mut governors, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for party in parties {
            let organization = party.code;
            let call = Call::Registry(registry::Call::RegisterOrganization {
                code: organization,
                name: party.name.clone(),
                kind: party.kind,
                division: party.division,
            });
            let reference = format!("register/{organization}");
            organizations.push(Registration { proposer, reference, call });
            if !self.is_demonstration {
                continue;
            }
            for (role, key) in signers.adopt(organization) {
                let call =
                    registry::Call::RegisterKey { organization, key, role, same_officer_as: None };
                let call = Call::Registry(call);
                let reference = format!("register/{organization}/{role:?}");
                if role == Role::Governor {
                    governors.push(Registration { proposer, reference, call });
                } else {
                    keys.push(Registration { proposer: organization, reference, call });
                }
            }
        }
        for registrations in [organizations, governors, keys] {
            for registrations in registrations.chunks(BATCH) {
                let waiting = self.propose(registrations).await?;
                self.approve(waiting).await?;
            }
        }
        Ok(())
    }

    /// Proposes what was not proposed before; what waits, by whom it was proposed.
    async fn propose(
        &self,
        registrations: &[Registration],
    ) -> Result<BTreeMap<TransactionId, OrganizationCode>, RunError> {
        let (mut steps, mut waiting) = (Vec::new(), BTreeMap::new());
        for Registration { proposer, reference, call } in registrations {
            let reference = Text::new(reference.clone())?;
            if let Some(applied) = self.applied(*proposer, &reference).await? {
                let id = applied.id;
                if applied.was_proposed && self.waiting(id).await?.is_some() {
                    if applied.call != *call {
                        return Err(RunError::OtherWaits { reference, id });
                    }
                    waiting.insert(id, *proposer);
                }
            } else if let Some(step) = self.sign(*proposer, Role::Governor, reference, call) {
                waiting.insert(step.transaction.id(), *proposer);
                steps.push(step);
            }
        }
        if !steps.is_empty() {
            self.send(&steps).await?;
            let open = open_proposals(self.client).await?;
            waiting.retain(|id, _| open.contains(id));
        }
        Ok(waiting)
    }

    /// Approves what waits by one governor of the index after the other, while anything waits.
    async fn approve(
        &mut self,
        mut waiting: BTreeMap<TransactionId, OrganizationCode>,
    ) -> Result<(), RunError> {
        let mut place = 0;
        while !waiting.is_empty() {
            let Some(signers) = self.signers.as_mut() else { return Ok(()) };
            let Some(governor) = signers.open_governor(place)? else { return Ok(()) };
            place += 1;
            let mut steps = Vec::new();
            let others = waiting.iter().filter(|(_, proposer)| **proposer != governor);
            for (proposal, _) in others {
                let reference = Text::new(format!("approve/{proposal}/{:?}", Role::Governor))?;
                let call = Call::Approval(approval::Call::Approve { proposal: *proposal });
                steps.extend(self.sign(governor, Role::Governor, reference, &call));
            }
            if steps.is_empty() {
                continue;
            }
            self.send(&steps).await?;
            let open = open_proposals(self.client).await?;
            waiting.retain(|id, _| open.contains(id));
        }
        Ok(())
    }
}

/// All that waits now.
async fn open_proposals(client: &Client) -> Result<BTreeSet<TransactionId>, RunError> {
    let mut open = BTreeSet::new();
    let mut paging = Paging::default();
    loop {
        let page = client.proposals(&paging).await?;
        open.extend(page.items.iter().map(|view| view.id));
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(open),
        }
    }
}
