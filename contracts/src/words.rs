//! Plain language: one sentence for every act and every event, in Chinese and in English.
//!
//! A page opens with the sentence that a villager reads aloud, and an officer reads the same
//! sentence before signing. Names, titles and document numbers stay as they are in both languages.
//! Nothing here is part of the rules: no act depends on a word.

pub mod advice;
pub mod allocation;
pub mod approval;
pub mod book;
pub mod charity;
pub mod disclosure;
pub mod enrolment;
pub mod field;
pub mod governance;
pub mod homes;
pub mod lottery;
pub mod mutual_aid;
pub mod oversight;
pub mod opening;
pub mod party;
pub mod payment;
pub mod policy;
mod printed;
pub mod project;
pub mod registry;
pub mod subsidy;

use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;

use crate::allocation::LineName;
use crate::book::AccountId;
use crate::call::Call;
use crate::event::Event;
use crate::parameter::Judged;

/// One sentence, without its full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What codes are called.
pub trait Names {
    /// The registered name of an organisation; its code where none is known.
    fn organization(&self, code: &OrganizationCode) -> String;
}

macro_rules! sentence {
    ($zh:tt, $en:tt) => {
        $crate::words::Sentence { zh: format!($zh), en: format!($en) }
    };
}
pub(crate) use sentence;

/// What a call asks for.
pub fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Registry(call) => registry::call(call, names),
        Call::Approval(call) => approval::call(call),
        Call::Governance(call) => governance::call(call, names),
        Call::Allocation(call) => allocation::call(call, names),
        Call::Lottery(call) => lottery::call(call, names),
        Call::Project(call) => project::call(call, names),
        Call::Payment(call) => payment::call(call, names),
        Call::Charity(call) => charity::call(call, names),
        Call::Oversight(call) => oversight::call(call, names),
        Call::Disclosure(call) => disclosure::call(call),
        Call::Opening(call) => opening::call(call, names),
        Call::Homes(call) => homes::call(call, names),
        Call::Enrolment(call) => enrolment::call(call, names),
        Call::Subsidy(call) => subsidy::call(call, names),
    }
}

/// What an event reports.
pub fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::Movement(movement) => book::movement(movement, names),
        Event::Judged(judged) => judged_by(judged),
        Event::Registry(event) => registry::event(event, names),
        Event::Approval(event) => approval::event(event),
        Event::Governance(event) => governance::event(event),
        Event::Allocation(event) => allocation::event(event, names),
        Event::Lottery(event) => lottery::event(event),
        Event::Project(event) => project::event(event),
        Event::Payment(event) => payment::event(event),
        Event::Charity(event) => charity::event(event, names),
        Event::Oversight(event) => oversight::event(event, names),
        Event::Disclosure(event) => disclosure::event(event, names),
        Event::Opening(event) => opening::event(event, names),
        Event::Homes(event) => homes::event(event, names),
        Event::Enrolment(event) => enrolment::event(event, names),
        Event::Subsidy(event) => subsidy::event(event, names),
    }
}

/// The kind of a call, in a few characters; `None` never occurs for a call that decodes.
pub fn kind(call: &Call) -> &'static str {
    match call {
        Call::Registry(call) => registry::kind(call),
        Call::Approval(call) => approval::kind(call),
        Call::Governance(call) => governance::kind(call),
        Call::Allocation(call) => allocation::kind(call),
        Call::Lottery(call) => lottery::kind(call),
        Call::Project(call) => project::kind(call),
        Call::Payment(call) => payment::kind(call),
        Call::Charity(call) => charity::kind(call),
        Call::Oversight(call) => oversight::kind(call),
        Call::Disclosure(call) => disclosure::kind(call),
        Call::Opening(call) => opening::kind(call),
        Call::Homes(call) => homes::kind(call),
        Call::Enrolment(call) => enrolment::kind(call),
        Call::Subsidy(call) => subsidy::kind(call),
    }
}

fn judged_by(judged: &Judged) -> Sentence {
    let Judged { key, version, value } = judged;
    sentence!(
        "依据参数“{key}”第{version}版判定(数值 {value})",
        "judged by version {version} of parameter {key} (value {value})"
    )
}

/// An amount as it is spoken: in 万元 from ten thousand yuan on, always exact.
pub(crate) fn spoken(amount: Fen) -> String {
    if amount.get() >= 1_000_000 {
        format!("{}万元", amount.display_in(Unit::TenThousandYuan))
    } else {
        format!("{}元", amount.display_in(Unit::Yuan))
    }
}

/// An amount in an English sentence.
pub(crate) fn cny(amount: Fen) -> String {
    format!("CNY {}", yuan(amount.get()))
}

/// Fen as yuan to the fen, thousands separated: `9,727,490.00`.
pub fn yuan(fen: u64) -> String {
    let whole = (fen / 100).to_string();
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02}", fen % 100)
}

/// A quota line with its holder.
pub(crate) fn line(name: &LineName, names: &dyn Names) -> String {
    format!("{}“{}”", names.organization(&name.holder), printed::line(name.line.as_str()))
}

/// An account with its holder.
pub fn account(account: &AccountId, names: &dyn Names) -> String {
    let holder = names.organization(account.organization());
    match account {
        AccountId::Line { line, .. } => format!("{holder}“{line}”"),
        AccountId::Payment { reference, .. } => format!("{holder}付款“{reference}”"),
        AccountId::Voided { movement, .. } => format!("{holder}已作废的第{movement}笔流水"),
    }
}

/// The first digits of a key or hash, enough to tell two apart by eye.
pub fn short(text: &str) -> String {
    text.chars().take(12).collect()
}
