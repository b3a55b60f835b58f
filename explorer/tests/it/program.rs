//! The program itself, with a directory of blocks and no node: what it serves, and what of it
//! outlives the process.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use minglian_client::wire;
use minglian_explorer::data::manifest::ServiceKey;
use minglian_ledger::checkpoint::note::Note;
use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::chain::Chain;
use crate::story;

/// How long the program may take for anything.
const LIMIT: Duration = Duration::from_secs(90);

const FILE: &str = "/data/movements.csv";

/// A running explorer; dropped, it ends.
struct Explorer {
    process: Child,
    base: String,
}

impl Drop for Explorer {
    fn drop(&mut self) {
        // It has ended already where the test got as far as that.
        if let Ok(None) = self.process.try_wait() {
            self.process.kill().unwrap();
            self.process.wait().unwrap();
        }
    }
}

/// The program over the blocks in `files`.
fn program(files: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minglian-explorer"));
    command.args(["--directory", "blocks", "--genesis", "genesis.json"]);
    command.args(["--listen", "127.0.0.1:0", "--stale-after-seconds", "0"]);
    command.args(["--index", "index.sqlite", "--service-key", "service.key"]);
    command.current_dir(files);
    command
}

impl Explorer {
    fn start(files: &Path) -> Self {
        let mut process = program(files).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert!(said.starts_with("http://127.0.0.1:"), "it says {said:?}");
        Self { process, base: said.trim().trim_end_matches('/').to_owned() }
    }

    async fn get(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.base)).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    }

    async fn found(&self, path: &str) -> Vec<u8> {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        body
    }

    async fn text(&self, path: &str) -> String {
        String::from_utf8(self.found(path).await).unwrap()
    }

    /// Waits until it has verified the chain to its end.
    async fn verified(&self, chain: &Chain) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let (_, said) = self.get("/health").await;
            let said: Value = serde_json::from_slice(&said).unwrap();
            if said["status"] == "current" && said["verified_height"] == chain.header.height.0 {
                return;
            }
            assert!(Instant::now() < deadline, "it stays at {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it as a machine does that fails.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Which height it has verified when it finds no block.
    async fn verified_without_blocks(&self) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let (_, said) = self.get("/health").await;
            let said: Value = serde_json::from_slice(&said).unwrap();
            if said["status"] == "unreachable" {
                return said["verified_height"].clone();
            }
            assert!(Instant::now() < deadline, "it stays at {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it as an operator does, and waits until it has.
    fn end(mut self) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

/// What a one-way gateway carries out: the genesis, and the blocks in a file.
fn carried(chain: &Chain) -> TempDir {
    let files = TempDir::new().unwrap();
    let genesis = serde_json::to_vec(&chain.genesis).unwrap();
    fs::write(files.path().join("genesis.json"), genesis).unwrap();
    fs::create_dir(files.path().join("blocks")).unwrap();
    let mut blocks = Vec::new();
    for block in &chain.blocks {
        wire::push_frame(&mut blocks, &block.encode().unwrap());
    }
    fs::write(files.path().join("blocks/blocks-1.bin"), blocks).unwrap();
    ServiceKey::create(&files.path().join("service.key")).unwrap();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_shows_a_directory_of_blocks_and_keeps_its_manifests_over_a_restart() {
    let chain = story::told();
    let files = carried(&chain);
    let key = ServiceKey::read(&files.path().join("service.key"), &chain.genesis.origin()).unwrap();
    let verifier = key.verifier().unwrap();

    let first = Explorer::start(files.path());
    first.verified(&chain).await;
    let home = first.text("/").await;
    assert!(home.contains("4,650,000.00"), "{home}");
    // Without a node there is no signed head of the log, and nobody is asked for one.
    assert_eq!(first.get("/verify/checkpoint").await.0, StatusCode::NO_CONTENT);
    let evidence = first.found("/verify/records/3/evidence").await;
    let file = first.found(FILE).await;
    let manifest = format!("/data/manifests/{:x}", Sha256::digest(&file));
    let said = first.text(&manifest).await;
    first.end();

    let second = Explorer::start(files.path());
    // Kept, so it is there before anything is verified again, and before the file is asked for.
    assert_eq!(second.text(&manifest).await, said);
    let note = Note::parse(said.as_bytes()).unwrap();
    assert!(note.is_signed_by_log(&verifier).unwrap());
    second.verified(&chain).await;
    let statement: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert!(second.found(statement["address"].as_str().unwrap()).await == file);
    assert!(second.found(FILE).await == file);
    assert_eq!(second.text(&manifest).await, said);
    assert!(second.found("/verify/records/3/evidence").await == evidence);
    second.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_goes_on_where_it_stood_when_it_was_killed() {
    let chain = story::told();
    let files = carried(&chain);
    let (blocks, away) = (files.path().join("blocks"), files.path().join("away"));
    let deadline = Instant::now() + LIMIT;
    // It keeps what it verified when it finds no more blocks, a moment after it has said so.
    loop {
        let first = Explorer::start(files.path());
        first.verified(&chain).await;
        first.kill();
        fs::rename(&blocks, &away).unwrap();
        let second = Explorer::start(files.path());
        let verified = second.verified_without_blocks().await;
        assert!(second.text("/").await.contains("4,650,000.00"));
        if verified == chain.header.height.0 {
            second.found("/verify/accounts/1/evidence").await;
            second.end();
            return;
        }
        assert!(Instant::now() < deadline, "it stays at {verified}");
        second.end();
        fs::rename(&away, &blocks).unwrap();
    }
}

/// Names of donors in it would be shown after whoever writes it was cut off.
#[test]
fn a_file_is_not_read_beside_the_explorer_that_writes_it() {
    let files = carried(&story::told());
    let refused = program(files.path()).arg("--read-only").output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("--read-only is of an index on PostgreSQL"), "{said}");
}
