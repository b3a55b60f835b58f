//! Openings of commitments at one node, and numbers of persons at its doors.

use std::fs;
use std::time::{Duration, Instant};

use minglian_client::wire::Hex;
use minglian_contracts::allocation::Category;
use minglian_contracts::call::Call;
use minglian_contracts::naming::Thing;
use minglian_contracts::project::{self, Registration};
use minglian_ledger::deposit::{self, Class, Content, MediaType};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::LogIndex;
use minglian_node::attachments::openings::Opening;
use minglian_node::attachments::published::{Published, RETRY_INTERVAL, Standing};
use minglian_node::attachments::{KeepFault, Keeper, Origin};
use minglian_node::config::AttachmentSettings;

use crate::deposit_world::{code, described, give_opinion, pdf};
use crate::rpc_world::{CIVIL_MAKER, World, civil_affairs, text};

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
    let index = LogIndex(world.chain.head().header.log_size - 2);
    assert_eq!(world.client.openings_of(index).await.unwrap(), std::slice::from_ref(&shown));
    let page = world.client.published_openings(None).await.unwrap();
    assert_eq!((page.items.as_slice(), page.is_complete), (&[shown][..], true));
    let rest = world.client.published_openings(Some((&page.run, page.next))).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (0, page.next));
    // Another start numbers them anew: who asks with old numbers begins at the first.
    let (settings, openings) =
        (world.keeper.settings().clone(), world.directory().join("openings"));
    let (again, _) = Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap();
    let (found, _, is_complete) = again.published(0).unwrap();
    assert!(found.len() == 1 && is_complete && again.run() != world.keeper.run());
    let other = world.client.published_openings(Some((&Hex(vec![1]), page.next))).await.unwrap();
    assert_eq!(other.items.len(), 1);

    world.erase("删1", vec![Thing::Opening(commitment)]).await;
    let name = commitment.to_string();
    let file = world.directory().join("openings").join(&name[..2]).join(name);
    assert!(file.exists() && world.keeper.opening(&commitment).unwrap().is_none());
    assert_eq!(world.keeper.wipe_some().await, 0);
    let refused = world.client.opening(&commitment).await.unwrap_err();
    assert_eq!(code(refused), "erased");
    assert!(world.client.openings_of(index).await.unwrap().is_empty());
    assert!(world.client.published_openings(None).await.unwrap().items.is_empty());
    assert!(again.published(0).unwrap().0.is_empty(), "the state is asked each time");
    assert_eq!(hand_over(&salt, said).await.unwrap_err(), "erased");
    assert!(!file.exists());
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
    let index = LogIndex(world.chain.head().header.log_size - 2);
    assert!(world.client.openings_of(index).await.unwrap().is_empty());
    assert!(world.client.published_openings(None).await.unwrap().items.is_empty());
    assert_eq!(world.keeper.opening(&commitment).unwrap().unwrap().text, said);
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

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_keeps_only_what_is_public() {
    let world = World::start().await;
    world.register().await;
    let directory = tempfile::tempdir().unwrap();
    let settings = AttachmentSettings {
        directory: directory.path().join("attachments"),
        ..world.keeper.settings().clone()
    };
    let openings = directory.path().join("openings");
    let (observer, _) =
        Keeper::open(settings, &openings, world.chain.clone(), "observer").await.unwrap();
    let (salt, said) = ([3; 16], "李四");
    let commitment = deposit::commit(&salt, said);
    give_opinion(&world, "否1", commitment).await;
    let deposit = world.deposit(Class::Public, Content::Opening { commitment });
    let opening = Opening { deposit, salt, text: said.to_owned() };
    let kept = observer.keep_opening(&opening, Origin::Peer);
    assert!(matches!(kept, Err(KeepFault::NotHere)), "{kept:?}");
    world.keeper.keep_opening(&opening, Origin::Peer).unwrap();

    let body = pdf(1_000);
    let receive = async |class| {
        let deposit = world.deposit(class, described(&body, MediaType::Pdf));
        observer.receive(deposit, Origin::Peer).await.err()
    };
    assert!(matches!(receive(Class::Public).await, Some(KeepFault::NotNamed(_))));
    world.name("合同1", AttachmentHash::of(&[&body])).await;
    assert!(matches!(receive(Class::Restricted).await, Some(KeepFault::NotHere)));
    assert!(receive(Class::Public).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_cannot_be_read_once_hides_no_other_and_is_shown_later() {
    let world = World::start().await;
    world.register().await;
    let mut files = Vec::new();
    for said in ["甲意见", "乙意见", "丙意见"] {
        let commitment = deposit::commit(&[3; 16], said);
        give_opinion(&world, said, commitment).await;
        let deposit = world.deposit(Class::Public, Content::Opening { commitment });
        let opening = Opening { deposit, salt: [3; 16], text: said.to_owned() };
        world.keeper.keep_opening(&opening, Origin::Client).unwrap();
        let name = commitment.to_string();
        files.push(world.directory().join("openings").join(&name[..2]).join(name));
    }
    // The first of them to be read.
    let broken = files.iter().min().unwrap();
    let (settings, openings) =
        (world.keeper.settings().clone(), world.directory().join("openings"));
    let (again, _) = Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap();
    let aside = world.directory().join("aside");
    fs::rename(broken, &aside).unwrap();
    fs::create_dir(broken).unwrap();
    let (found, next, is_complete) = again.published(0).unwrap();
    assert_eq!((found.len(), is_complete), (2, false));
    assert_eq!(again.published(next).unwrap(), (Vec::new(), next, false), "nor is it forgotten");
    fs::remove_dir(broken).unwrap();
    fs::rename(&aside, broken).unwrap();
    let (mut late, mut is_complete) = (Vec::new(), false);
    while !is_complete {
        tokio::time::sleep(Duration::from_millis(100)).await;
        (late, _, is_complete) = again.published(next).unwrap();
    }
    assert_eq!(late.len(), 1);
    assert!(!found.contains(&late[0]));
}

#[test]
fn what_is_being_read_counts_as_unread() {
    let (mut published, start) = (Published::default(), Instant::now());
    let mut names = ["a", "b", "c"].map(|name| Commitment::of(&[name.as_bytes()]));
    names.sort_unstable();
    let [broken, hidden, shown] = names;
    for name in names {
        published.find(name);
    }
    assert_eq!(published.unread(2, start), [broken, hidden]);
    assert!(!published.is_complete());
    published.classify(hidden, Standing::Hidden);
    published.fail(broken, start);
    assert_eq!(published.unread(2, start), [shown], "what failed keeps no others waiting");
    published.classify(shown, Standing::Shown);
    assert_eq!(published.page(0, 10), [(1, shown)]);
    assert!(published.unread(2, start).is_empty() && !published.is_complete());
    assert_eq!(published.unread(2, start + RETRY_INTERVAL), [broken]);
    published.classify(broken, Standing::Shown);
    published.classify(hidden, Standing::Shown);
    assert_eq!(published.page(0, 10), [(1, shown), (2, broken)], "a class is said once");
    assert!(published.is_complete());

    // What is erased while it is read is not shown.
    published.find(Commitment::default());
    published.remove(&Commitment::default());
    published.classify(Commitment::default(), Standing::Shown);
    assert_eq!(published.page(2, 10), []);
}

#[test]
fn what_waits_for_its_act_has_no_number_and_is_looked_at_in_turn() {
    let mut published = Published::default();
    let mut names = ["a", "b", "c"].map(|name| Commitment::of(&[name.as_bytes()]));
    names.sort_unstable();
    let [first, second, third] = names;
    published.find(first);
    published.classify(first, Standing::Waiting);
    published.await_act(second);
    published.await_act(third);
    assert!(published.is_complete() && published.page(0, 10).is_empty());
    assert_eq!(published.waiting(2), [first, second]);
    assert_eq!(published.waiting(2), [third]);
    assert_eq!(published.waiting(2), [first, second], "and again from the first on");
    published.come_into_force(second);
    published.remove(&third);
    published.come_into_force(third);
    assert_eq!(published.page(0, 10), [(1, second)], "what is gone is not numbered");
}
