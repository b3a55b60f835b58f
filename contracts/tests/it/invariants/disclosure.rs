//! The control rules of publications: I18, and I19 as far as it is about them.

use minglian_contracts::disclosure;
use minglian_contracts::disclosure::obligation::{self, NOTHING_SEEN, ObligationState};
use minglian_contracts::disclosure::publication::{PUBLICATIONS, Publication};
use minglian_contracts::event::Event;
use minglian_contracts::refusal::Code;

use crate::disclosure::{day, find, go, pages, range, with_campaign};
use crate::gift_acts::CHARITY;
use crate::scenario::call;
use crate::scenario::notices::obligation_name;
use crate::steps;
use crate::world::{code, text};

/// Invariant I18 of the domain brief: when something must be public follows from rule and day.
#[test]
fn i18_due_days_follow_from_the_rule_and_the_day_of_the_event() {
    let mut world = with_campaign("2025-12-31");
    let acts = [
        "open_fund fund=助学 kind=special_fund name=慈善总会助学专项基金",
        "declare trigger=major_event subject=购房",
        "declare trigger=document_made subject=通知",
        "declare trigger=budget_approved subject=预算",
    ];
    go(&mut world, &acts);
    let all = pages(&world, range("2025-01-01", "2026-12-31", world.date), 500);
    let due = |name: &str| find(&all, name).due_on.to_string();
    assert_eq!(due("charity.fund_information/助学/1"), "2025-03-31");
    assert_eq!(due("charity.major_event/购房/1"), "2025-03-31");
    assert_eq!(due("budget.documents/预算/1"), "2025-03-21");
    assert_eq!(due("charity.campaign_progress/备1/1"), "2025-06-11");
    assert_eq!(due("charity.campaign_progress/备1/3"), "2025-12-11");
    assert_eq!(due("charity.campaign_end/备1/1"), "2026-03-31");
    assert_eq!(due("charity.annual_report/证书/2024"), "2025-12-31");
    assert_eq!(due("charity.annual_report/证书/2025"), "2026-05-31");
    // What was due before the charity came to the ledger is not asked for.
    let before = pages(&world, range("2020-01-01", "2025-02-28", world.date), 500);
    assert_eq!(before, []);
    // Working days leave out weekends: the twentieth after Saturday 1 March is Friday the 28th.
    let declare = call("declare trigger=document_made subject=通知", &world);
    steps::checked(&mut world, "county_civil", &declare).unwrap();
    let name = obligation_name("government.information/通知/1").unwrap();
    let owed = obligation::find(&world.state, &code("county_civil"), &name).unwrap().unwrap();
    assert_eq!((owed.period.due_on, owed.provisional), (day("2025-03-28"), false));
    // Government information is not the charity's to publish.
    assert!(all.iter().all(|obligation| obligation.name.rule.as_str() != "government.information"));
    let campaign = find(&all, "charity.campaign_end/备1/1");
    assert_eq!(campaign.article.as_str(), "慈善法 第七十九条");
    assert_eq!((campaign.state, campaign.version), (ObligationState::Due, 2));
    // The day after the last one nothing is seen; that is a fact and no accusation.
    let late = pages(&world, range("2025-01-01", "2026-12-31", day("2025-04-01")), 500);
    let missing = find(&late, "charity.fund_information/助学/1").state;
    assert_eq!((missing, missing.chinese()), (ObligationState::Missing, NOTHING_SEEN));
    for state in ObligationState::ALL {
        let said = format!("{}{}", state.chinese(), state.english());
        assert!(["违法", "违规", "逾期", "illegal"].iter().all(|word| !said.contains(word)));
    }
    // In time is what takes effect in time, whatever day the notice prints.
    world.date = day("2025-04-02");
    let meets = "meets=charity.fund_information/助学/1 published=2025-03-20";
    let events = go(&mut world, &[&format!("publish index=公开1 {meets}")]);
    let days_late = events.iter().find_map(|event| match event {
        Event::Disclosure(disclosure::Event::Met { days_late, .. }) => Some(*days_late),
        _ => None,
    });
    assert_eq!(days_late, Some(2));
}

/// Invariant I19 for publications: a correction stands beside what it corrects.
#[test]
fn i19_nothing_published_is_edited_or_deleted() {
    let mut world = with_campaign("2025-08-01");
    world.date = day("2025-08-02");
    let acts = ["publish index=公开1 meets=charity.campaign_end/备1/1 row=收入:yuan:100:0"];
    go(&mut world, &acts);
    let key = (code(CHARITY), text("公开1"));
    let published = PUBLICATIONS.get(&world.state, &key).unwrap().unwrap();
    world.date = day("2025-08-09");
    go(&mut world, &["correct_notice index=更正1 corrects=公开1 row=收入:100元:110元"]);
    let after = PUBLICATIONS.get(&world.state, &key).unwrap().unwrap();
    assert_eq!(after.corrected_by, Some(text("更正1")));
    let before = Publication { corrected_by: None, ..after };
    assert_eq!(before, published);
    let correction = PUBLICATIONS.get(&world.state, &(key.0, text("更正1"))).unwrap().unwrap();
    assert_eq!((correction.corrects, correction.meets), (Some(text("公开1")), published.meets));
    assert_eq!(correction.changes[0].old.as_str(), "100元");
    // It was in time, and a week later it was corrected; each day has its own state.
    let state = |as_of: &str| {
        let all = pages(&world, range("2025-08-01", "2026-01-01", day(as_of)), 500);
        find(&all, "charity.campaign_end/备1/1").state
    };
    let states = ["2025-08-01", "2025-08-08", "2025-08-09"].map(state);
    let expected = [ObligationState::Due, ObligationState::OnTime, ObligationState::Corrected];
    assert_eq!(states, expected);
    // A later correction does not move the day since which it is corrected.
    world.date = day("2025-08-20");
    go(&mut world, &["correct_notice index=更正2 corrects=更正1 row=收入:110元:111元"]);
    let all = pages(&world, range("2025-08-01", "2026-01-01", day("2025-08-09")), 500);
    let corrected = find(&all, "charity.campaign_end/备1/1");
    assert_eq!(corrected.state, ObligationState::Corrected);
    let correction = corrected.met.as_ref().and_then(|met| met.correction.clone()).unwrap();
    assert_eq!((correction.publication, correction.since), (text("更正2"), day("2025-08-09")));
    // What is corrected is not corrected again beside its correction. The index number is used, and
    // another organisation's is none.
    let beside = call("correct_notice index=更正3 corrects=公开1 row=收入:100元:90元", &world);
    assert_eq!(steps::checked(&mut world, CHARITY, &beside), Err(Code::PublicationCorrected));
    for words in ["publish index=公开1", "correct_notice index=公开1 corrects=更正2 row=收入:1:2"]
    {
        let again = call(words, &world);
        assert_eq!(steps::checked(&mut world, CHARITY, &again), Err(Code::IndexNumberTaken));
    }
    let other = call("correct_notice index=更正3 corrects=更正2 row=收入:1:2", &world);
    assert_eq!(steps::checked(&mut world, "home", &other), Err(Code::PublicationUnknown));
}
