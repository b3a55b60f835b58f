//! What acts say beside figures: which texts are searched, and what is named.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::envelope::EnvelopeFault;
use minglian_contracts::homes;
use minglian_contracts::naming::{self, ERASED, NAMED, Thing};
use minglian_contracts::opening::{self, Ground};
use minglian_contracts::project::Contract;
use minglian_contracts::{payment, project};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::personal_number::PersonalNumber;

use crate::scenario;
use crate::world::{World, code, text};

fn attachment(name: &str) -> Thing {
    Thing::Attachment(AttachmentHash::of(&[name.as_bytes()]))
}

#[test]
fn every_kind_of_thing_is_found_and_a_receipts_code_is_not() {
    let today = "2025-03-01".parse().unwrap();
    let named = |words: &str| contents::of(&scenario::charity_call(words, today)).things;
    let person = |name: &str| Thing::Opening(scenario::person(name));
    let committee = named("open_fund fund=南湖 name=基金 members=2 supervisors=1");
    assert_eq!(committee, [person("成员0"), person("成员1"), person("监督员0")]);
    let gift = "donate reference=物 fund=南湖 amount=1元 donor=person:甲 goods=被 document=发票";
    assert_eq!(named(gift), [person("甲"), attachment("发票")]);
    assert_eq!(named("donate reference=捐 fund=南湖 amount=1元"), []);
    let resolve = named("resolve fund=南湖 number=1 amount=1元");
    assert_eq!(resolve, [Thing::Opening(Commitment::of(&[b"minutes"]))]);
    let disburse = "disburse fund=南湖 under=1 reference=1 to=person:乙 amount=1元";
    assert_eq!(named(disburse), [person("乙")]);
    let used = named("show_use payment=1 attachments=2");
    assert_eq!(used, [attachment("photo"), attachment("photo")]);
    let told = named("feed_back donation=1 payment=1");
    assert_eq!(told, [Thing::Opening(Commitment::of(&[b"message"]))]);
}

#[test]
fn contracts_acceptances_and_vouchers_name_attachments() {
    let contract = Contract {
        counterparty: code("supplier"),
        amount: Default::default(),
        document: Some(AttachmentHash::of(&["合同".as_bytes()])),
        occurred_on: "2025-03-01".parse().unwrap(),
    };
    let call = project::Call::Contract { project: text("甲"), number: text("1"), contract };
    assert_eq!(contents::of(&Call::Project(call)).things, [attachment("合同")]);
    let order = payment::Order {
        reference: text("1"),
        payee: payment::Payee::Person(Commitment::of(&[b"name"])),
        amount: Default::default(),
        voucher: Some(AttachmentHash::of(&["凭证".as_bytes()])),
        replaces: None,
        occurred_on: "2025-03-01".parse().unwrap(),
    };
    let call = payment::Call::Pay { authorization: text("授权"), order };
    let name = Thing::Opening(Commitment::of(&[b"name"]));
    assert_eq!(contents::of(&Call::Payment(call)).things, [name, attachment("凭证")]);
}

#[test]
fn opinions_of_who_rejects_and_a_homes_evidence_are_named() {
    let opinion = Commitment::of(&["意见".as_bytes()]);
    let reject = approval::Call::Reject { proposal: Default::default(), opinion: Some(opinion) };
    assert_eq!(contents::of(&Call::Approval(reject)).things, [Thing::Opening(opinion)]);
    let call = scenario::call("occupancy month=2024-05 beds=1/0/0/0", &World::new());
    let Call::Homes(homes::Call::StateOccupancy(mut stated)) = call else { panic!("{call:?}") };
    stated.evidence = Some(AttachmentHash::of(&["名册".as_bytes()]));
    let stated = Call::Homes(homes::Call::StateOccupancy(stated));
    assert_eq!(contents::of(&stated).things, [attachment("名册")]);
}

#[test]
fn a_personal_number_in_a_text_keeps_an_act_out_and_is_not_repeated() {
    let mut world = World::new();
    let words = "project reference=甲 category=老年人福利 unit=home year=2024 title=";
    let fault = |world: &mut World, title: &str| {
        let call = scenario::call(&format!("{words}{title}"), world);
        let transaction = world.sign("home.maker", &call);
        world.admit(&transaction).err()
    };
    assert_eq!(fault(&mut world, "第13号敬老院"), None);
    let card = fault(&mut world, "资助34112219800101001X老人");
    assert_eq!(card, Some(EnvelopeFault::PersonalNumber(PersonalNumber::IdentityCard)));
    assert!(!card.unwrap().to_string().contains("3411"));
    let phone = fault(&mut world, "联系人138-0013-8000");
    assert_eq!(phone, Some(EnvelopeFault::PersonalNumber(PersonalNumber::MobilePhone)));
    // A reference is no text, but an identity card is known by its check digit anywhere.
    let words = "project title=甲 category=老年人福利 unit=home year=2024 reference=";
    for (reference, expected) in [
        ("甲341122198003071234", Some(PersonalNumber::IdentityCard)),
        ("甲341122198003071239", None),
        ("13855012345", None),
    ] {
        let call = scenario::call(&format!("{words}{reference}"), &world);
        let transaction = world.sign("home.maker", &call);
        let fault = world.admit(&transaction).err();
        assert_eq!(fault, expected.map(EnvelopeFault::PersonalNumber), "{reference}");
    }
}

#[test]
fn what_is_erased_may_not_be_kept_and_stays_named() {
    let mut world = World::new();
    let voucher = AttachmentHash::of(&[b"photo"]);
    let thing = Thing::Attachment(voucher);
    let kept = |world: &World| naming::may_be_kept(&world.state, &thing).unwrap();
    assert!(!kept(&world));
    let contract = Contract {
        counterparty: code("supplier"),
        amount: crate::steps::yuan("100"),
        document: Some(voucher),
        occurred_on: world.date,
    };
    let register = "project reference=甲 title=甲 category=老年人福利 unit=home year=2024";
    let call = scenario::call(register, &world);
    crate::steps::checked(&mut world, "home", &call).unwrap();
    let call = project::Call::Contract { project: text("甲"), number: text("1"), contract };
    world.act("home.maker", &Call::Project(call));
    let named = NAMED.get(&world.state, &thing).unwrap();
    assert_eq!(named.map(|named| named.organization), Some(code("home")));
    assert!(kept(&world), "what waits for a checker is named already");

    let order = opening::Call::EraseOf {
        organization: code("home"),
        things: vec![thing],
        ground: Ground::Unlawful,
        occurred_on: world.date,
    };
    let waits = world.act("county_civil.maker", &Call::Opening(order)).0;
    for signer in ["county_civil.checker", "county_finance.checker"] {
        assert!(kept(&world), "an order waits for {signer}");
        let approve = approval::Call::Approve { proposal: waits };
        world.apply(signer, &Call::Approval(approve));
    }
    assert!(!kept(&world));
    assert!(NAMED.contains(&world.state, &thing).unwrap());
    let erased = ERASED.get(&world.state, &thing).unwrap();
    assert_eq!(erased.map(|erased| erased.organization), Some(code("county_civil")));
}

/// A complainant's words are kept off the log; that they were named allows keeping them.
#[test]
fn a_complaints_words_are_named_and_its_ticket_is_not() {
    let world = World::new();
    let words = "receive_complaint reference=诉1 about=organization:home handler=county_civil";
    let named = contents::of(&scenario::call(words, &world)).things;
    assert_eq!(named, [Thing::Opening(Commitment::of(&[b"salt", b"a complaint"]))]);
}

/// A name stands in the log for ever, also the name of an organisation.
#[test]
fn a_personal_number_in_an_organisations_name_keeps_it_out() {
    let mut world = World::new();
    let words = "register_organization kind=project_unit division=341122 name=";
    let admitted = |world: &mut World, name: &str| {
        let call = scenario::call(&format!("{words}{name}"), world);
        let transaction = world.sign("city_civil.governor", &call);
        world.admit(&transaction).map(|_| ())
    };
    assert_eq!(admitted(&mut world, "来安县社会福利院"), Ok(()));
    let phone = EnvelopeFault::PersonalNumber(PersonalNumber::MobilePhone);
    assert_eq!(admitted(&mut world, "张三13800138000"), Err(phone));
}
