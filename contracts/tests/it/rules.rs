//! The rules have a version, headers name it, and a change of the rules raises it.
//!
//! `tests/rules.txt` records what the rules of this version make of the scenarios: for each file
//! how many of its acts are recorded, a digest of those acts, and a digest of their receipts and of
//! the state after them. Acts are only ever appended to a scenario; expectations and comments are
//! no part of the digests. As long as the version is the same, what is recorded must come out
//! again, and no refusal may be added: recording anew is refused too. A higher version starts a
//! new record.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use borsh::BorshSerialize;
use minglian_contracts::context::RULES_VERSION;
use minglian_contracts::refusal::Code;
use minglian_ledger::hash::Commitment;

use crate::scenario::{self, Step};
use crate::world::World;

const HEAD: &str = "# What the rules make of tests/scenarios; see tests/it/rules.rs. Written by\n\
                    # MINGLIAN_REGENERATE_VECTORS=1 cargo nextest run rules::what_the_rules\n";

const RAISE: &str = "If the rules are meant to change: raise RULES_VERSION in \
    contracts/src/context.rs, say what changed in docs/contracts.md (Versions of the rules), then \
    run this test with MINGLIAN_REGENERATE_VECTORS=1. If not: the change is a mistake.";

/// What is recorded of one file, or of the refusals or the genesis.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    count: usize,
    acts: String,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    version: u32,
    entries: BTreeMap<String, Entry>,
}

fn digest(before: &str, value: &impl BorshSerialize) -> String {
    Commitment::of(&[before.as_bytes(), &borsh::to_vec(value).unwrap()]).to_string()
}

/// The entry of the first `count` of `steps`.
fn entry(steps: &[Step], count: usize) -> Entry {
    let (mut acts, mut outcome) = (String::new(), String::new());
    for step in &steps[..count] {
        acts = digest(&acts, &step.act);
        outcome = digest(&outcome, &(&step.receipts, step.state_root.0));
    }
    Entry { count, acts, outcome }
}

impl Record {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let version = lines.next()?.strip_prefix("rules_version ")?.parse().ok()?;
        let entry = |line: &str| {
            let parts: Vec<&str> = line.split(' ').collect();
            let [name, count, acts, outcome] = parts[..] else { return None };
            let (acts, outcome) = (acts.to_owned(), outcome.to_owned());
            Some((name.to_owned(), Entry { count: count.parse().ok()?, acts, outcome }))
        };
        Some(Self { version, entries: lines.map(entry).collect::<Option<_>>()? })
    }

    fn to_text(&self) -> String {
        let mut text = format!("{HEAD}rules_version {}\n", self.version);
        for (name, Entry { count, acts, outcome }) in &self.entries {
            writeln!(text, "{name} {count} {acts} {outcome}").unwrap();
        }
        text
    }
}

/// What the rules of this program make of everything, with as much of each file as `counts` says;
/// all of a file that it does not name.
fn found(steps: &BTreeMap<String, Vec<Step>>, counts: Option<&Record>) -> Record {
    let mut entries = BTreeMap::new();
    for (name, steps) in steps {
        let recorded = counts.and_then(|record| record.entries.get(name));
        let count = recorded.map_or(steps.len(), |entry| entry.count.min(steps.len()));
        entries.insert(name.clone(), entry(steps, count));
    }
    let names: Vec<_> = Code::ALL.iter().map(|code| (code.number(), code.name())).collect();
    // The test's organisations and the parameters with which a chain starts.
    let genesis = World::new().header.state_root.0;
    for (name, outcome) in [("refusals", digest("", &names)), ("genesis", digest("", &genesis))] {
        entries.insert(name.to_owned(), Entry { count: 1, acts: "-".to_owned(), outcome });
    }
    Record { version: RULES_VERSION, entries }
}

/// What of the record does not come out again.
fn differences(recorded: &Record, found: &Record) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, entry) in &recorded.entries {
        let said = match found.entries.get(name) {
            None => "is gone",
            Some(new) if new == entry => continue,
            Some(new) if new.acts != entry.acts || new.count != entry.count => {
                "has other acts than were recorded; append to it, or add a file"
            }
            Some(_) => "has the same acts with another outcome",
        };
        differences.push(format!("{name} {said}"));
    }
    differences
}

fn played() -> BTreeMap<String, Vec<Step>> {
    let name = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
    let files = scenario::files();
    files.iter().map(|file| (name(file), scenario::play(file).steps)).collect()
}

#[test]
fn what_the_rules_make_of_the_scenarios_changes_only_with_their_version() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rules.txt");
    let steps = played();
    let recorded = Record::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    assert!(recorded.version <= RULES_VERSION, "the record is of a later version");
    if recorded.version == RULES_VERSION {
        let differences = differences(&recorded, &found(&steps, Some(&recorded)));
        assert!(differences.is_empty(), "{}\n{RAISE}", differences.join("\n"));
    }
    let whole = found(&steps, None);
    if std::env::var_os("MINGLIAN_REGENERATE_VECTORS").is_some() {
        fs::write(&path, whole.to_text()).unwrap();
        return;
    }
    assert_eq!(
        recorded, whole,
        "not everything is recorded yet: run this test with MINGLIAN_REGENERATE_VECTORS=1"
    );
}

#[test]
fn a_changed_rule_and_a_changed_scenario_are_told_apart() {
    let steps = played();
    let recorded = found(&steps, None);
    assert_eq!(Record::parse(&recorded.to_text()).as_ref(), Some(&recorded));
    assert_eq!(differences(&recorded, &recorded), Vec::<String>::new());
    let with = |change: &dyn Fn(&mut Vec<Step>)| {
        let mut steps = steps.clone();
        change(steps.get_mut("payment.txt").unwrap());
        differences(&recorded, &found(&steps, Some(&recorded)))
    };
    let said = with(&|steps| steps[3].receipts[0].code = 522);
    assert_eq!(said, ["payment.txt has the same acts with another outcome"]);
    let said = with(&|steps| steps[3].act.push('0'));
    assert!(said[0].contains("other acts"), "{said:?}");
    let said = with(&|steps| drop(steps.pop()));
    assert!(said[0].contains("other acts"), "{said:?}");
    let more = with(&|steps| steps.push(steps[0].clone()));
    assert_eq!(more, Vec::<String>::new(), "acts may be appended");
}

#[test]
fn the_page_names_every_version_of_the_rules() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/contracts.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("## Versions of the rules").unwrap();
    let section = section.split("\n## ").next().unwrap();
    for version in 1..=RULES_VERSION {
        assert!(section.contains(&format!("\n| {version} | ")), "version {version}");
    }
}
