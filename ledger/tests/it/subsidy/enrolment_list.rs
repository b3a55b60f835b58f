//! A list that only grows comes to the same root as its tags do at once.

use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::enrolment::Tag;
use minglian_ledger::subsidy::enrolment_list::{self, ListFrontier};
use minglian_ledger::subsidy::tree::{self, BATCH_LEAVES_MAX};

fn tag(number: u8) -> Tag {
    Tag(PointBytes([number; 32]))
}

#[test]
fn a_frontier_has_the_root_of_its_tags_at_every_length() {
    let tags: Vec<Tag> = (0..70).map(tag).collect();
    let mut frontier = ListFrontier::default();
    for length in 0..=tags.len() {
        assert_eq!(frontier.root(), enrolment_list::root_of(&tags[..length]), "{length}");
        let again = ListFrontier::new(frontier.length(), frontier.peaks().to_vec());
        assert_eq!(again.as_ref(), Some(&frontier));
        if let Some(tag) = tags.get(length) {
            assert_eq!(frontier.append(tag), Some(u32::try_from(length).unwrap()));
        }
    }
}

#[test]
fn a_root_says_length_order_and_every_tag() {
    let tags: Vec<Tag> = (0..9).map(tag).collect();
    let root = enrolment_list::root_of(&tags);
    let mut swapped = tags.clone();
    swapped.swap(2, 3);
    let mut repeated = tags.clone();
    repeated.push(tags[8]);
    for other in [&swapped[..], &repeated, &tags[..8], &[]] {
        assert_ne!(enrolment_list::root_of(other), root);
    }
    // A path leads from a tag to the root that the list has.
    let leaves: Vec<_> = (0..9).zip(&tags).map(|(i, tag)| enrolment_list::leaf(i, tag)).collect();
    let path = tree::path(&leaves, 5).unwrap();
    assert_eq!(tree::climb(&leaves[5], 5, 9, &path).ok(), tree::top(&leaves));
}

#[test]
fn a_list_is_no_longer_than_a_batch_and_has_no_other_tops() {
    assert_eq!(ListFrontier::new(3, vec![[0; 32]]), None);
    assert_eq!(ListFrontier::new(0, vec![[0; 32]]), None);
    assert_eq!(ListFrontier::new(BATCH_LEAVES_MAX + 2, vec![[0; 32]; 2]), None);
    let mut full = ListFrontier::new(BATCH_LEAVES_MAX, vec![[7; 32]]).unwrap();
    let before = full.clone();
    assert_eq!(full.append(&tag(1)), None);
    assert_eq!(full, before);
}
