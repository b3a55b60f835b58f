//! Which applied acts oblige somebody to publish something.
//!
//! The one place that knows both: acts do not know about disclosure, and disclosure does not know
//! about acts. An act is never refused because of what it obliges to.

use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;

use crate::allocation;
use crate::call::Call;
use crate::charity;
use crate::charity::campaign::CAMPAIGNS;
use crate::charity::contribution::Contribute;
use crate::charity::kind::FundKind;
use crate::charity::qualification::{self, Disqualify, QUALIFICATIONS, QualificationKind};
use crate::context::Context;
use crate::disclosure::duty::Subject;
use crate::disclosure::happening::{self, Happening};
use crate::disclosure::rule::Trigger;
use crate::lottery;
use crate::project;
use crate::schema::State;

/// What an act began or ended.
enum Seen {
    Began(Happening),
    Ended(Happening),
}

/// Opens and ends what the applied act obliges to.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn observe(
    call: &Call,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), StateError> {
    let author = context.author.organization;
    let seen = match call {
        Call::Charity(call) => charity_act(call, author, state)?,
        Call::Allocation(call) => allocation_act(call, author),
        Call::Lottery(lottery::Call::Statement(act)) => {
            let subject = text(&act.period.to_string());
            vec![began(Trigger::SalesStated, author, subject, act.occurred_on)]
        }
        Call::Project(call) => project_act(call, author),
        _ => Vec::new(),
    };
    for seen in seen {
        match seen {
            Seen::Began(happening) => happening::open(&happening, state, context)?,
            Seen::Ended(happening) => happening::end(&happening, state, context)?,
        }
    }
    Ok(())
}

fn charity_act(
    call: &charity::Call,
    author: OrganizationCode,
    state: &State<'_>,
) -> Result<Vec<Seen>, StateError> {
    Ok(match call {
        charity::Call::Qualify(act) => {
            let (holder, of) = (act.organization, &act.qualification);
            let subject = text(of.certificate.as_str());
            let formed = (act.kind == QualificationKind::Charity)
                .then(|| began(Trigger::CharityFormed, holder, subject.clone(), of.valid_from));
            let happening =
                |trigger| lasting(trigger, holder, subject, of.valid_from, of.valid_until);
            standing_of(act.kind).map(happening).into_iter().chain(formed).collect()
        }
        charity::Call::Disqualify(act) => disqualified(act, state)?,
        charity::Call::OpenFund(act) => {
            let trigger = match act.kind {
                FundKind::CommunityFund
                | FundKind::SpecialFund
                | FundKind::MutualAid
                | FundKind::OneDayGiving => Trigger::FundOpened,
                FundKind::CharitableTrust => Trigger::TrustHeld,
                // The charity's own money is part of what it publishes of itself.
                FundKind::General => return Ok(Vec::new()),
            };
            vec![began(trigger, author, text(act.fund.as_str()), act.occurred_on)]
        }
        charity::Call::TerminateFund { fund, occurred_on, .. } => {
            let subject = text(fund.as_str());
            vec![
                began(Trigger::FundTerminated, author, subject.clone(), *occurred_on),
                ended(Trigger::TrustHeld, author, subject, *occurred_on),
            ]
        }
        charity::Call::FileCampaign(act) => {
            let (subject, last) = (text(act.filing.as_str()), Some(act.ends_on));
            vec![lasting(Trigger::CampaignBegan, author, subject, act.begins_on, last)]
        }
        charity::Call::EndCampaign { filing, occurred_on } => {
            let triggers = [Trigger::CampaignBegan, Trigger::EmergencyGift];
            let subject = text(filing.as_str());
            triggers.map(|trigger| ended(trigger, author, subject.clone(), *occurred_on)).into()
        }
        charity::Call::Donate(act) | charity::Call::Contribute(Contribute { gift: act, .. }) => {
            let Some(filing) = &act.campaign else { return Ok(Vec::new()) };
            let campaign = CAMPAIGNS.get(state, filing)?.filter(|campaign| campaign.emergency);
            let (trigger, subject) = (Trigger::EmergencyGift, text(filing.as_str()));
            let first = act.occurred_on;
            let happening =
                campaign.map(|it| lasting(trigger, author, subject, first, Some(it.ends_on)));
            happening.into_iter().collect()
        }
        charity::Call::TransferSurplus(act) => {
            let subject = text(&format!("{}/{}", act.fund, act.resolution));
            vec![began(Trigger::SurplusTransferred, author, subject, act.occurred_on)]
        }
        charity::Call::ChangePurpose(act) => {
            let subject = text(act.donation.as_str());
            vec![began(Trigger::PurposeChanged, author, subject, act.occurred_on)]
        }
        _ => Vec::new(),
    })
}

fn disqualified(act: &Disqualify, state: &State<'_>) -> Result<Vec<Seen>, StateError> {
    let Disqualify { organization, kind, valid_from, valid_until, .. } = *act;
    let qualification =
        QUALIFICATIONS.get(state, &qualification::key(organization, kind, valid_from))?;
    let (Some(trigger), Some(qualification)) = (standing_of(kind), qualification) else {
        return Ok(Vec::new());
    };
    let subject = text(qualification.certificate.as_str());
    Ok(vec![ended(trigger, organization, subject, valid_until)])
}

fn allocation_act(call: &allocation::Call, author: OrganizationCode) -> Vec<Seen> {
    let held = |line: &allocation::LineName, on: Date| {
        let subject = line.announced_as();
        let year = line.year;
        let happening =
            Happening { year, ..happening(Trigger::QuotaHeld, line.holder, subject, on) };
        vec![Seen::Began(happening)]
    };
    match call {
        allocation::Call::RecordQuota(quota) => held(&quota.to, quota.occurred_on),
        allocation::Call::Receive { line, occurred_on } => held(line, *occurred_on),
        allocation::Call::Issue(grant) => {
            // One 文号 is one document, however many lines are issued under it.
            let document = grant.basis.documents.as_slice().first().map(ToString::to_string);
            let subject = document.map_or_else(|| text(grant.to.line.as_str()), |it| text(&it));
            vec![began(Trigger::QuotaIssued, author, subject, grant.occurred_on)]
        }
        allocation::Call::Plan(plan) => {
            let subject = text(plan.name.as_str());
            vec![began(Trigger::PlanApproved, author, subject, plan.occurred_on)]
        }
        _ => Vec::new(),
    }
}

fn project_act(call: &project::Call, author: OrganizationCode) -> Vec<Seen> {
    match call {
        project::Call::Register(act) => {
            let subject = text(act.reference.as_str());
            let began = happening(Trigger::ProjectBegan, act.unit, subject, act.occurred_on);
            vec![Seen::Began(Happening { year: act.year, ..began })]
        }
        project::Call::Accept { project, acceptance } => {
            let subject = text(project.as_str());
            vec![ended(Trigger::ProjectBegan, author, subject, acceptance.occurred_on)]
        }
        _ => Vec::new(),
    }
}

const fn standing_of(kind: QualificationKind) -> Option<Trigger> {
    match kind {
        QualificationKind::Charity => Some(Trigger::CharityQualified),
        QualificationKind::PublicFundraising => Some(Trigger::FundraisingQualified),
        QualificationKind::TaxDeduction => None,
    }
}

fn happening(trigger: Trigger, holder: OrganizationCode, subject: Subject, on: Date) -> Happening {
    Happening { trigger, holder, subject, on, until: None, year: on.year() }
}

fn began(trigger: Trigger, holder: OrganizationCode, subject: Subject, on: Date) -> Seen {
    Seen::Began(happening(trigger, holder, subject, on))
}

fn ended(trigger: Trigger, holder: OrganizationCode, subject: Subject, on: Date) -> Seen {
    Seen::Ended(happening(trigger, holder, subject, on))
}

fn lasting(
    trigger: Trigger,
    holder: OrganizationCode,
    subject: Subject,
    on: Date,
    until: Option<Date>,
) -> Seen {
    Seen::Began(Happening { until, ..happening(trigger, holder, subject, on) })
}

/// What an act is about. All that is given here is shorter than the field; a longer text is cut.
fn text(text: &str) -> Subject {
    let mut kept = String::new();
    for character in text.chars() {
        if kept.len() + character.len_utf8() > 160 {
            break;
        }
        kept.push(character);
    }
    Subject::new(kept).unwrap_or_default()
}
