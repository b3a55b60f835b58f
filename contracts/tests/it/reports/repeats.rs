//! Doubtful points about gifts and payments that repeat one another: of which year they are, which
//! of them stand, how many a page compares and how many it names; and sums of funds that do or do
//! not agree.

use minglian_contracts::allocation::Category;
use minglian_contracts::charity::disbursement::PAYOUTS;
use minglian_contracts::charity::donation::DONATIONS;
use minglian_contracts::charity::sums::{HELD, Held};
use minglian_contracts::report::Report;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::lines::Ask;
use minglian_contracts::report::selection::Selection;
use minglian_contracts::schema::State;
use minglian_ledger::fen::Fen;
use minglian_ledger::state::StateRead;

use super::log::{Log, as_of, column};
use super::{ask, go};
use crate::gift_acts::{CHARITY, all_applied, set_up, signed};
use crate::scenario;
use crate::steps::yuan;
use crate::world::{World, code, text};

/// Acts of the charity on a day.
fn gives(world: &mut World, day: &str, acts: &[&str]) {
    world.date = day.parse().unwrap();
    for words in acts {
        let call = scenario::charity_call(words, world.date);
        let transactions = signed(world, CHARITY, &call);
        all_applied(world, transactions);
    }
}

fn page(world: &World, state: &dyn StateRead, year: Option<u16>, after: Option<Vec<u8>>) -> Report {
    let selection = Selection { holder: Some(code(CHARITY)), year, ..Selection::default() };
    let asked = Ask { after, ..ask(selection) };
    findings(state, &Log::of(world), &asked, as_of(world)).unwrap()
}

/// The points of a rule: what they name, and what of it is too much.
fn points(report: &Report, rule: &str) -> Vec<(String, String)> {
    let rows = column(report, "subject").into_iter().zip(column(report, "amount"));
    let rows = column(report, "rule").into_iter().zip(rows);
    rows.filter(|(found, _)| found == rule).map(|(_, row)| row).collect()
}

fn row(subject: &str, fen: &str) -> (String, String) {
    (subject.to_owned(), fen.to_owned())
}

#[test]
fn repetitions_are_of_one_year_and_of_what_stands_whole() {
    let mut world = World::new();
    world.date = "2024-05-06".parse().unwrap();
    set_up(&mut world);
    let pay = |number: u8, yuan: u8| {
        format!("disburse fund=本级 under=助餐 reference=付{number} amount={yuan}元 to=home")
    };
    let give = |number: u8, yuan: u8| {
        format!("donate reference=捐{number} fund=本级 amount={yuan}元 donor=home")
    };
    let early = [give(1, 30), give(2, 30), pay(1, 4), pay(2, 4)];
    gives(&mut world, "2024-05-06", &early.each_ref().map(String::as_str));
    let late = [give(3, 20), give(4, 20), pay(3, 5), pay(4, 5), pay(5, 5), pay(6, 4)];
    gives(&mut world, "2025-02-03", &late.each_ref().map(String::as_str));
    let of = |world: &World, rule: &str, year| points(&page(world, &world.state, year, None), rule);
    let (gifts, payments) = ("duplicate_gift", "duplicate_payout");
    assert_eq!(of(&world, gifts, Some(2024)), [row("本级 捐1 捐2", "3000")]);
    assert_eq!(of(&world, gifts, Some(2025)), [row("本级 捐3 捐4", "2000")]);
    assert_eq!(of(&world, payments, Some(2024)), [row("本级 付1 付2", "400")]);
    // Twice too often.
    assert_eq!(of(&world, payments, Some(2025)), [row("本级 付3 付4 付5", "1000")]);
    assert_eq!(of(&world, gifts, None).len(), 2);
    assert_eq!(of(&world, payments, None).len(), 2);
    // What came back in part does not stand whole, nor a gift of which a part went back. What is
    // left of 付4 is as much as 付6, which repeats nothing.
    let back = [
        "bounced payment=付4 amount=1元",
        "refund donation=捐2 reference=退1 amount=1元",
        "refund donation=捐3 reference=退2 amount=1元",
    ];
    gives(&mut world, "2025-02-04", &back);
    assert_eq!(of(&world, payments, Some(2025)), [row("本级 付3 付5", "500")]);
    assert_eq!(of(&world, gifts, None), []);
}

/// Gifts and payments of a charity are of no line: who asks for lines of one kind is told of none.
#[test]
fn what_a_charity_repeats_is_not_said_of_lines_of_one_kind() {
    let mut world = World::new();
    set_up(&mut world);
    let give = |number| format!("donate reference=捐{number} fund=本级 amount=30元 donor=home");
    gives(&mut world, "2024-05-06", &[&give(1), &give(2)]);
    let repeated = |selection: Selection| {
        let found = findings(&world.state, &Log::of(&world), &ask(selection), as_of(&world));
        points(&found.unwrap(), "duplicate_gift").len()
    };
    let all = Selection { holder: Some(code(CHARITY)), ..Selection::default() };
    assert_eq!(repeated(all.clone()), 1);
    for narrower in [
        Selection { fund: Some(text("本级")), ..all.clone() },
        Selection { category: Some(Category::OldAge), ..all.clone() },
        Selection { project: Some(text("睦邻点")), ..all.clone() },
        Selection { document: Some("来民〔2024〕3号".to_owned()), ..all.clone() },
    ] {
        assert_eq!(repeated(narrower.clone()), 0, "{narrower:?}");
    }
}

/// A charity with one gift of 30 元, and so many copies of it beside it.
fn with_copies(world: &World, copies: usize) -> State<'_> {
    let mut state = State::new(&world.state);
    let key = |number: usize| (code(CHARITY), text(&format!("捐{number:04}")));
    let gift = DONATIONS.get(&world.state, &key(0)).unwrap().unwrap();
    (1..=copies).for_each(|number| DONATIONS.put(&mut state, &key(number), &gift));
    state
}

#[test]
fn a_page_names_sixteen_of_what_repeats_and_ends_where_it_has_read_enough() {
    let mut world = World::new();
    set_up(&mut world);
    gives(&mut world, "2024-05-06", &["donate reference=捐0000 fund=本级 amount=30元 donor=home"]);
    let named = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("捐{number:04}")).collect();
        format!("本级 {}", names.join(" "))
    };
    let rule = "duplicate_gift";
    for (gifts, subject) in
        [(2, named(2)), (16, named(16)), (17, named(16) + " …"), (18, named(16) + " …")]
    {
        let found = page(&world, &with_copies(&world, gifts - 1), None, None);
        assert_eq!(points(&found, rule), [(subject, (3_000 * (gifts - 1)).to_string())]);
        assert_eq!(found.next, None);
    }
    // A page reads 5,000 entries; the sums of the charity and of its funds come before its gifts.
    let sums = HELD.scan(&world.state, &code(CHARITY), None, 100).unwrap().len();
    assert!(PAYOUTS.scan(&world.state, &code(CHARITY), None, 1).unwrap().is_empty());
    let first = 5_000 - sums;
    let state = with_copies(&world, first + 299);
    let found = page(&world, &state, None, None);
    assert_eq!(points(&found, rule), [(named(16) + " …", (3_000 * (first - 1)).to_string())]);
    let rest = page(&world, &state, None, Some(found.next.unwrap()));
    assert_eq!(points(&rest, rule)[0].1, (3_000 * 299).to_string());
    assert_eq!(rest.next, None);
}

#[test]
fn what_is_spent_or_passed_to_another_fund_is_no_contradiction() {
    let mut world = World::new();
    world.date = "2024-05-06".parse().unwrap();
    set_up(&mut world);
    let acts = [
        "donate reference=捐1 fund=本级 amount=20元",
        "disburse fund=本级 under=助餐 reference=付1 amount=3元 to=home",
        "transfer_surplus fund=本级 to=南湖 amount=10元 under=结余 agreement=章程",
    ];
    gives(&mut world, "2024-05-06", &acts);
    let rule = "fund_sum_error";
    assert_eq!(points(&page(&world, &world.state, None, None), rule), []);
    let key = (code(CHARITY), Some(text("本级")));
    let known = HELD.get(&world.state, &key).unwrap().unwrap();
    assert_eq!(
        (known.income, known.expenditure, known.balance),
        (yuan("20"), yuan("13"), yuan("7"))
    );
    let said = |income: u64, expenditure: u64| {
        let mut state = State::new(&world.state);
        let [income, expenditure] = [income, expenditure].map(|it| Fen::new(it).unwrap());
        HELD.put(&mut state, &key, &Held { income, expenditure, ..known });
        points(&page(&world, &state, None, None), rule)
    };
    assert_eq!(said(2_100, 1_300), [row("本级 收支结余", "100"), row("本级 收入", "100")]);
    assert_eq!(said(2_000, 1_200), [row("本级 收支结余", "100"), row("本级 支出", "-100")]);
    // Balanced, and yet not what its quarters come to.
    assert_eq!(said(2_100, 1_400), [row("本级 收入", "100"), row("本级 支出", "100")]);
}

#[test]
fn payments_of_a_line_repeat_one_another_only_while_they_stand() {
    let mut world = World::new();
    world.date = "2024-03-01".parse().unwrap();
    let line = "home/省级/2024/甲";
    go(&mut world, &[&format!("county_finance record to={line} amount=10万元 notice=公告")]);
    for number in 1..=3 {
        let words =
            format!("home instruct from={line} reference=付{number} amount=1万元 to=city_civil");
        go(&mut world, &[&words]);
    }
    let repeated = |world: &World| {
        let home = ask(Selection { holder: Some(code("home")), ..Selection::default() });
        let report = findings(&world.state, &Log::of(world), &home, as_of(world)).unwrap();
        points(&report, "duplicate_payment")
    };
    assert_eq!(repeated(&world), [row("省级 2024 甲", "2000000")]);
    go(&mut world, &["home correct payment=付2"]);
    assert_eq!(repeated(&world), [row("省级 2024 甲", "1000000")]);
    go(&mut world, &["home correct payment=付3"]);
    assert_eq!(repeated(&world), []);
}
