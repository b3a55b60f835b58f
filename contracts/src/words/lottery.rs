//! Sales, the fund's share of them, and its remittance.

use crate::lottery::central::CentralPart;
use crate::lottery::duty::Duty;
use crate::lottery::{Call, Event};
use minglian_ledger::fen::Fen;

use super::{Names, Sentence, cny, sentence, spoken};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Statement(_) => "销售报告",
        Call::Settle(_) => "清算",
        Call::Remit(_) => "上缴中央分成",
        Call::TakeBack(_) => "清算返还",
        Call::HandOver(_) => "缴入地方分成",
        Call::DivideLocal(_) => "地方分成分级",
        Call::GiveBack(_) => "退回地方分成",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Statement(statement) => {
            let (game, period) = (&statement.game, statement.period);
            let (sales, en) = (spoken(statement.sales), cny(statement.sales));
            sentence!("“{game}”{period}销售{sales}", "sales of {game} in {period}: {en}")
        }
        Call::Settle(settlement) => {
            let (statement, index) = (&settlement.statement, settlement.corrects);
            let (game, period) = (&statement.game, statement.period);
            let (sales, en) = (spoken(statement.sales), cny(statement.sales));
            sentence!(
                "更正“{game}”{period}销售为{sales}(更正第{index}条记录)",
                "corrects the sales of {game} in {period} to {en} (record {index})"
            )
        }
        Call::Remit(remit) => {
            let (period, reference) = (remit.period, &remit.reference);
            let (amount, en) = (spoken(remit.amount), cny(remit.amount));
            sentence!(
                "上缴{period}中央分成{amount}(凭证 {reference})",
                "remits {en} of the central share of {period} (voucher {reference})"
            )
        }
        Call::TakeBack(take) => {
            let reference = &take.reference;
            let (amount, en) = (spoken(take.amount), cny(take.amount));
            sentence!(
                "国库退回上缴款{amount}(凭证 {reference})",
                "the treasury returns {en} of remittance {reference}"
            )
        }
        Call::HandOver(over) => {
            let (period, to) = (over.period, names.organization(&over.to));
            let (amount, en) = (spoken(over.amount), cny(over.amount));
            sentence!(
                "向{to}缴入{period}地方分成{amount}",
                "hands over {en} of the local share of {period} to {to}"
            )
        }
        Call::GiveBack(back) => {
            let (period, centre) = (back.period, names.organization(&back.centre));
            let (amount, en) = (spoken(back.amount), cny(back.amount));
            sentence!(
                "向{centre}退回{period}地方分成{amount},待清算",
                "gives {en} of the local share of {period} back to {centre}"
            )
        }
        Call::DivideLocal(divide) => {
            let (period, game) = (divide.period, &divide.game);
            let (province, lower) =
                (names.organization(&divide.province), names.organization(&divide.lower));
            let (amount, en) = (spoken(divide.amount), cny(divide.amount));
            sentence!(
                "“{game}”{period}地方分成{amount}在{province}与{lower}之间分配",
                "divides {en} of the local share of {game} in {period}: {province}, {lower}"
            )
        }
    }
}

pub(super) fn event(event: &Event) -> Sentence {
    match event {
        Event::Stated { game, period, accrual, unclaimed_prizes } => {
            let (fund, central, local) =
                (spoken(accrual.fund), spoken(accrual.central), spoken(accrual.local));
            let prizes = spoken(*unclaimed_prizes);
            let (en, en_central, en_local) =
                (cny(accrual.fund), cny(accrual.central), cny(accrual.local));
            let percent = accrual.ratio_basis_points / 100;
            sentence!(
                "“{game}”{period}按{percent}%提取公益金{fund},其中中央{central}、地方{local},\
                 另弃奖{prizes}",
                "{game} {period}: fund {en} at {percent} %, central {en_central}, local {en_local}"
            )
        }
        Event::Settled { game, period, corrects, added, withdrawn, .. } => {
            let (added_zh, withdrawn_zh) = (spoken(*added), spoken(*withdrawn));
            let (added, withdrawn) = (cny(*added), cny(*withdrawn));
            sentence!(
                "“{game}”{period}已清算,补记{added_zh}、冲减{withdrawn_zh}(更正第{corrects}条记录)",
                "{game} {period} settled: {added} added, {withdrawn} withdrawn (record {corrects})"
            )
        }
        Event::Remitted { period, amount, due } => {
            let (amount_zh, due_zh) = (spoken(*amount), spoken(*due));
            let (amount, due) = (cny(*amount), cny(*due));
            sentence!(
                "{period}中央分成已上缴{amount_zh},尚应缴{due_zh}",
                "{amount} of {period} remitted, {due} still due"
            )
        }
        Event::Timed { duty, period, due_on, days_late } => {
            let (zh, en) = match duty {
                Duty::Statement => ("销售报告", "the statement"),
                Duty::Remittance => ("中央分成上缴", "the remittance"),
            };
            let (late_zh, late) = match days_late {
                0 => ("按期".to_owned(), "in time".to_owned()),
                days => (format!("逾期{days}天"), format!("{days} days late")),
            };
            sentence!(
                "{period}{zh}应于 {due_on} 前办理,{late_zh}",
                "{en} of {period} was due by {due_on}, {late}"
            )
        }
        Event::CentralDivided { period, parts } => {
            let zh: Vec<String> = parts.iter().map(|part| of_user(part, spoken)).collect();
            let en: Vec<String> = parts.iter().map(|part| of_user(part, cny)).collect();
            let (zh, en) = (zh.join("、"), en.join(", "));
            sentence!("{period}中央分成去向:{zh}", "the central share of {period}: {en}")
        }
        Event::LocalDivided { game, period, province, lower } => {
            let (province_zh, lower_zh) = (spoken(*province), spoken(*lower));
            let (province, lower) = (cny(*province), cny(*lower));
            sentence!(
                "“{game}”{period}地方分成:省级{province_zh},市县{lower_zh}",
                "local share of {game} in {period}: province {province}, below {lower}"
            )
        }
    }
}

fn of_user(part: &CentralPart, amount: impl Fn(Fen) -> String) -> String {
    format!("{}{}", part.user.code(), amount(part.amount))
}
