//! What decides whether an organisation is late and what it is asked for: last days, pages, lists
//! of what is done, and how much one publication may hold.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::duty::{BY_DUE, DUTIES, Duty, Shelf};
use minglian_contracts::disclosure::obligation::{ObligationName, ObligationState};
use minglian_contracts::disclosure::publication::{Attached, AttachmentClass, Publish};
use minglian_contracts::disclosure::query::{self, Cursor, Range};
use minglian_contracts::disclosure::rule::{RULES, Terms};
use minglian_contracts::event::{Event, Outcome};
use minglian_contracts::governance;
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::OrderedDay;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::hash::AttachmentHash;

use crate::counting::Counting;
use crate::disclosure::{day, go, pages, range, with_campaign};
use crate::gift_acts::CHARITY;
use crate::scenario::call;
use crate::scenario::notices::obligation_name;
use crate::steps;
use crate::world::{World, code, text};

const PROGRESS: &str = "charity.campaign_progress";

fn progress(world: &World) -> Duty {
    DUTIES.get(&world.state, &(code(CHARITY), text(PROGRESS), text("备1"))).unwrap().unwrap()
}

/// The obligations about 备1 between these days, all or only those that are unmet and owed.
fn about_campaign(world: &World, from: &str, to: &str, unmet_only: bool) -> Vec<String> {
    let range = Range { unmet_only, ..range(from, to, world.date) };
    let all = pages(world, range, 500).into_iter().map(|it| it.name);
    let mine = all.filter(|name| name.subject.as_str() == "备1");
    mine.map(|name| format!("{}/{}", name.rule, name.period)).collect()
}

#[test]
fn there_is_time_on_the_last_day_and_none_on_the_day_after() {
    let last = day("2025-05-01");
    let on = |waived, as_of| ObligationState::on(last, None, waived, day(as_of));
    assert_eq!(on(false, "2025-04-30"), ObligationState::Due);
    assert_eq!(on(false, "2025-05-01"), ObligationState::Due);
    assert_eq!(on(false, "2025-05-02"), ObligationState::Missing);
    assert_eq!(on(true, "2025-05-02"), ObligationState::Waived);
}

#[test]
fn how_an_obligation_stands_is_said_in_both_languages() {
    let said = ObligationState::ALL.map(|state| (state.chinese(), state.english()));
    let expected = [
        ("未到期", "not due yet"),
        ("按期公开", "published in time"),
        ("期限后公开", "published after its last day"),
        ("尚未见到上链披露", "no publication seen on the ledger"),
        ("已更正", "corrected"),
        ("提前结束,无须公开", "ended before, nothing to publish"),
    ];
    assert_eq!(said, expected);
}

/// The periods of this campaign end on 11 June, 11 September and 11 December; its account is due
/// on 31 March.
#[test]
fn a_list_of_some_days_has_what_is_due_on_its_first_and_on_its_last() {
    let world = with_campaign("2025-12-31");
    let due = |from: &str, to: &str| about_campaign(&world, from, to, false);
    let [first, second, third] = [1, 2, 3].map(|number| format!("{PROGRESS}/{number}"));
    assert_eq!(due("2025-03-11", "2025-09-11"), [first, second.clone()]);
    assert_eq!(due("2025-06-12", "2025-09-10"), Vec::<String>::new());
    assert_eq!(due("2025-09-11", "2025-09-11"), std::slice::from_ref(&second));
    assert_eq!(due("2025-09-11", "2025-12-11"), [second, third.clone()]);
    let account = "charity.campaign_end/1".to_owned();
    assert_eq!(due("2025-12-11", "2026-03-31"), [third, account.clone()]);
    assert_eq!(due("2026-03-31", "2026-03-31"), [account]);
    assert_eq!(due("2026-03-01", "2026-03-30"), Vec::<String>::new());
}

/// The period that was published stands among all that recur, but not among those still asked for;
/// nor does one that nobody owes any more.
#[test]
fn what_is_unmet_leaves_out_single_periods_that_are_published_or_waived() {
    let mut world = with_campaign("2025-12-31");
    world.date = day("2025-06-20");
    go(&mut world, &[&format!("publish index=公开1 meets={PROGRESS}/备1/2")]);
    let unmet = |world: &World| about_campaign(world, "2025-01-01", "2026-12-31", true);
    let [first, second, third] = [1, 2, 3].map(|number| format!("{PROGRESS}/{number}"));
    let account = "charity.campaign_end/1".to_owned();
    assert_eq!(unmet(&world), [first.clone(), third.clone(), account.clone()]);
    world.date = day("2025-10-01");
    go(&mut world, &["end_campaign filing=备1"]);
    assert_eq!(unmet(&world), [first.clone(), account.clone()]);
    let all = about_campaign(&world, "2025-01-01", "2026-12-31", false);
    assert_eq!(all, [first, second, third, account]);
}

/// Lists of what is unmet read nothing of what is done: it lies elsewhere.
#[test]
fn what_is_done_is_put_away_and_what_is_open_is_not() {
    let mut world = with_campaign("2025-12-31");
    let lies = |world: &World, rule: &str, subject: &str| {
        let key = (code(CHARITY), text(rule), text(subject));
        let duty = DUTIES.get(&world.state, &key).unwrap().unwrap();
        let all = [Shelf::Open, Shelf::OpenRecurring, Shelf::Closed, Shelf::ClosedRecurring];
        let at = |shelf: &Shelf| {
            let day = OrderedDay::earliest_first(duty.due_on);
            let key = (code(CHARITY), *shelf, day, text(rule), text(subject));
            BY_DUE.contains(&world.state, &key).unwrap()
        };
        assert_eq!(all.iter().filter(|shelf| at(shelf)).collect::<Vec<_>>(), [&duty.shelf()]);
        duty.shelf()
    };
    go(&mut world, &["declare trigger=major_event subject=购房"]);
    let event = "charity.major_event";
    assert_eq!(lies(&world, event, "购房"), Shelf::Open);
    go(&mut world, &["publish index=公开1 meets=charity.major_event/购房/1"]);
    assert_eq!(lies(&world, event, "购房"), Shelf::Closed);
    assert_eq!(lies(&world, PROGRESS, "备1"), Shelf::OpenRecurring);
    // Over within six months: nothing of it is owed, so nothing is left to be done.
    world.date = day("2025-08-01");
    go(&mut world, &["end_campaign filing=备1"]);
    assert_eq!(lies(&world, PROGRESS, "备1"), Shelf::ClosedRecurring);
    assert_eq!(about_campaign(&world, "2025-01-01", "2025-09-30", true), Vec::<String>::new());
}

/// An end may be entered long after it, when several periods that are cut off were open already,
/// and fewer of them were published.
#[test]
fn an_end_that_is_entered_late_takes_back_no_more_periods_than_were_published() {
    let mut world = with_campaign("2025-12-31");
    world.date = day("2025-10-01");
    let publish = format!("publish index=公开1 meets={PROGRESS}/备1/1");
    go(&mut world, &[&publish]);
    assert_eq!(progress(&world).met, 1);
    go(&mut world, &["end_campaign filing=备1 occurred_on=2025-05-01"]);
    let duty = progress(&world);
    assert_eq!((duty.met, duty.ended_on), (0, Some(day("2025-05-01"))));
    assert!([1, 2, 3].iter().all(|number| duty.is_waived(&duty.period(*number).unwrap())));
}

/// The campaign begins on 11 March, and its periods end on 11 June, 11 September and 11 December.
/// One that ended on 11 September did not last longer than six months.
#[test]
fn a_period_that_was_over_when_its_campaign_ended_is_owed_and_a_later_one_is_not() {
    let duty = progress(&with_campaign("2025-12-31"));
    let period = |number: u32| duty.period(number).unwrap();
    let opens = [1, 2, 3].map(|number| period(number).opens_on);
    assert_eq!(opens, ["2025-03-11", "2025-06-12", "2025-09-12"].map(day));
    let ended = |longer_than_months: u8, ended_on: &str, met: u32| Duty {
        longer_than_months,
        ended_on: Some(day(ended_on)),
        met,
        ..duty.clone()
    };
    for (months, ended_on, waived) in [
        (0, "2025-06-10", [true, true, true]),
        (0, "2025-06-11", [false, true, true]),
        (0, "2025-12-11", [false, false, false]),
        (6, "2025-09-11", [true, true, true]),
        (6, "2025-09-12", [false, false, true]),
    ] {
        let duty = ended(months, ended_on, 0);
        assert_eq!([1, 2, 3].map(|it| duty.is_waived(&period(it))), waived, "{ended_on}");
    }
    // Nothing is left to be done where all that was owed is published, or nothing was.
    for (ended_on, met, is_closed) in
        [("2025-09-11", 0, true), ("2025-09-12", 1, false), ("2025-09-12", 2, true)]
    {
        assert_eq!(ended(6, ended_on, met).is_closed(), is_closed, "{ended_on}, {met}");
    }
}

/// Four purchases are to be published within the same days: none falls between two pages, however
/// long their names are and whichever comes first in the alphabet.
#[test]
fn nothing_that_is_due_on_one_day_is_left_out_between_two_pages() {
    let mut world = with_campaign("2025-12-31");
    for subject in ["乙", "甲", "甲乙", "乙甲"] {
        go(&mut world, &[&format!("declare trigger=major_event subject={subject}")]);
    }
    go(&mut world, &["declare trigger=budget_approved subject=甲乙丙"]);
    let range = range("2025-01-01", "2026-12-31", world.date);
    let whole = pages(&world, range, 500);
    let events = whole.iter().filter(|it| it.name.rule.as_str() == "charity.major_event");
    assert_eq!(events.map(|it| it.due_on).collect::<Vec<_>>(), [day("2025-03-31"); 4]);
    for limit in 1..4 {
        assert_eq!(pages(&world, range, limit), whole, "{limit} at a time");
    }
}

/// A page costs what it gives and not what there is: whoever asks for one of many obligations lets
/// no node read them all.
#[test]
fn a_page_of_one_reads_as_much_however_much_is_owed() {
    let with = |events: u32, ends: &str| {
        let mut world = with_campaign("2028-03-11");
        world.date = day("2025-03-12");
        let file =
            format!("file_campaign filing=急1 fund=本级 begins=2025-03-12 ends={ends} emergency");
        go(&mut world, &[&file, "donate reference=急捐 fund=本级 campaign=急1 amount=1元"]);
        for number in 1..=events {
            let declare = "declare trigger=major_event";
            let act = format!("{declare} subject=购房{number} occurred_on=2025-01-{number:02}");
            go(&mut world, &[&act]);
        }
        world
    };
    let reads = |world: &World, after: Option<&Cursor>| {
        let reads = Counting::new(&world.state);
        let range = range("2025-01-01", "2028-12-31", world.date);
        let page = query::obligations(&reads, code(CHARITY), range, after, 1).unwrap();
        assert_eq!(page.len(), 1);
        (reads.single.get(), (page[0].due_on, page[0].name.clone()))
    };
    let (few, _) = reads(&with(2, "2025-10-11"), None);
    let many = with(28, "2028-03-11");
    assert_eq!(reads(&many, None).0, few);
    let mut last = None;
    for _ in 0..25 {
        let (count, next) = reads(&many, last.as_ref());
        assert!(count <= few + 3, "{count} where {few} had been enough, after {last:?}");
        last = Some(next);
    }
}

/// What a publication of the charity comes to that differs from a plain one.
fn published(world: &mut World, change: impl Fn(&mut Publish)) -> Result<(), Code> {
    let index = format!("公开{}", world.header.height.0);
    let mut call = call(&format!("publish index={index} row=收入:yuan:1:0"), world);
    let Call::Disclosure(disclosure::Call::Publish(act)) = &mut call else { panic!("{call:?}") };
    change(act);
    steps::checked(world, CHARITY, &call).map(drop)
}

#[test]
fn a_publication_prints_up_to_256_figures_with_up_to_nine_decimals() {
    let mut world = with_campaign("2025-12-31");
    let with =
        |count: usize| move |act: &mut Publish| act.figures = vec![act.figures[0].clone(); count];
    assert_eq!(published(&mut world, with(256)), Ok(()));
    for count in [257, 258] {
        assert_eq!(published(&mut world, with(count)), Err(Code::FiguresInvalid));
    }
    let with = |decimals| move |act: &mut Publish| act.figures[0].decimals = decimals;
    assert_eq!(published(&mut world, with(9)), Ok(()));
    assert_eq!(published(&mut world, with(10)), Err(Code::FiguresInvalid));
}

#[test]
fn a_publication_names_its_publisher_and_at_most_ten_keywords_and_32_files() {
    let mut world = with_campaign("2025-12-31");
    let nobody = published(&mut world, |act| act.metadata.publisher = text(""));
    assert_eq!(nobody, Err(Code::MetadataIncomplete));
    let topic = published(&mut world, |act| act.metadata.topic = text(""));
    assert_eq!(topic, Err(Code::MetadataIncomplete));
    let words =
        |count: usize| move |act: &mut Publish| act.metadata.keywords = vec![text("慈善"); count];
    assert_eq!(published(&mut world, words(10)), Ok(()));
    for count in [11, 12] {
        assert_eq!(published(&mut world, words(count)), Err(Code::MetadataIncomplete));
    }
    let files = |count: u8| {
        move |act: &mut Publish| {
            let file = |at| Attached {
                hash: AttachmentHash::of(&[&[at]]),
                class: AttachmentClass::Public,
            };
            act.attachments = (0..count).map(file).collect();
        }
    };
    assert_eq!(published(&mut world, files(32)), Ok(()));
    for count in [33, 34] {
        assert_eq!(published(&mut world, files(count)), Err(Code::AttachmentsInvalid));
    }
}

#[test]
fn a_correction_names_up_to_64_changes() {
    let mut world = with_campaign("2025-12-31");
    go(&mut world, &["publish index=公开1"]);
    let mut with = |count: usize| {
        let words = "correct_notice index=更正1 corrects=公开1 row=收入:100元:110元";
        let mut call = call(words, &world);
        let Call::Disclosure(disclosure::Call::Correct(act)) = &mut call else {
            panic!("{call:?}")
        };
        act.changes = vec![act.changes[0].clone(); count];
        steps::checked(&mut world, CHARITY, &call).map(drop)
    };
    for count in [0, 65, 66] {
        assert_eq!(with(count), Err(Code::CorrectionEmpty), "{count}");
    }
    assert_eq!(with(64), Ok(()));
}

#[test]
fn one_publication_meets_up_to_sixteen_obligations() {
    let mut world = with_campaign("2025-12-31");
    let names: Vec<ObligationName> = (1..=18)
        .map(|number| {
            go(&mut world, &[&format!("declare trigger=major_event subject=购房{number}")]);
            obligation_name(&format!("charity.major_event/购房{number}/1")).unwrap()
        })
        .collect();
    for count in [17, 18] {
        let many = published(&mut world, |act| act.meets = names[..count].to_vec());
        assert_eq!(many, Err(Code::ObligationsRepeated));
    }
    assert_eq!(published(&mut world, |act| act.meets = names[..16].to_vec()), Ok(()));
    let left = pages(&world, range("2025-01-01", "2025-04-30", world.date), 500);
    let of_events = left.iter().filter(|it| it.name.rule.as_str() == "charity.major_event");
    let met = of_events.filter(|it| it.met.is_some());
    assert_eq!(met.count(), 16);
}

fn rule(world: &World, change: impl Fn(&mut Terms)) -> Call {
    let words = "set_rule rule=r trigger=fund_opened due=+30_days from=2027-01-01";
    let mut call = call(words, world);
    let Call::Disclosure(disclosure::Call::SetRule { terms, .. }) = &mut call else {
        panic!("{call:?}")
    };
    change(terms);
    call
}

#[test]
fn a_rule_says_what_must_be_published_in_both_languages_and_by_which_article() {
    let mut world = World::new();
    let faults: [fn(&mut Terms); 3] = [
        |terms| terms.title_zh = text(""),
        |terms| terms.title_en = text(""),
        |terms| terms.article = text(""),
    ];
    for fault in faults {
        let call = rule(&world, fault);
        let Outcome::Refused { code, .. } = world.act("city_finance.governor", &call).1 else {
            panic!("{call:?} is no rule")
        };
        assert_eq!(Code::from_number(code), Some(Code::DisclosureRuleInvalid));
    }
}

/// A condition narrows whom a rule binds; it never widens it to those whom it does not name.
#[test]
fn a_rule_for_charities_without_public_fundraising_binds_no_home() {
    let world = World::new();
    let rule = RULES.get(&world.state, &text("charity.major_projects")).unwrap().unwrap();
    let date = day("2026-06-01");
    let terms = &rule.on(date).unwrap().terms;
    let binds = |kind| {
        let place = (kind, code("home").division().unwrap());
        terms.binds(&world.state, &code("home"), place, date).unwrap()
    };
    assert!(binds(OrganizationKind::Charity));
    assert!(!binds(OrganizationKind::ProjectUnit));
}

/// The events of what three bureaus have decided.
fn decided(world: &mut World, call: &Call) -> Vec<Event> {
    let (proposal, _) = world.act("city_finance.governor", call);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    world.apply("city_civil.governor", &approve);
    world.apply("county_finance.governor", &approve)
}

/// What holds for days that have passed is said to: not what begins today.
#[test]
fn a_rule_or_figure_that_holds_from_today_on_is_not_retroactive() {
    let mut world = World::new();
    world.date = day("2027-01-02");
    for (from, expected) in [("2027-01-01", true), ("2027-01-02", false), ("2027-01-03", false)] {
        let call_of_rule = rule(&world, |terms| terms.effective_from = day(from));
        let events = decided(&mut world, &call_of_rule);
        let flag = events.iter().find_map(|event| match event {
            Event::Disclosure(disclosure::Event::RuleSet { retroactive, .. }) => Some(*retroactive),
            _ => None,
        });
        assert_eq!(flag, Some(expected), "a rule from {from} on");
        let figure = call(&format!("set_parameter key=k value=1 unit=days from={from}"), &world);
        let events = decided(&mut world, &figure);
        let flag = events.iter().find_map(|event| match event {
            Event::Governance(governance::Event::ParameterSet { retroactive, .. }) => {
                Some(*retroactive)
            }
            _ => None,
        });
        assert_eq!(flag, Some(expected), "a figure from {from} on");
    }
}
