//! Making a new network: keys, genesis, configurations, databases.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use minglian_contracts::rules;
use minglian_ledger::genesis::{Genesis, GenesisOfficer, GenesisOrganization, Role};
use minglian_ledger::height::TimeMs;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::text::Text;
use minglian_ledger::validators::{Validator, ValidatorSet};
use rand::RngCore as _;

use crate::bureau::{self, Bureau, Bureaus};
use crate::clock;
use crate::directory::{
    self, Directory, Manifest, NodeEntry, OfficerEntry, OfficersIndex, RelayPorts,
};
use crate::keys::{self, Made, Wanted};
use crate::{ports, program};

/// The network's name: the first part of its chain id.
const NAME: &str = "chuzhou-yanshi";

/// Ports of a node: consensus, gossip, HTTP.
const PORTS_PER_NODE: u16 = 3;

/// Ports of a node behind relays: those, and the relays of the first two.
const PORTS_PER_RELAYED_NODE: u16 = 5;

/// What network is wanted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Nodes that are validators from the start.
    pub nodes: usize,
    /// Further nodes that wait to be added.
    pub spares: usize,
    /// The first port; free ones are chosen if none.
    pub base_port: Option<u16>,
    /// Longest time without a block, in seconds.
    pub heartbeat_seconds: u64,
    /// How old a new proposal may be, in milliseconds; the node's own default if none.
    pub proposal_age_ms_max: Option<u64>,
    /// Whether the nodes reach each other through relays, which then have to run.
    pub has_relays: bool,
}

impl Plan {
    /// A network of `nodes` validators on free ports, otherwise as an operator would have it.
    pub fn validators(nodes: usize) -> Self {
        Self {
            nodes,
            spares: 0,
            base_port: None,
            heartbeat_seconds: 600,
            proposal_age_ms_max: None,
            has_relays: false,
        }
    }
}

/// What `node init` and everything after need to know of a node.
struct NodeKeys {
    validator: PublicKey,
    cosigner: PublicKey,
    peer_id: String,
}

/// Makes a network in `directory`, which must be empty or absent. Nothing is written unless the
/// plan can be carried out, and what is written goes again if it cannot after all.
pub fn create(minglian: &Path, directory: &Directory, plan: &Plan) -> anyhow::Result<()> {
    let path = directory.path();
    require_empty(path)?;
    ensure!(plan.nodes > 0, "a network has one validator at least, not 0");
    ensure!(plan.heartbeat_seconds > 0, "--heartbeat-seconds is 1 at least, not 0");
    let count = plan.nodes.checked_add(plan.spares).context("too many nodes")?;
    let bureaus = bureau::bureaus(count)?;
    let per_node = if plan.has_relays { PORTS_PER_RELAYED_NODE } else { PORTS_PER_NODE };
    let ports = u16::try_from(count)?.checked_mul(per_node).context("too many ports")?;
    let ports = ports::neighbouring(ports, plan.base_port)?;
    fs::create_dir_all(directory.keys()).with_context(|| format!("creating {}", path.display()))?;
    let made = fill(minglian, directory, plan, &bureaus, &ports);
    if made.is_err() {
        clear(path)?;
    }
    made
}

/// Refuses a directory that holds anything: it is somebody's, or a network that was broken off.
fn require_empty(path: &Path) -> anyhow::Result<()> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    let shown = path.display();
    let mut names = BTreeSet::new();
    for entry in entries {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let Some(name) = names.first() else { return Ok(()) };
    ensure!(!names.contains("cluster.json"), "{shown} holds a network already");
    ensure!(
        !names.contains("passphrase") && !names.contains("keys"),
        "{shown} holds a network whose making was broken off: remove that directory, or name \
         another --directory"
    );
    bail!("{shown} holds {name} and is no network's directory: name an empty or a new --directory")
}

/// Removes what a directory holds that was empty before.
fn clear(path: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

fn fill(
    minglian: &Path,
    directory: &Directory,
    plan: &Plan,
    bureaus: &Bureaus,
    ports: &[u16],
) -> anyhow::Result<()> {
    directory::write_private(&directory.passphrase(), &passphrase())?;
    let (node_keys, log_key) = make_node_keys(minglian, directory, bureaus.nodes.len())?;
    let officers = make_officers(minglian, directory, bureaus)?;
    let manifest = manifest(bureaus, &node_keys, plan, ports)?;
    let genesis = genesis(bureaus, &manifest, &officers, log_key)?;
    directory::write_json(&directory.genesis(), &genesis)?;
    let index = OfficersIndex { passphrase_file: PathBuf::from("passphrase"), officers };
    directory::write_json(&directory.officers(), &index)?;
    for (number, node) in manifest.nodes.iter().enumerate() {
        let config = directory.config(number);
        fs::write(&config, configuration(number, node, plan)?)?;
        let mut init = Command::new(minglian);
        program::output(init.args(["node", "init", "--config"]).arg(&config))?;
    }
    // Written last: a directory with a manifest is a complete network.
    directory::write_json(&directory.manifest(), &manifest)
}

fn passphrase() -> String {
    let mut bytes = [0; 24];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn make_node_keys(
    minglian: &Path,
    directory: &Directory,
    count: usize,
) -> anyhow::Result<(Vec<NodeKeys>, PublicKey)> {
    let mut wanted = Vec::new();
    for number in 0..count {
        fs::create_dir_all(directory.data(number))?;
        for kind in ["validator", "cosigner", "peer"] {
            let out = directory.node(number).join(format!("{kind}.key"));
            wanted.push(Wanted { kind, out });
        }
    }
    wanted.push(Wanted { kind: "log", out: directory.node(0).join("log.key") });
    let made = keys::make(minglian, &wanted, &directory.passphrase())?;
    let (nodes, rest) = made.as_chunks::<3>();
    let log = rest.first().context("the log key was not made")?.public_key;
    let keys = |[validator, cosigner, peer]: &[Made; 3]| {
        let peer_id = peer.peer_id.clone().context("a peer key has no peer id")?;
        Ok(NodeKeys { validator: validator.public_key, cosigner: cosigner.public_key, peer_id })
    };
    Ok((nodes.iter().map(keys).collect::<anyhow::Result<_>>()?, log))
}

fn make_officers(
    minglian: &Path,
    directory: &Directory,
    bureaus: &Bureaus,
) -> anyhow::Result<Vec<OfficerEntry>> {
    let all = bureaus.nodes.iter().chain(&bureaus.others);
    let posts: Vec<(&Bureau, (Role, &str))> =
        all.flat_map(|bureau| bureau::ROLES.map(|role| (bureau, role))).collect();
    let file =
        |bureau: &Bureau, role: &str| PathBuf::from(format!("keys/{}-{role}.key", bureau.code));
    let wanted: Vec<Wanted> = posts
        .iter()
        .map(|(bureau, (_, role))| Wanted {
            kind: "officer",
            out: directory.path().join(file(bureau, role)),
        })
        .collect();
    let made = keys::make(minglian, &wanted, &directory.passphrase())?;
    let entry =
        |((bureau, (role, role_name)), made): ((&Bureau, (Role, &str)), Made)| OfficerEntry {
            organization: bureau.code,
            organization_name: bureau.name.clone(),
            kind: bureau.kind,
            division: bureau.division.code(),
            role,
            public_key: made.public_key,
            key_file: file(bureau, role_name),
        };
    Ok(posts.into_iter().zip(made).map(entry).collect())
}

fn manifest(
    bureaus: &Bureaus,
    keys: &[NodeKeys],
    plan: &Plan,
    ports: &[u16],
) -> anyhow::Result<Manifest> {
    let per_node = ports.len() / keys.len().max(1);
    let mut nodes = Vec::new();
    for (number, ((bureau, keys), ports)) in
        bureaus.nodes.iter().zip(keys).zip(ports.chunks(per_node.max(1))).enumerate()
    {
        let (http, relays, [consensus, gossip]) = match ports {
            [consensus, gossip, http] => (http, None, [*consensus, *gossip]),
            [consensus, gossip, http, published @ ..] => {
                let published = published.try_into().context("two relays a node")?;
                let listening = [*consensus, *gossip];
                (http, Some(RelayPorts { published, listening }), published)
            }
            _ => bail!("too few ports"),
        };
        let validator = Validator {
            consensus_key: keys.validator,
            power: 1,
            organization: bureau.code,
            name: Text::new(bureau.name.clone())?,
            peer_id: Text::new(keys.peer_id.clone())?,
            consensus_address: Text::new(format!("/ip4/127.0.0.1/tcp/{consensus}"))?,
            gossip_address: Text::new(format!("/ip4/127.0.0.1/tcp/{gossip}"))?,
            cosigner_key: keys.cosigner,
        };
        nodes.push(NodeEntry {
            bureau: bureau.name.clone(),
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, *http)),
            validator,
            spare: number >= plan.nodes,
            relays,
        });
    }
    Ok(Manifest { nodes })
}

fn genesis(
    bureaus: &Bureaus,
    manifest: &Manifest,
    officers: &[OfficerEntry],
    log_key: PublicKey,
) -> anyhow::Result<Genesis> {
    let first = manifest.nodes.iter().filter(|node| !node.spare);
    let validators = first.map(|node| node.validator.clone()).collect();
    let officers = |bureau: &Bureau| {
        let own = officers.iter().filter(|officer| officer.organization == bureau.code);
        own.map(|entry| GenesisOfficer { key: entry.public_key, role: entry.role }).collect()
    };
    genesis_of(bureaus, validators, officers, log_key, clock::now())
}

/// The genesis of a demonstration by these bodies.
///
/// # Errors
/// If the validators form no set.
pub fn genesis_of(
    bureaus: &Bureaus,
    validators: Vec<Validator>,
    officers: impl Fn(&Bureau) -> Vec<GenesisOfficer>,
    log_key: PublicKey,
    time_ms: TimeMs,
) -> anyhow::Result<Genesis> {
    let organization = |bureau: &Bureau| {
        anyhow::Ok(GenesisOrganization {
            code: bureau.code,
            name: Text::new(bureau.name.clone())?,
            kind: bureau.kind,
            division: bureau.division,
            officers: officers(bureau),
        })
    };
    let all = bureaus.nodes.iter().chain(&bureaus.others);
    Ok(Genesis {
        name: Text::new(NAME)?,
        demonstration: true,
        time_ms,
        log_key,
        validators: ValidatorSet::new(validators)?,
        organizations: all.map(organization).collect::<anyhow::Result<_>>()?,
        // A demonstration names the charities' figures that no source at hand prints for Anhui.
        parameters: rules::named(&["charity.", "oversight."])?,
    })
}

/// The configuration of a node, as its operator would write it.
fn configuration(number: usize, node: &NodeEntry, plan: &Plan) -> Result<String, std::fmt::Error> {
    let NodeEntry { bureau, http, validator, relays, .. } = node;
    let listen = match relays {
        Some(relays) => relays.listening.map(|port| format!("/ip4/127.0.0.1/tcp/{port}")),
        None => [&validator.consensus_address, &validator.gossip_address].map(ToString::to_string),
    };
    let mut text = String::new();
    writeln!(text, "# {bureau}")?;
    writeln!(text, "name = \"node-{number}\"")?;
    writeln!(text, "data_directory = \"data\"")?;
    writeln!(text, "genesis = \"../genesis.json\"")?;
    writeln!(text, "http_address = \"{http}\"")?;
    writeln!(text, "heartbeat_seconds = {}", plan.heartbeat_seconds)?;
    // All clients of a network on one machine have one address.
    writeln!(text, "http_share_per_client_percent = 100")?;
    if let Some(age_ms) = plan.proposal_age_ms_max {
        writeln!(text, "proposal_age_ms_max = {age_ms}")?;
    }
    writeln!(text, "\n[consensus]\nlisten = \"{}\"", listen[0])?;
    writeln!(text, "\n[gossip]\nlisten = \"{}\"", listen[1])?;
    writeln!(text, "\n[keys]\npeer = \"peer.key\"")?;
    writeln!(text, "validator = \"validator.key\"")?;
    writeln!(text, "cosigner = \"cosigner.key\"")?;
    if number == 0 {
        writeln!(text, "log = \"log.key\"")?;
    }
    writeln!(text, "passphrase_file = \"../passphrase\"")?;
    Ok(text)
}
