//! Donors' names: shown with consent, on pages of every height; gone with the order that erases.

use std::path::Path;

use minglian_client::wire::{Hex, OpeningView};
use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::donation::{Donor, receipt_code};
use minglian_contracts::naming::Thing;
use minglian_contracts::opening::{self, Ground};
use minglian_explorer::follower::Follower;
use minglian_explorer::index::names::Named;
use minglian_explorer::index::{self, Writer};
use minglian_ledger::deposit::{self, Class, Content, Deposit, DepositBody};
use serde_json::Value;

use crate::chain::{Chain, code, secret_key};
use crate::site::{self, Site};
use crate::society;
use crate::society_pages::ask;

pub const NAME: &str = "方圆慈";
const SALT: [u8; 16] = [5; 16];

/// What stands on the receipt, beside the salt.
const CODE: [u8; 16] = [9; 16];

/// What a node gives of a name.
pub fn given(chain: &Chain, class: Class, signer: &str, text: &str) -> OpeningView {
    let commitment = deposit::commit(&SALT, text);
    let body = DepositBody {
        chain_id: chain.genesis.chain_id().unwrap(),
        organization: code("charity"),
        class,
        content: Content::Opening { commitment },
    };
    let deposit = Deposit::sign(body, &secret_key(signer));
    OpeningView {
        commitment,
        organization: code("charity"),
        salt: Hex(SALT.to_vec()),
        text: text.to_owned(),
        deposit: Hex(deposit.encode()),
    }
}

pub fn public(chain: &Chain) -> OpeningView {
    given(chain, Class::Public, "charity.maker", NAME)
}

/// A gift of a person with this name.
pub fn give(chain: &mut Chain, reference: &str, name: &str) {
    give_with(chain, reference, name, &CODE);
}

/// The same with another code on the receipt.
pub fn give_with(chain: &mut Chain, reference: &str, name: &str, code: &[u8; 16]) {
    let code = receipt_code(&SALT, code);
    let mut call = society::donate(reference, "66", None, code);
    if let Call::Charity(charity::Call::Donate(gift)) = &mut call {
        gift.donor = Donor::Person(deposit::commit(&SALT, name));
    }
    assert_eq!(chain.act("charity", &call, &["checker"]), 0);
}

pub fn erase(chain: &mut Chain, name: &str) {
    let order = Call::Opening(opening::Call::Erase {
        things: vec![Thing::Opening(deposit::commit(&SALT, name))],
        ground: Ground::ConsentWithdrawn,
        reviewer: None,
        occurred_on: "2026-06-10".parse().unwrap(),
    });
    assert_eq!(chain.act("charity", &order, &["checker"]), 0);
}

pub fn catch_up(follower: &mut Follower, chain: &Chain) {
    let first = usize::try_from(follower.height().0).unwrap();
    for block in &chain.blocks[first..] {
        follower.apply(block).unwrap();
    }
}

/// Whether any file below a directory holds a text.
pub fn holds(path: &Path, text: &str) -> bool {
    if path.is_dir() {
        let mut inside = std::fs::read_dir(path).unwrap();
        return inside.any(|entry| holds(&entry.unwrap().path(), text));
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Every place where a name can be read, with the record of its gift.
pub fn places(record: u64, height: u64) -> Vec<String> {
    let charity = format!("/charities/{}", code("charity"));
    let fund = format!("{charity}/funds/%E5%8D%97%E6%B9%96");
    vec![
        format!("/entries/{record}"),
        format!("/en/entries/{record}?at={height}"),
        charity,
        format!("{fund}?at={height}"),
        fund,
        "/data/donations.csv".to_owned(),
        "/data/donations.jsonl".to_owned(),
        "/api/v1/donations?limit=100".to_owned(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_shown_with_consent_and_gone_with_the_block_that_orders_it() {
    let mut chain = society::told();
    let (site, mut follower) = Site::new(&chain).await;
    // The proposal names the commitment before the gift is entered.
    catch_up(&mut follower, &chain);
    assert_eq!(follower.name(&public(&chain)).unwrap(), Named::NotYet);
    give(&mut chain, "捐公开", NAME);
    let record = chain.log.size() - 2;
    let height = chain.header.height.0;
    catch_up(&mut follower, &chain);
    let entry = site.get(&format!("/entries/{record}")).await.body;
    assert!(entry.contains("公开捐赠人") && entry.contains("未公开"), "{entry}");
    for refused in [
        given(&chain, Class::Personal, "charity.maker", NAME),
        given(&chain, Class::Public, "civil.maker", NAME),
        OpeningView { text: "别的名字".to_owned(), ..public(&chain) },
        OpeningView { salt: Hex(vec![5; 15]), ..public(&chain) },
    ] {
        assert_eq!(follower.name(&refused).unwrap(), Named::Left);
    }
    let tag = async || site.get("/api/v1/donations").await.headers["etag"].clone();
    let before = tag().await;
    assert_eq!(follower.name(&public(&chain)).unwrap(), Named::Shown);
    assert_ne!(tag().await, before, "an answer with the name is another one");
    for place in places(record, height) {
        let body = site.get(&place).await.body;
        assert!(body.contains(NAME), "{place} lacks the name:\n{body}");
    }
    let asked = async || ask(&site, "/receipt", &"09".repeat(16), &"05".repeat(16)).await.body;
    let receipt = asked().await;
    assert!(receipt.contains(NAME), "{receipt}");
    site.read_texts();
    let found = site.get("/api/v1/search?q=%E6%96%B9%E5%9C%86%E6%85%88").await.body;
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["total"], 0, "names are not searched");
    let copy = site.index().with_file_name("copy");
    index::snapshot(&site.index(), &copy).unwrap();
    assert!(!holds(&copy, NAME), "a copy of the index has no names");

    erase(&mut chain, NAME);
    let shown = site.get(&format!("/entries/{record}")).await.body;
    assert!(shown.contains(NAME), "the order is not verified yet");
    catch_up(&mut follower, &chain);
    for place in places(record, height) {
        let answer = site.get(&place).await;
        assert_eq!(answer.status, 200, "{place}");
        assert!(!answer.body.contains(NAME), "{place} has the name:\n{}", answer.body);
    }
    let receipt = asked().await;
    assert!(receipt.contains("未公开") && !receipt.contains(NAME), "{receipt}");
    assert_eq!(follower.name(&public(&chain)).unwrap(), Named::Left, "a node that lags gives it");
    site.read_texts();
    assert!(!holds(site.index().parent().unwrap(), NAME), "a file holds the name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_shows_no_name_before_a_node_gave_it() {
    let mut chain = society::told();
    give(&mut chain, "捐公开", NAME);
    let (site, mut follower) = Site::new(&chain).await;
    catch_up(&mut follower, &chain);
    assert_eq!(follower.name(&public(&chain)).unwrap(), Named::Shown);
    follower.keep().unwrap();
    let before = follower.height();
    drop(follower);
    // While the explorer is down the order comes.
    let fund = format!("/charities/{}/funds/%E5%8D%97%E6%B9%96", code("charity"));
    assert!(site.get(&fund).await.body.contains(NAME));
    let writer = Writer::open(&site.index(), &chain.genesis.hash()).unwrap();
    assert!(!site.get(&fund).await.body.contains(NAME));
    assert!(!holds(site.index().parent().unwrap(), NAME), "a file holds the name");
    let known = public(&chain);
    erase(&mut chain, NAME);
    let mut follower = site::follower(&chain, writer, &site.index());
    assert_eq!(follower.height(), before, "it goes on where it stood");
    catch_up(&mut follower, &chain);
    assert_eq!(follower.name(&known).unwrap(), Named::Left);
    assert!(!site.get(&fund).await.body.contains(NAME));
}
