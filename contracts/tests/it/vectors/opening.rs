//! One act and one event of erasing for each variant, with each kind of thing.

use minglian_contracts::call::Call;
use minglian_contracts::event;
use minglian_contracts::naming::Thing;
use minglian_contracts::opening::{self, Event, Ground};
use minglian_ledger::hash::{AttachmentHash, Commitment};

use super::calls::day;
use crate::world::code;

fn things() -> Vec<Thing> {
    let name = Commitment::of(&[b"a name"]);
    vec![Thing::Opening(name), Thing::Attachment(AttachmentHash::of(&[b"an attachment"]))]
}

/// Every act of the vectors.
pub fn calls() -> Vec<Call> {
    let occurred_on = day("2025-03-01");
    let calls = [
        opening::Call::Erase {
            things: things(),
            ground: Ground::ConsentWithdrawn,
            reviewer: Some(code("county_civil")),
            occurred_on,
        },
        opening::Call::EraseOf {
            organization: code("charity"),
            things: things(),
            ground: Ground::OtherLaw,
            occurred_on,
        },
    ];
    calls.into_iter().map(Call::Opening).collect()
}

/// Every event of the vectors.
pub fn events() -> Vec<event::Event> {
    let organization = code("charity");
    let erased = Event::Erased { organization, things: things(), ground: Ground::PurposeEnded };
    vec![event::Event::Opening(erased)]
}
