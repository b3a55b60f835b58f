//! The log as static files: hash tiles and entry bundles of C2SP tlog-tiles
//! (<https://c2sp.org/tlog-tiles>), so that any web cache can serve it and any monitor read it.
//!
//! Paths are relative to the log's prefix and begin with `tile/`. Parsing is strict: a path or a
//! bundle has exactly one text, and everything else is refused.

use std::fmt;
use std::str::FromStr;

use crate::log::tree::NodeSource;
use crate::log::{self, LOG_HASH_BYTES, LogHash};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Levels of the tree between a tile level and the next: a full tile is a perfect tree.
const TILE_HEIGHT: u8 = 8;

/// The highest tile level that a path may name (tlog-tiles).
const MAX_TILE_LEVEL: u8 = 63;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// Hashes of the nodes at tree level 8 × `level`.
    Hashes {
        /// The tile level, 0 (leaf hashes) to 63.
        level: u8,
    },
    /// The leaves themselves.
    Entries,
}

impl Content {
    /// The tree level of the items, 0 to 504.
    fn tree_level(self) -> u32 {
        match self {
            Content::Hashes { level } => u32::from(level) * u32::from(TILE_HEIGHT),
            Content::Entries => 0,
        }
    }

    /// How many items of this kind a log of `size` leaves has: its complete nodes at that level.
    fn items(self, size: u64) -> u64 {
        size.checked_shr(self.tree_level()).unwrap_or(0)
    }
}

/// Names one tile: what it holds, its index from the left, and how many items it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    content: Content,
    index: u64,
    width: u16,
}

/// A tile or bundle that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The text is not the canonical path of a tile.
    #[error("not the path of a tile: {path:?}")]
    Path {
        /// The text as given, cut to 80 characters.
        path: String,
    },
    /// A tile has 1 to 256 items.
    #[error("a tile has 1 to 256 items, not {width}")]
    Width {
        /// The width asked for.
        width: usize,
    },
    /// Tile levels are 0 to 63.
    #[error("a tile's level is 0 to 63, not {level}")]
    Level {
        /// The level asked for.
        level: u8,
    },
    /// The tile reaches beyond the largest log.
    #[error("tile {index} lies beyond the largest log")]
    Index {
        /// The tile index asked for.
        index: u64,
    },
    /// The log of this size has another tile there, or none.
    #[error("{tile} is not a tile of a log of {size} leaves")]
    NotInLog {
        /// The tile asked for.
        tile: Tile,
        /// The log's size in leaves.
        size: u64,
    },
    /// An entry is longer than its two length bytes can say.
    #[error("an entry of {bytes} bytes is longer than 65,535")]
    EntryTooLong {
        /// The entry's length in bytes.
        bytes: usize,
    },
    /// The bytes end before the last item, or go on after it.
    #[error("{bytes} bytes do not hold exactly {width} items")]
    Length {
        /// Bytes given.
        bytes: usize,
        /// Items that the tile has.
        width: u16,
    },
}

/// A hash tile that cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildTileError<E> {
    /// There is no such tile.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The source could not give a node.
    #[error("a node of the log could not be read")]
    Source(#[source] E),
}

impl Tile {
    /// Names a tile, full (`width` 256) or partial (1 to 255).
    pub fn new(content: Content, index: u64, width: u16) -> Result<Self, TileError> {
        if let Content::Hashes { level } = content
            && level > MAX_TILE_LEVEL
        {
            return Err(TileError::Level { level });
        }
        if width == 0 || width > TILE_WIDTH {
            return Err(TileError::Width { width: usize::from(width) });
        }
        if index > log::MAX_LOG_SIZE >> TILE_HEIGHT {
            return Err(TileError::Index { index });
        }
        Ok(Self { content, index, width })
    }

    /// The tile at `index` in a log of `size` leaves: full, or partial if it is the last one.
    /// `None` if the log has no item there.
    pub fn at(content: Content, index: u64, size: u64) -> Option<Self> {
        let first_item = index.checked_mul(u64::from(TILE_WIDTH))?;
        let items = content.items(size).checked_sub(first_item)?;
        let width = u16::try_from(items).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
        Self::new(content, index, width).ok()
    }

    /// What the tile holds.
    pub fn content(&self) -> Content {
        self.content
    }

    /// The tile's index within its level, from the left.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Number of items: 256 in a full tile, fewer in a partial one.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// The index of the tile's first item among the nodes of its level.
    pub fn first_item(&self) -> u64 {
        self.index * u64::from(TILE_WIDTH)
    }

    /// Whether a log of exactly `size` leaves has this tile: it is full there, or partial with this
    /// very width.
    pub fn is_of_size(&self, size: u64) -> bool {
        Self::at(self.content, self.index, size) == Some(*self)
    }

    /// The fewest leaves of a log that has this tile; `None` beyond the largest log.
    ///
    /// A log must go on serving the partial tiles of earlier checkpoints: a server builds a partial
    /// tile at this size once it has seen that its own log is at least as large.
    pub fn least_size(&self) -> Option<u64> {
        let items = self.first_item() + u64::from(self.width);
        let unit = 1_u64.checked_shl(self.content.tree_level())?;
        items.checked_mul(unit).filter(|size| *size <= log::MAX_LOG_SIZE)
    }
}

/// Every tile and bundle that a log of `new` leaves has and a log of `old` leaves has not: what a
/// publisher writes after the log grew. Level by level, then the bundles.
pub fn tiles_between(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let top =
        (0..=MAX_TILE_LEVEL).take_while(move |&level| Content::Hashes { level }.items(new) > 0);
    top.map(|level| Content::Hashes { level }).chain([Content::Entries]).flat_map(move |content| {
        let first = content.items(old) / u64::from(TILE_WIDTH);
        (first..)
            .map_while(move |index| Tile::at(content, index, new))
            .filter(move |tile| !tile.is_of_size(old))
    })
}

/// The bytes of a hash tile of a log of `size` leaves: its hashes, one after the other. A partial
/// tile of another size is refused, see [`Tile::least_size`].
pub fn hash_tile<S: NodeSource>(
    source: &S,
    tile: &Tile,
    size: u64,
) -> Result<Vec<u8>, BuildTileError<S::Error>> {
    let absent = || TileError::NotInLog { tile: *tile, size };
    if !tile.is_of_size(size) || tile.content == Content::Entries {
        return Err(absent().into());
    }
    let level = u8::try_from(tile.content.tree_level()).map_err(|_| absent())?;
    let mut bytes = Vec::with_capacity(usize::from(tile.width) * LOG_HASH_BYTES);
    for item in 0..u64::from(tile.width) {
        let hash = source.node(level, tile.first_item() + item).map_err(BuildTileError::Source)?;
        bytes.extend_from_slice(&hash.0);
    }
    Ok(bytes)
}

/// The hashes in a hash tile of this width.
pub fn parse_hash_tile(bytes: &[u8], width: u16) -> Result<Vec<LogHash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<LOG_HASH_BYTES>();
    if hashes.len() != usize::from(width) || !rest.is_empty() {
        return Err(TileError::Length { bytes: bytes.len(), width });
    }
    Ok(hashes.iter().copied().map(LogHash).collect())
}

/// The bytes of an entry bundle: each leaf after its length in two bytes, big-endian.
pub fn entry_bundle<B: AsRef<[u8]>>(entries: &[B]) -> Result<Vec<u8>, TileError> {
    if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
        return Err(TileError::Width { width: entries.len() });
    }
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len())
            .map_err(|_| TileError::EntryTooLong { bytes: entry.len() })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The leaves in an entry bundle of this width, borrowed from it.
pub fn parse_entry_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let wrong_length = || TileError::Length { bytes: bundle.len(), width };
    let mut rest = bundle;
    let mut entries = Vec::new();
    for _ in 0..width {
        let (length, tail) = rest.split_first_chunk::<2>().ok_or_else(wrong_length)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, tail) = tail.split_at_checked(length).ok_or_else(wrong_length)?;
        entries.push(entry);
        rest = tail;
    }
    if rest.is_empty() { Ok(entries) } else { Err(wrong_length()) }
}

/// `tile/<level or "entries">/<index>[.p/<width>]`, the index in groups of three digits of which
/// all but the last begin with `x`: 1234067 is `x001/x234/067`.
impl fmt::Display for Tile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Hashes { level } => write!(formatter, "tile/{level}/")?,
            Content::Entries => write!(formatter, "tile/entries/")?,
        }
        let groups = self.index.checked_ilog(1000).unwrap_or(0);
        for group in (1..=groups).rev() {
            write!(formatter, "x{:03}/", self.index / 1000_u64.pow(group) % 1000)?;
        }
        write!(formatter, "{:03}", self.index % 1000)?;
        if self.width < TILE_WIDTH {
            write!(formatter, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        // Only the canonical text formats back to itself, so a lenient reader is enough.
        read_path(path)
            .filter(|tile| tile.to_string() == path)
            .ok_or_else(|| TileError::Path { path: path.chars().take(80).collect() })
    }
}

fn read_path(path: &str) -> Option<Tile> {
    let (content, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let content = match content {
        "entries" => Content::Entries,
        level => Content::Hashes { level: level.parse().ok()? },
    };
    let (index_text, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    let mut index = 0_u64;
    for group in index_text.split('/') {
        let number: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(number)?;
    }
    Tile::new(content, index, width).ok()
}
