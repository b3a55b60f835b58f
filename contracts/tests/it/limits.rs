//! Limits, to the unit: what is as large as it may be is taken, and what is one larger is not.

use minglian_contracts::call::Call;
use minglian_contracts::context::BlockContext;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::obligation::ObligationName;
use minglian_contracts::envelope::{
    ACT_WEIGHT_MAX, EnvelopeFault, LIFETIME_HEIGHTS_MAX, REFUSED_BYTES, REFUSED_BYTES_MAX,
    RefusedBytes,
};
use minglian_contracts::execute::{BLOCK_TRANSACTION_BYTES_MAX, Run, Unfit};
use minglian_contracts::lottery::accrual;
use minglian_contracts::project::evaluation::{INDICATORS_MAX, Indicator, Measures};
use minglian_contracts::project::{self, Registration};
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_ledger::fen::Fen;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{TRANSACTION_BYTES_MAX, Transaction};

use crate::scenario;
use crate::steps::{alone, checked};
use crate::world::{World, code, secret_key, text};

const REGISTER: &str = "project reference=XM-1 category=老年人福利 unit=home year=2024";

/// A project with so many targets of 10 points; admission does not ask whether they add up.
fn project_with(world: &World, targets: usize) -> Registration {
    let Call::Project(project::Call::Register(plain)) = scenario::call(REGISTER, world) else {
        panic!("{REGISTER}");
    };
    let target = Indicator {
        measures: Measures::Quantity,
        name: text(&"n".repeat(40)),
        target: text(&"t".repeat(40)),
        points_max: 10,
    };
    Registration { indicators: vec![target; targets], ..plain }
}

fn register(registration: Registration) -> Call {
    Call::Project(project::Call::Register(registration))
}

fn length(transaction: &Transaction) -> usize {
    borsh::object_length(transaction).unwrap()
}

/// A transaction of exactly so many bytes, of which `number` tells one from another: targets make
/// it long, and the organisation's reference fills the rest.
fn sized(world: &World, actor: &str, number: usize, bytes: usize) -> Transaction {
    let of = |targets, padding| {
        let reference = format!("{number:03}{}", "-".repeat(padding));
        world.sign_with(actor, &reference, register(project_with(world, targets)).encode())
    };
    let (empty, one) = (length(&of(0, 0)), length(&of(1, 0)));
    let targets = (bytes - empty) / (one - empty);
    let transaction = of(targets, bytes - length(&of(targets, 0)));
    assert_eq!(length(&transaction), bytes);
    transaction
}

#[test]
fn a_transaction_may_be_as_long_as_the_limit_and_no_longer() {
    let world = World::new();
    let longest = sized(&world, "home.maker", 1, TRANSACTION_BYTES_MAX);
    assert_eq!(world.admit(&longest).unwrap().bytes, TRANSACTION_BYTES_MAX as u64);
    for more in [1, 2, 100] {
        let longer = sized(&world, "home.maker", 1, TRANSACTION_BYTES_MAX + more);
        let fault = EnvelopeFault::TooLarge(TRANSACTION_BYTES_MAX + more);
        assert_eq!(world.admit(&longer), Err(fault));
    }
}

#[test]
fn a_transaction_may_live_as_long_as_the_limit_and_no_longer() {
    let world = World::new();
    let call = register(project_with(&world, 0)).encode();
    let until = |heights: u64| {
        let mut body = world.sign_with("home.maker", "1", call.clone()).body;
        body.expires_at = Height(world.next_height().0 + heights);
        Transaction::sign(body, &secret_key("home.maker"))
    };
    assert!(world.admit(&until(LIFETIME_HEIGHTS_MAX)).is_ok());
    let late = Height(world.next_height().0 + LIFETIME_HEIGHTS_MAX + 1);
    let found = world.admit(&until(LIFETIME_HEIGHTS_MAX + 1));
    assert_eq!(found, Err(EnvelopeFault::ExpiresTooLate(late)));
}

/// A publication weighs 120, 60 for each obligation that it meets and 1 for each figure.
#[test]
fn an_act_may_weigh_as_much_as_the_limit_and_no_more() {
    let mut world = World::new();
    let weighing = |world: &mut World, figures: usize| {
        let words = format!("publish index=1{}", " row=元:yuan:1:0".repeat(figures));
        let call = scenario::call(&words, world);
        let Call::Disclosure(disclosure::Call::Publish(mut act)) = call else { panic!("{words}") };
        let name = ObligationName { rule: Text::default(), subject: Text::default(), period: 1 };
        act.meets = vec![name; 831];
        let call = Call::Disclosure(disclosure::Call::Publish(act));
        let transaction = world.sign("home.maker", &call);
        world.admit(&transaction).map(|checked| checked.weight)
    };
    assert_eq!(ACT_WEIGHT_MAX, 120 + 831 * 60 + 20);
    assert_eq!(weighing(&mut world, 20), Ok(ACT_WEIGHT_MAX));
    assert_eq!(weighing(&mut world, 21), Err(EnvelopeFault::TooHeavy(ACT_WEIGHT_MAX + 1)));
}

/// Refused acts fill a block as well as others; those of one organisation are capped, so three
/// take turns.
#[test]
fn a_block_is_filled_to_its_last_byte() {
    let world = World::new();
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let mut run = Run::new(&world.state, &context).unwrap();
    let makers = ["home.maker", "county_civil.maker", "city_civil.maker"];
    let mut left = usize::try_from(BLOCK_TRANSACTION_BYTES_MAX).unwrap();
    let mut number = 0;
    while left > TRANSACTION_BYTES_MAX {
        let full = sized(&world, makers[number % 3], number, TRANSACTION_BYTES_MAX);
        assert!(run.push(&full).unwrap().is_ok(), "{number}");
        left -= TRANSACTION_BYTES_MAX;
        number += 1;
    }
    let maker = makers[number % 3];
    let one_more = sized(&world, maker, number, left + 1);
    assert_eq!(run.push(&one_more).unwrap(), Err(Unfit::Full));
    let last = sized(&world, maker, number, left);
    assert!(run.push(&last).unwrap().is_ok());
    let short = sized(&world, maker, number + 1, 1_000);
    assert_eq!(run.push(&short).unwrap(), Err(Unfit::Full));
}

/// 2 MiB of a day's refused acts stand in its blocks, and not a byte more.
#[test]
fn refused_acts_of_a_day_are_as_many_bytes_as_the_limit_and_no_more() {
    let mut world = World::new();
    let plan = "plan name=甲 from=county_civil/省级/2024/甲 reviewer=county_finance";
    let plan = scenario::call(plan, &world);
    let refused = world.sign("county_civil.maker", &plan);
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let behind = |bytes: u64| {
        let mut state = State::new(&world.state);
        let before = RefusedBytes { date: context.date, bytes };
        REFUSED_BYTES.put(&mut state, &code("county_civil"), &before);
        let mut run = Run::new(&state, &context).unwrap();
        run.push(&refused).unwrap().map(|receipt| receipt.code)
    };
    let most = REFUSED_BYTES_MAX - length(&refused) as u64;
    let code = behind(0).unwrap();
    assert_eq!(behind(most), Ok(code));
    assert_eq!(behind(most + 1), Err(Unfit::RefusedBytes { code }));
}

#[test]
fn a_plan_has_at_most_two_hundred_rows() {
    let mut world = World::new();
    let record = "record to=county_civil/省级/2024/甲 amount=1000元 notice=公告";
    let record = scenario::call(record, &world);
    checked(&mut world, "county_finance", &record).unwrap();
    let plan = |world: &mut World, rows: usize| {
        let words = format!(
            "plan name={rows} from=county_civil/省级/2024/甲 reviewer=county_finance{}",
            " row=home:1元".repeat(rows)
        );
        let plan = scenario::call(&words, world);
        alone(world, "county_civil.maker", &plan).map(|_| ())
    };
    assert_eq!(plan(&mut world, 200), Ok(()));
    assert_eq!(plan(&mut world, 201), Err(Code::PlanMismatch));
}

/// 产出 50, 效益 30 and 满意度 10 points, whatever the number of targets.
#[test]
fn a_project_has_at_most_sixty_four_targets() {
    let mut world = World::new();
    let targets = |world: &World, count: usize| {
        let mut registration = project_with(world, count);
        let [benefit, satisfaction, rest, ..] = &mut registration.indicators[..] else {
            panic!("{count} targets")
        };
        (benefit.measures, benefit.points_max) = (Measures::Benefit, 3_000);
        (satisfaction.measures, satisfaction.points_max) = (Measures::Satisfaction, 1_000);
        rest.points_max = 5_000 - 10 * (u16::try_from(count).unwrap() - 3);
        register(registration)
    };
    assert_eq!(INDICATORS_MAX, 64);
    let too_many = targets(&world, 65);
    let refused = alone(&mut world, "home.maker", &too_many).map(|_| ());
    assert_eq!(refused, Err(Code::IndicatorsInvalid));
    let most = targets(&world, 64);
    assert!(alone(&mut world, "home.maker", &most).is_ok());
}

/// The whole of the sales for the fund, and the whole of the fund for the centre, are still parts.
#[test]
fn a_part_may_be_the_whole_and_not_more() {
    let sales = Fen::new(1_001).unwrap();
    let whole = accrual::accrue(sales, 10_000, 10_000).unwrap();
    assert_eq!((whole.fund, whole.central, whole.local), (sales, sales, Fen::ZERO));
    for (ratio, central) in [(10_001, 5_000), (3_600, 10_001)] {
        let refused = accrual::accrue(sales, ratio, central).unwrap_err();
        assert_eq!(refused.code, Code::ParameterInvalid);
    }
}

/// Who sends an act again learns where the first one stands.
#[test]
fn a_repetition_is_told_where_the_act_stands() {
    let said = |index| EnvelopeFault::Repeated(index).to_string();
    assert!(said(Some(LogIndex(7))).ends_with("already, at position 7"));
    assert!(said(None).ends_with("already"));
}
