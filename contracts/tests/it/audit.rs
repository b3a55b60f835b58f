//! The audit of a whole state finds what is broken: each kind of damage, made by hand in a state
//! that was sound, is named. No act can make any of it.

mod tables;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_contracts::allocation::check::{LineViolation, check_lines};
use minglian_contracts::allocation::{Category, LINES, Line, Purpose};
use minglian_contracts::book::{self, AccountId, Inflow, MovementNumber, Selection, Source};
use minglian_contracts::invariants::{Violation, check_book};
use minglian_contracts::schema::{State, Table, prefix};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::state::MemoryState;

use crate::fen_world::{date, donation, fen, line as book_line, payment};
use crate::invariants::acts::{CENTRAL, OLD_AGE, grant, issue, line, purpose, record, world};
use crate::steps::checked;

/// An account as its bytes are; the book keeps the ages to itself.
#[derive(Debug, Clone, PartialEq, BorshSerialize, BorshDeserialize)]
struct RawAccount {
    credited: u64,
    frontier: u64,
    taken_ahead: Vec<(u64, u64)>,
    rebases: u32,
    ages: Vec<(u64, (Date, Date))>,
}

/// A number in a key, most significant byte first.
type Offset = [u8; 8];

const NEXT_MOVEMENT: Table<(), u64> = Table::new(prefix::BOOK_FIRST);
const ACCOUNTS: Table<AccountId, RawAccount> = Table::new(prefix::BOOK_FIRST + 1);
const INFLOWS: Table<(AccountId, Offset), Inflow> = Table::new(prefix::BOOK_FIRST + 2);

fn change<K, V>(state: &mut State<'_>, table: &Table<K, V>, key: &K, change: impl FnOnce(&mut V))
where
    K: BorshSerialize + BorshDeserialize,
    V: BorshSerialize + BorshDeserialize,
{
    let mut value = table.get(state, key).unwrap().unwrap();
    change(&mut value);
    table.put(state, key, &value);
}

/// The first entry of a table.
fn first<K, V>(state: &State<'_>, table: &Table<K, V>) -> (K, V)
where
    K: BorshSerialize + BorshDeserialize,
    V: BorshSerialize + BorshDeserialize,
{
    table.scan(state, &(), None, 1).unwrap().remove(0)
}

fn pool() -> AccountId {
    book_line("社区慈善基金", 2024)
}

/// A pool of 100 and 50 fen, of which 30 went in order and 20 of the second gift by name: what the
/// audit says after `damage`.
fn damaged_book(damage: impl FnOnce(&mut State<'_>)) -> Result<[u128; 5], Violation> {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    for (day, amount) in [("2024-01-10", 100), ("2024-03-05", 50)] {
        book::receive(&mut state, donation(date(day)), &pool(), fen(amount)).unwrap();
    }
    for (number, amount, selection) in
        [(1, 30, Selection::FirstInFirstOut), (2, 20, Selection::Inflow(100))]
    {
        book::transfer(&mut state, &pool(), &payment(number), fen(amount), selection).unwrap();
    }
    damage(&mut state);
    let totals = check_book(&state)?;
    let counts = [totals.accounts, totals.movements].map(u128::from);
    Ok([counts[0], counts[1], totals.origins_fen, totals.held_fen, totals.terminal_fen])
}

/// What is done to an entry.
type Damage<'a, T> = &'a dyn Fn(&mut T);

#[test]
fn accounts_whose_positions_are_wrong_are_named() {
    assert_eq!(damaged_book(|_| {}).unwrap(), [3, 4, 150, 100, 50]);
    let damaged = |damage: &dyn Fn(&mut RawAccount)| {
        damaged_book(|state| change(state, &ACCOUNTS, &pool(), damage)).unwrap_err()
    };
    let day = (date("2024-01-10"), date("2024-01-10"));
    let disorder: [(Damage<RawAccount>, u64); 5] = [
        (&|it| it.frontier = 151, 151),
        (&|it| it.taken_ahead[0] = (30, 120), 30),
        (&|it| it.taken_ahead[0].1 = 151, 100),
        (&|it| it.taken_ahead.push((120, 130)), 120),
        (&|it| it.taken_ahead.push((119, 130)), 119),
    ];
    for (damage, expected) in disorder {
        let found = damaged(damage);
        let Violation::SpentDisorder { account, position } = found else { panic!("{found}") };
        assert_eq!((account, position), (pool(), expected));
    }
    let ages: [&dyn Fn(&mut RawAccount); 4] =
        [&|it| it.ages[0].0 = 29, &|it| it.ages[0].0 = 31, &|it| it.ages.clear(), &|it| {
            it.ages.push((100, day))
        }];
    for damage in ages {
        let found = damaged(damage);
        assert!(matches!(found, Violation::AgesDoNotCover { account } if account == pool()));
    }
    // Fen that are spent and arrived nowhere, or arrived and were not spent.
    for (frontier, spent) in [(29, 49), (31, 51)] {
        let found = damaged(&|it: &mut RawAccount| {
            it.frontier = frontier;
            it.ages[0].0 = frontier;
        });
        let Violation::SpentIsNotArrived { spent_fen, arrived_fen, .. } = found else {
            panic!("{found}")
        };
        assert_eq!((spent_fen, arrived_fen), (spent, 50));
    }
}

#[test]
fn inflows_that_do_not_fit_their_accounts_are_named() {
    let key = |position: u64| (pool(), position.to_be_bytes());
    let damaged = |position: u64, damage: &dyn Fn(&mut Inflow)| {
        damaged_book(|state| change(state, &INFLOWS, &key(position), damage)).unwrap_err()
    };
    let tile: [(u64, Damage<Inflow>, u64); 4] = [
        (0, &|it| it.amount = fen(99), 99),
        (0, &|it| it.amount = fen(101), 101),
        (100, &|it| it.amount = fen(49), 149),
        (100, &|it| it.movement = MovementNumber(0), 100),
    ];
    for (at, damage, expected) in tile {
        let found = damaged(at, damage);
        let Violation::InflowsDoNotTile { position, .. } = found else { panic!("{found}") };
        assert_eq!(position, expected);
    }
    let gone = damaged_book(|state| INFLOWS.delete(state, &key(100))).unwrap_err();
    assert!(matches!(gone, Violation::InflowsDoNotTile { position: 100, .. }));
    let answered = damaged(100, &|it| it.named = fen(51));
    assert!(matches!(answered, Violation::OverAnswered { offset: 100, .. }));
    // All of it may be answered for.
    assert!(
        damaged_book(|state| change(state, &INFLOWS, &key(100), |it| it.named = fen(50))).is_ok()
    );
    // From an account that does not exist.
    let nowhere = book_line("没有", 2024);
    let found = damaged_book(|state| {
        let arrival = (payment(1), 0_u64.to_be_bytes());
        change(state, &INFLOWS, &arrival, |it| it.from = Source::Account(nowhere.clone()));
        change(state, &ACCOUNTS, &pool(), |it| (it.frontier, it.ages[0].0) = (0, 0));
    });
    let Err(Violation::SpentIsNotArrived { account, spent_fen: 0, arrived_fen: 30 }) = found else {
        panic!("{found:?}")
    };
    assert_eq!(account, nowhere);
    // Into one that does not exist, and a count that is not theirs.
    let found = damaged_book(|state| {
        let inflow = INFLOWS.get(state, &key(0)).unwrap().unwrap();
        INFLOWS.put(state, &(book_line("没有", 2024), 0_u64.to_be_bytes()), &inflow);
    });
    assert!(matches!(found, Err(Violation::MovementCount { inflows: 4, movements: 4 })));
    let found = damaged_book(|state| NEXT_MOVEMENT.put(state, &(), &5));
    assert!(matches!(found, Err(Violation::MovementCount { inflows: 4, movements: 5 })));
}

#[test]
fn quota_lines_whose_sums_or_parents_are_wrong_are_named() {
    let mut world = world("2024-03-01");
    let above = line("city_finance", CENTRAL, 2024, "下达");
    let below = line("county_civil", CENTRAL, 2024, "甲");
    record(&mut world, "city_finance", &above, purpose(OLD_AGE, None), "100");
    let given = grant(&world, &above, &below, purpose(OLD_AGE, None), "60");
    checked(&mut world, "city_finance", &issue(given)).unwrap();
    let damaged = |name, damage: &dyn Fn(&mut Line)| {
        let mut state = State::new(&world.state);
        change(&mut state, &LINES, name, damage);
        check_lines(&state)
    };
    assert_eq!(damaged(&above, &|_| {}).unwrap(), 2);
    let more = |sum: Fen| sum.checked_add(fen(1)).unwrap();
    let sums: [&dyn Fn(&mut Line); 7] = [
        &|it| it.quota = more(it.quota),
        &|it| it.returned = more(it.returned),
        &|it| it.paid = more(it.paid),
        &|it| it.issued = more(it.issued),
        &|it| it.carried = more(it.carried),
        &|it| it.recovered = more(it.recovered),
        &|it| it.transferred_out = more(it.transferred_out),
    ];
    for damage in sums {
        assert!(matches!(damaged(&above, damage), Err(LineViolation::Sums { .. })));
    }
    let found = damaged(&below, &|it| it.parent = Some(line("home", CENTRAL, 2024, "没有")));
    assert!(matches!(found, Err(LineViolation::NoParent { .. })));
    let other = Purpose { category: Some(Category::Children), project: None };
    let found = damaged(&below, &|it| it.purpose = other.clone());
    assert!(matches!(found, Err(LineViolation::Purpose { .. })));
    // A fen that is said to be paid and that a line below got.
    let found = damaged(&above, &|it| {
        it.issued = it.issued.checked_sub(fen(1)).unwrap();
        it.paid = more(it.paid);
    });
    assert!(matches!(found, Err(LineViolation::Children { .. })), "{found:?}");
}

#[test]
fn a_line_of_another_fund_than_its_parents_is_named() {
    let mut world = world("2024-03-01");
    let above = line("city_finance", CENTRAL, 2024, "下达");
    let other = line("city_finance", "省级", 2024, "下达");
    for name in [&above, &other] {
        record(&mut world, "city_finance", name, purpose(OLD_AGE, None), "100");
    }
    let mut state = State::new(&world.state);
    change(&mut state, &LINES, &other, |it| it.parent = Some(above));
    assert!(matches!(check_lines(&state), Err(LineViolation::Purpose { .. })));
}
