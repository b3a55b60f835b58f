//! Signed notes, checkpoints and verifier keys: one text for each, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::checkpoint::key::VerifierKey;
use minglian_ledger::checkpoint::note::Note;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        if let Ok(checkpoint) = note.text().parse::<Checkpoint>() {
            assert_eq!(checkpoint.to_string(), note.text());
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(key) = text.parse::<VerifierKey>()
    {
        assert_eq!(key.to_string(), text);
    }
});
