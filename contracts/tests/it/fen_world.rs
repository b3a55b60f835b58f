//! The real book and the model side by side: every act is done to both, and they must agree.

use minglian_contracts::book::age::AGE_RUNS_MAX;
use minglian_contracts::book::{
    self, AccountId, Kind, Measure, Movement, MovementNumber, Origin, Selection,
};
use minglian_contracts::fault::Fault;
use minglian_contracts::invariants;
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_contracts::trace::memory::MovementIndex;
use minglian_contracts::trace::{self, Cursor, Direction, Edge, Rest};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::MemoryState;
use minglian_ledger::text::Text;

use crate::fen_model::{Model, Slot, Stop};

pub fn fen(amount: u64) -> Fen {
    Fen::new(amount).unwrap()
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

pub fn date(iso: &str) -> Date {
    iso.parse().unwrap()
}

pub fn bureau() -> OrganizationCode {
    OrganizationCode::parse("11330100002489559A")
        .unwrap_or_else(|error| panic!("an organisation code for tests: {error}"))
}

/// A cash line of one fund.
pub fn line(name: &str, year: u16) -> AccountId {
    let (holder, measure, fund) = (bureau(), Measure::Cash, text("福利彩票公益金"));
    AccountId::Line { holder, measure, fund, year, line: text(name) }
}

pub fn payment(number: usize) -> AccountId {
    AccountId::Payment { organization: bureau(), reference: text(&format!("支付-{number}")) }
}

pub fn donation(occurred_on: Date) -> Origin {
    Origin::Donation { reference: text("收据"), donor: None, occurred_on }
}

/// The number of the refusal; an operational failure ends the test.
pub fn code(fault: Fault) -> Code {
    match fault {
        Fault::Refused(refusal) => refusal.code,
        Fault::State(error) => panic!("the state in memory failed: {error}"),
    }
}

/// Both books.
pub struct World<'a> {
    pub state: State<'a>,
    pub model: Model,
    pub index: MovementIndex,
    /// Whether all accounts are compared after every act; refusals always are.
    pub checks_every_act: bool,
}

impl<'a> World<'a> {
    pub fn new(reader: &'a MemoryState) -> Self {
        Self {
            state: State::new(reader),
            model: Model::default(),
            index: MovementIndex::new(),
            checks_every_act: true,
        }
    }

    pub fn receive(&mut self, to: &AccountId, amount: u64, born: Date) -> Result<(), Code> {
        let expected = self.model.receive(to, amount, born);
        self.both(expected, |state| {
            book::receive(state, donation(born), to, fen(amount)).map(|movement| vec![movement])
        })
    }

    pub fn transfer(
        &mut self,
        from: &AccountId,
        to: &AccountId,
        amount: u64,
        named: Option<u64>,
    ) -> Result<(), Code> {
        let pays = matches!(to, AccountId::Payment { .. });
        let expected = if pays && self.model.accounts.contains_key(to) {
            Err(Code::PaymentTaken)
        } else {
            let kind = if pays { Kind::Payment } else { Kind::Transfer };
            self.model.hand_over(from, to, amount, named, kind)
        };
        let selection = named.map_or(Selection::FirstInFirstOut, Selection::Inflow);
        self.both(expected, |state| book::transfer(state, from, to, fen(amount), selection))
    }

    pub fn carry_over(
        &mut self,
        from: &AccountId,
        to: &AccountId,
        amount: u64,
    ) -> Result<(), Code> {
        let expected = self.model.hand_over(from, to, amount, None, Kind::CarryOver);
        self.both(expected, |state| book::carry_over(state, from, to, fen(amount)))
    }

    pub fn bounce(&mut self, payment: &AccountId, amount: u64) -> Result<(), Code> {
        let expected = self.model.bounce(payment, amount);
        self.both(expected, |state| book::return_payment(state, payment, fen(amount)))
    }

    /// Reverses the movement that made the inflow at `start`.
    pub fn reverse(&mut self, account: &AccountId, start: u64) -> Result<(), Code> {
        let inflow = self.model.accounts[account].inflows.iter().find(|i| i.start == start);
        let inflow = inflow.cloned().unwrap();
        let of = MovementNumber(inflow.movement);
        let voided = AccountId::Voided { organization: bureau(), movement: of };
        let (to, open) = (inflow.from.unwrap_or(voided), inflow.amount - inflow.named);
        let expected = match open {
            0 => Err(Code::InflowAnswered),
            _ => self.model.hand_over(account, &to, open, Some(start), Kind::Reversal { of }),
        };
        self.both(expected, |state| book::reverse(state, account, start))
    }

    pub fn rebase(&mut self, account: &AccountId) {
        self.model.rebase(account);
        let expected = self.model.accounts.get(account).map(|_| ()).ok_or(Code::AccountUnknown);
        let real = self.both(expected, |state| {
            book::rebase(state, account).map(|movement| movement.into_iter().collect())
        });
        assert!(real.is_ok() || !self.model.accounts.contains_key(account));
    }

    /// Does to the real book what the model has done, and compares.
    fn both(
        &mut self,
        expected: Result<(), Code>,
        act: impl FnOnce(&mut State<'a>) -> Result<Vec<Movement>, Fault>,
    ) -> Result<(), Code> {
        let checkpoint = self.state.checkpoint();
        let real = act(&mut self.state).map_err(code);
        if real.is_err() {
            self.state.rollback(checkpoint);
        }
        assert_eq!(real.as_ref().map(|_| ()), expected.as_ref().map(|_| ()));
        for movement in real? {
            self.index.insert(movement);
        }
        if self.checks_every_act {
            self.check_accounts();
        }
        Ok(())
    }

    /// Every account of the real book has the positions, inflows and ages of the model's.
    pub fn check_accounts(&self) {
        let totals =
            invariants::check_book(&self.state).unwrap_or_else(|broken| panic!("{broken}"));
        assert_eq!(totals.accounts, self.model.accounts.len() as u64);
        assert_eq!(totals.movements, self.model.movements);
        assert_eq!(totals.origins_fen, self.model.fens.len() as u128);
        let exact = self.dates_were_never_joined();
        for (id, expected) in &self.model.accounts {
            let account = book::account(&self.state, id).unwrap().unwrap();
            assert_eq!(account.credited, expected.slots.len() as u64);
            assert!(account.taken_ahead.len() <= book::INTERVALS_AHEAD_MAX);
            let unspent: Vec<usize> = account
                .unspent()
                .iter()
                .flat_map(|interval| interval.start() as usize..interval.end() as usize)
                .collect();
            assert_eq!(unspent, expected.unspent());
            assert_eq!(account.balance().get(), expected.unspent().len() as u64);
            for inflow in &expected.inflows {
                let real = book::inflow(&self.state, id, inflow.start).unwrap().unwrap();
                assert_eq!(real.amount.get(), inflow.amount);
                assert_eq!(real.named.get(), inflow.named);
                assert_eq!(real.movement.0, inflow.movement);
            }
            let mut fens = unspent.iter().map(|position| expected.slots[*position].fen);
            for aged in account.unspent_by_age() {
                for fen in fens.by_ref().take(aged.amount.get() as usize) {
                    let born = self.model.fens[fen].born;
                    assert!(aged.dates.oldest <= born && born <= aged.dates.newest);
                    assert!(!exact || aged.dates.oldest == aged.dates.newest);
                }
            }
            assert_eq!(fens.next(), None);
        }
    }

    /// Whether no account can have come to its bound of runs of dates.
    fn dates_were_never_joined(&self) -> bool {
        self.model.accounts.values().all(|account| {
            let born = |slot: &Slot| self.model.fens[slot.fen].born;
            let changes = account.slots.windows(2).filter(|pair| born(&pair[0]) != born(&pair[1]));
            changes.count() < AGE_RUNS_MAX
        })
    }

    /// The way of every fen of `interval` of `account`, upwards and downwards, is the model's.
    pub fn check_traces(&self, account: &AccountId, interval: book::Interval, page: usize) {
        let (edges, rests) = self.trace(account, interval, Direction::Up, page);
        assert!(rests.is_empty());
        let mut steps = 0;
        for position in interval.start()..interval.end() {
            steps += self.check_way_up(account, position, &edges);
        }
        assert_eq!(steps, fens_in(&edges), "an upward trace has edges of other fens");

        let (edges, rests) = self.trace(account, interval, Direction::Down, page);
        let mut steps = 0;
        for position in interval.start()..interval.end() {
            steps += self.check_way_down(account, position, &edges, &rests);
        }
        assert_eq!(steps, fens_in(&edges), "a downward trace has edges of other fens");
        let resting: u64 = rests.iter().map(|rest| rest.interval.length()).sum();
        assert_eq!(resting, interval.length());
    }

    /// A whole trace, read page by page, each cursor through its bytes.
    pub fn trace(
        &self,
        account: &AccountId,
        interval: book::Interval,
        direction: Direction,
        page: usize,
    ) -> (Vec<Edge>, Vec<Rest>) {
        let mut next = Some(Cursor::new(account.clone(), interval, direction));
        let (mut edges, mut rests) = (Vec::new(), Vec::new());
        while let Some(cursor) = next {
            let bytes = borsh::to_vec(&cursor).unwrap();
            let cursor = borsh::from_slice(&bytes).unwrap();
            let read = trace::trace(&self.index, cursor, page).unwrap();
            assert!(read.edges.len() + read.rests.len() <= page.max(1));
            edges.extend(read.edges);
            rests.extend(read.rests);
            next = read.next;
        }
        (edges, rests)
    }

    /// The fen at a position, and at which stop of its way it is there.
    fn stop_of(&self, account: &AccountId, position: u64) -> (&[Stop], usize) {
        let fen = self.model.accounts[account].slots[position as usize].fen;
        let way = &self.model.fens[fen].way;
        let here =
            way.iter().position(|stop| (&stop.account, stop.position) == (account, position));
        (way, here.unwrap())
    }

    fn check_way_up(&self, account: &AccountId, position: u64, edges: &[Edge]) -> u64 {
        let (way, here) = self.stop_of(account, position);
        for (index, stop) in way[..=here].iter().enumerate() {
            let hop = (here - index + 1) as u32;
            let edge = the_edge(edges, hop, |edge| {
                edge.to == stop.account && holds(edge.to_interval, stop.position)
            });
            assert_eq!((edge.movement.0, &edge.kind), (stop.movement, &stop.kind));
            assert_eq!(edge.basis, stop.basis);
            let from = edge
                .from_interval
                .map(|from| from.start() + (stop.position - edge.to_interval.start()));
            let before = index.checked_sub(1).map(|before| &way[before]);
            assert_eq!(from, before.map(|before| before.position));
            assert_eq!(edge.from.account(), before.map(|before| &before.account));
        }
        (here + 1) as u64
    }

    fn check_way_down(
        &self,
        account: &AccountId,
        position: u64,
        edges: &[Edge],
        rests: &[Rest],
    ) -> u64 {
        let (way, here) = self.stop_of(account, position);
        for (index, stop) in way.iter().enumerate().skip(here + 1) {
            let hop = (index - here) as u32;
            let before = &way[index - 1];
            let edge = the_edge(edges, hop, |edge| {
                edge.from.account() == Some(&before.account)
                    && edge.from_interval.is_some_and(|from| holds(from, before.position))
            });
            let offset = before.position - edge.from_interval.unwrap().start();
            assert_eq!(edge.to_interval.start() + offset, stop.position);
            assert_eq!((&edge.to, edge.movement.0), (&stop.account, stop.movement));
            assert_eq!((&edge.kind, edge.basis), (&stop.kind, stop.basis));
        }
        let last = &way[way.len() - 1];
        let hop = (way.len() - 1 - here) as u32;
        let resting = rests.iter().filter(|rest| {
            rest.hop == hop && rest.account == last.account && holds(rest.interval, last.position)
        });
        assert_eq!(resting.count(), 1, "a fen rests in one place");
        (way.len() - 1 - here) as u64
    }
}

fn holds(interval: book::Interval, position: u64) -> bool {
    interval.start() <= position && position < interval.end()
}

fn fens_in(edges: &[Edge]) -> u64 {
    edges.iter().map(|edge| edge.to_interval.length()).sum()
}

/// The one edge of a hop that fits.
fn the_edge(edges: &[Edge], hop: u32, fits: impl Fn(&Edge) -> bool) -> &Edge {
    let mut found = edges.iter().filter(|edge| edge.hop == hop && fits(edge));
    let edge = found.next().unwrap_or_else(|| panic!("no edge of hop {hop} fits"));
    assert!(found.next().is_none(), "two edges of hop {hop} fit");
    edge
}
