//! 预算执行进度: how far counties and projects are with a year's quota, beside how far the year is,
//! and what has lain longer than the law's days.

mod shares;

use askama::Template;
use axum::extract::{Query, State};
use minglian_contracts::report::rule::{HeldDays, Rule};
use minglian_ledger::date::Date;
use minglian_ledger::division::{Division, Level};

use super::bands::{self, Filter, bands, division_name, percent, points};
use super::flows::{Choice, with_year, year_choices};
use super::project::{Money3, sums};
use super::{Conditions, LIMIT, ROWS_MAX, cut, escape};
use crate::charts::line::{self, Series};
use crate::charts::progress::{self, Mark, Progress, WHOLE};
use crate::charts::{Caption, figure, screens};
use crate::database::{Connection, params, params_from_iter};
use crate::index::IndexError;
use crate::index::mirror::Mirror;
use crate::money::Money;
use crate::web::{App, Frame, PageResult};
use shares::Shares;

/// Most counties and projects of a chart; the table has all.
const ROWS_DRAWN_MAX: usize = 12;

struct County {
    name: String,
    /// Whether it is one, and no city or province with what it has not given on.
    is_county: bool,
    link: String,
    lines: String,
    present: Money,
    spent: Money,
    left: Money,
    /// What has been left for longer than its level's limit.
    late: Money,
    /// That limit; empty where nobody sets one.
    limit: String,
    points: i64,
    rate: String,
    pace: &'static str,
}

struct ProjectRow {
    title: String,
    link: String,
    unit: String,
    sums: Money3,
    points: i64,
    pace: &'static str,
}

struct Month {
    name: String,
    spent: Money,
    sum: Money,
}

#[derive(Template)]
#[template(path = "execution.html")]
struct Execution {
    frame: Frame,
    years: Vec<Choice>,
    year: String,
    elapsed: String,
    limits: Vec<Rule>,
    shares: Shares,
    counties: Vec<County>,
    county_chart: String,
    months: Vec<Month>,
    month_chart: String,
    projects: Vec<ProjectRow>,
    project_chart: String,
    next: String,
}

/// `GET /execution`.
pub async fn execution(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    filter.check()?;
    let Filter { year, division, after, .. } = filter;
    let filter = Filter { year, division, after, ..Filter::default() };
    app.page(move |connection, frame| {
        let filter = with_year(connection, filter)?;
        let elapsed = filter.year().map_or(WHOLE, |year| elapsed(year, frame.today));
        let limits = HeldDays::find(&Mirror(connection), frame.today).map_err(IndexError::from)?;
        let counties = counties(connection, &filter, &limits, frame.today, elapsed)?;
        let (projects, next) = projects(connection, &filter, elapsed)?;
        let whole = counties.iter().fold(Money::default(), |sum, it| sum.plus(it.present));
        let months = months(connection, &filter)?;
        let year = filter.year.clone().unwrap_or_default();
        let shares = Shares::of(connection, &frame, &filter)?;
        Ok(Execution {
            shares,
            years: year_choices(connection, &frame, &filter)?,
            county_chart: county_chart(&frame, &counties, elapsed),
            month_chart: month_chart(&frame, &months, whole),
            project_chart: project_chart(&frame, &projects, elapsed),
            frame,
            year,
            elapsed: percent(elapsed),
            limits: limits.into_rules().into_iter().filter(is_a_limit).collect(),
            counties,
            months,
            projects,
            next,
        })
    })
    .await
}

/// Whether a rule limits anything: where nobody knows it, its value is the largest number.
fn is_a_limit(rule: &Rule) -> bool {
    rule.value < i64::from(u16::MAX)
}

/// How much of a year is over on a day, in basis points.
pub(super) fn elapsed(year: i64, today: Date) -> i64 {
    let day = |year: i64| {
        let year = u16::try_from(year).ok()?;
        Date::new(year, 1, 1).ok().map(|date| i64::from(date.days()))
    };
    let (Some(first), Some(next)) = (day(year), day(year.saturating_add(1))) else {
        return WHOLE;
    };
    // The day itself counts: on 31 December all of the year is over.
    let over = i64::from(today.days()) - first + 1;
    (over.clamp(0, next - first) * WHOLE) / (next - first)
}

/// Whether something keeps pace with the year, in words.
pub(super) fn pace(points: i64, elapsed: i64) -> &'static str {
    if points >= WHOLE {
        "已执行完毕"
    } else if points >= elapsed {
        "不慢于时间进度"
    } else if elapsed >= WHOLE {
        "年度已过,未执行完"
    } else {
        "慢于时间进度"
    }
}

fn counties(
    connection: &Connection,
    filter: &Filter,
    limits: &HeldDays,
    today: Date,
    elapsed: i64,
) -> Result<Vec<County>, IndexError> {
    let mut counties = Vec::new();
    for (key, flows) in bands(connection, filter, &["division"])? {
        let code = key.into_iter().next().unwrap_or_default();
        let (present, spent) = (bands::present(&flows), bands::of(&flows, "spent"));
        if present.is_zero() {
            continue;
        }
        let points = points(spent, present).unwrap_or(0);
        let division = code.parse().ok().and_then(|code| Division::new(code).ok());
        let rule = limits.of(division.map_or(Level::County, Division::level));
        let days = i32::try_from(rule.value).unwrap_or(i32::MAX);
        let late = left_since(connection, filter.year(), &code, today, days)?;
        let is_county = !code.ends_with("00");
        let own = if is_county { "" } else { "本级" };
        counties.push(County {
            name: format!("{}{own}", division_name(&code)),
            is_county,
            link: format!("/counties/{code}"),
            lines: filter.address("/allocations", &[("division", &code)]),
            present,
            spent,
            left: bands::of(&flows, "left"),
            late,
            limit: if is_a_limit(rule) { rule.value.to_string() } else { String::new() },
            points,
            rate: percent(points),
            pace: pace(points, elapsed),
        });
    }
    counties.sort_by(|left, right| left.points.cmp(&right.points).then(left.name.cmp(&right.name)));
    Ok(counties)
}

/// What is left of money that first came more than so many days ago.
fn left_since(
    connection: &Connection,
    year: Option<i64>,
    division: &str,
    today: Date,
    days: i32,
) -> Result<Money, IndexError> {
    let before = today.add_days(-days).unwrap_or(Date::MIN).to_string();
    let mut conditions = Conditions::default();
    conditions.add("division = CAST(? AS INTEGER)", division.to_owned());
    conditions.add("issued_on < ?", before);
    if let Some(year) = year {
        conditions.add("year = ?", year);
    }
    let query = format!("SELECT coalesce(sum(amount), 0) FROM held {}", conditions.clause());
    let mut statement = connection.prepare_cached(&query)?;
    let amount = statement.query_row(params_from_iter(conditions.values()), |row| row.get(0))?;
    Ok(Money::fen(amount))
}

fn months(connection: &Connection, filter: &Filter) -> Result<Vec<Month>, IndexError> {
    // Of all years there are too many months for one line.
    let Some(year) = filter.year() else { return Ok(Vec::new()) };
    let query = "SELECT month, sum(spent) FROM months \
                 WHERE year = ?1 AND (division = ?2 OR ?2 IS NULL) GROUP BY month ORDER BY month";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(params![year, filter.division()], |row| {
        Ok((row.get::<String>(0)?, row.get::<i64>(1)?))
    })?;
    let (mut months, mut sum) = (Vec::new(), Money::default());
    for row in rows {
        let (name, spent) = row?;
        let spent = Money::fen(spent);
        sum = sum.plus(spent);
        months.push(Month { name, spent, sum });
    }
    Ok(months)
}

/// The projects registered for the year, by key.
fn projects(
    connection: &Connection,
    filter: &Filter,
    elapsed: i64,
) -> Result<(Vec<ProjectRow>, String), IndexError> {
    let mut conditions = Conditions::default();
    conditions.add("p.reference > ?", filter.after.clone().unwrap_or_default());
    if let Some(year) = filter.year() {
        conditions.add("p.year = ?", year);
    }
    if let Some(division) = filter.division() {
        conditions.add("o.division = ?", division);
    }
    let query = format!(
        "SELECT p.reference, p.title, p.unit, coalesce(o.name, p.unit) FROM projects p \
         LEFT JOIN organizations o ON o.code = p.unit {} ORDER BY p.reference {LIMIT}",
        conditions.clause()
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(conditions.values()), |row| {
        let text = |column| row.get::<String>(column);
        Ok((text(0)?, text(1)?, text(2)?, text(3)?))
    })?;
    let mut found: Vec<(String, String, String, String)> = rows.collect::<Result<_, _>>()?;
    let has_more = cut(&mut found, ROWS_MAX);
    let next = found.last().filter(|_| has_more).map_or_else(String::new, |(reference, ..)| {
        filter.address("/execution", &[("after", reference)])
    });
    let mut projects = Vec::with_capacity(found.len());
    for (reference, title, unit, name) in found {
        let sums = sums(connection, &reference, &unit)?;
        let points = points(sums.paid, sums.quota).unwrap_or(0);
        let pace = if sums.quota.is_zero() { "没有指标" } else { pace(points, elapsed) };
        let link = format!("/projects/{}", escape(&reference));
        projects.push(ProjectRow { title, link, unit: name, sums, points, pace });
    }
    Ok((projects, next))
}

fn mark(frame: &Frame, elapsed: i64) -> Mark {
    let label = format!("{} {}", frame.say("时间进度"), percent(elapsed));
    Mark { label, points: elapsed }
}

fn county_chart(frame: &Frame, counties: &[County], elapsed: i64) -> String {
    let row = |county: &County| Progress {
        label: county.name.clone(),
        text: format!("{} {}", county.rate, frame.say(county.pace)),
        link: county.link.clone(),
        points: county.points,
    };
    // What a city or a province has not given on yet is no county's.
    let counties: Vec<&County> = counties.iter().filter(|county| county.is_county).collect();
    let rows: Vec<Progress> = counties.iter().copied().take(ROWS_DRAWN_MAX).map(row).collect();
    let Some(slowest) = counties.first() else { return String::new() };
    let caption = Caption {
        id: "counties",
        title: match frame.is_english() {
            true => format!("The slowest county: {}, {}", slowest.name, slowest.rate),
            false => format!("执行最慢的区县:{},{}", slowest.name, slowest.rate),
        },
        description: frame
            .pick(
                "各区县已支出占指标的比例,竖线为时间进度;数字见下表。",
                "What counties have paid of their quota; the upright line is how much of the \
                 year is over. The table has the figures.",
            )
            .to_owned(),
    };
    figure(
        &caption,
        &screens(|screen| progress::draw(&caption, screen, &rows, Some(&mark(frame, elapsed)))),
    )
}

fn project_chart(frame: &Frame, projects: &[ProjectRow], elapsed: i64) -> String {
    let with_quota = projects.iter().filter(|project| !project.sums.quota.is_zero());
    let row = |project: &ProjectRow| Progress {
        label: project.title.clone(),
        text: format!("{} {}", project.sums.rate, frame.say(project.pace)),
        link: project.link.clone(),
        points: project.points,
    };
    let rows: Vec<Progress> = with_quota.take(ROWS_DRAWN_MAX).map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let behind = projects.iter().filter(|it| !it.sums.quota.is_zero() && it.points < elapsed);
    let behind = behind.count();
    let caption = Caption {
        id: "projects",
        title: match frame.is_english() {
            true => format!("Projects of this page behind the year: {behind}"),
            false => format!("本页有{behind}个项目慢于时间进度"),
        },
        description: frame
            .pick(
                "各项目的执行率,竖线为时间进度;数字见下表。",
                "Execution rates of projects; the upright line is how much of the year is over. \
                 The table has the figures.",
            )
            .to_owned(),
    };
    figure(
        &caption,
        &screens(|screen| progress::draw(&caption, screen, &rows, Some(&mark(frame, elapsed)))),
    )
}

fn month_chart(frame: &Frame, months: &[Month], whole: Money) -> String {
    let (Some(last), true) = (months.last(), months.len() > 1) else { return String::new() };
    let steps: Vec<String> = months.iter().map(|month| month.name.clone()).collect();
    let sum = bands::on_mark(frame, last.sum);
    let series = Series {
        name: format!("{} {sum}", frame.say("累计支出")),
        values: months.iter().map(|month| month.sum.as_fen()).collect(),
        texts: months
            .iter()
            .map(|month| format!("{} {}", month.name, bands::on_mark(frame, month.sum)))
            .collect(),
        class: "s1",
    };
    let ceiling = format!("{} {}", frame.say("全部指标"), bands::on_mark(frame, whole));
    let caption = Caption {
        id: "months",
        title: match frame.is_english() {
            true => format!("Paid up to {}: {sum}", last.name),
            false => format!("到{}累计支出{sum}", last.name),
        },
        description: frame
            .pick(
                "逐月累计支出,上方横线为全部指标;数字见下表。",
                "What was paid, added up by month; the line above is all quota. The table has \
                 the figures.",
            )
            .to_owned(),
    };
    let series = [series];
    figure(
        &caption,
        &screens(|screen| {
            line::draw(&caption, screen, &steps, (whole.as_fen(), &ceiling), &series)
        }),
    )
}
