//! A network in a temporary directory that ends with the test.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minglian_testnet::cluster::Cluster;
use minglian_testnet::fault::witness::{self, Witness};
use minglian_testnet::setup::Plan;
use minglian_testnet::{check, measure, program};
use tempfile::TempDir;

/// How long nodes may take until they have what the highest has.
const LEVEL_LIMIT: Duration = Duration::from_secs(120);

/// A running network; dropped, it stops.
pub struct Network {
    cluster: Cluster,
    _directory: TempDir,
}

impl Network {
    /// Makes a network; nothing runs yet.
    pub fn create(minglian: &Path, plan: &Plan) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cluster = Cluster::create(minglian, &directory.path().join("network"), plan).unwrap();
        Self { cluster, _directory: directory }
    }

    /// Stops the load and looks at all four nodes: nothing that was acknowledged is lost, all
    /// agree, and nobody signed twice.
    pub async fn conclude(&self, witness: Witness) {
        let acknowledged = witness.stop().await.unwrap();
        assert!(!acknowledged.is_empty(), "nothing was acknowledged");
        self.wait_level(LEVEL_LIMIT).await.unwrap();
        let lost = witness::missing(self, &acknowledged).await.unwrap();
        assert!(lost.is_empty(), "{lost:?}");
        assert_eq!(check::run(self).await.unwrap().nodes, 4);
        for client in self.clients().unwrap() {
            let metrics = measure::metrics(&client).await.unwrap();
            assert_eq!(metrics["equivocations_total"], 0, "{}", client.base_url());
        }
    }
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

/// The `minglian` beside this crate's own program.
pub fn minglian() -> PathBuf {
    let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    program::find_beside("minglian", own).unwrap()
}

/// Makes and starts a network of `nodes` validators and prepares `spares` further nodes.
pub async fn up(nodes: usize, spares: usize) -> Network {
    up_as(Plan { spares, ..Plan::validators(nodes) }).await
}

/// Makes and starts a network.
pub async fn up_as(plan: Plan) -> Network {
    let network = Network::create(&minglian(), &plan);
    network.up().await.unwrap();
    network
}
