//! What an import signs, when somebody was there before it.

use std::fs;
use std::process::{Command, Output};

use minglian_client::Client;
use minglian_client::read::Paging;
use minglian_contracts::allocation;
use minglian_contracts::call::Call;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::DemonstrationSeed;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_testnet::act::Desk;
use minglian_testnet::directory::{self, OfficersIndex};
use minglian_testnet::officer::{Officer, Officers};

use crate::network::{self, Network};

const HEADER: &str = "dataset,row,year,region,fund_source,category,item,unit_or_recipient,doc_no,\
                      amount_published,unit,amount_fen,kind,count,note";

/// Imports a table of these rows with the keys of all officers.
fn import(network: &Network, rows: &[&str]) -> Output {
    let table = network.directory().path().join("table.csv");
    fs::write(&table, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    let mut command: Command = network.minglian();
    command.args(["import", "--json", "--url"]).arg(network.url(0).unwrap());
    command.arg("--officers").arg(network.directory().officers()).arg(table);
    command.output().unwrap()
}

/// The call that stands under a reference.
async fn call_of(client: &Client, organization: &OrganizationCode, reference: &str) -> Call {
    let known = client.receipt(organization, reference).await.unwrap();
    let record = client.record(known.committed.unwrap().index).await.unwrap();
    Call::decode(&record.call_bytes.0).unwrap()
}

/// The finance department's maker; its key is derived as on every demonstration network.
async fn finance_maker(network: &Network, client: &Client) -> Officer {
    let index: OfficersIndex = directory::read_json(&network.directory().officers()).unwrap();
    let first = index.officers.iter().find(|entry| entry.role == Role::Governor).unwrap();
    let officers = Officers::open(network.directory()).unwrap();
    let governor = officers.of(first.organization, Role::Governor).unwrap();
    let registered = client.organizations(&Paging::default()).await.unwrap().items;
    let is_finance = |name: &str| name.starts_with("安徽省 财政");
    let finance = registered
        .iter()
        .find(|view| view.organization["name"].as_str().is_some_and(is_finance))
        .unwrap()
        .code;
    let name = format!("{finance}/{:?}", Role::Maker);
    let seed = DemonstrationSeed::of(&[&governor.key.to_bytes(), name.as_bytes()]);
    Officer { organization: finance, key: SigningKey::from_bytes(&seed.0) }
}

/// A maker who knows which reference the next row will have puts another act there. The officers
/// who then import the true table must not sign it.
#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_waits_under_a_rows_reference_is_not_approved_unless_it_is_the_rows() {
    let network = network::up(4, 0).await;
    let client = network.client(0).unwrap();
    let rows = [
        "t,1,2020,安徽省,省级,养老,,,皖财社〔2020〕1号,5,万元,5000000,received,,",
        "t,2,2020,安徽省,省级,养老,,,皖财社〔2020〕2号,7,万元,7000000,received,,",
    ];
    let first = import(&network, &rows[..1]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));

    let maker = finance_maker(&network, &client).await;
    let mut call = call_of(&client, &maker.organization, "t#1/received").await;
    let Call::Allocation(allocation::Call::RecordQuota(quota)) = &mut call else {
        panic!("{call:?}")
    };
    quota.amount = Fen::new(9_999_999_900).unwrap();
    let desk = Desk::new(client.clone(), "forger").await.unwrap();
    let forged = maker.sign(desk.chain_id(), "t#2/received", desk.expires_at(), &call).unwrap();
    let id = forged.id();
    desk.commit(&[forged]).await.unwrap();

    let second = import(&network, &rows);
    assert!(!second.status.success());
    let printed = String::from_utf8_lossy(&second.stdout);
    assert!(printed.contains("another act waits under this row's reference"), "{printed}");
    let open = client.proposals(&Paging::default()).await.unwrap().items;
    let waiting = open.iter().find(|view| view.id == id).expect("it waits still");
    assert_eq!(waiting.proposal["signatures"].as_array().map(Vec::len), Some(1), "its maker's");
}
