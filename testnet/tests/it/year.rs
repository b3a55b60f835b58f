//! The demonstration's year: a pure function of its parameters, lawful act by act, and real on four
//! nodes.

mod rehearsal;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use minglian_client::Client;
use minglian_client::report::Pages;
use minglian_client::wire::{CheckView, ReportView};
use minglian_contracts::allocation::LINES;
use minglian_contracts::allocation::check::check_lines;
use minglian_contracts::book;
use minglian_contracts::charity::check::check_charities;
use minglian_contracts::charity::donation::pool;
use minglian_contracts::charity::fund::{FundName, FundReference};
use minglian_contracts::contents;
use minglian_contracts::disclosure::check::check_disclosures;
use minglian_contracts::invariants::check_book;
use minglian_contracts::oversight::check::check_oversight;
use minglian_contracts::registry::ORGANIZATIONS;
use minglian_ledger::date::Date;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number;
use minglian_testnet::year::admission::admission;
use minglian_testnet::year::bulk::{LOT_TRANSACTIONS, LotSums};
use minglian_testnet::year::carry_out::{Labels, Office, Tally, carry_out};
use minglian_testnet::year::charity::GENERAL;
use minglian_testnet::year::keyring::Keyring;
use minglian_testnet::year::oversight::drawing;
use minglian_testnet::year::plan::SEED;
use minglian_testnet::year::quota::{FUND, TRANCHES, subsidy_line};
use minglian_testnet::year::script::{Act, Coming, Thread};
use minglian_testnet::year::seeded::Seed;
use minglian_testnet::year::{self, Parameters, Plan, Wanted, YearReport};
use minglian_testnet::{bureau, check, report_times};

use crate::network;
use rehearsal::Rehearsal;

/// Base dates in different months: the December lies at the end, the beginning, in between.
const DAYS: [&str; 5] = ["2026-01-01", "2026-11-23", "2026-12-31", "2027-02-28", "2026-06-15"];

fn plan(seed: u64, until: &str, scale: u64) -> Plan {
    Plan::new(Parameters { seed, until: until.parse().unwrap(), scale }).unwrap()
}

/// Every act of the phases and of the first `lots` lots.
fn acts(plan: &Plan, lots: u64) -> Vec<Act> {
    let phases = plan.phases.iter().flat_map(|phase| phase.threads.clone());
    let of_lots = (0..lots).flat_map(|number| plan.lots.lot(number).unwrap().0);
    phases.chain(of_lots).flatten().collect()
}

/// Transactions that a year of this scale enters on an empty network in memory.
async fn rehearse(plan: &Plan, date: Date) -> (Rehearsal, Tally) {
    let ledger = Rehearsal::new(date);
    let keyring = Keyring::new(b"rehearsal", &plan.bodies, rehearsal::at_hand).unwrap();
    let nodes = bureau::bureaus(4).unwrap().nodes;
    let validators: Vec<_> = nodes.iter().map(|body| body.code).collect();
    let mut office = Office {
        keyring: &keyring,
        chain_id: ledger.with(|inner| inner.header.chain_id.clone()),
        expires_at: Height(50_000),
        coming: None,
    };
    let (mut tally, mut labels) = (Tally::default(), Labels::new());
    let admission = admission(&plan.bodies, &keyring, &validators).unwrap();
    let mut phases: Vec<Vec<Thread>> = vec![admission.threads];
    phases.extend(plan.phases.iter().take(2).map(|phase| phase.threads.clone()));
    phases.extend((0..plan.parameters.scale).map(|number| plan.lots.lot(number).unwrap().0));
    phases.extend(plan.phases.iter().skip(2).map(|phase| phase.threads.clone()));
    for (number, threads) in phases.iter().enumerate() {
        let height = ledger.with(|inner| inner.header.height);
        let date = date.add_days(1).unwrap();
        office.coming = Some(Coming { height: Height(height.0 + 60), date });
        let mark = format!("试演-{number}");
        tally.add(carry_out(&ledger, &office, threads, &mark, &mut labels).await.unwrap());
    }
    (ledger, tally)
}

fn check_all(ledger: &Rehearsal) {
    ledger.with(|inner| {
        check_book(&inner.state).unwrap();
        check_lines(&inner.state).unwrap();
        check_charities(&inner.state).unwrap();
        check_oversight(&inner.state).unwrap();
        check_disclosures(&inner.state).unwrap();
    });
}

#[tokio::test]
async fn every_act_gets_the_code_that_the_plan_says() {
    for until in DAYS {
        let plan = plan(SEED, until, 1);
        let (ledger, tally) = rehearse(&plan, until.parse().unwrap()).await;
        assert_eq!(tally.surprises, Vec::new(), "{until}");
        check_all(&ledger);
        let mut refused = BTreeMap::new();
        for (code, _) in plan.refusals() {
            *refused.entry(code).or_insert(0_u64) += 1;
        }
        assert_eq!(tally.refused, refused, "{until}");
        assert!(refused.len() > 12, "{refused:?}");
    }
}

#[tokio::test]
async fn other_seeds_and_scales_are_lawful_too() {
    for seed in 1..6 {
        let plan = plan(seed, "2026-11-23", 3);
        let (ledger, tally) = rehearse(&plan, "2026-11-23".parse().unwrap()).await;
        assert_eq!(tally.surprises, Vec::new(), "seed {seed}");
        check_all(&ledger);
    }
}

#[test]
fn the_same_parameters_make_the_same_acts() {
    let (one, two) = (plan(7, "2026-11-23", 2), plan(7, "2026-11-23", 2));
    assert_eq!(acts(&one, 2), acts(&two, 2));
    assert_eq!(one.sums, two.sums);
    assert_ne!(acts(&one, 2), acts(&plan(8, "2026-11-23", 2), 2));
    // A lot does not depend on how many there are.
    let many = plan(7, "2026-11-23", 1_000);
    assert_eq!(one.lots.lot(1).unwrap(), many.lots.lot(1).unwrap());
    assert_ne!(many.lots.lot(1).unwrap(), many.lots.lot(2).unwrap());
}

#[test]
fn nothing_is_dated_after_the_base_date() {
    for until in DAYS {
        let (plan, last) = (plan(SEED, until, 1), until.parse::<Date>().unwrap());
        // What a contract or campaign promises may lie ahead; what happened may not.
        let mut seen = 0;
        for act in acts(&plan, 1) {
            let call = serde_json::to_value(&act.call).unwrap();
            for date in dates(&call, &["occurred_on", "published_on", "produced_on"]) {
                assert!(date <= last, "{until}: {date} in {call}");
                assert!(date >= plan.window.day(0, 1), "{until}: {date} in {call}");
                seen += 1;
            }
        }
        assert!(seen > 500, "{seen} dates");
    }
}

fn dates(value: &serde_json::Value, names: &[&str]) -> Vec<Date> {
    match value {
        serde_json::Value::Array(items) => {
            items.iter().flat_map(|item| dates(item, names)).collect()
        }
        serde_json::Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| match field.as_str() {
                Some(text) if names.contains(&name.as_str()) => vec![text.parse().unwrap()],
                _ => dates(field, names),
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_name_says_that_it_is_invented_and_nobody_is_in_it() {
    let plan = plan(SEED, "2026-11-23", 1);
    for body in plan.bodies.signing() {
        assert!(body.name.contains("演示"), "{}", body.name);
        assert!(body.code.is_demonstration(), "{}", body.code);
    }
    let mut titles = BTreeSet::new();
    for act in acts(&plan, 3) {
        for text in contents::of(&act.call).texts {
            assert_eq!(personal_number::find(text), None, "{text}");
            titles.insert(text.to_owned());
        }
    }
    // What is printed as somebody's publication says so in its title or publisher.
    let bureau = |text: &&String| text.ends_with('局') || text.ends_with("慈善总会");
    assert_eq!(titles.iter().filter(bureau).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(titles.len() > 50, "{titles:?}");
}

#[test]
fn references_of_lots_are_used_once() {
    let plan = plan(SEED, "2026-11-23", 1);
    let mut references = BTreeSet::new();
    for number in 0..4 {
        let (threads, _) = plan.lots.lot(number).unwrap();
        for act in threads.iter().flatten() {
            let by = act.signers[0].organization;
            let call = serde_json::to_string(&act.call).unwrap();
            assert!(references.insert((by, call)), "twice in lot {number}");
        }
        let transactions: u64 = threads.iter().flatten().map(Act::transactions).sum();
        assert_eq!(transactions, LOT_TRANSACTIONS);
    }
}

#[test]
fn what_is_recorded_is_planned_and_the_rest() {
    for (seed, scale) in [(1, 1), (2, 50), (3, 2_500)] {
        let plan = plan(seed, "2026-11-23", scale);
        let sums = &plan.sums;
        assert!(sums.projects < sums.quota && sums.carried < sums.projects, "{sums:?}");
        assert!(sums.spent < sums.given, "{sums:?}");
        // Sales near the city's 3.4亿元; the fund near the blended 30 % of real notices.
        let percent = sums.fund.get() * 100 / sums.sales.get();
        assert!((28..=33).contains(&percent), "{percent} %");
        let yuan = sums.sales.get() / 100;
        assert!((290_000_000..=400_000_000).contains(&yuan), "{yuan}");
    }
}

#[tokio::test]
async fn the_sample_is_drawn_on_a_later_day() {
    let (until, plan) = ("2026-11-23", plan(SEED, "2026-11-23", 1));
    let date: Date = until.parse().unwrap();
    let (ledger, _) = rehearse(&plan, date).await;
    let tomorrow = date.add_days(1).unwrap();
    ledger.pass_to(tomorrow);
    let keyring = Keyring::new(b"rehearsal", &plan.bodies, rehearsal::at_hand).unwrap();
    let chain_id = ledger.with(|inner| inner.header.chain_id.clone());
    let office = Office { keyring: &keyring, chain_id, expires_at: Height(50_000), coming: None };
    let phase = drawing(Seed(SEED), &plan.bodies, tomorrow).unwrap();
    let done = carry_out(&ledger, &office, &phase.threads, "抽取", &mut Labels::new()).await;
    let done = done.unwrap();
    assert_eq!((done.surprises, done.applied), (Vec::new(), 2));
    check_all(&ledger);
}

#[tokio::test]
async fn the_ledger_has_what_the_sums_say() {
    let plan = plan(SEED, "2026-11-23", 2);
    let (ledger, tally) = rehearse(&plan, "2026-11-23".parse().unwrap()).await;
    let mut lots = LotSums::default();
    for number in 0..2 {
        let sums = plan.lots.lot(number).unwrap().1;
        lots.paid_fen += sums.paid_fen;
        lots.given_fen += sums.given_fen;
    }
    let (mut paid, mut given) = (0, 0);
    ledger.with(|inner| {
        for (place, county) in plan.bodies.counties.iter().enumerate() {
            for tranche in 0..TRANCHES {
                let name = subsidy_line(plan.window, &plan.bodies, tranche, place).unwrap();
                paid += LINES.get(&inner.state, &name).unwrap().unwrap().paid.get();
            }
            let fund = FundReference::new(GENERAL).unwrap();
            let pool = pool(&FundName { host: county.charity.code, fund });
            given += book::account(&inner.state, &pool).unwrap().unwrap().balance().get();
        }
        for body in plan.bodies.signing() {
            let known = ORGANIZATIONS.get(&inner.state, &body.code).unwrap().unwrap();
            assert_eq!(known.name.as_str(), body.name);
        }
    });
    assert!(paid > 0 && given > 0);
    assert_eq!((paid, given), (lots.paid_fen, lots.given_fen));
    // Beside the plan's own transactions are those that admit bodies and officers.
    assert!(tally.transactions > plan.transactions());
}

/// What `/v1/reports` is asked, after the year is entered.
fn questions(plan: &Plan) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let (year, bodies) = (plan.window.closing_year().to_string(), &plan.bodies);
    let holder = |code: OrganizationCode| ("holder", code.to_string());
    let unit = bodies.counties[0].unit.code;
    let publication = |place: usize| ("publication", plan.publications[place].to_string());
    vec![
        ("execution", vec![("fund", FUND.to_owned())]),
        ("carry-over", vec![("fund", FUND.to_owned())]),
        ("documents", vec![("fund", FUND.to_owned())]),
        ("notice", vec![holder(bodies.finance.code), ("year", year.clone())]),
        ("holding", vec![holder(bodies.counties[1].finance.code)]),
        ("findings", vec![holder(unit)]),
        ("charity", vec![holder(bodies.charity.code)]),
        ("charity-ratios", vec![holder(bodies.charity.code), ("year", year)]),
        ("declared", vec![holder(bodies.finance.code), publication(0)]),
        ("declared", vec![holder(unit), publication(1)]),
    ]
}

/// All pages of a report, added.
async fn whole_report(client: &Client, name: &str, query: &[(&'static str, String)]) -> ReportView {
    let mut pages = None::<Pages>;
    loop {
        let mut query = query.to_vec();
        query.extend(pages.as_ref().and_then(Pages::next).map(|after| ("after", after)));
        let page: ReportView = client.json(&format!("/v1/reports/{name}"), &query).await.unwrap();
        match &mut pages {
            Some(pages) => pages.add(page).unwrap(),
            None => pages = Some(Pages::new(page)),
        }
        if pages.as_ref().is_some_and(|pages| pages.next().is_none()) {
            return pages.unwrap().finish();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_enters_four_nodes_as_planned() {
    let network = network::up(4, 0).await;
    let wanted = Wanted { scale: Some(1), ..Wanted::default() };
    let report = year::run(&network, wanted).await.unwrap();
    assert_eq!(report.tally.surprises, Vec::new());
    let plan = Plan::new(report.parameters).unwrap();
    assert!(report.tally.transactions > plan.transactions());

    let client = network.client(1).unwrap();
    network.wait_level(Duration::from_secs(30)).await.unwrap();
    for (name, query) in questions(&plan) {
        let report = whole_report(&client, name, &query).await;
        assert!(!report.rows.is_empty(), "{name} {query:?}");
        let broken = report.reconciliation.iter().filter(|check| check.holds != Some(true));
        assert_eq!(broken.collect::<Vec<_>>(), Vec::<&CheckView>::new(), "{name}");
        assert_eq!(report.mismatches, Vec::new(), "{name}");
    }
    let agreeing = &questions(&plan)[8];
    let contradicting = &questions(&plan)[9];
    // Of the corrected notice both figures agree with the book, of the other none does.
    for (question, agrees, differs) in [(agreeing, 2, 0), (contradicting, 0, 1)] {
        let report = whole_report(&client, question.0, &question.1).await;
        let count =
            |verdict: &str| report.rows.iter().filter(|row| row["verdict"] == verdict).count();
        assert_eq!((count("agrees"), count("differs")), (agrees, differs));
    }

    publications_stand_as_they_should(&client, &plan).await;

    // What acts name by a hash reaches the other nodes.
    let deadline = Instant::now() + Duration::from_secs(90);
    while !client.missing_attachments(None).await.unwrap().items.is_empty() {
        assert!(Instant::now() < deadline, "papers are missing");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    // Entering it again changes nothing.
    let before = client.latest_header().await.unwrap().header.log_size;
    let again = year::run(&network, wanted).await.unwrap();
    assert_eq!(again.tally.surprises, Vec::new());
    let figures = |year: &YearReport| (year.records, year.lots_paid_fen, year.lots_given_fen);
    assert_eq!(figures(&again), figures(&report), "what the ledger has, whoever entered it");
    assert_ne!(report.lots_paid_fen, 0);
    assert_eq!(client.latest_header().await.unwrap().header.log_size, before);
    let other = Wanted { seed: Some(1), ..wanted };
    assert!(year::run(&network, other).await.is_err());

    let check = check::run(&network).await.unwrap();
    assert_eq!(check.transactions, report.tally.transactions);
    assert_eq!(check.refused, report.tally.refused.values().sum::<u64>());
    let times = report_times::run(&network, 2, true).await.unwrap();
    assert_eq!(times.reports.len(), 11);
    let untimed = times.reports.values().filter(|time| time.latency.is_none());
    assert_eq!(untimed.count(), 0, "{:?}", times.reports);
    let sizes = times.sizes.unwrap();
    assert_eq!(sizes.sizes.records, check.transactions);
    for part in [sizes.state, sizes.log, sizes.derived] {
        assert!(part.bytes > 0, "{sizes:?}");
    }
}

/// Some in time, some late, some corrected, some not seen.
async fn publications_stand_as_they_should(client: &Client, plan: &Plan) {
    let mut states = BTreeMap::new();
    for body in plan.bodies.signing() {
        for obligation in every_obligation(client, body.code).await {
            *states.entry(obligation).or_insert(0) += 1;
        }
    }
    for state in ["按期公开", "期限后公开", "尚未见到上链披露", "已更正"] {
        assert!(states.contains_key(state), "{states:?}");
    }
}

async fn every_obligation(client: &Client, code: OrganizationCode) -> Vec<String> {
    let path = format!("/v1/organizations/{code}/obligations");
    let page: serde_json::Value = client.json(&path, &[]).await.unwrap();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["state_zh"].as_str().unwrap().to_owned()).collect()
}
