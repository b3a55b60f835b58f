//! What an import signs, when somebody was there before it.

use std::fs;
use std::process::{Command, Output};

use minglian_client::Client;
use minglian_client::read::Paging;
use minglian_contracts::call::Call;
use minglian_contracts::{allocation, approval, payment};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::DemonstrationSeed;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_testnet::act::Desk;
use minglian_testnet::directory::{self, OfficersIndex};
use minglian_testnet::officer::{Officer, Officers};
use serde_json::Value;

use crate::network::{self, Network};

const HEADER: &str = "dataset,row,year,region,fund_source,category,item,unit_or_recipient,doc_no,\
                      amount_published,unit,amount_fen,kind,count,note";

/// Imports a table of these rows with the keys of all officers.
fn import(network: &Network, rows: &[&str]) -> Output {
    let table = network.directory().path().join("table.csv");
    fs::write(&table, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    import_table(network, &[])
}

/// Imports the table that [`import`] wrote last.
fn import_table(network: &Network, options: &[&str]) -> Output {
    let mut command: Command = network.minglian();
    command.args(["import", "--json", "--url"]).arg(network.url(0).unwrap()).args(options);
    command.arg("--officers").arg(network.directory().officers());
    command.arg(network.directory().path().join("table.csv")).output().unwrap()
}

/// The counts of an import: entered or planned, unchanged, refused.
fn counts(output: &Output) -> [usize; 3] {
    let printed = String::from_utf8_lossy(&output.stdout);
    let json: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{output:?}"));
    let count = |name: &str| usize::try_from(json[0][name].as_u64().unwrap()).unwrap();
    let refused = json[0]["refused"].as_array().unwrap().len();
    assert_eq!(output.status.success(), refused == 0, "{printed}");
    [count("entered") + count("planned"), count("unchanged"), refused]
}

/// The call that stands under a reference.
async fn call_of(client: &Client, organization: &OrganizationCode, reference: &str) -> Call {
    let known = client.receipt(organization, reference).await.unwrap();
    let record = client.record(known.committed.unwrap().index).await.unwrap();
    Call::decode(&record.call_bytes.0).unwrap()
}

/// An officer of a department that an import registered; the key is derived as on every
/// demonstration network.
async fn officer(network: &Network, client: &Client, department: &str, role: Role) -> Officer {
    let index: OfficersIndex = directory::read_json(&network.directory().officers()).unwrap();
    let first = index.officers.iter().find(|entry| entry.role == Role::Governor).unwrap();
    let officers = Officers::open(network.directory()).unwrap();
    let governor = officers.of(first.organization, Role::Governor).unwrap();
    let registered = client.organizations(&Paging::default()).await.unwrap().items;
    let is_it = |name: &str| name.starts_with(department);
    let organization = registered
        .iter()
        .find(|view| view.organization["name"].as_str().is_some_and(is_it))
        .unwrap()
        .code;
    let name = format!("{organization}/{role:?}");
    let seed = DemonstrationSeed::of(&[&governor.key.to_bytes(), name.as_bytes()]);
    Officer { organization, key: SigningKey::from_bytes(&seed.0) }
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

    let maker = officer(&network, &client, "安徽省 财政", Role::Maker).await;
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

/// What of the one quota line is not spent, in fen.
async fn unspent(client: &Client) -> Fen {
    let lines = client.allocations(&Paging::default()).await.unwrap().items;
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    line.available.fen
}

/// Reverses a payment under a reference of one's own, by its maker and checker.
async fn reverse(network: &Network, client: &Client, payment: &str, reference: &str) {
    let [maker, checker] = [Role::Maker, Role::Checker];
    let department = "安徽省合肥市 民政";
    let maker = officer(network, client, department, maker).await;
    let checker = officer(network, client, department, checker).await;
    let Call::Payment(payment::Call::Instruct { order, .. }) =
        call_of(client, &maker.organization, payment).await
    else {
        panic!()
    };
    let (payment, occurred_on) = (order.reference, order.occurred_on);
    let call = Call::Payment(payment::Call::Correct { payment, occurred_on });
    let desk = Desk::new(client.clone(), "reverse").await.unwrap();
    let proposed = maker.sign(desk.chain_id(), reference, desk.expires_at(), &call).unwrap();
    let proposal = proposed.id();
    desk.commit(&[proposed]).await.unwrap();
    let call = Call::Approval(approval::Call::Approve { proposal });
    let reference = format!("approve {reference}");
    let approved = checker.sign(desk.chain_id(), &reference, desk.expires_at(), &call).unwrap();
    desk.commit(&[approved]).await.unwrap();
}

/// A changed amount and another row that is refused or missing: the payment is not reversed, as the
/// new one has no room beside what stands of the other row. A reversal that was left without its
/// payment is found in the ledger and made whole, whichever table comes next.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_corrected_whole_or_not_at_all() {
    let network = network::up(4, 0).await;
    let client = network.client(0).unwrap();
    let row = |row: u32, amount: &str, fen: &str| {
        format!("z,{row},2017,安徽省合肥市,省级补助,,第{row}类,,,{amount},万元,{fen},spent,,")
    };
    let table = |changed: &str, fen: &str| {
        [row(1, "1040.06", ""), row(3, "31.98", ""), row(4, changed, fen)]
    };
    let enter = |table: &[String]| {
        let rows: Vec<&str> = table.iter().map(String::as_str).collect();
        import(&network, &rows)
    };
    let first = table("281.84", "281840000");
    let mended = table("281.85", "281850000");
    let mut broken = mended.clone();
    broken[1] = row(3, "31.98万", "");
    assert_eq!(counts(&enter(&first)), [4, 0, 0]);
    assert_eq!(unspent(&client).await, Fen::ZERO);
    assert_eq!(counts(&import_table(&network, &["--dry-run"])), [0, 4, 0]);

    // Row 1 stands, row 3 cannot be read, row 4 and the quota stay as they were.
    let halfway = enter(&broken);
    assert_eq!(counts(&halfway), [0, 1, 3], "{halfway:?}");
    assert_eq!(unspent(&client).await, Fen::ZERO);
    assert_eq!(counts(&enter(&first)), [0, 4, 0]);

    // Reversed for the row, and broken off there.
    reverse(&network, &client, "z#4/spent", "z#4/spent~2/undo").await;
    assert_eq!(unspent(&client).await, Fen::new(281_840_000).unwrap());
    assert_eq!(counts(&enter(&first)), [1, 3, 0]);
    assert_eq!(unspent(&client).await, Fen::ZERO);
    assert_eq!(counts(&enter(&first)), [0, 4, 0]);

    assert_eq!(counts(&enter(&mended)), [2, 2, 0]);
    assert_eq!(unspent(&client).await, Fen::ZERO);
    assert_eq!(counts(&enter(&mended)), [0, 4, 0]);

    // What the officers reversed by themselves is theirs to make again.
    reverse(&network, &client, "z#1/spent", "by hand").await;
    let by_hand = enter(&mended);
    assert_eq!(counts(&by_hand), [0, 3, 1]);
    assert!(String::from_utf8_lossy(&by_hand.stdout).contains("outside this table"));
    assert_eq!(unspent(&client).await, Fen::new(1_040_060_000).unwrap());
}
