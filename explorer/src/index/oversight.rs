//! Publications, complaints, audits and samples, laid out by the order in which they came.

use minglian_contracts::call::Call;
use minglian_contracts::disclosure::publication::PUBLICATIONS;
use minglian_contracts::oversight;
use minglian_contracts::oversight::audit::ENGAGEMENTS;
use minglian_contracts::oversight::complaint::{COMPLAINTS, ComplaintStage};
use minglian_contracts::oversight::finding::{FINDINGS, FindingKind, FindingStage, Position};
use minglian_contracts::oversight::sample::{Progress, SAMPLES, SamplePurpose};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::Changes;

use super::mirror::entries;
use super::{IndexError, charity, stored};
use crate::database::{Connection, params};

/// Enters what a block changed.
pub(super) fn enter(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    publications(connection, changes)?;
    complaints(connection, changes)?;
    audits(connection, changes)?;
    samples(connection, changes)
}

fn publications(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for ((organization, number), publication) in entries(changes, &PUBLICATIONS)? {
        let query = "INSERT OR REPLACE INTO publications \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let metadata = &publication.metadata;
        connection.prepare_cached(query)?.execute(params![
            organization.as_str(),
            number.as_str(),
            stored("a position", publication.record.0)?,
            metadata.title.as_str(),
            metadata.topic.as_str(),
            metadata.published_on.to_string(),
            publication.recorded_on.to_string(),
            stored("a count", publication.attachments.len() as u64)?,
            publication.corrects.as_ref().map(|number| number.as_str()),
            publication.corrected_by.as_ref().map(|number| number.as_str()),
        ])?;
    }
    Ok(())
}

/// How far a complaint is.
pub const fn complaint_stage(stage: ComplaintStage) -> &'static str {
    match stage {
        ComplaintStage::Received => "待受理",
        ComplaintStage::Accepted => "已受理",
        ComplaintStage::Declined(_) => "不予受理",
        ComplaintStage::Answered(_) => "已答复",
        ComplaintStage::Closed(_) => "已办结",
    }
}

fn complaints(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for (name, complaint) in entries(changes, &COMPLAINTS)? {
        let is_owed =
            matches!(complaint.stage, ComplaintStage::Received | ComplaintStage::Accepted);
        let query = "INSERT OR REPLACE INTO complaints VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        connection.prepare_cached(query)?.execute(params![
            name.organization.as_str(),
            name.complaint.as_str(),
            stored("a position", complaint.record.0)?,
            complaint.respondent.as_str(),
            complaint.handler.as_str(),
            complaint_stage(complaint.stage),
            complaint.received_on.to_string(),
            is_owed.then(|| complaint.due.to_string()),
        ])?;
    }
    Ok(())
}

/// How far the rectification of a finding is.
pub const fn finding_stage(stage: FindingStage) -> &'static str {
    match stage {
        FindingStage::Open => "待整改",
        FindingStage::Claimed => "已报整改",
        FindingStage::Confirmed => "已销号",
    }
}

/// What was found.
pub const fn finding_kind(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Withheld => "截留",
        FindingKind::Encroached => "挤占",
        FindingKind::Misappropriated => "挪用",
        FindingKind::Detained => "滞留",
        FindingKind::OutOfScope => "超范围支出",
        FindingKind::AboveStandard => "超标准支出",
        FindingKind::BooksDiffer => "账实不符",
        FindingKind::FalselyClaimed => "虚报套取",
        FindingKind::PaidLate => "未按期上缴或拨付",
        FindingKind::Procedure => "程序不合规",
        FindingKind::TargetMissed => "绩效目标未完成",
        FindingKind::Other => "其他问题",
    }
}

/// What the audited organisation says of a finding.
const fn position(position: Position) -> &'static str {
    match position {
        Position::Accepted => "无异议",
        Position::PartlyDisputed => "部分有异议",
        Position::Disputed => "有异议",
    }
}

fn audits(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for (name, audit) in entries(changes, &ENGAGEMENTS)? {
        let query = "INSERT INTO audits (organization, reference, first_year, last_year, \
                     findings, open, closed_on) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                     ON CONFLICT (organization, reference) DO UPDATE SET \
                     findings = excluded.findings, open = excluded.open, \
                     closed_on = excluded.closed_on";
        connection.prepare_cached(query)?.execute(params![
            name.organization.as_str(),
            name.engagement.as_str(),
            audit.scope.first_year,
            audit.scope.last_year,
            audit.findings,
            stored("a count", audit.open.len() as u64)?,
            audit.closed_on.map(|day| day.to_string()),
        ])?;
    }
    for ((name, number), finding) in entries(changes, &FINDINGS)? {
        let query = "INSERT INTO findings (organization, reference, number, about, kind, amount, \
                     rectified, due_on, stage, position, claimed_on, record) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
                     ON CONFLICT (organization, reference, number) DO UPDATE SET \
                     rectified = excluded.rectified, stage = excluded.stage, \
                     position = excluded.position, claimed_on = excluded.claimed_on";
        connection.prepare_cached(query)?.execute(params![
            name.organization.as_str(),
            name.engagement.as_str(),
            number,
            finding.organization.as_str(),
            finding_kind(finding.kind),
            stored("an amount", finding.amount.get())?,
            stored("an amount", finding.rectified.get())?,
            finding.due.to_string(),
            finding_stage(finding.stage),
            finding.position.map(position).unwrap_or_default(),
            finding.claimed_on.map(|day| day.to_string()),
            stored("a position", finding.record.0)?,
        ])?;
    }
    Ok(())
}

/// What a sample is for.
pub const fn purpose(purpose: SamplePurpose) -> &'static str {
    match purpose {
        SamplePurpose::Audit => "审计抽查",
        SamplePurpose::Inspection => "双随机检查",
        SamplePurpose::PaymentCheck => "资金发放核查",
        SamplePurpose::Evaluation => "绩效抽评",
    }
}

fn samples(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for (name, sample) in entries(changes, &SAMPLES)? {
        let query = "INSERT OR REPLACE INTO samples VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let progress = match &sample.progress {
            Progress::Planned => "已计划",
            Progress::Cancelled(_) => "已取消",
            Progress::Drawn(_) => "已抽取",
        };
        connection.prepare_cached(query)?.execute(params![
            name.organization.as_str(),
            name.sample.as_str(),
            stored("a position", sample.record.0)?,
            purpose(sample.plan.purpose),
            stored("a count", sample.population)?,
            sample.plan.size,
            stored("a height", sample.plan.target.0)?,
            progress,
            sample.planned_on.to_string(),
        ])?;
    }
    Ok(())
}

/// What an act is about beside organisations and projects, under the names of `record_subjects`.
pub(super) fn subjects(call: &Call, author: &OrganizationCode) -> Vec<String> {
    match call {
        Call::Charity(call) => charity::subjects(call, author),
        Call::Oversight(call) => of_oversight(call, author),
        _ => Vec::new(),
    }
}

fn of_oversight(call: &oversight::Call, author: &OrganizationCode) -> Vec<String> {
    use oversight::Call;
    let complaint = |name: &oversight::complaint::ComplaintName| {
        vec![format!("complaint:{}/{}", name.organization, name.complaint)]
    };
    let audit = |name: &oversight::audit::EngagementName| {
        vec![format!("audit:{}/{}", name.organization, name.engagement)]
    };
    match call {
        Call::ReceiveComplaint(act) => vec![format!("complaint:{author}/{}", act.reference)],
        Call::AcceptComplaint { complaint: name, .. }
        | Call::DeclineComplaint { complaint: name, .. }
        | Call::TransferComplaint { complaint: name, .. }
        | Call::ExtendComplaint { complaint: name, .. }
        | Call::AnswerComplaint { complaint: name, .. }
        | Call::CloseComplaint { complaint: name, .. } => complaint(name),
        Call::OpenAudit(act) => vec![format!("audit:{author}/{}", act.reference)],
        Call::RecordFinding(act) => audit(&act.engagement),
        Call::RectifyFinding(act) => audit(&act.engagement),
        Call::RespondFinding { engagement, .. }
        | Call::ConfirmFinding { engagement, .. }
        | Call::CloseAudit { engagement, .. } => audit(engagement),
        Call::PlanSample(plan) => vec![format!("sample:{author}/{}", plan.reference)],
        Call::CancelSample { plan, .. } => vec![format!("sample:{author}/{plan}")],
        Call::DrawSample { plan } => {
            vec![format!("sample:{}/{}", plan.organization, plan.sample)]
        }
        Call::Inspect(act) => vec![format!("sample:{author}/{}", act.plan)],
        _ => Vec::new(),
    }
}
