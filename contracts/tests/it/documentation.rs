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

/// The tests' sources below `folder`, joined.
fn tests_below(folder: &Path) -> String {
    let mut all = String::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

/// The tests' sources of this crate, joined.
fn tests() -> String {
    tests_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"))
}

/// Whether what a row of the table of policy calls its proof is there: a scenario by its name, a
/// file of tests in backticks, a control rule by its number.
fn is_there(proof: &str, tests: &str) -> bool {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    proof.split_whitespace().take_while(|word| *word != "for").all(|word| {
        if let Some(path) = word.strip_prefix('`').and_then(|word| word.strip_suffix('`')) {
            let folder = if path.starts_with("it/") { "tests" } else { ".." };
            return crate_folder.join(folder).join(path).is_file();
        }
        if let Some(number) = word.strip_prefix('I').and_then(|it| it.parse::<u8>().ok()) {
            return tests.contains(&format!("#[test]\nfn i{number:02}_"));
        }
        crate_folder.join("tests/scenarios").join(format!("{word}.txt")).is_file()
    })
}

#[test]
fn every_row_of_policy_is_shown_by_scenarios_and_tests_that_exist() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/contracts.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, table) =
        page.split_once("| row | module | acts | shown by |\n|---|---|---|---|\n").unwrap();
    let (table, tests) = (table.split("\n\n").next().unwrap(), tests());
    let (mut proofs, mut complaints) = (0, Vec::new());
    for row in table.lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let ["", name, module, _, shown_by, ""] = cells[..] else { panic!("{row}") };
        let shown_by = shown_by.split("*partly*").next().unwrap();
        // What has no module says that it is not built, and what has one is shown.
        if module == "–" || shown_by.starts_with("not built") {
            assert!(module == "–" && shown_by.starts_with("not built"), "{row}");
            continue;
        }
        let parts: Vec<&str> =
            shown_by.split([',', ';']).map(str::trim).filter(|it| !it.is_empty()).collect();
        proofs += parts.len();
        if parts.is_empty() {
            complaints.push(format!("{name} is shown by nothing"));
        }
        let missing = parts.iter().filter(|proof| !is_there(proof, &tests));
        complaints.extend(missing.map(|proof| format!("{name}: no {proof}")));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(proofs > 0);
    for wrong in ["no_such_scenario", "`it/no_such_test.rs`", "I99"] {
        assert!(!is_there(wrong, &tests), "{wrong}");
    }
}

/// Numbers of the attacks that a test's name begins with: `a17_a21_…` has two.
fn attacks_of(test: &str) -> Vec<usize> {
    let number = |word: &str| word.strip_prefix('a')?.parse().ok();
    test.split('_').map_while(|word| number(word).filter(|_| word.len() == 3)).collect()
}

#[test]
fn every_attack_has_its_tests_or_says_what_is_missing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/privacy.md")).unwrap();
    let folders = ["ledger/tests/it", "contracts/tests/it", "node/tests/it", "node/county/tests"];
    let sources: String = folders.iter().map(|folder| tests_below(&root.join(folder))).collect();
    let parts = sources.split("#[test]").skip(1);
    let tests: BTreeSet<&str> =
        parts.filter_map(|text| text.trim_start().strip_prefix("fn ")?.split('(').next()).collect();
    let head = "| attack | what refuses it | tests |\n|---|---|---|\n";
    let (_, table) = page.split_once(head).unwrap();
    let rows: Vec<&str> = table.split("\n\n").next().unwrap().lines().collect();
    assert_eq!(rows.len(), 42);
    for (row, number) in rows.iter().zip(1_usize..) {
        assert!(row.starts_with(&format!("| A{number} ")), "{row}");
        let shown = row.split('|').nth(3).unwrap();
        let named = shown.split("not yet: ").next().unwrap();
        let named: BTreeSet<&str> = named.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty() || shown.trim().starts_with("not yet: "), "{row}");
        let missing: Vec<_> = named.difference(&tests).collect();
        assert!(missing.is_empty(), "no test {missing:?}");
        let numbered = tests.iter().filter(|test| attacks_of(test).contains(&number));
        let unnamed: Vec<_> = numbered.filter(|test| !named.contains(**test)).collect();
        assert!(unnamed.is_empty(), "A{number}: {unnamed:?}");
    }
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
