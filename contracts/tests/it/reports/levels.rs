//! For how long quota may lie is judged by the level of who holds it: 30 days with a province, 60
//! with everybody below it (预算法 第五十二条).

use minglian_contracts::registry::{ORGANIZATIONS, Organization};
use minglian_contracts::report::Report;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::holding::holding;
use minglian_contracts::report::selection::Selection;
use minglian_ledger::division::Division;
use minglian_ledger::state::{KeyValue, StateError, StateRead};

use super::log::{Log, as_of, column};
use super::{ask, county, go, of_year};
use crate::world::{World, code, text};

/// A state in which an organisation stands in another division.
struct Moved<'a> {
    state: &'a dyn StateRead,
    key: Vec<u8>,
    organization: Vec<u8>,
}

impl<'a> Moved<'a> {
    /// The home as one of Anhui province.
    fn home(world: &'a World) -> Self {
        let home = code("home");
        let known = ORGANIZATIONS.get(&world.state, &home).unwrap().unwrap();
        let moved = Organization { division: Division::new(340000).unwrap(), ..known };
        let organization = borsh::to_vec(&moved).unwrap();
        Self { state: &world.state, key: ORGANIZATIONS.key(&home), organization }
    }
}

impl StateRead for Moved<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        if key == self.key { Ok(Some(self.organization.clone())) } else { self.state.get(key) }
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        self.state.scan_prefix(prefix, after, limit)
    }
}

/// The days and the article of one rule's doubtful points.
fn points(report: &Report, rule: &str) -> Vec<(String, String)> {
    let rows = column(report, "days").into_iter().zip(column(report, "article"));
    let rows = column(report, "rule").into_iter().zip(rows);
    rows.filter(|(found, _)| found == rule).map(|(_, row)| row).collect()
}

/// The values of the rules by which a report judges.
fn rules(report: &Report) -> Vec<String> {
    report.rules.iter().map(|rule| rule.value.to_string()).collect()
}

#[test]
fn a_province_and_a_county_have_limits_of_their_own() {
    let mut world = World::new();
    world.date = "2024-03-01".parse().unwrap();
    go(&mut world, &["county_finance record to=home/省级/2024/甲 amount=10万元 notice=公告"]);
    let selection = Selection { fund: Some(text("省级")), ..of_year(2024) };
    // 45 days: too long for a province, in time for a county.
    world.date = "2024-04-15".parse().unwrap();
    world.block(Vec::new()).unwrap();
    for (state, division, limit, exceeded, idle) in [
        (&world.state as &dyn StateRead, "341122", "60", "0", vec![]),
        (&Moved::home(&world) as &dyn StateRead, "340000", "30", "30", vec!["45"]),
    ] {
        let log = Log::of(&world);
        let report = holding(state, &log, &ask(selection.clone()), as_of(&world)).unwrap();
        assert_eq!(column(&report, "division"), [division]);
        assert_eq!(column(&report, "days_held"), ["45"]);
        assert_eq!(column(&report, "limit_days"), [limit]);
        assert_eq!(column(&report, "limit_exceeded_days"), [exceeded]);
        // Both limits are stated, whichever is the holder's.
        assert_eq!(rules(&report), ["30", "60"]);
        let report = findings(state, &log, &ask(selection.clone()), as_of(&world)).unwrap();
        assert_eq!(rules(&report)[..2], ["30", "60"]);
        let found = points(&report, "idle");
        assert_eq!(found.iter().map(|(days, _)| days.as_str()).collect::<Vec<_>>(), idle);
        assert!(found.iter().all(|(_, article)| article.contains("省级")), "{found:?}");
    }
}

#[test]
fn a_receipt_is_late_by_the_limit_of_who_has_not_confirmed_it() {
    let mut world = county();
    world.date = "2024-12-31".parse().unwrap();
    go(
        &mut world,
        &[
            "county_finance record to=county_civil/省级/2024/乙 amount=10万元 notice=公告",
            "county_civil allocate from=county_civil/省级/2024/乙 to=home/省级/2024/乙 \
             amount=5万元 notice=公示",
        ],
    );
    world.date = "2025-01-31".parse().unwrap();
    world.block(Vec::new()).unwrap();
    let selection = Selection { holder: Some(code("home")), ..of_year(2024) };
    let found = |state: &dyn StateRead| {
        let report = findings(state, &Log::of(&world), &ask(selection.clone()), as_of(&world));
        points(&report.unwrap(), "not_received").len()
    };
    assert_eq!(found(&world.state), 0, "31 days are in time for a county");
    assert_eq!(found(&Moved::home(&world)), 1, "and too many for a province");
}
