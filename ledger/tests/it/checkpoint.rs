//! Notes, checkpoints and cosignatures against published ones of other implementations, and the
//! quorum rule.

use data_encoding::BASE64;
use ed25519_dalek::SigningKey;
use minglian_ledger::checkpoint::cosignature::{self, SignatureError};
use minglian_ledger::checkpoint::key::{KeyError, KeyKind, VerifierKey};
use minglian_ledger::checkpoint::note::{MAX_SIGNATURES, Note, NoteSignature};
use minglian_ledger::checkpoint::policy::{self, PolicyError};
use minglian_ledger::checkpoint::quorum::{self, QuorumError};
use minglian_ledger::checkpoint::{Checkpoint, CheckpointError};
use minglian_ledger::log::{self, LogHash};
use proptest::prelude::*;

/// The example of c2sp.org/signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The signer of golang.org/x/mod/sumdb/note: its secret key there is the type byte and this seed.
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SEED_BASE64: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\u{2014} PeterNeumann \
    x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// A head of the Go checksum database, as in github.com/FiloSottile/torchwood,
/// cmd/litewitness/testdata/sumdb.txt.
const SUMDB_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
const SUMDB_NOTE: &str = "go.sum database tree\n35225469\n\
    vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n\u{2014} sum.golang.org \
    Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n";

/// A head of the log arche2025h1.staging.ct.transparency.dev with the cosignatures of four public
/// witnesses, as in the tests of github.com/florolf/tlog-scales, and the published keys of the log
/// and of two of them. The first line is a signature of another type, which a reader passes over.
const WITNESSED_LOG_KEY: &str = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+\
    AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
const WITNESS_KEYS: [&str; 2] = [
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
];
const WITNESSED_NOTE: &str = "arche2025h1.staging.ct.transparency.dev\n\
    1432088532\n\
    U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n\
    \u{2014} arche2025h1.staging.ct.transparency.dev \
    zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJX\
    Fbon5Ch9MNL5zRNZ55lvGt0=\n\
    \u{2014} arche2025h1.staging.ct.transparency.dev \
    ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n\
    \u{2014} transparency.dev/DEV:witness-little-garden \
    2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdg\
    JY096st5BQ==\n\
    \u{2014} witness1.smartit.nu/witness1 \
    pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0X\
    wzdZsDsUAQ==\n\
    \u{2014} remora.n621.de \
    2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxt\
    qB0DrAWfBw==\n\
    \u{2014} witness.stagemole.eu \
    Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKF\
    Ye/TmN9DAg==\n";

fn parse(note: &str) -> Note {
    let parsed = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.to_string(), note);
    parsed
}

fn key(text: &str) -> VerifierKey {
    let parsed: VerifierKey = text.parse().unwrap();
    assert_eq!(parsed.to_string(), text);
    parsed
}

#[test]
fn published_notes_verify_and_altered_ones_do_not() {
    for (vkey, note) in [
        (EXAMPLE_KEY, EXAMPLE_NOTE),
        (GO_KEY, GO_NOTE),
        (SUMDB_KEY, SUMDB_NOTE),
        (WITNESSED_LOG_KEY, WITNESSED_NOTE),
    ] {
        assert_eq!(parse(note).is_signed_by_log(&key(vkey)), Ok(true));
        let altered = parse(&format!("x{note}"));
        let refused = SignatureError::Invalid { name: key(vkey).name().to_owned() };
        assert_eq!(altered.is_signed_by_log(&key(vkey)), Err(refused));
    }
    assert_eq!(parse(EXAMPLE_NOTE).is_signed_by_log(&key(GO_KEY)), Ok(false));
}

#[test]
fn signing_gives_the_published_bytes_of_the_go_package() {
    let typed_seed = BASE64.decode(GO_SEED_BASE64.as_bytes()).unwrap();
    let signer = SigningKey::from_bytes(&typed_seed[1..].try_into().unwrap());
    let text = parse(GO_NOTE).text().to_owned();
    let signature = NoteSignature::sign("PeterNeumann", &signer, &text).unwrap();
    assert_eq!(Note::new(text, vec![signature]).unwrap().to_string(), GO_NOTE);
}

#[test]
fn cosignatures_of_public_witnesses_verify() {
    let note = parse(WITNESSED_NOTE);
    for vkey in WITNESS_KEYS {
        let cosignature = note.cosignature_by(&key(vkey)).unwrap().unwrap();
        assert_eq!(cosignature.time_seconds(), 0x6a12_2120);
        let other_size = parse(&WITNESSED_NOTE.replace("1432088532", "1432088533"));
        assert!(other_size.cosignature_by(&key(vkey)).is_err());
    }
    let cosigners: Vec<_> = WITNESS_KEYS.iter().map(|vkey| (key(vkey), 1)).collect();
    let certified = quorum::verify_quorum(&note, &key(WITNESSED_LOG_KEY), &cosigners).unwrap();
    assert_eq!(certified.checkpoint.size(), 1_432_088_532);
    assert_eq!(certified.power_cosigned, 2);
}

#[test]
fn a_checkpoint_has_exactly_one_text() {
    let head: Checkpoint = parse(SUMDB_NOTE).text().parse().unwrap();
    assert_eq!(head.origin(), "go.sum database tree");
    assert_eq!(head.size(), 35_225_469);
    assert_eq!(head.to_string(), parse(SUMDB_NOTE).text());
    let root = "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=";
    let size = |text: &str| CheckpointError::Size { text: text.to_owned() };
    let wrong_root = |text: &str| CheckpointError::Root { text: text.to_owned() };
    let cases = [
        (format!("log\n01\n{root}\n"), size("01")),
        (format!("log\n+1\n{root}\n"), size("+1")),
        (format!("log\n\n{root}\n"), size("")),
        (format!("log\n9007199254740992\n{root}\n"), size("9007199254740992")),
        (format!("log\n18446744073709551616\n{root}\n"), size("18446744073709551616")),
        (format!("\n1\n{root}\n"), CheckpointError::Origin { origin: String::new() }),
        (format!("log\n1\n{root}"), CheckpointError::Lines),
        (format!("log\n1\n{root}\nextension\n"), CheckpointError::Lines),
        (format!("log\n1\n{root}\n\n"), CheckpointError::Lines),
        ("log\n1\n".to_owned(), CheckpointError::Lines),
        ("log\n1\nAAAA\n".to_owned(), wrong_root("AAAA")),
        // The last digit of a 32-byte root carries two bits that must be zero.
        (
            format!("log\n1\n{}\n", root.replace("CQ=", "CR=")),
            wrong_root(&root.replace("CQ=", "CR=")),
        ),
        (
            format!("log\n1\n{}\n", root.trim_end_matches('=')),
            wrong_root(root.trim_end_matches('=')),
        ),
        // 32 bytes as well, but in two padded pieces.
        (
            format!("log\n1\nAAA={}\n", "A".repeat(40)),
            wrong_root(&format!("AAA={}", "A".repeat(40))),
        ),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<Checkpoint>(), Err(error), "{text:?}");
    }
    assert!(Checkpoint::new("two\nlines", 1, log::empty_root()).is_err());
    assert!(Checkpoint::new(&"x".repeat(256), 1, log::empty_root()).is_err());
}

#[test]
fn malformed_notes_are_refused() {
    let line = "\u{2014} a AAAAAAA=\n";
    assert!(Note::parse(format!("text\n\n{line}").as_bytes()).is_ok());
    let refused = [
        format!("text\n{line}"),
        "text\n\n".to_owned(),
        "text\n".to_owned(),
        String::new(),
        format!("text\n\n{}", line.trim_end()),
        format!("text\r\n\n{line}"),
        "text\n\n- a AAAAAAA=\n".to_owned(),
        "text\n\n\u{2014} a  AAAAAAA=\n".to_owned(),
        "text\n\n\u{2014} a+b AAAAAAA=\n".to_owned(),
        "text\n\n\u{2014} a AAAAAAA\n".to_owned(),
        "text\n\n\u{2014} a AAAAAAB=\n".to_owned(),
        "text\n\n\u{2014} a AAAAAA==\n".to_owned(),
        "text\n\n\u{2014} a AAA=AAAA\n".to_owned(),
        "text\n\n\u{2014} \u{3000} AAAAAAA=\n".to_owned(),
        format!("text\n\n{}", line.repeat(MAX_SIGNATURES + 1)),
    ];
    for note in refused {
        assert!(Note::parse(note.as_bytes()).is_err(), "{note:?}");
    }
    assert!(Note::parse(b"\xff\n\n").is_err());
    let with_empty_lines = format!("one\n\ntwo\n\n{line}");
    assert_eq!(parse(&with_empty_lines).text(), "one\n\ntwo\n");
}

#[test]
fn malformed_verifier_keys_are_refused() {
    let id_differs = EXAMPLE_KEY.replace("530d903a", "530d903b").parse::<VerifierKey>();
    assert!(matches!(id_differs, Err(KeyError::IdDiffers { .. })));
    let upper_case = EXAMPLE_KEY.replace("530d903a", "530D903A").parse::<VerifierKey>();
    assert!(matches!(upper_case, Err(KeyError::IdDiffers { .. })));
    let ecdsa = "name+00000000+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtr".parse::<VerifierKey>();
    assert_eq!(ecdsa, Err(KeyError::Kind { byte: 2 }));
    for text in ["", "a", "a+b", "+530d903a+AA==", "a b+530d903a+AA==", "a+530d903a+AQ=="] {
        assert!(text.parse::<VerifierKey>().is_err(), "{text:?}");
    }
    let (named, typed_key) = EXAMPLE_KEY.rsplit_once('+').unwrap();
    let typed_key = BASE64.decode(typed_key.as_bytes()).unwrap();
    let pieces = [BASE64.encode(&typed_key[..2]), BASE64.encode(&typed_key[2..])].concat();
    let in_pieces = format!("{named}+{pieces}").parse::<VerifierKey>();
    assert!(matches!(in_pieces, Err(KeyError::Text { .. })));
    let mut no_point = [0; 32];
    no_point[0] = 2;
    assert!(VerifierKey::new("a", KeyKind::Log, no_point).is_err());
}

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn verifier(name: &str, kind: KeyKind, seed: u8) -> VerifierKey {
    VerifierKey::new(name, kind, signer(seed).verifying_key().to_bytes()).unwrap()
}

fn cosigner(seed: u8) -> VerifierKey {
    verifier(&format!("bureau/{seed}"), KeyKind::Cosigner, seed)
}

/// A head of "log", signed by the log key and cosigned with the keys of these seeds.
fn note_cosigned_by(seeds: &[u8]) -> Note {
    let head = Checkpoint::new("log", 7, LogHash([7; 32])).unwrap();
    let text = head.to_string();
    let mut signatures = vec![NoteSignature::sign("log", &signer(100), &text).unwrap()];
    for &seed in seeds {
        let name = format!("bureau/{seed}");
        let time_seconds = 1_700_000_000 + u64::from(seed);
        signatures.push(cosignature::cosign(&head, &name, &signer(seed), time_seconds).unwrap());
    }
    Note::new(text, signatures).unwrap()
}

#[test]
fn more_than_two_thirds_of_the_power_certify() {
    let log_key = verifier("log", KeyKind::Log, 100);
    let power = |powers: &[u64]| -> Vec<_> {
        (1..).zip(powers).map(|(seed, power)| (cosigner(seed), *power)).collect()
    };
    let too_few =
        |power_cosigned, power_total| Err(QuorumError::TooFew { power_cosigned, power_total });
    let cases = [
        (vec![1, 1, 1, 1], vec![1, 2, 3], Ok(3)),
        (vec![1, 1, 1, 1], vec![1, 2], too_few(2, 4)),
        (vec![1, 1, 1], vec![1, 2], too_few(2, 3)),
        (vec![5, 1, 1], vec![1], Ok(5)),
        (vec![1, 1, 1, 1], vec![1, 1, 1, 1], too_few(1, 4)),
        (vec![1, 1, 1, 1], vec![1, 2, 9], too_few(2, 4)),
        (vec![0, 0], vec![1, 2], too_few(0, 0)),
        (vec![u64::MAX, 1], vec![1, 2], Err(QuorumError::PowerTooLarge)),
    ];
    for (powers, seeds, expected) in cases {
        let note = parse(&note_cosigned_by(&seeds).to_string());
        let certified = quorum::verify_quorum(&note, &log_key, &power(&powers));
        assert_eq!(certified.map(|head| head.power_cosigned), expected, "{powers:?} {seeds:?}");
    }
    let note = note_cosigned_by(&[1, 2, 3]);
    let certified = quorum::verify_quorum(&note, &log_key, &power(&[1, 1, 1])).unwrap();
    assert_eq!(certified.cosigners[1].name, "bureau/2");
    assert_eq!(certified.cosigners[1].time_seconds, 1_700_000_002);
}

#[test]
fn a_quorum_needs_the_log_and_true_distinct_cosigners() {
    let log_key = verifier("log", KeyKind::Log, 100);
    let cosigners = [(cosigner(1), 1), (cosigner(2), 1)];
    let note = note_cosigned_by(&[1, 2]);
    let verify = |note: &Note, log_key: &VerifierKey| {
        quorum::verify_quorum(note, log_key, &cosigners).unwrap_err()
    };
    let other_key = verifier("log", KeyKind::Log, 101);
    let missing = QuorumError::LogSignatureMissing { name: "log".to_owned() };
    assert_eq!(verify(&note, &other_key), missing);
    let other_log = verifier("another", KeyKind::Log, 100);
    assert!(matches!(verify(&note, &other_log), QuorumError::OtherLog { .. }));
    assert!(matches!(verify(&note, &cosigner(1)), QuorumError::OtherLog { .. }));

    let name = "bureau/1".to_owned();
    for (forged, refused) in [
        (vec![1; 72], SignatureError::Invalid { name: name.clone() }),
        (vec![1; 71], SignatureError::Malformed { name: name.clone() }),
        (vec![255; 72], SignatureError::Malformed { name }),
    ] {
        let line = NoteSignature::new("bureau/1", cosigner(1).id(), forged).unwrap();
        let lines = [note.signatures(), &[line]].concat();
        let with_forgery = Note::new(note.text().to_owned(), lines).unwrap();
        assert_eq!(verify(&with_forgery, &log_key), QuorumError::Signature(refused));
    }

    let alias = verifier("bureau/alias", KeyKind::Cosigner, 1);
    let repeated = QuorumError::CosignerRepeated { name: "bureau/alias".to_owned() };
    let twice = [(cosigner(1), 1), (alias, 1)];
    assert_eq!(quorum::verify_quorum(&note, &log_key, &twice), Err(repeated));
    let head = Checkpoint::new("log", 7, LogHash([7; 32])).unwrap();
    assert!(cosignature::cosign(&head, "bureau/1", &signer(1), 1 << 63).is_err());
}

#[test]
fn of_several_cosignatures_by_one_key_the_latest_counts() {
    let head = Checkpoint::new("log", 7, LogHash([7; 32])).unwrap();
    let lines = [5, 9, 6].map(|time_seconds| {
        cosignature::cosign(&head, "bureau/1", &signer(1), time_seconds).unwrap()
    });
    let note = Note::new(head.to_string(), lines.to_vec()).unwrap();
    let latest = note.cosignature_by(&cosigner(1)).unwrap().unwrap();
    assert_eq!(latest.time_seconds(), 9);
}

#[test]
fn the_policy_counts_no_weaker_than_the_quorum() {
    let log_key = verifier("log", KeyKind::Log, 100);
    let equal: Vec<_> = (1..=4).map(|seed| (cosigner(seed), 10)).collect();
    let text = policy::policy_text(&log_key, &equal).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], format!("log {log_key}"));
    assert_eq!(lines[2], format!("witness bureau/1 {}", cosigner(1)));
    let group = "group more-than-two-thirds 3 bureau/1 bureau/2 bureau/3 bureau/4";
    assert_eq!(lines[6..], [group, "quorum more-than-two-thirds"]);

    let unequal = [(cosigner(1), 6), (cosigner(2), 1), (cosigner(3), 1), (cosigner(4), 0)];
    let text = policy::policy_text(&log_key, &unequal).unwrap();
    assert!(text.contains("group more-than-two-thirds 3 bureau/1 bureau/2 bureau/3\n"));
    assert_eq!(policy::policy_text(&log_key, &[]), Err(PolicyError::NoPower));
    let reserved = [(verifier("none", KeyKind::Cosigner, 1), 1)];
    let refused = PolicyError::Name { name: "none".to_owned() };
    assert_eq!(policy::policy_text(&log_key, &reserved), Err(refused));
    assert!(policy::policy_text(&cosigner(1), &equal).is_err());
}

proptest! {
    #[test]
    fn a_note_formats_and_parses_to_itself(
        text in "([^\u{0}-\u{1f}]{0,12}\n){1,5}", name in "[a-z./0-9中]{1,12}",
        id in any::<[u8; 4]>(), signature in prop::collection::vec(any::<u8>(), 1..100),
        lines in 1_usize..5,
    ) {
        let line = NoteSignature::new(&name, id, signature).unwrap();
        let note = Note::new(text, vec![line; lines]).unwrap();
        prop_assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
    }

    #[test]
    fn whatever_parses_as_a_note_is_its_bytes(
        note in "[ab\n]{0,6}\n\n(\u{2014} [ab +]{0,3} [A-D=]{0,8}\n){0,3}",
        noise in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        if let Ok(parsed) = Note::parse(note.as_bytes()) {
            prop_assert_eq!(parsed.to_string(), note);
        }
        prop_assert!(Note::parse(&noise).is_err());
    }

    #[test]
    fn a_checkpoint_formats_and_parses_to_itself(
        origin in "[^\\p{Cc}]{1,40}", size in 0..=log::MAX_LOG_SIZE, root in any::<[u8; 32]>(),
    ) {
        let head = Checkpoint::new(&origin, size, LogHash(root)).unwrap();
        prop_assert_eq!(head.to_string().parse(), Ok(head));
    }

    #[test]
    fn whatever_parses_as_a_checkpoint_is_its_text(
        text in "[a ]{0,2}\n[0-9+]{0,3}\n([A-Z]{43}=)?\n?",
    ) {
        if let Ok(head) = text.parse::<Checkpoint>() {
            prop_assert_eq!(head.to_string(), text);
        }
    }

    #[test]
    fn whatever_parses_as_a_key_is_its_text(text in "\\PC{0,12}(\\+[0-9a-f]{8}\\+[A-Z]{43}=)?") {
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
