//! Encrypted key files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use minglian_client::key_file::passphrase::{Passphrase, PassphraseError, Source};
use minglian_client::key_file::{KeyFile, KeyFileError, KeyKind};
use minglian_ledger::keys::{PublicKey, SigningKey};
use rand::rngs::OsRng;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

fn write_private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A directory with one validator key file.
fn key_file() -> (tempfile::TempDir, PathBuf, PublicKey) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("validator.json");
    let key = KeyFile::generate(
        &path,
        KeyKind::Validator,
        &passphrase("correct horse battery"),
        &mut OsRng,
    )
    .unwrap();
    (directory, path, key)
}

#[test]
fn a_key_is_read_back_with_its_passphrase() {
    let (_directory, path, public_key) = key_file();
    let key =
        KeyFile::read(&path, KeyKind::Validator, &passphrase("correct horse battery")).unwrap();
    assert_eq!(PublicKey::of(&key), public_key);
    assert_eq!(KeyFile::public_key(&path).unwrap(), public_key);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_wrong_passphrase_or_kind_is_refused() {
    let (_directory, path, _) = key_file();
    let wrong = KeyFile::read(&path, KeyKind::Validator, &passphrase("correct horse batterx"));
    assert!(matches!(wrong, Err(KeyFileError::WrongPassphrase { .. })));
    let kind = KeyFile::read(&path, KeyKind::Peer, &passphrase("correct horse battery"));
    assert!(matches!(
        kind,
        Err(KeyFileError::Kind { expected: KeyKind::Peer, found: KeyKind::Validator, .. })
    ));
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let (_directory, path, public_key) = key_file();
    let again =
        KeyFile::generate(&path, KeyKind::Peer, &passphrase("correct horse battery"), &mut OsRng);
    assert!(again.unwrap_err().to_string().contains("not overwritten"));
    assert_eq!(KeyFile::public_key(&path).unwrap(), public_key);
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let (_directory, path, _) = key_file();
    for mode in [0o640, 0o604, 0o660, 0o700] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = KeyFile::public_key(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("{mode:04o}")) && error.contains("chmod 600"), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    KeyFile::public_key(&path).unwrap();
}

#[test]
fn an_altered_file_does_not_open() {
    let (directory, path, _) = key_file();
    let text = fs::read_to_string(&path).unwrap();
    let other_key = PublicKey::of(&SigningKey::from_bytes(&[1; 32])).to_string();
    let own_key = KeyFile::public_key(&path).unwrap().to_string();
    // Each is a file that this program reads but never wrote.
    let altered = [
        ("another kind", text.replace("\"validator\"", "\"peer\"")),
        ("another public key", text.replace(&own_key, &other_key)),
        ("more iterations", text.replace("\"iterations\": 2", "\"iterations\": 3")),
    ];
    for (name, content) in altered {
        assert_ne!(content, text, "{name}: nothing was altered");
        let altered_path = directory.path().join(name);
        write_private(&altered_path, &content);
        let kind = if name == "another kind" { KeyKind::Peer } else { KeyKind::Validator };
        let read = KeyFile::read(&altered_path, kind, &passphrase("correct horse battery"));
        assert!(matches!(read, Err(KeyFileError::WrongPassphrase { .. })), "{name}");
    }
}

#[test]
fn derivation_out_of_bounds_is_refused_before_it_is_tried() {
    let (directory, path, _) = key_file();
    let text = fs::read_to_string(&path).unwrap();
    let replaced = [
        ("\"memory_kib\": 19456", "\"memory_kib\": 67108864"),
        ("\"memory_kib\": 19456", "\"memory_kib\": 8"),
        ("\"iterations\": 2", "\"iterations\": 4294967295"),
        ("\"iterations\": 2", "\"iterations\": 1"),
        ("\"lanes\": 1", "\"lanes\": 1000"),
        ("\"lanes\": 1", "\"lanes\": 0"),
    ];
    for (from, to) in replaced {
        let content = text.replace(from, to);
        assert_ne!(content, text, "{from} is not in the file");
        let altered_path = directory.path().join("altered.json");
        write_private(&altered_path, &content);
        let read =
            KeyFile::read(&altered_path, KeyKind::Validator, &passphrase("correct horse battery"));
        assert!(matches!(read, Err(KeyFileError::Derivation { .. })), "{to}: {read:?}");
    }
}

#[test]
fn files_that_are_no_key_files_are_refused() {
    let (directory, path, _) = key_file();
    let text = fs::read_to_string(&path).unwrap();
    let other = directory.path().join("other.json");
    write_private(&other, &text.replace("\"version\": 1", "\"version\": 2"));
    assert!(matches!(KeyFile::public_key(&other), Err(KeyFileError::Version { version: 2, .. })));
    for content in ["", "{}", "not json", &text.replace("argon2id", "argon2i"), &text[..200]] {
        write_private(&other, content);
        assert!(matches!(KeyFile::public_key(&other), Err(KeyFileError::Format { .. })));
    }
    write_private(&other, &" ".repeat(20_000));
    assert!(KeyFile::public_key(&other).unwrap_err().to_string().contains("larger"));
    assert!(KeyFile::public_key(directory.path()).is_err());
    assert!(KeyFile::public_key(&directory.path().join("missing")).is_err());
}

#[test]
fn neither_files_nor_errors_nor_debug_texts_hold_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("officer.json");
    let key = SigningKey::from_bytes(&[0xab; 32]);
    let secret = passphrase("correct horse battery");
    KeyFile::write(&path, KeyKind::Officer, &key, &secret, &mut OsRng).unwrap();
    let error = KeyFile::read(&path, KeyKind::Officer, &passphrase("wrong horse battery"));
    let shown = format!("{}{secret:?}{error:?}", fs::read_to_string(&path).unwrap());
    assert!(!shown.contains("horse") && !shown.contains("abababab"));
    let read = KeyFile::read(&path, KeyKind::Officer, &secret).unwrap();
    assert_eq!(read.to_bytes(), [0xab; 32]);
}

#[test]
fn a_passphrase_comes_from_a_private_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("passphrase");
    let source: Source = format!("file:{}", path.display()).parse().unwrap();
    let (_keys, key_path, _) = key_file();
    for content in ["correct horse battery", "correct horse battery\n", "correct horse battery\r\n"]
    {
        write_private(&path, content);
        let passphrase = source.new_passphrase().unwrap();
        KeyFile::read(&key_path, KeyKind::Validator, &passphrase).unwrap();
    }
    write_private(&path, "correct horse\nbattery");
    assert!(matches!(source.passphrase(), Err(PassphraseError::ControlCharacter)));
    write_private(&path, "short\n");
    assert!(matches!(source.passphrase(), Err(PassphraseError::Length(5))));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(source.passphrase(), Err(PassphraseError::File(_))));
}

#[test]
fn a_passphrase_comes_from_the_environment() {
    let source: Source = "env:MINGLIAN_TEST_NO_SUCH_VARIABLE".parse().unwrap();
    assert!(matches!(source.passphrase(), Err(PassphraseError::NotSet(_))));
    // Cargo sets this one for every test.
    let source: Source = "env:CARGO_MANIFEST_DIR".parse().unwrap();
    source.passphrase().unwrap();
}

#[test]
fn sources_and_kinds_have_names() {
    assert_eq!("prompt".parse::<Source>().unwrap(), Source::Prompt);
    for text in ["", "file:", "env:", "prompt:", "correct horse battery"] {
        assert!(text.parse::<Source>().is_err(), "{text:?}");
    }
    for name in ["validator", "peer", "cosigner", "officer", "log"] {
        assert_eq!(name.parse::<KeyKind>().unwrap().name(), name);
    }
    assert!("Validator".parse::<KeyKind>().is_err());
}
