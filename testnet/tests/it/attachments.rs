//! Attachments and openings on four nodes: they reach all of them, damage is noticed and mended,
//! and what an order erases is gone and stays so.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use minglian_client::wire::AttachmentStatus;
use minglian_client::{Client, ClientError};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::naming::Thing;
use minglian_contracts::opening::{self, Ground};
use minglian_contracts::project::{self, Contract, Registration};
use minglian_ledger::deposit::{self, Class, Content, Deposit, DepositBody, MediaType};
use minglian_ledger::evidence::{Proven, Trust};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_testnet::act::Desk;
use minglian_testnet::officer::{Officer, Officers};
use minglian_testnet::process::Signal;
use minglian_testnet::{check, clock, measure};

use crate::network::{self, Network};

/// How long something may take to reach every node.
const LIMIT: Duration = Duration::from_secs(90);

/// A body larger than any attachment that is taken.
const HUGE_BYTES: u64 = 10_000_000_000;

/// What the memory of a node may grow by while a body is refused, in KiB.
const GROWTH_KIB: u64 = 64 * 1024;

const PIECE: usize = 1 << 20;

/// The bureau of node 0, with a desk at that node.
struct Bureau {
    maker: Officer,
    checker: Officer,
    reviewer: Officer,
    desk: Desk,
}

impl Bureau {
    async fn new(network: &Network) -> Self {
        let officers = Officers::open(network.directory()).unwrap();
        let code = network.nodes()[0].validator.organization;
        let other = network.nodes().last().unwrap().validator.organization;
        Self {
            maker: officers.of(code, Role::Maker).unwrap(),
            checker: officers.of(code, Role::Checker).unwrap(),
            reviewer: officers.of(other, Role::Checker).unwrap(),
            desk: Desk::new(network.client(0).unwrap(), "attachments").await.unwrap(),
        }
    }

    fn code(&self) -> OrganizationCode {
        self.maker.organization
    }

    fn deposit(&self, class: Class, content: Content) -> Deposit {
        let (chain_id, organization) = (self.desk.chain_id().clone(), self.code());
        let body = DepositBody { chain_id, organization, class, content };
        Deposit::sign(body, &self.maker.key)
    }

    async fn register(&mut self) {
        let registration = Registration {
            reference: Text::new("附件项目").unwrap(),
            title: Text::new("敬老院改造").unwrap(),
            category: minglian_contracts::allocation::Category::OldAge,
            unit: self.code(),
            year: 2024,
            carries_label: false,
            indicators: Vec::new(),
            occurred_on: clock::today().unwrap(),
        };
        let call = Call::Project(project::Call::Register(registration));
        self.desk.carry_out(&call, &[&self.maker, &self.checker]).await.unwrap();
    }

    /// Commits a contract that names an attachment.
    async fn name(&mut self, number: &str, document: AttachmentHash) {
        let contract = Contract {
            counterparty: self.code(),
            amount: Fen::new(100).unwrap(),
            document: Some(document),
            occurred_on: clock::today().unwrap(),
        };
        let call = Call::Project(project::Call::Contract {
            project: Text::new("附件项目").unwrap(),
            number: Text::new(number).unwrap(),
            contract,
        });
        self.desk.carry_out(&call, &[&self.maker, &self.checker]).await.unwrap();
    }

    /// Commits a record that names a commitment: the opinion with which a checker rejects.
    async fn give_opinion(&mut self, opinion: Commitment) -> LogIndex {
        let contract = project::Call::Contract {
            project: Text::new("附件项目").unwrap(),
            number: Text::new(format!("拒{opinion}")).unwrap(),
            contract: Contract {
                counterparty: self.code(),
                amount: Fen::new(100).unwrap(),
                document: None,
                occurred_on: clock::today().unwrap(),
            },
        };
        let proposal = self.desk.sign(&self.maker, &Call::Project(contract)).unwrap();
        let id = proposal.id();
        self.desk.commit(&[proposal]).await.unwrap();
        let reject = approval::Call::Reject { proposal: id, opinion: Some(opinion) };
        let rejection = self.desk.sign(&self.checker, &Call::Approval(reject)).unwrap();
        self.desk.commit(&[rejection]).await.unwrap()[0].index
    }

    async fn erase(&mut self, things: Vec<Thing>) {
        let reviewed = things.iter().any(|thing| matches!(thing, Thing::Attachment(_)));
        let call = Call::Opening(opening::Call::Erase {
            things,
            ground: Ground::ConsentWithdrawn,
            reviewer: reviewed.then_some(self.reviewer.organization),
            occurred_on: clock::today().unwrap(),
        });
        let mut signers = vec![&self.maker, &self.checker];
        if reviewed {
            signers.push(&self.reviewer);
        }
        self.desk.carry_out(&call, &signers).await.unwrap();
    }
}

/// A file of `bytes` bytes that begins like a PDF and repeats itself nowhere.
fn pdf(network: &Network, name: &str, bytes: usize) -> PathBuf {
    let mut content = b"%PDF-1.7\n".to_vec();
    let mut number = 0_u64;
    while content.len() < bytes {
        let block = Commitment::of(&[name.as_bytes(), &number.to_le_bytes()]);
        content.extend_from_slice(&block.0);
        number += 1;
    }
    content.truncate(bytes);
    let path = network.directory().path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn hash_of(content: &Content) -> AttachmentHash {
    let Content::Attachment { hash, .. } = content else { panic!("no attachment") };
    *hash
}

/// Where a node keeps an attachment.
fn copy_of(network: &Network, node: usize, hash: &AttachmentHash) -> PathBuf {
    let name = hash.to_string();
    let content = network.directory().data(node).join("attachments/content");
    content.join(&name[..2]).join(name)
}

fn opening_of(network: &Network, node: usize, commitment: &Commitment) -> PathBuf {
    let name = commitment.to_string();
    network.directory().data(node).join("openings").join(&name[..2]).join(name)
}

/// Waits until something holds.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds().await {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn has(client: &Client, hash: &AttachmentHash) -> bool {
    client.attachment(hash, u64::MAX, &mut std::io::sink()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_reaches_every_node_and_a_damaged_copy_is_fetched_again() {
    let network = network::up(4, 0).await;
    let mut bureau = Bureau::new(&network).await;
    bureau.register().await;
    let path = pdf(&network, "contract.pdf", 20 * PIECE + 17);
    let content = minglian_client::deposit::describe(&path, MediaType::Pdf).unwrap();
    let hash = hash_of(&content);
    let client = network.client(1).unwrap();
    let deposit = bureau.deposit(Class::Public, content);
    let uploaded = client.upload(&deposit, &path).await.unwrap();
    assert_eq!(uploaded.status, AttachmentStatus::Waiting);
    let unnamed = client.attachment(&hash, u64::MAX, &mut std::io::sink()).await;
    assert_eq!(unnamed.unwrap_err().code(), Some("not_found"), "no record names it yet");

    let kept = pdf(&network, "list.pdf", 3 * PIECE);
    let kept_content = minglian_client::deposit::describe(&kept, MediaType::Pdf).unwrap();
    let secret = hash_of(&kept_content);
    client.upload(&bureau.deposit(Class::Personal, kept_content), &kept).await.unwrap();
    let never = AttachmentHash::of(&[b"nobody brings it"]);
    bureau.name("1", hash).await;
    bureau.name("2", secret).await;
    bureau.name("3", never).await;
    for (node, client) in network.clients().unwrap().iter().enumerate() {
        eventually("every node has it", async || has(client, &hash).await).await;
        let personal = async || copy_of(&network, node, &secret).exists();
        eventually("every validator has what is personal", personal).await;
        // The bytes are there a moment before the node answers for them.
        let refused = async || {
            let answer = client.attachment(&secret, u64::MAX, &mut std::io::sink()).await;
            answer.unwrap_err().code() == Some("not_public")
        };
        eventually("what is personal is refused as such", refused).await;
        let misses = async || {
            let missing = client.missing_attachments(None).await.unwrap().items;
            missing.iter().map(|it| it.hash).eq([never])
        };
        eventually("only what nobody brought is missing", misses).await;
    }

    // One bit beyond the first piece: no answer is ever another attachment.
    let copy = copy_of(&network, 2, &hash);
    let mut bytes = fs::read(&copy).unwrap();
    bytes[7 * PIECE] ^= 1;
    fs::write(&copy, &bytes).unwrap();
    let client = network.client(2).unwrap();
    let mut served = Vec::new();
    assert!(client.attachment(&hash, u64::MAX, &mut served).await.is_err());
    assert!(served.len() <= 7 * PIECE, "{} bytes, a damaged piece among them", served.len());
    assert_eq!(served, fs::read(&path).unwrap()[..served.len()]);
    eventually("the copy is fetched again", async || has(&client, &hash).await).await;
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&path).unwrap());
    let metrics = async || measure::metrics(&client).await.unwrap();
    assert_eq!(metrics().await["attachments_damaged_total"], 1);
    let missing = async || metrics().await["attachments_missing"] == 1;
    eventually("only what nobody brought is missing", missing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_it_says_is_refused_and_memory_stays_flat() {
    let network = network::up(1, 0).await;
    let bureau = Bureau::new(&network).await;
    let client = network.client(0).unwrap();
    let process = network.process(0).unwrap().unwrap();
    let code = |error: ClientError| error.code().unwrap_or("broken off").to_owned();
    let path = pdf(&network, "a.pdf", 2 * PIECE);
    let described = |media_type| minglian_client::deposit::describe(&path, media_type).unwrap();
    let upload = async |content| {
        let deposit = bureau.deposit(Class::Public, content);
        client.upload(&deposit, &path).await.map_err(code)
    };

    let png = upload(described(MediaType::Png)).await;
    assert!(png.as_ref().is_err_and(|it| it == "wrong_type" || it == "broken off"), "{png:?}");
    let Content::Attachment { media_type, bytes, .. } = described(MediaType::Pdf) else { panic!() };
    let other = AttachmentHash::of(&[b"another"]);
    let mismatch = upload(Content::Attachment { hash: other, media_type, bytes }).await;
    assert_eq!(mismatch.unwrap_err(), "mismatch");
    let stranger = Officer::generate(bureau.code());
    let content = described(MediaType::Pdf);
    let body = bureau.deposit(Class::Public, content).body;
    let unsigned = client.upload(&Deposit::sign(body, &stranger.key), &path).await;
    assert_eq!(code(unsigned.unwrap_err()), "unsigned");

    let before = process.resident_kib().unwrap();
    let hash = AttachmentHash::of(&[b"huge"]);
    let huge = upload(Content::Attachment { hash, media_type, bytes: HUGE_BYTES }).await;
    assert!(huge.as_ref().is_err_and(|it| it == "too_large" || it == "broken off"), "{huge:?}");
    // Longer than it says: it ends where it should.
    let sparse = network.directory().path().join("huge.pdf");
    fs::copy(&path, &sparse).unwrap();
    fs::OpenOptions::new().write(true).open(&sparse).unwrap().set_len(HUGE_BYTES).unwrap();
    let deposit =
        bureau.deposit(Class::Public, Content::Attachment { hash, media_type, bytes: 60 << 20 });
    let longer = client.upload(&deposit, &sparse).await.map_err(code);
    assert!(longer.as_ref().is_err_and(|it| it == "too_large" || it == "broken off"), "{longer:?}");
    let grown = process.resident_kib().unwrap().saturating_sub(before);
    assert!(grown < GROWTH_KIB, "{grown} KiB more");

    for name in ["../../genesis.json", "..%2f..%2fgenesis.json", "%2e%2e", "about"] {
        let answer = client.text(&format!("/v1/attachments/{name}")).await;
        let refused = answer.unwrap_err();
        assert!(matches!(code(refused).as_str(), "bad_request" | "not_found"), "{name}");
    }
    // Nothing of all this was kept.
    let content = network.directory().data(0).join("attachments/content");
    let files = async || {
        let folders = fs::read_dir(&content).into_iter().flatten().flatten();
        folders.flat_map(|it| fs::read_dir(it.path()).into_iter().flatten()).count()
    };
    eventually("what was begun is removed", async || files().await == 0).await;
    let uploaded = upload(described(MediaType::Pdf)).await.unwrap();
    assert_eq!(uploaded.status, AttachmentStatus::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_name_is_gone_everywhere_and_a_node_that_was_away_does_not_bring_it_back() {
    let network = network::up(4, 0).await;
    let mut bureau = Bureau::new(&network).await;
    bureau.register().await;
    let (salt, text) = ([7; 16], "捐赠人李四");
    let commitment = deposit::commit(&salt, text);
    let deposit = bureau.deposit(Class::Public, Content::Opening { commitment });
    let client = network.client(1).unwrap();
    let early = client.deposit_opening(&deposit, &salt, text).await;
    assert_eq!(early.unwrap_err().code(), Some("not_named"));
    let index = bureau.give_opinion(commitment).await;
    network.wait_level(LIMIT).await.unwrap();
    let wrong = client.deposit_opening(&deposit, &[8; 16], text).await;
    assert_eq!(wrong.unwrap_err().code(), Some("mismatch"));
    let card = client.deposit_opening(&deposit, &salt, "李四 34112219800101001X").await;
    assert!(matches!(card, Err(ClientError::PersonalNumber(_))), "{card:?}");
    client.deposit_opening(&deposit, &salt, text).await.unwrap();
    let file = pdf(&network, "face.pdf", 2 * PIECE);
    let content = minglian_client::deposit::describe(&file, MediaType::Pdf).unwrap();
    let picture = hash_of(&content);
    let picture_deposit = bureau.deposit(Class::Public, content);
    client.upload(&picture_deposit, &file).await.unwrap();
    bureau.name("1", picture).await;
    for client in network.clients().unwrap() {
        let shown = async || {
            client.opening(&commitment).await.is_ok_and(|it| it.text == text)
                && has(&client, &picture).await
        };
        eventually("every node has both", shown).await;
    }

    // Node 3 is away while the order is committed.
    network.signal(3, Signal::Terminate).unwrap();
    bureau.erase(vec![Thing::Opening(commitment), Thing::Attachment(picture)]).await;
    let level = network.wait_level(LIMIT).await.unwrap();
    for node in 0..3 {
        let client = network.client(node).unwrap();
        assert_eq!(client.opening(&commitment).await.unwrap_err().code(), Some("erased"));
        is_wiped(&network, node, &commitment, &picture).await;
        let again = client.deposit_opening(&deposit, &salt, text).await;
        assert_eq!(again.unwrap_err().code(), Some("erased"));
        let again = client.upload(&picture_deposit, &file).await.unwrap_err();
        assert!(matches!(again.code(), Some("erased") | None), "{again}");
    }
    assert!(opening_of(&network, 3, &commitment).exists(), "it did not hear of the order");
    network.start(3).unwrap();
    network.wait_healthy(3).await.unwrap();
    network.wait_height(3, level, LIMIT).await.unwrap();
    for node in 0..4 {
        let client = network.client(node).unwrap();
        // Time for the nodes to compare what they have: nothing may come back.
        let metrics = async || measure::metrics(&client).await.unwrap();
        eventually("they are connected", async || metrics().await["peers"] == 3).await;
        assert_eq!(client.opening(&commitment).await.unwrap_err().code(), Some("erased"));
        is_wiped(&network, node, &commitment, &picture).await;
        assert_eq!(metrics().await["openings"], 0);
    }
    nothing_holds(&network, text);

    record_is_proven(&network, index).await;
}

/// The bytes go shortly after the block with the order.
async fn is_wiped(network: &Network, node: usize, name: &Commitment, picture: &AttachmentHash) {
    let files = [opening_of(network, node, name), copy_of(network, node, picture)];
    let wiped = async || files.iter().all(|file| !file.exists());
    eventually("a node has wiped both", wiped).await;
}

/// The record that names what was erased is proven as before, and so is everything else.
async fn record_is_proven(network: &Network, index: LogIndex) {
    assert_eq!(check::run(network).await.unwrap().nodes, 4);
    let genesis = network.genesis().unwrap();
    let trust = Trust {
        chain_id: genesis.chain_id().unwrap(),
        height: Height::GENESIS,
        validators: genesis.validators.clone(),
    };
    for client in network.clients().unwrap() {
        let evidence = client.record_evidence(index, Height::GENESIS).await.unwrap();
        let proven = evidence.verify(&trust).unwrap();
        assert!(matches!(proven, Proven::Leaf(at, _) if at == index), "{}", client.base_url());
    }
}

/// No file of any node holds the text.
fn nothing_holds(network: &Network, text: &str) {
    let mut folders: Vec<PathBuf> = (0..4).map(|node| network.directory().node(node)).collect();
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.is_dir() {
                folders.push(file);
                continue;
            }
            let bytes = fs::read(&file).unwrap_or_default();
            let found = bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!found, "{} holds it", file.display());
        }
    }
}
