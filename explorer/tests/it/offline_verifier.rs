//! 核验中心 beside what bureaus recorded of the offline verifier: nothing, this file, another one;
//! corrections, and what others than validators' bureaus say.

use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::offline_verifier::OfflineVerifier;
use minglian_contracts::disclosure::publication::{Change, Correct, Publish, Validity};
use minglian_contracts::validator_set;
use minglian_contracts::{approval, governance};
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::Height;
use sha2::{Digest as _, Sha256};

use crate::chain::{Chain, code, text, validator};
use crate::site::Site;

/// What the page says in each case, in Chinese and in English.
const NOTHING: [&str; 2] = ["都还没有在账本上记载", "has recorded the hash of an offline verifier"];
const SAME: [&str; 2] = ["写明的就是这个文件", "states this very file"];
const OTHER: [&str; 2] = ["写明的不是本站提供的这个文件", "states another file than the one"];

const DAY: &str = "2021-03-01";

fn file(bytes: &[u8]) -> OfflineVerifier {
    OfflineVerifier {
        sha256: Sha256::digest(bytes).into(),
        attachment: AttachmentHash::of(&[bytes]),
    }
}

/// The file that the explorer hands out.
fn served() -> OfflineVerifier {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/verifier/verify.html");
    file(&std::fs::read(path).unwrap())
}

fn statement(file: &OfflineVerifier, day: &str) -> Publish {
    file.publish("某单位", day.parse().unwrap()).unwrap()
}

fn publish(chain: &mut Chain, organization: &str, act: Publish) {
    let call = Call::Disclosure(disclosure::Call::Publish(act));
    assert_eq!(chain.act(organization, &call, &["checker"]), 0);
}

/// Lets an organisation state on the ledger which file is the offline verifier.
pub fn state(chain: &mut Chain, organization: &str) {
    publish(chain, organization, statement(&served(), DAY));
}

async fn pages(chain: &Chain) -> [String; 2] {
    let site = Site::of(chain).await;
    let [chinese, english] = ["/verify", "/en/verify"].map(|path| site.get(path));
    let (chinese, english) = (chinese.await, english.await);
    assert_eq!((chinese.status.as_u16(), english.status.as_u16()), (200, 200));
    [chinese.body, english.body]
}

/// Asks for the page in both languages; it says this and neither of the others. In Chinese.
async fn expect(chain: &Chain, said: [&str; 2]) -> String {
    let bodies = pages(chain).await;
    for (language, body) in bodies.iter().enumerate() {
        for case in [NOTHING, SAME, OTHER] {
            assert_eq!(body.contains(case[language]), case == said, "{}: {body}", case[language]);
        }
    }
    let [chinese, _] = bodies;
    chinese
}

/// Words of the rows of the table, the first row first.
fn verdicts(body: &str) -> Vec<&str> {
    let cells = body.split("<td data-label=\"这条记载说的是\">").skip(1);
    cells.map(|rest| rest.split('<').next().unwrap()).collect()
}

fn hex(file: &OfflineVerifier) -> String {
    data_encoding::HEXLOWER.encode(&file.sha256)
}

#[tokio::test]
async fn a_file_that_no_bureau_recorded_is_said_to_be_so() {
    let body = expect(&Chain::new(), NOTHING).await;
    assert!(body.contains(&format!("{}  verify.html", hex(&served()))), "{body}");
    assert!(!body.contains("这条记载说的是"), "no table");
}

#[tokio::test]
async fn the_newest_record_of_a_validators_bureau_decides_and_older_ones_are_listed() {
    let (mut chain, other) = (Chain::new(), file(b"another"));
    publish(&mut chain, "civil", statement(&other, DAY));
    let body = expect(&chain, OTHER).await;
    assert_eq!(verdicts(&body), ["另一个文件"]);
    assert!(body.contains(&hex(&other)) && body.contains("泸县民政局"), "{body}");

    // Another bureau's newer record wins; the day that a number begins with does not decide.
    publish(&mut chain, "finance", statement(&served(), "2021-02-01"));
    let body = expect(&chain, SAME).await;
    assert_eq!(verdicts(&body), ["就是这个文件", "另一个文件"]);
    assert_eq!(body.matches(&hex(&served())).count(), 2, "of the file, and of the record");

    // The row leads to the act that holds the hash, to the one with which it took effect, and to
    // the publication; the file is attached there.
    let row = body.split("<tr>").nth(2).unwrap();
    let site = Site::of(&chain).await;
    let links: Vec<&str> =
        row.split("href=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
    let [publication, proposed, effective] = links[..] else { panic!("{links:?}") };
    let act = site.get(proposed).await.body;
    assert!(act.contains("公开《离线核验程序 verify.html SHA-256 "), "{act}");
    let effect = site.get(effective).await.body;
    assert!(effect.contains("已公开,索引号verify.html-2021-02-01-"), "{effect}");
    let publication = site.get(publication).await.body;
    assert!(publication.contains(&served().attachment.to_string()), "{publication}");

    publish(&mut chain, "civil", statement(&file(b"a third"), DAY));
    let body = expect(&chain, OTHER).await;
    assert_eq!(verdicts(&body), ["另一个文件", "就是这个文件", "另一个文件"]);
}

#[tokio::test]
async fn what_others_than_validators_bureaus_record_does_not_count() {
    let (mut chain, other) = (Chain::new(), file(b"another"));
    for stranger in ["audit", "charity"] {
        publish(&mut chain, stranger, statement(&served(), DAY));
        publish(&mut chain, stranger, statement(&other, DAY));
    }
    let body = expect(&chain, NOTHING).await;
    assert!(verdicts(&body).is_empty() && !body.contains(&hex(&other)), "{body}");
    state(&mut chain, "lottery");
    publish(&mut chain, "audit", statement(&file(b"a third"), DAY));
    expect(&chain, SAME).await;

    // Nor does the word of one that runs a validator no more.
    let takes_effect_at = Height(chain.header.height.0 + 6);
    let change = validator_set::Change::Remove(validator("lottery").address());
    let call = Call::Governance(governance::Call::ChangeValidators { change, takes_effect_at });
    let proposal = chain.sign("finance.governor", &call);
    let approve = Call::Approval(approval::Call::Approve { proposal: proposal.id() });
    assert_eq!(chain.block(vec![proposal]), [0]);
    for governor in ["civil.governor", "home.governor"] {
        assert_eq!(chain.alone(governor, &approve), 0, "{governor}");
    }
    expect(&chain, SAME).await;
    while chain.header.height <= takes_effect_at {
        chain.block(Vec::new());
    }
    expect(&chain, NOTHING).await;
}

#[tokio::test]
async fn corrected_records_and_such_as_are_no_statement_do_not_count() {
    let mut chain = Chain::new();
    let Publish { metadata, .. } = statement(&file(b"wrong"), DAY);
    let corrects = metadata.index_number.clone();
    publish(&mut chain, "civil", statement(&file(b"wrong"), DAY));
    expect(&chain, OTHER).await;
    let right = statement(&served(), DAY);
    let change = Change { what: text("哈希"), old: text("错"), new: text("对") };
    let correct = Call::Disclosure(disclosure::Call::Correct(Correct {
        corrects,
        changes: vec![change],
        metadata: right.metadata,
        attachments: right.attachments,
        figures: Vec::new(),
    }));
    assert_eq!(chain.act("civil", &correct, &["checker"]), 0);
    assert_eq!(verdicts(&expect(&chain, SAME).await), ["就是这个文件", "已更正"]);

    // One that says of itself that it is not in force, one with another title, one of another
    // number: nothing of them counts.
    let mut expired = statement(&file(b"expired"), DAY);
    expired.metadata.validity = Validity::Repealed;
    publish(&mut chain, "finance", expired);
    let mut untitled = statement(&file(b"untitled"), DAY);
    untitled.metadata.title = text("离线核验程序");
    publish(&mut chain, "finance", untitled);
    let mut elsewhere = statement(&file(b"elsewhere"), DAY);
    elsewhere.metadata.index_number = text("014133226/2021-00001");
    publish(&mut chain, "finance", elsewhere);
    let body = expect(&chain, SAME).await;
    assert_eq!(verdicts(&body), ["失效", "就是这个文件", "已更正"]);

    // The right hash with another file attached is no statement of this file.
    let mut mixed = statement(&served(), DAY);
    mixed.attachments[0].hash = file(b"another").attachment;
    publish(&mut chain, "finance", mixed);
    let body = expect(&chain, OTHER).await;
    assert_eq!(verdicts(&body)[0], "哈希相同,所附的是另一个文件");
    assert!(body.contains(&format!("/disclosures/{}/verify%2Ehtml", code("finance"))), "{body}");
}
