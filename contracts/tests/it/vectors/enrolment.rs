//! One act and one event of keys and enrolments for each variant. The points are no points: the
//! vectors are of the encoding.

use minglian_contracts::call::Call;
use minglian_contracts::enrolment::attester::{EndAttester, RegisterAttester};
use minglian_contracts::enrolment::ceremony::{AccuseMember, AcknowledgeKey, OpenKey, PostDealing};
use minglian_contracts::enrolment::entry::{Enrol, Entry};
use minglian_contracts::enrolment::evaluation::{
    AnswerEvaluation, AttestedPoint, RequestEvaluation,
};
use minglian_contracts::enrolment::key::{OutsideCommittee, RetireKey};
use minglian_contracts::enrolment::list::ListName;
use minglian_contracts::enrolment::quota::PlanEnrolments;
use minglian_contracts::enrolment::transfer::Transfer;
use minglian_contracts::enrolment::{self, Event};
use minglian_contracts::event;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::Signature;
use minglian_ledger::subsidy::dleq::DleqProof;
use minglian_ledger::subsidy::domain::{EnrolmentRoot, KeyId, RequestId};
use minglian_ledger::subsidy::encoding::{PointBytes, ScalarBytes};
use minglian_ledger::subsidy::enrolment::{Blinded, Tag};
use minglian_ledger::subsidy::key_generation::{Dealing, DealingProof};
use minglian_ledger::subsidy::threshold::KeyPurpose;

use super::calls::day;
use crate::world::{code, public_key};

const PURPOSE: KeyPurpose = KeyPurpose::Tags { group: 1, epoch: 2024 };

fn point(byte: u8) -> PointBytes {
    PointBytes([byte; 32])
}

fn proof() -> DleqProof {
    DleqProof { challenge: ScalarBytes([3; 32]), response: ScalarBytes([4; 32]) }
}

/// Every act of the vectors.
pub fn calls() -> Vec<Call> {
    let open = |purpose, outside| enrolment::Call::OpenKey(OpenKey { purpose, outside });
    let outside = OutsideCommittee { members: vec![code("audit")], threshold: 1 };
    let dealing = Dealing {
        coefficients: vec![point(1), point(2), point(3)],
        proof: DealingProof { first: point(4), response: ScalarBytes([5; 32]) },
    };
    let (purpose, attempt) = (PURPOSE, 2);
    let (county, organization) = (code("county_civil"), code("police"));
    let attester = public_key("police.attester");
    let blinded = Blinded { point: point(6), factor: point(7) };
    let points = vec![AttestedPoint { blinded, attestation: Signature([8; 64]) }];
    let request = LogIndex(4_096);
    let entry = || Entry { position: 11, tag: Tag(point(9)), proof: proof() };
    let members = || vec![1, 2, 4];
    let last_month = "2024-05".parse().unwrap();
    let calls = [
        open(PURPOSE, None),
        open(KeyPurpose::Escrow { epoch: 2024 }, Some(outside)),
        open(KeyPurpose::Beacon { epoch: 1 }, None),
        enrolment::Call::PostDealing(PostDealing { purpose, attempt, dealing }),
        enrolment::Call::AcknowledgeKey(AcknowledgeKey {
            purpose,
            attempt,
            key: KeyId::of(&[b"a key"]),
        }),
        enrolment::Call::AccuseMember(AccuseMember { purpose, attempt, accused: 3 }),
        enrolment::Call::RetireKey(RetireKey { purpose }),
        enrolment::Call::RegisterAttester(RegisterAttester { county, organization, attester }),
        enrolment::Call::EndAttester(EndAttester { county, attester }),
        enrolment::Call::PlanEnrolments(PlanEnrolments {
            group: 1,
            epoch: 2024,
            planned: 10_000,
            reviewer: code("city_civil"),
        }),
        enrolment::Call::RequestEvaluation(RequestEvaluation {
            group: 1,
            epoch: 2024,
            attester,
            points,
        }),
        enrolment::Call::AnswerEvaluation(AnswerEvaluation {
            request,
            results: vec![point(10)],
            proof: proof(),
        }),
        enrolment::Call::Enrol(Enrol {
            programme: 7,
            request,
            members: members(),
            entries: vec![entry()],
        }),
        enrolment::Call::Transfer(Transfer {
            programme: 7,
            request,
            members: members(),
            entry: entry(),
            from: county,
            last_month,
        }),
    ];
    calls.into_iter().map(Call::Enrolment).collect()
}

/// Every event of the vectors.
pub fn events() -> Vec<event::Event> {
    let (purpose, county) = (PURPOSE, code("county_civil"));
    let attester = public_key("police.attester");
    let list = ListName { county, programme: 7, epoch: 2024 };
    let root = EnrolmentRoot::of(&[b"a list"]);
    let all = [
        Event::KeyOpened {
            purpose,
            attempt: 2,
            members: vec![county, code("city_civil")],
            threshold: 2,
            open_until: day("2024-03-08"),
        },
        Event::Dealt { purpose, member: 1, key: None },
        Event::Dealt { purpose, member: 2, key: Some(KeyId::of(&[b"a key"])) },
        Event::Acknowledged { purpose, member: 1, established: false },
        Event::CeremonyFailed { purpose, member: 1, accused: 2 },
        Event::KeyRetired { purpose },
        Event::AttesterRegistered { county, attester },
        Event::AttesterEnded { county, attester },
        Event::EnrolmentsPlanned { county, group: 1, epoch: 2024, planned: 10_000 },
        Event::EvaluationRequested {
            request: RequestId::of(&[b"a request"]),
            points: 256,
            asked: 512,
            quota: 12_000,
        },
        Event::EvaluationAnswered { request: LogIndex(4_096), member: 3, missing: 1 },
        Event::Enrolled { list, first: 0, length: 160, root },
        Event::Transferred {
            from: list,
            from_index: 159,
            to: ListName { programme: 8, ..list },
            to_index: 0,
            last_month: "2024-05".parse().unwrap(),
            root,
        },
    ];
    all.into_iter().map(event::Event::Enrolment).collect()
}
