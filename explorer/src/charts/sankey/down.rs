//! The same money from above to below, on a telephone. A strip of numbered places stands for each
//! column, and below the picture every number has its name and its figure.

use super::super::svg::{Anchor, Drawing, Rectangle, fitted, width_of};
use super::super::{Caption, Screen, scaled};
use super::{Band, Column, Laid, Node, laid, total};

/// How wide all the money is together. Room is left for the gaps of a column, and for places too
/// thin for a unit.
const PLOT: i64 = 304;
const GAP: i64 = 2;
const HEAD: i64 = 22;
const STRIP: i64 = 26;
/// From one strip to the next.
const STRIDE: i64 = 110;
/// A name with its figure beside it, and below it.
const ROWS: (i64, i64) = (28, 48);

pub(super) fn draw(caption: &Caption, columns: &[Column], bands: &[Band]) -> String {
    let whole = columns.iter().map(total).max().unwrap_or(0);
    let places: Vec<Vec<Rectangle>> = (0..)
        .zip(columns)
        .map(|(number, column)| places(column, HEAD + number * STRIDE, whole))
        .collect();
    let mut drawing = Drawing::default();
    for laid in laid(columns, bands) {
        draw_band(&mut drawing, columns, &laid, &places, whole);
    }
    let mut y = 0;
    for (column, places) in columns.iter().zip(&places) {
        drawing.text("head over", Anchor::Start, (0, y + 15), &column.name);
        for ((number, node), at) in (1..).zip(&column.nodes).zip(places) {
            draw_place(&mut drawing, column.class, number, node, *at);
        }
        y += STRIDE;
    }
    // No flow leaves the last strip.
    y = (y - STRIDE + HEAD + STRIP).max(0);
    for column in columns {
        y += HEAD;
        drawing.text("head", Anchor::Start, (0, y), &column.name);
        y += 6;
        for (number, node) in (1..).zip(&column.nodes) {
            y += draw_name(&mut drawing, number, node, y);
        }
    }
    drawing.finish(caption, Screen::Narrow, y.max(1))
}

fn places(column: &Column, y: i64, whole: i64) -> Vec<Rectangle> {
    let mut x = 0;
    let place = |node: &Node| {
        let width = scaled(node.value, whole, PLOT).max(1);
        let at = Rectangle { x, y, width, height: STRIP };
        x += width + GAP;
        at
    };
    column.nodes.iter().map(place).collect()
}

fn draw_band(
    drawing: &mut Drawing,
    columns: &[Column],
    laid: &Laid<'_>,
    places: &[Vec<Rectangle>],
    whole: i64,
) {
    let Laid { band, out, into } = laid;
    let (source, target) = (places[band.stage][band.from], places[band.stage + 1][band.to]);
    let side = |done: i64| scaled(done, whole, PLOT);
    let (a, b) = (source.x + side(out.0), target.x + side(into.0));
    let (c, d) = (source.x + side(out.1), target.x + side(into.1));
    // A band too thin for a unit is drawn as one, so that none is lost.
    let (c, d) = (c.max(a + 1), d.max(b + 1));
    let (y, end) = (source.y + STRIP, target.y);
    let middle = (y + end) / 2;
    drawing.linked(&band.link, &band.text, |drawing| {
        let data = format!(
            "M{a} {y}C{a} {middle} {b} {middle} {b} {end}L{d} {end}C{d} {middle} {c} {middle} \
             {c} {y}Z"
        );
        drawing.path(&format!("band {}", columns[band.stage].class), &data);
    });
}

/// A place of a strip, with as much of its number and name as fits. Its link is beside its name.
fn draw_place(drawing: &mut Drawing, class: &str, number: i64, node: &Node, at: Rectangle) {
    drawing.linked("", &format!("{} {}", node.label, node.text), |drawing| {
        drawing.shaded(&format!("tile {class}"), at, 30);
        let (short, long) = (number.to_string(), format!("{number} {}", node.label));
        let fits = |text: &String| width_of(text) + 4 <= at.width;
        let text = [long, short].into_iter().find(fits).unwrap_or_default();
        drawing.text("label", Anchor::Start, (at.x + 2, at.y + 18), &text);
    });
}

/// A number with its name and figure; how high that is.
fn draw_name(drawing: &mut Drawing, number: i64, node: &Node, y: i64) -> i64 {
    let width = Screen::Narrow.width();
    let name = format!("{number} {}", node.label);
    let is_beside = width_of(&name) + width_of(&node.text) + 8 <= width;
    let height = if is_beside { ROWS.0 } else { ROWS.1 };
    drawing.linked(&node.link, &format!("{} {}", node.label, node.text), |drawing| {
        // A finger need not hit a letter.
        drawing.shaded("slot", Rectangle { x: 0, y, width, height: height - 2 }, 0);
        drawing.text("label", Anchor::Start, (0, y + 18), &fitted(&name, width));
        drawing.text("figure", Anchor::End, (width, y + height - 10), &node.text);
    });
    height
}
