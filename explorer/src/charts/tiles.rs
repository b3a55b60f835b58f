//! Places as tiles of equal size that lie about as the places do. No borders are drawn: a map
//! needs an approved base.

use super::svg::{Anchor, Drawing, Rectangle, fitted, width_of};
use super::{Caption, Screen, scaled};

const GAP: i64 = 6;
const HEIGHT: i64 = 72;

/// The faintest and the strongest shade of a tile, in percent: text on both is read.
const SHADES: (i64, i64) = (6, 40);

/// A tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Its place from the left, counted in tiles.
    pub column: i64,
    /// Its place from above.
    pub row: i64,
    /// What it is of.
    pub label: String,
    /// Its figure in words.
    pub text: String,
    /// How much, for its shade.
    pub value: i64,
    /// Where more about it stands.
    pub link: String,
}

/// Draws tiles; the shade repeats what the figure says.
pub fn draw(caption: &Caption, screen: Screen, tiles: &[Tile]) -> String {
    let mut drawing = Drawing::default();
    let columns = tiles.iter().map(|tile| tile.column + 1).max().unwrap_or(1);
    let rows = tiles.iter().map(|tile| tile.row + 1).max().unwrap_or(1);
    let most = tiles.iter().map(|tile| tile.value).max().unwrap_or(0);
    // Wide screens need no tiles larger than these.
    let width = (screen.width() + GAP).min(columns * 180) / columns - GAP;
    for tile in tiles {
        let x = tile.column * (width + GAP);
        let y = tile.row * (HEIGHT + GAP);
        drawing.linked(&tile.link, &format!("{} {}", tile.label, tile.text), |drawing| {
            let shade = SHADES.0 + scaled(tile.value, most, SHADES.1 - SHADES.0);
            let at = Rectangle { x, y, width, height: HEIGHT };
            drawing.shaded("tile s1", at, shade);
            let middle = x + width / 2;
            drawing.text("label", Anchor::Middle, (middle, y + 30), &fitted(&tile.label, width));
            // A figure that is cut would be another figure.
            if width_of(&tile.text) <= width {
                drawing.text("figure", Anchor::Middle, (middle, y + 52), &tile.text);
            }
        });
    }
    drawing.finish(caption, screen, rows * (HEIGHT + GAP) - GAP)
}
