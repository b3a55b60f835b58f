//! Money from column to column: bands as thick as their amounts. Wide screens have the columns side
//! by side, telephones one below the other.

mod down;

use super::svg::{Anchor, Drawing, Rectangle, fitted, width_of};
use super::{Caption, Screen, scaled};

/// How thick all the money is together.
const PLOT: i64 = 300;
/// The least height of a node's place: two lines of text.
const SLOT_MIN: i64 = 40;
const GAP: i64 = 8;
const HEAD: i64 = 30;
const NODE: i64 = 12;
/// Room for the labels of the last column.
const TAIL: i64 = 150;

/// A place through which money goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub label: String,
    /// How much in words.
    pub text: String,
    /// Where it is listed.
    pub link: String,
    /// How much: the sum of its bands on either side.
    pub value: i64,
}

/// Nodes of the same kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What kind.
    pub name: String,
    /// From above.
    pub nodes: Vec<Node>,
    /// The class of its nodes and of the bands that leave them.
    pub class: &'static str,
}

/// Money from a node of one column to a node of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// The column that it leaves.
    pub stage: usize,
    /// The node that it leaves.
    pub from: usize,
    /// The node of the next column that it reaches.
    pub to: usize,
    /// How much.
    pub value: i64,
    /// All of it in words.
    pub text: String,
    /// Where its entries are listed.
    pub link: String,
}

/// Draws columns and bands.
pub fn draw(caption: &Caption, screen: Screen, columns: &[Column], bands: &[Band]) -> String {
    match screen {
        Screen::Wide => across(caption, columns, bands),
        Screen::Narrow => down::draw(caption, columns, bands),
    }
}

fn across(caption: &Caption, columns: &[Column], bands: &[Band]) -> String {
    let screen = Screen::Wide;
    let whole = columns.iter().map(total).max().unwrap_or(0);
    let stride = (screen.width() - TAIL) / i64::try_from(columns.len().max(2) - 1).unwrap_or(1);
    let places: Vec<Vec<Rectangle>> =
        (0..).zip(columns).map(|(number, column)| places(column, number * stride, whole)).collect();
    let mut drawing = Drawing::default();
    draw_bands(&mut drawing, columns, bands, &places, whole);
    for (column, places) in columns.iter().zip(&places) {
        let x = places.first().map_or(0, |place| place.x);
        drawing.text("head", Anchor::Start, (x, 14), &fitted(&column.name, stride));
        for (node, at) in column.nodes.iter().zip(places) {
            drawing.linked(&node.link, &format!("{} {}", node.label, node.text), |drawing| {
                drawing.rectangle(column.class, *at);
                let (x, room) = (at.x + NODE + 6, stride.min(TAIL) - NODE - 6);
                let label = fitted(&node.label, room.max(TAIL - NODE - 6));
                drawing.text("label over", Anchor::Start, (x, at.y + 14), &label);
                if width_of(&node.text) <= room.max(TAIL - NODE - 6) {
                    drawing.text("figure over", Anchor::Start, (x, at.y + 31), &node.text);
                }
            });
        }
    }
    let low = places.iter().filter_map(|column| column.last());
    let height = low.map(|at| at.y + at.height.max(SLOT_MIN)).max().unwrap_or(HEAD);
    drawing.finish(caption, screen, height)
}

fn total(column: &Column) -> i64 {
    column.nodes.iter().map(|node| node.value).sum()
}

fn places(column: &Column, x: i64, whole: i64) -> Vec<Rectangle> {
    let mut y = HEAD;
    let mut places = Vec::with_capacity(column.nodes.len());
    for node in &column.nodes {
        let height = scaled(node.value, whole, PLOT).max(1);
        places.push(Rectangle { x, y, width: NODE, height });
        y += height.max(SLOT_MIN) + GAP;
    }
    places
}

/// A band with the money of its nodes that lies before it, and with it.
struct Laid<'a> {
    band: &'a Band,
    /// At the node that it leaves.
    out: (i64, i64),
    /// At the node that it reaches.
    into: (i64, i64),
}

/// Lays bands in the order of their nodes, so that those of a node lie one beside the other on
/// either side. Bands between nodes that are not there are left out.
fn laid<'a>(columns: &[Column], bands: &'a [Band]) -> Vec<Laid<'a>> {
    let is_there =
        |stage: usize, node: usize| columns.get(stage).is_some_and(|it| node < it.nodes.len());
    let known = |band: &&Band| {
        is_there(band.stage, band.from) && is_there(band.stage.saturating_add(1), band.to)
    };
    let mut sorted: Vec<&Band> = bands.iter().filter(known).collect();
    sorted.sort_by_key(|band| (band.stage, band.from, band.to));
    let zeros =
        || -> Vec<Vec<i64>> { columns.iter().map(|column| vec![0; column.nodes.len()]).collect() };
    // What has left and reached each node so far.
    let (mut left, mut reached) = (zeros(), zeros());
    let lay = |band: &'a Band| {
        let out = &mut left[band.stage][band.from];
        let into = &mut reached[band.stage + 1][band.to];
        let before = (*out, *into);
        *out += band.value;
        *into += band.value;
        Laid { band, out: (before.0, *out), into: (before.1, *into) }
    };
    sorted.into_iter().map(lay).collect()
}

fn draw_bands(
    drawing: &mut Drawing,
    columns: &[Column],
    bands: &[Band],
    places: &[Vec<Rectangle>],
    whole: i64,
) {
    for Laid { band, out, into } in laid(columns, bands) {
        let (source, target) = (places[band.stage][band.from], places[band.stage + 1][band.to]);
        let top = |done: i64| scaled(done, whole, PLOT);
        let (a, b) = (source.y + top(out.0), target.y + top(into.0));
        let (c, d) = (source.y + top(out.1), target.y + top(into.1));
        // A band too thin for a unit is drawn as one, so that none is lost.
        let (c, d) = (c.max(a + 1), d.max(b + 1));
        let (x, end) = (source.x + NODE, target.x);
        let middle = (x + end) / 2;
        drawing.linked(&band.link, &band.text, |drawing| {
            let data = format!(
                "M{x} {a}C{middle} {a} {middle} {b} {end} {b}L{end} {d}C{middle} {d} {middle} {c} \
                 {x} {c}Z"
            );
            drawing.path(&format!("band {}", columns[band.stage].class), &data);
        });
    }
}
