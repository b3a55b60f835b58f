//! Uniqueness of private subsidies: keys that nobody holds, evaluations, enrolment lists. Nothing
//! here is about a person.

use minglian_ledger::subsidy::threshold::KeyPurpose;

use crate::enrolment::list::ListName;
use crate::enrolment::{Call, Event};

use super::{Names, Sentence, sentence, short};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::OpenKey(_) => "门限密钥生成",
        Call::PostDealing(_) => "密钥承诺提交",
        Call::AcknowledgeKey(_) => "密钥确认",
        Call::AccuseMember(_) => "密钥份额投诉",
        Call::RetireKey(_) => "门限密钥停用",
        Call::RegisterAttester(_) => "核验人登记",
        Call::EndAttester(_) => "核验人终止",
        Call::PlanEnrolments(_) => "计划登记人数",
        Call::RequestEvaluation(_) => "标签计算申请",
        Call::AnswerEvaluation(_) => "标签计算答复",
        Call::Enrol(_) => "登记入册",
        Call::Transfer(_) => "登记转移",
    }
}

/// What a key is for, in words.
fn used_for(purpose: KeyPurpose) -> Sentence {
    match purpose {
        KeyPurpose::Tags { group, epoch } => {
            sentence!("{epoch}年度第{group}类登记标签", "tags of group {group} in {epoch}")
        }
        KeyPurpose::Escrow { epoch } => {
            sentence!("{epoch}年度审计开封", "opening envelopes for auditors in {epoch}")
        }
        KeyPurpose::Beacon { epoch } => {
            sentence!("第{epoch}号抽样随机数", "random numbers of samples, key {epoch}")
        }
    }
}

fn key_call(call: &Call) -> Option<Sentence> {
    let act = match call {
        Call::OpenKey(act) => {
            let Sentence { zh, en } = used_for(act.purpose);
            sentence!("开始生成{zh}密钥", "begins the making of the key for {en}")
        }
        Call::PostDealing(act) => {
            let (Sentence { zh, en }, attempt) = (used_for(act.purpose), act.attempt);
            sentence!(
                "提交{zh}密钥第{attempt}次生成的承诺",
                "posts its commitments to the key for {en}, attempt {attempt}"
            )
        }
        Call::AcknowledgeKey(act) => {
            let (Sentence { zh, en }, key) = (used_for(act.purpose), short(&act.key.to_string()));
            sentence!("确认{zh}密钥{key}…", "acknowledges key {key}… for {en}")
        }
        Call::AccuseMember(act) => {
            let (Sentence { zh, en }, accused) = (used_for(act.purpose), act.accused);
            sentence!(
                "投诉成员{accused}未提供合格的{zh}密钥份额",
                "accuses member {accused} of no good share of the key for {en}"
            )
        }
        Call::RetireKey(act) => {
            let Sentence { zh, en } = used_for(act.purpose);
            sentence!("停用{zh}密钥", "retires the key for {en}")
        }
        _ => return None,
    };
    Some(act)
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    if let Some(sentence) = key_call(call) {
        return sentence;
    }
    match call {
        Call::RegisterAttester(act) => {
            let (county, who) =
                (names.organization(&act.county), names.organization(&act.organization));
            sentence!("登记{who}为{county}的核验人", "{who} attests for {county}")
        }
        Call::EndAttester(act) => {
            let county = names.organization(&act.county);
            let key = short(&act.attester.to_string());
            sentence!("终止{county}核验人{key}…", "attester {key}… of {county} ends")
        }
        Call::PlanEnrolments(act) => {
            let (group, epoch, planned) = (act.group, act.epoch, act.planned);
            sentence!(
                "{epoch}年度第{group}类计划登记{planned}人",
                "plans {planned} enrolments in group {group} of {epoch}"
            )
        }
        Call::RequestEvaluation(act) => {
            let (group, epoch, points) = (act.group, act.epoch, act.points.len());
            sentence!(
                "申请计算{epoch}年度第{group}类{points}个标签",
                "asks for {points} tags of group {group} in {epoch}"
            )
        }
        Call::AnswerEvaluation(act) => {
            let request = act.request;
            sentence!(
                "答复第{request}号记录的标签计算申请",
                "answers the request of record {request}"
            )
        }
        Call::Enrol(act) => {
            let (programme, count) = (act.programme, act.entries.len());
            sentence!(
                "项目{programme}登记{count}人入册",
                "enrols {count} persons in programme {programme}"
            )
        }
        Call::Transfer(act) => {
            let (programme, from, month) =
                (act.programme, names.organization(&act.from), act.last_month);
            sentence!(
                "自{from}转入一人至项目{programme},原单位发放至{month}",
                "takes over one person from {from} into programme {programme}, paid there until \
                 {month}"
            )
        }
        // What is left are acts about keys, which have their sentence.
        _ => sentence!("门限密钥", "a threshold key"),
    }
}

fn named(list: &ListName, names: &dyn Names) -> Sentence {
    let ListName { county, programme, epoch } = list;
    let county = names.organization(county);
    sentence!(
        "{county}项目{programme}{epoch}年度名册",
        "the list of {county}, programme {programme}, {epoch}"
    )
}

fn key_event(event: &Event) -> Option<Sentence> {
    let said = match event {
        Event::KeyOpened { purpose, attempt, members, threshold, open_until } => {
            let (Sentence { zh, en }, members) = (used_for(*purpose), members.len());
            sentence!(
                "{zh}密钥第{attempt}次生成开始,{members}个成员,须{threshold}个共同使用,至{open_until}止",
                "the key for {en} is being made, attempt {attempt}: {members} members, {threshold} \
                 are needed to use it, until {open_until}"
            )
        }
        Event::Dealt { purpose, member, key } => {
            let Sentence { zh, en } = used_for(*purpose);
            let (all_zh, all) = key.map_or_else(Default::default, |key| {
                let key = short(&key.to_string());
                (format!(",承诺齐备,密钥为{key}…"), format!(", the last: they come to {key}…"))
            });
            sentence!(
                "成员{member}已提交{zh}密钥承诺{all_zh}",
                "member {member} has posted commitments to the key for {en}{all}"
            )
        }
        Event::Acknowledged { purpose, member, established } => {
            let Sentence { zh, en } = used_for(*purpose);
            let (done_zh, done) =
                if *established { (",密钥已建立", ": it is established") } else { ("", "") };
            sentence!(
                "成员{member}已确认{zh}密钥{done_zh}",
                "member {member} acknowledges the key for {en}{done}"
            )
        }
        Event::CeremonyFailed { purpose, member, accused } => {
            let Sentence { zh, en } = used_for(*purpose);
            sentence!(
                "{zh}密钥生成失败:成员{member}投诉成员{accused}",
                "the key for {en} is not made: member {member} accuses member {accused}"
            )
        }
        Event::KeyRetired { purpose } => {
            let Sentence { zh, en } = used_for(*purpose);
            sentence!("{zh}密钥已停用", "the key for {en} is retired")
        }
        _ => return None,
    };
    Some(said)
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    if let Some(sentence) = key_event(event) {
        return sentence;
    }
    match event {
        Event::AttesterRegistered { county, attester } => {
            let (county, key) = (names.organization(county), short(&attester.to_string()));
            sentence!("{county}核验人{key}…已登记", "attester {key}… of {county} is registered")
        }
        Event::AttesterEnded { county, attester } => {
            let (county, key) = (names.organization(county), short(&attester.to_string()));
            sentence!("{county}核验人{key}…已终止", "attester {key}… of {county} has ended")
        }
        Event::EnrolmentsPlanned { county, group, epoch, planned } => {
            let county = names.organization(county);
            sentence!(
                "{county}{epoch}年度第{group}类计划登记{planned}人",
                "{county} plans {planned} enrolments in group {group} of {epoch}"
            )
        }
        Event::EvaluationRequested { points, asked, quota, .. } => sentence!(
            "申请{points}个标签,累计{asked}个,额度{quota}个",
            "{points} tags are asked for, {asked} in all of a quota of {quota}"
        ),
        Event::EvaluationAnswered { request, member, missing } => sentence!(
            "成员{member}已答复第{request}号记录的申请,尚缺{missing}份",
            "member {member} answered the request of record {request}, {missing} are missing"
        ),
        Event::Enrolled { list, first, length, .. } => {
            let Sentence { zh, en } = named(list, names);
            let count = length.saturating_sub(*first);
            sentence!("{zh}新增{count}人,共{length}人", "{count} more on {en}, {length} in all")
        }
        Event::Transferred { from, to, last_month, .. } => {
            let (from, to) = (named(from, names), named(to, names));
            let (from_zh, to_zh, from, to) = (from.zh, to.zh, from.en, to.en);
            sentence!(
                "一人由{from_zh}转入{to_zh},原名册发放至{last_month}",
                "one person left {from}, paid until {last_month}, for {to}"
            )
        }
        // What is left are events about keys, which have their sentence.
        _ => sentence!("门限密钥", "a threshold key"),
    }
}
