//! Sentences say names that were made of a printed notice without the key of its file.

use minglian_contracts::allocation::{self, LineName};
use minglian_contracts::call::Call;
use minglian_contracts::payment;
use minglian_contracts::payment::result::BankResult;
use minglian_contracts::words::{self, Names};
use minglian_ledger::division::Division;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

struct Nobody;

impl Names for Nobody {
    fn organization(&self, _: &OrganizationCode) -> String {
        "泸县民政局".to_owned()
    }
}

fn received(line: &str) -> String {
    let line = LineName {
        holder: OrganizationCode::for_demonstration(Division::NATION, "县民政局"),
        fund: Text::new("彩票公益金·省级").unwrap(),
        year: 2020,
        line: Text::new(line).unwrap(),
    };
    let occurred_on = "2020-12-31".parse().unwrap();
    let call = Call::Allocation(allocation::Call::Receive { line, occurred_on });
    words::call(&call, &Nobody).zh
}

fn paid(payment: &str) -> words::Sentence {
    let (payment, occurred_on) = (Text::new(payment).unwrap(), "2020-12-31".parse().unwrap());
    let result = BankResult::Paid;
    let call = Call::Payment(payment::Call::BankResult { payment, result, occurred_on });
    words::call(&call, &Nobody)
}

#[test]
fn a_line_of_a_notice_is_said_without_its_files_key_and_what_is_not_printed() {
    for (line, said) in [
        ("luxian_2020·未印文号·老年人福利·按公告推定", "老年人福利·按公告推定"),
        ("panzhihua_2022_by_county·未印文号··按公告推定", "按公告推定"),
        ("luxian_2020·第6行·养老机构责任保险补贴", "第6行·养老机构责任保险补贴"),
        ("guanyun_2024_execution·苏财社〔2023〕129号·补助", "苏财社〔2023〕129号·补助"),
        ("省级指标", "省级指标"),
        ("A·未印文号·B", "A·未印文号·B"),
        ("2020·第6行", "2020·第6行"),
    ] {
        assert_eq!(received(line), format!("2020-12-31,泸县民政局“{said}”已签收"), "{line}");
    }
}

#[test]
fn a_payment_of_a_notice_is_said_by_its_row() {
    let row = paid("guanyun_2024_execution#4/spent");
    assert_eq!(row.zh, "2020-12-31,银行已支付付款“公告第4行”");
    assert_eq!(row.en, "the bank paid payment row 4 of the notice on 2020-12-31");
    for own in ["凭证1", "2024-05#4", "pay_1", "pay_1#x"] {
        assert!(paid(own).zh.ends_with(&format!("“{own}”")), "{own}");
    }
}
