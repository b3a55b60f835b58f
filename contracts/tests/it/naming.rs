//! What records name and keep off the log: who named it first, what a block adds and erases.

use minglian_contracts::naming::{self, Named, Thing};
use minglian_contracts::opening::Ground;
use minglian_ledger::hash::AttachmentHash;

use crate::gift_acts::{CHARITY, all_applied, set_up, signed};
use crate::scenario::{call, charity_call, person};
use crate::world::{World, code};

fn world() -> World {
    let mut world = World::new();
    set_up(&mut world);
    world
}

fn document(name: &str) -> AttachmentHash {
    AttachmentHash::of(&[name.as_bytes()])
}

/// A gift of goods with the invoice `document`; the transactions of maker and checker.
fn give(world: &mut World, reference: &str, document: &str) {
    let words = format!(
        "donate reference={reference} fund=本级 amount=1元 goods=米 quantity=1 document={document} \
         donor=person:{reference}"
    );
    let call = charity_call(&words, world.date);
    let transactions = signed(world, CHARITY, &call);
    all_applied(world, transactions);
}

/// A node that was away asks for all files by these pages: none may be left out.
#[test]
fn the_files_that_records_name_are_listed_in_pages_with_who_named_them_first() {
    let mut world = world();
    assert_eq!(naming::named_attachments(&world.state, None, 9).unwrap(), []);
    for (gift, file) in [("捐1", "发票甲"), ("捐2", "发票乙"), ("捐3", "发票丙"), ("捐4", "发票甲")]
    {
        give(&mut world, gift, file);
    }
    let all = naming::named_attachments(&world.state, None, 9).unwrap();
    let mut files = ["发票甲", "发票乙", "发票丙"].map(document);
    files.sort();
    assert_eq!(all.iter().map(|(file, _)| *file).collect::<Vec<_>>(), files);
    assert!(all.iter().all(|(_, Named { organization, .. })| *organization == code(CHARITY)));
    let (mut paged, mut after) = (Vec::new(), None);
    while let Some(last) = naming::named_attachments(&world.state, after, 1).unwrap().pop() {
        after = Some(last.0);
        paged.push(last);
    }
    assert_eq!(paged, all);
}

/// By this a node knows which file to fetch and which to remove after each block.
#[test]
fn a_block_says_what_it_named_first_and_what_it_erased() {
    let mut world = world();
    let changed = |world: &World, transactions: &[_]| {
        naming::changed(&world.build(transactions).unwrap().executed.changes)
    };
    let words = "donate reference=捐1 fund=本级 amount=1元 goods=米 quantity=1 document=发票 \
                 donor=person:甲";
    let call_of_gift = charity_call(words, world.date);
    let transactions = signed(&mut world, CHARITY, &call_of_gift);
    let (donor, file) = (Thing::Opening(person("甲")), Thing::Attachment(document("发票")));
    assert_eq!(changed(&world, &transactions), (vec![donor, file], Vec::new()));
    all_applied(&mut world, transactions);
    assert_eq!(changed(&world, &[]), (Vec::new(), Vec::new()));
    let erase = call("erase person:甲", &world);
    let maker = world.sign(&format!("{CHARITY}.maker"), &erase);
    let approve = minglian_contracts::approval::Call::Approve { proposal: maker.id() };
    let approve = minglian_contracts::call::Call::Approval(approve);
    let checker = world.sign(&format!("{CHARITY}.checker"), &approve);
    assert_eq!(changed(&world, &[maker, checker]), (Vec::new(), vec![donor]));
}

/// Each thing that a record names costs a place in the state, so the block's limit counts it.
#[test]
fn naming_is_counted_as_work_of_the_act() {
    let mut world = world();
    for (words, things) in [
        ("donate reference=捐1 fund=本级 amount=1元", 0),
        ("donate reference=捐1 fund=本级 amount=1元 donor=person:甲", 1),
        ("donate reference=捐1 fund=本级 amount=1元 donor=person:甲 goods=米 document=发票", 2),
    ] {
        let call = charity_call(words, world.date);
        let transaction = world.sign(&format!("{CHARITY}.maker"), &call);
        let checked = world.admit(&transaction).unwrap();
        assert_eq!(checked.things.len(), things, "{words}");
        assert_eq!(checked.weight, call.weight() + 10 * things as u64, "{words}");
    }
}

#[test]
fn a_refusal_says_which_thing_and_an_order_on_which_ground_of_the_law() {
    let file = document("发票");
    assert_eq!(Thing::Attachment(file).to_string(), format!("attachment {file}"));
    let donor = person("甲");
    assert_eq!(Thing::Opening(donor).to_string(), format!("the opening of {donor}"));
    let grounds = [
        (Ground::PurposeEnded, '一'),
        (Ground::PeriodEnded, '二'),
        (Ground::ConsentWithdrawn, '三'),
        (Ground::Unlawful, '四'),
        (Ground::OtherLaw, '五'),
    ];
    for (ground, number) in grounds {
        let article = format!("个人信息保护法 第四十七条第一款第({number})项");
        assert_eq!(ground.article(), article);
    }
}
