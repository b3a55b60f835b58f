//! Officers at the command line of a running network: a payment is seen, approved by one officer,
//! rejected by another, and one person with two keys is one person.

use std::path::{Path, PathBuf};
use std::process::Command;

use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, entry};
use minglian_contracts::call::Call;
use minglian_contracts::payment::{self, Expenditure, Order, Payee};
use minglian_contracts::registry;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_testnet::directory::{self, OfficersIndex};
use minglian_testnet::{clock, program};
use serde_json::Value;
use tempfile::TempDir;

use crate::network::{self, Network};

const CITY: u32 = 341_100;

/// A desk with the program on it.
struct Desk {
    network: Network,
    index: OfficersIndex,
    minglian: PathBuf,
    files: TempDir,
    date: Date,
}

/// Somebody who signs: an organisation and a key file.
#[derive(Clone)]
struct Clerk {
    organization: OrganizationCode,
    key: PathBuf,
    public_key: PublicKey,
}

impl Desk {
    async fn open() -> Self {
        let network = network::up(4, 0).await;
        let index = directory::read_json(&network.directory().officers()).unwrap();
        let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
        let minglian = program::find_beside("minglian", own).unwrap();
        let files = tempfile::tempdir().unwrap();
        Self { network, index, minglian, files, date: clock::today().unwrap() }
    }

    fn clerk(&self, name: &str, role: Role) -> Clerk {
        let entry = self
            .index
            .officers
            .iter()
            .find(|entry| entry.organization_name.starts_with(name) && entry.role == role);
        let entry = entry.unwrap();
        assert_eq!(entry.division, CITY);
        let key = self.network.directory().path().join(&entry.key_file);
        Clerk { organization: entry.organization, key, public_key: entry.public_key }
    }

    /// Runs the program; whether it succeeded, and the JSON that it printed.
    fn run(&self, arguments: &[&str]) -> (bool, Value) {
        let mut command = Command::new(&self.minglian);
        let output = command.arg("tx").args(arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        let value = serde_json::from_str(&printed);
        (output.status.success(), value.unwrap_or_else(|_| panic!("{printed}{complaint}")))
    }

    /// Runs a command that signs.
    fn sign(&self, clerk: &Clerk, arguments: &[&str]) -> (bool, Value) {
        let (url, outbox) = (self.network.url(0).unwrap(), self.files.path().join("outbox"));
        let passphrase = self.network.directory().passphrase();
        let organization = clerk.organization.to_string();
        let (key, passphrase) = (clerk.key.to_str().unwrap(), passphrase.to_str().unwrap());
        let mut all = arguments.to_vec();
        all.extend(["--url", &url, "--key", key, "--passphrase-file", passphrase]);
        all.extend(["--organization", &organization, "--outbox", outbox.to_str().unwrap()]);
        all.extend(["--yes", "--json"]);
        self.run(&all)
    }

    /// Sends an act that must be taken; the name of what waits, if it waits.
    fn send(&self, clerk: &Clerk, reference: &str, call: &Call) -> Option<String> {
        let path = self.files.path().join("act.json");
        std::fs::write(&path, serde_json::to_vec(call).unwrap()).unwrap();
        let path = path.to_str().unwrap();
        let (taken, said) = self.sign(clerk, &["send", "--reference", reference, "--call", path]);
        assert!(taken, "{said}");
        said["proposal"].as_str().map(str::to_owned)
    }

    fn approve(&self, clerk: &Clerk, proposal: &str) -> (bool, Value) {
        self.sign(clerk, &["approve", proposal])
    }

    /// What waits for a role of an organisation, by a node that did not take it: the acts' names.
    async fn pending(&self, clerk: &Clerk, role: &str) -> Vec<Value> {
        self.network.wait_level(minglian_testnet::act::COMMIT_LIMIT).await.unwrap();
        let (url, code) = (self.network.url(1).unwrap(), clerk.organization.to_string());
        let arguments =
            ["pending", "--url", &url, "--organization", &code, "--role", role, "--json"];
        let (_, listed) = self.run(&arguments);
        listed.as_array().unwrap().clone()
    }

    fn line(&self, holder: OrganizationCode) -> LineName {
        let (fund, line) = (Text::new("福利彩票公益金").unwrap(), Text::new("养老服务").unwrap());
        LineName { holder, fund, year: self.date.year(), line }
    }

    fn quota(&self, holder: OrganizationCode) -> Call {
        Call::Allocation(allocation::Call::RecordQuota(entry::RecordQuota {
            to: self.line(holder),
            receipt: allocation::Receipt::Issued,
            amount: Fen::new(100_000_000).unwrap(),
            level: Text::new("省级").unwrap(),
            purpose: Purpose { category: Some(Category::OldAge), project: None },
            basis: Basis { printed_in: Some(Text::new("试验").unwrap()), ..Basis::default() },
            first_year: self.date.year(),
            implied: false,
            occurred_on: self.date,
        }))
    }

    fn payment(&self, holder: OrganizationCode, reference: &str) -> Call {
        Call::Payment(payment::Call::Instruct {
            line: self.line(holder),
            expenditure: Expenditure::Services,
            order: Order {
                reference: Text::new(reference).unwrap(),
                payee: Payee::NotPrinted,
                amount: Fen::new(1_362_700).unwrap(),
                voucher: None,
                replaces: None,
                occurred_on: self.date,
            },
        })
    }

    /// A second key of an officer, as another role: made by the program, registered by two
    /// governors.
    fn second_key(&self, officer: &Clerk, governor: &Clerk, other: &Clerk) -> Clerk {
        let key = self.files.path().join("second.key");
        let passphrase = self.network.directory().passphrase();
        let mut command = Command::new(&self.minglian);
        command.args(["key", "new", "--kind", "officer", "--out"]).arg(&key);
        let made = program::output(command.arg("--passphrase-file").arg(passphrase)).unwrap();
        let made: Value = serde_json::from_str(&made).unwrap();
        let public_key: PublicKey = made["public_key"].as_str().unwrap().parse().unwrap();
        let call = Call::Registry(registry::Call::RegisterKey {
            organization: officer.organization,
            key: public_key,
            role: Role::Checker,
            same_officer_as: Some(officer.public_key),
        });
        let proposal = self.send(governor, "第二密钥", &call).unwrap();
        let (taken, said) = self.approve(other, &proposal);
        assert!(taken, "{said}");
        Clerk { organization: officer.organization, key, public_key }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_seen_approved_and_rejected_by_different_officers_only() {
    let desk = Desk::open().await;
    let finance = |role| desk.clerk("滁州市财政局", role);
    let civil = |role| desk.clerk("滁州市民政局", role);
    let (maker, checker, payer) = (civil(Role::Maker), civil(Role::Checker), civil(Role::Payer));
    let quota = desk.send(&finance(Role::Maker), "指标1", &desk.quota(maker.organization)).unwrap();
    assert!(desk.approve(&finance(Role::Checker), &quota).0);

    let paid = desk.send(&maker, "凭证1", &desk.payment(maker.organization, "凭证1")).unwrap();
    let again = desk.send(&maker, "凭证1", &desk.payment(maker.organization, "凭证1"));
    assert_eq!(again.as_ref(), Some(&paid), "sending twice sends once");
    let seen = desk.pending(&maker, "复核").await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["id"], paid.as_str());
    let said = seen[0]["preview"]["chinese"].as_str().unwrap();
    assert!(said.contains("滁州市民政局") && said.contains("支付1.3627万元"), "{said}");
    assert!(desk.pending(&maker, "支付").await.is_empty());

    // The maker with the own key, and with a second key in the other role: one person.
    let second = desk.second_key(&maker, &civil(Role::Governor), &finance(Role::Governor));
    for clerk in [&maker, &second] {
        let (taken, said) = desk.approve(clerk, &paid);
        assert!(!taken, "{said}");
        assert_eq!((&said["outcome"], &said["refusal"]["code"]), (&"refused".into(), &203.into()));
        assert!(said["refusal"]["article"].as_str().unwrap().contains("不相容岗位分离"));
    }
    let (taken, said) = desk.approve(&payer, &paid);
    assert!(!taken && said["refusal"]["code"] == 111, "the payer's step is not next: {said}");

    let (taken, said) = desk.approve(&checker, &paid);
    assert!(taken && said["outcome"] == "waiting" && said["next"]["role"] == "payer", "{said}");
    let (taken, said) = desk.approve(&checker, &paid);
    assert!(taken && said["outcome"] == "waiting", "the step is not taken twice: {said}");
    let (taken, said) = desk.approve(&payer, &paid);
    assert!(taken && said["outcome"] == "applied", "{said}");
    assert!(desk.pending(&maker, "复核").await.is_empty());

    let other = desk.send(&maker, "凭证2", &desk.payment(maker.organization, "凭证2")).unwrap();
    let (taken, said) = desk.sign(&checker, &["reject", &other, "--reason", "凭证缺附件"]);
    assert!(taken, "{said}");
    assert!(desk.pending(&maker, "复核").await.is_empty());
    let (taken, said) = desk.approve(&payer, &other);
    assert!(!taken && said["refusal"]["code"] == 201, "{said}");
    // The reason is on this desk alone.
    let opinions = desk.files.path().join("outbox/openings");
    assert_eq!(std::fs::read_dir(opinions).unwrap().count(), 1);
}
