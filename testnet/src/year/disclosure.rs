//! What is published: in time, late, never; one notice corrected; one whose figures contradict the
//! book. Whether a publication is in time is judged by the day on which it really enters.

use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::figure::{Figure, FigureMeasure, FigureSubject, FigureUnit};
use minglian_contracts::disclosure::obligation::ObligationName;
use minglian_contracts::disclosure::publication::{Change, Correct};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::text::Text;

use super::body::Bodies;
use super::calendar::{MONTHS, Window};
use super::charity::{CAMPAIGN, COMMUNITY};
use super::lottery::add;
use super::notices::{Notice, obligation, yuan};
use super::quota::{FUND, Quota, TRANCHES, plan_name, year_of};
use super::script::{Act, Phase, Thread};
use crate::bureau::Bureau;

/// Months of sales that the centre never publishes.
const UNPUBLISHED_MONTHS: [usize; 2] = [3, 7];

/// How many counties announce the use of the fund.
const ANNOUNCING_COUNTIES: usize = 5;

/// How many of the year's publications meet an obligation, and how many obligations they leave.
#[derive(Debug)]
pub struct Disclosures {
    /// What is published.
    pub phase: Phase,
    /// The index number of the corrected notice's correction, whose figures agree with the book.
    pub agreeing: Text<64>,
    /// That of the notice with a contradiction.
    pub contradicting: Text<64>,
}

struct Press<'a> {
    window: Window,
    bodies: &'a Bodies,
}

/// The publications of the year.
pub fn disclosures(window: Window, bodies: &Bodies, quota: &Quota) -> anyhow::Result<Disclosures> {
    let press = Press { window, bodies };
    let mut threads = press.sales()?;
    threads.extend(press.charity()?);
    threads.extend(press.plans()?);
    threads.extend(press.transfers(quota)?);
    threads.extend(press.counties()?);
    let (thread, agreeing) = press.corrected(quota)?;
    threads.push(thread);
    let (thread, contradicting) = press.contradicting(quota)?;
    threads.push(thread);
    threads.push(press.unknown()?);
    let phase = Phase { name: "信息公开 publications", threads };
    Ok(Disclosures { phase, agreeing, contradicting })
}

impl Press<'_> {
    fn today(&self) -> Date {
        self.window.until()
    }

    fn notice<'b>(&self, by: &'b Bureau, number: u32, title: String) -> Notice<'b> {
        Notice { by, number, title, on: self.today() }
    }

    fn published(
        &self,
        notice: &Notice<'_>,
        meets: Vec<ObligationName>,
        figures: Vec<Figure>,
    ) -> anyhow::Result<Act> {
        let call = disclosure::Call::Publish(notice.publish(meets, figures)?);
        Ok(Act::two(Call::Disclosure(call), notice.by.code).showing(notice.paper_title()))
    }

    /// Sales of each month: most come late, because they all enter on one day; two never.
    fn sales(&self) -> anyhow::Result<Vec<Thread>> {
        let months = (0..MONTHS).filter(|number| !UNPUBLISHED_MONTHS.contains(number));
        months
            .map(|number| {
                let month = self.window.month(number);
                let title = format!("{month}福利彩票销售情况（演示）");
                let notice = self.notice(&self.bodies.centre, u32::try_from(number)? + 1, title);
                let meets = vec![obligation("lottery.sales", &month.to_string(), 1)?];
                Ok(vec![self.published(&notice, meets, Vec::new())?])
            })
            .collect()
    }

    /// The community fund's particulars and its campaign: the second report on its progress is
    /// missing, the full account comes within three months of the end.
    fn charity(&self) -> anyhow::Result<Vec<Thread>> {
        let items = [
            ("社区慈善基金设立信息（演示）", "charity.fund_information", COMMUNITY),
            ("募捐进展第一季（演示）", "charity.campaign_progress", CAMPAIGN),
            ("募捐活动全面公开（演示）", "charity.campaign_end", CAMPAIGN),
        ];
        (1..)
            .zip(items)
            .map(|(number, (title, rule, subject))| {
                let notice = self.notice(&self.bodies.charity, number, title.to_owned());
                let meets = vec![obligation(rule, subject, 1)?];
                Ok(vec![self.published(&notice, meets, Vec::new())?])
            })
            .collect()
    }

    /// Plans of allocation, but for the second.
    fn plans(&self) -> anyhow::Result<Vec<Thread>> {
        let tranches = (0..TRANCHES).filter(|number| *number != 1);
        tranches
            .map(|number| {
                let name = plan_name(self.window, number)?;
                let notice = self.notice(
                    &self.bodies.civil,
                    u32::try_from(number)? + 1,
                    format!("{name}公开（演示）"),
                );
                let meets = vec![obligation("government.allocation_plan", name.as_str(), 1)?];
                Ok(vec![self.published(&notice, meets, Vec::new())?])
            })
            .collect()
    }

    /// Transfers by 文号, but for the third.
    fn transfers(&self, quota: &Quota) -> anyhow::Result<Vec<Thread>> {
        let documents = quota.documents.iter().enumerate().filter(|(number, _)| *number != 2);
        documents
            .map(|(number, document)| {
                let notice = self.notice(
                    &self.bodies.finance,
                    u32::try_from(number)? + 1,
                    format!("{document}转移支付公开（演示）"),
                );
                let meets = vec![obligation("budget.transfers", &document.to_string(), 1)?];
                Ok(vec![self.published(&notice, meets, Vec::new())?])
            })
            .collect()
    }

    fn use_of_year(&self) -> anyhow::Result<ObligationName> {
        let subject = format!("{FUND}/{}", self.window.closing_year());
        obligation("lottery.use_local", &subject, 1)
    }

    fn use_title(&self, of: &str) -> String {
        format!("{of}{}年度彩票公益金使用情况公告（演示）", self.window.closing_year())
    }

    /// The counties' announcements of the closed year: some in time, the others not yet.
    fn counties(&self) -> anyhow::Result<Vec<Thread>> {
        let announcing = self.bodies.counties.iter().take(ANNOUNCING_COUNTIES);
        announcing
            .map(|county| {
                let notice = self.notice(&county.finance, 1, self.use_title(county.name));
                let meets = vec![self.use_of_year()?];
                Ok(vec![self.published(&notice, meets, Vec::new())?])
            })
            .collect()
    }

    /// The city's announcement prints a wrong sum; its correction prints what the book has.
    fn corrected(&self, quota: &Quota) -> anyhow::Result<(Thread, Text<64>)> {
        let (year, finance) = (self.window.closing_year(), &self.bodies.finance);
        let (mut received, mut given) = (Fen::ZERO, Fen::ZERO);
        for tranche in (0..TRANCHES).filter(|tranche| year_of(self.window, *tranche) == year) {
            received = add(received, quota.recorded[tranche])?;
            given = add(given, quota.given[tranche])?;
        }
        let figures = |received| {
            anyhow::Ok(vec![
                yuan("本年收到", finance.code, FigureMeasure::Received, year, received)?,
                yuan("本年安排", finance.code, FigureMeasure::Allocated, year, given)?,
            ])
        };
        let wrong = add(received, Fen::new(9_000_000)?)?;
        let first = self.notice(finance, 11, self.use_title("滁州市"));
        let second = self.notice(finance, 12, format!("{}更正说明", first.title));
        let change = Change {
            what: Text::new("本年收到")?,
            old: Text::new(wrong.display_in(Unit::Yuan))?,
            new: Text::new(received.display_in(Unit::Yuan))?,
        };
        let correct = Correct {
            corrects: first.index_number()?,
            changes: vec![change],
            metadata: second.metadata()?,
            attachments: second.attached(),
            figures: figures(received)?,
        };
        let correct = Call::Disclosure(disclosure::Call::Correct(correct));
        let thread = vec![
            self.published(&first, vec![self.use_of_year()?], figures(wrong)?)?,
            Act::two(correct, finance.code).showing(second.paper_title()),
        ];
        Ok((thread, second.index_number()?))
    }

    /// A unit's notice prints a rate that its project's money does not have: 96.23 %, as a real
    /// notice once did for 94.44 %.
    fn contradicting(&self, quota: &Quota) -> anyhow::Result<(Thread, Text<64>)> {
        let (year, unit) = (self.window.closing_year(), &self.bodies.counties[0].unit);
        let project = quota.projects.iter().find(|project| project.county == 0);
        let project = project.ok_or_else(|| anyhow::anyhow!("no project"))?.project.clone();
        let notice = self.notice(unit, 1, self.use_title(self.bodies.counties[0].name));
        let rate = Figure {
            mantissa: 9_623,
            decimals: 2,
            unit: FigureUnit::Percent,
            subject: FigureSubject::Project(project),
            ..yuan("执行率", unit.code, FigureMeasure::ExecutionRate, year, Fen::ZERO)?
        };
        let act = self.published(&notice, vec![self.use_of_year()?], vec![rate])?;
        Ok((vec![act], notice.index_number()?))
    }

    /// Nobody publishes for an obligation that the organisation does not have.
    fn unknown(&self) -> anyhow::Result<Thread> {
        let notice = self.notice(&self.bodies.audit, 1, "无此义务（演示）".to_owned());
        let meets = vec![obligation("lottery.sales", &self.window.month(0).to_string(), 1)?];
        Ok(vec![self.published(&notice, meets, Vec::new())?.refused(Code::ObligationUnknown)])
    }
}
