//! Traces over pools of many gifts: what is read ahead is what would be read one by one.

use minglian_contracts::book::{
    AccountId, Basis, Interval, Kind, Measure, Movement, MovementNumber, Source,
};
use minglian_contracts::event::{Event, Outcome, read};
use minglian_contracts::schema::encode;
use minglian_contracts::trace::memory::MovementIndex;
use minglian_contracts::trace::{self, Cursor, Direction, MovementSource as _};
use minglian_explorer::index::IndexError;
use minglian_explorer::index::trace::Movements;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, params};

use crate::chain::{Chain, code, text};
use crate::index::Receipts;
use crate::site::Site;
use crate::story;

const GIFTS: usize = 900;

fn line(name: &str) -> AccountId {
    let (fund, line) = (text("演示基金"), text(name));
    AccountId::Line { holder: code("home"), measure: Measure::Cash, fund, year: 2026, line }
}

fn interval(start: u64, end: u64) -> Interval {
    Interval::new(start, end).unwrap()
}

/// Some movement from outside, as the ledger writes them.
fn from_outside(chain: &Chain) -> Movement {
    let mut replica = Receipts::of(chain);
    let receipts = chain.blocks.iter().flat_map(|block| replica.receipts(block));
    let events = receipts.flat_map(|receipt| match read(&receipt).unwrap() {
        Outcome::Applied(events) => events,
        Outcome::Refused { .. } => Vec::new(),
    });
    let movements = events.into_iter().filter_map(|event| match event {
        Event::Movement(movement) => Some(movement),
        _ => None,
    });
    movements.into_iter().find(|movement| movement.from.account().is_none()).unwrap()
}

/// Many gifts into one pool, and what goes out of it, with gaps that stay.
fn pool(one: &Movement, random: &mut StdRng) -> Vec<Movement> {
    let mut movements: Vec<Movement> = Vec::new();
    let number = |movements: &[Movement]| MovementNumber(1_000_000 + movements.len() as u64);
    let mut end = 0;
    for _ in 0..GIFTS {
        let start = end;
        end += random.gen_range(1..50);
        movements.push(Movement {
            number: number(&movements),
            to: line("池"),
            to_interval: interval(start, end),
            ..one.clone()
        });
    }
    let mut taken = 0;
    while taken < end * 3 / 4 {
        let first = taken + random.gen_range(0..3);
        let length = random.gen_range(1..3_000).min(end - first);
        taken = first + length;
        movements.push(Movement {
            number: number(&movements),
            kind: Kind::Transfer,
            basis: Basis::FirstInFirstOut,
            from: Source::Account(line("池")),
            from_intervals: vec![interval(first, taken)],
            to: line(&format!("去向{}", movements.len())),
            to_interval: interval(0, length),
            ..one.clone()
        });
    }
    movements
}

/// Enters an account; its number.
fn enter_account(connection: &Connection, id: &AccountId) -> i64 {
    let query = "INSERT OR IGNORE INTO accounts (encoded, kind, measure, organization, fund, year, \
                 name, level, category, notice, depth, credited, balance, division, issued_on) \
                 VALUES (?1, 'line', 'cash', '', '', 2026, '', '', '', '', 0, 0, 0, 0, '')";
    connection.execute(query, [encode(id)]).unwrap();
    let query = "SELECT id FROM accounts WHERE encoded = ?1";
    connection.query_row(query, [encode(id)], |row| row.get(0)).unwrap()
}

fn enter(connection: &Connection, movement: &Movement) {
    let from = movement.from.account().map(|from| enter_account(connection, from));
    let to = enter_account(connection, &movement.to);
    let number = i64::try_from(movement.number.0).unwrap();
    let position = |position: u64| i64::try_from(position).unwrap();
    let (start, end) = (movement.to_interval.start(), movement.to_interval.end());
    let values = params![number, from, to, position(start), position(end), encode(movement)];
    let query = "INSERT INTO movements VALUES \
                 (?1, 1, 'received', 'cash', '', '', '', '', ?2, ?3, ?4, ?5, 1, ?6)";
    connection.execute(query, values).unwrap();
    for taken in &movement.from_intervals {
        let values = params![from, position(taken.start()), position(taken.end()), number];
        connection.execute("INSERT INTO taken VALUES (?1, ?2, ?3, ?4)", values).unwrap();
    }
}

#[tokio::test]
async fn what_is_read_ahead_is_what_the_movements_say() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let mut random = StdRng::seed_from_u64(7);
    let movements = pool(&from_outside(&chain), &mut random);
    let mut oracle = MovementIndex::new();
    let mut connection = Connection::open(site.index()).unwrap();
    let transaction = connection.transaction().unwrap();
    for movement in &movements {
        enter(&transaction, movement);
        oracle.insert(movement.clone());
    }
    transaction.commit().unwrap();
    let lines: Vec<(AccountId, u64)> = movements
        .iter()
        .skip(GIFTS - 1)
        .map(|movement| (movement.to.clone(), movement.to_interval.end()))
        .collect();
    let mut edges = 0;
    let compare = |connection: &minglian_explorer::database::Connection| {
        for _ in 0..200 {
            let (id, end) = &lines[random.gen_range(0..lines.len())];
            let start = random.gen_range(0..*end);
            let positions = interval(start, random.gen_range(start..*end) + 1);
            let direction = [Direction::Up, Direction::Down][random.gen_range(0..2)];
            let entries = [1, 7, 100, 5_000][random.gen_range(0..4)];
            let ahead = Movements::new(connection);
            let mut next = Some(Cursor::new(id.clone(), positions, direction));
            while let Some(cursor) = next {
                let page = trace::trace(&ahead, cursor.clone(), entries).unwrap();
                assert_eq!(page, trace::trace(&oracle, cursor, entries).unwrap());
                edges += page.edges.len();
                next = page.next;
            }
        }
        Ok(())
    };
    site.reader().read::<_, IndexError>(compare).unwrap();
    assert!(edges > 2_000, "{edges}");
}

#[tokio::test]
async fn any_question_has_the_answer_that_it_has_alone() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let mut random = StdRng::seed_from_u64(8);
    let movements = pool(&from_outside(&chain), &mut random);
    let mut oracle = MovementIndex::new();
    let mut connection = Connection::open(site.index()).unwrap();
    let transaction = connection.transaction().unwrap();
    for movement in &movements {
        enter(&transaction, movement);
        oracle.insert(movement.clone());
    }
    transaction.commit().unwrap();
    let end = movements[GIFTS - 1].to_interval.end();
    let (mut found, mut none) = (0, 0);
    let compare = |connection: &minglian_explorer::database::Connection| {
        let ahead = Movements::new(connection);
        for _ in 0..4_000 {
            // Also beyond what ever came in.
            let start = random.gen_range(0..end + 100);
            let asked = interval(start, start + random.gen_range(1..200));
            let inflow = ahead.inflow_at(&line("池"), asked)?;
            assert_eq!(inflow, oracle.inflow_at(&line("池"), asked).unwrap());
            let outflow = ahead.outflow_at(&line("池"), asked)?;
            assert_eq!(outflow, oracle.outflow_at(&line("池"), asked).unwrap());
            found += usize::from(inflow.is_some()) + usize::from(outflow.is_some());
            none += usize::from(inflow.is_none()) + usize::from(outflow.is_none());
        }
        Ok(())
    };
    site.reader().read::<_, IndexError>(compare).unwrap();
    assert!(found > 1_000 && none > 10, "{found} {none}");
}
