//! Random acts: whatever officers send, the invariants hold after every block, and whoever replays
//! the blocks reaches the same root.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::year::{CarryOver, TakeBack, TransferOut};
use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, Receipt};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::seal;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use proptest::prelude::*;

use crate::gift_acts::{self, GiftAct, gift_act};
use crate::scenario::line_name;
use crate::world::World;

/// Lines between which money moves: two years, two levels, one of another fund.
const LINES: &[&str] = &[
    "city_civil/中央/2024/甲",
    "county_civil/中央/2024/甲",
    "county_civil/中央/2025/甲",
    "county_civil/中央/2024/乙",
    "home/中央/2024/丙",
    "county_finance/中央/2026/结余",
    "county_civil/省级/2024/丁",
    // Where 调出 from the city's line leads.
    "city_finance/省级/2024/甲",
];

#[derive(Debug, Clone)]
enum Act {
    Record { to: usize, fen: u64, category: bool },
    Issue { from: usize, to: usize, fen: u64, category: bool },
    Allocate { from: usize, to: usize, fen: u64, category: bool },
    Receive { line: usize },
    CarryOver { line: usize, fen: u64 },
    Recover { line: usize, to: usize, fen: u64 },
    Lapse { line: usize, to: usize, fen: u64 },
    TransferOut { line: usize, fen: u64 },
    NextDay { days: u16 },
    Gift(GiftAct),
}

fn act() -> impl Strategy<Value = Act> {
    let line = || 0..LINES.len();
    let fen = || 0..2_000_u64;
    prop_oneof![
        4 => (line(), fen(), any::<bool>())
            .prop_map(|(to, fen, category)| Act::Record { to, fen, category }),
        2 => (line(), line(), fen(), any::<bool>())
            .prop_map(|(from, to, fen, category)| Act::Issue { from, to, fen, category }),
        3 => (line(), line(), fen(), any::<bool>())
            .prop_map(|(from, to, fen, category)| Act::Allocate { from, to, fen, category }),
        2 => line().prop_map(|line| Act::Receive { line }),
        2 => (line(), fen()).prop_map(|(line, fen)| Act::CarryOver { line, fen }),
        2 => (line(), line(), fen()).prop_map(|(line, to, fen)| Act::Recover { line, to, fen }),
        1 => (line(), line(), fen()).prop_map(|(line, to, fen)| Act::Lapse { line, to, fen }),
        1 => (line(), fen()).prop_map(|(line, fen)| Act::TransferOut { line, fen }),
        1 => (1..400_u16).prop_map(|days| Act::NextDay { days }),
        9 => gift_act().prop_map(Act::Gift),
    ]
}

fn purpose(category: bool) -> Purpose {
    Purpose { category: category.then_some(Category::OldAge), project: None }
}

fn basis() -> Basis {
    Basis { printed_in: Some(crate::world::text("公示")), ..Basis::default() }
}

fn grant(from: usize, to: usize, fen: u64, category: bool, occurred_on: Date) -> Grant {
    Grant {
        from: line_name(LINES[from]),
        to: line_name(LINES[to]),
        amount: Fen::new(fen).unwrap(),
        purpose: purpose(category),
        basis: basis(),
        plan: None,
        occurred_on,
    }
}

fn take_back(line: usize, to: usize, fen: u64, occurred_on: Date) -> TakeBack {
    TakeBack {
        line: line_name(LINES[line]),
        to: line_name(LINES[to]),
        amount: Fen::new(fen).unwrap(),
        basis: basis(),
        occurred_on,
    }
}

/// The organisation that acts and its call; none for a day that passes and for charity money.
fn call(act: &Act, today: Date) -> Option<(String, allocation::Call)> {
    let city_finance = || "city_finance".to_owned();
    let county_finance = || "county_finance".to_owned();
    let holder = |line: usize| LINES[line].split('/').next().unwrap().to_owned();
    let occurred_on = today;
    Some(match *act {
        Act::Record { to, fen, category } => {
            let to: LineName = line_name(LINES[to]);
            let quota = RecordQuota {
                first_year: to.year,
                to,
                receipt: Receipt::Issued,
                amount: Fen::new(fen).unwrap(),
                level: crate::world::text("中央"),
                purpose: purpose(category),
                basis: basis(),
                implied: false,
                occurred_on,
            };
            (city_finance(), allocation::Call::RecordQuota(quota))
        }
        Act::Issue { from, to, fen, category } => {
            let finance = if from == 0 { city_finance() } else { county_finance() };
            (finance, allocation::Call::Issue(grant(from, to, fen, category, today)))
        }
        Act::Allocate { from, to, fen, category } => {
            (holder(from), allocation::Call::Allocate(grant(from, to, fen, category, today)))
        }
        Act::Receive { line } => {
            let call = allocation::Call::Receive { line: line_name(LINES[line]), occurred_on };
            (holder(line), call)
        }
        Act::CarryOver { line, fen } => {
            let (line, amount) = (line_name(LINES[line]), Fen::new(fen).unwrap());
            let carry = CarryOver { line, amount, basis: basis(), occurred_on };
            (city_finance(), allocation::Call::CarryOver(carry))
        }
        Act::Recover { line, to, fen } => {
            (county_finance(), allocation::Call::Recover(take_back(line, to, fen, today)))
        }
        Act::Lapse { line, to, fen } => {
            (county_finance(), allocation::Call::Lapse(take_back(line, to, fen, today)))
        }
        Act::TransferOut { line, fen } => {
            let transfer = TransferOut {
                line: line_name(LINES[line]),
                to_fund: crate::world::text("省级"),
                amount: Fen::new(fen).unwrap(),
                basis: basis(),
                occurred_on,
            };
            (city_finance(), allocation::Call::TransferOut(transfer))
        }
        Act::NextDay { .. } | Act::Gift(_) => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// `World::block` builds, replays and checks book and lines after every block.
    #[test]
    fn any_acts_keep_the_invariants_and_replay_to_the_same_root(
        acts in prop::collection::vec(act(), 1..90),
    ) {
        let mut world = World::new();
        gift_acts::set_up(&mut world);
        for act in &acts {
            if let Act::NextDay { days } = act {
                world.date = world.date.add_days(i32::from(*days)).unwrap();
            }
            if let Act::Gift(act) = act {
                let transactions = gift_acts::transactions(&mut world, act);
                world.block(transactions).unwrap();
            }
            let Some((organization, call)) = call(act, world.date) else { continue };
            // Proposed and approved in one block; if the proposal is refused, so is the approval.
            let proposed = world.sign(&format!("{organization}.maker"), &Call::Allocation(call));
            let approve = approval::Call::Approve { proposal: proposed.id() };
            let checker = format!("{organization}.checker");
            let approved = world.sign(&checker, &Call::Approval(approve));
            world.block(vec![proposed, approved]).unwrap();
        }
        crate::reports::check_all(&world, gift_acts::CHARITY);
        let mut replica = World::new();
        for block in &world.blocks {
            let replayed = seal::replay(
                &replica.header, block, &replica.state, &replica.tree, &replica.frontier,
            );
            let replayed = replayed.unwrap();
            replica.state.commit(&replayed.update, &replayed.executed.changes);
            replica.tree.apply(&replayed.update).unwrap();
            replica.frontier = replayed.sealed.frontier;
            replica.header = replayed.sealed.header;
        }
        prop_assert_eq!(replica.tree.root(), world.tree.root());
        prop_assert_eq!(replica.header, world.header);
    }
}
