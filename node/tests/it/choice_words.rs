//! Every word among which an act chooses has a Chinese one, for previews and sheets.

use std::collections::BTreeSet;

use minglian_contracts::words::Names;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_node::desk::language::Language;
use minglian_node::desk::sheet::schema::titles;
use minglian_node::desk::sheet::schema::{Node, Schema};
use minglian_node::desk::{catalogue, preview};

/// The words that stand in a column of their own.
fn words(node: &Node, found: &mut BTreeSet<String>) {
    match node {
        Node::Leaf(_) => {}
        Node::Group(fields) => fields.iter().for_each(|(_, node)| words(node, found)),
        Node::Choice { words: own, others } => {
            let chinese: Vec<&str> = own.iter().filter_map(|word| titles::word(word)).collect();
            let apart: BTreeSet<&str> = chinese.iter().flat_map(|it| it.split('/')).collect();
            assert!(apart.len() >= chinese.len(), "two of {own:?} have one name");
            found.extend(own.iter().cloned());
            others.iter().for_each(|(_, node)| words(node, found));
        }
        Node::List(inner) | Node::Optional(inner) => words(inner, found),
    }
}

#[test]
fn every_word_among_which_an_act_chooses_has_a_chinese_one() {
    let mut found = BTreeSet::new();
    for act in catalogue::acts().unwrap() {
        words(&Schema::of(&act.name).unwrap().root, &mut found);
    }
    assert!(found.len() > 100, "{found:?}");
    let without: Vec<_> = found.iter().filter(|word| titles::word(word).is_none()).collect();
    assert!(without.is_empty(), "{without:?}");
}

struct Codes;

impl Names for Codes {
    fn organization(&self, code: &OrganizationCode) -> String {
        code.to_string()
    }
}

/// What every example of an act says before it is signed.
fn previews(act: &str, language: Language) -> Vec<String> {
    let calls = catalogue::examples(act).unwrap().into_iter();
    let calls = calls.map(|example| serde_json::from_value(example).unwrap());
    calls.map(|call| preview::of(&call, &Codes).to_text(language)).collect()
}

#[test]
fn a_period_is_an_obligations_in_acts_of_disclosure_and_a_month_elsewhere() {
    let publish = previews("disclosure.publish", Language::Zh).concat();
    assert!(publish.contains("期次: ") && !publish.contains("月份"), "{publish}");
    let sales = previews("lottery.statement", Language::Zh).concat();
    assert!(sales.contains("月份: ") && !sales.contains("期次"), "{sales}");
}

#[test]
fn an_english_preview_speaks_of_act_donor_and_project_in_english() {
    let gift = previews("charity.donate", Language::En).concat();
    assert!(gift.starts_with("act: charity.donate\n"), "{gift}");
    assert!(gift.contains("by a person (name protected)") && !gift.contains("捐赠人"), "{gift}");
    let project = previews("project.register", Language::En).concat();
    assert!(project.contains("(welfare of ") || project.contains("(public good)"), "{project}");
}
