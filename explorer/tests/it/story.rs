//! What happens on the test chain: a notice of a county is entered, money is allocated, paid,
//! partly returned and carried over, one act is refused.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::year::CarryOver;
use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, Receipt};
use minglian_contracts::call::Call;
use minglian_contracts::payment::result::BankResult;
use minglian_contracts::payment::{self, Expenditure, Order, Payee};
use minglian_contracts::project;
use minglian_contracts::project::evaluation::{Indicator, Measures};
use minglian_ledger::date::Date;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::hash::AttachmentHash;

use crate::chain::{Chain, code, text};

/// The project's reference: characters that an address must encode.
pub const PROJECT: &str = "luxian_2020#4";

fn wan(amount: &str) -> Fen {
    Fen::parse_published(amount, Unit::TenThousandYuan).unwrap()
}

pub fn day(date: &str) -> Date {
    date.parse().unwrap()
}

pub fn basis(row: u32, documents: &str) -> Basis {
    let documents = match documents {
        "" => DocumentNumberSet::default(),
        text => DocumentNumberSet::normalize(text).unwrap().canonical,
    };
    Basis { documents, printed_in: Some(text(&format!("按公告补录:luxian_2020 第{row}行"))) }
}

pub fn line(holder: &str, name: &str) -> LineName {
    let holder = code(holder);
    LineName { holder, fund: text("彩票公益金·省级"), year: 2020, line: text(name) }
}

pub fn quota(name: &str, amount: &str, implied: bool) -> Call {
    Call::Allocation(allocation::Call::RecordQuota(RecordQuota {
        to: line("civil", name),
        receipt: Receipt::Issued,
        amount: wan(amount),
        level: text("省级"),
        purpose: Purpose { category: Some(Category::OldAge), project: None },
        basis: basis(4, if implied { "" } else { "川财社〔2020〕12号" }),
        first_year: 2020,
        implied,
        occurred_on: day("2020-12-31"),
    }))
}

pub fn grant(amount: &str) -> Call {
    Call::Allocation(allocation::Call::Allocate(Grant {
        from: line("civil", "省级指标"),
        to: line("home", "海潮镇敬老院"),
        amount: wan(amount),
        purpose: Purpose { category: Some(Category::OldAge), project: Some(text(PROJECT)) },
        basis: basis(4, ""),
        plan: None,
        occurred_on: day("2020-12-31"),
    }))
}

fn indicator(measures: Measures, points_max: u16) -> Indicator {
    Indicator { measures, name: text("床位"), target: text("120张"), points_max }
}

fn register() -> Call {
    Call::Project(project::Call::Register(project::Registration {
        reference: text(PROJECT),
        title: text("海潮镇敬老院建设<b>"),
        category: Category::OldAge,
        unit: code("home"),
        year: 2020,
        carries_label: false,
        indicators: vec![
            indicator(Measures::Quantity, 5_000),
            indicator(Measures::Benefit, 3_000),
            indicator(Measures::Satisfaction, 1_000),
        ],
        occurred_on: day("2020-12-31"),
    }))
}

pub fn pay(reference: &str, amount: &str, voucher: Option<AttachmentHash>) -> Call {
    Call::Payment(payment::Call::Instruct {
        line: line("home", "海潮镇敬老院"),
        expenditure: Expenditure::Construction,
        order: Order {
            reference: text(reference),
            payee: Payee::NotPrinted,
            amount: wan(amount),
            voucher,
            replaces: None,
            occurred_on: day("2020-12-31"),
        },
    })
}

/// Implied 465, received 40.63, allocated 230, spent 120 - 20, carried 30 (all 万元); one refusal.
/// The records, with the positions that the pages' tests use:
/// 1 proposal of the implied quota, 3 its approval.
pub fn told() -> Chain {
    let mut chain = Chain::new();
    tell(&mut chain);
    chain
}

/// Lets it happen on a chain on which nothing happened.
pub fn tell(chain: &mut Chain) {
    assert_eq!(chain.act("finance", &quota("省级指标", "465", true), &["checker"]), 0);
    assert_eq!(chain.act("finance", &quota("省级追加", "40.63", false), &["checker"]), 0);
    assert_eq!(chain.act("civil", &register(), &["checker"]), 0);
    assert_eq!(chain.act("civil", &grant("230"), &["checker"]), 0);
    let (line, occurred_on) = (line("home", "海潮镇敬老院"), day("2021-01-04"));
    let receive = allocation::Call::Receive { line: line.clone(), occurred_on };
    assert_eq!(chain.alone("home.maker", &Call::Allocation(receive)), 0);
    assert_eq!(chain.act("home", &pay("凭证1", "120", None), &["checker", "payer"]), 0);
    let (payment, occurred_on) = (text("凭证1"), day("2021-01-05"));
    let result = payment::Call::BankResult { payment, result: BankResult::Paid, occurred_on };
    assert_eq!(chain.alone("home.payer", &Call::Payment(result)), 0);
    let (payment, occurred_on) = (text("凭证1"), day("2021-01-06"));
    let back = payment::Call::Return { payment, amount: wan("20"), occurred_on };
    assert_eq!(chain.alone("home.payer", &Call::Payment(back)), 0);
    let carry = allocation::Call::CarryOver(CarryOver {
        line,
        amount: wan("30"),
        basis: basis(4, ""),
        occurred_on: day("2020-12-31"),
    });
    assert_eq!(chain.act("finance", &Call::Allocation(carry), &["checker"]), 0);
    assert_eq!(chain.act("civil", &grant("9999"), &["checker"]), 304);
}
