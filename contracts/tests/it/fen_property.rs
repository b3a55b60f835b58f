//! Random lives of a book, compared with the model fen by fen after every act, and in both
//! directions of every trace at the end.

use std::collections::BTreeMap;

use minglian_contracts::book::{AccountId, Basis, Interval, Kind};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::state::MemoryState;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::fen_world::{World, date, line, payment};

/// The levels that money passes on its way down.
const LEVELS: [&str; 6] = ["中央", "省", "市", "县", "乡镇", "项目"];
const YEARS: [u16; 2] = [2023, 2024];

/// One random act. Lines are picked among those that have money, payments among those that exist.
/// Shares are in percent of the balance; beyond 100 the act must be refused.
#[derive(Debug, Clone)]
enum Act {
    Receive { level: usize, amount: u64, day: i32 },
    PassDown { from: Index, to: usize, share: u64, named: Option<Index> },
    Pay { from: Index, share: u64, named: Option<Index> },
    PayAgain { payment: Index },
    Bounce { payment: Index, share: u64 },
    Correct { account: Index, inflow: Index },
    CarryOver { from: Index, share: u64 },
    Rebase { from: Index },
    Shred { level: usize },
}

fn acts() -> impl Strategy<Value = Act> {
    let named = || prop_oneof![1 => Just(None), 2 => any::<Index>().prop_map(Some)];
    let share = || prop_oneof![1 => 0_u64..=20, 5 => 20_u64..=95, 1 => 95_u64..=110];
    prop_oneof![
        8 => (0..LEVELS.len(), 0_u64..=20, 0..700)
            .prop_map(|(level, amount, day)| Act::Receive { level, amount, day }),
        36 => (any::<Index>(), 0..LEVELS.len(), share(), named())
            .prop_map(|(from, to, share, named)| Act::PassDown { from, to, share, named }),
        24 => (any::<Index>(), share(), named())
            .prop_map(|(from, share, named)| Act::Pay { from, share, named }),
        2 => any::<Index>().prop_map(|payment| Act::PayAgain { payment }),
        24 => (any::<Index>(), share())
            .prop_map(|(payment, share)| Act::Bounce { payment, share }),
        16 => (any::<Index>(), any::<Index>())
            .prop_map(|(account, inflow)| Act::Correct { account, inflow }),
        8 => (any::<Index>(), share()).prop_map(|(from, share)| Act::CarryOver { from, share }),
        12 => any::<Index>().prop_map(|from| Act::Rebase { from }),
        1 => (0..LEVELS.len()).prop_map(|level| Act::Shred { level }),
    ]
}

fn share_of(balance: u64, share: u64) -> u64 {
    (balance * share).div_ceil(100)
}

/// An inflow of an account to name: one that is there, or, if there is none, one that is not.
fn name(world: &World<'_>, account: &AccountId, named: Option<Index>) -> Option<u64> {
    let inflows = world.model.accounts.get(account).map(|account| &account.inflows);
    named.map(|index| match inflows {
        Some(inflows) if !inflows.is_empty() => index.get(inflows).start,
        _ => 0,
    })
}

/// How much of a named inflow has not been answered for, so that most named acts are lawful.
fn open(world: &World<'_>, account: &AccountId, named: Option<u64>) -> Option<u64> {
    let inflows = &world.model.accounts.get(account)?.inflows;
    let inflow = inflows.iter().find(|inflow| Some(inflow.start) == named)?;
    Some(inflow.amount - inflow.named)
}

/// An account of those that fit, if there is one.
fn pick(world: &World<'_>, index: Index, fits: impl Fn(&AccountId) -> bool) -> Option<AccountId> {
    let accounts: Vec<&AccountId> = world.model.accounts.keys().filter(|id| fits(id)).collect();
    (!accounts.is_empty()).then(|| (*index.get(&accounts)).clone())
}

/// A line with money; the first, if all are empty.
fn funded_line(world: &World<'_>, index: Index) -> AccountId {
    let has_money = |id: &AccountId| !id.is_terminal() && world.model.balance(id) > 0;
    pick(world, index, has_money).unwrap_or_else(|| line(LEVELS[0], YEARS[0]))
}

fn some_payment(world: &World<'_>, index: Index) -> Option<AccountId> {
    pick(world, index, |id| matches!(id, AccountId::Payment { .. }))
}

/// The level and year of a line.
fn place(id: &AccountId) -> (usize, u16) {
    let AccountId::Line { line, year, .. } = id else { panic!("{id:?} is not a line") };
    (LEVELS.iter().position(|level| *level == line.as_str()).unwrap(), *year)
}

/// Sixty-six gifts of two fen, of each of which one fen is passed on by name: so many gaps that
/// the book must re-base the account.
fn shred(world: &mut World<'_>, level: usize, born: Date) {
    let (from, to) = (line(LEVELS[level], YEARS[1]), line(LEVELS[(level + 1) % 6], YEARS[1]));
    let checks_every_act = std::mem::replace(&mut world.checks_every_act, false);
    for _ in 0..66 {
        world.receive(&from, 2, born).unwrap();
        let start = world.model.accounts[&from].inflows.last().unwrap().start;
        world.transfer(&from, &to, 1, Some(start)).unwrap();
    }
    world.checks_every_act = checks_every_act;
    world.check_accounts();
}

/// Does the act. The world has compared the refusal, if it was one, with the model's.
fn perform(world: &mut World<'_>, number: usize, act: &Act) -> Result<(), Code> {
    match act {
        Act::Receive { level, amount, day } => {
            let born = date("2022-03-01").add_days(*day).unwrap();
            world.receive(&line(LEVELS[*level], YEARS[number % 2]), *amount, born)
        }
        Act::PassDown { from, to, share, named } => {
            let from = funded_line(world, *from);
            let (level, year) = place(&from);
            // Two out of three go one level down, so that ways get long.
            let to = if number.is_multiple_of(3) { *to } else { (level + 1) % LEVELS.len() };
            let named = name(world, &from, *named);
            let base = open(world, &from, named).unwrap_or_else(|| world.model.balance(&from));
            world.transfer(&from, &line(LEVELS[to], year), share_of(base, *share), named)
        }
        Act::Pay { from, share, named } => {
            let from = funded_line(world, *from);
            let named = name(world, &from, *named);
            let base = open(world, &from, named).unwrap_or_else(|| world.model.balance(&from));
            world.transfer(&from, &payment(number), share_of(base, *share), named)
        }
        Act::PayAgain { payment } => match some_payment(world, *payment) {
            Some(payment) => world.transfer(&line(LEVELS[0], YEARS[0]), &payment, 1, None),
            None => Ok(()),
        },
        Act::Bounce { payment, share } => match some_payment(world, *payment) {
            Some(payment) => {
                let amount = share_of(world.model.balance(&payment), *share);
                world.bounce(&payment, amount)
            }
            None => Ok(()),
        },
        Act::Correct { account, inflow } => match pick(world, *account, |_| true) {
            Some(account) => {
                let start = name(world, &account, Some(*inflow)).unwrap();
                world.reverse(&account, start)
            }
            None => Ok(()),
        },
        Act::CarryOver { from, share } => {
            let from = funded_line(world, *from);
            let (level, year) = place(&from);
            let amount = share_of(world.model.balance(&from), *share);
            world.carry_over(&from, &line(LEVELS[level], year + 1), amount)
        }
        Act::Rebase { from } => {
            let from = funded_line(world, *from);
            world.rebase(&from);
            Ok(())
        }
        Act::Shred { level } => {
            shred(world, *level, date("2023-06-01"));
            Ok(())
        }
    }
}

/// A book with some money at every level, and then the random acts. Returns how often each refusal
/// occurred.
fn live(world: &mut World<'_>, acts: &[Act]) -> BTreeMap<Code, usize> {
    for level in 0..LEVELS.len() {
        let born = date("2022-01-15").add_days(90 * level as i32).unwrap();
        world.receive(&line(LEVELS[level], YEARS[level % 2]), 12, born).unwrap();
    }
    let mut refusals = BTreeMap::new();
    for (number, act) in acts.iter().enumerate() {
        if let Err(code) = perform(world, number, act) {
            *refusals.entry(code).or_default() += 1;
        }
    }
    refusals
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn a_random_book_agrees_with_the_model_fen_by_fen(
        acts in prop::collection::vec(acts(), 1..90),
        page in 1_usize..12,
        window in (any::<Index>(), any::<Index>()),
    ) {
        let reader = MemoryState::new();
        let mut world = World::new(&reader);
        live(&mut world, &acts);
        for (id, account) in &world.model.accounts {
            let credited = account.slots.len() as u64;
            world.check_traces(id, Interval::new(0, credited).unwrap(), page);
            let end_of = |index: Index| index.index(credited as usize) as u64;
            let (one, other) = (end_of(window.0), end_of(window.1));
            let (start, end) = (one.min(other), one.max(other) + 1);
            world.check_traces(id, Interval::new(start, end).unwrap(), page);
        }
    }
}

/// What the ways of the fens of one life contain.
#[derive(Debug, Default)]
struct Coverage {
    stops_max: usize,
    ways_with_a_return: usize,
    ways_with_a_substitution: usize,
    ways_with_a_reversal: usize,
    ways_with_a_rebase: usize,
    ways_with_a_carry_over: usize,
    ways_with_all_of_them_and_five_hops: usize,
}

impl Coverage {
    fn add(&mut self, world: &World<'_>) {
        for fen in &world.model.fens {
            let has = |kind: fn(&Kind) -> bool| fen.way.iter().any(|stop| kind(&stop.kind));
            let found = [
                has(|kind| *kind == Kind::Return),
                fen.way.iter().any(|stop| matches!(stop.basis, Basis::Substitution { .. })),
                has(|kind| matches!(kind, Kind::Reversal { .. })),
                has(|kind| *kind == Kind::Rebase),
                has(|kind| *kind == Kind::CarryOver),
            ];
            self.stops_max = self.stops_max.max(fen.way.len());
            self.ways_with_a_return += usize::from(found[0]);
            self.ways_with_a_substitution += usize::from(found[1]);
            self.ways_with_a_reversal += usize::from(found[2]);
            self.ways_with_a_rebase += usize::from(found[3]);
            self.ways_with_a_carry_over += usize::from(found[4]);
            let everything = fen.way.len() > 5 && found.iter().all(|found| *found);
            self.ways_with_all_of_them_and_five_hops += usize::from(everything);
        }
    }
}

/// A property that is never put to the test proves nothing: the random lives must contain what they
/// are about.
#[test]
fn the_random_lives_contain_what_they_are_about() {
    let mut runner = TestRunner::deterministic();
    let mut coverage = Coverage::default();
    let mut refusals: BTreeMap<Code, usize> = BTreeMap::new();
    for _ in 0..128 {
        let lives = prop::collection::vec(acts(), 60..90).new_tree(&mut runner).unwrap();
        let reader = MemoryState::new();
        let mut world = World::new(&reader);
        world.checks_every_act = false;
        for (code, count) in live(&mut world, &lives.current()) {
            *refusals.entry(code).or_default() += count;
        }
        coverage.add(&world);
    }
    assert!(coverage.stops_max >= 10);
    assert!(coverage.ways_with_a_return > 100);
    assert!(coverage.ways_with_a_substitution > 100);
    assert!(coverage.ways_with_a_reversal > 100);
    assert!(coverage.ways_with_a_rebase > 100);
    assert!(coverage.ways_with_a_carry_over > 100);
    assert!(coverage.ways_with_all_of_them_and_five_hops > 0);
    for code in [Code::BalanceShort, Code::InflowAnswered, Code::PaymentTaken, Code::SameAccount] {
        assert!(refusals.contains_key(&code), "{code:?} never occurred");
    }
}
