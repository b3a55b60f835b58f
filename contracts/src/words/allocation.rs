//! Quota, from its 文号 to the project.

use crate::allocation::downward::Grant;
use crate::allocation::entry::{RecordQuota, Statement};
use crate::allocation::{Basis, Call, Event, Purpose, Receipt, StatementKind};

use super::party::category;
use super::{Names, Sentence, cny, line, sentence, spoken};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::RecordQuota(_) => "指标登记",
        Call::Plan(_) => "分配方案",
        Call::Issue(_) => "指标下达",
        Call::Receive { .. } => "指标签收",
        Call::Allocate(_) => "指标分配",
        Call::CarryOver(_) => "结转",
        Call::Recover(_) => "收回",
        Call::Lapse(_) => "转为结余",
        Call::TransferOut(_) => "调出",
        Call::State(_) => "公告数字",
        Call::Classify(_) => "科目登记",
    }
}

/// What an act rests on, as a phrase; empty if nothing is named.
pub fn basis(basis: &Basis) -> String {
    let documents: Vec<String> =
        basis.documents.as_slice().iter().map(ToString::to_string).collect();
    let printed = basis.printed_in.iter().map(ToString::to_string);
    documents.into_iter().chain(printed).collect::<Vec<_>>().join("、")
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::RecordQuota(quota) => recorded(quota, names),
        Call::Plan(plan) => {
            let (name, from, rows) = (&plan.name, line(&plan.from, names), plan.rows.len());
            sentence!(
                "分配方案“{name}”:把{from}分给{rows}个去向",
                "plan {name} divides {from} into {rows} parts"
            )
        }
        Call::Issue(grant) => granted(grant, "下达", "issued", names),
        Call::Allocate(grant) => granted(grant, "安排", "allocated", names),
        Call::Receive { line: name, occurred_on } => {
            let name = line(name, names);
            sentence!("{occurred_on},{name}已签收", "{name} was received on {occurred_on}")
        }
        Call::CarryOver(carry) => {
            let (name, year) = (line(&carry.line, names), carry.line.year.saturating_add(1));
            let (amount, en) = (spoken(carry.amount), cny(carry.amount));
            sentence!("{name}结转{amount}到{year}年度", "{en} of {name} is carried over to {year}")
        }
        Call::Recover(take) => {
            let (from, to) = (line(&take.line, names), line(&take.to, names));
            let (amount, en) = (spoken(take.amount), cny(take.amount));
            sentence!("从{from}收回{amount},转入{to}", "{en} is taken back from {from} to {to}")
        }
        Call::Lapse(take) => {
            let (from, to) = (line(&take.line, names), line(&take.to, names));
            let (amount, en) = (spoken(take.amount), cny(take.amount));
            sentence!(
                "{from}逾期未用{amount}转为结余,转入{to}",
                "{en} of {from} lapses and becomes surplus of {to}"
            )
        }
        Call::TransferOut(transfer) => {
            let (from, to) = (line(&transfer.line, names), &transfer.to_fund);
            let (amount, en) = (spoken(transfer.amount), cny(transfer.amount));
            sentence!("从{from}调出{amount}到{to}", "{en} leaves {from} for {to}")
        }
        Call::Classify(classify) => {
            let (name, subject) = (line(&classify.line, names), &classify.subject);
            sentence!("{name}列入科目 {subject}", "gives {name} the budget subject {subject}")
        }
        Call::State(statement) => stated(statement),
    }
}

fn recorded(quota: &RecordQuota, names: &dyn Names) -> Sentence {
    let (to, year) = (line(&quota.to, names), quota.to.year);
    let (amount, en_amount, level) = (spoken(quota.amount), cny(quota.amount), &quota.level);
    let (zh, en) = match quota.receipt {
        Receipt::Issued => ("下达", "issued"),
        Receipt::Tranche => ("分批下达", "issued as a tranche"),
        Receipt::SettlementReturn => ("清算返还", "returned by settlement"),
        Receipt::BroughtForward => ("上年结转", "brought forward"),
        Receipt::OwnShare => ("本级安排", "the level's own share"),
    };
    let (mark, en_mark) = if quota.implied {
        ("(按公告推定,公告未载明收到)", " (implied by the notice, which prints no receipt)")
    } else {
        ("", "")
    };
    sentence!(
        "{year}年,{level}{zh}指标{amount},记入{to}{mark}",
        "{year}: {en_amount} of quota from {level} ({en}) enters {to}{en_mark}"
    )
}

fn granted(grant: &Grant, zh: &str, en: &str, names: &dyn Names) -> Sentence {
    let Grant { from, to, amount, purpose, occurred_on, .. } = grant;
    let (year, from, to) = (occurred_on.year(), line(from, names), line(to, names));
    let (amount, en_amount) = (spoken(*amount), cny(*amount));
    let what = purpose_of(purpose);
    sentence!(
        "{year}年,从{from}中{zh}{amount}给{to}{what}",
        "{year}: {en_amount} of {from} is {en} to {to}{what}"
    )
}

fn purpose_of(purpose: &Purpose) -> String {
    purpose.category.map_or_else(String::new, |known| format!("({})", category(known)))
}

fn stated(statement: &Statement) -> Sentence {
    let (subject, figure, en) =
        (&statement.subject, spoken(statement.figure), cny(statement.figure));
    match statement.kind {
        StatementKind::Nothing => {
            sentence!("公告载明:{subject}为零", "the notice prints zero: {subject}")
        }
        StatementKind::Total => sentence!(
            "公告载明合计:{subject} {figure},供核对",
            "the notice prints a total: {subject} {en}, to be checked"
        ),
        StatementKind::Balance => sentence!(
            "公告载明结余:{subject} {figure},供核对",
            "the notice prints a balance: {subject} {en}, to be checked"
        ),
        StatementKind::Raised => sentence!(
            "公告载明筹集公益金:{subject} {figure},不作指标入账",
            "the notice prints what the fund raised: {subject} {en}, not entered as quota"
        ),
        StatementKind::Remitted => sentence!(
            "公告载明上缴公益金:{subject} {figure},不作支出入账",
            "the notice prints what was sent up: {subject} {en}, not entered as spending"
        ),
    }
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::Opened { line: name, parent, purpose } => {
            let (name, what) = (line(name, names), purpose_of(purpose));
            match parent {
                Some(parent) => {
                    let parent = line(parent, names);
                    sentence!(
                        "设立{name}{what},资金来自{parent}",
                        "{name}{what} was opened with money of {parent}"
                    )
                }
                None => sentence!("设立{name}{what}", "{name}{what} was opened"),
            }
        }
        Event::Received { line: name, days } => {
            let name = line(name, names);
            sentence!(
                "{name}已签收,距下达{days}天",
                "{name} was received, {days} days after it was issued"
            )
        }
        Event::EnteredLate { occurred_on } => {
            sentence!("补录:业务发生于 {occurred_on}", "entered late: it happened on {occurred_on}")
        }
        Event::Planned { total } => {
            let (total, en) = (spoken(*total), cny(*total));
            sentence!("分配方案已通过,合计{total}", "the plan is approved: {en} in all")
        }
        Event::Held { line: name, days, days_max } => {
            let name = line(name, names);
            let (zh, en) = match days_max {
                Some(most) if days > most => {
                    (format!(",超过规定的{most}天"), format!(", {most} are the most"))
                }
                Some(most) => (format!(",规定不超过{most}天"), format!(" of at most {most}")),
                None => Default::default(),
            };
            sentence!("{name}在本级停留{days}天{zh}", "{name} lay at its level for {days} days{en}")
        }
        Event::Classified { line: name, subject } => {
            let name = line(name, names);
            sentence!("{name}列入科目 {subject}", "{name} has the budget subject {subject}")
        }
    }
}
