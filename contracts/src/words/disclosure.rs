//! What must be made public, and what was: facts, never accusations.

use crate::disclosure::rule::Trigger;
use crate::disclosure::{Call, Event};

use super::{Names, Sentence, sentence};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Publish(_) => "信息公开",
        Call::Correct(_) => "更正说明",
        Call::Declare { .. } => "公开事项申报",
        Call::SetRule { .. } => "公开规则",
    }
}

pub(super) fn call(call: &Call) -> Sentence {
    match call {
        Call::Publish(act) => {
            let (title, number) = (&act.metadata.title, &act.metadata.index_number);
            sentence!(
                "公开《{title}》(索引号 {number})",
                "publishes {title} (index number {number})"
            )
        }
        Call::Correct(act) => {
            let (number, wrong) = (&act.metadata.index_number, &act.corrects);
            let changes = act.changes.iter().map(|it| format!("{}:{}→{}", it.what, it.old, it.new));
            let changes = changes.collect::<Vec<_>>().join("; ");
            sentence!(
                "更正索引号{wrong}的公开信息({changes}),更正说明索引号{number}",
                "corrects publication {wrong} ({changes}), by {number}"
            )
        }
        Call::Declare { trigger, subject, occurred_on } => {
            let (zh, en) = event_name(*trigger);
            sentence!(
                "申报{occurred_on}发生的{zh}“{subject}”",
                "declares {en} of {occurred_on}: {subject}"
            )
        }
        Call::SetRule { rule, terms } => {
            let (title, from, article) = (&terms.title_zh, terms.effective_from, &terms.article);
            let (en, due) = (&terms.title_en, terms.schedule);
            sentence!(
                "自{from}起适用公开规则“{rule}”:{title}({article})",
                "rule {rule} from {from} on: {en}, {due} ({article})"
            )
        }
    }
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::Opened { holder, rule, subject, due_on, provisional, .. } => {
            let holder = names.organization(holder);
            let (zh, en) = mark(*provisional);
            sentence!(
                "{holder}应于{due_on}{zh}前公开:“{rule}”(事由 {subject})",
                "{holder} is to publish by {due_on}{en}: {rule} of {subject}"
            )
        }
        Event::Published { index_number, meets } => sentence!(
            "已公开,索引号{index_number},对应{meets}项公开义务",
            "published as {index_number}, for {meets} obligations"
        ),
        Event::Met { obligation, due_on, days_late, provisional, .. } => {
            let (rule, subject) = (&obligation.rule, &obligation.subject);
            let (zh, en) = mark(*provisional);
            if *days_late == 0 {
                return sentence!(
                    "“{rule}”(事由 {subject})按期公开,期限{due_on}{zh}",
                    "{rule} of {subject} is published in time, by {due_on}{en}"
                );
            }
            sentence!(
                "“{rule}”(事由 {subject})在期限{due_on}{zh}后{days_late}日公开",
                "{rule} of {subject} is published {days_late} days after {due_on}{en}"
            )
        }
        Event::Corrected { index_number, corrects, .. } => sentence!(
            "索引号{corrects}的公开信息已由{index_number}更正",
            "{corrects} is corrected by {index_number}"
        ),
        Event::RuleSet { rule, version, retroactive } => {
            let (zh, en) = match retroactive {
                true => (",适用于已过去的日期", ", for days that have passed too"),
                false => ("", ""),
            };
            sentence!(
                "公开规则“{rule}”第{version}版已生效{zh}",
                "version {version} of rule {rule} is entered{en}"
            )
        }
    }
}

const fn mark(is_provisional: bool) -> (&'static str, &'static str) {
    if is_provisional { ("(暂定)", " (provisional)") } else { ("", "") }
}

const fn event_name(trigger: Trigger) -> (&'static str, &'static str) {
    match trigger {
        Trigger::CharityQualified => ("慈善组织资格取得", "a qualification as a charity"),
        Trigger::FundraisingQualified => ("公开募捐资格取得", "a qualification to raise funds"),
        Trigger::TrustHeld => ("慈善信托受托", "a trust held"),
        Trigger::FundOpened => ("基金设立", "a fund opened"),
        Trigger::CampaignBegan => ("公开募捐", "a campaign"),
        Trigger::EmergencyGift => ("应急募捐接收", "a gift for an emergency"),
        Trigger::SurplusTransferred => ("剩余财产处理", "a disposal of surplus"),
        Trigger::FundTerminated => ("基金终止", "the end of a fund"),
        Trigger::PurposeChanged => ("用途变更", "a change of use"),
        Trigger::QuotaIssued => ("指标下达", "an issue of quota"),
        Trigger::PlanApproved => ("分配方案审定", "an approved plan"),
        Trigger::QuotaHeld => ("指标持有", "quota held"),
        Trigger::SalesStated => ("销售额报送", "a statement of sales"),
        Trigger::ProjectBegan => ("项目登记", "a project"),
        Trigger::MajorEvent => ("重大事项", "a major event"),
        Trigger::RelatedPartyDealing => ("关联方交易", "a dealing with a related party"),
        Trigger::JointCampaignEnded => ("合作募捐结束", "the end of a joint campaign"),
        Trigger::TrustSettled => ("慈善信托设立", "a trust settled"),
        Trigger::DocumentMade => ("政府信息形成", "a government document"),
        Trigger::BudgetApproved => ("预决算批准", "an approved budget"),
        Trigger::CharityFormed => ("慈善组织成立", "the forming of a charity"),
    }
}
