//! Numbers of documents, organisations, transactions and entries, well and badly written.

use std::collections::BTreeSet;

use minglian_explorer::text::fold;

use super::Shelf;

/// Document numbers of real notices, one of them printed with a bracket lost.
const DOCUMENTS: [&str; 17] = [
    "财综〔2021〕18号",
    "财综〔2021〕20号",
    "财综〔2021〕21号",
    "财综〔2015〕94号",
    "财社〔2022〕130号",
    "苏财社〔2023〕129号",
    "赣财社指〔2022〕74号",
    "湘财综指〔2021〕9号",
    "甘财综〔2021〕13号",
    "张财综〔2021〕24号",
    "武民发〔2023〕1号",
    "渝北民〔2023〕104号",
    "晋政民〔2024〕61号",
    "民办函〔2017〕172号",
    "民发〔2025〕57号",
    "民办发〔2019〕34号",
    "维财综〔2020〕7号",
];

/// A number as careless copies write it.
fn damaged(number: &str) -> Vec<String> {
    let full = |character: char| match character {
        '0'..='9' => char::from_u32(u32::from(character) - 0x30 + 0xff10).unwrap(),
        other => other,
    };
    vec![
        number.to_owned(),
        number.replace('〔', "[").replace('〕', "]"),
        number.replace('〔', "(").replace('〕', ")"),
        number.replace('〔', "（").replace('〕', "）"),
        number.replace('〔', "【").replace('〕', "】"),
        number.replace('〔', "「").replace('〕', "」"),
        number.replace('〔', "『").replace('〕', "]"),
        number.replace('〕', ""),
        number.replace('〔', ""),
        number.replace(['〔', '〕'], ""),
        number.replace('〕', "〕第"),
        number.replace('〕', "〕0"),
        number.replace('〔', " 〔 ").replace('〕', " 〕 "),
        number.replace('号', "號"),
        number.chars().map(full).collect(),
    ]
}

#[test]
fn a_document_number_is_found_however_its_brackets_are_written() {
    let mut shelf = Shelf::new();
    // Each stands among the documents of one entry and, damaged, in the title of another.
    let own = DOCUMENTS.map(|it| [String::new(), it.to_owned(), String::new()]);
    shelf.put(own);
    let titles = DOCUMENTS.iter().flat_map(|number| damaged(number));
    let titles: Vec<String> = titles.collect();
    shelf.put(titles.iter().map(|title| [title.clone(), String::new(), String::new()]));
    shelf.keeper.catch_up().unwrap();
    let ways = titles.len() / DOCUMENTS.len();
    for (place, number) in DOCUMENTS.iter().enumerate() {
        let first = DOCUMENTS.len() + place * ways;
        let mut expected: BTreeSet<u64> = (first..first + ways).map(|it| it as u64).collect();
        expected.insert(place as u64);
        for typed in damaged(number) {
            let quoted = format!("\"{typed}\"");
            // 财社〔2022〕130号 also ends another office's number, 财综〔2021〕9号 too.
            let found = shelf.found(&quoted);
            assert!(found.is_superset(&expected), "{typed}: {:?}", fold::words(&quoted));
            assert_eq!(found, shelf.scanned(&quoted), "{typed}");
            let longer = found.difference(&expected).map(|it| *it as usize);
            for other in longer {
                let text = if other < DOCUMENTS.len() {
                    DOCUMENTS[other]
                } else {
                    DOCUMENTS[(other - DOCUMENTS.len()) / ways]
                };
                assert!(text.ends_with(number) && text != *number, "{typed} found {text}");
            }
        }
    }
}

#[test]
fn a_number_without_its_last_character_is_a_beginning() {
    let mut shelf = Shelf::new();
    let texts = ["财社〔2020〕12号", "财社〔2020〕123号", "转发财社〔2020〕12", "财社〔2020〕1号"];
    shelf.sentences(&texts);
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("财社[2020]12"), BTreeSet::from([0, 1, 2]));
    assert_eq!(shelf.found("财社[2020]12号"), BTreeSet::from([0, 2]));
    assert_eq!(shelf.found("财社〔2020"), BTreeSet::from([0, 1, 2, 3]));
    assert_eq!(shelf.found("第12号"), BTreeSet::from([0, 2]));
    assert_eq!(shelf.found("〕12号"), BTreeSet::from([0, 2]));
}

#[test]
fn an_entry_is_found_by_its_number_its_transaction_and_who_signed_it() {
    let mut shelf = Shelf::new();
    shelf.sentences(&["甲", "乙 3", "丙", "丁"]);
    let query = "UPDATE records SET organization = '123411000031234563' WHERE log_index = 2";
    shelf.connection.execute(query, []).unwrap();
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("3"), BTreeSet::from([1, 3]));
    assert_eq!(shelf.found("123411000031234563"), BTreeSet::from([2]));
    assert_eq!(shelf.found("12341100003123456"), BTreeSet::new());
    let id = |index: u128| format!("{:064x}", index * 0x9e37_79b9_7f4a_7c15);
    for index in 0..4_u64 {
        let whole = id(index.into());
        assert_eq!(shelf.found(&whole), BTreeSet::from([index]));
        assert_eq!(shelf.found(&whole.to_uppercase()), BTreeSet::from([index]));
        let expected: BTreeSet<u64> =
            (0..4).filter(|it| id((*it).into()).starts_with(&whole[..60])).collect();
        assert_eq!(shelf.found(&whole[..60]), expected);
    }
}
