//! Sentences and amounts.

use std::collections::BTreeSet;

use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::words::{self, Names};
use minglian_explorer::money::Money;
use minglian_explorer::pages::{beijing, escape};
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;

use crate::story;

struct Plain;

impl Names for Plain {
    fn organization(&self, _: &OrganizationCode) -> String {
        "某单位".to_owned()
    }
}

#[test]
fn amounts_are_exact_to_the_fen() {
    let money = Money::of(Fen::new(972_749_000).unwrap());
    assert_eq!((money.yuan().as_str(), money.wan().as_str()), ("9,727,490.00", "972.749"));
    assert_eq!(Money::fen(-5).yuan(), "-0.05");
    assert_eq!(Money::fen(100_000).yuan(), "1,000.00");
    assert_eq!(Money::fen(1).wan(), "0.000001");
}

#[test]
fn a_sentence_is_one_that_is_read_aloud() {
    let granted = words::call(&story::grant("76.77"), &Plain);
    let zh = "2020年,从某单位“省级指标”中安排76.77万元给某单位“海潮镇敬老院”(老年人福利)";
    assert_eq!(granted.zh, zh);
    assert!(granted.en.starts_with("2020: CNY 767,700.00 of "), "{}", granted.en);
}

#[test]
fn every_act_of_charity_money_has_sentences_without_a_persons_name() {
    let acts: Vec<Call> = vectors("calls.json", "charity.");
    let kinds: BTreeSet<&str> = acts.iter().map(words::kind).collect();
    assert_eq!(kinds.len(), 22);
    let sentences: Vec<_> = acts.iter().map(|act| words::call(act, &Plain)).collect();
    assert!(sentences.iter().all(|said| !said.zh.is_empty() && !said.en.is_empty()));
    let gift = "捐赠人(姓名受保护)向基金“南湖”捐赠88元(编号“捐 7”)";
    assert!(sentences.iter().any(|said| said.zh == gift));
}

fn vectors<T: serde::de::DeserializeOwned>(file: &str, module: &str) -> Vec<T> {
    let path = format!("{}/../contracts/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mine = file["values"].as_array().unwrap().iter().filter_map(|value| {
        let name = value["name"].as_str().unwrap();
        name.starts_with(module).then(|| serde_json::from_value(value["json"].clone()).unwrap())
    });
    mine.collect()
}

#[test]
fn every_act_and_event_of_oversight_has_a_sentence_of_its_own() {
    let acts: Vec<Call> = vectors("calls.json", "oversight.");
    let kinds: BTreeSet<&str> = acts.iter().map(words::kind).collect();
    assert_eq!(kinds.len(), 19);
    for act in &acts {
        let said = words::call(act, &Plain);
        assert!(!said.en.is_empty() && said.zh != words::kind(act), "{said:?}");
    }
    let events: Vec<Event> = vectors("events.json", "oversight.");
    let said: BTreeSet<_> = events.iter().map(|event| words::event(event, &Plain).zh).collect();
    assert_eq!((events.len(), said.len()), (20, 20));
    assert!(!said.contains("监督事项"));
    let complaint = "登记关于项目“XM-2024-01”的投诉举报“诉1”(内容和投诉人受保护),由某单位办理";
    assert!(acts.iter().any(|act| words::call(act, &Plain).zh == complaint));
}

#[test]
fn every_act_and_event_of_disclosure_has_sentences_that_accuse_nobody() {
    let read = |file: &str| -> serde_json::Value {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/vectors/");
        serde_json::from_slice(&std::fs::read(format!("{folder}{file}")).unwrap()).unwrap()
    };
    let is_ours =
        |value: &&serde_json::Value| value["name"].as_str().unwrap().starts_with("disclosure.");
    let (calls, events) = (read("calls.json"), read("events.json"));
    let acts = calls["values"].as_array().unwrap().iter().filter(is_ours);
    let acts: Vec<Call> =
        acts.map(|value| serde_json::from_value(value["json"].clone()).unwrap()).collect();
    let kinds: std::collections::BTreeSet<&str> = acts.iter().map(words::kind).collect();
    assert_eq!(kinds.len(), 4);
    let events = events["values"].as_array().unwrap().iter().filter(is_ours);
    let events = events.map(|value| serde_json::from_value(value["json"].clone()).unwrap());
    let mut sentences: Vec<_> = acts.iter().map(|act| words::call(act, &Plain)).collect();
    sentences.extend(events.map(|event| words::event(&event, &Plain)));
    assert_eq!(sentences.len(), acts.len() + 5);
    let accuses =
        |said: &words::Sentence| ["违法", "违规", "逾期"].iter().any(|word| said.zh.contains(word));
    assert!(!sentences.iter().any(accuses));
    let declared = "申报2026-03-05发生的重大事项“购置办公用房”";
    assert!(sentences.iter().any(|said| said.zh == declared));
}

#[test]
fn times_are_beijings_and_addresses_are_escaped() {
    let noon = i64::try_from(crate::chain::noon("2021-03-01").0).unwrap();
    assert_eq!(beijing(noon), "2021-03-01 12:00:00");
    assert_eq!(escape("a#4/省"), "a%234%2F%E7%9C%81");
}

/// The amounts in a sentence as fen: `465万元`, `88元` and `CNY 4,650,000.00`, found as the verifier
/// finds them (`verifier/page/compare.ts`).
fn amounts(sentence: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |number: &str, unit| {
        found.push(Fen::parse_published(number, unit).unwrap().get().to_string());
    };
    for (place, _) in sentence.match_indices('元') {
        let before = &sentence[..place];
        let (before, unit) = match before.strip_suffix('万') {
            Some(before) => (before, Unit::TenThousandYuan),
            None => (before, Unit::Yuan),
        };
        let rest = before.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        if rest.len() < before.len() {
            add(&before[rest.len()..], unit);
        }
    }
    for (place, mark) in sentence.match_indices("CNY ") {
        let number = &sentence[place + mark.len()..];
        let point = number.find('.').unwrap();
        add(&number[..point + 3], Unit::Yuan);
    }
    found
}

fn holds(json: &serde_json::Value, text: &str) -> bool {
    match json {
        serde_json::Value::Array(items) => items.iter().any(|item| holds(item, text)),
        serde_json::Value::Object(fields) => fields.values().any(|value| holds(value, text)),
        // Standards are plain numbers of fen.
        serde_json::Value::Number(number) => number.to_string() == text,
        other => other.as_str() == Some(text),
    }
}

/// The verifier in the browser refuses a page whose sentence holds any other amount.
#[test]
fn every_amount_of_a_sentence_is_one_of_its_act() {
    let sentence = "1.5万元,88元、CNY 1,000.05,2539人次, 2020年";
    assert_eq!(amounts(sentence), ["1500000", "8800", "100005"]);
    let mut checked = 0;
    for act in vectors::<Call>("calls.json", "") {
        let json = serde_json::to_value(&act).unwrap();
        let said = words::call(&act, &Plain);
        for amount in [amounts(&said.zh), amounts(&said.en)].concat() {
            assert!(holds(&json, &amount), "{amount} fen: {said:?} of {json}");
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}
