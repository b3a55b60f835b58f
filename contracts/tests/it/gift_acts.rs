//! Random acts with charity money, and a charity whose committees have decided on everything.

use std::collections::BTreeSet;

use minglian_contracts::approval;
use minglian_contracts::book::{AccountId, Basis, Kind};
use minglian_contracts::call::Call;
use minglian_contracts::charity::Event as GiftEvent;
use minglian_contracts::charity::ahead::paid_ahead;
use minglian_contracts::charity::disbursement::{PAYOUTS, Reason};
use minglian_contracts::charity::donation::DONATIONS;
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::policy::{Party, Policy};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::Role;
use minglian_ledger::transaction::Transaction;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::invariants::acts::set_parameter;
use crate::scenario;
use crate::steps::balance;
use crate::world::{World, code, text};

/// The charity.
pub const CHARITY: &str = "慈善总会";

const FUNDS: &[&str] = &["南湖", "本级"];
/// Uses to which gifts are bound; the first is none.
const USES: &[&str] = &["", "助餐", "助学"];
/// As what payments count, by their numbers.
const EXPENSES: &[&str] = &["program", "management", "fundraising", "other"];
/// Organisations that other steps may belong to.
const PARTIES: &[&str] = &[CHARITY, "基金会", "county_civil"];

/// One random act. Gifts, payments, funds and uses are numbers.
#[derive(Debug, Clone)]
pub enum GiftAct {
    Donate { gift: usize, fund: usize, fen: u64, bound: usize, goods: bool },
    Disburse { payment: usize, fund: usize, fen: u64, bound: usize, gift: Option<usize> },
    Bounce { payment: usize, fen: u64 },
    Show { payment: usize },
    Correct { payment: usize },
    ChangePurpose { gift: usize, bound: usize, filing: bool },
    Refund { payment: usize, gift: usize, fen: u64 },
    Void { gift: usize },
    Surplus { fund: usize, gift: Option<usize>, fen: u64 },
    Terminate { fund: usize },
    PayAhead { payment: usize, fund: usize, fen: u64, bound: usize, gift: Option<usize> },
    DecideAfter { payment: usize, bound: usize, agreed: bool },
}

pub fn gift_act() -> impl Strategy<Value = GiftAct> {
    let (gift, payment, fund) = (|| 0..6_usize, || 0..8_usize, || 0..FUNDS.len());
    let (fen, bound, alone) = (|| 0..900_u64, || 0..USES.len(), || prop::option::of(0..6_usize));
    prop_oneof![
        6 => (gift(), fund(), fen(), bound(), prop::bool::weighted(0.2)).prop_map(
            |(gift, fund, fen, bound, goods)| GiftAct::Donate { gift, fund, fen, bound, goods }),
        6 => (payment(), fund(), fen(), 1..USES.len(), alone()).prop_map(
            |(payment, fund, fen, bound, gift)| {
                GiftAct::Disburse { payment, fund, fen, bound, gift }
            }),
        4 => (payment(), fen()).prop_map(|(payment, fen)| GiftAct::Bounce { payment, fen }),
        2 => payment().prop_map(|payment| GiftAct::Show { payment }),
        2 => payment().prop_map(|payment| GiftAct::Correct { payment }),
        3 => (gift(), bound(), prop::bool::weighted(0.2))
            .prop_map(|(gift, bound, filing)| GiftAct::ChangePurpose { gift, bound, filing }),
        4 => (payment(), gift(), fen())
            .prop_map(|(payment, gift, fen)| GiftAct::Refund { payment, gift, fen }),
        2 => gift().prop_map(|gift| GiftAct::Void { gift }),
        2 => (fund(), alone(), fen())
            .prop_map(|(fund, gift, fen)| GiftAct::Surplus { fund, gift, fen }),
        1 => fund().prop_map(|fund| GiftAct::Terminate { fund }),
        2 => (payment(), fund(), fen(), 1..USES.len(), alone()).prop_map(
            |(payment, fund, fen, bound, gift)| {
                GiftAct::PayAhead { payment, fund, fen, bound, gift }
            }),
        2 => (payment(), 1..USES.len(), any::<bool>()).prop_map(
            |(payment, bound, agreed)| GiftAct::DecideAfter { payment, bound, agreed }),
    ]
}

/// The act in a scenario's words.
fn words(act: &GiftAct) -> String {
    let gift_of =
        |gift: &Option<usize>| gift.map_or(String::new(), |gift| format!("gift=捐{gift}"));
    match act {
        GiftAct::Donate { gift, fund, fen, bound, goods } => {
            let (fund, of) = (FUNDS[*fund], USES[*bound]);
            let of = if *bound == 0 { String::new() } else { format!("for={of}") };
            let goods = if *goods { "goods=米 quantity=1 document=发票" } else { "" };
            format!("donate reference=捐{gift} fund={fund} amount={fen}分 {of} {goods}")
        }
        GiftAct::Disburse { payment, fund, fen, bound, gift } => {
            let (fund, of, gift) = (FUNDS[*fund], USES[*bound], gift_of(gift));
            let expense = EXPENSES[*payment % EXPENSES.len()];
            format!(
                "disburse fund={fund} under={of} reference=付{payment} amount={fen}分 to=home \
                 expense={expense} {gift}"
            )
        }
        GiftAct::Show { payment } => format!("show_use payment=付{payment}"),
        GiftAct::Correct { payment } => format!("correct_payout payment=付{payment}"),
        GiftAct::Bounce { payment, fen } => format!("bounced payment=付{payment} amount={fen}分"),
        GiftAct::ChangePurpose { gift, bound, filing } => {
            let of = USES[*bound];
            let new = if *bound == 0 { String::new() } else { format!("for={of}") };
            let by = if *filing { "filing" } else { "consent" };
            format!("change_purpose donation=捐{gift} under=变更{of} {new} {by}=文1")
        }
        GiftAct::Refund { payment, gift, fen } => {
            format!("refund donation=捐{gift} reference=付{payment} amount={fen}分")
        }
        GiftAct::Void { gift } => format!("void_donation donation=捐{gift}"),
        GiftAct::Surplus { fund, gift, fen } => {
            // Sometimes out of a gift's own account into the pool of its fund.
            let to = if fen % 3 == 0 { *fund } else { 1 - *fund };
            let (from, to, gift) = (FUNDS[*fund], FUNDS[to], gift_of(gift));
            format!(
                "transfer_surplus fund={from} to={to} amount={fen}分 under=结余 agreement=章程 {gift}"
            )
        }
        GiftAct::Terminate { fund } => format!("terminate_fund fund={} under=终止", FUNDS[*fund]),
        GiftAct::PayAhead { payment, fund, fen, bound, gift } => {
            let (fund, of, gift) = (FUNDS[*fund], USES[*bound], gift_of(gift));
            format!(
                "pay_ahead fund={fund} for={of} reference=付{payment} amount={fen}分 to=home {gift}"
            )
        }
        GiftAct::DecideAfter { payment, bound, agreed } => {
            let (of, no) = (USES[*bound], if *agreed { "" } else { "不同意" });
            format!("decide_after payment=付{payment} under={of}{no}")
        }
    }
}

/// Where a gift is, what it is bound to, and what is left of it, so that acts which name it are
/// mostly lawful.
fn place_of(world: &World, gift: usize) -> Option<(usize, Option<usize>, u64)> {
    let (charity, reference) = (code(CHARITY), text(&format!("捐{gift}")));
    let found = DONATIONS.get(&world.state, &(charity, reference.clone())).unwrap()?;
    let fund = FUNDS.iter().position(|fund| *fund == found.fund.as_str())?;
    let bound = found
        .restriction
        .as_ref()
        .and_then(|bound| USES.iter().position(|of| *of == bound.as_str()));
    Some((fund, bound, balance(world, &found.account(charity, &reference)).get()))
}

/// The first payment that awaits a decision, and its use.
fn awaiting_decision(world: &World) -> Option<(usize, usize)> {
    let rows = paid_ahead(&world.state, code(CHARITY), None, usize::MAX).unwrap();
    let (reference, ..) = rows.into_iter().find(|(_, ahead, _)| ahead.ended.is_none())?;
    let number = reference.as_str().strip_prefix("付")?.parse().ok()?;
    match PAYOUTS.get(&world.state, &(code(CHARITY), reference)).unwrap()?.reason {
        Reason::Ahead { purpose, .. } => {
            Some((number, USES.iter().position(|of| *of == purpose.as_str())?))
        }
        _ => None,
    }
}

/// The act, made to fit the gift or payment that it names, unless its amount is one of a few: an
/// amount is mostly a part of what is there, and sometimes one fen more than that.
fn fitted(world: &World, mut act: GiftAct) -> GiftAct {
    match &mut act {
        GiftAct::Disburse { fund, bound, gift: Some(gift), fen, .. }
        | GiftAct::PayAhead { fund, bound, gift: Some(gift), fen, .. }
            if *fen % 8 != 0 =>
        {
            if let Some((where_it_is, for_what, left)) = place_of(world, *gift) {
                (*fund, *bound) = (where_it_is, for_what.unwrap_or(*bound));
                *fen %= left + 2;
            }
        }
        GiftAct::Surplus { fund, gift: Some(gift), fen } if *fen % 8 != 0 => {
            if let Some((where_it_is, _, left)) = place_of(world, *gift) {
                *fund = where_it_is;
                *fen %= left + 2;
            }
        }
        GiftAct::Refund { gift, fen, .. } if *fen % 8 != 0 => {
            let key = (code(CHARITY), text(&format!("捐{gift}")));
            let given = DONATIONS.get(&world.state, &key).unwrap().map(|found| found.amount);
            *fen %= given.unwrap_or_default().get() + 2;
        }
        GiftAct::DecideAfter { payment, bound, .. } if *payment % 4 != 0 => {
            if let Some((awaiting, of)) = awaiting_decision(world) {
                (*payment, *bound) = (awaiting, of);
            }
        }
        GiftAct::Bounce { payment, fen } if *fen % 8 != 0 => {
            let (organization, reference) = (code(CHARITY), text(&format!("付{payment}")));
            *fen %= balance(world, &AccountId::Payment { organization, reference }).get() + 2;
        }
        _ => {}
    }
    act
}

/// The transactions of an act: proposed, and approved by whoever its policy asks for.
pub fn transactions(world: &mut World, act: &GiftAct) -> Vec<Transaction> {
    let act = fitted(world, act.clone());
    let call = scenario::charity_call(&words(&act), world.date);
    signed(world, CHARITY, &call)
}

/// `call` of `organization` with all its approvals, for one block.
pub fn signed(world: &mut World, organization: &str, call: &Call) -> Vec<Transaction> {
    let Ok(Policy::Steps(steps)) = call.policy(&world.state) else { panic!("{call:?} has steps") };
    let mut transactions: Vec<Transaction> = Vec::new();
    for step in steps {
        let party = match step.party {
            Party::Proposer => organization,
            Party::Named(named) => PARTIES.iter().find(|name| code(name) == named).unwrap(),
            Party::Other | Party::Holder(_) => panic!("charity money asks for no {:?}", step.party),
        };
        let role = match step.role {
            Role::Maker => "maker",
            Role::Checker => "checker",
            Role::Payer => "payer",
            Role::Governor => "governor",
        };
        let call = match transactions.first() {
            Some(first) => Call::Approval(approval::Call::Approve { proposal: first.id() }),
            None => call.clone(),
        };
        transactions.push(world.sign(&format!("{party}.{role}"), &call));
    }
    transactions
}

/// A registration by `governor`, approved by the governor of another authority.
fn register_with(world: &mut World, governor: &str, words: &str) {
    let call = scenario::call(words, world);
    let first = world.sign(governor, &call);
    let approve = Call::Approval(approval::Call::Approve { proposal: first.id() });
    let approve = world.sign("city_finance.governor", &approve);
    all_applied(world, vec![first, approve]);
}

/// Registers and qualifies an organisation as a charity.
pub fn found(world: &mut World, name: &str, date: Date) {
    let register = format!("register_organization name={name} kind=charity division=341122");
    let key =
        |role: &str| format!("register_key organization={name} key={name}.{role} role={role}");
    let governor = format!("{name}.governor");
    world.date = date;
    register_with(world, "city_civil.governor", &register);
    register_with(world, "city_civil.governor", &key("governor"));
    for role in ["maker", "checker", "payer"] {
        register_with(world, &governor, &key(role));
    }
    let qualify = |kind: &str, from: &str| {
        format!("qualify organization={name} kind={kind} registered=2020-01-01 from={from}")
    };
    for kind in ["charity", "public_fundraising"] {
        let call = scenario::charity_call(&qualify(kind, "2023-01-01"), date);
        let transactions = signed(world, "county_civil", &call);
        all_applied(world, transactions);
    }
}

/// Commits a block whose acts must all be applied.
pub fn all_applied(world: &mut World, transactions: Vec<Transaction>) {
    let receipts = world.block(transactions).unwrap_or_else(|error| panic!("{error}"));
    assert!(receipts.iter().all(|receipt| receipt.is_applied()), "{receipts:?}");
}

/// A charity with two funds whose committees have decided on everything in advance.
pub fn set_up(world: &mut World) {
    let date = world.date;
    found(world, CHARITY, date);
    let mut lines = vec![
        "open_fund fund=南湖 kind=community_fund name=慈善总会南湖社区慈善基金".to_owned(),
        "open_fund fund=本级 kind=general name=慈善总会".to_owned(),
    ];
    for fund in FUNDS {
        let resolve = |number: &str, matter: &str, of: &str, yuan: u64| {
            let of = if of.is_empty() { String::new() } else { format!("for={of}") };
            format!("resolve fund={fund} number={number} matter={matter} amount={yuan}元 {of}")
        };
        for of in USES {
            if !of.is_empty() {
                lines.push(resolve(of, "disbursement", of, 30));
                let refused = resolve(&format!("{of}不同意"), "disbursement", of, 30);
                lines.push(format!("{refused} votes=0/5/0"));
            }
            lines.push(resolve(&format!("变更{of}"), "purpose_change", of, 30));
        }
        lines.push(resolve("结余", "surplus", "", 30));
        lines.push(resolve("终止", "termination", "", 0));
    }
    for (name, value, unit) in [("limit", 800, "fen"), ("days", 3, "days")] {
        for kind in ["社区慈善基金", "本级"] {
            let key = format!("charity.ahead_{name}.{kind}");
            set_parameter(world, &key, value, unit, "2020-01-01");
        }
    }
    let mut transactions = Vec::new();
    for line in &lines {
        let call = scenario::charity_call(line, date);
        transactions.extend(signed(world, CHARITY, &call));
    }
    all_applied(world, transactions);
}

/// What a receipt shows that the random acts are about.
fn features(outcome: &Outcome, found: &mut BTreeSet<&'static str>) {
    match outcome {
        Outcome::Applied(events) => {
            let returned =
                |event: &Event| matches!(event, Event::Charity(GiftEvent::Returned { .. }));
            let moved_on = |event: &Event| match event {
                Event::Movement(moved) => matches!(moved.kind, Kind::PurposeChange { .. }),
                _ => false,
            };
            if events.iter().any(returned) && events.iter().any(moved_on) {
                found.insert("followed");
            }
            found.extend(events.iter().filter_map(|event| match event {
                Event::Charity(GiftEvent::Donated { .. }) => Some("donated"),
                Event::Charity(GiftEvent::Disbursed { .. }) => Some("disbursed"),
                Event::Charity(GiftEvent::Returned { .. }) => Some("returned"),
                Event::Charity(GiftEvent::Corrected { .. }) => Some("corrected"),
                Event::Charity(GiftEvent::PurposeChanged { .. }) => Some("changed"),
                Event::Charity(GiftEvent::Refunded { .. }) => Some("refunded"),
                Event::Charity(GiftEvent::Used { .. }) => Some("shown"),
                Event::Charity(GiftEvent::SurplusTransferred { .. }) => Some("surplus"),
                Event::Charity(GiftEvent::FundTerminated { .. }) => Some("terminated"),
                Event::Charity(GiftEvent::PaidAhead { .. }) => Some("ahead"),
                Event::Charity(GiftEvent::DecidedAfter { agreed: true, .. }) => Some("agreed"),
                Event::Charity(GiftEvent::DecidedAfter { agreed: false, .. }) => Some("disagreed"),
                Event::Movement(moved) if matches!(moved.basis, Basis::Substitution { .. }) => {
                    Some("substituted")
                }
                _ => None,
            }));
        }
        Outcome::Refused { code, .. } => {
            let code = minglian_contracts::refusal::Code::from_number(*code).unwrap();
            found.insert(code.name());
        }
    }
}

/// A property that is never put to the test proves nothing.
#[test]
fn the_random_acts_contain_what_they_are_about() {
    let mut runner = TestRunner::deterministic();
    let mut found = BTreeSet::new();
    for _ in 0..80 {
        let acts = prop::collection::vec(gift_act(), 40..60).new_tree(&mut runner).unwrap();
        let mut world = World::new();
        set_up(&mut world);
        for act in acts.current() {
            let transactions = transactions(&mut world, &act);
            for receipt in world.block(transactions).unwrap() {
                features(&event::read(&receipt).unwrap(), &mut found);
            }
        }
    }
    let expected = [
        "donated",
        "disbursed",
        "returned",
        "corrected",
        "changed",
        "refunded",
        "shown",
        "surplus",
        "terminated",
        "substituted",
        "followed",
        "ahead",
        "agreed",
        "disagreed",
        "AheadLimitExceeded",
        "BalanceShort",
        "DonationClosed",
        "FundNotEmpty",
        "InflowAnswered",
        "NotPaidAhead",
        "NotRestricted",
        "RestrictedFirst",
        "RestrictionDiffers",
    ];
    let missing: Vec<_> = expected.iter().filter(|name| !found.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?} never occurred, but {found:?}");
}
