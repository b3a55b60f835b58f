//! 流水: the movements that make a total.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::sums::{self, Key};
use super::{Conditions, LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::database::{Connection, Value};
use crate::index::IndexError;
use crate::index::crossing::{FROM_FUNDS, TO_FUNDS};
use crate::index::read::{self, MovementRow};
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};

/// What flows are called.
const FLOWS: [(&str, &str); 26] = [
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
    ("refunded", "退还捐赠"),
    ("refund_returned", "退还未成"),
    (FROM_FUNDS, "其他资金转入"),
    (TO_FUNDS, "转给其他资金"),
    ("", ""),
    ("-", ""),
];

/// Flows that a total beside another flow is less by.
const DEDUCTED: [&str; 7] = [
    "returned",
    "voided",
    "refunded",
    "carry_taken_back",
    "allocation_taken_back",
    "corrected_received",
    "corrected_implied",
];

/// Which movements.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    flow: Option<String>,
    measure: Option<String>,
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
    let Filter { flow, measure, fund, notice, level, category, after } = filter;
    check_filters(&[&flow, &measure, &fund, &notice, &level, &category])?;
    let flow = flow.unwrap_or_default();
    let chosen: Vec<(&str, &str)> = flow
        .split(',')
        .filter_map(|name| FLOWS.iter().copied().find(|known| known.0 == name))
        .collect();
    if chosen.len() != flow.split(',').count() {
        return Err(PageError::Malformed("没有这类流水".to_owned()));
    }
    if measure.as_ref().is_some_and(|measure| sums::is_of("", measure).is_none()) {
        return Err(PageError::Malformed("没有这种计量".to_owned()));
    }
    app.page(move |connection, frame| {
        // What is not printed is asked for as `-`.
        let meant = |value: &Option<String>| {
            value.clone().map(|value| if value == "-" { String::new() } else { value })
        };
        let key = Key {
            measure: measure.clone(),
            fund: meant(&fund),
            notice: meant(&notice),
            level: meant(&level),
            category: meant(&category),
        };
        let names: Vec<&str> = chosen.iter().map(|(name, _)| *name).collect();
        let mut movements = listed(connection, &key, &names, after)?;
        let has_more = cut(&mut movements, ROWS_MAX);
        let last = movements.last().map_or(0, |row| row.number).to_string();
        let has_deductions = names.len() > 1 && names.iter().any(|name| DEDUCTED.contains(name));
        let total = total(connection, &key, &names)?;
        let set = [
            ("measure", measure),
            ("fund", fund),
            ("notice", notice),
            ("level", level),
            ("category", category),
        ]
        .map(|(name, value)| (name, value.unwrap_or_default()));
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
        let filters: Vec<String> = set
            .into_iter()
            .filter(|(name, value)| *name != "measure" && !value.is_empty())
            .map(|(_, value)| value)
            .collect();
        let filters = filters.join(" · ");
        Ok(Movements { frame, title, filters, movements, total, has_deductions, next })
    })
    .await
}

/// The movements after a number, one more than is shown.
fn listed(
    connection: &Connection,
    key: &Key,
    flows: &[&str],
    after: Option<i64>,
) -> Result<Vec<MovementRow>, IndexError> {
    let (rest, values) = lists(key, flows, after);
    read::movements(connection, &rest, values)
}

/// Which of `movements m` are listed, with the values in it: those of each flow by themselves, in
/// order, as an index has them, and of these the first. All flows asked for at once would be read
/// whole and sorted.
pub fn lists(key: &Key, flows: &[&str], after: Option<i64>) -> (String, Vec<Value>) {
    let mut conditions = Conditions::default();
    conditions.add("m.number > ?", after.unwrap_or(-1));
    if flows.iter().any(|flow| CROSSINGS.contains(flow)) {
        conditions.add("m.fund = ?", key.fund.clone().unwrap_or_default());
    } else {
        conditions.equal("m.fund", key.fund.as_ref());
        conditions.equal("m.notice", key.notice.as_ref());
        conditions.equal("m.level", key.level.as_ref());
        conditions.equal("m.category", key.category.as_ref());
    }
    if let Some(measure) = &key.measure {
        conditions.plain(sums::is_of("m.measure", measure).unwrap_or_default());
    }
    let clause = conditions.clause();
    let order = format!("ORDER BY m.number {LIMIT}");
    // Only names of the table of flows come into the text of a query.
    let part = |flow: &&str| match *flow {
        "" => format!("SELECT m.number FROM movements m {clause} {order}"),
        // A movement between funds is of both; the list of crossings knows which way.
        flow if CROSSINGS.contains(&flow) => format!(
            "SELECT m.number FROM (SELECT c.movement AS number, c.fund, c.measure, c.flow \
             FROM crossings c) m {clause} AND m.flow = '{flow}' {order}"
        ),
        flow => format!("SELECT m.number FROM movements m {clause} AND m.flow = '{flow}' {order}"),
    };
    let parts: Vec<String> =
        flows.iter().map(part).map(|part| format!("SELECT number FROM ({part}) AS part")).collect();
    let parts = parts.join(" UNION ALL ");
    (format!("WHERE m.number IN ({parts}) {order}"), conditions.values())
}

/// What all movements of the filter come to, on whichever page they stand.
fn total(connection: &Connection, key: &Key, flows: &[&str]) -> Result<Money, IndexError> {
    let measures = key.measure.as_deref().unwrap_or("quota,cash,goods");
    let sums = sums::totals(connection, measures, key, &[])?;
    let all = sums.into_iter().next().unwrap_or_default().1;
    let chosen = all.into_iter().filter(|(name, _)| match flows {
        [""] => FLOWS.iter().any(|known| known.0 == name) && !CROSSINGS.contains(&name.as_str()),
        flows => flows.contains(&name.as_str()),
    });
    Ok(chosen.fold(Money::default(), |sum, (name, amount)| {
        let is_less = flows.len() > 1 && DEDUCTED.contains(&name.as_str());
        let amount = Money::fen(amount);
        if is_less { sum.minus(amount) } else { sum.plus(amount) }
    }))
}

/// Movements that are entered under a flow of their own already.
const CROSSINGS: [&str; 2] = [FROM_FUNDS, TO_FUNDS];
