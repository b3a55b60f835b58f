//! Numbers of natural persons are found however they are written, and other numbers are not.

use minglian_ledger::personal_number::{self, PersonalNumber};

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
