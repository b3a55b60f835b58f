//! Numbers of natural persons are found however they are written, and other numbers are not.

use std::fs;

use minglian_ledger::division::Division;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number::{self, PersonalNumber};
use proptest::prelude::*;

use crate::domain::widen;

#[test]
fn personal_numbers_are_seen_through_width_and_grouping() {
    // The card number is the invented example of GB 11643; 4111… is the card networks' test number.
    for (text, expected) in [
        ("身份证11010519491231002X。", PersonalNumber::IdentityCard),
        ("110105 19491231 002x", PersonalNumber::IdentityCard),
        ("11010519491231002013800138000", PersonalNumber::IdentityCard),
        ("卡号4111111111111111", PersonalNumber::BankCard),
        ("4111 1111 1111 1111", PersonalNumber::BankCard),
        ("联系人13800138000", PersonalNumber::MobilePhone),
        ("+86 138-0013-8000", PersonalNumber::MobilePhone),
        ("+8613800138000", PersonalNumber::MobilePhone),
    ] {
        assert_eq!(personal_number::find(text), Some(expected), "{text}");
        assert_eq!(personal_number::find(&widen(text)), Some(expected), "wide {text}");
    }
    for text in [
        "",
        "136,270,000.00",
        "1,362,700.00、1,320,440.00",
        "第150号 2021-06-22",
        "（150）20210622",
        "111111111111111111",
        "0550-3022333",
        "2021-06-22",
        "2020年1500-2000元",
        "财综〔2021〕20号",
        "11445321007177191T",
        "123502001549897397",
        "4111111111111112",
        "资助对象54.87万人,170个",
    ] {
        assert_eq!(personal_number::find(text), None, "{text}");
    }
}

/// 341122198003071234 and 13855012345 are nobody's: the tests made them up.
#[test]
fn personal_numbers_are_seen_through_disguises() {
    for text in [
        "3411\u{200B}22198003071234",
        "341122 1980 0307 1234",
        "341122  19800307  1234",
        "341122.19800307.1234",
        "341122–19800307–1234",
        "341122_19800307_1234",
        "341122198003 071234",
        "身份证(341122)(19800307)(1234)",
        "①③④①②②19800307123④",
        "340122800307123",
        "340122 800307 123",
        "341122-1980-0307-1235",
        "3411\u{3164}22198003071234",
    ] {
        assert_eq!(personal_number::find(text), Some(PersonalNumber::IdentityCard), "{text}");
    }
    for text in [
        "138 5501 23 45",
        "138_5501_2345",
        "138/5501/2345",
        "138.5501.2345",
        "1385501(2345)",
        "1.3.8.5.5.0.1.2.3.4.5",
        "13855\u{115F}012345",
        "138\u{200D}55012345",
        "①③⑧⑤⑤⓪①②③④⑤",
        "𝟏𝟑𝟖𝟓𝟓𝟎𝟏𝟐𝟑𝟒𝟓",
        "١٣٨٥٥٠١٢٣٤٥",
        "1\u{20E3}3\u{20E3}8\u{20E3}5\u{20E3}5\u{20E3}0\u{20E3}1\u{20E3}2345",
    ] {
        assert_eq!(personal_number::find(text), Some(PersonalNumber::MobilePhone), "{text}");
    }
    for text in ["622202130800 1234562", "4111·1111·1111·1111"] {
        assert_eq!(personal_number::find(text), Some(PersonalNumber::BankCard), "{text}");
    }
    assert!(personal_number::has_identity_card("张三34112219800307123431".as_bytes()));
    assert!(!personal_number::has_identity_card("341122198003071239".as_bytes()), "check digit");
}

/// 13855012345 and 341122198003071235 (whose check digit is wrong) are nobody's.
#[test]
fn numbers_in_groups_that_nobody_uses_are_suspected_and_pass_the_rules() {
    for (text, expected) in [
        ("138550 12345", PersonalNumber::MobilePhone),
        ("1385 501 2345", PersonalNumber::MobilePhone),
        ("13-8550-12345", PersonalNumber::MobilePhone),
        ("1 38550 1234 5", PersonalNumber::MobilePhone),
        ("86 138550 12345", PersonalNumber::MobilePhone),
        ("电话(138550)12345,勿公开", PersonalNumber::MobilePhone),
        ("34112 219800 307123 5", PersonalNumber::IdentityCard),
        ("341-122-198-003-071-235", PersonalNumber::IdentityCard),
        ("341122198 003071235", PersonalNumber::IdentityCard),
        ("34 1122 1980 0307 1235", PersonalNumber::IdentityCard),
        ("341122 19800101 018 X", PersonalNumber::IdentityCard),
        ("341122-19800101-018-X", PersonalNumber::IdentityCard),
        ("34112219800101018-X", PersonalNumber::IdentityCard),
        ("34112219800101018(X)", PersonalNumber::IdentityCard),
        ("证号34112219800101018 x。", PersonalNumber::IdentityCard),
        ("34112219800101018×", PersonalNumber::IdentityCard),
        ("34112219800101018*", PersonalNumber::IdentityCard),
        ("34112219800101018Х", PersonalNumber::IdentityCard),
        ("34112219800101018Ⅹ", PersonalNumber::IdentityCard),
        ("013855012345", PersonalNumber::MobilePhone),
        ("1385501234513855012346", PersonalNumber::MobilePhone),
        ("138:5501:2345", PersonalNumber::MobilePhone),
        ("电话：138：5501：2345", PersonalNumber::MobilePhone),
        ("一三八五五〇一二三四五", PersonalNumber::MobilePhone),
        ("幺叁捌伍伍零壹贰叁肆伍", PersonalNumber::MobilePhone),
        ("〡〣〨〥〥〇〡〢〣〤〥", PersonalNumber::MobilePhone),
        ("三四一一二二一九八〇〇三〇七一二三五", PersonalNumber::IdentityCard),
        ("341122:19800307:1234", PersonalNumber::IdentityCard),
        ("41111111 11111111", PersonalNumber::BankCard),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", PersonalNumber::BankCard),
    ] {
        assert_eq!(personal_number::suspect(text), Some(expected), "{text}");
        assert_eq!(personal_number::suspect(&widen(text)), Some(expected), "wide {text}");
        assert_eq!(personal_number::find(text), None, "the rules let it pass: {text}");
    }
}

#[test]
fn what_only_has_the_length_of_a_persons_number_is_not_suspected() {
    for text in [
        "13 500 000 000",
        "13,500,000,000",
        "136,270,000.00",
        "1385、501、2345",
        "1999-12-31 123",
        "1500-2021-123",
        "150-20210622",
        "1985-2012-123",
        "13 8550 12345 7",
        "13 / 8550 / 12345",
        "13.8550.12345",
        "138~5501~2345678",
        "341122-2021-06-22-0001",
        "341122-20210-62200-01",
        "12350200154-9897397",
        "34112219800101011 X",
        "34112219800101011 × 3",
        "34112219800101018 XL",
        "3 x 4 x 5",
        "20210622 20210930",
        "13:50:12 12345",
        "2021-06-22 13:45:30",
        "二〇二一年六月二十二日",
        "一二三四五六七八九",
        "壹佰叁拾捌万伍仟伍佰零壹元贰角叁分",
        "012345678901",
        "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
        "41111111、11111111",
        "民发〔2012〕18号、财社〔2013〕156号",
        "皖民福函〔2012〕138 号 5501 2345",
    ] {
        assert_eq!(personal_number::suspect(text), None, "{text}");
    }
}

/// Real tables of bureaus and the figures of notices, as they stand in a file and as their rows
/// read when they are copied out of it. Amounts of eleven digits without a mark look like phones
/// to the rules too; whoever enters them has a column for amounts.
#[test]
fn nothing_in_the_real_tables_is_suspected_that_the_rules_let_pass() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../testnet/data");
    let mut cells = 0;
    for file in fs::read_dir(directory).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines() {
            for between in [",", " ", "  ", "\t"] {
                let line = line.replace(',', between);
                assert_eq!(personal_number::suspect(&line), personal_number::find(&line), "{line}");
            }
            for cell in line.split(',') {
                assert_eq!(personal_number::suspect(cell), personal_number::find(cell), "{cell}");
                cells += 1;
            }
        }
    }
    assert!(cells > 1_000, "{cells}");
}

/// A text of digits with one of these marks before each group but the first.
fn grouped(digits: &str, cuts: &[usize], marks: &[char]) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if let Some(cut) = cuts.iter().position(|cut| *cut == place) {
            text.push(marks[cut % marks.len()]);
        }
        text.push(digit);
    }
    text
}

proptest! {
    /// Parted by thousands, a day, a number of a document or a code: however large.
    #[test]
    fn amounts_days_document_numbers_and_codes_are_not_suspected(
        fen in 0_u64..1_000_000_000_000_000,
        (year, month, day) in (1949_u32..2100, 1_u32..=12, 1_u32..=31),
        number in 1_u32..100_000,
        name in "[一-龥]{2,8}",
    ) {
        let mut thousands = String::new();
        for (place, digit) in fen.to_string().chars().rev().enumerate() {
            if place > 0 && place % 3 == 0 {
                thousands.push(' ');
            }
            thousands.push(digit);
        }
        let thousands: String = thousands.chars().rev().collect();
        for text in [
            thousands.clone(),
            thousands.replace(' ', ","),
            format!("{}.{:02}", thousands.replace(' ', ","), fen % 100),
            format!("{year}-{month:02}-{day:02}"),
            format!("{year}.{month}.{day}-{year}.{month}.{day}"),
            format!("{year}-{}", year + 1),
            format!("财社〔{year}〕{number}号"),
            format!("[{year}] {number}"),
            format!("{number}-{year}"),
        ] {
            prop_assert_eq!(personal_number::suspect(&text), None, "{}", text);
        }
        let code = OrganizationCode::for_demonstration(Division::NATION, &name);
        prop_assert_eq!(personal_number::suspect(code.as_str()), None, "{}", code);
    }

    /// However a telephone is parted by single marks, it is found, unless a part reads as a year.
    #[test]
    fn a_telephone_in_any_groups_is_suspected(
        digits in "1[3-9][0-9]{9}",
        cuts in prop::collection::btree_set(1_usize..11, 1..=4),
    ) {
        let cuts: Vec<usize> = cuts.into_iter().collect();
        let text = grouped(&digits, &cuts, &[' ', '-', '_', '/']);
        let parts: Vec<&str> = text.split([' ', '-', '_', '/']).collect();
        let is_thousands = parts[0].len() <= 3 && parts[1..].iter().all(|part| part.len() == 3);
        let has_year = |part: &&str| part.starts_with("19") || part.starts_with("20");
        prop_assume!(!is_thousands && !parts.iter().any(has_year));
        let expected = Some(PersonalNumber::MobilePhone);
        prop_assert_eq!(personal_number::suspect(&text), expected, "{}", text);
    }
}
