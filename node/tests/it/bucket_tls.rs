//! The way to a bucket over TLS, as the program itself goes it: with the authorities that the
//! system names, and no others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::validators::{Validator, ValidatorSet};
use minglian_node::config::Config;
use minglian_node::{gossip, node};
use rand::rngs::OsRng;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::rpc_world::{genesis, key, text};
use crate::s3_server::{BUCKET, S3Server, SECRET};

/// Puts TLS before a store, under a certificate of its own that is written to `path`; where.
async fn put_tls_before(store: &S3Server, path: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(path, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.key_pair.serialize_der().into());
    let chain = vec![made.cert.der().clone()];
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let behind = store.endpoint.replace("http://", "");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut plain = TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut plain).await;
            });
        }
    });
    format!("https://{address}")
}

/// The tests' genesis, with validators that a network could have.
fn real_genesis() -> Genesis {
    let genesis = genesis();
    let validators = genesis.validators.members().iter().zip(220..).map(|(validator, seed)| {
        let peer_id = text(&gossip::peer_id(&key(seed)).unwrap());
        Validator { peer_id, ..validator.clone() }
    });
    let validators = ValidatorSet::new(validators.collect()).unwrap();
    Genesis { validators, ..genesis }
}

/// A node's configuration, with its database made.
fn lay_out(directory: &Path, store: &S3Server, endpoint: &str) {
    store.settings(directory);
    let passphrase = directory.join("passphrase");
    fs::write(&passphrase, "correct horse battery\n").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let passphrase = Passphrase::new("correct horse battery".to_owned()).unwrap();
    KeyFile::generate(&directory.join("peer.key"), KeyKind::Peer, &passphrase, &mut OsRng).unwrap();
    fs::create_dir(directory.join("data")).unwrap();
    let json = serde_json::to_string(&real_genesis()).unwrap();
    fs::write(directory.join("genesis.json"), json).unwrap();
    let path = directory.join("node.toml");
    let text = format!(
        "name = \"node\"\ndata_directory = \"data\"\ngenesis = \"genesis.json\"\n\
         http_address = \"127.0.0.1:0\"\n\
         [consensus]\nlisten = \"/ip4/127.0.0.1/tcp/0\"\n\
         [gossip]\nlisten = \"/ip4/127.0.0.1/tcp/0\"\n\
         [keys]\npeer = \"peer.key\"\npassphrase_file = \"passphrase\"\n\
         [attachments.s3]\nendpoint = \"{endpoint}\"\nbucket = \"{BUCKET}\"\n\
         region = \"cn-east-1\"\ncredentials_file = \"s3.toml\"\n"
    );
    fs::write(&path, text).unwrap();
    node::init(&Config::read(&path).unwrap(), &passphrase).unwrap();
}

/// What a node says when it does not start, where the system trusts what is in `authorities`.
async fn says(directory: &Path, authorities: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minglian"));
    command.args(["node", "run", "--config", "node.toml"]).current_dir(directory);
    command.env("SSL_CERT_FILE", authorities).env_remove("SSL_CERT_DIR");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(!output.status.success());
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert!(!said.contains(SECRET), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_trusted_as_the_system_trusts() {
    let (store, directory) = (S3Server::start().await, tempfile::tempdir().unwrap());
    let directory = directory.path();
    let (own, other) = (directory.join("own.pem"), directory.join("other.pem"));
    let endpoint = put_tls_before(&store, &own).await;
    put_tls_before(&store, &other).await;
    lay_out(directory, &store, &endpoint);

    let said = says(directory, &other).await;
    assert!(said.contains("cannot be reached") && said.contains("certificate"), "{said}");
    assert!(store.contents().asked.is_empty());
    // It comes as far as to put, read and delete an object: what it finds fault with is after that.
    store.contents().keeps_versions = true;
    let said = says(directory, &own).await;
    assert!(said.contains("turn versioning off"), "{said}");
    let asked = store.contents().asked.clone();
    let methods: Vec<&str> = asked.iter().map(|it| it.split(' ').next().unwrap()).collect();
    assert_eq!(methods, ["PUT", "GET", "DELETE"]);
    let said = says(directory, &directory.join("absent.pem")).await;
    assert!(said.contains("ca-certificates"), "{said}");
}
