//! One event for each variant, and one movement for each of its enums' variants.

use minglian_contracts::actor::Signature;
use minglian_contracts::allocation::Purpose;
use minglian_contracts::approval;
use minglian_contracts::book::{
    AccountId, Basis, Interval, Kind, Measure, Movement, MovementNumber, Origin, OriginDates,
    Source,
};
use minglian_contracts::event::Event;
use minglian_contracts::lottery::accrual::Accrual;
use minglian_contracts::lottery::central::{CentralPart, CentralUser};
use minglian_contracts::lottery::duty::Duty;
use minglian_contracts::parameter::Judged;
use minglian_contracts::payment::Status;
use minglian_contracts::project::evaluation::Evaluation;
use minglian_contracts::project::{self, Execution, Stage};
use minglian_contracts::{allocation, governance, lottery, payment, registry};
use minglian_ledger::date::Month;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::{Height, LogIndex};

use super::calls::{day, fen, line, proposal, purpose};
use crate::world::{code, public_key, text};

/// Every event of the vectors.
pub fn all() -> Vec<Event> {
    let mut all: Vec<Event> = movements().into_iter().map(Event::Movement).collect();
    all.push(Event::Judged(Judged {
        key: text("lottery.central_share"),
        version: 2,
        value: 5_000,
    }));
    all.extend(registry_events().map(Event::Registry));
    all.extend(approval_events().map(Event::Approval));
    all.extend(governance_events().map(Event::Governance));
    all.extend(allocation_events().map(Event::Allocation));
    all.extend(lottery_events().map(Event::Lottery));
    all.extend(project_events().map(Event::Project));
    all.extend(payment_events().map(Event::Payment));
    all
}

fn interval(start: u64, end: u64) -> Interval {
    Interval::new(start, end).unwrap()
}

fn quota_line() -> AccountId {
    line("home", "东村").account()
}

fn received(origin: Origin) -> Movement {
    Movement {
        number: MovementNumber(7),
        kind: Kind::Receipt,
        basis: Basis::Designated,
        from: Source::Outside(origin),
        from_intervals: Vec::new(),
        to: quota_line(),
        to_interval: interval(0, 29_859_000),
        origin_dates: OriginDates { oldest: day("2024-03-01"), newest: day("2024-03-01") },
    }
}

fn moved(kind: Kind, basis: Basis, from: AccountId, to: AccountId) -> Movement {
    Movement {
        kind,
        basis,
        from: Source::Account(from),
        from_intervals: vec![interval(5, 10), interval(20, 30)],
        to,
        to_interval: interval(100, 115),
        ..received(Origin::Other { description: text(""), occurred_on: day("2024-03-01") })
    }
}

fn movements() -> Vec<Movement> {
    let occurred_on = day("2024-03-01");
    let (organization, reference) = (code("home"), text("凭证 3"));
    let payment = || AccountId::Payment { organization, reference: text("凭证 3") };
    let voided = AccountId::Voided { organization, movement: MovementNumber(7) };
    let mut cash = quota_line();
    if let AccountId::Line { measure, .. } = &mut cash {
        *measure = Measure::Cash;
    }
    let mut goods = quota_line();
    if let AccountId::Line { measure, .. } = &mut goods {
        *measure = Measure::Goods;
    }
    let first = Basis::FirstInFirstOut;
    let authority = text("财综〔2021〕18号");
    vec![
        received(Origin::Document {
            numbers: text("财综〔2021〕18号"),
            level: text("中央"),
            implied: true,
            occurred_on,
        }),
        received(Origin::Sales { game: text("双色球"), period: text("2026-02"), occurred_on }),
        received(Origin::Donation {
            reference: reference.clone(),
            donor: Some(Commitment::of(&[b"a donor"])),
            occurred_on,
        }),
        received(Origin::Donation { reference, donor: None, occurred_on }),
        received(Origin::Other { description: text("利息"), occurred_on }),
        moved(Kind::Transfer, first, cash.clone(), quota_line()),
        moved(Kind::Payment, Basis::Designated, quota_line(), payment()),
        moved(Kind::CarryOver, first, quota_line(), quota_line()),
        moved(Kind::PurposeChange { authority }, first, quota_line(), cash),
        moved(Kind::Return, Basis::Substitution { inflow: 90 }, payment(), quota_line()),
        moved(Kind::Reversal { of: MovementNumber(6) }, first, quota_line(), voided),
        moved(Kind::Rebase, first, quota_line(), quota_line()),
        moved(Kind::Payment, first, goods, payment()),
    ]
}

fn registry_events() -> [registry::Event; 3] {
    let key = public_key("home.new");
    [
        registry::Event::OrganizationRegistered { code: code("home"), check_digit_right: false },
        registry::Event::KeyRegistered { key, live_from: Height(12) },
        registry::Event::KeyRevoked { key, live_until: Height(13) },
    ]
}

fn approval_events() -> [approval::Event; 6] {
    let proposal = proposal();
    let signature = Signature {
        organization: code("county_finance"),
        officer: public_key("county_finance.maker"),
        key: public_key("county_finance.new"),
        role: Role::Maker,
        index: LogIndex(41),
    };
    [
        approval::Event::Proposed { proposal, open_until: day("2024-04-01") },
        approval::Event::StepTaken { proposal, steps: 2 },
        approval::Event::Completed { proposal, signatures: vec![signature.clone(), signature] },
        approval::Event::Rejected { proposal, opinion: None },
        approval::Event::Withdrawn { proposal },
        approval::Event::Retracted { proposal },
    ]
}

fn governance_events() -> [governance::Event; 3] {
    let key = text("approval.proposal_days");
    [
        governance::Event::ValidatorsScheduled { takes_effect_at: Height(1_000_000) },
        governance::Event::ParameterSet { key, version: 3, retroactive: true },
        governance::Event::HolidaysSet { year: 2026, version: 1 },
    ]
}

fn allocation_events() -> [allocation::Event; 8] {
    let opened = |parent, purpose| {
        let line = line("home", "东村");
        allocation::Event::Opened { line, parent, purpose }
    };
    [
        opened(None, Purpose::default()),
        opened(Some(line("county_civil", "财综〔2021〕18号/3")), purpose()),
        allocation::Event::Received { line: line("home", "东村"), days: 30 },
        allocation::Event::EnteredLate { occurred_on: day("2024-03-01") },
        allocation::Event::Planned { total: fen(2) },
        allocation::Event::Held { line: line("home", "东村"), days: 61, days_max: Some(60) },
        allocation::Event::Held { line: line("home", "东村"), days: 61, days_max: None },
        allocation::Event::Classified { line: line("home", "东村"), subject: text("2296002") },
    ]
}

fn lottery_events() -> [lottery::Event; 7] {
    let (game, period) = (text("双色球"), Month::new(2026, 2).unwrap());
    let accrual = Accrual {
        sales: fen(123_456_700),
        ratio_basis_points: 3_600,
        fund: fen(44_444_412),
        remainder: 0,
        central: fen(22_222_206),
        local: fen(22_222_206),
    };
    let unclaimed_prizes = fen(890);
    let timed = |duty, days_late| lottery::Event::Timed {
        duty,
        period,
        due_on: day("2026-03-15"),
        days_late,
    };
    [
        lottery::Event::Stated { game: text("双色球"), period, accrual, unclaimed_prizes },
        lottery::Event::Settled {
            game,
            period,
            corrects: LogIndex(4_096),
            accrual,
            unclaimed_prizes,
            added: fen(5),
            withdrawn: Default::default(),
        },
        lottery::Event::Remitted { period, amount: fen(22_222_206), due: fen(1) },
        timed(Duty::Statement, 0),
        timed(Duty::Remittance, 3),
        lottery::Event::CentralDivided {
            period,
            parts: CentralUser::ALL.map(|user| CentralPart { user, amount: fen(5) }).to_vec(),
        },
        lottery::Event::LocalDivided {
            game: text("双色球"),
            period,
            province: fen(6),
            lower: fen(4),
        },
    ]
}

fn project_events() -> [project::Event; 6] {
    let project = || text("XM-2024-01");
    let execution = Execution { quota: fen(120_000), paid: fen(70_000), rate_basis_points: 5_833 };
    let evaluation = Evaluation {
        indicator_points: 8_400,
        execution_points: 583,
        execution,
        occurred_on: day("2024-06-30"),
    };
    [
        project::Event::Reached { project: project(), stage: Stage::Accepted },
        project::Event::Contracted { project: project(), total: fen(95_000) },
        project::Event::Evaluated { project: project(), evaluation: evaluation.clone() },
        project::Event::MilestoneSet {
            project: project(),
            name: text("主体完工"),
            due_on: day("2024-05-31"),
        },
        project::Event::MilestoneReached {
            project: project(),
            name: text("主体完工"),
            days_late: 2,
        },
        project::Event::Assessed { project: project(), assessor: code("audit"), evaluation },
    ]
}

fn payment_events() -> [payment::Event; 7] {
    let (authorization, payment) = (|| text("授权1"), || text("凭证 3"));
    let status = |status| payment::Event::Status { payment: payment(), status };
    let date = day("2024-06-05");
    [
        payment::Event::Authorized { authorization: authorization(), total: fen(100_000) },
        payment::Event::Revoked { authorization: authorization(), paid: fen(70_000) },
        status(Status::Paid(date)),
        status(Status::Failed(date)),
        status(Status::Corrected(date)),
        payment::Event::Returned { payment: payment(), amount: fen(1) },
        payment::Event::Limited { authorization: authorization(), each_max: fen(50_000) },
    ]
}
