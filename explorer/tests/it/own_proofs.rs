//! Evidence from what the explorer verified itself: no node is there that could give any.

use axum::http::StatusCode;
use minglian_client::Client;
use minglian_client::wire::Consistency;
use minglian_contracts::approval;
use minglian_contracts::book;
use minglian_contracts::call::Call;
use minglian_contracts::governance;
use minglian_contracts::validator_set::Change;
use minglian_explorer::index::{IndexError, account};
use minglian_explorer::status::Status;
use minglian_explorer::web::App;
use minglian_ledger::evidence::{Evidence, Proven, Trust};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log::proof::verify_consistency;
use minglian_ledger::record::Leaf;
use minglian_ledger::state::StateRead;
use serde_json::Value;

use crate::chain::{Chain, validator};
use crate::site::{Site, serve_pages};
use crate::story;

/// The story, and after it one of the four validators goes.
pub fn with_a_change_of_validators() -> Chain {
    let mut chain = story::told();
    let takes_effect_at = Height(chain.header.height.0 + 6);
    let change = Change::Remove(validator("lottery").address());
    let call = Call::Governance(governance::Call::ChangeValidators { change, takes_effect_at });
    let proposal = chain.sign("finance.governor", &call);
    let id = proposal.id();
    assert_eq!(chain.block(vec![proposal]), [0]);
    for governor in ["civil.governor", "home.governor"] {
        let approve = Call::Approval(approval::Call::Approve { proposal: id });
        assert_eq!(chain.alone(governor, &approve), 0, "{governor}");
    }
    while chain.header.height.0 < takes_effect_at.0 + 2 {
        chain.block(Vec::new());
    }
    chain
}

fn trust(chain: &Chain) -> Trust {
    let validators = chain.genesis.validators.clone();
    Trust { chain_id: chain.genesis.chain_id().unwrap(), height: Height::GENESIS, validators }
}

async fn evidence(site: &Site, path: &str) -> Evidence {
    let (status, _, bytes) = site.bytes(&format!("/verify/{path}/evidence")).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
    Evidence::decode(&bytes).unwrap()
}

/// How many accounts the index numbers.
fn accounts(site: &Site) -> i64 {
    let query = "SELECT count(*) FROM accounts";
    let read =
        site.reader().read::<i64, IndexError>(|it| Ok(it.query_row(query, [], |row| row.get(0))?));
    read.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_leaf_is_proven_without_a_node_across_a_change_of_validators() {
    let chain = with_a_change_of_validators();
    let site = Site::of(&chain).await;
    for (index, leaf) in chain.leaves.iter().enumerate() {
        let evidence = evidence(&site, &format!("records/{index}")).await;
        assert_eq!(evidence.header, chain.header, "of the newest header");
        assert_eq!(evidence.changes.len(), 1, "the validators changed once");
        let proven = evidence.verify(&trust(&chain)).unwrap();
        let expected = Box::new(Leaf::decode(leaf).unwrap());
        assert_eq!(proven, Proven::Leaf(LogIndex(index as u64), expected));
    }
    let head = evidence(&site, "head").await.verify(&trust(&chain)).unwrap();
    let Proven::Leaf(last, _) = head else { panic!("{head:?}") };
    assert_eq!(last, LogIndex(chain.log.size() - 1));
    let beyond = site.get(&format!("/verify/records/{}/evidence", chain.log.size())).await;
    assert_eq!(beyond.status, StatusCode::BAD_GATEWAY, "what is not here is asked of the node");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_is_proven_without_a_node() {
    let chain = with_a_change_of_validators();
    let (site, mut follower) = Site::new(&chain).await;
    site.verify(&chain, &mut follower);
    let count = accounts(&site);
    assert!(count >= 5, "{count}");
    for number in 1..=count {
        let proven = evidence(&site, &format!("accounts/{number}")).await.verify(&trust(&chain));
        let identity = site.reader().read::<_, IndexError>(|it| account::identity(it, number));
        let key = book::account_key(&identity.unwrap().unwrap());
        let value = chain.state.get(&key).unwrap();
        assert!(value.is_some(), "account {number} is in the state");
        assert_eq!(proven.unwrap(), Proven::State(key, value), "account {number}");
    }
    let absent = site.get(&format!("/verify/accounts/{}/evidence", count + 1)).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_accounts_are_proven_when_the_blocks_are_verified_again() {
    let chain = story::told();
    let first = Site::of(&chain).await;
    let mut follower = first.follower(&chain);
    let site = first.restarted(&chain, &follower).await;
    for (number, block) in chain.blocks.iter().enumerate() {
        let (status, ..) = site.bytes("/verify/accounts/1/evidence").await;
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{number} blocks are verified again");
        // The log is as long as the index, whatever was verified again.
        evidence(&site, "records/1").await.verify(&trust(&chain)).unwrap();
        follower.apply(block).unwrap();
    }
    evidence(&site, "accounts/1").await.verify(&trust(&chain)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_accounts_are_proven_at_once_where_the_ledger_was_kept() {
    let chain = with_a_change_of_validators();
    let (first, mut follower) = Site::new(&chain).await;
    first.verify(&chain, &mut follower);
    follower.keep().unwrap();
    drop(follower);
    let follower = first.follower(&chain);
    let site = first.restarted(&chain, &follower).await;
    for number in 1..=accounts(&site) {
        evidence(&site, &format!("accounts/{number}")).await.verify(&trust(&chain)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_proven_to_be_the_beginning_of_a_longer_one_without_a_node() {
    // More leaves than two tiles hold.
    let mut chain = Chain::new();
    for part in 0..4 {
        let acts = (0..150).map(|number| {
            let name = format!("省级指标{part}-{number}");
            chain.sign("finance.maker", &story::quota(&name, "1", true))
        });
        let acts = acts.collect();
        chain.block(acts);
    }
    let site = Site::of(&chain).await;
    let size = chain.log.size();
    assert!(size > 600);
    for (from, to) in
        [(1, 2), (1, size), (255, 257), (256, 512), (300, 600), (513, size), (size, size)]
    {
        let answer = site.get(&format!("/verify/consistency?from={from}&to={to}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{from} {to}");
        let given: Consistency = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (given.from_root, given.to_root),
            (chain.log.root_at(from).unwrap(), chain.log.root_at(to).unwrap())
        );
        verify_consistency(from, &given.from_root, to, &given.to_root, &given.proof).unwrap();
    }
    for index in [0, 1, 255, 256, 511, 512, size - 1] {
        evidence(&site, &format!("records/{index}")).await.verify(&trust(&chain)).unwrap();
    }
    let beyond = site.get(&format!("/verify/consistency?from=1&to={}", size + 1)).await;
    assert_eq!(beyond.status, StatusCode::BAD_GATEWAY, "what is not here is asked of the node");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explorer_of_directories_alone_has_everything_but_a_signed_head() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let away = site.get("/verify/records/3/bundle.json").await;
    assert_eq!(away.status, StatusCode::OK, "its node is away: {}", away.body);
    site.app.follow_no_node();
    assert_eq!(site.get("/verify/checkpoint").await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get("/log/checkpoint").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.bytes("/log/tile/entries/000.p/5").await.0, StatusCode::OK);
    let bundle = site.get("/verify/records/3/bundle.json").await;
    assert_eq!(bundle.status, StatusCode::OK, "{}", bundle.body);
    let bundle: Value = serde_json::from_str(&bundle.body).unwrap();
    assert_eq!(bundle["checkpoint"], Value::Null);
    let evidence: Evidence = serde_json::from_str(bundle["evidence"].as_str().unwrap()).unwrap();
    evidence.verify(&trust(&chain)).unwrap();
    let beyond = site.get("/en/verify/records/999/evidence").await;
    assert_eq!(beyond.status, StatusCode::BAD_GATEWAY);
    assert!(beyond.body.contains("has not the proof"), "{}", beyond.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_name_a_node_only_if_one_is_known() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let known = site.get("/entries/3").await;
    assert!(known.body.contains("http://node.example/v1/records/3/evidence"), "{}", known.body);
    let client = Client::new("http://127.0.0.1:9").unwrap();
    let app = App::new(&chain.genesis, site.reader(), Status::default(), client, None);
    let base = serve_pages(app).await;
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/", "/entries/3", "/en/entries/3", "/verify", "/reports"] {
        let answer = browser.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let page = answer.text().await.unwrap();
        assert!(!page.contains("/v1/") && !page.contains("数据来自节点"), "{path}: {page}");
    }
}
