//! 信用记录 lists payments on which a committee should have decided, and only while it has not.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_ledger::hash::Commitment;
use serde_json::{Value, json};

use crate::chain::{Chain, code};
use crate::site::Site;
use crate::society;
use crate::society_pages::both;

const HEADING: &str = "逾期未决的先行支付";

fn call(json: Value) -> Call {
    serde_json::from_value(json).unwrap()
}

/// Three of the four governors enter a figure.
fn set(chain: &mut Chain, key: &str, value: i64, unit: &str) {
    let set = call(json!({ "governance": { "set_parameter": {
        "key": key, "value": value, "unit": unit, "effective_from": "2020-01-01",
        "effective_to": null, "article": "章程", "approved_by": "测试" } } }));
    let proposal = chain.sign("finance.governor", &set);
    let id = proposal.id();
    assert_eq!(chain.block(vec![proposal]), [0]);
    for governor in ["civil.governor", "home.governor"] {
        let approve = Call::Approval(approval::Call::Approve { proposal: id });
        assert_eq!(chain.alone(governor, &approve), 0, "{key} {governor}");
    }
}

/// The told story, in which 5 元 are then paid ahead, to be decided on by 2026-06-13.
fn paid_ahead() -> Chain {
    let mut chain = society::told();
    set(&mut chain, "charity.ahead_limit.社区慈善基金", 800, "fen");
    set(&mut chain, "charity.ahead_days.社区慈善基金", 3, "days");
    let paid = call(json!({ "charity": { "pay_ahead": {
        "fund": "南湖", "purpose": "救急", "from": null, "expense": "program",
        "reference": "急<1>", "recipient": { "person": Commitment::of(&[b"person"]) },
        "amount": "500", "voucher": null, "occurred_on": "2026-06-10" } } }));
    assert_eq!(chain.act("charity", &paid, &["checker"]), 0);
    chain
}

#[tokio::test]
async fn a_payment_that_waits_for_its_decision_too_long_stands_there_until_it_came_back() {
    let mut chain = paid_ahead();
    let path = format!("/credit/{}", code("charity"));
    chain.wait_until("2026-06-13");
    chain.block(Vec::new());
    let in_time = Site::of(&chain).await;
    let body = in_time.get(&path).await.body;
    assert!(!body.contains("急&#60;1&#62;"), "{body}");
    chain.wait_until("2026-06-15");
    chain.block(Vec::new());
    let late = Site::of(&chain).await;
    let texts = [HEADING, "急&#60;1&#62;", "2026-06-13", "2 日"];
    both(&late, &path, &texts, &["急&#60;1&#62;", "2026-06-13", "2 days"]).await;
    let back = call(json!({ "charity": { "return": {
        "payment": "急<1>", "amount": "500", "occurred_on": "2026-06-15" } } }));
    assert_eq!(chain.alone("charity.payer", &back), 0);
    let settled = Site::of(&chain).await;
    let body = settled.get(&path).await.body;
    assert!(!body.contains(HEADING) && !body.contains("急&#60;1&#62;"), "{body}");
}
