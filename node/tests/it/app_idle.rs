//! Unproven words of peers that an idle node follows.

use std::time::Duration;

use minglian_node::app::idle::Hints;
use tokio::time::Instant;

const HEARTBEAT: Duration = Duration::from_secs(600);

/// A peer that always claims to be ahead gets an empty block every few minutes, not every round.
#[test]
fn a_peer_that_lies_about_its_height_makes_few_empty_blocks() {
    let begun = Instant::now();
    let mut hints = Hints::new(HEARTBEAT, begun);
    let day = Duration::from_secs(24 * 3_600);
    let (mut now, mut blocks, mut last) = (begun, 0, begun);
    while now < begun + day {
        if hints.follow(now) {
            blocks += 1;
            hints.was_empty(now, now - last);
            last = now;
        }
        now += Duration::from_secs(1);
    }
    assert!((144..400).contains(&blocks), "{blocks} empty blocks in a day");
}

#[test]
fn a_hint_that_led_to_work_makes_the_node_listen_again() {
    let now = Instant::now();
    let mut hints = Hints::new(HEARTBEAT, now);
    assert!(hints.follow(now));
    hints.was_empty(now, Duration::ZERO);
    assert!(hints.is_deaf(now) && !hints.follow(now));
    hints.worked(now);
    assert!(hints.follow(now));
}

#[test]
fn an_empty_block_that_nobody_hinted_at_costs_no_patience() {
    let now = Instant::now();
    let mut hints = Hints::new(HEARTBEAT, now);
    hints.was_empty(now, Duration::ZERO);
    assert!(hints.follow(now));
    // Nor does one that came when the heartbeat was due.
    hints.was_empty(now, HEARTBEAT);
    assert!(hints.follow(now));
}
