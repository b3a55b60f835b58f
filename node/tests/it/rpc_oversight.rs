//! What a node tells of complaints, audits and samples.

use minglian_client::ClientError;
use minglian_contracts::call::Call;
use minglian_contracts::oversight;
use minglian_contracts::oversight::audit::{Engagement, EngagementName, Scope};
use minglian_contracts::oversight::complaint::{ComplaintName, Receive, Target};
use minglian_contracts::oversight::draw::NamedDraw;
use minglian_contracts::oversight::finding::{FindingKind, Record};
use minglian_contracts::oversight::sample::{Frame, Plan, SampleName, SamplePurpose};
use minglian_contracts::schema;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::{AttachmentHash, Commitment, SampleFrame};
use minglian_ledger::height::Height;
use serde_json::json;

use crate::rpc_world::{
    CIVIL_CHECKER, CIVIL_MAKER, World, approval_of, civil_affairs, day, finance, lottery_centre,
    text,
};

/// Commits an act of the 民政 department, by its maker and checker.
async fn commit(world: &World, reference: &str, call: oversight::Call) {
    let proposal = world.act(CIVIL_MAKER, reference, &Call::Oversight(call));
    world.commit(std::slice::from_ref(&proposal)).await;
    let approval = approval_of(proposal.id());
    // The organisation uses each reference once.
    let reference = format!("复核{reference}");
    world.commit(&[world.act(CIVIL_CHECKER, &reference, &approval)]).await;
}

fn is_absent(result: Result<impl std::fmt::Debug, ClientError>) -> bool {
    result.unwrap_err().is_vacant()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_shown_with_what_is_due() {
    let world = World::start().await;
    let name = ComplaintName { organization: civil_affairs(), complaint: text("诉1") };
    let id = schema::encode(&name);
    assert!(is_absent(world.client.complaint(&id).await));
    let receive = Receive {
        reference: text("诉1"),
        target: Target::Organization(finance()),
        content: Commitment::of(&[b"content"]),
        ticket: Commitment::of(&[b"ticket"]),
        handler: civil_affairs(),
        occurred_on: day(5, 1),
    };
    commit(&world, "诉1", oversight::Call::ReceiveComplaint(receive)).await;
    let view = world.client.complaint(&id).await.unwrap();
    assert_eq!(view.as_of, day(6, 1));
    assert_eq!(view.name["complaint"], "诉1");
    assert_eq!(view.complaint["respondent"], json!(finance()));
    assert_eq!(view.status["owed"], json!(["decision", "2025-05-16"]));
    assert_eq!(view.status["days_overdue"], 16);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_is_shown_with_its_findings_in_pages() {
    let world = World::start().await;
    let engagement = EngagementName { organization: civil_affairs(), engagement: text("审1") };
    let id = schema::encode(&engagement);
    assert!(is_absent(world.client.audit(&id, None).await));
    let scope = Scope {
        organizations: vec![finance()],
        funds: Vec::new(),
        first_year: 2025,
        last_year: 2025,
    };
    let act = Engagement { reference: text("审1"), scope, occurred_on: day(5, 1) };
    commit(&world, "审1", oversight::Call::OpenAudit(act)).await;
    for number in [1, 2] {
        let finding = Record {
            engagement: engagement.clone(),
            number,
            organization: finance(),
            fund: None,
            year: 2025,
            kind: FindingKind::Detained,
            records: Vec::new(),
            amount: Fen::new(300).unwrap(),
            working_paper: AttachmentHash::of(&[b"paper"]),
            occurred_on: day(5, 2),
        };
        let call = oversight::Call::RecordFinding(finding);
        commit(&world, &format!("发现{number}"), call).await;
    }
    let view = world.client.audit(&id, None).await.unwrap();
    assert_eq!((view.findings.len(), view.next), (2, None));
    assert_eq!(view.audit["open"], json!([1, 2]));
    assert_eq!(view.findings[0]["finding"]["kind"], "detained");
    let rest = world.client.audit(&id, Some(1)).await.unwrap();
    assert_eq!(rest.findings, view.findings[1..]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_shown_and_has_no_ranks_before_it_is_drawn() {
    let world = World::start().await;
    let name = SampleName { organization: civil_affairs(), sample: text("抽1") };
    let id = schema::encode(&name);
    assert!(is_absent(world.client.sample(&id).await));
    let plan = Plan {
        reference: text("抽1"),
        purpose: SamplePurpose::PaymentCheck,
        frame: Frame::List { population: 100, list: SampleFrame::of(&[b"a list"]) },
        size: 5,
        method: 1,
        target: Height(50),
        draw: NamedDraw {
            centre: lottery_centre(),
            game: text("双色球"),
            issue: text("2025063"),
            date: day(6, 3),
        },
        replaces: None,
    };
    commit(&world, "抽1", oversight::Call::PlanSample(plan)).await;
    let view = world.client.sample(&id).await.unwrap();
    assert_eq!(
        (&view.sample["progress"], &view.standing),
        (&json!("planned"), &json!("awaits_block"))
    );
    assert_eq!((view.sample["population"].as_u64(), view.ranks), (Some(100), Vec::new()));
    for (list, count) in [("/v1/samples", 1), ("/v1/complaints", 0), ("/v1/audits", 0)] {
        let page: serde_json::Value = world.client.json(list, &[]).await.unwrap();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{list}");
    }
    world.stop().await;
}
