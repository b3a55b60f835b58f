//! The book by example: what an accountant would check with a pencil.

use minglian_contracts::book::age::AGE_RUNS_MAX;
use minglian_contracts::book::{
    self, AccountId, Aged, Basis, INTERVALS_AHEAD_MAX, Interval, Kind, Measure, MovementNumber,
    OriginDates, Selection,
};
use minglian_contracts::fault::Fault;
use minglian_contracts::invariants;
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_ledger::state::MemoryState;

use crate::fen_world::{bureau, code, date, donation, fen, line, payment, text};

const FIFO: Selection = Selection::FirstInFirstOut;

fn interval(start: u64, end: u64) -> Interval {
    Interval::new(start, end).unwrap()
}

/// A pool with a gift of 100 fen and one of 50.
fn two_gifts(state: &mut State<'_>) -> AccountId {
    let pool = line("社区慈善基金", 2024);
    book::receive(state, donation(date("2024-01-10")), &pool, fen(100)).unwrap();
    book::receive(state, donation(date("2024-03-05")), &pool, fen(50)).unwrap();
    pool
}

fn balance(state: &State<'_>, id: &AccountId) -> u64 {
    book::account(state, id).unwrap().map_or(0, |account| account.balance().get())
}

#[test]
fn money_leaves_in_the_order_in_which_it_came() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    let movements = book::transfer(&mut state, &pool, &payment(1), fen(120), FIFO).unwrap();
    assert_eq!(movements.len(), 1);
    assert_eq!(movements[0].number, MovementNumber(2));
    assert_eq!(movements[0].kind, Kind::Payment);
    assert_eq!(movements[0].basis, Basis::FirstInFirstOut);
    assert_eq!(movements[0].from_intervals, [interval(0, 120)]);
    assert_eq!(movements[0].to_interval, interval(0, 120));
    assert_eq!(movements[0].origin_dates.oldest, date("2024-01-10"));
    assert_eq!(movements[0].origin_dates.newest, date("2024-03-05"));
    assert_eq!(balance(&state, &pool), 30);
    let totals = invariants::check_book(&state).unwrap();
    assert_eq!((totals.origins_fen, totals.held_fen, totals.terminal_fen), (150, 30, 120));
}

#[test]
fn an_ordinary_payment_changes_two_accounts_one_inflow_and_the_counter() {
    let reader = MemoryState::new();
    let mut before = State::new(&reader);
    let pool = two_gifts(&mut before);
    let standing = before.into_changes();
    let mut state = State::new(&reader);
    for (key, value) in &standing {
        state.put(key, value.clone().unwrap());
    }
    book::transfer(&mut state, &pool, &payment(1), fen(30), FIFO).unwrap();
    let after = state.into_changes();
    let changed = after.iter().filter(|(key, value)| standing.get(*key) != Some(value));
    assert_eq!(changed.count(), 4);
}

#[test]
fn a_refund_gives_back_the_very_gift() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    let refund = Selection::Inflow(100);
    let movements = book::transfer(&mut state, &pool, &payment(1), fen(50), refund).unwrap();
    assert_eq!(movements[0].basis, Basis::Designated);
    assert_eq!(movements[0].from_intervals, [interval(100, 150)]);
    let account = book::account(&state, &pool).unwrap().unwrap();
    assert_eq!((account.frontier, account.taken_ahead), (0, vec![interval(100, 150)]));
}

#[test]
fn a_refund_of_a_partly_spent_gift_says_that_it_is_substituted() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    book::transfer(&mut state, &pool, &payment(1), fen(80), FIFO).unwrap();
    let refund = Selection::Inflow(0);
    let movements = book::transfer(&mut state, &pool, &payment(2), fen(60), refund).unwrap();
    assert_eq!(movements.len(), 2);
    assert_eq!(movements[0].basis, Basis::Designated);
    assert_eq!(movements[0].from_intervals, [interval(80, 100)]);
    assert_eq!(movements[1].basis, Basis::Substitution { inflow: 0 });
    assert_eq!(movements[1].from_intervals, [interval(100, 140)]);
    // The gift of 100 has answered for 60; it cannot be refunded as if it had not.
    let again = book::transfer(&mut state, &pool, &payment(3), fen(41), refund).unwrap_err();
    assert_eq!(code(again), Code::BalanceShort);
    book::receive(&mut state, donation(date("2024-05-01")), &pool, fen(90)).unwrap();
    let again = book::transfer(&mut state, &pool, &payment(3), fen(41), refund).unwrap_err();
    assert_eq!(code(again), Code::InflowAnswered);
    book::transfer(&mut state, &pool, &payment(3), fen(40), refund).unwrap();
    invariants::check_book(&state).unwrap();
}

#[test]
fn a_bounced_payment_gives_back_its_own_fen_and_their_age() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    book::transfer(&mut state, &pool, &payment(1), fen(100), FIFO).unwrap();
    let returned = book::return_payment(&mut state, &payment(1), fen(70)).unwrap();
    assert_eq!(returned.len(), 1);
    assert_eq!((&returned[0].kind, returned[0].basis), (&Kind::Return, Basis::Designated));
    assert_eq!(returned[0].to, pool);
    assert_eq!(returned[0].to_interval, interval(150, 220));
    assert_eq!(returned[0].origin_dates.newest, date("2024-01-10"));
    let ages = book::account(&state, &pool).unwrap().unwrap().unspent_by_age();
    let ages: Vec<_> = ages.iter().map(|aged| (aged.amount.get(), aged.dates.oldest)).collect();
    assert_eq!(ages, [(50, date("2024-03-05")), (70, date("2024-01-10"))]);
    let too_much = book::return_payment(&mut state, &payment(1), fen(31)).unwrap_err();
    assert_eq!(code(too_much), Code::BalanceShort);
}

#[test]
fn a_correction_names_the_movement_that_it_takes_back_once() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    let wrong = line("项目甲", 2024);
    book::transfer(&mut state, &pool, &wrong, fen(40), FIFO).unwrap();
    let reversal = book::reverse(&mut state, &wrong, 0).unwrap();
    assert_eq!(reversal[0].kind, Kind::Reversal { of: MovementNumber(2) });
    assert_eq!((balance(&state, &pool), balance(&state, &wrong)), (150, 0));
    assert_eq!(code(book::reverse(&mut state, &wrong, 0).unwrap_err()), Code::InflowAnswered);

    let voided = book::reverse(&mut state, &pool, 100).unwrap();
    let account = AccountId::Voided { organization: bureau(), movement: MovementNumber(1) };
    assert_eq!(voided[0].to, account);
    assert_eq!((balance(&state, &pool), balance(&state, &account)), (100, 50));
    invariants::check_book(&state).unwrap();
}

#[test]
fn carried_money_keeps_its_line_and_its_age() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    let next = line("社区慈善基金", 2025);
    let movements = book::carry_over(&mut state, &pool, &next, fen(150)).unwrap();
    assert_eq!(movements[0].kind, Kind::CarryOver);
    let ages = book::account(&state, &next).unwrap().unwrap().unspent_by_age();
    let ages: Vec<_> = ages.iter().map(|aged| (aged.amount.get(), aged.dates.oldest)).collect();
    assert_eq!(ages, [(100, date("2024-01-10")), (50, date("2024-03-05"))]);
    for elsewhere in [line("社区慈善基金", 2025), line("社区慈善基金", 2024), line("项目", 2026)]
    {
        let refused = book::carry_over(&mut state, &next, &elsewhere, fen(1)).unwrap_err();
        assert_eq!(code(refused), Code::CarryOverDiffers);
    }
}

#[test]
fn too_many_gaps_lead_to_one_recorded_rebase_and_nobody_is_refused() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = line("社区慈善基金", 2024);
    let gifts = INTERVALS_AHEAD_MAX as u64 + 2;
    for _ in 0..gifts {
        book::receive(&mut state, donation(date("2024-01-10")), &pool, fen(10)).unwrap();
    }
    let mut rebases = Vec::new();
    for gift in 1..gifts {
        let named = Selection::Inflow(gift * 10);
        let to = payment(gift as usize);
        let movements = book::transfer(&mut state, &pool, &to, fen(3), named).unwrap();
        rebases.extend(movements.into_iter().filter(|movement| movement.kind == Kind::Rebase));
    }
    assert_eq!(rebases.len(), 1);
    let account = book::account(&state, &pool).unwrap().unwrap();
    let unspent = gifts * 10 - (gifts - 1) * 3;
    assert_eq!((account.frontier, account.credited), (gifts * 10, gifts * 10 + unspent));
    assert!(account.taken_ahead.is_empty());
    assert_eq!(rebases[0].to_interval, interval(gifts * 10, gifts * 10 + unspent));

    // The second gift is still found by its name: its 7 fen stand behind the first gift's 10.
    let named = Selection::Inflow(10);
    let movements = book::transfer(&mut state, &pool, &payment(0), fen(7), named).unwrap();
    let start = gifts * 10 + 10;
    assert_eq!(movements[0].basis, Basis::Designated);
    assert_eq!(movements[0].from_intervals, [interval(start, start + 7)]);
    let rebase = Selection::Inflow(gifts * 10);
    let refused = book::transfer(&mut state, &pool, &payment(9_999), fen(1), rebase).unwrap_err();
    assert_eq!(code(refused), Code::InflowRebased);
    invariants::check_book(&state).unwrap();
}

#[test]
fn dates_beyond_the_bound_are_joined_within_a_year() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = line("社区慈善基金", 2024);
    for day in 0..200 {
        let born = date("2023-10-01").add_days(day).unwrap();
        book::receive(&mut state, donation(born), &pool, fen(1)).unwrap();
    }
    let ages = book::account(&state, &pool).unwrap().unwrap().unspent_by_age();
    assert_eq!(ages.len(), AGE_RUNS_MAX);
    assert!(ages.iter().all(|aged| aged.dates.oldest.year() == aged.dates.newest.year()));
    let of_2023 = ages.iter().filter(|aged| aged.dates.newest.year() == 2023);
    assert_eq!(of_2023.map(|aged| aged.amount.get()).sum::<u64>(), 92);
}

#[test]
fn the_two_closest_dates_are_joined_and_no_others() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = line("社区慈善基金", 2024);
    // Ten days apart but for the 31st, which is of the day after the 30th.
    let day = |number: u32| match number {
        30 => 291,
        number => number * 10,
    };
    let born = |number| date("2020-01-01").add_days(i32::try_from(day(number)).unwrap()).unwrap();
    for number in 0..=u32::try_from(AGE_RUNS_MAX).unwrap() {
        let amount = fen(u64::from(number) + 1);
        book::receive(&mut state, donation(born(number)), &pool, amount).unwrap();
    }
    let ages = book::account(&state, &pool).unwrap().unwrap().unspent_by_age();
    assert_eq!(ages.len(), AGE_RUNS_MAX);
    let found = |at: usize| {
        let Aged { amount, dates } = ages[at];
        (amount.get(), dates.oldest, dates.newest)
    };
    assert_eq!(found(28), (29, born(28), born(28)));
    assert_eq!(found(29), (61, born(29), born(30)));
    assert_eq!(found(30), (32, born(31), born(31)));
}

#[test]
fn what_the_book_refuses() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    let (holder, year) = (bureau(), 2024);
    let account = |measure, fund| {
        let (fund, line) = (text(fund), text("项目乙"));
        AccountId::Line { holder, measure, fund, year, line }
    };
    book::transfer(&mut state, &pool, &payment(1), fen(1), FIFO).unwrap();
    let quota = account(Measure::Quota, "福利彩票公益金");
    let other_fund = account(Measure::Cash, "体育彩票公益金");
    let nowhere = line("没有的项目", 2024);
    let voided = AccountId::Voided { organization: holder, movement: MovementNumber(0) };
    let cases = [
        (&pool, &payment(2), 0, FIFO, Code::AmountZero),
        (&pool, &pool, 1, FIFO, Code::SameAccount),
        (&nowhere, &pool, 1, FIFO, Code::AccountUnknown),
        (&pool, &payment(2), 150, FIFO, Code::BalanceShort),
        (&pool, &quota, 1, FIFO, Code::MeasureDiffers),
        (&pool, &other_fund, 1, FIFO, Code::FundDiffers),
        (&payment(1), &pool, 1, FIFO, Code::AccountTerminal),
        (&pool, &payment(1), 1, FIFO, Code::PaymentTaken),
        (&pool, &voided, 1, FIFO, Code::AccountClosed),
        (&pool, &payment(2), 1, Selection::Inflow(7), Code::InflowUnknown),
        (&pool, &payment(2), 51, Selection::Inflow(100), Code::InflowAnswered),
    ];
    for (from, to, amount, selection, expected) in cases {
        let refused = book::transfer(&mut state, from, to, fen(amount), selection).unwrap_err();
        assert_eq!(code(refused), expected);
    }
    let gift = || donation(date("2024-06-01"));
    let refused = book::receive(&mut state, gift(), &payment(3), fen(1)).unwrap_err();
    assert_eq!(code(refused), Code::AccountClosed);
    let refused = book::receive(&mut state, gift(), &pool, fen((1 << 53) - 1)).unwrap_err();
    assert_eq!(code(refused), Code::AmountTooLarge);
    assert_eq!(
        code(book::return_payment(&mut state, &pool, fen(1)).unwrap_err()),
        Code::NotAPayment
    );
    let authority = text("财预〔2024〕1号");
    book::change_purpose(&mut state, &pool, &other_fund, fen(9), FIFO, authority).unwrap();
    assert_eq!(balance(&state, &other_fund), 9);
    invariants::check_book(&state).unwrap();
}

/// The bytes of a movement stand in the log for ever: this test changes only with the format.
#[test]
fn the_bytes_of_a_movement_are_pinned() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    book::transfer(&mut state, &pool, &payment(1), fen(80), FIFO).unwrap();
    let refund = Selection::Inflow(0);
    let movements = book::transfer(&mut state, &pool, &payment(2), fen(60), refund).unwrap();
    let bytes = borsh::to_vec(&movements[1]).unwrap();
    let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hexadecimal, SUBSTITUTION_HEXADECIMAL.concat());
    assert_eq!(borsh::from_slice::<book::Movement>(&bytes).unwrap(), movements[1]);
    let json = serde_json::to_string(&movements[1]).unwrap();
    assert_eq!(serde_json::from_str::<book::Movement>(&json).unwrap(), movements[1]);
    let empty = borsh::to_vec(&(5_u64, 5_u64)).unwrap();
    assert!(borsh::from_slice::<Interval>(&empty).is_err(), "an empty interval has no bytes");
}

const SUBSTITUTION_HEXADECIMAL: [&str; 15] = [
    // Number.
    "0400000000000000",
    // Kind: payment.
    "02",
    // Basis: substitution of the inflow at 0.
    "020000000000000000",
    // From: an account, a line.
    "0100",
    // Its holder.
    "313133333031303030303234383935353941",
    // Cash.
    "01",
    // Fund.
    "15000000e7a68fe588a9e5bda9e7a5a8e585ace79b8ae98791",
    // Year.
    "e807",
    // Line.
    "12000000e7a4bee58cbae68588e59684e59fbae98791",
    // One interval taken, 100 to 140.
    "0100000064000000000000008c00000000000000",
    // To: a payment.
    "01",
    // Its organisation.
    "313133333031303030303234383935353941",
    // Reference.
    "08000000e694afe4bb982d32",
    // Interval credited, 20 to 60.
    "14000000000000003c00000000000000",
    // Oldest and newest origin date.
    "4b4d00004b4d0000",
];

/// Ages are of days, not of gifts: what is spent between does not part them.
#[test]
fn money_of_one_day_is_one_age_though_some_between_it_is_spent() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let (pool, day) = (line("社区慈善基金", 2024), date("2024-01-10"));
    for _ in 0..3 {
        book::receive(&mut state, donation(day), &pool, fen(50)).unwrap();
    }
    book::transfer(&mut state, &pool, &payment(1), fen(50), Selection::Inflow(50)).unwrap();
    let account = book::account(&state, &pool).unwrap().unwrap();
    assert_eq!(account.unspent(), [interval(0, 50), interval(100, 150)]);
    let dates = OriginDates::on(day);
    assert_eq!(account.unspent_by_age(), [Aged { amount: fen(100), dates }]);
}

/// More than was paid does not come back, not even a part of it.
#[test]
fn a_return_of_more_than_was_paid_moves_nothing() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    book::transfer(&mut state, &pool, &payment(1), fen(60), FIFO).unwrap();
    let refused = book::return_payment(&mut state, &payment(1), fen(61)).unwrap_err();
    assert_eq!(code(refused), Code::BalanceShort);
    assert_eq!((balance(&state, &payment(1)), balance(&state, &pool)), (60, 90));
    invariants::check_book(&state).unwrap();
}

/// A refusal names the account by all that tells it from another.
#[test]
fn a_refusal_names_the_account_that_is_short() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    let refused = book::transfer(&mut state, &pool, &payment(1), fen(151), FIFO).unwrap_err();
    let Fault::Refused(refusal) = refused else { panic!("{refused}") };
    for part in [bureau().as_str(), "福利彩票公益金", "2024", "社区慈善基金"] {
        assert!(refusal.detail.as_str().contains(part), "{part}: {}", refusal.detail);
    }
}

/// A node whose book is damaged stops before it signs a block about it.
#[test]
#[should_panic(expected = "a position was spent that never came in")]
fn an_account_that_spent_what_never_came_in_stops_the_node() {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let pool = two_gifts(&mut state);
    let whole = book::account(&state, &pool).unwrap().unwrap();
    let stored = Some(borsh::to_vec(&whole).unwrap());
    let mut damaged = whole.clone();
    damaged.taken_ahead = vec![interval(100, 900)];
    let entries = state.into_changes();
    let entry = entries.iter().find(|(_, value)| **value == stored);
    let mut state = State::new(&reader);
    for (key, value) in &entries {
        state.put(key, value.clone().unwrap());
    }
    state.put(entry.unwrap().0, borsh::to_vec(&damaged).unwrap());
    let _ = book::receive(&mut state, donation(date("2024-05-01")), &pool, fen(1));
}
