//! Projects, from registration over contract, milestones and payments to acceptance and evaluation.

use minglian_contracts::allocation::Category;
use minglian_contracts::call::Call;
use minglian_contracts::payment::result::{BankResult, FailureReason};
use minglian_contracts::payment::{self, Expenditure, Order, Payee};
use minglian_contracts::project::acceptance::Acceptance;
use minglian_contracts::project::assessment::Assess;
use minglian_contracts::project::evaluation::{Indicator, Measures, Score};
use minglian_contracts::project::milestone::{ReachMilestone, SetMilestone};
use minglian_contracts::project::{self, Contract, Registration};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::body::Bodies;
use super::calendar::Window;
use super::lottery::add;
use super::notices::paper;
use super::quota::{ProjectQuota, TRANCHES, month_of};
use super::script::{Act, Phase, Thread};
use super::seeded::percent;

/// What part of its quota a project contracts, in percent: the rest is carried over.
const CONTRACTED_PERCENT: u64 = 92;

/// What part of the contract is paid before the acceptance, in percent.
const ADVANCE_PERCENT: u64 = 60;

/// What comes back of one payment, in fen.
const RETURNED_FEN: u64 = 120_000;

/// The county whose projects are the last to come: of the last tranche there is only a contract.
const SLOW: usize = 5;

/// A project's money, as it stands when its acts are done.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Its quota.
    pub quota: ProjectQuota,
    /// What is left of it.
    pub left: Fen,
}

/// The projects of the year.
#[derive(Debug)]
pub struct Projects {
    /// What is entered.
    pub phase: Phase,
    /// What is left of their money.
    pub settled: Vec<Settled>,
}

/// All projects.
pub fn projects(
    window: Window,
    bodies: &Bodies,
    quotas: &[ProjectQuota],
) -> anyhow::Result<Projects> {
    let (mut threads, mut settled) = (Vec::new(), Vec::new());
    for quota in quotas {
        let mut project = Project::new(window, bodies, quota)?;
        project.enter()?;
        threads.push(project.thread);
        settled.push(Settled { quota: quota.clone(), left: project.left });
    }
    Ok(Projects {
        phase: Phase { name: "项目与支付 projects and payments", threads }, settled
    })
}

struct Project<'a> {
    window: Window,
    bodies: &'a Bodies,
    quota: &'a ProjectQuota,
    unit: OrganizationCode,
    contracted: Fen,
    left: Fen,
    thread: Thread,
}

impl<'a> Project<'a> {
    fn new(window: Window, bodies: &'a Bodies, quota: &'a ProjectQuota) -> anyhow::Result<Self> {
        let unit = bodies.counties[quota.county].unit.code;
        let contracted = percent(quota.amount, CONTRACTED_PERCENT)?;
        let (left, thread) = (quota.amount, Vec::new());
        Ok(Self { window, bodies, quota, unit, contracted, left, thread })
    }

    /// A day some months after the quota came, in the budget year.
    fn day(&self, later: usize, day: u8) -> Date {
        self.window.within_year(month_of(self.quota.tranche), later, day)
    }

    fn act(&mut self, call: project::Call) {
        self.thread.push(Act::two(Call::Project(call), self.unit));
    }

    /// The last act names an invented paper.
    fn show(&mut self, title: String) {
        if let Some(act) = self.thread.last_mut() {
            act.papers.push(title);
        }
    }

    fn enter(&mut self) -> anyhow::Result<()> {
        self.register()?;
        self.contract()?;
        if (self.quota.county, self.quota.tranche) == (SLOW, TRANCHES - 1) {
            return Ok(());
        }
        let advance = percent(self.contracted, ADVANCE_PERCENT)?;
        let rest = self.contracted.checked_sub(advance).unwrap_or_default();
        self.pay_in_advance(advance)?;
        self.reach("主体完工")?;
        self.pay_the_rest(rest)?;
        self.refusals()?;
        self.accept()?;
        self.evaluate()
    }

    fn register(&mut self) -> anyhow::Result<()> {
        let registration = Registration {
            reference: self.quota.project.clone(),
            title: Text::new(self.title())?,
            category: self.quota.category,
            unit: self.unit,
            year: self.quota.line.year,
            carries_label: true,
            indicators: indicators()?,
            occurred_on: self.day(0, 18),
        };
        self.act(project::Call::Register(registration));
        Ok(())
    }

    fn title(&self) -> String {
        let county = self.bodies.counties[self.quota.county].name;
        let what = match self.quota.category {
            Category::OldAge if self.quota.tranche.is_multiple_of(2) => "敬老院适老化改造",
            Category::OldAge => "社区老年食堂建设",
            Category::Disability => "精神障碍社区康复站建设",
            Category::Children => "困境儿童关爱驿站建设",
            Category::PublicGood => "公益服务站建设",
        };
        format!("{county}{what}（演示）第{}批", self.quota.tranche + 1)
    }

    fn contract(&mut self) -> anyhow::Result<()> {
        let number: Text<128> = Text::new(format!("{}-合同", self.quota.project))?;
        let contract = Contract {
            counterparty: self.bodies.supplier.code,
            amount: self.contracted,
            document: None,
            occurred_on: self.day(0, 20),
        };
        let project = self.quota.project.clone();
        self.act(project::Call::Contract { project, number: number.clone(), contract });
        for (name, later) in [("主体完工", 2), ("设备到位", 3)] {
            let milestone = SetMilestone {
                project: self.quota.project.clone(),
                name: Text::new(name)?,
                contract: Some(number.clone()),
                due_on: self.day(later, 28),
                occurred_on: self.day(0, 21),
            };
            self.act(project::Call::SetMilestone(milestone));
        }
        Ok(())
    }

    fn reach(&mut self, name: &str) -> anyhow::Result<()> {
        let title = format!("{} {name}", self.quota.project);
        let reached = ReachMilestone {
            project: self.quota.project.clone(),
            name: Text::new(name)?,
            evidence: vec![paper(&title)],
            occurred_on: self.day(1, 24),
        };
        self.act(project::Call::ReachMilestone(reached));
        self.show(title);
        Ok(())
    }

    fn order(&self, mark: &str, amount: Fen, on: Date) -> anyhow::Result<Order> {
        Ok(Order {
            reference: Text::new(format!("{}-凭证{mark}", self.quota.project))?,
            payee: Payee::Organization(self.bodies.supplier.code),
            amount,
            voucher: None,
            replaces: None,
            occurred_on: on,
        })
    }

    fn instruct(&mut self, order: Order) {
        let call = payment::Call::Instruct {
            line: self.quota.line.clone(),
            expenditure: Expenditure::Construction,
            order,
        };
        self.thread.push(Act::three(Call::Payment(call), self.unit));
    }

    fn bank(&mut self, payment: &Text<128>, result: BankResult, occurred_on: Date) {
        let payment = payment.clone();
        let call = payment::Call::BankResult { payment, result, occurred_on };
        self.thread.push(Act::of(Call::Payment(call), self.unit, &[Role::Payer]));
    }

    fn spend(&mut self, amount: Fen) {
        self.left = self.left.checked_sub(amount).unwrap_or_default();
    }

    /// The advance. One bounces and is made again, one is entered wrongly and corrected.
    fn pay_in_advance(&mut self, amount: Fen) -> anyhow::Result<()> {
        let (on, result_on) = (self.day(1, 22), self.day(1, 23));
        let first = self.order("一", amount, on)?;
        let failed = first.reference.clone();
        let again = Order { replaces: Some(failed.clone()), ..self.order("一补", amount, on)? };
        match (self.quota.tranche, self.quota.county) {
            (0, 2) => {
                self.instruct(first);
                let bounced = BankResult::Failed(FailureReason::AccountUnknown);
                self.bank(&failed, bounced, result_on);
                self.instruct(Order { occurred_on: result_on, ..again.clone() });
                self.bank(&again.reference, BankResult::Paid, result_on);
            }
            (0, 4) => {
                let wrong = Fen::new(amount.get() / 10 * 9)?;
                self.instruct(Order { amount: wrong, ..first });
                let call =
                    payment::Call::Correct { payment: failed.clone(), occurred_on: result_on };
                self.thread.push(Act::two(Call::Payment(call), self.unit));
                self.instruct(Order { occurred_on: result_on, ..again.clone() });
                self.bank(&again.reference, BankResult::Paid, result_on);
            }
            _ => {
                self.instruct(first);
                self.bank(&failed, BankResult::Paid, result_on);
            }
        }
        self.spend(amount);
        Ok(())
    }

    /// What is due at the end; of one payment a part comes back.
    fn pay_the_rest(&mut self, amount: Fen) -> anyhow::Result<()> {
        let order = self.order("二", amount, self.day(2, 25))?;
        let payment = order.reference.clone();
        self.instruct(order);
        self.bank(&payment, BankResult::Paid, self.day(2, 26));
        self.spend(amount);
        if (self.quota.tranche, self.quota.county) == (0, 1) {
            let returned = Fen::new(RETURNED_FEN)?;
            let occurred_on = self.day(2, 27);
            let call = payment::Call::Return { payment, amount: returned, occurred_on };
            self.thread.push(Act::of(Call::Payment(call), self.unit, &[Role::Payer]));
            self.left = add(self.left, returned)?;
        }
        Ok(())
    }

    /// What the rules stop: reception out of the welfare fund, and more than there is.
    fn refusals(&mut self) -> anyhow::Result<()> {
        let (expenditure, amount, code) = match (self.quota.tranche, self.quota.county) {
            (0, 0) => {
                let little = Fen::new(380_000)?;
                (Expenditure::OfficialReception, little, Code::ExpenditureDenied)
            }
            (1, 6) => (Expenditure::Equipment, self.quota.amount, Code::BalanceShort),
            _ => return Ok(()),
        };
        let order = self.order("违规", amount, self.day(2, 26))?;
        let line = self.quota.line.clone();
        let call = payment::Call::Instruct { line, expenditure, order };
        self.thread.push(Act::three(Call::Payment(call), self.unit).refused(code));
        Ok(())
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        let label = self.quota.project.clone();
        let without = Acceptance {
            label_confirmed: false,
            photos: Vec::new(),
            report: None,
            occurred_on: self.day(2, 27),
        };
        if (self.quota.tranche, self.quota.county) == (0, 3) {
            // The label of the welfare lottery is missing: not accepted.
            let call =
                project::Call::Accept { project: label.clone(), acceptance: without.clone() };
            let act = Act::two(Call::Project(call), self.unit);
            self.thread.push(act.refused(Code::LabelMissing));
        }
        let titles = [format!("{label} 标识照片"), format!("{label} 验收报告")];
        let (photos, report) = (vec![paper(&titles[0])], Some(paper(&titles[1])));
        let acceptance = Acceptance { label_confirmed: true, photos, report, ..without };
        self.act(project::Call::Accept { project: label, acceptance });
        titles.into_iter().for_each(|title| self.show(title));
        Ok(())
    }

    fn evaluate(&mut self) -> anyhow::Result<()> {
        let (project, occurred_on) = (self.quota.project.clone(), self.day(3, 28));
        let call =
            project::Call::Evaluate { project: project.clone(), scores: scores()?, occurred_on };
        self.act(call);
        if self.quota.county < 2 {
            let assess = Assess {
                project,
                commissioner: self.bodies.civil.code,
                scores: scores()?,
                report: None,
                occurred_on,
            };
            let call = Call::Project(project::Call::Assess(assess));
            let act = Act::two(call, self.bodies.assessor.code);
            self.thread.push(act.and(self.bodies.civil.code, Role::Checker));
        }
        Ok(())
    }
}

/// Targets whose points are 50, 30 and 10: output, benefit, satisfaction.
pub fn indicators() -> anyhow::Result<Vec<Indicator>> {
    let indicator = |measures, name: &str, target: &str, points_max| {
        anyhow::Ok(Indicator {
            measures,
            name: Text::new(name)?,
            target: Text::new(target)?,
            points_max,
        })
    };
    Ok(vec![
        indicator(Measures::Quantity, "建设或改造数量", "1处", 2_000)?,
        indicator(Measures::Quality, "验收合格率", "100%", 1_500)?,
        indicator(Measures::Timeliness, "按期完工率", "100%", 1_500)?,
        indicator(Measures::Benefit, "服务对象人数", "不少于120人", 3_000)?,
        indicator(Measures::Satisfaction, "服务对象满意度", "不低于90%", 1_000)?,
    ])
}

fn scores() -> anyhow::Result<Vec<Score>> {
    let score = |actual: &str, points| anyhow::Ok(Score { actual: Text::new(actual)?, points });
    Ok(vec![
        score("1处", 2_000)?,
        score("100%", 1_500)?,
        score("晚于计划12天", 1_200)?,
        score("136人", 3_000)?,
        score("94%", 950)?,
    ])
}
