//! Questions for what is not public: what is signed, and what is refused.

use minglian_ledger::height::TimeMs;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::reading::{READING_BYTES_MAX, Reading, ReadingBody, ReadingError};
use minglian_ledger::text::Text;

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

#[test]
fn a_question_reads_as_written_and_nothing_of_it_can_be_changed() {
    let body = ReadingBody {
        chain_id: text(&"c".repeat(64)),
        node: text(&"n".repeat(96)),
        request: text(&"r".repeat(160)),
        time_ms: TimeMs(7),
    };
    let reading = Reading::sign(body.clone(), &SigningKey::from_bytes(&[7; 32]));
    let encoded = reading.encode();
    assert!(encoded.len() <= READING_BYTES_MAX);
    assert_eq!(Reading::decode(&encoded).unwrap(), reading);
    reading.verify().unwrap();
    for changed in [
        ReadingBody { chain_id: text("d"), ..body.clone() },
        ReadingBody { node: text("m"), ..body.clone() },
        ReadingBody { request: text("s"), ..body.clone() },
        ReadingBody { time_ms: TimeMs(8), ..body },
    ] {
        assert!(Reading { body: changed, ..reading.clone() }.verify().is_err());
    }
    let trailing = [encoded, vec![0]].concat();
    assert!(matches!(Reading::decode(&trailing), Err(ReadingError::Malformed(_))));
    let long = vec![0; READING_BYTES_MAX + 1];
    assert!(matches!(Reading::decode(&long), Err(ReadingError::TooLarge(_))));
}
