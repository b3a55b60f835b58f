//! The control rules of charity money, of officers and of persons: I15 to I17, I19 to I21.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use minglian_contracts::approval;
use minglian_contracts::book::{Basis, Kind, Movement};
use minglian_contracts::call::Call;
use minglian_contracts::charity::donation::{DONATIONS, pool};
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::charity::report;
use minglian_contracts::contents;
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::refusal::Code;
use minglian_ledger::fen::Fen;
use minglian_ledger::personal_number;
use minglian_ledger::transaction::Transaction;
use serde_json::Value;

use super::acts::{CENTRAL, OLD_AGE, line, pay, purpose, record, world};
use crate::gift_acts::{CHARITY, all_applied, found, set_up, signed};
use crate::scenario;
use crate::steps::{alone, balance, yuan};
use crate::world::{World, code, text};

/// A charity with the community fund 南湖 and a fund of its own, whose committees have decided on
/// up to 30 yuan for each use.
fn charity_world() -> World {
    let mut world = World::new();
    set_up(&mut world);
    world
}

/// An act of `organization` in a scenario's words, with all who must approve it: what it came to.
fn act_of(world: &mut World, organization: &str, words: &str) -> Result<Vec<Event>, Code> {
    let call = scenario::charity_call(words, world.date);
    let transactions = signed(world, organization, &call);
    let mut events = Vec::new();
    for receipt in world.block(transactions).unwrap() {
        match event::read(&receipt).unwrap() {
            Outcome::Applied(found) => events = found,
            Outcome::Refused { code, .. } => return Err(Code::from_number(code).unwrap()),
        }
    }
    Ok(events)
}

fn gives(world: &mut World, words: &str) -> Result<(), Code> {
    act_of(world, CHARITY, words).map(drop)
}

fn gift_account(world: &World, gift: &str) -> Fen {
    let (host, reference) = (code(CHARITY), text(gift));
    let found = DONATIONS.get(&world.state, &(host, reference.clone())).unwrap().unwrap();
    balance(world, &found.account(host, &reference))
}

#[test]
fn i15_no_more_is_disbursed_than_the_fund_holds_and_restricted_gifts_first() {
    let mut world = charity_world();
    for gift in [
        "donate reference=捐1 fund=南湖 amount=12元",
        "donate reference=捐2 fund=南湖 amount=8元 for=助餐",
        "donate reference=捐3 fund=南湖 amount=9元 for=助学",
        "donate reference=别 fund=本级 amount=1000元",
    ] {
        assert_eq!(gives(&mut world, gift), Ok(()));
    }
    let pay = |world: &mut World, reference: &str, gift: &str, amount: &str| {
        let gift = if gift.is_empty() { String::new() } else { format!("gift={gift}") };
        let words = format!(
            "disburse fund=南湖 under=助餐 reference={reference} {gift} amount={amount}元 to=home"
        );
        gives(world, &words)
    };
    // What is bound to the use is spent before the pool, and what is bound to another is not spent.
    assert_eq!(pay(&mut world, "付1", "", "1"), Err(Code::RestrictedFirst));
    assert_eq!(pay(&mut world, "付1", "捐3", "1"), Err(Code::RestrictionDiffers));
    assert_eq!(pay(&mut world, "付1", "捐2", "8.01"), Err(Code::BalanceShort));
    assert_eq!(pay(&mut world, "付1", "捐2", "7.99"), Ok(()));
    assert_eq!(pay(&mut world, "付2", "", "1"), Err(Code::RestrictedFirst));
    assert_eq!(pay(&mut world, "付2", "捐2", "0.01"), Ok(()));
    // Then the pool, to its last fen: neither the other gift nor the other fund helps.
    assert_eq!(pay(&mut world, "付3", "", "12.01"), Err(Code::BalanceShort));
    assert_eq!(pay(&mut world, "付3", "", "12"), Ok(()));
    assert_eq!(pay(&mut world, "付4", "", "0.01"), Err(Code::BalanceShort));
    let fund = FundName { host: code(CHARITY), fund: text("南湖") };
    assert_eq!(balance(&world, &pool(&fund)), Fen::ZERO);
    assert_eq!(["捐2", "捐3"].map(|gift| gift_account(&world, gift)), [Fen::ZERO, yuan("9")]);
}

#[test]
fn i16_a_filing_number_is_one_campaigns() {
    let mut world = charity_world();
    let date = world.date;
    found(&mut world, "基金会", date);
    let own = "open_fund fund=本级 kind=general name=基金会";
    assert_eq!(act_of(&mut world, "基金会", own).map(drop), Ok(()));
    let file = |world: &mut World, charity: &str, filing: &str, fund: &str| {
        let begins = world.date.add_days(10).unwrap();
        let ends = begins.add_days(30).unwrap();
        let words =
            format!("file_campaign filing={filing} fund={fund} begins={begins} ends={ends}");
        act_of(world, charity, &words).map(drop)
    };
    assert_eq!(file(&mut world, CHARITY, "备1", "本级"), Ok(()));
    // Neither for another fund, nor by another charity, nor once the campaign is over.
    assert_eq!(file(&mut world, CHARITY, "备1", "南湖"), Err(Code::FilingTaken));
    assert_eq!(file(&mut world, "基金会", "备1", "本级"), Err(Code::FilingTaken));
    world.date = world.date.add_days(20).unwrap();
    assert_eq!(gives(&mut world, "end_campaign filing=备1"), Ok(()));
    assert_eq!(file(&mut world, CHARITY, "备1", "本级"), Err(Code::FilingTaken));
    assert_eq!(file(&mut world, "基金会", "备2", "本级"), Ok(()));
}

/// Whether a charity of `form` that got 1,000 yuan a year keeps the least of its spending and the
/// most of its management, if it spends so many fen.
fn keeps(form: &str, program_fen: u64, management_fen: u64) -> Vec<bool> {
    let mut world = charity_world();
    for kind in ["charity", "public_fundraising"] {
        let name = format!("organization={CHARITY} kind={kind} from=2023-01-01");
        for words in [
            format!("disqualify {name} until=2024-12-31"),
            format!(
                "qualify organization={CHARITY} kind={kind} registered=2020-01-01 form={form} \
                 from=2025-01-01"
            ),
        ] {
            assert_eq!(act_of(&mut world, "county_civil", &words).map(drop), Ok(()), "{words}");
        }
    }
    for year in [2025, 2026, 2027] {
        world.date = format!("{year}-05-01").parse().unwrap();
        let gift = format!("donate reference={year} fund=本级 amount=1000元");
        assert_eq!(gives(&mut world, &gift), Ok(()));
    }
    world.date = "2028-05-01".parse().unwrap();
    let resolve = "resolve fund=本级 number=年度 for=年度 amount=2000元";
    assert_eq!(gives(&mut world, resolve), Ok(()));
    for (expense, fen) in [("program", program_fen), ("management", management_fen)] {
        let words = format!(
            "disburse fund=本级 under=年度 reference={expense} amount={fen}分 to=home \
             expense={expense}"
        );
        assert_eq!(gives(&mut world, &words), Ok(()));
    }
    let year = report::year(&world.state, &code(CHARITY), 2028).unwrap();
    let of = |part: &str| year.limits.iter().find(|it| it.judged.key.as_str().contains(part));
    [of("spending_min").unwrap(), of("management_max").unwrap()].map(|it| it.kept).into()
}

#[test]
fn i17_spending_and_management_are_held_against_the_limits_of_the_form() {
    // 70 % of the year before is 700 yuan; a tenth of 777.77 spent is 77.777.
    assert_eq!(keeps("foundation", 70_000, 7_777), [true, true]);
    assert_eq!(keeps("foundation", 69_999, 7_777), [false, true]);
    assert_eq!(keeps("foundation", 70_000, 7_778), [true, false]);
    // 13 % of 1,000.
    assert_eq!(keeps("service_organization", 87_000, 13_000), [true, true]);
    assert_eq!(keeps("service_organization", 87_000, 13_001), [true, false]);
}

fn movements(events: &[Event]) -> Vec<Movement> {
    let found = events.iter().filter_map(|event| match event {
        Event::Movement(movement) => Some(movement.clone()),
        _ => None,
    });
    found.collect()
}

#[test]
fn i19_a_correction_is_a_reversal_beside_what_it_takes_back() {
    let mut world = charity_world();
    let gift = act_of(&mut world, CHARITY, "donate reference=误 fund=本级 amount=77元").unwrap();
    let [entered] = &movements(&gift)[..] else { panic!("{gift:?}") };
    let log_before = world.blocks.clone();
    let voided = act_of(&mut world, CHARITY, "void_donation donation=误").unwrap();
    let [reversal] = &movements(&voided)[..] else { panic!("{voided:?}") };
    assert_eq!(reversal.kind, Kind::Reversal { of: entered.number });
    assert_eq!((reversal.amount(), reversal.basis), (yuan("77"), Basis::Designated));
    // The wrong entry stays: in the log, among the gifts, and its name is not free again.
    assert_eq!(world.blocks[..log_before.len()], log_before[..]);
    let key = (code(CHARITY), text("误"));
    let kept = DONATIONS.get(&world.state, &key).unwrap().unwrap();
    assert_eq!((kept.voided, kept.amount), (true, yuan("77")));
    assert_eq!(gives(&mut world, "void_donation donation=误"), Err(Code::DonationClosed));
    let again = gives(&mut world, "donate reference=误 fund=本级 amount=70元");
    assert_eq!(again, Err(Code::DonationExists));
}

/// Registers another key of the officer who holds `home.maker`.
fn second_key(world: &mut World, role: &str) {
    let words = format!(
        "register_key organization=home key=home.same_{role} role={role} same_officer_as=home.maker"
    );
    let call = scenario::call(&words, world);
    let first = world.sign("home.governor", &call);
    let approve = approve(world, "city_finance.governor", &first);
    all_applied(world, vec![first, approve]);
}

fn approve(world: &mut World, actor: &str, proposed: &Transaction) -> Transaction {
    let call = Call::Approval(approval::Call::Approve { proposal: proposed.id() });
    world.sign(actor, &call)
}

#[test]
fn i20_who_proposes_does_not_approve_and_who_approves_does_not_pay() {
    let mut world = world("2024-03-01");
    let home = line("home", CENTRAL, 2024, "甲");
    record(&mut world, "county_finance", &home, purpose(OLD_AGE, None), "100");
    second_key(&mut world, "checker");
    second_key(&mut world, "payer");
    let instruct = scenario::call(
        "instruct from=home/中央集中/2024/甲 reference=凭证1 amount=10元 to=supplier",
        &world,
    );
    let (proposal, _) = world.act("home.maker", &instruct);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    // Another key makes nobody another officer.
    for actor in ["home.maker", "home.same_checker"] {
        assert_eq!(alone(&mut world, actor, &approve), Err(Code::SameOfficer), "{actor}");
    }
    assert_eq!(alone(&mut world, "home.payer", &approve), Err(Code::WrongRole));
    alone(&mut world, "home.checker", &approve).unwrap();
    for actor in ["home.checker", "home.same_payer"] {
        assert_eq!(alone(&mut world, actor, &approve), Err(Code::SameOfficer), "{actor}");
    }
    assert_eq!(balance(&world, &home.account()), yuan("100"));
    alone(&mut world, "home.payer", &approve).unwrap();
    assert_eq!(balance(&world, &home.account()), yuan("90"));
    // Nor under a payment order that the officer signed.
    let order = scenario::call(
        "authorize from=home/中央集中/2024/甲 name=授权 total=50元 until=2024-12-31",
        &world,
    );
    let (proposal, _) = world.act("home.maker", &order);
    alone(&mut world, "home.checker", &Call::Approval(approval::Call::Approve { proposal }))
        .unwrap();
    let words = "pay order=授权 reference=凭证2 amount=5元 to=supplier";
    let under = scenario::call(words, &world);
    assert_eq!(alone(&mut world, "home.same_payer", &under), Err(Code::SameOfficer));
    alone(&mut world, "home.payer", &under).unwrap();
    assert_eq!(pay(&mut world, &home, "凭证3", "85"), Ok(()));
}

#[test]
fn i20_a_committee_has_five_members_or_more_and_an_odd_number() {
    let mut world = charity_world();
    let name = format!("open_fund fund=北湖 kind=community_fund name={CHARITY}北湖社区慈善基金");
    for members in [0, 1, 3, 4, 6, 8] {
        let words = format!("{name} members={members}");
        assert_eq!(gives(&mut world, &words), Err(Code::CommitteeInvalid), "{members}");
    }
    assert_eq!(gives(&mut world, &format!("{name} members=5")), Ok(()));
    let change = |members: u16| format!("change_committee fund=北湖 members={members}");
    assert_eq!(gives(&mut world, &change(6)), Err(Code::CommitteeInvalid));
    assert_eq!(gives(&mut world, &change(7)), Ok(()));
}

/// Fields whose texts are not written freely: codes of organisations, references, document, filing
/// and other numbers, names of lines, funds, games and parameters, addresses of nodes.
const NUMBERS: &[&str] = &[
    "authorization",
    "campaign",
    "centre",
    "certificate",
    "code",
    "commissioner",
    "complaint",
    "consensus_address",
    "consent",
    "contract",
    "corrects",
    "counterparty",
    "county",
    "custodian",
    "document_number",
    "donation",
    "engagement",
    "filing",
    "from",
    "fund",
    "funds",
    "game",
    "gossip_address",
    "handler",
    "holder",
    "home",
    "host",
    "index_number",
    "inspectors",
    "issue",
    "key",
    "line",
    "lower",
    "members",
    "name",
    "number",
    "object",
    "objects",
    "organization",
    "organizations",
    "own",
    "payment",
    "peer_id",
    "plan",
    "project",
    "province",
    "reference",
    "replaces",
    "resolution",
    "reviewer",
    "rule",
    "sample",
    "subject",
    "to",
    "unit",
];

/// The places of all strings in a value.
fn strings(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(path.to_owned()),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(at, item)| strings(item, &format!("{path}/{at}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, it)| strings(it, &format!("{path}/{name}"), found));
        }
        _ => {}
    }
}

#[test]
fn i21_no_text_of_an_act_that_people_write_holds_a_number_of_a_person() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/calls.json");
    let vectors: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let list = vectors.as_array().or_else(|| vectors["values"].as_array()).unwrap();
    let (mut searched, mut unsearched) = (0, BTreeSet::new());
    for entry in list {
        let mut places = Vec::new();
        strings(&entry["json"], "", &mut places);
        for place in places {
            let mut planted = entry["json"].clone();
            *planted.pointer_mut(&place).unwrap() = "34112219800101001X".into();
            // What does not take it is no text: a code, a hash, a date.
            let Ok(call) = serde_json::from_value::<Call>(planted) else { continue };
            let contents = contents::of(&call);
            if contents.texts.iter().any(|text| personal_number::find(text).is_some()) {
                searched += 1;
            } else {
                let mut fields = place.split('/').filter(|part| part.parse::<usize>().is_err());
                unsearched.insert(fields.next_back().unwrap().to_owned());
            }
        }
    }
    assert!(searched > 0);
    let known: BTreeSet<String> = NUMBERS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(unsearched, known, "a new text is searched, or it is a number");
}
