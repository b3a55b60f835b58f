//! Reports of a node whose ledger holds the published tables: they equal what was published, to the
//! fen, and what contradicts the books is named.

mod csv;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use minglian_client::report::Pages;
use minglian_client::wire::ReportView;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::schema;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::genesis::{Genesis, GenesisOfficer, GenesisOrganization, Role};
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{Transaction, TransactionBody};
use minglian_node::cli::report::{Format, ReportArguments};
use minglian_node::import::notice::{self, Notice};
use minglian_node::import::plan::{self, Plan};
use minglian_node::import::{csv_file, figures};
use serde_json::Value;

use crate::rpc_world::{self, World};

const TABLES: [&str; 3] = ["luxian_2020", "guanyun_2024_execution", "panzhihua_2022_by_county"];

fn data(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testnet/data");
    csv_file::read(&folder.join(file)).unwrap()
}

fn published(name: &str) -> Notice {
    let file = format!("{name}.csv");
    notice::parse(&file, &data(&file)).unwrap().notices.into_iter().next().unwrap()
}

fn officer(organization: &OrganizationCode, role: Role) -> SigningKey {
    let role = format!("{role:?}");
    SigningKey::from_bytes(&Commitment::of(&[organization.as_bytes(), role.as_bytes()]).0)
}

/// The organisations of the tables, with an officer for each role.
fn genesis(plans: &[Plan]) -> Genesis {
    let mut genesis = rpc_world::genesis();
    let mut known = BTreeSet::new();
    for party in plans.iter().flat_map(|plan| &plan.parties) {
        if known.insert(party.code) {
            let roles = [Role::Maker, Role::Checker, Role::Payer];
            let officers = roles.map(|role| GenesisOfficer {
                key: PublicKey::of(&officer(&party.code, role)),
                role,
            });
            genesis.organizations.push(GenesisOrganization {
                code: party.code,
                name: party.name.clone(),
                kind: party.kind,
                division: party.division,
                officers: officers.to_vec(),
            });
        }
    }
    genesis
}

fn sign(
    world: &World,
    organization: OrganizationCode,
    role: Role,
    reference: &str,
    call: &Call,
) -> Transaction {
    let body = TransactionBody {
        chain_id: world.chain.chain_id().clone(),
        organization,
        client_reference: Text::new(reference).unwrap(),
        expires_at: Height(1_000),
        call: call.encode(),
    };
    Transaction::sign(body, &officer(&organization, role))
}

/// A node whose ledger holds the published tables; every act is applied.
async fn with_tables() -> World {
    let plans: Vec<Plan> = TABLES.iter().map(|name| plan::plan(name, &published(name))).collect();
    let world = World::of_genesis(genesis(&plans)).await;
    for (number, act) in plans.iter().flat_map(|plan| &plan.acts).enumerate() {
        let first = act.signers[0];
        let act_of = |role, reference: &str, call: &Call| {
            sign(&world, act.organization, role, reference, call)
        };
        let proposed = act_of(first, act.reference.as_str(), &act.call);
        let mut block = vec![proposed.clone()];
        for role in &act.signers[1..] {
            let approve = Call::Approval(approval::Call::Approve { proposal: proposed.id() });
            block.push(act_of(*role, &format!("复核{number}{role:?}"), &approve));
        }
        let head = world.chain.head();
        let time_ms = TimeMs(head.header.time_ms.0 + 1_000);
        let proposer = head.validators.members()[0].address();
        let (block, left_out) = world.chain.propose(block.iter(), time_ms, proposer).unwrap();
        assert!(left_out.is_empty(), "{left_out:?}");
        let committed = world.commit_block(&block);
        for (_, index) in &committed.transactions {
            let record = world.client.record(*index).await.unwrap();
            assert!(record.receipt.applied, "{:?}: {:?}", act.call, record.receipt);
        }
    }
    world
}

async fn report(world: &World, name: &str, query: &[(&'static str, &str)]) -> ReportView {
    let query: Vec<_> = query.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    let mut pages = Pages::new(world.client.report(name, &query).await.unwrap());
    while let Some(next) = pages.next() {
        let mut query = query.clone();
        query.push(("after", next));
        pages.add(world.client.report(name, &query).await.unwrap()).unwrap();
    }
    let report = pages.finish();
    assert!(report.is_reconciled(), "{name}: {:?} {:?}", report.reconciliation, report.mismatches);
    report
}

fn text<'a>(row: &'a serde_json::Map<String, Value>, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{key} of {row:?}"))
}

fn wan(text: &str) -> String {
    Fen::parse_published(text, Unit::TenThousandYuan).unwrap().get().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_equal_the_published_tables_to_the_fen() {
    let world = with_tables().await;

    // Every row of Luxian's notice, and its sums by source.
    let notice = report(&world, "notice", &[("division", "510521"), ("year", "2020")]).await;
    let printed: BTreeSet<(String, String)> = published("luxian_2020")
        .entries()
        .map(|row| (row.item.to_string(), row.amount.get().to_string()))
        .collect();
    let arranged = notice.rows.iter().filter(|row| text(row, "arranged") != "0");
    let derived: BTreeSet<(String, String)> = arranged
        .map(|row| (text(row, "project_title").to_owned(), text(row, "arranged").to_owned()))
        .collect();
    assert_eq!((derived.len(), &derived), (14, &printed));
    assert_eq!(text(&notice.totals, "arranged_wan"), "972.749");
    let by_source =
        report(&world, "notice", &[("division", "510521"), ("year", "2020"), ("by", "fund")]);
    let by_source: BTreeMap<String, String> = by_source
        .await
        .rows
        .iter()
        .map(|row| (text(row, "fund").to_owned(), text(row, "arranged_wan").to_owned()))
        .collect();
    let expected =
        [("中央", "250.659"), ("县本级分成", "216.46"), ("市级", "40.63"), ("省级", "465")]
            .map(|(source, amount)| (format!("彩票公益金·{source}"), amount.to_owned()));
    assert_eq!(by_source, BTreeMap::from(expected));

    // Guanyun's execution by category, with the rates that follow.
    let execution = report(
        &world,
        "execution",
        &[("division", "320723"), ("year", "2024"), ("by", "category")],
    );
    let rows = execution.await.rows;
    for (category, allocated, spent, carried, rate) in [
        ("老年人福利", "108", "102", "6", 9_444),
        ("残疾人福利", "71", "0", "71", 0),
        ("儿童福利", "20", "18", "2", 9_000),
    ] {
        let row = rows.iter().find(|row| text(row, "category") == category).unwrap();
        assert_eq!(text(row, "within"), wan(allocated), "{category}");
        assert_eq!(text(row, "spent"), wan(spent), "{category}");
        assert_eq!(text(row, "carried"), wan(carried), "{category}");
        assert_eq!(row["execution_rate"], rate, "{category}");
    }

    // Panzhihua's two lotteries.
    let lotteries =
        report(&world, "notice", &[("division", "510400"), ("year", "2022"), ("by", "fund")]);
    let sums: BTreeSet<String> =
        lotteries.await.rows.iter().map(|row| text(row, "arranged_wan").to_owned()).collect();
    assert_eq!(sums, BTreeSet::from(["895.501".to_owned(), "1170.34".to_owned()]));

    // Quota by its document.
    let documents = report(&world, "documents", &[("document", "苏财社〔2024〕52号")]).await;
    assert!(documents.rows.iter().all(|row| text(row, "documents").contains("52号")));
    assert_eq!(documents.rows.len(), 9, "implied, allocated and carried, of three categories");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_notice_declares_is_compared_with_the_book() {
    let world = with_tables().await;
    let figures = figures::parse(&data("declared_figures.csv")).unwrap();
    let encoded =
        data_encoding::HEXLOWER.encode(&schema::encode(&figures["guanyun_2024_execution"]));
    let report = report(&world, "declared", &[("figures", &encoded)]).await;
    let differing: Vec<(&str, &str, &str)> = report
        .rows
        .iter()
        .filter(|row| text(row, "verdict") == "differs")
        .map(|row| (text(row, "printed"), text(row, "derived"), text(row, "chinese")))
        .collect();
    let [rate, share] = differing[..] else { panic!("{differing:?}") };
    assert_eq!((rate.0, rate.1), ("96.23%", "94.44%"));
    assert!(rate.2.contains("按公告自己的数 102万元 / 108万元 应为 94.44%"), "{}", rate.2);
    assert!(rate.2.contains("按账上 102万元 / 108万元 应为 94.44%"), "{}", rate.2);
    assert!(share.2.contains("分母名称有误"), "{}", share.2);
    let agreeing = report.rows.iter().filter(|row| text(row, "verdict") == "agrees");
    assert_eq!(agreeing.count(), 9);

    // The same from the command line, with the notices of which the book knows nothing.
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report.csv");
    let arguments = ReportArguments {
        name: "declared".to_owned(),
        url: world.address.clone(),
        holder: None,
        division: None,
        fund: None,
        year: None,
        quarter: None,
        category: None,
        project: None,
        document: None,
        by: None,
        records: None,
        figures: Some(
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testnet/data/declared_figures.csv"),
        ),
        publication: None,
        format: Format::Csv,
        lang: minglian_client::report::csv::Language::Chinese,
        out: Some(out.clone()),
    };
    tokio::task::spawn_blocking(|| minglian_node::cli::report::run(arguments))
        .await
        .unwrap()
        .unwrap();
    let text = std::fs::read_to_string(out).unwrap();
    assert_eq!(text.matches('\u{feff}').count(), 1);
    assert!(text.contains("结论,不符,2个不符、9个相符、"), "{text}");
    assert!(text.contains(",不符,") && !text.contains("not_derivable"), "{text}");
    assert!(text.contains("个数无误") && !text.contains(",相符\r\n结论"), "{text}");
    for words in ["94.44%", "相差 780万元", "金额为负数", "17.6亿元", "对账表 mof_2016"]
    {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_add_up_to_the_whole_and_every_report_answers() {
    let world = with_tables().await;
    let scope: &[(&'static str, &str)] = &[("division", "510521")];
    let whole = report(&world, "execution", scope).await;
    let paged = report(&world, "execution", &[scope, &[("limit", "3")]].concat()).await;
    assert_eq!((&whole.rows, &whole.totals), (&paged.rows, &paged.totals));
    let grouped = [scope, &[("by", "fund,year"), ("limit", "3")]].concat();
    let grouped = report(&world, "execution", &grouped).await;
    assert_eq!(grouped.totals["spent"], whole.totals["spent"]);
    assert_eq!(grouped.rows.len(), 4);

    let civil = text(&whole.rows[0], "holder").to_owned();
    for (name, query) in [
        ("carry-over", vec![("division", "320723")]),
        ("holding", vec![("division", "510521")]),
        ("findings", vec![("holder", civil.as_str())]),
        ("shares", vec![("holder", civil.as_str())]),
        ("charity", vec![("holder", civil.as_str())]),
        ("charity-ratios", vec![("holder", civil.as_str()), ("year", "2024")]),
        ("working-paper", vec![("records", "1,2")]),
    ] {
        let found = report(&world, name, &query).await;
        assert_eq!(found.name, name);
        assert!(!found.columns.is_empty());
    }
    let implied = report(&world, "findings", &[("division", "510521")]).await;
    assert!(implied.rows.iter().any(|row| text(row, "rule") == "implied"));
    let paper = report(&world, "working-paper", &[("records", "2")]).await;
    assert!(text(&paper.rows[0], "officers").contains("Checker"), "{:?}", paper.rows);
    assert_eq!(text(&paper.rows[0], "evidence"), "/v1/records/2/evidence");

    for (name, query) in [
        ("nothing", vec![]),
        ("execution", vec![("limit", "0")]),
        ("execution", vec![("by", "colour")]),
        ("execution", vec![("after", "zz")]),
        ("execution", vec![("holder", "x")]),
        ("execution", vec![("format", "pdf")]),
        ("charity", vec![]),
        ("charity", vec![("holder", civil.as_str()), ("quarter", "5")]),
        ("declared", vec![("figures", "00000000")]),
        ("declared", vec![("figures", "ffffffff")]),
        ("working-paper", vec![]),
        ("working-paper", vec![("records", "0")]),
    ] {
        let query: Vec<_> = query.iter().map(|(key, value)| (*key, value.to_string())).collect();
        let error = world.client.report(name, &query).await.unwrap_err();
        let code = error.code().unwrap().to_owned();
        assert!(["bad_request", "not_found"].contains(&code.as_str()), "{name} {query:?}: {code}");
    }
    world.stop().await;
}
