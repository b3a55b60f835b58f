//! 流水: the movements that make a total.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{Conditions, LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::index::read::{self, MovementRow};
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};

/// What flows are called.
const FLOWS: [(&str, &str); 22] = [
    ("received", "收到"),
    ("implied", "按公告推定"),
    ("allocated", "下达或分配"),
    ("suballocated", "再分配"),
    ("spent", "支出"),
    ("returned", "退回"),
    ("carried", "结转"),
    ("carry_taken_back", "结转收回"),
    ("allocation_taken_back", "分配收回"),
    ("suballocation_taken_back", "再分配收回"),
    ("recovered", "收回"),
    ("corrected_received", "按公告更正收回"),
    ("corrected_implied", "按公告更正收回(推定)"),
    ("transferred_out", "调出"),
    ("repurposed", "改变用途"),
    ("remitted", "上缴"),
    ("handed_over", "缴入财政"),
    ("reversed", "冲正"),
    ("voided", "作废"),
    ("rebased", "重整"),
    ("", ""),
    ("-", ""),
];

/// Flows that a total beside another flow is less by.
const DEDUCTED: [&str; 6] = [
    "returned",
    "voided",
    "carry_taken_back",
    "allocation_taken_back",
    "corrected_received",
    "corrected_implied",
];

/// Which movements.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    flow: Option<String>,
    fund: Option<String>,
    notice: Option<String>,
    level: Option<String>,
    category: Option<String>,
    after: Option<i64>,
}

#[derive(Template)]
#[template(path = "movements.html")]
struct Movements {
    frame: Frame,
    title: String,
    filters: String,
    movements: Vec<MovementRow>,
    total: Money,
    has_deductions: bool,
    next: String,
}

/// `GET /movements`.
pub async fn movements(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    let Filter { flow, fund, notice, level, category, after } = filter;
    check_filters(&[&flow, &fund, &notice, &level, &category])?;
    let flow = flow.unwrap_or_default();
    let chosen: Vec<(&str, &str)> = flow
        .split(',')
        .filter_map(|name| FLOWS.iter().copied().find(|known| known.0 == name))
        .collect();
    if chosen.len() != flow.split(',').count() {
        return Err(PageError::Malformed("没有这类流水".to_owned()));
    }
    app.page(move |connection, frame| {
        let given = [("fund", fund), ("notice", notice), ("level", level), ("category", category)];
        let mut conditions = Conditions::default();
        conditions.add("m.number > ?", after.unwrap_or(-1));
        for (name, value) in &given {
            let value = value.as_deref().map(|value| if value == "-" { "" } else { value });
            conditions.equal(&format!("m.{name}"), value.map(str::to_owned).as_ref());
        }
        let names: Vec<&str> = chosen.iter().map(|(name, _)| *name).collect();
        let flows = if names == [""] {
            String::new()
        } else {
            // Only names of the table above come here.
            format!("AND m.flow IN ('{}')", names.join("','"))
        };
        let rest = format!("{} {flows} ORDER BY m.number {LIMIT}", conditions.clause());
        let mut movements = read::movements(connection, &rest, conditions.values())?;
        let has_more = cut(&mut movements, ROWS_MAX);
        let last = movements.last().map_or(0, |row| row.number).to_string();
        let has_deductions = names.len() > 1 && names.iter().any(|name| DEDUCTED.contains(name));
        let total = movements.iter().fold(Money::default(), |sum, row| {
            if has_deductions && DEDUCTED.contains(&row.flow.as_str()) {
                return sum.minus(row.amount);
            }
            sum.plus(row.amount)
        });
        let set = given.map(|(name, value)| (name, value.unwrap_or_default()));
        let mut query = vec![("flow", flow.as_str())];
        query.extend(set.iter().map(|(name, value)| (*name, value.as_str())));
        query.push(("after", &last));
        let next = if has_more { address("/movements", &query) } else { String::new() };
        let words: Vec<&str> = chosen
            .iter()
            .map(|(_, word)| frame.say(word))
            .filter(|word| !word.is_empty())
            .collect();
        let separator = frame.pick("、", ", ");
        let title = match words.is_empty() {
            true => frame.say("全部流水").to_owned(),
            false => words.join(separator),
        };
        let filters: Vec<String> =
            set.into_iter().map(|(_, value)| value).filter(|value| !value.is_empty()).collect();
        let filters = filters.join(" · ");
        Ok(Movements { frame, title, filters, movements, total, has_deductions, next })
    })
    .await
}
