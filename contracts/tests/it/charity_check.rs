//! The check of all charities finds what is broken, and nothing where payments came back whole;
//! what else their acts report.

use minglian_contracts::charity::check::{CharityViolation, check_charities};
use minglian_contracts::charity::donation::{DONATIONS, Donation};
use minglian_contracts::charity::sums::{HELD, Quarter, SUMS, USES};
use minglian_contracts::event::Event;
use minglian_contracts::registry;
use minglian_contracts::schema::State;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::state::overlay::Overlay;

use crate::gift_acts::{CHARITY, all_applied, set_up, signed};
use crate::scenario::{call, charity_call};
use crate::world::{World, code, text};

fn go(world: &mut World, lines: &[&str]) {
    for line in lines {
        let call = charity_call(line, world.date);
        let transactions = signed(world, CHARITY, &call);
        all_applied(world, transactions);
    }
}

fn with_a_gift() -> World {
    let mut world = World::new();
    set_up(&mut world);
    go(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=20元",
            "disburse fund=本级 under=助学 reference=付1 amount=5元 to=home",
        ],
    );
    world
}

/// What the check says of the world with a changed state.
fn broken(world: &World, change: impl FnOnce(&mut State<'_>)) -> CharityViolation {
    let mut state: State<'_> = Overlay::new(&world.state as &dyn StateRead);
    change(&mut state);
    check_charities(&state).unwrap_err()
}

#[test]
fn a_refund_that_no_payment_shows_is_found() {
    let world = with_a_gift();
    let key = (code(CHARITY), text("捐1"));
    let gift = DONATIONS.get(&world.state, &key).unwrap().unwrap();
    for fen in [1, 2_000, 2_001] {
        let refunded = Donation { refunded: Fen::new(fen).unwrap(), ..gift.clone() };
        let said = broken(&world, |state| DONATIONS.put(state, &key, &refunded));
        assert!(matches!(said, CharityViolation::Refunded { .. }), "{fen}: {said}");
    }
}

/// One fen more in any of the sums that pages print, or a sum that is gone, and the check says so.
#[test]
fn a_sum_that_differs_from_its_entries_is_found() {
    let world = with_a_gift();
    let one = Fen::new(1).unwrap();
    let more = |fen: &mut Fen| *fen = fen.checked_add(one).unwrap();
    for (key, mut total) in USES.scan(&world.state, &(), None, 99).unwrap() {
        let said = broken(&world, |state| USES.delete(state, &key));
        assert!(matches!(said, CharityViolation::Sums { .. }), "{said}");
        more(&mut total.amount);
        let said = broken(&world, |state| USES.put(state, &key, &total));
        assert!(matches!(said, CharityViolation::Sums { .. }), "{said}");
    }
    for (key, mut sums) in SUMS.scan(&world.state, &(), None, 99).unwrap() {
        more(&mut sums.program);
        let said = broken(&world, |state| SUMS.put(state, &key, &sums));
        assert!(matches!(said, CharityViolation::Sums { .. }), "{said}");
    }
    let scopes = HELD.scan(&world.state, &(), None, 99).unwrap();
    assert_eq!(scopes.len(), 2, "the charity and its fund");
    for (key, mut held) in scopes {
        more(&mut held.balance);
        let said = broken(&world, |state| HELD.put(state, &key, &held));
        assert!(matches!(said, CharityViolation::Sums { .. }), "{said}");
    }
    assert_eq!(check_charities(&world.state).unwrap(), 1);
}

/// A quarter whose only payment came back whole is no quarter of the charity, which every block
/// checks.
#[test]
fn a_payment_that_came_back_whole_leaves_no_row_in_its_quarter() {
    let mut world = with_a_gift();
    world.date = "2024-05-01".parse().unwrap();
    go(&mut world, &["disburse fund=本级 under=助学 reference=付2 amount=7元 to=home"]);
    let quarters = |world: &World| {
        let all = SUMS.scan(&world.state, &(), None, 99).unwrap();
        all.into_iter().map(|((_, _, quarter), _)| quarter.number()).collect::<Vec<_>>()
    };
    assert_eq!(quarters(&world), [1, 2, 1, 2], "of the charity and of its fund");
    go(&mut world, &["bounced payment=付2 amount=7元"]);
    assert_eq!(quarters(&world), [1, 1]);
}

#[test]
fn the_quarters_of_a_year_count_from_one_to_four() {
    let days = ["2025-01-01", "2025-03-31", "2025-04-01", "2025-09-30", "2025-12-31"];
    let numbers = days.map(|day| Quarter::of(day.parse().unwrap()).number());
    assert_eq!(numbers, [1, 1, 2, 3, 4]);
}

/// The figure of days by which an emergency's filing may follow its beginning judges only a filing
/// that does follow it.
#[test]
fn an_emergency_filed_on_its_first_day_needs_no_grace() {
    let mut world = World::new();
    set_up(&mut world);
    let mut judged = |filing: &str, begins: &str, today: &str| {
        world.date = today.parse().unwrap();
        let words = format!(
            "file_campaign filing={filing} fund=本级 begins={begins} ends=2024-12-31 emergency"
        );
        let call = charity_call(&words, world.date);
        let transactions = signed(&mut world, CHARITY, &call);
        let receipts = world.block(transactions).unwrap();
        let outcome = minglian_contracts::event::read(receipts.last().unwrap()).unwrap();
        let minglian_contracts::event::Outcome::Applied(events) = outcome else {
            panic!("{outcome:?}")
        };
        events.iter().filter(|event| matches!(event, Event::Judged(_))).count()
    };
    assert_eq!(judged("急1", "2024-06-01", "2024-06-01"), 0);
    assert_eq!(judged("急2", "2024-06-01", "2024-06-02"), 1);
}

/// A code from the register is known by its last character; a mistyped one is entered as it was
/// printed, and the receipt says so.
#[test]
fn an_organisation_is_registered_with_whether_its_code_checks() {
    let mut world = World::new();
    let right = code("慈善总会");
    let mut wrong = right.as_str().to_owned();
    let last = wrong.pop().unwrap();
    wrong.push(if last == '0' { '1' } else { '0' });
    let wrong: OrganizationCode = wrong.parse().unwrap();
    for (written, expected) in [(right, true), (wrong, false)] {
        let words = format!(
            "register_organization name=慈善{expected} code={written} kind=charity division=341122"
        );
        let call = call(&words, &world);
        let (proposal, _) = world.act("city_civil.governor", &call);
        let approve = minglian_contracts::approval::Call::Approve { proposal };
        let approve = minglian_contracts::call::Call::Approval(approve);
        let events = world.apply("city_finance.governor", &approve);
        let said = events.iter().find_map(|event| match event {
            Event::Registry(registry::Event::OrganizationRegistered {
                check_digit_right, ..
            }) => Some(*check_digit_right),
            _ => None,
        });
        assert_eq!(said, Some(expected), "{written}");
    }
}
