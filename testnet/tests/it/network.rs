//! A network in a temporary directory that ends with the test.

use std::ops::Deref;
use std::path::Path;

use minglian_testnet::cluster::Cluster;
use minglian_testnet::program;
use minglian_testnet::setup::Plan;
use tempfile::TempDir;

/// A running network; dropped, it stops.
pub struct Network {
    cluster: Cluster,
    _directory: TempDir,
}

impl Deref for Network {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Err(error) = self.cluster.down() {
            eprintln!("while stopping: {error:#}");
        }
    }
}

/// Makes and starts a network of `nodes` validators and prepares `spares` further nodes.
pub async fn up(nodes: usize, spares: usize) -> Network {
    let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    let minglian = program::find_beside("minglian", own).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let plan = Plan { nodes, spares, base_port: None, heartbeat_seconds: 600 };
    let cluster = Cluster::create(&minglian, &directory.path().join("network"), &plan).unwrap();
    let network = Network { cluster, _directory: directory };
    network.up().await.unwrap();
    network
}
