//! Attachments and openings at one node: what is taken, what is handed out, what is erased.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use minglian_client::ClientError;
use minglian_client::wire::{AttachmentStatus, Uploaded};
use minglian_contracts::allocation::Category;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::naming::Thing;
use minglian_contracts::opening::{self, Ground};
use minglian_contracts::project::{self, Contract, Registration};
use minglian_ledger::deposit::{self, Class, Content, Deposit, DepositBody, MediaType};
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::transaction::Transaction;
use minglian_node::attachments::Keeper;
use minglian_node::attachments::magic::Magic;
use minglian_node::attachments::wanted::Wanted;
use tokio::time::Instant;

use crate::rpc_world::{
    CIVIL_CHECKER, CIVIL_MAKER, FINANCE_CHECKER, FINANCE_MAKER, World, civil_affairs, finance, key,
    text,
};

const MIB: usize = 1 << 20;

fn pdf(bytes: usize) -> Vec<u8> {
    let mut content = b"%PDF-1.7\n".to_vec();
    content.extend((0..bytes).map(|number| (number % 251) as u8));
    content.truncate(bytes);
    content
}

fn described(content: &[u8], media_type: MediaType) -> Content {
    let hash = AttachmentHash::of(&[content]);
    Content::Attachment { hash, media_type, bytes: content.len() as u64 }
}

impl World {
    fn deposit(&self, class: Class, content: Content) -> Deposit {
        let chain_id = self.chain.chain_id().clone();
        let organization = civil_affairs();
        let body = DepositBody { chain_id, organization, class, content };
        Deposit::sign(body, &key(CIVIL_MAKER))
    }

    async fn upload(
        &self,
        class: Class,
        content: Content,
        body: Vec<u8>,
    ) -> Result<Uploaded, String> {
        let deposit = self.deposit(class, content);
        self.client.upload_body(&deposit, body).await.map_err(code)
    }

    async fn read(&self, hash: &AttachmentHash) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        self.client.attachment(hash, u64::MAX, &mut out).await.map_err(code)?;
        Ok(out)
    }

    /// Commits an act that a maker proposes and others approve.
    async fn carry_out(&self, reference: &str, call: &Call, officers: &[u8]) {
        let proposal = self.act(officers[0], reference, call);
        let id = proposal.id();
        self.apply(proposal).await;
        for (step, officer) in officers[1..].iter().enumerate() {
            let approve = Call::Approval(approval::Call::Approve { proposal: id });
            self.apply(self.act(*officer, &format!("{reference}/{step}"), &approve)).await;
        }
    }

    async fn apply(&self, act: Transaction) {
        let committed = self.commit(&[act]).await;
        let record = self.client.record(committed.transactions[0].1).await.unwrap();
        assert!(record.receipt.applied, "{record:?}");
    }

    async fn register(&self) {
        let registration = Registration {
            reference: text("甲"),
            title: text("敬老院改造"),
            category: Category::OldAge,
            unit: civil_affairs(),
            year: 2025,
            carries_label: false,
            indicators: Vec::new(),
            occurred_on: "2025-06-01".parse().unwrap(),
        };
        let call = Call::Project(project::Call::Register(registration));
        self.carry_out("立项", &call, &[CIVIL_MAKER, CIVIL_CHECKER]).await;
    }

    /// Commits a record that names an attachment.
    async fn name(&self, number: &str, document: AttachmentHash) {
        let contract = Contract {
            counterparty: finance(),
            amount: Fen::new(100).unwrap(),
            document: Some(document),
            occurred_on: "2025-06-01".parse().unwrap(),
        };
        let call = project::Call::Contract { project: text("甲"), number: text(number), contract };
        self.carry_out(number, &Call::Project(call), &[CIVIL_MAKER, CIVIL_CHECKER]).await;
    }

    async fn erase(&self, reference: &str, things: Vec<Thing>) {
        let call = Call::Opening(opening::Call::Erase {
            things,
            ground: Ground::Unlawful,
            reviewer: Some(finance()),
            occurred_on: "2025-06-01".parse().unwrap(),
        });
        self.carry_out(reference, &call, &[CIVIL_MAKER, CIVIL_CHECKER, FINANCE_CHECKER]).await;
    }

    fn content(&self, hash: &AttachmentHash) -> PathBuf {
        let name = hash.to_string();
        self.directory().join("attachments/content").join(&name[..2]).join(name)
    }
}

fn code(error: ClientError) -> String {
    error.code().unwrap_or("broken off").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_waits_for_its_record_and_is_handed_out_as_a_file() {
    let world = World::start().await;
    world.register().await;
    let body = pdf(2 * MIB + 5);
    let content = described(&body, MediaType::Pdf);
    let hash = AttachmentHash::of(&[&body]);
    let uploaded = world.upload(Class::Public, content.clone(), body.clone()).await.unwrap();
    assert_eq!(uploaded, Uploaded { hash, status: AttachmentStatus::Waiting });
    assert_eq!(world.read(&hash).await.unwrap_err(), "not_found");
    world.name("合同1", hash).await;
    assert_eq!(world.read(&hash).await.unwrap(), body);
    let again = world.upload(Class::Personal, content, body.clone()).await.unwrap();
    assert_eq!(again.status, AttachmentStatus::Kept, "it is here, and stays what it was");
    let listed = world.client.attachments(None).await.unwrap().items;
    assert_eq!(
        listed.iter().map(|it| (it.hash, it.bytes)).collect::<Vec<_>>(),
        [(hash, body.len() as u64)]
    );

    let url = format!("{}/v1/attachments/{hash}", world.address);
    let answer = reqwest::get(url).await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-disposition"), format!("attachment; filename=\"{hash}.pdf\""));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("content-length"), body.len().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_its_deposit_says_is_refused_and_leaves_nothing() {
    let world = World::start().await;
    let body = pdf(3 * MIB);
    let public = async |content, body: &[u8]| {
        world.upload(Class::Public, content, body.to_vec()).await.unwrap_err()
    };
    assert_eq!(public(described(&body, MediaType::Png), &body).await, "wrong_type");
    let Content::Attachment { hash, media_type, .. } = described(&body, MediaType::Pdf) else {
        panic!()
    };
    let sized = |bytes| Content::Attachment { hash, media_type, bytes };
    assert_eq!(public(sized(5 << 20), &body).await, "too_large", "more than the node takes");
    assert_eq!(public(sized(100), &body).await, "too_large", "another length than it says");
    assert_eq!(public(sized(0), b"").await, "too_large");
    assert_eq!(public(described(b"other", MediaType::Text), b"oth3r").await, "mismatch");
    assert_eq!(public(described(b"\xff\xfe", MediaType::Text), b"\xff\xfe").await, "wrong_type");

    let content = described(&body, MediaType::Pdf);
    let good = world.deposit(Class::Public, content.clone());
    let forged = Deposit::sign(good.body.clone(), &key(FINANCE_MAKER));
    let refused = world.client.upload_body(&forged, body.clone()).await;
    assert_eq!(code(refused.unwrap_err()), "unsigned", "another organisation's key");
    let lowered = Deposit { body: DepositBody { class: Class::Personal, ..good.body }, ..good };
    let refused = world.client.upload_body(&lowered, body.clone()).await;
    assert_eq!(code(refused.unwrap_err()), "unsigned", "a class that was not signed");
    for name in ["..", "%2e%2e%2fledger", &hash.to_string().to_uppercase()] {
        let answer = world.client.text(&format!("/v1/attachments/{name}")).await;
        let refused = code(answer.unwrap_err());
        assert!(refused == "bad_request" || refused == "not_found", "{name}: {refused}");
    }

    // Only so much may wait for a record.
    world.upload(Class::Public, content, body).await.unwrap();
    let more: Vec<u8> = [pdf(3 * MIB), vec![1]].concat();
    assert_eq!(public(described(&more, MediaType::Pdf), &more).await, "no_room");
    let held: Vec<_> = fs::read_dir(world.content(&hash).parent().unwrap()).unwrap().collect();
    assert_eq!(held.len(), 1, "nothing else was kept, and nothing unfinished is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_record_names_goes_and_what_one_names_stays() {
    let world = World::start().await;
    world.register().await;
    let (stays, goes) = (pdf(1_000), pdf(2_000));
    for body in [&stays, &goes] {
        world.upload(Class::Public, described(body, MediaType::Pdf), body.clone()).await.unwrap();
    }
    let (stays, goes) = (AttachmentHash::of(&[&stays]), AttachmentHash::of(&[&goes]));
    world.name("合同1", stays).await;
    for number in 0..20 {
        world.name(&format!("另{number}"), AttachmentHash::of(&[&[number]])).await;
    }
    assert!(world.keeper.entry(&stays).is_some_and(|entry| entry.is_named));
    assert!(world.keeper.entry(&goes).is_none());
    assert!(world.content(&stays).exists() && !world.content(&goes).exists());
    let missing = world.client.missing_attachments(None).await.unwrap();
    assert_eq!(missing.items.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damaged_byte_is_handed_out_and_the_copy_is_set_aside() {
    let world = World::start().await;
    world.register().await;
    let body = pdf(3 * MIB);
    let hash = AttachmentHash::of(&[&body]);
    let deposited = described(&body, MediaType::Pdf);
    world.upload(Class::Public, deposited.clone(), body.clone()).await.unwrap();
    world.name("合同1", hash).await;
    for damage in [MIB + 1, 0] {
        let mut changed = body.clone();
        changed[damage] ^= 1;
        fs::write(world.content(&hash), &changed).unwrap();
        let mut out = Vec::new();
        let read = world.client.attachment(&hash, u64::MAX, &mut out).await;
        assert!(read.is_err());
        assert!(out.len() <= damage && out == body[..out.len()], "{} bytes", out.len());
        assert!(!world.content(&hash).exists());
        assert!(world.directory().join("attachments/damaged").join(hash.to_string()).exists());
        assert_eq!(world.read(&hash).await.unwrap_err(), "not_found");
        // A good copy takes its place.
        world.upload(Class::Public, deposited.clone(), body.clone()).await.unwrap();
        assert_eq!(world.read(&hash).await.unwrap(), body);
        assert!(!world.directory().join("attachments/damaged").join(hash.to_string()).exists());
    }
    world.keeper.verify(&hash).await.unwrap();
    fs::write(world.content(&hash), &body[..MIB]).unwrap();
    assert!(world.keeper.verify(&hash).await.unwrap_err().is_damage(), "a file cut short");
    assert!(world.keeper.wants(&Thing::Attachment(hash)).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_erases_and_nothing_brings_it_back() {
    let world = World::start().await;
    world.register().await;
    let body = pdf(MIB);
    let hash = AttachmentHash::of(&[&body]);
    let content = described(&body, MediaType::Pdf);
    world.upload(Class::Public, content.clone(), body.clone()).await.unwrap();
    world.name("合同1", hash).await;
    world.erase("删1", vec![Thing::Attachment(hash)]).await;
    assert!(!world.content(&hash).exists());
    assert_eq!(world.read(&hash).await.unwrap_err(), "erased");
    let again = world.upload(Class::Public, content, body.clone()).await;
    assert_eq!(again.unwrap_err(), "erased");
    assert!(!world.keeper.wants(&Thing::Attachment(hash)).unwrap());
    let missing = world.client.missing_attachments(None).await.unwrap();
    assert_eq!(missing.items, [], "what is erased is not missed");

    // A backup of the directory that is put back is swept at the start.
    fs::create_dir_all(world.content(&hash).parent().unwrap()).unwrap();
    fs::write(world.content(&hash), &body).unwrap();
    let openings = world.directory().join("openings");
    let settings = world.keeper.settings().clone();
    let (keeper, _) = Keeper::open(settings, &openings, world.chain.clone()).await.unwrap();
    assert!(keeper.entry(&hash).is_none());
    assert!(!world.content(&hash).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_is_kept_for_its_record_shown_checked_and_erased() {
    let world = World::start().await;
    world.register().await;
    let (salt, said) = ([3; 16], "材料不全,退回");
    let commitment = deposit::commit(&salt, said);
    let deposit = world.deposit(Class::Public, Content::Opening { commitment });
    let hand_over = async |salt: &[u8; 16], said: &str| {
        world.client.deposit_opening(&deposit, salt, said).await.map_err(code)
    };
    assert_eq!(hand_over(&salt, said).await.unwrap_err(), "not_named");
    give_opinion(&world, "否1", commitment).await;
    assert_eq!(hand_over(&[4; 16], said).await.unwrap_err(), "mismatch");
    assert_eq!(hand_over(&salt, "手机13800138000").await.unwrap_err(), "broken off");
    hand_over(&salt, said).await.unwrap();
    let shown = world.client.opening(&commitment).await.unwrap();
    assert_eq!((shown.text.as_str(), shown.organization), (said, civil_affairs()));
    assert!(!format!("{shown:?}").contains(said), "what is printed cannot be erased");

    world.erase("删1", vec![Thing::Opening(commitment)]).await;
    let refused = world.client.opening(&commitment).await.unwrap_err();
    assert_eq!(code(refused), "erased");
    assert_eq!(hand_over(&salt, said).await.unwrap_err(), "erased");
    let name = commitment.to_string();
    assert!(!world.directory().join("openings").join(&name[..2]).join(name).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_number_is_refused_by_the_node_too_and_what_is_personal_is_not_shown() {
    let world = World::start().await;
    world.register().await;
    let (salt, said) = ([3; 16], "李四 34112219800101001X");
    let commitment = deposit::commit(&salt, said);
    give_opinion(&world, "否1", commitment).await;
    let deposit = world.deposit(Class::Public, Content::Opening { commitment });
    let request = serde_json::json!({
        "deposit": data_encoding::HEXLOWER.encode(&deposit.encode()),
        "salt": data_encoding::HEXLOWER.encode(&salt),
        "text": said,
    });
    let url = format!("{}/v1/openings", world.address);
    let answer = reqwest::Client::new().post(url).json(&request).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let problem = answer.text().await.unwrap();
    assert!(problem.contains("personal_number") && !problem.contains("3411"), "{problem}");

    let said = "李四";
    let commitment = deposit::commit(&salt, said);
    give_opinion(&world, "否2", commitment).await;
    let deposit = world.deposit(Class::Personal, Content::Opening { commitment });
    world.client.deposit_opening(&deposit, &salt, said).await.unwrap();
    let refused = world.client.opening(&commitment).await.unwrap_err();
    assert_eq!(code(refused), "not_public");
    assert_eq!(world.keeper.opening(&commitment).unwrap().unwrap().text, said);
}

/// Commits a record that names a commitment: the opinion with which a checker rejects.
async fn give_opinion(world: &World, reference: &str, opinion: Commitment) {
    let contract = Contract {
        counterparty: finance(),
        amount: Fen::new(100).unwrap(),
        document: None,
        occurred_on: "2025-06-01".parse().unwrap(),
    };
    let call = project::Call::Contract { project: text("甲"), number: text(reference), contract };
    let proposal = world.act(CIVIL_MAKER, reference, &Call::Project(call));
    let id = proposal.id();
    world.apply(proposal).await;
    let reject = approval::Call::Reject { proposal: id, opinion: Some(opinion) };
    let rejection = format!("{reference}/否决");
    world.apply(world.act(CIVIL_CHECKER, &rejection, &Call::Approval(reject))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_with_a_personal_number_is_turned_away_at_the_door() {
    let world = World::start().await;
    let registration = Registration {
        reference: text("乙"),
        title: text("资助34112219800101001X"),
        category: Category::OldAge,
        unit: civil_affairs(),
        year: 2025,
        carries_label: false,
        indicators: Vec::new(),
        occurred_on: "2025-06-01".parse().unwrap(),
    };
    let call = Call::Project(project::Call::Register(registration));
    let transaction = world.act(CIVIL_MAKER, "立项", &call);
    let answers = world.client.submit(&[transaction.encode()]).await.unwrap();
    assert_eq!(answers[0].code, "personal_number");
    assert!(!answers[0].detail.as_ref().unwrap().contains("3411"));
}

#[test]
fn types_are_told_by_their_beginnings_however_they_are_cut() {
    let is = |media_type, pieces: &[&[u8]]| {
        let mut magic = Magic::new(media_type);
        pieces.iter().all(|piece| magic.look(piece)) && magic.finish()
    };
    assert!(is(MediaType::Pdf, &[b"%P", b"DF-1.4 and more"]));
    assert!(is(MediaType::Png, &[b"\x89PNG\r\n\x1a\n", b"IHDR"]));
    assert!(is(MediaType::Jpeg, &[b"\xff\xd8\xff\xe0"]));
    for zip in [MediaType::Xlsx, MediaType::Docx, MediaType::Ofd] {
        assert!(is(zip, &[b"PK\x03", b"\x04 and more"]));
        assert!(!is(zip, &[b"%PDF-1.4"]));
    }
    assert!(!is(MediaType::Pdf, &[b"%PD"]), "too short to be one");
    assert!(!is(MediaType::Png, &[b"<html><script>"]));
    let text = "款项,已付\r\n".as_bytes();
    for cut in 0..text.len() {
        assert!(is(MediaType::Csv, &[&text[..cut], &text[cut..]]), "cut at {cut}");
    }
    assert!(!is(MediaType::Text, &[&text[..1]]), "ends within a character");
    assert!(!is(MediaType::Text, &[b"MZ\x00\x01"]));
    assert!(!is(MediaType::Csv, &[b"\xbf\xee"]), "GB18030");
}

#[test]
fn what_is_missing_is_asked_for_less_and_less_often_and_at_once_when_somebody_has_it() {
    let mut wanted = Wanted::default();
    let now = Instant::now();
    let thing = Thing::Attachment(AttachmentHash::of(&[b"a"]));
    wanted.add(thing, None, now);
    wanted.know(thing, now);
    assert_eq!(wanted.attachments(), 1);
    assert_eq!(wanted.take_due(now), Some((thing, None)));
    assert_eq!(wanted.take_due(now), None, "it is being asked for");
    wanted.failed(&thing, now);
    assert_eq!(wanted.take_due(now), None);
    let later = now + Duration::from_secs(1);
    assert!(wanted.take_due(later).is_some());
    wanted.failed(&thing, later);
    assert_eq!(wanted.take_due(later + Duration::from_millis(500)), None, "twice as long");
    wanted.add(thing, Some("peer".to_owned()), later);
    assert_eq!(wanted.take_due(later), Some((thing, Some("peer".to_owned()))));
    wanted.remove(&thing);
    assert_eq!((wanted.attachments(), wanted.take_due(later)), (0, None));

    let opening = Thing::Opening(Commitment::of(&[b"nobody has it"]));
    let mut now = now;
    wanted.add(opening, None, now);
    for _ in 0..8 {
        now += Duration::from_secs(3_600);
        assert!(wanted.take_due(now).is_some());
        wanted.failed(&opening, now);
    }
    now += Duration::from_secs(3_600);
    assert_eq!(wanted.take_due(now), None, "an opening need never have been handed over");
}
