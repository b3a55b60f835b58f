//! Payments.

use crate::payment::authorization::Grant;
use crate::payment::expenditure::Expenditure;
use crate::payment::result::{BankResult, FailureReason};
use crate::payment::{Call, Event, Order, Payee, Status};

use super::{Names, Sentence, cny, line, printed, sentence, spoken};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Instruct { .. } => "付款",
        Call::Authorize(_) | Call::AuthorizeLimited { .. } => "用款授权",
        Call::Pay { .. } => "授权付款",
        Call::Revoke { .. } => "终止授权",
        Call::BankResult { .. } => "银行回单",
        Call::Return { .. } => "付款退回",
        Call::Correct { .. } => "付款冲正",
    }
}

/// Who gets a payment.
pub fn payee(payee: &Payee, names: &dyn Names) -> String {
    match payee {
        Payee::Organization(code) => names.organization(code),
        Payee::Person(_) => "个人(姓名受保护)".to_owned(),
        Payee::NotPrinted => "公告未载明收款人".to_owned(),
    }
}

fn payee_english(to: &Payee, names: &dyn Names) -> String {
    match to {
        Payee::Organization(code) => names.organization(code),
        Payee::Person(_) => "a person (name protected)".to_owned(),
        Payee::NotPrinted => "a payee whom the notice does not name".to_owned(),
    }
}

/// A type of expenditure in English.
pub const fn expenditure_english(expenditure: Expenditure) -> &'static str {
    match expenditure {
        Expenditure::Construction => "construction",
        Expenditure::Equipment => "equipment",
        Expenditure::Services => "purchased services",
        Expenditure::Assistance => "assistance",
        Expenditure::Activities => "activities",
        Expenditure::Training => "training",
        Expenditure::Other => "other",
        Expenditure::TravelAbroad => "travel abroad",
        Expenditure::OfficialReception => "official reception",
        Expenditure::OfficialVehicles => "official vehicles",
        Expenditure::BasicExpenditure => "basic expenditure of administrations",
        Expenditure::ProfitMaking => "profit-making",
        Expenditure::PayAndBonuses => "pay and bonuses",
        Expenditure::OfficeBuildings => "office buildings",
        Expenditure::Investment => "investment",
    }
}

/// What is known of a payment.
pub fn status(status: &Status) -> String {
    match status {
        Status::Paid(date) => format!("{date} 银行已支付"),
        Status::Failed(date) => format!("{date} 银行退票"),
        Status::Corrected(date) => format!("{date} 已冲正"),
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Instruct { line: name, expenditure, order } => {
            let (from, what) = (line(name, names), expenditure.code());
            let english = expenditure_english(*expenditure);
            let Sentence { zh, en } = ordered(order, names);
            sentence!("从{from}{zh},用于{what}", "{en} out of {from} ({english})")
        }
        Call::Authorize(grant) => granted(grant, names),
        Call::AuthorizeLimited { grant, each_max } => {
            let Sentence { zh, en } = granted(grant, names);
            let (each, each_en) = (spoken(*each_max), cny(*each_max));
            sentence!("{zh},单笔不超过{each}", "{en}, at most {each_en} at a time")
        }
        Call::Pay { authorization, order } => {
            let Sentence { zh, en } = ordered(order, names);
            sentence!("按授权“{authorization}”{zh}", "{en} under payment order {authorization}")
        }
        Call::Revoke { authorization } => {
            sentence!("终止用款授权“{authorization}”", "ends payment order {authorization}")
        }
        Call::BankResult { payment, result, occurred_on } => {
            let (said, said_en) = printed::reference(payment.as_str());
            match result {
                BankResult::Paid => sentence!(
                    "{occurred_on},银行已支付付款“{said}”",
                    "the bank paid payment {said_en} on {occurred_on}"
                ),
                BankResult::Failed(reason) => {
                    let (zh, en) = failure(*reason);
                    sentence!(
                        "{occurred_on},银行退回付款“{said}”:{zh}",
                        "payment {said_en} bounced on {occurred_on}: {en}"
                    )
                }
            }
        }
        Call::Return { payment, amount, .. } => {
            let (said, said_en) = printed::reference(payment.as_str());
            let (amount, en) = (spoken(*amount), cny(*amount));
            sentence!("付款“{said}”退回{amount}", "{en} of payment {said_en} came back")
        }
        Call::Correct { payment, .. } => {
            let (said, said_en) = printed::reference(payment.as_str());
            sentence!(
                "冲正误记的付款“{said}”",
                "reverses payment {said_en}, which was entered wrongly"
            )
        }
    }
}

pub(super) fn ordered(order: &Order, names: &dyn Names) -> Sentence {
    let Order { reference, amount, replaces, occurred_on, .. } = order;
    let (year, to) = (occurred_on.year(), payee(&order.payee, names));
    let en_to = payee_english(&order.payee, names);
    let (amount, en) = (spoken(*amount), cny(*amount));
    let (voucher, en_voucher) = printed::reference(reference.as_str());
    let old = replaces.as_ref().map(|old| printed::reference(old.as_str()).0);
    let replaced = old.map_or_else(String::new, |old| format!(",替代付款“{old}”"));
    sentence!(
        "支付{amount}给{to}({year}年,凭证“{voucher}”{replaced})",
        "pays {en} to {en_to} ({year}, voucher {en_voucher}{replaced})"
    )
}

const fn failure(reason: FailureReason) -> (&'static str, &'static str) {
    match reason {
        FailureReason::AccountUnknown => ("账户不存在", "no such account"),
        FailureReason::AccountClosed => ("账户已销户或冻结", "the account is closed or frozen"),
        FailureReason::NameDiffers => ("户名与账号不符", "name and account differ"),
        FailureReason::Other => ("其他原因", "another reason"),
    }
}

fn granted(grant: &Grant, names: &dyn Names) -> Sentence {
    let (name, from, until) = (&grant.name, line(&grant.line, names), grant.until);
    let (total, en) = (spoken(grant.total), cny(grant.total));
    let what = grant.expenditure.code();
    let english = expenditure_english(grant.expenditure);
    sentence!(
        "用款授权“{name}”:至{until}可从{from}支付不超过{total},用于{what}",
        "payment order {name}: up to {en} of {from} until {until} ({english})"
    )
}

pub(super) fn event(event: &Event) -> Sentence {
    match event {
        Event::Authorized { authorization, total } => {
            let (total, en) = (spoken(*total), cny(*total));
            sentence!(
                "用款授权“{authorization}”生效,额度{total}",
                "payment order {authorization} holds: {en}"
            )
        }
        Event::Limited { authorization, each_max } => {
            let (each, en) = (spoken(*each_max), cny(*each_max));
            sentence!(
                "用款授权“{authorization}”单笔限额{each}",
                "payment order {authorization}: at most {en} at a time"
            )
        }
        Event::Revoked { authorization, paid } => {
            let (paid, en) = (spoken(*paid), cny(*paid));
            sentence!(
                "用款授权“{authorization}”终止,已支付{paid}",
                "payment order {authorization} ended: {en} paid"
            )
        }
        Event::Status { payment, status: known } => {
            let known = status(known);
            sentence!("付款“{payment}”:{known}", "payment {payment}: {known}")
        }
        Event::Returned { payment, amount } => {
            let (amount, en) = (spoken(*amount), cny(*amount));
            sentence!("付款“{payment}”退回{amount}", "{en} of payment {payment} came back")
        }
    }
}
