//! Who gets the fund: the users of the central share, the province and the level below; whether the
//! centre was in time; and printed figures beside exact ones.

use minglian_contracts::lottery::published::{Agreement, Printed, compare_fund};
use minglian_contracts::lottery::{central, duty, local};
use minglian_contracts::refusal::Code;
use minglian_ledger::fen::{Fen, FenError, Unit};
use proptest::prelude::*;

fn fen(amount: u64) -> Fen {
    Fen::new(amount).unwrap()
}

fn printed(text: &str) -> Printed {
    Printed::parse(text, Unit::TenThousandYuan).unwrap()
}

#[test]
fn the_central_share_is_divided_60_30_5_5() {
    let parts = |amount| central::divide(fen(amount), &[6_000, 3_000, 500, 500]).unwrap();
    assert_eq!(parts(10_000), [fen(6_000), fen(3_000), fen(500), fen(500)]);
    // 11 fen: 6.6, 9.9, 10.45 and 11 together.
    assert_eq!(parts(11), [fen(6), fen(3), fen(1), fen(1)]);
    assert_eq!(parts(0), [Fen::ZERO; 4]);
    for wrong in [[6_000, 3_000, 500, 499], [6_000, 3_000, 500, 501]] {
        let refused = central::divide(fen(100), &wrong).unwrap_err();
        assert_eq!(refused.code, Code::ParameterInvalid);
    }
}

#[test]
fn the_provinces_part_is_rounded_down() {
    assert_eq!(local::divide(fen(101), 5_000).unwrap(), (fen(50), fen(51)));
    assert_eq!(local::divide(fen(101), 0).unwrap(), (Fen::ZERO, fen(101)));
    assert_eq!(local::divide(fen(101), 10_000).unwrap(), (fen(101), Fen::ZERO));
    assert_eq!(local::divide(fen(101), 10_001).unwrap_err().code, Code::ParameterInvalid);
}

proptest! {
    #[test]
    fn no_fen_is_made_or_lost_by_dividing(amount in 0..=Fen::MAX.get(), cut in 0_u16..=10_000) {
        let parts = central::divide(fen(amount), &[cut, 10_000 - cut]).unwrap();
        prop_assert_eq!(Fen::sum(parts.iter().copied()), Some(fen(amount)));
        let (province, lower) = local::divide(fen(amount), cut).unwrap();
        prop_assert_eq!(province.checked_add(lower), Some(fen(amount)));
        prop_assert_eq!(province, parts[0]);
    }
}

#[test]
fn an_act_of_the_last_day_is_in_time() {
    let late = |today: &str| duty::days_late("2024-04-15".parse().unwrap(), today.parse().unwrap());
    assert_eq!(late("2024-04-01"), 0);
    assert_eq!(late("2024-04-15"), 0);
    assert_eq!(late("2024-04-16"), 1);
    assert_eq!(late("2024-05-15"), 30);
}

#[test]
fn a_printed_figure_is_worth_its_last_digit() {
    let cases = [
        ("17264.84", 17_264_840_000, 10_000),
        ("17264.8", 17_264_800_000, 100_000),
        ("17,264", 17_264_000_000, 1_000_000),
        ("17264.840000", 17_264_840_000, 1),
        ("172.8", 172_800_000, 100_000),
    ];
    for (text, value, step_fen) in cases {
        assert_eq!(printed(text), Printed { value: fen(value), step_fen }, "{text}");
    }
    let wrong = Printed::parse("一万", Unit::TenThousandYuan).unwrap_err();
    assert!(matches!(wrong, FenError::NotDecimal { .. }), "{wrong}");
}

#[test]
fn a_printed_figure_agrees_within_half_of_its_last_digit() {
    let figure = printed("1.23");
    assert_eq!(figure.compare(fen(1_230_000)), Agreement::Exact);
    assert_eq!(figure.compare(fen(1_235_000)), Agreement::WithinPrecision);
    assert_eq!(figure.compare(fen(1_225_000)), Agreement::WithinPrecision);
    assert_eq!(figure.compare(fen(1_235_001)), Agreement::Contradiction);
    assert_eq!(figure.compare(fen(1_224_999)), Agreement::Contradiction);
}

#[test]
fn a_printed_fund_agrees_if_some_sales_within_the_print_give_it() {
    // 100.00万元 of sales are 99.995 to 100.005, so at 36 % the fund is 35.9982 to 36.0018 exactly,
    // and prints as 36.00; as 36.01 it could only be from 36.005 on.
    assert_eq!(compare_fund(printed("100.00"), 3_600, printed("36.00")), Agreement::Exact);
    let off = compare_fund(printed("100.00"), 3_600, printed("36.01"));
    assert_eq!(off, Agreement::Contradiction);
    // Sales printed in whole 万元 leave the fund 0.18 either way.
    assert_eq!(compare_fund(printed("100"), 3_600, printed("36.18")), Agreement::WithinPrecision);
    assert_eq!(compare_fund(printed("100"), 3_600, printed("36.19")), Agreement::Contradiction);
}
