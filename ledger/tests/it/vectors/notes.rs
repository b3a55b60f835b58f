//! `notes.json`: checkpoints with log signature and cosignatures, certified and not.

use data_encoding::BASE64;
use minglian_ledger::checkpoint::cosignature;
use minglian_ledger::checkpoint::key::{KeyKind, VerifierKey};
use minglian_ledger::checkpoint::note::{Note, NoteSignature};
use minglian_ledger::checkpoint::{Checkpoint, policy, quorum};
use serde_json::{Value, json};

use super::error_name;
use crate::fixture::{self, Chain};

const TIME_SECONDS: u64 = 1_767_225_608;
/// Seeds of the cosigner keys, with their power.
const COSIGNERS: [(u8, u64); 4] = [(101, 1), (102, 1), (103, 1), (104, 1)];

struct Notes {
    checkpoint: Checkpoint,
    origin: String,
    log_key: VerifierKey,
    cosigners: Vec<(VerifierKey, u64)>,
}

impl Notes {
    fn new(chain: &Chain) -> Self {
        let origin = chain.genesis.origin();
        let key = |name: &str, kind, seed| {
            VerifierKey::new(name, kind, fixture::public_key(seed).0).unwrap()
        };
        let header = chain.header(fixture::TIP);
        let cosigner = |(seed, power): (u8, u64)| {
            (key(&format!("cosigner-{seed}"), KeyKind::Cosigner, seed), power)
        };
        Self {
            checkpoint: Checkpoint::new(&origin, header.log_size, header.log_root).unwrap(),
            log_key: key(&origin, KeyKind::Log, 99),
            origin,
            cosigners: COSIGNERS.into_iter().map(cosigner).collect(),
        }
    }

    fn log_signature(&self, text: &str) -> NoteSignature {
        NoteSignature::sign(&self.origin, &fixture::signing_key(99), text).unwrap()
    }

    fn cosign(&self, checkpoint: &Checkpoint, seed: u8) -> NoteSignature {
        let name = format!("cosigner-{seed}");
        let key = fixture::signing_key(seed);
        cosignature::cosign(checkpoint, &name, &key, TIME_SECONDS).unwrap()
    }

    /// The checkpoint with the log's signature and those of these cosigners.
    fn signed(&self, checkpoint: &Checkpoint, cosigners: &[u8]) -> String {
        let text = checkpoint.to_string();
        let mut lines = vec![self.log_signature(&text)];
        lines.extend(cosigners.iter().map(|seed| self.cosign(checkpoint, *seed)));
        Note::new(text, lines).unwrap().to_string()
    }

    fn verdict(&self, note: &str) -> Result<u64, String> {
        let note = Note::parse(note.as_bytes()).map_err(|error| error_name(&error))?;
        quorum::verify_quorum(&note, &self.log_key, &self.cosigners)
            .map(|certified| certified.power_cosigned)
            .map_err(|error| error_name(&error))
    }

    fn good(&self, name: &str, note: &str) -> Value {
        let power = self.verdict(note).unwrap();
        json!({ "name": name, "note": note, "valid": true, "power_cosigned": power })
    }

    fn bad(&self, name: &str, note: &str) -> Value {
        let error = self.verdict(note).expect_err(name);
        json!({ "name": name, "note": note, "valid": false, "error": error })
    }
}

/// Which characters the text of a note may hold that is no checkpoint.
fn note_texts(notes: &Notes) -> Vec<Value> {
    let characters = ["\u{0}", "\t", "\r", "\u{1f}", "\u{7f}", "\u{85}", "\u{2028}"];
    let entry = |character: &&str| {
        let text = format!("a{character}b\n");
        let note = format!("{text}\n{}\n", notes.log_signature(&text));
        let valid = Note::parse(note.as_bytes()).is_ok();
        json!({ "note": note, "valid": valid })
    };
    characters.iter().map(entry).collect()
}

/// The same bytes in another text, which lenient decoders read.
fn base64_in_pieces(text: &str) -> String {
    let bytes = BASE64.decode(text.as_bytes()).unwrap();
    [BASE64.encode(&bytes[..2]), BASE64.encode(&bytes[2..])].concat()
}

/// A note whose first signature is [`base64_in_pieces`].
fn note_in_pieces(note: &str) -> String {
    let line = note.lines().find(|line| line.starts_with('\u{2014}')).unwrap();
    let signature = line.rsplit_once(' ').unwrap().1;
    note.replacen(signature, &base64_in_pieces(signature), 1)
}

/// Texts that are no checkpoint, though each is nearly `head`.
fn refused_checkpoints(head: &Checkpoint) -> Vec<Value> {
    let text = head.to_string();
    let root = BASE64.encode(&head.root().0);
    let texts = [
        text.replacen("\n25\n", "\n025\n", 1),
        text.replacen("\n25\n", "\n+25\n", 1),
        text.replacen("\n25\n", "\n9007199254740992\n", 1),
        format!("{text}extension\n"),
        text.trim_end().to_owned(),
        text.replacen("minglian", "\u{7}", 1),
        text.replacen("minglian", "\u{7f}", 1),
        text.replacen("minglian", "\u{85}", 1),
        format!("\n25\n{root}\n"),
        text.replacen(&root, &base64_in_pieces(&root), 1),
    ];
    let refuse = |text: &String| {
        let error = text.parse::<Checkpoint>().unwrap_err();
        json!({ "text": text, "error": error_name(&error) })
    };
    texts.iter().map(refuse).collect()
}

#[test]
fn notes() {
    let chain = Chain::new();
    let notes = Notes::new(&chain);
    let head = &notes.checkpoint;
    let full = notes.signed(head, &[101, 102, 103, 104]);
    let unknown = NoteSignature::new("example.org/witness", [1, 2, 3, 4], vec![9; 72]).unwrap();
    let larger = Checkpoint::new(&notes.origin, head.size() + 1, head.root()).unwrap();
    let other = Checkpoint::new("minglian/other", head.size(), head.root()).unwrap();
    let text = head.to_string();
    let mut stolen = vec![notes.log_signature(&text)];
    stolen.extend([101, 102, 103].map(|seed| notes.cosign(&larger, seed)));
    let stolen = Note::new(text.clone(), stolen).unwrap().to_string();
    let unsigned = Note::new(text.clone(), vec![notes.cosign(head, 101)]).unwrap().to_string();
    let twice = notes.signed(head, &[101, 101, 101]);
    let cases = vec![
        notes.good("all four", &full),
        notes.good("three of four", &notes.signed(head, &[101, 102, 103])),
        notes.good("a line by an unknown key", &format!("{full}{unknown}\n")),
        notes.bad("two of four", &notes.signed(head, &[101, 102])),
        notes.bad("one cosigner three times", &twice),
        notes.bad("no log signature", &unsigned),
        notes.bad("cosignatures of another head", &stolen),
        notes.bad("another log", &notes.signed(&other, &[101, 102, 103])),
        notes.bad("another size under the same signatures", &full.replacen("\n25\n", "\n26\n", 1)),
        notes.bad("no signature", &format!("{text}\n")),
        notes.bad("no empty line", &text),
        notes.bad("no newline at the end", full.trim_end()),
        notes.bad("a carriage return", &full.replacen('\n', "\r\n", 1)),
        notes.bad("a control character in the text", &full.replacen("minglian", "\u{1f}", 1)),
        notes.bad("a tab behind the size", &full.replacen("\n25\n", "\n25\t\n", 1)),
        notes.bad("U+007F in the origin", &full.replacen("minglian", "\u{7f}", 1)),
        notes.bad("a control character in a key's name", &full.replacen("cosigner", "\u{85}", 1)),
        notes.bad("a hyphen for the dash", &full.replacen('\u{2014}', "-", 1)),
        notes.bad("base64 without padding", &full.replacen("=\n", "\n", 1)),
        notes.bad("base64 in two padded pieces", &note_in_pieces(&full)),
    ];
    let cosigner =
        |(key, power): &(VerifierKey, u64)| json!({ "key": key.to_string(), "power": power });
    super::check(
        "notes.json",
        "Signed heads of the log: which notes a reader accepts who knows these keys.",
        json!({
            "log_key": notes.log_key.to_string(),
            "cosigners": notes.cosigners.iter().map(cosigner).collect::<Vec<_>>(),
            "policy": policy::policy_text(&notes.log_key, &notes.cosigners).unwrap(),
            "checkpoint": { "origin": notes.origin, "size": head.size(), "root": head.root() },
            "time_seconds": TIME_SECONDS,
            "notes": cases,
            "refused_checkpoints": refused_checkpoints(head),
            "texts": note_texts(&notes),
        }),
    );
}
