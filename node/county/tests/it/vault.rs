//! The vault: altered, locked, interrupted, copied, under a new key, without somebody.

use std::fs;
use std::path::Path;

use minglian_client::key_file::passphrase::Passphrase;
use minglian_county::vault::{Vault, VaultError};

use crate::fixture::{county, identity, random, twelve};

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery".to_owned()).unwrap()
}

fn filled(directory: &Path) -> Vault {
    let mut vault = Vault::create(directory, county(), &passphrase(), &mut random()).unwrap();
    vault.roll = twelve();
    vault.save(&mut random()).unwrap();
    vault
}

#[test]
fn what_was_saved_is_there() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path()));
    let vault = Vault::open(directory.path(), &passphrase()).unwrap();
    assert_eq!(vault.roll.persons.len(), 12);
    assert_eq!(vault.roll.list(1, 2012).unwrap().handles.len(), 12);
    assert_eq!(vault.counts(), (1, 2));
    let wrong = Passphrase::new("another passphrase".to_owned()).unwrap();
    drop(vault);
    let refused = Vault::open(directory.path(), &wrong);
    assert!(matches!(refused.map(|_| ()), Err(VaultError::Passphrase { .. })));
}

#[test]
fn one_process_opens_a_vault_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let held = filled(directory.path());
    let second = Vault::open(directory.path(), &passphrase());
    assert!(matches!(second.map(|_| ()), Err(VaultError::Locked(_))));
    drop(held);
    assert!(Vault::open(directory.path(), &passphrase()).is_ok());
}

#[test]
fn one_changed_byte_anywhere_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path()));
    let path = directory.path().join("vault.records");
    let bytes = fs::read(&path).unwrap();
    // Places of the magic, counters, nonce and tag, then all over the ciphertext.
    let places = (0..60).step_by(3).chain((60..bytes.len()).step_by(397)).chain([bytes.len() - 1]);
    for place in places {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        fs::write(&path, &altered).unwrap();
        let refused = Vault::open(directory.path(), &passphrase()).map(|_| ());
        assert!(refused.is_err(), "byte {place}");
    }
    for short in [0, 10, 59, bytes.len() - 1] {
        fs::write(&path, &bytes[..short]).unwrap();
        assert!(Vault::open(directory.path(), &passphrase()).is_err(), "{short} bytes");
    }
    fs::write(&path, &bytes).unwrap();
    assert!(Vault::open(directory.path(), &passphrase()).is_ok());
}

#[test]
fn an_interrupted_write_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path()));
    // What a write leaves that was stopped before the file took the old one's place.
    let unfinished = directory.path().join("vault.records.unfinished");
    fs::write(&unfinished, b"half of it").unwrap();
    let mut vault = Vault::open(directory.path(), &passphrase()).unwrap();
    assert_eq!(vault.roll.persons.len(), 12);
    vault.roll.erase(1);
    vault.save(&mut random()).unwrap();
    drop(vault);
    assert!(!unfinished.exists());
    assert_eq!(Vault::open(directory.path(), &passphrase()).unwrap().roll.persons.len(), 11);
}

#[test]
fn an_interrupted_change_of_keys_leaves_one_that_opens() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let mut vault = filled(directory.path());
    let (old_key, old_records) =
        (fs::read(path("vault.key")).unwrap(), fs::read(path("vault.records")).unwrap());
    vault.rotate(&passphrase(), &mut random()).unwrap();
    drop(vault);
    let (key, records) =
        (fs::read(path("vault.key")).unwrap(), fs::read(path("vault.records")).unwrap());
    // Stopped before the records were written: the old key counts.
    fs::write(path("vault.key"), &old_key).unwrap();
    fs::write(path("vault.records"), &old_records).unwrap();
    write_private(&path("vault.key.next"), &key);
    assert_eq!(Vault::open(directory.path(), &passphrase()).unwrap().counts().0, 1);
    assert!(!path("vault.key.next").exists());
    // Stopped after them: the new one does, and the old is gone.
    fs::write(path("vault.records"), &records).unwrap();
    write_private(&path("vault.key.next"), &key);
    let vault = Vault::open(directory.path(), &passphrase()).unwrap();
    assert_eq!((vault.counts().0, vault.roll.persons.len()), (2, 12));
    assert_eq!(fs::read(path("vault.key")).unwrap(), key);
}

fn write_private(path: &Path, bytes: &[u8]) {
    minglian_client::key_file::private_file::create(path, bytes).unwrap();
}

#[test]
fn a_backup_restores_until_the_key_is_changed() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("vault");
    let backup = directory.path().join("backup");
    let mut vault = filled(&home);
    vault.backup(&backup).unwrap();
    drop(vault);
    let over = Vault::restore(&home, &backup, &passphrase()).map(|_| ());
    assert!(matches!(over, Err(VaultError::NothingToRestore(_))));
    fs::remove_file(home.join("vault.records")).unwrap();
    vault = Vault::restore(&home, &backup, &passphrase()).unwrap();
    assert_eq!(vault.roll.persons.len(), 12);
    // Somebody is erased and the key is changed: the old backup says nothing any more.
    assert!(vault.roll.erase(1));
    vault.save(&mut random()).unwrap();
    vault.rotate(&passphrase(), &mut random()).unwrap();
    drop(vault);
    fs::remove_file(home.join("vault.records")).unwrap();
    let old = Vault::restore(&home, &backup, &passphrase()).map(|_| ());
    assert!(matches!(old, Err(VaultError::Generation { expected: 2, found: 1, .. })));
}

#[test]
fn files_of_a_vault_show_nobody() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path()));
    let mut files = 0;
    for file in fs::read_dir(directory.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for planted in [identity(1), identity(12), "甲样".to_owned(), "9000000000000001".to_owned()]
        {
            let planted = planted.as_bytes();
            assert!(!bytes.windows(planted.len()).any(|window| window == planted));
        }
        files += 1;
    }
    assert_eq!(files, 3, "the key, the records and the lock");
}
