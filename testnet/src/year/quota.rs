//! Four tranches of quota: recorded, planned (民政 proposes, 财政 reviews), issued under a 文号,
//! received, and given on to units; with orders under which their payers pay.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::plan::{Plan, PlanRow, PlanRowName};
use minglian_contracts::allocation::subject::{Classify, Subject};
use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, Receipt};
use minglian_contracts::call::Call;
use minglian_contracts::payment::authorization;
use minglian_contracts::payment::{self, Expenditure};
use minglian_contracts::refusal::Code;
use minglian_ledger::document_number::{DocumentNumber, DocumentNumberSet};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::body::{Bodies, COUNTIES};
use super::bulk::SUBSIDY_FEN_MAX;
use super::calendar::Window;
use super::lottery::add;
use super::script::{Act, Phase, Post, Thread};
use super::seeded::Seed;

/// The fund, as all lines name it.
pub const FUND: &str = "福利彩票公益金（演示）";

/// Tranches of a year.
pub const TRANCHES: usize = 4;

/// Payments of one lot out of one tranche of one county.
pub const PAYMENTS_PER_LOT: u64 = 5;

/// What is given to another fund (调出), in fen.
pub const TRANSFERRED_FEN: u64 = 20_000_000;

const CATEGORIES: [Category; 8] = [
    Category::OldAge,
    Category::OldAge,
    Category::Disability,
    Category::OldAge,
    Category::OldAge,
    Category::Children,
    Category::OldAge,
    Category::PublicGood,
];

/// What one county gets of one tranche for a project.
#[derive(Debug, Clone)]
pub struct ProjectQuota {
    /// The tranche, from 0.
    pub tranche: usize,
    /// The county, by its place.
    pub county: usize,
    /// The project.
    pub project: Text<128>,
    /// For what.
    pub category: Category,
    /// How much.
    pub amount: Fen,
    /// The county's line.
    pub above: LineName,
    /// The unit's line.
    pub line: LineName,
}

/// The quota of the year.
#[derive(Debug)]
pub struct Quota {
    /// Recording and planning, then issuing and giving on.
    pub phases: [Phase; 2],
    /// What the counties' projects get.
    pub projects: Vec<ProjectQuota>,
    /// The city's lines, one a tranche.
    pub lines: Vec<LineName>,
    /// What was recorded for each of them.
    pub recorded: Vec<Fen>,
    /// What of it was issued or allocated.
    pub given: Vec<Fen>,
    /// The 文号 under which the tranches were issued.
    pub documents: Vec<DocumentNumber>,
}

/// The month in which a tranche comes.
pub const fn month_of(tranche: usize) -> usize {
    tranche * 3
}

/// The line out of which a county's unit pays subsidies of a tranche.
pub fn subsidy_line(
    window: Window,
    bodies: &Bodies,
    tranche: usize,
    county: usize,
) -> anyhow::Result<LineName> {
    let document = issued_under(window, tranche)?;
    line(bodies.counties[county].unit.code, window, tranche, &format!("{document}/{county}/补助"))
}

/// The name of the order under which these subsidies are paid.
pub fn order_name(tranche: usize) -> anyhow::Result<Text<128>> {
    Ok(Text::new(format!("演示用款授权-{}", tranche + 1))?)
}

/// The plan's name of a tranche.
pub fn plan_name(window: Window, tranche: usize) -> anyhow::Result<Text<128>> {
    Ok(Text::new(format!("演示分配方案-{}-{}", year_of(window, tranche), tranche + 1))?)
}

/// The budget year of a tranche.
pub fn year_of(window: Window, tranche: usize) -> u16 {
    window.month(month_of(tranche)).year()
}

/// What rests on a document.
pub fn basis(document: &DocumentNumber) -> anyhow::Result<Basis> {
    let documents = DocumentNumberSet::new(vec![document.clone()])?;
    Ok(Basis { documents, printed_in: None })
}

/// A 文号 of the city's invented issuer.
pub fn city_document(year: u16, serial: u32) -> anyhow::Result<DocumentNumber> {
    Ok(DocumentNumber::new("演示财社", year, serial)?)
}

fn issued_under(window: Window, tranche: usize) -> anyhow::Result<DocumentNumber> {
    city_document(year_of(window, tranche), 11 + u32::try_from(tranche)?)
}

/// A line of a tranche's budget year.
pub fn line(
    holder: OrganizationCode,
    window: Window,
    tranche: usize,
    name: &str,
) -> anyhow::Result<LineName> {
    let (fund, year) = (Text::new(FUND)?, year_of(window, tranche));
    Ok(LineName { holder, fund, year, line: Text::new(name)? })
}

/// All quota of the year, with room for `scale` lots of subsidies.
pub fn quota(seed: Seed, window: Window, bodies: &Bodies, scale: u64) -> anyhow::Result<Quota> {
    let (mut recording, mut issuing) = (Vec::new(), Vec::new());
    let mut quota = Quota {
        phases: [
            Phase { name: "指标入账与分配方案 quota and plans", threads: Vec::new() },
            Phase { name: "下达、接收、分配 issue and allocate", threads: Vec::new() },
        ],
        projects: Vec::new(),
        lines: Vec::new(),
        recorded: Vec::new(),
        given: Vec::new(),
        documents: Vec::new(),
    };
    for number in 0..TRANCHES {
        let tranche = Tranche::new(seed, window, bodies, number, scale)?;
        recording.push(tranche.record()?);
        issuing.extend(tranche.threads()?);
        quota.recorded.push(tranche.recorded()?);
        quota.given.push(tranche.planned()?);
        quota.projects.extend(tranche.project_quotas()?);
        quota.lines.push(tranche.city.clone());
        quota.documents.push(tranche.document.clone());
    }
    quota.phases[0].threads = recording;
    quota.phases[1].threads = issuing;
    Ok(quota)
}

/// One tranche.
struct Tranche<'a> {
    window: Window,
    bodies: &'a Bodies,
    number: usize,
    city: LineName,
    document: DocumentNumber,
    rows: Vec<Row>,
}

/// A row of the plan.
struct Row {
    county: usize,
    is_subsidy: bool,
    category: Category,
    amount: Fen,
}

impl<'a> Tranche<'a> {
    fn new(
        seed: Seed,
        window: Window,
        bodies: &'a Bodies,
        number: usize,
        scale: u64,
    ) -> anyhow::Result<Self> {
        let mut stream = seed.stream(&format!("指标 {number}"));
        let year = year_of(window, number);
        let from_above = DocumentNumber::new("演示省财社", year, 101 + u32::try_from(number)?)?;
        let subsidies = Fen::new(PAYMENTS_PER_LOT * SUBSIDY_FEN_MAX * scale.max(1))?;
        let mut rows = Vec::new();
        for county in 0..COUNTIES.len() {
            let category = CATEGORIES[(county + number) % CATEGORIES.len()];
            let amount = stream.thousands(300, 900)?;
            rows.push(Row { county, is_subsidy: false, category, amount });
        }
        for county in 0..COUNTIES.len() {
            let (is_subsidy, category) = (true, Category::OldAge);
            rows.push(Row { county, is_subsidy, category, amount: subsidies });
        }
        Ok(Self {
            window,
            bodies,
            number,
            city: line(bodies.finance.code, window, number, &from_above.to_string())?,
            document: issued_under(window, number)?,
            rows,
        })
    }

    fn planned(&self) -> anyhow::Result<Fen> {
        self.rows.iter().try_fold(Fen::ZERO, |sum, row| add(sum, row.amount))
    }

    /// A little more than is planned: the rest stays with the city, and is partly given to another
    /// fund.
    fn recorded(&self) -> anyhow::Result<Fen> {
        add(self.planned()?, Fen::new(2 * TRANSFERRED_FEN)?)
    }

    fn day(&self, day: u8) -> minglian_ledger::date::Date {
        self.window.day(month_of(self.number), day)
    }

    fn record(&self) -> anyhow::Result<Thread> {
        let finance = self.bodies.finance.code;
        let from_above = DocumentNumber::normalize(self.city.line.as_str())?.canonical;
        let record = RecordQuota {
            to: self.city.clone(),
            receipt: Receipt::Tranche,
            amount: self.recorded()?,
            level: Text::new("省级（演示）")?,
            purpose: Purpose::default(),
            basis: basis(&from_above)?,
            first_year: self.city.year,
            implied: false,
            occurred_on: self.day(3),
        };
        let classify = Classify {
            line: self.city.clone(),
            subject: Subject::new("2296002")?,
            occurred_on: self.day(3),
        };
        let rows = self.rows.iter().map(|row| PlanRow {
            holder: self.bodies.counties[row.county].finance.code,
            purpose: Purpose { category: Some(row.category), project: None },
            amount: row.amount,
        });
        let plan = Plan {
            name: plan_name(self.window, self.number)?,
            from: self.city.clone(),
            rows: rows.collect(),
            reviewer: finance,
            occurred_on: self.day(6),
        };
        let allocation = Call::Allocation;
        Ok(vec![
            Act::two(allocation(allocation::Call::RecordQuota(record)), finance),
            Act::two(allocation(allocation::Call::Classify(classify)), finance),
            Act::two(allocation(allocation::Call::Plan(plan)), self.bodies.civil.code)
                .and(finance, Role::Checker),
        ])
    }

    fn threads(&self) -> anyhow::Result<Vec<Thread>> {
        let mut threads: Vec<Thread> = (0_u16..)
            .zip(&self.rows)
            .map(|(place, row)| self.give_on(place, row))
            .collect::<anyhow::Result<_>>()?;
        if self.number == 0 {
            threads.push(self.issue_by_the_wrong_bureau()?);
        }
        Ok(threads)
    }

    /// Issued, received, given to the county's unit, received there; for subsidies also an order.
    fn give_on(&self, place: u16, row: &Row) -> anyhow::Result<Thread> {
        let county = &self.bodies.counties[row.county];
        let issue = self.issue(place, row)?;
        let (above, below) = (issue.to.clone(), self.below(row)?);
        let project = if row.is_subsidy { None } else { Some(self.project(row)?) };
        let allocate = Grant {
            from: above.clone(),
            to: below.clone(),
            amount: row.amount,
            purpose: Purpose { category: Some(row.category), project },
            basis: basis(&self.document)?,
            plan: None,
            occurred_on: self.day(16),
        };
        let (finance, unit) = (county.finance.code, county.unit.code);
        let allocation = Call::Allocation;
        let received = Act::of(self.receive(&above, 12), finance, &[Role::Maker]);
        let mut thread = vec![
            Act::two(allocation(allocation::Call::Issue(issue)), self.bodies.finance.code),
            received.labelled(received_label(self.number, row.county, row.is_subsidy)),
            Act::two(allocation(allocation::Call::Allocate(allocate)), finance),
            Act::of(self.receive(&below, 17), unit, &[Role::Maker]),
        ];
        if row.is_subsidy {
            thread.push(self.authorize(below, row, unit)?);
        }
        Ok(thread)
    }

    fn receive(&self, line: &LineName, day: u8) -> Call {
        let (line, occurred_on) = (line.clone(), self.day(day));
        Call::Allocation(allocation::Call::Receive { line, occurred_on })
    }

    fn issue(&self, place: u16, row: &Row) -> anyhow::Result<Grant> {
        let plan = plan_name(self.window, self.number)?;
        Ok(Grant {
            from: self.city.clone(),
            to: self.above(row)?,
            amount: row.amount,
            purpose: Purpose { category: Some(row.category), project: None },
            basis: basis(&self.document)?,
            plan: Some(PlanRowName { organization: self.bodies.civil.code, plan, row: place }),
            occurred_on: self.day(10),
        })
    }

    fn authorize(&self, line: LineName, row: &Row, unit: OrganizationCode) -> anyhow::Result<Act> {
        let grant = authorization::Grant {
            name: order_name(self.number)?,
            line,
            expenditure: Expenditure::Assistance,
            total: row.amount,
            until: self.window.spent_until(month_of(self.number)),
            occurred_on: self.day(18),
        };
        Ok(Act::two(Call::Payment(payment::Call::Authorize(grant)), unit))
    }

    /// 民政 must not issue quota to a lower government (预算法实施条例 第五十九条).
    fn issue_by_the_wrong_bureau(&self) -> anyhow::Result<Thread> {
        let call = Call::Allocation(allocation::Call::Issue(self.issue(0, &self.rows[0])?));
        let signers = vec![Post::first(self.bodies.civil.code, Role::Maker)];
        Ok(vec![Act::new(call, signers).refused(Code::WrongKind)])
    }

    fn project(&self, row: &Row) -> anyhow::Result<Text<128>> {
        let (_, division) = COUNTIES[row.county];
        Ok(Text::new(format!("演示项目-{}-{}-{division}", self.city.year, self.number + 1))?)
    }

    fn above(&self, row: &Row) -> anyhow::Result<LineName> {
        let kind = if row.is_subsidy { "补助" } else { "项目" };
        let name = format!("{}/{}/{kind}", self.document, row.county);
        line(self.bodies.counties[row.county].finance.code, self.window, self.number, &name)
    }

    fn below(&self, row: &Row) -> anyhow::Result<LineName> {
        Ok(LineName { holder: self.bodies.counties[row.county].unit.code, ..self.above(row)? })
    }

    fn project_quotas(&self) -> anyhow::Result<Vec<ProjectQuota>> {
        let rows = self.rows.iter().filter(|row| !row.is_subsidy);
        rows.map(|row| {
            Ok(ProjectQuota {
                tranche: self.number,
                county: row.county,
                project: self.project(row)?,
                category: row.category,
                amount: row.amount,
                above: self.above(row)?,
                line: self.below(row)?,
            })
        })
        .collect()
    }
}

/// Under which the receipt of a county's quota is found again.
pub fn received_label(tranche: usize, county: usize, is_subsidy: bool) -> String {
    format!("接收 {tranche} {county} {is_subsidy}")
}
