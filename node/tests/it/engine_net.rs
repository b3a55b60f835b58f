//! Several engines in one process on loopback ports.

use std::collections::BTreeSet;
use std::net::{TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use minglian_ledger::division::Division;
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::ChainId;
use minglian_ledger::validators::{Validator, ValidatorSet};
use minglian_node::engine::mark::{Mark, MarkError};
use minglian_node::engine::messages::PeerId;
use minglian_node::engine::signer::Signer;
use minglian_node::engine::start::{self, EngineControl, EngineError, EngineSettings, Role};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::engine_app::{App, Store};

const PATIENCE: Duration = Duration::from_secs(60);

/// One node's keys and disk; it outlives the running engine.
pub struct Machine {
    pub name: String,
    pub consensus_key: SigningKey,
    pub peer_key: SigningKey,
    pub port: u16,
    _port_place: UdpSocket,
    pub directory: PathBuf,
    pub store: Arc<Mutex<Store>>,
    votes: bool,
}

pub struct Running {
    pub control: EngineControl,
    pub app: JoinHandle<()>,
    pub signer: Option<Signer>,
}

pub struct Network {
    chain_id: ChainId,
    validators: ValidatorSet,
    pub machines: Vec<Machine>,
    wanted: watch::Sender<u64>,
    _directory: tempfile::TempDir,
}

/// A port for a machine's life, also while it is down: outside of those from which connections go
/// out and of those that networks of processes take. Nobody speaks UDP here, so that whoever has
/// the port's place there has the port, among all machines of all tests.
fn reserve_port() -> (u16, UdpSocket) {
    let ports =
        std::iter::repeat_with(|| rand::Rng::gen_range(&mut rand::thread_rng(), 61_000..=65_535));
    let mut places = ports.filter_map(|port| {
        let place = UdpSocket::bind(("127.0.0.1", port)).ok()?;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some((port, place))
    });
    places.next().unwrap()
}

impl Network {
    /// `votes` says of each machine whether it is a validator.
    pub fn new(votes: &[bool]) -> Self {
        // RUST_LOG=info shows what the engines say.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
        let directory = tempfile::tempdir().unwrap();
        let machines: Vec<Machine> = (0u8..)
            .zip(votes)
            .map(|(index, &votes)| {
                let name = format!("node{index}");
                let path = directory.path().join(&name);
                std::fs::create_dir(&path).unwrap();
                let consensus_key = SigningKey::from_bytes(&[index + 1; 32]);
                Mark::create(&path.join("mark"), PublicKey::of(&consensus_key)).unwrap();
                let (port, port_place) = reserve_port();
                Machine {
                    name,
                    consensus_key,
                    peer_key: SigningKey::from_bytes(&[index + 101; 32]),
                    port,
                    _port_place: port_place,
                    directory: path,
                    store: Arc::default(),
                    votes,
                }
            })
            .collect();
        let members = (0u8..).zip(&machines).filter(|(_, machine)| machine.votes);
        let validators = ValidatorSet::new(members.map(validator).collect()).unwrap();
        Self {
            chain_id: ChainId::new("test-0123456789abcdef").unwrap(),
            validators,
            machines,
            wanted: watch::channel(0).0,
            _directory: directory,
        }
    }

    pub fn address(&self, index: usize) -> String {
        let machine = &self.machines[index];
        let peer_id = start::peer_id(&machine.peer_key).unwrap();
        format!("/ip4/127.0.0.1/tcp/{}/p2p/{peer_id}", machine.port)
    }

    fn publishers(&self) -> BTreeSet<PeerId> {
        let voters = self.machines.iter().filter(|machine| machine.votes);
        voters.map(|machine| start::peer_id(&machine.peer_key).unwrap()).collect()
    }

    /// Starts a machine's engine with `peers` on its allow-list: as a validator if it may vote on
    /// the next height, else as an observer, which is what the real node does too.
    pub async fn start(&self, index: usize, peers: &[usize]) -> Running {
        let machine = &self.machines[index];
        let signer = if machine.votes { Some(self.signer(machine).await) } else { None };
        let signer = signer.filter(|signer| signer.votes_from() <= self.tip(index).next());
        let others = peers.iter().filter(|&&peer| peer != index);
        let settings = EngineSettings {
            chain_id: self.chain_id.clone(),
            name: machine.name.clone(),
            peer_key: machine.peer_key.clone(),
            listen: format!("/ip4/127.0.0.1/tcp/{}", machine.port),
            peers: others.map(|&peer| self.address(peer)).collect(),
            log_path: machine.directory.join("engine.log"),
            role: signer.clone().map_or(Role::Observer, Role::Validator),
        };
        // Another process may have the port for a moment.
        let mut tries_left = 40;
        let (channels, control) = loop {
            match start::start(settings.clone()).await {
                Err(EngineError::Listen { .. }) if tries_left > 0 => {
                    tries_left -= 1;
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
                started => break started.unwrap(),
            }
        };
        let app = App::new(
            self.chain_id.clone(),
            self.validators.clone(),
            self.publishers(),
            signer.clone(),
            machine.store.clone(),
            self.wanted.subscribe(),
            control.peer_tip(),
        );
        Running { control, app: tokio::spawn(app.run(channels)), signer }
    }

    /// A machine's signer. The real node keeps its own for all lives of its engine; here each life
    /// has another, and the parts of the one before let go of the mark a moment after they ended.
    async fn signer(&self, machine: &Machine) -> Signer {
        let public = PublicKey::of(&machine.consensus_key);
        let mut tries_left = 500;
        let mark = loop {
            match Mark::open(&machine.directory.join("mark"), public) {
                Err(MarkError::Locked(_)) if tries_left > 0 => tries_left -= 1,
                opened => break opened.unwrap(),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        Signer::new(self.chain_id.clone(), Arc::new(machine.consensus_key.clone()), mark)
    }

    pub fn tip(&self, index: usize) -> Height {
        self.machines[index].store.lock().unwrap().tip()
    }

    /// Asks for blocks up to `height`.
    pub fn want(&self, height: u64) {
        self.wanted.send_replace(height);
    }

    /// Asks for blocks up to `height` and waits until all of `indices` decided it.
    pub async fn reach(&self, height: u64, indices: &[usize]) {
        self.want(height);
        let reached = async {
            while !indices.iter().all(|&index| self.tip(index).0 >= height) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            let tips: Vec<Height> = indices.iter().map(|&index| self.tip(index)).collect();
            panic!("height {height} not reached: {tips:?}");
        }
    }

    /// Whether `address` signed any certificate of these heights that any machine holds.
    pub fn signed_by(&self, address: &ValidatorAddress, heights: RangeInclusive<u64>) -> bool {
        self.machines.iter().any(|machine| {
            let store = machine.store.lock().unwrap();
            let signers = store
                .decided
                .range(heights.clone())
                .flat_map(|(_, (certificate, _))| &certificate.signatures);
            signers.into_iter().any(|signature| signature.address == *address)
        })
    }

    pub fn assert_one_chain(&self, indices: &[usize]) {
        let ids = |index: usize| -> Vec<_> {
            let store = self.machines[index].store.lock().unwrap();
            let decided = store.decided.values();
            decided.map(|(certificate, _)| certificate.block_id).collect()
        };
        let first = ids(indices[0]);
        for &index in &indices[1..] {
            let common = first.len().min(ids(index).len());
            assert_eq!(ids(index)[..common], first[..common], "node {index}");
        }
    }
}

fn validator((index, machine): (u8, &Machine)) -> Validator {
    let peer_id = start::peer_id(&machine.peer_key).unwrap().to_string();
    Validator {
        consensus_key: PublicKey::of(&machine.consensus_key),
        power: 1,
        organization: OrganizationCode::for_demonstration(
            Division::new(110_000).unwrap(),
            &machine.name,
        ),
        name: Text::new(machine.name.clone()).unwrap(),
        peer_id: Text::new(peer_id).unwrap(),
        consensus_address: Text::new(format!("/ip4/127.0.0.1/tcp/{}", machine.port)).unwrap(),
        gossip_address: Text::new("/ip4/127.0.0.1/tcp/1").unwrap(),
        cosigner_key: PublicKey::of(&SigningKey::from_bytes(&[index + 201; 32])),
    }
}

pub async fn stop(running: Running) {
    running.control.stop().await;
    running.app.await.unwrap();
}
