//! What the book says of figures that a notice prints: 筹集, 上缴, 受益人数.

use minglian_contracts::allocation::Category;
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::report::contradiction::Derived;
use minglian_contracts::report::declared::declared;
use minglian_contracts::report::derived::Book;
use minglian_contracts::report::printed::{
    Figure, FigureMeasure, FigureSubject, FigureUnit, FundOfHolder, GameOfCentre,
};

use super::log::{as_of, column};
use super::{county, go};
use crate::gift_acts::{self, CHARITY};
use crate::scenario;
use crate::world::{World, code, text};
use minglian_ledger::division::Division;

pub fn figure(measure: FigureMeasure, subject: FigureSubject, year: Option<u16>) -> Figure {
    Figure {
        label: text("数"),
        subject,
        category: None,
        measure,
        year,
        mantissa: 0,
        decimals: 0,
        unit: FigureUnit::Yuan,
    }
}

pub fn value(world: &World, figure: &Figure) -> Option<i128> {
    match Book::new(&world.state).derive(figure).unwrap() {
        Some(Derived::Value(value) | Derived::Declared(value)) => Some(value),
        None => None,
        Some(share) => panic!("{share:?}"),
    }
}

fn of_centre(world: &World, measure: FigureMeasure, year: u16) -> Option<i128> {
    let subject = FigureSubject::Organization(code("lottery"));
    value(world, &figure(measure, subject, Some(year)))
}

#[test]
fn raised_and_remitted_follow_from_statements_settlements_and_remittances() {
    use FigureMeasure::{Raised, Remitted};
    let mut world = World::new();
    world.date = "2024-04-09".parse().unwrap();
    go(
        &mut world,
        &[
            "lottery sales game=双色球 period=2024-02 sales=50万元",
            "lottery sales game=双色球 period=2024-03 sales=100万元 unclaimed=2万元",
            "lottery remit period=2024-03 amount=18万元 reference=缴1",
        ],
    );
    // 36 % of 150, and 2 of unclaimed prizes; half of 36 % of 100.
    assert_eq!(of_centre(&world, Raised, 2024), Some(56_000_000));
    assert_eq!(of_centre(&world, Remitted, 2024), Some(18_000_000));
    // The treasury returns some of it, because less was sold; the year is that of the sales.
    world.date = "2025-01-09".parse().unwrap();
    go(&mut world, &["lottery treasury_returns reference=缴1 amount=1万元"]);
    assert_eq!(of_centre(&world, Remitted, 2024), Some(17_000_000));
    let newest = {
        use minglian_contracts::lottery::STATEMENTS;
        let key = (code("lottery"), "2024-03".parse().unwrap(), text("双色球"));
        STATEMENTS.get(&world.state, &key).unwrap().unwrap().newest
    };
    go(
        &mut world,
        &[&format!(
            "lottery settle game=双色球 period=2024-03 sales=95万元 unclaimed=2万元 corrects={newest}"
        )],
    );
    assert_eq!(of_centre(&world, Raised, 2024), Some(54_200_000));
    assert_eq!(of_centre(&world, Remitted, 2024), Some(17_000_000));
    // Nothing was stated of another year, of another organisation, or without a year.
    assert_eq!(of_centre(&world, Raised, 2025), None);
    let other = FigureSubject::Organization(code("city_finance"));
    assert_eq!(value(&world, &figure(Raised, other, Some(2024))), None);
    let all = FigureSubject::Organization(code("lottery"));
    assert_eq!(value(&world, &figure(Raised, all, None)), None);
}

/// Charity acts in a scenario's words.
fn give(world: &mut World, acts: &[&str]) {
    for words in acts {
        let call = scenario::charity_call(words, world.date);
        let transactions = gift_acts::signed(world, CHARITY, &call);
        gift_acts::all_applied(world, transactions);
    }
}

#[test]
fn beneficiaries_are_those_of_payments_whose_use_is_shown() {
    use FigureMeasure::{Beneficiaries, Expenditure, Income, Spent};
    let mut world = World::new();
    gift_acts::set_up(&mut world);
    let year = world.date.year();
    let of = |fund: &str| match fund {
        "" => FigureSubject::Organization(code(CHARITY)),
        fund => FigureSubject::CharityFund(FundName { host: code(CHARITY), fund: text(fund) }),
    };
    let helped =
        |world: &World, fund: &str, year| value(world, &figure(Beneficiaries, of(fund), year));
    give(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=20元",
            "disburse fund=本级 under=助餐 reference=付1 amount=4元 to=home",
            "disburse fund=本级 under=助餐 reference=付2 amount=5元 to=home",
            "show_use payment=付1",
        ],
    );
    assert_eq!(helped(&world, "", Some(year)), Some(12));
    assert_eq!(helped(&world, "本级", None), Some(12));
    assert_eq!(helped(&world, "南湖", Some(year)), None, "nothing is known of it");
    give(&mut world, &["show_use payment=付2", "show_use payment=付2"]);
    assert_eq!(helped(&world, "", Some(year)), Some(24), "shown again, not counted again");
    give(&mut world, &["bounced payment=付2 amount=5元"]);
    assert_eq!(helped(&world, "", Some(year)), Some(12));
    let sum = |measure| value(&world, &figure(measure, of(""), Some(year)));
    assert_eq!((sum(Income), sum(Expenditure)), (Some(2_000), Some(400)));
    assert_eq!(sum(Spent), Some(400), "支出 is that too");
    assert_eq!(sum(FigureMeasure::ManagementCost), Some(0));
}

#[test]
fn declared_beneficiaries_add_up_only_if_they_count_the_same() {
    let mut world = World::new();
    gift_acts::set_up(&mut world);
    let helped = |world: &World| {
        let subject = FigureSubject::Organization(code(CHARITY));
        value(world, &figure(FigureMeasure::Beneficiaries, subject, Some(2021)))
    };
    let line = "declare_line year=2021 notice=公告 side=expenditure amount=1元";
    assert_eq!(helped(&world), None);
    for (reference, many) in [("1", "7/人次"), ("2", "5/人次")] {
        give(&mut world, &[&format!("{line} reference={reference} subject=助 helped={many}")]);
    }
    assert_eq!(helped(&world), Some(12));
    give(&mut world, &[&format!("{line} reference=3 subject=助 helped=2/家次")]);
    assert_eq!(helped(&world), None);
}

/// Notices print sales and fund of each game rounded to 0.01 万元, as Sichuan's of 2017
/// (`testnet/data/game_ratios_sichuan_2017.csv`): 双色球 at 36 %.
#[test]
fn the_fund_of_a_game_is_compared_with_the_printed_sales_within_their_precision() {
    use FigureMeasure::{Fund, Sales};
    let mut world = World::new();
    let game = |game: &str| {
        FigureSubject::Game(GameOfCentre { centre: code("lottery"), game: text(game) })
    };
    let printed = |measure, mantissa, year| Figure {
        mantissa,
        decimals: 2,
        unit: FigureUnit::TenThousandYuan,
        ..figure(measure, game("双色球"), Some(year))
    };
    let verdicts = |world: &World, figures: &[Figure]| {
        let report = declared(&world.state, figures, as_of(world)).unwrap();
        (column(&report, "verdict"), column(&report, "derived_from"), column(&report, "chinese"))
    };
    // 100.01 万元 at 36 % are 36.0036: what is printed as 36.00 agrees, 36.02 does not.
    for (fund, verdict) in [(3_600, "agrees"), (3_601, "agrees"), (3_602, "differs")] {
        let figures = [printed(Sales, 10_001, 2024), printed(Fund, fund, 2024)];
        let (found, from, said) = verdicts(&world, &figures);
        assert_eq!(found, ["not_derivable", verdict], "{fund}");
        assert_eq!(from, ["null", "game_ratio"]);
        assert_eq!(said[1].contains("36.00%"), verdict == "differs", "{said:?}");
    }
    let alone = verdicts(&world, &[printed(Fund, 3_600, 2024)]);
    assert_eq!(alone.0, ["not_derivable"], "no sales are printed");
    let unknown = figure(Fund, game("无"), Some(2024));
    assert_eq!(Book::new(&world.state).derive(&unknown).unwrap(), None, "no such ratio");
    // What the centre has stated goes before what the notice prints.
    world.date = "2024-04-09".parse().unwrap();
    go(
        &mut world,
        &[
            "lottery sales game=双色球 period=2024-02 sales=50万元 unclaimed=3万元",
            "lottery sales game=双色球 period=2024-03 sales=50.01万元",
            "lottery sales game=3D period=2024-03 sales=9万元",
        ],
    );
    let figures = [printed(Sales, 10_001, 2024), printed(Fund, 3_601, 2024)];
    let (found, from, _) = verdicts(&world, &figures);
    assert_eq!(found, ["agrees", "differs"]);
    assert_eq!(from, ["book", "book"]);
    assert_eq!(value(&world, &figures[0]), Some(100_010_000));
    assert_eq!(value(&world, &figures[1]), Some(36_003_600));
}

/// 岱山 printed 1,362.70 万元 of income and 1,320.44 of expenditure in 2021; its books of that year
/// are not on the ledger, the lines of its notice are (`testnet/data/daishan_charity_2021.csv`).
#[test]
fn a_year_of_which_only_a_notice_is_known_is_what_its_lines_declare() {
    use FigureMeasure::{Expenditure, Income, ManagementCost, Spent};
    let mut world = World::new();
    gift_acts::set_up(&mut world);
    let subject = || FigureSubject::Organization(code(CHARITY));
    let of = |world: &World, measure, year| {
        Book::new(&world.state).derive(&figure(measure, subject(), Some(year))).unwrap()
    };
    assert_eq!(of(&world, Income, 2021), None);
    let line = "declare_line year=2021 notice=公告 subject=甲";
    give(
        &mut world,
        &[
            &format!("{line} side=income reference=1 amount=1000.5万元"),
            &format!("{line} side=income reference=2 amount=362.2万元"),
            &format!("{line} side=expenditure reference=3 amount=1320.44万元"),
        ],
    );
    assert_eq!(of(&world, Income, 2021), Some(Derived::Declared(1_362_700_000)));
    assert_eq!(of(&world, Expenditure, 2021), Some(Derived::Declared(1_320_440_000)));
    assert_eq!(of(&world, Spent, 2021), Some(Derived::Declared(1_320_440_000)), "支出 is that too");
    assert_eq!(of(&world, ManagementCost, 2021), None, "no line says what it counts as");
    let printed = |measure, mantissa| Figure {
        mantissa,
        decimals: 2,
        unit: FigureUnit::TenThousandYuan,
        ..figure(measure, subject(), Some(2021))
    };
    let figures =
        [printed(Income, 136_270), printed(Expenditure, 132_044), printed(Income, 136_271)];
    let report = declared(&world.state, &figures, as_of(&world)).unwrap();
    assert_eq!(column(&report, "verdict"), ["agrees", "agrees", "differs"]);
    assert_eq!(column(&report, "derived_from"), ["declared_lines"; 3]);
    // Once the year's books are kept, they are what counts.
    let year = world.date.year();
    give(
        &mut world,
        &[
            "donate reference=捐1 fund=本级 amount=20元",
            &format!(
                "declare_line year={year} notice=公告 subject=甲 side=income reference=4 \
                 amount=9元"
            ),
        ],
    );
    assert_eq!(of(&world, Income, year), Some(Derived::Value(2_000)));
}

#[test]
fn figures_of_lines_are_what_the_lines_come_to() {
    use FigureMeasure::{Allocated, Balance, Carried, ExecutionRate, Received, Spent};
    let world = county();
    let of = |measure, subject: &FigureSubject, year| {
        value(&world, &figure(measure, subject.clone(), year))
    };
    let (civil, home) = (code("county_civil"), code("home"));
    let whole = FigureSubject::Division(Division::new(341122).unwrap());
    let (civil, home) = (FigureSubject::Organization(civil), FigureSubject::Organization(home));
    let fund = FundOfHolder { holder: code("home"), fund: text("中央") };
    let line = FigureSubject::Line(scenario::line_name("home/中央/2024/甲"));
    for (measure, of_whole, of_civil, of_home) in [
        // What one passed to the other came into the county once.
        (Received, 108, 108, 108),
        (Allocated, 108, 108, 0),
        (Spent, 102, 0, 102),
        (Carried, 6, 0, 6),
        (Balance, 0, 0, 0),
    ] {
        let wan = |amount: i128| Some(amount * 1_000_000);
        assert_eq!(of(measure, &whole, Some(2024)), wan(of_whole), "{measure:?}");
        assert_eq!(of(measure, &civil, Some(2024)), wan(of_civil), "{measure:?}");
        assert_eq!(of(measure, &home, Some(2024)), wan(of_home), "{measure:?}");
        let fund = FigureSubject::Fund(fund.clone());
        assert_eq!(of(measure, &fund, Some(2024)), wan(of_home), "{measure:?}");
        // What a line got is arranged for it, also when it came from another holder.
        let of_line = if measure == Allocated { of_whole } else { of_home };
        assert_eq!(of(measure, &line, None), wan(of_line), "{measure:?}");
    }
    // The line of the next year holds what was carried, which is not received again.
    assert_eq!(of(Balance, &home, Some(2025)), Some(6_000_000));
    assert_eq!(of(Balance, &home, None), Some(6_000_000));
    assert_eq!(of(Received, &home, Some(2025)), Some(0));
    assert_eq!(of(Spent, &home, Some(2023)), None, "there is no such line");
    let rate = |subject: &FigureSubject| {
        Book::new(&world.state).derive(&figure(ExecutionRate, subject.clone(), Some(2024))).unwrap()
    };
    let share = |part, whole| Some(Derived::Share { part, whole });
    assert_eq!(rate(&whole), share(102_000_000, 108_000_000));
    assert_eq!(rate(&civil), share(0, 108_000_000));
    assert_eq!(rate(&home), None, "it passed nothing on");
    assert_eq!(rate(&line), share(102_000_000, 108_000_000));
    assert_eq!(of(Spent, &FigureSubject::Campaign(text("甲")), Some(2024)), None);
}

/// What a holder passes from one of its lines to another is arranged for the other.
#[test]
fn a_line_that_its_own_holder_filled_is_what_it_got() {
    let mut world = county();
    world.date = "2025-01-10".parse().unwrap();
    let within = "from=home/中央/2025/甲 to=home/中央/2025/乙 amount=2万元 notice=公示";
    go(&mut world, &[&format!("home allocate {within}")]);
    let arranged = |line: &str| {
        let subject = FigureSubject::Line(scenario::line_name(line));
        value(&world, &figure(FigureMeasure::Allocated, subject, None))
    };
    assert_eq!(arranged("home/中央/2025/乙"), Some(2_000_000));
}

#[test]
fn figures_of_a_project_and_of_a_category_leave_out_other_lines() {
    use FigureMeasure::{Allocated, ProjectCount, Received, Spent};
    let mut world = county();
    world.date = "2024-12-31".parse().unwrap();
    let to = |line: &str| format!("county_finance record to=county_civil/省级/2024/{line}");
    go(
        &mut world,
        &[
            "city_civil project reference=睦邻点 category=老年人福利 unit=home year=2024",
            &format!("{} amount=10万元 category=老年人福利 notice=公告", to("乙")),
            &format!("{} amount=7万元 category=儿童福利 notice=公告", to("丙")),
            "county_civil allocate from=county_civil/省级/2024/乙 to=home/省级/2024/乙 \
             amount=9万元 category=老年人福利 project=睦邻点 notice=公示",
            "home receive line=home/省级/2024/乙",
            "home instruct from=home/省级/2024/乙 reference=凭证3 amount=4万元 to=city_civil",
        ],
    );
    let of = |measure, subject: FigureSubject, category| {
        let figure = Figure { category, ..figure(measure, subject, Some(2024)) };
        value(&world, &figure)
    };
    let project = || FigureSubject::Project(text("睦邻点"));
    assert_eq!(of(Allocated, project(), None), Some(9_000_000));
    assert_eq!(of(Spent, project(), None), Some(4_000_000));
    assert_eq!(of(ProjectCount, project(), None), Some(1));
    let whole = || FigureSubject::Division(Division::new(341122).unwrap());
    assert_eq!(of(ProjectCount, whole(), None), Some(1));
    assert_eq!(of(Received, whole(), None), Some(125_000_000));
    assert_eq!(of(Received, whole(), Some(Category::OldAge)), Some(10_000_000));
    assert_eq!(of(Received, whole(), Some(Category::Children)), Some(7_000_000));
    assert_eq!(of(Received, whole(), Some(Category::Disability)), None);
}

#[test]
fn of_a_fund_whose_payments_show_no_use_nobody_knows_whom_it_helped() {
    use FigureMeasure::{Beneficiaries, Income};
    let mut world = World::new();
    gift_acts::set_up(&mut world);
    give(&mut world, &["donate reference=捐1 fund=本级 amount=20元"]);
    let year = Some(world.date.year());
    let charity = || FigureSubject::Organization(code(CHARITY));
    let fund =
        || FigureSubject::CharityFund(FundName { host: code(CHARITY), fund: text("本级") });
    for (subject, year) in [(charity(), None), (fund(), None), (fund(), year)] {
        let helped = figure(Beneficiaries, subject.clone(), year);
        assert_eq!(value(&world, &helped), None, "{helped:?}");
        assert_eq!(value(&world, &figure(Income, subject, year)), Some(2_000));
    }
}
