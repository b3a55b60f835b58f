//! A donor's path on a running network: a gift enters with a receipt's code, the committee decides,
//! the host pays, the bank reports, the use is shown, and the code alone leads to all of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use minglian_contracts::call::Call;
use minglian_contracts::charity::disbursement::{Disburse, Expense, Recipient};
use minglian_contracts::charity::donation::{Donate, DonationReceipt, Donor, Gift};
use minglian_contracts::charity::fund::{Committee, Opening};
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::qualification::{
    CharityForm, Qualification, QualificationKind, Qualify,
};
use minglian_contracts::charity::resolution::{Matter, Resolve, Votes};
use minglian_contracts::charity::sums::Sums;
use minglian_contracts::payment::result::BankResult;
use minglian_contracts::{charity, payment, registry, schema};
use minglian_ledger::date::Date;
use minglian_ledger::division::Division;
use minglian_ledger::evidence::{Proven, Trust};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_testnet::act::Desk;
use minglian_testnet::directory::{self, OfficersIndex};
use minglian_testnet::officer::{Officer, Officers};
use minglian_testnet::{clock, program};
use serde_json::Value;

use crate::network::{self, Network};

const CITY: u32 = 341_100;
const NAME: &str = "演示慈善会";

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn fen(fen: u64) -> Fen {
    Fen::new(fen).unwrap()
}

/// A charity with its officers, at a desk of the network.
pub struct Charity {
    pub desk: Desk,
    pub code: OrganizationCode,
    pub maker: Officer,
    pub checker: Officer,
    payer: Officer,
    pub date: Date,
}

/// The officer in `role` of the city's department of this kind.
fn of_city(network: &Network, kind: OrganizationKind, role: Role) -> Officer {
    let index: OfficersIndex = directory::read_json(&network.directory().officers()).unwrap();
    let mut entries = index.officers.iter();
    let entry = entries.find(|entry| (entry.kind, entry.division) == (kind, CITY)).unwrap();
    Officers::open(network.directory()).unwrap().of(entry.organization, role).unwrap()
}

impl Charity {
    /// Registers and qualifies a charity, and opens its fund.
    pub async fn found(network: &Network) -> Self {
        let civil = |role| of_city(network, OrganizationKind::CivilAffairs, role);
        let other = of_city(network, OrganizationKind::Finance, Role::Governor);
        let first = civil(Role::Governor);
        let division = Division::new(CITY).unwrap();
        let code = OrganizationCode::for_demonstration(division, NAME);
        let desk = Desk::new(network.client(0).unwrap(), "donor").await.unwrap();
        let [governor, maker, checker, payer] = [(); 4].map(|()| Officer::generate(code));
        let date = clock::today().unwrap();
        let mut charity = Self { desk, code, maker, checker, payer, date };
        let register = registry::Call::RegisterOrganization {
            code,
            name: text(NAME),
            kind: OrganizationKind::Charity,
            division,
        };
        charity.registered(register, &[&first, &other]).await;
        let [maker, checker, payer] =
            [&charity.maker, &charity.checker, &charity.payer].map(Officer::public_key);
        for (proposer, role, key) in [
            (&first, Role::Governor, governor.public_key()),
            (&governor, Role::Maker, maker),
            (&governor, Role::Checker, checker),
            (&governor, Role::Payer, payer),
        ] {
            let (organization, same_officer_as) = (code, None);
            let key = registry::Call::RegisterKey { organization, key, role, same_officer_as };
            charity.registered(key, &[proposer, &other]).await;
        }
        let qualification = Qualification {
            certificate: text("证书"),
            form: CharityForm::Association,
            registered_on: "2020-01-01".parse().unwrap(),
            valid_from: "2020-01-01".parse().unwrap(),
            valid_until: None,
        };
        let (kind, organization) = (QualificationKind::Charity, code);
        let qualify = Qualify { organization, kind, qualification, occurred_on: date };
        let qualify = Call::Charity(charity::Call::Qualify(qualify));
        let signers = [&civil(Role::Maker), &civil(Role::Checker)];
        charity.desk.carry_out(&qualify, &signers).await.unwrap();
        let person = |number: u8| Commitment::of(&[b"person", &[number]]);
        charity
            .checked(charity::Call::OpenFund(Opening {
                fund: text("南湖"),
                kind: FundKind::CommunityFund,
                name: text("演示慈善会南湖社区慈善基金"),
                filing: None,
                committee: Committee {
                    members: (0..5).map(person).collect(),
                    supervisors: vec![person(9)],
                },
                occurred_on: date,
            }))
            .await;
        charity
    }

    async fn registered(&mut self, call: registry::Call, signers: &[&Officer]) {
        self.desk.carry_out(&Call::Registry(call), signers).await.unwrap();
    }

    /// An act of maker and checker.
    async fn checked(&mut self, call: charity::Call) {
        let signers = [&self.maker, &self.checker];
        self.desk.carry_out(&Call::Charity(call), &signers).await.unwrap();
    }

    async fn donate(&mut self, reference: &str, amount: u64, code: Commitment) {
        self.checked(charity::Call::Donate(Donate {
            reference: text(reference),
            fund: text("南湖"),
            campaign: None,
            donor: Donor::Person(Commitment::of(&[b"donor", reference.as_bytes()])),
            gift: Gift::Money,
            amount: fen(amount),
            restriction: None,
            receipt: DonationReceipt::Number(text(&format!("票据{reference}"))),
            code,
            occurred_on: self.date,
        }))
        .await;
    }

    /// Decides on some help and pays it; the bank has paid, and its use is shown.
    async fn help(&mut self, amount: u64) {
        let (payment, date) = (text("付1"), self.date);
        self.checked(charity::Call::Resolve(Resolve {
            fund: text("南湖"),
            number: text("议1"),
            matter: Matter::Disbursement,
            purpose: text("助餐"),
            amount: fen(amount),
            votes: Votes { in_favour: 4, against: 1, abstained: 0 },
            supervisors: 1,
            minutes: Commitment::of(&[b"minutes"]),
            occurred_on: date,
        }))
        .await;
        let disburse = Call::Charity(charity::Call::Disburse(Disburse {
            fund: text("南湖"),
            resolution: text("议1"),
            from: None,
            expense: Expense::Program,
            reference: text("付1"),
            recipient: Recipient::Person(Commitment::of(&[b"recipient"])),
            amount: fen(amount),
            voucher: None,
            occurred_on: date,
        }));
        let signers = [&self.maker, &self.checker, &self.payer];
        self.desk.carry_out(&disburse, &signers).await.unwrap();
        let paid = payment::Call::BankResult {
            payment: text("付1"),
            result: BankResult::Paid,
            occurred_on: date,
        };
        self.desk.carry_out(&Call::Payment(paid), &[&self.payer]).await.unwrap();
        let attachments = vec![AttachmentHash::of(&[b"photo"])];
        let show =
            charity::Call::ShowUse { payment, attachments, beneficiaries: 12, occurred_on: date };
        self.checked(show).await;
        self.checked(charity::Call::FeedBack {
            donation: text("捐1"),
            payment: text("付1"),
            message: Commitment::of(&[b"message"]),
            occurred_on: date,
        })
        .await;
    }
}

fn minglian() -> PathBuf {
    let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    program::find_beside("minglian", own).unwrap()
}

/// A new code: what the receipt prints, and its hash.
fn new_code() -> (String, Commitment) {
    let made = program::output(Command::new(minglian()).args(["gift", "code"])).unwrap();
    let made: Value = serde_json::from_str(&made).unwrap();
    (made["printed"].as_str().unwrap().to_owned(), made["code"].as_str().unwrap().parse().unwrap())
}

/// What the program says to whoever types in a code: success, and all that it prints.
fn trace(network: &Network, code: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(minglian());
    command.args(["gift", "trace", "--url", &network.url(2).unwrap()]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), printed)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_on_a_receipt_leads_to_every_fen() {
    let network = network::up(4, 0).await;
    let mut charity = Charity::found(&network).await;
    let ((first, first_hash), (second, second_hash)) = (new_code(), new_code());
    charity.donate("捐1", 10_001, first_hash).await;
    charity.donate("捐2", 5_002, second_hash).await;
    // Another node answers, which may be a block behind the one that took the gifts.
    network.wait_level(minglian_testnet::act::COMMIT_LIMIT).await.unwrap();
    let (found, untouched) = trace(&network, &second, &[]);
    assert!(found && untouched.contains("尚未动用"), "{untouched}");
    charity.help(12_003).await;
    network.wait_level(minglian_testnet::act::COMMIT_LIMIT).await.unwrap();

    let (found, said) = trace(&network, &first, &[]);
    assert!(found, "{said}");
    for part in [
        "演示慈善会南湖社区慈善基金",
        "收到 100.01 元",
        "支付 100.01 元 (先进先出)",
        "[0, 10001) 分",
        ",收款人 个人(姓名不公开)",
        "收款人:个人(姓名不公开)",
        "决议“议1”",
        "同意 4、反对 1、弃权 0",
        "已支付",
        "受益 12 人次",
        "反馈:",
        "合计 100.01 元 = 已支出 100.01 元 + 尚未支出 0.00 元",
    ] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
    // Of the second gift the rest was paid; the two parts of the payment lie side by side.
    let (_, json) = trace(&network, &second, &["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["unspent_fen"], "3000");
    assert_eq!(json["payments"][0]["of_gift_fen"], "2002");
    assert_eq!(json["payments"][0]["payee"], serde_json::json!({ "kind": "person" }));
    assert_eq!(json["payments"][0]["known"]["feedback"], Value::Null, "only the first was told");
    let interval = &json["edges"][0]["edge"]["to_interval"];
    assert_eq!((&interval["start"], &interval["end"]), (&10_001.into(), &12_003.into()));
    let (found, said) = trace(&network, &second, &["--lang", "en"]);
    assert!(found && said.contains("30.00 not spent yet"), "{said}");
    assert!(said.contains("payee: a person (name not public)"), "{said}");

    // What the quarter comes to is proven against the genesis.
    let (date, node) = (charity.date, network.client(3).unwrap());
    let quarter = (date.year(), date.month().month().div_ceil(3));
    let proof = node.quarter_evidence(&charity.code, Some("南湖"), quarter, Height::GENESIS);
    let genesis = network.genesis().unwrap();
    let trust = Trust {
        chain_id: genesis.chain_id().unwrap(),
        height: Height::GENESIS,
        validators: genesis.validators,
    };
    let proven = proof.await.unwrap().verify(&trust).unwrap();
    let sums =
        Sums { money_free: fen(15_003), program: fen(12_003), helped: 12, ..Sums::default() };
    assert!(matches!(proven, Proven::State(_, Some(value)) if value == schema::encode(&sums)));

    // A code that is wrong by a digit leads nowhere, and is repeated nowhere.
    let last = if first.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &first[..first.len() - 1]);
    let (found, said) = trace(&network, &wrong, &[]);
    assert!(!found && !said.contains(&wrong[..8]), "{said}");
}
