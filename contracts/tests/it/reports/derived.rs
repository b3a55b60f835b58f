//! What the book says of figures that a notice prints: 筹集, 上缴, 受益人数.

use minglian_contracts::charity::fund::FundName;
use minglian_contracts::report::contradiction::Derived;
use minglian_contracts::report::derived::derive;
use minglian_contracts::report::printed::{Figure, FigureMeasure, FigureSubject, FigureUnit};

use super::go;
use crate::gift_acts::{self, CHARITY};
use crate::scenario;
use crate::world::{World, code, text};

fn figure(measure: FigureMeasure, subject: FigureSubject, year: Option<u16>) -> Figure {
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

fn value(world: &World, figure: &Figure) -> Option<i128> {
    match derive(&world.state, figure).unwrap() {
        Some(Derived::Value(value)) => Some(value),
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
    use FigureMeasure::{Beneficiaries, Expenditure, Income};
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
