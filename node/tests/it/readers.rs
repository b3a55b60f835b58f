//! Officers read what is not public, by a question that they signed for this node and this moment.

use minglian_client::ClientError;
use minglian_ledger::deposit::{self, Class, Content, MediaType};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::TimeMs;
use minglian_ledger::reading::{Reading, ReadingBody};
use minglian_node::clock;

use crate::deposit_world::{code, described, give_opinion, pdf};
use crate::rpc_world::{
    CIVIL_CHECKER, CIVIL_MAKER, FINANCE_CHECKER, FINANCE_GOVERNOR, FINANCE_MAKER, World, key, text,
};

const SALT: [u8; 16] = [3; 16];
const SAID: &str = "李四";

/// A question of an officer for a path.
fn body(world: &World, path: &str) -> ReadingBody {
    ReadingBody {
        chain_id: world.chain.chain_id().clone(),
        node: text("peer0"),
        request: text(&format!("GET {path}")),
        time_ms: clock::now(),
    }
}

async fn with_opening(class: Class) -> (World, Commitment) {
    let world = World::start().await;
    world.register().await;
    let commitment = deposit::commit(&SALT, SAID);
    give_opinion(&world, "否1", commitment).await;
    let deposit = world.deposit(class, Content::Opening { commitment });
    world.client.deposit_opening(&deposit, &SALT, SAID).await.unwrap();
    (world, commitment)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_reads_what_is_personal_and_nobody_else_does() {
    let (world, commitment) = with_opening(Class::Personal).await;
    let refused = world.client.opening(&commitment).await.unwrap_err();
    assert_eq!(code(refused), "not_public");
    let path = format!("/v1/openings/{commitment}");
    let asked = body(&world, &path);
    let read = async |reading: &Reading| {
        world.client.opening_for(&commitment, reading).await.map(|it| it.text).map_err(code)
    };
    let ask =
        async |body: ReadingBody, officer: u8| read(&Reading::sign(body, &key(officer))).await;
    // Its own officers, and those of a bureau that runs a validator; the same question twice too.
    for officer in [CIVIL_MAKER, CIVIL_CHECKER, FINANCE_MAKER, FINANCE_CHECKER, FINANCE_CHECKER] {
        assert_eq!(ask(asked.clone(), officer).await.unwrap(), SAID);
    }
    let refuse = async |body: ReadingBody, officer: u8, why: &str| {
        assert_eq!(ask(body, officer).await.unwrap_err(), "not_reader", "{why}");
    };
    refuse(asked.clone(), FINANCE_GOVERNOR, "who manages keys reads nothing").await;
    refuse(asked.clone(), 99, "a stranger's key").await;
    let changed = |change: fn(&mut ReadingBody)| {
        let mut body = asked.clone();
        change(&mut body);
        body
    };
    refuse(changed(|it| it.node = text("peer1")), CIVIL_MAKER, "another node").await;
    refuse(changed(|it| it.chain_id = text("other")), CIVIL_MAKER, "another chain").await;
    refuse(changed(|it| it.request = text("GET /v1/openings/x")), CIVIL_MAKER, "another").await;
    refuse(changed(|it| it.time_ms.0 -= 90_000), CIVIL_MAKER, "an old question").await;
    refuse(changed(|it| it.time_ms.0 += 90_000), CIVIL_MAKER, "a question of later").await;
    let signed = Reading::sign(asked.clone(), &key(CIVIL_MAKER));
    let forged = Reading { body: changed(|it| it.time_ms = TimeMs(it.time_ms.0 + 1)), ..signed };
    assert_eq!(read(&forged).await.unwrap_err(), "not_reader");
    let metrics = world.client.metrics().await.unwrap();
    assert!(metrics.contains("minglian_reads_personal_total 5\n"), "{metrics}");
    assert!(metrics.contains("minglian_reads_refused_total 8\n"), "{metrics}");
    assert!(!metrics.contains(SAID) && !metrics.contains(&commitment.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_asks_without_end_is_slowed_down_alone() {
    let (world, commitment) = with_opening(Class::Restricted).await;
    let path = format!("/v1/openings/{commitment}");
    let read = async |officer: u8| -> Result<_, ClientError> {
        let reading = Reading::sign(body(&world, &path), &key(officer));
        world.client.opening_for(&commitment, &reading).await
    };
    // Whatever minutes it spans, one of them sees more than a minute's share.
    let mut busy = 0;
    for _ in 0..125 {
        busy += u32::from(read(FINANCE_MAKER).await.is_err_and(|it| code(it) == "busy"));
    }
    assert!(busy > 0);
    assert_eq!(read(FINANCE_CHECKER).await.unwrap().text, SAID);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_fetches_a_restricted_attachment_and_keeps_what_was_checked() {
    let world = World::start().await;
    world.register().await;
    let content = pdf(1_000);
    let hash = AttachmentHash::of(&[&content]);
    let described = described(&content, MediaType::Pdf);
    world.upload(Class::Restricted, described, content.clone()).await.unwrap();
    world.name("合同1", hash).await;
    assert_eq!(world.read(&hash).await.unwrap_err(), "not_public");
    let path = format!("/v1/attachments/{hash}");
    let mut out = Vec::new();
    let reading = Reading::sign(body(&world, &path), &key(CIVIL_CHECKER));
    world.client.attachment_for(&hash, Some(&reading), u64::MAX, &mut out).await.unwrap();
    assert_eq!(out, content);
    let reading = Reading::sign(body(&world, &path), &key(FINANCE_GOVERNOR));
    let refused = world.client.attachment_for(&hash, Some(&reading), u64::MAX, &mut out).await;
    assert_eq!(code(refused.unwrap_err()), "not_reader");
    let metrics = world.client.metrics().await.unwrap();
    assert!(metrics.contains("minglian_reads_restricted_total 1\n"), "{metrics}");
}
