//! A member's part in making a key, with another member that the test is: what a restart changes,
//! who is accused of what and when, and what stays on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use minglian_client::key_file::passphrase::Passphrase;
use minglian_contracts::call::Call;
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::ceremony::{
    self, AcknowledgeKey, CEREMONIES, Ceremony, OpenKey, PostDealing, Progress,
};
use minglian_contracts::enrolment::key::THRESHOLD_KEYS;
use minglian_ledger::date;
use minglian_ledger::genesis::{Genesis, GenesisOfficer, Role};
use minglian_ledger::height::TimeMs;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::subsidy::key_generation::{Dealing, DealtShare, Seat, Waiting};
use minglian_ledger::subsidy::threshold::KeyPurpose;
use minglian_ledger::validators::{Validator, ValidatorSet};
use minglian_node::threshold::ceremony::{Ceremonies, Round, Wanted, place, read_share};
use minglian_node::threshold::dealing::DealingName;
use minglian_node::threshold::exchange::{self, Ask, ExchangeError, Offers};
use minglian_node::threshold::fault::MemberFault;
use minglian_node::threshold::outbox::Outbox;
use minglian_node::threshold::secrets::{SecretError, SecretKind, SecretName, Secrets};
use rand::rngs::OsRng;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::gossip::{Node, mesh};
use crate::rpc_world::{
    CIVIL_MAKER, FINANCE_GOVERNOR, FINANCE_MAKER, World, civil_affairs, finance, genesis, key,
    lottery_centre, text,
};

const CIVIL_GOVERNOR: u8 = 77;

const PURPOSE: KeyPurpose = KeyPurpose::Tags { group: 1, epoch: 2025 };

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery".to_owned()).unwrap()
}

/// 民政 runs one of the four validators and so has a governor, finance runs the others.
fn two_members() -> Genesis {
    let mut genesis = genesis();
    let organizations = &mut genesis.organizations;
    let civil = organizations.iter_mut().find(|it| it.code == civil_affairs()).unwrap();
    let key = PublicKey::of(&key(CIVIL_GOVERNOR));
    civil.officers.push(GenesisOfficer { key, role: Role::Governor });
    let mut members: Vec<Validator> = genesis.validators.members().to_vec();
    members[0].organization = civil_affairs();
    genesis.validators = ValidatorSet::new(members).unwrap();
    genesis
}

/// The node of 民政, without an engine; the test is the other member.
struct Member {
    world: World,
    directory: TempDir,
    secrets: Secrets,
    offers: Offers,
    ceremonies: Ceremonies,
    outbox: Outbox,
    gossip: Node,
    references: u32,
}

impl Member {
    async fn start() -> Self {
        let world = World::of_genesis(two_members()).await;
        let directory = tempfile::tempdir().unwrap();
        let gossip = Node::start(77).await;
        let chain_id = world.chain.chain_id().clone();
        let secrets = open(directory.path(), &world);
        let admission = world.admission.clone();
        let outbox = Outbox::new(key(CIVIL_MAKER), chain_id, admission, gossip.handle.clone());
        let (offers, ceremonies) = (Offers::default(), Ceremonies::default());
        let references = 0;
        Self { world, directory, secrets, offers, ceremonies, outbox, gossip, references }
    }

    /// Whatever the process remembers is gone.
    fn restart(&mut self) {
        (self.offers, self.ceremonies) = (Offers::default(), Ceremonies::default());
        self.secrets = open(self.directory.path(), &self.world);
        self.outbox = Outbox::new(
            key(CIVIL_MAKER),
            self.world.chain.chain_id().clone(),
            self.world.admission.clone(),
            self.gossip.handle.clone(),
        );
    }

    fn ceremony(&self) -> Ceremony {
        CEREMONIES.get(self.world.chain.store(), &PURPOSE).unwrap().unwrap()
    }

    fn ask(&self) -> Ask {
        Ask { purpose: PURPOSE, attempt: self.ceremony().attempt }
    }

    fn step(&mut self) -> Result<Option<Vec<Wanted>>, MemberFault> {
        let ceremony = self.ceremony();
        let header = self.world.chain.head().header;
        let round = Round {
            state: self.world.chain.store(),
            header: &header,
            organization: civil_affairs(),
            now: Instant::now(),
        };
        let files = (&self.secrets, &self.offers);
        let done = self.ceremonies.step((PURPOSE, &ceremony), &round, files, &mut self.outbox);
        self.outbox.end_round();
        done
    }

    /// Enters an act of the other member, or of the governor.
    async fn enter(&mut self, officer: u8, call: enrolment::Call) {
        self.references += 1;
        let reference = format!("试验{}", self.references);
        let act = self.world.act(officer, &reference, &Call::Enrolment(call));
        self.world.commit(&[act]).await;
    }

    async fn open(&mut self) {
        let open = OpenKey { purpose: PURPOSE, outside: None };
        self.enter(FINANCE_GOVERNOR, enrolment::Call::OpenKey(open)).await;
    }

    fn places(&self) -> (u16, u16) {
        let members = self.ceremony().members;
        (place(&members, &civil_affairs()).unwrap(), place(&members, &finance()).unwrap())
    }

    /// Both deal; what the other member keeps, and its share for 民政.
    async fn both_deal(&mut self) -> (Waiting, DealtShare) {
        assert_eq!(self.step().unwrap(), Some(Vec::new()));
        self.world.make_block();
        let (own, other) = self.places();
        let (dealt, dealing) = seat(other).deal(&mut OsRng).unwrap();
        let attempt = self.ceremony().attempt;
        let act = PostDealing { purpose: PURPOSE, attempt, dealing };
        self.enter(FINANCE_MAKER, enrolment::Call::PostDealing(act)).await;
        let others = BTreeMap::from([(own, self.dealing(own))]);
        let (waiting, mut shares) = dealt.receive(&others).unwrap();
        (waiting, shares.remove(&own).unwrap())
    }

    fn dealing(&self, member: u16) -> Dealing {
        ceremony::dealings(self.world.chain.store(), &PURPOSE).unwrap()[&member].clone()
    }

    /// What is asked for: the other member's share, once a while.
    fn wants_other(&mut self) -> Wanted {
        let (_, other) = self.places();
        let wanted = self.step().unwrap().unwrap();
        let expected = Wanted { of: self.ask(), member: other, organization: finance() };
        assert_eq!(wanted, [expected]);
        assert_eq!(self.step().unwrap(), Some(Vec::new()), "it was asked just now");
        expected
    }

    fn kinds(&self) -> Vec<(u32, SecretKind)> {
        let names = self.secrets.names().unwrap();
        names.iter().map(|name| (name.attempt, name.kind)).collect()
    }
}

fn seat(index: u16) -> Seat {
    Seat { committee: 0, index, members: 2, threshold: 2 }
}

fn open(directory: &Path, world: &World) -> Secrets {
    Secrets::open(directory, world.chain.chain_id().clone(), passphrase()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_deals_nothing_else_and_a_share_that_does_not_fit_is_accused() {
    let mut member = Member::start().await;
    member.open().await;
    // The seed is there before the dealing is, and the node dies before a block holds that.
    assert_eq!(member.step().unwrap(), Some(Vec::new()));
    assert_eq!(member.kinds(), [(1, SecretKind::Dealing)]);
    member.restart();
    let (_, mut share) = member.both_deal().await;
    let first = member.dealing(member.places().0);
    member.wants_other();
    let ask = member.ask();
    let offered = member.offers.meant_for(&finance(), &ask).unwrap();
    assert!(member.offers.meant_for(&civil_affairs(), &ask).is_none(), "it is kept by nobody else");
    assert!(member.offers.meant_for(&lottery_centre(), &ask).is_none());
    member.restart();
    let wanted = member.wants_other();
    assert!(member.offers.meant_for(&finance(), &ask).unwrap().0 == offered.0);

    share.0[3] ^= 1;
    member.ceremonies.received(wanted, share);
    assert_eq!(member.step().unwrap(), Some(Vec::new()));
    member.world.make_block();
    let (own, other) = member.places();
    assert_eq!(member.ceremony().progress, Progress::Failed { member: own, accused: other });
    assert_eq!(member.step().unwrap(), None);
    assert!(member.kinds().is_empty());
    assert!(!member.offers.has(&ask));

    // Begun anew, with other randomness, and with a share that fits.
    member.open().await;
    let (waiting, share) = member.both_deal().await;
    assert_ne!(member.dealing(own), first);
    let wanted = member.wants_other();
    member.ceremonies.received(wanted, share);
    member.step().unwrap();
    assert_eq!(member.kinds(), [(2, SecretKind::Dealing), (2, SecretKind::Share)]);
    // It is kept before it is acknowledged, and acknowledged after a restart in between.
    member.restart();
    member.step().unwrap();
    member.world.make_block();
    let Progress::Acknowledging(made, acknowledged) = member.ceremony().progress else {
        panic!("all have dealt")
    };
    assert_eq!(acknowledged, [own]);
    let offered = member.offers.meant_for(&finance(), &member.ask()).unwrap();
    let theirs = waiting.finish(&BTreeMap::from([(own, offered)])).unwrap();
    assert!(theirs.public() == made.committees[0].shares[usize::from(other) - 1]);
    let act = AcknowledgeKey { purpose: PURPOSE, attempt: 2, key: made.id() };
    member.enter(FINANCE_MAKER, enrolment::Call::AcknowledgeKey(act)).await;
    assert_eq!(member.step().unwrap(), None);
    assert_eq!(member.kinds(), [(2, SecretKind::Share)]);
    let record = THRESHOLD_KEYS.get(member.world.chain.store(), &PURPOSE).unwrap().unwrap();
    let name = SecretName { purpose: PURPOSE, attempt: 2, kind: SecretKind::Share };
    assert!(read_share(&member.secrets, &name, &record.key, own).unwrap().is_some());
    let other = read_share(&member.secrets, &name, &record.key, other);
    assert!(matches!(other.map(|_| ()), Err(MemberFault::OtherShare)));
    member.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_no_share_is_accused_in_the_last_hour() {
    let mut member = Member::start().await;
    member.open().await;
    member.both_deal().await;
    member.wants_other();
    let last = member.ceremony().open_until;
    let hour = 3_600_000;
    // Ten minutes before the last hour, and ten minutes into it.
    let mut times = Vec::new();
    let mut time = member.world.chain.head().header.time_ms.0;
    while date::beijing_date(TimeMs(time + hour)).unwrap() <= last {
        time += hour / 6;
    }
    times.extend([time - hour / 3, time + hour / 6]);
    let waits = member.ceremony().progress;
    for (place, time) in times.into_iter().enumerate() {
        let head = member.world.chain.head();
        let proposer = head.validators.members()[0].address();
        let nothing = std::iter::empty();
        let (block, _) = member.world.chain.propose(nothing, TimeMs(time), proposer).unwrap();
        member.world.commit_block(&block);
        member.step().unwrap();
        assert_eq!(member.world.admission.size().0, place, "an accusation waits");
    }
    assert_eq!(member.ceremony().progress, waits);
    member.world.make_block();
    let (own, other) = member.places();
    assert_eq!(member.ceremony().progress, Progress::Failed { member: own, accused: other });
    member.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_seed_is_told_and_nothing_is_sent() {
    let mut member = Member::start().await;
    member.open().await;
    member.both_deal().await;
    for name in member.secrets.names().unwrap() {
        assert!(member.secrets.destroy(&name).unwrap());
    }
    let lost = member.step().map(|_| ());
    assert!(matches!(lost, Err(MemberFault::SeedLost)));
    // Another seed would be another dealing.
    let name = SecretName { purpose: PURPOSE, attempt: 1, kind: SecretKind::Dealing };
    member.secrets.create(&name, &[9; 32]).unwrap();
    let other = member.step().map(|_| ());
    assert!(matches!(other, Err(MemberFault::OtherDealing)));
    assert_eq!(member.world.admission.size().0, 0);
    member.world.stop().await;
}

#[test]
fn a_secret_opens_here_with_its_passphrase_and_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("threshold");
    let open = |chain: &str, words: &str| {
        Secrets::open(&path, text(chain), Passphrase::new(words.to_owned()).unwrap()).unwrap()
    };
    let secrets = open("chain", "correct horse battery");
    let name = SecretName { purpose: PURPOSE, attempt: 3, kind: SecretKind::Share };
    assert!(secrets.read(&name).unwrap().is_none());
    assert!(!secrets.destroy(&name).unwrap());
    secrets.create(&name, &[5; 32]).unwrap();
    assert!(secrets.create(&name, &[6; 32]).is_err(), "it is not replaced");
    assert_eq!(*secrets.read(&name).unwrap().unwrap(), [5; 32]);
    let file = path.join("tags-1-2025.3.share.secret");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&file)), (0o700, 0o600));
    let content = fs::read_to_string(&file).unwrap();
    assert!(!content.contains(&"05".repeat(32)) && !content.contains("5, 5, 5"));

    let wrong = open("chain", "another passphrase").read(&name);
    assert!(matches!(wrong, Err(SecretError::Passphrase(_))));
    let wrong = open("other", "correct horse battery").read(&name);
    assert!(matches!(wrong, Err(SecretError::Format(_))));
    // Under the name of another attempt it is not that attempt's.
    let other = SecretName { attempt: 4, ..name };
    fs::copy(&file, path.join("tags-1-2025.4.share.secret")).unwrap();
    assert!(matches!(secrets.read(&other), Err(SecretError::Format(_))));
    fs::write(path.join("tags-1-2025.4.share.secret"), content.replace(": 3", ": 4")).unwrap();
    assert!(matches!(secrets.read(&other), Err(SecretError::Passphrase(_))));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(secrets.read(&name), Err(SecretError::File(_))), "others may read it");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(secrets.destroy(&name).unwrap());
    assert!(!file.exists());
}

#[test]
fn a_dealing_follows_from_its_seed_chain_key_attempt_and_seat() {
    let seat = Seat { committee: 0, index: 2, members: 4, threshold: 3 };
    let name = DealingName { chain_id: text("chain"), purpose: PURPOSE, attempt: 1, seat };
    let dealing = |name: &DealingName, seed| name.deal(&[seed; 32]).unwrap().1;
    let first = dealing(&name, 1);
    assert_eq!(dealing(&name, 1), first);
    assert_eq!(first.check(2, 3), Ok(()));
    let escrow = KeyPurpose::Escrow { epoch: 2025 };
    let others = [
        dealing(&name, 2),
        dealing(&DealingName { chain_id: text("other"), ..name.clone() }, 1),
        dealing(&DealingName { purpose: escrow, ..name.clone() }, 1),
        dealing(&DealingName { attempt: 2, ..name.clone() }, 1),
        dealing(&DealingName { seat: Seat { index: 3, ..seat }, ..name.clone() }, 1),
    ];
    assert!(others.iter().all(|other| other.coefficients[0] != first.coefficients[0]));
}

#[tokio::test]
async fn a_share_travels_between_two_nodes() {
    let (giver, taker) = (Node::start(31).await, Node::start(32).await);
    mesh(&[&giver, &taker]).await;
    let mut questions = giver.handle.shares().questions().unwrap();
    assert!(giver.handle.shares().questions().is_none(), "one owner answers");
    let known = Ask { purpose: PURPOSE, attempt: 1 };
    let unknown = Ask { purpose: PURPOSE, attempt: 2 };
    let id = taker.id();
    let answering = tokio::spawn(async move {
        for _ in 0..2 {
            let (peer, mut stream) = questions.next().await.unwrap();
            assert_eq!(peer, id);
            let find = |ask: &Ask| (*ask == known).then(|| DealtShare([8; 32]));
            exchange::answer(&mut stream, find).await.unwrap();
        }
        let (_, mut stream) = questions.next().await.unwrap();
        exchange::answer(&mut stream, |_: &Ask| None).await
    });
    for (ask, expected) in [(known, Some([8; 32])), (unknown, None)] {
        let mut stream = taker.handle.shares().open(&giver.id()).await.unwrap();
        let share = exchange::ask(&mut stream, &ask).await.unwrap();
        assert!(share.map(|share| share.0) == expected);
    }
    // A frame that no question has is not read.
    let mut stream = taker.handle.shares().open(&giver.id()).await.unwrap();
    futures::AsyncWriteExt::write_all(&mut stream, &[0xff, 0xff]).await.unwrap();
    futures::AsyncWriteExt::flush(&mut stream).await.unwrap();
    assert!(matches!(answering.await.unwrap(), Err(ExchangeError::Malformed)));
}
