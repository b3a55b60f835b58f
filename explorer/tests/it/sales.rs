//! What a lottery centre states, settles and remits on a test chain.

use minglian_contracts::call::Call;
use minglian_contracts::lottery::remittance::{Remit, TakeBack};
use minglian_contracts::lottery::statement::{Settlement, Statement};
use minglian_contracts::lottery::{self, STATEMENTS};
use minglian_ledger::fen::{Fen, Unit};

use crate::chain::{Chain, code, text};
use crate::story::day;

/// The day of all acts.
const DAY: &str = "2026-06-10";

fn wan(amount: &str) -> Fen {
    Fen::parse_published(amount, Unit::TenThousandYuan).unwrap()
}

fn statement(game: &str, period: &str, sales: &str, unclaimed: &str) -> Statement {
    Statement {
        game: text(game),
        period: period.parse().unwrap(),
        sales: wan(sales),
        unclaimed_prizes: wan(unclaimed),
        occurred_on: day(DAY),
    }
}

pub fn remit(period: &str, amount: Fen, reference: &str) -> Call {
    Call::Lottery(lottery::Call::Remit(Remit {
        period: period.parse().unwrap(),
        amount,
        reference: text(reference),
        occurred_on: day(DAY),
    }))
}

/// March: 双色球 1000, 3D 500, settled to 600, 2 unclaimed; 282 due and remitted, 3 of them returned.
/// April: 双色球 2000; 360 due, 100 remitted. All in 万元.
pub fn told() -> Chain {
    let mut chain = Chain::new();
    tell(&mut chain);
    chain
}

/// Lets it happen on a chain whose time is no later.
pub fn tell(chain: &mut Chain) {
    chain.wait_until(DAY);
    for (game, period, sales, unclaimed) in [
        ("双色球", "2026-03", "1000", "2"),
        ("3D", "2026-03", "500", "0"),
        ("双色球", "2026-04", "2000", "0"),
    ] {
        let statement = statement(game, period, sales, unclaimed);
        let call = Call::Lottery(lottery::Call::Statement(statement));
        assert_eq!(chain.act("lottery", &call, &["checker"]), 0, "{game} {period}");
    }
    let key = (code("lottery"), "2026-03".parse().unwrap(), text("3D"));
    let corrects = STATEMENTS.get(&chain.state, &key).unwrap().unwrap().newest;
    let statement = statement("3D", "2026-03", "600", "0");
    let settle = lottery::Call::Settle(Settlement { statement, corrects });
    assert_eq!(chain.act("lottery", &Call::Lottery(settle), &["checker"]), 0);
    for (period, amount, reference) in
        [("2026-03", "200", "缴1"), ("2026-03", "82", "缴<2>"), ("2026-04", "100", "缴3")]
    {
        let call = remit(period, wan(amount), reference);
        assert_eq!(chain.act("lottery", &call, &["checker"]), 0, "{reference}");
    }
    let back = TakeBack { reference: text("缴1"), amount: wan("3"), occurred_on: day(DAY) };
    let back = Call::Lottery(lottery::Call::TakeBack(back));
    assert_eq!(chain.act("lottery", &back, &["checker"]), 0);
}
