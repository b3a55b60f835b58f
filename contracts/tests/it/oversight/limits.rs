//! How much one act of oversight may hold: the most itself is allowed, one more is not.

use minglian_contracts::call::Call;
use minglian_contracts::oversight;
use minglian_contracts::oversight::inspection::{Inspector, Members, OpenPool, Recusal};
use minglian_contracts::oversight::sample::Frame;
use minglian_contracts::refusal::Code;
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::LogIndex;

use super::{FINDING, audited, call, go, world};
use crate::steps::checked;
use crate::world::{World, code, text};

/// What an act of `words` comes to after `change`, by maker and checker.
fn changed(
    world: &mut World,
    organization: &str,
    words: &str,
    change: impl FnOnce(&mut oversight::Call),
) -> Result<(), Code> {
    let Call::Oversight(mut act) = call(world, organization, words) else { panic!("{words}") };
    change(&mut act);
    checked(world, organization, &Call::Oversight(act)).map(drop)
}

#[test]
fn an_audit_covers_up_to_64_organisations_and_64_funds() {
    let mut world = world("2025-04-01");
    let open = |world: &mut World, reference: &str, organizations: usize, funds: usize| {
        let words = format!("open_audit reference={reference} organizations=home years=2024-2024");
        changed(world, "audit", &words, |act| {
            let oversight::Call::OpenAudit(engagement) = act else { panic!("{act:?}") };
            engagement.scope.organizations = vec![code("home"); organizations];
            engagement.scope.funds = (0..funds).map(|at| text(&format!("资金{at}"))).collect();
        })
    };
    assert_eq!(open(&mut world, "审1", 64, 64), Ok(()));
    assert_eq!(open(&mut world, "审2", 65, 1), Err(Code::AuditScopeInvalid));
    assert_eq!(open(&mut world, "审2", 1, 65), Err(Code::AuditScopeInvalid));
}

#[test]
fn a_finding_names_up_to_256_records_and_none_that_is_not_in_the_log() {
    let mut world = audited("2025-04-01");
    (0..260).for_each(|_| drop(world.block(Vec::new()).unwrap()));
    let record = |world: &mut World, finding: &str, records: std::ops::Range<u64>| {
        let words = format!("{FINDING} finding={finding}");
        changed(world, "audit", &words, |act| {
            let oversight::Call::RecordFinding(act) = act else { panic!("{act:?}") };
            act.records = records.map(LogIndex).collect();
        })
    };
    assert_eq!(record(&mut world, "1", 1..257), Ok(()));
    assert_eq!(record(&mut world, "2", 1..258), Err(Code::FindingRecordsInvalid));
    let size = world.header.log_size;
    assert_eq!(record(&mut world, "2", size..size + 1), Err(Code::RecordUnknown));
    assert_eq!(record(&mut world, "2", size - 1..size), Ok(()));
}

/// What is drawn from is known when it is planned: all records before the plan's own.
#[test]
fn a_sample_of_the_log_ends_before_its_own_record() {
    let mut world = world("2025-05-06");
    (0..9).for_each(|_| drop(world.block(Vec::new()).unwrap()));
    let own = world.header.log_size;
    let plan = |world: &mut World, reference: &str, until: u64| {
        let words = format!(
            "plan_sample reference={reference} records=0-1 population=1 size=1 in=25 issue=051 \
             drawn=2025-05-08"
        );
        changed(world, "audit", &words, |act| {
            let oversight::Call::PlanSample(plan) = act else { panic!("{act:?}") };
            let Frame::Records { end, .. } = &mut plan.frame else { panic!("{plan:?}") };
            *end = LogIndex(until);
        })
    };
    assert_eq!(plan(&mut world, "抽1", own + 1), Err(Code::FrameInvalid));
    let own = world.header.log_size;
    assert_eq!(plan(&mut world, "抽1", own), Ok(()));
}

/// Seven inspectors, of whom five are recused from each of 200 objects: 1,000 recusals.
#[test]
fn an_inspection_names_up_to_1000_recusals() {
    let mut world = world("2025-06-03");
    let occurred_on = world.date;
    let objects = (0..200).map(|at| code(&format!("单位{at}"))).collect();
    let inspectors = (0..7)
        .map(|at: u8| Inspector {
            officer: Commitment::of(&[&[at]]),
            organization: code("city_civil"),
        })
        .collect();
    for (reference, members) in
        [("对象", Members::Objects(objects)), ("人员", Members::Inspectors(inspectors))]
    {
        let pool = OpenPool { reference: text(reference), members, occurred_on };
        let call = Call::Oversight(oversight::Call::OpenPool(pool));
        checked(&mut world, "city_civil", &call).unwrap();
    }
    let plan = |world: &mut World, reference: &str, count: u32| {
        let words = format!(
            "plan_sample reference={reference} objects=对象 inspectors=人员 each=1 size=200 in=25 \
             issue=063 drawn=2025-06-05"
        );
        changed(world, "city_civil", &words, |act| {
            let oversight::Call::PlanSample(plan) = act else { panic!("{act:?}") };
            let Frame::Inspection(frame) = &mut plan.frame else { panic!("{plan:?}") };
            let recusal = |at: u32| Recusal { inspector: at / 200, object: at % 200 };
            frame.recusals = (0..count).map(recusal).collect();
        })
    };
    assert_eq!(plan(&mut world, "检1", 1_001), Err(Code::RecusalInvalid));
    assert_eq!(plan(&mut world, "检1", 1_002), Err(Code::RecusalInvalid));
    assert_eq!(plan(&mut world, "检1", 1_000), Ok(()));
    go(&mut world, "city_civil", "cancel_sample plan=检1");
}
