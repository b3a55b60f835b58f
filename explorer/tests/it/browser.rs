//! What a reader's own browser checks: Chromium at explorers of honest and rewritten chains.
//!
//! The journeys are in `verifier/browser/`; here are the explorers that they visit.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use minglian_explorer::status::Following;
use minglian_explorer::window::Limits;
use minglian_ledger::hash::AttachmentHash;

use crate::chain::{Chain, ORGANIZATIONS, code};
use crate::offline_verifier;
use crate::proving;
use crate::sales;
use crate::site::Site;
use crate::society::{self, RECEIPT};
use crate::story;

const VOUCHER: &[u8] = "收据:暖气设备一批".as_bytes();

/// The story, and after it a payment whose voucher is attached.
fn continued() -> Chain {
    let mut chain = story::told();
    let voucher = AttachmentHash::of(&[VOUCHER]);
    let payment = story::pay("凭证2", "10", Some(voucher));
    assert_eq!(chain.act("home", &payment, &["checker", "payer"]), 0);
    chain
}

/// Another history under the same genesis and the same validators' signatures.
fn rewritten() -> Chain {
    let mut chain = Chain::new();
    for number in 0..20 {
        let name = format!("省级指标{number}");
        assert_eq!(chain.act("finance", &story::quota(&name, "999", true), &["checker"]), 0);
    }
    chain
}

/// An explorer that has verified the chain, beside a node that proves it.
pub async fn explorer(chain: Chain) -> Site {
    let chain = Arc::new(chain);
    let node = proving::node(Arc::clone(&chain)).await;
    let (site, mut follower) = Site::beside(&chain, &node).await;
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    site.status.set(Following::Current { verified: follower.height() });
    site.read_texts();
    site
}

fn verifier() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier")
}

/// Runs the journeys of a file at these explorers.
pub async fn journeys(file: &str, sites: serde_json::Value) {
    let modules = verifier().join("node_modules/playwright-core");
    let told = "npm ci in explorer/verifier brings the browser's driver; make test does it";
    assert!(modules.is_dir(), "{told}");
    let mut suite = Command::new("node");
    suite.arg("--test").arg("--test-reporter=spec").arg(file);
    suite.current_dir(verifier()).env("MINGLIAN_SITES", sites.to_string());
    let output = tokio::task::spawn_blocking(move || suite.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("tests "), "no journey ran:\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_verifies_in_the_browser_and_is_not_deceived() {
    let mut continued = continued();
    let payment = continued.leaves.len() - 6;
    offline_verifier::state(&mut continued, "civil");
    let (early, honest) = (explorer(story::told()).await, explorer(continued).await);
    let rewritten = explorer(rewritten()).await;
    let sites = serde_json::json!({
        "early": early.base,
        "honest": honest.base,
        "rewritten": rewritten.base,
        "payment": payment,
        "voucher": data_encoding::BASE64.encode(VOUCHER),
    });
    journeys("browser/suite.mjs", sites).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_follows_charts_to_what_is_behind_them() {
    let honest = explorer(continued()).await;
    journeys("browser/charts.mjs", serde_json::json!({ "honest": honest.base })).await;
}

/// Every page of the site, by its route. Pages name organisations by their key on the test chain.
pub fn listed() -> Vec<serde_json::Value> {
    let file = verifier().join("browser/routes.json");
    let mut text = std::fs::read_to_string(file).unwrap();
    for (key, ..) in ORGANIZATIONS {
        text = text.replace(&format!("${key}"), &code(key).to_string());
    }
    serde_json::from_str(&text).unwrap()
}

/// A chain on which everything happened that pages show.
fn whole() -> Chain {
    let mut chain = Chain::new();
    story::tell(&mut chain);
    society::tell(&mut chain);
    sales::tell(&mut chain);
    offline_verifier::state(&mut chain, "civil");
    chain
}

/// The donor's code and salt, as they stand on the receipt.
fn receipt() -> serde_json::Value {
    let [code, salt] = [RECEIPT.0, RECEIPT.1].map(|it| data_encoding::HEXUPPER.encode(&it));
    serde_json::json!({ "code": code, "salt": salt })
}

/// Routes that source files declare, with their paths as written.
fn declared(folder: &Path, routes: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            declared(&path, routes);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let paths = source.split(".route(\"").skip(1);
            routes.extend(paths.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
}

#[test]
fn no_route_is_missing_from_the_list_that_the_browser_visits() {
    let mut routes = Vec::new();
    declared(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut routes);
    routes.sort();
    routes.dedup();
    let mut listed: Vec<_> =
        listed().iter().map(|it| it["route"].as_str().unwrap().to_owned()).collect();
    listed.sort();
    let told = "verifier/browser/routes.json names every route, and its pages if it has some";
    assert_eq!(listed, routes, "{told}");
}

async fn every_page_is_accessible(language: &str) {
    let honest = explorer(whole()).await;
    let sites =
        serde_json::json!({ "honest": honest.base, "routes": listed(), "language": language });
    journeys("browser/accessible.mjs", sites).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_and_fits_in_chinese() {
    every_page_is_accessible("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_and_fits_in_english() {
    every_page_is_accessible("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_whole_without_javascript_and_its_links_lead_somewhere() {
    let honest = explorer(whole()).await;
    let sites =
        serde_json::json!({ "honest": honest.base, "routes": listed(), "receipt": receipt() });
    journeys("browser/pages.mjs", sites).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_is_answered_within_three_clicks() {
    let honest = explorer(whole()).await;
    let sites = serde_json::json!({ "honest": honest.base, "receipt": receipt() });
    journeys("browser/questions.mjs", sites).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_complains_on_a_telephone() {
    let place = crate::complain::Place::open(Limits::default()).await;
    journeys("browser/complain.mjs", serde_json::json!({ "window": place.site.base })).await;
}
