//! One act and one event of subsidies to persons for each variant.

use minglian_contracts::allocation::LineName;
use minglian_contracts::call::Call;
use minglian_contracts::event;
use minglian_contracts::subsidy::batch::{Standing, Submit};
use minglian_contracts::subsidy::custody::CustodyReceipt;
use minglian_contracts::subsidy::money::LotSource;
use minglian_contracts::subsidy::period::PeriodLength;
use minglian_contracts::subsidy::programme::{Declare, ProgrammeKind, SetStandards, Terms};
use minglian_contracts::subsidy::returned::Return;
use minglian_contracts::subsidy::verdict::{Check, Finding, GiveVerdict};
use minglian_contracts::subsidy::{self, Event};
use minglian_ledger::height::TimeMs;
use minglian_ledger::keys::Signature;
use minglian_ledger::subsidy::balance::BalanceProof;
use minglian_ledger::subsidy::batch::{BatchHeader, BatchKind, BatchName, Lot, SealedBatch};
use minglian_ledger::subsidy::domain::{BatchId, EnvelopeRoot, LeafRoot, ProofRoot};
use minglian_ledger::subsidy::encoding::{PointBytes, ScalarBytes};
use minglian_ledger::subsidy::standards::{RangeBits, RangeRule, StandardTable, Standards};

use super::calls::{day, fen};
use crate::world::{code, public_key, text};

const BATCH: BatchId = BatchId([0xB1; 32]);

fn table(standards: &[u32]) -> StandardTable {
    StandardTable::new(standards.to_vec()).unwrap()
}

fn terms(standards: Standards, cumulative: Option<StandardTable>) -> Terms {
    let (effective_from, article) = ("2012-01".parse().unwrap(), text("来政办〔2011〕1号"));
    Terms { standards, cumulative, handles_min: 30, effective_from, article }
}

fn balance() -> BalanceProof {
    BalanceProof { first: PointBytes([5; 32]), response: ScalarBytes([6; 32]) }
}

fn sealed(kind: BatchKind) -> SealedBatch {
    let (chain_id, county) = (text("minglian-test-1"), code("county_civil"));
    let period = "2012-12".parse().unwrap();
    let name = BatchName { chain_id, county, programme: 1, period, kind, attempt: 2 };
    let total = fen(29_859_000);
    let header = BatchHeader {
        version: 1,
        name,
        group: 3,
        epoch: 2012,
        standards_version: 1,
        enrolment_root: [0xE1; 32],
        leaves: 9_206,
        total,
        lots: vec![Lot { inflow: 7, amount: total }],
        leaf_root: LeafRoot([1; 32]),
        envelope_root: EnvelopeRoot([2; 32]),
    };
    SealedBatch { header, proof_root: ProofRoot([3; 32]), balance: balance() }
}

fn submit(kind: BatchKind) -> subsidy::Call {
    let (holder, fund) = (code("county_civil"), text("县级"));
    let line = LineName { holder, fund, year: 2012, line: text("来财社〔2012〕9号/1") };
    let receipt = CustodyReceipt {
        custodian: code("audit"),
        key: public_key("audit.maker"),
        signature: Signature([8; 64]),
    };
    subsidy::Call::Submit(Box::new(Submit {
        sealed: sealed(kind),
        sources: vec![LotSource { line, position: 4_096 }],
        custody: vec![receipt],
        occurred_on: day("2012-12-20"),
    }))
}

/// Every act of the vectors.
pub fn calls() -> Vec<Call> {
    let occurred_on = day("2012-12-20");
    let standards = Standards::Table(table(&[0, 3_000, 6_000, 30_000]));
    let rule = RangeRule::new(0, 50_000, 1_000, RangeBits::Eight).unwrap();
    let verdict = |finding| subsidy::Call::GiveVerdict(GiveVerdict { batch: BATCH, finding });
    let calls = [
        subsidy::Call::Declare(Declare {
            programme: 1,
            kind: ProgrammeKind::OldAgeAllowance,
            group: 3,
            length: PeriodLength::Month,
            terms: terms(standards, Some(table(&[0, 3_000, 6_000, 9_000, 30_000]))),
            occurred_on,
        }),
        subsidy::Call::SetStandards(SetStandards {
            programme: 2,
            terms: terms(Standards::Range(rule), None),
            occurred_on,
        }),
        submit(BatchKind::Main),
        submit(BatchKind::Supplementary(1)),
        verdict(Finding::Valid),
        verdict(Finding::Invalid { leaf: Some(4_095), check: Check::Standard }),
        verdict(Finding::Invalid { leaf: None, check: Check::Balance }),
        subsidy::Call::Close { batch: BATCH },
        subsidy::Call::Return(Return {
            batch: BATCH,
            number: 1,
            attempt: 0,
            indexes: vec![7, 4_096],
            total: fen(9_000),
            balance: balance(),
            occurred_on,
        }),
    ];
    calls.into_iter().map(Call::Subsidy).collect()
}

/// Every event of the vectors.
pub fn events() -> Vec<event::Event> {
    let (batch, period) = (BATCH, "2012-12".parse().unwrap());
    let (programme, total) = (1, fen(29_859_000));
    let submitted = |kind| Event::Submitted {
        batch,
        county: code("county_civil"),
        programme,
        period,
        kind,
        leaves: 9_206,
        total,
        due: TimeMs(1_356_000_000_000),
    };
    let set = |retroactive| Event::StandardsSet {
        programme,
        version: 2,
        effective_from: period,
        retroactive,
    };
    let invalid = Finding::Invalid { leaf: Some(64), check: Check::Range };
    let all = [
        Event::Declared { programme, kind: ProgrammeKind::HomeCareBeds, group: 3 },
        set(true),
        set(false),
        submitted(BatchKind::Main),
        submitted(BatchKind::Return(2)),
        Event::VerdictGiven { batch, finding: Finding::Valid },
        Event::VerdictGiven { batch, finding: invalid },
        Event::Settled { batch, kind: BatchKind::Main, standing: Standing::Applied, total },
        Event::Settled { batch, kind: BatchKind::Return(2), standing: Standing::Expired, total },
    ];
    all.into_iter().map(event::Event::Subsidy).collect()
}
