//! Samples and inspections, and the check of oversight as a whole.

use std::collections::BTreeSet;

use minglian_contracts::call::Call;
use minglian_contracts::oversight::audit::{Audit, ENGAGEMENTS};
use minglian_contracts::oversight::check::check_oversight;
use minglian_contracts::oversight::complaint::{COMPLAINTS, Complaint, HANDLED};
use minglian_contracts::oversight::draw::DRAWS;
use minglian_contracts::oversight::finding::FINDINGS_ABOUT;
use minglian_contracts::oversight::inspection::{
    INSPECTED_MAX, INSPECTORS_MAX, Inspector, Members, OBJECTS_MAX, OpenPool,
};
use minglian_contracts::oversight::sample::{
    self, Frame, Progress, SAMPLES, Sample, SampleName, Standing, TARGETS, TargetBlock,
};
use minglian_contracts::oversight::{self, Event};
use minglian_contracts::schema::State;
use minglian_ledger::block::Block;
use minglian_ledger::hash::{BlockId, Commitment};
use minglian_ledger::height::Height;
use minglian_ledger::sample as method;
use minglian_ledger::state::StateRead;
use minglian_ledger::state::overlay::Overlay;

use super::{FINDING, call, complaint, complaint_name, day, engagement, go, of_oversight, world};
use crate::steps::{alone, checked};
use crate::world::{World, code, text};

fn sample_name(reference: &str) -> SampleName {
    SampleName { organization: code("audit"), sample: text(reference) }
}

fn find(world: &World, reference: &str) -> Sample {
    SAMPLES.get(&world.state, &sample_name(reference)).unwrap().unwrap()
}

/// A plan of 100 items that was drawn, and the height of its block.
fn drawn() -> (World, Height) {
    let mut world = world("2025-05-06");
    let words = "plan_sample reference=抽1 list=100 size=5 in=21 issue=051 drawn=2025-05-08";
    go(&mut world, "audit", words);
    let target = find(&world, "抽1").plan.target;
    while world.header.height <= target {
        world.block(Vec::new()).unwrap();
    }
    world.date = day("2025-05-08");
    go(&mut world, "lottery", "enter_draw issue=051 numbers=4,9,12,17,26,33,15");
    let draw = call(&world, "home", "draw_sample plan=audit/抽1");
    alone(&mut world, "home.maker", &draw).unwrap();
    (world, target)
}

#[test]
fn the_seed_is_of_the_plan_the_block_at_its_height_and_the_draw() {
    let (world, target) = drawn();
    let sample = find(&world, "抽1");
    assert_eq!(sample::standing(&world.state, &sample).unwrap(), Standing::Drawn);
    let Progress::Drawn(drawn) = &sample.progress else { panic!("{sample:?}") };
    let at_target = |block: &&Block| block.header.height == target;
    let block = world.blocks.iter().find(at_target).unwrap().header.id();
    let key = (code("lottery"), text("双色球"), text("051"), day("2025-05-08"));
    let entered = DRAWS.get(&world.state, &key).unwrap().unwrap().entered.unwrap();
    assert_eq!((drawn.block, drawn.draw_record), (block, entered.record));
    let seed = sample::seed(&code("audit"), &sample.plan, block, &entered.draw);
    assert_eq!(drawn.seed, seed);
    assert_eq!(sample.ranks(), method::draw(&seed, 100, 5));
    assert_eq!(sample.ranks().len(), 5);
    // Whatever it is made of changes it.
    let mut plan = sample.plan.clone();
    plan.size = 6;
    let mut draw = entered.draw.clone();
    draw.numbers.swap(0, 1);
    let others = [
        sample::seed(&code("home"), &sample.plan, block, &entered.draw),
        sample::seed(&code("audit"), &plan, block, &entered.draw),
        sample::seed(&code("audit"), &sample.plan, BlockId::default(), &entered.draw),
        sample::seed(&code("audit"), &sample.plan, block, &draw),
        seed,
    ];
    assert_eq!(others.iter().collect::<BTreeSet<_>>().len(), others.len());
}

#[test]
fn only_blocks_for_which_a_plan_waits_are_written_by_the_next_one() {
    let (world, target) = drawn();
    let known = TARGETS.scan(&world.state, &(), None, 9).unwrap();
    assert_eq!(known.len(), 1);
    let (height, block) = &known[0];
    assert_eq!((*height, block.as_ref().unwrap().date), (target, day("2025-05-06")));

    let mut world = super::world("2025-05-06");
    let words = "plan_sample reference=抽1 list=9 size=5 in=21 issue=051 drawn=2025-05-08";
    go(&mut world, "audit", words);
    let target = find(&world, "抽1").plan.target;
    while world.header.height < target {
        world.block(Vec::new()).unwrap();
        assert_eq!(TARGETS.get(&world.state, &target).unwrap(), Some(None));
    }
    let id = world.header.id();
    world.block(Vec::new()).unwrap();
    assert_eq!(TARGETS.get(&world.state, &target).unwrap().flatten().unwrap().block, id);
}

#[test]
fn the_date_of_the_block_counts_not_that_of_the_one_that_writes_it() {
    let mut world = super::world("2025-05-06");
    let words = "plan_sample reference=抽1 list=9 size=5 in=21 issue=051 drawn=2025-05-07";
    go(&mut world, "audit", words);
    let target = find(&world, "抽1").plan.target;
    let standing = |world: &World| sample::standing(&world.state, &find(world, "抽1")).unwrap();
    while world.header.height < target {
        assert_eq!(standing(&world), Standing::AwaitsBlock);
        world.block(Vec::new()).unwrap();
    }
    // The planned block is of the day before the draw, the next one of the day of the draw.
    world.date = day("2025-05-07");
    world.block(Vec::new()).unwrap();
    assert_eq!(standing(&world), Standing::AwaitsDraw);
    go(&mut world, "lottery", "enter_draw issue=051 numbers=1,2,3");
    assert!(matches!(standing(&world), Standing::Ready { .. }));
    let draw = call(&world, "home", "draw_sample plan=audit/抽1");
    alone(&mut world, "home.maker", &draw).unwrap();
}

#[test]
fn a_plan_whose_block_is_of_the_day_of_the_draw_is_void() {
    let mut world = super::world("2025-05-06");
    let words = "plan_sample reference=抽1 list=9 size=5 in=21 issue=051 drawn=2025-05-07";
    go(&mut world, "audit", words);
    world.date = day("2025-05-07");
    (0..22).for_each(|_| drop(world.block(Vec::new()).unwrap()));
    let standing = sample::standing(&world.state, &find(&world, "抽1")).unwrap();
    assert_eq!(standing, Standing::Void(world.date));
}

#[test]
fn an_inspection_pairs_each_object_with_inspectors_who_are_free_for_it() {
    let mut world = world("2025-06-03");
    let pools = [
        "open_pool reference=对象 objects=home,county_civil,慈善总会,二院",
        "open_pool reference=人员 inspectors=甲:city_civil,乙:home,丙:county_civil,丁:audit",
    ];
    pools.iter().for_each(|words| drop(go(&mut world, "city_civil", words)));
    let words = "plan_sample reference=检1 purpose=inspection objects=对象 inspectors=人员 size=4 \
        recusals=0:0,3:2 in=21 issue=063 drawn=2025-06-05";
    go(&mut world, "city_civil", words);
    (0..22).for_each(|_| drop(world.block(Vec::new()).unwrap()));
    world.date = day("2025-06-05");
    go(&mut world, "lottery", "enter_draw issue=063 numbers=2,3,5");
    let draw = call(&world, "audit", "draw_sample plan=city_civil/检1");
    let events = of_oversight(alone(&mut world, "audit.maker", &draw).unwrap());
    let [Event::SampleDrawn { seed, pairings, .. }] = &events[..] else { panic!("{events:?}") };
    let objects: Vec<u64> = pairings.iter().map(|it| u64::from(it.object)).collect();
    assert_eq!(objects, method::draw(seed, 4, 4));
    let free: [&[u32]; 4] = [&[2, 3], &[0, 1, 3], &[0, 1, 2], &[0, 1, 2, 3]];
    for pairing in pairings {
        assert_eq!(pairing.inspectors.len(), 2);
        let allowed = free[usize::try_from(pairing.object).unwrap()];
        assert!(pairing.inspectors.iter().all(|it| allowed.contains(it)), "{pairing:?}");
    }
    let events = go(&mut world, "city_civil", "inspect plan=检1 object=二院");
    let second = pairings.iter().find(|it| it.object == 3).unwrap();
    let plan = SampleName { organization: code("city_civil"), sample: text("检1") };
    let (object, inspectors) = (code("二院"), second.inspectors.clone());
    assert_eq!(events, [Event::Inspected { plan, object, inspectors }]);
}

#[test]
fn the_largest_pools_and_findings_fit_into_a_transaction_and_a_receipt() {
    let mut world = world("2025-06-03");
    let occurred_on = world.date;
    let name = |kind: &str, at: usize| format!("{kind}{at}");
    let objects = (0..OBJECTS_MAX).map(|at| code(&name("单位", at))).collect();
    let inspectors = (0..INSPECTORS_MAX)
        .map(|at| Inspector {
            officer: Commitment::of(&[name("人", at).as_bytes()]),
            organization: code("city_civil"),
        })
        .collect();
    for (reference, members) in
        [("对象", Members::Objects(objects)), ("人员", Members::Inspectors(inspectors))]
    {
        let reference = text(reference);
        let pool = oversight::Call::OpenPool(OpenPool { reference, members, occurred_on });
        checked(&mut world, "city_civil", &Call::Oversight(pool)).unwrap();
    }
    let words = format!(
        "plan_sample reference=检1 objects=对象 inspectors=人员 each=4 size={INSPECTED_MAX} in=21 \
        issue=063 drawn=2025-06-05"
    );
    go(&mut world, "city_civil", &words);
    (0..22).for_each(|_| drop(world.block(Vec::new()).unwrap()));
    world.date = day("2025-06-05");
    go(&mut world, "lottery", "enter_draw issue=063 numbers=2,3,5");
    let draw = call(&world, "audit", "draw_sample plan=city_civil/检1");
    let events = of_oversight(alone(&mut world, "audit.maker", &draw).unwrap());
    let [Event::SampleDrawn { pairings, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(pairings.len(), 200);
    let plan = SampleName { organization: code("city_civil"), sample: text("检1") };
    let stored = SAMPLES.get(&world.state, &plan).unwrap().unwrap();
    assert!(matches!(stored.plan.frame, Frame::Inspection(_)));
}

#[test]
fn the_check_of_the_whole_finds_what_is_broken() {
    let (mut world, target) = drawn();
    let words = "receive_complaint reference=诉1 about=organization:home handler=county_civil";
    go(&mut world, "county_civil", words);
    let words = "open_audit reference=审1 organizations=home years=2024-2024";
    go(&mut world, "audit", words);
    go(&mut world, "audit", &format!("{FINDING} finding=1"));
    assert_eq!(check_oversight(&world.state).unwrap(), 3);
    let broken = |change: &dyn Fn(&mut State<'_>)| {
        let mut state: State<'_> = Overlay::new(&world.state as &dyn StateRead);
        change(&mut state);
        check_oversight(&state).unwrap_err().to_string()
    };
    let name = complaint_name("诉1");
    let said = broken(&|state| {
        let respondent = code("county_civil");
        let complaint = Complaint { respondent, ..complaint(&world, "诉1") };
        COMPLAINTS.put(state, &name, &complaint);
    });
    assert!(said.contains("handled by whom it is about"), "{said}");
    let key = (code("county_civil"), name.clone());
    assert!(broken(&|state| HANDLED.delete(state, &key)).contains("not listed"));
    let key = (code("home"), engagement(), 1);
    assert!(broken(&|state| FINDINGS_ABOUT.delete(state, &key)).contains("finding 1"));
    let audit = ENGAGEMENTS.get(&world.state, &engagement()).unwrap().unwrap();
    let open = Audit { open: Vec::new(), ..audit.clone() };
    let said = broken(&|state| ENGAGEMENTS.put(state, &engagement(), &open));
    assert!(said.contains("other findings as open"), "{said}");
    let more = Audit { findings: 2, ..audit };
    let said = broken(&|state| ENGAGEMENTS.put(state, &engagement(), &more));
    assert!(said.contains("other findings as open"), "{said}");
    assert!(broken(&|state| TARGETS.delete(state, &target)).contains("not awaited"));
    for (block, date) in [(BlockId::default(), "2025-05-06"), (world.header.id(), "2025-05-06")] {
        let other = Some(TargetBlock { block, date: day(date) });
        assert!(broken(&|state| TARGETS.put(state, &target, &other)).contains("the seed"));
    }
    let block = TARGETS.get(&world.state, &target).unwrap().flatten().unwrap().block;
    let late = Some(TargetBlock { block, date: day("2025-05-08") });
    assert!(broken(&|state| TARGETS.put(state, &target, &late)).contains("the seed"));
    let key = (code("lottery"), text("双色球"), text("051"), day("2025-05-08"));
    assert!(broken(&|state| DRAWS.delete(state, &key)).contains("the seed"));
}
