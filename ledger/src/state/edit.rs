//! What a block's changes make of the pages below one bucket at the top.

use std::collections::BTreeMap;

use crate::hash::StateBucketHash;
use crate::state::bucket::{self, Bucket, Damage, Edit, Entry};
use crate::state::page::{Page, SPLIT_ENTRIES, Split};
use crate::state::place::{PARTS, Place};
use crate::state::{BucketRead, StateError};

/// Collects the pages that change.
pub(super) struct Editor<'a, B> {
    buckets: &'a B,
    /// The new pages with their hashes; one without entries is to be deleted.
    pub(super) pages: BTreeMap<Place, (Page, StateBucketHash)>,
}

impl<'a, B: BucketRead> Editor<'a, B> {
    pub(super) fn new(buckets: &'a B) -> Self {
        Self { buckets, pages: BTreeMap::new() }
    }

    /// Makes `edits`, which ascend strictly by key hash and belong to `place`, where `page` stands.
    /// The hash and the number of entries after it; `None` if nothing changes.
    ///
    /// # Errors
    /// [`StateError`] if a page below cannot be read or is damaged.
    pub(super) fn edit(
        &mut self,
        place: Place,
        page: &Page,
        edits: &[Edit],
    ) -> Result<Option<(StateBucketHash, u64)>, StateError> {
        let after = match page {
            Page::Entries(bucket) => match bucket.edited(edits) {
                Some(after) => self.arranged(place, after),
                None => return Ok(None),
            },
            Page::Split(split) => match self.edit_parts(place, split, edits)? {
                Some(after) if after.count <= SPLIT_ENTRIES as u64 => self.joined(place, &after)?,
                Some(after) => Page::Split(Box::new(after)),
                None => return Ok(None),
            },
        };
        let count = after.count();
        Ok(Some((self.put(place, after), count)))
    }

    fn put(&mut self, place: Place, page: Page) -> StateBucketHash {
        let hash = page.hash();
        self.pages.insert(place, (page, hash));
        hash
    }

    fn edit_parts(
        &mut self,
        place: Place,
        split: &Split,
        edits: &[Edit],
    ) -> Result<Option<Split>, StateError> {
        let mut after = split.clone();
        for group in edits.chunk_by(|left, right| place.part_of(&left.0) == place.part_of(&right.0))
        {
            let number = place.part_of(&group[0].0);
            let part = place.part(number);
            let before = checked_page(self.buckets, part, split.parts[number])?;
            if let Some((hash, count)) = self.edit(part, &before, group)? {
                // Never below nothing: the hash that was checked is over the sum of all parts.
                after.count = after.count.saturating_sub(before.count()) + count;
                after.parts[number] = hash;
            }
        }
        Ok((after != *split).then_some(after))
    }

    /// Entries as a page, in parts if they are too many.
    fn arranged(&mut self, place: Place, bucket: Bucket) -> Page {
        if bucket.entries().len() <= SPLIT_ENTRIES || !place.can_split() {
            return Page::Entries(bucket);
        }
        let mut split = Split { count: bucket.count().into(), parts: [bucket::EMPTY; PARTS] };
        let same_part =
            |left: &Entry, right: &Entry| place.part_of(&left.key) == place.part_of(&right.key);
        for entries in bucket.entries().chunk_by(same_part) {
            let number = place.part_of(&entries[0].key);
            let page = self.arranged(place.part(number), Bucket::of(entries));
            split.parts[number] = self.put(place.part(number), page);
        }
        Page::Split(Box::new(split))
    }

    /// The entries of all parts, each of which has few, as one page; the parts are deleted.
    fn joined(&mut self, place: Place, split: &Split) -> Result<Page, StateError> {
        let mut entries = Vec::with_capacity(SPLIT_ENTRIES);
        for (number, hash) in split.parts.iter().enumerate() {
            let part = place.part(number);
            if *hash == bucket::EMPTY {
                continue;
            }
            let page = match self.pages.insert(part, (Page::empty(), bucket::EMPTY)) {
                Some((page, _)) => page,
                None => checked_page(self.buckets, part, *hash)?,
            };
            let Page::Entries(bucket) = page else {
                let damage = Damage::Count { count: page.count() };
                return Err(StateError::DamagedBucket { place: part, damage });
            };
            entries.extend_from_slice(bucket.entries());
        }
        Ok(Page::Entries(Bucket::of(&entries)))
    }
}

/// Reads the page at `place`, which is not asked for if it is empty, and checks that it has the
/// hash that the tree holds.
pub(super) fn checked_page(
    buckets: &impl BucketRead,
    place: Place,
    expected: StateBucketHash,
) -> Result<Page, StateError> {
    if expected == bucket::EMPTY {
        return Ok(Page::empty());
    }
    checked(place, buckets.bucket(place)?.as_deref(), expected)
}

/// Decodes a page that was read, and checks that it is the one in the tree.
pub(super) fn checked(
    place: Place,
    bytes: Option<&[u8]>,
    expected: StateBucketHash,
) -> Result<Page, StateError> {
    let damaged = |damage| StateError::DamagedBucket { place, damage };
    let bytes = bytes.ok_or_else(|| damaged(Damage::Missing { expected }))?;
    let page = Page::decode(place, bytes).map_err(damaged)?;
    let found = page.hash();
    if found != expected {
        return Err(damaged(Damage::Hash { expected, found }));
    }
    Ok(page)
}
