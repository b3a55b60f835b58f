//! Obligations and publications over HTTP.

use minglian_client::read::{ObligationRange, Paging};
use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::figure::{Figure, FigureMeasure, FigureSubject, FigureUnit};
use minglian_contracts::disclosure::obligation::ObligationState;
use minglian_contracts::disclosure::publication::{Metadata, Openness, Publish, Validity};
use minglian_contracts::schema;
use minglian_node::desk::language::Language;
use minglian_node::desk::obligations::{self, Wanted};

use crate::rpc_world::{
    FINANCE_CHECKER, FINANCE_MAKER, World, approval_of, civil_affairs, day, finance, text,
};

pub fn notice() -> Call {
    let metadata = Metadata {
        index_number: text("11341122/2025-00001"),
        title: text("工作动态"),
        summary: text(""),
        topic: text("财政"),
        keywords: Vec::new(),
        publisher: text("县财政局"),
        document_number: text(""),
        produced_on: day(5, 1),
        published_on: day(5, 2),
        validity: Validity::InForce,
        openness: Openness::Proactive,
        time_limit: text(""),
        format: text(""),
        language: text(""),
    };
    let rate = Figure {
        label: text("执行率"),
        subject: FigureSubject::Organization(finance()),
        category: None,
        measure: FigureMeasure::ExecutionRate,
        year: Some(2025),
        mantissa: 9_623,
        decimals: 2,
        unit: FigureUnit::Percent,
    };
    let publish =
        Publish { metadata, meets: Vec::new(), attachments: Vec::new(), figures: vec![rate] };
    Call::Disclosure(disclosure::Call::Publish(publish))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_and_what_was_published_are_listed() {
    let world = World::start().await;
    world.with_quota().await;
    let client = &world.client;
    let owed = client.obligations(&civil_affairs(), &Paging::default()).await.unwrap();
    assert_eq!((owed.items.len(), &owed.next), (0, &None), "it is due in more than a year");
    let path = format!("/v1/organizations/{}/obligations", civil_affairs());
    let ask = |query: Vec<(&'static str, String)>| {
        let path = path.clone();
        async move { client.json::<serde_json::Value>(&path, &query).await }
    };
    let until = |to: &str| vec![("to", to.to_owned()), ("limit", "1".to_owned())];
    let page = ask(until("2026-12-31")).await.unwrap();
    let item = &page["items"][0];
    assert_eq!(item["name"]["rule"], "lottery.use_local");
    assert_eq!((&item["due_on"], &item["state"]), (&"2026-12-31".into(), &"due".into()));
    let mut next = until("2026-12-31");
    next.push(("after", page["next"].as_str().unwrap().to_owned()));
    assert_eq!(ask(next).await.unwrap()["items"], serde_json::json!([]));
    let mut later = until("2026-12-31");
    later.push(("as_of", "2027-01-01".to_owned()));
    let page = ask(later).await.unwrap();
    assert_eq!(page["items"][0]["state_zh"], "尚未见到上链披露");
    assert_eq!(ask(until("noday")).await.unwrap_err().code(), Some("bad_request"));

    let publish = world.act(FINANCE_MAKER, "公告1", &notice());
    world.commit(std::slice::from_ref(&publish)).await;
    let approve = world.act(FINANCE_CHECKER, "复核公告1", &approval_of(publish.id()));
    world.commit(&[approve]).await;
    let all = client.disclosures(&Paging::default()).await.unwrap();
    assert_eq!(all.items.len(), 1);
    assert_eq!(all.items[0].organization, finance());
    assert_eq!(all.items[0].publication["metadata"]["title"], "工作动态");
    let one = client.disclosure(&all.items[0].id.0).await.unwrap();
    assert_eq!(one, all.items[0]);
    let ask = |number: &str| {
        let query =
            [("holder", finance().to_string()), ("publication", number.to_owned())].to_vec();
        async move { client.report("declared", &query).await }
    };
    let compared = ask("11341122/2025-00001").await.unwrap();
    assert_eq!(compared.rows[0]["printed"], "96.23%");
    assert!(ask("没有").await.unwrap_err().is_vacant());
    let absent = schema::encode(&(finance(), text::<64>("没有")));
    assert!(client.disclosure(&absent).await.unwrap_err().is_vacant());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_lists_obligations_by_state_over_all_pages() {
    let world = World::start().await;
    world.with_quota().await;
    let list = async |states: &[ObligationState], as_of: &str| {
        let (to, as_of) = ("2026-12-31".parse().unwrap(), as_of.parse().unwrap());
        let range = ObligationRange { to: Some(to), as_of: Some(as_of) };
        // One a page: the page behind the last obligation is asked for too.
        let wanted = Wanted { states: states.to_vec(), range, page: Some(1) };
        obligations::list(&world.client, &civil_affairs(), &wanted).await.unwrap()
    };
    for state in ObligationState::ALL {
        assert_eq!(serde_json::json!(state), obligations::state_name(state));
    }
    let [due, missing] = [ObligationState::Due, ObligationState::Missing];
    let found = list(&[due], "2026-12-31").await;
    assert_eq!(found.len(), 1);
    let said = found[0].to_text(Language::Zh);
    for part in ["2026-12-31", "未到期", "规则 lottery.use_local,事由 "] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
    assert!(!said.contains("已公开"), "{said}");
    assert!(list(&[missing], "2026-12-31").await.is_empty());
    // A day later nothing is published, and its last day is over.
    assert!(list(&[due, ObligationState::Late], "2027-01-01").await.is_empty());
    let found = list(&[missing], "2027-01-01").await;
    let said = found[0].to_text(Language::En);
    assert!(said.contains("no publication seen on the ledger"), "{said}");
    assert_eq!(list(&[], "2027-01-01").await, found);
    let none = obligations::list(&world.client, &civil_affairs(), &Wanted::default()).await;
    assert!(none.unwrap().is_empty(), "it is due in more than a year");
    world.stop().await;
}
