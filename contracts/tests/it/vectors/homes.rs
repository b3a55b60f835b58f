//! One act and one event of homes for the old for each variant.

use minglian_contracts::allocation::LineName;
use minglian_contracts::call::Call;
use minglian_contracts::event;
use minglian_contracts::homes::occupancy::{ByLevel, StateOccupancy};
use minglian_contracts::homes::paying::Pay;
use minglian_contracts::homes::standing::{EndStanding, Rate, Rating, Standing};
use minglian_contracts::homes::subsidy::{Compute, Subsidy};
use minglian_contracts::homes::{self, Event};
use minglian_contracts::oversight::inspection::InspectionResult;
use minglian_contracts::payment::{Order, Payee};
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::LogIndex;

use super::calls::{day, fen};
use crate::world::{code, text};

const BEDS: ByLevel = ByLevel { self_care: 40, mild: 20, moderate: 0, severe: 261 };

/// Every act of the vectors.
pub fn calls() -> Vec<Call> {
    let (home, month, occurred_on) = (code("home"), "2024-05".parse().unwrap(), day("2024-06-03"));
    let rate = |rating, valid_until| {
        let (certificate, beds, valid_from) = (text("皖养备1号"), 400, day("2024-01-01"));
        let standing = Standing { certificate, beds, rating, valid_from, valid_until };
        homes::Call::Rate(Rate { home, standing, occurred_on })
    };
    let state = |evidence, corrects| {
        let (beds, reviewer) = (BEDS, code("county_civil"));
        let act = StateOccupancy { month, beds, reviewer, evidence, corrects, occurred_on };
        homes::Call::StateOccupancy(act)
    };
    let (holder, fund) = (code("county_civil"), text("县级"));
    let line = LineName { holder, fund, year: 2024, line: text("来财社〔2024〕9号/1") };
    let order = Order {
        reference: text("补 1"),
        payee: Payee::Organization(home),
        amount: fen(2_310_000),
        voucher: None,
        replaces: None,
        occurred_on,
    };
    let calls = [
        rate(Rating::Five, Some(day("2026-12-31"))),
        rate(Rating::Unrated, None),
        homes::Call::EndStanding(EndStanding { home, valid_until: occurred_on, occurred_on }),
        state(None, None),
        state(Some(AttachmentHash::of(&[b"an attachment"])), Some(LogIndex(4_096))),
        homes::Call::Compute(Compute { home, month, occurred_on }),
        homes::Call::Pay(Pay { home, month, line, order }),
    ];
    calls.into_iter().map(Call::Homes).collect()
}

/// Every event of the vectors.
pub fn events() -> Vec<event::Event> {
    let (home, month) = (code("home"), "2024-05".parse().unwrap());
    let computed = |inspection, overpaid| Event::Computed {
        home,
        month,
        subsidy: Subsidy {
            statement: LogIndex(4_096),
            beds: BEDS,
            rate: fen(20_000),
            level_factors: ByLevel { self_care: 10_000, mild: 15_000, moderate: 0, severe: 30_000 },
            rating: Rating::Three,
            rating_factor: 11_000,
            inspection,
            inspection_factor: 5_000,
            amount: fen(9_383_000),
        },
        paid: fen(9_383_001),
        overpaid: fen(overpaid),
    };
    let (rating, valid_from) = (Rating::Three, day("2024-01-01"));
    let all = [
        Event::Rated { home, rating, beds: 400, valid_from },
        Event::StandingEnded { home, valid_until: day("2024-06-03") },
        Event::OccupancyStated { home, month, beds: 321, corrects: Some(LogIndex(4_096)) },
        Event::OccupancyStated { home, month, beds: 321, corrects: None },
        computed(Some(InspectionResult::OrderedToCorrect), 1),
        computed(None, 0),
        Event::Paid { home, month, payment: text("补 1"), left: fen(0) },
    ];
    all.into_iter().map(event::Event::Homes).collect()
}
