//! What clients, explorers and monitors ask a node over HTTP.

use std::time::Duration;

use minglian_client::checkpoint;
use minglian_client::read::Paging;
use minglian_client::wire::BlockSummary;
use minglian_client::wire::{
    HealthStatus, SubmitStatus, TraceDirection, TraceQuery, TransactionStatus,
};
use minglian_contracts::schema;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::evidence::Proven;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log::{proof, tiles};
use minglian_ledger::record::Leaf;

use crate::rpc_world::{
    CIVIL_MAKER, FINANCE_MAKER, World, civil_affairs, day, finance, genesis, line, record_quota,
};

const WAIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_waits_for_its_commit_and_reads_its_receipt() {
    let world = World::start().await;
    let good = world.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    let late = world.act(FINANCE_MAKER, "乙", &record_quota(100, day(12, 31)));
    let encoded = [good.encode(), late.encode(), b"noise".to_vec()];
    let (answers, _) =
        tokio::join!(world.client.submit_and_wait(&encoded, WAIT), world.make_block_when(2));
    let answers = answers.unwrap();

    let applied = answers[0].committed.as_ref().unwrap();
    assert_eq!((applied.height, applied.receipt.applied), (Height(1), true));
    let proposed = |event: &serde_json::Value| event["approval"].get("proposed").is_some();
    assert!(applied.receipt.events.iter().any(proposed), "{applied:?}");
    let refused = answers[1].committed.as_ref().unwrap();
    let refusal = refused.receipt.refusal.as_ref().unwrap();
    assert_eq!((refused.receipt.code, refusal.name.as_str()), (511, "FutureDate"));
    assert_eq!(refusal.chinese, "业务日期晚于记账日期");
    assert_eq!((answers[2].status, answers[2].code.as_str()), (SubmitStatus::Refused, "malformed"));
    assert_eq!(answers[2].id, None);
    assert_eq!(world.passed_on.lock().unwrap().len(), 2);

    // Sending the same acts again is answered by their first receipts, at once.
    let again = world.client.submit(&encoded[..2]).await.unwrap();
    assert_eq!(again[0].committed.as_ref(), Some(applied));
    assert_eq!(again[0].status, SubmitStatus::Committed);
    assert_eq!(world.passed_on.lock().unwrap().len(), 2);

    let by_name = world.client.transaction(&good.id(), None).await.unwrap();
    assert_eq!(by_name.committed.as_ref(), Some(applied));
    let by_reference = world.client.receipt(&finance(), "甲").await.unwrap();
    assert_eq!(by_reference, by_name);
    assert!(world.client.receipt(&finance(), "丙").await.unwrap_err().is_vacant());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_with_the_commit_or_with_its_time() {
    let world = World::start().await;
    let act = world.act(FINANCE_MAKER, "甲", &record_quota(100, day(5, 1)));
    let unknown = world.client.transaction(&act.id(), None).await;
    assert!(unknown.unwrap_err().is_vacant());

    let short = Duration::from_millis(50);
    let answers = world.client.submit_and_wait(&[act.encode()], short).await.unwrap();
    assert_eq!(answers[0].status, SubmitStatus::Admitted);
    assert_eq!(answers[0].committed, None);
    let known = world.client.submit(&[act.encode()]).await.unwrap();
    assert_eq!((known[0].status, known[0].code.as_str()), (SubmitStatus::Admitted, "known"));
    let waiting = world.client.transaction(&act.id(), Some(short)).await.unwrap();
    assert_eq!(waiting.status, TransactionStatus::Waiting);

    let (id, encoded) = (act.id(), [act.encode()]);
    let (view, resent, _) = tokio::join!(
        world.client.transaction(&id, Some(WAIT)),
        world.client.submit_and_wait(&encoded, WAIT),
        async {
            tokio::time::sleep(short).await;
            world.make_block()
        }
    );
    assert_eq!(view.unwrap().status, TransactionStatus::Committed);
    assert_eq!(resent.unwrap()[0].status, SubmitStatus::Committed);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_and_accounts_are_shown_and_proven() {
    let world = World::start().await;
    world.with_quota().await;
    let client = &world.client;

    let record = client.record(LogIndex(1)).await.unwrap();
    assert_eq!((record.height, record.organization), (Height(1), finance()));
    assert_eq!(record.call["allocation"]["record_quota"]["amount"], "1000000");
    let genesis_leaf = client.record(LogIndex(0)).await;
    assert!(genesis_leaf.unwrap_err().is_vacant(), "the end of a block is not a record");

    let evidence = client.record_evidence(LogIndex(1), Height(0)).await.unwrap();
    let proven = evidence.verify(&world.trust()).unwrap();
    let Proven::Leaf(LogIndex(1), leaf) = proven else { panic!("{proven:?}") };
    let Leaf::Record(leaf) = *leaf else { panic!("not a record") };
    assert_eq!(leaf.transaction.id(), record.id);
    let as_json: minglian_ledger::evidence::Evidence =
        client.json("/v1/records/1/evidence", &[]).await.unwrap();
    assert_eq!(as_json.verify(&world.trust()).unwrap(), evidence.verify(&world.trust()).unwrap());
    let ahead = client.record_evidence(LogIndex(1), Height(99)).await;
    assert_eq!(ahead.unwrap_err().code(), Some("bad_request"));

    let id = schema::encode(&line("一般").account());
    let account = client.account(&id).await.unwrap();
    assert_eq!(serde_json::to_value(account.balance).unwrap()["fen"], "500000");
    assert_eq!((account.credited, account.frontier), (1_000_000, 500_000));
    assert_eq!((account.inflows.len(), account.outflows.len()), (1, 1));
    let first = client.account_movements(&id, 0, 0, 1).await.unwrap();
    assert_eq!((first.inflows_next, first.outflows_next), (Some(1_000_000), Some(1)));
    let rest = client.account_movements(&id, 1_000_000, 1, 1).await.unwrap();
    assert!(rest.inflows.is_empty() && rest.outflows.is_empty());

    let evidence = client.account_evidence(&id, Height(0)).await.unwrap();
    let proven = evidence.verify(&world.trust()).unwrap();
    assert!(matches!(proven, Proven::State(_, Some(_))), "{proven:?}");
    let nobody = schema::encode(&line("没有").account());
    let evidence = client.account_evidence(&nobody, Height(0)).await.unwrap();
    assert!(matches!(evidence.verify(&world.trust()).unwrap(), Proven::State(_, None)));
    assert!(client.account(&nobody).await.unwrap_err().is_vacant());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_by_key() {
    let world = World::start().await;
    world.with_quota().await;
    let client = &world.client;
    let first = Paging { after: None, limit: Some(1) };
    let after = |next: &Option<String>| Paging { after: next.clone(), limit: Some(1) };

    let accounts = client.accounts(&civil_affairs(), &Paging::default()).await.unwrap();
    assert_eq!((accounts.items.len(), &accounts.next), (2, &None));
    let one = client.accounts(&civil_affairs(), &first).await.unwrap();
    let two = client.accounts(&civil_affairs(), &after(&one.next)).await.unwrap();
    assert_eq!([one.items, two.items].concat(), accounts.items);
    assert!(client.accounts(&finance(), &first).await.unwrap().items.is_empty());

    let lines = client.allocations(&Paging::default()).await.unwrap();
    let child = lines.items.iter().find(|line| line.parent.is_some()).unwrap();
    let parent = client.allocation(&child.parent.as_ref().unwrap().0).await.unwrap();
    assert_eq!(parent.destinations.len(), 1);
    assert_eq!(parent.destinations[0].id, child.account);
    assert_eq!(parent.destinations[0].movements, 1);

    let one = client.organizations(&first).await.unwrap();
    let two = client.organizations(&after(&one.next)).await.unwrap();
    assert_ne!(one.items[0].code, two.items[0].code);
    let detail = client.organization(&civil_affairs(), None).await.unwrap();
    assert_eq!((detail.keys.len(), detail.records.len()), (2, 3));
    assert!(detail.records.is_sorted_by(|newer, older| newer.index > older.index));
    let older = client.organization(&civil_affairs(), Some(detail.records[1].index)).await.unwrap();
    assert_eq!(older.records, detail.records[2..]);

    let waiting = world.act(CIVIL_MAKER, "待办", &record_quota(1, day(5, 1)));
    world.commit(std::slice::from_ref(&waiting)).await;
    let parameters = client.parameters(&Paging::default()).await.unwrap();
    assert!(parameters.items.iter().any(|item| item.key == "approval.proposal_days"));
    assert!(client.proposals(&Paging::default()).await.unwrap().items.is_empty());
    let proposal = world.act(FINANCE_MAKER, "待办2", &record_quota(1, day(5, 1)));
    world.commit(std::slice::from_ref(&proposal)).await;
    let proposals = client.proposals(&Paging::default()).await.unwrap();
    assert_eq!(proposals.items[0].id, proposal.id());
    let waiting = client.proposal(&proposal.id()).await.unwrap();
    assert_eq!(waiting, proposals.items[0]);
    let next = waiting.next.unwrap();
    assert_eq!((next.organization, next.role), (Some(finance()), Role::Checker));
    assert!(next.concerns(&finance(), OrganizationKind::Finance));
    assert!(!next.concerns(&civil_affairs(), OrganizationKind::CivilAffairs));
    assert_eq!(next.chinese, "财政部门复核");
    assert!(client.proposal(&TransactionId::default()).await.unwrap_err().is_vacant());
    let projects: serde_json::Value = client.json("/v1/projects", &[]).await.unwrap();
    assert_eq!(projects["items"], serde_json::json!([]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_a_receipt_names_leads_to_its_article() {
    let world = World::start().await;
    let client = &world.client;
    let ratio = client.parameter("lottery.fund_ratio.双色球").await.unwrap();
    assert_eq!((ratio.key.as_str(), ratio.versions.len()), ("lottery.fund_ratio.双色球", 1));
    assert_eq!(ratio.versions[0]["value"], 3_600);
    let article = ratio.versions[0]["article"].as_str().unwrap();
    assert!(article.contains("彩票资金构成比例"), "{article}");
    for unknown in ["lottery.fund_ratio.没有", &"长".repeat(60)] {
        let refused = client.parameter(unknown).await.unwrap_err();
        assert!(refused.to_string().contains("404"), "{refused}");
    }
    let years: serde_json::Value = client.json("/v1/holidays", &[]).await.unwrap();
    assert_eq!(years["items"][0]["notice"]["year"], 2024);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_leads_down_to_the_project_and_up_to_the_document() {
    let world = World::start().await;
    world.with_quota().await;
    let account = schema::encode(&line("一般").account());
    let down = TraceQuery::whole(account, TraceDirection::Down);
    let whole = world.client.trace(&down).await.unwrap();
    assert_eq!((whole.edges.len(), whole.rests.len(), &whole.next), (1, 2, &None));
    let mut paged = TraceQuery { limit: Some(1), ..down.clone() };
    let mut entries = 0;
    loop {
        let page = world.client.trace(&paged).await.unwrap();
        entries += page.edges.len() + page.rests.len();
        let Some(next) = page.next else { break };
        paged.cursor = Some(next);
    }
    assert_eq!(entries, 3);

    let project = schema::encode(&line("食堂").account());
    let up = TraceQuery::whole(project, TraceDirection::Up);
    let page = world.client.trace(&up).await.unwrap();
    let origin = &page.edges.last().unwrap()["from"]["outside"]["document"];
    assert_eq!(origin["numbers"], "皖财社〔2025〕15号");

    let beyond = TraceQuery { end: Some(1_000_001), ..down };
    assert!(world.client.trace(&beyond).await.unwrap_err().is_vacant());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_gets_blocks_tips_and_headers_that_verify() {
    let world = World::start().await;
    let mut tips = world.client.tips().await.unwrap();
    assert_eq!(tips.next().await.unwrap().unwrap().height, Height(0));
    world.with_quota().await;
    assert_eq!(tips.next().await.unwrap().unwrap().height, Height(1));

    let validators = genesis().validators;
    let mut feed = world.client.block_feed(Height(0));
    let mut parent = feed.next().await.unwrap().unwrap();
    assert_eq!(parent.certificate, None);
    for height in 1..=4 {
        let next = feed.next().await.unwrap().unwrap();
        let (header, certificate) = (&next.block.header, next.certificate.as_ref().unwrap());
        assert_eq!((header.height, header.parent), (Height(height), parent.block.header.id()));
        assert_eq!(certificate.block_id, header.id());
        certificate.verify(&header.chain_id, &validators).unwrap();
        parent = next;
    }
    assert_eq!(feed.next().await.unwrap(), None);
    assert_eq!(world.client.block(Height(4)).await.unwrap(), parent);

    let latest = world.client.latest_header().await.unwrap();
    assert_eq!(latest.header, parent.block.header);
    assert_eq!(world.client.header(Height(4)).await.unwrap(), latest);
    assert!(world.client.header(Height(5)).await.unwrap_err().is_vacant());
    let summaries: Vec<BlockSummary> =
        world.client.json("/v1/blocks", &[("from", "3".to_owned())]).await.unwrap();
    assert_eq!(summaries.iter().map(|block| block.transactions).collect::<Vec<_>>(), [2, 1]);
    let block: minglian_client::wire::BlockView =
        world.client.json("/v1/blocks/3", &[]).await.unwrap();
    assert_eq!(block.transactions.len(), 2);

    let size = latest.header.log_size;
    let shown = world.client.consistency(3, size).await.unwrap();
    assert_eq!(shown.to_root, latest.header.log_root);
    proof::verify_consistency(3, &shown.from_root, size, &shown.to_root, &shown.proof).unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_tells_about_itself() {
    let world = World::start().await;
    world.make_block();
    let client = &world.client;
    assert_eq!(client.genesis().await.unwrap(), genesis());
    let set = client.validators(None).await.unwrap();
    assert_eq!((set.height, set.total_power), (Height(2), 4));
    assert_eq!(set.hash, genesis().validators.hash());
    assert!(client.validators(Some(Height(3))).await.unwrap_err().is_vacant());
    assert_eq!(client.peers().await.unwrap().items.len(), 2);
    let health = client.health().await.unwrap();
    assert_eq!((health.status, health.height, health.peers), (HealthStatus::Running, Height(1), 2));
    let metrics = client.metrics().await.unwrap();
    assert!(metrics.contains("minglian_gossip_test_total 1"), "{metrics}");
    assert!(metrics.contains("minglian_peers 2"), "{metrics}");
    let described: serde_json::Value = client.json("/v1/openapi.json", &[]).await.unwrap();
    let paths = described["paths"].as_object().unwrap();
    for path in ["/v1/transactions", "/v1/records/{index}/evidence", "/v1/trace", "/health"] {
        assert!(paths.contains_key(path), "{path}");
    }
    let parameters = |path: &str| -> Vec<String> {
        let listed = paths[path]["get"]["parameters"].as_array().unwrap();
        listed.iter().map(|one| format!("{} {}", one["in"], one["name"])).collect()
    };
    assert_eq!(parameters("/v1/proposals"), [r#""query" "after""#, r#""query" "limit""#]);
    let evidence = parameters("/v1/accounts/{id}/evidence");
    assert_eq!(evidence, [r#""path" "id""#, r#""query" "since_height""#]);
    let nobody = TransactionId::default();
    assert!(client.transaction(&nobody, None).await.unwrap_err().is_vacant());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_get_checkpoint_tiles_and_policy() {
    let world = World::start().await;
    world.with_quota().await;
    let header = world.chain.head().header;
    let note = world.client.checkpoint().await.unwrap().unwrap();
    let head: Checkpoint = note.text().parse().unwrap();
    assert_eq!((head.size(), head.root()), (header.log_size, header.log_root));
    assert!(note.is_signed_by_log(&checkpoint::log_key(&genesis()).unwrap()).unwrap());

    let width = u16::try_from(header.log_size).unwrap();
    for narrower in [width, width - 2] {
        let hashes = tiles::Tile::new(tiles::Content::Hashes { level: 0 }, 0, narrower).unwrap();
        let hashes = world.client.tile(&hashes).await.unwrap();
        let hashes = tiles::parse_hash_tile(&hashes, narrower).unwrap();
        let entries = tiles::Tile::new(tiles::Content::Entries, 0, narrower).unwrap();
        let entries = world.client.tile(&entries).await.unwrap();
        let entries = tiles::parse_entry_bundle(&entries, narrower).unwrap();
        let leaf_hashes: Vec<_> =
            entries.iter().map(|entry| minglian_ledger::log::leaf_hash(entry)).collect();
        assert_eq!(leaf_hashes, hashes);
    }
    let beyond = tiles::Tile::new(tiles::Content::Entries, 0, width + 1).unwrap();
    assert!(world.client.tile(&beyond).await.unwrap_err().is_vacant());
    let policy = world.client.log_policy().await.unwrap();
    assert!(policy.contains("group more-than-two-thirds 3 "), "{policy}");
    world.stop().await;
}
