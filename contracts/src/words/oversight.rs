//! Complaints, audits, samples and inspections.

use crate::oversight::complaint::{Answer, Closure, DeclineReason, Outcome, Receive, Target};
use crate::oversight::finding::{FindingKind, Position, Record, Verdict};
use crate::oversight::inspection::{InspectionResult, Members};
use crate::oversight::sample::{Frame, Plan};
use crate::oversight::{Call, Event};

use super::{Names, Sentence, cny, sentence, short, spoken};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::ReceiveComplaint(_) => "投诉举报登记",
        Call::AcceptComplaint { .. } => "投诉举报受理",
        Call::DeclineComplaint { .. } => "投诉举报不予受理",
        Call::TransferComplaint { .. } => "投诉举报转送",
        Call::ExtendComplaint { .. } => "投诉举报延期",
        Call::AnswerComplaint { .. } => "投诉举报答复",
        Call::CloseComplaint { .. } => "投诉举报办结",
        Call::OpenAudit(_) => "审计立项",
        Call::RecordFinding(_) => "审计发现",
        Call::RespondFinding { .. } => "审计反馈",
        Call::RectifyFinding(_) => "审计整改",
        Call::ConfirmFinding { .. } => "整改确认",
        Call::CloseAudit { .. } => "审计结束",
        Call::PlanSample(_) => "抽样方案",
        Call::CancelSample { .. } => "取消抽样",
        Call::EnterDraw(_) => "开奖号码登记",
        Call::DrawSample { .. } => "随机抽取",
        Call::OpenPool(_) => "名录库登记",
        Call::Inspect(_) => "检查结果",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::ReceiveComplaint(act) => received(act, names),
        Call::AcceptComplaint { complaint, .. } => {
            let name = &complaint.complaint;
            sentence!("受理投诉举报“{name}”", "accepts complaint {name}")
        }
        Call::DeclineComplaint { complaint, reason, .. } => {
            let (name, (zh, en)) = (&complaint.complaint, declined(*reason));
            sentence!("不予受理投诉举报“{name}”:{zh}", "does not accept complaint {name}: {en}")
        }
        Call::TransferComplaint { complaint, to, .. } => {
            let (name, to) = (&complaint.complaint, names.organization(to));
            sentence!("将投诉举报“{name}”转送{to}", "hands complaint {name} to {to}")
        }
        Call::ExtendComplaint { complaint, .. } => {
            let name = &complaint.complaint;
            sentence!("延长投诉举报“{name}”的答复期限", "extends the time to answer {name}")
        }
        Call::AnswerComplaint { complaint, outcome, answer, .. } => {
            let (name, (zh, en)) = (&complaint.complaint, found(*outcome));
            let (how, public) = match answer {
                Answer::Committed(_) => ("答复投诉人", "to the complainant"),
                Answer::Attached(_) => ("公开答复", "in public"),
            };
            sentence!("{how}投诉举报“{name}”:{zh}", "answers complaint {name} {public}: {en}")
        }
        Call::CloseComplaint { complaint, closure, .. } => {
            let (name, (zh, en)) = (&complaint.complaint, closed(*closure));
            sentence!("办结投诉举报“{name}”:{zh}", "closes complaint {name}: {en}")
        }
        Call::OpenAudit(_)
        | Call::RecordFinding(_)
        | Call::RespondFinding { .. }
        | Call::RectifyFinding(_)
        | Call::ConfirmFinding { .. }
        | Call::CloseAudit { .. } => audit(call, names),
        _ => sample(call, names),
    }
}

fn received(act: &Receive, names: &dyn Names) -> Sentence {
    let (name, handler) = (&act.reference, names.organization(&act.handler));
    let (zh, en) = match &act.target {
        Target::Record { index, .. } => (format!("第{index}条记录"), format!("record {index}")),
        Target::Organization(code) => (names.organization(code), names.organization(code)),
        Target::Project(project) => (format!("项目“{project}”"), format!("project {project}")),
        Target::Fund(fund) => {
            let (host, fund) = (names.organization(&fund.host), &fund.fund);
            (format!("{host}基金“{fund}”"), format!("fund {fund} of {host}"))
        }
    };
    sentence!(
        "登记关于{zh}的投诉举报“{name}”(内容和投诉人受保护),由{handler}办理",
        "enters complaint {name} about {en}, for {handler}"
    )
}

/// Why a complaint was not accepted, in Chinese and English.
pub const fn declined(reason: DeclineReason) -> (&'static str, &'static str) {
    match reason {
        DeclineReason::OutOfRemit => ("不属于受理范围", "out of remit"),
        DeclineReason::AlreadyHandled => ("已受理或已办结", "already handled"),
        DeclineReason::LegalProceedings => ("应通过法定途径解决", "a matter of legal proceedings"),
        DeclineReason::NotSpecific => ("内容不具体,无法核实", "not specific"),
        DeclineReason::Withdrawn => ("投诉人撤回", "withdrawn"),
    }
}

/// What was found about a complaint, in Chinese and English.
pub const fn found(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Founded => ("属实", "founded"),
        Outcome::PartlyFounded => ("部分属实", "partly founded"),
        Outcome::Unfounded => ("不属实", "unfounded"),
        Outcome::Undetermined => ("无法查实", "could not be determined"),
        Outcome::Withdrawn => ("投诉人撤回", "withdrawn"),
    }
}

/// How an answered complaint ended, in Chinese and English.
pub const fn closed(closure: Closure) -> (&'static str, &'static str) {
    match closure {
        Closure::Satisfied => ("投诉人认可", "the complainant is satisfied"),
        Closure::NotContested => ("逾期未申请复查", "not contested in time"),
        Closure::Upheld => ("复查复核维持", "upheld on review"),
        Closure::Changed => ("复查复核改变", "changed on review"),
    }
}

fn audit(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::OpenAudit(act) => {
            let (name, count) = (&act.reference, act.scope.organizations.len());
            let (first, last) = (act.scope.first_year, act.scope.last_year);
            sentence!(
                "开展审计“{name}”:{count}家单位,{first}至{last}年度",
                "opens audit {name} of {count} organisations, {first} to {last}"
            )
        }
        Call::RecordFinding(act) => finding(act, names),
        Call::RespondFinding { engagement, finding, position, .. } => {
            let name = &engagement.engagement;
            let (zh, en) = match position {
                Position::Accepted => ("无异议", "accepts it"),
                Position::PartlyDisputed => ("部分有异议", "disputes a part of it"),
                Position::Disputed => ("有异议", "disputes it"),
            };
            sentence!("对审计“{name}”发现{finding}{zh}", "on finding {finding} of {name}: {en}")
        }
        Call::RectifyFinding(act) => {
            let (name, number) = (&act.engagement.engagement, act.finding);
            let (amount, en) = (spoken(act.amount), cny(act.amount));
            sentence!(
                "已整改审计“{name}”发现{number},金额{amount}",
                "says that finding {number} of {name} is rectified, {en}"
            )
        }
        Call::ConfirmFinding { engagement, finding, verdict, .. } => {
            let name = &engagement.engagement;
            let (zh, en) = match verdict {
                Verdict::Confirmed => ("整改到位,销号", "is rectified"),
                Verdict::Insufficient => ("整改不到位", "is not rectified enough"),
            };
            sentence!("审计“{name}”发现{finding}{zh}", "finding {finding} of {name} {en}")
        }
        Call::CloseAudit { engagement, open, .. } => {
            let (name, count) = (&engagement.engagement, open.len());
            sentence!(
                "结束审计“{name}”,{count}项未整改完毕",
                "closes audit {name}, {count} findings stay open"
            )
        }
        // The caller sends no other act here.
        other => unnamed(other),
    }
}

fn unnamed(call: &Call) -> Sentence {
    let kind = kind(call);
    sentence!("{kind}", "{kind}")
}

fn finding(act: &Record, names: &dyn Names) -> Sentence {
    let (name, number) = (&act.engagement.engagement, act.number);
    let (organization, year) = (names.organization(&act.organization), act.year);
    let (amount, en) = (spoken(act.amount), cny(act.amount));
    let (zh, what) = match act.kind {
        FindingKind::Withheld => ("截留", "withheld"),
        FindingKind::Encroached => ("挤占", "encroached upon"),
        FindingKind::Misappropriated => ("挪用", "misappropriated"),
        FindingKind::Detained => ("滞留", "detained"),
        FindingKind::OutOfScope => ("超范围支出", "spent out of scope"),
        FindingKind::AboveStandard => ("超标准支出", "spent above the standard"),
        FindingKind::BooksDiffer => ("账实不符", "not as in the books"),
        FindingKind::FalselyClaimed => ("虚报套取", "falsely claimed"),
        FindingKind::PaidLate => ("未按期上缴或拨付", "paid late"),
        FindingKind::Procedure => ("程序不合规", "against procedure"),
        FindingKind::TargetMissed => ("绩效目标未完成", "with its target missed"),
        FindingKind::Other => ("其他问题", "of another kind"),
    };
    sentence!(
        "审计“{name}”发现{number}:{organization}{year}年度{zh},金额{amount}",
        "finding {number} of audit {name}: {en} {what} by {organization} in {year}"
    )
}

fn sample(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::PlanSample(plan) => planned(plan),
        Call::CancelSample { plan, .. } => {
            sentence!("取消抽样方案“{plan}”", "cancels sample plan {plan}")
        }
        Call::EnterDraw(draw) => {
            let (game, issue) = (&draw.game, &draw.issue);
            let numbers: Vec<String> = draw.numbers.iter().map(ToString::to_string).collect();
            let numbers = numbers.join(" ");
            sentence!(
                "登记“{game}”第{issue}期开奖号码:{numbers}",
                "enters the numbers of draw {issue} of {game}: {numbers}"
            )
        }
        Call::DrawSample { plan } => {
            let (name, by) = (&plan.sample, names.organization(&plan.organization));
            sentence!("按{by}的方案“{name}”抽取样本", "draws sample {name} of {by}")
        }
        Call::OpenPool(act) => {
            let pool = &act.reference;
            let (zh, en, count) = match &act.members {
                Members::Objects(objects) => ("检查对象", "objects", objects.len()),
                Members::Inspectors(all) => ("检查人员", "inspectors", all.len()),
            };
            sentence!("登记{zh}名录库“{pool}”,共{count}个", "enters pool {pool} of {count} {en}")
        }
        Call::Inspect(act) => {
            let (plan, object) = (&act.plan, names.organization(&act.object));
            let (zh, en) = inspected(act.result);
            sentence!("方案“{plan}”检查{object}:{zh}", "inspection {plan} of {object}: {en}")
        }
        // The caller sends no other act here.
        other => unnamed(other),
    }
}

fn planned(plan: &Plan) -> Sentence {
    let Plan { reference, size, target, draw, .. } = plan;
    let (zh, en) = match &plan.frame {
        Frame::Records { first, end, population, .. } => (
            format!("第{first}至{end}条之间的{population}条记录"),
            format!("{population} records from {first} to {end}"),
        ),
        Frame::List { population, .. } => {
            (format!("{population}项名单"), format!("a list of {population}"))
        }
        Frame::Inspection(frame) => {
            (format!("名录库“{}”", frame.objects), format!("pool {}", frame.objects))
        }
    };
    let (game, issue, date) = (&draw.game, &draw.issue, draw.date);
    sentence!(
        "抽样方案“{reference}”:从{zh}抽取{size}个,以区块{target}和{date}“{game}”第{issue}期\
         开奖号码为随机种子",
        "plan {reference}: {size} of {en}, by block {target} and draw {issue} of {game} on {date}"
    )
}

/// What an inspection found, in Chinese and English.
pub const fn inspected(result: InspectionResult) -> (&'static str, &'static str) {
    match result {
        InspectionResult::NothingFound => ("未发现问题", "nothing found"),
        InspectionResult::OrderedToCorrect => ("发现问题已责令改正", "ordered to correct"),
        InspectionResult::UnderFurtherAction => ("发现问题待后续处理", "under further action"),
        InspectionResult::Referred => ("移送有关部门", "referred"),
        InspectionResult::NotReachable => ("无法联系", "not reachable"),
        InspectionResult::Obstructed => ("不配合检查", "obstructed"),
        InspectionResult::Inactive => ("未开展业务活动", "inactive"),
    }
}

/// What an event says of its last day.
const fn kept(on_time: bool) -> (&'static str, &'static str) {
    if on_time { ("按期", "in time") } else { ("逾期", "late") }
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::ComplaintReceived { complaint, due, .. } => {
            let name = &complaint.complaint;
            sentence!("投诉举报“{name}”应于{due}前决定是否受理", "{name} is decided by {due}")
        }
        Event::ComplaintAccepted { complaint, on_time, next_due, .. } => {
            let (name, (zh, en)) = (&complaint.complaint, kept(*on_time));
            sentence!(
                "投诉举报“{name}”{zh}受理,应于{next_due}前答复",
                "{name} was accepted {en} and is answered by {next_due}"
            )
        }
        Event::ComplaintDeclined { complaint, on_time, .. } => {
            let (name, (zh, en)) = (&complaint.complaint, kept(*on_time));
            sentence!("投诉举报“{name}”{zh}告知不予受理", "{name} was declined {en}")
        }
        Event::ComplaintTransferred { complaint, on_time, next_due, .. } => {
            let (name, (zh, en)) = (&complaint.complaint, kept(*on_time));
            sentence!(
                "投诉举报“{name}”{zh}转送,应于{next_due}前决定是否受理",
                "{name} was handed on {en} and is decided by {next_due}"
            )
        }
        Event::ComplaintExtended { complaint, next_due } => {
            let name = &complaint.complaint;
            sentence!("投诉举报“{name}”延期至{next_due}前答复", "{name} is answered by {next_due}")
        }
        Event::ComplaintAnswered { complaint, on_time, .. } => {
            let (name, (zh, en)) = (&complaint.complaint, kept(*on_time));
            sentence!("投诉举报“{name}”{zh}答复", "{name} was answered {en}")
        }
        Event::ComplaintClosed { complaint } => {
            let name = &complaint.complaint;
            sentence!("投诉举报“{name}”已办结", "{name} is closed")
        }
        _ => of_audit(event, names),
    }
}

fn of_audit(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::AuditOpened { engagement } => {
            let name = &engagement.engagement;
            sentence!("审计“{name}”已立项", "audit {name} is open")
        }
        Event::FindingRecorded { finding, due, .. } => {
            sentence!("发现{finding}应于{due}前整改", "finding {finding} is rectified by {due}")
        }
        Event::FindingResponded { finding, .. } => {
            sentence!("被审计单位已就发现{finding}反馈", "the position on {finding} is taken")
        }
        Event::FindingRectified { finding, on_time, .. } => {
            let (zh, en) = kept(*on_time);
            sentence!("发现{finding}{zh}整改,待确认", "finding {finding} was rectified {en}")
        }
        Event::FindingConfirmed { finding, open, .. } => {
            sentence!("发现{finding}已销号,尚余{open}项", "{finding} is confirmed, {open} are open")
        }
        Event::FindingReturned { finding, .. } => {
            sentence!("发现{finding}退回继续整改", "finding {finding} is open again")
        }
        Event::AuditClosed { engagement, open } => {
            let name = &engagement.engagement;
            sentence!("审计“{name}”结束,{open}项未销号", "audit {name} ended, {open} stay open")
        }
        _ => of_sample(event, names),
    }
}

fn of_sample(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::SamplePlanned { plan, population, target } => {
            let name = &plan.sample;
            sentence!(
                "方案“{name}”已公布,抽样框{population}个,目标区块{target}",
                "plan {name} over {population} waits for block {target}"
            )
        }
        Event::SampleCancelled { plan } => {
            let name = &plan.sample;
            sentence!("方案“{name}”已取消", "plan {name} was cancelled")
        }
        Event::DrawEntered { game, issue } => {
            sentence!("“{game}”第{issue}期开奖号码已登记", "draw {issue} of {game} is entered")
        }
        Event::SampleDrawn { plan, seed, .. } => {
            let (name, seed) = (&plan.sample, short(&seed.to_string()));
            sentence!("方案“{name}”已抽取,种子{seed}", "plan {name} is drawn by seed {seed}")
        }
        Event::PoolOpened { pool, members } => {
            sentence!("名录库“{pool}”共{members}个", "pool {pool} has {members} members")
        }
        Event::Inspected { object, inspectors, .. } => {
            let (object, count) = (names.organization(object), inspectors.len());
            sentence!("{object}由{count}名检查人员检查", "{object} was inspected by {count}")
        }
        // The callers send no other event here.
        _ => sentence!("监督事项", "a matter of oversight"),
    }
}
