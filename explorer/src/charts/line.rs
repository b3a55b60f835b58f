//! Lines over months.

use super::svg::{Anchor, Drawing};
use super::{Caption, Screen, scaled};

const TOP: i64 = 30;
const PLOT: i64 = 200;
const FOOT: i64 = 26;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// What it is of, written at its end.
    pub name: String,
    /// One value a step, from the first on; it may end early.
    pub values: Vec<i64>,
    /// What each value is in words.
    pub texts: Vec<String>,
    /// Its class in the stylesheet, which gives it a dash of its own too.
    pub class: &'static str,
}

/// Draws lines over `steps`, from nothing to `ceiling`, which stands at the top as `ceiling_text`.
pub fn draw(
    caption: &Caption,
    screen: Screen,
    steps: &[String],
    ceiling: (i64, &str),
    series: &[Series],
) -> String {
    let mut drawing = Drawing::default();
    let width = screen.width();
    let (left, right) = (6, width - 6);
    let last = i64::try_from(steps.len().saturating_sub(1)).unwrap_or(0);
    let bottom = TOP + PLOT;
    let across = |step: usize| {
        let step = i64::try_from(step).unwrap_or(last);
        left + scaled(step, last.max(1), right - left)
    };
    let up = |value: i64| bottom - scaled(value, ceiling.0, PLOT);
    drawing.line("axis", (left, bottom), (right, bottom));
    drawing.line("grid", (left, TOP), (right, TOP));
    drawing.text("figure", Anchor::Start, (left, TOP - 8), ceiling.1);
    for one in series {
        let mut data = String::new();
        for (step, value) in one.values.iter().enumerate() {
            let verb = if step == 0 { 'M' } else { 'L' };
            data.push_str(&format!("{verb}{} {}", across(step), up(*value)));
        }
        drawing.path(one.class, &data);
        for (step, (value, text)) in one.values.iter().zip(&one.texts).enumerate() {
            drawing.dot(one.class, (across(step), up(*value)), text);
        }
        if let Some((step, value)) = one.values.iter().enumerate().next_back() {
            let (x, y) = (across(step), up(*value));
            let anchor = if x * 2 > width { Anchor::End } else { Anchor::Start };
            drawing.text("label", anchor, (x, (y - 10).max(14)), &one.name);
        }
    }
    let ends = [(0, Anchor::Start), (steps.len().saturating_sub(1), Anchor::End)];
    for (step, anchor) in ends {
        let name = steps.get(step).map_or("", String::as_str);
        drawing.text("label", anchor, (across(step), bottom + 18), name);
    }
    drawing.finish(caption, screen, bottom + FOOT)
}
