//! The sums that acts keep of a charity's quarters, against what its gifts and payments come to one
//! by one.

use std::collections::BTreeMap;

use minglian_contracts::book;
use minglian_contracts::charity::Event as GiftEvent;
use minglian_contracts::charity::disbursement::{Expense, PAYOUTS, Reason};
use minglian_contracts::charity::donation::{DONATIONS, Donation};
use minglian_contracts::charity::evidence::EVIDENCE;
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::charity::report;
use minglian_contracts::charity::resolution::RESOLUTIONS;
use minglian_contracts::charity::sums::{Quarter, quarters};
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::report::gifts::{AskGifts, gifts};
use minglian_contracts::report::ratio::ratios;
use minglian_ledger::date::Date;
use proptest::prelude::*;

use crate::counting::Counting;
use crate::gift_acts::{self, CHARITY, GiftAct, gift_act};
use crate::reports::log::as_of;
use crate::scenario;
use crate::world::{World, code};

/// A row of the report: fund, quarter, item and use; entries, income and expenditure.
type Rows = BTreeMap<(String, String, String, String), (i64, u64, u64)>;

/// Surplus that moved: the day, from which fund to which, how much.
type Surplus = Vec<(Date, String, String, u64)>;

fn add(rows: &mut Rows, key: [&str; 4], income: u64, expenditure: u64) {
    let row = rows.entry(key.map(str::to_owned).into()).or_default();
    if income + expenditure > 0 {
        *row = (row.0 + 1, row.1 + income, row.2 + expenditure);
    }
}

fn kept(gift: &Donation) -> u64 {
    if gift.voided { 0 } else { gift.amount.get() - gift.refunded.get() }
}

/// The rows of a charity, one entry after the other.
fn brute_force(world: &World, surplus: &Surplus) -> Rows {
    let (mut rows, charity) = (Rows::new(), code(CHARITY));
    for (_, gift) in DONATIONS.scan(&world.state, &charity, None, usize::MAX).unwrap() {
        let item = match (serde_json::to_value(gift.measure).unwrap(), &gift.restriction) {
            (measure, _) if measure == "goods" => "捐赠收入(物资)",
            (_, Some(_)) => "捐赠收入(货币·限定)",
            (_, None) => "捐赠收入(货币·非限定)",
        };
        let bound = gift.restriction.clone().unwrap_or_default();
        let period = Quarter::of(gift.received_on).to_string();
        add(&mut rows, [gift.fund.as_str(), &period, item, bound.as_str()], kept(&gift), 0);
    }
    for ((_, reference), payout) in PAYOUTS.scan(&world.state, &charity, None, usize::MAX).unwrap()
    {
        let fund = FundName { host: charity, fund: payout.fund };
        let (purpose, expense) = match payout.reason {
            Reason::Refunded => continue,
            Reason::Ahead { purpose, expense } => (purpose, expense),
            Reason::Spent { resolution, expense } => {
                let decided = RESOLUTIONS.get(&world.state, &(fund.clone(), resolution));
                (decided.unwrap().unwrap().purpose, expense)
            }
        };
        let item = match expense {
            Expense::Program => "慈善活动支出",
            Expense::Management => "管理费用",
            Expense::Fundraising => "募捐成本",
            Expense::Other => "其他支出",
        };
        let period = Quarter::of(payout.paid_on).to_string();
        let place = [fund.fund.as_str(), &period, item, purpose.as_str()];
        add(&mut rows, place, 0, still_out(world, reference.as_str()));
    }
    for (date, from, to, fen) in surplus.iter().filter(|(_, from, to, _)| from != to) {
        let period = Quarter::of(*date).to_string();
        add(&mut rows, [from, &period, "剩余财产转出", ""], 0, *fen);
        add(&mut rows, [to, &period, "剩余财产转入", ""], *fen, 0);
    }
    rows.retain(|_, (entries, ..)| *entries > 0);
    rows
}

/// What of a payment did not come back, in fen.
fn still_out(world: &World, reference: &str) -> u64 {
    let (organization, reference) = (code(CHARITY), crate::world::text(reference));
    let id = book::AccountId::Payment { organization, reference };
    book::account(&world.state, &id).unwrap().map_or(0, |account| account.balance().get())
}

/// The rows of quarters that the report has.
fn reported(world: &World, year: Option<u16>, quarter: Option<u8>) -> Rows {
    let mut ask = AskGifts { charity: code(CHARITY), fund: None, year, quarter, after: None };
    let mut rows = Rows::new();
    loop {
        let page = gifts(&world.state, &ask, as_of(world)).unwrap();
        assert!(page.is_reconciled(), "{page:#?}");
        for row in &page.rows {
            let row = serde_json::to_value(row).unwrap();
            let text = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
            let fen = |at: usize| row[at].as_str().unwrap().parse().unwrap();
            if row[1].is_string() {
                let key = (text(0), text(1), text(2), text(3));
                rows.insert(key, (row[4].as_i64().unwrap(), fen(5), fen(6)));
            }
        }
        ask.after = page.next;
        if ask.after.is_none() {
            return rows;
        }
    }
}

/// Lets a charity act; what surplus moved.
fn run(world: &mut World, acts: &[(GiftAct, u16)]) -> Surplus {
    let mut surplus = Surplus::new();
    for (act, days) in acts {
        world.date = world.date.add_days(i32::from(*days)).unwrap();
        let transactions = gift_acts::transactions(world, act);
        for receipt in world.block(transactions).unwrap() {
            let Outcome::Applied(events) = event::read(&receipt).unwrap() else { continue };
            for event in events {
                if let Event::Charity(GiftEvent::SurplusTransferred { fund, to, amount }) = event {
                    let (from, to) = (fund.to_string(), to.fund.to_string());
                    surplus.push((world.date, from, to, amount.get()));
                }
            }
        }
    }
    surplus
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Refunds, payments that bounced, corrections and other uses included.
    #[test]
    fn every_sum_is_that_of_its_entries_whatever_was_done(
        acts in prop::collection::vec((gift_act(), 0..40_u16), 1..70),
    ) {
        let mut world = World::new();
        gift_acts::set_up(&mut world);
        let surplus = run(&mut world, &acts);
        let expected = brute_force(&world, &surplus);
        prop_assert_eq!(&reported(&world, None, None), &expected);
        let years: Vec<u16> = (2024..=world.date.year()).collect();
        for (year, quarter) in years.iter().flat_map(|year| [(year, None), (year, Some(2))]) {
            let mut of_time = expected.clone();
            of_time.retain(|(_, period, ..), _| match quarter {
                Some(quarter) => *period == format!("{year}Q{quarter}"),
                None => period.starts_with(&year.to_string()),
            });
            prop_assert_eq!(&reported(&world, Some(*year), quarter), &of_time);
        }
        for year in years {
            check_year(&world, &expected, year);
        }
        check_helped(&world);
    }
}

/// The year's figures against the rows of its quarters.
fn check_year(world: &World, expected: &Rows, year: u16) {
    let found = report::year(&world.state, &code(CHARITY), year).unwrap();
    let sum = |year: u16, begins: &str| -> u64 {
        let rows = expected.iter().filter(|((_, period, item, _), _)| {
            period.starts_with(&year.to_string()) && item.starts_with(begins)
        });
        rows.map(|(_, (_, income, expenditure))| income + expenditure).sum()
    };
    assert_eq!(found.income, sum(year, "捐赠收入"));
    assert_eq!(found.income_before, [1, 2, 3].map(|before| sum(year - before, "捐赠收入")));
    assert_eq!(found.program, sum(year, "慈善活动支出"));
    assert_eq!(found.management, sum(year, "管理费用"));
    assert_eq!(found.fundraising, sum(year, "募捐成本"));
    assert_eq!(found.other, sum(year, "其他支出"));
}

/// Who was helped by payments of which something is out.
fn check_helped(world: &World) {
    let charity = code(CHARITY);
    let shown = EVIDENCE.scan(&world.state, &charity, None, usize::MAX).unwrap();
    let helped =
        shown.iter().filter(|((_, reference), _)| still_out(world, reference.as_str()) > 0);
    let helped: u64 = helped.map(|(_, shown)| u64::from(shown.beneficiaries)).sum();
    let sums = quarters(&world.state, &charity, None, None).unwrap();
    assert_eq!(sums.iter().map(|(_, sums)| sums.helped).sum::<u64>(), helped);
}

#[test]
fn reports_on_a_charity_read_as_much_however_many_gifts_there_were() {
    let mut world = World::new();
    gift_acts::set_up(&mut world);
    let mut given = 0;
    let mut read_after = |world: &mut World, gifts_wanted: u32| {
        let mut transactions = Vec::new();
        while given < gifts_wanted {
            given += 1;
            let words = format!("donate reference=捐{given} fund=本级 amount=1元");
            let call = scenario::charity_call(&words, world.date);
            transactions.extend(gift_acts::signed(world, CHARITY, &call));
        }
        gift_acts::all_applied(world, transactions);
        let counting = Counting::new(&world.state);
        let charity = code(CHARITY);
        let year = ratios(&counting, &charity, 2024, as_of(world)).unwrap();
        assert_eq!(year.rows[0][2].fen(), i128::from(given) * 100);
        let ask = AskGifts { charity, fund: None, year: None, quarter: None, after: None };
        let report = gifts(&counting, &ask, as_of(world)).unwrap();
        assert_eq!(report.totals[5].fen(), i128::from(given) * 100);
        counting.all()
    };
    let few = read_after(&mut world, 2);
    assert_eq!(read_after(&mut world, 60), few);
}
