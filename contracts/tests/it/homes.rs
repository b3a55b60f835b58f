//! Subsidies to homes for the old: that the amount is what the parts come to, that nothing is paid
//! twice, and whose figures count.

mod edges;

use std::collections::BTreeMap;

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::homes::check::{HomesViolation, check_homes};
use minglian_contracts::homes::occupancy::{ByLevel, HomeMonth, Level, MONTHS};
use minglian_contracts::homes::{self, paying, subsidy};
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_contracts::{parameter, rules};
use minglian_ledger::date::Month;
use minglian_ledger::division::Division;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{
    Genesis, GenesisOfficer, GenesisOrganization, OrganizationKind, Role,
};
use proptest::prelude::*;

use crate::invariants::acts::{OLD_AGE, line, purpose, record, set_parameter, world};
use crate::scenario;
use crate::steps::{act, alone, balance, checked, yuan};
use crate::world::{World, code, genesis, public_key, text};

const LINE: &str = "county_civil/县级/2024/养老";

/// In hundredths of a per cent, of the four levels.
const FACTORS: [i64; 4] = [10_000, 15_000, 20_000, 30_000];

fn homes_world() -> World {
    let mut world = world("2024-06-01");
    let unit = "factor_basis_points";
    set_parameter(&mut world, "homes.operating_rate.341122", 20_001, "fen", "2024-01-01");
    for (level, factor) in Level::ALL.into_iter().zip(FACTORS) {
        let key = format!("homes.level_factor.{}.341122", level.code());
        set_parameter(&mut world, &key, factor, unit, "2024-01-01");
    }
    set_parameter(&mut world, "homes.rating_factor.二级.341122", 10_333, unit, "2024-01-01");
    let line = line("county_civil", "县级", 2024, "养老");
    record(&mut world, "county_finance", &line, purpose(OLD_AGE, None), "1000000");
    let rate = "rate_home home=home certificate=备1 beds=100 rating=two from=2024-01-01";
    let rate = scenario::call(rate, &world);
    checked(&mut world, "county_civil", &rate).unwrap();
    world
}

fn words(month: u8) -> String {
    format!("home=home month=2024-{month:02}")
}

fn state(world: &mut World, month: u8, beds: [u32; 4]) -> Result<(), Code> {
    let [one, two, three, four] = beds;
    let words =
        format!("occupancy month=2024-{month:02} beds={one}/{two}/{three}/{four} corrects=newest");
    let call = scenario::call_of("home.maker", &words, world);
    let (proposal, _) = world.act("home.maker", &call);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    alone(world, "county_civil.checker", &approve).map(drop)
}

fn compute(world: &mut World, month: u8) -> Result<Vec<Event>, Code> {
    let call = scenario::call(&format!("compute {}", words(month)), world);
    checked(world, "county_civil", &call)
}

fn pay(world: &mut World, month: u8, reference: &str, fen: u64) -> Result<(), Code> {
    let words = format!(
        "pay_subsidy {} from={LINE} reference={reference} amount={fen}分 to=home",
        words(month)
    );
    let call = scenario::call(&words, world);
    act(world, "county_civil", &call, &["checker", "payer"]).map(drop)
}

/// One bed after the other, and the whole fen by trying.
fn amount_by_beds(rate: u64, beds: [u32; 4], factors: [u64; 4], more: [u64; 2]) -> u64 {
    let whole = 10_000_u128.pow(3);
    let mut sum = 0_u128;
    for (count, factor) in beds.into_iter().zip(factors) {
        for _ in 0..count {
            let [rating, inspection] = more.map(u128::from);
            sum += rating * inspection * u128::from(factor) * u128::from(rate);
        }
    }
    let (mut low, mut high) = (0_u64, u64::MAX);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if u128::from(middle) * whole <= sum { low = middle } else { high = middle - 1 }
    }
    low
}

fn by_level([self_care, mild, moderate, severe]: [u32; 4]) -> ByLevel {
    ByLevel { self_care, mild, moderate, severe }
}

proptest! {
    #[test]
    fn the_amount_is_that_of_each_bed_by_itself(
        rate in 0..1_000_000_u32,
        beds in prop::array::uniform4(0..40_u32),
        factors in prop::array::uniform4(0..40_000_u32),
        more in prop::array::uniform2(0..20_000_u32),
    ) {
        let found = subsidy::amount(
            Fen::new(rate.into()).unwrap(), &by_level(beds), &by_level(factors), more,
        );
        let expected =
            amount_by_beds(rate.into(), beds, factors.map(u64::from), more.map(u64::from));
        prop_assert_eq!(found, Some(Fen::new(expected).unwrap()));
    }
}

#[test]
fn what_is_left_of_a_fen_is_dropped_once_and_too_much_is_no_amount() {
    let beds = by_level([1, 1, 1, 0]);
    // Three times a third of a fen, near enough, is no fen thrice over.
    let third = by_level([3_334, 3_333, 3_333, 0]);
    let amount =
        |beds: &ByLevel, factors, more| subsidy::amount(Fen::new(1).unwrap(), beds, factors, more);
    assert_eq!(amount(&beds, &third, [10_000; 2]), Some(Fen::new(1).unwrap()));
    assert_eq!(amount(&beds, &third, [10_000, 9_999]), Some(Fen::ZERO));
    let most = by_level([u32::MAX; 4]);
    assert_eq!(subsidy::amount(Fen::MAX, &most, &most, [u32::MAX; 2]), None);
    assert_eq!(subsidy::amount(Fen::MAX, &beds, &by_level([10_000; 4]), [10_000; 2]), None);
}

#[test]
fn what_was_paid_to_a_home_whose_entry_ended_before_is_reported_as_too_much() {
    let mut world = homes_world();
    state(&mut world, 4, [10, 0, 0, 0]).unwrap();
    let first = compute(&mut world, 4).unwrap();
    let Some(Event::Homes(homes::Event::Computed { subsidy, .. })) = first.last() else {
        panic!("{first:?}")
    };
    let due = subsidy.amount;
    pay(&mut world, 4, "付1", due.get()).unwrap();
    let end = scenario::call("end_standing home=home until=2024-04-29", &world);
    checked(&mut world, "county_civil", &end).unwrap();
    let again = compute(&mut world, 4).unwrap();
    let Some(Event::Homes(homes::Event::Computed { subsidy, paid, overpaid, .. })) = again.last()
    else {
        panic!("{again:?}")
    };
    assert_eq!((subsidy.amount, *paid, *overpaid), (Fen::ZERO, due, due));
    check_homes(&world.state).unwrap();
}

#[derive(Debug, Clone)]
enum Act {
    State { month: u8, beds: [u32; 4] },
    Compute { month: u8 },
    Pay { month: u8, fen: u64 },
    PayRest { month: u8, more: u64 },
    Fail { payment: usize },
}

fn an_act() -> impl Strategy<Value = Act> {
    let month = || 4..6_u8;
    prop_oneof![
        2 => (month(), prop::array::uniform4(0..12_u32))
            .prop_map(|(month, beds)| Act::State { month, beds }),
        3 => month().prop_map(|month| Act::Compute { month }),
        2 => (month(), 0..900_000_u64).prop_map(|(month, fen)| Act::Pay { month, fen }),
        3 => (month(), 0..2_u64).prop_map(|(month, more)| Act::PayRest { month, more }),
        1 => (0..8_usize).prop_map(|payment| Act::Fail { payment }),
    ]
}

/// What a month should be.
#[derive(Default)]
struct Expected {
    beds: Option<[u32; 4]>,
    computed: Option<u64>,
    is_stale: bool,
    paid: u64,
}

fn outcome(month: &Expected, fen: u64) -> Result<(), Code> {
    let Some(_) = month.beds else { return Err(Code::OccupancyUnknown) };
    let Some(computed) = month.computed else { return Err(Code::SubsidyNotComputed) };
    if month.is_stale {
        return Err(Code::SubsidyStale);
    }
    // Nothing is not too much, even where too much is paid already.
    if fen > 0 && month.paid + fen > computed {
        return Err(Code::SubsidyExceeded);
    }
    if fen == 0 { Err(Code::AmountZero) } else { Ok(()) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn no_more_is_paid_than_is_computed_whatever_the_order(
        acts in prop::collection::vec(an_act(), 1..30),
    ) {
        let mut world = homes_world();
        let mut months: BTreeMap<u8, Expected> = BTreeMap::new();
        // The payments that were made: month and amount; nothing once it failed.
        let mut payments: Vec<(u8, u64)> = Vec::new();
        for act in acts {
            match act {
                Act::State { month, beds } => {
                    prop_assert_eq!(state(&mut world, month, beds), Ok(()));
                    let month = months.entry(month).or_default();
                    (month.beds, month.is_stale) = (Some(beds), true);
                }
                Act::Compute { month } => {
                    let found = compute(&mut world, month).map(drop);
                    let month = months.entry(month).or_default();
                    let Some(beds) = month.beds else {
                        prop_assert_eq!(found, Err(Code::OccupancyUnknown));
                        continue;
                    };
                    prop_assert_eq!(found, Ok(()));
                    let factors = FACTORS.map(|factor| u64::try_from(factor).unwrap());
                    let amount = amount_by_beds(20_001, beds, factors, [10_333, 10_000]);
                    (month.computed, month.is_stale) = (Some(amount), false);
                }
                Act::Pay { .. } | Act::PayRest { .. } => {
                    let (number, fen) = match act {
                        Act::Pay { month, fen } => (month, fen),
                        Act::PayRest { month, more } => {
                            let of = months.entry(month).or_default();
                            (month, of.computed.unwrap_or(0).saturating_sub(of.paid) + more)
                        }
                        _ => continue,
                    };
                    let month = months.entry(number).or_default();
                    let expected = outcome(month, fen);
                    let reference = format!("补{}", payments.len());
                    prop_assert_eq!(pay(&mut world, number, &reference, fen), expected);
                    if expected.is_ok() {
                        month.paid += fen;
                        payments.push((number, fen));
                    }
                }
                Act::Fail { payment } => {
                    let Some((number, fen)) = payments.get_mut(payment) else { continue };
                    let call = format!("failed payment=补{payment}");
                    let call = scenario::call(&call, &world);
                    let found = alone(&mut world, "county_civil.payer", &call).map(drop);
                    let expected = if *fen == 0 { Err(Code::ResultKnown) } else { Ok(()) };
                    prop_assert_eq!(found, expected);
                    months.get_mut(number).unwrap().paid -= std::mem::take(fen);
                }
            }
            let out: u64 = payments.iter().map(|(_, fen)| fen).sum();
            let left = balance(&world, &scenario::line_name(LINE).account()).get();
            prop_assert_eq!(out + left, 100_000_000);
        }
    }
}

/// The month of a home as it stands.
fn stored(world: &World, month: &str) -> HomeMonth {
    let month: Month = month.parse().unwrap();
    MONTHS.get(&world.state, &(code("home"), month)).unwrap().unwrap()
}

#[test]
fn the_figures_of_the_nearest_division_and_of_the_months_last_day_count() {
    let mut world = homes_world();
    state(&mut world, 4, [10, 0, 0, 0]).unwrap();
    let amount = |world: &mut World, month| {
        let events = compute(world, month).unwrap();
        let judged = events.iter().find_map(|event| match event {
            Event::Judged(judged) if judged.key.as_str().starts_with("homes.operating_rate.") => {
                Some((judged.key.to_string(), judged.version))
            }
            _ => None,
        });
        let computed = events.iter().find_map(|event| match event {
            Event::Homes(homes::Event::Computed { subsidy, .. }) => Some(subsidy.amount),
            _ => None,
        });
        (judged.unwrap(), computed.unwrap())
    };
    let county = "homes.operating_rate.341122".to_owned();
    assert_eq!(amount(&mut world, 4), ((county.clone(), 1), yuan("2066.70")));
    // The province's and the city's figures are there too, and do not count beside the county's.
    set_parameter(&mut world, "homes.operating_rate.340000", 1, "fen", "2024-01-01");
    set_parameter(&mut world, "homes.operating_rate.341100", 2, "fen", "2024-01-01");
    assert_eq!(amount(&mut world, 4), ((county.clone(), 1), yuan("2066.70")));
    // A new figure from May's last day on: May's, not April's.
    set_parameter(&mut world, &county, 30_000, "fen", "2024-05-31");
    state(&mut world, 5, [10, 0, 0, 0]).unwrap();
    assert_eq!(amount(&mut world, 5), ((county.clone(), 2), yuan("3099.90")));
    assert_eq!(amount(&mut world, 4), ((county, 1), yuan("2066.70")));
}

#[test]
fn the_check_finds_an_amount_that_is_not_of_its_parts_and_a_payment_that_counts_twice() {
    let mut world = homes_world();
    state(&mut world, 4, [10, 5, 0, 0]).unwrap();
    state(&mut world, 5, [10, 5, 0, 0]).unwrap();
    compute(&mut world, 4).unwrap();
    compute(&mut world, 5).unwrap();
    pay(&mut world, 4, "补1", 100).unwrap();
    let found = |changed: &HomeMonth, month: &str| {
        let mut state = State::new(&world.state);
        MONTHS.put(&mut state, &(code("home"), month.parse().unwrap()), changed);
        check_homes(&state)
    };
    let april = stored(&world, "2024-04");
    assert_eq!(paying::paid(&world.state, &april).unwrap(), yuan("1"));
    assert_eq!(found(&april, "2024-04").unwrap(), 2);
    let mut wrong = april.clone();
    wrong.subsidy.as_mut().unwrap().amount = yuan("1");
    assert!(matches!(found(&wrong, "2024-04"), Err(HomesViolation::Amount(..))));
    let mut twice = stored(&world, "2024-05");
    twice.payments.clone_from(&april.payments);
    assert!(matches!(found(&twice, "2024-05"), Err(HomesViolation::Payment(..))));
    let mut unmade = april.clone();
    unmade.payments[0].1 = text("没有");
    assert!(matches!(found(&unmade, "2024-04"), Err(HomesViolation::Payment(..))));
    let mut many = april;
    many.payments = vec![many.payments[0].clone(); paying::PAYMENTS_MAX + 1];
    assert!(matches!(found(&many, "2024-04"), Err(HomesViolation::Payments(..))));
}

/// A genesis with an organisation of 花山区 as well.
fn with_organization(genesis: &mut Genesis, name: &str, kind: OrganizationKind) {
    let roles = [("maker", Role::Maker), ("checker", Role::Checker)];
    let officers = roles.map(|(role_name, role)| GenesisOfficer {
        key: public_key(&format!("{name}.{role_name}")),
        role,
    });
    genesis.organizations.push(GenesisOrganization {
        code: code(name),
        name: text(name),
        kind,
        division: Division::new(340_503).unwrap(),
        officers: officers.to_vec(),
    });
}

#[test]
fn the_shipped_figures_come_to_what_the_notice_of_huashan_says() {
    let mut genesis = genesis();
    genesis.parameters.extend(rules::named(&["homes."]).unwrap());
    with_organization(&mut genesis, "花山民政", OrganizationKind::CivilAffairs);
    with_organization(&mut genesis, "花山养老院", OrganizationKind::ProjectUnit);
    let mut world = World::from_genesis(&genesis);
    world.date = "2024-06-01".parse().unwrap();
    let rate = "rate_home home=花山养老院 certificate=备1 beds=100 from=2024-01-01";
    let rate = scenario::call(rate, &world);
    checked(&mut world, "花山民政", &rate).unwrap();
    let state = "occupancy month=2024-05 beds=40/20/10/5 reviewer=花山民政";
    let state = scenario::call_of("花山养老院.maker", state, &world);
    let (proposal, _) = world.act("花山养老院.maker", &state);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    alone(&mut world, "花山民政.checker", &approve).unwrap();
    let compute = scenario::call("compute home=花山养老院 month=2024-05", &world);
    let events = checked(&mut world, "花山民政", &compute).unwrap();
    let computed = events.iter().find_map(|event| match event {
        Event::Homes(homes::Event::Computed { subsidy, .. }) => Some(subsidy.amount),
        _ => None,
    });
    // 40 × 200 + 20 × 300 + 10 × 400 + 5 × 600: 上浮50%、100%、200%.
    assert_eq!(computed, Some(yuan("21000")));
    // What the notice does not say is used only because this genesis names it.
    let key = text("homes.rating_factor.未评定.340503");
    let factor = parameter::find(&world.state, &key, world.date).unwrap().unwrap();
    assert_eq!(factor.approved_by.as_str(), "创世(未核实)");
}
