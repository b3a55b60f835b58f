//! The fund: sales of each game and month, what they come to, remittance, settlement.
//!
//! Sales are near the 3.4亿元 a year that the city's plan names; who states them is a 演示 body.

use minglian_contracts::call::Call;
use minglian_contracts::lottery::accrual::{Accrual, accrue};
use minglian_contracts::lottery::remittance::{HandOver, Remit};
use minglian_contracts::lottery::statement::{Settlement, Statement};
use minglian_contracts::lottery::{self, Game};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use minglian_ledger::height::LogIndex;
use minglian_ledger::text::Text;

use super::body::Bodies;
use super::calendar::{MONTHS, Window};
use super::script::{Act, Bind, Phase, Thread};
use super::seeded::Seed;

/// A game: its ratio in basis points, and its sales of a month in 万元.
struct Sold {
    game: &'static str,
    ratio: u16,
    monthly: u64,
}

const GAMES: [Sold; 4] = [
    Sold { game: "双色球", ratio: 3_600, monthly: 1_010 },
    Sold { game: "3D", ratio: 3_400, monthly: 620 },
    Sold { game: "七乐彩", ratio: 3_700, monthly: 110 },
    Sold { game: "即开型", ratio: 2_000, monthly: 1_080 },
];

/// One half, in basis points.
const CENTRAL: u16 = 5_000;

/// The month whose statement of [`SETTLED_GAME`] is corrected.
const SETTLED_MONTH: usize = 2;
const SETTLED_GAME: usize = 1;

/// By how much the sales of that month were stated too low.
const SETTLED_FEN: u64 = 2_460_000;

/// The year of the fund.
#[derive(Debug)]
pub struct Lottery {
    /// What is entered.
    pub phase: Phase,
    /// All sales, as they stand in the end.
    pub sales: Fen,
    /// The fund's part of them.
    pub fund: Fen,
}

/// What sales come to.
fn accrual(sales: Fen, ratio: u16) -> anyhow::Result<Accrual> {
    accrue(sales, ratio, CENTRAL).map_err(|refusal| anyhow::anyhow!("{refusal}"))
}

/// The acts of twelve months.
pub fn lottery(seed: Seed, window: Window, bodies: &Bodies) -> anyhow::Result<Lottery> {
    let mut stream = seed.stream("销售");
    let mut sums = Sums::default();
    let mut threads = vec![unverified_game(window, bodies)?];
    for number in 0..MONTHS {
        let month = Monthly { number, window, bodies };
        threads.push(month.thread(&mut sums, |sold| {
            // 万元, up to a seventh more or less; sales are whole tickets of two yuan.
            let swing = sold.monthly / 7;
            let ten_thousands = stream.between(sold.monthly - swing, sold.monthly + swing);
            let tickets = ten_thousands * 5_000 + stream.between(0, 4_999);
            Ok(Fen::new(tickets * 200)?)
        })?);
    }
    let phase = Phase { name: "福彩销售与上缴 sales and remittance", threads };
    Ok(Lottery { phase, sales: sums.sales, fund: sums.fund })
}

#[derive(Default)]
struct Sums {
    sales: Fen,
    fund: Fen,
}

impl Sums {
    fn add(&mut self, sales: Fen, fund: Fen) {
        self.sales = self.sales.checked_add(sales).unwrap_or(self.sales);
        self.fund = self.fund.checked_add(fund).unwrap_or(self.fund);
    }
}

struct Monthly<'a> {
    number: usize,
    window: Window,
    bodies: &'a Bodies,
}

impl Monthly<'_> {
    /// Statements, the remittance, the local share; in one month a settlement.
    fn thread(
        &self,
        sums: &mut Sums,
        mut sales_of: impl FnMut(&Sold) -> anyhow::Result<Fen>,
    ) -> anyhow::Result<Thread> {
        let Self { number, window, bodies } = *self;
        let (month, centre) = (window.month(number), bodies.centre.code);
        let mut thread = Vec::new();
        let (mut central, mut local, mut settled) = (Fen::ZERO, Fen::ZERO, None);
        for (place, sold) in GAMES.iter().enumerate() {
            let sales = sales_of(sold)?;
            let unclaimed = Fen::new(sales.get() / 400)?;
            let came_to = accrual(sales, sold.ratio)?;
            central = add(central, came_to.central)?;
            local = add(add(local, came_to.local)?, unclaimed)?;
            sums.add(sales, came_to.fund);
            let statement = self.statement(sold.game, month, sales, unclaimed)?;
            if (number, place) == (SETTLED_MONTH, SETTLED_GAME) {
                settled = Some((statement.clone(), came_to, sold.ratio));
            }
            let call = Call::Lottery(lottery::Call::Statement(statement));
            thread.push(Act::two(call, centre).labelled(label(sold.game, month)));
        }
        thread.push(self.remit(central, "")?);
        thread.push(self.hand_over(local)?);
        if let Some((statement, before, ratio)) = settled {
            thread.extend(self.settle(statement, before, ratio, sums)?);
        }
        Ok(thread)
    }

    fn statement(
        &self,
        game: &str,
        period: Month,
        sales: Fen,
        unclaimed_prizes: Fen,
    ) -> anyhow::Result<Statement> {
        let occurred_on = self.window.day(self.number + 1, 8);
        Ok(Statement { game: Game::new(game)?, period, sales, unclaimed_prizes, occurred_on })
    }

    fn remit(&self, amount: Fen, mark: &str) -> anyhow::Result<Act> {
        let period = self.window.month(self.number);
        let remit = Remit {
            period,
            amount,
            reference: Text::new(format!("演示上缴-{period}{mark}"))?,
            occurred_on: self.window.day(self.number + 1, 14),
        };
        Ok(Act::two(Call::Lottery(lottery::Call::Remit(remit)), self.bodies.centre.code))
    }

    fn hand_over(&self, amount: Fen) -> anyhow::Result<Act> {
        let over = HandOver {
            period: self.window.month(self.number),
            to: self.bodies.finance.code,
            amount,
            occurred_on: self.window.day(self.number + 1, 15),
        };
        Ok(Act::two(Call::Lottery(lottery::Call::HandOver(over)), self.bodies.centre.code))
    }

    /// The sales were stated too low: the difference follows (清算).
    fn settle(
        &self,
        statement: Statement,
        before: Accrual,
        ratio: u16,
        sums: &mut Sums,
    ) -> anyhow::Result<Vec<Act>> {
        let more = Fen::new(SETTLED_FEN)?;
        let sales = add(statement.sales, more)?;
        let after = accrual(sales, ratio)?;
        let grown = |after: Fen, before: Fen| after.checked_sub(before).unwrap_or_default();
        sums.add(more, grown(after.fund, before.fund));
        let occurred_on = self.window.day(self.number + 1, 20);
        let named = label(statement.game.as_str(), statement.period);
        let statement = Statement { sales, occurred_on, ..statement };
        let call = lottery::Call::Settle(Settlement { statement, corrects: LogIndex(0) });
        let settle = Act::two(Call::Lottery(call), self.bodies.centre.code);
        let central = grown(after.central, before.central);
        let mut remit = self.remit(central, "-清算")?;
        if let Call::Lottery(lottery::Call::Remit(remit)) = &mut remit.call {
            remit.occurred_on = occurred_on;
        }
        Ok(vec![settle.bound(Bind::Corrects(named)), remit])
    }
}

fn label(game: &str, month: Month) -> String {
    format!("销售 {game} {month}")
}

/// 快乐8's ratio stands in no source at hand, so no chain assumes one: its statement is refused.
fn unverified_game(window: Window, bodies: &Bodies) -> anyhow::Result<Thread> {
    let statement = Statement {
        game: Game::new("快乐8")?,
        period: window.month(0),
        sales: Fen::new(1_000_000)?,
        unclaimed_prizes: Fen::ZERO,
        occurred_on: window.day(1, 8),
    };
    let call = Call::Lottery(lottery::Call::Statement(statement));
    Ok(vec![Act::two(call, bodies.centre.code).refused(Code::ParameterUnknown)])
}

/// The sum of two amounts.
///
/// # Errors
/// If it is out of range.
pub fn add(left: Fen, right: Fen) -> anyhow::Result<Fen> {
    left.checked_add(right).ok_or_else(|| anyhow::anyhow!("{left} and {right} are too much"))
}
