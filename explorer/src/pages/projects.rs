//! 项目列表, all or those of a stage, a county and a year.

use crate::database::{Connection, params_from_iter};
use askama::Template;
use axum::extract::{Query, State};
use minglian_contracts::project::Stage;
use minglian_contracts::words::project as project_words;
use serde::Deserialize;

use super::bands::division_name;
use super::flows::Choice;
use super::project::{Money3, sums};
use super::{Conditions, LIMIT, ROWS_MAX, address, check_filters, cut, escape};
use crate::index::IndexError;
use crate::web::{App, Frame, PageError, PageResult};

/// Which projects, and where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    stage: Option<String>,
    division: Option<String>,
    year: Option<String>,
    after: Option<String>,
}

struct Row {
    reference: String,
    link: String,
    title: String,
    category: String,
    unit: String,
    unit_code: String,
    year: i64,
    stage: String,
    sums: Money3,
}

#[derive(Template)]
#[template(path = "projects.html")]
struct Projects {
    frame: Frame,
    stages: Vec<Choice>,
    divisions: Vec<Choice>,
    years: Vec<Choice>,
    rows: Vec<Row>,
    next: String,
}

/// `GET /projects`.
pub async fn projects(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    let Filter { stage, division, year, after } = filter;
    check_filters(&[&stage, &division, &year, &after])?;
    // A form sends what was not chosen as an empty text.
    let chosen = |value: Option<String>| value.filter(|value| !value.is_empty());
    let (stage, division, year) = (chosen(stage), chosen(division), chosen(year));
    let numbers = [&division, &year].map(|value| value.as_deref().map(str::parse::<i64>));
    let [Ok(of_division), Ok(of_year)] = numbers.map(Option::transpose) else {
        return Err(PageError::Malformed("年度和区划应为数字".to_owned()));
    };
    app.page(move |connection, frame| {
        let mut conditions = Conditions::default();
        conditions.add("p.reference > ?", after.unwrap_or_default());
        conditions.equal("p.stage", stage.as_ref());
        for (condition, number) in [("o.division = ?", of_division), ("p.year = ?", of_year)] {
            if let Some(number) = number {
                conditions.add(condition, number);
            }
        }
        let mut rows = rows(connection, &conditions)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        for row in &mut rows {
            row.sums = sums(connection, &row.reference, &row.unit_code)?;
        }
        let last = rows.last().map_or("", |row| row.reference.as_str());
        let query = [("stage", &stage), ("division", &division), ("year", &year)];
        let query = query.map(|(name, value)| (name, value.as_deref().unwrap_or_default()));
        let query = [&query[..], &[("after", last)]].concat();
        let next = if has_more { address("/projects", &query) } else { String::new() };
        let named = |name: &str| frame.say(name).to_owned();
        Ok(Projects {
            stages: choices(stages(&frame), named("全部阶段"), stage.as_deref()),
            divisions: choices(divisions(connection)?, named("全部区县"), division.as_deref()),
            years: choices(years(connection)?, named("全部年度"), year.as_deref()),
            frame,
            rows,
            next,
        })
    })
    .await
}

fn rows(connection: &Connection, conditions: &Conditions) -> Result<Vec<Row>, IndexError> {
    let query = format!(
        "SELECT p.reference, p.title, p.category, coalesce(o.name, p.unit), p.unit, p.year, \
         p.stage FROM projects p LEFT JOIN organizations o ON o.code = p.unit \
         {} ORDER BY p.reference {LIMIT}",
        conditions.clause()
    );
    let mut statement = connection.prepare_cached(&query)?;
    let found = statement.query_map(params_from_iter(conditions.values()), |row| {
        let reference: String = row.get(0)?;
        Ok(Row {
            link: format!("/projects/{}", escape(&reference)),
            reference,
            title: row.get(1)?,
            category: row.get(2)?,
            unit: row.get(3)?,
            unit_code: row.get(4)?,
            year: row.get(5)?,
            stage: row.get(6)?,
            sums: Money3::default(),
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The choices of a form behind the one of all: values with their names.
pub(crate) fn choices(
    values: Vec<(String, String)>,
    all: String,
    chosen: Option<&str>,
) -> Vec<Choice> {
    let first = Choice { value: String::new(), name: all, is_chosen: chosen.is_none() };
    let others = values.into_iter().map(|(value, name)| {
        let is_chosen = chosen == Some(value.as_str());
        Choice { value, name, is_chosen }
    });
    std::iter::once(first).chain(others).collect()
}

fn stages(frame: &Frame) -> Vec<(String, String)> {
    let all = [Stage::Registered, Stage::Contracted, Stage::Accepted, Stage::Evaluated];
    all.map(project_words::stage).map(|name| (name.to_owned(), frame.say(name).to_owned())).into()
}

/// Divisions whose units carry projects out.
fn divisions(connection: &Connection) -> Result<Vec<(String, String)>, IndexError> {
    let query = "SELECT DISTINCT o.division FROM organizations o \
                 WHERE EXISTS (SELECT 1 FROM projects p WHERE p.unit = o.code) ORDER BY o.division";
    let mut statement = connection.prepare_cached(query)?;
    let codes = statement.query_map([], |row| row.get::<i64>(0))?;
    let named = codes.map(|code| code.map(|code| code.to_string()));
    let named = named.map(|code| code.map(|code| (code.clone(), division_name(&code))));
    Ok(named.collect::<Result<_, _>>()?)
}

/// Years in which projects begin, the newest first.
fn years(connection: &Connection) -> Result<Vec<(String, String)>, IndexError> {
    let query = "SELECT DISTINCT year FROM projects ORDER BY year DESC";
    let mut statement = connection.prepare_cached(query)?;
    let years = statement.query_map([], |row| row.get::<i64>(0))?;
    let named = years.map(|year| year.map(|year| (year.to_string(), year.to_string())));
    Ok(named.collect::<Result<_, _>>()?)
}
