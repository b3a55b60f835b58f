//! 规则参数: the figures by which acts are judged, each with the article that it comes from and the
//! days on which it holds, by the law or policy that sets them.

use askama::Template;
use axum::extract::{Path, Query, State};
use minglian_contracts::parameter::{Key, PARAMETERS, Version};
use serde::Deserialize;

use super::bands::percent;
use super::{ROWS_MAX, address, cut, escape};
use crate::database::Connection;
use crate::index::IndexError;
use crate::index::mirror::Mirror;
use crate::language::Language;
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};

/// Most figures that are put in order: governors add them, one decision each.
const FIGURES_MAX: usize = 4_096;

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    after: Option<String>,
}

/// The figures of one law or policy.
struct Law {
    name: String,
    rules: Vec<Rule>,
}

/// One figure, with all that it was.
struct Rule {
    key: String,
    address: String,
    versions: Vec<Row>,
}

/// What a figure was on some days.
struct Row {
    version: u32,
    value: String,
    from: String,
    to: String,
    article: String,
    approved_by: String,
    entered_at: u64,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules {
    frame: Frame,
    laws: Vec<Law>,
    next: String,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "rule.html")]
struct OneRule {
    frame: Frame,
    rule: Rule,
}

/// The address of a figure's page.
pub fn of(key: &Key) -> String {
    format!("/rules/{}", escape(key.as_str()))
}

/// `GET /rules`.
pub async fn rules(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    let after = paging.after.map(Key::new).transpose();
    let after = after.map_err(|_| PageError::Malformed("没有这样的参数名".to_owned()))?;
    app.page(move |connection, frame| {
        let (mut found, is_cut) = figures(connection)?;
        if let Some(after) = after {
            let unknown = || PageError::Malformed("没有这样的参数名".to_owned());
            let place = found.iter().position(|figure| figure.key == after).ok_or_else(unknown)?;
            found.drain(..=place);
        }
        let has_more = cut(&mut found, ROWS_MAX);
        let last = found.last().map(|figure| figure.key.to_string()).unwrap_or_default();
        let next = if has_more { address("/rules", &[("after", &last)]) } else { String::new() };
        let mut laws: Vec<Law> = Vec::new();
        for Figure { law, key, versions } in found {
            let rule = Rule::new(&key, versions, frame.language);
            match laws.last_mut() {
                Some(known) if known.name == law => known.rules.push(rule),
                _ => laws.push(Law { name: law, rules: vec![rule] }),
            }
        }
        Ok(Rules { laws, next, is_cut, frame })
    })
    .await
}

/// A figure in its place.
struct Figure {
    law: String,
    key: Key,
    versions: Vec<Version>,
}

/// All figures by the law of their newest version, then by key, and whether there are more. The
/// ledger keeps them by the length of their keys, which no reader expects.
fn figures(connection: &Connection) -> Result<(Vec<Figure>, bool), IndexError> {
    let mut found = PARAMETERS.scan(&Mirror(connection), &(), None, FIGURES_MAX + 1)?;
    let is_cut = cut(&mut found, FIGURES_MAX);
    let figure = |(key, versions): (Key, Vec<Version>)| {
        let law = versions.last().map_or("", |version| law_of(version.article.as_str()));
        Figure { law: law.to_owned(), key, versions }
    };
    let mut figures: Vec<Figure> = found.into_iter().map(figure).collect();
    figures.sort_by(|left, right| (&left.law, &left.key).cmp(&(&right.law, &right.key)));
    Ok((figures, is_cut))
}

/// The law or policy that an article is of: what stands before the article's number, a year, a
/// remark, or another law.
pub fn law_of(article: &str) -> &str {
    let ends = [' ', '(', ':', ';', '\u{ff08}', '\u{ff1a}', '\u{ff1b}'];
    article.split(ends).next().filter(|law| !law.is_empty()).unwrap_or(article)
}

/// `GET /rules/{key}`.
pub async fn rule(State(app): State<App>, Path(key): Path<String>) -> PageResult {
    let unknown = || PageError::NotFound(format!("规则参数“{key}”"));
    let (name, missing) = (Key::new(key.as_str()).map_err(|_| unknown())?, unknown());
    app.page(move |connection, frame| {
        let versions = PARAMETERS.get(&Mirror(connection), &name)?.ok_or(missing)?;
        let rule = Rule::new(&name, versions, frame.language);
        Ok(OneRule { frame, rule })
    })
    .await
}

impl Rule {
    fn new(key: &Key, versions: Vec<Version>, language: Language) -> Self {
        let row = |version: Version| Row {
            version: version.version,
            value: worded(version.value, version.unit.as_str(), language),
            from: version.effective_from.to_string(),
            to: version.effective_to.map(|day| day.to_string()).unwrap_or_default(),
            article: version.article.to_string(),
            approved_by: version.approved_by.to_string(),
            entered_at: version.entered_at.0,
        };
        let address = of(key);
        Self { key: key.to_string(), address, versions: versions.into_iter().map(row).collect() }
    }
}

/// A value in its unit; a unit that this page does not know stands as the ledger has it.
fn worded(value: i64, unit: &str, language: Language) -> String {
    let counted =
        |chinese: &str, english: &str| format!("{value} {}", language.pick(chinese, english));
    match unit {
        "basis_points" if value >= 0 => percent(value),
        "factor_basis_points" if value >= 0 => format!("× {}", percent(value)),
        "fen" => format!("{} {}", Money::fen(value), language.pick("元", "yuan")),
        "boolean" if value == 0 => language.pick("否", "no").to_owned(),
        "boolean" => language.pick("是", "yes").to_owned(),
        "days" => counted("天", "days"),
        "working_days" => counted("个工作日", "working days"),
        "months" => counted("个月", "months"),
        "years" => counted("年", "years"),
        "day_of_month" => counted("日", "(day of the month)"),
        "members" => counted("人", "members"),
        "points" => counted("分", "points"),
        "heights" => counted("个区块", "blocks"),
        _ => format!("{value} {unit}"),
    }
}
