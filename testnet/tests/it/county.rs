//! Two counties and their attester at the command line, on four real nodes: from rolls to lists of
//! handles on the ledger. Who is on both rolls is enrolled once; a step that is done again does
//! nothing; what was said and entered names nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Instant;

use minglian_client::wire::KeyProgress;
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::ceremony::OpenKey;
use minglian_ledger::genesis::Role;
use minglian_ledger::keys::PublicKey;
use minglian_testnet::check;
use minglian_testnet::directory::{self, OfficersIndex};
use minglian_testnet::process::Signal;
use tempfile::TempDir;

use crate::network;
use crate::tags::world::{self, PURPOSE, World};

const PROGRAMME: &str = r#"
number = 1
name = "高龄津贴"
group = 1
standards_version = 1
effective_from = "2024-01"
reference_day = "last"
death_month_is_paid = true
posting_days = 7
handles_min = 30

[[band]]
age_from = 60
standard_fen = 3000
"#;

/// The counties' nodes.
const HERE: usize = 1;
const THERE: usize = 2;

/// Both counties' clerks, and the attester, at one machine of the test's.
struct Desk {
    world: World,
    index: OfficersIndex,
    files: TempDir,
    said: String,
}

/// The number of a person who does not exist, as a card has it.
fn number(person: u16) -> String {
    let canonical = *world::person(person).as_bytes();
    String::from_utf8(canonical[1..19].to_vec()).unwrap()
}

impl Desk {
    async fn open() -> Self {
        let world = World::new(network::up(4, 0).await).await;
        let index = directory::read_json(&world.network.directory().officers()).unwrap();
        let desk = Self { world, index, files: tempfile::tempdir().unwrap(), said: String::new() };
        for (name, passphrase) in [("vault.pass", "correct horse battery"), ("att.pass", "staple")]
        {
            let path = desk.path(name);
            fs::write(&path, format!("{passphrase} {passphrase}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(desk.path("programme.toml"), PROGRAMME).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Runs the program; whether it succeeded, and all that it said.
    fn run(&mut self, words: &str) -> (bool, String) {
        let mut command = self.world.network.minglian();
        command.args(words.split_whitespace()).current_dir(self.files.path());
        let output = command.output().unwrap();
        let mut said = String::from_utf8(output.stdout).unwrap();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        self.said.push_str(&said);
        (output.status.success(), said)
    }

    fn does(&mut self, words: &str) -> String {
        let (done, said) = self.run(words);
        assert!(done, "{words}: {said}");
        said
    }

    fn refuses(&mut self, words: &str) -> String {
        let (done, said) = self.run(words);
        assert!(!done, "{words}: {said}");
        said
    }

    /// `minglian subsidy` with a county's vault.
    fn vault(&self, county: usize, words: &str) -> String {
        format!("subsidy {words} --vault vault{county} --passphrase-file vault.pass")
    }

    /// `minglian subsidy tags` by an officer of a county.
    fn officer(&self, county: usize, words: &str, role: Role) -> String {
        let code = self.world.code(county);
        let of =
            |entry: &&directory::OfficerEntry| (entry.organization, entry.role) == (code, role);
        let entry = self.index.officers.iter().find(of).unwrap();
        let directory = self.world.network.directory();
        let key = directory.path().join(&entry.key_file);
        let (url, passphrase) = (self.world.network.url(0).unwrap(), directory.passphrase());
        format!(
            "subsidy tags {words} --vault vault{county} --vault-passphrase-file vault.pass \
             --url {url} --organization {code} --key {} --passphrase-file {} --outbox outbox \
             --yes --lang en",
            key.display(),
            passphrase.display()
        )
    }

    fn genesis(&self) -> String {
        self.world.network.directory().genesis().display().to_string()
    }

    /// A vault with persons who are paid already.
    fn enter_roll(&mut self, county: usize, persons: impl Iterator<Item = u16>) {
        let mut rows = "姓名,身份证号,银行账号,开户银行\r\n".to_owned();
        for person in persons {
            let account = format!("99{:014}", u64::from(person) * 7 + 1_000_000);
            rows.push_str(&format!("样例甲,{},{account},示例银行\r\n", number(person)));
        }
        fs::write(self.path("roll.csv"), rows).unwrap();
        let code = self.world.code(county);
        let new = self.vault(county, &format!("vault new --county {code}"));
        self.does(&new);
        let programme = self.vault(county, "programme programme.toml");
        self.does(&programme);
        let import = "roll import roll.csv --programme 1 --from 2024-01 --by clerk --active";
        let import = self.vault(county, import);
        self.does(&import);
    }

    fn prepare(&self, county: usize) -> String {
        let genesis = self.genesis();
        let words = format!(
            "tags prepare --genesis {genesis} --programme 1 --epoch 2024 \
             --attester-passphrase file:att.pass --out asked{county}.att"
        );
        self.vault(county, &words)
    }

    fn collect(&self, county: usize) -> String {
        // The node that took the request: another may not have its block yet.
        let (genesis, url) = (self.genesis(), self.world.network.url(0).unwrap());
        self.vault(county, &format!("tags collect --url {url} --genesis {genesis}"))
    }

    /// From a roll to a request. The attester does not know one of the persons, if there is one.
    fn ask(&mut self, county: usize, unknown: Option<u16>) {
        let prepare = self.prepare(county);
        self.does(&prepare);
        self.does(&format!(
            "subsidy tags list asked{county}.att --attester-passphrase file:att.pass --out \
             list{county}.csv"
        ));
        let list = fs::read_to_string(self.path(&format!("list{county}.csv"))).unwrap();
        let row = unknown.map(|person| {
            let line = list.lines().find(|line| line.contains(&number(person))).unwrap();
            line.split(',').next().unwrap().to_owned()
        });
        let left_out = row.map(|row| format!("--leave-out {row}")).unwrap_or_default();
        self.does(&format!(
            "subsidy tags attest asked{county}.att --attester-passphrase file:att.pass --key \
             attester.key --passphrase-file att.pass {left_out} --out attested{county}.json"
        ));
        let attested = self.vault(county, &format!("tags attested attested{county}.json"));
        self.does(&attested);
        let request = self.officer(county, "request", Role::Maker);
        self.does(&request);
    }

    /// Waits for the nodes' answers and takes them.
    async fn collects(&mut self, county: usize) {
        let collect = self.collect(county);
        let deadline = Instant::now() + world::LIMIT;
        loop {
            let (done, said) = self.run(&collect);
            if done {
                return;
            }
            let waits = said.contains("have answered") && Instant::now() < deadline;
            assert!(waits, "{said}");
            tokio::time::sleep(world::ASK_INTERVAL).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counties_enrol_by_the_program_and_nobody_twice() {
    let mut desk = Desk::open().await;
    let open = OpenKey { purpose: PURPOSE, outside: None };
    desk.world.governors_agree(enrolment::Call::OpenKey(open)).await;
    desk.world.key(|key| key.progress == KeyProgress::Established).await;
    let made = desk.does("key new --kind officer --out attester.key --passphrase-file att.pass");
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    let attester: PublicKey = made["public_key"].as_str().unwrap().parse().unwrap();
    desk.world.prepare(HERE, attester).await;
    desk.world.prepare(THERE, attester).await;

    desk.enter_roll(HERE, 0..36);
    desk.ask(HERE, Some(7));
    for file in ["asked1.att", "list1.csv"] {
        let mode = fs::metadata(desk.path(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
    desk.collects(HERE).await;
    // Nothing is left at a step that is done.
    let again = desk.officer(HERE, "request", Role::Maker);
    assert!(desk.does(&again).contains("no batch waits"));
    // Who asked does not enrol.
    let own = desk.officer(HERE, "enrol", Role::Maker);
    desk.refuses(&own);
    let preview = desk.officer(HERE, "enrol --preview", Role::Checker);
    desk.does(&preview);
    let enrol = desk.officer(HERE, "enrol", Role::Checker);
    assert!(desk.does(&enrol).contains("35 persons have handles"));
    assert!(desk.does(&enrol).contains("no batch waits"));
    let status = desk.vault(HERE, "tags status");
    assert!(desk.does(&status).contains("35 enrolled"));
    // The one who was left out waits, and is too few.
    let prepare = desk.prepare(HERE).replace("asked1", "later1");
    assert!(desk.refuses(&prepare).contains("1 persons wait"));

    // Another county, while one node is away: two of its persons are enrolled here.
    desk.enter_roll(THERE, (34..36).chain(40..62));
    desk.world.network.signal(3, Signal::Terminate).unwrap();
    desk.ask(THERE, None);
    desk.collects(THERE).await;
    let enrol = desk.officer(THERE, "enrol", Role::Checker);
    let refused = desk.refuses(&enrol);
    assert!(refused.contains("2 persons are enrolled already"), "{refused}");
    assert!(desk.does(&enrol).contains("22 persons have handles"));
    let status = desk.vault(THERE, "tags status");
    let status = desk.does(&status);
    assert!(status.contains("22 enrolled") && status.contains("2 enrolled elsewhere"), "{status}");
    desk.world.network.start(3).unwrap();
    desk.world.network.wait_healthy(3).await.unwrap();
    check::run(&desk.world.network).await.unwrap();
    for person in 0..64 {
        assert!(!desk.said.contains(&number(person)), "a number was said");
    }
    assert!(!desk.said.contains("样例甲"), "a name was said");
    let signed = fs::read(desk.path("attested1.json")).unwrap();
    let signed = String::from_utf8(signed).unwrap();
    assert!((0..64).all(|person| !signed.contains(&number(person))));
}
