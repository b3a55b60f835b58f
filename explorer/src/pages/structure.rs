//! 结构钻取: where the large part is, one level a click: year, county, category, project.

use askama::Template;
use axum::extract::{Query, State};

use super::bands::{self, Filter, bands, division_name, on_mark, percent, points};
use super::{LIMIT, ROWS_MAX, cut, escape};
use crate::charts::treemap::{self, Item};
use crate::charts::{Caption, figure, screens};
use crate::database::{Connection, params};
use crate::index::IndexError;
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};

/// Most rectangles of a chart; the others are one.
const ITEMS_MAX: usize = 12;

const CLASSES: [&str; 6] = ["s1", "s2", "s3", "s4", "s5", "s6"];

struct Part {
    label: String,
    amount: Money,
    spent: Money,
    share: String,
    link: String,
}

struct Crumb {
    label: String,
    link: String,
}

#[derive(Template)]
#[template(path = "structure.html")]
struct Structure {
    frame: Frame,
    crumbs: Vec<Crumb>,
    heading: String,
    whole: Money,
    spent: Money,
    /// Whether the page behind a part states the part's sums: a project's page adds up all years.
    is_linked: bool,
    chart: String,
    parts: Vec<Part>,
    lines: String,
    next: String,
}

/// What a level's parts are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Year,
    Division,
    Category,
    Project,
}

impl Level {
    fn below(filter: &Filter) -> Self {
        let is_set = |name| filter.set().iter().any(|(set, _)| *set == name);
        match (is_set("year"), is_set("division"), is_set("category")) {
            (false, ..) => Self::Year,
            (_, false, _) => Self::Division,
            (_, _, false) => Self::Category,
            _ => Self::Project,
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Division => "division",
            Self::Category => "category",
            Self::Project => "project",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Year => "年度",
            Self::Division => "区县",
            Self::Category => "类别",
            Self::Project => "项目",
        }
    }
}

/// `GET /structure`.
pub async fn structure(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    filter.check()?;
    let filter = Filter { fund: None, level: None, ..filter };
    app.page(move |connection, frame| {
        let level = Level::below(&filter);
        // A level needs all those above it.
        let is_whole = filter.set().len() == [0, 1, 2, 3][level as usize];
        if !is_whole {
            return Err(PageError::Malformed("结构钻取按年度、区县、类别逐级进行".to_owned()));
        }
        let sums = bands(connection, &filter, &[])?;
        let whole = sums.first().map(|(_, flows)| bands::present(flows)).unwrap_or_default();
        let spent = sums.first().map(|(_, flows)| bands::of(flows, "spent")).unwrap_or_default();
        let is_linked = level != Level::Project;
        let (mut parts, next) = match level {
            Level::Project => projects(connection, &frame, &filter)?,
            _ => (parts(connection, &frame, &filter, level)?, String::new()),
        };
        for part in &mut parts {
            part.share = points(part.amount, whole).map_or_else(String::new, percent);
        }
        let chart = chart(&frame, level, whole, &parts);
        let lines = filter.address("/allocations", &[]);
        let crumbs = crumbs(&frame, &filter);
        let heading = frame.say(level.name()).to_owned();
        Ok(Structure { frame, crumbs, heading, whole, spent, is_linked, chart, parts, lines, next })
    })
    .await
}

fn label(frame: &Frame, level: Level, value: &str) -> String {
    match (level, value) {
        (_, "") => frame.say("未注明").to_owned(),
        (Level::Division, code) => division_name(code),
        (_, value) => frame.say(value).to_owned(),
    }
}

fn parts(
    connection: &Connection,
    frame: &Frame,
    filter: &Filter,
    level: Level,
) -> Result<Vec<Part>, IndexError> {
    let sums = bands(connection, filter, &[level.column()])?;
    let part = |(key, flows): &(Vec<String>, bands::Flows)| {
        let value = key.first().map_or("", String::as_str);
        Part {
            label: label(frame, level, value),
            amount: bands::present(flows),
            spent: bands::of(flows, "spent"),
            share: String::new(),
            link: filter.address("/structure", &[(level.column(), value)]),
        }
    };
    let mut parts: Vec<Part> = sums.iter().map(part).collect();
    parts.retain(|part| !part.amount.is_zero());
    parts.sort_by(|left, right| right.amount.cmp(&left.amount).then(left.label.cmp(&right.label)));
    Ok(parts)
}

/// The projects of a year, county and category, the largest first, by key.
fn projects(
    connection: &Connection,
    frame: &Frame,
    filter: &Filter,
) -> Result<(Vec<Part>, String), IndexError> {
    // `123~reference` is the place behind an amount and a project.
    let after = filter.after.as_deref().and_then(|after| after.split_once('~'));
    let after = after.and_then(|(amount, project)| Some((amount.parse::<i64>().ok()?, project)));
    let (amount, project) = after.unwrap_or((i64::MAX, ""));
    let query = format!(
        "SELECT b.project, coalesce(p.title, b.project), b.amount, b.spent FROM project_bands b \
         LEFT JOIN projects p ON p.reference = b.project \
         WHERE b.year = ?1 AND b.division = ?2 AND b.category = ?3 AND b.amount > 0 \
         AND (b.amount < ?4 OR b.amount = ?4 AND b.project < ?5) \
         ORDER BY b.amount DESC, b.project DESC {LIMIT}"
    );
    let category = filter.category.as_deref().filter(|it| *it != "-").unwrap_or("");
    let values = params![filter.year(), filter.division(), category, amount, project];
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(values, |row| {
        let (reference, title): (String, String) = (row.get(0)?, row.get(1)?);
        let link = match reference.is_empty() {
            true => filter.address("/allocations", &[]),
            false => format!("/projects/{}", escape(&reference)),
        };
        let label = match reference.is_empty() {
            true => frame.say("未指明项目").to_owned(),
            false => title,
        };
        let amount = Money::fen(row.get(2)?);
        let part =
            Part { label, amount, spent: Money::fen(row.get(3)?), share: String::new(), link };
        Ok((part, reference))
    })?;
    let mut rows: Vec<(Part, String)> = rows.collect::<Result<_, _>>()?;
    let has_more = cut(&mut rows, ROWS_MAX);
    let next = rows.last().filter(|_| has_more).map_or_else(String::new, |(part, reference)| {
        let after = format!("{}~{reference}", part.amount.as_fen());
        filter.address("/structure", &[("after", &after)])
    });
    Ok((rows.into_iter().map(|(part, _)| part).collect(), next))
}

fn crumbs(frame: &Frame, filter: &Filter) -> Vec<Crumb> {
    let first =
        Crumb { label: frame.say("全部年度").to_owned(), link: "/structure".to_owned() };
    let mut crumbs = vec![first];
    let mut above = Filter::default();
    for (level, value) in [
        (Level::Year, &filter.year),
        (Level::Division, &filter.division),
        (Level::Category, &filter.category),
    ] {
        let Some(value) = value.clone().filter(|value| !value.is_empty()) else { break };
        let label = label(frame, level, if value == "-" { "" } else { &value });
        match level {
            Level::Year => above.year = Some(value),
            Level::Division => above.division = Some(value),
            _ => above.category = Some(value),
        }
        crumbs.push(Crumb { label, link: above.address("/structure", &[]) });
    }
    crumbs
}

fn chart(frame: &Frame, level: Level, whole: Money, parts: &[Part]) -> String {
    let Some(first) = parts.first() else { return String::new() };
    let shown = if parts.len() > ITEMS_MAX { ITEMS_MAX - 1 } else { parts.len() };
    let mut items: Vec<Item> = parts[..shown]
        .iter()
        .enumerate()
        .map(|(number, part)| Item {
            label: part.label.clone(),
            text: on_mark(frame, part.amount),
            value: part.amount.as_fen(),
            link: part.link.clone(),
            class: CLASSES[number % CLASSES.len()],
        })
        .collect();
    let drawn = parts[..shown].iter().fold(Money::default(), |sum, part| sum.plus(part.amount));
    let others = whole.minus(drawn);
    items.push(Item {
        label: frame.say("其他").to_owned(),
        text: on_mark(frame, others),
        value: others.as_fen(),
        link: String::new(),
        class: "rest",
    });
    let (sum, largest) = (on_mark(frame, whole), on_mark(frame, first.amount));
    let title = match frame.is_english() {
        true => format!("The largest part of {sum}: {}, {largest}, {}", first.label, first.share),
        false => format!("{sum}中最大的是{}:{largest},占{}", first.label, first.share),
    };
    let name = frame.say(level.name());
    let description = match frame.is_english() {
        true => format!("Areas in proportion to amounts, by {name}; the table has the figures."),
        false => format!("面积与金额成比例,按{name}划分;数字见下表。"),
    };
    let caption = Caption { id: "structure", title, description };
    figure(&caption, &screens(|screen| treemap::draw(&caption, screen, &items)))
}
