//! How far each of several things is, beside how far it should be.

use super::svg::{Anchor, Drawing, Rectangle, fitted};
use super::{BAR, Caption, Rows, Screen, scaled};

const HEAD: i64 = 26;

/// Basis points in a whole.
pub const WHOLE: i64 = 10_000;

/// How far one thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What it is of.
    pub label: String,
    /// The figures in words.
    pub text: String,
    /// Where they come from; empty if nowhere.
    pub link: String,
    /// How far, in basis points.
    pub points: i64,
}

/// How far all should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it says.
    pub label: String,
    /// Where it stands, in basis points.
    pub points: i64,
}

/// Draws progress. The mark is a line with its name above, so it needs no colour.
pub fn draw(caption: &Caption, screen: Screen, rows: &[Progress], mark: Option<&Mark>) -> String {
    let mut drawing = Drawing::default();
    let width = screen.width();
    let texts = rows.iter().map(|row| (row.label.as_str(), row.text.as_str()));
    let places = Rows::of(screen, texts);
    let mut y = if mark.is_some() { HEAD } else { 0 };
    for row in rows {
        let name = format!("{} {}", row.label, row.text);
        drawing.linked(&row.link, &name, |drawing| {
            let room = places.room(screen, &row.text);
            drawing.text("label", Anchor::Start, (0, y + 16), &fitted(&row.label, room));
            places.figures(drawing, screen, y, &row.text);
            let track = Rectangle { x: 0, y: y + places.bar, width, height: BAR };
            drawing.rectangle("track", track);
            let done = scaled(row.points, WHOLE, width);
            drawing.rectangle("s1", Rectangle { width: done, ..track });
        });
        y += places.stride;
    }
    if let Some(mark) = mark {
        let x = scaled(mark.points, WHOLE, width);
        let anchor = if x * 2 > width { Anchor::End } else { Anchor::Start };
        drawing.text("figure", anchor, (x, 14), &mark.label);
        for row in 0..i64::try_from(rows.len()).unwrap_or(0) {
            // It begins with the bar: above it are the figures, which it would strike through.
            let top = HEAD + row * places.stride + places.bar;
            drawing.line("mark", (x, top), (x, top + BAR + 3));
        }
    }
    drawing.finish(caption, screen, y.max(1))
}
