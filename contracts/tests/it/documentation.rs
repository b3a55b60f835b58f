//! `docs/contracts.md` says what the code does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use minglian_contracts::refusal::Code;

/// The table of refusals as it must stand in the page.
fn refusal_table() -> String {
    let mut table =
        String::from("| code | name | English | 中文 | article |\n|---|---|---|---|---|\n");
    for code in Code::ALL {
        let (number, name, article) = (code.number(), code.name(), code.article());
        let (english, chinese) = (code.english(), code.chinese());
        table.push_str(&format!("| {number} | {name} | {english} | {chinese} | {article} |\n"));
    }
    table
}

#[test]
fn the_page_lists_every_refusal_as_the_code_has_it() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/contracts.md");
    let page = fs::read_to_string(page).unwrap();
    let table = refusal_table();
    assert!(page.contains(&table), "docs/contracts.md must contain this table:\n\n{table}");
}

#[test]
fn refusal_numbers_are_unique_and_ascend() {
    let numbers: Vec<u32> = Code::ALL.iter().map(|code| code.number()).collect();
    assert!(numbers.is_sorted());
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    for code in Code::ALL {
        assert_eq!(Code::from_number(code.number()), Some(*code));
        assert!(!code.english().ends_with('.') && !code.chinese().ends_with('。'));
    }
    assert_eq!(Code::from_number(0), None);
}
