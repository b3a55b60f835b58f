//! Attacks on uniqueness, by the numbers of docs/privacy.md.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::enrolment::entry::{ENROLMENTS_MAX, Entry};
use minglian_contracts::enrolment::evaluation::{AttestedPoint, REQUESTS, RequestEvaluation};
use minglian_contracts::enrolment::list;
use minglian_contracts::enrolment::{self, Event};
use minglian_contracts::event::{self, Outcome};
use minglian_contracts::refusal::Code;
use minglian_ledger::height::LogIndex;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::enrolment::{Tag, attest};
use minglian_ledger::subsidy::enrolment_list;
use minglian_ledger::subsidy::threshold::{KeyPurpose, REQUEST_POINTS_MAX};

use crate::private;
use crate::scenario;
use crate::world::{VALIDATORS, World, code, secret_key};

/// Two counties of one city, which stands above both.
pub const COUNTIES: [&str; 2] = ["county_civil", "quanjiao"];

pub const GROUP: u16 = 1;
pub const EPOCH: u16 = 2024;

/// An act that must be applied, with those who agree to it.
pub fn agree(world: &mut World, words: &str, others: &[&str]) -> Vec<event::Event> {
    let (actor, words) = words.split_once(' ').unwrap();
    let call = scenario::call_of(actor, words, world);
    let (proposal, outcome) = world.act(actor, &call);
    let Outcome::Applied(mut events) = outcome else { panic!("{actor} {words}: {outcome:?}") };
    for other in others {
        events = world.apply(other, &Call::Approval(approval::Call::Approve { proposal }));
    }
    events
}

/// The number of the refusal, and what it says.
fn refused(world: &mut World, actor: &str, call: enrolment::Call) -> (Code, String) {
    match world.act(actor, &Call::Enrolment(call)).1 {
        Outcome::Refused { code, detail } => {
            (Code::from_number(code).unwrap(), detail.as_str().to_owned())
        }
        Outcome::Applied(events) => panic!("applied: {events:?}"),
    }
}

/// A chain with a key, two counties, an attester and a quota of `planned` · 1.2 for each.
pub fn prepared(planned: u32) -> World {
    let mut world = World::new();
    let quorum = ["city_finance.governor", "county_civil.governor"];
    let tags = format!("tags={GROUP}/{EPOCH}");
    agree(&mut world, &format!("city_civil.governor open_key {tags}"), &quorum);
    for verb in ["deal", "acknowledge"] {
        for member in VALIDATORS {
            agree(&mut world, &format!("{member}.maker {verb} {tags}"), &[]);
        }
    }
    let register = "city_civil.governor register_organization name=";
    let county = format!("{register}quanjiao kind=civil_affairs division=341124");
    agree(&mut world, &county, &quorum);
    let governor = "register_key organization=quanjiao key=quanjiao.governor role=governor";
    agree(&mut world, &format!("city_civil.governor {governor}"), &quorum);
    for role in ["maker", "checker"] {
        let words = format!("register_key organization=quanjiao key=quanjiao.{role} role={role}");
        agree(&mut world, &format!("quanjiao.governor {words}"), &["city_civil.governor"]);
    }
    let police = format!("{register}police kind=government division=341122");
    agree(&mut world, &police, &["city_finance.governor"]);
    for county in COUNTIES {
        let words = format!(
            "city_civil.maker register_attester county={county} organization=police \
             attester=police.attester"
        );
        agree(&mut world, &words, &["city_civil.checker"]);
        let words = format!(
            "{county}.maker plan_enrolments group={GROUP} epoch={EPOCH} planned={planned} \
             reviewer=city_civil"
        );
        agree(&mut world, &words, &[&format!("{county}.checker"), "city_civil.checker"]);
    }
    world
}

fn requested(world: &World, county: &str, persons: &[u16]) -> RequestEvaluation {
    let context = private::context(world, code(county), GROUP, EPOCH);
    private::request(&context, "police.attester", persons)
}

/// A request of a county, answered by as many members as are needed.
pub fn evaluated(world: &mut World, county: &str, persons: &[u16]) -> LogIndex {
    let call = enrolment::Call::RequestEvaluation(requested(world, county, persons));
    world.apply(&format!("{county}.maker"), &Call::Enrolment(call));
    let request = private::newest(world).unwrap();
    for member in ["city_civil", "city_finance", "county_finance"] {
        agree(world, &format!("{member}.maker answer request={request}"), &[]);
    }
    request
}

/// Enrols persons of a request; what became of it.
pub fn enrol(
    world: &mut World,
    county: &str,
    request: LogIndex,
    programme: u16,
    persons: &[u16],
) -> Outcome {
    let act = private::enrol(world, request, programme, persons);
    world.act(&format!("{county}.checker"), &Call::Enrolment(enrolment::Call::Enrol(act))).1
}

pub fn numbers(first: u16, count: u16) -> Vec<u16> {
    (first..first + count).collect()
}

/// The other county has learned a person's blinded point and is attested the same: what was
/// answered to the first is no answer to it.
#[test]
fn an_answer_is_to_the_county_that_asked() {
    let mut world = prepared(100);
    let [here, there] = COUNTIES;
    let asked = enrolment::Call::RequestEvaluation(requested(&world, here, &[1]));
    world.apply("county_civil.maker", &Call::Enrolment(asked));
    let first = private::newest(&world).unwrap();
    let [own, others] = COUNTIES.map(|county| private::context(&world, code(county), GROUP, EPOCH));
    let (person, factor) = (private::identity(1), private::factor(&own, 1));
    let blinded = factor.blind(&person);
    let key = secret_key("police.attester");
    let attestation = attest(&key, &others, &person, &factor, &blinded).unwrap();
    let mut same = requested(&world, there, &[1]);
    same.points = vec![AttestedPoint { blinded, attestation }];
    world.apply("quanjiao.maker", &Call::Enrolment(enrolment::Call::RequestEvaluation(same)));
    let second = private::newest(&world).unwrap();
    assert_ne!(first, second);
    let member = "city_finance.maker";
    let words = format!("answer request={first} said={second}");
    let Call::Enrolment(call) = scenario::call_of(member, &words, &world) else {
        panic!("{words} is an act of enrolment")
    };
    assert_eq!(refused(&mut world, member, call).0, Code::AnswerWrong);
    agree(&mut world, &format!("{member} answer request={second}"), &[]);
}

#[test]
fn a18_a_second_enrolment_is_refused_and_does_not_say_where_the_first_is() {
    let mut world = prepared(100);
    let [here, there] = COUNTIES;
    let first = evaluated(&mut world, here, &numbers(1, 12));
    assert!(matches!(enrol(&mut world, here, first, 1, &numbers(1, 12)), Outcome::Applied(_)));
    // In another county, together with eleven who are free.
    let second = evaluated(&mut world, there, &numbers(12, 12));
    let act = enrolment::Call::Enrol(private::enrol(&world, second, 1, &numbers(12, 12)));
    let (code_found, detail) = refused(&mut world, "quanjiao.checker", act);
    assert_eq!((code_found, detail.as_str()), (Code::TagTaken, "1 in all, positions 0"));
    assert!(!detail.contains(code(here).as_str()));
    // In another programme of the group, in the same county.
    let act = enrolment::Call::Enrol(private::enrol(&world, first, 2, &numbers(1, 12)));
    assert_eq!(refused(&mut world, "county_civil.checker", act).0, Code::TagTaken);
    // Twice in one act, by two points of one person.
    let mut twice = numbers(40, 11);
    twice.push(40);
    let mut asked = requested(&world, here, &twice);
    asked.points[11] = asked.points[0].clone();
    world.apply("county_civil.maker", &Call::Enrolment(enrolment::Call::RequestEvaluation(asked)));
    let request = private::newest(&world).unwrap();
    for member in ["city_civil", "city_finance", "county_finance"] {
        agree(&mut world, &format!("{member}.maker answer request={request}"), &[]);
    }
    let mut act = private::enrol(&world, request, 1, &numbers(40, 11));
    act.entries.push(Entry { position: 11, ..act.entries[0].clone() });
    let found = refused(&mut world, "county_civil.checker", enrolment::Call::Enrol(act));
    assert_eq!(found, (Code::TagTaken, "1 in all, positions 11".to_owned()));
    // Twice by one point: no enrolment names a position twice.
    let mut act = private::enrol(&world, request, 1, &numbers(40, 11));
    act.entries.push(act.entries[10].clone());
    let found = refused(&mut world, "county_civil.checker", enrolment::Call::Enrol(act));
    assert_eq!(found.0, Code::EnrolmentsInvalid);
    assert!(list::list(&world.state, &code(there), 1, EPOCH).unwrap().is_none());
}

#[test]
fn a19_what_is_not_the_keys_is_neither_an_answer_nor_a_tag() {
    let mut world = prepared(100);
    let call = enrolment::Call::RequestEvaluation(requested(&world, COUNTIES[0], &numbers(1, 12)));
    world.apply("county_civil.maker", &Call::Enrolment(call));
    let request = private::newest(&world).unwrap();
    let purpose = KeyPurpose::Tags { group: GROUP, epoch: EPOCH };
    let own = private::member(&world, purpose, code("city_civil")).unwrap();
    let others = (1..=4).filter(|member| *member != own);
    // Another member's answer, one result short, one too many, one exchanged.
    let mut wrong: Vec<_> = others.map(|it| private::partial(&world, request, it)).collect();
    let good = private::partial(&world, request, own);
    let mut short = good.clone();
    short.results.pop();
    let mut long = good.clone();
    long.results.push(long.results[0]);
    let mut exchanged = good.clone();
    exchanged.results.swap(3, 4);
    wrong.extend([short, long, exchanged]);
    for partial in wrong {
        let act = enrolment::Call::AnswerEvaluation(private::answer(request, partial));
        assert_eq!(refused(&mut world, "city_civil.maker", act).0, Code::AnswerWrong);
    }
    for member in ["city_civil", "city_finance"] {
        agree(&mut world, &format!("{member}.maker answer request={request}"), &[]);
    }
    // Two answers of three, also when one is named twice, or one that never came.
    let enough = private::enrol(&world, request, 1, &numbers(1, 12));
    for members in [vec![1, 2], vec![1, 1, 2], vec![1, 2, 3], vec![0, 1, 2], vec![]] {
        let act = enrolment::Call::Enrol(enrolment::entry::Enrol { members, ..enough.clone() });
        assert_eq!(refused(&mut world, "county_civil.checker", act).0, Code::AnswersMissing);
    }
    agree(&mut world, &format!("county_civil.maker answer request={request}"), &[]);
    let good = private::enrol(&world, request, 1, &numbers(1, 12));
    let mut descending = good.clone();
    descending.members.reverse();
    let act = enrolment::Call::Enrol(descending);
    assert_eq!(refused(&mut world, "county_civil.checker", act).0, Code::AnswersMissing);
    // A tag made up, another person's, none; a proof of another's.
    let (made_up, other) = (no_tag(&world, request), good.entries[1].clone());
    for tag in [made_up, other.tag, Tag(PointBytes([0; 32])), Tag(PointBytes([0xFF; 32]))] {
        let mut act = good.clone();
        act.entries[0].tag = tag;
        let found = refused(&mut world, "county_civil.checker", enrolment::Call::Enrol(act));
        assert_eq!(found, (Code::TagInvalid, "position 0".to_owned()));
    }
    let mut act = good.clone();
    act.entries[0].proof = other.proof;
    let act = enrolment::Call::Enrol(act);
    assert_eq!(refused(&mut world, "county_civil.checker", act).0, Code::TagInvalid);
    world.apply("county_civil.checker", &Call::Enrolment(enrolment::Call::Enrol(good)));
}

/// A point that is no person's tag.
fn no_tag(world: &World, request: LogIndex) -> Tag {
    Tag(private::stored(world, request).points[0].factor)
}

#[test]
fn a20_points_that_say_nothing_and_more_than_the_quota_are_refused() {
    let mut world = prepared(20);
    let good = requested(&world, COUNTIES[0], &numbers(1, 12));
    let ask = |world: &mut World, points: Vec<AttestedPoint>| {
        let act = RequestEvaluation { points, ..good.clone() };
        refused(world, "county_civil.maker", enrolment::Call::RequestEvaluation(act)).0
    };
    for bytes in [[0; 32], [0xFF; 32]] {
        let mut points = good.points.clone();
        points[5].blinded.point = PointBytes(bytes);
        assert_eq!(ask(&mut world, points), Code::PointsInvalid);
        let mut points = good.points.clone();
        points[5].blinded.factor = PointBytes(bytes);
        assert_eq!(ask(&mut world, points), Code::PointsInvalid);
    }
    assert_eq!(ask(&mut world, Vec::new()), Code::PointsInvalid);
    let many = vec![good.points[0].clone(); REQUEST_POINTS_MAX + 1];
    assert_eq!(ask(&mut world, many), Code::PointsInvalid);
    // 24 are the quota, in however many requests.
    world.apply(
        "county_civil.maker",
        &Call::Enrolment(enrolment::Call::RequestEvaluation(good.clone())),
    );
    let more = requested(&world, COUNTIES[0], &numbers(13, 13));
    assert_eq!(ask(&mut world, more.points), Code::QuotaExceeded);
    let last = requested(&world, COUNTIES[0], &numbers(13, 12));
    world.apply("county_civil.maker", &Call::Enrolment(enrolment::Call::RequestEvaluation(last)));
    let one = requested(&world, COUNTIES[0], &[30]);
    assert_eq!(ask(&mut world, one.points), Code::QuotaExceeded);
    // The other county's is its own.
    let theirs = requested(&world, COUNTIES[1], &numbers(1, 24));
    world.apply("quanjiao.maker", &Call::Enrolment(enrolment::Call::RequestEvaluation(theirs)));
}

#[test]
fn a38_few_are_not_enrolled_alone_and_not_too_many_at_once() {
    let mut world = prepared(200);
    let request = evaluated(&mut world, COUNTIES[0], &numbers(1, 165));
    for (count, code) in [
        (1, Code::EnrolmentsTooFew),
        (9, Code::EnrolmentsTooFew),
        (u16::try_from(ENROLMENTS_MAX).unwrap() + 1, Code::EnrolmentsInvalid),
    ] {
        let act = private::enrol(&world, request, 1, &numbers(1, count));
        let found = refused(&mut world, "county_civil.checker", enrolment::Call::Enrol(act));
        assert_eq!(found.0, code, "{count}");
    }
    let most = u16::try_from(ENROLMENTS_MAX).unwrap();
    let applied = enrol(&mut world, COUNTIES[0], request, 1, &numbers(1, most));
    assert!(matches!(applied, Outcome::Applied(_)), "{applied:?}");
}

#[test]
fn a41_an_attestation_holds_for_one_point_in_one_county_group_and_year() {
    let mut world = prepared(100);
    let good = requested(&world, COUNTIES[0], &numbers(1, 12));
    let mut other_factor = good.clone();
    other_factor.points[3].blinded.factor = good.points[4].blinded.factor;
    let mut exchanged = good.clone();
    exchanged.points[3].attestation = good.points[4].attestation;
    let elsewhere = requested(&world, COUNTIES[1], &numbers(1, 12));
    let purpose = |group, epoch| private::context(&world, code(COUNTIES[0]), group, epoch);
    let attested = |group, epoch| RequestEvaluation {
        group: GROUP,
        epoch: EPOCH,
        ..private::request(&purpose(group, epoch), "police.attester", &numbers(1, 12))
    };
    let stranger = RequestEvaluation {
        attester: good.attester,
        ..private::request(&purpose(GROUP, EPOCH), "somebody", &numbers(1, 12))
    };
    let all = [other_factor, exchanged, elsewhere, attested(2, EPOCH), attested(GROUP, 2025)];
    for act in all.into_iter().chain([stranger]) {
        let call = enrolment::Call::RequestEvaluation(act);
        assert_eq!(refused(&mut world, "county_civil.maker", call).0, Code::AttestationInvalid);
    }
}

#[test]
fn a42_a_second_other_answer_is_refused_and_stands_on_the_record() {
    let mut world = prepared(100);
    let call = enrolment::Call::RequestEvaluation(requested(&world, COUNTIES[0], &numbers(1, 12)));
    world.apply("county_civil.maker", &Call::Enrolment(call));
    let request = private::newest(&world).unwrap();
    agree(&mut world, &format!("city_civil.maker answer request={request}"), &[]);
    let before = world.header.log_size;
    let words = format!("answer request={request} wrong=3");
    let lie = scenario::call_of("city_civil.maker", &words, &world);
    let Outcome::Refused { code, .. } = world.act("city_civil.maker", &lie).1 else { panic!() };
    assert_eq!(Code::from_number(code), Some(Code::AnswerDiffers));
    // Beside the block's own leaf it is a record of the log, with the signature over the answer.
    assert_eq!(world.header.log_size, before + 2);
    let recorded = &world.blocks.last().unwrap().transactions[0];
    assert_eq!(recorded.body.call, lie.encode());
    assert_eq!(recorded.body.organization, self::code("city_civil"));
    let known = REQUESTS.get(&world.state, &request).unwrap().unwrap();
    assert_eq!(known.answered.len(), 1);
}

#[test]
fn a_list_keeps_the_root_of_every_length_it_has_had() {
    let mut world = prepared(100);
    let county = code(COUNTIES[0]);
    let mut tags: Vec<Tag> = Vec::new();
    let mut lengths = Vec::new();
    for (first, count) in [(1, 12), (13, 10), (23, 17)] {
        let request = evaluated(&mut world, COUNTIES[0], &numbers(first, count));
        let act = private::enrol(&world, request, 1, &numbers(first, count));
        tags.extend(act.entries.iter().map(|entry| entry.tag));
        let call = Call::Enrolment(enrolment::Call::Enrol(act));
        let events = world.apply("county_civil.checker", &call);
        let [event::Event::Enrolment(Event::Enrolled { first: at, length, root, .. })] = events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((u32::from(first) - 1, tags.len() as u32), (at, length));
        assert_eq!(root, enrolment_list::root_of(&tags));
        lengths.push((length, root.0, world.header.height));
    }
    let root_at = |length| list::root_at(&world.state, &county, 1, EPOCH, length).unwrap();
    for (length, root, height) in lengths {
        let kept = root_at(length).unwrap();
        assert_eq!((kept.root, kept.height), (root, height));
    }
    // At no other length did a list exist.
    assert!([0, 11, 13, 21, 38, 40].into_iter().all(|length| root_at(length).is_none()));
    let now = list::list(&world.state, &county, 1, EPOCH).unwrap().unwrap();
    assert_eq!((now.length, now.root), (39, root_at(39).unwrap().root));
}
