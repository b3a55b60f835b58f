//! The elements of a drawing, escaped.

use std::fmt::Write as _;

use super::{Caption, Screen};

/// The height of the letters of labels, in units; the stylesheet has the same.
pub const LETTER: i64 = 14;

/// Where a text begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// It begins at the point.
    Start,
    /// Its middle is at the point.
    Middle,
    /// It ends at the point.
    End,
}

impl Anchor {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rectangle {
    /// Its left side.
    pub x: i64,
    /// Its upper side.
    pub y: i64,
    /// Its width.
    pub width: i64,
    /// Its height.
    pub height: i64,
}

/// An SVG in the making.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    body: String,
    links: usize,
}

/// Escapes a text for content and attributes alike. Characters that no document may hold are
/// left out.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&#38;"),
            '<' => escaped.push_str("&#60;"),
            '>' => escaped.push_str("&#62;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// About how wide a text is: Chinese characters are as wide as high, others narrower.
pub fn width_of(text: &str) -> i64 {
    text.chars().map(|letter| if letter.is_ascii() { LETTER * 6 / 10 } else { LETTER }).sum()
}

/// As much of a text as fits, with an ellipsis if it is cut; empty if not even that fits.
pub fn fitted(text: &str, width: i64) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = width - LETTER;
    for letter in text.chars() {
        room -= if letter.is_ascii() { LETTER * 6 / 10 } else { LETTER };
        if room < 0 {
            break;
        }
        kept.push(letter);
    }
    if kept.is_empty() { kept } else { format!("{kept}…") }
}

impl Drawing {
    /// Draws a rectangle; one without extent is left out.
    pub fn rectangle(&mut self, class: &str, at: Rectangle) {
        let Rectangle { x, y, width, height } = at;
        if width > 0 && height > 0 {
            let _ = write!(
                self.body,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" \
                 height=\"{height}\"/>"
            );
        }
    }

    /// Draws a rectangle in so many percent of its colour.
    pub fn shaded(&mut self, class: &str, at: Rectangle, percent: i64) {
        let Rectangle { x, y, width, height } = at;
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             fill-opacity=\"{percent}%\"/>"
        );
    }

    /// Draws a straight line.
    pub fn line(&mut self, class: &str, from: (i64, i64), to: (i64, i64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = write!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        );
    }

    /// Draws a path whose data are numbers of this program.
    pub fn path(&mut self, class: &str, data: &str) {
        let _ = write!(self.body, "<path class=\"{class}\" d=\"{data}\"/>");
    }

    /// Draws a dot that says what it is when it is pointed at.
    pub fn dot(&mut self, class: &str, at: (i64, i64), title: &str) {
        let ((x, y), title) = (at, escape(title));
        let _ = write!(
            self.body,
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"4\">\
             <title>{title}</title></circle>"
        );
    }

    /// Writes a text, its baseline at the point; an empty one is left out.
    pub fn text(&mut self, class: &str, anchor: Anchor, at: (i64, i64), text: &str) {
        if text.is_empty() {
            return;
        }
        let ((x, y), anchor, text) = (at, anchor.name(), escape(text));
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    /// Draws what `marks` draws as one link, if there is an address. The name is what a pointer
    /// shows and a screen reader says. A link without letters is named by an attribute as well,
    /// because not everything reads titles; beside letters, which may be cut, it would contradict
    /// what is seen.
    pub fn linked(&mut self, address: &str, name: &str, marks: impl FnOnce(&mut Self)) {
        let name = escape(name);
        let mut inside = Self::default();
        marks(&mut inside);
        let (open, close) = match address.is_empty() {
            true => ("<g>".to_owned(), "</g>"),
            false => {
                self.links += 1;
                let has_letters = inside.body.contains("<text ");
                let label =
                    if has_letters { String::new() } else { format!(" aria-label=\"{name}\"") };
                (format!("<a href=\"{}\"{label}>", escape(address)), "</a>")
            }
        };
        self.links += inside.links;
        let _ = write!(self.body, "{open}<title>{name}</title>{}{close}", inside.body);
    }

    /// The whole drawing.
    pub fn finish(self, caption: &Caption, screen: Screen, height: i64) -> String {
        let (width, screen, id) = (screen.width(), screen.name(), caption.id);
        let role = if self.links == 0 { "img" } else { "group" };
        let (title, description) = (escape(&caption.title), escape(&caption.description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart {screen}\" \
             viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"{role}\" aria-labelledby=\"{id}-{screen}-title {id}-{screen}-text\">\
             <title id=\"{id}-{screen}-title\">{title}</title>\
             <desc id=\"{id}-{screen}-text\">{description}</desc>{}</svg>\n",
            self.body
        )
    }
}
