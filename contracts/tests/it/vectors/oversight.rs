//! One act and one event of oversight for each variant, and more where one holds an enum.

use data_encoding::HEXLOWER;
use minglian_contracts::call::Call;
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::event;
use minglian_contracts::oversight::audit::{Engagement, EngagementName, Scope};
use minglian_contracts::oversight::complaint::{
    Answer, Closure, ComplaintName, DeclineReason, Outcome, Receive, Target,
};
use minglian_contracts::oversight::draw::{Draw, NamedDraw};
use minglian_contracts::oversight::finding::{FindingKind, Position, Record, Rectify, Verdict};
use minglian_contracts::oversight::inspection::{
    Inspect, InspectionFrame, InspectionResult, Inspector, Members, OpenPool, Recusal,
};
use minglian_contracts::oversight::sample::{
    self, CancelReason, Frame, Plan, SampleName, SamplePurpose,
};
use minglian_contracts::oversight::{self, Event};
use minglian_ledger::hash::{AttachmentHash, BlockId, Commitment, SampleFrame, SampleSeed};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::sample::Pairing;
use serde_json::{Value, json};

use super::calls::{day, fen};
use crate::world::{code, text};

fn salted(text: &str) -> Commitment {
    Commitment::of(&[text.as_bytes()])
}

fn attachment() -> AttachmentHash {
    AttachmentHash::of(&[b"an attachment"])
}

fn complaint() -> ComplaintName {
    ComplaintName { organization: code("county_civil"), complaint: text("诉1") }
}

fn engagement() -> EngagementName {
    EngagementName { organization: code("audit"), engagement: text("审〔2025〕1号") }
}

fn sample_name() -> SampleName {
    SampleName { organization: code("audit"), sample: text("抽1") }
}

/// Every act of the vectors.
pub fn calls() -> Vec<Call> {
    let mut all = complaints();
    all.extend(audits());
    all.extend(samples());
    all.extend(inspections());
    all.into_iter().map(Call::Oversight).collect()
}

fn complaints() -> Vec<oversight::Call> {
    let occurred_on = day("2025-03-03");
    let receive = |target| {
        oversight::Call::ReceiveComplaint(Receive {
            reference: text("诉1"),
            target,
            content: salted("a complaint"),
            ticket: salted("a ticket"),
            handler: code("county_civil"),
            occurred_on,
        })
    };
    let answer = |outcome, answer| oversight::Call::AnswerComplaint {
        complaint: complaint(),
        outcome,
        answer,
        occurred_on,
    };
    vec![
        receive(Target::Record { index: LogIndex(4_096), organization: code("home") }),
        receive(Target::Organization(code("home"))),
        receive(Target::Project(text("XM-2024-01"))),
        receive(Target::Fund(FundName { host: code("charity"), fund: text("南湖") })),
        oversight::Call::AcceptComplaint { complaint: complaint(), occurred_on },
        oversight::Call::DeclineComplaint {
            complaint: complaint(),
            reason: DeclineReason::NotSpecific,
            occurred_on,
        },
        oversight::Call::TransferComplaint {
            complaint: complaint(),
            to: code("audit"),
            occurred_on,
        },
        oversight::Call::ExtendComplaint { complaint: complaint(), occurred_on },
        answer(Outcome::PartlyFounded, Answer::Committed(salted("an answer"))),
        answer(Outcome::Unfounded, Answer::Attached(attachment())),
        oversight::Call::CloseComplaint {
            complaint: complaint(),
            closure: Closure::NotContested,
            occurred_on,
        },
    ]
}

fn audits() -> Vec<oversight::Call> {
    let occurred_on = day("2025-04-20");
    let finding = |fund, records| {
        oversight::Call::RecordFinding(Record {
            engagement: engagement(),
            number: 7,
            organization: code("home"),
            fund,
            year: 2024,
            kind: FindingKind::Misappropriated,
            records,
            amount: fen(3_000_000),
            working_paper: attachment(),
            occurred_on,
        })
    };
    vec![
        oversight::Call::OpenAudit(Engagement {
            reference: text("审〔2025〕1号"),
            scope: Scope {
                organizations: vec![code("home"), code("county_civil")],
                funds: vec![text("中央集中")],
                first_year: 2023,
                last_year: 2025,
            },
            occurred_on,
        }),
        finding(Some(text("中央集中")), vec![LogIndex(3), LogIndex(4_096)]),
        finding(None, Vec::new()),
        oversight::Call::RespondFinding {
            engagement: engagement(),
            finding: 7,
            position: Position::PartlyDisputed,
            statement: salted("a statement"),
            occurred_on,
        },
        oversight::Call::RectifyFinding(Rectify {
            engagement: engagement(),
            finding: 7,
            amount: fen(1),
            evidence: vec![attachment()],
            occurred_on,
        }),
        oversight::Call::ConfirmFinding {
            engagement: engagement(),
            finding: 7,
            verdict: Verdict::Insufficient,
            occurred_on,
        },
        oversight::Call::CloseAudit { engagement: engagement(), open: vec![2, 7], occurred_on },
    ]
}

fn samples() -> Vec<oversight::Call> {
    let plan = |purpose, frame, replaces| {
        oversight::Call::PlanSample(Plan {
            reference: text("抽1"),
            purpose,
            frame,
            size: 5,
            method: 1,
            target: Height(1_000),
            draw: NamedDraw {
                centre: code("lottery"),
                game: text("双色球"),
                issue: text("2025051"),
                date: day("2025-05-08"),
            },
            replaces,
        })
    };
    let (population, list) = (100, SampleFrame::of(&[b"a list"]));
    let records = |organization| Frame::Records {
        first: LogIndex(4_096),
        end: LogIndex(8_192),
        organization,
        population,
        list,
    };
    let pools = Frame::Inspection(InspectionFrame {
        objects: text("对象"),
        inspectors: text("人员"),
        each: 2,
        recusals: vec![Recusal { inspector: 1, object: 300 }],
    });
    vec![
        plan(SamplePurpose::Audit, records(None), None),
        plan(SamplePurpose::PaymentCheck, records(Some(code("home"))), Some(text("抽0"))),
        plan(SamplePurpose::Evaluation, Frame::List { population, list }, None),
        plan(SamplePurpose::Inspection, pools, None),
        oversight::Call::CancelSample { plan: text("抽1"), reason: CancelReason::NotNeeded },
        oversight::Call::EnterDraw(Draw {
            game: text("双色球"),
            issue: text("2025051"),
            numbers: vec![4, 9, 12, 17, 26, 33, 15],
            occurred_on: day("2025-05-08"),
        }),
        oversight::Call::DrawSample { plan: sample_name() },
    ]
}

fn inspections() -> Vec<oversight::Call> {
    let occurred_on = day("2025-06-10");
    let pool = |members| {
        oversight::Call::OpenPool(OpenPool { reference: text("对象"), members, occurred_on })
    };
    let inspect = |corrects| {
        oversight::Call::Inspect(Inspect {
            plan: text("检1"),
            object: code("home"),
            result: InspectionResult::OrderedToCorrect,
            evidence: vec![attachment()],
            corrects,
            occurred_on,
        })
    };
    let inspector = Inspector { officer: salted("an officer"), organization: code("city_civil") };
    vec![
        pool(Members::Objects(vec![code("home"), code("county_civil")])),
        pool(Members::Inspectors(vec![inspector])),
        inspect(None),
        inspect(Some(LogIndex(4_096))),
    ]
}

/// Every event of the vectors.
pub fn events() -> Vec<event::Event> {
    let (due, next_due) = (day("2025-03-18"), day("2025-05-17"));
    let finding = 7;
    let (mut all, complaint) = (Vec::new(), complaint);
    all.extend([
        Event::ComplaintReceived { complaint: complaint(), respondent: code("home"), due },
        Event::ComplaintAccepted { complaint: complaint(), due, on_time: true, next_due },
        Event::ComplaintDeclined { complaint: complaint(), due, on_time: false },
        Event::ComplaintTransferred { complaint: complaint(), due, on_time: true, next_due },
        Event::ComplaintExtended { complaint: complaint(), next_due },
        Event::ComplaintAnswered { complaint: complaint(), due, on_time: true },
        Event::ComplaintClosed { complaint: complaint() },
        Event::AuditOpened { engagement: engagement() },
        Event::FindingRecorded { engagement: engagement(), finding, due },
        Event::FindingResponded { engagement: engagement(), finding },
        Event::FindingRectified { engagement: engagement(), finding, due, on_time: false },
        Event::FindingConfirmed { engagement: engagement(), finding, open: 1 },
        Event::FindingReturned { engagement: engagement(), finding },
        Event::AuditClosed { engagement: engagement(), open: 2 },
        Event::SamplePlanned { plan: sample_name(), population: 100, target: Height(1_000) },
        Event::SampleCancelled { plan: sample_name() },
        Event::DrawEntered { game: text("双色球"), issue: text("2025051") },
    ]);
    let (block, seed) = (BlockId::of(&[b"a block"]), SampleSeed::of(&[b"a seed"]));
    let pairings = vec![
        Pairing { object: 300, inspectors: vec![1, 0] },
        Pairing { object: 2, inspectors: vec![0, 199] },
    ];
    all.extend([
        Event::SampleDrawn { plan: sample_name(), block, seed, pairings },
        Event::PoolOpened { pool: text("对象"), members: 1_000 },
        Event::Inspected { plan: sample_name(), object: code("home"), inspectors: vec![1, 0] },
    ]);
    all.into_iter().map(event::Event::Oversight).collect()
}

/// The seed of each plan of the vectors.
pub fn seeds() -> Vec<Value> {
    let (organization, block) = (code("audit"), BlockId::of(&[b"a block"]));
    let acts = samples();
    let plans = acts.iter().filter_map(|act| match act {
        oversight::Call::PlanSample(plan) => Some((act, plan)),
        _ => None,
    });
    let draw = acts.iter().find_map(|act| match act {
        oversight::Call::EnterDraw(draw) => Some((act, draw)),
        _ => None,
    });
    let (draw_act, draw) = draw.unwrap();
    let hex = |act: &oversight::Call| HEXLOWER.encode(&Call::Oversight(act.clone()).encode());
    plans
        .map(|(act, plan)| {
            json!({
                "organization": organization.to_string(),
                "plan": hex(act),
                "block": block.to_string(),
                "draw": hex(draw_act),
                "seed": sample::seed(&organization, plan, block, draw).to_string(),
            })
        })
        .collect()
}
