//! What an explorer said of the files that it gave outlives its process, within bounds.

use std::fs;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use minglian_client::Client;
use minglian_explorer::data::manifest::ServiceKey;
use minglian_explorer::data::manifest::kept::{Bounds, Lasting, Manifests};
use minglian_explorer::status::Status;
use minglian_explorer::web::App;
use minglian_ledger::checkpoint::note::Note;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::chain::Chain;
use crate::site::{Site, serve_pages};
use crate::story;

/// One life of an explorer's process: an index that was verified, and a directory of manifests.
struct Life {
    base: String,
}

impl Life {
    async fn begin(chain: &Chain, site: &Site, manifests: &Path) -> Self {
        let client = Client::new("http://127.0.0.1:9").unwrap();
        let reader = site.reader();
        let app = App::new(&chain.genesis, reader, Status::default(), client, None);
        app.sign_with(key(chain));
        app.keep_manifests(Manifests::open(manifests, Bounds::default()).unwrap());
        Self { base: serve_pages(app).await }
    }

    async fn get(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.base)).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    }

    async fn download(&self, path: &str) -> Vec<u8> {
        let (status, file) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        file
    }

    /// What is said of a file, if anything.
    async fn said(&self, file: &[u8]) -> Option<String> {
        let (status, text) = self.get(&format!("/data/manifests/{}", sha256(file))).await;
        (status == StatusCode::OK).then(|| String::from_utf8(text).unwrap())
    }
}

fn key(chain: &Chain) -> ServiceKey {
    ServiceKey::of([7; 32], &chain.genesis.origin()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The files below a directory, in the order of their names.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_a_file_is_said_after_a_restart_and_its_address_gives_the_file() {
    let chain = story::told();
    let directory = TempDir::new().unwrap();
    let manifests = directory.path().join("index.sqlite.manifests");
    let (site, mut follower) = Site::new(&chain).await;
    let (before, after) = chain.blocks.split_at(chain.blocks.len() / 2);
    for block in before {
        follower.apply(block).unwrap();
    }
    let first = Life::begin(&chain, &site, &manifests).await;
    let mut given = Vec::new();
    for path in ["/data/movements.csv", "/en/data/package.zip", "/data/entries.parquet?code=0"] {
        let file = first.download(path).await;
        let said = first.said(&file).await.unwrap();
        given.push((path, file, said));
    }
    for block in after {
        follower.apply(block).unwrap();
    }
    let second = Life::begin(&chain, &site, &manifests).await;
    let verifier = key(&chain).verifier().unwrap();
    for (path, file, said) in given {
        assert_eq!(second.said(&file).await.as_ref(), Some(&said), "{path}");
        let note = Note::parse(said.as_bytes()).unwrap();
        assert!(note.is_signed_by_log(&verifier).unwrap(), "{path}");
        let statement: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
        let again = second.download(statement["address"].as_str().unwrap()).await;
        assert_eq!(statement["sha256"], sha256(&again), "{path}");
        assert!(again == file, "{path}");
    }
}

/// What is done to the bytes of a file.
type Damage = fn(&mut Vec<u8>);

/// Ways to damage a file.
const DAMAGES: [(&str, Damage); 7] = [
    ("a bit of the first line", |bytes| bytes[5] ^= 1),
    ("a bit of the statement", |bytes| bytes[100] ^= 1),
    ("a bit of the signature", |bytes| *bytes.iter_mut().rev().nth(5).unwrap() ^= 1),
    ("its end", |bytes| bytes.truncate(bytes.len() / 2)),
    ("all of it", Vec::clear),
    ("what stands behind it", |bytes| bytes.extend(b"more\n")),
    ("what is no text", |bytes| bytes[80] = 0xff),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_manifest_is_found_and_not_served_and_the_others_are() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    for (what, damage) in DAMAGES {
        let directory = TempDir::new().unwrap();
        let first = Life::begin(&chain, &site, directory.path()).await;
        let damaged = first.download("/data/movements.csv").await;
        let whole = first.download("/data/entries.csv").await;
        let said = first.said(&whole).await;
        assert!(said.is_some() && first.said(&damaged).await.is_some());
        let paths = files(directory.path());
        let path = paths.iter().find(|it| it.to_string_lossy().ends_with(&sha256(&damaged)));
        let path = path.unwrap();
        let mut bytes = fs::read(path).unwrap();
        damage(&mut bytes);
        fs::write(path, bytes).unwrap();

        let second = Life::begin(&chain, &site, directory.path()).await;
        assert_eq!(second.said(&damaged).await, None, "{what} was damaged");
        assert_eq!(second.said(&whole).await, said, "{what} of another was damaged");
        assert!(!path.exists() && files(directory.path()).len() == 1, "{what}");
        // Whoever asks for the file again has its manifest again.
        assert!(second.download("/data/movements.csv").await == damaged);
        assert!(second.said(&damaged).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_under_the_name_of_another_file_is_not_served() {
    let directory = TempDir::new().unwrap();
    let manifests = Manifests::open(directory.path(), Bounds::default()).unwrap();
    manifests.keep(&sha256(b"one"), "of one\n".to_owned(), Lasting::Kept);
    let [path] = &files(directory.path())[..] else { panic!("one manifest is one file") };
    let other = path.to_string_lossy().replace(&sha256(b"one"), &sha256(b"other"));
    fs::rename(path, other).unwrap();
    let manifests = Manifests::open(directory.path(), Bounds::default()).unwrap();
    assert_eq!(manifests.find(&sha256(b"one")), None);
    assert_eq!(manifests.find(&sha256(b"other")), None);
}

#[test]
fn the_oldest_go_when_there_are_too_many_or_too_many_bytes() {
    let directory = TempDir::new().unwrap();
    let text = |number: usize| format!("{number:0100}\n");
    let hash = |number: usize| sha256(text(number).as_bytes());
    let kept = |manifests: &Manifests| -> Vec<usize> {
        let found = (0..20).filter(|number| manifests.find(&hash(*number)) == Some(text(*number)));
        let found: Vec<usize> = found.collect();
        assert_eq!(files(directory.path()).len(), found.len(), "no file is left behind");
        found
    };
    let bounds = Bounds { count_max: 6, bytes_max: 1 << 20 };
    let manifests = Manifests::open(directory.path(), bounds).unwrap();
    for number in 0..10 {
        manifests.keep(&hash(number), text(number), Lasting::Kept);
    }
    assert_eq!(kept(&manifests), [4, 5, 6, 7, 8, 9]);
    // What is said again is not kept twice; what is said otherwise is new.
    manifests.keep(&hash(4), text(4), Lasting::Kept);
    manifests.keep(&hash(5), "other words\n".to_owned(), Lasting::Kept);
    manifests.keep(&hash(5), text(5), Lasting::Kept);
    manifests.keep(&hash(10), text(10), Lasting::Kept);
    assert_eq!(kept(&manifests), [5, 6, 7, 8, 9, 10]);

    // So it is after a restart, and with narrower bounds.
    let manifests = Manifests::open(directory.path(), bounds).unwrap();
    assert_eq!(kept(&manifests), [5, 6, 7, 8, 9, 10]);
    let bounds = Bounds { count_max: 6, bytes_max: 3 * text(0).len() };
    let manifests = Manifests::open(directory.path(), bounds).unwrap();
    assert_eq!(kept(&manifests), [5, 9, 10], "5 was said again after 9");
    manifests.keep(&hash(11), text(11), Lasting::Kept);
    assert_eq!(kept(&manifests), [5, 10, 11]);
    let manifests = Manifests::open(directory.path(), Bounds { count_max: 1, ..bounds }).unwrap();
    assert_eq!(kept(&manifests), [11]);
}

#[test]
fn what_a_crash_left_goes_and_what_is_not_ours_stays() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["7.unfinished", "notes.txt", "00000000000000000001-short"] {
        fs::write(path(name), "text").unwrap();
    }
    Manifests::open(directory.path(), Bounds::default()).unwrap();
    let names = [path("00000000000000000001-short"), path("notes.txt")];
    assert_eq!(files(directory.path()), names);
}

/// A donor's name that somebody types here must not outlive an order to erase it.
#[tokio::test(flavor = "multi_thread")]
async fn words_typed_into_a_filter_that_finds_nothing_are_not_written_to_disk() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let directory = TempDir::new().unwrap();
    let first = Life::begin(&chain, &site, directory.path()).await;
    let empty = first.download("/data/organizations.jsonl?kind=TYPED").await;
    assert!(empty.is_empty());
    assert!(first.said(&empty).await.unwrap().contains("TYPED"));
    let kinds = first.download("/data/organizations.jsonl?division=510521").await;
    assert!(first.said(&kinds).await.unwrap().contains("510521"));
    let [path] = &files(directory.path())[..] else { panic!("one of the two is on disk") };
    assert!(fs::read_to_string(path).unwrap().contains("510521"));
    let second = Life::begin(&chain, &site, directory.path()).await;
    assert_eq!(second.said(&empty).await, None);
    assert!(second.said(&kinds).await.is_some());
}
