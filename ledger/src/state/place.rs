//! Where a bucket stands: the bits with which the hashed keys of its entries begin.
//!
//! A bucket at the top shares [`BUCKET_BITS`] bits. One that has split has sixteen parts, each of
//! which shares [`SPLIT_BITS`] bits more, and a part may split again.

use std::fmt;

use crate::hash::StateKeyHash;

/// How many leading bits of the key hash choose the bucket at the top.
pub const BUCKET_BITS: u32 = 20;
/// How many buckets there are at the top.
pub const BUCKETS: u32 = 1 << BUCKET_BITS;
/// How many bits more choose the part of a split bucket.
pub const SPLIT_BITS: u32 = 4;
/// How many parts a split bucket has.
pub const PARTS: usize = 1 << SPLIT_BITS;
/// How often a bucket splits at most: then its keys share 64 bits, which nobody can arrange for
/// more entries than a bucket holds.
pub const SPLITS_MAX: usize = 11;

const PREFIX_BITS: u32 = 64;

/// The place of a bucket. The order is that of the keys; a bucket stands before its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The shared bits, from the highest on; the others are zero.
    prefix: u64,
    splits: u8,
}

impl Place {
    /// The bucket at the top with this number, below [`BUCKETS`].
    pub fn top(index: u32) -> Self {
        Self { prefix: u64::from(index) << (PREFIX_BITS - BUCKET_BITS), splits: 0 }
    }

    /// The bucket at the top to which a key belongs.
    pub fn of(key: &StateKeyHash) -> Self {
        Self::top((leading(key) >> (PREFIX_BITS - BUCKET_BITS)) as u32)
    }

    /// The number of the bucket at the top that this is, or of which this is a part.
    pub fn index(&self) -> u32 {
        (self.prefix >> (PREFIX_BITS - BUCKET_BITS)) as u32
    }

    /// How many splits are above.
    pub fn splits(&self) -> usize {
        self.splits.into()
    }

    /// Whether the bucket here may split.
    pub fn can_split(&self) -> bool {
        self.splits() < SPLITS_MAX
    }

    /// The part with this number, below [`PARTS`], of the bucket here, which can split.
    pub fn part(&self, number: usize) -> Self {
        Self {
            prefix: self.prefix | (number as u64) << part_shift(self.splits()),
            splits: self.splits + 1,
        }
    }

    /// The part of the bucket here, which can split, to which a key of it belongs.
    pub fn part_of(&self, key: &StateKeyHash) -> usize {
        part_number(key, self.splits())
    }

    /// Whether the key belongs to the bucket here.
    pub fn holds(&self, key: &StateKeyHash) -> bool {
        let shared = BUCKET_BITS + SPLIT_BITS * u32::from(self.splits);
        leading(key) & (u64::MAX << (PREFIX_BITS - shared)) == self.prefix
    }

    /// The name under which the bucket is stored: the number at the top in 4 bytes, big-endian,
    /// then a byte for each split, the number of the part.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.index().to_be_bytes().to_vec();
        bytes.extend(self.parts().map(|number| number as u8));
        bytes
    }

    /// The numbers of the parts that lead from the top to here.
    fn parts(&self) -> impl Iterator<Item = usize> {
        let prefix = self.prefix;
        (0..self.splits()).map(move |split| (prefix >> part_shift(split)) as usize % PARTS)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.index())?;
        self.parts().try_for_each(|number| write!(formatter, "/{number:x}"))
    }
}

/// The part to which a key belongs in a bucket below so many splits, fewer than [`SPLITS_MAX`].
pub fn part_number(key: &StateKeyHash, splits: usize) -> usize {
    (leading(key) >> part_shift(splits)) as usize % PARTS
}

/// How far the number of a part is from the lowest bit, in a bucket below so many splits.
fn part_shift(splits: usize) -> u32 {
    PREFIX_BITS - BUCKET_BITS - SPLIT_BITS * (splits as u32 + 1)
}

fn leading(key: &StateKeyHash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = key.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
