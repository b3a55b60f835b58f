//! Money, dates, organisation codes, document numbers, divisions and personal numbers, against
//! published examples and against random input.

use borsh::BorshDeserialize;
use minglian_ledger::date::{self, Date, DateError, Month};
use minglian_ledger::division::{self, Division, Level, names};
use minglian_ledger::document_number::{DocumentNumber, DocumentNumberError, DocumentNumberSet};
use minglian_ledger::fen::{Fen, FenError, Unit};
use minglian_ledger::height::TimeMs;
use minglian_ledger::organization_code::{CheckDigit, OrganizationCode, OrganizationCodeError};
use minglian_ledger::personal_number;
use proptest::prelude::*;
use serde_json::Value;

fn fen(number: u64) -> Fen {
    Fen::new(number).unwrap()
}

/// `text` as a Chinese input method in full-width mode writes it.
pub fn widen(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '!'..='~' => char::from_u32(u32::from(character) + 0xFEE0).unwrap(),
            _ => character,
        })
        .collect()
}

fn vectors(json: &str, list: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(json).unwrap();
    value[list].as_array().unwrap().clone()
}

fn round_trip<T>(value: &T)
where
    T: borsh::BorshSerialize + BorshDeserialize + serde::Serialize + PartialEq + std::fmt::Debug,
    T: serde::de::DeserializeOwned,
{
    assert_eq!(&borsh::from_slice::<T>(&borsh::to_vec(value).unwrap()).unwrap(), value);
    assert_eq!(&serde_json::from_str::<T>(&serde_json::to_string(value).unwrap()).unwrap(), value);
}

#[test]
fn published_amounts_are_read_to_the_fen() {
    for (text, unit, expected) in [
        ("963.302019", Unit::TenThousandYuan, 963_302_019),
        ("972.749", Unit::TenThousandYuan, 972_749_000),
        ("0", Unit::TenThousandYuan, 0),
        ("298,590.00", Unit::Yuan, 29_859_000),
        ("298590", Unit::Yuan, 29_859_000),
        ("1,234,567.8", Unit::Yuan, 123_456_780),
        ("007.10", Unit::Yuan, 710),
        ("3.4", Unit::HundredMillionYuan, 34_000_000_000),
        ("0.0000000001", Unit::HundredMillionYuan, 1),
        ("1.0000000000000", Unit::Yuan, 100),
        (" 29859000 ", Unit::Fen, 29_859_000),
        ("90071992547409.91", Unit::Yuan, Fen::MAX.get()),
    ] {
        assert_eq!(Fen::parse_published(text, unit), Ok(fen(expected)), "{text}");
        assert_eq!(Fen::parse_published(&widen(text), unit), Ok(fen(expected)), "wide {text}");
    }
}

#[test]
fn what_is_not_a_whole_number_of_fen_is_refused_with_its_reason() {
    let refused = |text: &str, unit| Fen::parse_published(text, unit).unwrap_err();
    for text in ["", "  "] {
        assert_eq!(refused(text, Unit::Yuan), FenError::Empty);
    }
    for text in ["1e5", "+5", "1.", ".5", "1.2.3", "12,34", "1234,567", ",123", "1,", "1.0,00"] {
        assert_eq!(refused(text, Unit::Yuan), FenError::NotDecimal { text: text.to_owned() });
    }
    for text in ["NaN", "inf", "0x10", "1 000", "5元", "一百", "¥5"] {
        assert_eq!(refused(text, Unit::Yuan), FenError::NotDecimal { text: text.to_owned() });
    }
    for text in ["-5", "-0", "\u{2212}3", "\u{FF0D}3"] {
        assert_eq!(refused(text, Unit::Yuan), FenError::Negative { text: text.to_owned() });
    }
    for (text, unit) in [
        ("0.001", Unit::Yuan),
        ("1.5", Unit::Fen),
        ("0.0000001", Unit::TenThousandYuan),
        ("0.00000000001", Unit::HundredMillionYuan),
    ] {
        let expected = FenError::NotWholeFen { text: text.to_owned(), unit };
        assert_eq!(refused(text, unit), expected);
    }
    for text in ["90071992547409.92", "99999999999999999999999999999999999999"] {
        assert!(matches!(refused(text, Unit::Yuan), FenError::TooLarge { .. }));
    }
    assert!(matches!(refused(&"1".repeat(41), Unit::Yuan), FenError::TooLong { .. }));
    assert!(matches!(Unit::parse("美元"), Err(FenError::UnknownUnit { .. })));
    assert_eq!(Unit::parse(" 万元 "), Ok(Unit::TenThousandYuan));
}

#[test]
fn money_arithmetic_stops_at_its_bounds() {
    assert_eq!(Fen::MAX.get(), 9_007_199_254_740_991);
    assert_eq!(Fen::MAX.checked_add(fen(1)), None);
    assert_eq!(fen(1).checked_sub(fen(2)), None);
    assert_eq!(Fen::MAX.checked_mul(2), None);
    assert_eq!(fen(3).checked_mul(u64::MAX), None);
    assert_eq!(Fen::sum([Fen::MAX, fen(1)]), None);
    assert_eq!(Fen::new(Fen::MAX.get() + 1), Err(FenError::AboveMaximum { fen: 1 << 53 }));
    // 来安县, December 2012, as published: 298,590元.
    let allowance = [(8523, 3000), (675, 6000), (8, 30_000)]
        .map(|(persons, rate)| fen(rate).checked_mul(persons).unwrap());
    assert_eq!(Fen::sum(allowance).unwrap().to_string(), "298590.00");
}

#[test]
fn json_money_is_a_string_of_fen_and_bytes_above_the_maximum_are_refused() {
    assert_eq!(serde_json::to_string(&fen(29_859_000)).unwrap(), "\"29859000\"");
    for text in ["5", "\"\"", "\"05\"", "\"+5\"", "\"5.0\"", "\"1,000\"", "\"9007199254740992\""] {
        assert!(serde_json::from_str::<Fen>(text).is_err(), "{text}");
    }
    assert!(borsh::from_slice::<Fen>(&(Fen::MAX.get() + 1).to_le_bytes()).is_err());
    round_trip(&Fen::MAX);
    Unit::ALL.iter().for_each(round_trip);
}

#[test]
fn dates_follow_the_calendar() {
    assert_eq!(Date::new(1970, 1, 1).unwrap().days(), 0);
    assert_eq!(Date::new(1949, 1, 1), Ok(Date::MIN));
    assert_eq!(Date::new(2200, 12, 31), Ok(Date::MAX));
    assert_eq!(Date::MAX.add_days(1), None);
    assert_eq!(Date::MIN.add_days(-1), None);
    assert!(Date::new(2000, 2, 29).is_ok() && Date::new(2024, 2, 29).is_ok());
    for (year, month, day) in [(1900 + 200, 2, 29), (2023, 2, 29), (2024, 4, 31), (2024, 1, 0)] {
        let error = DateError::NoSuchDay { year, month, day };
        assert_eq!(Date::new(year, month, day), Err(error));
    }
    assert_eq!(Date::new(1948, 1, 1), Err(DateError::YearOutOfRange { year: 1948 }));
    assert_eq!(Date::new(2024, 13, 1), Err(DateError::NoSuchMonth { month: 13 }));
    let day: Date = "2026-11-22".parse().unwrap();
    assert_eq!((day.year(), day.month().month(), day.day(), day.weekday()), (2026, 11, 22, 7));
    for text in ["2026-1-02", "2026/01/02", "20260102", "+026-01-02", "2026-01-02 ", ""] {
        assert!(matches!(text.parse::<Date>(), Err(DateError::NotIso { .. })), "{text}");
    }
}

#[test]
fn months_have_ends_and_periods_end_on_the_corresponding_day() {
    let day = |text: &str| text.parse::<Date>().unwrap();
    for (month, last) in [("2023-02", "2023-02-28"), ("2024-02", "2024-02-29")] {
        assert_eq!(month.parse::<Month>().unwrap().last_day(), day(last));
    }
    assert_eq!(day("2025-11-30").add_months(3), Some(day("2026-02-28")));
    assert_eq!(day("2025-12-31").add_months(-10), Some(day("2025-02-28")));
    assert_eq!(day("2025-05-31").add_months(12), Some(day("2026-05-31")));
    assert_eq!(Date::MAX.add_months(1), None);
    let december = Month::new(2012, 12).unwrap();
    assert_eq!(december.add_months(1), Month::new(2013, 1).ok());
    assert_eq!(december.months_until(Month::new(2014, 1).unwrap()), 13);
    assert!(Month::new(2013, 1).unwrap() > december);
    round_trip(&december);
    assert!(borsh::from_slice::<Month>(&[220, 7, 13]).is_err());
    assert!(borsh::from_slice::<Date>(&i32::MAX.to_le_bytes()).is_err());
}

#[test]
fn the_legal_date_changes_at_midnight_in_beijing() {
    let at = |time_ms| date::beijing_date(TimeMs(time_ms)).unwrap().to_string();
    // 2026-06-30T15:59:59.999Z and one millisecond later.
    assert_eq!(at(1_782_835_199_999), "2026-06-30");
    assert_eq!(at(1_782_835_200_000), "2026-07-01");
    assert_eq!(at(0), "1970-01-01");
    let too_late = date::beijing_date(TimeMs(u64::MAX));
    assert_eq!(too_late, Err(DateError::TimeOutOfRange { time_ms: u64::MAX }));
}

#[test]
fn organisation_codes_warn_about_a_wrong_check_digit_and_never_refuse_it() {
    let vectors = vectors(include_str!("../../vectors/organization_codes.json"), "codes");
    assert_eq!(vectors.len(), 10);
    for vector in vectors {
        let text = vector["code"].as_str().unwrap();
        let code = OrganizationCode::parse(text).unwrap();
        let expected = vector["expected_check"].as_str().unwrap().chars().next().unwrap();
        let check = match vector["valid"].as_bool().unwrap() {
            true => CheckDigit::Valid,
            false => CheckDigit::Mismatch { expected },
        };
        assert_eq!((code.as_str(), code.check()), (text, check));
        assert_eq!(OrganizationCode::parse(&widen(&text.to_lowercase())), Ok(code));
        assert!(!code.is_demonstration());
        round_trip(&code);
    }
    for text in ["", "1144532100717719", "11445321007177191T0", "财政局"] {
        let error = OrganizationCode::parse(text).unwrap_err();
        assert!(matches!(error, OrganizationCodeError::WrongLength { .. }), "{text}");
    }
    for (index, letter) in "IOSVZ-元".chars().enumerate() {
        let text = format!("{}{letter}{}", "1".repeat(index), "1".repeat(17 - index));
        let error = OrganizationCode::parse(&text).unwrap_err();
        let OrganizationCodeError::ForbiddenCharacter { character, place, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((character, place), (letter, index + 1));
    }
    assert!(borsh::from_slice::<OrganizationCode>(b"11445321007177191t").is_err());
}

#[test]
fn demonstration_codes_are_stable_well_formed_and_recognisable() {
    let luxian = Division::new(510_521).unwrap();
    let code = OrganizationCode::for_demonstration(luxian, "海潮镇敬老院");
    assert_eq!(code, OrganizationCode::for_demonstration(luxian, "海潮镇敬老院"));
    assert_ne!(code, OrganizationCode::for_demonstration(luxian, "乐龄养老院"));
    assert_eq!((code.check(), code.division()), (CheckDigit::Valid, Some(luxian)));
    assert!(code.is_demonstration() && code.as_str().starts_with("Y9510521"));
    // Codes are on the ledger: this one must not change.
    assert_eq!(code.as_str(), "Y9510521TWCKP0DQXW");
}

#[test]
fn document_numbers_are_mended_and_nonsense_is_refused() {
    let json = include_str!("../../vectors/document_numbers.json");
    for vector in vectors(json, "accepted") {
        let text = vector["text"].as_str().unwrap();
        let read = DocumentNumber::normalize(text).unwrap();
        assert_eq!(read.canonical.to_string(), vector["canonical"].as_str().unwrap());
        assert_eq!(read.changed, vector["changed"].as_bool().unwrap(), "{text}");
        round_trip(&read.canonical);
    }
    for vector in vectors(json, "refused") {
        let text = vector["text"].as_str().unwrap();
        let error = format!("{:?}", DocumentNumber::normalize(text).unwrap_err());
        assert!(error.starts_with(vector["error"].as_str().unwrap()), "{text}: {error}");
    }
}

#[test]
fn a_printed_set_of_document_numbers_keeps_its_order() {
    let text = "苏财社〔2023〕129号;苏财社〔2024〕52号";
    let read = DocumentNumberSet::normalize(text).unwrap();
    assert_eq!((read.canonical.to_string().as_str(), read.changed), (text, false));
    round_trip(&read.canonical);
    for other in [
        "苏财社〔2023〕129号->苏财社〔2024〕52号",
        "苏财社[2023]129号 \u{FF1B} 苏财社〔2024〕52号;",
    ] {
        assert_eq!(DocumentNumberSet::normalize(other).unwrap().canonical, read.canonical);
    }
    let empty = DocumentNumberSet::normalize("").unwrap();
    assert!(empty.canonical.is_empty() && !empty.changed);
    let repeated = DocumentNumberSet::normalize("民发〔2025〕57号;民发[2025]057号").unwrap_err();
    assert!(matches!(repeated, DocumentNumberError::Repeated { .. }));
    let many: Vec<_> = (1..=17).map(|serial| format!("民发〔2025〕{serial}号")).collect();
    let too_many = DocumentNumberSet::normalize(&many.join(";")).unwrap_err();
    assert_eq!(too_many, DocumentNumberError::TooMany { count: 17 });
    assert!(DocumentNumberSet::normalize("民发〔2025〕57号;;民发〔2025〕58号").is_err());
    assert!(borsh::from_slice::<DocumentNumberSet>(&u32::MAX.to_le_bytes()).is_err());
}

#[test]
fn divisions_know_their_level_and_parent() {
    let laian: Division = "341122".parse().unwrap();
    let chuzhou = laian.parent().unwrap();
    let anhui = chuzhou.parent().unwrap();
    assert_eq!((chuzhou.to_string().as_str(), anhui.code()), ("341100", 340_000));
    assert_eq!(anhui.parent(), Some(Division::NATION));
    assert_eq!(Division::NATION.parent(), None);
    assert_eq!((laian.level(), chuzhou.level()), (Level::County, Level::Prefecture));
    assert!(anhui.contains(laian) && !laian.contains(anhui));
    assert!(names::is_statistical_only(Division::new(341_171).unwrap()));
    for text in ["34112", "3411220", "34112a", "000000", "100001", "340001", "990000"] {
        assert!(text.parse::<Division>().is_err(), "{text}");
    }
    assert!(borsh::from_slice::<Division>(&999_999_u32.to_le_bytes()).is_err());
    round_trip(&laian);
}

#[test]
fn divisions_are_found_by_the_names_that_notices_print() {
    for (text, code) in [
        ("四川省泸州市泸县", 510_521),
        ("四川省攀枝花市", 510_400),
        ("江苏省连云港市灌云县", 320_723),
        ("福建省本级", 350_000),
        ("安徽省合肥市", 340_100),
        ("浙江省(全省)", 330_000),
        ("浙江省\u{FF08}全省\u{FF09}", 330_000),
        ("浙江省舟山市岱山县", 330_921),
        ("全国", 100_000),
        ("西藏", 540_000),
        ("内蒙古", 150_000),
        ("广西", 450_000),
        ("滁州市来安县", 341_122),
        ("天长市", 341_181),
    ] {
        assert_eq!(division::find_by_name(text).map(Division::code), Some(code), "{text}");
    }
    for text in ["", "东区", "泸县", "某县", "四川省东区", "(全省)"] {
        assert_eq!(division::find_by_name(text), None, "{text}");
    }
    let panzhihua = Division::new(510_400).unwrap();
    for (text, code) in
        [("市级", 510_400), ("市本级", 510_400), ("东区", 510_402), ("盐边县", 510_422)]
    {
        let found = division::find_within(panzhihua, text).map(Division::code);
        assert_eq!(found, Some(code), "{text}");
    }
    assert_eq!(division::find_within(panzhihua, "来安县"), None);
    assert_eq!(division::find_within(panzhihua, "省级"), None);
}

proptest! {
    #[test]
    fn every_amount_survives_its_text_in_every_unit(number in 0..=Fen::MAX.get()) {
        let amount = fen(number);
        prop_assert_eq!(Fen::from_yuan_text(&amount.to_string()), Ok(amount));
        for unit in Unit::ALL {
            prop_assert_eq!(Fen::parse_published(&amount.display_in(unit), unit), Ok(amount));
        }
        round_trip(&amount);
    }

    #[test]
    fn every_day_survives_its_text(days in Date::MIN.days()..=Date::MAX.days()) {
        let day = Date::from_days(i64::from(days)).unwrap();
        prop_assert_eq!(day.to_string().parse::<Date>(), Ok(day));
        prop_assert_eq!(Date::new(day.year(), day.month().month(), day.day()), Ok(day));
        prop_assert!(day.month().first_day() <= day && day <= day.month().last_day());
        if let Some(next) = day.add_days(1) {
            prop_assert_eq!(next.weekday(), day.weekday() % 7 + 1);
        }
        round_trip(&day);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,80}", digits in "[0-90-9X,. 〔〕第号财;>-]{0,70}") {
        for text in [text, digits] {
            let _ = Fen::parse_published(&text, Unit::TenThousandYuan);
            let _ = text.parse::<Date>();
            let _ = OrganizationCode::parse(&text);
            let _ = division::find_by_name(&text);
            let _ = division::find_within(Division::NATION, &text);
            let _ = personal_number::find(&text);
            if let Ok(read) = DocumentNumberSet::normalize(&text) {
                let again = DocumentNumberSet::normalize(&read.canonical.to_string()).unwrap();
                prop_assert!(!again.changed && again.canonical == read.canonical);
            }
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = borsh::from_slice::<Fen>(&bytes);
        let _ = borsh::from_slice::<Date>(&bytes);
        let _ = borsh::from_slice::<OrganizationCode>(&bytes);
        let _ = borsh::from_slice::<Division>(&bytes);
        if let Ok(set) = borsh::from_slice::<DocumentNumberSet>(&bytes) {
            prop_assert_eq!(borsh::to_vec(&set).unwrap(), bytes);
        }
    }
}
