//! Statements of the offline verifier: any hash can be recorded, and is read from the ledger only
//! where it was written in the one form.

use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::offline_verifier::{
    NUMBERS, NUMBERS_END, OfflineVerifier, stated,
};
use minglian_contracts::disclosure::publication::{PUBLICATIONS, Publication};
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::personal_number;
use proptest::prelude::*;

use crate::gift_acts::{all_applied, signed};
use crate::world::{World, code, text};

const BUREAU: &str = "city_civil";

fn file(sha256: [u8; 32]) -> OfflineVerifier {
    OfflineVerifier { sha256, attachment: AttachmentHash::of(&[&sha256]) }
}

/// What the ledger holds once the bureau has stated a file.
fn recorded(file: &OfflineVerifier) -> Publication {
    let mut world = World::new();
    let act = file.publish("滁州市民政局", world.date).unwrap();
    let number = act.metadata.index_number.clone();
    assert!(NUMBERS < number.as_str() && number.as_str() < NUMBERS_END, "{number}");
    let call = Call::Disclosure(disclosure::Call::Publish(act));
    let transactions = signed(&mut world, BUREAU, &call);
    assert_eq!(transactions.len(), 2, "a maker and a checker");
    for transaction in &transactions {
        world.admit(transaction).unwrap();
    }
    all_applied(&mut world, transactions);
    PUBLICATIONS.get(&world.state, &(code(BUREAU), number)).unwrap().unwrap()
}

#[test]
fn a_statement_on_the_ledger_names_the_file_and_no_other() {
    let (ours, other) = (file([0xab; 32]), file([0xac; 32]));
    let publication = recorded(&ours);
    assert_eq!(stated(&publication), Some(ours.sha256));
    assert!(ours.is_stated_by(&publication) && !other.is_stated_by(&publication));
    // Both hashes have to be those of the file.
    for mixed in [
        OfflineVerifier { attachment: other.attachment, ..ours },
        OfflineVerifier { sha256: other.sha256, ..ours },
    ] {
        assert!(!mixed.is_stated_by(&publication));
    }
}

#[test]
fn what_is_written_otherwise_states_nothing() {
    let publication = recorded(&file([0xab; 32]));
    let title = publication.metadata.title.to_string();
    let digits = title.rsplit(' ').next().unwrap();
    let wrong = [
        String::new(),
        digits.to_owned(),
        format!("{title} "),
        format!(" {title}"),
        format!("{title}:00000000"),
        title.replacen(':', "", 1),
        title.replacen(":ab", ":AB", 1),
        title.replacen(":abab", ":+bab", 1),
        title.replacen("ab", "xy", 1),
        title[..title.len() - 9].to_owned(),
    ];
    for title in wrong {
        let mut changed = publication.clone();
        changed.metadata.title = text(&title);
        assert_eq!(stated(&changed), None, "{title:?}");
    }
    let mut changed = publication;
    changed.metadata.index_number = text("2026-00001");
    assert_eq!(stated(&changed), None, "another index number");
}

proptest! {
    /// A hash of decimal digits alone is the worst: any eleven to nineteen of them in a row could
    /// be somebody's number, and the ledger would refuse the act.
    #[test]
    fn no_hash_reads_like_a_number_of_a_person(
        digits in prop::array::uniform32((0_u8..10, 0_u8..10).prop_map(|(a, b)| (a << 4) | b)),
        any: [u8; 32],
    ) {
        for sha256 in [digits, any] {
            let act = file(sha256).publish("民政局", "2026-11-23".parse().unwrap()).unwrap();
            let call = Call::Disclosure(disclosure::Call::Publish(act));
            for text in contents::of(&call).texts {
                prop_assert_eq!(personal_number::find(text), None, "{}", text);
            }
        }
    }
}
