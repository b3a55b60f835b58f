//! Amounts by month: for each row of them a line of columns, all on one scale.

use super::svg::{Anchor, Drawing, Rectangle, fitted, width_of};
use super::{Caption, Rows, Screen, scaled};

/// The height of the highest column.
const PLOT: i64 = 56;
/// Below a line of columns.
const GAP: i64 = 12;
const FOOT: i64 = 26;

/// What came to pass in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// How much; nothing and less has no column.
    pub value: i64,
    /// All of it in words.
    pub text: String,
    /// Where the month is told; empty if nowhere.
    pub link: String,
}

/// Months of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What kind.
    pub label: String,
    /// Its sum in words.
    pub text: String,
    /// Where more of it stands; empty if nowhere.
    pub link: String,
    /// One a month.
    pub columns: Vec<Column>,
    /// Its class in the stylesheet.
    pub class: &'static str,
}

/// Draws rows over `months`; the highest column of all takes the whole height of its row.
pub fn draw(caption: &Caption, screen: Screen, months: &[String], rows: &[Row]) -> String {
    let mut drawing = Drawing::default();
    let width = screen.width();
    let stride = width / i64::try_from(months.len().max(1)).unwrap_or(width);
    let columns = rows.iter().flat_map(|row| &row.columns);
    let highest = columns.map(|column| column.value).max().unwrap_or(0);
    let texts = rows.iter().map(|row| (row.label.as_str(), row.text.as_str()));
    let places = Rows::of(screen, texts);
    let mut y = 0;
    for row in rows {
        drawing.linked(&row.link, &format!("{} {}", row.label, row.text), |drawing| {
            let label = fitted(&row.label, places.room(screen, &row.text));
            drawing.text("label", Anchor::Start, (0, y + 16), &label);
            drawing.text("figure", Anchor::End, (width, y + places.figures), &row.text);
        });
        let (top, bottom) = (y + places.bar, y + places.bar + PLOT);
        for (number, column) in (0..).zip(&row.columns) {
            if column.value > 0 {
                draw_column(
                    &mut drawing,
                    row.class,
                    column,
                    (number * stride, top, stride),
                    highest,
                );
            }
        }
        drawing.line("axis", (0, bottom), (width, bottom));
        y = bottom + GAP;
    }
    draw_months(&mut drawing, months, stride, y + 14);
    drawing.finish(caption, screen, y + FOOT)
}

/// A column that is linked in its whole height, so that a small one is met too.
fn draw_column(
    drawing: &mut Drawing,
    class: &str,
    column: &Column,
    (x, top, stride): (i64, i64, i64),
    highest: i64,
) {
    drawing.linked(&column.link, &column.text, |drawing| {
        let slot = Rectangle { x, y: top, width: stride - 1, height: PLOT };
        drawing.shaded("slot", slot, 0);
        let height = scaled(column.value, highest, PLOT).max(1);
        let side = stride / 8;
        let at =
            Rectangle { x: x + side, y: top + PLOT - height, width: stride - 1 - 2 * side, height };
        drawing.rectangle(class, at);
    });
}

/// Names as many months as there is room for, the first always.
fn draw_months(drawing: &mut Drawing, months: &[String], stride: i64, y: i64) {
    let widest = months.iter().map(|month| width_of(month)).max().unwrap_or(0);
    let step = usize::try_from((widest + 8) / stride.max(1) + 1).unwrap_or(1);
    for (number, month) in (0..).zip(months).step_by(step) {
        drawing.text("label", Anchor::Start, (number * stride, y), month);
    }
}
