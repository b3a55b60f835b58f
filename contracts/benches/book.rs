//! What a payment, a bounced payment and a page of a trace cost, without disk and network.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use minglian_contracts::book::{self, AccountId, Interval, Measure, Origin, Selection};
use minglian_contracts::schema::State;
use minglian_contracts::trace::memory::MovementIndex;
use minglian_contracts::trace::{self, Cursor, Direction};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::MemoryState;
use minglian_ledger::text::Text;

const PAYMENTS: usize = 1_000;
const GIFTS: u64 = 100_000;

fn fen(amount: u64) -> Fen {
    Fen::new(amount).expect("a bench's amount")
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).expect("a bench's text")
}

fn bureau() -> OrganizationCode {
    OrganizationCode::parse("11330100002489559A").expect("a bench's code")
}

fn line() -> AccountId {
    let (holder, measure, fund) = (bureau(), Measure::Quota, text("中央集中福彩公益金"));
    AccountId::Line {
        holder, measure, fund, year: 2024, line: text("财社〔2024〕51号 第12行")
    }
}

fn payment(number: usize) -> AccountId {
    AccountId::Payment { organization: bureau(), reference: text(&format!("凭证-{number:06}")) }
}

fn gift() -> Origin {
    let occurred_on = Date::new(2024, 5, 1).expect("a bench's date");
    Origin::Donation { reference: text("收据"), donor: None, occurred_on }
}

fn pay(state: &mut State<'_>, number: usize) {
    let selection = Selection::FirstInFirstOut;
    let paid = book::transfer(state, &line(), &payment(number), fen(25_000), selection);
    black_box(paid.expect("a bench's payment"));
}

fn acts(criterion: &mut Criterion) {
    let reader = MemoryState::new();
    let funded = || {
        let mut state = State::new(&reader);
        book::receive(&mut state, gift(), &line(), fen(1 << 40)).expect("a bench's money");
        state
    };
    criterion.bench_function("book::transfer/payments=1000", |bencher| {
        bencher.iter_batched(
            funded,
            |mut state| (0..PAYMENTS).for_each(|number| pay(&mut state, number)),
            BatchSize::LargeInput,
        );
    });
    criterion.bench_function("book::return_payment/payments=1000", |bencher| {
        let paid = || {
            let mut state = funded();
            (0..PAYMENTS).for_each(|number| pay(&mut state, number));
            state
        };
        let bounce = |mut state: State<'_>| {
            for number in 0..PAYMENTS {
                let returned = book::return_payment(&mut state, &payment(number), fen(25_000));
                black_box(returned.expect("a bench's return"));
            }
        };
        bencher.iter_batched(paid, bounce, BatchSize::LargeInput);
    });
}

fn traces(criterion: &mut Criterion) {
    let reader = MemoryState::new();
    let mut state = State::new(&reader);
    let mut index = MovementIndex::new();
    for _ in 0..GIFTS {
        let gift = book::receive(&mut state, gift(), &line(), fen(10_000));
        index.insert(gift.expect("a bench's gift"));
    }
    let all = fen(GIFTS * 10_000);
    let selection = Selection::FirstInFirstOut;
    let paid = book::transfer(&mut state, &line(), &payment(0), all, selection);
    paid.expect("a bench's payment").into_iter().for_each(|movement| index.insert(movement));
    let interval = Interval::new(0, all.get()).expect("a bench's interval");
    criterion.bench_function("trace::trace/gifts=100000,entries=100", |bencher| {
        bencher.iter(|| {
            let cursor = Cursor::new(payment(0), interval, Direction::Up);
            trace::trace(&index, cursor, 100).expect("a bench's trace")
        });
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    acts(&mut criterion);
    traces(&mut criterion);
    criterion.final_summary();
}
