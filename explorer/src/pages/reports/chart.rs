//! What the largest rows of a report on quota spent, and what is left in them, as bars. The
//! report's own table is their twin.

use minglian_contracts::report::Report;
use minglian_contracts::report::table::Cell;

use crate::charts::bar::{self, Bar, Part};
use crate::charts::{Caption, figure, screens};
use crate::money::Money;
use crate::pages::bands::on_mark;
use crate::web::Frame;

/// Most rows that are drawn.
const BARS_MAX: usize = 12;

/// What rows are called, by the first of these columns that says something.
const NAMES: [&str; 4] = ["project_title", "line", "holder_name", "category"];

/// Draws a report that has what was spent and what is available; nothing of another one.
pub(super) fn draw(frame: &Frame, report: &Report) -> String {
    let column = |key: &str| report.columns.iter().position(|column| column.key == key);
    let (Some(spent), Some(left)) = (column("spent"), column("available")) else {
        return String::new();
    };
    let money = |row: &[Cell], column: usize| match row.get(column) {
        Some(Cell::Amount(amount)) => Money::fen(i64::try_from(amount.0).unwrap_or(i64::MAX)),
        _ => Money::default(),
    };
    let name = |row: &[Cell]| -> String {
        let texts = NAMES.iter().filter_map(|key| match row.get(column(key)?)? {
            Cell::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        });
        texts.into_iter().next().unwrap_or_default()
    };
    let mut rows: Vec<(String, Money, Money)> =
        report.rows.iter().map(|row| (name(row), money(row, spent), money(row, left))).collect();
    rows.retain(|(_, spent, left)| !spent.is_zero() || !left.is_zero());
    rows.sort_by(|a, b| b.1.plus(b.2).cmp(&a.1.plus(a.2)).then(a.0.cmp(&b.0)));
    let Some((first, most, _)) = rows.iter().max_by_key(|(_, spent, _)| *spent) else {
        return String::new();
    };
    let most = on_mark(frame, *most);
    let title = match frame.is_english() {
        true => format!("The most of this page was spent by {first}: {most}"),
        false => format!("本页支出最多的是{first}:{most}"),
    };
    let bar = |(label, spent, left): &(String, Money, Money)| {
        let (paid, not) = (frame.say("支出"), frame.say("尚未支出"));
        Bar {
            label: label.clone(),
            text: format!("{paid} {} · {not} {}", on_mark(frame, *spent), on_mark(frame, *left)),
            link: String::new(),
            parts: vec![
                Part { value: spent.as_fen(), class: "s1" },
                Part { value: left.as_fen(), class: "rest" },
            ],
        }
    };
    let bars: Vec<Bar> = rows.iter().take(BARS_MAX).map(bar).collect();
    let description = frame.pick(
        "本页最大的各行:实心为已支出,空心为尚未支出;数字见下表。",
        "The largest rows of this page: filled is paid, hollow is not spent. The table has the \
         figures.",
    );
    let caption = Caption { id: "report", title, description: description.to_owned() };
    figure(&caption, &screens(|screen| bar::draw(&caption, screen, &bars)))
}
