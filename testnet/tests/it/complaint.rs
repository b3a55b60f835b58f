//! Anybody complains: real nodes, a real explorer with a bureau's key, and a browser's form. The
//! text reaches the handler's node, the ticket follows the case, and neither stands anywhere else.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use minglian_contracts::call::Call;
use minglian_contracts::oversight;
use minglian_contracts::oversight::complaint::ComplaintName;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_testnet::act::Desk;
use minglian_testnet::cluster::Cluster;
use minglian_testnet::demo::{self, Demonstration, Programs};
use minglian_testnet::directory::{self, OfficersIndex};
use minglian_testnet::officer::Officers;
use minglian_testnet::process::Signal;
use minglian_testnet::{clock, ports, program, totals};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TEXT: &str = "食堂的补贴名册里有不认识的人,请查一查账。";

/// How long the explorer and the nodes may take for what they do among themselves.
const LIMIT: Duration = Duration::from_secs(60);

fn escape(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Status and body of an answer; with a form, of a browser's own page.
async fn ask(address: SocketAddr, path: &str, form: Option<&[(&str, &str)]>) -> (u16, String) {
    let fields = form.unwrap_or_default().iter();
    let body: Vec<String> =
        fields.map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let body = body.join("&");
    let method = if form.is_some() { "POST" } else { "GET" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split(after).next().unwrap()
}

/// Looks a ticket up until the page says `wanted`.
async fn look_up(explorer: SocketAddr, ticket: &str, wanted: &str) -> String {
    let deadline = Instant::now() + LIMIT;
    loop {
        let (status, page) = ask(explorer, "/complain/ticket", Some(&[("ticket", ticket)])).await;
        assert!(status == 200 && !page.contains(TEXT) && !page.contains(ticket), "{page}");
        if page.contains(wanted) {
            return page;
        }
        assert!(Instant::now() < deadline, "{wanted} does not come: {page}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Whether a text stands in a file or in any file below a directory.
fn holds(path: &Path, text: &str) -> bool {
    if path.is_dir() {
        let mut inside = std::fs::read_dir(path).unwrap();
        return inside.any(|entry| holds(&entry.unwrap().path(), text));
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn start(network: &Path) -> (Demonstration, Programs) {
    let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    let find = |name| program::find_beside(name, own).unwrap();
    let programs = Programs { minglian: find("minglian"), explorer: find("minglian-explorer") };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let files = &totals::tables(Some(&data)).unwrap()[2..];
    let port = ports::free().unwrap();
    (demo::start(&programs, network, files, port).await.unwrap(), programs)
}

/// The record that entered the complaint, the name of its act and the commitment of its text.
async fn entered(
    demonstration: &Demonstration,
    window: &OrganizationCode,
    reference: &str,
) -> (LogIndex, TransactionId, Commitment) {
    let client = demonstration.cluster.client(0).unwrap();
    let found = client.receipt(window, reference).await;
    let committed = found.unwrap().committed.unwrap();
    let record = client.record(committed.index).await.unwrap();
    let content = &record.call["oversight"]["receive_complaint"]["content"];
    (committed.index, record.id, content.as_str().unwrap().parse().unwrap())
}

/// The handler reads the text on its own node, whose copy may be erased by an order; every
/// validator has one, and nothing else does.
async fn only_the_handler_reads(
    cluster: &Cluster,
    programs: &Programs,
    network: &Path,
    commitment: &Commitment,
    ticket: &str,
) {
    for node in 0..cluster.nodes().len() {
        let openings = cluster.directory().data(node).join("openings");
        let deadline = Instant::now() + LIMIT;
        while !holds(&openings, TEXT) {
            assert!(Instant::now() < deadline, "node {node} does not get the text");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let mut read = Command::new(&programs.minglian);
    read.args(["deposit", "read", "--openings"]);
    read.arg(cluster.directory().data(0).join("openings"));
    let printed = program::output(read.args(["--commitment", &commitment.to_string()])).unwrap();
    assert!(printed.contains(TEXT) && printed.contains("personal"), "{printed}");
    let digits: String = ticket.split(' ').collect();
    for hidden in [TEXT, ticket, &digits] {
        let path = network;
        let kept = ["explorer.log", "minglian-explorer.sqlite", "minglian-explorer.sqlite-wal"];
        let files = kept.map(|file| path.join(file));
        let logs = (0..cluster.nodes().len()).map(|node| cluster.directory().log(node));
        for file in files.into_iter().chain(logs) {
            assert!(!holds(&file, hidden), "{hidden} stands in {}", file.display());
        }
        assert!(!holds(&path.join("minglian-explorer.complaints"), hidden));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_complains_and_the_handlers_node_has_the_text() {
    let directory = tempfile::tempdir().unwrap();
    let network = directory.path().join("network");
    let (demonstration, programs) = start(&network).await;
    let (cluster, explorer) = (&demonstration.cluster, demonstration.explorer);
    let index: OfficersIndex = directory::read_json(&cluster.directory().officers()).unwrap();
    let code = |name: &str| {
        let mut officers = index.officers.iter();
        let found = officers.find(|officer| officer.organization_name.starts_with(name));
        found.unwrap().organization
    };
    let (window, county) = (code("滁州市民政局"), code("来安县民政局"));

    let about = format!("organization:{county}");
    let (status, form) = ask(explorer, &format!("/complain?about={about}"), None).await;
    assert!(status == 200 && form.contains("滁州市民政局（演示）"), "{form}");
    let ticket = between(&form, "name=\"draft\" value=\"", "\"").to_owned();
    let fields = [("about", about.as_str()), ("text", TEXT), ("draft", ticket.as_str())];
    let (status, page) = ask(explorer, "/complain", Some(&fields)).await;
    assert!(status == 200 && page.contains(&ticket), "{page}");
    let reference = between(&page, "<code>诉-", "</code>");
    let reference = format!("诉-{reference}");
    look_up(explorer, &ticket, "等待第二位经办人复核").await;

    // The window's checker lets it pass, as any other act; then the handler accepts it.
    let officers = Officers::open(cluster.directory()).unwrap();
    let of = |role| officers.of(window, role).unwrap();
    let (maker, checker) = (of(Role::Maker), of(Role::Checker));
    let (_, proposal, commitment) = entered(&demonstration, &window, &reference).await;
    let mut desk = Desk::new(cluster.client(1).unwrap(), "complaint").await.unwrap();
    let approval = minglian_testnet::act::approve(proposal);
    let signed = desk.sign(&checker, &approval).unwrap();
    desk.commit(&[signed]).await.unwrap();
    look_up(explorer, &ticket, "待受理").await;
    let complaint =
        ComplaintName { organization: window, complaint: Text::new(reference).unwrap() };
    let occurred_on = clock::today().unwrap();
    let accept = Call::Oversight(oversight::Call::AcceptComplaint { complaint, occurred_on });
    desk.carry_out(&accept, &[&maker, &checker]).await.unwrap();
    look_up(explorer, &ticket, "已受理").await;

    only_the_handler_reads(cluster, &programs, &network, &commitment, &ticket).await;

    // Without nodes nothing is taken, and what was written comes back.
    for node in cluster.running() {
        cluster.signal(node, Signal::Kill).unwrap();
    }
    let (_, form) = ask(explorer, &format!("/complain?about={about}"), None).await;
    let ticket = between(&form, "name=\"draft\" value=\"", "\"");
    let fields = [("about", about.as_str()), ("text", TEXT), ("draft", ticket)];
    let (status, page) = ask(explorer, "/complain", Some(&fields)).await;
    assert!(status == 503 && page.contains("节点暂时连不上") && page.contains(TEXT), "{page}");
}
