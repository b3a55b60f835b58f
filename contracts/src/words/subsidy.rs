//! Subsidies to persons: programmes, batches, verdicts. No sentence speaks of a person.

use minglian_ledger::date::Month;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::batch::BatchKind;
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::standards::Standards;

use crate::subsidy::batch::Standing;
use crate::subsidy::period::PeriodLength;
use crate::subsidy::programme::{ProgrammeKind, Terms};
use crate::subsidy::verdict::{Check, Finding};
use crate::subsidy::{Call, Event};

use super::{Names, Sentence, cny, sentence, short, spoken, yuan};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Declare(_) => "补贴项目设立",
        Call::SetStandards(_) => "补贴标准",
        Call::Submit(_) => "补贴批次发放",
        Call::GiveVerdict(_) => "批次核验结论",
        Call::Close { .. } => "批次了结",
        Call::Return(_) => "补贴退回",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Declare(act) => {
            let ((zh_kind, en_kind), Sentence { zh, en }) = (named(act.kind), terms(&act.terms));
            let (number, (zh_each, en_each)) = (act.programme, each(act.length));
            sentence!(
                "设立第{number}号补贴项目“{zh_kind}”,{zh_each}发放:{zh}",
                "declares subsidy programme {number}, {en_kind}, paid {en_each}: {en}"
            )
        }
        Call::SetStandards(act) => {
            let (number, Sentence { zh, en }) = (act.programme, terms(&act.terms));
            sentence!(
                "第{number}号补贴项目标准:{zh}",
                "sets what subsidy programme {number} pays: {en}"
            )
        }
        Call::Submit(act) => {
            let header = &act.sealed.header;
            let name = &header.name;
            let Sentence { zh, en } =
                what(name.county, name.programme, name.period, name.kind, names);
            let (leaves, custodians) = (header.leaves, act.custody.len());
            let (zh_total, en_total) = (spoken(header.total), cny(header.total));
            sentence!(
                "提交{zh}:名册{leaves}人,合计{zh_total},{custodians}个保管单位签收信封",
                "submits {en}: {leaves} handles, {en_total} in all, envelopes kept by {custodians}"
            )
        }
        Call::GiveVerdict(act) => {
            let (name, Sentence { zh, en }) = (batch(&act.batch), found(&act.finding));
            sentence!("对批次{name}的核验结论:{zh}", "finds batch {name} {en}")
        }
        Call::Close { batch: id } => {
            let name = batch(id);
            sentence!(
                "请求按现有核验结论或期限了结批次{name}",
                "asks to settle batch {name} by the verdicts there are, or by its time"
            )
        }
        Call::Return(act) => {
            let (name, count) = (batch(&act.batch), act.indexes.len());
            let (zh_total, en_total) = (spoken(act.total), cny(act.total));
            sentence!(
                "批次{name}有{count}笔退回,合计{zh_total}",
                "{count} payments of batch {name} came back, {en_total} in all"
            )
        }
    }
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::Declared { programme, kind, group } => {
            let (zh, en) = named(*kind);
            sentence!(
                "第{programme}号补贴项目“{zh}”已设立,属第{group}互斥类",
                "subsidy programme {programme} is declared: {en}, of exclusion group {group}"
            )
        }
        Event::StandardsSet { programme, version, effective_from, retroactive } => {
            let (zh, en) =
                if *retroactive { ("(追溯)", ", which is retroactive") } else { ("", "") };
            sentence!(
                "第{programme}号补贴项目标准第{version}版自{effective_from}起适用{zh}",
                "version {version} of what programme {programme} pays, from {effective_from}{en}"
            )
        }
        Event::Submitted { batch: id, county, programme, period, kind, leaves, total, .. } => {
            let name = batch(id);
            let Sentence { zh, en } = what(*county, *programme, *period, *kind, names);
            let (zh_total, en_total) = (spoken(*total), cny(*total));
            sentence!(
                "{zh}(批次{name})待核验:{leaves}笔,合计{zh_total}",
                "{en}, batch {name}, waits for verdicts: {leaves} leaves, {en_total} in all"
            )
        }
        Event::VerdictGiven { batch: id, finding } => {
            let (name, Sentence { zh, en }) = (batch(id), found(finding));
            sentence!("批次{name}核验结论:{zh}", "batch {name} is found {en}")
        }
        Event::Settled { batch: id, kind, standing, total } => {
            settled(id, *kind, *standing, (spoken(*total), cny(*total)))
        }
    }
}

fn settled(
    id: &BatchId,
    kind: BatchKind,
    standing: Standing,
    (zh, en): (String, String),
) -> Sentence {
    let name = batch(id);
    match (standing, kind) {
        (Standing::Pending, _) => sentence!("批次{name}待核验", "batch {name} waits for verdicts"),
        (Standing::Applied, BatchKind::Return(_)) => sentence!(
            "退回批次{name}核验通过,{zh}记回资金来源,归属为批次内推定",
            "return {name} is applied: {en} goes back, to lots that are presumed within the batch"
        ),
        (Standing::Applied, _) => {
            sentence!("批次{name}核验通过并入账,合计{zh}", "batch {name} is applied, {en} in all")
        }
        (Standing::Rejected, _) => sentence!(
            "批次{name}核验不通过,{zh}未予入账",
            "batch {name} is rejected, {en} does not count"
        ),
        (Standing::Expired, _) => sentence!(
            "批次{name}逾期未核验,{zh}未予入账",
            "batch {name} expired without verdicts, {en} does not count"
        ),
    }
}

/// A kind of programme in words.
pub const fn named(kind: ProgrammeKind) -> (&'static str, &'static str) {
    let en = match kind {
        ProgrammeKind::OldAgeAllowance => "old-age allowance",
        ProgrammeKind::CareServices => "subsidy for care services",
        ProgrammeKind::Nursing => "nursing subsidy",
        ProgrammeKind::DisabledCare => "care of the disabled in homes",
        ProgrammeKind::Meals => "meals",
        ProgrammeKind::HomeAdaptation => "adaptation of homes for age",
        ProgrammeKind::HomeCareBeds => "care beds at home",
    };
    (kind.code(), en)
}

const fn each(length: PeriodLength) -> (&'static str, &'static str) {
    match length {
        PeriodLength::Month => ("按月", "monthly"),
        PeriodLength::Quarter => ("按季", "quarterly"),
        PeriodLength::Year => ("按年", "yearly"),
    }
}

fn terms(terms: &Terms) -> Sentence {
    let (from, article) = (terms.effective_from, &terms.article);
    let least = terms.handles_min;
    let (zh, en) = match &terms.standards {
        Standards::Table(table) => {
            let printed = |fen: &u32| yuan(u64::from(*fen));
            let all: Vec<String> = table.standards().iter().map(printed).collect();
            (format!("{}元", all.join("、")), format!("CNY {}", all.join(", ")))
        }
        Standards::Range(rule) => {
            let [min, max, unit] =
                [rule.min(), rule.max(), rule.unit()].map(|fen| yuan(u64::from(fen)));
            (
                format!("{min}至{max}元,以{unit}元为单位"),
                format!("CNY {min} to {max} in steps of {unit}"),
            )
        }
    };
    sentence!(
        "自{from}起{zh},名册不少于{least}人(依据:{article})",
        "{en} from {from}, to {least} handles at least ({article})"
    )
}

fn what(
    county: OrganizationCode,
    programme: u16,
    period: Month,
    kind: BatchKind,
    names: &dyn Names,
) -> Sentence {
    let name = names.organization(&county);
    let (zh, en) = match kind {
        BatchKind::Main => (String::new(), String::new()),
        BatchKind::Supplementary(number) => {
            (format!("第{number}次补发"), format!(", supplementary batch {number}"))
        }
        BatchKind::Return(number) => (format!("第{number}次退回"), format!(", return {number}")),
    };
    sentence!(
        "{name}第{programme}号补贴项目{period}{zh}",
        "subsidy programme {programme} of {name} for {period}{en}"
    )
}

fn batch(id: &BatchId) -> String {
    short(&id.to_string())
}

fn found(finding: &Finding) -> Sentence {
    let Finding::Invalid { leaf, check } = finding else { return sentence!("有效", "valid") };
    let (zh_check, en_check) = match check {
        Check::Bytes => ("内容字节数不符", "its bytes"),
        Check::LeafIndex => ("序号不符", "a leaf's place"),
        Check::Commitment => ("承诺不合规范", "a commitment"),
        Check::Standard => ("金额未证明属于公布标准", "an amount that is no standard"),
        Check::Range => ("金额未证明在规定范围内", "amounts outside the range"),
        Check::Cumulative => ("累计金额未证明合规", "what all batches together pay"),
        Check::Tenure => ("不应发放的序号不为零", "a payment to who is paid elsewhere"),
        Check::Root => ("内容与表头的根不符", "its roots"),
        Check::Balance => ("合计不平", "its total"),
    };
    let (zh_leaf, en_leaf) = leaf.map_or_else(Default::default, |leaf| {
        (format!(",首个问题序号{leaf}"), format!(", first at leaf {leaf}"))
    });
    sentence!("无效:{zh_check}{zh_leaf}", "invalid for {en_check}{en_leaf}")
}
