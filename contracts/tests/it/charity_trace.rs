//! A donor's path, fen by fen: what the code on a receipt leads to.

use std::collections::BTreeMap;
use std::path::Path;

use minglian_contracts::book::{self, AccountId, Interval};
use minglian_contracts::charity::path::{self, Given};
use minglian_contracts::payment::Status;
use minglian_contracts::trace::memory::MovementIndex;
use minglian_contracts::trace::{Edge, Rest, trace};
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::Commitment;

use crate::gift_acts::{self, CHARITY};
use crate::reports::log::Log;
use crate::scenario;
use crate::world::{World, code, text};

/// All movements of a world.
fn movements(world: &World) -> MovementIndex {
    let mut index = MovementIndex::new();
    Log::of(world).flows.into_iter().for_each(|flow| index.insert(flow.movement));
    index
}

/// The gift whose receipt bears a scenario's code.
fn given(world: &World, receipt: &str) -> Given {
    let hash = Commitment::of(&[b"receipt code", receipt.as_bytes()]);
    let mut found = path::find(&world.state, &hash, None).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// The whole trace of a gift, in pages of a few entries.
fn followed(index: &MovementIndex, given: &Given) -> (Vec<Edge>, Vec<Rest>) {
    let (mut edges, mut rests, mut next) = (Vec::new(), Vec::new(), given.start());
    while let Some(cursor) = next {
        let page = trace(index, cursor, 2).unwrap();
        edges.extend(page.edges);
        rests.extend(page.rests);
        next = page.next;
    }
    (edges, rests)
}

fn payment(reference: &str) -> AccountId {
    AccountId::Payment { organization: code(CHARITY), reference: text(reference) }
}

fn scenario_world() -> World {
    after("charity_donor.txt")
}

fn after(name: &str) -> World {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(name);
    let played = scenario::play(&file);
    assert_eq!(played.complaints, Vec::<String>::new());
    played.world
}

/// Positions of each account, by the gift that has them.
type Positions = BTreeMap<AccountId, Vec<(Interval, usize)>>;

/// 100.01 and 50.02 yuan in one pool; 60.50 are paid, 60 bounce, 79.50 are paid, 10.03 are left.
#[test]
fn two_gifts_in_one_pool_have_exact_and_disjoint_intervals_that_tile_the_payments() {
    let world = scenario_world();
    let index = movements(&world);
    let gifts = ["甲的查询码", "乙的查询码"].map(|receipt| given(&world, receipt));
    let mut held = Positions::new();
    let mut credited = Positions::new();
    for (number, gift) in gifts.iter().enumerate() {
        let (edges, rests) = followed(&index, gift);
        let left: u64 = rests.iter().map(|rest| rest.interval.length()).sum();
        assert_eq!(left, gift.gift.amount.get(), "every fen of the gift is somewhere, once");
        for Edge { to, to_interval, .. } in edges {
            credited.entry(to).or_default().push((to_interval, number));
        }
        for Rest { account, interval, .. } in rests {
            held.entry(account).or_default().push((interval, number));
        }
    }
    // Together the gifts are all money that ever was in a payment, without a gap or an overlap.
    for reference in ["付1", "付2", "付3"] {
        let intervals = credited.get_mut(&payment(reference)).unwrap();
        intervals.sort();
        let end = intervals.iter().fold(0, |end, (interval, _)| {
            assert_eq!(interval.start(), end, "{reference}: {intervals:?}");
            interval.end()
        });
        let account = book::account(&world.state, &payment(reference)).unwrap().unwrap();
        assert_eq!(end, account.credited);
    }
    // What is still there is what the book says is unspent, position by position.
    for (account, intervals) in &mut held {
        intervals.sort();
        let unspent = book::account(&world.state, account).unwrap().unwrap().unspent();
        let mut merged: Vec<Interval> = Vec::new();
        for (interval, _) in intervals.iter() {
            let adjoining = merged.pop_if(|last| last.end() == interval.start());
            let start = adjoining.map_or(interval.start(), |last| last.start());
            merged.push(Interval::new(start, interval.end()).unwrap());
        }
        assert_eq!(merged, unspent, "{account:?}");
    }
    let amounts = |reference: &str| -> Vec<(u64, usize)> {
        let parts = held.get(&payment(reference)).into_iter().flatten();
        parts.map(|(interval, number)| (interval.length(), *number)).collect()
    };
    assert_eq!(amounts("付1"), [(6_050, 0)], "the first 60.50 of the first gift");
    assert_eq!(amounts("付2"), [], "it bounced");
    // 60.01 yuan of the first gift and 39.51 of the first's rest came back behind the second's.
    let by_gift = |number| amounts("付3").iter().filter(|part| part.1 == number).count();
    assert_eq!(amounts("付3").iter().map(|part| part.0).sum::<u64>(), 7_950);
    assert!(by_gift(0) > 0 && by_gift(1) > 0, "{:?}", amounts("付3"));
}

#[test]
fn a_code_leads_to_decision_bank_evidence_and_feedback() {
    let world = scenario_world();
    let gift = given(&world, "甲的查询码");
    assert_eq!(gift.reference.as_str(), "捐1");
    assert_eq!(gift.fund.as_ref().unwrap().name.as_str(), "慈善总会南湖社区慈善基金");
    let known = |given: &Given, reference: &str| {
        given.paid(&world.state, code(CHARITY), &text(reference)).unwrap().unwrap()
    };
    let first = known(&gift, "付1");
    let decision = first.resolution.unwrap();
    assert_eq!((decision.votes.in_favour, decision.votes.against), (4, 1));
    assert_eq!(
        (decision.minutes, decision.purpose.as_str()),
        (Commitment::of(&[b"minutes"]), "助餐")
    );
    assert_eq!(first.bank, Some(Status::Paid("2025-03-14".parse().unwrap())));
    assert_eq!(first.evidence.unwrap().attachments.len(), 2);
    assert_eq!(first.feedback.unwrap().message, Commitment::of(&[b"message"]));
    assert_eq!(first.out, Fen::new(6_050).unwrap());
    let bounced = known(&gift, "付2");
    assert_eq!(
        (bounced.bank, bounced.out),
        (Some(Status::Failed("2025-03-14".parse().unwrap())), Fen::ZERO)
    );
    // The other donor was told nothing yet.
    assert_eq!(known(&given(&world, "乙的查询码"), "付1").feedback, None);
    let unknown = Commitment::of(&[b"receipt code", b"another"]);
    assert_eq!(path::find(&world.state, &unknown, None).unwrap(), []);
    assert_eq!(path::find(&world.state, &unknown, Some(code(CHARITY))).unwrap(), []);
    assert_eq!(gift.paid(&world.state, code(CHARITY), &text("无")).unwrap(), None);
}

#[test]
fn the_path_of_a_gift_that_got_another_use_begins_where_it_came_in() {
    let mut world = World::new();
    gift_acts::set_up(&mut world);
    for words in [
        "donate reference=捐1 fund=本级 amount=30元 for=助餐 code=码",
        "disburse fund=本级 under=助餐 gift=捐1 reference=付1 amount=5元 to=home",
        "change_purpose donation=捐1 under=变更助学 for=助学 consent=函",
        "disburse fund=本级 under=助学 gift=捐1 reference=付2 amount=10元 to=home",
        "change_purpose donation=捐1 under=变更 consent=函",
        "refund donation=捐1 reference=退1 amount=3元",
    ] {
        let call = scenario::charity_call(words, world.date);
        let transactions = gift_acts::signed(&mut world, CHARITY, &call);
        gift_acts::all_applied(&mut world, transactions);
    }
    let gift = given(&world, "码");
    let (_, rests) = followed(&movements(&world), &gift);
    let of = |reference: &str| {
        let parts = rests.iter().filter(|rest| rest.account == payment(reference));
        parts.map(|rest| rest.interval.length()).sum::<u64>()
    };
    assert_eq!(["付1", "付2", "退1"].map(of), [500, 1_000, 300]);
    assert_eq!(rests.iter().map(|rest| rest.interval.length()).sum::<u64>(), 3_000);
    let refund = gift.paid(&world.state, code(CHARITY), &text("退1")).unwrap().unwrap();
    assert_eq!(refund.resolution, None);
}

#[test]
fn a_code_that_another_charity_entered_too_still_leads_to_the_donors_gift() {
    let world = after("charity_receipts.txt");
    let hash = Commitment::of(&[b"receipt code", "凭9".as_bytes()]);
    let found = |charity| -> Vec<(_, String)> {
        let found = path::find(&world.state, &hash, charity).unwrap().into_iter();
        found.map(|given| (given.charity, given.reference.to_string())).collect()
    };
    let (own, other) = ((code(CHARITY), "捐9".to_owned()), (code("乙会"), "偷".to_owned()));
    let all = found(None);
    assert!(all.len() == 2 && all.contains(&own) && all.contains(&other), "{all:?}");
    assert_eq!(found(Some(code(CHARITY))), [own]);
    assert_eq!(found(Some(code("home"))), []);
}
