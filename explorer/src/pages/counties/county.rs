//! One division: its years, its categories, its organisations and projects, and what of its
//! publications is overdue.

use askama::Template;
use axum::extract::{Path, Query, State};

use super::{Row, Sums};
use crate::charts::bar::{self, Bar, Part};
use crate::charts::{Caption, figure, screens};
use crate::database::{Connection, params};
use crate::index::IndexError;
use crate::money::Money;
use crate::pages::bands::{self, Filter, bands, division_name, on_mark};
use crate::pages::disclosure::{ObligationRow, obligations};
use crate::pages::{LIMIT, ROWS_MAX, address, cut, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// How many overdue publications and projects stand here; pages of their own have the others.
const SHORT: usize = 12;

struct Organization {
    code: String,
    name: String,
    kind: String,
    came_in: Money,
    paid: Money,
}

struct Project {
    link: String,
    title: String,
    spent: Money,
    amount: Money,
}

#[derive(Template)]
#[template(path = "county.html")]
struct CountyPage {
    frame: Frame,
    code: i64,
    name: String,
    heading: &'static str,
    rows: Vec<Row>,
    total: Row,
    whole: Money,
    chart: String,
    categories: Vec<Row>,
    projects: Vec<Project>,
    overdue: Vec<ObligationRow>,
    has_more_overdue: bool,
    organizations: Vec<Organization>,
    next: String,
}

/// `GET /counties/{code}`.
pub async fn county(
    State(app): State<App>,
    Path(code): Path<u32>,
    Query(paging): Query<Filter>,
) -> PageResult {
    paging.check()?;
    app.page(move |connection, frame| {
        let code = i64::from(code);
        let after = paging.after.unwrap_or_default();
        let mut organizations = organizations(connection, code, &after)?;
        let has_more = cut(&mut organizations, ROWS_MAX);
        if organizations.is_empty() && after.is_empty() {
            return Err(PageError::NotFound(format!("{code}")));
        }
        let next = organizations.last().filter(|_| has_more).map_or_else(String::new, |last| {
            address(&format!("/counties/{code}"), &[("after", &last.code)])
        });
        let filter = Filter { division: Some(code.to_string()), ..Filter::default() };
        let rows = rows(connection, &filter, "year", &frame)?;
        let categories = rows_of_categories(connection, &filter, &frame)?;
        let whole = bands(connection, &filter, &[])?.into_iter().next().unwrap_or_default().1;
        let total = Row {
            name: frame.say("合计").to_owned(),
            link: String::new(),
            lines: filter.address("/allocations", &[]),
            sums: Sums::of(&whole),
        };
        let mut overdue = overdue(connection, code, &frame)?;
        let has_more_overdue = cut(&mut overdue, SHORT);
        let name = division_name(&code.to_string());
        let chart = chart(&frame, &name, &categories, total.sums.present());
        let projects = projects(connection, code)?;
        let heading = "年度";
        Ok(CountyPage {
            frame,
            code,
            name,
            heading,
            rows,
            whole: total.sums.present(),
            total,
            chart,
            categories,
            projects,
            overdue,
            has_more_overdue,
            organizations,
            next,
        })
    })
    .await
}

fn rows(
    connection: &Connection,
    filter: &Filter,
    column: &'static str,
    frame: &Frame,
) -> Result<Vec<Row>, IndexError> {
    let row = |(key, flows): (Vec<String>, bands::Flows)| {
        let value = key.into_iter().next().unwrap_or_default();
        let link = match column {
            "year" => filter.address("/structure", &[(column, &value)]),
            _ => String::new(),
        };
        let name = if value.is_empty() { "未注明" } else { value.as_str() };
        Row {
            name: frame.say(name).to_owned(),
            link,
            lines: filter.address("/allocations", &[(column, &value)]),
            sums: Sums::of(&flows),
        }
    };
    Ok(bands(connection, filter, &[column])?.into_iter().map(row).collect())
}

/// Categories with money, the largest first.
fn rows_of_categories(
    connection: &Connection,
    filter: &Filter,
    frame: &Frame,
) -> Result<Vec<Row>, IndexError> {
    let mut rows = rows(connection, filter, "category", frame)?;
    rows.retain(|row| !row.sums.present().is_zero());
    rows.sort_by(|left, right| {
        right.sums.present().cmp(&left.sums.present()).then(left.name.cmp(&right.name))
    });
    Ok(rows)
}

/// Bars of what was paid and what is left, by what it is for.
fn bars(frame: &Frame, rows: &[Row]) -> Vec<Bar> {
    let bar = |row: &Row| {
        let (spent, left) = (row.sums.spent, row.sums.left);
        let (paid, not) = (frame.say("支出"), frame.say("尚未支出"));
        Bar {
            label: row.name.clone(),
            text: format!("{paid} {} · {not} {}", on_mark(frame, spent), on_mark(frame, left)),
            link: row.lines.clone(),
            parts: vec![
                Part { value: spent.as_fen(), class: "s1" },
                Part { value: left.as_fen(), class: "rest" },
            ],
        }
    };
    rows.iter().map(bar).collect()
}

/// What the largest of `rows` is of the whole, in words.
fn answer(frame: &Frame, rows: &[Row], whole: Money) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let share = bands::points(first.sums.present(), whole).map_or_else(String::new, bands::percent);
    match frame.is_english() {
        true => format!("{share} of the money is for: {}", first.name),
        false => format!("{share}的钱用于{}", first.name),
    }
}

/// The chart of the home page: for what all the money is, with its table of figures.
///
/// # Errors
/// [`IndexError::Database`].
pub(in crate::pages) fn overview(
    connection: &Connection,
    frame: &Frame,
) -> Result<(String, Vec<Row>), IndexError> {
    let rows = rows_of_categories(connection, &Filter::default(), frame)?;
    let whole = rows.iter().fold(Money::default(), |sum, row| sum.plus(row.sums.present()));
    Ok((chart(frame, "", &rows, whole), rows))
}

fn chart(frame: &Frame, name: &str, rows: &[Row], whole: Money) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let caption = Caption {
        id: "categories",
        title: match name {
            "" => answer(frame, rows, whole),
            name => format!("{name} · {}", answer(frame, rows, whole)),
        },
        description: frame
            .pick(
                "按类别:实心为已支出,空心为尚未支出;数字见下表。",
                "By category: filled is paid, hollow is not spent. The table has the figures.",
            )
            .to_owned(),
    };
    figure(&caption, &screens(|screen| bar::draw(&caption, screen, &bars(frame, rows))))
}

fn organizations(
    connection: &Connection,
    division: i64,
    after: &str,
) -> Result<Vec<Organization>, IndexError> {
    let query = format!(
        "SELECT code, name, kind, came_in, paid FROM organizations \
         WHERE division = ?1 AND code > ?2 ORDER BY code {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params![division, after], |row| {
        Ok(Organization {
            code: row.get(0)?,
            name: row.get(1)?,
            kind: row.get(2)?,
            came_in: Money::fen(row.get(3)?),
            paid: Money::fen(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The largest projects of the division, all years together as on their own pages.
fn projects(connection: &Connection, division: i64) -> Result<Vec<Project>, IndexError> {
    let query = "SELECT b.project, coalesce(max(p.title), b.project), sum(b.spent), sum(b.amount) \
                 FROM project_bands b LEFT JOIN projects p ON p.reference = b.project \
                 WHERE b.division = ?1 AND b.project <> '' \
                 GROUP BY b.project HAVING sum(b.amount) > 0 ORDER BY 4 DESC, 1 LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let limit = i64::try_from(SHORT).unwrap_or(0);
    let rows = statement.query_map(params![division, limit], |row| {
        Ok(Project {
            link: format!("/projects/{}", escape(&row.get::<String>(0)?)),
            title: row.get(1)?,
            spent: Money::fen(row.get(2)?),
            amount: Money::fen(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn overdue(
    connection: &Connection,
    division: i64,
    frame: &Frame,
) -> Result<Vec<ObligationRow>, IndexError> {
    let rest = format!(
        "WHERE o.holder IN (SELECT code FROM organizations WHERE division = ?1) \
         AND o.due_on < ?2 AND o.met_on IS NULL AND o.waived = 0 \
         ORDER BY o.due_on, o.id {LIMIT}"
    );
    let values = vec![division.into(), frame.today.to_string().into()];
    obligations(connection, &rest, values, frame.today)
}
