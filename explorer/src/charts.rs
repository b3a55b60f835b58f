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
pub mod months;
pub mod progress;
pub mod qr;
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

/// A drawing below the answer that it gives.
pub fn figure(caption: &Caption, drawn: &str) -> String {
    let title = svg::escape(&caption.title);
    format!("<figure><figcaption>{title}</figcaption>{drawn}</figure>\n")
}

/// Rows of a label and its figures: above a bar of this height, side by side if all fit, or else
/// one below the other, and figures that are wider than the screen in lines of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rows {
    /// From one row to the next.
    stride: i64,
    /// Where the baseline of the figures' first line is, below the row's top.
    figures: i64,
    /// Where the bar begins.
    bar: i64,
}

/// How high a bar is.
const BAR: i64 = 18;

/// From one line of figures to the next.
const LINE: i64 = 20;

impl Rows {
    fn of<'a>(screen: Screen, texts: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Self {
        let fits = |(label, figures): (&str, &str)| {
            svg::width_of(label) + svg::width_of(figures) + 8 <= screen.width()
        };
        // A long label is cut on wide screens; figures never are.
        if screen == Screen::Wide || texts.clone().all(fits) {
            return Self { stride: 50, figures: 16, bar: 22 };
        }
        let lines = texts.map(|(_, figures)| lines(screen, figures).len()).max().unwrap_or(1);
        let more = LINE * i64::try_from(lines.saturating_sub(1)).unwrap_or(0);
        Self { stride: 70 + more, figures: 36, bar: 42 + more }
    }

    /// Writes the figures of the row that begins at `y`, at its right end.
    fn figures(self, drawing: &mut svg::Drawing, screen: Screen, y: i64, figures: &str) {
        let mut baseline = y + self.figures;
        for line in lines(screen, figures) {
            let place = (screen.width(), baseline);
            drawing.text("figure", svg::Anchor::End, place, line);
            baseline += LINE;
        }
    }

    /// How much room a label has beside its figures.
    fn room(self, screen: Screen, figures: &str) -> i64 {
        let beside = if self.figures == 16 { svg::width_of(figures) + 8 } else { 0 };
        screen.width() - beside
    }
}

/// Figures in as many lines as they need, broken where the next figure begins.
fn lines(screen: Screen, figures: &str) -> Vec<&str> {
    if svg::width_of(figures) <= screen.width() {
        return vec![figures];
    }
    figures.split(" · ").collect()
}

/// `part` of `whole`, scaled to `length`; 0 where there is no whole. Never outside of `length`.
pub fn scaled(part: i64, whole: i64, length: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let exact = i128::from(part.max(0)) * i128::from(length) / i128::from(whole);
    i64::try_from(exact).unwrap_or(length).clamp(0, length)
}
