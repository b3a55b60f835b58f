//! Charity money beyond the scenarios: what a year comes to, where a donor's trace leads, which fen
//! go back.

use minglian_contracts::book::{self, Basis, Interval, Movement};
use minglian_contracts::charity::declared::DECLARED_YEARS;
use minglian_contracts::charity::donation::{self, DONATIONS, INFLOWS_MAX, RECEIPT_CODES, pool};
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::charity::report::{self, Year};
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::trace::memory::MovementIndex;
use minglian_contracts::trace::{Cursor, Direction, trace};
use minglian_ledger::fen::Fen;

use crate::gift_acts::{CHARITY, all_applied, found, set_up, signed};
use crate::scenario;
use crate::world::{World, code, text};

/// Acts of the charity, in a scenario's words, one a line; each must be applied.
fn go(world: &mut World, lines: &[&str]) -> Vec<Event> {
    let mut events = Vec::new();
    for line in lines {
        let call = scenario::charity_call(line, world.date);
        let transactions = signed(world, CHARITY, &call);
        for receipt in world.block(transactions).unwrap() {
            match event::read(&receipt).unwrap() {
                Outcome::Applied(found) => events.extend(found),
                Outcome::Refused { code, detail } => panic!("{line}: {code} {detail}"),
            }
        }
    }
    events
}

fn world() -> World {
    let mut world = World::new();
    set_up(&mut world);
    world
}

fn movements(events: &[Event]) -> Vec<&Movement> {
    let found = events.iter().filter_map(|event| match event {
        Event::Movement(movement) => Some(movement),
        _ => None,
    });
    found.collect()
}

#[test]
fn declared_lines_add_up_beside_the_books_and_move_nothing() {
    let mut world = world();
    let line = "declare_line year=2021 notice=2021年公告";
    let events = go(
        &mut world,
        &[
            &format!("{line} reference=1 subject=慈善一日捐募集 amount=220.85万元"),
            &format!(
                "{line} reference=9 side=expenditure subject=恤病 amount=1元 helped=2539/人次"
            ),
            &format!(
                "{line} reference=15 side=expenditure subject=扶贫 amount=14.7万元 helped=7/家次"
            ),
            &format!(
                "{line} reference=9 side=expenditure subject=恤病 amount=170.52万元 helped=9/人次"
            ),
        ],
    );
    assert!(movements(&events).is_empty());
    let sums = DECLARED_YEARS.get(&world.state, &(code(CHARITY), 2021)).unwrap().unwrap();
    let figures = [sums.income, sums.expenditure].map(Fen::get);
    assert_eq!((figures, sums.helped), ([220_850_000, 185_220_000], 16));
    let year = report::year(&world.state, &code(CHARITY), 2021).unwrap();
    assert_eq!((year.income, year.spending()), (0, 0));
}

#[test]
fn a_refund_takes_the_gifts_own_fen_then_others_in_their_place() {
    let mut world = world();
    go(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=100元 donor=person:甲",
            "donate reference=捐2 fund=本级 amount=50元",
            "resolve fund=本级 number=议 for=助医 amount=70元",
            "disburse fund=本级 under=议 reference=付1 amount=70元 to=home",
        ],
    );
    let events = go(&mut world, &["refund donation=捐1 reference=退1 amount=40元"]);
    let moved = movements(&events);
    let bases: Vec<(Basis, u64)> =
        moved.iter().map(|moved| (moved.basis, moved.amount().get())).collect();
    assert_eq!(bases, [(Basis::Designated, 3_000), (Basis::Substitution { inflow: 0 }, 1_000)]);
    // It bounces, and the gift can be given back once more.
    go(&mut world, &["bounced payment=退1 amount=40元"]);
    let events = go(&mut world, &["refund donation=捐1 reference=退2 amount=60元"]);
    let bases: Vec<Basis> = movements(&events).iter().map(|moved| moved.basis).collect();
    assert_eq!(bases, [Basis::Substitution { inflow: 0 }]);
}

/// However often refunds bounce, a gift keeps few places, and all of it can still be given back.
#[test]
fn refunds_that_bounce_do_not_make_a_gift_larger_without_end() {
    let mut world = world();
    go(
        &mut world,
        &[
            "donate reference=捐1 fund=南湖 amount=30元 for=助学",
            "donate reference=捐2 fund=南湖 amount=30元",
            "donate reference=捐3 fund=南湖 amount=30元",
        ],
    );
    let refund = |gift: &str, number: usize, fen: usize| {
        format!("refund donation={gift} reference={gift}退{number} amount={fen}分")
    };
    for gift in ["捐1", "捐2"] {
        let many = 2 * INFLOWS_MAX;
        for fen in 1..=many {
            let back = format!("bounced payment={gift}退{fen} amount={fen}分");
            go(&mut world, &[&refund(gift, fen, fen), &back]);
        }
        let key = (code(CHARITY), text(gift));
        let kept = DONATIONS.get(&world.state, &key).unwrap().unwrap().inflows;
        assert_eq!((kept.len(), kept[0]), (INFLOWS_MAX, 0), "{kept:?}");
        // What never left, each place that is kept, and at once what came back to others.
        let returned: usize = (1..=many).sum();
        let listed: usize = (1..INFLOWS_MAX).sum();
        let mut parts = vec![3_000 - returned];
        parts.extend(1..INFLOWS_MAX);
        parts.push(returned - listed);
        for (number, fen) in parts.into_iter().enumerate() {
            go(&mut world, &[&refund(gift, 100 + number, fen)]);
        }
        let given = DONATIONS.get(&world.state, &key).unwrap().unwrap();
        assert_eq!(given.refunded, given.amount);
        // Not a fen more, though the pool has another's.
        let more = scenario::charity_call(&refund(gift, 999, 1), world.date);
        let transactions = signed(&mut world, CHARITY, &more);
        assert_ne!(world.block(transactions).unwrap()[0].code, 0);
    }
}

/// Places that refunds have used up make room: however often all of a gift bounces, its own fen go
/// and not the older ones of another's.
#[test]
fn a_gift_that_bounced_often_is_given_back_by_its_own_fen() {
    let mut world = world();
    let gifts = ["捐1", "捐2"].map(|gift| format!("donate reference={gift} fund=南湖 amount=30元"));
    go(&mut world, &gifts.each_ref().map(String::as_str));
    let refund = |number: usize| format!("refund donation=捐2 reference=退{number} amount=30元");
    assert_eq!(INFLOWS_MAX, 16);
    for number in 1..=17 {
        let back = format!("bounced payment=退{number} amount=30元");
        go(&mut world, &[&refund(number), &back]);
    }
    // Two gifts, then 17 times 3,000 fen: the last time from position 6,000 + 16 · 3,000 on.
    let key = (code(CHARITY), text("捐2"));
    let kept = DONATIONS.get(&world.state, &key).unwrap().unwrap().inflows;
    assert_eq!(kept, [3_000, 54_000]);
    let events = go(&mut world, &[&refund(18)]);
    let moved = movements(&events);
    let [moved] = moved[..] else { panic!("{moved:?}") };
    assert_eq!((moved.basis, moved.from_intervals[0].start()), (Basis::Designated, 54_000));
}

#[test]
fn the_code_on_a_receipt_leads_to_the_uses_of_the_gift() {
    let mut world = world();
    let mut index = MovementIndex::default();
    let events = go(
        &mut world,
        &[
            "donate reference=捐1 fund=南湖 amount=30元 code=第一",
            "donate reference=捐2 fund=南湖 amount=20元 for=助餐 code=第二",
            "disburse fund=南湖 under=助餐 gift=捐2 reference=付1 amount=20元 to=home",
            "disburse fund=南湖 under=助餐 reference=付2 amount=5元 to=home",
        ],
    );
    movements(&events).into_iter().for_each(|movement| index.insert(movement.clone()));
    let held = minglian_ledger::hash::Commitment::of(&[b"receipt code", "第二".as_bytes()]);
    let charity = code(CHARITY);
    let reference = RECEIPT_CODES.get(&world.state, &(held, charity)).unwrap().unwrap();
    assert_eq!(reference.as_str(), "捐2");
    let gift = DONATIONS.get(&world.state, &(charity, reference.clone())).unwrap().unwrap();
    let account = gift.account(charity, &reference);
    let start = gift.inflows[0];
    let interval = Interval::new(start, start + gift.amount.get()).unwrap();
    let page = trace(&index, Cursor::new(account, interval, Direction::Down), 10).unwrap();
    assert_eq!((page.edges.len(), page.rests.len(), page.next), (1, 1, None));
    let payment = &page.rests[0].account;
    assert!(payment.is_terminal() && page.rests[0].interval.length() == 2_000);
    // The other gift stays in the pool but for what was paid out of it.
    let fund = FundName { host: charity, fund: text("南湖") };
    let held = book::account(&world.state, &pool(&fund)).unwrap().unwrap();
    assert_eq!(held.balance(), Fen::new(2_500).unwrap());
}

#[test]
fn the_hash_of_a_receipts_code_depends_on_code_and_salt() {
    let (one, other) = ([1; 16], [2; 16]);
    let all = [(one, one), (one, other), (other, one)];
    let hashes = all.map(|(salt, code)| donation::receipt_code(&salt, &code));
    assert_ne!(hashes[0], hashes[1]);
    assert_ne!(hashes[1], hashes[2]);
}

fn year_of(world: &World, year: u16) -> Year {
    report::year(&world.state, &code(CHARITY), year).unwrap()
}

/// A resolution of a fund on much of everything, and payments under it, in yuan.
fn spend(world: &mut World, year: u16, amounts: [u64; 3]) {
    let number = format!("年度{year}");
    go(world, &[&format!("resolve fund=本级 number={number} for=年度 amount=10000元")]);
    for (expense, yuan) in ["program", "management", "fundraising"].into_iter().zip(amounts) {
        let line = format!(
            "disburse fund=本级 under={number} reference={year}{expense} amount={yuan}元 to=home \
             expense={expense}"
        );
        go(world, &[&line]);
    }
}

#[test]
fn a_years_ratios_follow_from_gifts_and_payments() {
    let mut world = world();
    world.date = "2025-05-01".parse().unwrap();
    go(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=1100元",
            "donate reference=捐2 fund=本级 amount=50元",
            "donate reference=误 fund=本级 amount=77元",
            "void_donation donation=误",
            "refund donation=捐2 reference=退 amount=50元",
            "refund donation=捐1 reference=退1 amount=100元",
        ],
    );
    world.date = "2026-05-01".parse().unwrap();
    go(&mut world, &["donate reference=捐3 fund=本级 amount=2000元"]);
    spend(&mut world, 2026, [720, 80, 60]);
    go(&mut world, &["bounced payment=2026program amount=20元"]);
    let year = year_of(&world, 2026);
    assert_eq!((year.income, year.income_before), (200_000, [100_000, 0, 0]));
    assert_eq!((year.program, year.management, year.fundraising), (70_000, 8_000, 6_000));
    assert_eq!((year.spending(), year.income_mean()), (84_000, 33_333));
    let limits: Vec<_> = year
        .limits
        .iter()
        .map(|limit| (limit.judged.value, limit.reached_basis_points, limit.kept))
        .collect();
    let expected = [(7_000, Some(21_000), true), (1_000, Some(952), true), (300, Some(300), true)];
    assert_eq!(limits, expected);
    // The fund spent nothing in the year before, and its income before that is nothing.
    assert_eq!(year_of(&world, 2025).spending(), 0);
    assert_eq!(year_of(&world, 2025).limits[0].reached_basis_points, None);
}

#[test]
fn limits_that_are_broken_say_so_and_are_judged_exactly() {
    let mut world = world();
    for year in [2024, 2025, 2026] {
        world.date = format!("{year}-05-01").parse().unwrap();
        go(&mut world, &[&format!("donate reference={year} fund=本级 amount=1000元")]);
    }
    world.date = "2027-05-01".parse().unwrap();
    go(&mut world, &["donate reference=2027 fund=本级 amount=1000元"]);
    // One yuan short of 70 %; 82 of 812 is above a tenth, 31 of 1,000 above 3 %.
    spend(&mut world, 2027, [699, 82, 31]);
    let year = year_of(&world, 2027);
    let kept: Vec<bool> = year.limits.iter().map(|limit| limit.kept).collect();
    assert_eq!(kept, [false, false, false]);
    assert_eq!(year.limits[0].reached_basis_points, Some(6_990));
    // A charity that may not raise money in public has no such limits.
    found(&mut world, "基金会", "2027-06-01".parse().unwrap());
    let call = scenario::charity_call(
        "disqualify organization=慈善总会 kind=public_fundraising from=2023-01-01 until=2027-06-01",
        world.date,
    );
    let transactions = signed(&mut world, "county_civil", &call);
    all_applied(&mut world, transactions);
    assert_eq!(year_of(&world, 2027).limits, []);
}
