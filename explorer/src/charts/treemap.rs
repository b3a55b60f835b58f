//! Rectangles in proportion to amounts, as square as can be (Bruls, Huizing, van Wijk:
//! Squarified Treemaps), in integers.

use super::svg::{Anchor, Drawing, Rectangle, fitted, width_of};
use super::{Caption, Screen};

/// One rectangle's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is of.
    pub label: String,
    /// Its figure in words.
    pub text: String,
    /// How much; nothing and less is left out.
    pub value: i64,
    /// Where the level below stands.
    pub link: String,
    /// Its class in the stylesheet.
    pub class: &'static str,
}

/// Draws items, the largest first whatever their order.
pub fn draw(caption: &Caption, screen: Screen, items: &[Item]) -> String {
    let height = match screen {
        Screen::Wide => 420,
        Screen::Narrow => 480,
    };
    let mut sorted: Vec<&Item> = items.iter().filter(|item| item.value > 0).collect();
    sorted.sort_by(|left, right| right.value.cmp(&left.value).then(left.label.cmp(&right.label)));
    let values: Vec<i64> = sorted.iter().map(|item| item.value).collect();
    let area = Rectangle { x: 0, y: 0, width: screen.width(), height };
    let mut drawing = Drawing::default();
    for (item, at) in sorted.into_iter().zip(layout(&values, area)) {
        drawing.linked(&item.link, &format!("{} {}", item.label, item.text), |drawing| {
            drawing.shaded(&format!("tile {}", item.class), at, 30);
            let room = at.width - 10;
            if at.height >= 24 && room > 0 {
                let label = fitted(&item.label, room);
                drawing.text("label", Anchor::Start, (at.x + 5, at.y + 20), &label);
            }
            if at.height >= 46 && width_of(&item.text) <= room {
                drawing.text("figure", Anchor::Start, (at.x + 5, at.y + 40), &item.text);
            }
        });
    }
    drawing.finish(caption, screen, height)
}

/// Rectangles in proportion to `values`, which are positive and descend. They cover `area` without
/// overlap; what is too small for a unit gets an empty one.
pub fn layout(values: &[i64], area: Rectangle) -> Vec<Rectangle> {
    let mut rest = area;
    let mut places = Vec::with_capacity(values.len());
    let mut left = values;
    while !left.is_empty() {
        let whole = sum(left);
        let side = rest.width.min(rest.height);
        let count = row_length(left, whole, rest, side);
        let (row, behind) = left.split_at(count);
        let row_sum = sum(row);
        // The last row takes what rounding has left over.
        let long = rest.width.max(rest.height);
        let thickness = if behind.is_empty() { long } else { part(row_sum, whole, long) };
        let (mut before, mut start) = (0, 0);
        for value in row {
            before += i128::from(*value);
            let end = part(before, row_sum, side);
            places.push(placed(rest, start, end - start, thickness));
            start = end;
        }
        rest = cut(rest, thickness);
        left = behind;
    }
    places
}

fn sum(values: &[i64]) -> i128 {
    values.iter().map(|value| i128::from(*value)).sum()
}

fn part(part: i128, whole: i128, length: i64) -> i64 {
    let exact = part * i128::from(length) / whole.max(1);
    i64::try_from(exact).unwrap_or(length).clamp(0, length)
}

/// A place in a row along the shorter side of `rest`.
fn placed(rest: Rectangle, start: i64, length: i64, thickness: i64) -> Rectangle {
    let Rectangle { x, y, width, height } = rest;
    if width >= height {
        Rectangle { x, y: y + start, width: thickness, height: length }
    } else {
        Rectangle { x: x + start, y, width: length, height: thickness }
    }
}

fn cut(rest: Rectangle, thickness: i64) -> Rectangle {
    let Rectangle { x, y, width, height } = rest;
    if width >= height {
        Rectangle { x: x + thickness, width: width - thickness, ..rest }
    } else {
        Rectangle { y: y + thickness, height: height - thickness, ..rest }
    }
}

/// How many values the next row takes: one more as long as its worst rectangle gets no longer.
fn row_length(values: &[i64], whole: i128, rest: Rectangle, side: i64) -> usize {
    let area = i128::from(rest.width) * i128::from(rest.height);
    let side = i128::from(side);
    // The worst ratio of sides in a row, in thousandths.
    let worst = |row: &[i64]| -> i128 {
        let scaled = |value: i128| (value * area / whole.max(1)).max(1);
        let row_area = scaled(sum(row));
        let ratio = |value: &i64| {
            let area = scaled(i128::from(*value));
            let (wide, high) = (side * side * area, row_area * row_area);
            (wide.max(high) * 1_000) / wide.min(high).max(1)
        };
        row.iter().map(ratio).max().unwrap_or(0)
    };
    let mut count = 1;
    while count < values.len() && worst(&values[..count + 1]) <= worst(&values[..count]) {
        count += 1;
    }
    count
}
