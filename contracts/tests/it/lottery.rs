//! Sales statements: what becomes of ticket sales, to the fen.

use minglian_contracts::book::Basis;
use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::lottery::accrual::{self, Accrual};
use minglian_contracts::lottery::published::{self, Agreement, Printed};
use minglian_contracts::lottery::remittance::{HandOver, Remit, TakeBack};
use minglian_contracts::lottery::statement::{Settlement, Statement};
use minglian_contracts::lottery::{self, STATEMENTS, Side};
use minglian_contracts::refusal::Code;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::genesis::GenesisParameter;
use minglian_ledger::height::LogIndex;
use proptest::prelude::*;

use crate::steps::{alone, balance, checked, yuan};
use crate::world::{World, code, genesis, text};

/// Published: sales and fund of all games of a type in Sichuan in 2017, in 万元.
const SICHUAN_2017: &str = include_str!("../../../testnet/data/game_ratios_sichuan_2017.csv");

fn statement(game: &str, period: &str, sales: Fen, unclaimed: Fen, day: &str) -> Statement {
    Statement {
        game: text(game),
        period: period.parse().unwrap(),
        sales,
        unclaimed_prizes: unclaimed,
        occurred_on: day.parse().unwrap(),
    }
}

fn state(statement: Statement) -> Call {
    Call::Lottery(lottery::Call::Statement(statement))
}

/// A statement of 双色球 for March 2024 on 9 April.
fn march(sales: &str, unclaimed: &str) -> Statement {
    statement("双色球", "2024-03", yuan(sales), yuan(unclaimed), "2024-04-09")
}

fn world_on(day: &str) -> World {
    let mut world = World::new();
    world.date = day.parse().unwrap();
    world
}

fn held(world: &World, side: Side) -> Fen {
    balance(world, &side.account(code("lottery"), "2024-03".parse().unwrap()))
}

fn newest(world: &World) -> LogIndex {
    let key = (code("lottery"), "2024-03".parse().unwrap(), text("双色球"));
    STATEMENTS.get(&world.state, &key).unwrap().unwrap().newest
}

fn settle(world: &World, statement: Statement) -> Call {
    Call::Lottery(lottery::Call::Settle(Settlement { statement, corrects: newest(world) }))
}

fn remit(amount: &str, reference: &str) -> Call {
    Call::Lottery(lottery::Call::Remit(Remit {
        period: "2024-03".parse().unwrap(),
        amount: yuan(amount),
        reference: text(reference),
        occurred_on: "2024-04-15".parse().unwrap(),
    }))
}

/// What a statement's receipt says of the fund.
fn stated(events: &[Event]) -> Option<Accrual> {
    events.iter().find_map(|event| match event {
        Event::Lottery(lottery::Event::Stated { accrual, .. }) => Some(*accrual),
        _ => None,
    })
}

#[test]
fn the_fund_is_sales_times_ratio_and_splits_in_halves() {
    // sales in fen, ratio → fund, what rounding leaves in ten-thousandths of a fen, central, local
    let cases = [
        (200, 3_600, 72, 0, 36, 36),
        (1_000, 2_000, 200, 0, 100, 100),
        (1, 3_600, 0, 3_600, 0, 0),
        (3, 3_600, 1, 800, 1, 0),
        (250, 3_400, 85, 0, 43, 42),
        (
            9_007_199_254_740_991,
            3_700,
            3_332_663_724_254_166,
            6_700,
            1_666_331_862_127_083,
            1_666_331_862_127_083,
        ),
    ];
    for (sales, ratio, fund, remainder, central, local) in cases {
        let fen = |fen| Fen::new(fen).unwrap();
        let accrual = accrual::accrue(fen(sales), ratio, 5_000).unwrap();
        assert_eq!(
            accrual,
            Accrual {
                sales: fen(sales),
                ratio_basis_points: ratio,
                fund: fen(fund),
                remainder,
                central: fen(central),
                local: fen(local),
            }
        );
    }
    let refused = accrual::accrue(Fen::ZERO, 10_001, 5_000).unwrap_err();
    assert_eq!(refused.code, Code::ParameterInvalid);
}

proptest! {
    #[test]
    fn no_fen_is_made_or_lost_by_rounding(sales in 0..=Fen::MAX.get(), ratio in 0_u16..=10_000) {
        let accrual = accrual::accrue(Fen::new(sales).unwrap(), ratio, 5_000).unwrap();
        let exact = u128::from(sales) * u128::from(ratio);
        let fund = u128::from(accrual.fund.get());
        prop_assert_eq!(fund * 10_000 + u128::from(accrual.remainder), exact);
        prop_assert!(accrual.remainder < 10_000);
        prop_assert_eq!(accrual.central.checked_add(accrual.local), Some(accrual.fund));
        prop_assert!(accrual.central.get() - accrual.local.get() <= 1);
    }
}

#[test]
fn a_year_of_sichuan_agrees_with_the_published_fund_to_its_printed_precision() {
    let mut world = world_on("2024-04-09");
    for row in SICHUAN_2017.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let known = ["七乐彩", "双色球", "3D", "快速开奖类"];
        let game = known.into_iter().find(|game| fields[0].split('、').any(|it| it == *game));
        let game = game.unwrap();
        let wan = |index: usize| Fen::parse_published(fields[index], Unit::TenThousandYuan);
        let (sales, product) = (wan(3).unwrap(), wan(5).unwrap());
        let call = state(statement(game, "2017-12", sales, Fen::ZERO, "2018-01-10"));
        let events = checked(&mut world, "lottery", &call).unwrap();
        let Some(accrual) = stated(&events) else { panic!("{events:?}") };
        assert_eq!(accrual.ratio_basis_points, fields[2].parse::<u16>().unwrap() * 100, "{game}");
        assert_eq!(accrual.fund, product, "{game}");
        let printed = |index: usize| Printed::parse(fields[index], Unit::TenThousandYuan).unwrap();
        let ratio = accrual.ratio_basis_points;
        let agreement = published::compare_fund(printed(3), ratio, printed(4));
        assert_eq!(agreement, Agreement::WithinPrecision, "{game}");
        assert_ne!(printed(4).compare(product), Agreement::Contradiction, "{game}");
        // By the ratio of the next game the figures contradict one another.
        let other = published::compare_fund(printed(3), ratio - 100, printed(4));
        assert_eq!(other, Agreement::Contradiction, "{game}");
    }
}

#[test]
fn unclaimed_prizes_stay_local() {
    let mut world = world_on("2024-04-09");
    let events = checked(&mut world, "lottery", &state(march("100000.02", "321.50"))).unwrap();
    // 36000.0072 yuan of fund: 3600000 fen, 72 hundredths of a fen stay in the prize pool.
    let accrual = stated(&events).unwrap();
    assert_eq!((accrual.fund, accrual.remainder), (yuan("36000"), 7_200));
    assert_eq!(held(&world, Side::Central), yuan("18000"));
    assert_eq!(held(&world, Side::Local), yuan("18321.50"));
    // The ratio, the floor, the central share, and the day by which the statement is due.
    let judged = events.iter().filter(|event| matches!(event, Event::Judged(_))).count();
    assert_eq!(judged, 4);
}

#[test]
fn statements_that_are_refused() {
    let mut genesis = genesis();
    genesis.parameters.push(GenesisParameter {
        key: text("lottery.fund_ratio.试点游戏"),
        value: 1_900,
        unit: text("basis_points"),
        effective_from: "2016-01-01".parse().unwrap(),
        effective_to: None,
        article: text("试点"),
        approved_by: text("创世"),
    });
    let mut world = World::from_genesis(&genesis);
    world.date = "2024-04-09".parse().unwrap();
    checked(&mut world, "lottery", &state(march("100", "0"))).unwrap();
    let of = |game, period, day| statement(game, period, yuan("100"), Fen::ZERO, day);
    let cases = [
        ("stated already", of("双色球", "2024-03", "2024-04-09"), Code::SalesStated),
        ("on the month's last day", of("3D", "2024-03", "2024-03-31"), Code::PeriodOpen),
        ("tomorrow", of("3D", "2024-03", "2024-04-10"), Code::FutureDate),
        ("an unknown game", of("快乐8", "2024-03", "2024-04-09"), Code::ParameterUnknown),
        ("a withdrawn game", of("快速开奖类", "2022-01", "2024-04-09"), Code::ParameterUnknown),
        ("below the floor", of("试点游戏", "2024-03", "2024-04-09"), Code::RatioBelowFloor),
    ];
    for (case, statement, code) in cases {
        assert_eq!(checked(&mut world, "lottery", &state(statement)), Err(code), "{case}");
    }
    let other_kind = alone(&mut world, "city_civil.maker", &state(march("100", "0")));
    assert_eq!(other_kind, Err(Code::WrongKind));
    // Until the end of 2021 the fast games had a ratio; a month without sales is a statement too.
    let fast = of("快速开奖类", "2021-12", "2024-04-09");
    checked(&mut world, "lottery", &state(fast)).unwrap();
    let nothing = statement("3D", "2024-03", Fen::ZERO, Fen::ZERO, "2024-04-09");
    checked(&mut world, "lottery", &state(nothing)).unwrap();
}

#[test]
fn a_settlement_names_the_statement_and_moves_the_difference_only() {
    let mut world = world_on("2024-05-20");
    checked(&mut world, "lottery", &state(march("1000", "50"))).unwrap();
    let unknown = Statement { game: text("3D"), ..march("1000", "50") };
    let unknown = settle(&world, unknown);
    assert_eq!(checked(&mut world, "lottery", &unknown), Err(Code::SalesUnknown));
    let same = settle(&world, march("1000", "50"));
    assert_eq!(checked(&mut world, "lottery", &same), Err(Code::SettlementEmpty));

    let mut more = march("1100", "50");
    more.occurred_on = "2024-05-10".parse().unwrap();
    let stale = settle(&world, march("1200", "50"));
    let more = settle(&world, more);
    checked(&mut world, "lottery", &more).unwrap();
    assert_eq!(held(&world, Side::Central), yuan("198"));
    assert_eq!(held(&world, Side::Local), yuan("248"));
    assert_eq!(checked(&mut world, "lottery", &stale), Err(Code::SettlementStale));
    let early = settle(&world, march("1200", "50"));
    assert_eq!(checked(&mut world, "lottery", &early), Err(Code::DateOrder));

    let mut less = march("900", "30");
    less.occurred_on = "2024-05-20".parse().unwrap();
    let less = settle(&world, less);
    let events = checked(&mut world, "lottery", &less).unwrap();
    assert_eq!(held(&world, Side::Central), yuan("162"));
    assert_eq!(held(&world, Side::Local), yuan("192"));
    let Some(Event::Lottery(lottery::Event::Settled { added, withdrawn, .. })) = events.last()
    else {
        panic!("{events:?}")
    };
    assert_eq!((*added, *withdrawn), (Fen::ZERO, yuan("92")));
}

#[test]
fn remitted_money_must_come_back_before_it_can_be_corrected_away() {
    let mut world = world_on("2024-05-20");
    checked(&mut world, "lottery", &state(march("1000", "0"))).unwrap();
    let too_much = remit("180.01", "缴库1");
    assert_eq!(checked(&mut world, "lottery", &too_much), Err(Code::BalanceShort));
    checked(&mut world, "lottery", &remit("180", "缴库1")).unwrap();
    assert_eq!(held(&world, Side::Central), Fen::ZERO);
    assert_eq!(checked(&mut world, "lottery", &remit("1", "")), Err(Code::ReferenceMissing));

    let less = settle(&world, march("900", "0"));
    assert_eq!(checked(&mut world, "lottery", &less), Err(Code::BalanceShort));
    let back = |reference, amount| {
        Call::Lottery(lottery::Call::TakeBack(TakeBack {
            reference: text(reference),
            amount: yuan(amount),
            occurred_on: "2024-05-20".parse().unwrap(),
        }))
    };
    let unknown = checked(&mut world, "lottery", &back("缴库2", "18"));
    assert_eq!(unknown, Err(Code::RemittanceUnknown));
    let too_much = checked(&mut world, "lottery", &back("缴库1", "181"));
    assert_eq!(too_much, Err(Code::BalanceShort));
    checked(&mut world, "lottery", &back("缴库1", "18")).unwrap();
    checked(&mut world, "lottery", &less).unwrap();
    assert_eq!(held(&world, Side::Central), Fen::ZERO);
    assert_eq!(held(&world, Side::Local), yuan("162"));
}

#[test]
fn the_local_share_goes_to_finance() {
    let mut world = world_on("2024-05-20");
    checked(&mut world, "lottery", &state(march("1000", "20"))).unwrap();
    let over = |to| {
        Call::Lottery(lottery::Call::HandOver(HandOver {
            period: "2024-03".parse().unwrap(),
            to: code(to),
            amount: yuan("200"),
            occurred_on: "2024-04-15".parse().unwrap(),
        }))
    };
    let refused = checked(&mut world, "lottery", &over("city_civil"));
    assert_eq!(refused, Err(Code::RecipientNotFinance));
    checked(&mut world, "lottery", &over("city_finance")).unwrap();
    let account = Side::Local.account(code("city_finance"), "2024-03".parse().unwrap());
    assert_eq!(balance(&world, &account), yuan("200"));
    assert_eq!(held(&world, Side::Local), Fen::ZERO);
}

/// What a statement brought too much is taken out of its own money, not out of the first that came:
/// that is another game's. 双色球 leaves the centre one fen more than the province, so that 3D
/// begins at other positions on either side.
#[test]
fn a_settlement_takes_back_the_statements_own_fen() {
    let fen = |fen| Fen::new(fen).unwrap();
    let mut world = world_on("2024-05-20");
    checked(&mut world, "lottery", &state(Statement { sales: fen(253), ..march("1", "0") }))
        .unwrap();
    let of_3d = |sales| Statement { game: text("3D"), ..march(sales, "0") };
    checked(&mut world, "lottery", &state(of_3d("1000"))).unwrap();
    let key = (code("lottery"), "2024-03".parse().unwrap(), text("3D"));
    let stated = STATEMENTS.get(&world.state, &key).unwrap().unwrap();
    assert_eq!(stated.inflows, [(Side::Central, 46), (Side::Local, 45)]);
    let settlement = Settlement { statement: of_3d("900"), corrects: stated.newest };
    let call = Call::Lottery(lottery::Call::Settle(settlement));
    let events = checked(&mut world, "lottery", &call).unwrap();
    let taken: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Movement(moved) => Some((moved.basis, moved.from_intervals[0].start())),
            _ => None,
        })
        .collect();
    assert_eq!(taken, [(Basis::Designated, 46), (Basis::Designated, 45)]);
}

/// Three parts that add up to the whole are still one too few: money would be printed as another
/// user's.
#[test]
fn the_central_share_has_parts_of_all_users_or_of_none() {
    let mut genesis = genesis();
    // 民政部's part does not hold yet, 社会保障基金 gets it as well.
    for (user, value, from) in
        [("民政部", 500, "2099-01-01"), ("全国社会保障基金", 6_500, "2008-01-01")]
    {
        genesis.parameters.push(GenesisParameter {
            key: text(&format!("lottery.central_part.{user}")),
            value,
            unit: text("basis_points"),
            effective_from: from.parse().unwrap(),
            effective_to: None,
            article: text("测试"),
            approved_by: text("创世"),
        });
    }
    let mut world = World::from_genesis(&genesis);
    world.date = "2024-05-20".parse().unwrap();
    checked(&mut world, "lottery", &state(march("1000", "0"))).unwrap();
    let refused = checked(&mut world, "lottery", &remit("180", "缴库1"));
    assert_eq!(refused, Err(Code::ParameterInvalid));
}
