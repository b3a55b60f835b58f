//! The control rules of the money's way, one test for each by its number: I1 to I9, I22 and I23.
//! The other numbers are tested where their modules are.

pub mod acts;
mod charity;
mod disclosure;

use minglian_contracts::allocation::status::Stage;
use minglian_contracts::allocation::year::TakeBack;
use minglian_contracts::allocation::{self, Category, LineName};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::lottery::{self, STATEMENTS, Side};
use minglian_contracts::payment::Expenditure;
use minglian_contracts::project::line_status::line_status;
use minglian_contracts::project::{self, Execution};
use minglian_contracts::refusal::Code;
use minglian_ledger::fen::Fen;

use crate::steps::{alone, balance, checked, yuan};
use crate::world::{World, code, text};
use acts::{
    CENTRAL, OLD_AGE, allocate, carry, fails, find, grant, issue, line, notice, pay, purpose,
    record, set_parameter, spend, state, world,
};

#[test]
fn i01_lines_below_never_get_more_than_the_quota_above_them() {
    let mut world = world("2024-03-01");
    let above = line("city_finance", CENTRAL, 2024, "下达");
    record(&mut world, "city_finance", &above, purpose(OLD_AGE, None), "100");
    let below = |name| line("county_civil", CENTRAL, 2024, name);
    let give = |world: &mut World, name, amount| {
        let grant = grant(world, &above, &below(name), purpose(OLD_AGE, None), amount);
        checked(world, "city_finance", &issue(grant)).map(drop)
    };
    assert_eq!(give(&mut world, "甲", "60"), Ok(()));
    assert_eq!(give(&mut world, "乙", "40.01"), Err(Code::BalanceShort));
    assert_eq!(give(&mut world, "乙", "40"), Ok(()));
    assert_eq!(give(&mut world, "丙", "0.01"), Err(Code::BalanceShort));
    let got = ["甲", "乙"].map(|name| find(&world, &below(name)).quota);
    assert_eq!(Fen::sum(got), Some(find(&world, &above).quota));
    // Another fund's money does not help: each source is bounded by itself.
    let other = line("city_finance", "省级", 2024, "下达");
    record(&mut world, "city_finance", &other, purpose(OLD_AGE, None), "100");
    assert_eq!(give(&mut world, "丙", "0.01"), Err(Code::BalanceShort));
}

#[test]
fn i02_paid_never_exceeds_quota() {
    let mut world = world("2024-03-01");
    let home = line("home", CENTRAL, 2024, "甲");
    record(&mut world, "county_finance", &home, purpose(OLD_AGE, None), "100");
    assert_eq!(pay(&mut world, &home, "凭证1", "70"), Ok(()));
    assert_eq!(pay(&mut world, &home, "凭证2", "30.01"), Err(Code::BalanceShort));
    assert_eq!(pay(&mut world, &home, "凭证2", "30"), Ok(()));
    assert_eq!(pay(&mut world, &home, "凭证3", "0.01"), Err(Code::BalanceShort));
    let found = find(&world, &home);
    assert_eq!(found.paid, found.quota);
}

#[test]
fn i03_quota_is_paid_issued_carried_recovered_or_available_at_all_times() {
    let mut world = world("2024-03-01");
    let source = line("city_finance", CENTRAL, 2024, "下达");
    let home = line("home", CENTRAL, 2024, "甲");
    let holds = |world: &World, paid: &str, issued: &str, carried: &str, recovered: &str| {
        let line = find(world, &home);
        let left = balance(world, &home.account());
        let sums = [line.paid, line.issued, line.carried, line.recovered];
        assert_eq!(sums, [paid, issued, carried, recovered].map(yuan));
        let out = Fen::sum(sums.into_iter().chain([line.transferred_out, left]));
        assert_eq!(line.quota.checked_add(line.returned), out);
        assert_eq!(line.available(), Some(left));
    };
    record(&mut world, "city_finance", &source, purpose(OLD_AGE, None), "100");
    let given = grant(&world, &source, &home, purpose(OLD_AGE, None), "100");
    checked(&mut world, "city_finance", &issue(given)).unwrap();
    let arrived = allocation::Call::Receive { line: home.clone(), occurred_on: world.date };
    alone(&mut world, "home.maker", &Call::Allocation(arrived)).unwrap();
    holds(&world, "0", "0", "0", "0");
    pay(&mut world, &home, "凭证1", "30").unwrap();
    holds(&world, "30", "0", "0", "0");
    fails(&mut world, "凭证1");
    holds(&world, "30", "0", "0", "0");
    let own = line("home", CENTRAL, 2024, "乙");
    let given = grant(&world, &home, &own, purpose(OLD_AGE, None), "20");
    checked(&mut world, "home", &allocate(given)).unwrap();
    holds(&world, "30", "20", "0", "0");
    let back = TakeBack {
        line: home.clone(),
        to: source.clone(),
        amount: yuan("15"),
        basis: notice(),
        occurred_on: world.date,
    };
    let recover = Call::Allocation(allocation::Call::Recover(back));
    checked(&mut world, "city_finance", &recover).unwrap();
    holds(&world, "30", "20", "0", "15");
    world.date = "2024-12-31".parse().unwrap();
    carry(&mut world, &home, "65").unwrap();
    holds(&world, "30", "20", "65", "15");
}

#[test]
fn i04_fund_and_category_never_change_along_the_chain() {
    let mut world = world("2024-03-01");
    let above = line("county_civil", CENTRAL, 2024, "甲");
    record(&mut world, "county_finance", &above, purpose(OLD_AGE, Some("XM-1")), "100");
    let give = |world: &mut World, to: LineName, purpose| {
        let grant = grant(world, &above, &to, purpose, "10");
        checked(world, "county_civil", &allocate(grant)).map(drop)
    };
    let to = |fund| line("home", fund, 2024, "乙");
    let same = purpose(OLD_AGE, Some("XM-1"));
    assert_eq!(give(&mut world, to("省级"), same.clone()), Err(Code::FundChanged));
    for changed in [
        purpose(Some(Category::Children), Some("XM-1")),
        purpose(None, Some("XM-1")),
        purpose(OLD_AGE, Some("XM-2")),
        purpose(OLD_AGE, None),
    ] {
        assert_eq!(give(&mut world, to(CENTRAL), changed), Err(Code::PurposeChanged));
    }
    assert_eq!(give(&mut world, to(CENTRAL), same.clone()), Ok(()));
    assert_eq!(find(&world, &to(CENTRAL)).purpose, same);
}

#[test]
fn i05_central_share_equals_local_share() {
    let mut world = world("2024-04-09");
    let call = state("双色球", "2024-03", "1000", "50", "2024-04-09");
    checked(&mut world, "lottery", &call).unwrap();
    let held = |world: &World, side: Side, period: &str| {
        balance(world, &side.account(code("lottery"), period.parse().unwrap()))
    };
    // 360 yuan of fund; unclaimed prizes lie beside the local half.
    assert_eq!(held(&world, Side::Central, "2024-03"), yuan("180"));
    let local = held(&world, Side::Local, "2024-03").checked_sub(yuan("50"));
    assert_eq!(local, Some(held(&world, Side::Central, "2024-03")));
    // The odd fen of 0.85 yuan is the central government's.
    let call = state("3D", "2024-02", "2.50", "0", "2024-04-09");
    checked(&mut world, "lottery", &call).unwrap();
    let shares = [Side::Central, Side::Local].map(|side| held(&world, side, "2024-02"));
    assert_eq!(shares, [yuan("0.43"), yuan("0.42")]);
}

#[test]
fn i06_the_ratio_is_the_games_on_the_last_day_of_the_month_of_sales() {
    let mut world = world("2024-06-01");
    let key = "lottery.fund_ratio.双色球";
    set_parameter(&mut world, key, 3_500, "basis_points", "2025-01-01");
    world.date = "2025-02-05".parse().unwrap();
    let cases = [
        ("双色球", "2024-12", 3_600),
        ("双色球", "2025-01", 3_500),
        ("3D", "2025-01", 3_400),
        ("即开型", "2025-01", 2_000),
    ];
    for (game, period, ratio) in cases {
        let call = state(game, period, "1000", "0", "2025-02-05");
        checked(&mut world, "lottery", &call).unwrap();
        let key = (code("lottery"), period.parse().unwrap(), text(game));
        let stated = STATEMENTS.get(&world.state, &key).unwrap().unwrap();
        assert_eq!(stated.accrual.ratio_basis_points, ratio, "{game} {period}");
        assert_eq!(stated.accrual.fund.get(), 10 * u64::from(ratio), "{game} {period}");
    }
    let unknown = state("快乐8", "2025-01", "1000", "0", "2025-02-05");
    assert_eq!(checked(&mut world, "lottery", &unknown), Err(Code::ParameterUnknown));
}

#[test]
fn i07_only_finance_sends_quota_to_a_lower_government() {
    let mut world = world("2024-03-01");
    let civil = line("city_civil", CENTRAL, 2024, "甲");
    record(&mut world, "city_finance", &civil, purpose(OLD_AGE, None), "100");
    let county = line("county_civil", CENTRAL, 2024, "甲");
    let given = grant(&world, &civil, &county, purpose(OLD_AGE, None), "60");
    let by_civil = checked(&mut world, "city_civil", &issue(given.clone()));
    assert_eq!(by_civil, Err(Code::WrongKind));
    let as_own = checked(&mut world, "city_civil", &allocate(given.clone()));
    assert_eq!(as_own, Err(Code::NotFinance));
    // Its own checker approves; a checker of 民政 cannot stand in for finance.
    let (proposal, _) = world.act("city_finance.maker", &issue(given));
    let approve = Call::Approval(approval::Call::Approve { proposal });
    assert_eq!(alone(&mut world, "city_civil.checker", &approve), Err(Code::NotYourStep));
    alone(&mut world, "city_finance.checker", &approve).unwrap();
    assert_eq!(find(&world, &county).quota, yuan("60"));
}

#[test]
fn i08_carried_money_keeps_its_project_and_lapses_at_the_second_years_end() {
    let mut world = world("2024-12-31");
    let first = line("home", CENTRAL, 2024, "甲");
    let project = purpose(OLD_AGE, Some("XM-1"));
    record(&mut world, "county_finance", &first, project.clone(), "100");
    carry(&mut world, &first, "100").unwrap();
    let second = LineName { year: 2025, ..first };
    assert_eq!(find(&world, &second).purpose, project);
    assert_eq!(find(&world, &second).first_year, 2024);
    let lapse = |world: &mut World| {
        let back = TakeBack {
            line: second.clone(),
            to: line("county_finance", CENTRAL, 2026, "结余"),
            amount: yuan("100"),
            basis: notice(),
            occurred_on: world.date,
        };
        let call = Call::Allocation(allocation::Call::Lapse(back));
        checked(world, "county_finance", &call).map(drop)
    };
    world.date = "2025-12-30".parse().unwrap();
    assert_eq!(lapse(&mut world), Err(Code::LapseTooEarly));
    world.date = "2025-12-31".parse().unwrap();
    assert_eq!(carry(&mut world, &second, "100"), Err(Code::CarryTooLate));
    assert_eq!(lapse(&mut world), Ok(()));
    let status = line_status(&world.state, &second).unwrap().unwrap();
    assert_eq!((status.stage, status.lapsed), (Stage::Received, yuan("100")));
    assert_eq!(status.recovered, Fen::ZERO);
}

#[test]
fn i09_what_the_fund_must_not_pay_for_is_refused_as_the_rule_of_the_day_says() {
    let mut world = world("2024-03-01");
    let home = line("home", CENTRAL, 2024, "甲");
    record(&mut world, "county_finance", &home, purpose(OLD_AGE, None), "100");
    let reception = |world: &mut World, reference| {
        spend(world, &home, Expenditure::OfficialReception, reference, "1")
    };
    assert_eq!(reception(&mut world, "凭证1"), Err(Code::ExpenditureDenied));
    // The list is data: a rule that ends is followed from its day on, and not before.
    set_parameter(&mut world, "payment.denied.公务接待", 0, "boolean", "2024-06-01");
    set_parameter(&mut world, "payment.denied.培训", 1, "boolean", "2024-06-01");
    world.date = "2024-05-31".parse().unwrap();
    assert_eq!(reception(&mut world, "凭证2"), Err(Code::ExpenditureDenied));
    assert_eq!(spend(&mut world, &home, Expenditure::Training, "凭证3", "1"), Ok(()));
    world.date = "2024-06-01".parse().unwrap();
    assert_eq!(reception(&mut world, "凭证4"), Ok(()));
    let training = spend(&mut world, &home, Expenditure::Training, "凭证5", "1");
    assert_eq!(training, Err(Code::ExpenditureDenied));
}

#[test]
fn i22_the_execution_rate_follows_from_the_book() {
    let mut world = world("2024-03-01");
    let home = line("home", CENTRAL, 2024, "甲");
    record(&mut world, "county_finance", &home, purpose(OLD_AGE, Some("XM-1")), "120");
    let rate = |world: &World| {
        let found = project::execution(&world.state, &code("home"), &text("XM-1")).unwrap();
        let Execution { quota, paid, rate_basis_points } = found;
        assert_eq!(quota, yuan("120"));
        (paid, rate_basis_points)
    };
    assert_eq!(rate(&world), (Fen::ZERO, 0));
    pay(&mut world, &home, "凭证1", "70").unwrap();
    pay(&mut world, &home, "凭证2", "50").unwrap();
    assert_eq!(rate(&world), (yuan("120"), 10_000));
    fails(&mut world, "凭证2");
    assert_eq!(rate(&world), (yuan("70"), 5_833));
}

#[test]
fn i23_no_account_goes_below_zero() {
    let mut world = world("2024-04-09");
    let short = |result: Result<Vec<Event>, Code>| assert_eq!(result, Err(Code::BalanceShort));
    // Cash of the fund: the centre cannot remit or hand over what it does not hold.
    let call = state("双色球", "2024-03", "1000", "0", "2024-04-09");
    checked(&mut world, "lottery", &call).unwrap();
    let period = "2024-03".parse().unwrap();
    let (amount, occurred_on) = (yuan("180.01"), world.date);
    let reference = text("缴款1");
    let remit = lottery::remittance::Remit { period, amount, reference, occurred_on };
    short(checked(&mut world, "lottery", &Call::Lottery(lottery::Call::Remit(remit))));
    let over =
        lottery::remittance::HandOver { period, to: code("city_finance"), amount, occurred_on };
    short(checked(&mut world, "lottery", &Call::Lottery(lottery::Call::HandOver(over))));
    // Quota: neither issued, taken back nor carried below zero.
    let source = line("city_finance", CENTRAL, 2024, "下达");
    record(&mut world, "city_finance", &source, purpose(OLD_AGE, None), "100");
    let below = line("county_civil", CENTRAL, 2024, "甲");
    let given = grant(&world, &source, &below, purpose(OLD_AGE, None), "100.01");
    short(checked(&mut world, "city_finance", &issue(given)));
    let given = grant(&world, &source, &below, purpose(OLD_AGE, None), "40");
    checked(&mut world, "city_finance", &issue(given)).unwrap();
    let back = TakeBack {
        line: below.clone(),
        to: source,
        amount: yuan("40.01"),
        basis: notice(),
        occurred_on: world.date,
    };
    short(checked(&mut world, "city_finance", &Call::Allocation(allocation::Call::Recover(back))));
    world.date = "2024-12-31".parse().unwrap();
    assert_eq!(carry(&mut world, &below, "40.01"), Err(Code::BalanceShort));
}
