//! A charity's published year enters a running network, and its receipts add up to what is printed.

use std::fs;
use std::path::Path;
use std::process::Command;

use minglian_client::Client;
use minglian_client::read::Paging;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_testnet::program;
use serde_json::Value;

use crate::network::{self, Network};

/// Imports the published table with its region spelt that way.
fn import(network: &Network, region: &str) -> Value {
    let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    let minglian = program::find_beside("minglian", own).unwrap();
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/daishan_charity_2021.csv");
    let text = fs::read_to_string(published).unwrap().replace("浙江省舟山市岱山县", region);
    let table = network.directory().path().join("table.csv");
    fs::write(&table, text).unwrap();
    let mut command = Command::new(minglian);
    command.args(["import", "--json", "--url", &network.url(0).unwrap(), "--officers"]);
    let printed = program::output(command.arg(network.directory().officers()).arg(table)).unwrap();
    serde_json::from_str::<Value>(&printed).unwrap()[0].clone()
}

/// The charity that the import registered.
async fn charity(client: &Client) -> OrganizationCode {
    let page = client.organizations(&Paging::default()).await.unwrap();
    let kind = |item: &Value| item["kind"] == "charity";
    page.items.iter().find(|item| kind(&item.organization)).unwrap().code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charitys_published_year_is_on_the_ledger_to_the_fen() {
    let network = network::up(4, 0).await;
    let report = import(&network, "浙江省舟山市岱山县");
    assert_eq!((&report["entered"], &report["refused"]), (&20.into(), &Value::Array(Vec::new())));
    let sums = &report["funds"]["慈善"];
    assert_eq!(sums["income"], "1362700000");
    assert_eq!(sums["expenditure"], "1320440000");
    assert_eq!(sums["helped"], 6_655);

    // What the ledger itself says: the newest receipt of the charity holds the year's sums.
    network.wait_level(minglian_testnet::act::COMMIT_LIMIT).await.unwrap();
    let client = network.client(1).unwrap();
    let detail = client.organization(&charity(&client).await, None).await.unwrap();
    assert_eq!(detail.records.iter().filter(|record| record.code == 0).count(), 43);
    let newest = client.record(detail.records[0].index).await.unwrap();
    let declared = newest.receipt.events.iter().find_map(|event| event["charity"].get("declared"));
    let declared = declared.unwrap();
    assert_eq!(declared["income"], "1362700000");
    assert_eq!(declared["expenditure"], "1320440000");
    assert_eq!(declared["helped"], 6_655);

    let again = import(&network, "岱山县");
    assert_eq!((&again["entered"], &again["unchanged"]), (&0.into(), &20.into()));
}
