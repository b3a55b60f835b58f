//! Whole-table checks of enrolments, for tests, audits and `testnet check`.

use std::collections::BTreeMap;

use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::subsidy::encoding::EncodingError;
use minglian_ledger::subsidy::enrolment::Tag;
use minglian_ledger::subsidy::enrolment_list::ListFrontier;
use minglian_ledger::subsidy::threshold::{KeyPurpose, ThresholdError};

use super::entry::{TAGS, TagPlace};
use super::key::THRESHOLD_KEYS;
use super::list::{LISTS, ListName, ROOTS, TENURES};

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// What breaks an invariant.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentViolation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// Two tags stand at one place.
    #[error("two tags have index {0} of list {1:?}")]
    Place(u32, ListName),
    /// A list has other tags than indexes, less those that were left.
    #[error("list {0:?} of {1} has {2} tags and {3} that left")]
    Count(ListName, u32, u32, u32),
    /// The root is not that of the tops, or is not kept for its length.
    #[error("the root of list {0:?} is not its own")]
    Root(ListName),
    /// A key's record cannot be one.
    #[error("the key for {0:?}: {1}")]
    Key(KeyPurpose, ThresholdError),
    /// A tag is no point.
    #[error("a tag is no point: {0}")]
    Tag(EncodingError),
}

/// Checks every list, tag and key; returns how many tags there are.
///
/// # Errors
/// The first [`EnrolmentViolation`].
pub fn check_enrolments(reader: &dyn StateRead) -> Result<usize, EnrolmentViolation> {
    for (purpose, record) in THRESHOLD_KEYS.scan(reader, &(), None, PAGE)? {
        record.key.check().map_err(|error| EnrolmentViolation::Key(purpose, error))?;
    }
    let (places, count) = places(reader)?;
    let mut after = None;
    loop {
        let page = LISTS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(*last);
        for (name, list) in page {
            let frontier = ListFrontier::new(list.length, list.peaks.clone());
            let kept = ROOTS.get(reader, &(name, list.length))?.map(|kept| kept.root);
            let root = frontier.map(|frontier| frontier.root().0);
            if root != Some(list.root) || kept != Some(list.root) {
                return Err(EnrolmentViolation::Root(name));
            }
            let tenures = TENURES.scan(reader, &name, None, PAGE)?;
            let left = tenures.iter().filter(|(_, tenure)| tenure.until.is_some()).count();
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            let tags = places.get(&name).map_or(0, BTreeMap::len);
            let tags = u32::try_from(tags).unwrap_or(u32::MAX);
            if tags.checked_add(left) != Some(list.length) {
                return Err(EnrolmentViolation::Count(name, list.length, tags, left));
            }
        }
    }
}

type Places = BTreeMap<ListName, BTreeMap<u32, Tag>>;

/// The tags by list and index.
fn places(reader: &dyn StateRead) -> Result<(Places, usize), EnrolmentViolation> {
    let (mut places, mut count, mut after) = (Places::new(), 0, None);
    loop {
        let page = TAGS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok((places, count)) };
        after = Some(*last);
        for ((_, epoch, tag), TagPlace { county, programme, index }) in page {
            tag.0.point().map_err(EnrolmentViolation::Tag)?;
            let name = ListName { county, programme, epoch };
            if places.entry(name).or_default().insert(index, tag).is_some() {
                return Err(EnrolmentViolation::Place(index, name));
            }
            count += 1;
        }
    }
}
