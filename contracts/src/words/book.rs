//! Movements of money.

use crate::book::{Attribution, Basis, Kind, Movement, Origin, Source};

use super::{Names, Sentence, account, cny, sentence, spoken};

/// What a movement is called.
pub const fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Receipt => "入账",
        Kind::Transfer => "划转",
        Kind::Payment => "支付",
        Kind::CarryOver => "结转",
        Kind::PurposeChange { .. } => "改变用途",
        Kind::Return => "退回",
        Kind::Reversal { .. } => "冲正",
        Kind::Rebase => "重整",
    }
}

/// What an account counts, by its name in the index.
pub fn measure(measure: &str) -> &'static str {
    match measure {
        "quota" => "指标",
        "goods" => "物资",
        _ => "资金",
    }
}

/// How the fen of a movement were chosen.
pub fn attribution(basis: Basis) -> &'static str {
    match basis.attribution() {
        Attribution::Designated => "指定来源",
        Attribution::FirstInFirstOut => "先进先出",
        Attribution::Substitution => "替代",
    }
}

/// The same in English.
const fn attribution_english(attribution: Attribution) -> &'static str {
    match attribution {
        Attribution::Designated => "designated",
        Attribution::FirstInFirstOut => "first in, first out",
        Attribution::Substitution => "in place of others",
    }
}

/// Where money came from when it entered the ledger.
pub fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Document { numbers, level, implied, occurred_on } => {
            let mark = if *implied { "(按公告推定,公告未载明收到)" } else { "" };
            format!("{level} {numbers} {occurred_on}{mark}")
        }
        Origin::Sales { game, period, .. } => format!("“{game}”{period}销售"),
        Origin::Donation { reference, .. } => format!("捐赠 {reference}"),
        Origin::Other { description, occurred_on } => format!("{description} {occurred_on}"),
    }
}

pub(super) fn movement(movement: &Movement, names: &dyn Names) -> Sentence {
    let (amount, en) = (spoken(movement.amount()), cny(movement.amount()));
    let (kind, how) = (kind(&movement.kind), attribution(movement.basis));
    let to = account(&movement.to, names);
    let (from, en_from) = match &movement.from {
        Source::Outside(outside) => {
            let origin = origin(outside);
            (format!("账外({origin})"), format!("outside the ledger ({origin})"))
        }
        Source::Account(id) => (account(id, names), account(id, names)),
    };
    let en_how = attribution_english(movement.basis.attribution());
    sentence!(
        "{kind}{amount}:由{from}到{to}({how})",
        "{en} moved from {en_from} to {to} ({en_how})"
    )
}
