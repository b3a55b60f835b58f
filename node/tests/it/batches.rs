//! What a node says of batches that its ledger does not have, and to whom it is not asked well.

use minglian_client::HANDOVER_HEADER;
use minglian_client::read::Paging;
use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::{BATCH_VERSION, BatchHeader, BatchKind, BatchName, Lot};
use minglian_ledger::subsidy::chunk_list::{ChunkList, EnvelopeList, Part};
use minglian_ledger::subsidy::custody::CustodyRequest;
use minglian_ledger::subsidy::domain::{EnvelopeRoot, LeafRoot};
use minglian_ledger::subsidy::handover::Handover;
use minglian_node::batches::custody::Custody;
use minglian_node::batches::{BatchFault, Batches, Missing};

use crate::rpc_world::{CIVIL_MAKER, FINANCE_MAKER, World, civil_affairs, key};

fn header(world: &World) -> BatchHeader {
    let name = BatchName {
        chain_id: world.chain.chain_id().clone(),
        county: civil_affairs(),
        programme: 1,
        period: Month::new(2026, 3).unwrap(),
        kind: BatchKind::Main,
        attempt: 0,
    };
    let amount = Fen::new(3_000).unwrap();
    BatchHeader {
        version: BATCH_VERSION,
        name,
        group: 1,
        epoch: 2026,
        standards_version: 1,
        enrolment_root: [0; 32],
        leaves: 40,
        total: amount,
        lots: vec![Lot { inflow: 1, amount }],
        leaf_root: LeafRoot([0; 32]),
        envelope_root: EnvelopeRoot([0; 32]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_takes_nothing_of_a_batch_that_the_ledger_does_not_have() {
    let world = World::start().await;
    let header = header(&world);
    let (id, handover) = (header.name.id(), Handover::sign(&header, &key(CIVIL_MAKER)));
    let client = &world.client;
    assert!(client.batches(&Paging::default()).await.unwrap().items.is_empty());
    let code = |error: minglian_client::ClientError| error.code().unwrap_or_default().to_owned();
    assert_eq!(code(client.batch(&id).await.unwrap_err()), "not_found");
    assert_eq!(code(client.missing_chunks(&id).await.unwrap_err()), "not_found");
    assert_eq!(code(client.chunk_list(&id).await.unwrap_err()), "not_found");
    assert_eq!(code(client.chunk(&id, Part::Leaves, 0).await.unwrap_err()), "not_found");
    let list = ChunkList::default();
    let put = client.put_chunk_list(&id, &list, &handover).await;
    assert_eq!(code(put.unwrap_err()), "not_found");
    let put = client.put_chunk(&id, Part::Proofs, 0, vec![0; 100], &handover).await;
    assert_eq!(code(put.unwrap_err()), "not_found");
    let request = CustodyRequest { header, list: EnvelopeList::default() };
    let asked = client.begin_custody(&request, &handover).await;
    assert_eq!(code(asked.unwrap_err()), "not_found", "this node is no custodian");
    let county = civil_affairs();
    assert_eq!(code(client.programme(1).await.unwrap_err()), "not_found");
    let list = client.enrolment_list(1, &county, 2026, None).await;
    assert_eq!(code(list.unwrap_err()), "not_found");
    assert!(matches!(world.batches.terms(&id), Err(BatchFault::Unknown(_))));
    let nothing = Missing { list: true, chunks: Vec::new() };
    assert_eq!(world.batches.missing(&id, &request.header), nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handover_that_does_not_read_is_refused_before_the_body() {
    let world = World::start().await;
    let id = header(&world).name.id();
    let http = reqwest::Client::new();
    for path in [format!("/v1/bodies/{id}/list"), format!("/v1/bodies/{id}/leaves/0")] {
        for value in [None, Some("00"), Some("zz"), Some(&*"g".repeat(192))] {
            let mut request = http.post(format!("{}{path}", world.address)).body("x");
            if let Some(value) = value {
                request = request.header(HANDOVER_HEADER, value);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 400, "{path} {value:?}");
        }
    }
}

/// What a custodian is asked is bounded by the ledger, whoever signs.
#[tokio::test(flavor = "multi_thread")]
async fn a_custodian_keeps_no_envelopes_but_for_lists_on_the_ledger() {
    let world = World::start().await;
    let root = world.directory().join("envelopes");
    let open = |officer| Custody::open(&root, 1 << 20, key(officer), world.chain.clone()).unwrap();
    let custody = open(FINANCE_MAKER);
    let ask = |custody: &Custody, header: BatchHeader, officer: u8| {
        let handover = Handover::sign(&header, &key(officer));
        let list = EnvelopeList(vec![[0; 32]]);
        custody.begin(CustodyRequest { header, list }, &handover).map(drop)
    };
    let begin = |header: BatchHeader, officer: u8| ask(&custody, header, officer);
    let header = header(&world);
    for officer in [FINANCE_MAKER, 200] {
        let stranger = begin(header.clone(), officer);
        assert!(matches!(stranger, Err(BatchFault::NotSigned(_))), "{stranger:?}");
    }
    let unknown = begin(header.clone(), CIVIL_MAKER);
    assert!(matches!(unknown, Err(BatchFault::NoEnrolmentList { leaves: 40 })), "{unknown:?}");
    let own = ask(&open(CIVIL_MAKER), header.clone(), CIVIL_MAKER);
    assert!(matches!(own, Err(BatchFault::OwnBatch(_))), "{own:?}");
    let mut elsewhere = header.clone();
    elsewhere.name.chain_id = minglian_ledger::text::Text::new("another").unwrap();
    let elsewhere = begin(elsewhere, CIVIL_MAKER);
    assert!(matches!(elsewhere, Err(BatchFault::WrongChain(_))), "{elsewhere:?}");
    let mut huge = header.clone();
    huge.leaves = u32::MAX;
    assert!(matches!(begin(huge, CIVIL_MAKER), Err(BatchFault::Header(_))));
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0, "nothing is kept of all this");
}

/// What lies in the directory and is no batch's of the ledger goes when the node starts.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_unknown_batches_are_removed_at_the_start() {
    let world = World::start().await;
    let root = world.directory().join("other batches");
    let (known, foreign) = (root.join(header(&world).name.id().to_string()), root.join("note"));
    std::fs::create_dir_all(&known).unwrap();
    std::fs::write(known.join("list"), b"garbage").unwrap();
    std::fs::write(&foreign, b"an operator's").unwrap();
    Batches::open(&root, 1 << 20, world.chain.clone()).unwrap();
    assert!(!known.exists() && foreign.exists());
}
