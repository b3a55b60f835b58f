//! 指标/分配树: each line of quota, and below it the lines to which its money went.

pub mod stage;

use askama::Template;
use axum::extract::{Query, State};
use minglian_contracts::allocation::status::Stage;
use serde::Deserialize;

use super::counties::Sums;
use super::{Conditions, address, bands, check_filters, cut};
use crate::database::{Connection, Row, params};
use crate::index::IndexError;
use crate::money::Money;
use crate::web::{App, Frame, PageResult};

/// How many levels below a line are shown.
const DEPTH_MAX: usize = 8;

/// Most lines shown below the roots of a page.
const BELOW_MAX: usize = 500;

/// Most lines shown below one line.
const CHILDREN_MAX: i64 = 200;

/// Which lines.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    fund: Option<String>,
    notice: Option<String>,
    level: Option<String>,
    category: Option<String>,
    year: Option<u16>,
    division: Option<u32>,
    after: Option<i64>,
}

impl Filter {
    /// The same as the sums of where quota is have it; they do not tell notices apart.
    fn summed(&self) -> Option<bands::Filter> {
        let Self { fund, notice, level, category, year, division, .. } = self;
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        notice.is_none().then(|| bands::Filter {
            year: number(year.map(u32::from)),
            fund: fund.clone(),
            level: level.clone(),
            division: number(*division),
            category: category.clone(),
            after: None,
        })
    }
}

/// A line in the tree.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its account's number.
    pub id: i64,
    /// How far it is indented.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// The holder's code.
    pub holder_code: String,
    /// The fund.
    pub fund: String,
    /// The budget year.
    pub year: i64,
    /// What came in.
    pub quota: Money,
    /// What was paid, less what payments gave back.
    pub paid: Money,
    /// What went to the lines below, less what they gave back.
    pub issued: Money,
    /// What went to the next year.
    pub carried: Money,
    /// What was taken back, or lapsed.
    pub recovered: Money,
    /// What is left.
    pub balance: Money,
    /// Whether a notice only implies that it was received.
    pub implied: bool,
    /// Whether its holder has received it.
    pub received: bool,
    /// How far its money is.
    pub stage: Option<Stage>,
}

#[derive(Template)]
#[template(path = "allocations.html")]
struct Allocations {
    frame: Frame,
    nodes: Vec<Node>,
    filters: String,
    is_cut: bool,
    /// What the lines of the filter got, paid and have left.
    sums: Vec<(&'static str, Money)>,
    next: String,
}

/// `GET /allocations`.
pub async fn allocations(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    check_filters(&[&filter.fund, &filter.notice, &filter.level, &filter.category])?;
    app.page(move |connection, frame| {
        let Filter { fund, notice, level, category, year, division, after } = &filter;
        let (year, division) = (year.map(|it| it.to_string()), division.map(|it| it.to_string()));
        let given = [
            ("fund", fund),
            ("notice", notice),
            ("level", level),
            ("category", category),
            ("year", &year),
            ("division", &division),
        ];
        let mut conditions = Conditions::default();
        conditions.add("a.id > ?", after.unwrap_or(0));
        for (name, value) in given {
            // What is not printed is asked for as `-`.
            let value = value.as_ref().map(|value| if value == "-" { "" } else { value });
            match value.map(|value| (name, value.parse::<i64>(), value)) {
                Some(("year" | "division", Ok(number), _)) => {
                    conditions.add(&format!("a.{name} = ?"), number);
                }
                Some((_, _, value)) => {
                    conditions.add(&format!("a.{name} = ?"), value.to_owned());
                }
                None => {}
            }
        }
        // Without filters the tree begins at the roots; a filter may name lines below them.
        let is_filtered = given.iter().any(|(name, value)| *name != "fund" && value.is_some());
        let roots = which_roots(is_filtered, fund.is_some());
        let mut roots = roots_of(connection, &conditions, roots)?;
        let has_more = cut(&mut roots, super::ROWS_MAX);
        let last = roots.last().map_or(0, |node| node.id);
        let mut nodes = Vec::new();
        let mut room = BELOW_MAX;
        for root in roots {
            let id = root.id;
            nodes.push(root);
            if !is_filtered {
                below(connection, id, 1, &mut room, &mut nodes)?;
            }
        }
        let set = given.map(|(name, value)| (name, value.clone().unwrap_or_default()));
        let mut query: Vec<(&str, &str)> =
            set.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let filters: Vec<String> =
            set.iter().filter(|(_, value)| !value.is_empty()).map(shown).collect();
        let last = last.to_string();
        query.push(("after", &last));
        let next = if has_more { address("/allocations", &query) } else { String::new() };
        let (filters, is_cut) = (filters.join(" · "), room == 0);
        let sums = match filter.summed().filter(|summed| !summed.set().is_empty()) {
            Some(summed) => {
                let sums = bands::bands(connection, &summed, &[])?;
                let flows = sums.into_iter().next().unwrap_or_default().1;
                Sums::of(&flows).named()
            }
            None => Vec::new(),
        };
        Ok(Allocations { frame, nodes, filters, is_cut, sums, next })
    })
    .await
}

/// The condition on the lines with which trees begin.
fn which_roots(is_filtered: bool, is_of_fund: bool) -> &'static str {
    match (is_filtered, is_of_fund) {
        (true, _) => "a.kind = 'line'",
        (false, false) => "l.parent IS NULL",
        // What another fund gave begins a tree of its own.
        (false, true) => {
            "a.kind = 'line' AND (l.parent IS NULL OR \
             (SELECT p.fund FROM accounts p WHERE p.id = l.parent) <> a.fund)"
        }
    }
}

/// A filter as pages show it.
fn shown((name, value): &(&str, String)) -> String {
    if *name == "division" { bands::division_name(value) } else { value.clone() }
}

const COLUMNS: &str = "SELECT a.id, a.name, coalesce(o.name, a.organization), a.organization, \
    a.fund, a.year, l.quota, l.paid - coalesce((SELECT sum(m.amount) FROM movements m \
    WHERE m.to_account = a.id AND m.flow = 'returned'), 0), \
    l.issued - coalesce((SELECT sum(m.amount) FROM movements m \
    JOIN lines c ON c.id = m.from_account WHERE m.to_account = a.id AND c.parent = a.id \
    AND m.flow IN ('allocation_taken_back', 'suballocation_taken_back')), 0), \
    l.carried, l.recovered, a.balance, l.implied, l.received_on IS NOT NULL \
    FROM lines l JOIN accounts a ON a.id = l.id \
    LEFT JOIN organizations o ON o.code = a.organization";

fn read(row: &Row<'_>, depth: usize) -> crate::database::Result<Node> {
    let money = |index| Ok::<_, crate::database::Error>(Money::fen(row.get(index)?));
    Ok(Node {
        id: row.get(0)?,
        depth,
        name: row.get(1)?,
        holder: row.get(2)?,
        holder_code: row.get(3)?,
        fund: row.get(4)?,
        year: row.get(5)?,
        quota: money(6)?,
        paid: money(7)?,
        issued: money(8)?,
        carried: money(9)?,
        recovered: money(10)?,
        balance: money(11)?,
        implied: row.get(12)?,
        received: row.get(13)?,
        stage: None,
    })
}

fn roots_of(
    connection: &Connection,
    conditions: &Conditions,
    which: &str,
) -> Result<Vec<Node>, IndexError> {
    let clause = conditions.clause();
    let query = format!("{COLUMNS} {clause} AND {which} ORDER BY a.id {}", super::LIMIT);
    let mut statement = connection.prepare_cached(&query)?;
    let values = crate::database::params_from_iter(conditions.values());
    let rows = statement.query_map(values, |row| read(row, 0))?;
    stage::with_stages(connection, rows.collect::<Result<_, _>>()?)
}

/// The lines directly below one, for the page of that line.
///
/// # Errors
/// [`IndexError::Database`].
pub fn children(
    connection: &Connection,
    parent: i64,
    depth: usize,
) -> Result<Vec<Node>, IndexError> {
    let query = format!("{COLUMNS} WHERE l.parent = ?1 ORDER BY a.id LIMIT ?2");
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params![parent, CHILDREN_MAX], |row| read(row, depth))?;
    stage::with_stages(connection, rows.collect::<Result<_, _>>()?)
}

fn below(
    connection: &Connection,
    parent: i64,
    depth: usize,
    room: &mut usize,
    nodes: &mut Vec<Node>,
) -> Result<(), IndexError> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    for node in children(connection, parent, depth)? {
        if *room == 0 {
            return Ok(());
        }
        *room -= 1;
        let id = node.id;
        nodes.push(node);
        below(connection, id, depth + 1, room, nodes)?;
    }
    Ok(())
}
