//! Relays before the nodes' ports, where the network between them is cut, held and delayed.
//!
//! The ledger names the relays' ports as the nodes' addresses, so every connection between two
//! nodes passes one. All run on one machine: who connects is found by the socket's owner, as the
//! kernel lists it.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rand::Rng as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cluster::Cluster;

/// Bytes taken from a connection at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks that are on their way in one direction of a connection.
const CHUNKS_MAX: usize = 256;

/// How the network is.
#[derive(Debug, Clone, Default)]
pub struct Weather {
    /// Pairs of nodes, the lower first, between which nothing passes. Their connections break.
    pub cut: BTreeSet<(usize, usize)>,
    /// Each connection is slower by a random time up to this, so that what one node sends over
    /// several arrives in another order.
    pub delay_max: Duration,
}

impl Weather {
    /// Nothing passes between nodes of different groups; nodes of no group are cut off from all.
    pub fn parted(nodes: usize, groups: &[&[usize]]) -> Self {
        let together = |a: usize, b: usize| {
            groups.iter().any(|group| group.contains(&a) && group.contains(&b))
        };
        let pairs = (0..nodes).flat_map(|b| (0..b).map(move |a| (a, b)));
        Self { cut: pairs.filter(|(a, b)| !together(*a, *b)).collect(), ..Self::default() }
    }

    fn is_cut(&self, a: usize, b: usize) -> bool {
        self.cut.contains(&(a.min(b), a.max(b)))
    }
}

/// The running relays; dropped, they end.
#[derive(Debug)]
pub struct Relays {
    weather: watch::Sender<Weather>,
    _tasks: JoinSet<()>,
}

impl Relays {
    /// Listens on the relays' ports of a network that was made for it.
    ///
    /// # Errors
    /// If a node has no relays, or a port is taken.
    pub async fn start(cluster: &Cluster) -> anyhow::Result<Self> {
        let weather = watch::Sender::new(Weather::default());
        let mut tasks = JoinSet::new();
        let cluster = Arc::new(cluster.clone());
        for (number, node) in cluster.nodes().iter().enumerate() {
            let relays = node.relays.context("the network was made without relays")?;
            for (from, to) in relays.published.into_iter().zip(relays.listening) {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, from)).await?;
                let relay = Relay { cluster: cluster.clone(), node: number, to };
                tasks.spawn(relay.accept(listener, weather.subscribe()));
            }
        }
        Ok(Self { weather, _tasks: tasks })
    }

    /// Changes the weather at once; connections keep the delay they were made with.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

/// What listens for one port of one node.
#[derive(Clone)]
struct Relay {
    cluster: Arc<Cluster>,
    node: usize,
    to: u16,
}

impl Relay {
    async fn accept(self, listener: TcpListener, weather: watch::Receiver<Weather>) {
        let mut connections = JoinSet::new();
        while let Ok((stream, peer)) = listener.accept().await {
            connections.spawn(self.clone().connect(stream, peer, weather.clone()));
            while connections.try_join_next().is_some() {}
        }
    }

    /// Passes bytes both ways until one side closes or the two nodes are cut off from each other.
    async fn connect(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        mut weather: watch::Receiver<Weather>,
    ) {
        let Some(from) = self.caller(peer.port()) else { return };
        if weather.borrow().is_cut(from, self.node) {
            return;
        }
        let Ok(target) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.to)).await else { return };
        let delay = rand::thread_rng().gen_range(Duration::ZERO..=weather.borrow().delay_max);
        let ((here, there), (back, forth)) = (stream.into_split(), target.into_split());
        tokio::select! {
            () = pass(here, forth, delay) => {}
            () = pass(back, there, delay) => {}
            _ = weather.wait_for(|weather| weather.is_cut(from, self.node)) => {}
        }
    }

    /// The node whose process holds the local socket with `port`.
    fn caller(&self, port: u16) -> Option<usize> {
        let inode = socket_inode(port)?;
        let holds = |number: &usize| {
            let process = self.cluster.process(*number).ok().flatten();
            process.is_some_and(|process| holds_socket(process.pid, &inode))
        };
        (0..self.cluster.nodes().len()).find(holds)
    }
}

async fn pass(mut from: OwnedReadHalf, to: OwnedWriteHalf, delay: Duration) {
    let (send, receive) = mpsc::channel(CHUNKS_MAX);
    let reading = async move {
        let mut buffer = vec![0; CHUNK_BYTES];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let chunk = buffer.get(..length).unwrap_or_default().to_vec();
            if send.send((Instant::now() + delay, chunk)).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, deliver(receive, to));
}

async fn deliver(mut chunks: mpsc::Receiver<(Instant, Vec<u8>)>, mut to: OwnedWriteHalf) {
    while let Some((due, chunk)) = chunks.recv().await {
        tokio::time::sleep_until(due).await;
        if to.write_all(&chunk).await.is_err() {
            return;
        }
    }
}

/// The inode of the socket with this local port on the loopback interface.
fn socket_inode(port: u16) -> Option<String> {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let wanted = format!("{:08X}:{:04X}", u32::from_le_bytes(address.ip().octets()), port);
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|fields| fields.get(1) == Some(&wanted.as_str()))?;
    Some(format!("socket:[{}]", row.get(9)?))
}

fn holds_socket(pid: u32, socket: &str) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.into_iter().any(|link| link.as_os_str() == socket)
}
