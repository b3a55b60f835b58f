//! 资金流向: where quota of a fund and year came from, to whom it went and for what, as a Sankey.
//!
//! A band is where money *is*: what lines paid, and what is left in them. So every column adds up
//! to the same sum, which is the one of the pages of totals.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};

use super::bands::{self, Filter, bands, division_name, on_mark, years};
use crate::charts::sankey::{self, Band, Column, Node};
use crate::charts::{Caption, figure, screens};
use crate::database::Connection;
use crate::index::IndexError;
use crate::money::Money;
use crate::web::{App, Frame, PageResult};

/// Most nodes of a column; the others are one.
const NODES_MAX: usize = 12;

/// The name of a node for what is beyond [`NODES_MAX`]: no name on the ledger is a blank.
const OTHERS: &str = " ";

/// What the columns show, with their names in the index. What became of money is no column there.
const COLUMNS: [(&str, &str, &str); 5] = [
    ("fund", "资金", "s1"),
    ("level", "来源层级", "s2"),
    ("division", "区县", "s3"),
    ("category", "类别", "s4"),
    ("", "用到哪里", "s5"),
];

struct Row {
    from: String,
    to: String,
    amount: Money,
    link: String,
}

struct Stage {
    from: &'static str,
    to: &'static str,
    rows: Vec<Row>,
}

/// A choice of a form.
pub(crate) struct Choice {
    pub value: String,
    pub name: String,
    pub is_chosen: bool,
}

#[derive(Template)]
#[template(path = "flows.html")]
struct FlowsPage {
    frame: Frame,
    years: Vec<Choice>,
    funds: Vec<Choice>,
    divisions: Vec<Choice>,
    whole: Money,
    spent: Money,
    left: Money,
    chart: String,
    stages: Vec<Stage>,
}

/// One path of money through all columns.
struct Strand {
    places: [String; 5],
    amount: i64,
}

/// `GET /flows`.
pub async fn flows(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    filter.check()?;
    app.page(move |connection, frame| {
        let filter = with_year(connection, filter)?;
        let strands = strands(connection, &filter)?;
        let columns = columns(&frame, &filter, &strands);
        let (drawn, stages) = stages(&frame, &filter, &strands, &columns);
        let sum = |outcome: &str| {
            let mine = strands.iter().filter(|strand| strand.places[4] == outcome);
            Money::fen(mine.map(|strand| strand.amount).sum())
        };
        let (spent, left) = (sum("spent"), sum("left"));
        let whole = spent.plus(left);
        let caption = caption(&frame, whole, spent);
        let shown: Vec<Column> = columns.into_iter().map(|(column, _)| column).collect();
        let chart = match drawn.is_empty() {
            true => String::new(),
            false => {
                figure(&caption, &screens(|screen| sankey::draw(&caption, screen, &shown, &drawn)))
            }
        };
        Ok(FlowsPage {
            years: year_choices(connection, &frame, &filter)?,
            funds: choices(connection, &filter, "fund", &frame)?,
            divisions: choices(connection, &filter, "division", &frame)?,
            frame,
            whole,
            spent,
            left,
            chart,
            stages,
        })
    })
    .await
}

/// The newest year, unless one is asked for; `all` asks for all.
pub(super) fn with_year(connection: &Connection, filter: Filter) -> Result<Filter, IndexError> {
    let year = match filter.year.as_deref().map(str::trim) {
        None | Some("") => years(connection)?.into_iter().next(),
        Some("0") => None,
        Some(year) => Some(year.to_owned()),
    };
    Ok(Filter { year, ..filter })
}

pub(super) fn year_choices(
    connection: &Connection,
    frame: &Frame,
    filter: &Filter,
) -> Result<Vec<Choice>, IndexError> {
    let chosen = filter.year.clone().unwrap_or_default();
    let mut choices: Vec<Choice> = years(connection)?
        .into_iter()
        .map(|year| Choice { is_chosen: year == chosen, name: year.clone(), value: year })
        .collect();
    let name = frame.say("全部年度").to_owned();
    choices.push(Choice { value: "0".to_owned(), name, is_chosen: chosen.is_empty() });
    Ok(choices)
}

fn choices(
    connection: &Connection,
    filter: &Filter,
    column: &'static str,
    frame: &Frame,
) -> Result<Vec<Choice>, IndexError> {
    let set = filter.set();
    let chosen = set.iter().find(|(name, _)| *name == column).map_or("", |(_, value)| value);
    let sums = bands(connection, &Filter::default(), &[column])?;
    let mut choices: Vec<Choice> = sums
        .into_iter()
        .filter_map(|(key, _)| key.into_iter().next())
        .map(|value| Choice {
            name: if column == "division" { division_name(&value) } else { value.clone() },
            is_chosen: value == chosen,
            value,
        })
        .collect();
    let name = frame.say("全部").to_owned();
    choices.insert(0, Choice { value: String::new(), name, is_chosen: chosen.is_empty() });
    Ok(choices)
}

fn strands(connection: &Connection, filter: &Filter) -> Result<Vec<Strand>, IndexError> {
    let sums = bands(connection, filter, &["fund", "level", "division", "category"])?;
    let mut strands = Vec::new();
    for (key, flows) in sums {
        let [fund, level, division, category] = key.try_into().unwrap_or_default();
        for outcome in ["spent", "left"] {
            let amount = bands::of(&flows, outcome).as_fen();
            let places = [&fund, &level, &division, &category].map(String::clone);
            let [fund, level, division, category] = places;
            let places = [fund, level, division, category, outcome.to_owned()];
            if amount > 0 {
                strands.push(Strand { places, amount });
            }
        }
    }
    Ok(strands)
}

/// What a place of a column is called.
fn label(frame: &Frame, column: usize, value: &str) -> String {
    match (column, value) {
        (_, OTHERS) => frame.say("其他").to_owned(),
        (4, "spent") => frame.say("支出").to_owned(),
        (4, _) => frame.say("尚未支出").to_owned(),
        (_, "") => frame.say("未注明").to_owned(),
        (2, code) => division_name(code),
        (1 | 3, value) => frame.say(value).to_owned(),
        (_, value) => value.to_owned(),
    }
}

/// A column with the values of its nodes.
type Valued = (Column, Vec<String>);

fn columns(frame: &Frame, filter: &Filter, strands: &[Strand]) -> Vec<Valued> {
    let column = |(number, (_, name, class)): (usize, &(&str, &'static str, &'static str))| {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for strand in strands {
            *sums.entry(strand.places[number].as_str()).or_default() += strand.amount;
        }
        let mut sorted: Vec<(&str, i64)> = sums.into_iter().collect();
        sorted.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
        if sorted.len() > NODES_MAX {
            let others = sorted.split_off(NODES_MAX - 1);
            sorted.push((OTHERS, others.iter().map(|(_, amount)| amount).sum()));
        }
        let node = |(value, amount): &(&str, i64)| Node {
            label: label(frame, number, value),
            text: on_mark(frame, Money::fen(*amount)),
            link: match (number, *value) {
                (2, OTHERS) => "/counties".to_owned(),
                (2, code) => format!("/counties/{code}"),
                _ => link(filter, &[(number, value)]),
            },
            value: *amount,
        };
        let nodes = sorted.iter().map(node).collect();
        let values = sorted.iter().map(|(value, _)| (*value).to_owned()).collect();
        (Column { name: frame.say(name).to_owned(), nodes, class }, values)
    };
    COLUMNS.iter().enumerate().map(column).collect()
}

/// The quota lines behind places of columns.
fn link(filter: &Filter, places: &[(usize, &str)]) -> String {
    let known = places.iter().filter(|(column, value)| *column < 4 && *value != OTHERS);
    let more: Vec<(&str, &str)> =
        known.map(|(column, value)| (COLUMNS[*column].0, *value)).collect();
    filter.address("/allocations", &more)
}

/// The bands as they are drawn, and as the tables have them.
fn stages(
    frame: &Frame,
    filter: &Filter,
    strands: &[Strand],
    columns: &[Valued],
) -> (Vec<Band>, Vec<Stage>) {
    let place = |column: usize, value: &str| -> Option<usize> {
        let values = &columns.get(column)?.1;
        let found = values.iter().position(|known| known == value);
        found.or_else(|| values.iter().position(|known| known == OTHERS))
    };
    let (mut drawn, mut stages) = (Vec::new(), Vec::new());
    for stage in 0..COLUMNS.len() - 1 {
        let mut sums: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for strand in strands {
            let from = place(stage, &strand.places[stage]);
            let to = place(stage + 1, &strand.places[stage + 1]);
            if let (Some(from), Some(to)) = (from, to) {
                *sums.entry((from, to)).or_default() += strand.amount;
            }
        }
        let mut rows = Vec::new();
        for ((from, to), value) in sums {
            let (left, right) = (&columns[stage], &columns[stage + 1]);
            let link = link(filter, &[(stage, &left.1[from]), (stage + 1, &right.1[to])]);
            let amount = Money::fen(value);
            let (source, target) = (&left.0.nodes[from].label, &right.0.nodes[to].label);
            let text = format!("{source} → {target} {}", on_mark(frame, amount));
            let (from_name, to_name) = (source.clone(), target.clone());
            rows.push(Row { from: from_name, to: to_name, amount, link: link.clone() });
            drawn.push(Band { stage, from, to, value, text, link });
        }
        stages.push(Stage { from: COLUMNS[stage].1, to: COLUMNS[stage + 1].1, rows });
    }
    (drawn, stages)
}

fn caption(frame: &Frame, whole: Money, spent: Money) -> Caption {
    let rate = bands::percent(bands::points(spent, whole).unwrap_or(0));
    let (whole, spent) = (on_mark(frame, whole), on_mark(frame, spent));
    let title = match frame.is_english() {
        true => format!("Of {whole}, {spent} ({rate}) is paid"),
        false => format!("{whole}中,已支出{spent}({rate})"),
    };
    let description = frame.pick(
        "依次为:资金、来源层级、区县、类别、用到哪里。带的粗细与金额成比例,数字见下表。",
        "One after the other: fund, level of source, county, category, what became of it. Bands \
         are as thick as amounts; the tables below have the figures.",
    );
    Caption { id: "flows", title, description: description.to_owned() }
}
