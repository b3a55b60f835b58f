//! Bars one below the other, each of one or more parts.

use super::svg::{Anchor, Drawing, Rectangle, fitted};
use super::{BAR, Caption, Rows, Screen, scaled};

/// A part of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How much.
    pub value: i64,
    /// Its class in the stylesheet.
    pub class: &'static str,
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// Its figures in words.
    pub text: String,
    /// Where its entries stand; empty if nowhere.
    pub link: String,
    /// Its parts from left to right.
    pub parts: Vec<Part>,
}

impl Bar {
    fn whole(&self) -> i64 {
        self.parts.iter().map(|part| part.value.max(0)).sum()
    }
}

/// Draws bars; the longest takes the whole width.
pub fn draw(caption: &Caption, screen: Screen, bars: &[Bar]) -> String {
    let mut drawing = Drawing::default();
    let longest = bars.iter().map(Bar::whole).max().unwrap_or(0);
    let texts = bars.iter().map(|bar| (bar.label.as_str(), bar.text.as_str()));
    let rows = Rows::of(screen, texts);
    let mut y = 0;
    for bar in bars {
        let name = format!("{} {}", bar.label, bar.text);
        drawing.linked(&bar.link, &name, |drawing| {
            let width = screen.width();
            let room = rows.room(screen, &bar.text);
            drawing.text("label", Anchor::Start, (0, y + 16), &fitted(&bar.label, room));
            rows.figures(drawing, screen, y, &bar.text);
            let (mut before, mut x) = (0, 0);
            for part in &bar.parts {
                before += part.value.max(0);
                let end = scaled(before, longest, width);
                let at = Rectangle { x, y: y + rows.bar, width: end - x, height: BAR };
                drawing.rectangle(part.class, at);
                x = end;
            }
        });
        y += rows.stride;
    }
    drawing.finish(caption, screen, y.max(1))
}
