//! The shipped files of rules: that every one reads, and that nothing unverified is assumed.

use std::collections::BTreeMap;

use minglian_contracts::charity::kind;
use minglian_contracts::homes::{occupancy, subsidy};
use minglian_contracts::oversight::deadline;
use minglian_contracts::parameter::{self, Key};
use minglian_contracts::rules::{self, File, Rule, RulesError};
use minglian_contracts::{allocation, lottery, payment, proposal};
use minglian_ledger::date::Date;

use crate::world::{World, genesis, text};

/// Parameters that the contracts read, and those whose names they complete.
const READ: &[&str] = &[
    proposal::PROPOSAL_DAYS,
    allocation::CARRY_OVER_YEARS,
    lottery::FUND_RATIO_FLOOR,
    lottery::CENTRAL_SHARE,
    lottery::REMITTANCE_DAY,
    lottery::STATEMENT_DAY,
    allocation::EARLY_ISSUE_MIN,
    kind::REGISTERED_YEARS,
    kind::FILING_DAYS_BEFORE,
    kind::FILING_DAYS_EMERGENCY,
    kind::QUORUM,
    kind::MAJORITY,
    kind::FUNDRAISING_MAX,
    deadline::ACCEPT_DAYS,
    deadline::ANSWER_DAYS,
    deadline::EXTENSION_DAYS,
    deadline::RECTIFICATION_DAYS,
    deadline::SAMPLE_HEIGHTS_MIN,
];

const COMPLETED: &[&str] = &[
    lottery::FUND_RATIO,
    lottery::PROVINCE_SHARE,
    lottery::CENTRAL_PART,
    allocation::HELD_DAYS_MAX,
    allocation::CATEGORY_SHARE_MIN,
    payment::expenditure::DENIED,
    "project.points.",
    kind::SPENDING_MIN,
    kind::MANAGEMENT_MAX,
    kind::Demand::CommitteeMembers.prefix(),
    kind::Demand::CommitteeOdd.prefix(),
    kind::Demand::Supervisors.prefix(),
    kind::Demand::HostInName.prefix(),
    kind::Demand::Campaign.prefix(),
    kind::Demand::Filing.prefix(),
    kind::AHEAD_LIMIT,
    kind::AHEAD_DAYS,
    subsidy::OPERATING_RATE,
    subsidy::LEVEL_FACTOR,
    subsidy::RATING_FACTOR,
    subsidy::INSPECTION_FACTOR,
    occupancy::LEVEL_BEDS_MIN,
];

/// The values that a parameter with such a unit may have.
fn bounds(unit: &str) -> std::ops::RangeInclusive<i64> {
    match unit {
        "basis_points" => 0..=10_000,
        // Of a rate that may be raised.
        "factor_basis_points" => 0..=100_000,
        "fen" => 0..=100_000_000,
        "boolean" => 0..=1,
        "points" => 0..=100,
        "day_of_month" => 1..=31,
        "days" => 1..=366,
        "heights" => 1..=100_000,
        "years" | "members" => 1..=99,
        other => panic!("no unit {other}"),
    }
}

fn all() -> Vec<Rule> {
    File::ALL.iter().flat_map(|file| file.rules().unwrap()).collect()
}

#[test]
fn every_file_reads_and_every_figure_is_one_that_the_contracts_know() {
    let mut units: BTreeMap<Key, String> = BTreeMap::new();
    for rule in all() {
        let key = rule.key.as_str();
        let known = READ.contains(&key)
            || COMPLETED.iter().any(|prefix| key.len() > prefix.len() && key.starts_with(prefix));
        assert!(known, "no contract reads {key}");
        assert!(bounds(rule.unit.as_str()).contains(&rule.value), "{key} = {}", rule.value);
        let unit = units.entry(rule.key.clone()).or_insert_with(|| rule.unit.to_string());
        assert_eq!(*unit, rule.unit.as_str(), "{key} has one unit in all files");
        // A figure from common knowledge alone is not verified, and its article says so.
        assert!(!(rule.verified && rule.source.as_str().starts_with("[GK]")), "{key}");
        assert!(rule.verified || rule.article.as_str().contains("未核实"), "{key}");
    }
    for key in READ {
        assert!(units.keys().any(|known| known.as_str() == *key), "no file has {key}");
    }
}

#[test]
fn a_chain_that_names_nothing_knows_no_unverified_figure() {
    let mut plain = genesis();
    plain.parameters.clear();
    let world = World::from_genesis(&plain);
    let held = parameter::PARAMETERS.scan(&world.state, &(), None, 1_000).unwrap();
    let verified = File::National.rules().unwrap().into_iter().filter(|rule| rule.verified);
    let expected: usize = verified.map(|_| 1).sum();
    assert_eq!(held.iter().map(|(_, versions)| versions.len()).sum::<usize>(), expected);
    for (key, versions) in held {
        assert!(versions.iter().all(|it| it.approved_by.as_str() == "创世"), "{key}");
    }
    for key in ["lottery.fund_ratio.快乐8", "charity.quorum", "charity.fundraising_cost_max"] {
        assert_eq!(parameter::PARAMETERS.get(&world.state, &text(key)).unwrap(), None, "{key}");
    }
}

#[test]
fn a_chain_that_names_an_unverified_figure_says_that_it_is_unverified() {
    let mut named = genesis();
    named.parameters = rules::named(&["lottery.fund_ratio.快乐8", "charity.fundraising_"]).unwrap();
    let world = World::from_genesis(&named);
    let on =
        |key, date: &str| parameter::find(&world.state, &text(key), date.parse().unwrap()).unwrap();
    let ratio = on("lottery.fund_ratio.快乐8", "2024-01-01").unwrap();
    assert_eq!((ratio.value, ratio.approved_by.as_str()), (3_000, "创世(未核实)"));
    // Beside an unverified figure the verified one of the same parameter is still there.
    let years = |date| on("charity.fundraising_registered_years", date).unwrap();
    assert_eq!((years("2024-09-04").value, years("2024-09-05").value), (2, 1));
    assert_eq!(years("2024-09-05").approved_by.as_str(), "创世");
}

#[test]
fn figures_that_contradict_one_another_are_found() {
    let rule = |key: &str, from: &str, to: &str, unit: &str| {
        format!(
            "[[rule]]\nkey = \"{key}\"\nvalue = 1\nunit = \"{unit}\"\neffective_from = \"{from}\"\n\
             effective_to = \"{to}\"\narticle = \"a\"\nsource = \"s\"\nverified = true\n"
        )
    };
    let first = rule("a", "2020-01-01", "2020-12-31", "days");
    let read = |second: String| rules::read("test", &format!("{first}{second}"));
    assert_eq!(read(rule("a", "2021-01-01", "2021-12-31", "days")).unwrap().len(), 2);
    assert_eq!(read(rule("b", "2020-01-01", "2020-12-31", "years")).unwrap().len(), 2);
    let overlap = read(rule("a", "2020-12-31", "2021-12-31", "days")).unwrap_err();
    let last: Date = "2020-12-31".parse().unwrap();
    assert!(matches!(overlap, RulesError::Overlap { date, .. } if date == last), "{overlap}");
    let unit = read(rule("a", "2021-01-01", "2021-12-31", "years")).unwrap_err();
    assert!(matches!(unit, RulesError::Unit { .. }), "{unit}");
    let backwards = read(rule("b", "2021-01-01", "2020-12-31", "days")).unwrap_err();
    assert!(matches!(backwards, RulesError::Incomplete { .. }), "{backwards}");
    // A figure without a name, an article or a source is none: each alone is missed.
    let whole = rule("b", "2020-01-01", "2020-12-31", "days");
    for (field, empty) in [
        ("key = \"b\"", "key = \"\""),
        ("article = \"a\"", "article = \"\""),
        ("source = \"s\"", "source = \"\""),
    ] {
        assert!(whole.contains(field));
        let found = rules::read("test", &whole.replace(field, empty)).unwrap_err();
        assert!(matches!(found, RulesError::Incomplete { .. }), "{field}: {found}");
    }
    // A figure of a single day is one.
    assert_eq!(read(rule("b", "2020-01-01", "2020-01-01", "days")).unwrap().len(), 2);
    for damage in ["[[rule]]\nkey = \"a\"", "colour = 1", "[[rule]"] {
        let malformed = read(damage.to_owned()).unwrap_err();
        assert!(matches!(malformed, RulesError::Malformed { .. }), "{malformed}");
    }
}

/// An error names the file in which a reviewer finds the figure.
#[test]
fn the_files_are_named_as_they_lie_in_the_folder() {
    for file in File::ALL {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        assert!(folder.join(format!("{}.toml", file.name())).is_file(), "{}", file.name());
    }
    let names: std::collections::BTreeSet<_> = File::ALL.iter().map(|file| file.name()).collect();
    assert_eq!(names.len(), File::ALL.len());
}
