//! The list of a county's enrolled tags in one programme and year, as a tree that only grows: who
//! has its top nodes can append to it and name its root, without the tags before.

use super::domain::{EnrolmentLeaf, EnrolmentRoot};
use super::enrolment::Tag;
use super::tree::{self, BATCH_LEAVES_MAX, Node};

/// The node of the tag at `index`, from 0.
pub fn leaf(index: u32, tag: &Tag) -> Node {
    EnrolmentLeaf::of_prefixed(&[&index.to_le_bytes(), &tag.0.0]).0
}

/// The root of a list of `length` tags with this top; of none, over nothing.
fn root(length: u32, top: Option<Node>) -> EnrolmentRoot {
    EnrolmentRoot::of_prefixed(&[&length.to_le_bytes(), &top.unwrap_or_default()])
}

/// The root of a whole list.
pub fn root_of(tags: &[Tag]) -> EnrolmentRoot {
    let leaves: Vec<Node> = (0..).zip(tags).map(|(index, tag)| leaf(index, tag)).collect();
    root(u32::try_from(tags.len()).unwrap_or(u32::MAX), tree::top(&leaves))
}

/// A list without its tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFrontier {
    length: u32,
    /// The tops of full subtrees, the largest first: one for each binary one of the length.
    peaks: Vec<Node>,
}

impl ListFrontier {
    /// The frontier of `length` tags with these tops; none if the tops are not as many as a list of
    /// that length has.
    pub fn new(length: u32, peaks: Vec<Node>) -> Option<Self> {
        let fits = length <= BATCH_LEAVES_MAX && peaks.len() == length.count_ones() as usize;
        fits.then_some(Self { length, peaks })
    }

    /// How many tags the list has.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// The tops of full subtrees, the largest first.
    pub fn peaks(&self) -> &[Node] {
        &self.peaks
    }

    /// Appends a tag; its index. None if the list is as long as a batch may be, and then nothing
    /// has changed.
    pub fn append(&mut self, tag: &Tag) -> Option<u32> {
        let index = self.length;
        if index >= BATCH_LEAVES_MAX {
            return None;
        }
        let mut node = leaf(index, tag);
        // Each one at the low end of the length is a full subtree that the new one completes.
        for _ in 0..index.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = tree::parent(&left, &node);
            }
        }
        self.peaks.push(node);
        self.length = index + 1;
        Some(index)
    }

    /// The root, the same as [`root_of`] has for the tags.
    pub fn root(&self) -> EnrolmentRoot {
        let right_to_left = self.peaks.iter().rev().copied();
        root(self.length, right_to_left.reduce(|right, left| tree::parent(&left, &right)))
    }
}
