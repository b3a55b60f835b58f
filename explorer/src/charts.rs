//! Charts as SVG text, drawn by pure functions.
//!
//! **Invariants.** Geometry is integers only, so that the same figures give the same bytes. No
//! style attribute: colours are classes of the stylesheet, which knows light, dark and print. What
//! a colour says is said in words on the mark too. Text is text, every text is escaped here. A
//! chart never stands alone: its page has a table of the same figures, which is the truth.
//!
//! A chart is drawn twice, wide and narrow, and the stylesheet shows one of them. One with links
//! in it is a `group`, not an `img`: screen readers would hide the links of an image.

pub mod bar;
pub mod line;
pub mod progress;
pub mod sankey;
pub mod svg;
pub mod tiles;
pub mod treemap;

/// For which screens a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Tablets, desktops, paper.
    Wide,
    /// Telephones.
    Narrow,
}

impl Screen {
    /// Its width in units of the drawing, which are about CSS pixels.
    pub const fn width(self) -> i64 {
        match self {
            Self::Wide => 880,
            Self::Narrow => 340,
        }
    }

    /// Its class in the stylesheet.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide-screen",
            Self::Narrow => "narrow-screen",
        }
    }
}

/// What a chart is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// A name of its own on the page: ASCII letters.
    pub id: &'static str,
    /// The answer that it gives, in one line.
    pub title: String,
    /// What is drawn, for those who do not see it.
    pub description: String,
}

/// Draws a chart for every screen.
pub fn screens(draw: impl Fn(Screen) -> String) -> String {
    [Screen::Wide, Screen::Narrow].map(draw).concat()
}

/// `part` of `whole`, scaled to `length`; 0 where there is no whole. Never outside of `length`.
pub fn scaled(part: i64, whole: i64, length: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let exact = i128::from(part.max(0)) * i128::from(length) / i128::from(whole);
    i64::try_from(exact).unwrap_or(length).clamp(0, length)
}
