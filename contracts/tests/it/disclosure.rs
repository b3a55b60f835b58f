//! Obligations to publish: the shipped rules, due days, states, corrections, pages.

use std::collections::BTreeSet;
use std::fs;

use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::duty::DUTIES;
use minglian_contracts::disclosure::obligation::ObligationState;
use minglian_contracts::disclosure::query::{self, Obligation, Range};
use minglian_contracts::disclosure::rule::{RULES, RULES_BY_TRIGGER, Trigger};
use minglian_contracts::disclosure::rule_file::{self, RuleFileError};
use minglian_contracts::disclosure::schedule::Schedule;
use minglian_contracts::event::Event;
use minglian_contracts::oversight::credit::{self, Owed};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::{Date, Month};

use crate::counting::Counting;
use crate::gift_acts::{CHARITY, all_applied, set_up, signed};
use crate::scenario::notices::obligation_name;
use crate::scenario::{self, call};
use crate::steps;
use crate::world::{World, code, text};

pub fn day(written: &str) -> Date {
    written.parse().unwrap()
}

/// Acts of the charity, in a scenario's words; each must be applied. The events of the last.
pub fn go(world: &mut World, lines: &[&str]) -> Vec<Event> {
    let mut events = Vec::new();
    for line in lines {
        let call = call(line, world);
        events = match &call {
            Call::Charity(_) => {
                let transactions = signed(world, CHARITY, &call);
                all_applied(world, transactions);
                Vec::new()
            }
            _ => {
                steps::checked(world, CHARITY, &call).unwrap_or_else(|it| panic!("{line}: {it:?}"))
            }
        };
    }
    events
}

/// A charity on 2025-03-01 that has filed a campaign until `ends`.
pub fn with_campaign(ends: &str) -> World {
    let mut world = World::new();
    world.date = day("2025-03-01");
    set_up(&mut world);
    let file = format!("file_campaign filing=备1 fund=本级 begins=2025-03-11 ends={ends}");
    go(&mut world, &[&file]);
    world
}

pub fn range(from: &str, to: &str, as_of: Date) -> Range {
    Range { from: day(from), to: day(to), as_of, unmet_only: false }
}

/// All pages of so many obligations.
pub fn pages(world: &World, range: Range, limit: usize) -> Vec<Obligation> {
    let (mut all, mut after) = (Vec::<Obligation>::new(), None);
    loop {
        let holder = code(CHARITY);
        let page = query::obligations(&world.state, holder, range, after.as_ref(), limit).unwrap();
        assert!(page.len() <= limit);
        let Some(last) = page.last() else { return all };
        after = Some((last.due_on, last.name.clone()));
        all.extend(page);
    }
}

pub fn find<'a>(all: &'a [Obligation], name: &str) -> &'a Obligation {
    let name = obligation_name(name).unwrap();
    all.iter().find(|obligation| obligation.name == name).unwrap()
}

#[test]
fn the_shipped_rules_are_on_the_ledger_with_their_dates_and_articles() {
    let (world, shipped) = (World::new(), rule_file::shipped().unwrap());
    let names: BTreeSet<_> = shipped.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!((shipped.len(), names.len()), (40, 29));
    for name in &names {
        let rule = RULES.get(&world.state, name).unwrap().unwrap();
        assert!(RULES_BY_TRIGGER.contains(&world.state, &(rule.trigger, name.clone())).unwrap());
        let versions: Vec<_> = rule.versions.iter().map(|version| &version.terms).collect();
        for pair in versions.windows(2) {
            let last = pair[0].effective_to.unwrap();
            assert_eq!(last.add_days(1), Some(pair[1].effective_from), "{name}");
        }
        for terms in versions {
            assert_eq!(terms.schedule.to_string().parse::<Schedule>().unwrap(), terms.schedule);
            assert!(
                terms.verified
                    || terms.source.as_str().contains('未')
                    || terms.source.as_str().contains("只写"),
                "{name} says what is not verified"
            );
        }
    }
    // The law of 2018 and that of 2026 stand beside one another.
    let rule = RULES.get(&world.state, &text("charity.annual_report")).unwrap().unwrap();
    let version = |date| rule.on(day(date)).map(|version| version.version);
    assert_eq!([version("2025-12-31"), version("2026-01-01")], [Some(1), Some(2)]);
    assert_eq!(version("2016-08-31"), None);
}

#[test]
fn a_file_of_rules_that_does_not_read_is_refused_with_its_place() {
    let entry = |due: &str, more: &str| {
        format!(
            "[[rule]]\nname='r'\ntrigger='fund_opened'\nzh='公告'\nen='a notice'\ndue='{due}'\n\
             from='2026-01-01'\narticle='法'\nverified=true\nsource='-'\n{more}"
        )
    };
    assert_eq!(rule_file::parse(&entry("+30 days", "")).unwrap().len(), 1);
    for due in ["30 days", "+30 weeks", "+70000 days", "every May", "31 Mai of the next year", ""] {
        let error = rule_file::parse(&entry(due, "")).unwrap_err();
        assert!(matches!(error, RuleFileError::Schedule { .. }), "{due}");
        assert!(error.to_string().starts_with("rule r: "), "{error}");
    }
    for text in [entry("+30 days", "unknown=1"), "rule = 1".to_owned(), "[[".to_owned()] {
        assert!(matches!(rule_file::parse(&text), Err(RuleFileError::Malformed(_))), "{text}");
    }
}

/// What is owed to the public and not done is a fact about the organisation, like an unanswered
/// complaint.
#[test]
fn what_is_published_late_or_not_at_all_stands_to_the_organisations_account() {
    let mut world = with_campaign("2025-12-31");
    go(&mut world, &["declare trigger=budget_approved subject=预算"]);
    let owed = Owed::Disclosure(obligation_name("budget.documents/预算/1").unwrap());
    let account = |world: &World, date: &str| {
        let events = credit::credit_events(&world.state, &code(CHARITY), day(date)).unwrap();
        let mine = events.into_iter().filter(|event| event.owed == owed);
        mine.map(|event| (event.due, event.done_on, event.days_late)).collect::<Vec<_>>()
    };
    let due = day("2025-03-21");
    assert_eq!(account(&world, "2025-03-21"), []);
    assert_eq!(account(&world, "2025-04-01"), [(due, None, 11)]);
    world.date = day("2025-03-25");
    go(&mut world, &["publish index=公告1 meets=budget.documents/预算/1"]);
    assert_eq!(account(&world, "2025-04-01"), [(due, Some(world.date), 4)]);
}

/// Show 4 of the issue: 令81 for 令61 on 2026-01-01, by nothing but the rules' dates.
#[test]
fn the_law_of_2026_asks_for_other_things_from_data_alone() {
    let mut world = World::new();
    world.date = day("2026-01-05");
    set_up(&mut world);
    let declared = |on: &str| {
        let mut world = World::new();
        world.date = day("2026-01-05");
        set_up(&mut world);
        let acts = ["trust_settled", "joint_campaign_ended", "major_event"]
            .map(|trigger| format!("declare trigger={trigger} subject=甲 occurred_on={on}"));
        acts.iter().for_each(|act| drop(go(&mut world, &[act])));
        let all = pages(&world, range("2026-01-01", "2026-12-31", world.date), 500);
        let events = all.into_iter().filter(|it| it.name.subject.as_str() == "甲");
        events.map(|it| (it.name.rule.to_string(), it.version)).collect::<Vec<_>>()
    };
    let named = |rule: &str, version| (format!("charity.{rule}"), version);
    assert_eq!(declared("2025-12-31"), [named("major_event", 1)]);
    let now = [named("major_event", 2), named("trust_settled", 1), named("partner_evaluation", 1)];
    assert_eq!(declared("2026-01-01"), now);
}

/// A campaign that runs when the law changes: what is due while it runs by the law of its first
/// day, what is due after it by the law of its last, the real one.
#[test]
fn what_follows_an_end_is_judged_by_the_law_of_the_day_of_the_end() {
    let mut world = World::new();
    world.date = day("2024-06-01");
    set_up(&mut world);
    for number in [1, 2] {
        let file =
            format!("file_campaign filing=备{number} fund=本级 begins=2024-07-01 ends=2025-02-01");
        go(&mut world, &[&file]);
    }
    world.date = day("2024-09-04");
    go(&mut world, &["end_campaign filing=备2"]);
    let version = |rule: &str, subject: &str| {
        let key = (code(CHARITY), text(&format!("charity.{rule}")), text(subject));
        DUTIES.get(&world.state, &key).unwrap().unwrap().version
    };
    assert_eq!([version("campaign_progress", "备1"), version("campaign_end", "备1")], [1, 2]);
    assert_eq!([version("campaign_progress", "备2"), version("campaign_end", "备2")], [1, 1]);
}

/// What is owed every year is owed for ever: of a rule that binds the charity a page reads the
/// years that it gives. One does not bind it, and is asked each year whether it does.
#[test]
fn a_page_reads_no_years_behind_it_of_what_is_owed_every_year() {
    let mut world = World::new();
    world.date = day("2026-01-05");
    set_up(&mut world);
    let reads = |to: &str| {
        let reads = Counting::new(&world.state);
        let range = range("2027-01-01", to, world.date);
        let page = query::obligations(&reads, code(CHARITY), range, None, 1).unwrap();
        assert_eq!(page.len(), 1);
        reads.single.get()
    };
    assert_eq!(reads("2099-12-31") - reads("2030-12-31"), 69);
}

#[test]
fn a_gap_of_years_is_exact_and_pages_join_without_a_seam() {
    let mut world = with_campaign("2028-03-11");
    world.date = day("2025-03-12");
    let file = "file_campaign filing=急1 fund=本级 begins=2025-03-12 ends=2028-03-11 emergency";
    let gift = "donate reference=急捐 fund=本级 campaign=急1 amount=1元";
    go(&mut world, &[file, gift]);
    world.date = day("2028-04-01");
    go(&mut world, &["publish index=公开1 meets=charity.emergency_receipts/急1/100"]);
    let all = pages(&world, range("2025-01-01", "2028-12-31", world.date), 500);
    let days = all.iter().filter(|it| it.name.rule.as_str() == "charity.emergency_receipts");
    let days: Vec<_> = days.collect();
    // 1,095 days from the first gift to the end.
    assert_eq!(days.len(), 219);
    for (place, obligation) in days.iter().enumerate() {
        let number = i32::try_from(place).unwrap() + 1;
        assert_eq!(Some(obligation.due_on), day("2025-03-12").add_days(5 * number));
        let expected = match number {
            100 => ObligationState::Late,
            _ => ObligationState::Missing,
        };
        assert_eq!(obligation.state, expected, "{number}");
    }
    for limit in [1, 7, 64] {
        assert_eq!(pages(&world, range("2025-01-01", "2028-12-31", world.date), limit), all);
    }
    let part = range("2026-02-10", "2026-08-20", world.date);
    let expected: Vec<_> =
        all.iter().filter(|it| it.due_on >= part.from && it.due_on <= part.to).cloned().collect();
    assert!(expected.len() > 30);
    assert_eq!(pages(&world, part, 10), expected);
    let months = (Month::new(2025, 1).unwrap(), Month::new(2028, 12).unwrap());
    let calendar = query::calendar(&world.state, code(CHARITY), months, world.date).unwrap();
    let counted: u32 = calendar.iter().flat_map(|month| month.states.values()).sum();
    assert_eq!(usize::try_from(counted).unwrap(), all.len());
}

#[test]
fn what_is_published_is_not_asked_for_again() {
    let mut world = with_campaign("2025-12-31");
    let unmet = |world: &World| {
        let range = Range { unmet_only: true, ..range("2025-01-01", "2026-03-31", world.date) };
        let names = pages(world, range, 500).into_iter().map(|it| it.name);
        names.filter(|name| name.subject.as_str() == "备1").count()
    };
    assert_eq!(unmet(&world), 4);
    for (date, period) in [("2025-06-11", 1), ("2025-09-11", 2), ("2025-12-11", 3)] {
        world.date = day(date);
        let act =
            format!("publish index=公开{period} meets=charity.campaign_progress/备1/{period}");
        let events = go(&mut world, &[&act]);
        let is_in_time = |event: &Event| {
            let Event::Disclosure(disclosure::Event::Met { days_late, .. }) = event else {
                return false;
            };
            *days_late == 0
        };
        assert!(events.iter().any(is_in_time), "{date}");
    }
    assert_eq!(unmet(&world), 1);
    let key = (code(CHARITY), text("charity.campaign_progress"), text("备1"));
    assert!(DUTIES.get(&world.state, &key).unwrap().unwrap().is_closed());
}

/// A period that was published early and is cut off by the end does not stand in for one that is
/// missing.
#[test]
fn a_missing_period_stays_in_the_list_after_an_early_end() {
    let mut world = with_campaign("2025-12-31");
    world.date = day("2025-09-12");
    let publish = |index: &str, period: u32| {
        format!("publish index={index} meets=charity.campaign_progress/备1/{period}")
    };
    go(&mut world, &[&publish("公开1", 3), "end_campaign filing=备1", &publish("公开2", 2)]);
    let whole = range("2025-01-01", "2026-12-31", world.date);
    let unmet = pages(&world, Range { unmet_only: true, ..whole }, 500);
    assert_eq!(find(&unmet, "charity.campaign_progress/备1/1").state, ObligationState::Missing);
    go(&mut world, &[&publish("公开3", 1)]);
    let unmet = pages(&world, Range { unmet_only: true, ..whole }, 500);
    let rest = unmet.iter().filter(|it| it.name.rule.as_str() == "charity.campaign_progress");
    assert_eq!(rest.count(), 0);
    let early = pages(&world, whole, 500);
    let early = find(&early, "charity.campaign_progress/备1/3");
    assert_eq!(early.state, ObligationState::OnTime, "what was published stays published");
}

#[test]
fn every_refusal_of_disclosure_is_shown_by_a_scenario() {
    let files =
        scenario::files().into_iter().filter(|file| file.to_str().unwrap().contains("/disclosure"));
    let lines: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    let codes: Vec<&Code> = Code::ALL.iter().filter(|code| code.number() / 100 == 10).collect();
    assert_eq!(codes.len(), 15);
    for code in codes {
        let shown = format!(" = {} {}\n", code.number(), code.name());
        assert!(lines.contains(&shown), "no scenario ends in{shown}");
    }
}

#[test]
fn what_is_declared_is_what_no_act_shows() {
    let declared = [
        Trigger::MajorEvent,
        Trigger::RelatedPartyDealing,
        Trigger::JointCampaignEnded,
        Trigger::TrustSettled,
        Trigger::DocumentMade,
        Trigger::BudgetApproved,
    ];
    for number in 0..=u8::MAX {
        let Ok(trigger) = borsh::from_slice::<Trigger>(&[number]) else { continue };
        assert_eq!(trigger.is_declared(), declared.contains(&trigger));
        assert!(!(trigger.is_standing() && trigger.lasts()));
    }
}
