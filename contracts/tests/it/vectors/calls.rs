//! One act for each variant, and one more where a variant holds an enum with fields.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::{RecordQuota, Statement};
use minglian_contracts::allocation::plan::{Plan, PlanRow, PlanRowName};
use minglian_contracts::allocation::subject::Classify;
use minglian_contracts::allocation::year::{CarryOver, TakeBack, TransferOut};
use minglian_contracts::allocation::{
    self, Basis, Category, LineName, Purpose, Receipt, StatementKind,
};
use minglian_contracts::call::Call;
use minglian_contracts::lottery::{local, remittance, statement};
use minglian_contracts::payment::result::{BankResult, FailureReason};
use minglian_contracts::payment::{self, Expenditure, Order, Payee, authorization};
use minglian_contracts::project::acceptance::Acceptance;
use minglian_contracts::project::assessment::Assess;
use minglian_contracts::project::evaluation::{Indicator, Measures, Score};
use minglian_contracts::project::milestone::{ReachMilestone, SetMilestone};
use minglian_contracts::project::{self, Contract, Registration};
use minglian_contracts::working_day::Notice;
use minglian_contracts::{approval, governance, lottery, registry};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::division::Division;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{GenesisParameter, OrganizationKind, Role};
use minglian_ledger::hash::{AttachmentHash, Commitment, TransactionId};
use minglian_ledger::height::{Height, LogIndex};

use crate::world::{code, public_key, text, validator};

pub fn fen(amount: u64) -> Fen {
    Fen::new(amount).unwrap()
}

pub fn day(date: &str) -> Date {
    date.parse().unwrap()
}

pub fn proposal() -> TransactionId {
    TransactionId::of(&[b"a proposal"])
}

pub fn line(holder: &str, name: &str) -> LineName {
    LineName { holder: code(holder), fund: text("中央集中"), year: 2024, line: text(name) }
}

pub fn purpose() -> Purpose {
    Purpose { category: Some(Category::Disability), project: Some(text("XM-2024-01")) }
}

fn basis() -> Basis {
    let documents =
        DocumentNumberSet::normalize("财综〔2021〕18号;民发〔2025〕57号").unwrap().canonical;
    Basis { documents, printed_in: None }
}

fn notice() -> Basis {
    let printed_in = Some(text("按公告补录:luxian_2020 第4行"));
    Basis { documents: DocumentNumberSet::default(), printed_in }
}

fn opinion() -> Commitment {
    Commitment::of(&[b"an opinion"])
}

/// Every act of the vectors.
pub fn all() -> Vec<Call> {
    let mut all = Vec::new();
    all.extend(registry_calls().map(Call::Registry));
    all.extend(approval_calls().map(Call::Approval));
    all.extend(governance_calls().map(Call::Governance));
    all.extend(allocation_calls().map(Call::Allocation));
    all.extend(year_calls().map(Call::Allocation));
    all.push(Call::Allocation(allocation::Call::Classify(Classify {
        line: line("county_civil", "财综〔2021〕18号/3"),
        subject: text("2296002"),
        occurred_on: day("2024-03-01"),
    })));
    all.extend(lottery_calls().map(Call::Lottery));
    all.extend(project_calls().map(Call::Project));
    all.extend(milestone_calls().map(Call::Project));
    all.extend(payment_calls().map(Call::Payment));
    all
}

fn registry_calls() -> [registry::Call; 6] {
    use registry::Call::{RegisterKey, RegisterOrganization, RevokeKey, RevokeKeyOf, RotateKey};
    let register = |role, same_officer_as| RegisterKey {
        organization: code("home"),
        key: public_key("home.new"),
        role,
        same_officer_as,
    };
    [
        RegisterOrganization {
            code: code("home"),
            name: text("来安县社会福利中心"),
            kind: OrganizationKind::ProjectUnit,
            division: Division::new(341_122).unwrap(),
        },
        register(Role::Checker, None),
        register(Role::Governor, Some(public_key("home.maker"))),
        RotateKey { old: public_key("home.maker"), new: public_key("home.new") },
        RevokeKey { key: public_key("home.payer") },
        RevokeKeyOf { organization: code("home"), key: public_key("home.governor") },
    ]
}

fn approval_calls() -> [approval::Call; 5] {
    let proposal = proposal();
    [
        approval::Call::Approve { proposal },
        approval::Call::Reject { proposal, opinion: None },
        approval::Call::Reject { proposal, opinion: Some(opinion()) },
        approval::Call::Withdraw { proposal },
        approval::Call::Retract { proposal },
    ]
}

fn governance_calls() -> [governance::Call; 5] {
    use governance::Change;
    let old = validator("audit", "audit", 1).address();
    let new = validator("audit", "audit", 4_294_967_296);
    let change =
        |change| governance::Call::ChangeValidators { change, takes_effect_at: Height(1_000_000) };
    [
        change(Change::Add(new.clone())),
        change(Change::Remove(old)),
        change(Change::Replace { old, new }),
        governance::Call::SetParameter(GenesisParameter {
            key: text("lottery.fund_ratio.双色球"),
            value: -3_600,
            unit: text("basis_points"),
            effective_from: day("2020-10-01"),
            effective_to: Some(day("2030-12-31")),
            article: text("财综〔2015〕94号"),
            approved_by: text("财政部"),
        }),
        governance::Call::SetHolidays(Notice {
            year: 2026,
            holidays: vec![day("2026-01-01"), day("2026-01-02")],
            working_weekends: vec![day("2026-01-04")],
            article: text("国务院办公厅关于2026年部分节假日安排的通知"),
        }),
    ]
}

fn grant(plan: Option<PlanRowName>) -> Grant {
    Grant {
        from: line("county_civil", "财综〔2021〕18号/3"),
        to: line("home", "东村"),
        amount: fen(29_859_000),
        purpose: purpose(),
        basis: basis(),
        plan,
        occurred_on: day("2024-03-01"),
    }
}

fn allocation_calls() -> [allocation::Call; 6] {
    use allocation::Call::{Allocate, Issue, Receive};
    let row = PlanRow { holder: code("home"), purpose: purpose(), amount: fen(1) };
    let plain = PlanRow { purpose: Purpose::default(), ..row.clone() };
    let (organization, plan) = (code("county_civil"), text("2024年度分配方案"));
    let quota = RecordQuota {
        to: line("county_civil", "财综〔2021〕18号/3"),
        receipt: Receipt::BroughtForward,
        amount: Fen::MAX,
        level: text("中央"),
        purpose: Purpose { category: Some(Category::OldAge), project: None },
        basis: notice(),
        first_year: 2023,
        implied: true,
        occurred_on: day("2024-12-31"),
    };
    let (amount, receipt) = (fen(45_900_000), Receipt::Issued);
    let plain_quota =
        RecordQuota { amount, receipt, first_year: 2024, implied: false, ..quota.clone() };
    [
        allocation::Call::RecordQuota(plain_quota),
        allocation::Call::RecordQuota(quota),
        allocation::Call::Plan(Plan {
            name: plan.clone(),
            from: line("county_civil", "财综〔2021〕18号/3"),
            rows: vec![row, plain],
            reviewer: code("county_finance"),
            occurred_on: day("2024-02-01"),
        }),
        Issue(grant(Some(PlanRowName { organization, plan, row: 1 }))),
        Receive { line: line("home", "东村"), occurred_on: day("2024-03-05") },
        Allocate(grant(None)),
    ]
}

fn year_calls() -> [allocation::Call; 6] {
    let (amount, occurred_on) = (fen(6_000_000), day("2024-12-31"));
    let from = || line("county_civil", "老年人福利");
    let take = |year| TakeBack {
        line: from(),
        to: LineName { year, ..line("county_finance", "结余") },
        amount,
        basis: basis(),
        occurred_on,
    };
    let state = |line, kind| {
        let (subject, basis) = (text("社区康复服务试点支出"), notice());
        let figure = Fen::ZERO;
        allocation::Call::State(Statement { kind, line, subject, figure, basis, occurred_on })
    };
    [
        allocation::Call::CarryOver(CarryOver {
            line: from(),
            amount,
            basis: notice(),
            occurred_on,
        }),
        allocation::Call::Recover(take(2024)),
        allocation::Call::Lapse(take(2026)),
        allocation::Call::TransferOut(TransferOut {
            line: from(),
            to_fund: text("一般公共预算"),
            amount,
            basis: basis(),
            occurred_on,
        }),
        state(Some(from()), StatementKind::Nothing),
        state(None, StatementKind::Balance),
    ]
}

fn lottery_calls() -> [lottery::Call; 7] {
    let (period, reference) = (Month::new(2026, 2).unwrap(), text("国库回单 0012"));
    let occurred_on = day("2026-03-05");
    let statement = statement::Statement {
        game: text("双色球"),
        period,
        sales: fen(123_456_700),
        unclaimed_prizes: fen(890),
        occurred_on,
    };
    let corrects = LogIndex(4_096);
    let amount = fen(22_222_206);
    [
        lottery::Call::Statement(statement.clone()),
        lottery::Call::Settle(statement::Settlement { statement, corrects }),
        lottery::Call::Remit(remittance::Remit { period, amount, reference, occurred_on }),
        lottery::Call::TakeBack(remittance::TakeBack {
            reference: text("国库回单 0012"),
            amount: fen(6),
            occurred_on,
        }),
        lottery::Call::HandOver(remittance::HandOver {
            period,
            to: code("city_finance"),
            amount,
            occurred_on,
        }),
        lottery::Call::DivideLocal(local::DivideLocal {
            period,
            game: text("双色球"),
            amount,
            province: code("province_finance"),
            lower: code("city_finance"),
            occurred_on,
        }),
        lottery::Call::GiveBack(local::GiveBack {
            centre: code("lottery"),
            period,
            game: Some(text("双色球")),
            amount: fen(6),
            occurred_on,
        }),
    ]
}

fn project_calls() -> [project::Call; 5] {
    let project = || text("XM-2024-01");
    let indicator = |measures, points_max| Indicator {
        measures,
        name: text("新增护理型床位"),
        target: text("≥120张"),
        points_max,
    };
    let contract = |document| project::Call::Contract {
        project: project(),
        number: text("HT-1"),
        contract: Contract {
            counterparty: code("supplier"),
            amount: fen(80_000),
            document,
            occurred_on: day("2024-04-01"),
        },
    };
    let attachment = AttachmentHash::of(&[b"an attachment"]);
    [
        project::Call::Register(Registration {
            reference: project(),
            title: text("县社会福利中心适老化改造"),
            category: Category::OldAge,
            unit: code("home"),
            year: 2024,
            carries_label: true,
            indicators: vec![
                indicator(Measures::Quantity, 5_000),
                indicator(Measures::Satisfaction, 1_000),
            ],
            occurred_on: day("2024-03-01"),
        }),
        contract(None),
        contract(Some(attachment)),
        project::Call::Accept {
            project: project(),
            acceptance: Acceptance {
                label_confirmed: true,
                photos: vec![attachment, attachment],
                report: Some(attachment),
                occurred_on: day("2024-06-20"),
            },
        },
        project::Call::Evaluate {
            project: project(),
            scores: vec![
                Score { actual: text("124张"), points: 5_000 },
                Score { actual: text("98%"), points: 980 },
            ],
            occurred_on: day("2024-06-30"),
        },
    ]
}

fn milestone_calls() -> [project::Call; 3] {
    let project = || text("XM-2024-01");
    let attachment = AttachmentHash::of(&[b"an attachment"]);
    [
        project::Call::SetMilestone(SetMilestone {
            project: project(),
            name: text("主体完工"),
            contract: Some(text("HT-1")),
            due_on: day("2024-05-31"),
            occurred_on: day("2024-04-02"),
        }),
        project::Call::ReachMilestone(ReachMilestone {
            project: project(),
            name: text("主体完工"),
            evidence: vec![attachment],
            occurred_on: day("2024-05-30"),
        }),
        project::Call::Assess(Assess {
            project: project(),
            commissioner: code("county_civil"),
            scores: vec![Score { actual: text("124张"), points: 4_900 }],
            report: Some(attachment),
            occurred_on: day("2024-07-10"),
        }),
    ]
}

fn payment_calls() -> [payment::Call; 12] {
    let (payment, occurred_on) = (|| text("凭证 3"), day("2024-06-05"));
    let order = |payee, voucher, replaces| Order {
        reference: payment(),
        payee,
        amount: fen(70_000),
        voucher,
        replaces,
        occurred_on,
    };
    let line = || line("home", "东村");
    let instruct =
        |expenditure, order| payment::Call::Instruct { line: line(), expenditure, order };
    let bank = |result| payment::Call::BankResult { payment: payment(), result, occurred_on };
    let voucher = Some(AttachmentHash::of(&[b"a voucher"]));
    let grant = || authorization::Grant {
        name: text("授权1"),
        line: line(),
        expenditure: Expenditure::Construction,
        total: fen(100_000),
        until: day("2024-06-30"),
        occurred_on: day("2024-05-01"),
    };
    let person = Payee::Person(Commitment::of(&[b"a salted name"]));
    let authorization = text("授权1");
    let supplier = || Payee::Organization(code("supplier"));
    [
        instruct(Expenditure::Equipment, order(supplier(), voucher, None)),
        instruct(Expenditure::Investment, order(Payee::NotPrinted, None, None)),
        instruct(Expenditure::Investment, order(person, voucher, Some(text("凭证 2")))),
        payment::Call::Authorize(grant()),
        payment::Call::Pay { authorization: text("授权1"), order: order(supplier(), None, None) },
        payment::Call::Revoke { authorization },
        bank(BankResult::Paid),
        bank(BankResult::Failed(FailureReason::AccountClosed)),
        bank(BankResult::Failed(FailureReason::Other)),
        payment::Call::Return { payment: payment(), amount: fen(1), occurred_on },
        payment::Call::Correct { payment: payment(), occurred_on },
        payment::Call::AuthorizeLimited { grant: grant(), each_max: fen(50_000) },
    ]
}
