//! What becomes of a finding, step by step.

use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::LogIndex;

use super::{
    EVIDENCE_MAX, FINDINGS, FINDINGS_ABOUT, Finding, FindingNumber, FindingStage, Position,
    RECORDS_MAX, Record, Rectify, Verdict,
};
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::oversight::Event;
use crate::oversight::audit::{self, Audit, ENGAGEMENTS, EngagementName};
use crate::oversight::deadline::{self, RECTIFICATION_DAYS};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

pub(in crate::oversight) fn record(
    act: &Record,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Record { engagement, number, organization, amount, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    let mut audit = audit::own(engagement, state, context)?;
    audit.require_open(engagement)?;
    require_order(*occurred_on, audit.occurred_on)?;
    require_scope(act, &audit)?;
    check_records(&act.records, context)?;
    let key = (engagement.clone(), *number);
    if FINDINGS.contains(state, &key)? {
        return Err(Refusal::new(Code::FindingExists, number).into());
    }
    let due = deadline::due(RECTIFICATION_DAYS, *occurred_on, state, context)?;
    let found_by = context.signatures.first().map_or(context.actor.officer, |it| it.officer);
    let finding = Finding {
        organization: *organization,
        fund: act.fund.clone(),
        year: act.year,
        kind: act.kind,
        amount: *amount,
        working_paper: act.working_paper,
        record: context.index,
        found_by,
        due,
        stage: FindingStage::Open,
        position: None,
        rectified: Fen::ZERO,
        claimed_on: None,
        occurred_on: *occurred_on,
    };
    audit.findings = audit.findings.saturating_add(1);
    audit.open.push(*number);
    audit.open.sort_unstable();
    ENGAGEMENTS.put(state, engagement, &audit);
    FINDINGS.put(state, &key, &finding);
    FINDINGS_ABOUT.put(state, &(*organization, engagement.clone(), *number), &());
    let (engagement, finding) = (engagement.clone(), *number);
    context.emit(Event::FindingRecorded { engagement, finding, due });
    Ok(())
}

/// Refuses what lies outside the engagement.
fn require_scope(act: &Record, audit: &Audit) -> Result<(), Refusal> {
    let scope = &audit.scope;
    let is_in_funds = |fund| scope.funds.is_empty() || scope.funds.contains(fund);
    let outside = if !scope.organizations.contains(&act.organization) {
        act.organization.to_string()
    } else if !act.fund.as_ref().is_none_or(is_in_funds) {
        act.fund.as_ref().map(ToString::to_string).unwrap_or_default()
    } else if act.year < scope.first_year || scope.last_year < act.year {
        act.year.to_string()
    } else {
        return Ok(());
    };
    Err(Refusal::new(Code::OutsideAuditScope, outside))
}

/// Refuses records that are too many, out of order, named twice, or not in the log yet.
fn check_records(records: &[LogIndex], context: &Context<'_>) -> Result<(), Refusal> {
    let ascend = records.windows(2).all(|pair| pair[0] < pair[1]);
    if records.len() > RECORDS_MAX || !ascend {
        let detail = format!("{} records, at most {RECORDS_MAX}, ascending", records.len());
        return Err(Refusal::new(Code::FindingRecordsInvalid, detail));
    }
    match records.last() {
        Some(last) if *last >= context.index => Err(Refusal::new(Code::RecordUnknown, last)),
        _ => Ok(()),
    }
}

/// Refuses no evidence, or more than one act holds.
///
/// # Errors
/// [`Code::EvidenceCount`].
pub(in crate::oversight) fn check_evidence(evidence: &[AttachmentHash]) -> Result<(), Refusal> {
    if evidence.is_empty() || evidence.len() > EVIDENCE_MAX {
        let detail = format!("{} attachments, 1 to {EVIDENCE_MAX}", evidence.len());
        return Err(Refusal::new(Code::EvidenceCount, detail));
    }
    Ok(())
}

fn require_order(occurred_on: Date, before: Date) -> Result<(), Refusal> {
    if occurred_on < before {
        let detail = format!("{occurred_on}, the act before is of {before}");
        return Err(Refusal::new(Code::DateOrder, detail));
    }
    Ok(())
}

fn find(key: &(EngagementName, FindingNumber), state: &State<'_>) -> Result<Finding, Fault> {
    let unknown = || Refusal::new(Code::FindingUnknown, format!("{} {}", key.0.engagement, key.1));
    Ok(FINDINGS.get(state, key)?.ok_or_else(unknown)?)
}

/// A finding about the author's organisation, for an act of `occurred_on`.
fn answerable(
    key: &(EngagementName, FindingNumber),
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Finding, Fault> {
    check_date(context, occurred_on)?;
    let finding = find(key, state)?;
    if finding.organization != context.author.organization {
        let detail = format!("it is about {}", finding.organization);
        return Err(Refusal::new(Code::NotYourOrganization, detail).into());
    }
    require_order(occurred_on, finding.occurred_on)?;
    Ok(finding)
}

fn require_stage(finding: &Finding, stage: FindingStage) -> Result<(), Refusal> {
    if finding.stage == stage {
        return Ok(());
    }
    Err(Refusal::new(Code::FindingStageWrong, format!("it is {:?}", finding.stage)))
}

pub(in crate::oversight) fn respond(
    engagement: &EngagementName,
    number: FindingNumber,
    position: Position,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let key = (engagement.clone(), number);
    let mut finding = answerable(&key, occurred_on, state, context)?;
    if finding.position.is_some() {
        return Err(Refusal::new(Code::FindingStageWrong, "the position is taken").into());
    }
    (finding.position, finding.occurred_on) = (Some(position), occurred_on);
    FINDINGS.put(state, &key, &finding);
    context.emit(Event::FindingResponded { engagement: key.0, finding: number });
    Ok(())
}

pub(in crate::oversight) fn rectify(
    act: &Rectify,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Rectify { engagement, finding: number, amount, evidence, occurred_on } = act;
    let key = (engagement.clone(), *number);
    let mut finding = answerable(&key, *occurred_on, state, context)?;
    require_stage(&finding, FindingStage::Open)?;
    check_evidence(evidence)?;
    if *amount > finding.amount {
        let detail = format!("{amount} of {}", finding.amount);
        return Err(Refusal::new(Code::RectifiedExceeds, detail).into());
    }
    let (due, today) = (finding.due, context.today());
    (finding.stage, finding.rectified) = (FindingStage::Claimed, *amount);
    (finding.claimed_on, finding.occurred_on) = (Some(today), *occurred_on);
    FINDINGS.put(state, &key, &finding);
    let on_time = today <= due;
    context.emit(Event::FindingRectified { engagement: key.0, finding: *number, due, on_time });
    Ok(())
}

pub(in crate::oversight) fn confirm(
    engagement: &EngagementName,
    number: FindingNumber,
    verdict: Verdict,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let mut audit = audit::own(engagement, state, context)?;
    let key = (engagement.clone(), number);
    let mut finding = find(&key, state)?;
    require_order(occurred_on, finding.occurred_on)?;
    require_stage(&finding, FindingStage::Claimed)?;
    // The first signature proposes; whoever entered the finding may, but does not decide.
    if context.signatures.iter().skip(1).any(|it| it.officer == finding.found_by) {
        return Err(Refusal::new(Code::SameOfficer, "the officer entered the finding").into());
    }
    finding.occurred_on = occurred_on;
    let event = match verdict {
        Verdict::Confirmed => {
            finding.stage = FindingStage::Confirmed;
            audit.open.retain(|open| *open != number);
            ENGAGEMENTS.put(state, engagement, &audit);
            let (engagement, open) = (engagement.clone(), audit.open_count());
            Event::FindingConfirmed { engagement, finding: number, open }
        }
        Verdict::Insufficient => {
            (finding.stage, finding.claimed_on) = (FindingStage::Open, None);
            finding.rectified = Fen::ZERO;
            Event::FindingReturned { engagement: engagement.clone(), finding: number }
        }
    };
    FINDINGS.put(state, &key, &finding);
    context.emit(event);
    Ok(())
}
