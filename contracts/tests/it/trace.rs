//! Traces by example.

use std::cell::Cell;

use minglian_contracts::book::{
    AccountId, Attribution, Basis, Interval, Kind, Movement, MovementNumber, Source,
};
use minglian_contracts::trace::aggregate::Aggregate;
use minglian_contracts::trace::{self, Cursor, Direction, MovementSource, TraceError};
use minglian_ledger::state::MemoryState;

use crate::fen_world::{World, date, line, payment};

fn interval(start: u64, end: u64) -> Interval {
    Interval::new(start, end).unwrap()
}

/// Two gifts come in, pass four levels down, are paid, bounce, are corrected, carried over and
/// re-based; one is refunded although it is partly spent.
fn long_story(world: &mut World<'_>) -> AccountId {
    let levels = ["基金", "市", "县", "乡镇", "项目"].map(|name| line(name, 2024));
    let [fund, city, county, town, project] = &levels;
    world.receive(fund, 60, date("2023-02-01")).unwrap();
    world.receive(fund, 40, date("2024-02-01")).unwrap();
    world.transfer(fund, city, 70, None).unwrap();
    world.transfer(city, county, 65, None).unwrap();
    world.transfer(county, town, 60, None).unwrap();
    world.transfer(town, project, 55, None).unwrap();
    world.transfer(project, &payment(1), 50, None).unwrap();
    world.bounce(&payment(1), 20).unwrap();
    // The first gift of 60 has left the fund altogether: its refund is the second gift's money.
    world.transfer(fund, &payment(2), 25, Some(0)).unwrap();
    // The town should have passed on nothing: what the project still has goes back.
    world.transfer(project, &payment(3), 5, None).unwrap();
    world.reverse(project, 0).unwrap_err();
    world.reverse(project, 55).unwrap();
    world.bounce(&payment(3), 5).unwrap();
    world.carry_over(town, &line("乡镇", 2025), 4).unwrap();
    world.transfer(county, &payment(4), 2, Some(0)).unwrap();
    world.receive(county, 3, date("2024-07-01")).unwrap();
    world.transfer(county, &payment(5), 2, Some(65)).unwrap();
    world.rebase(county);
    world.transfer(county, &payment(6), 3, None).unwrap();
    county.clone()
}

#[test]
fn a_trace_through_everything_is_exact() {
    let reader = MemoryState::new();
    let mut world = World::new(&reader);
    long_story(&mut world);
    for (id, account) in &world.model.accounts {
        for page in [1, 3, 1_000] {
            world.check_traces(id, interval(0, account.slots.len() as u64), page);
        }
    }
    let longest = world.model.fens.iter().map(|fen| fen.way.len()).max();
    assert!(longest >= Some(8), "the story is meant to be long");
}

#[test]
fn a_payment_leads_back_to_the_gifts() {
    let reader = MemoryState::new();
    let mut world = World::new(&reader);
    let (fund, city) = (line("基金", 2024), line("市", 2024));
    world.receive(&fund, 60, date("2023-02-01")).unwrap();
    world.receive(&fund, 40, date("2024-02-01")).unwrap();
    world.transfer(&fund, &city, 80, None).unwrap();
    world.transfer(&city, &payment(1), 30, Some(0)).unwrap();
    world.transfer(&city, &payment(2), 50, None).unwrap();
    let (edges, _) = world.trace(&payment(2), interval(0, 50), Direction::Up, 100);
    let steps: Vec<_> = edges
        .iter()
        .map(|edge| (edge.hop, edge.from_interval, edge.to_interval, &edge.kind))
        .collect();
    assert_eq!(
        steps,
        [
            (1, Some(interval(30, 80)), interval(0, 50), &Kind::Payment),
            (2, Some(interval(30, 80)), interval(30, 80), &Kind::Transfer),
            (3, None, interval(30, 60), &Kind::Receipt),
            (3, None, interval(60, 80), &Kind::Receipt),
        ]
    );
    assert!(matches!(edges[2].from, Source::Outside(_)));
}

#[test]
fn pages_add_up_per_hop_without_mixing_attributions() {
    let reader = MemoryState::new();
    let mut world = World::new(&reader);
    let fund = line("基金", 2024);
    world.receive(&fund, 60, date("2023-02-01")).unwrap();
    world.receive(&fund, 40, date("2024-02-01")).unwrap();
    world.transfer(&fund, &payment(1), 50, None).unwrap();
    world.transfer(&fund, &payment(2), 30, Some(0)).unwrap();
    let mut aggregate = Aggregate::default();
    let mut next = Some(Cursor::new(fund.clone(), interval(0, 100), Direction::Down));
    while let Some(cursor) = next {
        let page = trace::trace(&world.index, cursor, 1).unwrap();
        assert_eq!(page.edges.len() + page.rests.len(), 1);
        aggregate.add(&page);
        next = page.next;
    }
    let flows: Vec<_> = aggregate
        .flows()
        .map(|(flow, total)| (flow.hop, &flow.to, flow.attribution, total.amount_fen))
        .collect();
    assert_eq!(
        flows,
        [
            (1, &payment(1), Attribution::FirstInFirstOut, 50),
            (1, &payment(2), Attribution::Designated, 10),
            (1, &payment(2), Attribution::Substitution, 20),
        ]
    );
    let rests: Vec<_> = aggregate.rests().map(|(id, total)| (id, total.amount_fen)).collect();
    assert_eq!(rests, [(&fund, 20), (&payment(1), 50), (&payment(2), 30)]);
}

/// A source that counts its answers, to show what a page costs.
struct Counting<'a, S> {
    inner: &'a S,
    answers: Cell<usize>,
}

impl<S: MovementSource> MovementSource for Counting<'_, S> {
    type Error = S::Error;

    fn inflow_at(&self, account: &AccountId, at: Interval) -> Result<Option<Movement>, S::Error> {
        self.answers.set(self.answers.get() + 1);
        self.inner.inflow_at(account, at)
    }

    fn outflow_at(&self, account: &AccountId, at: Interval) -> Result<Option<Movement>, S::Error> {
        self.answers.set(self.answers.get() + 1);
        self.inner.outflow_at(account, at)
    }
}

#[test]
fn a_page_costs_its_entries_and_not_the_ledger() {
    let reader = MemoryState::new();
    let mut world = World::new(&reader);
    let fund = line("基金", 2024);
    for _ in 0..150 {
        world.receive(&fund, 1, date("2024-02-01")).unwrap();
    }
    world.transfer(&fund, &payment(1), 150, None).unwrap();
    let counting = Counting { inner: &world.index, answers: Cell::new(0) };
    let cursor = Cursor::new(payment(1), interval(0, 150), Direction::Up);
    let page = trace::trace(&counting, cursor, 10).unwrap();
    assert_eq!((page.edges.len(), counting.answers.get()), (10, 10));
    assert!(page.next.is_some());
}

/// A refund by name leaves older money behind: the trace says where it rests, once.
#[test]
fn what_lies_before_a_spent_part_rests_where_it_is() {
    let reader = MemoryState::new();
    let mut world = World::new(&reader);
    let fund = line("基金", 2024);
    world.receive(&fund, 60, date("2023-02-01")).unwrap();
    world.receive(&fund, 40, date("2024-02-01")).unwrap();
    world.transfer(&fund, &payment(1), 40, Some(60)).unwrap();
    let cursor = Cursor::new(fund.clone(), interval(0, 100), Direction::Down);
    let page = trace::trace(&world.index, cursor, 100).unwrap();
    let edges: Vec<_> = page.edges.iter().map(|edge| (&edge.to, edge.to_interval)).collect();
    assert_eq!(edges, [(&payment(1), interval(0, 40))]);
    assert_eq!(page.next, None);
    let rests: Vec<_> = page.rests.iter().map(|rest| (&rest.account, rest.interval)).collect();
    assert_eq!(rests, [(&fund, interval(0, 60)), (&payment(1), interval(0, 40))]);
}

/// Answers every question with one movement, whatever was asked.
struct Says(Movement);

impl MovementSource for Says {
    type Error = std::convert::Infallible;

    fn inflow_at(&self, _: &AccountId, _: Interval) -> Result<Option<Movement>, Self::Error> {
        Ok(Some(self.0.clone()))
    }

    fn outflow_at(&self, _: &AccountId, _: Interval) -> Result<Option<Movement>, Self::Error> {
        Ok(Some(self.0.clone()))
    }
}

/// A trace goes on only with money that came to the account asked for, at the position asked for.
#[test]
fn a_source_that_answers_for_other_money_is_an_error() {
    let fund = line("基金", 2024);
    let gift = |to: &AccountId, start| Movement {
        number: MovementNumber(1),
        kind: Kind::Receipt,
        basis: Basis::Designated,
        from: Source::Outside(crate::fen_world::donation(date("2024-01-01"))),
        from_intervals: Vec::new(),
        to: to.clone(),
        to_interval: interval(start, 10),
        origin_dates: minglian_contracts::book::OriginDates::on(date("2024-01-01")),
    };
    let up = |movement| {
        let cursor = Cursor::new(fund.clone(), interval(0, 10), Direction::Up);
        trace::trace(&Says(movement), cursor, 10)
    };
    assert_eq!(up(gift(&fund, 0)).unwrap().edges.len(), 1);
    for (case, wrong) in [
        ("another account's money", gift(&line("别的", 2024), 0)),
        ("money of a later position", gift(&fund, 5)),
    ] {
        let error = up(wrong).unwrap_err();
        assert!(matches!(error, TraceError::Gap { position: 0, .. }), "{case}: {error}");
    }
}

/// Says that every fen of a pool went from the pool to itself, for ever.
struct Circle;

impl MovementSource for Circle {
    type Error = std::convert::Infallible;

    fn inflow_at(
        &self,
        account: &AccountId,
        at: Interval,
    ) -> Result<Option<Movement>, Self::Error> {
        let born = date("2024-01-01");
        Ok(Some(Movement {
            number: MovementNumber(7),
            kind: Kind::Transfer,
            basis: Basis::FirstInFirstOut,
            from: Source::Account(account.clone()),
            from_intervals: vec![at],
            to: account.clone(),
            to_interval: at,
            origin_dates: minglian_contracts::book::OriginDates::on(born),
        }))
    }

    fn outflow_at(
        &self,
        account: &AccountId,
        at: Interval,
    ) -> Result<Option<Movement>, Self::Error> {
        self.inflow_at(account, at)
    }
}

#[test]
fn a_source_that_turns_in_circles_is_an_error() {
    for direction in [Direction::Up, Direction::Down] {
        let cursor = Cursor::new(line("基金", 2024), interval(0, 5), direction);
        let error = trace::trace(&Circle, cursor, 1_000).unwrap_err();
        assert!(matches!(error, TraceError::Disorder { .. }), "{error}");
    }
}
